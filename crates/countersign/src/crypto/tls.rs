//! TLS signature schemes, and what each demands of the key (RFC 8446 section 4.2.3).

use rustls::SignatureScheme;

use super::algorithm::{Hash, MlDsa, SignatureAlgorithm};
use super::key::PublicKey;
use super::kind::{Curve, KeyKind, Padding};
use super::{VerifyError, provider};

/// The protocol version whose rules for CertificateVerify hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TlsVersion {
    Tls12,
    Tls13,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyDemand {
    /// A key of the algorithm's only kind.
    Own,
    /// In TLS 1.3 a key on this curve; in 1.2 the scheme says nothing of the curve (RFC 5246
    /// section 7.4.1.4.1, as rustls and OpenSSL read it).
    On(Curve),
    /// A key with rsaEncryption as its algorithm.
    RsaEncryption,
    /// A key with id-RSASSA-PSS as its algorithm.
    RsassaPss,
}

/// The schemes to offer to clients. For a key that can do several, the quickest comes first.
/// PKCS#1 v1.5 is for TLS 1.2 only; rustls leaves it out of a 1.3 CertificateRequest.
pub(crate) fn supported_tls_schemes() -> &'static [SignatureScheme] {
    if provider::supports(KeyKind::Ec(Curve::P521)) {
        SCHEMES
    } else {
        &SCHEMES[..SCHEMES.len() - NOT_EVERYWHERE]
    }
}

/// How many of the last `SCHEMES` not every provider has.
const NOT_EVERYWHERE: usize = 4;

const SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ED25519,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    // rsa_pss_pss_sha256, _sha384 and _sha512, which rustls has no names for.
    SignatureScheme::Unknown(0x0809),
    SignatureScheme::Unknown(0x080a),
    SignatureScheme::Unknown(0x080b),
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ML_DSA_44,
    SignatureScheme::ML_DSA_65,
    SignatureScheme::ML_DSA_87,
];

impl PublicKey {
    /// Whether `signature` is a CertificateVerify of this key over `message` (everything that
    /// is signed, context string included) under `scheme`, by the rules of `version`.
    pub(crate) fn verify_tls(
        &self,
        version: TlsVersion,
        scheme: SignatureScheme,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        let (algorithm, demand) = meaning(version, scheme).ok_or(VerifyError::Mismatch)?;
        if !demand.is_met_by(self.kind(), version) {
            return Err(VerifyError::Mismatch);
        }
        self.verify(algorithm, message, signature)
    }
}

impl KeyDemand {
    fn is_met_by(self, kind: KeyKind, version: TlsVersion) -> bool {
        match (self, kind) {
            (Self::Own, _) => true,
            (Self::On(curve), KeyKind::Ec(own)) => version == TlsVersion::Tls12 || own == curve,
            (Self::RsaEncryption, KeyKind::Rsa { padding, .. }) => padding == Padding::Any,
            (Self::RsassaPss, KeyKind::Rsa { padding, .. }) => padding != Padding::Any,
            _ => false,
        }
    }
}

/// What a scheme stands for; `None` where the version does not know it or forbids it. PKCS#1 v1.5
/// ended with TLS 1.2 (RFC 8446 section 4.2.3); ML-DSA begins with 1.3 (draft-ietf-tls-mldsa).
fn meaning(
    version: TlsVersion,
    scheme: SignatureScheme,
) -> Option<(SignatureAlgorithm, KeyDemand)> {
    use SignatureAlgorithm::{Ecdsa, Ed25519, RsaPkcs1, RsaPss};
    use SignatureScheme as Scheme;
    let pkcs1 = |hash| {
        let known = version == TlsVersion::Tls12;
        known.then_some((RsaPkcs1(hash), KeyDemand::RsaEncryption))
    };
    let ml_dsa = |set| {
        let known = version == TlsVersion::Tls13;
        known.then_some((SignatureAlgorithm::MlDsa(set), KeyDemand::Own))
    };
    Some(match scheme {
        Scheme::ECDSA_NISTP256_SHA256 => (Ecdsa(Hash::Sha256), KeyDemand::On(Curve::P256)),
        Scheme::ECDSA_NISTP384_SHA384 => (Ecdsa(Hash::Sha384), KeyDemand::On(Curve::P384)),
        Scheme::ECDSA_NISTP521_SHA512 => (Ecdsa(Hash::Sha512), KeyDemand::On(Curve::P521)),
        Scheme::ED25519 => (Ed25519, KeyDemand::Own),
        Scheme::RSA_PSS_SHA256 => (RsaPss(Hash::Sha256), KeyDemand::RsaEncryption),
        Scheme::RSA_PSS_SHA384 => (RsaPss(Hash::Sha384), KeyDemand::RsaEncryption),
        Scheme::RSA_PSS_SHA512 => (RsaPss(Hash::Sha512), KeyDemand::RsaEncryption),
        Scheme::Unknown(0x0809) => (RsaPss(Hash::Sha256), KeyDemand::RsassaPss),
        Scheme::Unknown(0x080a) => (RsaPss(Hash::Sha384), KeyDemand::RsassaPss),
        Scheme::Unknown(0x080b) => (RsaPss(Hash::Sha512), KeyDemand::RsassaPss),
        Scheme::RSA_PKCS1_SHA256 => return pkcs1(Hash::Sha256),
        Scheme::RSA_PKCS1_SHA384 => return pkcs1(Hash::Sha384),
        Scheme::RSA_PKCS1_SHA512 => return pkcs1(Hash::Sha512),
        Scheme::ML_DSA_44 => return ml_dsa(MlDsa::MlDsa44),
        Scheme::ML_DSA_65 => return ml_dsa(MlDsa::MlDsa65),
        Scheme::ML_DSA_87 => return ml_dsa(MlDsa::MlDsa87),
        _ => return None,
    })
}
