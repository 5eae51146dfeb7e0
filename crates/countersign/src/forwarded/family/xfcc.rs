//! Envoy's `X-Forwarded-Client-Cert`: elements with commas between, of pairs with semicolons between.

use core::cmp::Ordering;

use arrayvec::ArrayVec;

use super::Written;
use super::cloudflare::{is_digest_of, push_digest};
use super::nginx::{escaped_len, push_escaped, push_pem};
use crate::cert::{Certificate, GeneralName, GeneralNames};
use crate::forwarded::chain::{ClientChain, Forwarded, Statement};
use crate::forwarded::field::{Gathered, trim};
use crate::forwarded::percent::Literals;
use crate::forwarded::produced::{Produced, Unproducible};
use crate::forwarded::rejection::Rejection;
use crate::limits;

pub(super) const NAMES: [&str; 1] = ["x-forwarded-client-cert"];
const XFCC: usize = 0;

/// What an element says that counts; the rest is text for logs.
#[derive(Clone, Copy, Debug, Default)]
struct Element<'a> {
    hash: Option<&'a [u8]>,
    certificate: Option<&'a [u8]>,
    chain: Option<&'a [u8]>,
    has_subject: bool,
}

pub(super) fn read(fields: &Gathered<'_, '_>, trusted_hops: usize) -> Result<Forwarded, Rejection> {
    let mut elements = ArrayVec::<_, { limits::XFCC_ELEMENTS }>::new();
    for line in fields.all(XFCC) {
        let mut rest = Some(line);
        while let Some(text) = rest {
            let (element, behind) = fields.at(XFCC, Element::read(trim(text)))?;
            let pushed = elements.try_push(element);
            let too_many = |_| Rejection::too_large("too many elements");
            fields.at(XFCC, pushed.map_err(too_many))?;
            rest = behind;
        }
    }
    match elements.len().cmp(&trusted_hops) {
        // Envoy drops the header where its peer has no certificate. So these are the elements of the
        // inner proxies about each other: the outermost saw no client certificate.
        Ordering::Less => Ok(Forwarded::NoCertificate),
        Ordering::Equal => {
            fields.at(XFCC, elements[0].chain()).map(|chain| chain.stated(Statement::None))
        }
        // Envoy writes URIs and DNS names as they are (envoy #32945): a comma in one makes an element that
        // its certificate's owner wrote, and that nothing tells from a proxy's but the number of them.
        Ordering::Greater => Err(fields.malformed(XFCC, "more elements than there are proxies")),
    }
}

type Behind<'a> = Option<&'a [u8]>;

impl<'a> Element<'a> {
    /// One element, and what follows the comma behind it.
    fn read(text: &'a [u8]) -> Result<(Self, Behind<'a>), Rejection> {
        let mut element = Self::default();
        let mut rest = text;
        loop {
            let equals = rest.iter().position(|byte| *byte == b'=');
            let equals = equals.ok_or(Rejection::malformed("a key without a value"))?;
            let (key, value) = (&rest[..equals], &rest[equals + 1..]);
            let (value, behind) = Value::read(value)?;
            element.take(key, value)?;
            match behind.split_first() {
                None => return Ok((element, None)),
                Some((b';', more)) => rest = more,
                Some((b',', more)) => return Ok((element, Some(more))),
                Some(_) => return Err(Rejection::malformed("text behind a quoted value")),
            }
        }
    }

    fn take(&mut self, key: &[u8], value: Value<'a>) -> Result<(), Rejection> {
        let is = |name: &str| key.eq_ignore_ascii_case(name.as_bytes());
        let place = match () {
            () if is("Hash") => &mut self.hash,
            () if is("Cert") => &mut self.certificate,
            () if is("Chain") => &mut self.chain,
            () if is("By") || is("URI") || is("DNS") => return Ok(()),
            () if is("Subject") && !self.has_subject => {
                self.has_subject = true;
                return Ok(());
            }
            () if is("Subject") => return Err(Rejection::malformed("a key twice")),
            () => return Err(Rejection::malformed("an unknown key")),
        };
        if value.is_quoted == is("Hash") {
            return Err(Rejection::malformed("Cert and Chain are quoted, and Hash is not"));
        }
        match place.replace(value.text) {
            None => Ok(()),
            Some(_) => Err(Rejection::malformed("a key twice")),
        }
    }

