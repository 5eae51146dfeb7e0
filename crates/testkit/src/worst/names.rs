//! Distinguished names that are dear to compare.

use super::{CERTIFICATES, Hostile, WorstCase, label};
use crate::forge::der::tag;
use crate::forge::name::{CN, OU};
use crate::forge::{
    Authority, Key, KeyKind, Leaf, Name, authority_certificate, der, leaf_certificate,
};

pub(super) fn cases() -> Vec<WorstCase> {
    vec![
        two_spellings("one RDN of many attributes in two spellings", |upper| {
            let value = |n: usize| if upper { label(n).to_uppercase() } else { label(n) };
            let values: Vec<String> = (0..1_100).map(value).collect();
            let attributes: Vec<_> =
                values.iter().map(|v| (CN, tag::UTF8_STRING, v.as_bytes())).collect();
            Name::new().rdn(&attributes)
        }),
        two_spellings("many RDNs in two spellings", |upper| {
            let value: &[u8] = if upper { b"A" } else { b"a" };
            Name::raw(&repeat_rdn(value, 1_100))
        }),
        two_spellings("one long value in two spellings, spaces", |upper| {
            let text = if upper { "A  ".repeat(5_000) } else { "a ".repeat(5_000) };
            Name::common(&text)
        }),
        two_spellings("one long value in two spellings, Unicode", |upper| {
            let text = if upper { "Ǆ" } else { "ǆ" };
            Name::common(&text.repeat(7_500))
        }),
        two_spellings("one long value in two string types", |upper| {
            if upper {
                let text: Vec<u8> =
                    "A".repeat(7_500).encode_utf16().flat_map(u16::to_be_bytes).collect();
                Name::new().attribute(CN, tag::BMP_STRING, &text)
            } else {
                Name::common(&"a".repeat(7_500))
            }
        }),
        similar_candidates(),
        deep_subject(),
    ]
}

fn repeat_rdn(value: &[u8], count: usize) -> Vec<u8> {
    let attribute = der::sequence([der::oid(OU), der::tlv(tag::UTF8_STRING, value)]);
    der::tlv(tag::SEQUENCE, &der::set([attribute]).repeat(count))
}

/// The hostile CA's subject and the leaf's issuer are one name, spelt two ways: in the leaf, in
/// the CA, and as the CA's issuer in the anchor's spelling.
fn two_spellings(name: &str, spell: impl Fn(bool) -> Name) -> WorstCase {
    let root = Authority::seeded_root("anchor");
    let key = Key::seeded(KeyKind::P256, "hostile");
    let ca = root.intermediate_with(spell(true), key, |c| c);
    let second = ca.intermediate_with(spell(false), Key::seeded(KeyKind::P256, "second"), |c| {
        c.issuer(spell(false))
    });
    let leaf_key = Key::seeded(KeyKind::P256, "leaf");
    let leaf = second.leaf_for(&Name::common("leaf"), leaf_key, |c| c.issuer(spell(true)));
    let chain = vec![leaf.certificate, second.certificate, ca.certificate];
    WorstCase::new(name, chain, vec![root.certificate])
}

/// Fifteen candidates whose subjects equal the leaf's issuer until the last character.
fn similar_candidates() -> WorstCase {
    let anchor = Authority::seeded_root("anchor");
    let key = Key::seeded(KeyKind::P256, "leaf");
    let text = "a".repeat(3_300);
    let leaf = leaf_certificate(&Name::common("leaf"), &key)
        .issuer(Name::common(&format!("{}!", text.to_uppercase())))
        .sign(&key);
    let mut chain = vec![leaf];
    chain.extend((0..CERTIFICATES - 1).map(|number| {
        let subject = Name::common(&format!("{text}{}", label(number)));
        authority_certificate(&subject, &key).issuer(anchor.name.clone()).sign(&key)
    }));
    WorstCase::new("names that differ at their end", chain, vec![anchor.certificate])
}

/// A subject of thousands of RDNs, properly certified.
fn deep_subject() -> WorstCase {
    let hostile = Hostile::new();
    let subject = Name::raw(&repeat_rdn(b"a", 5_000));
    let key = Key::seeded(KeyKind::P256, "leaf");
    let leaf: Leaf = hostile.ca.leaf_for(&subject, key, |c| c);
    hostile.case("subject of 5,000 RDNs", &leaf)
}
