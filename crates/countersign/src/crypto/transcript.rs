//! The hash of a handshake's messages, forked without an allocation inside.
//!
//! A TLS 1.3 handshake asks for the hash of its messages so far at eight places, and each time the
//! hash goes on afterwards. Copying a state of 100 bytes costs less than what a provider's context
//! does around it. The hash functions are RustCrypto's.

use rustls::crypto::hash::{Context, Hash, HashAlgorithm, Output};
use sha2::digest::Digest;
use sha2::{Sha256, Sha384};

/// SHA-256 for rustls.
pub(super) static SHA256: TranscriptHash<Sha256> =
    TranscriptHash { algorithm: HashAlgorithm::SHA256, start: Sha256::new };

/// SHA-384 for rustls.
pub(super) static SHA384: TranscriptHash<Sha384> =
    TranscriptHash { algorithm: HashAlgorithm::SHA384, start: Sha384::new };

/// A hash function, and what rustls calls it.
pub(super) struct TranscriptHash<H> {
    algorithm: HashAlgorithm,
    start: fn() -> H,
}

impl<H: Digest + Clone + Send + Sync + 'static> Hash for TranscriptHash<H> {
    fn start(&self) -> Box<dyn Context> {
        Box::new(Running((self.start)()))
    }

    fn hash(&self, data: &[u8]) -> Output {
        Output::new(&H::digest(data))
    }

    fn output_len(&self) -> usize {
        <H as Digest>::output_size()
    }

    fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }
}

/// A hash that is not finished.
struct Running<H>(H);

impl<H: Digest + Clone + Send + Sync + 'static> Context for Running<H> {
    fn fork_finish(&self) -> Output {
        Output::new(&self.0.clone().finalize())
    }

    fn fork(&self) -> Box<dyn Context> {
        Box::new(Self(self.0.clone()))
    }

    fn finish(self: Box<Self>) -> Output {
        Output::new(&self.0.finalize())
    }

    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }
}

#[cfg(test)]
mod tests {
    use super::super::provider;
    use super::*;

    /// The provider's own hashes are the oracle.
    #[test]
    fn it_hashes_like_the_providers_own() {
        let data: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        for suite in provider::rustls_provider().cipher_suites {
            let theirs = match suite.tls13() {
                Some(suite) => suite.common.hash_provider,
                None => continue,
            };
            let ours: &dyn Hash = match theirs.algorithm() {
                HashAlgorithm::SHA256 => &SHA256,
                _ => &SHA384,
            };
            assert_eq!(ours.algorithm(), theirs.algorithm());
            assert_eq!(ours.output_len(), theirs.output_len());
            for length in [0, 1, 55, 56, 64, 111, 112, 128, 1_000] {
                let (front, back) = data[..length].split_at(length / 3);
                let expected = theirs.hash(&data[..length]);
                assert_eq!(ours.hash(&data[..length]).as_ref(), expected.as_ref());
                let mut running = ours.start();
                running.update(front);
                assert_eq!(running.fork_finish().as_ref(), theirs.hash(front).as_ref());
                let mut fork = running.fork();
                running.update(back);
                assert_eq!(running.finish().as_ref(), expected.as_ref());
                fork.update(back);
                assert_eq!(fork.fork_finish().as_ref(), expected.as_ref());
            }
        }
    }
}
