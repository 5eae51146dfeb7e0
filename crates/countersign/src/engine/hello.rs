//! The server name out of a ClientHello, before anything else is decided.
//!
//! Which certificate, which policy and which client authentication a connection gets depends on the
//! name, so it must be known before rustls is given the hello. rustls reads the same bytes again
//! and its reading is compared with ours (see `resolver`): where the two differ, nobody gets in.

use std::borrow::Cow;
use std::net::IpAddr;

use rustls::pki_types::DnsName;

use super::alert::Alert;
use crate::limits;

const RECORD_HEADER: usize = 5;
const MESSAGE_HEADER: usize = 4;

/// Largest plaintext of a record (RFC 8446 section 5.1).
const FRAGMENT_MAX: usize = 1 << 14;

const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_NAME: u16 = 0;
const SUPPORTED_VERSIONS: u16 = 43;
const RENEGOTIATION_INFO: u16 = 0xff01;
const HOST_NAME: u8 = 0;
const TLS_1_2: [u8; 2] = [3, 3];
const TLS_1_3: [u8; 2] = [3, 4];

/// What a hello asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hello<'i> {
    /// Without a trailing dot. An address is no name.
    pub(super) server_name: Option<DnsName<'i>>,
    /// TLS 1.3 is among the versions that it offers.
    pub(super) offers_tls13: bool,
}

/// Not a ClientHello, and the alert that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadHello {
    pub(super) alert: Alert,
    pub(super) what: &'static str,
    /// It is wrong only in that there is too much of it.
    pub(super) is_too_much: bool,
}

const fn bad(alert: Alert, what: &'static str) -> BadHello {
    BadHello { alert, what, is_too_much: false }
}

const fn too_much(what: &'static str) -> BadHello {
    BadHello { alert: Alert::ILLEGAL_PARAMETER, what, is_too_much: true }
}

const LOST: BadHello =
    bad(Alert::INTERNAL_ERROR, "input that was to be given again is missing, or is another");

/// Reads a hello that arrives in pieces. Records that were seen whole are not looked at again, so
/// the work grows with the bytes that come, however they are cut.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HelloReader {
    /// Bytes of whole records at the front of the input.
    scanned: usize,
    /// How many records those are.
    records: u32,
    /// Bytes of the message in them.
    collected: usize,
    /// Bytes of the whole message, its header included, once that is known.
    needed: Option<usize>,
}

impl HelloReader {
    /// Bytes of the whole records that were read.
    pub(super) fn scanned(&self) -> usize {
        self.scanned
    }

    /// The hello at the front of `input`, which must begin with what the last call was given.
    /// `None` means that more is needed.
    pub(super) fn read<'i>(&mut self, input: &'i [u8]) -> Result<Option<Hello<'i>>, BadHello> {
        while let Some(fragment) = next_fragment(input.get(self.scanned..).ok_or(LOST)?)? {
            self.scanned += RECORD_HEADER + fragment.len();
            self.collected += fragment.len();
            self.records += 1;
            if self.records > limits::HANDSHAKE_RECORDS {
                return Err(too_much("a ClientHello in more records than a handshake may have"));
            }
            if self.needed.is_none() && self.collected >= MESSAGE_HEADER {
                let header = gather(input, MESSAGE_HEADER);
                self.needed = Some(message_length(header.first_chunk().ok_or(LOST)?)?);
            }
            if let Some(needed) = self.needed
                && self.collected >= needed
            {
                return read_hello(gather(input, needed)).map(Some);
            }
        }
        Ok(None)
    }
}

/// The fragment in the record at the front; `None` where the record is not there in full. What is
/// wrong shows as early as its first byte.
fn next_fragment(input: &[u8]) -> Result<Option<&[u8]>, BadHello> {
    match input.first() {
        None => return Ok(None),
        Some(&HANDSHAKE) => {}
        Some(_) => return Err(bad(Alert::UNEXPECTED_MESSAGE, "not a TLS handshake record")),
    }
    if input.get(1).is_some_and(|major| *major != 3) {
        return Err(bad(Alert::PROTOCOL_VERSION, "not a version of TLS"));
    }
    let Some([_, _, _, high, low]) = input.first_chunk() else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    match length {
        0 => return Err(bad(Alert::DECODE_ERROR, "an empty handshake record")),
        1..=FRAGMENT_MAX => {}
        _ => return Err(bad(Alert::RECORD_OVERFLOW, "a record that is too long")),
    }
    Ok(input.get(RECORD_HEADER..RECORD_HEADER + length))
}

/// The first `length` bytes of the message that begins in the records of `input`: where they lie, if
/// all are in the first, as nearly always.
fn gather(input: &[u8], length: usize) -> Cow<'_, [u8]> {
    let mut message = Vec::new();
    let mut rest = input;
    while let Ok(Some(fragment)) = next_fragment(rest)
        && message.len() < length
    {
        if let (true, Some(whole)) = (message.is_empty(), fragment.get(..length)) {
            return Cow::Borrowed(whole);
        }
        let take = fragment.len().min(length - message.len());
        message.extend_from_slice(&fragment[..take]);
        rest = &rest[RECORD_HEADER + fragment.len()..];
    }
    Cow::Owned(message)
}

