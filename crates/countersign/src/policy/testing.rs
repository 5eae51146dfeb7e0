//! Leaves and matchers for tests.

use std::path::Path;
use std::sync::LazyLock;

use countersign_testkit::forge::{self, CertificateBuilder, Key, Name, SignatureAlgorithm};

use crate::cert::Certificate;
use crate::clock::UnixTime;
use crate::identity::LeafIdentity;
use crate::policy::compile;
use crate::policy::files::Reading;
use crate::policy::matcher::{Judgement, Matcher};
use crate::policy::syntax;
use crate::policy::syntax::section::Source;

pub(super) use countersign_testkit::forge::GeneralName;

/// The matcher of a policy whose files are lists at most; `[trust]` is written here.
pub(super) fn matcher(clients_and_deny: &str) -> Matcher {
    try_matcher(clients_and_deny).unwrap_or_else(|message| panic!("{message}"))
}

/// As [`matcher`], or the error; the first line of the text is line 3.
pub(super) fn try_matcher(clients_and_deny: &str) -> Result<Matcher, String> {
    let text = format!("version = 1\ntrust.anchors = [\"ca.pem\"]\n{clients_and_deny}");
    let document = syntax::parse(&text, false).map_err(|e| e.to_string())?;
    let matcher = compile::matcher(&document, Source(&text), Path::new(""), &mut Reading::new());
    matcher.map_err(|e| e.to_string())
}

/// The one CA that issues in these tests.
pub(super) const ISSUER: [u8; 32] = [0x15; 32];
/// Another one.
pub(super) const OTHER_ISSUER: [u8; 32] = [0x07; 32];

pub(super) const NOW: UnixTime = UnixTime::from_secs(forge::NOW);

static KEY: LazyLock<Key> = LazyLock::new(Key::p256);

/// A leaf's DER; matching never looks at its signature.
pub(super) struct Leaf(Vec<u8>);

impl Leaf {
    pub(super) fn with_names(names: impl IntoIterator<Item = GeneralName>) -> Self {
        Self::new(Name::common("leaf"), names)
    }

    pub(super) fn new(subject: Name, names: impl IntoIterator<Item = GeneralName>) -> Self {
        let names: Vec<_> = names.into_iter().collect();
        Self::build(|builder| match names.is_empty() {
            true => builder.subject(subject),
            false => builder.subject(subject).san(names),
        })
    }

    pub(super) fn build(edit: impl FnOnce(CertificateBuilder) -> CertificateBuilder) -> Self {
        let usual = CertificateBuilder::new(Name::common("leaf"), KEY.spki());
        let usual = usual.issuer(Name::common("Test CA")).serial(&[0x00, 0xa1, 0xb2]);
        Self(edit(usual).sign_with_garbage(SignatureAlgorithm::EcdsaSha256, b"unread"))
    }

    pub(super) fn certificate(&self) -> Certificate<'_> {
        Certificate::parse(&self.0).expect("a well-formed leaf")
    }

    pub(super) fn identity(&self) -> LeafIdentity<'_> {
        LeafIdentity::new(&self.certificate(), forge::sha256)
    }

    pub(super) fn cert_sha256(&self) -> String {
        hex(self.identity().cert_sha256())
    }

    pub(super) fn spki_sha256(&self) -> String {
        hex(self.identity().spki_sha256())
    }

    /// The issuer's digest; the serial number is `a1b2`.
    pub(super) fn issuer_sha256(&self) -> String {
        hex(&self.identity().issuer_serial()[..32])
    }

    pub(super) fn judged_by(&self, matcher: &Matcher) -> Judgement {
        matcher.judge(&self.identity(), &ISSUER, NOW)
    }

    /// The client that this leaf is and the rule that says so; or the deny rule.
    pub(super) fn decided_by(&self, matcher: &Matcher) -> (Option<String>, Option<String>) {
        let judgement = self.judged_by(matcher);
        (
            judgement
                .client
                .map(|client| String::from_utf8_lossy(matcher.client_bytes(client)).into_owned()),
            judgement.rule.map(|rule| matcher.rule_text(rule)),
        )
    }

    pub(super) fn is_allowed_by(&self, matcher: &Matcher) -> bool {
        self.judged_by(matcher).outcome == crate::policy::matcher::Outcome::Allowed
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `[[client]]` sections, each of an id and one item.
pub(super) fn clients(items: &[(&str, &str)]) -> String {
    let client = |(id, item): &(&str, &str)| {
        format!("[[client]]\nid = \"{id}\"\nmatch = [ {{ {item} }} ]\n")
    };
    items.iter().map(client).collect()
}
