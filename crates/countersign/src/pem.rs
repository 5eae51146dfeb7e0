//! Strict PEM (RFC 7468): certificates and CRLs out of text files.
//!
//! Text outside the blocks is ignored, as `openssl x509 -text` writes it there; everything inside
//! must be exact, because a block that is skipped is a trust anchor or a CRL that is missing.

use base64::engine::general_purpose::STANDARD;
use base64::{Engine as _, decoded_len_estimate};
use zeroize::Zeroize as _;

use crate::error::Error;

/// The label of a certificate.
pub(crate) const CERTIFICATE: &str = "CERTIFICATE";
/// The label of a certificate revocation list.
pub(crate) const CRL: &str = "X509 CRL";
/// How the labels of private keys end.
const PRIVATE_KEY: &str = "PRIVATE KEY";

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// One block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    /// What stands between `-----BEGIN ` and `-----`.
    pub(crate) label: &'a str,
    /// The line of its `-----BEGIN`, from 1.
    pub(crate) line: u32,
    /// The decoded content. Of a private key it is wiped, unless it is taken out.
    pub(crate) der: Vec<u8>,
}

impl Drop for Block<'_> {
    fn drop(&mut self) {
        if self.label.ends_with(PRIVATE_KEY) {
            self.der.zeroize();
        }
    }
}

/// The blocks of a PEM text in order. The first error ends the iteration.
///
/// No block at all is no error here: the caller knows whether it needs one.
pub(crate) fn blocks(text: &[u8]) -> impl Iterator<Item = Result<Block<'_>, Error>> {
    Blocks { lines: Lines { rest: text, number: 0 }, failed: false }
}

/// The DER of every certificate in a PEM text.
///
/// # Errors
///
/// A block that is no certificate, a broken block, or no block at all.
pub fn certificates(text: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    all_labelled(text, CERTIFICATE, "certificate")
}

/// The DER of every certificate in bytes that are either one DER certificate or PEM blocks.
///
/// # Errors
///
/// As for [`certificates`]. DER is not parsed here.
pub(crate) fn certificates_or_der(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    if is_der(bytes) {
        return Ok(vec![bytes.to_vec()]);
    }
    certificates(bytes)
}

/// The DER of every CRL in a file that is either one DER CRL or PEM blocks.
///
/// # Errors
///
/// As for [`certificates`]. DER is not parsed here.
pub(crate) fn crls(file: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    if is_der(file) {
        return Ok(vec![file.to_vec()]);
    }
    all_labelled(file, CRL, "CRL")
}

/// DER of any certificate or CRL begins with a SEQUENCE whose length takes the long form; no PEM
/// or text file begins with these two bytes, because the second is not ASCII.
fn is_der(file: &[u8]) -> bool {
    matches!(file, [0x30, 0x80..=0xff, ..])
}

fn all_labelled(text: &[u8], label: &str, what: &str) -> Result<Vec<Vec<u8>>, Error> {
    let mut found = Vec::new();
    for block in blocks(text) {
        let mut block = block?;
        if block.label != label {
            return Err(wrong_label(&block, label));
        }
        found.push(core::mem::take(&mut block.der));
    }
    if found.is_empty() {
        let hint = if is_der(text) {
            "this is DER; convert it with `openssl x509 -inform der`"
        } else {
            "the file must hold at least one"
        };
        return Err(Error::config(format!("no {what} (`-----BEGIN {label}-----`) found: {hint}")));
    }
    Ok(found)
}

fn wrong_label(block: &Block<'_>, expected: &str) -> Error {
    let hint = if block.label.ends_with(PRIVATE_KEY) {
        "; a private key does not belong in this file: remove it, and treat it as exposed"
    } else if block.label.ends_with(CERTIFICATE) && expected == CERTIFICATE {
        "; convert it with `openssl x509`"
    } else {
        ""
    };
    let message =
        format!("a `{}` block where only `{expected}` blocks may stand{hint}", block.label);
    Error::config(message).at(block.line, 1)
}

struct Lines<'a> {
    rest: &'a [u8],
    /// The number of the line read last.
    number: u32,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    /// The next line without its ending and without trailing blanks.
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|&b| b == b'\n').unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        self.number = self.number.saturating_add(1);
        Some(line.trim_ascii_end())
    }
}

