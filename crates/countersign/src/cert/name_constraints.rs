//! nameConstraints (RFC 5280 section 4.2.1.10): the extension as read; what it means for a path
//! is judged in `path::constraints`.

use super::general_name::{is_host_name, is_local_part, kind};
use super::name::Name;
use crate::der::{Reader, Tlv, tag};
use crate::error::Malformed;

/// The subtrees a CA may, and may not, issue for.
#[derive(Clone, Copy, Debug)]
pub struct NameConstraints<'a> {
    permitted: &'a [u8],
    excluded: &'a [u8],
}

/// The base of one subtree, well formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subtree<'a> {
    /// A host and everything below it; empty is every host.
    Dns(&'a str),
    /// `local@host` (that mailbox), `host` (every mailbox there), or `.host` (every mailbox on
    /// hosts below it).
    Email(&'a str),
    /// `host` (that host alone) or `.host` (hosts below it).
    Uri(&'a str),
    /// Address and mask, 4 or 16 octets each.
    Ip {
        /// Network address.
        address: &'a [u8],
        /// Contiguous mask, as long as the address.
        mask: &'a [u8],
    },
    /// A directory name and everything below it.
    Directory(Name<'a>),
    /// A kind whose subtrees have no defined meaning here, by its tag. Names of the kind are
    /// then refused.
    Unsupported(u8),
}

impl<'a> NameConstraints<'a> {
    pub(super) fn read(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        let what = "name constraints: not well formed";
        r.nested(tag::SEQUENCE, what, |r| {
            let permitted = r.read_optional(tag::context_constructed(0), what)?;
            let excluded = r.read_optional(tag::context_constructed(1), what)?;
            // "conforming CAs MUST NOT issue certificates where name constraints is an empty
            // sequence", and GeneralSubtrees holds one or more.
            if permitted.is_none() && excluded.is_none() {
                return Err(Malformed::new("name constraints: empty"));
            }
            for subtrees in [permitted, excluded].into_iter().flatten() {
                check_subtrees(subtrees)?;
            }
            Ok(Self { permitted: permitted.unwrap_or(&[]), excluded: excluded.unwrap_or(&[]) })
        })
    }

    /// How many octets the subtrees have.
    pub(crate) fn der_len(&self) -> usize {
        self.permitted.len() + self.excluded.len()
    }

    /// permittedSubtrees.
    pub fn permitted(&self) -> impl Iterator<Item = Subtree<'a>> + Clone + use<'a> {
        subtrees(self.permitted)
    }

    /// excludedSubtrees.
    pub fn excluded(&self) -> impl Iterator<Item = Subtree<'a>> + Clone + use<'a> {
        subtrees(self.excluded)
    }
}

fn check_subtrees(content: &[u8]) -> Result<(), Malformed> {
    let mut reader = Reader::new(content);
    loop {
        subtree(&mut reader)?;
        if reader.is_empty() {
            return Ok(());
        }
    }
}

fn subtrees<'a>(content: &'a [u8]) -> impl Iterator<Item = Subtree<'a>> + Clone + use<'a> {
    let mut reader = Reader::new(content);
    // Checked when the extension was read, so no step can fail before the end.
    core::iter::from_fn(move || {
        let mut subtree = Reader::new(reader.read(tag::SEQUENCE, "checked").ok()?);
        checked_base(subtree.read_tlv("checked").ok()?)
    })
}

/// As `base`, for an element that it has accepted before: the syntax is not gone through again.
fn checked_base<'a>(tlv: Tlv<'a>) -> Option<Subtree<'a>> {
    let text = || core::str::from_utf8(tlv.content).ok();
    Some(match tlv.tag {
        kind::DNS => Subtree::Dns(text()?),
        kind::EMAIL => Subtree::Email(text()?),
        kind::URI => Subtree::Uri(text()?),
        kind::DIRECTORY => Subtree::Directory(Name::checked(tlv.content)),
        _ => return base(tlv).ok(),
    })
}

fn subtree<'a>(r: &mut Reader<'a>) -> Result<Subtree<'a>, Malformed> {
    // "Within this profile, the minimum and maximum fields are not used": minimum is 0, which
    // DER leaves out, and maximum is absent, so only the base can follow.
    let what = "name constraints: subtree";
    r.nested(tag::SEQUENCE, what, |r| base(r.read_tlv(what)?))
}

fn base<'a>(tlv: Tlv<'a>) -> Result<Subtree<'a>, Malformed> {
    let ascii = |what| core::str::from_utf8(tlv.content).map_err(|_| Malformed::new(what));
    Ok(match tlv.tag {
        kind::DNS => {
            let what = "name constraints: not a DNS name";
            let name = ascii(what)?;
            if !(name.is_empty() || is_host_name(name)) {
                return Err(Malformed::new(what));
            }
            Subtree::Dns(name)
        }
        kind::EMAIL => {
            let what = "name constraints: not a mailbox, host or domain";
            let text = ascii(what)?;
            let ok = match text.rsplit_once('@') {
                Some((local, host)) => is_local_part(local) && is_host_name(host),
                None => is_host_name(text.strip_prefix('.').unwrap_or(text)),
            };
            if !ok {
                return Err(Malformed::new(what));
            }
            Subtree::Email(text)
        }
        kind::URI => {
            let what = "name constraints: not the host or domain of a URI";
            let text = ascii(what)?;
            if !is_host_name(text.strip_prefix('.').unwrap_or(text)) {
                return Err(Malformed::new(what));
            }
            Subtree::Uri(text)
        }
        kind::IP => ip_network(tlv.content)?,
        kind::DIRECTORY => Subtree::Directory(Name::from_der(tlv.content)?),
        kind::OTHER | kind::X400 | kind::EDI_PARTY | kind::REGISTERED_ID => {
            Subtree::Unsupported(tlv.tag)
        }
        _ => return Err(Malformed::new("name constraints: unknown kind of name")),
    })
}

fn ip_network(content: &[u8]) -> Result<Subtree<'_>, Malformed> {
    let malformed = Malformed::new("name constraints: not an address and a contiguous mask");
    if !matches!(content.len(), 8 | 32) {
        return Err(malformed);
    }
    let (address, mask) = content.split_at(content.len() / 2);
    // CIDR style (RFC 4632): ones, then zeros.
    let ones = mask.iter().take_while(|octet| **octet == 0xff).count();
    let rest = &mask[ones..];
    let contiguous = match rest {
        [] => true,
        [edge, zeros @ ..] => {
            edge.leading_ones() + edge.trailing_zeros() == 8 && zeros.iter().all(|z| *z == 0)
        }
    };
    if contiguous { Ok(Subtree::Ip { address, mask }) } else { Err(malformed) }
}
