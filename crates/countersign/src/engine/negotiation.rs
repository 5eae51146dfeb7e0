//! One handshake, and what must hold before its end counts.

use std::sync::Arc;

use rustls::pki_types::DnsName;
use rustls::server::UnbufferedServerConnection;
use rustls::{Error, HandshakeKind, ProtocolVersion};

use super::alert::Alert;
use super::configuration::ConfiguredEntry;
use super::drive::{Driven, drive};
use super::entry::ClientAuth;
use super::exchange::{self, Exchange, Identity, Origin};
use super::identify;
use super::output::Queue;
use super::refusal::Refusal;
use super::session::{Facts, Steps};
use crate::clock::UnixTime;
use crate::reason::Reason;

/// A handshake that has its entry.
pub(super) struct Negotiation {
    pub(super) tls: Box<UnbufferedServerConnection>,
    pub(super) exchange: Exchange,
    pub(super) server_name: Option<DnsName<'static>>,
    pub(super) steps: Steps,
}

impl Negotiation {
    /// The client's CertificateVerify is over all messages in TLS 1.2, so rustls keeps them where it is to
    /// ask for a certificate, which it asks of the verifier when a connection is made. In TLS 1.3 it is
    /// over their hash: where the handshake `is_tls13`, the verifier is asked outside of the exchange, in
    /// which it says no, and the messages are not kept. Were it not TLS 1.3 in the end, rustls would have
    /// nothing to verify and refuse the client.
    ///
    /// # Errors
    /// rustls does not take its configuration.
    pub(super) fn new(
        entry: &ConfiguredEntry,
        server_name: Option<DnsName<'static>>,
        is_tls13: bool,
        steps: Steps,
    ) -> Result<Self, Error> {
        let make = || UnbufferedServerConnection::new(Arc::clone(&entry.config)).map(Box::new);
        let mut exchange = Exchange::default();
        let tls = if is_tls13 { make() } else { exchange::during(&mut exchange, make) };
        // That was a question about the configuration.
        exchange.is_asked_for = false;
        Ok(Self { tls: tls?, exchange, server_name, steps })
    }

    /// [`drive`], with the exchange at hand for the callbacks.
    pub(super) fn drive(
        &mut self,
        input: &mut [u8],
        output: &mut Queue,
        plaintext: &mut Queue,
        now: UnixTime,
    ) -> Driven {
        self.exchange.now = now;
        let Self { tls, exchange, .. } = self;
        exchange::during(exchange, || drive(tls, input, output, plaintext))
    }

