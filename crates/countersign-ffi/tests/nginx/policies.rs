//! Policies that change while nginx runs.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::build::{Build, each};
use crate::client::{self, Client};
use crate::curl::PROTOCOLS;
use crate::nginx::{Nginx, Setup};
use crate::process::skip;
use crate::site::{POLICY, Site};

pub(crate) const SERVER: &str = r#"countersign_zone shared:1m;
    server { LISTEN; server_name a.test; countersign_policy policy.toml; countersign_mode request;
             countersign_require on; location / {
                 return 200 "secret $countersign_when $countersign_generation"; } }"#;

fn start<'s>(build: &'static Build, site: &'s Site) -> Nginx<'s> {
    Nginx::start(build, site, SERVER)
}

/// On a connection that stays, and that began when the client was still approved.
#[test]
fn a_client_that_is_revoked_is_refused_at_its_next_request() {
    each(|build| {
        for version in client::VERSIONS {
            let site = Site::new();
            let nginx = start(build, &site);
            let [mut leaver, mut billing] = ["leaver", "billing"]
                .map(|who| Client::connect(&nginx, "https", version, "a.test", Some(who), &[]));
            assert_eq!(leaver.get("a.test", "/").as_deref(), Some("200"));
            assert_eq!(billing.get("a.test", "/").as_deref(), Some("200"));
            site.revoke();
            nginx.says("was read again", 1);
            assert_eq!(leaver.get("a.test", "/").as_deref(), Some("403"), "{nginx:?} {version}");
            assert_eq!(billing.get("a.test", "/").as_deref(), Some("200"), "{nginx:?} {version}");
            nginx.ends_well();
        }
    });
}

/// The same by both versions of HTTP, and back again.
#[test]
fn requests_on_one_connection_follow_the_policy() {
    each(|build| {
        for protocol in PROTOCOLS {
            let site = Site::new();
            let nginx = start(build, &site);
            let request = nginx.get("https://a.test/").by(Some("leaver")).with(&[protocol]);
            let statuses = request.repeat(9);
            std::thread::sleep(Duration::from_millis(1_500));
            site.revoke();
            std::thread::sleep(Duration::from_millis(3_000));
            site.readmit();
            let mut statuses = statuses.join().unwrap();
            assert_eq!(statuses.len(), 9, "{statuses:?}");
            statuses.dedup();
            assert_eq!(statuses, ["200", "403", "200"], "{nginx:?} {protocol}");
            nginx.ends_well();
        }
    });
}

/// It is logged once, by one of the workers, and what is in force stays.
#[test]
fn a_policy_that_is_no_good_changes_nothing() {
    each(|build| {
        let site = Site::new();
        let nginx = start(build, &site);
        site.write("policy.toml", POLICY.replace("anchors", "anchers"));
        nginx.says("was not read again", 1);
        nginx.says("policy.toml:4:1", 1);
        std::thread::sleep(Duration::from_millis(2_500));
        assert_eq!(nginx.log().matches("was not read again").count(), 1, "{}", nginx.log());
        for who in [Some("billing"), Some("leaver")] {
            assert_eq!(nginx.get("https://a.test/").by(who).send().status, 200, "{nginx:?}");
        }
        // Neither does `nginx -s reload` take it.
        nginx.signal(Signal::HUP);
        nginx.says("[emerg]", 1);
        nginx.says("anchers", 2);
        assert_eq!(nginx.get("https://a.test/").by(Some("billing")).send().status, 200);
        site.write("policy.toml", POLICY.replace("billing.example", "nobody.example"));
        nginx.says("was read again", 1);
        assert_eq!(nginx.get("https://a.test/").by(Some("billing")).send().status, 403);
    });
}

