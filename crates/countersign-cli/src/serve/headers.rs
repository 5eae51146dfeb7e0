//! Headers of a message on their way through.

use countersign::forwarded::Strip;
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
/// count too, for there are servers that take `_` for `-`.
pub(super) fn remove_claims(headers: &mut HeaderMap, strip: &Strip) {
    let mut lines = HeaderMap::with_capacity(headers.len());
    for (name, value) in &*headers {
        let dropped = strip.drops(name.as_str().as_bytes(), value.as_bytes());
        if !dropped && !is_about_origin(name.as_str()) {
            lines.append(name.clone(), value.clone());
        }
    }
    *headers = lines;
}

/// The names of a header map are in lower case.
fn is_about_origin(name: &str) -> bool {
    let folded = || name.bytes().map(|byte| if byte == b'_' { b'-' } else { byte });
    let family = "x-forwarded-";
    folded().take(family.len()).eq(family.bytes())
        || ["forwarded", "x-real-ip"].iter().any(|known| folded().eq(known.bytes()))
}

/// What else the next hop must not get as it came. `Expect` was answered here; the body's length is
/// said anew from the body itself, so that there are never two of them; HTTP/2 splits `Cookie`
/// (RFC 9113 section 8.2.3).
pub(super) fn make_ready_for_http1(headers: &mut HeaderMap) {
    for name in [header::EXPECT, header::CONTENT_LENGTH, header::TRAILER] {
        headers.remove(name);
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
        make_ready_for_http1(&mut headers);
        assert_eq!(headers, map(&[("Cookie", "a=1; b=2")]));
    }
}
