//! Which host a request is for, and whether the connection is for that host.

use hyper::http::uri::Authority;
use hyper::{HeaderMap, Uri, header};

/// The one authority that a request names, in its target and its `Host`.
///
/// RFC 9112 section 3.2 lets the target win where the two differ; who decides by the other would decide
/// about another host, so such a request is none.
pub(super) fn of_request(uri: &Uri, headers: &HeaderMap) -> Result<Authority, &'static str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Some(parse(host.as_bytes())?),
        (None, _) => None,
        (Some(_), Some(_)) => return Err("more than one Host"),
    };
    let target = uri.authority().map(|own| parse(own.as_str().as_bytes())).transpose()?;
    match (target, host) {
        (Some(target), Some(host)) if target != host => Err("the target and Host differ"),
        (Some(authority), _) | (None, Some(authority)) => Ok(authority),
        (None, None) => Err("no Host"),
    }
}

fn parse(text: &[u8]) -> Result<Authority, &'static str> {
    let authority = Authority::try_from(text).map_err(|_| "Host is malformed")?;
    // What is behind the host is a port: a server that cuts elsewhere would see another host.
    let behind = &authority.as_str()[authority.host().len().min(authority.as_str().len())..];
    let is_port = |port: &str| {
        (1..=5).contains(&port.len()) && port.bytes().all(|digit| digit.is_ascii_digit())
    };
    let has_port = behind.is_empty() || behind.strip_prefix(':').is_some_and(is_port);
    let is_whole = !authority.host().is_empty() && !text.contains(&b'@') && has_port;
    is_whole.then_some(authority).ok_or("Host is malformed")
}

/// Whether a request for this host may come over a connection for that server name. Case, the port
/// and one trailing dot make no difference.
pub(super) fn is_served(authority: &Authority, server_name: Option<&str>) -> bool {
    let host = authority.host();
    let host = host.strip_suffix('.').unwrap_or(host);
    server_name.is_some_and(|name| host.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(uri: &str, hosts: &[&str]) -> Result<String, &'static str> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, host.parse().unwrap());
        }
        of_request(&uri.parse().unwrap(), &headers).map(|authority| authority.to_string())
    }

    #[test]
    fn a_request_names_one_host() {
        assert_eq!(of("/", &["api.example:8443"]), Ok("api.example:8443".to_owned()));
        assert_eq!(of("https://api.example/", &[]), Ok("api.example".to_owned()));
        assert_eq!(of("/", &["[::1]:8443"]), Ok("[::1]:8443".to_owned()));
        assert_eq!(of("https://API.example/", &["api.example"]), Ok("API.example".to_owned()));
    }

    #[test]
    fn a_request_that_names_none_or_two_is_refused() {
        let refused =
            [("/", &[][..]), ("/", &["a", "a"]), ("/", &[""]), ("/", &["u@a"]), ("/", &["a b"])];
        for host in ["a:", "a:.evil.example", "a:80,evil.example", "a:x", "a:123456"] {
            assert!(of("/", &[host]).is_err(), "{host}");
        }
        for (uri, hosts) in refused.into_iter().chain([("https://a/", &["b"][..])]) {
            assert!(of(uri, hosts).is_err(), "{uri} {hosts:?}");
        }
    }

    #[test]
    fn a_host_is_the_server_name_or_another() {
        let served = |host: &str, name| is_served(&host.parse().unwrap(), name);
        for host in ["api.example", "API.example", "api.example:8443", "api.example."] {
            assert!(served(host, Some("api.example")), "{host}");
        }
        for host in ["xapi.example", "example", "api.example.evil", "api.example..", "127.0.0.1"] {
            assert!(!served(host, Some("api.example")), "{host}");
        }
        assert!(!served("api.example", None));
    }
}
