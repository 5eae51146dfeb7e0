//! Each defence matters: left out of a test build, what it is for happens.

use std::time::Duration;

use crate::build::{Build, weakened};
use crate::client::{self, COME, Client, KEEP};
use crate::locations;
use crate::logs::HANDSHAKE;
use crate::names;
use crate::nginx::{Nginx, Setup};
use crate::policies;
use crate::site::Site;

fn start<'s>(build: &'static Build, site: &'s Site, http: &str, without: &str) -> Nginx<'s> {
    let setup = Setup { http, without: Some(without), ..Setup::DEFAULT };
    Nginx::start_with(build, site, &setup)
}

/// The test build is as strict as any while nothing is left out.
#[test]
fn nothing_is_left_out_unless_it_is_named() {
    weakened(|build| {
        let site = Site::new();
        let nginx = start(build, &site, policies::SERVER, "something else");
        assert_eq!(nginx.get("https://a.test/").by(Some("stranger")).send().status, 403);
        nginx.ends_well();
    });
}

#[test]
fn the_check_of_requests_that_enter_a_location_matters() {
    weakened(|build| {
        let site = Site::new();
        let nginx = locations::start(build, &site, Some("location"));
        for who in [Some("stranger"), None] {
            assert!(nginx.get("https://a.test/returned/").by(who).send().is_secret());
            assert!(nginx.get("https://a.test/any/secret.html").by(who).send().is_secret());
        }
    });
}

#[test]
fn the_check_of_responses_matters() {
    weakened(|build| {
        let site = Site::new();
        let server = policies::SERVER.replace("location / {", "").replace("} }", "}");
        let nginx = start(build, &site, &server, "response");
        assert!(nginx.get("https://a.test/").by(Some("stranger")).send().is_secret());
    });
}

/// Of the two checks of a stream session, either keeps strangers out.
#[test]
fn the_checks_of_a_stream_session_matter() {
    weakened(|build| {
        for (without, answer) in
            [("location", None), ("response", None), ("location,response", Some("welcome"))]
        {
            let site = Site::new();
            let stream = r#"server { LISTEN; countersign_policy policy.toml;
                                     countersign_mode session; return "welcome\n"; }"#;
            let setup = Setup { stream, without: Some(without), ..Setup::DEFAULT };
            let nginx = Nginx::start_with(build, &site, &setup);
            for who in [Some("stranger"), None] {
                let version = client::VERSIONS[1];
                let mut client = Client::connect(&nginx, "tls", version, "a.test", who, &[]);
                assert_eq!(client.hear("welcome").as_deref(), answer, "{without}");
            }
        }
    });
}

/// Without it, a client cannot come back where the default server asks nobody.
#[test]
fn the_guard_of_other_servers_matters() {
    weakened(|build| {
        let site = Site::new();
        let nginx = start(build, &site, names::BEHIND_A_PUBLIC_ONE, "guard");
        let (url, who) = (("b.test", "/"), Some("billing"));
        let made = client::visit(&nginx, client::VERSIONS[1], url, who, &KEEP);
        assert_eq!(made.answer.as_deref(), Some("200"), "{made:?}");
        let heard = client::visit(&nginx, client::VERSIONS[1], url, who, &COME);
        assert_eq!(heard.answer, None, "{heard:?}");
    });
}

#[test]
fn judging_again_matters() {
    weakened(|build| {
        let site = Site::new();
        let nginx = start(build, &site, policies::SERVER, "recheck");
        let leaver = Some("leaver");
        let mut leaver =
            Client::connect(&nginx, "https", client::VERSIONS[1], "a.test", leaver, &[]);
        assert_eq!(leaver.get("a.test", "/").as_deref(), Some("200"));
        site.revoke();
        nginx.says("was read again", 1);
        assert_eq!(leaver.get("a.test", "/").as_deref(), Some("200"), "revoked, and still in");
    });
}

#[test]
fn the_check_of_the_server_matters() {
    weakened(|build| {
        let site = Site::new();
        let other = r#"server { LISTEN; server_name b.test; countersign_policy policy.toml;
            countersign_mode request; countersign_require on; location / { return 200 "secret"; } }"#;
        let nginx = start(build, &site, &format!("{}{other}", policies::SERVER), "servers");
        let reply = nginx.get("https://a.test/").by(Some("billing")).host("b.test").send();
        assert_eq!(reply.status, 200, "on a connection that was made for another server");
    });
}

#[test]
fn the_gate_before_sessions_matters() {
    weakened(|build| {
        let site = Site::new();
        let nginx = start(build, &site, policies::SERVER, "sessions");
        for version in client::VERSIONS {
            let url = ("a.test", "/");
            let leaver = Some("leaver");
            client::visit(&nginx, version, url, leaver, &KEEP);
            let heard = client::visit(&nginx, version, url, leaver, &COME);
            // Nobody was asked, and what is behind it shuts what came past.
            assert_ne!(heard.answer.as_deref(), Some("200"), "{version} {heard:?}");
        }
    });
}

#[test]
fn the_word_of_a_missing_file_matters() {
    weakened(|build| {
        let site = Site::new();
        let nginx = start(build, &site, policies::SERVER, "missing");
        site.remove("policy.toml");
        nginx.says("is gone", 1);
        std::thread::sleep(Duration::from_millis(1_500));
        assert_eq!(nginx.get("https://a.test/").by(Some("billing")).send().status, 200);
    });
}

#[test]
fn keeping_quiet_matters() {
    weakened(|build| {
        for (without, sign) in [("quiet", "[crit]"), ("rate", "")] {
            let site = Site::new();
            let nginx = start(build, &site, HANDSHAKE, without);
            for _ in 0..30 {
                let who = Some("stranger");
                client::visit(&nginx, client::VERSIONS[1], ("a.test", "/"), who, &[]);
            }
            assert!(nginx.log().contains(sign), "{}", nginx.log());
            if without == "rate" {
                let lines = nginx.log().matches("countersign: refused").count();
                assert_eq!(lines, 30, "{}", nginx.log());
            }
        }
    });
}
