//! The word that was probably meant.

/// The candidate nearest to `word`, if one is near: a typo or two away, or the same but for case,
/// hyphens and underscores.
pub(in crate::policy) fn nearest<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    let word = plain(word);
    let near =
        candidates.into_iter().map(|candidate| (distance(&word, &plain(candidate)), candidate));
    let (distance, candidate) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= (word.len().max(candidate.len()) / 4).clamp(1, 3)).then_some(candidate)
}

/// What to write instead of `word`: the candidate that was probably meant, or any of them.
pub(in crate::policy) fn suggest<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str> + Clone,
) -> String {
    match nearest(word, candidates.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write {}", alternatives(candidates)),
    }
}

/// The words as `a`, `b` or `c`.
pub(in crate::policy) fn alternatives<'c>(words: impl IntoIterator<Item = &'c str>) -> String {
    let quoted: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

fn plain(word: &str) -> Vec<u8> {
    // A word of a policy is short; what is not short is not near to one.
    word.bytes().take(64).filter(|b| !b"-_".contains(b)).map(|b| b.to_ascii_lowercase()).collect()
}

/// How many letters were left out, put in, replaced or swapped with their neighbour.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let width = b.len() + 1;
    let mut best: Vec<usize> = (0..=a.len()).flat_map(|i| (0..width).map(move |j| i + j)).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let at = i * width + j;
            let replaced = best[at - width - 1] + usize::from(a[i - 1] != b[j - 1]);
            best[at] = replaced.min(best[at - 1] + 1).min(best[at - width] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best[at] = best[at].min(best[at - 2 * width - 2] + 1);
            }
        }
    }
    best[best.len() - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_word_and_a_stranger_none() {
        let words = ["anchors", "crls", "stale_crl", "spki_sha256", "cert_sha256", "id"];
        for (word, meant) in [
            ("anchor", Some("anchors")),
            ("acnhors", Some("anchors")),
            ("stale-crl", Some("stale_crl")),
            ("SPKI_SHA256", Some("spki_sha256")),
            ("spkisha265", Some("spki_sha256")),
            ("crl", Some("crls")),
            ("ids", Some("id")),
            ("password", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, words), meant, "{word}");
        }
    }

    #[test]
    fn alternatives_read_as_a_sentence() {
        assert_eq!(alternatives(["a"]), "`a`");
        assert_eq!(alternatives(["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
