//! What forwarded headers say: nobody, or a client's chain.

use arrayvec::ArrayVec;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::rejection::Rejection;
use crate::cert::Certificate;
use crate::limits;

/// What the headers of one request say of its client.
///
/// ```
/// use countersign::forwarded::{Family, Forwarded};
///
/// let no_headers: [(&[u8], &[u8]); 0] = [];
/// let forwarded = Family::rfc9440().read(no_headers).unwrap();
/// assert!(matches!(forwarded, Forwarded::NoCertificate));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forwarded {
    /// The client presented no certificate to the proxy.
    NoCertificate,
    /// The client's certificate, and the others that the proxy passed on.
    Certificate(ClientChain),
}

/// What a proxy says of a certificate besides the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statement {
    /// Nothing.
    None,
    /// That it found the certificate good.
    Verified,
    /// That it did not look.
    Unverified,
}

/// A client's certificates as a proxy forwarded them: DER, leaf first, each of which parses.
///
/// ```
/// # use countersign_testkit::forge::Authority;
/// use countersign::forwarded::{Family, Forwarded, Presented};
///
/// let leaf = Authority::root("root").leaf("client").certificate;
/// let family = Family::traefik();
/// let produced = family.produce(Presented::Verified(&[&leaf])).unwrap();
/// let headers = produced.fields().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
/// let Forwarded::Certificate(chain) = family.read(headers).unwrap() else { panic!() };
/// assert_eq!(chain.leaf(), leaf);
/// assert_eq!(chain.certificates().count(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientChain {
    der: Vec<u8>,
    /// Where each certificate ends.
    ends: ArrayVec<usize, { limits::CHAIN_CERTIFICATES }>,
    statement: Statement,
}

impl ClientChain {
    pub(super) fn new() -> Self {
        Self { der: Vec::new(), ends: ArrayVec::new(), statement: Statement::None }
    }

    /// The client's own certificate.
    pub fn leaf(&self) -> &[u8] {
        &self.der[..self.ends.first().copied().unwrap_or_default()]
    }

    /// All certificates, leaf first, the others in the order in which they were forwarded.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| &self.der[core::mem::replace(&mut start, end)..end])
    }

    /// What the proxy says of it. It is for logs; what decides is the policy.
    pub fn statement(&self) -> Statement {
        self.statement
    }

    pub(super) fn slices(&self) -> ArrayVec<&[u8], { limits::CHAIN_CERTIFICATES }> {
        self.certificates().collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// As what the family's headers say, with what they say of it.
    pub(super) fn stated(mut self, statement: Statement) -> Forwarded {
        self.statement = statement;
        Forwarded::Certificate(self)
    }

    /// Adds a certificate in base64: padded, without line breaks, and in the one canonical form, so
    /// that nobody can write one certificate in two ways.
    pub(super) fn push_base64(&mut self, text: &[u8]) -> Result<(), Rejection> {
        let start = self.der.len();
        // Not a byte more than this can come out; it is known before anything is decoded.
        if self.ends.is_full() || start + text.len() / 4 * 3 > limits::CHAIN_BYTES + 2 {
            return Err(Rejection::too_large("the chain exceeds a limit"));
        }
        self.der.reserve_exact(text.len() / 4 * 3);
        let decoded = STANDARD.decode_vec(text, &mut self.der);
        decoded.map_err(|_| Rejection::malformed("not canonical base64"))?;
        if self.der.len() > limits::CHAIN_BYTES {
            return Err(Rejection::too_large("the chain exceeds a limit"));
        }
        Certificate::parse(&self.der[start..])?;
        self.ends.push(self.der.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use countersign_testkit::forge::Authority;

    use super::*;

    #[test]
    fn a_chain_has_sixteen_certificates_at_most() {
        let leaf = STANDARD.encode(Authority::root("root").leaf("client").certificate);
        let mut chain = ClientChain::new();
        for _ in 0..limits::CHAIN_CERTIFICATES {
            chain.push_base64(leaf.as_bytes()).unwrap();
        }
        assert_eq!(chain.certificates().count(), limits::CHAIN_CERTIFICATES);
        let refused = chain.push_base64(leaf.as_bytes()).unwrap_err();
        assert_eq!(refused.kind(), super::super::RejectionKind::LimitExceeded);
    }

    #[test]
    fn what_exceeds_the_bytes_of_a_chain_is_refused_before_it_is_decoded() {
        let long = vec![b'A'; limits::CHAIN_BYTES / 3 * 4 + 8];
        let mut chain = ClientChain::new();
        let refused = chain.push_base64(&long).unwrap_err();
        assert_eq!(refused.what(), "the chain exceeds a limit");
        assert!(chain.der.is_empty() && chain.der.capacity() == 0);
    }

    #[test]
    fn base64_has_one_form() {
        let der = Authority::root("root").leaf("client").certificate;
        let text = STANDARD.encode(&der);
        let refused = |text: &str| {
            let rejection = ClientChain::new().push_base64(text.as_bytes()).unwrap_err();
            assert_eq!(rejection.what(), "not canonical base64", "{text}");
        };
        refused(&text[..text.len() - 1]);
        refused(&format!("{text}="));
        refused(&format!("{text}\n"));
        refused(&format!(" {text}"));
        refused(&text.replace(['+', '/'], "-"));
        refused("MB==");
    }
}
