//! Sessions that resume, and those that do not any more.

use crate::build::{Build, each};
use crate::client::{COME, Heard, KEEP, VERSIONS, visit};
use crate::nginx::Nginx;
use crate::site::Site;

/// How a session is kept.
const WAYS: [&str; 2] =
    ["ssl_session_cache off;", "ssl_session_cache shared:sessions:1m; ssl_session_tickets off;"];

const MODES: [&str; 2] = ["handshake", "request"];

fn start<'s>(build: &'static Build, site: &'s Site, way: &str, mode: &str) -> Nginx<'s> {
    let server = format!(
        r#"countersign_zone shared:1m;
           server {{ LISTEN; {way} server_name a.test; countersign_policy policy.toml;
                     countersign_mode {mode}; countersign_require on;
                     location / {{ return 200 "secret"; }} }}"#
    );
    Nginx::start(build, site, &server)
}

fn each_way(test: impl Fn(&Nginx<'_>, &str, &dyn Fn(Option<&str>, [&str; 2]) -> Heard)) {
    each(|build| {
        for (way, mode) in WAYS.into_iter().flat_map(|way| MODES.map(|mode| (way, mode))) {
            for version in VERSIONS {
                let site = Site::new();
                let nginx = start(build, &site, way, mode);
                let come = |who: Option<&str>, how: [&str; 2]| {
                    visit(&nginx, version, ("a.test", "/"), who, &how)
                };
                test(&nginx, &format!("{nginx:?} {way} {mode} {version}"), &come);
                nginx.ends_well();
            }
        }
    });
}

#[test]
fn an_approved_client_resumes() {
    each_way(|_, what, come| {
        let first = come(Some("leaver"), KEEP);
        assert_eq!(first.answer.as_deref(), Some("200"), "{what} {first:?}");
        let again = come(Some("leaver"), COME);
        assert_eq!(again.answer.as_deref(), Some("200"), "{what} {again:?}");
        assert!(again.is_resumed, "{what} {again:?}");
    });
}

#[test]
fn a_session_outlives_a_reload_that_is_not_about_it() {
    each_way(|nginx, what, come| {
        let first = come(Some("leaver"), KEEP);
        assert_eq!(first.answer.as_deref(), Some("200"), "{what} {first:?}");
        nginx.site.write("policy.toml", format!("{}\n# changed", crate::site::POLICY));
        nginx.says("was read again", 1);
        let again = come(Some("leaver"), COME);
        assert_eq!(again.answer.as_deref(), Some("200"), "{what} {again:?}");
        assert!(again.is_resumed, "{what} {again:?}");
    });
}

/// The session is declined, and a full handshake says why.
#[test]
fn a_client_that_was_revoked_does_not_resume() {
    each_way(|nginx, what, come| {
        let first = come(Some("leaver"), KEEP);
        assert_eq!(first.answer.as_deref(), Some("200"), "{what} {first:?}");
        nginx.site.revoke();
        nginx.says("was read again", 1);
        let again = come(Some("leaver"), COME);
        assert!(!again.is_resumed, "{what} {again:?}");
        if what.contains("handshake") {
            assert!(again.says_alert("certificate revoked"), "{what} {again:?}");
        } else {
            assert_eq!(again.answer.as_deref(), Some("403"), "{what} {again:?}");
        }
        // Nor without a certificate, by the session alone.
        let alone = come(None, COME);
        assert_ne!(alone.answer.as_deref(), Some("200"), "{what} {alone:?}");
    });
}

/// `countersign_resumption off`, and locations with other policies, of which a session knows nothing.
#[test]
fn every_handshake_can_be_a_full_one() {
    each(|build| {
        let off = "countersign_resumption off; location / { return 200 secret; }";
        let others = r#"location / { return 200 secret; }
                        location /other/ { countersign_policy other.toml; }"#;
        for (way, more) in WAYS.into_iter().flat_map(|way| [off, others].map(|more| (way, more))) {
            let site = Site::new();
            site.write("other.toml", crate::site::POLICY);
            let server = format!(
                "server {{ LISTEN; {way} server_name a.test; countersign_policy policy.toml;
                           countersign_mode handshake; {more} }}"
            );
            let nginx = Nginx::start(build, &site, &server);
            for version in VERSIONS {
                let session = site.path().join(KEEP[1]);
                let _ = std::fs::remove_file(&session);
                let first = visit(&nginx, version, ("a.test", "/"), Some("leaver"), &KEEP);
                assert_eq!(first.answer.as_deref(), Some("200"), "{first:?}");
                // Where there was no ticket, there is no session to come with.
                if session.exists() {
                    let again = visit(&nginx, version, ("a.test", "/"), Some("leaver"), &COME);
                    assert!(!again.is_resumed, "{nginx:?} {way} {more} {again:?}");
                }
            }
            nginx.ends_well();
        }
    });
}
