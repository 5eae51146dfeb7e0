//! From a policy's text and the files it names to what decisions are made with.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::pem;
use crate::policy::files::{Part, Reading};
use crate::policy::lists::{self, Side};
use crate::policy::matcher::builder::{MatcherBuilder, Room};
use crate::policy::matcher::{ClientRecord, Matcher};
use crate::policy::syntax;
use crate::policy::syntax::document::{Admit, At, ClientSection, Document, Mode};
use crate::policy::syntax::section::Source;
use crate::revocation;

/// A policy and everything it names, read and checked. Certificates and CRLs are still DER.
#[derive(Debug)]
pub(crate) struct CompiledPolicy {
    /// Whether the allowlist decides.
    pub(crate) mode: Mode,
    /// Who may come in at all.
    pub(crate) admit: Admit,
    /// What to do about revocation.
    pub(crate) revocation: revocation::Mode,
    /// What to do about a CRL that is not current.
    pub(crate) stale_crl: revocation::Stale,
    /// Whether a leaf without extended key usage is refused.
    pub(crate) require_eku: bool,
    /// The DER of every trust anchor and the file it came from.
    pub(crate) anchors: Vec<(PathBuf, Vec<u8>)>,
    /// The DER of every CRL and the file it came from.
    pub(crate) crls: Vec<(PathBuf, Vec<u8>)>,
    /// Clients and deny rules.
    pub(crate) matcher: Matcher,
    /// SHA-256 over every byte that it was compiled from.
    pub(crate) digest: [u8; 32],
}

/// What a policy is given besides the files that it names: PEM texts, or one DER each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    pub(crate) anchors: Vec<Vec<u8>>,
    pub(crate) crls: Vec<Vec<u8>>,
}

impl CompiledPolicy {
    /// Reads a policy file; the paths in it are relative to it.
    ///
    /// # Errors
    ///
    /// Any file is missing, unreadable or empty of what it should hold, or says something wrong:
    /// with the file, and where there is one, the line and column.
    pub(crate) fn from_file(
        path: &Path,
        given: &Given,
        reading: &mut Reading,
    ) -> Result<Self, Error> {
        let text = reading.whole(Part::Policy, path)?;
        let base_dir = path.parent().unwrap_or(Path::new(""));
        compile(&text, base_dir, given, reading).map_err(|e| e.in_file(path))
    }

    /// Compiles a policy's text, which is to be UTF-8; the paths in it are relative to `base_dir`.
    ///
    /// # Errors
    ///
    /// As for [`from_file`](Self::from_file); errors about the text itself name no file.
    pub(crate) fn from_toml(
        text: impl AsRef<[u8]>,
        base_dir: &Path,
        given: &Given,
        reading: &mut Reading,
    ) -> Result<Self, Error> {
        reading.add(Part::Policy, text.as_ref());
        compile(text.as_ref(), base_dir, given, reading)
    }
}

fn compile(
    text: &[u8],
    base_dir: &Path,
    given: &Given,
    reading: &mut Reading,
) -> Result<CompiledPolicy, Error> {
    let text = core::str::from_utf8(text).map_err(|bad| not_utf8(text, bad))?;
    let document = syntax::parse(text, !given.anchors.is_empty())?;
    let matcher = matcher(&document, Source(text), base_dir, reading)?;
    let trust = document.trust;
    let part = Part::Anchors;
    let mut anchors = read_all(part, &trust.anchors, base_dir, pem::certificates, reading)?;
    let (what, take) = ("anchors from memory", pem::certificates_or_der);
    anchors.extend(take_all(part, &given.anchors, what, take, reading)?);
    let part = Part::Crls;
    let mut crls = read_all(part, &trust.crls, base_dir, pem::crls, reading)?;
    crls.extend(take_all(part, &given.crls, "CRLs from memory", pem::crls, reading)?);
    let by_default =
        if crls.is_empty() { revocation::Mode::Off } else { revocation::Mode::Require };
    Ok(CompiledPolicy {
        mode: document.mode,
        admit: document.admit,
        revocation: trust.revocation.unwrap_or(by_default),
        stale_crl: trust.stale_crl,
        require_eku: trust.require_eku,
        anchors,
        crls,
        matcher,
        digest: reading.digest(),
    })
}

