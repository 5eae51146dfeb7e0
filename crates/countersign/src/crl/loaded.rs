//! A CRL that stays: its DER, owned once, and an index over it.

use core::ops::Range;

use super::index::SerialIndex;
use super::{Crl, Entry, IssuingDistributionPoint};
use crate::cert::{LocationNames, Name};
use crate::clock::UnixTime;
use crate::der::{Reader, tag};
use crate::error::Malformed;

/// A CRL with an index of its entries.
///
/// Memory is the DER and five to six octets an entry: at most 1.5 × the DER. A look-up is O(1)
/// on average and O(log n) at worst. No entry is copied and none is kept twice.
///
/// ```
/// # use countersign::crl::LoadedCrl;
/// assert!(LoadedCrl::from_der(b"not DER".to_vec()).is_err());
/// ```
#[derive(Debug)]
pub struct LoadedCrl {
    der: Box<[u8]>,
    tbs: Range<u32>,
    signature_algorithm: Range<u32>,
    signature: Range<u32>,
    issuer: Range<u32>,
    authority_key_id: Option<Range<u32>>,
    this_update: UnixTime,
    next_update: Option<UnixTime>,
    flags: Flags,
    entry_count: usize,
    index: SerialIndex,
}

/// What a CRL is, apart from its fields.
#[derive(Clone, Debug)]
struct Flags {
    issuing_distribution_point: Option<Range<u32>>,
    is_delta: bool,
    has_unknown_critical_extension: bool,
    has_entries_that_name_issuers: bool,
}

impl LoadedCrl {
    /// Parses a CRL and indexes it.
    ///
    /// # Errors
    /// What [`Crl::parse`] finds, or a CRL of 4 GiB or more.
    pub fn from_der(der: impl Into<Box<[u8]>>) -> Result<Self, Malformed> {
        let der = der.into();
        if u32::try_from(der.len()).is_err() {
            return Err(Malformed::new("CRL: 4 GiB or more"));
        }
        let crl = Crl::parse(&der)?;
        let at = |part: &[u8]| range_in(&der, part);
        let point = crl.issuing_distribution_point();
        Ok(Self {
            tbs: at(crl.tbs()),
            signature_algorithm: at(crl.signature_algorithm()),
            signature: at(crl.signature()),
            issuer: at(crl.issuer().der()),
            authority_key_id: crl.authority_key_id().map(at),
            this_update: crl.this_update(),
            next_update: crl.next_update(),
            flags: Flags {
                issuing_distribution_point: point.map(|p| at(p.der)),
                is_delta: crl.is_delta(),
                has_unknown_critical_extension: crl.has_unknown_critical_extension(),
                has_entries_that_name_issuers: crl.has_entries_that_name_issuers(),
            },
            entry_count: crl.entry_count(),
            index: index(&der, &crl),
            der,
        })
    }

    /// All octets of the CRL.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// All octets of the TBSCertList.
    pub fn tbs(&self) -> &[u8] {
        self.part(&self.tbs)
    }

    /// Content octets of the signature's AlgorithmIdentifier.
    pub fn signature_algorithm(&self) -> &[u8] {
        self.part(&self.signature_algorithm)
    }

    /// The issuer's signature.
    pub fn signature(&self) -> &[u8] {
        self.part(&self.signature)
    }

