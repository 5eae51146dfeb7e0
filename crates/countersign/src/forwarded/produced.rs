//! What a proxy writes: whom it saw, and the headers that say so.

use core::fmt;
use std::sync::Arc;

use arrayvec::ArrayVec;

use super::field::FieldName;
use crate::error::{Error, ErrorKind};
use crate::limits;
use crate::verdict::Verdict;

/// Whom a proxy saw: what it is to write headers about.
///
/// ```no_run
/// use countersign::forwarded::{Family, Presented};
/// use countersign::{UnixTime, Verifier};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (leaf, intermediate): (&[u8], &[u8]) = (&[], &[]);
/// let (verifier, family) = (Verifier::from_file("policy.toml")?, Family::rfc9440());
/// let chain = [leaf, intermediate];
/// let verdict = verifier.verify(&chain, UnixTime::now());
/// for (name, value) in family.produce(Presented::by(&verdict, &chain))?.fields() {
///     println!("{name}: {value}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Presented<'c> {
    /// A client without a certificate, or one whose certificate was not approved.
    Nobody,
    /// A client that proved the key of the first certificate and was found good.
    Verified(&'c [&'c [u8]]),
}

impl<'c> Presented<'c> {
    /// The client of this verdict: nobody where it is a deny.
    pub fn by(verdict: &Verdict, chain: &'c [&'c [u8]]) -> Self {
        if verdict.is_allowed() && !chain.is_empty() { Self::Verified(chain) } else { Self::Nobody }
    }
}

/// Headers to be set, after whatever came under their names was dropped.
///
/// Names are in lower case; values are printable ASCII. All values are in one allocation.
///
/// ```
/// use countersign::forwarded::{Family, Presented};
///
/// let family = Family::nginx();
/// let produced = family.produce(Presented::Nobody).unwrap();
/// assert_eq!(produced.fields().collect::<Vec<_>>(), [("ssl-client-verify", "NONE")]);
/// ```
#[derive(Clone, Debug)]
pub struct Produced {
    names: Arc<[FieldName]>,
    text: String,
    /// Which name, and where its value ends.
    fields: ArrayVec<(usize, usize), 4>,
    is_somebody: bool,
}

impl Produced {
    pub(super) fn new(names: Arc<[FieldName]>, is_somebody: bool) -> Self {
        Self { names, text: String::new(), fields: ArrayVec::new(), is_somebody }
    }

    /// Adds a field with what `write` appends as its value.
    pub(super) fn field(&mut self, name: usize, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.fields.push((name, self.text.len()));
    }

    pub(super) fn reserve(&mut self, bytes: usize) {
        self.text.reserve_exact(bytes);
    }

    /// Whether they are about a client with a certificate.
    pub(super) fn names_somebody(&self) -> bool {
        self.is_somebody
    }

    /// Names and values. None at all is a statement too, where the family has no word for nobody.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + Clone {
        let value = |index: usize| {
            let start = index.checked_sub(1).map_or(0, |before| self.fields[before].1);
            &self.text[start..self.fields[index].1]
        };
        let named = move |(index, (name, _)): (usize, &(usize, usize))| {
            (&**self.names[*name].text(), value(index))
        };
        self.fields.iter().enumerate().map(named)
    }
}

/// Why there are no headers about a client.
///
/// ```
/// use countersign::forwarded::{Family, Presented, Unproducible};
///
/// let refused = Family::cloudfront().produce(Presented::Nobody).unwrap_err();
/// assert_eq!(refused, Unproducible::NotWritten);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unproducible {
    /// Only its own system writes this family.
    NotWritten,
    /// A name in the certificate holds what the format cannot escape.
    CannotEscape,
    /// The chain exceeds a limit, or its leaf is no certificate.
    NoChain,
}

impl fmt::Display for Unproducible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotWritten => "this family of headers is read and never written",
            Self::CannotEscape => "a name in the certificate cannot be written in this format",
            Self::NoChain => "no chain within the limits, or a leaf that is malformed",
        })
    }
}

impl core::error::Error for Unproducible {}

impl From<Unproducible> for Error {
    fn from(why: Unproducible) -> Self {
        Self::new(ErrorKind::Usage, why.to_string())
    }
}

/// Whether a chain may be forwarded at all.
pub(super) fn within_limits(chain: &[&[u8]]) -> bool {
    let bytes: usize = chain.iter().map(|der| der.len()).sum();
    (1..=limits::CHAIN_CERTIFICATES).contains(&chain.len()) && bytes <= limits::CHAIN_BYTES
}
