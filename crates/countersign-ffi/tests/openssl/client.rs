//! `openssl s_client` at the example server: one line, and what came of it.

pub(crate) use crate::s_client::{COME, Client, Heard, KEEP, VERSIONS};
use crate::server::Server;
use crate::site::Site;

impl Client {
    /// `who` comes with more arguments; `None` has no certificate.
    pub(crate) fn connect(
        site: &Site,
        server: &Server,
        version: &str,
        who: Option<&str>,
        more: &[&str],
    ) -> Self {
        let mut arguments = vec!["-connect", server.address(), version];
        arguments.extend(more);
        let files = who.map(|who| [format!("{who}.pem"), format!("{who}.key")]);
        if let Some([cert, key]) = &files {
            arguments.extend(["-cert", cert, "-key", key]);
        }
        Self::spawn(site.path(), &arguments)
    }

    /// Sends a line and waits for it to come back as the client's; `None` where the connection ends
    /// instead.
    pub(crate) fn say(&mut self, line: &str) -> Option<String> {
        self.send(&format!("{line}\n"));
        self.hear(&format!("billing: {line}"))
    }
}

/// A whole visit.
pub(crate) fn visit(
    site: &Site,
    server: &Server,
    version: &str,
    who: Option<&str>,
    more: &[&str],
) -> Heard {
    let mut client = Client::connect(site, server, version, who, more);
    let answer = client.say("friend");
    client.leave(answer)
}
