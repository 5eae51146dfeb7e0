//! Distinguished names: checked once, compared as RFC 5280 section 7.1 says.

use super::text::Folded;
use crate::der::{Reader, read_all, tag};
use crate::error::Malformed;

const WHAT: &str = "name: not a well-formed distinguished name";

/// Comparing and hashing one octet of text that is ASCII, in nanoseconds. Measured 2026-11 on a
/// 2-vCPU x86-64 at opt-level 3: 6 where the strings differ in white space.
const ASCII_NS: Prices = Prices { compare: 7, hash: 4 };

/// Where letters have to be looked up in the tables of Unicode; measured alike: 10.
const UNICODE_NS: Prices = Prices { compare: 12, hash: 10 };

struct Prices {
    compare: u64,
    hash: u64,
}

/// Octets, of both names, that are compared in a nanosecond as long as they are the same.
const SAME_OCTETS_PER_NS: u64 = 16;

/// A distinguished name, borrowed from DER and known to be well formed.
///
/// Equality folds case and runs of white space (RFC 5280 section 7.1) and sees through string
/// types; names that are equal byte for byte compare at the speed of `memcmp`.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    der: &'a [u8],
}

/// One attribute of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// OBJECT IDENTIFIER content octets of the attribute type.
    pub oid: &'a [u8],
    /// Identifier octet of the value.
    pub tag: u8,
    /// Content octets of the value.
    pub value: &'a [u8],
}

impl<'a> Name<'a> {
    /// From all octets of a `Name`; reads the tag, and checks every attribute.
    pub(crate) fn from_der(der: &'a [u8]) -> Result<Self, Malformed> {
        read_all(der, WHAT, |r| Self::read(r, tag::SEQUENCE))
    }

    /// Reads the next element, tagged `outer`, as a name. Where `outer` is not SEQUENCE the name
    /// was tagged explicitly and `outer` wraps it.
    pub(crate) fn read(reader: &mut Reader<'a>, outer: u8) -> Result<Self, Malformed> {
        if outer != tag::SEQUENCE {
            return reader.nested(outer, WHAT, |r| Self::read(r, tag::SEQUENCE));
        }
        let name = reader.read_der(tag::SEQUENCE, WHAT)?;
        let mut rdns = Reader::new(name.content);
        while !rdns.is_empty() {
            check_rdn(rdns.read(tag::SET, WHAT)?)?;
        }
        Ok(Self { der: name.der })
    }

    /// From all octets of a name that [`Name::from_der`] accepted before.
    pub(crate) const fn from_checked(der: &'a [u8]) -> Self {
        Self { der }
    }

    /// From all octets of a `Name` that `from_der` has accepted before.
    pub(super) const fn checked(der: &'a [u8]) -> Self {
        Self { der }
    }

    /// All octets, tag and length included.
    pub fn der(&self) -> &'a [u8] {
        self.der
    }

    /// Whether the name has no attributes at all.
    pub fn is_empty(&self) -> bool {
        self.der.len() <= 2
    }

    /// The relative distinguished names, outermost (country, say) first.
    pub fn rdns(&self) -> impl Iterator<Item = Rdn<'a>> + Clone + use<'a> {
        Rdns { reader: Reader::new(content(self.der)) }
    }

    /// Whether `base` is this name or one of its ancestors in the directory tree: every relative
    /// distinguished name of `base` equals the one of this name at the same place (RFC 5280
    /// section 4.2.1.10).
    pub(crate) fn is_within(&self, base: &Name<'_>) -> bool {
        let mut own = self.rdns();
        base.rdns().all(|theirs| own.next().is_some_and(|mine| mine.matches(&theirs)))
    }

    /// What `==` with `other` costs at most, in nanoseconds, for work budgets.
    pub(crate) fn compare_ns(&self, other: &Name<'_>) -> u64 {
        let octets = (self.der.len() + other.der.len()) as u64;
        if self.der == other.der {
            return octets / SAME_OCTETS_PER_NS;
        }
        octets * self.prices().compare.max(other.prices().compare)
    }

    /// What `hash` costs at most, in nanoseconds.
    pub(crate) fn hash_ns(&self) -> u64 {
        self.der.len() as u64 * self.prices().hash
    }

    /// Names of 128 octets and more count as Unicode, for the octets of their length.
    // One copy of it in the processor's cache serves all who ask.
    #[inline(never)]
    fn prices(&self) -> Prices {
        let wide = |octet: u8| matches!(octet, tag::BMP_STRING | tag::UNIVERSAL_STRING);
        // To the end in any case, which takes vector instructions and no branches.
        let unicode = |octet: u8| !octet.is_ascii() | wide(octet);
        let any = self.der.iter().fold(false, |any, octet| any | unicode(*octet));
        if any { UNICODE_NS } else { ASCII_NS }
    }

    /// A hash that agrees with `==`. Not keyed: for tables whose entries we choose.
    pub(crate) fn hash(&self) -> u64 {
        self.prefix_hashes().last().unwrap_or_default()
    }

    /// The hashes of the name's ancestors from the root of the directory down to the name itself:
    /// what `hash` says of every name that this one is within.
    pub(crate) fn prefix_hashes(&self) -> impl Iterator<Item = u64> + use<'a> {
        const ROOT: u64 = 0x9e37_79b9_7f4a_7c15;
        let below = self.rdns().scan(ROOT, |hash, rdn| {
            // Attributes of one set are compared in any order, so they are hashed in any order.
            let set = rdn.attributes().fold(0u64, |sum, a| sum.wrapping_add(a.hash()));
            *hash = mix(*hash, set);
            Some(*hash)
        });
        core::iter::once(ROOT).chain(below)
    }
}

