//! Class 11: what a certificate may be used for, under every demand and in every version.

use std::sync::Arc;

use countersign::Reason;
use countersign::engine::{Acceptor, Alert, Entry};
use countersign_testkit::forge::extension::{self, id, purpose, usage};
use countersign_testkit::forge::{CertificateBuilder, GeneralName};

use super::super::pair::{Pair, VERSIONS, credential};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

/// Key usages, and whether they allow a handshake's signature.
const KEY_USAGES: [(Option<&[u8]>, bool); 5] = [
    (None, true),
    (Some(&[usage::DIGITAL_SIGNATURE]), true),
    (Some(&[usage::DIGITAL_SIGNATURE, usage::KEY_AGREEMENT]), true),
    (Some(&[usage::KEY_ENCIPHERMENT]), false),
    (Some(&[usage::NON_REPUDIATION, usage::KEY_AGREEMENT]), false),
];

/// Extended key usages, and whether they allow client authentication.
const PURPOSES: [(Option<&[&str]>, bool); 6] = [
    (None, true),
    (Some(&[purpose::CLIENT_AUTH]), true),
    (Some(&[purpose::SERVER_AUTH, purpose::CLIENT_AUTH]), true),
    (Some(&[purpose::ANY]), true),
    (Some(&[purpose::SERVER_AUTH]), false),
    (Some(&[purpose::CODE_SIGNING, purpose::OCSP_SIGNING]), false),
];

fn shaped(
    certificate: CertificateBuilder,
    key_usage: Option<&[u8]>,
    purposes: Option<&[&str]>,
) -> CertificateBuilder {
    let mut certificate = certificate
        .without(id::KEY_USAGE)
        .without(id::EXTENDED_KEY_USAGE)
        .san([GeneralName::uri(BILLING)]);
    if let Some(bits) = key_usage {
        certificate = certificate.with(extension::key_usage(bits));
    }
    if let Some(purposes) = purposes {
        certificate = certificate.with(extension::extended_key_usage(purposes));
    }
    certificate
}

#[test]
fn class_11_usages_count_under_every_demand_and_in_every_version() {
    let site = Site::new();
    let clock = Clock::new();
    let verifier = Arc::new(site.verifier(POLICY));
    let entries =
        [Entry::required, Entry::optional].map(|entry| entry(credential(), Arc::clone(&verifier)));
    for entry in entries {
        let acceptor = Acceptor::builder().default_entry(entry).build().unwrap();
        for (key_usage, may_sign) in KEY_USAGES {
            for (purposes, may_authenticate) in PURPOSES {
                let leaf = site.ca.leaf_with("client", |c| shaped(c, key_usage, purposes));
                for version in VERSIONS {
                    let client =
                        Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key);
                    let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
                    let seen = pair.talk();
                    let what = format!("{key_usage:?} {purposes:?} {version:?}");
                    if may_sign && may_authenticate {
                        let session = pair.server.session().expect(&what);
                        assert_eq!(session.client(), Some("acme-billing"), "{what}");
                        continue;
                    }
                    let refusal = pair.server.refusal().expect(&what);
                    let reason = refusal.reason().unwrap();
                    assert!(
                        (reason == Reason::KeyUsage && !may_sign)
                            || (reason == Reason::NotForClientAuth && !may_authenticate),
                        "{what}: {refusal}"
                    );
                    assert_eq!(seen.map(Alert::from), Some(Alert::UNSUPPORTED_CERTIFICATE));
                    assert_eq!(refusal.alert(), seen.map(Alert::from), "{what}");
                }
            }
        }
    }
}
