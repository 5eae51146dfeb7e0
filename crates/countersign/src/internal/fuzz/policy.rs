//! Policies and lists: errors say where and what, and nothing depends on chance.

use std::path::Path;

use crate::error::Error;
use crate::limits;
use crate::policy::{CompiledPolicy, Given, Reading, only_list};

/// A folder that is not there: no policy gets to read a file.
const NOWHERE: &str = "/nonexistent/countersign-fuzz";

/// Compiles `text` as a policy whose files are all missing.
pub fn policy(text: &[u8]) {
    let Ok(text) = core::str::from_utf8(text) else { return };
    // An absolute path, or one that climbs, might lead to a file after all.
    if text.contains(['/', '\\']) && text.contains("anchors") && text.contains("..")
        || text.contains("\"/")
        || text.contains("'/")
    {
        return;
    }
    let given = Given::default();
    let compile =
        || CompiledPolicy::from_toml(text, Path::new(NOWHERE), &given, &mut Reading::new());
    match (compile(), compile()) {
        (Ok(policy), Ok(again)) => {
            assert_eq!(policy.matcher.client_count(), again.matcher.client_count());
            assert!(policy.anchors.is_empty() && policy.crls.is_empty(), "there are no files");
        }
        (Err(error), Err(again)) => {
            assert_eq!(error.to_string(), again.to_string());
            sound(&error, text.as_bytes());
        }
        _ => panic!("the same policy, two outcomes"),
    }
}

/// Loads `octets` as a list: of clients after an odd first octet, else of denials.
pub fn list(octets: &[u8]) {
    let Some((side, text)) = octets.split_first() else { return };
    let is_deny = side & 1 == 0;
    let loaded = only_list(text, is_deny);
    if let Err(error) = &loaded {
        sound(error, text);
    }
    let lines = || text.split(|b| *b == b'\n');
    let short = lines().all(|line| line.len() < limits::LIST_LINE_BYTES - 2);
    if short && !text.contains(&b'\r') {
        let other_ends = lines().collect::<Vec<_>>().join(&b"\r\n"[..]);
        let again = only_list(&other_ends, is_deny);
        assert_eq!(again.is_ok(), loaded.is_ok(), "line endings do not matter");
    }
}

/// An error has a message that a terminal can show, and a place that exists.
fn sound(error: &Error, text: &[u8]) {
    assert!(!error.message().is_empty());
    let harmful = |c: char| c.is_control() && c != '\n';
    assert!(!error.message().contains(harmful), "{error:?}");
    let lines = text.split(|b| *b == b'\n').count();
    assert!(error.line().is_none_or(|line| (1..=lines).contains(&(line as usize))), "{error}");
    assert!(error.column().is_none_or(|column| (column as usize) <= text.len() + 1), "{error}");
}
