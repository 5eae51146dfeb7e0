//! PEM inside a header, in the one form that OpenSSL writes (RFC 7468 section 3): lines of 64
//! characters, no text around the blocks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::chain::ClientChain;
use super::rejection::Rejection;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";
const LINE: usize = 64;

/// Adds every certificate of `text`, at least one, to `chain`. Its lines end in `line_end`: a line feed,
/// or what a proxy puts in its place. The last may be missing.
pub(super) fn read(text: &[u8], line_end: u8, chain: &mut ClientChain) -> Result<(), Rejection> {
    let mut rest = text;
    loop {
        rest = block(rest, line_end, chain)?;
        match rest.split_first() {
            None => return Ok(()),
            Some((end, [])) if *end == line_end => return Ok(()),
            Some((end, more)) if *end == line_end => rest = more,
            Some(_) => return Err(Rejection::malformed("text behind a certificate")),
        }
    }
}

/// One block; what follows it.
fn block<'t>(text: &'t [u8], line_end: u8, chain: &mut ClientChain) -> Result<&'t [u8], Rejection> {
    let no_begin = Rejection::malformed("no BEGIN CERTIFICATE where one is due");
    let body = text.strip_prefix(BEGIN).and_then(|t| t.strip_prefix(&[line_end]));
    let mut rest = body.ok_or(no_begin)?;
    let mut encoded = Vec::with_capacity(rest.len());
    loop {
        let length = rest.iter().take(LINE + 1).position(|byte| *byte == line_end);
        let other_length = || Rejection::malformed("a line of other than 64 characters");
        let length = length.filter(|length| *length > 0).ok_or_else(other_length)?;
        encoded.extend_from_slice(&rest[..length]);
        rest = &rest[length + 1..];
        if let Some(behind) = rest.strip_prefix(END) {
            chain.push_base64(&encoded)?;
            return Ok(behind);
        }
        if length != LINE {
            return Err(other_length());
        }
    }
}

/// Hands the pieces of a certificate's PEM, each with its line's end in front or behind, to `piece`.
pub(super) fn write(der: &[u8], line_end: &str, mut piece: impl FnMut(&str)) {
    let encoded = STANDARD.encode(der);
    piece("-----BEGIN CERTIFICATE-----");
    piece(line_end);
    for line in encoded.as_bytes().chunks(LINE) {
        piece(core::str::from_utf8(line).expect("invariant: base64 is ASCII"));
        piece(line_end);
    }
    piece("-----END CERTIFICATE-----");
    piece(line_end);
}

#[cfg(test)]
mod tests {
    use countersign_testkit::forge::{Authority, certificates_pem};

    use super::*;

    fn read_text(text: &[u8]) -> Result<Vec<Vec<u8>>, Rejection> {
        let mut chain = ClientChain::new();
        read(text, b'\n', &mut chain)?;
        Ok(chain.certificates().map(<[u8]>::to_vec).collect())
    }

    #[test]
    fn it_is_what_pem_writers_write() {
        let root = Authority::root("root");
        let certificates = [root.leaf("client").certificate, root.certificate];
        let pem = certificates_pem(&certificates);
        assert_eq!(read_text(pem.as_bytes()).unwrap(), certificates);
        assert_eq!(read_text(pem.trim_end().as_bytes()).unwrap(), certificates);
        let mut written = String::new();
        certificates.iter().for_each(|der| write(der, "\n", |piece| written.push_str(piece)));
        assert_eq!(written, pem);
    }

    #[test]
    fn anything_around_or_inside_the_blocks_is_refused() {
        let pem = certificates_pem([&Authority::root("root").certificate]);
        for other in [
            format!("\n{pem}"),
            format!("{pem}\n"),
            format!("{pem} "),
            format!("text\n{pem}"),
            pem.replace('\n', "\r\n"),
            pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE"),
            pem.replacen("CERTIFICATE-----\n", "CERTIFICATE-----\n\n", 1),
            pem.replacen("CERTIFICATE-----\nM", "CERTIFICATE-----\nM\n", 1),
            pem.replace("\n-----END", "\n\n-----END"),
            String::new(),
        ] {
            assert!(read_text(other.as_bytes()).is_err(), "{other}");
        }
        for cut in 0..pem.len() - 1 {
            assert!(read_text(&pem.as_bytes()[..cut]).is_err(), "cut at {cut}");
        }
    }
}
