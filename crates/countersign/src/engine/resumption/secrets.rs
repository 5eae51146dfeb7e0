//! The file of ticket secrets that a fleet shares.

use std::path::Path;

use zeroize::Zeroizing;

use crate::crypto::{Secret, random, sha256};
use crate::error::{Error, ErrorKind};
use crate::limits::{TICKET_SECRET_BYTES, TICKET_SECRETS};
use crate::secret_file;

/// Bytes of a secret's name in a ticket.
pub(super) const NAME: usize = 4;

/// A secret, and the name by which tickets say that it made them.
pub(super) struct NamedSecret {
    pub(super) name: [u8; NAME],
    pub(super) secret: Secret,
}

impl NamedSecret {
    /// The name is a digest; it tells no more of 32 random bytes than that they are the same.
    pub(super) fn new(bytes: &[u8; TICKET_SECRET_BYTES]) -> Self {
        let digest =
            sha256(&Zeroizing::new([b"countersign ticket secret name v1", &bytes[..]].concat()));
        let mut name = [0; NAME];
        name.copy_from_slice(&digest[..NAME]);
        Self { name, secret: Secret::new(bytes, b"countersign tickets v1") }
    }

    pub(super) fn random() -> Result<Self, Error> {
        let bytes = random().map(Zeroizing::new).map_err(|_| {
            Error::new(ErrorKind::Io, "the system has no random bytes for a ticket secret")
        })?;
        Ok(Self::new(&bytes))
    }
}

/// Most bytes of a file: one of the most secrets, with a comment of 200 bytes to each, has half of this.
const FILE_BYTES: usize = TICKET_SECRETS * 512;

/// Reads a file of secrets: 64 hex digits a line, the first in use, the others still known.
///
/// # Errors
/// A file that others can get at, that holds no secret, or a line that is none.
pub(super) fn read(path: &Path) -> Result<Vec<NamedSecret>, Error> {
    let text = secret_file::read(path, FILE_BYTES)?;
    parse(&text).map_err(|e| e.in_file(path))
}

fn parse(text: &str) -> Result<Vec<NamedSecret>, Error> {
    let mut secrets: Vec<NamedSecret> = Vec::new();
    for (number, line) in secret_file::lines(text) {
        let secret = parse_line(line).map_err(|e| e.at(number, 1))?;
        if secrets.iter().any(|known| known.name == secret.name) {
            return Err(Error::config("this secret stands in the file twice").at(number, 1));
        }
        if secrets.len() == TICKET_SECRETS {
            let message = format!("more than {TICKET_SECRETS} secrets: remove the oldest");
            return Err(Error::config(message).at(number, 1));
        }
        secrets.push(secret);
    }
    if secrets.is_empty() {
        let message = "no secret: write one line of 64 hex digits, as `openssl rand -hex 32` does";
        return Err(Error::config(message));
    }
    Ok(secrets)
}

fn parse_line(line: &str) -> Result<NamedSecret, Error> {
    let octets = secret_file::decode(line)?;
    let octets = octets.as_ref().and_then(|octets| <&[u8; _]>::try_from(&octets[..]).ok());
    octets.map(NamedSecret::new).ok_or_else(|| {
        Error::config("a secret is 64 hex digits, as `openssl rand -hex 32` writes them")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    #[test]
    fn comments_and_blank_lines_are_passed_over() {
        let text = format!("# ours\n\n{ONE} # since November\r\n{}\n", ONE.replace('0', "F"));
        let secrets = parse(&text).unwrap();
        assert_eq!(secrets.len(), 2);
        assert_eq!(secrets[0].name, parse(ONE).unwrap()[0].name);
        assert_ne!(secrets[0].name, secrets[1].name);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_and_without_the_secret() {
        for (text, line, what) in [
            (String::new(), None, "no secret"),
            ("# nothing".to_owned(), None, "no secret"),
            (format!("\n{}", &ONE[1..]), Some(2), "64 hex digits"),
            (format!("{ONE}0"), Some(1), "64 hex digits"),
            (ONE.replace('a', "g"), Some(1), "64 hex digits"),
            ("00".repeat(32), Some(1), "the same"),
            (format!("{ONE}\n{}", ONE.to_uppercase()), Some(2), "twice"),
        ] {
            let error = parse(&text).err().unwrap();
            assert_eq!(error.line(), line, "{error}");
            assert!(error.message().contains(what), "{error}");
            assert!(!error.message().contains("0102"), "{error}");
        }
        let many: Vec<_> = (0..=TICKET_SECRETS).map(|i| format!("{i:02x}{}", &ONE[2..])).collect();
        assert_eq!(parse(&many.join("\n")).err().unwrap().line(), Some(17));
    }
}
