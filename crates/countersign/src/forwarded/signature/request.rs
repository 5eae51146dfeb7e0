//! The request that a signature is for.

use crate::forwarded::field::is_token;
use crate::forwarded::rejection::Rejection;

/// What a request asks for, as the server behind the proxy sees it: what a signature binds the
/// certificate to.
///
/// The query is part of it: `?account=2` is another target than `?account=1`.
///
/// ```
/// use countersign::forwarded::Request;
///
/// let request = Request::new(b"GET", b"api.example", b"/accounts?id=1");
/// assert_eq!(request.path(), b"/accounts");
/// assert_eq!(request.query(), b"?id=1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'r> {
    method: &'r [u8],
    authority: &'r [u8],
    path: &'r [u8],
    query: &'r [u8],
}

impl<'r> Request<'r> {
    /// From the method; the authority (the `Host` header or `:authority`), which is compared without
    /// case, without a default port on both sides or with it on both; and the path with the query as they are sent,
    /// from the first `/`.
    pub fn new(method: &'r [u8], authority: &'r [u8], target: &'r [u8]) -> Self {
        let question = target.iter().position(|byte| *byte == b'?').unwrap_or(target.len());
        let (path, query) = target.split_at(question);
        // RFC 9421 sections 2.2.6 and 2.2.7: an empty path is `/`, and no query is an empty one.
        let path = if path.is_empty() { b"/" } else { path };
        let query = if query.is_empty() { b"?" } else { query };
        Self { method, authority, path, query }
    }

    /// The path, as `@path` has it.
    pub fn path(&self) -> &'r [u8] {
        self.path
    }

    /// The query, as `@query` has it: with its `?`.
    pub fn query(&self) -> &'r [u8] {
        self.query
    }

    /// Whether every part can stand on a line of its own.
    pub(super) fn check(&self) -> Result<(), Rejection> {
        let is_visible = |part: &[u8]| part.iter().all(u8::is_ascii_graphic);
        let is_sound = !self.method.is_empty()
            && self.method.iter().all(|byte| is_token(*byte))
            && !self.authority.is_empty()
            && [self.authority, self.path, self.query].into_iter().all(is_visible);
        is_sound.then_some(()).ok_or(Rejection::malformed("the request's target is malformed"))
    }

    /// Appends the value of a derived component.
    pub(super) fn push(&self, component: Derived, out: &mut Vec<u8>) {
        match component {
            Derived::Method => out.extend_from_slice(self.method),
            Derived::Authority => out.extend(self.authority.iter().map(u8::to_ascii_lowercase)),
            Derived::Path => out.extend_from_slice(self.path),
            Derived::Query => out.extend_from_slice(self.query),
        }
    }
}

/// A component that is no header (RFC 9421 section 2.2), of those that we sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Derived {
    Method,
    Authority,
    Path,
    Query,
}

impl Derived {
    /// All that a signature covers, in the order in which we write them.
    pub(super) const ALL: [Self; 4] = [Self::Method, Self::Authority, Self::Path, Self::Query];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Method => "@method",
            Self::Authority => "@authority",
            Self::Path => "@path",
            Self::Query => "@query",
        }
    }
}
