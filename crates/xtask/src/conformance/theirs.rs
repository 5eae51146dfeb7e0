//! The same case through rustls-webpki, asked for as much as it can do: CRLs for the whole path,
//! their expiry enforced, unknown status denied.

use std::time::Duration;

use countersign_testkit::vectors::{Case, Kind, PeerName};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{
    ALL_VERIFICATION_ALGS, BorrowedCertRevocationList, CertRevocationList, EndEntityCert, Error,
    ExpirationPolicy, KeyUsage, RevocationCheckDepth, RevocationOptionsBuilder,
    UnknownStatusPolicy, anchor_from_trusted_cert,
};

use super::names;

/// Whether webpki finds a path and the names that the case expects.
pub(super) fn accepts(case: &Case, now: i64) -> bool {
    verify(case, now).is_ok()
}

fn verify(case: &Case, now: i64) -> Result<(), Error> {
    let leaf = CertificateDer::from(case.leaf.as_slice());
    let leaf = EndEntityCert::try_from(&leaf)?;
    let certificates = |ders: &'_ [Vec<u8>]| -> Vec<CertificateDer<'static>> {
        ders.iter().map(|der| CertificateDer::from(der.clone())).collect()
    };
    let (trusted, untrusted) = (certificates(&case.trusted), certificates(&case.untrusted));
    let anchors = trusted.iter().map(anchor_from_trusted_cert).collect::<Result<Vec<_>, _>>()?;
    let crls = case.crls.iter().map(|crl| parse_crl(crl)).collect::<Result<Vec<_>, _>>()?;
    let crls: Vec<_> = crls.iter().collect();
    let revocation = RevocationOptionsBuilder::new(&crls).ok().map(|options| {
        options
            .with_depth(RevocationCheckDepth::Chain)
            .with_status_policy(UnknownStatusPolicy::Deny)
            .with_expiration_policy(ExpirationPolicy::Enforce)
            .build()
    });
    let seconds = u64::try_from(case.time.unwrap_or(now)).unwrap_or(0);
    let depth = case.max_chain_depth.map_or(usize::MAX, usize::from);
    leaf.verify_for_usage(
        ALL_VERIFICATION_ALGS,
        &anchors,
        &untrusted,
        UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
        match case.kind {
            Kind::Server => KeyUsage::server_auth(),
            Kind::Client => KeyUsage::client_auth(),
        },
        revocation,
        Some(&|path| {
            let fits = path.intermediate_certificates().count() <= depth;
            if fits { Ok(()) } else { Err(Error::MaximumPathDepthExceeded) }
        }),
    )?;
    case.peer_names.iter().try_for_each(|name| check_name(&leaf, case, name))
}

fn parse_crl(der: &[u8]) -> Result<CertRevocationList<'_>, Error> {
    BorrowedCertRevocationList::from_der(der).map(CertRevocationList::from)
}

fn check_name(leaf: &EndEntityCert<'_>, case: &Case, name: &PeerName) -> Result<(), Error> {
    if name.kind == "RFC822" {
        // webpki matches none, so it gets our own comparison.
        let has = names::has_all(&case.leaf, std::slice::from_ref(name));
        return if has { Ok(()) } else { Err(Error::UnsupportedNameType) };
    }
    let name = ServerName::try_from(name.value.as_str()).map_err(|_| Error::UnsupportedNameType)?;
    leaf.verify_is_valid_for_subject_name(&name)
}
