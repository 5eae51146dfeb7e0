//! Files with secrets in them: nobody but their owner may get at them, and what was read is wiped.
//!
//! A secret is a line of hex digits, as `openssl rand -hex 32` writes one; `#` begins a comment. What is
//! wrong with a file is said without a word of what is in it.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::Error;
use crate::hex;

/// All of a file of at most so many bytes.
///
/// # Errors
/// A file that cannot be read, is longer or no text, or that others than its owner can get at.
pub(crate) fn read(path: &Path, most: usize) -> Result<Zeroizing<String>, Error> {
    let io = |error| Error::io(path, error);
    let wrong = |message: String| Error::config(message).in_file(path);
    // Before it is opened too, which with a pipe would wait for a writer.
    check_kind(&path.metadata().map_err(io)?).map_err(wrong)?;
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    check_kind(&metadata).and_then(|()| check_permissions(&metadata)).map_err(wrong)?;
    // Of its full size at once: what grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(2 * most));
    if file.take(most as u64 + 1).read_to_string(&mut text).map_err(io)? > most {
        return Err(wrong(format!("more than {most} bytes: this is no file of secrets")));
    }
    Ok(text)
}

/// The lines that say something, without comments, and their numbers from 1.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    (1..).zip(lines).filter(|(_, line)| !line.is_empty())
}

/// The octets of a secret. `None` where the line is not of hex digits, two for each.
///
/// # Errors
/// All octets are the same: somebody typed a placeholder.
pub(crate) fn decode(line: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    let mut octets = Zeroizing::new(vec![0; line.len() / 2]);
    if !line.len().is_multiple_of(2) || !hex::decode(line.as_bytes(), &mut octets) {
        return Ok(None);
    }
    if octets.iter().all(|octet| *octet == octets[0]) {
        let message = "all bytes of this secret are the same: it was not drawn by lot";
        return Err(Error::config(message));
    }
    Ok(Some(octets))
}

fn check_kind(metadata: &Metadata) -> Result<(), String> {
    if metadata.is_file() { Ok(()) } else { Err("not a regular file".to_owned()) }
}

/// Whoever gets at a secret can do all that it is for.
#[cfg(unix)]
fn check_permissions(metadata: &Metadata) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt as _;
    match metadata.mode() & 0o7777 {
        mode if mode & 0o077 == 0 => Ok(()),
        mode => Err(format!("others can get at this secret (mode {mode:04o}): chmod 600 it")),
    }
}

#[cfg(not(unix))]
fn check_permissions(_: &Metadata) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_blank_lines_are_passed_over() {
        let text = "# ours\n\n 0a0b # since November\r\n#\n0c\n";
        assert_eq!(lines(text).collect::<Vec<_>>(), [(3, "0a0b"), (5, "0c")]);
    }

    #[test]
    fn a_secret_is_pairs_of_digits_that_are_not_all_the_same() {
        assert_eq!(**decode("00aF").unwrap().unwrap(), [0, 0xaf]);
        for line in ["0", "00a", "00ag", "0x00", "é0"] {
            assert!(decode(line).unwrap().is_none(), "{line}");
        }
        assert!(decode("7777").unwrap_err().message().contains("the same"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_its_owners_regular_and_of_bounded_size() {
        use std::fs::{Permissions, set_permissions, write};
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let refused = || read(&path, 5).unwrap_err().to_string();
        assert!(refused().contains("file not found"), "{}", refused());
        write(&path, "12345").unwrap();
        for mode in [0o604, 0o620, 0o640, 0o601] {
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert!(refused().contains("others can get at"), "{}", refused());
        }
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(**read(&path, 5).unwrap(), *"12345");
        assert!(read(&path, 4).unwrap_err().to_string().contains("more than 4 bytes"));
        assert!(read(folder.path(), 5).unwrap_err().to_string().contains("not a regular file"));
    }
}
