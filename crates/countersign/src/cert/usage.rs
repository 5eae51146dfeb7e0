//! What a key may be used for: basicConstraints, keyUsage, extendedKeyUsage.

use crate::der::{Reader, read_all, tag};
use crate::error::Malformed;

/// basicConstraints (RFC 5280 section 4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a certification authority.
    pub ca: bool,
    /// Most non-self-issued intermediates that may follow below.
    pub path_len: Option<u32>,
}

impl BasicConstraints {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let what = "basic constraints: not well formed";
        r.nested(tag::SEQUENCE, what, |r| {
            let ca = r.default_false(what)?;
            let path_len = if r.is_empty() { None } else { Some(r.small_uint(what)?) };
            if path_len.is_some() && !ca {
                return Err(Malformed::new("basic constraints: path length without cA"));
            }
            Ok(Self { ca, path_len })
        })
    }
}

/// keyUsage (RFC 5280 section 4.2.1.3) as a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// digitalSignature (0): what a TLS client does in its CertificateVerify.
    pub const DIGITAL_SIGNATURE: Self = Self(0x8000);
    /// keyCertSign (5).
    pub const KEY_CERT_SIGN: Self = Self(0x0400);
    /// cRLSign (6).
    pub const CRL_SIGN: Self = Self(0x0200);

    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let what = "key usage: not a canonical bit list";
        let bits = crate::der::named_bits(r.read(tag::BIT_STRING, what)?, what)?;
        // "at least one of the bits MUST be set to 1" (RFC 5280 section 4.2.1.3); nine exist.
        if bits == 0 || bits & 0x007f != 0 {
            return Err(Malformed::new("key usage: no bit, or an undefined one"));
        }
        Ok(Self(bits))
    }

    /// Whether every bit of `usage` is set.
    pub const fn allows(self, usage: Self) -> bool {
        self.0 & usage.0 == usage.0
    }
}

/// extendedKeyUsage (RFC 5280 section 4.2.1.12): a non-empty list of purposes.
#[derive(Clone, Copy, Debug)]
pub struct ExtendedKeyUsage<'a> {
    content: &'a [u8],
}

/// OBJECT IDENTIFIER content octets of purposes.
pub(crate) mod purpose {
    /// anyExtendedKeyUsage, 2.5.29.37.0.
    pub(crate) const ANY: &[u8] = &[0x55, 0x1d, 0x25, 0x00];
    /// id-kp-serverAuth, 1.3.6.1.5.5.7.3.1.
    #[cfg(feature = "internal")]
    pub(crate) const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
    /// id-kp-clientAuth, 1.3.6.1.5.5.7.3.2.
    pub(crate) const CLIENT_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];
}

impl<'a> ExtendedKeyUsage<'a> {
    pub(super) fn read(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        let what = "extended key usage: not a well-formed list";
        let content = r.read(tag::SEQUENCE, what)?;
        let mut purposes = Reader::new(content);
        loop {
            purposes.oid(what)?;
            if purposes.is_empty() {
                return Ok(Self { content });
            }
        }
    }

    /// How many octets the list has, for pricing what is done with it.
    pub(crate) fn der_len(&self) -> usize {
        self.content.len()
    }

    /// The purposes, as OBJECT IDENTIFIER content octets.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        let mut purposes = Reader::new(self.content);
        core::iter::from_fn(move || purposes.oid("checked").ok())
    }

    /// Whether `purpose` or anyExtendedKeyUsage is listed.
    pub(crate) fn allows(&self, purpose: &[u8]) -> bool {
        self.iter().any(|listed| listed == purpose || listed == purpose::ANY)
    }
}

/// authorityKeyIdentifier (RFC 5280 section 4.2.1.1): the key identifier, where there is one.
pub(crate) fn authority_key_id<'a>(r: &mut Reader<'a>) -> Result<Option<&'a [u8]>, Malformed> {
    let what = "authority key identifier: not well formed";
    r.nested(tag::SEQUENCE, what, |r| {
        let key_id = r.read_optional(tag::context(0), what)?;
        let issuer = r.read_optional(tag::context_constructed(1), what)?;
        let serial = r.read_optional(tag::context(2), what)?;
        // Both or neither (RFC 5280 appendix A.2).
        if issuer.is_some() != serial.is_some() {
            return Err(Malformed::new("authority key identifier: issuer and serial go together"));
        }
        if let Some(serial) = serial {
            crate::der::minimal_integer(serial, what)?;
        }
        Ok(key_id)
    })
}

/// authorityInfoAccess and subjectInfoAccess (RFC 5280 section 4.2.2): checked, never followed.
pub(super) fn check_info_access(r: &mut Reader<'_>) -> Result<(), Malformed> {
    let what = "information access: not well formed";
    let content = r.read(tag::SEQUENCE, what)?;
    let mut descriptions = Reader::new(content);
    loop {
        descriptions.nested(tag::SEQUENCE, what, |r| {
            r.oid(what)?;
            super::distribution::check_general_name(r.read_tlv(what)?)
        })?;
        if descriptions.is_empty() {
            return Ok(());
        }
    }
}

/// An OCTET STRING that is the whole extension (subjectKeyIdentifier).
pub(super) fn key_id<'a>(r: &mut Reader<'a>) -> Result<&'a [u8], Malformed> {
    r.read(tag::OCTET_STRING, "subject key identifier: not an OCTET STRING")
}

/// A small INTEGER that is the whole extension (inhibitAnyPolicy).
pub(super) fn skip_certs(r: &mut Reader<'_>) -> Result<u32, Malformed> {
    r.small_uint("inhibit any-policy: not a small integer")
}

pub(super) fn whole<'a, T>(
    value: &'a [u8],
    f: impl FnOnce(&mut Reader<'a>) -> Result<T, Malformed>,
) -> Result<T, Malformed> {
    read_all(value, "extension: trailing octets", f)
}
