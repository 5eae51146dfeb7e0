//! `epoll_server` and OpenSSL's clients, one at a time.

use rustix::process::Signal;

use crate::installation::empty_folder;
use crate::openssl::{Client, VERSIONS};
use crate::process::are_here;
use crate::server::Server;
use crate::world::World;

const NEEDED: [&str; 3] = ["cc", "pkg-config", "openssl"];

#[test]
fn approved_clients_get_in_and_resume() {
    if !are_here(&NEEDED) {
        return;
    }
    let (world, sessions) = (World::new(), empty_folder("sessions"));
    let server = Server::start_watched(&world);
    for version in VERSIONS {
        let session = sessions.join(version);
        let keep = [("-sess_out", session.as_path())];
        let mut first = Client::connect_with(&world, &server, version, Some("billing"), &keep);
        first.echo("friend");
        assert!(server.says("acme-billing is in").ends_with(", fresh"));
        let end = first.close();
        assert_eq!(end.code, Some(0), "{end:?}");

        let come = [("-sess_in", session.as_path())];
        let mut again = Client::connect_with(&world, &server, version, Some("billing"), &come);
        let printed = again.echo("friend again");
        assert!(printed.iter().any(|line| line.starts_with("Reused, TLSv1.")), "{printed:?}");
        assert!(server.says("acme-billing is in").ends_with(", resumed"));
        assert_eq!(again.close().code, Some(0));
    }
    server.ends_well();
}

#[test]
fn others_are_told_why_they_are_not_let_in() {
    if !are_here(&NEEDED) {
        return;
    }
    let world = World::new();
    world.revoke_leaver();
    let server = Server::start_watched(&world);
    for version in VERSIONS {
        for (who, reason, alert) in [
            (Some("stranger"), "not_listed", "alert access denied"),
            (Some("leaver"), "revoked", "alert certificate revoked"),
            (None, "no_certificate", "alert certificate required"),
        ] {
            let end = Client::connect(&world, &server, version, who).end();
            assert_eq!(end.code, Some(1), "{version} {who:?}: {end:?}");
            assert!(end.stderr.contains(alert), "{version} {who:?}: {end:?}");
            server.says(&format!("refused: {reason}: "));
        }
    }
    server.ends_well();
}

/// In the middle of its connection, and with the session that it kept from it.
#[test]
fn a_client_that_is_revoked_is_put_out_and_cannot_come_back() {
    if !are_here(&NEEDED) {
        return;
    }
    for version in VERSIONS {
        let (world, sessions) = (World::new(), empty_folder(&format!("leaver{version}")));
        let server = Server::start_watched(&world);
        let session = sessions.join("session");
        let keep = [("-sess_out", session.as_path())];
        let mut leaver = Client::connect_with(&world, &server, version, Some("leaver"), &keep);
        leaver.echo("still here");
        let mut billing = Client::connect(&world, &server, version, Some("billing"));
        billing.echo("so am I");

        world.revoke_leaver();
        server.signal(Signal::HUP);
        server.says("policy 2 is in force");
        server.says("put out: revoked");
        let end = leaver.end();
        assert_eq!(end.code, Some(0), "it was told in good order: {end:?}");
        billing.echo("nothing happened to me");
        assert_eq!(billing.close().code, Some(0));

        let come = [("-sess_in", session.as_path())];
        let end = Client::connect_with(&world, &server, version, Some("leaver"), &come).end();
        assert!(end.stderr.contains("alert certificate revoked"), "{end:?}");
        assert!(!end.stdout.contains("Reused"), "{end:?}");
        server.says("refused: revoked: ");
        server.ends_well();
    }
}

#[test]
fn files_that_are_no_good_change_nothing() {
    if !are_here(&NEEDED) {
        return;
    }
    let world = World::new();
    let server = Server::start_watched(&world);
    let mut client = Client::connect(&world, &server, VERSIONS[1], Some("leaver"));
    client.echo("before");
    for (name, bad) in [
        ("policy.toml", "version = 1\n[trust]\nanchers = []\n"),
        ("server.pem", "no certificate\n"),
        ("ca.crl", "no CRL\n"),
    ] {
        let good = world.read(name);
        world.write(name, bad);
        server.signal(Signal::HUP);
        server.says(name);
        client.echo(name);
        world.write(name, good);
    }
    server.reload();
    client.echo("after");
    assert_eq!(client.close().code, Some(0));
    server.ends_well();
}

#[test]
fn a_server_that_is_asked_to_end_says_goodbye() {
    if !are_here(&NEEDED) {
        return;
    }
    let world = World::new();
    let mut server = Server::start_watched(&world);
    let mut clients = VERSIONS.map(|v| Client::connect(&world, &server, v, Some("billing")));
    for client in &mut clients {
        client.echo("here");
    }
    server.signal(Signal::TERM);
    for client in clients {
        let end = client.end();
        assert_eq!(end.code, Some(0), "{end:?}");
    }
    assert_eq!(server.exit_code(), Some(0));
}
