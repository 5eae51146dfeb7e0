//! The files of a policy, read so that it is known what they were.

mod hashed;
mod seen;

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use self::hashed::Hashed;
use self::seen::Seen;
use crate::crypto::sha256;
use crate::error::{Error, ErrorKind};

pub(crate) use self::seen::{Drift, FilesSeen};

/// What a piece of a policy is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy) enum Part {
    Policy = 1,
    Clients = 2,
    Deny = 3,
    Anchors = 4,
    Crls = 5,
}

/// A policy that is being read: what each file was, and a digest of all that was compiled.
#[derive(Debug)]
pub(crate) struct Reading {
    files: FilesSeen,
    /// For each piece what it is, its length and its SHA-256.
    pieces: Vec<u8>,
}

/// Lists are read this much at a time.
const CHUNK_BYTES: usize = 1 << 18;

impl Reading {
    pub(crate) fn new() -> Self {
        Self { files: FilesSeen::default(), pieces: b"countersign policy v1".to_vec() }
    }

    /// Every file that was tried, whatever came of it.
    pub(crate) fn into_files(self) -> FilesSeen {
        self.files
    }

    /// SHA-256 over all pieces so far. The same pieces in the same order have the same.
    pub(in crate::policy) fn digest(&self) -> [u8; 32] {
        sha256(&self.pieces)
    }

    /// Takes a piece from memory.
    pub(in crate::policy) fn add(&mut self, part: Part, bytes: &[u8]) {
        self.add_digest(part, bytes.len() as u64, &sha256(bytes));
    }

    /// Reads a piece from a file.
    pub(in crate::policy) fn whole(&mut self, part: Part, path: &Path) -> Result<Vec<u8>, Error> {
        self.stream(part, path, |file| {
            // Room for the whole at once, as `fs::read` has it: doubling would cost twice as much.
            let mut bytes = Vec::with_capacity(file.get_ref().size());
            file.read_to_end(&mut bytes).map_err(|e| Error::io(path, e))?;
            Ok(bytes)
        })
    }

    /// Has a piece in a file read by `read`, to its end where that succeeds.
    pub(in crate::policy) fn stream<T>(
        &mut self,
        part: Part,
        path: &Path,
        read: impl FnOnce(&mut BufReader<Hashed>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (file, seen) = self.open(path)?;
        let mut file = BufReader::with_capacity(CHUNK_BYTES, Hashed::new(file));
        let done = read(&mut file).map_err(|e| self.failed(path, seen, e))?;
        let (length, digest) = file.into_inner().finish();
        self.files.push(path, seen.with_content(digest));
        self.add_digest(part, length, &digest);
        Ok(done)
    }

    /// Has a file read that will be read again.
    pub(in crate::policy) fn glance<T>(
        &mut self,
        path: &Path,
        read: impl FnOnce(BufReader<File>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (file, seen) = self.open(path)?;
        let file = BufReader::with_capacity(CHUNK_BYTES, file);
        read(file).map_err(|e| self.failed(path, seen, e))
    }

    /// The file is looked at before it is read, so that what is written meanwhile is noticed the
    /// next time.
    fn open(&mut self, path: &Path) -> Result<(File, Seen), Error> {
        let opened = File::open(path).and_then(|file| {
            let seen = Seen::of(&file.metadata()?);
            Ok((file, seen))
        });
        opened.map_err(|e| {
            self.files.push(path, Seen::failed(&e));
            Error::io(path, e)
        })
    }

    fn failed(&mut self, path: &Path, seen: Seen, error: Error) -> Error {
        let seen = if error.kind() == ErrorKind::Io { Seen::Unreadable } else { seen };
        self.files.push(path, seen);
        error
    }

    fn add_digest(&mut self, part: Part, length: u64, digest: &[u8; 32]) {
        self.pieces.push(part as u8);
        self.pieces.extend_from_slice(&length.to_be_bytes());
        self.pieces.extend_from_slice(digest);
    }
}

#[cfg(test)]
mod tests;
