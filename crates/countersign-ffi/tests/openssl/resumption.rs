use crate::client::{COME, Heard, KEEP, VERSIONS, visit};
use crate::server::{Server, Way};
use crate::site::Site;

/// One way of keeping sessions, as server and client are told of it.
#[derive(Clone, Copy, Debug)]
struct Case {
    way: Way,
    version: &'static str,
    more: &'static [&'static str],
}

/// In tickets; in the cache because the server has no tickets; in the cache because the client
/// takes none.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for version in VERSIONS {
        cases.push(Case { way: Way::Tickets, version, more: &[] });
        cases.push(Case { way: Way::Cache, version, more: &[] });
    }
    cases.push(Case { way: Way::Tickets, version: "-tls1_2", more: &["-no_ticket"] });
    cases
}

impl Case {
    fn fresh(&self, site: &Site, server: &Server) {
        let heard = self.visit(site, server, Some("billing"), KEEP);
        assert_eq!(heard.answer.as_deref(), Some("billing: friend"), "{self:?} {heard:?}");
        assert!(!heard.is_resumed, "{self:?} {heard:?}");
        assert!(server.next().ends_with(" fresh"));
    }

    fn again(&self, site: &Site, server: &Server) -> Heard {
        self.visit(site, server, Some("billing"), COME)
    }

    fn visit(&self, site: &Site, server: &Server, who: Option<&str>, how: [&str; 2]) -> Heard {
        let more = [&how, self.more].concat();
        visit(site, server, self.version, who, &more)
    }
}

/// What `change` makes of a session that was made before it.
fn across(change: impl Fn(&Site), check: impl Fn(Case, &Server, &Heard)) {
    for case in cases() {
        let site = Site::new();
        let Some(server) = Server::start(&site, case.way) else { return };
        case.fresh(&site, &server);
        change(&site);
        server.reload();
        check(case, &server, &case.again(&site, &server));
        server.end();
    }
}

#[test]
fn an_approved_client_resumes_and_is_who_it_was() {
    for case in cases() {
        let site = Site::new();
        let Some(server) = Server::start(&site, case.way) else { return };
        case.fresh(&site, &server);
        for _ in 0..2 {
            let heard = case.again(&site, &server);
            assert_eq!(heard.answer.as_deref(), Some("billing: friend"), "{case:?} {heard:?}");
            assert!(heard.is_resumed, "{case:?} {heard:?}");
            let said = server.next();
            assert!(said.starts_with("in: billing allowed ") && said.ends_with(" resumed"));
        }
        server.end();
    }
}

#[test]
fn a_session_needs_no_certificate_to_resume_and_still_has_its_client() {
    for case in cases() {
        let site = Site::new();
        let Some(server) = Server::start(&site, case.way) else { return };
        case.fresh(&site, &server);
        let heard = case.visit(&site, &server, None, COME);
        assert_eq!(heard.answer.as_deref(), Some("billing: friend"), "{case:?} {heard:?}");
        assert!(heard.is_resumed && server.next().ends_with(" resumed"), "{case:?}");
        server.end();
    }
}

#[test]
fn a_client_that_was_revoked_since_is_refused() {
    across(Site::revoke_billing, |case, server, heard| {
        assert!(!heard.is_resumed && heard.says_alert("certificate revoked"), "{case:?} {heard:?}");
        let said = server.next();
        assert!(said.starts_with("refused: revoked: "), "{case:?} {said}");
    });
}

#[test]
fn a_client_that_is_no_longer_listed_is_refused() {
    across(
        |site| site.write_policy("root.pem", &["stranger"]),
        |case, server, heard| {
            let is_told = heard.says_alert("handshake failure");
            assert!(!heard.is_resumed && is_told, "{case:?} {heard:?}");
            let said = server.next();
            assert!(said.starts_with("refused: not_listed: "), "{case:?} {said}");
        },
    );
}

#[test]
fn a_session_survives_a_change_that_is_not_about_it() {
    across(
        |site| site.write_policy("root.pem", &["billing", "stranger"]),
        |case, server, heard| {
            assert!(heard.is_resumed && heard.answer.is_some(), "{case:?} {heard:?}");
            assert!(server.next().ends_with(" resumed"), "{case:?}");
        },
    );
}

#[test]
fn a_session_that_was_made_under_other_trust_is_declined() {
    across(
        |site| site.write_policy("both.pem", &["billing"]),
        |case, server, heard| {
            assert!(!heard.is_resumed && heard.answer.is_some(), "{case:?} {heard:?}");
            assert!(server.next().ends_with(" fresh"), "{case:?}");
        },
    );
}

#[test]
fn a_session_of_another_process_is_declined() {
    for case in cases() {
        let site = Site::new();
        let Some(server) = Server::start(&site, case.way) else { return };
        case.fresh(&site, &server);
        let Some(other) = Server::start(&site, case.way) else { return };
        let heard = case.again(&site, &other);
        assert!(!heard.is_resumed && heard.answer.is_some(), "{case:?} {heard:?}");
        assert!(other.next().ends_with(" fresh"), "{case:?}");
        server.end();
        other.end();
    }
}
