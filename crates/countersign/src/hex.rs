//! Hex digits of either case.

/// Decodes twice as many digits as there are octets; whether all of them were hex.
#[inline]
pub(crate) fn decode(digits: &[u8], octets: &mut [u8]) -> bool {
    let mut bad = 0;
    for (pair, octet) in digits.chunks_exact(2).zip(octets) {
        let (high, low) = (HEX[usize::from(pair[0])], HEX[usize::from(pair[1])]);
        bad |= high | low;
        *octet = high << 4 | low & 0xf;
    }
    bad & NOT_HEX == 0
}

const NOT_HEX: u8 = 0x80;

/// The value of each hex digit, or [`NOT_HEX`]: ten million lists entries are 640 million digits.
const HEX: [u8; 256] = {
    let mut table = [NOT_HEX; 256];
    let mut value = 0;
    while value < 16 {
        let digit = b"0123456789abcdef"[value as usize];
        table[digit as usize] = value;
        table[digit.to_ascii_uppercase() as usize] = value;
        value += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_either_case_are_octets_and_nothing_else_is() {
        let mut octets = [0; 3];
        assert!(decode(b"00aFfA", &mut octets));
        assert_eq!(octets, [0, 0xaf, 0xfa]);
        for other in 0..=u8::MAX {
            let is_digit = decode(&[b'0', other], &mut octets[..1]);
            assert_eq!(is_digit, other.is_ascii_hexdigit(), "{other}");
            assert_eq!(decode(&[other, b'0'], &mut octets[..1]), is_digit, "{other}");
        }
    }
}