impl PartialEq<Name<'_>> for Name<'_> {
    fn eq(&self, other: &Name<'_>) -> bool {
        if self.der == other.der {
            return true;
        }
        let (mut ours, mut theirs) = (self.rdns(), other.rdns());
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if a.matches(&b) => {}
                _ => return false,
            }
        }
    }
}

impl Eq for Name<'_> {}

/// A relative distinguished name: a set of attributes, usually of one.
#[derive(Clone, Copy, Debug)]
pub struct Rdn<'a> {
    content: &'a [u8],
}

/// Sets larger than this are compared in their DER order only, which keeps the cost linear; no
/// known CA uses more than two or three.
const UNORDERED_ATTRIBUTES: usize = 4;

impl<'a> Rdn<'a> {
    /// From the content octets of a `RelativeDistinguishedName`, checked.
    pub(crate) fn from_content(content: &'a [u8]) -> Result<Self, Malformed> {
        check_rdn(content)?;
        Ok(Self { content })
    }

    /// The attributes, in DER order.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'a>> + Clone + use<'a> {
        Attributes { reader: Reader::new(self.content) }
    }

    pub(crate) fn matches(&self, other: &Rdn<'_>) -> bool {
        if self.content == other.content {
            return true;
        }
        if let (Some(a), Some(b)) = (self.sole_attribute(), other.sole_attribute()) {
            return a.matches(&b);
        }
        let in_order = || self.attributes().zip(other.attributes()).all(|(a, b)| a.matches(&b));
        let count = self.attributes().count();
        if count != other.attributes().count() {
            return false;
        }
        in_order() || (count <= UNORDERED_ATTRIBUTES && self.matches_unordered(other))
    }

    /// The attribute of a set of one, as nearly all are.
    fn sole_attribute(&self) -> Option<Attribute<'a>> {
        let mut attributes = Attributes { reader: Reader::new(self.content) };
        let first = attributes.next()?;
        attributes.reader.is_empty().then_some(first)
    }

    /// Whether each attribute has one of its own in the other set, which has as many. Being the
    /// same text is transitive, so that whichever is free will do.
    fn matches_unordered(&self, other: &Rdn<'_>) -> bool {
        let mut taken = [false; UNORDERED_ATTRIBUTES];
        self.attributes().all(|attribute| {
            let free = other.attributes().zip(&mut taken);
            let mut alike = free.filter(|(other, taken)| !**taken && attribute.matches(other));
            alike.next().map(|(_, taken)| *taken = true).is_some()
        })
    }
}

impl Attribute<'_> {
    fn matches(&self, other: &Attribute<'_>) -> bool {
        self.oid == other.oid
            && match (self.text(), other.text()) {
                (Some(a), Some(b)) => self.is_same_but_for_ascii_case(other) || a.eq(b),
                _ => self.tag == other.tag && self.value == other.value,
            }
    }

    /// Short of decoding: most names that are equal are equal like this.
    fn is_same_but_for_ascii_case(&self, other: &Attribute<'_>) -> bool {
        let wide = |tag| matches!(tag, tag::BMP_STRING | tag::UNIVERSAL_STRING);
        !wide(self.tag) && !wide(other.tag) && self.value.eq_ignore_ascii_case(other.value)
    }

    fn hash(&self) -> u64 {
        let start = self.oid.iter().fold(7, |h, &b| mix(h, u64::from(b)));
        match self.text() {
            Some(text) => text.fold(start, |h, c| mix(h, u64::from(c))),
            None => self
                .value
                .iter()
                .fold(mix(start, u64::from(self.tag)), |h, &b| mix(h, u64::from(b))),
        }
    }

    /// The value's characters as compared; `None` for types that are compared byte for byte.
    fn text(&self) -> Option<Folded<'_>> {
        Folded::new(self.tag, self.value)
    }
}

