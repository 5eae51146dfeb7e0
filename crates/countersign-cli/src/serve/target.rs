//! Where the requests or the bytes go.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;
use hyper::http::uri::Authority;

/// The server behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(super) protocol: Protocol,
    pub(super) authority: Authority,
    /// A name, or an address without brackets.
    host: String,
    port: u16,
}

/// What is spoken with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http,
    Tcp,
}

const EXPECTED: &str = "write http://HOST:PORT or tcp://HOST:PORT";

impl Target {
    /// For a socket.
    pub(super) fn host_and_port(&self) -> (&str, u16) {
        (&self.host, self.port)
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|_| EXPECTED.to_owned())?;
        let (protocol, default_port) = match uri.scheme_str() {
            Some("http") => (Protocol::Http, Some(80)),
            Some("tcp") => (Protocol::Tcp, None),
            Some("https") => {
                return Err("the server behind is spoken to without TLS: write http://".to_owned());
            }
            _ => return Err(EXPECTED.to_owned()),
        };
        if uri.path().len() > 1 || uri.query().is_some() {
            return Err(format!("a path cannot be added to every request's: {EXPECTED}"));
        }
        let authority = uri.authority().cloned().ok_or(EXPECTED)?;
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(EXPECTED.to_owned());
        }
        let port = match authority.port_u16() {
            // What stands there and is no port must not become the default.
            None if authority.as_str() == authority.host() => default_port,
            port => port.filter(|port| *port > 0),
        };
        let port = port.ok_or_else(|| format!("there is no port: {EXPECTED}"))?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { protocol, authority, host, port })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.protocol {
            Protocol::Http => "http",
            Protocol::Tcp => "tcp",
        };
        write!(f, "{scheme}://{}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_protocol_a_host_and_a_port() {
        for (text, protocol, host, port) in [
            ("http://127.0.0.1:8080", Protocol::Http, "127.0.0.1", 8080),
            ("http://app.example/", Protocol::Http, "app.example", 80),
            ("tcp://[::1]:5432", Protocol::Tcp, "::1", 5432),
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!(
                (target.protocol, target.host_and_port()),
                (protocol, (host, port)),
                "{text}"
            );
        }
    }

    #[test]
    fn anything_else_says_what_to_write() {
        for text in [
            "",
            "127.0.0.1:80",
            "https://a:1",
            "ftp://a:1",
            "tcp://a",
            "tcp://a:0",
            "http://a:99999",
            "http://a:1/path",
            "http://a:1?query",
            "http://user@a:1",
            "http://:1",
        ] {
            let refused = text.parse::<Target>().unwrap_err();
            assert!(refused.contains("write http://"), "{text}: {refused}");
        }
    }
}