    /// The certificates: `Chain` has the leaf as well, which must then be that of `Cert`.
    fn chain(&self) -> Result<ClientChain, Rejection> {
        let (mut leaf, mut chain) = (ClientChain::new(), ClientChain::new());
        if let Some(text) = self.certificate {
            push_escaped(text, Literals::None, &mut leaf)?;
            if leaf.certificates().count() != 1 {
                return Err(Rejection::malformed("more than one certificate in Cert"));
            }
        }
        if let Some(text) = self.chain {
            push_escaped(text, Literals::None, &mut chain)?;
        }
        let chain = match (leaf.is_empty(), chain.is_empty()) {
            (true, true) => return Err(Rejection::malformed("neither Cert nor Chain")),
            (false, true) => leaf,
            (false, false) if leaf.leaf() != chain.leaf() => {
                return Err(Rejection::malformed(
                    "Chain begins with another certificate than Cert",
                ));
            }
            (_, false) => chain,
        };
        if self.hash.is_some_and(|digits| !is_digest_of(digits, chain.leaf())) {
            return Err(Rejection::malformed("Hash is not the digest of the leaf"));
        }
        Ok(chain)
    }
}

/// The value of a pair.
#[derive(Clone, Copy, Debug)]
struct Value<'a> {
    /// Between the quotes, escapes and all.
    text: &'a [u8],
    is_quoted: bool,
}

impl<'a> Value<'a> {
    /// A value, and what follows it.
    fn read(text: &'a [u8]) -> Result<(Self, &'a [u8]), Rejection> {
        if let Some(quoted) = text.strip_prefix(b"\"") {
            let length = quoted_length(quoted)?;
            let value = Self { text: &quoted[..length], is_quoted: true };
            return Ok((value, &quoted[length + 1..]));
        }
        let length = text.iter().position(|byte| matches!(byte, b';' | b',')).unwrap_or(text.len());
        let (value, behind) = text.split_at(length);
        // Envoy writes URIs as they are, and one of them may hold what ends a value: a pair that its
        // certificate's owner wrote must not stand beside one of Envoy's.
        if !value.iter().all(|byte| byte.is_ascii_graphic() && !b"\"\\=".contains(byte)) {
            return Err(Rejection::malformed("a value that must be quoted"));
        }
        Ok((Self { text: value, is_quoted: false }, behind))
    }
}

/// How far it is to the quote that ends a value.
///
/// Envoy escapes quotes and not what it escapes them with, so that behind two backslashes a quote may
/// be either kind.
fn quoted_length(text: &[u8]) -> Result<usize, Rejection> {
    let mut backslashes = 0;
    for (at, byte) in text.iter().enumerate() {
        match (byte, backslashes) {
            (b'"', 0) => return Ok(at),
            (b'"', 1) => backslashes = 0,
            (b'"', _) => return Err(Rejection::malformed("a quote that may end its value or not")),
            (b'\\', _) => backslashes += 1,
            (0..=0x1f | 0x7f, _) => return Err(Rejection::malformed("a control character")),
            _ => backslashes = 0,
        }
    }
    Err(Rejection::malformed("a quoted value that does not end"))
}

/// One element: `Hash`, `Cert`, `Chain`, and the names that programs look for.
pub(super) fn write(out: &mut Produced, chain: Option<&Written<'_>>) -> Result<(), Unproducible> {
    let Some(chain) = chain else { return Ok(()) };
    let leaf = Certificate::parse(chain[0]).map_err(|_| Unproducible::NoChain)?;
    let mut names = String::new();
    for name in leaf.subject_alt_names().iter().flat_map(GeneralNames::iter) {
        match name {
            GeneralName::Uri(uri) => push_name(&mut names, ";URI=", uri)?,
            GeneralName::Dns(dns) => push_name(&mut names, ";DNS=", dns)?,
            _ => {}
        }
    }
    let all: usize = chain.iter().map(|der| escaped_len(der)).sum();
    out.reserve(128 + all + escaped_len(chain[0]) + names.len());
    out.field(XFCC, |text| {
        text.push_str("Hash=");
        push_digest(text, chain[0]);
        text.push_str(";Cert=\"");
        push_pem(text, chain[0]);
        text.push_str("\";Chain=\"");
        chain.iter().for_each(|der| push_pem(text, der));
        text.push('"');
        text.push_str(&names);
    });
    Ok(())
}

/// A quote or a backslash would need an escape that readers do not agree on.
fn push_name(text: &mut String, key: &str, name: &str) -> Result<(), Unproducible> {
    if !name.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte)) {
        return Err(Unproducible::CannotEscape);
    }
    text.push_str(key);
    let quote = if name.contains([',', ';', '=']) { "\"" } else { "" };
    text.push_str(quote);
    text.push_str(name);
    text.push_str(quote);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Certificates that parse have no such name today; this does not lean on it.
    #[test]
    fn a_name_that_readers_could_take_for_more_is_not_written() {
        let mut text = String::new();
        for name in ["a\"", "a\\", "a b", "a\nb", "a\0", "\u{e9}"] {
            assert_eq!(push_name(&mut text, ";URI=", name), Err(Unproducible::CannotEscape));
        }
        assert!(text.is_empty());
        push_name(&mut text, ";URI=", "a:b").unwrap();
        push_name(&mut text, ";URI=", "a:b,c;d=e").unwrap();
        assert_eq!(text, ";URI=a:b;URI=\"a:b,c;d=e\"");
    }
}
