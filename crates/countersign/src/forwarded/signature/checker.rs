//! What a server behind a proxy does: check that a proxy signed the headers.

use core::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::keys::KeyRing;
use super::nonces::NonceMemory;
use super::parameters::{Component, Components, Parameters};
use super::request::{Derived, Request};
use super::{CERTIFICATE_TAG, LABEL, NOBODY_TAG, base, parameters};
use crate::clock::UnixTime;
use crate::error::Error;
use crate::forwarded::field::{FieldName, Gathered};
use crate::forwarded::rejection::{Rejection, RejectionKind};
use crate::forwarded::structured;
use crate::limits;

/// Whose signatures count, for how long, and over what.
///
/// A signature has to cover the method, the authority, the path and the query, every header of the
/// family that the request has, and whatever else is [required](Checker::requires); it has to say when
/// it was made and when it ends, under which key and algorithm, for which purpose, and with a nonce that
/// was not seen before.
///
/// ```
/// use std::sync::Arc;
/// use countersign::UnixTime;
/// use countersign::forwarded::{Checker, Family, KeyRing, NonceMemory, Receiver};
///
/// let keys = KeyRing::new().hmac_sha256("edge-1", &[7; 32]).unwrap();
/// let memory = Arc::new(NonceMemory::new(65_536, UnixTime::now()).unwrap());
/// let receiver = Receiver::signed(Family::rfc9440(), Checker::new(keys, memory));
/// ```
pub struct Checker {
    keys: KeyRing,
    memory: Arc<NonceMemory>,
    age: i64,
    skew: i64,
    required: Vec<FieldName>,
}

/// Where the fields of one request are among those that were gathered.
pub(in crate::forwarded) struct Places {
    /// So many names are the family's.
    pub(in crate::forwarded) family: usize,
    pub(in crate::forwarded) input: usize,
    pub(in crate::forwarded) signature: usize,
}

impl Checker {
    /// With these keys. A signature counts for [`limits::SIGNATURE_AGE`] at most, and clocks may lie
    /// [`limits::CLOCK_SKEW`] apart.
    pub fn new(keys: KeyRing, memory: Arc<NonceMemory>) -> Self {
        Self { keys, memory, age: 0, skew: 0, required: Vec::new() }
            .max_age(limits::SIGNATURE_AGE)
            .max_skew(limits::CLOCK_SKEW)
    }

