//! From the text of a value to its normal form, or to what is wrong with it.

use core::net::IpAddr;

use super::key::{Key, Kind, Network};
use crate::cert::{GeneralName, kind};
use crate::der::Tlv;
use crate::hex;
use crate::identity::normal::{self, Scratch};

/// The key that `kind` and `value` make, for every kind that is written as one string.
///
/// # Errors
///
/// What is wrong with the value and what to write instead.
pub(crate) fn key(kind: Kind, value: &str) -> Result<Key, String> {
    match kind {
        Kind::Ip => network(value).map(Key::Ip),
        Kind::UriPrefix => uri_prefix(value).map(|()| Key::UriPrefix(value.into())),
        Kind::DnsSuffix => dns_suffix(value).map(Key::DnsSuffix),
        Kind::Subject => Err("a subject is a table of attributes: { cn = \"…\" }".to_owned()),
        exact => {
            let mut scratch = ExactScratch::new();
            Ok(Key::Exact(exact, exact_bytes(exact, value, &mut scratch)?.into()))
        }
    }
}

/// Room for an exact value in its normal form.
pub(crate) struct ExactScratch {
    names: Scratch,
    octets: [u8; DIGEST + crate::limits::SERIAL_OCTETS],
}

const DIGEST: usize = 32;

impl ExactScratch {
    pub(crate) const fn new() -> Self {
        Self { names: Scratch::new(), octets: [0; DIGEST + crate::limits::SERIAL_OCTETS] }
    }
}

/// The bytes that an exact value's table is keyed by. Allocates in the error case only.
///
/// # Errors
///
/// As for [`key`].
pub(crate) fn exact_bytes<'b>(
    kind: Kind,
    value: &'b str,
    scratch: &'b mut ExactScratch,
) -> Result<&'b [u8], String> {
    match kind {
        Kind::Cert | Kind::Spki => {
            hex_digest(value, &mut scratch.octets)?;
            Ok(&scratch.octets[..DIGEST])
        }
        Kind::IssuerSerial => {
            let (issuer, serial) = value.split_once('/').ok_or(
                "an issuer_serial is two hex numbers with a `/` between: SHA-256 of the issuer \
                 Name's DER, and the serial number",
            )?;
            issuer_serial(issuer, serial, scratch)
        }
        Kind::Uri => uri(value).map(|()| value.as_bytes()),
        Kind::Dns => dns(value, &mut scratch.names),
        Kind::Email => normal::email(value, &mut scratch.names)
            .map_err(|why| format!("`{value}` is no email address: {why}")),
        _ => Err(format!("`{}` is not an exact kind", kind.name())),
    }
}

/// The bytes of an `issuer_serial` from its two hex numbers.
///
/// # Errors
///
/// As for [`key`].
pub(crate) fn issuer_serial<'b>(
    issuer: &str,
    serial: &str,
    scratch: &'b mut ExactScratch,
) -> Result<&'b [u8], String> {
    hex_digest(issuer, &mut scratch.octets)
        .map_err(|why| format!("the issuer's SHA-256 is wrong: {why}"))?;
    let length = hex_serial(serial, &mut scratch.octets[DIGEST..])?;
    Ok(&scratch.octets[..DIGEST + length])
}

/// A SHA-256 digest written as 64 hex digits.
///
/// # Errors
///
/// As for [`key`].
pub(crate) fn digest(value: &str) -> Result<[u8; DIGEST], String> {
    let mut octets = [0; DIGEST];
    hex_digest(value, &mut octets).map(|()| octets)
}

fn hex_digest(value: &str, octets: &mut [u8]) -> Result<(), String> {
    if value.len() == 2 * DIGEST && hex::decode(value.as_bytes(), &mut octets[..DIGEST]) {
        return Ok(());
    }
    let plain: String = value.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
    if plain.len() == 2 * DIGEST && plain.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(format!("write a SHA-256 without separators: {}", plain.to_lowercase()));
    }
    Err(format!("a SHA-256 is 64 hex digits, this has {} characters{}", value.chars().count(), {
        let odd = value.chars().find(|c| !c.is_ascii_hexdigit());
        odd.map(|c| format!(", one of them `{}`", c.escape_debug())).unwrap_or_default()
    }))
}

