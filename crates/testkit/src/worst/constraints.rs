//! As many names as fit against as many name constraints as fit.

use super::{Hostile, WorstCase, dns, fill, label};
use crate::forge::der;
use crate::forge::extension::{name_constraints, subject_alt_name, subtree};
use crate::forge::{Authority, CertificateBuilder, GeneralName, Key, KeyKind, Name, tamper};

/// A kind of name: how the n-th subjectAltName looks, and how the n-th base that holds none of
/// them looks, and a base that holds them all.
struct NameKind {
    name: &'static str,
    alternative: fn(usize) -> GeneralName,
    base: fn(usize) -> GeneralName,
    all: fn() -> GeneralName,
}

const KINDS: [NameKind; 5] = [
    NameKind {
        name: "DNS",
        alternative: |n| dns(&format!("{}.a", label(n))),
        base: |n| dns(&format!("{}.b", label(n))),
        all: || dns("a"),
    },
    NameKind {
        name: "email",
        alternative: |n| GeneralName::email(format!("x@{}.a", label(n))),
        base: |n| GeneralName::email(format!("x@{}.b", label(n))),
        all: || GeneralName::email(".a"),
    },
    NameKind {
        name: "URI",
        alternative: |n| GeneralName::uri(format!("a://{}.a", label(n))),
        base: |n| GeneralName::uri(format!(".{}.b", label(n))),
        all: || GeneralName::uri(".a"),
    },
    NameKind {
        name: "IP",
        alternative: |n| GeneralName::ip(&[10, 0, (n >> 8) as u8, n as u8]),
        base: |n| GeneralName::ip(&[11, 0, (n >> 8) as u8, n as u8, 255, 255, 255, 255]),
        all: || GeneralName::ip(&[10, 0, 0, 0, 255, 0, 0, 0]),
    },
    NameKind {
        name: "directory",
        alternative: |n| GeneralName::directory(&Name::new().o("A").cn(&label(n))),
        base: |n| GeneralName::directory(&Name::new().o("a").cn(&format!("x{}", label(n)))),
        all: || GeneralName::directory(&Name::new().o("a")),
    },
];

/// DNS names as long as they may be, which differ from their base in the first label only.
const LONG_DNS: NameKind = NameKind {
    name: "DNS of 250 characters",
    alternative: |n| dns(&format!("{}.{}a", label(n), "b.".repeat(122))),
    base: |n| dns(&format!("{}x.{}a", label(n), "b.".repeat(122))),
    all: || dns("a"),
};

/// Mailboxes as long as they may be, which differ in the host's first label only.
const LONG_EMAIL: NameKind = NameKind {
    name: "email of 250 characters",
    alternative: |n| {
        GeneralName::email(format!("{}@{}.{}a", "u".repeat(60), label(n), "b.".repeat(90)))
    },
    base: |n| GeneralName::email(format!("{}@{}x.{}a", "u".repeat(60), label(n), "b.".repeat(90))),
    all: || GeneralName::email(".a"),
};

/// Half of a handshake, less what the certificates need besides.
const HALF: usize = 31_500;

pub(super) fn cases() -> Vec<WorstCase> {
    let mut cases = Vec::new();
    for kind in &KINDS {
        cases.push(excluded(kind));
        cases.push(permitted_by_the_last(kind));
        cases.push(constrained_anchor(kind));
    }
    cases.push(in_every_certificate());
    cases.push(unauthenticated());
    cases.push(excluded(&LONG_DNS));
    cases.push(excluded(&LONG_EMAIL));
    cases.extend(long_names());
    cases
}

fn bases(kind: &NameKind, bytes: usize) -> Vec<GeneralName> {
    let count = fill(bytes, |n| subtree(&(kind.base)(n))).len();
    (0..count).map(kind.base).collect()
}

/// Without a subject the alternative names are all there is, and have to be critical.
fn nameless(c: CertificateBuilder, names: Vec<GeneralName>) -> CertificateBuilder {
    c.subject(Name::new()).with(subject_alt_name(names).critical())
}

/// No name matches, so every name has to be held against every base.
fn excluded(kind: &NameKind) -> WorstCase {
    let bases = bases(kind, HALF);
    let names = fill(HALF, kind.alternative);
    let hostile = Hostile::constrained(|c| c.with(name_constraints(&[], &bases)));
    let leaf = hostile.leaf(|c| nameless(c, names));
    hostile.case(format!("excluded subtrees × names, {}", kind.name), &leaf)
}

/// Every name is inside the last base only.
fn permitted_by_the_last(kind: &NameKind) -> WorstCase {
    let mut bases = bases(kind, HALF);
    bases.push((kind.all)());
    let names = fill(HALF, kind.alternative);
    let hostile = Hostile::constrained(|c| c.with(name_constraints(&bases, &[])));
    let leaf = hostile.leaf(|c| nameless(c, names));
    hostile.case(format!("permitted subtrees × names, {}", kind.name), &leaf)
}