fn mix(hash: u64, value: u64) -> u64 {
    (hash.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95)
}

fn check_rdn(content: &[u8]) -> Result<(), Malformed> {
    let mut attributes = Reader::new(content);
    let mut previous: Option<&[u8]> = None;
    loop {
        let attribute = attributes.read_der(tag::SEQUENCE, WHAT)?;
        read_all(attribute.content, WHAT, |r| {
            r.oid(WHAT)?;
            let value = r.read_tlv(WHAT)?;
            check_string(value.tag, value.content)
        })?;
        // SET OF is sorted (X.690 section 11.6), and a set holds a value once.
        if previous.is_some_and(|p| p >= attribute.der) {
            return Err(Malformed::new("name: attributes of a set are not in DER order"));
        }
        previous = Some(attribute.der);
        if attributes.is_empty() {
            return Ok(());
        }
    }
}

/// Text has the octets its type allows, and never a NUL, which cuts names short elsewhere.
fn check_string(tag: u8, value: &[u8]) -> Result<(), Malformed> {
    let ok = match tag {
        tag::PRINTABLE_STRING | tag::IA5_STRING => is_ascii_without_nul(value),
        tag::UTF8_STRING => {
            is_ascii_without_nul(value)
                || (core::str::from_utf8(value).is_ok() && !value.contains(&0))
        }
        tag::TELETEX_STRING => !value.contains(&0),
        tag::BMP_STRING => {
            let (units, rest) = value.as_chunks::<2>();
            rest.is_empty() && !units.contains(&[0; 2])
        }
        tag::UNIVERSAL_STRING => {
            let (units, rest) = value.as_chunks::<4>();
            rest.is_empty() && !units.contains(&[0; 4])
        }
        _ => true,
    };
    if ok { Ok(()) } else { Err(Malformed::new("name: a string has octets its type forbids")) }
}

/// Eight octets in one go: each is a lane.
fn is_ascii_without_nul(value: &[u8]) -> bool {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let (words, rest) = value.as_chunks::<8>();
    // The top bit of a lane is set where its octet has it, or where 1 is taken from 0.
    let outside = |word: u64| (word | word.wrapping_sub(EACH)) & (0x80 * EACH);
    words.iter().all(|word| outside(u64::from_le_bytes(*word)) == 0)
        && rest.iter().all(|octet| matches!(octet, 1..=0x7f))
}

fn content(der: &[u8]) -> &[u8] {
    Reader::new(der).read_tlv(WHAT).map_or(&[], |tlv| tlv.content)
}

#[derive(Clone)]
struct Rdns<'a> {
    reader: Reader<'a>,
}

impl<'a> Iterator for Rdns<'a> {
    type Item = Rdn<'a>;

    fn next(&mut self) -> Option<Rdn<'a>> {
        self.reader.read(tag::SET, WHAT).ok().map(|content| Rdn { content })
    }
}

