//! Wycheproof's signature verification tests.

use std::io;

use serde::Deserialize;

use super::encoding::hex;

/// The tests of one public key.
#[derive(Clone, Debug)]
pub struct WycheproofGroup {
    /// `secp256r1`, `secp384r1` or `edwards25519`.
    pub curve: String,
    /// The hash, `SHA-256` or `SHA-384`; `None` for Ed25519.
    pub hash: Option<String>,
    /// The DER SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
    /// The tests.
    pub tests: Vec<WycheproofTest>,
}

/// One signature.
#[derive(Clone, Debug)]
pub struct WycheproofTest {
    /// Its number in the file.
    pub id: u32,
    /// What is wrong with it, or not.
    pub comment: String,
    /// Its classes, such as `BerEncodedSignature`.
    pub flags: Vec<String>,
    /// What was signed.
    pub message: Vec<u8>,
    /// The signature, DER for ECDSA.
    pub signature: Vec<u8>,
    /// Whether it must verify.
    pub valid: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    test_groups: Vec<StoredGroup>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredGroup {
    public_key: StoredKey,
    public_key_der: String,
    sha: Option<String>,
    tests: Vec<StoredTest>,
}

#[derive(Deserialize)]
struct StoredKey {
    curve: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredTest {
    tc_id: u32,
    comment: String,
    flags: Vec<String>,
    msg: String,
    sig: String,
    result: Outcome,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Valid,
    Invalid,
}

impl Document {
    pub(super) fn groups(self) -> io::Result<Vec<WycheproofGroup>> {
        let groups: Option<Vec<_>> =
            self.test_groups.into_iter().map(StoredGroup::decode).collect();
        groups.ok_or_else(|| io::Error::other("Wycheproof: not hexadecimal"))
    }
}

impl StoredGroup {
    fn decode(self) -> Option<WycheproofGroup> {
        let decode_test = |test: StoredTest| {
            Some(WycheproofTest {
                id: test.tc_id,
                comment: test.comment,
                flags: test.flags,
                message: hex(&test.msg)?,
                signature: hex(&test.sig)?,
                valid: test.result == Outcome::Valid,
            })
        };
        Some(WycheproofGroup {
            curve: self.public_key.curve,
            hash: self.sha,
            spki: hex(&self.public_key_der)?,
            tests: self.tests.into_iter().map(decode_test).collect::<Option<_>>()?,
        })
    }
}
