//! The key that headers are signed with.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use countersign::forwarded::SigningKey;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// A PEM key has a few hundred bytes, a secret 64 digits; the rest is room for comments.
const FILE_BYTES: usize = 16 << 10;

/// Reads the key under `id`: one line of 64 hex digits or more is a secret that proxy and receiver
/// share (HMAC-SHA-256); a `PRIVATE KEY` block is an Ed25519 or P-256 key.
pub(super) fn signing_key(path: &Path, id: &str) -> Result<SigningKey, Failure> {
    let text = read(path)?;
    let key = if text.contains("-----BEGIN") {
        SigningKey::pkcs8(id, text.as_bytes())
    } else {
        SigningKey::hmac_sha256(id, &secret(&text).map_err(|f| f.in_file(path))?)
    };
    key.map_err(|error| Failure::from(error).in_file(path))
}

fn read(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let unreadable = |error| Failure::new(format!("cannot be read: {error}")).in_file(path);
    let file = File::open(path).map_err(unreadable)?;
    check_permissions(&file).map_err(|failure| failure.in_file(path))?;
    // Of its full size at once: what grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(2 * FILE_BYTES));
    file.take(FILE_BYTES as u64 + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() > FILE_BYTES {
        return Err(Failure::new("longer than 16 KiB: no key is").in_file(path));
    }
    Ok(text)
}

/// What is wrong is said without a word of the secret.
fn secret(text: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let wrong = || {
        Failure::new(
            "no key: write one line of 64 hex digits, as `openssl rand -hex 32` does, or a \
             PRIVATE KEY block",
        )
    };
    let mut lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let mut lines = lines.by_ref().filter(|line| !line.is_empty());
    let (Some(line), None) = (lines.next(), lines.next()) else { return Err(wrong()) };
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if line.len() < 64 || !line.len().is_multiple_of(2) {
        return Err(wrong());
    }
    let mut secret = Zeroizing::new(Vec::with_capacity(line.len() / 2));
    for pair in line.as_bytes().chunks_exact(2) {
        secret.push(digit(pair[0]).ok_or_else(wrong)? << 4 | digit(pair[1]).ok_or_else(wrong)?);
    }
    if secret.iter().all(|byte| *byte == secret[0]) {
        return Err(Failure::new("all bytes of this secret are the same: it was not drawn by lot"));
    }
    Ok(secret)
}

/// Whoever reads the key can sign: nobody but the owner may.
#[cfg(unix)]
fn check_permissions(file: &File) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = file.metadata().map_err(|e| Failure::new(format!("cannot be read: {e}")))?;
    if !metadata.is_file() {
        return Err(Failure::new("not a regular file"));
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        let message = format!("others can get at this key (mode {mode:04o}): chmod 600 it");
        return Err(Failure::new(message));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_permissions(_: &File) -> Result<(), Failure> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    #[test]
    fn a_secret_is_one_line_of_hex() {
        let text = format!("# shared with the application\n{ONE} # since November\r\n");
        assert_eq!(*secret(&text).unwrap(), (0..32).collect::<Vec<u8>>());
    }

    #[test]
    fn anything_else_is_refused_without_showing_it() {
        let (short, odd) = (&ONE[2..], format!("{ONE}0"));
        let (two, zeros) = (format!("{ONE}\n{ONE}"), "00".repeat(32));
        for text in ["", "# nothing", short, &odd, &two, &zeros, &ONE.replace('a', "g")] {
            let refused = secret(text).unwrap_err().to_string();
            assert!(!refused.contains("0102"), "{refused}");
        }
    }
}
