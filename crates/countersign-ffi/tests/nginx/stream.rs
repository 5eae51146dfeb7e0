//! The stream module: what is behind it is reached by approved clients only.

use crate::build::{Build, each};
use crate::client::{COME, Client, Heard, KEEP, VERSIONS};
use crate::nginx::{Nginx, Setup};
use crate::site::Site;

const WAYS: [&str; 2] =
    ["ssl_session_cache none;", "ssl_session_cache shared:tls:1m; ssl_session_tickets off;"];

fn start<'s>(build: &'static Build, site: &'s Site, mode: &str, way: &str) -> Nginx<'s> {
    let stream = format!(
        r#"countersign_zone streams:1m;
           server {{ LISTEN; {way} countersign_policy policy.toml; countersign_mode {mode};
                     return "welcome $countersign_client $countersign_when\n"; }}"#
    );
    Nginx::start_with(build, site, &Setup { stream: &stream, ..Setup::DEFAULT })
}

fn come(nginx: &Nginx<'_>, version: &str, who: Option<&str>, more: &[&str]) -> Heard {
    let mut client = Client::connect(nginx, "tls", version, "a.test", who, more);
    let answer = client.hear("welcome");
    client.leave(answer)
}

#[test]
fn only_approved_clients_get_through() {
    each(|build| {
        for mode in ["handshake", "session"] {
            let site = Site::new();
            site.revoke();
            let nginx = start(build, &site, mode, WAYS[0]);
            for version in VERSIONS {
                let heard = come(&nginx, version, Some("billing"), &[]);
                let expected = "welcome acme-billing handshake";
                assert_eq!(heard.answer.as_deref(), Some(expected), "{nginx:?} {mode} {heard:?}");
                for who in [Some("leaver"), Some("stranger"), Some("outsider"), None] {
                    let heard = come(&nginx, version, who, &[]);
                    assert_eq!(heard.answer, None, "{nginx:?} {mode} {version} {who:?}");
                    if (mode, who) == ("handshake", Some("leaver")) {
                        assert!(heard.says_alert("certificate revoked"), "{heard:?}");
                    }
                }
            }
            nginx.says("refused: not_listed", 1);
            nginx.ends_well();
        }
    });
}

#[test]
fn sessions_resume_while_their_client_is_approved() {
    each(|build| {
        for (mode, way) in ["handshake", "session"].into_iter().zip(WAYS) {
            for version in VERSIONS {
                let site = Site::new();
                let nginx = start(build, &site, mode, way);
                let what = format!("{nginx:?} {mode} {way} {version}");
                let first = come(&nginx, version, Some("leaver"), &KEEP);
                assert!(first.answer.is_some(), "{what} {first:?}");
                let again = come(&nginx, version, Some("leaver"), &COME);
                assert_eq!(again.answer.as_deref(), Some("welcome acme-leaver resumed"), "{what}");
                site.revoke();
                nginx.says("was read again", 1);
                for who in [Some("leaver"), None] {
                    let heard = come(&nginx, version, who, &COME);
                    assert_eq!((heard.answer, heard.is_resumed), (None, false), "{what}");
                }
                nginx.ends_well();
            }
        }
    });
}

#[test]
fn a_server_can_demand_a_scope() {
    each(|build| {
        let site = Site::new();
        for (scope, answer) in [("payments", Some("welcome")), ("admin", None)] {
            let stream = format!(
                r#"server {{ LISTEN; countersign_policy policy.toml; countersign_mode session;
                             countersign_scope {scope}; return "welcome\n"; }}"#
            );
            let nginx =
                Nginx::start_with(build, &site, &Setup { stream: &stream, ..Setup::DEFAULT });
            let heard = come(&nginx, VERSIONS[1], Some("billing"), &[]);
            assert_eq!(heard.answer.as_deref(), answer, "{nginx:?} {heard:?}");
            nginx.ends_well();
        }
    });
}

/// What is passed on is passed on for the clients of the policy, too.
#[test]
fn nothing_of_others_reaches_the_upstream() {
    let stream = r#"
        log_format seen "$countersign_verdict $bytes_received";
        server { listen unix:FOLDER/upstream; access_log FOLDER/upstream.log seen;
                 return "welcome"; }
        server { LISTEN; countersign_policy policy.toml; countersign_mode session;
                 proxy_pass unix:FOLDER/upstream; }"#;
    each(|build| {
        let site = Site::new();
        let nginx = Nginx::start_with(build, &site, &Setup { stream, ..Setup::DEFAULT });
        for who in [Some("stranger"), None] {
            assert_eq!(come(&nginx, VERSIONS[1], who, &[]).answer, None);
        }
        let passed = || std::fs::read_to_string(site.path().join("upstream.log")).unwrap();
        assert_eq!(passed(), "");
        assert!(come(&nginx, VERSIONS[1], Some("billing"), &[]).answer.is_some());
        nginx.ends_well();
        assert_eq!(passed().lines().count(), 1);
    });
}