/// Ten thousand bases in the anchor, which come from configuration and cost the peer no bytes.
fn constrained_anchor(kind: &NameKind) -> WorstCase {
    let bases: Vec<_> = (0..10_000).map(kind.base).collect();
    let key = Key::seeded(KeyKind::P256, "anchor");
    let root = Authority::root_with(Name::common("anchor"), key, |c| {
        c.with(name_constraints(&[], &bases))
    });
    let names = fill(2 * HALF, kind.alternative);
    let leaf_key = Key::seeded(KeyKind::P256, "leaf");
    let leaf = root.leaf_for(&Name::new(), leaf_key, |c| nameless(c, names));
    let name = format!("10,000 subtrees in the anchor × names, {}", kind.name);
    WorstCase::new(name, vec![leaf.certificate], vec![root.certificate])
}

/// Constraints spread over every certificate of a path that is as long as it may be.
fn in_every_certificate() -> WorstCase {
    let kind = &KINDS[0];
    let hostile = Hostile::new();
    let mut below: Vec<Authority> = Vec::new();
    for level in 0..13 {
        let issuer = below.first().unwrap_or(&hostile.ca);
        let key = Key::seeded(KeyKind::P256, &format!("level {level}"));
        let made = issuer.intermediate_with(Name::common(&format!("level {level}")), key, |c| {
            c.with(name_constraints(&[], &bases(kind, 1_900)))
        });
        below.insert(0, made);
    }
    let key = Key::seeded(KeyKind::P256, "leaf");
    let names = fill(29_000, kind.alternative);
    let leaf = below[0].leaf_for(&Name::common("leaf"), key, |c| c.san(names));
    hostile.chain("subtrees in 13 certificates × names", &leaf, &below)
}

/// The same by someone whom nobody trusts: a signature must stop it first.
fn unauthenticated() -> WorstCase {
    let mut case = excluded(&KINDS[0]);
    case.name = "excluded subtrees × names, unauthenticated".into();
    case.chain[0] = tamper::break_signature(&case.chain[0]);
    case.chain[1] = tamper::break_signature(&case.chain[1]);
    case
}

/// One name as long as half a handshake against many bases: whoever looks for its host again for
/// every base pays length times count.
fn long_names() -> Vec<WorstCase> {
    let long = |unit: &str| unit.repeat(HALF / unit.len());
    let uri_bases = bases(&KINDS[2], HALF);
    let email_bases = bases(&KINDS[1], HALF);
    let mut folded = Name::new();
    while folded.der().len() < HALF - 50 {
        folded = folded.o("A").cn("B");
    }
    let directory_bases: Vec<_> = (0..12)
        .map(|n| {
            let mut base = Name::new();
            while base.der().len() < HALF / 12 - 50 {
                base = base.o("a").cn("b");
            }
            GeneralName::directory(&base.cn(&label(n)))
        })
        .collect();
    let case = |name: &str, excluded: &[GeneralName], alternative: GeneralName| {
        let hostile = Hostile::constrained(|c| c.with(name_constraints(&[], excluded)));
        let leaf = hostile.leaf(|c| c.san([alternative]));
        hostile.case(name, &leaf)
    };
    vec![
        case(
            "URI with a long path × subtrees",
            &uri_bases,
            GeneralName::uri(format!("a://b.c/{}", long("d/"))),
        ),
        case(
            "URI with a long host × subtrees",
            &uri_bases,
            GeneralName::uri(format!("a://{}c/", long("b."))),
        ),
        case(
            "URI with a long user part × subtrees",
            &uri_bases,
            GeneralName::uri(format!("a://{}@b.c/", long("u"))),
        ),
        case(
            "email with a long local part × subtrees",
            &email_bases,
            GeneralName::email(format!("{}@b.c", long("u"))),
        ),
        case(
            "email with many at signs × subtrees",
            &email_bases,
            GeneralName::email(format!("{}b.c", long("\"@\""))),
        ),
        case(
            "DNS name of many labels × subtrees",
            &bases(&KINDS[0], HALF),
            dns(&format!("{}c", long("b."))),
        ),
        case(
            "directory name of many RDNs × deep subtrees",
            &directory_bases,
            GeneralName::directory(&folded),
        ),
        case(
            "name kinds that no subtree covers",
            &fill_registered(),
            GeneralName::other("1.2.3", &der::utf8_string(&long("o"))),
        ),
    ]
}

fn fill_registered() -> Vec<GeneralName> {
    let make = |n: usize| GeneralName::registered_id(&format!("1.2.{n}"));
    let count = fill(HALF, |n| subtree(&make(n))).len();
    (0..count).map(make).collect()
}
