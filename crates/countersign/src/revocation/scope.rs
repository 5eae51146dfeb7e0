//! What a CRL covers (RFC 5280 section 6.3.3, steps b to e).

use crate::cert::{Certificate, DistributionPoint, DistributionPointName, Name, Rdn};
use crate::crl::{ALL_REASONS, CertificateKind, LoadedCrl};

/// The reasons for which this CRL, by not listing it, says that `certificate` of the CRL's own
/// issuer is not revoked; none where the CRL does not cover it.
pub(super) fn covered_reasons(crl: &LoadedCrl, certificate: &Certificate<'_>) -> u16 {
    // Delta CRLs are incomplete; indirect ones speak of other issuers; and what a critical
    // extension that is not understood changes, nobody knows.
    if crl.is_delta() || crl.has_unknown_critical_extension() || crl.has_entries_that_name_issuers()
    {
        return 0;
    }
    let Some(point) = crl.issuing_distribution_point() else {
        return ALL_REASONS;
    };
    let of_its_kind = match point.only {
        None => true,
        Some(CertificateKind::User) => !certificate.is_ca(),
        Some(CertificateKind::Ca) => certificate.is_ca(),
        Some(CertificateKind::Attribute) => false,
    };
    if point.is_indirect || !of_its_kind {
        return 0;
    }
    let reasons = point.only_some_reasons.unwrap_or(ALL_REASONS) & ALL_REASONS;
    match point.name {
        None => reasons,
        Some(name) => reasons & reasons_served(&name, certificate),
    }
}

/// The reasons for which the certificate expects its CRLs at a place of this name.
fn reasons_served(name: &DistributionPointName<'_>, certificate: &Certificate<'_>) -> u16 {
    let issuer = certificate.issuer();
    // A CRL that no distribution point mentions is taken for one whose name is the issuer's (the
    // last paragraph of section 6.3.3).
    let implied = match name {
        DistributionPointName::Full(names) => names.directory_names().any(|n| n == issuer),
        DistributionPointName::Relative(_) => false,
    };
    if implied {
        return ALL_REASONS;
    }
    let Some(points) = certificate.crl_distribution_points() else {
        return 0;
    };
    points
        .iter()
        .filter(|point| is_served_by(point, issuer))
        .filter(|point| point.name.is_some_and(|own| same_place(&own, name, issuer)))
        .fold(0, |mask, point| mask | point.reasons.unwrap_or(ALL_REASONS))
}

/// Whether CRLs of the certificate's own issuer may come from this point: it names no other
/// issuer of CRLs.
fn is_served_by(point: &DistributionPoint<'_>, issuer: Name<'_>) -> bool {
    point.crl_issuer.is_none_or(|names| names.directory_names().any(|name| name == issuer))
}

fn same_place(
    a: &DistributionPointName<'_>,
    b: &DistributionPointName<'_>,
    issuer: Name<'_>,
) -> bool {
    use DistributionPointName::{Full, Relative};

    match (a, b) {
        (Full(a), Full(b)) => a.share_one_with(b),
        (Relative(a), Relative(b)) => a.matches(b),
        (Full(names), Relative(rdn)) | (Relative(rdn), Full(names)) => {
            names.directory_names().any(|name| is_below(name, issuer, rdn))
        }
    }
}

/// Whether `name` is `issuer` with one more relative distinguished name.
fn is_below(name: Name<'_>, issuer: Name<'_>, rdn: &Rdn<'_>) -> bool {
    let mut relative = issuer.rdns().chain(core::iter::once(*rdn));
    let mut own = name.rdns();
    loop {
        match (own.next(), relative.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a.matches(&b) => {}
            _ => return false,
        }
    }
}