struct Blocks<'a> {
    lines: Lines<'a>,
    failed: bool,
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Result<Block<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let found = self.next_block().transpose();
        self.failed = matches!(found, Some(Err(_)));
        found
    }
}

impl<'a> Blocks<'a> {
    fn next_block(&mut self) -> Result<Option<Block<'a>>, Error> {
        while let Some(line) = self.lines.next() {
            let unindented = line.trim_ascii_start();
            if unindented.starts_with(END) {
                return Err(self.error("END without its BEGIN: the start of a block is missing"));
            }
            if !unindented.starts_with(BEGIN) {
                continue;
            }
            if unindented.len() != line.len() {
                return Err(self.error("BEGIN must stand at the start of its line"));
            }
            let label = label(line, BEGIN).ok_or_else(|| {
                self.error("this line must read `-----BEGIN` label `-----` and nothing else")
            })?;
            return self.finish_block(label).map(Some);
        }
        Ok(None)
    }

    fn finish_block(&mut self, label: &'a str) -> Result<Block<'a>, Error> {
        // Base64 has no dash. Of its full size at once: what grows leaves copies behind.
        let rest = self.lines.rest;
        let length = rest.iter().position(|&b| b == b'-').unwrap_or(rest.len());
        let mut encoded = Vec::with_capacity(length);
        let block = self.decode_block(label, &mut encoded);
        if label.ends_with(PRIVATE_KEY) {
            encoded.zeroize();
        }
        block
    }

    fn decode_block(&mut self, label: &'a str, encoded: &mut Vec<u8>) -> Result<Block<'a>, Error> {
        let begin = self.lines.number;
        while let Some(line) = self.lines.next() {
            if line.starts_with(DASHES) {
                self.check_end(line, label, begin)?;
                let der = vec![0; decoded_len_estimate(encoded.len())];
                let mut block = Block { label, line: begin, der };
                let wrong = |what| Error::config(format!("the `{label}` block is {what}"));
                return match STANDARD.decode_slice(encoded, &mut block.der) {
                    Ok(0) => Err(wrong("empty").at(begin, 1)),
                    Ok(length) => {
                        block.der.truncate(length);
                        Ok(block)
                    }
                    Err(_) => Err(wrong("not base64: cut off or damaged").at(begin, 1)),
                };
            }
            if !line.iter().all(|&b| b.is_ascii_alphanumeric() || b"+/=".contains(&b)) {
                return Err(self.error("not base64; headers and comments may not stand in a block"));
            }
            encoded.extend_from_slice(line);
        }
        let message = format!("the `{label}` block has no END: the file is cut off");
        Err(Error::config(message).at(begin, 1))
    }

    fn check_end(&self, line: &[u8], begun: &str, begin: u32) -> Result<(), Error> {
        match label(line, END) {
            Some(ended) if ended == begun => Ok(()),
            Some(ended) => Err(self.error(&format!(
                "END of `{ended}`, but the block that line {begin} begins is `{begun}`"
            ))),
            None => Err(self.error(&format!(
                "the `{begun}` block that line {begin} begins must end with `-----END {begun}-----`"
            ))),
        }
    }

    fn error(&self, message: &str) -> Error {
        Error::config(message).at(self.lines.number, 1)
    }
}

/// The label of an encapsulation boundary, if that is what the whole line is.
fn label<'a>(line: &'a [u8], boundary: &[u8]) -> Option<&'a str> {
    let label = line.strip_prefix(boundary)?.strip_suffix(DASHES)?;
    let printable = !label.is_empty() && label.iter().all(|b| (b' '..=b'~').contains(b));
    if printable { core::str::from_utf8(label).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der_of(text: &str) -> Result<Vec<Vec<u8>>, String> {
        blocks(text.as_bytes())
            .map(|b| b.map(|b| b.der.clone()).map_err(|e| e.to_string()))
            .collect::<Result<_, _>>()
    }

    #[test]
    fn blocks_are_read_in_order_and_text_around_them_is_ignored() {
        let text = "# issued by Acme\n-----BEGIN CERTIFICATE-----\nAQID\nBAU=\n\
            -----END CERTIFICATE-----\nbetween\r\n-----BEGIN X509 CRL-----\r\nBg==\r\n\
            -----END X509 CRL-----\r\n";
        let found: Vec<_> = blocks(text.as_bytes()).map(Result::unwrap).collect();
        assert_eq!(
            found,
            [
                Block { label: "CERTIFICATE", line: 2, der: vec![1, 2, 3, 4, 5] },
                Block { label: "X509 CRL", line: 7, der: vec![6] },
            ]
        );
    }

    #[test]
    fn every_broken_block_is_an_error_with_its_line() {
        for (text, expected) in [
            ("\n-----BEGIN A-----\nAQID\n", "2:1: the `A` block has no END: the file is cut off"),
            (
                "-----BEGIN A-----\nAQID\n-----END B-----\n",
                "3:1: END of `B`, but the block that line 1 begins is `A`",
            ),
            (
                "-----BEGIN A-----\nAQID\n-----BEGIN A-----\n",
                "3:1: the `A` block that line 1 begins must end with `-----END A-----`",
            ),
            (
                "-----BEGIN A-----\nAQI\n-----END A-----\n",
                "1:1: the `A` block is not base64: cut off or damaged",
            ),
            (
                "-----BEGIN A-----\nAQJ=\n-----END A-----\n",
                "1:1: the `A` block is not base64: cut off or damaged",
            ),
            (
                "-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n-----END A-----\n",
                "2:1: not base64; headers and comments may not stand in a block",
            ),
            ("-----BEGIN A-----\n-----END A-----\n", "1:1: the `A` block is empty"),
            (
                "AQID\n-----END A-----\n",
                "2:1: END without its BEGIN: the start of a block is missing",
            ),
            (
                "  -----BEGIN A-----\nAQID\n-----END A-----\n",
                "1:1: BEGIN must stand at the start of its line",
            ),
            (
                "-----BEGIN A----\nAQID\n-----END A-----\n",
                "1:1: this line must read `-----BEGIN` label `-----` and nothing else",
            ),
        ] {
            assert_eq!(der_of(text).unwrap_err(), expected, "{text:?}");
        }
    }

    #[test]
    fn cutting_a_block_anywhere_never_yields_another_certificate() {
        let text = "-----BEGIN CERTIFICATE-----\nAQIDBAUGBwg=\n-----END CERTIFICATE-----";
        assert_eq!(certificates(text.as_bytes()).unwrap(), [[1, 2, 3, 4, 5, 6, 7, 8]]);
        for end in 0..text.len() {
            assert!(certificates(&text.as_bytes()[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn only_certificates_may_stand_in_a_certificate_file() {
        let key = "-----BEGIN EC PRIVATE KEY-----\nAQID\n-----END EC PRIVATE KEY-----\n";
        let error = certificates(key.as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "1:1: a `EC PRIVATE KEY` block where only `CERTIFICATE` blocks may stand; a private \
             key does not belong in this file: remove it, and treat it as exposed"
        );
        for nothing in [&b""[..], b"no certificate in here\n", b"\xff\xfe\x00"] {
            let error = certificates(nothing).unwrap_err();
            assert_eq!(
                error.to_string(),
                "no certificate (`-----BEGIN CERTIFICATE-----`) found: the file must hold at \
                 least one"
            );
        }
        let der = certificates(&[0x30, 0x82, 1, 0]).unwrap_err();
        assert!(der.message().ends_with("convert it with `openssl x509 -inform der`"));
    }

    #[test]
    fn a_crl_file_is_one_der_crl_or_pem_blocks() {
        assert_eq!(crls(&[0x30, 0x81, 0xff, 1]).unwrap(), [[0x30, 0x81, 0xff, 1]]);
        let one = "-----BEGIN X509 CRL-----\nAQID\n-----END X509 CRL-----\n";
        assert_eq!(crls(one.repeat(2).as_bytes()).unwrap(), [[1, 2, 3], [1, 2, 3]]);
        assert!(crls(b"0 CRLs yet\n").unwrap_err().message().starts_with("no CRL"));
        assert!(crls(b"").is_err());
    }
}
