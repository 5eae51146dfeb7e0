use crate::client::{Client, VERSIONS, visit};
use crate::server::{Server, Way};
use crate::site::Site;

/// The alert and the server's word for each client that is not let in. OpenSSL has no X509_V_ERR_*
/// for access_denied.
const REFUSED: [(Option<&str>, &str, &str); 4] = [
    (Some("stranger"), "handshake failure", "refused: not_listed: "),
    (Some("late"), "certificate expired", "refused: expired: "),
    (Some("outsider"), "unknown ca", "refused: unknown_issuer: "),
    (None, "certificate required", "refused: no verdict: peer did not return a certificate"),
];

#[test]
fn an_approved_client_gets_in_under_its_name() {
    let site = Site::new();
    let Some(server) = Server::start(&site, Way::Tickets) else { return };
    for (version, name) in VERSIONS.into_iter().zip(["TLSv1.2", "TLSv1.3"]) {
        let heard = visit(&site, &server, version, Some("billing"), &[]);
        assert_eq!(heard.answer.as_deref(), Some("billing: friend"), "{heard:?}");
        assert_eq!(server.next(), format!("in: billing allowed {name} fresh"));
    }
    server.end();
}

#[test]
fn others_are_refused_and_told_why() {
    let site = Site::new();
    let Some(server) = Server::start(&site, Way::Tickets) else { return };
    for version in VERSIONS {
        for (who, alert, said) in REFUSED {
            let heard = visit(&site, &server, version, who, &[]);
            // TLS 1.2 has no certificate_required.
            let old = version == "-tls1_2" && alert == "certificate required";
            let alert = if old { "handshake failure" } else { alert };
            assert!(heard.says_alert(alert), "{version} {who:?}: {heard:?}");
            let line = server.next();
            assert!(line.starts_with(said), "{version} {who:?}: {line}");
        }
    }
    server.end();
}

#[test]
fn a_client_that_is_revoked_while_it_is_there_has_to_go() {
    let site = Site::new();
    let Some(server) = Server::start(&site, Way::Tickets) else { return };
    let mut clients = VERSIONS.map(|version| {
        let mut client = Client::connect(&site, &server, version, Some("billing"), &[]);
        assert_eq!(client.say("friend").as_deref(), Some("billing: friend"));
        assert!(server.next().starts_with("in: billing "));
        client
    });
    site.revoke_billing();
    server.reload();
    for client in &mut clients {
        assert_eq!(client.say("still here"), None);
        assert_eq!(server.next(), "ended: revoked");
    }
    server.end();
}

#[test]
fn a_server_that_is_told_to_end_shows_its_clients_out() {
    let site = Site::new();
    let Some(server) = Server::start(&site, Way::Tickets) else { return };
    let mut client = Client::connect(&site, &server, "-tls1_3", Some("billing"), &[]);
    assert!(client.say("friend").is_some());
    assert!(server.next().starts_with("in: billing "));
    server.end();
    assert_eq!(client.say("anybody there"), None);
}
