//! Where the library does not decide, nobody gets in.

use std::path::PathBuf;
use std::process::Command;

use crate::build::each;
use crate::client::{COME, KEEP, VERSIONS, visit};
use crate::nginx::{Nginx, Setup};
use crate::process::run;
use crate::site::Site;

const SERVER: &str = r#"countersign_zone shared:1m; ssl_session_cache shared:sessions:1m;
    server { LISTEN; server_name a.test; countersign_policy policy.toml; countersign_mode MODE;
             countersign_require on;
             location /      { return 200 "secret"; }
             location /pay/  { countersign_scope payments; return 200 "secret"; } }"#;

/// A library that stands before ours, and fails in one call.
fn broken(site: &Site, call: &str) -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let library = site.path().join(format!("{call}.so"));
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-Wall", "-Werror", &format!("-DFAULT_{call}"), "-I"]);
    cc.arg(format!("{root}/include"))
        .arg(format!("{root}/crates/countersign-ffi/tests/nginx/faults.c"));
    run(cc.arg("-o").arg(&library));
    library
}

#[test]
fn a_call_that_fails_lets_nobody_in() {
    each(|build| {
        for mode in ["handshake", "request"] {
            let http = SERVER.replace("MODE", mode);
            for (call, path) in [("VERIFY", "/"), ("SCOPE", "/pay/"), ("DIGEST", "/")] {
                let site = Site::new();
                let library = broken(&site, call);
                let setup = Setup { http: &http, preload: Some(&library), ..Setup::DEFAULT };
                let nginx = Nginx::start_with(build, &site, &setup);
                for version in VERSIONS {
                    let heard = visit(&nginx, version, ("a.test", path), Some("billing"), &[]);
                    let refused = matches!(heard.answer.as_deref(), None | Some("503"));
                    assert!(refused, "{nginx:?} {mode} {call} {version} {heard:?}");
                }
            }
        }
    });
}

#[test]
fn a_session_that_cannot_be_judged_does_not_resume() {
    each(|build| {
        for mode in ["handshake", "request"] {
            let http = SERVER.replace("MODE", mode);
            let site = Site::new();
            let library = broken(&site, "REAUTHORIZE");
            let setup = Setup { http: &http, preload: Some(&library), ..Setup::DEFAULT };
            let nginx = Nginx::start_with(build, &site, &setup);
            for version in VERSIONS {
                let made = visit(&nginx, version, ("a.test", "/"), Some("billing"), &KEEP);
                assert_eq!(made.answer.as_deref(), Some("200"), "{made:?}");
                let heard = visit(&nginx, version, ("a.test", "/"), None, &COME);
                assert!(!heard.is_resumed, "{nginx:?} {mode} {version} {heard:?}");
                assert_ne!(heard.answer.as_deref(), Some("200"), "{nginx:?} {mode} {version}");
            }
        }
    });
}
