//! What every program must get and must be told.

use std::sync::Arc;

use countersign::Reason;
use countersign::engine::{Alert, ClientAuth, Declined, TlsVersion};

use super::process::{self, Heard};
use super::site::{Site, Way, next};
use crate::demo::server::{Farewell, Handshake, Server, Welcome};

pub(super) const VERSIONS: [TlsVersion; 2] = [TlsVersion::Tls12, TlsVersion::Tls13];

/// A program that speaks TLS.
pub(super) trait Peer {
    /// How it is called.
    const PROGRAM: &'static str;

    /// Connects once.
    fn visit(&self, site: &Site, call: &Call<'_>) -> Heard;

    /// Connects twice, the second time with the session of the first; what was heard is the
    /// second's, or both's where it does not tell them apart.
    fn visit_and_resume(&self, site: &Site, call: &Call<'_>) -> Heard;

    /// Whether the last visit went well, by its own account.
    fn is_content(heard: &Heard) -> bool;

    /// Whether it says that it resumed.
    fn says_resumed(heard: &Heard) -> bool;

    /// Whether it failed and says that the server sent this alert.
    fn says_alert(heard: &Heard, alert: Alert, version: TlsVersion) -> bool;

    /// Whether it takes part in this way of resuming.
    fn can_resume(way: Way, _version: TlsVersion) -> bool {
        way != Way::Nowhere
    }
}

/// Whom a program plays.
pub(super) struct Call<'c> {
    pub(super) server: &'c Server,
    pub(super) way: Way,
    pub(super) version: TlsVersion,
    /// Whose certificate and key it presents.
    pub(super) identity: Option<&'c str>,
}

#[track_caller]
fn welcome(handshake: Handshake, version: TlsVersion, heard: &Heard) -> Welcome {
    let welcome = handshake.unwrap_or_else(|farewell| panic!("{farewell}: {heard:?}"));
    assert_eq!(welcome.version, version);
    assert_eq!(welcome.server_name.as_deref(), Some("localhost"));
    welcome
}

/// The client's id, where there is a verdict.
fn client(welcome: &Welcome) -> Option<&str> {
    welcome.verdict.as_ref()?.client()
}

/// A full handshake, then one that resumes, if the two ends can; both with the same verdict.
#[track_caller]
fn gets_in_twice<P: Peer>(peer: &P, site: &Site, call: &Call<'_>, expected: Option<&str>) {
    let heard = peer.visit_and_resume(site, call);
    let fresh = welcome(next(call.server), call.version, &heard);
    let again = welcome(next(call.server), call.version, &heard);
    assert!(P::is_content(&heard), "{heard:?}");
    let resumes = P::can_resume(call.way, call.version);
    assert!(!fresh.is_resumed, "{fresh:?} {heard:?}");
    assert_eq!(again.is_resumed, resumes, "{:?} {again:?} {heard:?}", call.way);
    assert_eq!(P::says_resumed(&heard), resumes, "{heard:?}");
    assert_eq!((client(&fresh), client(&again)), (expected, expected));
    assert_eq!(fresh.verdict, again.verdict);
    assert_eq!((fresh.declined, again.declined), (None, None));
}

/// A full handshake that ends with this reason, and with the alert for it at the other end.
#[track_caller]
fn is_refused<P: Peer>(peer: &P, site: &Site, call: &Call<'_>, reason: Reason) {
    let heard = peer.visit(site, call);
    was_refused::<P>(next(call.server), &heard, call.version, reason, None);
}

#[track_caller]
fn was_refused<P: Peer>(
    handshake: Handshake,
    heard: &Heard,
    version: TlsVersion,
    reason: Reason,
    declined: Option<Declined>,
) {
    let Err(Farewell::Refused(refusal)) = handshake else { panic!("{handshake:?} {heard:?}") };
    let alert = Alert::for_reason(reason);
    assert_eq!(refusal.reason(), Some(reason), "{refusal}: {heard:?}");
    assert_eq!(refusal.alert(), Some(alert), "{refusal}");
    assert_eq!(refusal.declined(), declined, "{refusal}");
    assert!(P::says_alert(heard, alert, version), "{alert}: {heard:?}");
    assert!(!P::is_content(heard), "{heard:?}");
}

const REFUSED: [(&str, Reason); 7] = [
    ("not-listed", Reason::NotListed),
    ("expired", Reason::Expired),
    ("not-yet-valid", Reason::NotYetValid),
    ("revoked", Reason::Revoked),
    ("self-signed", Reason::UnknownIssuer),
    ("other-ca", Reason::BadSignature),
    ("wrong-eku", Reason::NotForClientAuth),
];

pub(super) fn approved_clients_get_in_and_resume<P: Peer>(peer: &P) {
    if !process::is_here(P::PROGRAM) {
        return;
    }
    let site = Site::new();
    for way in Way::BOTH {
        let server = &site.serve(ClientAuth::Required, way);
        for version in VERSIONS {
            for (name, client) in
                [("approved", "billing"), ("spiffe", "nightly-jobs"), ("pinned", "till-7")]
            {
                let call = Call { server, way, version, identity: Some(name) };
                gets_in_twice(peer, &site, &call, Some(client));
            }
        }
    }
}

pub(super) fn refused_clients_are_told_why<P: Peer>(peer: &P) {
    if !process::is_here(P::PROGRAM) {
        return;
    }
    let site = Site::new();
    for demand in [ClientAuth::Required, ClientAuth::Optional] {
        let way = Way::Tickets;
        let server = &site.serve(demand, way);
        for version in VERSIONS {
            for (name, reason) in REFUSED {
                let call = Call { server, way, version, identity: Some(name) };
                is_refused(peer, &site, &call, reason);
            }
            if demand == ClientAuth::Required {
                let call = Call { server, way, version, identity: None };
                is_refused(peer, &site, &call, Reason::NoCertificate);
            }
        }
    }
}

pub(super) fn where_a_certificate_is_optional_nobody_gets_in_as_nobody<P: Peer>(peer: &P) {
    if !process::is_here(P::PROGRAM) {
        return;
    }
    let site = Site::new();
    for (way, version) in Way::BOTH.into_iter().flat_map(|way| VERSIONS.map(|v| (way, v))) {
        let server = &site.serve(ClientAuth::Optional, way);
        gets_in_twice(peer, &site, &Call { server, way, version, identity: None }, None);
        let call = Call { server, way, version, identity: Some("approved") };
        gets_in_twice(peer, &site, &call, Some("billing"));
    }
}

pub(super) fn where_nobody_is_asked_a_certificate_means_nothing<P: Peer>(peer: &P) {
    if !process::is_here(P::PROGRAM) {
        return;
    }
    let site = Site::new();
    for (way, version) in Way::BOTH.into_iter().flat_map(|way| VERSIONS.map(|v| (way, v))) {
        let server = &site.serve(ClientAuth::Off, way);
        for identity in [None, Some("approved"), Some("revoked")] {
            gets_in_twice(peer, &site, &Call { server, way, version, identity }, None);
        }
    }
}

pub(super) fn a_client_revoked_between_two_connections_cannot_resume<P: Peer>(peer: &P) {
    if !process::is_here(P::PROGRAM) {
        return;
    }
    for way in Way::BOTH {
        for version in VERSIONS {
            let site = Arc::new(Site::new());
            let server = &Arc::clone(&site).serve_until_the_leaver_leaves(way);
            let call = Call { server, way, version, identity: Some("leaver") };
            let heard = peer.visit_and_resume(&site, &call);
            let first = welcome(next(server), version, &heard);
            assert_eq!(client(&first), Some("billing"));
            let offered = P::can_resume(way, version);
            let declined = offered.then_some(Declined::NotAuthorized);
            was_refused::<P>(next(server), &heard, version, Reason::Revoked, declined);
        }
    }
}

/// What tells the two apart is the server, not the program's habits.
pub(super) fn where_sessions_do_not_resume_every_handshake_is_full<P: Peer>(peer: &P) {
    if !process::is_here(P::PROGRAM) {
        return;
    }
    let site = Site::new();
    let way = Way::Nowhere;
    let server = &site.serve(ClientAuth::Required, way);
    for version in VERSIONS {
        let call = Call { server, way, version, identity: Some("approved") };
        gets_in_twice(peer, &site, &call, Some("billing"));
    }
}