fn hex_serial(value: &str, octets: &mut [u8]) -> Result<usize, String> {
    if value.is_empty() || !value.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err("a serial number is hex digits only, without `0x`, colons or blanks".to_owned());
    }
    if value.len() % 2 == 1 {
        return Err(format!("a serial number is whole bytes of hex: write `0{value}`"));
    }
    if value.len() > 2 && value.starts_with("00") {
        let bare = value.trim_start_matches("00");
        let bare = if bare.is_empty() { "00" } else { bare };
        return Err(format!("a serial number has no padding: write `{bare}`"));
    }
    let length = value.len() / 2;
    // The sign octet counts: twenty bytes whose first bit is set would need a twenty-first.
    let signed = length + usize::from(value.as_bytes()[0] >= b'8');
    let Some(octets) = octets.get_mut(..length).filter(|_| signed <= crate::limits::SERIAL_OCTETS)
    else {
        return Err(format!("a serial number has at most {} bytes", crate::limits::SERIAL_OCTETS));
    };
    hex::decode(value.as_bytes(), octets);
    Ok(length)
}

fn dns<'b>(value: &str, scratch: &'b mut Scratch) -> Result<&'b [u8], String> {
    if value.parse::<IpAddr>().is_ok() {
        return Err(format!("`{value}` is an IP address, no DNS name: use `ip`"));
    }
    normal::dns(value, scratch).map_err(|why| format!("`{value}` is no DNS name: {why}"))
}

fn dns_suffix(value: &str) -> Result<Box<str>, String> {
    let Some(domain) = value.strip_prefix('.') else {
        return Err(format!(
            "a dns_suffix begins with a dot: write `.{}`",
            value.strip_prefix("*.").unwrap_or(value)
        ));
    };
    let mut scratch = Scratch::new();
    normal::dns(domain, &mut scratch)
        .map_err(|why| format!("`{value}` is no suffix of DNS names: {why}"))?;
    if domain.len() + 2 > crate::limits::DNS_NAME_BYTES {
        return Err("this can never match: no DNS name is that long".to_owned());
    }
    Ok(value.to_ascii_lowercase().into())
}

fn uri(value: &str) -> Result<(), String> {
    if let Some(prefix) = value.strip_suffix('*') {
        return Err(format!("`*` is no wildcard in a uri: use uri_prefix = \"{prefix}\""));
    }
    if GeneralName::from_tlv(Tlv { tag: kind::URI, content: value.as_bytes(), der: &[] }).is_err() {
        return Err(format!(
            "`{}` is no URI as certificates hold it: `scheme:` and a host where it has one, as in \
             `spiffe://acme.example/billing`, in visible ASCII",
            value.escape_debug()
        ));
    }
    Ok(())
}

fn uri_prefix(value: &str) -> Result<(), String> {
    let Some(path) = normal::after_authority(value) else {
        return Err(format!(
            "`{}` names no host: write `scheme://host/` and a path, as in \
             `spiffe://acme.example/jobs/`",
            value.escape_debug()
        ));
    };
    if value.contains(['?', '#']) {
        return Err("a uri_prefix ends inside the path: leave out `?` and `#`".to_owned());
    }
    if !path.ends_with('/') {
        let start = value.strip_suffix('*').unwrap_or(value).trim_end_matches('/');
        return Err(format!(
            "a uri_prefix ends in `/`, so that it ends with a whole segment: write `{start}/`"
        ));
    }
    normal::check_prefixable(value).map_err(|why| format!("this can never match: {why}"))
}

fn network(value: &str) -> Result<Network, String> {
    let (address, mask) = match value.split_once('/') {
        Some((address, mask)) => (address, Some(mask)),
        None => (value, None),
    };
    let Ok(address) = address.parse::<IpAddr>() else {
        return Err(format!(
            "`{}` is no IP address or network: write `192.0.2.7`, `192.0.2.0/24` or `2001:db8::/32`",
            value.escape_debug()
        ));
    };
    let (octets, bits) = match address {
        IpAddr::V4(v4) => (v4.octets().to_vec(), 32),
        IpAddr::V6(v6) => (v6.octets().to_vec(), 128),
    };
    let prefix = mask.map_or(Some(bits), |mask| prefix_length(mask, bits)).ok_or_else(|| {
        format!("the mask of `{value}` must be a number of bits from 0 to {bits}")
    })?;
    let network = Network::around(&octets, prefix).ok_or("no IP address")?;
    if Network::around(&octets, bits).map(|all| all.octets) != Some(network.octets) {
        return Err(format!(
            "`{value}` has bits set behind its mask: write `{network}` for the network or \
             `{address}` for the one address"
        ));
    }
    Ok(network)
}

fn prefix_length(mask: &str, bits: u8) -> Option<u8> {
    let plain = mask.bytes().all(|b| b.is_ascii_digit()) && (mask == "0" || !mask.starts_with('0'));
    mask.parse().ok().filter(|&prefix| plain && prefix <= bits)
}

#[cfg(test)]
mod tests;
