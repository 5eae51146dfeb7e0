//! A TLS client, and what it sees of the server's decision.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, RootCertStore, Stream,
    SupportedProtocolVersion,
};

use super::Outcome;
use super::server::PATIENCE;
use super::sessions::Everywhere;

const LINE: &[u8] = b"halt, who goes there\n";

/// What a client saw.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Its line came back: it got in.
    Echo,
    /// The server refused it in TLS's own words.
    Alert(AlertDescription),
    /// Anything else, which is not how a server should answer.
    Broken(String),
}

/// A client that keeps the sessions that it is given.
pub(super) struct Client(Arc<ClientConfig>);

impl Client {
    /// Without a session yet. `root` is what it checks the server against.
    pub(super) fn new(
        root: &CertificateDer<'static>,
        version: &'static SupportedProtocolVersion,
        identity: Option<CertifiedKey>,
    ) -> Outcome<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(root.clone())?;
        let config = ClientConfig::builder_with_provider(super::provider())
            .with_protocol_versions(&[version])?
            .with_root_certificates(roots);
        let mut config = match identity {
            Some(key) => config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(key))),
            None => config.with_no_client_auth(),
        };
        config.resumption = Resumption::store(Arc::new(Everywhere::default()));
        Ok(Self(Arc::new(config)))
    }

    /// Connects once, asking for `server_name` and offering the session it has, and says what came
    /// of it.
    pub(super) fn connect(&self, server: SocketAddr, server_name: &'static str) -> Outcome<Seen> {
        let server_name = ServerName::try_from(server_name)?;
        let mut tls = ClientConnection::new(Arc::clone(&self.0), server_name)?;
        let mut socket = TcpStream::connect_timeout(&server, PATIENCE)
            .map_err(|e| format!("cannot connect to {server}: {e}"))?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(match exchange(&mut Stream::new(&mut tls, &mut socket)) {
            Ok(answer) if answer == LINE => Seen::Echo,
            Ok(answer) => Seen::Broken(format!("{} bytes instead of the echo", answer.len())),
            Err(error) => refusal(&error),
        })
    }
}

/// Sends a line, reads what comes back. In TLS 1.3 the client's handshake is over before the server
/// has judged it, so a refusal shows only when reading.
fn exchange(tls: &mut Stream<'_, ClientConnection, TcpStream>) -> io::Result<Vec<u8>> {
    tls.write_all(LINE)?;
    tls.flush()?;
    let mut answer = Vec::new();
    tls.read_to_end(&mut answer)?;
    Ok(answer)
}

fn refusal(error: &io::Error) -> Seen {
    match error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::AlertReceived(alert)) => Seen::Alert(*alert),
        _ => Seen::Broken(error.to_string()),
    }
}
