//! Reading typed values out of one TOML table; every error has its place.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::At;
use crate::error::Error;
use crate::policy::rule::spelling::{alternatives, nearest};

/// The text of a policy, for the places of errors.
#[derive(Clone, Copy)]
pub(in crate::policy) struct Source<'t>(pub(in crate::policy) &'t str);

impl Source<'_> {
    /// An error about what stands at `offset`.
    pub(in crate::policy) fn error(&self, offset: usize, message: impl Into<String>) -> Error {
        let before = &self.0[..self.0.floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|b| *b == b'\n').count();
        let column = before[line_start..].chars().count();
        let from_one = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1);
        Error::config(message).at(from_one(line), from_one(column))
    }
}

/// Every key of a policy and the section it belongs to, to tell where a misplaced one goes.
const HOMES: &[(&str, &[&str])] = &[
    ("at the top, before the first [section]", &["version", "mode", "admit"]),
    ("under [trust]", &["anchors", "crls", "revocation", "stale_crl", "require_eku"]),
    (
        "in a [[client]]",
        &["id", "owner", "match", "issuer_spki_sha256", "not_before", "not_after", "scopes"],
    ),
    ("in a [[deny]]", &["note"]),
];

/// One table whose keys are known.
pub(in crate::policy) struct Section<'s> {
    source: Source<'s>,
    /// As it is written in the file: `[trust]`.
    name: &'static str,
    offset: usize,
    table: &'s DeTable<'s>,
}

impl<'s> Section<'s> {
    /// # Errors
    ///
    /// The table has a key that is not one of `keys`.
    pub(in crate::policy) fn new(
        source: Source<'s>,
        name: &'static str,
        (offset, table): (usize, &'s DeTable<'s>),
        keys: &[&'static str],
    ) -> Result<Self, Error> {
        let strangers = table.keys().filter(|key| !keys.contains(&key.get_ref().as_ref()));
        if let Some(stranger) = strangers.min_by_key(|key| key.span().start) {
            let message = unknown_key(stranger.get_ref(), name, keys);
            return Err(source.error(stranger.span().start, message));
        }
        Ok(Self { source, name, offset, table })
    }

    pub(in crate::policy) fn value(&self, key: &str) -> Option<&'s Spanned<DeValue<'s>>> {
        self.table.get(key)
    }

    /// Where a key stands; the section's own place where it is absent.
    pub(in crate::policy) fn offset_of(&self, key: &str) -> usize {
        self.table.get_key_value(key).map_or(self.offset, |(key, _)| key.span().start)
    }

    /// An error about the value of `key`.
    pub(in crate::policy) fn error(&self, key: &str, message: impl Into<String>) -> Error {
        let offset = self.value(key).map_or(self.offset, |value| value.span().start);
        self.source.error(offset, message)
    }

    /// An error about the name of `key`.
    pub(in crate::policy) fn error_at_key(&self, key: &str, message: impl Into<String>) -> Error {
        self.source.error(self.offset_of(key), message)
    }

    /// The error that a key is missing, with an example of it.
    pub(in crate::policy) fn missing(&self, key: &str, example: &str) -> Error {
        let message = format!("{} has no `{key}`: write `{example}`", self.name);
        self.source.error(self.offset, message)
    }

    pub(in crate::policy) fn string(&self, key: &str) -> Result<Option<At<&'s str>>, Error> {
        self.value(key).map(|value| string(self.source, key, value)).transpose()
    }

    pub(in crate::policy) fn boolean(&self, key: &str) -> Result<Option<bool>, Error> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let boolean = value.get_ref().as_bool();
        let expected = "`true` or `false`, without quotes";
        boolean.map(Some).ok_or_else(|| wrong_type(self.source, key, value, expected))
    }

    /// A list of strings; empty where the key is absent.
    pub(in crate::policy) fn strings(&self, key: &str) -> Result<Vec<At<&'s str>>, Error> {
        let Some(value) = self.value(key) else { return Ok(Vec::new()) };
        let expected = format!("a list of strings, `{key} = [\"…\"]`");
        let array = value.get_ref().as_array();
        let array = array.ok_or_else(|| wrong_type(self.source, key, value, &expected))?;
        array.iter().map(|item| string(self.source, key, item)).collect()
    }

    /// One of a few words.
    pub(in crate::policy) fn choice<T: Copy>(
        &self,
        key: &str,
        choices: &[(&'static str, T)],
    ) -> Result<Option<T>, Error> {
        let Some(word) = self.string(key)? else { return Ok(None) };
        match choices.iter().find(|(name, _)| *name == word.value) {
            Some((_, choice)) => Ok(Some(*choice)),
            None => {
                let names = alternatives(choices.iter().map(|(name, _)| *name));
                let found = word.value.escape_debug();
                let message = format!("`{key}` is {names}, not `{found}`");
                Err(self.source.error(word.offset, message))
            }
        }
    }

    /// A table, with its place.
    pub(in crate::policy) fn table(
        &self,
        key: &str,
    ) -> Result<Option<(usize, &'s DeTable<'s>)>, Error> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let table = value.get_ref().as_table();
        let expected = format!("a section: write `[{key}]` on a line of its own");
        let table = table.ok_or_else(|| wrong_type(self.source, key, value, &expected))?;
        Ok(Some((self.offset_of(key), table)))
    }

    /// A list of tables, each with its place; empty where the key is absent.
    pub(in crate::policy) fn tables(
        &self,
        key: &str,
        expected: &str,
    ) -> Result<Vec<(usize, &'s DeTable<'s>)>, Error> {
        let Some(value) = self.value(key) else { return Ok(Vec::new()) };
        let array = value.get_ref().as_array();
        let array = array.ok_or_else(|| wrong_type(self.source, key, value, expected))?;
        let table = |item: &'s Spanned<DeValue<'s>>| match item.get_ref().as_table() {
            Some(table) => Ok((item.span().start, table)),
            None => Err(wrong_type(self.source, key, item, expected)),
        };
        array.iter().map(table).collect()
    }
}

fn unknown_key(key: &str, section: &str, keys: &[&str]) -> String {
    let shown = key.escape_debug();
    let place = if section.is_empty() { String::new() } else { format!(" in {section}") };
    if let Some(near) = nearest(key, keys.iter().copied()) {
        return format!("unknown key `{shown}`{place}: did you mean `{near}`?");
    }
    if let Some((home, _)) = HOMES.iter().find(|(_, words)| words.contains(&key)) {
        return format!("unknown key `{shown}`{place}: it belongs {home}");
    }
    format!("unknown key `{shown}`{place}: write {}", alternatives(keys.iter().copied()))
}

fn string<'s>(
    source: Source<'_>,
    key: &str,
    value: &'s Spanned<DeValue<'s>>,
) -> Result<At<&'s str>, Error> {
    match value.get_ref().as_str() {
        Some(text) => Ok(At { value: text, offset: value.span().start }),
        None => Err(wrong_type(source, key, value, "a string in quotes")),
    }
}

/// The error that a value is not what it should be.
pub(in crate::policy) fn wrong_type(
    source: Source<'_>,
    key: &str,
    value: &Spanned<DeValue<'_>>,
    expected: &str,
) -> Error {
    let found = match value.get_ref() {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    source.error(value.span().start, format!("`{key}` must be {expected}; this is {found}"))
}
