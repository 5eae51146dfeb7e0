//! AWS Application Load Balancer: percent-encoded PEM in which base64's own characters may stand for
//! themselves.

use super::nginx::push_escaped;
use crate::cert::Certificate;
use crate::forwarded::chain::{ClientChain, Forwarded, Statement};
use crate::forwarded::field::Gathered;
use crate::forwarded::percent::Literals;
use crate::forwarded::rejection::Rejection;

pub(super) const VERIFY_NAMES: [&str; 5] = [
    "x-amzn-mtls-clientcert-leaf",
    "x-amzn-mtls-clientcert-serial-number",
    "x-amzn-mtls-clientcert-issuer",
    "x-amzn-mtls-clientcert-subject",
    "x-amzn-mtls-clientcert-validity",
];
pub(super) const PASSTHROUGH_NAMES: [&str; 1] = ["x-amzn-mtls-clientcert"];
const LEAF: usize = 0;
const SERIAL: usize = 1;

/// The five come together. What is text in them is for logs: only the serial number is compared, to
/// see that all are about one certificate.
pub(super) fn read_verified(fields: &Gathered<'_, '_>) -> Result<Forwarded, Rejection> {
    for name in 0..VERIFY_NAMES.len() {
        if fields.one(name)?.is_none() {
            return Err(fields.malformed(name, "missing"));
        }
    }
    let mut chain = ClientChain::new();
    let leaf = fields.one(LEAF)?.unwrap_or_default();
    fields.at(LEAF, push_escaped(leaf, Literals::Base64, &mut chain))?;
    if chain.certificates().count() != 1 {
        return Err(fields.malformed(LEAF, "more than the leaf"));
    }
    let certificate = Certificate::parse(chain.leaf())?;
    if !is_serial(fields.one(SERIAL)?.unwrap_or_default(), certificate.serial()) {
        return Err(fields.malformed(SERIAL, "not the serial number of the leaf"));
    }
    Ok(chain.stated(Statement::Verified))
}

pub(super) fn read_passed_through(fields: &Gathered<'_, '_>) -> Result<Forwarded, Rejection> {
    let mut chain = ClientChain::new();
    let value = fields.one(LEAF)?.unwrap_or_default();
    fields.at(LEAF, push_escaped(value, Literals::Base64, &mut chain))?;
    Ok(chain.stated(Statement::Unverified))
}

/// Whether hex digits of either case are this number, however many zeros are in front of it.
fn is_serial(digits: &[u8], serial: &[u8]) -> bool {
    let written: Vec<u8> = serial.iter().flat_map(|octet| [octet >> 4, octet & 0xf]).collect();
    let value = |digit: &u8| char::from(*digit).to_digit(16).map(|value| value as u8);
    let Some(given) = digits.iter().map(value).collect::<Option<Vec<u8>>>() else { return false };
    fn significant(digits: &[u8]) -> &[u8] {
        &digits[digits.iter().take_while(|digit| **digit == 0).count()..]
    }
    !given.is_empty() && significant(&given) == significant(&written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_are_compared_as_numbers() {
        for digits in ["0a1b", "A1B", "000A1b"] {
            assert!(is_serial(digits.as_bytes(), &[0x0a, 0x1b]), "{digits}");
        }
        assert!(is_serial(b"ff", &[0, 0xff]) && is_serial(b"0", &[0]));
        for digits in ["", "a1", "a1b0", "0xa1b", "a:1b", "a1b "] {
            assert!(!is_serial(digits.as_bytes(), &[0x0a, 0x1b]), "{digits}");
        }
    }
}
