//! Headers of a message on their way through.

use countersign::forwarded::Strip;
use hyper::body::Body;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Those that are about one connection (RFC 9110 section 7.6.1), whether `Connection` names them or not.
const HOP_BY_HOP: [HeaderName; 6] = [
    header::CONNECTION,
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("keep-alive"),
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Takes out what is about the connection that the message came over.
pub(super) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let mut listed = Vec::new();
    for name in [header::CONNECTION, HeaderName::from_static("proxy-connection")] {
        for value in headers.get_all(name) {
            let options = value.as_bytes().split(|byte| *byte == b',');
            listed
                .extend(options.filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok()));
        }
    }
    for name in listed.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// Takes out what a client must not say: who it is, and whom it came from. Other spellings of a name
/// count too, for there are servers that take `_` or `.` for `-`.
pub(super) fn remove_claims(headers: &mut HeaderMap, strip: &Strip) {
    let mut lines = HeaderMap::with_capacity(headers.len());
    for (name, value) in &*headers {
        let dropped = strip.drops(name.as_str().as_bytes(), value.as_bytes());
        if !dropped && !is_claim(name.as_str()) {
            lines.append(name.clone(), value.clone());
        }
    }
    *headers = lines;
}

/// How names begin under which some proxy tells of the client: beside those that a family has there are
/// those that recipes have.
const CLAIMS: [&str; 7] = [
    "x-forwarded-",
    "x-ssl-",
    "ssl-client-",
    "x-client-cert",
    "x-amzn-mtls-",
    "cf-client-cert-",
    "cloudfront-viewer-cert-",
];

/// CGI makes the variable `HTTP_PROXY` of the last (httpoxy, CVE-2016-5385).
const CLAIMS_ALONE: [&str; 4] = ["forwarded", "x-forwarded", "x-real-ip", "proxy"];

/// The names of a header map are in lower case.
fn is_claim(name: &str) -> bool {
    let fold = |byte: u8| if byte.is_ascii_alphanumeric() { byte } else { b'-' };
    let folded = || name.bytes().map(fold);
    CLAIMS.iter().any(|claim| folded().take(claim.len()).eq(claim.bytes()))
        || CLAIMS_ALONE.iter().any(|claim| folded().eq(claim.bytes()))
}

/// What else the next hop must not get as it came. `Expect` was answered here; the body's length is
/// said anew from the body itself, so that there are never two of them; HTTP/2 splits `Cookie`
/// (RFC 9113 section 8.2.3).
pub(super) fn make_ready_for_http1(headers: &mut HeaderMap, body: &impl Body) {
    for name in [header::EXPECT, header::CONTENT_LENGTH, header::TRAILER] {
        headers.remove(name);
    }
    // Of a body whose length nobody knows hyper leaves out that of a GET.
    if !body.is_end_stream() && body.size_hint().exact().is_none() {
        headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    let crumbs: Vec<&[u8]> =
        headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if crumbs.len() > 1 {
        let joined = HeaderValue::from_bytes(&crumbs.join(&b"; "[..]));
        headers.remove(header::COOKIE);
        if let Ok(joined) = joined {
            headers.insert(header::COOKIE, joined);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http_body_util::{Empty, Full};
    use hyper::body::{Bytes, Frame};

    use super::*;

    fn map(lines: &[(&str, &str)]) -> HeaderMap {
        let lines = lines.iter().map(|(name, value)| {
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap())
        });
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append::<HeaderName>(name, value);
        }
        map
    }

    fn names(map: &HeaderMap) -> Vec<&str> {
        map.keys().map(HeaderName::as_str).collect()
    }

    #[test]
    fn what_is_about_the_connection_goes_and_so_does_what_it_names() {
        let mut headers = map(&[
            ("Connection", "close, X-Token ,, bad name"),
            ("Connection", "x-other"),
            ("Proxy-Connection", "x-third"),
            ("Keep-Alive", "timeout=5"),
            ("TE", "trailers"),
            ("Transfer-Encoding", "chunked"),
            ("Upgrade", "websocket"),
            ("X-Token", "1"),
            ("X-Other", "1"),
            ("X-Third", "1"),
            ("Accept", "*/*"),
        ]);
        remove_hop_by_hop(&mut headers);
        assert_eq!(names(&headers), ["accept"]);
    }

    #[test]
    fn no_spelling_of_a_claim_passes() {
        let mut headers = map(&[
            ("Client-Cert", ":AA==:"),
            ("client_cert", ":AA==:"),
            ("X_Forwarded_Client-Cert", "Hash=00"),
            ("X-Forwarded-For", "10.0.0.1"),
            ("x_forwarded_for", "10.0.0.1"),
            ("X-Forwarded-Anything", "1"),
            ("Forwarded", "for=10.0.0.1"),
            ("X-Real-IP", "10.0.0.1"),
            ("X.Real.IP", "10.0.0.1"),
            ("x.forwarded+host", "evil.example"),
            ("X-Forwarded", "for=10.0.0.1"),
            ("X-SSL-Client-S-DN", "CN=admin"),
            ("ssl_client_serial", "01"),
            ("X-Client-Cert-Hash", "00"),
            ("Proxy", "http://evil.example"),
            ("Signature", "countersign=:AA==:"),
            ("Signature", "mine=:AA==:"),
            ("Accept", "a"),
            ("Accept", "b"),
        ]);
        remove_claims(&mut headers, &Strip::all());
        let left: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.to_str().unwrap())).collect();
        assert_eq!(left, [("signature", "mine=:AA==:"), ("accept", "a"), ("accept", "b")]);
    }

    #[test]
    fn cookies_are_one_line_and_lengths_are_left_to_the_body() {
        let mut headers = map(&[
            ("Cookie", "a=1"),
            ("Cookie", "b=2"),
            ("Content-Length", "7"),
            ("Expect", "100-continue"),
            ("Trailer", "client-cert"),
        ]);
        make_ready_for_http1(&mut headers, &Empty::<Bytes>::new());
        assert_eq!(headers, map(&[("Cookie", "a=1; b=2")]));
    }

    /// More may come, and nobody knows how much.
    struct Unending;

    impl Body for Unending {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[test]
    fn a_body_of_unknown_length_is_said_to_be_one() {
        let mut headers = map(&[("Content-Length", "7")]);
        make_ready_for_http1(&mut headers, &Unending);
        assert_eq!(headers, map(&[("Transfer-Encoding", "chunked")]));
        let mut of_known = map(&[("Content-Length", "7")]);
        make_ready_for_http1(&mut of_known, &Full::<Bytes>::from("5 of 7"));
        assert!(of_known.is_empty());
    }
}
