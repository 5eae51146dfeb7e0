//! Record protection and Finished with a client's own secrets, so that a test can say what no
//! decent client would, correctly encrypted. AES-128-GCM and SHA-256 only, which the engine prefers.

use std::collections::HashMap;
use std::sync::Mutex;

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk};
use aws_lc_rs::hmac;
use countersign_testkit::forge::sha256;
use rustls::{ClientConnection, ConnectionTrafficSecrets, KeyLog, ProtocolVersion};

use super::wire::{Record, content, handshake, message};

/// The traffic secrets of one connection, by their names in a key log.
#[derive(Debug, Default)]
pub(crate) struct Secrets(Mutex<HashMap<String, Vec<u8>>>);

impl KeyLog for Secrets {
    fn log(&self, label: &str, _: &[u8], secret: &[u8]) {
        self.0.lock().unwrap().insert(label.to_owned(), secret.to_vec());
    }
}

impl Secrets {
    pub(crate) fn protection(&self, label: &str) -> Protection {
        Protection::of_secret(&self.0.lock().unwrap()[label])
    }
}

/// One direction of a connection.
pub(crate) struct Protection {
    version: ProtocolVersion,
    key: LessSafeKey,
    iv: [u8; 12],
    sequence: u64,
    finished_key: [u8; 32],
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-Expand-Label with an empty context (RFC 8446 section 7.1).
fn expand<const N: usize>(secret: &[u8], label: &str) -> [u8; N] {
    let label = format!("tls13 {label}");
    let lengths = [[0, u8::try_from(N).unwrap()], [u8::try_from(label.len()).unwrap(), 0]];
    let info = [&lengths[0][..], &lengths[1][..1], label.as_bytes(), &[0]];
    let mut out = [0; N];
    let prk = Prk::new_less_safe(HKDF_SHA256, secret);
    prk.expand(&info, Length(N)).unwrap().fill(&mut out).unwrap();
    out
}

impl Protection {
    /// TLS 1.3, from a traffic secret.
    fn of_secret(secret: &[u8]) -> Self {
        Self {
            version: ProtocolVersion::TLSv1_3,
            key: aes(&expand::<16>(secret, "key")),
            iv: expand(secret, "iv"),
            sequence: 0,
            finished_key: expand(secret, "finished"),
        }
    }

    /// What an established client would say next; it says nothing any more itself.
    pub(crate) fn of_client(client: ClientConnection) -> Self {
        let version = client.protocol_version().unwrap();
        let (sequence, secrets) = client.dangerous_extract_secrets().unwrap().tx;
        let ConnectionTrafficSecrets::Aes128Gcm { key, iv } = secrets else {
            panic!("another suite than AES-128-GCM");
        };
        let iv = iv.as_ref().try_into().unwrap();
        Self { version, key: aes(key.as_ref()), iv, sequence, finished_key: [0; 32] }
    }

    fn next_nonce(&mut self) -> [u8; 12] {
        let mut nonce = self.iv;
        for (byte, sequence) in nonce[4..].iter_mut().zip(self.sequence.to_be_bytes()) {
            *byte ^= sequence;
        }
        self.sequence += 1;
        nonce
    }

    /// One record of this content type.
    pub(crate) fn seal(&mut self, kind: u8, contents: &[u8]) -> Vec<u8> {
        let sequence = self.sequence;
        let nonce = self.next_nonce();
        let seal = |aad: &[u8], bytes: &mut Vec<u8>| {
            let nonce = Nonce::assume_unique_for_key(nonce);
            self.key.seal_in_place_append_tag(nonce, Aad::from(aad), bytes).unwrap();
        };
        if self.version == ProtocolVersion::TLSv1_3 {
            let mut bytes = [contents, &[kind]].concat();
            seal(&Record::header(content::APPLICATION_DATA, bytes.len() + 16), &mut bytes);
            return Record::new(content::APPLICATION_DATA, &bytes).bytes();
        }
        // RFC 5288 section 3: the nonce's last 8 bytes go with the record.
        let mut bytes = contents.to_vec();
        let header = Record::header(kind, contents.len());
        seal(&[&sequence.to_be_bytes()[..], &header].concat(), &mut bytes);
        Record::new(kind, &[&nonce[4..], &bytes].concat()).bytes()
    }

    /// The content type and the contents of a TLS 1.3 record.
    pub(crate) fn open(&mut self, record: &Record) -> (u8, Vec<u8>) {
        let aad = Aad::from(Record::header(record.kind, record.body.len()));
        let nonce = Nonce::assume_unique_for_key(self.next_nonce());
        let mut bytes = record.body.clone();
        let mut opened = self.key.open_in_place(nonce, aad, &mut bytes).unwrap().to_vec();
        let kind = opened.pop().unwrap();
        (kind, opened)
    }

    /// The Finished that follows `transcript` (RFC 8446 section 4.4.4).
    pub(crate) fn finished(&self, transcript: &[u8]) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.finished_key);
        message(handshake::FINISHED, hmac::sign(&key, &sha256(transcript)).as_ref())
    }
}

fn aes(key: &[u8]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key).unwrap())
}