#[test]
fn without_its_file_a_policy_lets_nobody_in() {
    each(|build| {
        let site = Site::new();
        let nginx = start(build, &site);
        let get = || nginx.get("https://a.test/").by(Some("billing")).send().status;
        assert_eq!(get(), 200);
        site.remove("policy.toml");
        nginx.says("is gone", 1);
        // Each worker looks for itself.
        std::thread::sleep(Duration::from_millis(3_000));
        for _ in 0..10 {
            assert_eq!(get(), 503, "{nginx:?}");
        }
        assert_eq!(nginx.log().matches("is gone").count(), 1, "{}", nginx.log());
        site.write("policy.toml", POLICY);
        std::thread::sleep(Duration::from_millis(2_500));
        for _ in 0..10 {
            assert_eq!(get(), 200, "{nginx:?}");
        }
    });
}

/// Its number goes on where a reload makes everything new.
#[test]
fn the_generation_counts_on_over_reloads() {
    each(|build| {
        let site = Site::new();
        let nginx = start(build, &site);
        let get = || nginx.get("https://a.test/").by(Some("billing")).send().body;
        assert_eq!(get(), "secret handshake 1");
        nginx.reload();
        assert_eq!(get(), "secret handshake 1", "the policy is the same");
        site.revoke();
        nginx.says("was read again", 1);
        assert_eq!(get(), "secret handshake 2");
        site.readmit();
        nginx.reload();
        assert_eq!(get(), "secret handshake 3");
        nginx.ends_well();
    });
}

/// One that crashed is replaced by one that has the policy of the last `nginx -s reload`.
#[test]
fn a_worker_in_the_place_of_another_lets_in_nobody_that_was_put_out() {
    each(|build| {
        let site = Site::new();
        let setup = Setup { http: SERVER, workers: 1, ..Setup::DEFAULT };
        let nginx = Nginx::start_with(build, &site, &setup);
        let get = |who| nginx.get("https://a.test/").by(Some(who)).send().status;
        assert_eq!(get("leaver"), 200);
        site.write("policy.toml", POLICY.replace("leaver.example", "nobody.example"));
        nginx.says("was read again", 1);
        assert_eq!((get("leaver"), get("billing")), (403, 200));
        site.write("policy.toml", "nonsense");
        nginx.says("was not read again", 1);
        assert_eq!((get("leaver"), get("billing")), (403, 200), "it stays in force");
        let crash = |times: usize| {
            let worker = Pid::from_raw(nginx.workers()[0]).unwrap();
            kill_process(worker, Signal::KILL).unwrap();
            nginx.says("start worker process ", 1 + times);
        };
        crash(1);
        assert_eq!((get("leaver"), get("billing")), (503, 503), "it cannot know");
        nginx.says("cannot read it and lets nobody in", 1);
        site.remove("policy.toml");
        crash(2);
        assert_eq!((get("leaver"), get("billing")), (503, 503), "from its first request on");
        site.write("policy.toml", POLICY);
        nginx.says("was read again", 2);
        assert_eq!((get("leaver"), get("billing")), (200, 200));
    });
}

/// The master reads as root; the workers, which have to follow, may not.
#[test]
fn a_policy_that_workers_may_not_read_lets_nobody_in() {
    if !rustix::process::geteuid().is_root() {
        return skip("only root can have workers of another user");
    }
    each(|build| {
        for file in ["policy.toml", "ca.crl"] {
            let site = Site::new();
            let mode = |name: &str, mode| {
                let file = site.path().join(name);
                fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
            };
            mode("", 0o755);
            mode(file, 0o600);
            let setup = Setup { http: SERVER, user: Some("www-data"), ..Setup::DEFAULT };
            let nginx = Nginx::start_with(build, &site, &setup);
            let get = || nginx.get("https://a.test/").by(Some("billing")).send().status;
            assert_eq!(get(), 503, "{nginx:?} {file} {}", nginx.log());
            nginx.says("the worker's user may not read them", 1);
            mode(file, 0o644);
            std::thread::sleep(Duration::from_millis(2_500));
            assert_eq!(get(), 200, "{nginx:?} {file}");
        }
    });
}
