//! TLS records and handshake messages, cut apart and put together.

/// Content types (RFC 8446 section 5.1).
pub(crate) mod content {
    pub(crate) const CHANGE_CIPHER_SPEC: u8 = 20;
    pub(crate) const ALERT: u8 = 21;
    pub(crate) const HANDSHAKE: u8 = 22;
    pub(crate) const APPLICATION_DATA: u8 = 23;
}

/// Handshake types (RFC 8446 section 4, RFC 5246 section 7.4).
pub(crate) mod handshake {
    pub(crate) const CLIENT_HELLO: u8 = 1;
    pub(crate) const NEW_SESSION_TICKET: u8 = 4;
    pub(crate) const CERTIFICATE: u8 = 11;
    pub(crate) const CERTIFICATE_VERIFY: u8 = 15;
    pub(crate) const CLIENT_KEY_EXCHANGE: u8 = 16;
    pub(crate) const FINISHED: u8 = 20;
    pub(crate) const KEY_UPDATE: u8 = 24;
}

const HEADER: usize = 5;

/// One record as it is on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) kind: u8,
    pub(crate) body: Vec<u8>,
}

impl Record {
    pub(crate) fn new(kind: u8, body: &[u8]) -> Self {
        Self { kind, body: body.to_vec() }
    }

    pub(crate) fn header(kind: u8, length: usize) -> [u8; HEADER] {
        let [high, low] = u16::try_from(length).unwrap().to_be_bytes();
        [kind, 3, 3, high, low]
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        [&Self::header(self.kind, self.body.len())[..], &self.body].concat()
    }
}

/// The whole records of `wire`, which must hold nothing else.
pub(crate) fn records(mut wire: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    while let Some((header, rest)) = wire.split_first_chunk::<HEADER>() {
        let length = usize::from(u16::from_be_bytes([header[3], header[4]]));
        records.push(Record::new(header[0], &rest[..length]));
        wire = &rest[length..];
    }
    assert!(wire.is_empty(), "a record that is cut short");
    records
}

/// The handshake messages in `bytes`, each with its header.
pub(crate) fn messages(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while let Some([_, a, b, c]) = bytes.first_chunk() {
        let length = 4 + u32::from_be_bytes([0, *a, *b, *c]) as usize;
        let (message, rest) = bytes.split_at(length);
        messages.push(message.to_vec());
        bytes = rest;
    }
    messages
}

/// A handshake message of this type.
pub(crate) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[kind, a, b, c], body].concat()
}

/// Handshake bytes in plaintext records of at most `most` bytes each.
pub(crate) fn handshake_records(bytes: &[u8], most: usize) -> Vec<u8> {
    let pieces = bytes.chunks(most);
    pieces.flat_map(|piece| Record::new(content::HANDSHAKE, piece).bytes()).collect()
}