fn message_length([kind, length @ ..]: &[u8; MESSAGE_HEADER]) -> Result<usize, BadHello> {
    if *kind != CLIENT_HELLO {
        return Err(bad(Alert::UNEXPECTED_MESSAGE, "not a ClientHello"));
    }
    let [a, b, c] = *length;
    let length = u32::from_be_bytes([0, a, b, c]) as usize;
    if MESSAGE_HEADER + length > limits::HELLO_BYTES {
        return Err(too_much("a ClientHello of more than 16,384 bytes"));
    }
    Ok(MESSAGE_HEADER + length)
}

/// Takes bytes off the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(front)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|octets| octets[0])
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|octets| u16::from_be_bytes([octets[0], octets[1]]))
    }

    fn vector_u8(&mut self) -> Option<&'a [u8]> {
        let length = self.u8()?;
        self.take(length.into())
    }

    fn vector_u16(&mut self) -> Option<&'a [u8]> {
        let length = self.u16()?;
        self.take(length.into())
    }
}

fn read_hello(message: Cow<'_, [u8]>) -> Result<Hello<'_>, BadHello> {
    match message {
        Cow::Borrowed(message) => parse_hello(body(message)?),
        Cow::Owned(message) => {
            let Hello { server_name, offers_tls13 } = parse_hello(body(&message)?)?;
            Ok(Hello { server_name: server_name.map(|name| name.to_owned()), offers_tls13 })
        }
    }
}

fn body(message: &[u8]) -> Result<&[u8], BadHello> {
    message.get(MESSAGE_HEADER..).ok_or(LOST)
}

/// RFC 8446 section 4.1.2; a hello of TLS 1.2 may end before its extensions (RFC 5246 section
/// 7.4.1.2).
fn parse_hello(body: &[u8]) -> Result<Hello<'_>, BadHello> {
    let truncated = bad(Alert::DECODE_ERROR, "a ClientHello that is cut short");
    let mut reader = Reader(body);
    let (legacy_version, extensions) = fixed_part(&mut reader).ok_or(truncated)?;
    if !reader.0.is_empty() {
        return Err(bad(Alert::DECODE_ERROR, "bytes behind a ClientHello"));
    }
    let mut extensions = Reader(extensions);
    let mut server_name = None;
    let mut versions = None;
    while !extensions.0.is_empty() {
        let kind = extensions.u16().ok_or(truncated)?;
        let contents = extensions.vector_u16().ok_or(truncated)?;
        match kind {
            SERVER_NAME if server_name.is_some() => {
                return Err(bad(Alert::ILLEGAL_PARAMETER, "two server_name extensions"));
            }
            SERVER_NAME => server_name = Some(parse_server_name(contents)?),
            SUPPORTED_VERSIONS => versions = Some(contents),
            // RFC 5746 section 3.6: of an earlier handshake there can be nothing to say.
            RENEGOTIATION_INFO if Reader(contents).vector_u8().is_some_and(|v| !v.is_empty()) => {
                return Err(bad(Alert::HANDSHAKE_FAILURE, "a ClientHello that renegotiates"));
            }
            _ => {}
        }
    }
    // RFC 8446 appendix D.2. rustls would miss an extension first that those versions do not have.
    if versions.is_none() && legacy_version < TLS_1_2 {
        return Err(bad(Alert::PROTOCOL_VERSION, "a ClientHello of TLS 1.1 or older"));
    }
    let offers_tls13 = versions.is_some_and(lists_tls13);
    Ok(Hello { server_name: server_name.flatten(), offers_tls13 })
}

/// Everything before the extensions: the version, and the extensions themselves; none at all are as
/// good as an empty list.
fn fixed_part<'a>(reader: &mut Reader<'a>) -> Option<([u8; 2], &'a [u8])> {
    let version = *reader.take(2)?.first_chunk()?;
    let _random = reader.take(32)?;
    let _session_id = reader.vector_u8()?;
    let _cipher_suites = reader.vector_u16()?;
    let _compression_methods = reader.vector_u8()?;
    let extensions = if reader.0.is_empty() { &[] } else { reader.vector_u16()? };
    Some((version, extensions))
}

/// RFC 8446 section 4.2.1. What is wrong with the list is for rustls to say.
fn lists_tls13(contents: &[u8]) -> bool {
    let versions = Reader(contents).vector_u8().unwrap_or_default();
    versions.chunks_exact(2).any(|version| version == TLS_1_3)
}

/// RFC 6066 section 3. An entry of another type ends the list, because nobody knows how long it is.
fn parse_server_name(contents: &[u8]) -> Result<Option<DnsName<'_>>, BadHello> {
    let invalid = bad(Alert::ILLEGAL_PARAMETER, "a server_name that is not one host name");
    let mut reader = Reader(contents);
    let mut names = Reader(reader.vector_u16().ok_or(invalid)?);
    if !reader.0.is_empty() || names.u8() != Some(HOST_NAME) {
        return Err(invalid);
    }
    let name = names.vector_u16().ok_or(invalid)?;
    if names.0.first() == Some(&HOST_NAME) {
        return Err(invalid);
    }
    if let Ok(name) = DnsName::try_from(name) {
        return Ok(Some(name));
    }
    let text = core::str::from_utf8(name).map_err(|_| invalid)?;
    match text.parse::<IpAddr>() {
        Ok(_) => Ok(None),
        Err(_) => Err(invalid),
    }
}

#[cfg(test)]
mod tests;
