//! Clients with the demo's certificates.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Bytes;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::process::PATIENCE;
use crate::command::made;

/// Its certificate is approved.
pub(crate) const APPROVED: Option<&str> = Some("approved");

fn certificates(path: &Path) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_file_iter(path).unwrap().map(Result::unwrap).collect()
}

/// The DER that a client of the demo presents, leaf first.
pub(crate) fn chain(who: &str) -> Vec<Vec<u8>> {
    certificates(&made(&format!("{who}.pem"))).iter().map(|der| der.to_vec()).collect()
}

/// What a client connects with, under one application protocol or none. It keeps its sessions.
pub(crate) fn configured(who: Option<&str>, alpn: Option<&str>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates(&made("ca.pem")));
    // By name: a build of the whole workspace has two providers.
    let builder = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("the provider has suites for them")
        .with_root_certificates(roots);
    let mut config = match who {
        Some(who) => {
            let key = PrivateKeyDer::from_pem_file(made(&format!("{who}.key"))).unwrap();
            builder.with_client_auth_cert(certificates(&made(&format!("{who}.pem"))), key).unwrap()
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = alpn.into_iter().map(Into::into).collect();
    Arc::new(config)
}

/// A connection for `name` of a client that may have been here before.
pub(crate) async fn connect_with(
    config: &Arc<ClientConfig>,
    to: SocketAddr,
    name: &str,
) -> io::Result<TlsStream<TcpStream>> {
    let socket = TcpStream::connect(to).await?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    timeout(PATIENCE, TlsConnector::from(Arc::clone(config)).connect(name, socket)).await?
}

/// A connection for `name`, under one application protocol or none.
pub(crate) async fn connect(
    to: SocketAddr,
    who: Option<&str>,
    name: &str,
    alpn: Option<&str>,
) -> io::Result<TlsStream<TcpStream>> {
    connect_with(&configured(who, alpn), to, name).await
}

/// An approved client's connection for `localhost`.
pub(crate) async fn approved(to: SocketAddr) -> TlsStream<TcpStream> {
    connect(to, APPROVED, "localhost", Some("http/1.1")).await.unwrap()
}

/// Writes a request as it is and reads until the connection ends.
pub(crate) async fn ask(stream: &mut TlsStream<TcpStream>, request: &str) -> io::Result<String> {
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await?;
    if answer.is_empty() {
        read?;
    }
    Ok(String::from_utf8(answer).unwrap())
}

/// A GET of an approved client's with more lines, on a connection of its own.
pub(crate) async fn get(to: SocketAddr, path: &str, more: &str) -> String {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n");
    ask(&mut approved(to).await, &request).await.unwrap()
}

/// A request over HTTP/2, by a client that is approved.
pub(crate) async fn over_http2(
    to: SocketAddr,
    request: Request<Empty<Bytes>>,
) -> Response<Full<Bytes>> {
    let stream = connect(to, APPROVED, "localhost", Some("h2")).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let io = TokioIo::new(stream);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    let driving = tokio::spawn(connection);
    let answer = timeout(PATIENCE, sender.send_request(request)).await.unwrap().unwrap();
    let (head, body) = answer.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    driving.abort();
    Response::from_parts(head, Full::from(body))
}