fn not_utf8(bytes: &[u8], bad: core::str::Utf8Error) -> Error {
    let text = String::from_utf8_lossy(&bytes[..bad.valid_up_to()]);
    Source(&text).error(text.len(), "a policy is UTF-8 text; this is not")
}

/// Reads every file and takes the DER out of it.
fn read_all(
    part: Part,
    files: &[At<String>],
    base_dir: &Path,
    take: impl Fn(&[u8]) -> Result<Vec<Vec<u8>>, Error>,
    reading: &mut Reading,
) -> Result<Vec<(PathBuf, Vec<u8>)>, Error> {
    let mut all = Vec::new();
    for file in files {
        let path = base_dir.join(&file.value);
        let bytes = reading.whole(part, &path)?;
        let found = take(&bytes).map_err(|e| e.in_file(&path))?;
        all.extend(found.into_iter().map(|der| (path.clone(), der)));
    }
    Ok(all)
}

/// Takes the DER out of every text; errors name `what` for a file.
fn take_all(
    part: Part,
    texts: &[Vec<u8>],
    what: &str,
    take: impl Fn(&[u8]) -> Result<Vec<Vec<u8>>, Error>,
    reading: &mut Reading,
) -> Result<Vec<(PathBuf, Vec<u8>)>, Error> {
    let mut all = Vec::new();
    for text in texts {
        reading.add(part, text);
        let found = take(text).map_err(|e| e.in_file(Path::new(what)))?;
        all.extend(found.into_iter().map(|der| (what.into(), der)));
    }
    Ok(all)
}

pub(super) fn matcher(
    document: &Document,
    source: Source<'_>,
    base_dir: &Path,
    reading: &mut Reading,
) -> Result<Matcher, Error> {
    let mut room = |files: &[At<String>]| {
        let mut room = Room::default();
        for file in files {
            let path = base_dir.join(&file.value);
            reading.glance(&path, |list| lists::measure(list, &path, &mut room))?;
        }
        Ok::<_, Error>(room)
    };
    let (clients, deny) = (room(&document.lists.clients)?, room(&document.lists.deny)?);
    let mut builder = MatcherBuilder::with_room(&clients, &deny);
    for client in &document.clients {
        add_client(client, source, &mut builder)?;
    }
    for deny in &document.deny {
        for item in &deny.items {
            let added = builder.add_deny_rule(item.value.clone(), deny.note.as_deref());
            added.map_err(|why| source.error(item.offset, why))?;
        }
    }
    for (files, side, part) in [
        (&document.lists.clients, Side::Clients, Part::Clients),
        (&document.lists.deny, Side::Deny, Part::Deny),
    ] {
        for file in files {
            let path = base_dir.join(&file.value);
            reading.stream(part, &path, |list| lists::load(list, &path, side, &mut builder))?;
        }
    }
    Ok(builder.finish())
}

fn add_client(
    client: &ClientSection,
    source: Source<'_>,
    builder: &mut MatcherBuilder,
) -> Result<(), Error> {
    let record = ClientRecord {
        owner: client.owner.as_deref().map(Into::into),
        issuer_spki_sha256: client.issuer_spki_sha256,
        approval: client.approval,
        scopes: client.scopes.iter().map(|scope| scope.as_str().into()).collect(),
        is_pinned: client.is_pinned,
    };
    let index = builder
        .add_client(&client.id.value, record)
        .map_err(|why| source.error(client.id.offset, why))?;
    client.items.iter().try_for_each(|item| {
        let added = builder.add_client_rule(index, item.value.clone());
        added.map_err(|why| source.error(item.offset, why))
    })
}

#[cfg(test)]
mod tests;
