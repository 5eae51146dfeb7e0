//! A policy file as a tree: every value in its type and normal form, with its place in the text.

use crate::clock::Window;
use crate::policy::rule::key::Key;
use crate::revocation;

/// A value and where in the text it stands, in bytes from the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::policy) struct At<T> {
    pub(in crate::policy) value: T,
    pub(in crate::policy) offset: usize,
}

/// The whole file.
#[derive(Debug)]
pub(in crate::policy) struct Document {
    pub(in crate::policy) mode: Mode,
    pub(in crate::policy) admit: Admit,
    pub(in crate::policy) trust: TrustSection,
    pub(in crate::policy) clients: Vec<ClientSection>,
    pub(in crate::policy) deny: Vec<DenySection>,
    pub(in crate::policy) lists: ListsSection,
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
pub(in crate::policy) struct TrustSection {
    pub(in crate::policy) anchors: Vec<At<String>>,
    pub(in crate::policy) crls: Vec<At<String>>,
    pub(in crate::policy) revocation: Option<revocation::Mode>,
    pub(in crate::policy) stale_crl: revocation::Stale,
    pub(in crate::policy) require_eku: bool,
}

/// `[[client]]`.
#[derive(Debug)]
pub(in crate::policy) struct ClientSection {
    pub(in crate::policy) id: At<String>,
    pub(in crate::policy) owner: Option<String>,
    pub(in crate::policy) items: Vec<At<Vec<Key>>>,
    pub(in crate::policy) issuer_spki_sha256: Option<[u8; 32]>,
    pub(in crate::policy) approval: Window,
    pub(in crate::policy) scopes: Vec<String>,
    pub(in crate::policy) is_pinned: bool,
}

/// `[[deny]]`.
#[derive(Debug)]
pub(in crate::policy) struct DenySection {
    pub(in crate::policy) items: Vec<At<Vec<Key>>>,
    pub(in crate::policy) note: Option<String>,
}

/// `[lists]`.
#[derive(Debug, Default)]
pub(in crate::policy) struct ListsSection {
    pub(in crate::policy) clients: Vec<At<String>>,
    pub(in crate::policy) deny: Vec<At<String>>,
}
