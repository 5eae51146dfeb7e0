//! What is logged of clients that are refused: enough to see why, and no more than anybody reads.

use std::time::Duration;

use crate::build::each;
use crate::client::{VERSIONS, visit};
use crate::nginx::{Nginx, serve};
use crate::site::Site;

#[test]
fn a_refusal_is_one_line_at_info() {
    let server = r#"
        server { LISTEN; server_name a.test; countersign_policy policy.toml;
                 countersign_mode request; countersign_require on;
                 countersign_scope admin; location / { return 200 "secret"; } }"#;
    serve(server, |nginx| {
        for (who, token, id) in [
            (Some("stranger"), "not_listed", ""),
            (Some("billing"), "out_of_scope", "acme-billing"),
            (None, "no_certificate", ""),
        ] {
            assert_eq!(nginx.get("https://a.test/").by(who).send().status, 403);
            let line = format!("countersign: refused: {token} (");
            nginx.says(&line, 1);
            let log = nginx.log();
            let line = log.lines().find(|l| l.contains(&line)).unwrap();
            assert!(line.contains("[info]"), "{line}");
            assert!(line.contains(&format!("id \"{id}\"")), "{line}");
            assert!(line.contains("request: \"GET / HTTP/"), "{line}");
            let digest = line.split("cert_sha256 \"").nth(1).unwrap().split('"').next().unwrap();
            assert_eq!(digest.len(), if who.is_some() { 64 } else { 0 }, "{line}");
        }
    });
}

/// A peer cannot fill the disk, nor wake anybody: not by certificates, nor without, nor by one that
/// it has no key for.
#[test]
fn many_refusals_are_few_lines_and_none_of_them_is_an_alarm() {
    serve(HANDSHAKE, |nginx| {
        for _ in 0..30 {
            for who in [Some("stranger"), Some("outsider"), None] {
                visit(nginx, VERSIONS[1], ("a.test", "/"), who, &[]);
            }
        }
        // A worker says how many there were at its first refusal of a later second.
        std::thread::sleep(Duration::from_millis(1_100));
        for _ in 0..8 {
            visit(nginx, VERSIONS[1], ("a.test", "/"), Some("stranger"), &[]);
        }
        nginx.says("more refusals were not logged", 1);
        let lines = nginx.log().matches("countersign: refused").count();
        assert!((10..88).contains(&lines), "{lines} of 98");
    });
}

pub(crate) const HANDSHAKE: &str = r#"server { LISTEN; server_name a.test;
    countersign_policy policy.toml; countersign_mode handshake;
    location / { return 200 "secret"; } }"#;

#[test]
fn the_variables_can_be_logged_and_mapped() {
    let servers = r#"
        map $countersign_client $team { default none; acme-billing money; }
        log_format verdicts "$countersign_verdict $countersign_reason $team";
        server { LISTEN; server_name a.test; countersign_policy policy.toml;
                 countersign_mode request; access_log FOLDER/access.log verdicts;
                 location / { countersign_require on; return 200 "secret"; }
                 location /public { return 200 "public"; } }"#;
    each(|build| {
        let site = Site::new();
        let nginx = Nginx::start(build, &site, servers);
        for (path, who) in [("/", Some("billing")), ("/", Some("stranger")), ("/public", None)] {
            nginx.get(&format!("https://a.test{path}")).by(who).send();
        }
        nginx.ends_well();
        let log = std::fs::read_to_string(site.path().join("access.log")).unwrap();
        assert_eq!(log, "allow allowed money\ndeny not_listed none\nnone no_certificate none\n");
    });
}

/// Who refuses nobody yet wants to know of all whom it would.
#[test]
fn refusals_leave_room_for_what_an_audit_notes() {
    let server = r#"
        server { LISTEN; server_name a.test; countersign_policy policy.toml;
                 countersign_mode request; countersign_require on;
                 location /      { return 200 "secret"; }
                 location /noted { countersign_require audit; return 200 "noted"; } }"#;
    serve(server, |nginx| {
        // On one connection, so that one worker has them all, in a second or two.
        let request = nginx.get("https://a.test/?[1-60]").with(&["--http1.1"]);
        let noted = "https://a.test/noted?[1-5]";
        request.with(&[noted]).send();
        nginx.says("would be refused: no_certificate", 5);
        assert!(nginx.log().matches("countersign: refused").count() < 60);
    });
}
