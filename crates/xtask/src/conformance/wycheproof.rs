//! Wycheproof's signatures, three ways: verified directly, through the cache of signature facts
//! for the first time, and through it once more (class 10: Java CVE-2022-21449).

use std::io;

use countersign::internal::SignatureProbe;
use countersign_testkit::forge::der;
use countersign_testkit::vectors::{Folder, WYCHEPROOF_FILES, WycheproofGroup, WycheproofTest};
use rustls_pki_types::SignatureVerificationAlgorithm;
use webpki::aws_lc_rs as algorithms;

use super::table::{Differences, Row};

pub(super) fn evaluate(folder: &Folder, failures: &mut Vec<String>) -> io::Result<Row> {
    let mut row = Row {
        suite: "Wycheproof",
        cases: 0,
        ours: Differences::default(),
        public_web: 0,
        security: 0,
        theirs: Differences::default(),
    };
    let probe = SignatureProbe::default();
    for file in WYCHEPROOF_FILES {
        for group in folder.wycheproof(file)? {
            let (algorithm, peer) = algorithm(&group);
            for test in &group.tests {
                let accepted = answer(&probe, &group, &algorithm, test, failures);
                row.cases += 1;
                row.ours.count(test.valid, accepted);
                row.theirs.count(test.valid, webpki_accepts(peer, &group, test));
                if accepted != test.valid {
                    let what = if accepted { "accepted" } else { "rejected" };
                    failures.push(format!("{file} {}: {what}: {}", test.id, test.comment));
                }
            }
        }
    }
    Ok(row)
}

/// Our answer, which must be the same all three ways.
fn answer(
    probe: &SignatureProbe,
    group: &WycheproofGroup,
    algorithm: &[u8],
    test: &WycheproofTest,
    failures: &mut Vec<String>,
) -> bool {
    let (message, signature) = (&test.message, &test.signature);
    let direct = probe.verify(&group.spki, algorithm, message, signature);
    let first = probe.verify_cached(&group.spki, algorithm, message, signature);
    let again = probe.verify_cached(&group.spki, algorithm, message, signature);
    if first.valid != direct || again.valid != direct {
        failures.push(format!("{} {}: the cache changes the answer", group.curve, test.id));
    }
    if again.known != direct {
        failures.push(format!("{} {}: known must be what was valid", group.curve, test.id));
    }
    direct || first.valid || again.valid
}

/// The content octets of the AlgorithmIdentifier, and webpki's verifier for it.
fn algorithm(group: &WycheproofGroup) -> (Vec<u8>, &'static dyn SignatureVerificationAlgorithm) {
    match (group.curve.as_str(), group.hash.as_deref()) {
        ("secp256r1", Some("SHA-256")) => {
            (der::oid("1.2.840.10045.4.3.2"), algorithms::ECDSA_P256_SHA256)
        }
        ("secp384r1", Some("SHA-384")) => {
            (der::oid("1.2.840.10045.4.3.3"), algorithms::ECDSA_P384_SHA384)
        }
        ("edwards25519", None) => (der::oid("1.3.101.112"), algorithms::ED25519),
        (curve, hash) => unreachable!("no such file is read: {curve} {hash:?}"),
    }
}

fn webpki_accepts(
    algorithm: &dyn SignatureVerificationAlgorithm,
    group: &WycheproofGroup,
    test: &WycheproofTest,
) -> bool {
    // The BIT STRING of a SubjectPublicKeyInfo, without its count of unused bits.
    let fields = der::children(&group.spki);
    let key = der::content(fields[1]);
    algorithm.verify_signature(&key[1..], &test.message, &test.signature).is_ok()
}
