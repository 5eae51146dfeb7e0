//! Records of TLS 1.3 made by hand, for what no client of rustls' would send.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use rustls::{ConnectionTrafficSecrets, ExtractedSecrets};

use super::pair::Pair;
use crate::peer::Client;

/// The content types of TLS.
pub(crate) const HANDSHAKE: u8 = 22;
pub(crate) const APPLICATION_DATA: u8 = 23;

/// A record of TLS 1.3 under AES-128-GCM.
pub(crate) fn seal(
    keys: &ConnectionTrafficSecrets,
    sequence: u64,
    kind: u8,
    content: &[u8],
) -> Vec<u8> {
    let ConnectionTrafficSecrets::Aes128Gcm { key, iv } = keys else { panic!("another suite") };
    let mut nonce: [u8; 12] = iv.as_ref().try_into().unwrap();
    for (byte, counter) in nonce[4..].iter_mut().zip(sequence.to_be_bytes()) {
        *byte ^= counter;
    }
    let mut inner = [content, &[kind]].concat();
    let length = u16::try_from(inner.len() + 16).unwrap().to_be_bytes();
    let header = [APPLICATION_DATA, 3, 3, length[0], length[1]];
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key.as_ref()).unwrap());
    let nonce = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(nonce, Aad::from(header), &mut inner).unwrap();
    [&header[..], &inner].concat()
}

/// The client's secrets, once it thinks that its handshake is complete; another client stands in
/// its place, so that the server's end of the pair can go on.
pub(crate) fn steal(pair: &mut Pair, client: &Client) -> ExtractedSecrets {
    let own = std::mem::replace(&mut pair.client, client.connect("server.example"));
    own.dangerous_extract_secrets().unwrap()
}
