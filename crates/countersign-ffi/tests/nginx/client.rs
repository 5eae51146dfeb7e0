//! `openssl s_client` with a request, for what curl does not do: sessions, and servers that are no
//! HTTP.

use crate::nginx::Nginx;
pub(crate) use crate::s_client::{COME, Client, Heard, KEEP, VERSIONS};

impl Client {
    /// To this socket, for this server name.
    pub(crate) fn connect(
        nginx: &Nginx<'_>,
        socket: &str,
        version: &str,
        name: &str,
        who: Option<&str>,
        more: &[&str],
    ) -> Self {
        let mut arguments = vec!["-unix", socket, "-servername", name, version];
        let files = who.map(|who| [format!("{who}.pem"), format!("{who}.key")]);
        if let Some([chain, key]) = &files {
            arguments.extend(["-cert", chain, "-cert_chain", chain, "-key", key]);
        }
        // The last word on an option is the one that counts.
        arguments.extend(more);
        Self::spawn(nginx.site.path(), &arguments)
    }

    /// Asks for a path by HTTP/1.1 and keeps the connection: the status.
    pub(crate) fn get(&mut self, host: &str, path: &str) -> Option<String> {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        let line = self.hear("HTTP/1.1 ")?;
        line.split(' ').nth(1).map(str::to_owned)
    }
}

/// One request by HTTP/1.1: its answer is the status.
pub(crate) fn visit(
    nginx: &Nginx<'_>,
    version: &str,
    url: (&str, &str),
    who: Option<&str>,
    more: &[&str],
) -> Heard {
    let mut client = Client::connect(nginx, "https", version, url.0, who, more);
    let answer = client.get(url.0, url.1);
    client.leave(answer)
}
