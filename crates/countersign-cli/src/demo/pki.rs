//! A certification authority in memory: clients send requests, it signs them on its own terms.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationListParams,
    CertificateSigningRequestParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason, RevokedCertParams, SanType,
    SerialNumber,
};
use rustls::pki_types::CertificateDer;
use time::{Duration, OffsetDateTime};

use super::Outcome;

/// A certification authority, root or not.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Certificate,
}

/// What an authority decides about a certificate, whatever the request asked for.
pub(super) struct Terms {
    pub(super) serial: u64,
    pub(super) not_before: OffsetDateTime,
    pub(super) not_after: OffsetDateTime,
    pub(super) usage: ExtendedKeyUsagePurpose,
}

/// A key and the request made with it.
pub(super) struct Applicant {
    pub(super) key: KeyPair,
    /// PKCS #10, PEM.
    pub(super) request: String,
}

impl Authority {
    /// A self-signed root.
    pub(super) fn root(name: &str) -> Outcome<Self> {
        let (params, key) = (authority_params(name), KeyPair::generate()?);
        let certificate = params.self_signed(&key)?;
        Ok(Self { issuer: Issuer::new(params, key), certificate })
    }

    /// An authority under this one.
    pub(super) fn subordinate(&self, name: &str) -> Outcome<Self> {
        let (params, key) = (authority_params(name), KeyPair::generate()?);
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Self { issuer: Issuer::new(params, key), certificate })
    }

    /// Checks a request's own signature, takes its names and its key, and decides the rest.
    pub(super) fn sign(&self, request: &str, terms: &Terms) -> Outcome<Certificate> {
        let mut request = CertificateSigningRequestParams::from_pem(request)?;
        let asked = request.params;
        request.params =
            end_entity_params(asked.distinguished_name, asked.subject_alt_names, terms);
        Ok(request.signed_by(&self.issuer)?)
    }

    /// A CRL of this authority: current for a week, PEM. Each has a greater number than the one
    /// before (RFC 5280 section 5.2.3).
    pub(super) fn crl(&self, number: u64, revoked: &[u64]) -> Outcome<String> {
        let now = OffsetDateTime::now_utc();
        let revoke = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: now - Duration::hours(1),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        };
        let crl = CertificateRevocationListParams {
            this_update: now - Duration::hours(1),
            next_update: now + Duration::days(7),
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(revoke).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(crl.signed_by(&self.issuer)?.pem()?)
    }

    pub(super) fn certificate(&self) -> &CertificateDer<'static> {
        self.certificate.der()
    }

    pub(super) fn pem(&self) -> String {
        self.certificate.pem()
    }
}

impl Applicant {
    /// Makes a key and asks for a certificate with these names.
    pub(super) fn new(common_name: &str, names: &[SanType]) -> Outcome<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name = named(common_name);
        params.subject_alt_names = names.to_vec();
        let request = params.serialize_request(&key)?.pem()?;
        Ok(Self { key, request })
    }

    /// Signs its own certificate instead of asking anyone.
    pub(super) fn sign_itself(
        &self,
        common_name: &str,
        names: &[SanType],
        terms: &Terms,
    ) -> Outcome<Certificate> {
        let params = end_entity_params(named(common_name), names.to_vec(), terms);
        Ok(params.self_signed(&self.key)?)
    }
}

impl Terms {
    /// For a client, valid now and for ninety days.
    pub(super) fn client(serial: u64) -> Self {
        let now = OffsetDateTime::now_utc();
        Self {
            serial,
            not_before: now - Duration::hours(1),
            not_after: now + Duration::days(90),
            usage: ExtendedKeyUsagePurpose::ClientAuth,
        }
    }

    /// Valid from and to this many days from now.
    pub(super) fn between_days(self, from: i64, to: i64) -> Self {
        let now = OffsetDateTime::now_utc();
        Self { not_before: now + Duration::days(from), not_after: now + Duration::days(to), ..self }
    }

    /// For a server.
    pub(super) fn for_server(self) -> Self {
        Self { usage: ExtendedKeyUsagePurpose::ServerAuth, ..self }
    }
}

fn authority_params(name: &str) -> CertificateParams {
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::default();
    params.distinguished_name = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = now - Duration::days(1000);
    params.not_after = now + Duration::days(1000);
    params.use_authority_key_identifier_extension = true;
    params
}

fn end_entity_params(
    subject: DistinguishedName,
    names: Vec<SanType>,
    terms: &Terms,
) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = subject;
    params.subject_alt_names = names;
    params.serial_number = Some(SerialNumber::from(terms.serial));
    params.not_before = terms.not_before;
    params.not_after = terms.not_after;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![terms.usage.clone()];
    params.use_authority_key_identifier_extension = true;
    params
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "Acme");
    name.push(DnType::CommonName, common_name);
    name
}
