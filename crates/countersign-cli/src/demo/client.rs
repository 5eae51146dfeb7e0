//! A TLS client, and what it sees of the server's decision.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, RootCertStore, Stream,
    SupportedProtocolVersion,
};

use super::Outcome;
use super::server::PATIENCE;

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

/// Connects once, without resumption, and says what came of it.
pub(super) fn connect(
    server: SocketAddr,
    root: &CertificateDer<'static>,
    version: &'static SupportedProtocolVersion,
    identity: Option<CertifiedKey>,
) -> Outcome<Seen> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone())?;
    let config = ClientConfig::builder_with_provider(super::provider())
        .with_protocol_versions(&[version])?
        .with_root_certificates(roots);
    let mut config = match identity {
        Some(key) => config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(key))),
        None => config.with_no_client_auth(),
    };
    config.resumption = rustls::client::Resumption::disabled();

    let mut tls = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost")?)?;
    let mut socket = TcpStream::connect_timeout(&server, PATIENCE)
        .map_err(|e| format!("cannot connect to {server}: {e}"))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(match exchange(&mut Stream::new(&mut tls, &mut socket)) {
        Ok(answer) if answer == LINE => Seen::Echo,
        Ok(answer) => Seen::Broken(format!("{} bytes instead of the echo", answer.len())),
        Err(error) => refusal(&error),
    })
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
