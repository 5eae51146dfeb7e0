//! Who the leaf says it is: each of its identities in the one normal form that matching uses.

pub(crate) mod normal;

use core::cell::OnceCell;

use arrayvec::ArrayVec;

use self::normal::Scratch;
use crate::cert::{Attribute, Certificate, GeneralName, GeneralNames, Name, is_printable_string};
use crate::der::tag;
use crate::limits;

const DIGEST: usize = 32;

/// SHA-256; hashing is a layer above this one.
pub(crate) type Sha256 = fn(&[u8]) -> [u8; DIGEST];

/// The identities of a leaf. Everything is borrowed; making and reading it allocates nothing.
/// What has to be hashed is hashed when a rule first asks for it: most policies never do.
#[derive(Clone, Debug)]
pub(crate) struct LeafIdentity<'a> {
    sha256: Sha256,
    der: &'a [u8],
    spki: &'a [u8],
    issuer: &'a [u8],
    serial: &'a [u8],
    cert_sha256: OnceCell<[u8; DIGEST]>,
    spki_sha256: OnceCell<[u8; DIGEST]>,
    issuer_serial: OnceCell<ArrayVec<u8, { DIGEST + limits::SERIAL_OCTETS }>>,
    names: Option<GeneralNames<'a>>,
    subject: Name<'a>,
}

impl<'a> LeafIdentity<'a> {
    pub(crate) fn new(certificate: &Certificate<'a>, sha256: Sha256) -> Self {
        Self {
            sha256,
            der: certificate.der(),
            spki: certificate.spki().der,
            issuer: certificate.issuer().der(),
            serial: certificate.serial(),
            cert_sha256: OnceCell::new(),
            spki_sha256: OnceCell::new(),
            issuer_serial: OnceCell::new(),
            names: certificate.subject_alt_names(),
            subject: certificate.subject(),
        }
    }

    /// SHA-256 of the whole certificate's DER.
    pub(crate) fn cert_sha256(&self) -> &[u8; DIGEST] {
        self.cert_sha256.get_or_init(|| (self.sha256)(self.der))
    }

    /// SHA-256 of the SubjectPublicKeyInfo's DER.
    pub(crate) fn spki_sha256(&self) -> &[u8; DIGEST] {
        self.spki_sha256.get_or_init(|| (self.sha256)(self.spki))
    }

    /// SHA-256 of the issuer Name's DER, then the serial number without sign padding.
    pub(crate) fn issuer_serial(&self) -> &[u8] {
        self.issuer_serial.get_or_init(|| {
            let mut value = ArrayVec::from_iter((self.sha256)(self.issuer));
            value
                .try_extend_from_slice(normal::serial(self.serial))
                .expect("invariant: a parsed serial number has at most SERIAL_OCTETS");
            value
        })
    }

    /// Every SAN dNSName in normal form; wildcards are none. `visit` returns whether to go on.
    pub(crate) fn each_dns(&self, mut visit: impl FnMut(&[u8]) -> bool) {
        let mut scratch = Scratch::new();
        for name in self.alternative_names() {
            let GeneralName::Dns(name) = name else { continue };
            if normal::dns(name, &mut scratch).is_ok_and(|normal| !visit(normal)) {
                return;
            }
        }
    }

    /// Every SAN rfc822Name in normal form. `visit` returns whether to go on.
    pub(crate) fn each_email(&self, mut visit: impl FnMut(&[u8]) -> bool) {
        let mut scratch = Scratch::new();
        for name in self.alternative_names() {
            let GeneralName::Email(address) = name else { continue };
            if normal::email(address, &mut scratch).is_ok_and(|normal| !visit(normal)) {
                return;
            }
        }
    }

    /// Every SAN uniformResourceIdentifier, byte for byte.
    pub(crate) fn uris(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.alternative_names().filter_map(|name| match name {
            GeneralName::Uri(uri) => Some(uri),
            _ => None,
        })
    }

    /// Every SAN uniformResourceIdentifier that may match a prefix.
    pub(crate) fn prefixable_uris(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.uris().filter(|uri| normal::check_prefixable(uri).is_ok())
    }

    /// Whether a SAN uniformResourceIdentifier that may match a prefix begins with this one.
    pub(crate) fn has_uri_below(&self, prefix: &str) -> bool {
        let mut below = self.uris().filter(|uri| uri.starts_with(prefix));
        below.any(|uri| normal::check_prefixable(uri).is_ok())
    }

    /// Every SAN iPAddress: 4 or 16 octets.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.alternative_names().filter_map(|name| match name {
            GeneralName::Ip(octets) => Some(octets),
            _ => None,
        })
    }

    /// Every attribute of the subject, of multi-valued RDNs too.
    pub(crate) fn subject_attributes(&self) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
        self.subject.rdns().flat_map(|rdn| rdn.attributes())
    }

    /// How many subject alternative names there are.
    pub(crate) fn alternative_name_count(&self) -> usize {
        self.alternative_names().count()
    }

    /// How many octets the subject alternative names have.
    pub(crate) fn alternative_name_octets(&self) -> usize {
        self.names.map_or(0, |names| names.der_len())
    }

    fn alternative_names(&self) -> impl Iterator<Item = GeneralName<'a>> + use<'a> {
        self.names.into_iter().flat_map(|names| names.iter())
    }
}

/// The text of an attribute value as code points, which rules compare one by one.
///
/// String types are seen through, because the type is the CA's choice and not the subject's: the
/// same text is the same value. TeletexString counts as text only while it stays inside what it
/// shares with PrintableString, since readers disagree about the rest; a value that is no text
/// equals nothing.
pub(crate) fn attribute_text<'a>(
    attribute: &Attribute<'a>,
) -> Option<impl Iterator<Item = u32> + use<'a>> {
    let value = attribute.value;
    let (utf8, ucs2, ucs4): (&[u8], &[u8], &[u8]) = match attribute.tag {
        tag::UTF8_STRING | tag::PRINTABLE_STRING | tag::IA5_STRING => (value, &[], &[]),
        tag::NUMERIC_STRING | tag::VISIBLE_STRING if value.is_ascii() => (value, &[], &[]),
        tag::TELETEX_STRING if value.iter().all(is_printable_string) => (value, &[], &[]),
        tag::BMP_STRING => (&[], value, &[]),
        tag::UNIVERSAL_STRING => (&[], &[], value),
        _ => return None,
    };
    let utf8 = core::str::from_utf8(utf8).ok()?.chars().map(u32::from);
    let ucs2 = ucs2.as_chunks::<2>().0.iter().map(|unit| u32::from(u16::from_be_bytes(*unit)));
    let ucs4 = ucs4.as_chunks::<4>().0.iter().map(|unit| u32::from_be_bytes(*unit));
    Some(utf8.chain(ucs2).chain(ucs4))
}