    /// How old a signature may be, in whole seconds, however long it says that it is good for.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.age = whole_seconds(age);
        self
    }

    /// How far the proxy's clock may lie before or behind, in whole seconds.
    #[must_use]
    pub fn max_skew(mut self, skew: Duration) -> Self {
        self.skew = whole_seconds(skew);
        self
    }

    /// Demands that this header is covered as well, `Content-Digest` say. A proxy that is not ours has
    /// to sign then; our [`Signer`](super::Signer) covers the four of the request and the family's.
    ///
    /// # Errors
    /// What is no header's name, or more than [`limits::SIGNED_EXTRAS`].
    pub fn requires(mut self, header: &str) -> Result<Self, Error> {
        if self.required.len() == limits::SIGNED_EXTRAS {
            return Err(Error::config("too many headers are required"));
        }
        let name = FieldName::new(header)?;
        if !self.required.contains(&name) {
            self.required.push(name);
        }
        Ok(self)
    }

    pub(in crate::forwarded) fn required(&self) -> &[FieldName] {
        &self.required
    }

    /// Whether one of our proxies signed what the fields say, `has_certificate` or not, for this
    /// request. To be asked last: it counts once.
    pub(in crate::forwarded) fn check(
        &self,
        request: &Request<'_>,
        fields: &Gathered<'_, '_>,
        places: &Places,
        has_certificate: bool,
        now: UnixTime,
    ) -> Result<(), Rejection> {
        request.check()?;
        let input = ours(fields, places.input)?;
        let signature = ours(fields, places.signature)?;
        let at_input = |rejection: Rejection| rejection.in_field(fields.name(places.input));
        let (components, parameters) = parameters::read(input).map_err(at_input)?;
        let until = self.is_current(&parameters, now).map_err(at_input)?;
        let tag = if has_certificate { CERTIFICATE_TAG } else { NOBODY_TAG };
        if parameters.tag != tag {
            let what = "a signature for something else";
            return Err(at_input(Rejection::new(RejectionKind::BadSignature, what)));
        }
        self.covers_all(&components, fields, places).map_err(at_input)?;
        self.verifies(&components, &parameters, request, fields, input, signature)?;
        let Parameters { key_id, nonce, created, .. } = parameters;
        self.memory.remember(key_id, nonce, created, until, now).map_err(at_input)
    }

    /// The last second in which the signature counts, on this clock.
    fn is_current(
        &self,
        parameters: &Parameters<'_>,
        now: UnixTime,
    ) -> Result<UnixTime, Rejection> {
        let Parameters { created, expires, nonce, .. } = *parameters;
        if !limits::NONCE_BYTES.contains(&nonce.len()) {
            return Err(Rejection::malformed("a nonce that is too short or too long"));
        }
        let stale = |what| Err(Rejection::new(RejectionKind::Stale, what));
        if created > now.saturating_add(self.skew) {
            return stale("the signature is from the future");
        }
        let until = expires.min(created.saturating_add(self.age)).saturating_add(self.skew);
        if now > until || expires < created {
            return stale("the signature is too old");
        }
        Ok(until)
    }

    /// Whether everything that must be covered is; and nothing that we would not find among the fields.
    fn covers_all(
        &self,
        components: &Components<'_>,
        fields: &Gathered<'_, '_>,
        places: &Places,
    ) -> Result<(), Rejection> {
        let not_covered =
            Rejection::new(RejectionKind::BadSignature, "it does not cover all it must");
        let covers = |name: &str| components.contains(&Component::Field(name));
        let is_present = |name: &usize| fields.all(*name).next().is_some();
        let all =
            Derived::ALL.iter().all(|derived| components.contains(&Component::Derived(*derived)))
                && (0..places.family).filter(is_present).all(|name| covers(fields.name(name)))
                && self.required.iter().all(|name| covers(name.text()));
        if all { Ok(()) } else { Err(not_covered) }
    }

    fn verifies(
        &self,
        components: &Components<'_>,
        parameters: &Parameters<'_>,
        request: &Request<'_>,
        fields: &Gathered<'_, '_>,
        input: &[u8],
        signature: &[u8],
    ) -> Result<(), Rejection> {
        let key = self.keys.find(parameters.key_id);
        let key = key.filter(|key| key.algorithm().token() == parameters.algorithm);
        let unknown = Rejection::new(RejectionKind::UnknownKey, "no key of this id and algorithm");
        let key = key.ok_or(unknown)?;
        let text = structured::byte_sequence(signature)?;
        let decoded = STANDARD.decode(text);
        let decoded = decoded.map_err(|_| Rejection::malformed("not canonical base64"))?;
        let mut base = Vec::with_capacity(4_096);
        base::write(components, request, |name| fields.all_named(name), input, &mut base)?;
        let bad = Rejection::new(RejectionKind::BadSignature, "the signature does not verify");
        key.verify(&base, &decoded).map_err(|_| bad)
    }
}

/// The value of our member, of whatever lines there are. Given twice, it is nobody's.
fn ours<'a>(fields: &Gathered<'_, 'a>, name: usize) -> Result<&'a [u8], Rejection> {
    let mut found = None;
    let mut bytes = 0;
    for line in fields.all(name) {
        bytes += line.len();
        if bytes > limits::SIGNATURE_FIELD_BYTES {
            return fields.at(name, Err(Rejection::too_large("the value is too long")));
        }
        for member in structured::dictionary(line) {
            let member = fields.at(name, member)?;
            if member.key == LABEL.as_bytes() && found.replace(member.value).is_some() {
                return Err(fields.malformed(name, "our signature twice"));
            }
        }
    }
    let unsigned = Rejection::new(RejectionKind::Unsigned, "no signature of a proxy");
    fields.at(name, found.ok_or(unsigned))
}

fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

impl fmt::Debug for Checker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checker")
            .field("keys", &self.keys)
            .field("max_age", &self.age)
            .field("max_skew", &self.skew)
            .finish_non_exhaustive()
    }
}
