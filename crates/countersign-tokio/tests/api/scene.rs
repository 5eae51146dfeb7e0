//! A server with two approved clients, and the clients.

use std::net::Ipv4Addr;
use std::sync::Arc;

use countersign::engine::{self, AcceptorBuilder, Credential, Entry};
use countersign::{UnixTime, Verifier};
use countersign_testkit::forge::extension::{self, purpose};
use countersign_testkit::forge::{Authority, GeneralName};
use countersign_tokio::{Acceptor, Stream};
use rustls::SupportedProtocolVersion;
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::{TlsConnector, client};

use crate::peer::{Client, Clock, private_key};
use crate::site::{BILLING, POLICY, Site};

/// Both versions, for tests that hold for each.
pub(crate) const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

pub(crate) const SHIPPING: &str = "spiffe://acme.example/shipping";

const SHIPPING_TOO: &str = r#"
[[client]]
id = "acme-shipping"
match = [ { uri = "spiffe://acme.example/shipping" } ]
"#;

/// A server, its policy, and the authority that its clients' certificates come from.
pub(crate) struct Scene {
    pub(crate) site: Site,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) acceptor: Acceptor,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    /// A scene whose engine is set up a little differently.
    pub(crate) fn with(set_up: impl FnOnce(AcceptorBuilder) -> AcceptorBuilder) -> Self {
        let (site, clock) = (Site::new(), Clock::new());
        let verifier = Arc::new(site.verifier(&format!("{POLICY}{SHIPPING_TOO}")));
        let entry = Entry::required(credential(), Arc::clone(&verifier));
        let engine = set_up(engine::Acceptor::builder().default_entry(entry)).build().unwrap();
        let seconds = Arc::clone(&clock);
        let acceptor =
            Acceptor::new(engine).calendar(move || UnixTime::from_secs(seconds.seconds()));
        Self { site, verifier, clock, acceptor }
    }

    pub(crate) fn tracking(mut self) -> Self {
        self.acceptor = self.acceptor.tracking();
        self
    }

    /// Puts both clients on the list.
    pub(crate) fn approve_both(&self) {
        self.site.write("policy.toml", format!("{POLICY}{SHIPPING_TOO}").as_bytes());
        self.verifier.reload().unwrap();
    }

    /// Takes shipping off the list.
    pub(crate) fn revoke_shipping(&self) {
        self.site.write("policy.toml", POLICY.as_bytes());
        self.verifier.reload().unwrap();
    }

    /// A client that presents a certificate with this URI.
    pub(crate) fn client(
        &self,
        version: &'static SupportedProtocolVersion,
        uri: &str,
    ) -> TlsConnector {
        let leaf = self.site.leaf(uri);
        let client = Client::nobody(version, &self.clock);
        connector(&client.presenting(&self.site.chain(&leaf), &leaf.key))
    }

    /// A client's stream and the server's, over `buffer` bytes of memory each way.
    pub(crate) async fn pair(
        &self,
        version: &'static SupportedProtocolVersion,
        uri: &str,
        buffer: usize,
    ) -> (client::TlsStream<DuplexStream>, Stream<DuplexStream>) {
        let (here, there) = tokio::io::duplex(buffer);
        self.pair_over(version, uri, here, there).await
    }

    /// A client's stream and the server's, over two sockets that are connected.
    pub(crate) async fn pair_over<C, S>(
        &self,
        version: &'static SupportedProtocolVersion,
        uri: &str,
        here: C,
        there: S,
    ) -> (client::TlsStream<C>, Stream<S>)
    where
        C: AsyncRead + AsyncWrite + Unpin,
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let connecting = connect(self.client(version, uri), here);
        let (client, server) = tokio::join!(connecting, self.acceptor.accept(there));
        (client.unwrap(), server.unwrap())
    }
}

pub(crate) fn connector(client: &Client) -> TlsConnector {
    Arc::new(client.config.clone()).into()
}

pub(crate) async fn connect<IO: AsyncRead + AsyncWrite + Unpin>(
    client: TlsConnector,
    io: IO,
) -> std::io::Result<client::TlsStream<IO>> {
    client.connect(ServerName::try_from("server.example").unwrap(), io).await
}

/// Two sockets that are connected, with small buffers: who sends much has to wait for the other.
pub(crate) async fn loopback() -> (TcpStream, TcpStream) {
    let (here, there) = (TcpSocket::new_v4().unwrap(), TcpSocket::new_v4().unwrap());
    here.set_send_buffer_size(8_192).unwrap();
    there.set_recv_buffer_size(8_192).unwrap();
    there.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let listener = there.listen(1).unwrap();
    let here = here.connect(listener.local_addr().unwrap()).await.unwrap();
    (here, listener.accept().await.unwrap().0)
}

/// A line there and back.
pub(crate) async fn echo<C, S>(client: &mut C, server: &mut S, line: &[u8])
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let ask = async {
        client.write_all(line).await.unwrap();
        client.flush().await.unwrap();
        let mut heard = vec![0; line.len()];
        client.read_exact(&mut heard).await.unwrap();
        assert_eq!(heard, line);
    };
    let answer = async {
        let mut heard = vec![0; line.len()];
        server.read_exact(&mut heard).await.unwrap();
        server.write_all(&heard).await.unwrap();
        server.flush().await.unwrap();
    };
    tokio::join!(ask, answer);
}

/// What the server shows.
fn credential() -> Credential {
    let own = Authority::root("server");
    let leaf = own.leaf_with("server", |c| {
        c.without("2.5.29.37")
            .with(extension::extended_key_usage(&[purpose::SERVER_AUTH]))
            .san([GeneralName::dns("server.example")])
    });
    let key = private_key(&leaf.key);
    Credential::from_der(vec![leaf.certificate], key).unwrap()
}

/// The client's URI that the policy lists first.
pub(crate) const LISTED: &str = BILLING;
