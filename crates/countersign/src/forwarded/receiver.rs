//! A server behind a proxy: whose word it takes, and what the policy says of the client.

use super::chain::Forwarded;
use super::family::Family;
use super::field::{FieldName, Gathered};
use super::rejection::Rejection;
use super::signature::{Checker, Places, Request, SIGNATURE, SIGNATURE_INPUT};
use crate::clock::UnixTime;
use crate::verdict::Verdict;
use crate::verifier::Verifier;

/// Reads one family's headers, makes sure that a proxy wrote them, and hands the chain to the policy:
/// path, revocation and rules decide as they would in a handshake.
///
/// ```
/// use countersign::forwarded::{Family, Forwarded, Receiver, Request};
/// use countersign::UnixTime;
///
/// let receiver = Receiver::trusting_the_network(Family::rfc9440());
/// let request = Request::new(b"GET", b"api.example", b"/");
/// let headers: [(&[u8], &[u8]); 1] = [(b"accept", b"*/*")];
/// let forwarded = receiver.receive(&request, headers, UnixTime::now()).unwrap();
/// assert_eq!(forwarded, Forwarded::NoCertificate);
/// ```
#[derive(Debug)]
pub struct Receiver {
    family: Family,
    checker: Option<Checker>,
    /// The family's names, then the two of a signature, then what else has to be covered.
    names: Vec<FieldName>,
}

impl Receiver {
    /// Takes the word of whoever sends headers of this family, signed or not.
    ///
    /// Only where nobody but the proxy can reach the server, and the proxy drops what its clients send
    /// under these names: a certificate is public, and anyone can put an approved client's into a header.
    pub fn trusting_the_network(family: Family) -> Self {
        let names = family.field_names().to_vec();
        Self { family, checker: None, names }
    }

    /// Takes only what a proxy has signed for this request, also that there is no certificate.
    pub fn signed(family: Family, checker: Checker) -> Self {
        let mut names = family.field_names().to_vec();
        names.extend([SIGNATURE_INPUT, SIGNATURE].map(FieldName::known));
        names.extend(checker.required().iter().cloned());
        Self { family, checker: Some(checker), names }
    }

    /// What the headers of a request say of its client. A signature counts once: ask once for a
    /// request.
    ///
    /// # Errors
    /// Whatever is wrong with the headers or their signature. The request is not to be answered as one
    /// without a certificate.
    pub fn receive<'h>(
        &self,
        request: &Request<'_>,
        headers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>,
        now: UnixTime,
    ) -> Result<Forwarded, Rejection> {
        let fields = Gathered::gather(&self.names, headers)?;
        let forwarded = self.family.read_gathered(&fields)?;
        if let Some(checker) = &self.checker {
            let family = self.family.field_names().len();
            let places = Places { family, input: family, signature: family + 1 };
            let has_certificate = matches!(forwarded, Forwarded::Certificate(_));
            checker.check(request, &fields, &places, has_certificate, now)?;
        }
        Ok(forwarded)
    }

    /// The verdict on the client of a request, as [`Verifier::verify`] gives it for what the headers say:
    /// `no_certificate` where they say that there is none, and a deny with
    /// [`Rejection::reason`] where they do not count.
    pub fn judge<'h>(
        &self,
        verifier: &Verifier,
        request: &Request<'_>,
        headers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>,
        now: UnixTime,
    ) -> Verdict {
        match self.receive(request, headers, now) {
            Ok(Forwarded::Certificate(chain)) => verifier.verify(&chain.slices(), now),
            Ok(Forwarded::NoCertificate) => verifier.verify(&[], now),
            Err(rejection) => {
                let refused = verifier.refuse(rejection.reason(), 0, rejection.what());
                verifier.record(&refused, None);
                refused.verdict
            }
        }
    }
}
