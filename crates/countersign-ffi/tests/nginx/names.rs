//! Several servers behind one address: what one of them knows of a client is nothing to another.

use crate::build::{Build, each};
use crate::client::{self, COME, KEEP};
use crate::curl::{CLIENTS, PROTOCOLS, VERSIONS};
use crate::nginx::Nginx;
use crate::site::Site;

/// The first is the one for clients that name none.
fn start<'s>(build: &'static Build, site: &'s Site, first: usize) -> Nginx<'s> {
    let mut servers = [
        r#"server { LISTEN; server_name public.test; location / { return 200 "public"; } }"#,
        r#"server { LISTEN; server_name a.test; countersign_policy policy.toml;
                    countersign_mode request; countersign_require on;
                    location / { return 200 "secret"; } }"#,
        r#"server { LISTEN; server_name b.test; countersign_policy policy.toml;
                    countersign_mode handshake; location / { return 200 "secret"; } }"#,
    ];
    servers.rotate_left(first);
    let cache = "ssl_session_cache shared:sessions:1m;";
    Nginx::start(build, site, &format!("{cache} {}", servers.concat()))
}

/// By HTTP/2 this is what coalesced connections do. An approved client comes again on a connection
/// of its own (RFC 9110 section 15.5.20).
#[test]
fn a_request_counts_only_on_a_connection_made_for_its_server() {
    each(|build| {
        for first in 0..3 {
            let site = Site::new();
            let nginx = start(build, &site, first);
            for (sni, host) in [
                ("public.test", "a.test"),
                ("public.test", "b.test"),
                ("a.test", "b.test"),
                ("b.test", "a.test"),
            ] {
                for (version, protocol) in VERSIONS.into_iter().zip(PROTOCOLS) {
                    for who in CLIENTS {
                        let request = nginx.get(&format!("https://{sni}/")).by(who).host(host);
                        let reply = request.over(version).with(&[protocol]).send();
                        let what = format!("{nginx:?} {first} {sni} {host} {who:?} {reply:?}");
                        assert!(!reply.is_secret(), "{what}");
                        // The handshake of b.test refuses by itself.
                        let is_refused =
                            sni == "b.test" && !matches!(who, Some("billing" | "leaver"));
                        assert_eq!(reply.status, if is_refused { 0 } else { 421 }, "{what}");
                    }
                }
            }
            nginx.ends_well();
        }
    });
}

#[test]
fn clients_that_name_no_server_get_the_first_one_only() {
    each(|build| {
        for first in 0..3 {
            let site = Site::new();
            let nginx = start(build, &site, first);
            for host in ["a.test", "b.test"] {
                for (who, protocol) in
                    CLIENTS.into_iter().flat_map(|who| PROTOCOLS.map(|protocol| (who, protocol)))
                {
                    // To an address, there is no name to be sent.
                    let request = nginx.get("https://127.0.0.1/").by(who).host(host);
                    let reply = request.with(&["--insecure", protocol]).send();
                    let is_approved = matches!(who, Some("billing" | "leaver"));
                    let is_first = (first, host) == (1, "a.test") || (first, host) == (2, "b.test");
                    let what = format!("{nginx:?} {first} {host} {who:?} {protocol} {reply:?}");
                    assert_eq!(reply.is_secret(), is_first && is_approved, "{what}");
                }
            }
            nginx.ends_well();
        }
    });
}

/// Neither does a session of one server resume in another.
#[test]
fn a_session_is_good_for_its_own_server_only() {
    each(|build| {
        for first in 0..3 {
            let site = Site::new();
            let nginx = start(build, &site, first);
            for version in client::VERSIONS {
                for (of, at) in [
                    ("public.test", "a.test"),
                    ("public.test", "b.test"),
                    ("a.test", "b.test"),
                    ("b.test", "a.test"),
                ] {
                    let who = Some("billing");
                    let made = client::visit(&nginx, version, (of, "/"), who, &KEEP);
                    assert_eq!(made.answer.as_deref(), Some("200"), "{made:?}");
                    let heard = client::visit(&nginx, version, (at, "/"), None, &COME);
                    let what = format!("{nginx:?} {first} {version} {of} {at} {heard:?}");
                    assert_ne!(heard.answer.as_deref(), Some("200"), "{what}");
                }
            }
            nginx.ends_well();
        }
    });
}

/// The default server asks nobody, and nginx looks for sessions there.
pub(crate) const BEHIND_A_PUBLIC_ONE: &str = r#"ssl_session_cache shared:sessions:1m;
    server { LISTEN; server_name public.test; location / { return 200 "public"; } }
    server { LISTEN; server_name a.test; countersign_policy policy.toml;
             countersign_mode request; countersign_require on; location / { return 200 "secret"; } }
    server { LISTEN; server_name b.test; countersign_policy policy.toml;
             countersign_mode handshake; location / { return 200 "secret"; } }"#;

/// Whatever sessions they come with: also with one of before they had a certificate.
#[test]
fn approved_clients_come_back_behind_a_default_server_that_asks_nobody() {
    each(|build| {
        for tickets in ["on", "off"] {
            let site = Site::new();
            let http = format!("ssl_session_tickets {tickets}; {BEHIND_A_PUBLIC_ONE}");
            let nginx = Nginx::start(build, &site, &http);
            for version in client::VERSIONS {
                for (name, first) in
                    [("a.test", Some("billing")), ("b.test", Some("billing")), ("a.test", None)]
                {
                    let expected = if first.is_some() { "200" } else { "403" };
                    let made = client::visit(&nginx, version, (name, "/"), first, &KEEP);
                    assert_eq!(made.answer.as_deref(), Some(expected), "{made:?}");
                    for _ in 0..2 {
                        let who = Some("billing");
                        let heard = client::visit(&nginx, version, (name, "/"), who, &COME);
                        let what = format!("{nginx:?} {tickets} {version} {name} {first:?}");
                        assert_eq!(heard.answer.as_deref(), Some("200"), "{what} {heard:?}");
                        assert!(!heard.is_resumed, "{what}: by nobody's policy");
                    }
                }
                // Those of the default server itself resume as ever.
                let url = ("public.test", "/");
                client::visit(&nginx, version, url, None, &KEEP);
                let heard = client::visit(&nginx, version, url, None, &COME);
                assert!(heard.is_resumed, "{nginx:?} {tickets} {version} {heard:?}");
            }
            nginx.ends_well();
        }
    });
}
