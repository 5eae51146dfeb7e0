//! A policy file as a tree: every value in its type and normal form, with its place in the text.

use super::key::Key;
use crate::clock::Window;
use crate::revocation;

/// A value and where in the text it stands, in bytes from the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) offset: usize,
}

/// The whole file.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) mode: Mode,
    pub(super) admit: Admit,
    pub(super) trust: TrustSection,
    pub(super) clients: Vec<ClientSection>,
    pub(super) deny: Vec<DenySection>,
    pub(super) lists: ListsSection,
}

/// Whether the allowlist decides, or only says what it would decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    /// The allowlist decides.
    #[default]
    Enforce,
    /// A valid path is let through although the allowlist would deny it.
    Audit,
}

/// Who may come in at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Admit {
    /// Clients with a record or an entry.
    #[default]
    Listed,
    /// Everyone with a valid path.
    Issued,
}

/// `[trust]`.
#[derive(Debug, Default)]
pub(super) struct TrustSection {
    pub(super) anchors: Vec<At<String>>,
    pub(super) crls: Vec<At<String>>,
    pub(super) revocation: Option<revocation::Mode>,
    pub(super) stale_crl: revocation::Stale,
    pub(super) require_eku: bool,
}

/// `[[client]]`.
#[derive(Debug)]
pub(super) struct ClientSection {
    pub(super) id: At<String>,
    pub(super) owner: Option<String>,
    pub(super) items: Vec<At<Vec<Key>>>,
    pub(super) issuer_spki_sha256: Option<[u8; 32]>,
    pub(super) approval: Window,
    pub(super) scopes: Vec<String>,
    pub(super) is_pinned: bool,
}

/// `[[deny]]`.
#[derive(Debug)]
pub(super) struct DenySection {
    pub(super) items: Vec<At<Vec<Key>>>,
    pub(super) note: Option<String>,
}

/// `[lists]`.
#[derive(Debug, Default)]
pub(super) struct ListsSection {
    pub(super) clients: Vec<At<String>>,
    pub(super) deny: Vec<At<String>>,
}
