//! Configurations that would let in the wrong clients are refused, and the message says what to write
//! instead.

use crate::build::each;
use crate::nginx::{Nginx, Setup, verdict};
use crate::site::{POLICY, Site};

/// Inside a server, or beside one; and what the complaint says.
const REFUSED: [(&str, &str); 28] = [
    ("countersign_mode request;", "countersign_policy <file>"),
    ("countersign_mode handshake;", "countersign_policy <file>"),
    ("countersign_mode request; countersign_require on;", "countersign_policy <file>"),
    ("countersign_policy policy.toml; countersign_require on;", "\"countersign_mode\" beside it"),
    (
        "countersign_policy policy.toml; countersign_mode off; countersign_require on;",
        "countersign_mode request",
    ),
    ("countersign_policy policy.toml;", "\"countersign_mode\" beside it"),
    ("GOOD location /x { countersign_scope payments; }", "write \"countersign_require on\""),
    ("GOOD location /x { countersign_policy policy.toml; }", "write \"countersign_require on\""),
    ("GOOD countersign_require on; countersign_scope \"\";", "would be any"),
    ("GOOD countersign_require on; countersign_scope $host;", "takes no variables"),
    (
        "countersign_mode off; location /x { countersign_policy policy.toml; countersign_require on; }",
        "location \"/x\"",
    ),
    ("GOOD countersign_policy other.toml;", "is duplicate"),
    (
        "GOOD ssl_verify_client on; ssl_client_certificate root.pem;",
        "take out \"ssl_verify_client\"",
    ),
    ("GOOD ssl_verify_client optional_no_ca;", "take out \"ssl_verify_client\""),
    ("GOOD ssl_early_data on;", "take out \"ssl_early_data\""),
    ("GOOD ssl_ocsp on;", "take out \"ssl_ocsp\""),
    ("GOOD ssl_session_cache builtin;", "ssl_session_cache shared:"),
    ("GOOD ssl_session_cache builtin:100 shared:sessions:1m;", "countersign_resumption off"),
    ("GOOD countersign_deny_status 200;", "a status from 400 to 599"),
    ("GOOD countersign_deny_status many;", "a status from 400 to 599"),
    ("GOOD countersign_require maybe;", "invalid value \"maybe\""),
    ("GOOD countersign_forward xfcc;", "not available yet"),
    ("countersign_policy missing.toml; countersign_mode request;", "missing.toml"),
    ("countersign_policy bad.toml; countersign_mode request;", "bad.toml:4:1"),
    (
        "countersign_policy policy.toml; countersign_mode handshake; countersign_require off;",
        "countersign_mode request",
    ),
    (
        "countersign_policy policy.toml; countersign_mode handshake; countersign_require audit;",
        "countersign_mode request",
    ),
    (
        "countersign_policy policy.toml; countersign_mode handshake; location /health { countersign_require off; }",
        "location \"/health\"",
    ),
    (
        "countersign_policy off; countersign_mode request; location / { countersign_require on; }",
        "countersign_policy <file>",
    ),
];

const GOOD: &str = "countersign_policy policy.toml; countersign_mode request;";

fn site() -> Site {
    let site = Site::new();
    site.write("bad.toml", POLICY.replace("anchors", "anchers"));
    site
}

#[test]
fn what_would_be_unsafe_is_refused() {
    each(|build| {
        let site = site();
        for (inside, complaint) in REFUSED {
            let inside = inside.replace("GOOD", GOOD);
            let http = format!("server {{ LISTEN; server_name a.test; {inside} }}");
            let output = Nginx::check(build, &site, &Setup { http: &http, ..Setup::DEFAULT });
            let said = verdict(&output);
            assert!(!output.status.success(), "{inside}: {said}");
            assert!(said.contains("[emerg]") && said.contains(complaint), "{inside}: {said}");
            assert!(said.contains("countersign"), "{inside}: {said}");
        }
    });
}

