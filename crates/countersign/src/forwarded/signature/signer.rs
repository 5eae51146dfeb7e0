//! What a proxy does: sign the headers that it sets.

use std::time::Duration;

use arrayvec::ArrayVec;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::keys::SigningKey;
use super::parameters::{Component, Components, Parameters};
use super::request::{Derived, Request};
use super::{CERTIFICATE_TAG, LABEL, NOBODY_TAG, SIGNATURE, SIGNATURE_INPUT, base, parameters};
use crate::clock::UnixTime;
use crate::crypto::random;
use crate::error::{Error, ErrorKind};
use crate::forwarded::produced::Produced;
use crate::forwarded::rejection::Rejection;

/// Signs what a family's producer wrote, for one request and a short time.
///
/// ```
/// use countersign::UnixTime;
/// use countersign::forwarded::{Family, Presented, Request, Signer, SigningKey};
///
/// let signer = Signer::new(SigningKey::hmac_sha256("edge-1", &[7; 32]).unwrap());
/// let family = Family::rfc9440();
/// let nobody = family.produce(Presented::Nobody).unwrap();
/// let request = Request::new(b"GET", b"api.example", b"/");
/// let signed = signer.sign(&request, &nobody, UnixTime::now()).unwrap();
/// assert!(signed.signature_input().starts_with("countersign=(\"@method\" \"@authority\""));
/// ```
#[derive(Debug)]
pub struct Signer {
    key: SigningKey,
    lifetime: Duration,
}

/// How long a signature is good for unless told otherwise: half of what a receiver takes.
const LIFETIME: Duration = Duration::from_secs(30);

/// The two headers of a signature: to be added as lines of their own, behind those that a client may
/// have under the same names.
///
/// ```
/// use countersign::UnixTime;
/// use countersign::forwarded::{Family, Presented, Request, Signer, SigningKey};
///
/// let signer = Signer::new(SigningKey::hmac_sha256("edge-1", &[7; 32]).unwrap());
/// let family = Family::rfc9440();
/// let nobody = family.produce(Presented::Nobody).unwrap();
/// let request = Request::new(b"GET", b"api.example", b"/");
/// let signed = signer.sign(&request, &nobody, UnixTime::now()).unwrap();
/// assert!(signed.signature().starts_with("countersign=:"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    input: String,
    signature: String,
}

impl Signed {
    /// The value of `Signature-Input`.
    pub fn signature_input(&self) -> &str {
        &self.input
    }

    /// The value of `Signature`.
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// Both, with their names in lower case.
    pub fn fields(&self) -> [(&'static str, &str); 2] {
        [(SIGNATURE_INPUT, &self.input), (SIGNATURE, &self.signature)]
    }
}

impl Signer {
    /// With this key; a signature is good for 30 seconds.
    pub fn new(key: SigningKey) -> Self {
        Self { key, lifetime: LIFETIME }
    }

    /// For how long a signature is good, in whole seconds.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Signs the request and the headers that say who its client is, or that there is none.
    ///
    /// # Errors
    /// A request whose parts cannot be signed because they hold blanks or control characters, and a
    /// system without random bytes. The request must not go on.
    pub fn sign(
        &self,
        request: &Request<'_>,
        produced: &Produced,
        now: UnixTime,
    ) -> Result<Signed, Error> {
        let unsound = |rejection: Rejection| Error::new(ErrorKind::Usage, rejection.to_string());
        request.check().map_err(unsound)?;
        let mut components: Components<'_> =
            Derived::ALL.into_iter().map(Component::Derived).collect();
        components.extend(produced.fields().map(|(name, _)| Component::Field(name)));
        let no_random = |_| Error::new(ErrorKind::Io, "the system has no random bytes");
        let nonce = nonce(&random::<16>().map_err(no_random)?);
        let is_nobody = !produced.names_somebody();
        let expires = i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX);
        let mut input = String::with_capacity(384);
        input.push_str(LABEL);
        input.push('=');
        let written = Parameters {
            created: now,
            expires: now.saturating_add(expires),
            nonce: core::str::from_utf8(&nonce).expect("invariant: base64 is ASCII"),
            algorithm: self.key.algorithm(),
            key_id: self.key.id(),
            tag: if is_nobody { NOBODY_TAG } else { CERTIFICATE_TAG },
        };
        parameters::write(&components, &written, &mut input);
        let values = |name: &str| {
            let of_name = produced.fields().filter(move |(own, _)| *own == name);
            of_name.map(|(_, value)| value.as_bytes()).collect::<ArrayVec<_, 4>>().into_iter()
        };
        let all: usize = produced.fields().map(|(name, value)| name.len() + value.len() + 8).sum();
        let mut signed = Vec::with_capacity(all + 2 * input.len() + 512);
        let parameters = &input.as_bytes()[LABEL.len() + 1..];
        base::write(&components, request, values, parameters, &mut signed).map_err(unsound)?;
        let signature = self.key.signer().sign(&signed).map_err(no_random)?;
        let mut text = String::with_capacity(LABEL.len() + 3 + signature.len().div_ceil(3) * 4);
        text.push_str(LABEL);
        text.push_str("=:");
        STANDARD.encode_string(&signature, &mut text);
        text.push(':');
        Ok(Signed { input, signature: text })
    }
}

fn nonce(bytes: &[u8; 16]) -> [u8; 22] {
    let mut text = [0; 22];
    let written = STANDARD_NO_PAD.encode_slice(bytes, &mut text);
    written.expect("invariant: 16 octets are 22 characters of base64");
    text
}