#[derive(Clone)]
struct Attributes<'a> {
    reader: Reader<'a>,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let content = self.reader.read(tag::SEQUENCE, WHAT).ok()?;
        let mut attribute = Reader::new(content);
        let oid = attribute.read(tag::OID, WHAT).ok()?;
        let value = attribute.read_tlv(WHAT).ok()?;
        Some(Attribute { oid, tag: value.tag, value: value.content })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut der = vec![tag, content.len() as u8];
        der.extend_from_slice(content);
        der
    }

    fn name(attributes: &[(u8, u8, &[u8])]) -> Vec<u8> {
        let rdns: Vec<u8> = attributes
            .iter()
            .flat_map(|(oid, string, value)| {
                let pair = [tlv(tag::OID, &[0x55, 4, *oid]), tlv(*string, value)].concat();
                tlv(tag::SET, &tlv(tag::SEQUENCE, &pair))
            })
            .collect();
        tlv(tag::SEQUENCE, &rdns)
    }

    fn equal(a: &[(u8, u8, &[u8])], b: &[(u8, u8, &[u8])]) -> bool {
        let (a, b) = (name(a), name(b));
        let (a, b) = (Name::from_der(&a).unwrap(), Name::from_der(&b).unwrap());
        assert!(a != b || a.hash() == b.hash(), "hash agrees with ==");
        a == b
    }

    #[test]
    fn names_fold_case_white_space_and_string_types() {
        assert!(equal(&[(3, 0x0c, b"Acme  CA")], &[(3, 0x13, b" acme ca ")]));
        assert!(equal(&[(3, 0x0c, "ÄÖ".as_bytes())], &[(3, 0x0c, "äö".as_bytes())]));
        assert!(equal(&[(3, 0x0c, b"ab")], &[(3, 0x1e, &[0, b'A', 0, b'b'])]));
        assert!(!equal(&[(3, 0x0c, b"acmeca")], &[(3, 0x0c, b"acme ca")]));
        assert!(!equal(&[(3, 0x0c, b"a")], &[(10, 0x0c, b"a")]));
        assert!(!equal(&[(3, 0x0c, b"a")], &[(3, 0x0c, b"a"), (10, 0x0c, b"b")]));
        assert!(equal(&[(3, 0x14, b"a")], &[(3, 0x0c, b"A")]), "as far as it is PrintableString");
        assert!(!equal(&[(3, 0x14, b"a_")], &[(3, 0x14, b"A_")]), "else T61 is compared as bytes");
    }

    #[test]
    fn white_space_is_folded_wherever_it_stands_and_whatever_stands_beside_it() {
        let folded = |text: &str| {
            let text = Folded::new(0x0c, text.as_bytes()).unwrap();
            text.map(|c| char::from_u32(c).unwrap()).collect::<String>()
        };
        for (text, same) in [
            ("A b", "a b"),
            (" A\u{a0} b\t", "a b"),
            ("\u{b}A\u{b}\u{85}B", "a b"),
            ("É  À", "é à"),
            ("É x", "é x"),
            ("x É", "x é"),
            ("A\u{1}B", "a\u{1}b"),
            ("A \u{7f}", "a \u{7f}"),
            (" ", ""),
        ] {
            assert_eq!(folded(text), same, "{text:?}");
        }
    }

    #[test]
    fn a_subtree_holds_itself_and_its_descendants_only() {
        let (base, inside) =
            (name(&[(6, 0x13, b"US")]), name(&[(6, 0x13, b"us"), (3, 0x0c, b"x")]));
        let (base, inside) = (Name::from_der(&base).unwrap(), Name::from_der(&inside).unwrap());
        assert!(inside.is_within(&base) && base.is_within(&base) && !base.is_within(&inside));
    }

    #[test]
    fn sets_are_equal_attribute_by_attribute() {
        let set = |values: [(u8, u8); 3]| {
            let pair = |(oid, value)| {
                let pair = [tlv(tag::OID, &[0x55, 4, oid]), tlv(0x0c, &[value])].concat();
                tlv(tag::SEQUENCE, &pair)
            };
            let mut attributes = values.map(pair);
            attributes.sort();
            tlv(tag::SEQUENCE, &tlv(tag::SET, &attributes.concat()))
        };
        let one = set([(3, b'a'), (3, b'A'), (10, b'b')]);
        for (other, equal) in [
            (set([(3, b'a'), (10, b'b'), (10, b'B')]), false),
            (set([(3, b'a'), (3, b'A'), (10, b'B')]), true),
        ] {
            let (one, other) = (Name::from_der(&one).unwrap(), Name::from_der(&other).unwrap());
            assert_eq!((one == other, one.hash() == other.hash()), (equal, equal));
        }
    }

    #[test]
    fn nul_and_wrong_octets_in_names_are_malformed() {
        for (string, value) in [
            (0x0c, &b"a\0b"[..]),
            (0x0c, b"\xff"),
            (0x13, b"a\0"),
            (0x16, b"\x80"),
            (0x14, b"\0a"),
            (0x1e, &[0, 0]),
            (0x1e, b"abc"),
        ] {
            assert!(Name::from_der(&name(&[(3, string, value)])).is_err(), "{string} {value:x?}");
        }
        assert!(Name::from_der(&tlv(0x30, &tlv(0x31, b""))).is_err(), "an empty set");
    }
}
