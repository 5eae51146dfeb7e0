//! What the server behind is told of the client.

use std::net::IpAddr;

use clap::ValueEnum;
use countersign::engine::Session;
use countersign::forwarded::{Family, Presented, Produced, Request, Signer, Strip};
use countersign::{UnixTime, VerdictRecord};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use crate::failure::Failure;

/// Which headers carry the client's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Forward {
    /// Client-Cert and Client-Cert-Chain
    Rfc9440,
    /// X-Forwarded-Client-Cert, as Envoy writes it
    Xfcc,
    /// ssl-client-cert, ssl-client-verify
    Nginx,
    /// X-SSL-Client-Cert, X-SSL-Client-Verify
    Apache,
    /// X-Forwarded-Tls-Client-Cert
    Traefik,
    /// X-SSL-Client-Used, X-SSL-Client-Verify, X-SSL-Client-DER
    Haproxy,
    /// X-ARR-ClientCert
    AzureAppService,
    /// Cf-Client-Cert-Der-Base64, Cf-Client-Cert-Sha256
    Cloudflare,
    /// None
    None,
}

impl Forward {
    fn family(self) -> Result<Option<Family>, countersign::Error> {
        let name = self.to_possible_value().filter(|_| self != Self::None);
        name.map(|name| name.get_name().parse()).transpose()
    }
}

/// Takes the client's claims out of requests and puts the truth in.
#[derive(Debug)]
pub(super) struct Forwarder {
    family: Option<Family>,
    signer: Option<Signer>,
    pub(super) strip: Strip,
}

/// What is true for every request of a connection.
#[derive(Debug)]
pub(super) struct Identity {
    /// `None` where no family is written.
    produced: Option<Produced>,
    lines: Vec<(HeaderName, HeaderValue)>,
}

/// The client cannot be described without a doubt, so its requests must not go on.
#[derive(Debug)]
pub(super) struct Indescribable;

/// Why a request cannot be signed.
#[derive(Debug)]
pub(super) enum Unsigned {
    /// Its target holds what no signature can cover.
    Malformed,
    /// The system has no random bytes.
    Unable,
}

impl Forwarder {
    pub(super) fn new(forward: Forward, signer: Option<Signer>) -> Result<Self, Failure> {
        Ok(Self { family: forward.family()?, signer, strip: Strip::all() })
    }

    /// What to say of this session's client, who came from `peer`.
    pub(super) fn identity(
        &self,
        session: &Session<'_>,
        peer: IpAddr,
    ) -> Result<Identity, Indescribable> {
        let mut lines = origin(peer)?;
        let Some(family) = &self.family else { return Ok(Identity { produced: None, lines }) };
        let chain: Vec<&[u8]> = session.chain().collect();
        let is_allowed = session.verdict().is_some_and(VerdictRecord::is_allowed);
        let presented = match &chain[..] {
            chain @ [_, ..] if is_allowed => Presented::Verified(chain),
            _ => Presented::Nobody,
        };
        let produced = family.produce(presented).map_err(|_| Indescribable)?;
        for (name, value) in produced.fields() {
            lines.push(line(name, value)?);
        }
        Ok(Identity { produced: Some(produced), lines })
    }

    /// Sets the headers of an identity, after the client's own were taken out, and signs them for
    /// this request.
    pub(super) fn set(
        &self,
        identity: &Identity,
        request: &Request<'_>,
        headers: &mut HeaderMap,
    ) -> Result<(), Unsigned> {
        for (name, value) in &identity.lines {
            headers.append(name, value.clone());
        }
        let (Some(signer), Some(produced)) = (&self.signer, &identity.produced) else {
            return Ok(());
        };
        let signed = signer.sign(request, produced, UnixTime::now()).map_err(|error| {
            let is_ours = error.kind() == countersign::ErrorKind::Io;
            if is_ours { Unsigned::Unable } else { Unsigned::Malformed }
        })?;
        for (name, value) in signed.fields() {
            let (name, value) = line(name, value).map_err(|_| Unsigned::Unable)?;
            headers.append(name, value);
        }
        Ok(())
    }
}

/// Where the client came from, in both ways of saying it (RFC 7239, and the older one).
fn origin(peer: IpAddr) -> Result<Vec<(HeaderName, HeaderValue)>, Indescribable> {
    let peer = peer.to_canonical();
    let node = if peer.is_ipv6() { format!("\"[{peer}]\"") } else { peer.to_string() };
    Ok(vec![
        line("forwarded", &format!("for={node};proto=https"))?,
        line("x-forwarded-for", &peer.to_string())?,
        line("x-forwarded-proto", "https")?,
    ])
}

fn line(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Indescribable> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Indescribable)?;
    Ok((name, HeaderValue::from_str(value).map_err(|_| Indescribable)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_a_family_that_can_be_written() {
        for choice in Forward::value_variants() {
            let family = choice.family().unwrap_or_else(|error| panic!("{choice:?}: {error}"));
            assert_eq!(family.is_none(), *choice == Forward::None);
            assert!(family.is_none_or(|family| family.produce(Presented::Nobody).is_ok()));
        }
    }
}
