//! Host names as constraints compare them: ASCII case folded, by whole labels.

use core::hash::{Hash, Hasher};

/// A host name, or the tail of one; equal to another whatever the case of its letters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Host<'a>(pub(super) &'a str);

impl PartialEq for Host<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for Host<'_> {}

impl Hash for Host<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Setting this bit folds case, and no two other characters of a host name meet by it.
        const FOLD: u64 = 0x2020_2020_2020_2020;
        let (words, rest) = self.0.as_bytes().as_chunks::<8>();
        for word in words {
            state.write_u64(u64::from_le_bytes(*word) | FOLD);
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        state.write_u64(u64::from_le_bytes(last) | FOLD);
        state.write_usize(self.0.len());
    }
}

/// Whether `name` is `base` or a host below it; every host is below the empty name.
pub(super) fn is_at_or_below(name: &str, base: &str) -> bool {
    base.is_empty() || Host(name) == Host(base) || is_below(name, base)
}

/// Whether `name` is `base` with one or more labels before it.
pub(super) fn is_below(name: &str, base: &str) -> bool {
    let (name, base) = (name.as_bytes(), base.as_bytes());
    name.len()
        .checked_sub(base.len() + 1)
        .is_some_and(|dot| name[dot] == b'.' && name[dot + 1..].eq_ignore_ascii_case(base))
}

/// The name without its first label; empty where it has but one.
pub(super) fn parent(name: &str) -> &str {
    name.split_once('.').map_or("", |(_, parent)| parent)
}

/// The hosts that `name` is below, nearest first, without the empty one.
pub(super) fn ancestors(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').map(|(dot, _)| &name[dot + 1..])
}

/// Whether a URI's host is one that a constraint can speak of: a domain name (RFC 5280 section
/// 4.2.1.10 has URIs refused whose host is none), not an address in any of the spellings that
/// URL parsers take for one. Trust domains of SPIFFE may hold underscores.
pub(super) fn is_domain_name(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    let number = last.bytes().all(|b| b.is_ascii_digit());
    let hexadecimal = last.len() >= 2 && last.as_bytes()[..2].eq_ignore_ascii_case(b"0x");
    let label_ok = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    !number && !hexadecimal && host.split('.').all(label_ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_below_another_by_whole_labels_only() {
        assert!(is_below("a.acme.example", "Acme.Example"));
        assert!(!is_below("acme.example", "acme.example"));
        assert!(!is_below("notacme.example", "acme.example"));
        assert!(!is_below(".acme.example", "a.acme.example"));
        assert!(is_at_or_below("ACME.example", "acme.EXAMPLE"));
        assert!(is_at_or_below("anything", ""));
    }

    #[test]
    fn addresses_in_disguise_are_no_domain_names() {
        for host in ["", "[::1]", "127.0.0.1", "127.1", "0x7f000001", "a.0X1", "a..b", "a.", "%61"]
        {
            assert!(!is_domain_name(host), "{host}");
        }
        for host in ["acme", "my_domain.example", "1a.example", "xn--a.example"] {
            assert!(is_domain_name(host), "{host}");
        }
    }
}
