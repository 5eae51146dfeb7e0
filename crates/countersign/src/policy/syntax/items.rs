//! The `match` of a client or a deny rule.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::At;
use super::section::{Section, Source, wrong_type};
use crate::error::Error;
use crate::policy::rule::key::{Key, Kind};
use crate::policy::rule::spelling::suggest;
use crate::policy::rule::subject::{Attribute, SubjectKey, known_names, oid_of};
use crate::policy::rule::value::{self, ExactScratch};

const EXPECTED: &str = "a list of tables, `match = [ { dns = \"billing.acme.example\" } ]`";

/// Reads every `{ … }` of a `match`, each a list of keys that must all hold.
///
/// # Errors
///
/// The list is empty, or anything in it is not a key in its normal form.
pub(in crate::policy) fn read(
    source: Source<'_>,
    section: &Section<'_>,
) -> Result<Vec<At<Vec<Key>>>, Error> {
    let tables = section.tables("match", EXPECTED)?;
    if tables.is_empty() {
        let message = "an empty `match` can never match: write `match = [ { dns = \"…\" } ]`";
        return Err(section.error("match", message));
    }
    tables.into_iter().map(|(offset, table)| item(source, offset, table)).collect()
}

fn item(source: Source<'_>, offset: usize, table: &DeTable<'_>) -> Result<At<Vec<Key>>, Error> {
    let mut entries: Vec<_> = table.iter().collect();
    if entries.is_empty() {
        return Err(source.error(offset, "`{ }` demands nothing, so it would match everyone"));
    }
    // The first mistake in the text is the one to report.
    entries.sort_by_key(|(name, _)| name.span().start);
    let keys = entries.into_iter().map(|(name, value)| {
        let kind = Kind::from_name(name.get_ref())
            .ok_or_else(|| source.error(name.span().start, unknown_kind(name.get_ref())))?;
        key(source, kind, value)
    });
    Ok(At { value: keys.collect::<Result<_, _>>()?, offset })
}

fn unknown_kind(name: &str) -> String {
    if known_names().any(|attribute| attribute.eq_ignore_ascii_case(name)) {
        return format!("`{name}` is a subject attribute: write `subject = {{ {name} = \"…\" }}`");
    }
    let kinds = Kind::ALL.into_iter().map(Kind::name);
    format!("`{}` is nothing to match by: {}", name.escape_debug(), suggest(name, kinds))
}

fn key(source: Source<'_>, kind: Kind, value: &Spanned<DeValue<'_>>) -> Result<Key, Error> {
    match kind {
        Kind::IssuerSerial => issuer_serial(source, value),
        Kind::Subject => subject(source, value).map(Key::Subject),
        _ => {
            let text = text(source, kind.name(), value)?;
            value::key(kind, text).map_err(|why| source.error(value.span().start, why))
        }
    }
}

fn text<'v>(
    source: Source<'_>,
    key: &str,
    value: &'v Spanned<DeValue<'_>>,
) -> Result<&'v str, Error> {
    let text = value.get_ref().as_str();
    text.ok_or_else(|| wrong_type(source, key, value, "a string in quotes"))
}

fn issuer_serial(source: Source<'_>, value: &Spanned<DeValue<'_>>) -> Result<Key, Error> {
    let expected = "a table, `issuer_serial = { issuer_sha256 = \"…\", serial = \"…\" }`";
    let table = value.get_ref().as_table();
    let table =
        table.ok_or_else(|| wrong_type(source, Kind::IssuerSerial.name(), value, expected))?;
    let at = (value.span().start, table);
    let section = Section::new(source, "issuer_serial", at, &["issuer_sha256", "serial"])?;
    let part =
        |key: &str, example| section.string(key)?.ok_or_else(|| section.missing(key, example));
    let issuer = part("issuer_sha256", "issuer_sha256 = \"64 hex digits\"")?;
    let serial = part("serial", "serial = \"hex digits\"")?;
    value::digest(issuer.value).map_err(|why| source.error(issuer.offset, why))?;
    let mut scratch = ExactScratch::new();
    let bytes = value::issuer_serial(issuer.value, serial.value, &mut scratch)
        .map_err(|why| source.error(serial.offset, why))?;
    Ok(Key::Exact(Kind::IssuerSerial, bytes.into()))
}

fn subject(source: Source<'_>, value: &Spanned<DeValue<'_>>) -> Result<SubjectKey, Error> {
    let expected = "a table of attributes, `subject = { cn = \"billing\", o = \"Acme\" }`";
    let table = value.get_ref().as_table();
    let table = table.ok_or_else(|| wrong_type(source, Kind::Subject.name(), value, expected))?;
    let mut entries: Vec<_> = table.iter().collect();
    if entries.is_empty() {
        let message = "an empty `subject` demands nothing, so it would match everyone";
        return Err(source.error(value.span().start, message));
    }
    entries.sort_by_key(|(name, _)| name.span().start);
    let attributes = entries.iter().map(|(name, value)| attribute(source, name, value));
    SubjectKey::new(attributes.collect::<Result<_, _>>()?).map_err(|twice| {
        let name = entries[twice].0;
        let message =
            format!("`{}` names an attribute that is named before: once is all", name.get_ref());
        source.error(name.span().start, message)
    })
}

fn attribute(
    source: Source<'_>,
    name: &Spanned<toml::de::DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
) -> Result<Attribute, Error> {
    let oid = oid_of(name.get_ref()).ok_or_else(|| {
        let message = format!(
            "`{}` is no subject attribute: {} (or a dotted OID in quotes)",
            name.get_ref().escape_debug(),
            suggest(name.get_ref(), known_names())
        );
        source.error(name.span().start, message)
    })?;
    let text = text(source, name.get_ref(), value)?;
    if text.is_empty() || text.contains('\0') {
        let message = "this can never match: no certificate holds an empty value or a NUL";
        return Err(source.error(value.span().start, message));
    }
    Ok(Attribute { oid, value: text.into() })
}