#[test]
fn a_zone_has_a_name_and_a_size() {
    each(|build| {
        let site = site();
        for (zone, complaint) in [
            ("countersign_zone shared;", "\"shared:1m\""),
            ("countersign_zone :1m;", "\"shared:1m\""),
            ("countersign_zone shared:1;", "the size has to be"),
            ("countersign_zone a:1m; countersign_zone b:1m;", "is duplicate"),
        ] {
            let http = format!("{zone} server {{ LISTEN; {GOOD} }}");
            let output = Nginx::check(build, &site, &Setup { http: &http, ..Setup::DEFAULT });
            let said = verdict(&output);
            assert!(!output.status.success() && said.contains(complaint), "{zone}: {said}");
        }
    });
}

#[test]
fn a_server_without_tls_cannot_ask_for_certificates() {
    each(|build| {
        let site = site();
        let plain = format!("listen unix:{}/plain;", site.path().display());
        let http = format!("server {{ {plain} {GOOD} }}");
        let stream =
            format!("server {{ {plain} {} return x; }}", GOOD.replace("request", "session"));
        for (http, stream) in [(http.as_str(), ""), ("", stream.as_str())] {
            let setup = Setup { http, stream, tls: "", ..Setup::DEFAULT };
            let output = Nginx::check(build, &site, &setup);
            let said = verdict(&output);
            assert!(!output.status.success() && said.contains("\"ssl\" in \"listen\""), "{said}");
        }
    });
}

#[test]
fn the_stream_module_is_as_strict() {
    each(|build| {
        let site = site();
        for (inside, complaint) in [
            ("countersign_mode session;", "countersign_policy <file>"),
            ("countersign_policy policy.toml;", "\"countersign_mode\" beside it"),
            ("GOOD countersign_scope \"\";", "would be any"),
            ("countersign_mode request;", "invalid value \"request\""),
            ("GOOD ssl_verify_client optional_no_ca;", "take out \"ssl_verify_client\""),
            ("GOOD ssl_session_cache builtin;", "ssl_session_cache shared:"),
            ("countersign_policy missing.toml; countersign_mode session;", "missing.toml"),
        ] {
            let inside = inside.replace("GOOD", &GOOD.replace("request", "session"));
            let stream = format!("server {{ LISTEN; {inside} return x; }}");
            let output = Nginx::check(build, &site, &Setup { stream: &stream, ..Setup::DEFAULT });
            let said = verdict(&output);
            assert!(!output.status.success() && said.contains(complaint), "{inside}: {said}");
        }
    });
}

/// In the master, which goes on with the configuration that it has.
#[test]
fn a_zone_that_is_too_small_is_refused() {
    each(|build| {
        let site = site();
        let mut http = "countersign_zone shared:32k; countersign_mode off;".to_owned();
        for at in 0..300 {
            site.write(&format!("{at}.toml"), POLICY);
            http +=
                &format!("server {{ LISTEN; server_name {at}; countersign_policy {at}.toml; }}");
        }
        let output = Nginx::check(build, &site, &Setup { http: &http, ..Setup::DEFAULT });
        let said = verdict(&output);
        assert!(!output.status.success() && said.contains("\"shared\" is full"), "{said}");
    });
}

#[test]
fn what_is_safe_is_taken_without_a_word() {
    each(|build| {
        let site = site();
        for http in [
            "countersign_policy policy.toml; countersign_mode handshake;
             server { LISTEN; countersign_mode off; }",
            "countersign_mode off; countersign_policy policy.toml; server { LISTEN; countersign_mode request;
             location / { countersign_require on; countersign_deny_status 404; } }",
            "countersign_zone shared:1m; server { LISTEN; countersign_policy policy.toml;
             countersign_mode handshake; countersign_resumption off; ssl_session_cache builtin; }",
        ] {
            let output = Nginx::check(build, &site, &Setup { http, ..Setup::DEFAULT });
            let said = verdict(&output);
            assert!(output.status.success() && !said.contains("countersign:"), "{http}: {said}");
        }
    });
}
