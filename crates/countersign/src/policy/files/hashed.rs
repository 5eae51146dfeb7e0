//! A file that is hashed while it is read.

use std::fs::File;
use std::io::{self, Read};

use crate::crypto::Sha256;

/// A file of which no byte is read that is not hashed.
pub(in crate::policy) struct Hashed {
    file: File,
    digest: Sha256,
    length: u64,
}

impl Hashed {
    pub(super) fn new(file: File) -> Self {
        Self { file, digest: Sha256::new(), length: 0 }
    }

    /// How many bytes there are, as far as the system knows beforehand.
    pub(super) fn size(&self) -> usize {
        self.file.metadata().map_or(0, |file| usize::try_from(file.len()).unwrap_or(0))
    }

    /// How much was read, and its SHA-256.
    pub(super) fn finish(self) -> (u64, [u8; 32]) {
        (self.length, self.digest.finish())
    }
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.digest.update(&buffer[..count]);
        self.length += count as u64;
        Ok(count)
    }
}
