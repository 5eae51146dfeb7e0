//! What people write for people: client ids, owners, scopes, notes.

use crate::limits;

/// Checks a client id: it ends up in logs, headers and metrics.
///
/// # Errors
///
/// It is empty, longer than [`limits::CLIENT_ID_BYTES`], or has control characters.
pub(in crate::policy) fn check_id(id: &str) -> Result<(), String> {
    if id.is_empty() {
        return Err("a client id must not be empty".to_owned());
    }
    if id.len() > limits::CLIENT_ID_BYTES {
        return Err(format!(
            "a client id has at most {} bytes, this one has {}",
            limits::CLIENT_ID_BYTES,
            id.len()
        ));
    }
    check_text("a client id", id)
}

/// Checks any other text.
///
/// # Errors
///
/// It has control characters.
pub(in crate::policy) fn check_text(what: &str, text: &str) -> Result<(), String> {
    match text.chars().find(|c| c.is_control()) {
        Some(c) => {
            Err(format!("{what} must not hold control characters: `{}`", c.escape_unicode()))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_visible_text() {
        let longest = "é".repeat(127) + "x";
        assert_eq!(check_id(&longest), Ok(()));
        assert_eq!(check_id("acme billing"), Ok(()));
        assert_eq!(check_id("").unwrap_err(), "a client id must not be empty");
        assert_eq!(
            check_id(&format!("{longest}x")).unwrap_err(),
            "a client id has at most 255 bytes, this one has 256"
        );
        for control in ["a\nb", "a\0", "\u{7f}", "a\u{85}"] {
            assert!(check_id(control).unwrap_err().contains("control characters"), "{control:?}");
        }
    }
}
