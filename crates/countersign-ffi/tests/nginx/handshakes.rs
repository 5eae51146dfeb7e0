//! Servers that refuse in the handshake.

use crate::build::each;
use crate::client::{self, Client};
use crate::curl::{CLIENTS, VERSIONS};
use crate::nginx::{Nginx, serve};
use crate::site::Site;

const SERVER: &str = r#"server { LISTEN; server_name a.test; countersign_policy policy.toml;
    countersign_mode handshake; location / { return 200 "secret $countersign_when"; } }"#;

#[test]
fn others_are_refused_in_the_handshake() {
    each(|build| {
        let site = Site::new();
        site.revoke();
        let nginx = Nginx::start(build, &site, SERVER);
        for version in VERSIONS {
            for who in CLIENTS {
                let reply = nginx.get("https://a.test/").by(who).over(version).send();
                if who == Some("billing") {
                    assert_eq!(reply.body, "secret handshake", "{nginx:?} {version}");
                } else {
                    assert_eq!(reply.status, 0, "{nginx:?} {version} {who:?} {reply:?}");
                    assert!(!reply.is_secret());
                }
            }
        }
        nginx.ends_well();
    });
}

#[test]
fn the_alert_says_why() {
    each(|build| {
        let site = Site::new();
        site.revoke();
        let nginx = Nginx::start(build, &site, SERVER);
        for version in client::VERSIONS {
            // TLS 1.2 has no alert for a missing certificate, and OpenSSL none for "not approved".
            let missing = if version == "-tls1_3" { "certificate required" } else { "handshake" };
            for (who, alert) in [
                (Some("leaver"), "certificate revoked"),
                (Some("outsider"), "unknown ca"),
                (Some("stranger"), "handshake failure"),
                (None, missing),
            ] {
                let heard = client::visit(&nginx, version, ("a.test", "/"), who, &[]);
                assert!(heard.says_alert(alert), "{nginx:?} {version} {who:?} {heard:?}");
            }
        }
        nginx.ends_well();
    });
}

/// `countersign_missing_cert status`: they are told in HTTP's words.
#[test]
fn clients_without_a_certificate_can_be_told_by_a_status() {
    let server =
        SERVER.replace("mode handshake", "mode handshake; countersign_missing_cert status");
    serve(&server, |nginx| {
        for version in VERSIONS {
            let get = |who| nginx.get("https://a.test/").by(who).over(version).send();
            assert_eq!(get(None).status, 403);
            assert_eq!(get(Some("stranger")).status, 0);
            assert_eq!(get(Some("billing")).body, "secret handshake");
        }
    });
}

/// The key of another: a stolen certificate is worth nothing.
#[test]
fn a_client_needs_the_key_of_its_certificate() {
    each(|build| {
        let site = Site::new();
        for mode in ["handshake", "request"] {
            let server =
                SERVER.replace("mode handshake", &format!("mode {mode}; countersign_require on"));
            let nginx = Nginx::start(build, &site, &server);
            for version in client::VERSIONS {
                // OpenSSL's own client checks that they fit, so this one presents a chain that
                // begins with somebody else's certificate behind its own.
                let mut thief = Client::connect(
                    &nginx,
                    "https",
                    version,
                    "a.test",
                    Some("stranger"),
                    &["-cert_chain", "billing.pem"],
                );
                let status = thief.get("a.test", "/");
                assert_ne!(status.as_deref(), Some("200"), "{nginx:?} {mode} {version}");
            }
            nginx.ends_well();
        }
    });
}
