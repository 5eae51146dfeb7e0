//! What a ticket or a cached session holds besides rustls' own state.

use crate::binding::Binding;
use crate::clock::UnixTime;

/// A session as it is kept: this header, then the state that rustls gave.
///
/// The client's leaf is in rustls' state already; the header says where, so that it is neither
/// kept twice nor looked for by parsing what is rustls' own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Envelope<'a> {
    /// Of the entry that made it.
    pub(super) entry: [u8; ENTRY],
    /// The last second in which it counts.
    pub(super) expires: UnixTime,
    /// When the client last did a full handshake.
    pub(super) authenticated_at: UnixTime,
    /// Whose it is; `None` where the client was nobody.
    pub(super) client: Option<Client<'a>>,
    /// rustls' state.
    pub(super) state: &'a [u8],
}

/// The client of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Client<'a> {
    pub(super) leaf: &'a [u8],
    pub(super) binding: Binding,
}

/// Bytes of an entry's digest that are kept.
pub(super) const ENTRY: usize = 16;

const VERSION: u8 = 1;
const NOBODY: u8 = 0;
const SOMEBODY: u8 = 1;

impl<'a> Envelope<'a> {
    /// The header's bytes, which go before the state. `None` where the leaf is not in the state: a
    /// session without its client must not be kept.
    pub(super) fn header(&self) -> Option<Vec<u8>> {
        let mut header = Vec::with_capacity(2 + ENTRY + 16 + 8 + Binding::LENGTH);
        header.push(VERSION);
        header.extend_from_slice(&self.entry);
        header.extend_from_slice(&self.expires.as_secs().to_be_bytes());
        header.extend_from_slice(&self.authenticated_at.as_secs().to_be_bytes());
        let Some(client) = &self.client else {
            header.push(NOBODY);
            return Some(header);
        };
        let mut places = self.state.windows(client.leaf.len().max(1));
        let place = u32::try_from(places.position(|bytes| bytes == client.leaf)?).ok()?;
        let length = u32::try_from(client.leaf.len()).ok()?;
        header.push(SOMEBODY);
        header.extend_from_slice(&place.to_be_bytes());
        header.extend_from_slice(&length.to_be_bytes());
        header.extend_from_slice(client.binding.as_bytes());
        Some(header)
    }

    /// Reads what [`Envelope::header`] and the state make together.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        if *version != VERSION {
            return None;
        }
        let (entry, rest) = rest.split_first_chunk()?;
        let (expires, rest) = rest.split_first_chunk()?;
        let (authenticated_at, rest) = rest.split_first_chunk()?;
        let (kind, rest) = rest.split_first()?;
        let (client, state) = match *kind {
            NOBODY => (None, rest),
            SOMEBODY => parse_client(rest).map(|(client, state)| (Some(client), state))?,
            _ => return None,
        };
        Some(Self {
            entry: *entry,
            expires: UnixTime::from_secs(i64::from_be_bytes(*expires)),
            authenticated_at: UnixTime::from_secs(i64::from_be_bytes(*authenticated_at)),
            client,
            state,
        })
    }
}

fn parse_client(bytes: &[u8]) -> Option<(Client<'_>, &[u8])> {
    let (place, rest) = bytes.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (binding, state) = rest.split_first_chunk::<{ Binding::LENGTH }>()?;
    let place = usize::try_from(u32::from_be_bytes(*place)).ok()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let leaf = state.get(place..place.checked_add(length)?)?;
    Some((Client { leaf, binding: Binding::from_bytes(binding)? }, state))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope<'a>(state: &'a [u8], leaf: Option<&'a [u8]>) -> Envelope<'a> {
        let mut binding = [7; Binding::LENGTH];
        binding[0] = 1;
        let binding = Binding::from_bytes(&binding).unwrap();
        Envelope {
            entry: [9; ENTRY],
            expires: UnixTime::from_secs(-5),
            authenticated_at: UnixTime::from_secs(77),
            client: leaf.map(|leaf| Client { leaf, binding }),
            state,
        }
    }

    #[test]
    fn what_is_written_is_read_and_nothing_shorter_is() {
        for leaf in [None, Some(&b"leaf"[..])] {
            let envelope = envelope(b"name leaf other", leaf);
            let header = envelope.header().unwrap();
            let bytes = [&header[..], envelope.state].concat();
            assert_eq!(Envelope::parse(&bytes).as_ref(), Some(&envelope));
            for length in 0..header.len() {
                assert_eq!(Envelope::parse(&bytes[..length]), None, "{length} bytes");
            }
        }
    }

    #[test]
    fn a_session_is_not_kept_without_its_client() {
        assert_eq!(envelope(b"somebody else's", Some(b"leaf")).header(), None);
        assert_eq!(envelope(b"", Some(b"leaf")).header(), None);
    }

    #[test]
    fn a_leaf_outside_the_state_is_no_envelope() {
        let envelope = envelope(b"leaf", Some(b"leaf"));
        let header = envelope.header().unwrap();
        for state in [&b"lea"[..], b""] {
            assert_eq!(Envelope::parse(&[&header[..], state].concat()), None);
        }
    }
}