    /// Whether what is said before the end goes out unencrypted: in TLS 1.3 until the ServerHello, which
    /// is sent when the keys are exchanged; in TLS 1.2 always, but for a session that resumes, where the
    /// server's Finished comes first.
    pub(super) fn speaks_in_plaintext(&self) -> bool {
        match self.tls.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => {
                self.tls.handshake_kind() != Some(HandshakeKind::Resumed)
            }
            _ => self.tls.negotiated_key_exchange_group().is_none(),
        }
    }

    /// Whether a HelloRetryRequest has gone out, and the peer's second hello is all that may come.
    pub(super) fn awaits_second_hello(&self) -> bool {
        self.tls.protocol_version() == Some(ProtocolVersion::TLSv1_3) && self.speaks_in_plaintext()
    }

    /// Whether there is a verdict yet, or none will come.
    pub(super) fn is_identified(&self) -> bool {
        self.exchange.identity.is_some() || self.exchange.denied.is_some()
    }

    /// What a failure of rustls means.
    pub(super) fn refusal(&mut self, entry: &ConfiguredEntry, error: &Error) -> Refusal {
        let declined = self.exchange.declined;
        self.meaning_of(entry, error).with_declined(declined)
    }

    fn meaning_of(&mut self, entry: &ConfiguredEntry, error: &Error) -> Refusal {
        if let (Error::NoCertificatesPresented, Some(verifier)) = (error, &entry.verifier) {
            let verdict = identify::without_certificate(verifier, self.exchange.now);
            return Refusal::denied(verdict);
        }
        if let (Error::InvalidCertificate(_), None, Some(verifier)) =
            (error, &self.exchange.denied, &entry.verifier)
        {
            // The certificate was good; the handshake's own signature is not.
            let what = "the handshake's own";
            let considered = verifier.refuse(Reason::BadSignature, 0, what);
            let leaf = self.exchange.identity.as_ref().map(|identity| &*identity.leaf);
            verifier.record(&considered, leaf);
            let refusal = Refusal::denied(considered.verdict.to_record());
            return refusal.with_alert(Alert::DECRYPT_ERROR);
        }
        Refusal::of(error, &mut self.exchange)
    }

    /// The facts of a handshake that rustls calls complete, if everything that lets a client in
    /// agrees: the entry's demand, rustls' view of the peer, and a verdict on that very leaf under
    /// the policy in force. What does not agree is a defect, and lets nobody in.
    pub(super) fn conclude(&mut self, entry: &ConfiguredEntry) -> Result<Facts, Refusal> {
        let now = self.exchange.now;
        let is_resumed = self.tls.handshake_kind() == Some(HandshakeKind::Resumed);
        let leaf = self.tls.peer_certificates().and_then(|chain| chain.first()).map(AsRef::as_ref);
        let from = if is_resumed { Origin::Resumed } else { Origin::Presented };
        // What a ticket said counts only where the session was resumed from it.
        let identity = self.exchange.identity.take().filter(|identity| identity.origin == from);
        let identity = match (entry.client_auth, leaf, identity) {
            (ClientAuth::Off, None, None) => None,
            (ClientAuth::Optional, None, None) if is_resumed || self.exchange.is_asked_for => None,
            (ClientAuth::Optional | ClientAuth::Required, Some(leaf), Some(identity))
                if *leaf == *identity.leaf && identity.verdict.is_allowed() =>
            {
                Some(admit(entry, identity, self.tls.peer_certificates(), now)?)
            }
            _ => return Err(Refusal::internal("the handshake and the verdict do not agree")),
        };
        let nobody_since = self.exchange.nobody_since.filter(|_| is_resumed);
        let authenticated_at = match &identity {
            Some(identity) => identity.authenticated_at,
            None => nobody_since.unwrap_or(now),
        };
        Ok(Facts {
            client_auth: entry.client_auth,
            server_name: self.server_name.take(),
            verdict: identity.map(|identity| identity.verdict),
            authenticated_at,
            is_resumed,
            declined: if is_resumed { None } else { self.exchange.declined },
            steps: self.steps.into(),
        })
    }
}

/// The client has proved its key: the verdict counts, and is recorded. It is as old as the client's
/// Certificate or its ticket; the peer may have taken its time since. Where the policy changed
/// meanwhile, or the verdict's time is over, it is asked again.
fn admit(
    entry: &ConfiguredEntry,
    mut identity: Box<Identity>,
    chain: Option<&[rustls::pki_types::CertificateDer<'_>]>,
    now: UnixTime,
) -> Result<Box<Identity>, Refusal> {
    let Some(verifier) = &entry.verifier else {
        return Err(Refusal::internal("a client, and nobody to judge it"));
    };
    let in_time = identity.verdict.binding().is_some_and(|binding| now <= binding.expiry());
    if in_time && identity.verdict.generation() == verifier.generation() {
        verifier.record_pending(&identity.pending, &identity.leaf);
        return Ok(identity);
    }
    let chain: Vec<&[u8]> = chain.unwrap_or_default().iter().map(AsRef::as_ref).collect();
    identity.verdict = verifier.verify(&chain, now).to_record();
    if identity.verdict.is_allowed() {
        Ok(identity)
    } else {
        Err(Refusal::denied(identity.verdict).without_alert())
    }
}
