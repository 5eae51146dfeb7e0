//! One case of a path-validation suite (the schema of x509-limbo).

use std::io;

use serde::Deserialize;

use super::encoding::{pem_blocks, unix_time};

/// Whom the leaf stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Kind {
    /// A server: serverAuth is required.
    Server,
    /// A client: clientAuth is required.
    Client,
}

/// A name that the leaf is expected to have as a subjectAltName.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct PeerName {
    /// `DNS`, `IP` or `RFC822`.
    pub kind: String,
    /// The name as text.
    pub value: String,
}

/// One path to find, with all that may be used for it and what is expected.
#[derive(Clone, Debug)]
pub struct Case {
    /// The name of the case, `suite::…`.
    pub id: String,
    /// What the case is about, for people.
    pub description: String,
    /// Trust anchors, DER certificates.
    pub trusted: Vec<Vec<u8>>,
    /// Certificates that may stand in the path, DER, in the order given.
    pub untrusted: Vec<Vec<u8>>,
    /// The leaf, DER.
    pub leaf: Vec<u8>,
    /// CRLs, DER.
    pub crls: Vec<Vec<u8>>,
    /// When, Unix time; fractions of a second are dropped. `None` means now.
    pub time: Option<i64>,
    /// Whom the leaf stands for.
    pub kind: Kind,
    /// Whether a path is expected to be found and the peer name to match.
    pub expected: bool,
    /// The names that the leaf is expected to have; all must match.
    pub peer_names: Vec<PeerName>,
    /// The most intermediates that the path may have.
    pub max_chain_depth: Option<u8>,
    /// What the case needs of a validator, by limbo's names: `has-crl`, `denial-of-service`, ….
    pub features: Vec<String>,
    /// Key usages that the leaf must allow, by their RFC 5280 names.
    pub key_usage: Vec<String>,
    /// The extended key usages wanted, by their RFC 5280 names; where empty, `kind` says.
    pub extended_key_usage: Vec<String>,
}

impl Case {
    /// The suite, which is the first part of the id: `rfc5280`, `bettertls`, `pkits-4.5`, ….
    pub fn suite(&self) -> &str {
        self.id.split("::").next().unwrap_or(&self.id)
    }

    /// What a peer would present: the leaf, then the untrusted certificates.
    pub fn chain(&self) -> Vec<&[u8]> {
        core::iter::once(&self.leaf).chain(&self.untrusted).map(Vec::as_slice).collect()
    }
}

#[derive(Deserialize)]
pub(super) struct Document {
    testcases: Vec<StoredCase>,
}

impl Document {
    pub(super) fn cases(self) -> io::Result<Vec<Case>> {
        self.testcases.into_iter().map(StoredCase::decode).collect()
    }
}

#[derive(Deserialize)]
struct StoredCase {
    id: String,
    description: String,
    validation_kind: Kind,
    trusted_certs: Vec<String>,
    #[serde(default)]
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    #[serde(default)]
    crls: Vec<String>,
    validation_time: Option<String>,
    expected_result: Outcome,
    expected_peer_name: Option<PeerName>,
    #[serde(default)]
    expected_peer_names: Vec<PeerName>,
    max_chain_depth: Option<u8>,
    #[serde(default)]
    features: Vec<String>,
    #[serde(default)]
    key_usage: Vec<String>,
    #[serde(default)]
    extended_key_usage: Vec<String>,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
enum Outcome {
    Success,
    Failure,
}

impl StoredCase {
    fn decode(self) -> io::Result<Case> {
        let id = self.id;
        let wrong = |what: &str| io::Error::other(format!("{id}: {what}"));
        let all = |texts: &[String]| -> io::Result<Vec<Vec<u8>>> {
            let blocks: Option<Vec<_>> = texts.iter().map(|text| pem_blocks(text)).collect();
            Ok(blocks.ok_or_else(|| wrong("bad PEM"))?.concat())
        };
        let time = self
            .validation_time
            .map(|text| unix_time(&text).ok_or_else(|| wrong("validation_time is not RFC 3339")));
        let (trusted, untrusted) = (all(&self.trusted_certs)?, all(&self.untrusted_intermediates)?);
        let (leaf, crls) = (all(&[self.peer_certificate])?, all(&self.crls)?);
        let [leaf] = <[Vec<u8>; 1]>::try_from(leaf).map_err(|_| wrong("not one leaf"))?;
        let time = time.transpose()?;
        Ok(Case {
            id,
            description: self.description,
            trusted,
            untrusted,
            leaf,
            crls,
            time,
            kind: self.validation_kind,
            expected: self.expected_result == Outcome::Success,
            peer_names: self
                .expected_peer_name
                .into_iter()
                .chain(self.expected_peer_names)
                .collect(),
            max_chain_depth: self.max_chain_depth,
            features: self.features,
            key_usage: self.key_usage,
            extended_key_usage: self.extended_key_usage,
        })
    }
}
