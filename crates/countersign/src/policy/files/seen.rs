//! What files were when they were read, and whether they still are.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::hashed::Hashed;
use crate::clock::UnixTime;

/// Every file that was tried.
#[derive(Debug, Default)]
pub(crate) struct FilesSeen(Vec<(PathBuf, Seen)>);

/// Whether files are still what they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Drift {
    /// They are.
    None,
    /// One could not be read, which only trying again tells.
    Unknown,
    /// One is not.
    Changed,
}

impl FilesSeen {
    pub(super) fn push(&mut self, path: &Path, seen: Seen) {
        self.0.push((path.to_owned(), seen));
    }

    /// Looks at every file until one has changed. Costs opening each, and a stat; one that was written less than
    /// [`GRAIN_SECS`] before it was looked at is read, too.
    pub(crate) fn drift(&mut self) -> Drift {
        let mut worst = Drift::None;
        for (path, seen) in &mut self.0 {
            worst = worst.max(seen.drift(path));
            if worst == Drift::Changed {
                break;
            }
        }
        worst
    }

    #[cfg(test)]
    pub(super) fn only(&self) -> &Seen {
        &self.0[0].1
    }

    /// Whether this file was tried and is not there, or not for us.
    pub(crate) fn lacks(&self, path: &Path) -> bool {
        let is_lost = |seen: &Seen| matches!(seen, Seen::Missing | Seen::Forbidden);
        self.0.iter().any(|(tried, seen)| tried == path && is_lost(seen))
    }
}

/// What was found at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Missing,
    /// We have no right to read it.
    Forbidden,
    /// It could not be opened or read.
    Unreadable,
    There {
        stamp: Stamp,
        /// Whether every later write has another time.
        is_settled: bool,
        /// SHA-256 of its bytes, where all were read.
        content: Option<[u8; 32]>,
    },
}

/// The coarsest that a file system keeps time: FAT, in steps of two seconds. Two writes within one
/// step can leave the same times.
const GRAIN_SECS: i64 = 2;

impl Seen {
    pub(super) fn of(file: &Metadata) -> Self {
        let stamp = Stamp::of(file);
        let age = UnixTime::now().as_secs().saturating_sub(stamp.changed_secs());
        Self::There { stamp, is_settled: age > GRAIN_SECS, content: None }
    }

    pub(super) fn failed(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::Missing,
            ErrorKind::PermissionDenied => Self::Forbidden,
            _ => Self::Unreadable,
        }
    }

    pub(super) fn with_content(self, digest: [u8; 32]) -> Self {
        match self {
            Self::There { stamp, is_settled, .. } => {
                Self::There { stamp, is_settled, content: Some(digest) }
            }
            other => other,
        }
    }

    #[cfg(test)]
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::There { stamp, .. }, Self::There { stamp: other, .. }) => stamp == other,
            _ => self == other,
        }
    }

    fn drift(&mut self, path: &Path) -> Drift {
        let now = match look_at(path) {
            Ok((file, Ok(()))) => Self::of(&file),
            Ok((file, Err(error))) => match Self::failed(&error) {
                // Out of files, perhaps: that says nothing about this one, as long as it is the same.
                Self::Unreadable if self.has_stamp_of(&file) => return Drift::None,
                failed => failed,
            },
            Err(error) => Self::failed(&error),
        };
        match (*self, now) {
            (Self::Missing, Self::Missing) | (Self::Forbidden, Self::Forbidden) => Drift::None,
            (Self::Unreadable, Self::Unreadable | Self::There { .. }) => Drift::Unknown,
            (Self::There { stamp, is_settled, content }, Self::There { stamp: other, .. })
                if stamp == other =>
            {
                match content {
                    _ if is_settled => Drift::None,
                    Some(content) => self.reread(path, &content),
                    None => Drift::Unknown,
                }
            }
            _ => Drift::Changed,
        }
    }

    fn has_stamp_of(&self, file: &Metadata) -> bool {
        matches!(self, Self::There { stamp, .. } if *stamp == Stamp::of(file))
    }

    /// Compares the bytes of a file that looks the same and need not be.
    fn reread(&mut self, path: &Path, before: &[u8; 32]) -> Drift {
        let read = || {
            let file = File::open(path)?;
            let seen = Self::of(&file.metadata()?);
            let mut file = Hashed::new(file);
            io::copy(&mut file, &mut io::sink())?;
            Ok::<_, io::Error>(seen.with_content(file.finish().1))
        };
        match read() {
            Ok(Self::There { content, .. }) if content.as_ref() != Some(before) => Drift::Changed,
            Ok(same) => {
                *self = same;
                Drift::None
            }
            Err(_) => Drift::Unknown,
        }
    }
}

/// What the file is, and whether it is there to be read: rights change, and users do after a fork.
fn look_at(path: &Path) -> io::Result<(Metadata, io::Result<()>)> {
    let file = fs::metadata(path)?;
    if !file.is_file() {
        return Ok((file, Ok(())));
    }
    Ok(match File::open(path).and_then(|file| file.metadata()) {
        Ok(opened) => (opened, Ok(())),
        Err(error) => (file, Err(error)),
    })
}

/// What tells one state of a file from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    #[cfg(unix)]
    device_and_inode: (u64, u64),
    size: u64,
    #[cfg(unix)]
    modified: (i64, i64),
    #[cfg(unix)]
    changed: (i64, i64),
    #[cfg(not(unix))]
    modified: Option<std::time::SystemTime>,
}

#[cfg(unix)]
impl Stamp {
    fn of(file: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            device_and_inode: (file.dev(), file.ino()),
            size: file.size(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        }
    }

    /// When it was last written; a program can set the time of modification, not this one.
    fn changed_secs(&self) -> i64 {
        self.changed.0
    }
}

#[cfg(not(unix))]
impl Stamp {
    fn of(file: &Metadata) -> Self {
        Self { size: file.len(), modified: file.modified().ok() }
    }

    /// When it was last written, as far as is known.
    fn changed_secs(&self) -> i64 {
        let since = self.modified.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        since.map_or(i64::MAX, |since| since.as_secs() as i64)
    }
}