    /// Who issued it.
    pub fn issuer(&self) -> Name<'_> {
        Name::from_checked(self.part(&self.issuer))
    }

    /// The key identifier of authorityKeyIdentifier.
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.authority_key_id.as_ref().map(|range| self.part(range))
    }

    /// When it was issued.
    pub fn this_update(&self) -> UnixTime {
        self.this_update
    }

    /// When the next one comes at the latest.
    pub fn next_update(&self) -> Option<UnixTime> {
        self.next_update
    }

    /// See [`Crl::issuing_distribution_point`].
    pub fn issuing_distribution_point(&self) -> Option<IssuingDistributionPoint<'_>> {
        let value = self.part(self.flags.issuing_distribution_point.as_ref()?);
        let point = IssuingDistributionPoint::from_der(value);
        Some(point.expect("invariant: checked when it was loaded"))
    }

    /// See [`Crl::is_delta`].
    pub fn is_delta(&self) -> bool {
        self.flags.is_delta
    }

    /// See [`Crl::has_unknown_critical_extension`].
    pub fn has_unknown_critical_extension(&self) -> bool {
        self.flags.has_unknown_critical_extension
    }

    /// See [`Crl::has_entries_that_name_issuers`].
    pub fn has_entries_that_name_issuers(&self) -> bool {
        self.flags.has_entries_that_name_issuers
    }

    /// The issuers that entries name as those of their certificates.
    pub(crate) fn named_issuers(&self) -> impl Iterator<Item = Name<'_>> {
        let crl = self.flags.has_entries_that_name_issuers.then(|| Crl::parse(&self.der).ok());
        let entries = crl.flatten().into_iter().flat_map(|crl| crl.entries());
        let names = entries.filter_map(|entry| entry.certificate_issuer);
        names.flat_map(|names| names.directory_names())
    }

    /// How many entries there are.
    pub fn entry_count(&self) -> usize {
        self.entry_count
    }

    /// Every entry about the certificate of this CRL's own issuer with this serial number
    /// (INTEGER content octets), in the order of the CRL. Entries that an indirect CRL ascribes
    /// to another issuer are not among them.
    pub fn entries_of(&self, serial: &[u8]) -> impl Iterator<Item = Entry<'_>> {
        let found = self.index.find(serial, |offset| serial_at(&self.der, offset));
        found.iter().filter_map(|offset| entry_at(&self.der, *offset))
    }

    /// Octets of memory that the CRL takes, DER and index.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.der.len() + self.index.bytes()
    }

    fn part(&self, range: &Range<u32>) -> &[u8] {
        &self.der[range.start as usize..range.end as usize]
    }
}

/// Indexes the entries that are about certificates of the CRL's own issuer.
fn index(der: &[u8], crl: &Crl<'_>) -> SerialIndex {
    let mut rest = Reader::new(crl.revoked);
    // "If this extension is not present on subsequent entries, the certificate issuer for the
    // entry is the same as that for the preceding entry" (RFC 5280 section 5.3.3).
    let mut own = true;
    let entries = core::iter::from_fn(|| {
        loop {
            let at = rest.remaining();
            let entry = Entry::read(&mut rest).ok()?;
            if let Some(names) = entry.certificate_issuer {
                own = names_issuer(&names, crl.issuer());
            }
            if own {
                return Some((range_in(der, at).start, entry.serial));
            }
        }
    });
    SerialIndex::build(crl.entry_count(), entries, |offset| serial_at(der, offset))
}

fn names_issuer(names: &LocationNames<'_>, issuer: Name<'_>) -> bool {
    names.directory_names().any(|name| name == issuer)
}

fn entry_at(der: &[u8], offset: u32) -> Option<Entry<'_>> {
    Entry::read(&mut Reader::new(&der[offset as usize..])).ok()
}

/// The serial number of the entry at this offset, which was read there before.
fn serial_at(der: &[u8], offset: u32) -> &[u8] {
    let mut entry = Reader::new(&der[offset as usize..]);
    let serial = entry.read(tag::SEQUENCE, "checked").and_then(|content| {
        let mut fields = Reader::new(content);
        fields.read(tag::INTEGER, "checked")
    });
    serial.expect("invariant: the index holds offsets of entries that were read")
}

/// Where `part`, a slice of `der`, lies in it. `der` is shorter than 4 GiB.
fn range_in(der: &[u8], part: &[u8]) -> Range<u32> {
    let start = (part.as_ptr().addr() - der.as_ptr().addr()) as u32;
    start..start + part.len() as u32
}
