//! What TLS negotiates: cipher suites in the order in which a server should prefer them, and key
//! exchange groups.

use std::sync::OnceLock;

use rustls::crypto::hash::{Hash, HashAlgorithm};
use rustls::crypto::tls13::Hkdf;
use rustls::crypto::{CryptoProvider, KeyProvider, SupportedKxGroup};
use rustls::{CipherSuite, CipherSuiteCommon, NamedGroup, SupportedCipherSuite, Tls13CipherSuite};
use sha2::{Sha256, Sha384};

use super::hkdf::SavedStateHkdf;
use super::{provider, transcript};

/// The provider of the engine's handshakes.
///
/// AES-128-GCM comes first: it meets the 128 bits of X25519 and P-256, and where the processor has
/// no SHA-512 instructions, SHA-384 costs 9 % of a handshake. TLS 1.3 hashes its messages and
/// expands its secrets with [`transcript`] and [`SavedStateHkdf`], and [`keys`] sign.
///
/// `groups` are the key exchanges to take, `None` all of them; the client's order decides among
/// those, because a server that insists on another costs a round trip.
///
/// Returns the first group that the provider does not have.
pub(crate) fn tls_provider(groups: Option<&[NamedGroup]>) -> Result<CryptoProvider, NamedGroup> {
    let theirs = provider::rustls_provider();
    let kx_groups = match groups {
        None => theirs.kx_groups,
        Some(wanted) => wanted
            .iter()
            .map(|name| find(&theirs.kx_groups, *name).ok_or(*name))
            .collect::<Result<_, _>>()?,
    };
    let mut suites = theirs.cipher_suites;
    suites.sort_by_key(|suite| preference(suite.suite()));
    let cipher_suites = suites.into_iter().map(with_saved_states).collect();
    Ok(CryptoProvider {
        cipher_suites,
        kx_groups,
        key_provider: keys(theirs.key_provider),
        ..theirs
    })
}

/// What makes keys that sign of the server's private keys.
#[cfg(feature = "aws-lc-rs")]
fn keys(_: &dyn KeyProvider) -> &'static dyn KeyProvider {
    &super::signing::Keys
}

/// As above: ring has no other way to sign than rustls' own.
#[cfg(not(feature = "aws-lc-rs"))]
fn keys(theirs: &'static dyn KeyProvider) -> &'static dyn KeyProvider {
    theirs
}

fn find(
    groups: &[&'static dyn SupportedKxGroup],
    name: NamedGroup,
) -> Option<&'static dyn SupportedKxGroup> {
    groups.iter().copied().find(|group| group.name() == name)
}

/// Lower is better. Versions do not compete: a handshake has settled on one before.
fn preference(suite: CipherSuite) -> u8 {
    match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256
        | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => 0,
        CipherSuite::TLS13_AES_256_GCM_SHA384
        | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
        | CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => 1,
        _ => 2,
    }
}

/// The suite with our hash and HKDF; TLS 1.2 keeps the provider's. rustls wants suites that live forever, so each is
/// made once.
fn with_saved_states(suite: SupportedCipherSuite) -> SupportedCipherSuite {
    static AES_128: OnceLock<Tls13CipherSuite> = OnceLock::new();
    static AES_256: OnceLock<Tls13CipherSuite> = OnceLock::new();
    static CHACHA20: OnceLock<Tls13CipherSuite> = OnceLock::new();
    static SHA256: OnceLock<SavedStateHkdf<Sha256>> = OnceLock::new();
    static SHA384: OnceLock<SavedStateHkdf<Sha384>> = OnceLock::new();
    let Some(theirs) = suite.tls13() else { return suite };
    let place = match suite.suite() {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => &AES_128,
        CipherSuite::TLS13_AES_256_GCM_SHA384 => &AES_256,
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => &CHACHA20,
        _ => return suite,
    };
    let (hash, hkdf): (&'static dyn Hash, &'static dyn Hkdf) =
        match theirs.common.hash_provider.algorithm() {
            HashAlgorithm::SHA256 => (&transcript::SHA256, SHA256.get_or_init(SavedStateHkdf::new)),
            HashAlgorithm::SHA384 => (&transcript::SHA384, SHA384.get_or_init(SavedStateHkdf::new)),
            _ => return suite,
        };
    SupportedCipherSuite::Tls13(place.get_or_init(|| Tls13CipherSuite {
        common: CipherSuiteCommon {
            suite: theirs.common.suite,
            hash_provider: hash,
            confidentiality_limit: theirs.common.confidentiality_limit,
        },
        hkdf_provider: hkdf,
        aead_alg: theirs.aead_alg,
        quic: None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aes_128_comes_first_in_both_versions() {
        let provider = tls_provider(None).expect("all groups");
        let first = |tls13| {
            let suites = provider.cipher_suites.iter().map(SupportedCipherSuite::suite);
            suites.into_iter().find(|s| format!("{s:?}").starts_with("TLS13") == tls13)
        };
        assert_eq!(first(true), Some(CipherSuite::TLS13_AES_128_GCM_SHA256));
        assert_eq!(first(false), Some(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256));
    }

    #[test]
    fn a_group_that_nobody_has_is_named() {
        let groups = [NamedGroup::X25519, NamedGroup::FFDHE2048];
        assert_eq!(tls_provider(Some(&groups)).err(), Some(NamedGroup::FFDHE2048));
    }
}
