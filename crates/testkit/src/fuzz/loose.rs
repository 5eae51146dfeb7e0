//! DER without lengths: every string of octets stands for some DER, all of whose lengths are
//! right. A fuzzer that changes, inserts or removes octets of it changes, inserts or removes
//! elements, instead of breaking the first length it meets.
//!
//! An element is its tag and then, for a constructed one, its elements and `END`; for a
//! primitive one, a length (one octet below 0xf0, else twelve bits in two) and so many octets.
//! `WRAPPED` in place of a tag is an OCTET STRING of elements. What ends early ends there.

use crate::forge::der;

/// Ends the elements of a constructed one.
const END: u8 = 0x00;
/// An OCTET STRING of elements. As a tag it would start a high tag number, which X.509 has not.
const WRAPPED: u8 = 0xff;
const CONSTRUCTED: u8 = 0x20;
const LONG: u8 = 0xf0;
const MOST_OCTETS: usize = 0xfff;
/// Deeper elements are left out.
const DEPTH: usize = 40;

/// The DER of one element, and what follows it.
pub fn decode_one(loose: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut rest = loose;
    let mut out = Vec::with_capacity(loose.len() + 64);
    element(&mut rest, &mut out, DEPTH);
    (out, rest)
}

/// The DER of all elements.
pub fn decode(loose: &[u8]) -> Vec<u8> {
    let mut rest = loose;
    let mut out = Vec::with_capacity(loose.len() + 64);
    while !rest.is_empty() {
        element(&mut rest, &mut out, DEPTH);
    }
    out
}

fn element(rest: &mut &[u8], out: &mut Vec<u8>, depth: usize) {
    let Some((tag, after)) = rest.split_first() else { return };
    *rest = after;
    let wrapped = *tag == WRAPPED;
    if wrapped || tag & CONSTRUCTED != 0 {
        let mut inner = Vec::new();
        while let Some((next, after)) = rest.split_first() {
            if *next == END {
                *rest = after;
                break;
            }
            if depth == 0 {
                *rest = after;
                continue;
            }
            element(rest, &mut inner, depth - 1);
        }
        let tag = if wrapped { der::tag::OCTET_STRING } else { *tag };
        out.extend(der::tlv(tag, &inner));
    } else {
        out.extend(der::tlv(*tag, primitive(rest)));
    }
}

fn primitive<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let (length, after) = match **rest {
        [] => (0, *rest),
        [high @ LONG..=0xff, low, ref after @ ..] => {
            (usize::from(high & !LONG) << 8 | usize::from(low), after)
        }
        [length, ref after @ ..] => (usize::from(length), after),
    };
    let (content, after) = after.split_at(length.min(after.len()));
    *rest = after;
    content
}

/// What decodes to this DER. Elements that are too long for it are cut.
pub fn encode(der: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(der.len() + 64);
    let mut rest = der;
    while let Some((tag, content, after)) = split(rest) {
        rest = after;
        if tag & CONSTRUCTED != 0 {
            out.push(tag);
            out.extend(encode(content));
            out.push(END);
        } else if tag == der::tag::OCTET_STRING && holds_elements(content) {
            out.push(WRAPPED);
            out.extend(encode(content));
            out.push(END);
        } else {
            let content = &content[..content.len().min(MOST_OCTETS)];
            out.push(tag);
            if content.len() >= usize::from(LONG) {
                out.push(LONG | (content.len() >> 8) as u8);
            }
            out.push(content.len() as u8);
            out.extend_from_slice(content);
        }
    }
    out
}

fn holds_elements(content: &[u8]) -> bool {
    let mut rest = content;
    while let Some((_, _, after)) = split(rest) {
        rest = after;
    }
    rest.is_empty() && !content.is_empty()
}

/// The first element: tag, content, what follows. `None` where there is none, or none that
/// decoding could give back.
fn split(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (header, length) = match *bytes {
        [_, n @ ..=0x7f, ..] => (2, usize::from(n)),
        [_, 0x81, n @ 0x80..=0xff, ..] => (3, usize::from(n)),
        [_, 0x82, high @ 1..=0xff, low, ..] => (4, usize::from(high) << 8 | usize::from(low)),
        [_, 0x83, a @ 1..=0xff, b, c, ..] => {
            (5, usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c))
        }
        _ => return None,
    };
    let tag = bytes[0];
    if tag == END || tag & 0x1f == 0x1f || bytes.len() < header + length {
        return None;
    }
    Some((tag, &bytes[header..header + length], &bytes[header + length..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::Authority;

    #[test]
    fn what_is_encoded_decodes_to_the_same_der() {
        let root = Authority::root("root");
        let crl = root.crl().revoke(&[1]).sign(&root.key);
        for der in [&root.certificate, &crl, &root.leaf("leaf").certificate] {
            assert_eq!(decode(&encode(der)), *der);
            let two = [encode(der), vec![7]].concat();
            assert_eq!(decode_one(&two), (der.clone(), &[7][..]));
        }
    }

    #[test]
    fn any_octets_decode_to_whole_elements() {
        let mut state = 1u32;
        for length in 0..400 {
            let octets: Vec<u8> = (0..length)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                })
                .collect();
            let der = decode(&octets);
            let mut rest = &der[..];
            while !rest.is_empty() {
                rest = der::split(rest).2;
            }
        }
        assert_eq!(decode(&[0x30; 100]).len(), 2 * 41, "depth is bounded");
    }
}
