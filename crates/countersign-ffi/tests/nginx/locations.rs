//! Locations that require an approved client, and every way into them.

use crate::build::{Build, each};
use crate::curl::{CLIENTS, PROTOCOLS, VERSIONS};
use crate::nginx::{Nginx, Setup, serve};
use crate::site::Site;

/// What is behind it is "secret"; the ways that lead there are public.
const SERVER: &str = r#"
    server {
        LISTEN;
        server_name a.test;
        countersign_policy policy.toml;
        countersign_mode request;
        default_type text/html;
        location /          { return 200 "public"; }
        location /returned/ { countersign_require on; return 200 "secret"; }
        location /file/     { countersign_require on; alias FOLDER/; }
        location /any/      { countersign_require on; satisfy any; allow all; alias FOLDER/; }
        location /if/       { countersign_require on; if ($request_method = GET) { return 200 "secret"; } }
        location /limited/  { countersign_require on; limit_except POST { allow all; } alias FOLDER/; }
        location /nested/   { countersign_require on; location /nested/in/ { return 200 "secret"; } }
        location /error/    { error_page 404 =200 /returned/; return 404; }
        location /named/    { error_page 404 =200 @named; return 404; }
        location @named     { countersign_require on; return 200 "secret"; }
        location /rewrite/  { rewrite ^ /returned/ last; }
        location /broken/   { countersign_require on; rewrite ^ /secret.html break; root FOLDER; }
        location /try/      { try_files /nothing /returned/; }
        location /ssi/      { ssi on; return 200 'public <!--#include virtual="/returned/" -->'; }
        location /ssifile/  { ssi on; return 200 'public <!--#include virtual="/file/secret.html" -->'; }
        location /accel/    { proxy_pass http://unix:FOLDER/upstream; }
        location /proxied/  { countersign_require on; proxy_pass http://unix:FOLDER/upstream:/plain; }
    }
    server {
        listen unix:FOLDER/upstream;
        location /          { add_header X-Accel-Redirect /returned/; return 200 "public"; }
        location /plain     { return 200 "secret"; }
    }"#;

const WAYS: [&str; 17] = [
    "/returned/",
    "/file/secret.html",
    "/any/secret.html",
    "/if/",
    "/limited/secret.html",
    "/nested/in/",
    "/error/",
    "/named/",
    "/rewrite/",
    "/broken/",
    "/try/",
    "/ssi/",
    "/ssifile/",
    "/accel/",
    "/proxied/",
    "//returned/",
    "/x/../returned/",
];

pub(crate) fn start<'s>(build: &'static Build, site: &'s Site, without: Option<&str>) -> Nginx<'s> {
    site.write("secret.html", "secret");
    Nginx::start_with(build, site, &Setup { http: SERVER, without, ..Setup::DEFAULT })
}

#[test]
fn only_approved_clients_get_in_whichever_way_they_come() {
    each(|build| {
        let site = Site::new();
        let nginx = start(build, &site, None);
        for version in VERSIONS {
            for way in WAYS {
                for who in CLIENTS {
                    // Half of the ways by each protocol: all of them cost twice the time.
                    let protocol = PROTOCOLS[usize::from(way.len() % 2 == 0)];
                    let request = nginx.get(&format!("https://a.test{way}")).by(who).over(version);
                    let reply = request.with(&[protocol, "--path-as-is"]).send();
                    let is_approved = matches!(who, Some("billing" | "leaver"));
                    let what = format!("{nginx:?} {version} {protocol} {way} {who:?} {reply:?}");
                    assert_eq!(reply.is_secret(), is_approved, "{what}");
                    // A page may include what is not for everybody, and is there without it.
                    let is_page = way.starts_with("/ssi");
                    let expected = if is_approved || is_page { 200 } else { 403 };
                    assert_eq!(reply.status, expected, "{what}");
                }
            }
        }
        let public = nginx.get("https://a.test/").send();
        assert_eq!((public.status, public.body.as_str()), (200, "public"));
        // A subrequest that is refused is nginx's idea of an error.
        assert!(!nginx.log().contains("[crit]") && !nginx.log().contains("[alert]"));
    });
}

/// A server's own `return` comes before there is a location.
#[test]
fn a_server_that_answers_by_itself_answers_approved_clients_only() {
    let server = r#"
        server { LISTEN; server_name a.test; countersign_policy policy.toml;
                 countersign_mode request; countersign_require on;
                 error_page 403 /sorry; location = /sorry { countersign_require off; }
                 if ($arg_missing) { return 404 "secret"; }
                 if ($arg_elsewhere) { return 302 /secret; }
                 return 200 "secret"; }"#;
    serve(server, |nginx| {
        for (path, status) in [("/", 200), ("/?missing=1", 404), ("/?elsewhere=1", 302)] {
            for who in CLIENTS {
                for protocol in PROTOCOLS {
                    let reply = nginx.get(&format!("https://a.test{path}")).by(who);
                    let reply = reply.with(&[protocol, "--include"]).send();
                    let is_approved = matches!(who, Some("billing" | "leaver"));
                    assert_eq!(reply.is_secret(), is_approved, "{nginx:?} {who:?} {reply:?}");
                    let expected = if is_approved { status } else { 403 };
                    assert_eq!(reply.status, expected, "{nginx:?} {who:?} {reply:?}");
                }
            }
        }
        // What nginx says of requests that are none is not covered up.
        let reply = nginx.get("https://a.test/").with(&["-H", "Host: a b", "--http1.1"]).send();
        assert_eq!(reply.status, 400, "{reply:?}");
    });
}

#[test]
fn a_location_can_demand_a_scope_and_choose_its_status_or_only_take_note() {
    let server = r#"
        server { LISTEN; server_name a.test; countersign_policy policy.toml;
                 countersign_mode request;
                 location /pay/   { countersign_require on; countersign_scope payments;
                                    return 200 "secret"; }
                 location /admin/ { countersign_require on; countersign_scope admin;
                                    countersign_deny_status 404; return 200 "secret"; }
                 location /noted/ { countersign_require audit; return 200
                     "$countersign_verdict,$countersign_client,$countersign_reason"; }
                 location /open/  { return 200
                     "$countersign_verdict,$countersign_client,$countersign_reason"; } }
        server { LISTEN; server_name b.test; location / { return 200
                     "$countersign_verdict,$countersign_client,$countersign_reason"; } }"#;
    serve(server, |nginx| {
        let get = |path: &str, who| nginx.get(&format!("https://a.test{path}")).by(who).send();
        assert_eq!(get("/pay/", Some("billing")).status, 200);
        assert_eq!(get("/pay/", Some("stranger")).status, 403);
        assert_eq!(get("/admin/", Some("billing")).status, 404);
        nginx.says("out_of_scope", 1);
        for path in ["/noted/", "/open/"] {
            for (who, expected) in [
                (Some("billing"), "allow,acme-billing,allowed"),
                (Some("stranger"), "deny,,not_listed"),
                (Some("outsider"), "deny,,unknown_issuer"),
                (None, "none,,no_certificate"),
            ] {
                let reply = get(path, who);
                assert_eq!((reply.status, reply.body.as_str()), (200, expected), "{path}");
            }
        }
        assert_eq!(nginx.get("https://b.test/").by(Some("billing")).send().body, "none,,");
        nginx.says("would be refused: not_listed", 1);
    });
}

/// A location may be for the clients of another policy than the server's.
#[test]
fn a_location_can_have_a_policy_of_its_own() {
    each(|build| {
        let site = Site::new();
        let other = crate::site::POLICY.replace("billing", "stranger");
        site.write("other.toml", other);
        let nginx = Nginx::start(
            build,
            &site,
            r#"server { LISTEN; server_name a.test; countersign_policy policy.toml;
                        countersign_mode request; countersign_require on;
                        location /       { return 200 "secret $countersign_client"; }
                        location /other/ { countersign_policy other.toml;
                                           return 200 "secret $countersign_client"; } }"#,
        );
        let get = |path: &str, who| nginx.get(&format!("https://a.test{path}")).by(who).send();
        assert_eq!(get("/", Some("billing")).body, "secret acme-billing");
        assert_eq!(get("/other/", Some("stranger")).body, "secret acme-stranger");
        assert_eq!(get("/", Some("stranger")).status, 403);
        assert_eq!(get("/other/", Some("billing")).status, 403);
        nginx.ends_well();
    });
}

/// A request without TLS has no client.
#[test]
fn nobody_gets_in_without_tls() {
    let server = r#"
        server { LISTEN; listen unix:FOLDER/plain; server_name a.test;
                 countersign_policy policy.toml; countersign_mode request;
                 countersign_require on; location / { return 200 "secret"; } }"#;
    serve(server, |nginx| {
        let plain = nginx.socket("plain");
        let plain = ["--unix-socket", plain.to_str().unwrap()];
        let reply = nginx.get("http://a.test/").with(&plain).send();
        assert_eq!((reply.status, reply.is_secret()), (403, false), "{reply:?}");
        // One that came to the wrong door is told so.
        let reply = nginx.get("http://a.test/").send();
        assert_eq!(reply.status, 400, "{reply:?}");
    });
}
