//! Subject attributes by name or dotted OID, and what a `subject` key demands of them.

use core::fmt;

/// Short names (RFC 4519, RFC 2985) of attribute types and the content octets of their OIDs.
const NAMES: &[(&str, &[u8])] = &[
    ("cn", &[0x55, 4, 3]),
    ("o", &[0x55, 4, 10]),
    ("ou", &[0x55, 4, 11]),
    ("c", &[0x55, 4, 6]),
    ("l", &[0x55, 4, 7]),
    ("st", &[0x55, 4, 8]),
    ("street", &[0x55, 4, 9]),
    ("dc", &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25]),
    ("uid", &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1]),
    ("serialNumber", &[0x55, 4, 5]),
    ("emailAddress", &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1]),
    ("sn", &[0x55, 4, 4]),
    ("givenName", &[0x55, 4, 42]),
    ("gn", &[0x55, 4, 42]),
    ("title", &[0x55, 4, 12]),
];

/// One attribute that must be present exactly once, with exactly this value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Attribute {
    /// Content octets of its type's OID.
    pub(crate) oid: Box<[u8]>,
    /// Its value as UTF-8 text.
    pub(crate) value: Box<str>,
}

/// What a subject Name must hold; sorted by OID, so that equal demands are equal values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SubjectKey(Box<[Attribute]>);

impl SubjectKey {
    /// # Errors
    ///
    /// The index of the first attribute whose type another one before it has too.
    pub(crate) fn new(attributes: Vec<Attribute>) -> Result<Self, usize> {
        for (i, attribute) in attributes.iter().enumerate() {
            if attributes[..i].iter().any(|earlier| earlier.oid == attribute.oid) {
                return Err(i);
            }
        }
        let mut sorted = attributes;
        sorted.sort();
        Ok(Self(sorted.into()))
    }

    pub(crate) fn attributes(&self) -> &[Attribute] {
        &self.0
    }
}

impl fmt::Display for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, attribute) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{}={}", name_of(&attribute.oid), attribute.value)?;
        }
        Ok(())
    }
}

/// The names a policy may use, for error messages.
pub(crate) fn known_names() -> impl Iterator<Item = &'static str> + Clone {
    NAMES.iter().map(|(name, _)| *name)
}

/// The content octets of the OID that a policy means by a short name, in either case, or by a
/// dotted OID.
pub(crate) fn oid_of(name: &str) -> Option<Box<[u8]>> {
    let known = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    known.map(|(_, oid)| (*oid).into()).or_else(|| encode_dotted(name))
}

fn name_of(oid: &[u8]) -> String {
    match NAMES.iter().find(|(_, known)| *known == oid) {
        Some((name, _)) => (*name).to_owned(),
        None => decode_dotted(oid),
    }
}

/// X.690 section 8.19; `None` for what is no OID in its one dotted form.
fn encode_dotted(text: &str) -> Option<Box<[u8]>> {
    let arcs: Vec<u64> = text.split('.').map(parse_arc).collect::<Option<_>>()?;
    let (first, second, rest) = match arcs[..] {
        [first, second, ref rest @ ..] if first < 2 && second < 40 || first == 2 => {
            (first, second, rest)
        }
        _ => return None,
    };
    let mut oid = Vec::new();
    encode_arc(&mut oid, (first * 40).checked_add(second)?);
    rest.iter().for_each(|&arc| encode_arc(&mut oid, arc));
    Some(oid.into())
}

fn parse_arc(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

fn encode_arc(oid: &mut Vec<u8>, arc: u64) {
    let groups = (64 - arc.leading_zeros()).div_ceil(7).max(1);
    for group in (0..groups).rev() {
        let more = if group == 0 { 0 } else { 0x80 };
        oid.push((arc >> (7 * group)) as u8 & 0x7f | more);
    }
}

fn decode_dotted(oid: &[u8]) -> String {
    let mut text = String::new();
    let mut arc: u64 = 0;
    for &byte in oid {
        arc = arc << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        if text.is_empty() {
            let first = (arc / 40).min(2);
            text = format!("{first}.{}", arc - first * 40);
        } else {
            text.push_str(&format!(".{arc}"));
        }
        arc = 0;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_dotted_oids_mean_the_same() {
        for (name, dotted) in [
            ("cn", "2.5.4.3"),
            ("CN", "2.5.4.3"),
            ("o", "2.5.4.10"),
            ("ou", "2.5.4.11"),
            ("c", "2.5.4.6"),
            ("l", "2.5.4.7"),
            ("st", "2.5.4.8"),
            ("street", "2.5.4.9"),
            ("dc", "0.9.2342.19200300.100.1.25"),
            ("uid", "0.9.2342.19200300.100.1.1"),
            ("serialnumber", "2.5.4.5"),
            ("emailAddress", "1.2.840.113549.1.9.1"),
            ("sn", "2.5.4.4"),
            ("gn", "2.5.4.42"),
            ("givenName", "2.5.4.42"),
            ("title", "2.5.4.12"),
        ] {
            assert_eq!(oid_of(name), oid_of(dotted), "{name}");
            assert!(oid_of(name).is_some());
        }
    }

    #[test]
    fn oids_round_trip_and_nothing_else_is_one() {
        for dotted in ["2.999.1", "1.3.6.1.4.1.57264.1.18446744073709551615", "0.0.0", "2.5.4.97"] {
            assert_eq!(decode_dotted(&encode_dotted(dotted).unwrap()), dotted);
        }
        for odd in ["", "1", "3.1", "1.40", "0.40.1", "2.5.", "2..5", "2.05", "2.+5", "cm", "2.5.x"]
        {
            assert_eq!(oid_of(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn equal_demands_are_equal_whatever_their_order() {
        let attribute =
            |name, value: &str| Attribute { oid: oid_of(name).unwrap(), value: value.into() };
        let one = SubjectKey::new(vec![attribute("o", "Acme"), attribute("cn", "a")]).unwrap();
        let two = SubjectKey::new(vec![attribute("CN", "a"), attribute("o", "Acme")]).unwrap();
        assert_eq!(one, two);
        assert_eq!(one.to_string(), "cn=a,o=Acme");
        let twice = vec![attribute("gn", "a"), attribute("cn", "b"), attribute("givenName", "a")];
        assert_eq!(SubjectKey::new(twice), Err(2));
    }
}
