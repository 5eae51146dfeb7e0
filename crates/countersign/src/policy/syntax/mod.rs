//! From the text of a policy to its tree, or to what is wrong, where, and what to write instead.

pub(in crate::policy) mod document;
mod items;
pub(in crate::policy) mod section;
pub(in crate::policy) mod time;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use self::document::{
    Admit, At, ClientSection, DenySection, Document, ListsSection, Mode, TrustSection,
};
use self::section::{Section, Source, wrong_type};
use crate::clock::{UnixTime, Window};
use crate::error::Error;
use crate::policy::rule::label::{check_id, check_text};
use crate::policy::rule::value;
use crate::revocation;

const CLIENT_KEYS: &[&str] =
    &["id", "owner", "match", "issuer_spki_sha256", "not_before", "not_after", "scopes", "trust"];

/// Reads a policy, which needs no anchors where it `has_anchors` from elsewhere. Files that it names are
/// not touched.
///
/// # Errors
///
/// The first thing that is not as the policy reference says, with line and column.
pub(in crate::policy) fn parse(text: &str, has_anchors: bool) -> Result<Document, Error> {
    let source = Source(text);
    let root = DeTable::parse(text).map_err(|e| {
        let offset = e.span().map_or(text.len(), |span| span.start);
        source.error(offset, format!("this is not TOML: {}", e.message()))
    })?;
    let root = root.get_ref();
    if root.is_empty() {
        let message =
            "the policy is empty: begin with `version = 1`, then `[trust]` with `anchors`";
        return Err(source.error(0, message));
    }
    check_version(source, root)?;
    let keys = ["version", "mode", "admit", "trust", "client", "deny", "lists"];
    let top = Section::new(source, "the policy", (0, root), &keys)?;
    let lists = top.table("lists")?.map_or(Ok(ListsSection::default()), |at| lists(source, at))?;
    let has_lists = !lists.clients.is_empty();
    let document = Document {
        mode: top.choice("mode", &MODES)?.unwrap_or_default(),
        admit: top.choice("admit", &ADMITS)?.unwrap_or_default(),
        trust: top.table("trust")?.map_or(Ok(TrustSection::default()), |at| trust(source, at))?,
        clients: sections(&top, "client", |at| client(source, at, has_lists))?,
        deny: sections(&top, "deny", |at| deny(source, at))?,
        lists,
    };
    let somebody = has_anchors
        || !document.trust.anchors.is_empty()
        || document.clients.iter().any(|c| c.is_pinned);
    if !somebody {
        let message = "no `anchors` under [trust] and no pinned client: nobody could ever come in";
        return Err(source.error(top.offset_of("trust"), message));
    }
    Ok(document)
}

const MODES: [(&str, Mode); 2] = [("enforce", Mode::Enforce), ("audit", Mode::Audit)];
const ADMITS: [(&str, Admit); 2] = [("listed", Admit::Listed), ("issued", Admit::Issued)];
const REVOCATIONS: [(&str, revocation::Mode); 3] = [
    ("require", revocation::Mode::Require),
    ("if_available", revocation::Mode::IfAvailable),
    ("off", revocation::Mode::Off),
];
const STALE_CRLS: [(&str, revocation::Stale); 2] =
    [("deny", revocation::Stale::Deny), ("accept", revocation::Stale::Accept)];
const PINNED: [(&str, bool); 2] = [("path", false), ("pinned", true)];

/// Before all else: a later version may know keys that this one does not.
fn check_version(source: Source<'_>, root: &DeTable<'_>) -> Result<(), Error> {
    let Some(version) = root.get("version") else {
        return Err(source.error(0, "`version` is missing: write `version = 1` at the top"));
    };
    match version.get_ref() {
        DeValue::Integer(number) if number.as_str() == "1" => Ok(()),
        DeValue::Integer(number) => {
            let message =
                format!("this is a policy of version {number}, but only `version = 1` is known");
            Err(source.error(version.span().start, message))
        }
        _ => Err(wrong_type(source, "version", version, "the number 1")),
    }
}

fn sections<T>(
    top: &Section<'_>,
    key: &str,
    read: impl Fn((usize, &DeTable<'_>)) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let expected = format!("sections: write `[[{key}]]`, in double brackets, before each");
    top.tables(key, &expected)?.into_iter().map(read).collect()
}

fn trust(source: Source<'_>, at: (usize, &DeTable<'_>)) -> Result<TrustSection, Error> {
    let keys = ["anchors", "crls", "revocation", "stale_crl", "require_eku"];
    let section = Section::new(source, "[trust]", at, &keys)?;
    Ok(TrustSection {
        anchors: files(source, &section, "anchors")?,
        crls: files(source, &section, "crls")?,
        revocation: section.choice("revocation", &REVOCATIONS)?,
        stale_crl: section.choice("stale_crl", &STALE_CRLS)?.unwrap_or_default(),
        require_eku: section.boolean("require_eku")?.unwrap_or(false),
    })
}

fn lists(source: Source<'_>, at: (usize, &DeTable<'_>)) -> Result<ListsSection, Error> {
    let section = Section::new(source, "[lists]", at, &["clients", "deny"])?;
    Ok(ListsSection {
        clients: files(source, &section, "clients")?,
        deny: files(source, &section, "deny")?,
    })
}

fn files(source: Source<'_>, section: &Section<'_>, key: &str) -> Result<Vec<At<String>>, Error> {
    let file = |path: At<&str>| {
        if path.value.is_empty() || path.value.contains('\0') {
            return Err(source.error(path.offset, "this names no file"));
        }
        Ok(At { value: path.value.to_owned(), offset: path.offset })
    };
    section.strings(key)?.into_iter().map(file).collect()
}

fn deny(source: Source<'_>, at: (usize, &DeTable<'_>)) -> Result<DenySection, Error> {
    let section = Section::new(source, "[[deny]]", at, &["match", "note"])?;
    if section.value("match").is_none() {
        return Err(section.missing("match", "match = [ { spki_sha256 = \"…\" } ]"));
    }
    Ok(DenySection {
        items: items::read(source, &section)?,
        note: label(&section, "note", "a note")?,
    })
}

fn client(
    source: Source<'_>,
    at: (usize, &DeTable<'_>),
    has_lists: bool,
) -> Result<ClientSection, Error> {
    let section = Section::new(source, "[[client]]", at, CLIENT_KEYS)?;
    let id = section.string("id")?;
    let id = id.ok_or_else(|| section.missing("id", "id = \"acme-billing\""))?;
    check_id(id.value).map_err(|why| source.error(id.offset, why))?;
    let items = match section.value("match") {
        Some(_) => items::read(source, &section)?,
        None if has_lists => Vec::new(),
        None => return Err(section.missing("match", "match = [ { dns = \"…\" } ]")),
    };
    let client = ClientSection {
        id: At { value: id.value.to_owned(), offset: id.offset },
        owner: label(&section, "owner", "an owner")?,
        items,
        issuer_spki_sha256: issuer(&section)?,
        approval: approval(source, &section)?,
        scopes: scopes(source, &section)?,
        is_pinned: section.choice("trust", &PINNED)?.unwrap_or(false),
    };
    if client.is_pinned {
        check_pinned(source, &section, &client)?;
    }
    Ok(client)
}

fn check_pinned(
    source: Source<'_>,
    section: &Section<'_>,
    client: &ClientSection,
) -> Result<(), Error> {
    if client.issuer_spki_sha256.is_some() {
        let message = "a pinned client needs no issuer: take out this line or `trust = \"pinned\"`";
        return Err(section.error_at_key("issuer_spki_sha256", message));
    }
    for item in &client.items {
        if let Some(key) = item.value.iter().find(|key| !key.kind().is_pin()) {
            let message = format!(
                "a pinned client is matched by `spki_sha256` or `cert_sha256` only, not by `{}`, \
                 which without a path anyone may claim",
                key.kind().name()
            );
            return Err(source.error(item.offset, message));
        }
    }
    Ok(())
}

fn label(section: &Section<'_>, key: &str, what: &str) -> Result<Option<String>, Error> {
    let Some(text) = section.string(key)? else { return Ok(None) };
    check_text(what, text.value).map_err(|why| section.error(key, why))?;
    Ok(Some(text.value.to_owned()))
}

fn issuer(section: &Section<'_>) -> Result<Option<[u8; 32]>, Error> {
    let Some(text) = section.string("issuer_spki_sha256")? else { return Ok(None) };
    let digest = value::digest(text.value);
    digest.map(Some).map_err(|why| section.error("issuer_spki_sha256", why))
}

fn scopes(source: Source<'_>, section: &Section<'_>) -> Result<Vec<String>, Error> {
    let scope = |scope: At<&str>| {
        if scope.value.is_empty() {
            return Err(source.error(scope.offset, "a scope must not be empty"));
        }
        check_text("a scope", scope.value).map_err(|why| source.error(scope.offset, why))?;
        Ok(scope.value.to_owned())
    };
    section.strings("scopes")?.into_iter().map(scope).collect()
}

fn approval(source: Source<'_>, section: &Section<'_>) -> Result<Window, Error> {
    let point = |key: &str| section.value(key).map(|value| read_time(source, key, value));
    let approval = Window {
        not_before: point("not_before").transpose()?.unwrap_or(UnixTime::MIN),
        not_after: point("not_after").transpose()?.unwrap_or(UnixTime::MAX),
    };
    if approval.not_before > approval.not_after {
        let message = "`not_after` is before `not_before`: this approval would never hold";
        return Err(section.error("not_after", message));
    }
    Ok(approval)
}

fn read_time(
    source: Source<'_>,
    key: &str,
    value: &Spanned<DeValue<'_>>,
) -> Result<UnixTime, Error> {
    let DeValue::Datetime(time) = value.get_ref() else {
        let expected = "a time without quotes, `2026-01-01T00:00:00Z`";
        return Err(wrong_type(source, key, value, expected));
    };
    time::point(time).map_err(|why| source.error(value.span().start, format!("`{key}`: {why}")))
}

#[cfg(test)]
mod tests;
