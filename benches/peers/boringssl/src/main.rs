//! BoringSSL as a server.

use boring::error::ErrorStack;
use boring::pkey::PKey;
use boring::ssl::{
    ErrorCode, Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslSessionCacheMode,
    SslStream, SslVerifyMode,
};
use boring::x509::X509;
use countersign_benches::handshake::{
    Failure, Library, Material, Progress, Server, ServerSide, Tickets,
};
use peer_protocol::Pipe;

fn main() -> Result<(), Failure> {
    peer_protocol::serve(BoringSsl)
}

struct BoringSsl;

impl Library for BoringSsl {
    fn name(&self) -> String {
        "BoringSSL, by boring 5.4".into()
    }

    fn server(&self, material: &Material, _: Tickets) -> Box<dyn Server> {
        Box::new(Context(context(material).expect("a context")))
    }
}

fn context(material: &Material) -> Result<SslContext, ErrorStack> {
    let mut context = SslContextBuilder::new(SslMethod::tls())?;
    let root = X509::from_der(&material.root)?;
    context.add_client_ca(&root)?;
    context.cert_store_mut().add_cert(&root)?;
    context.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    context.set_certificate(&*X509::from_der(&material.server)?)?;
    context.set_private_key(&*PKey::private_key_from_pkcs8(&material.server_key)?)?;
    context.set_session_cache_mode(SslSessionCacheMode::OFF);
    context.set_options(SslOptions::NO_TICKET);
    Ok(context.build())
}

struct Context(SslContext);

impl Server for Context {
    fn accept(&self) -> Box<dyn ServerSide> {
        let ssl = Ssl::new(&self.0).expect("a connection");
        Box::new(Side(SslStream::new(ssl, Pipe::default()).expect("a connection")))
    }
}

struct Side(SslStream<Pipe>);

impl ServerSide for Side {
    fn step(&mut self, input: &mut [u8], output: &mut Vec<u8>) -> Result<Progress, Failure> {
        self.0.get_mut().receive(input);
        let progress = match self.0.accept() {
            Ok(()) => Progress::Established,
            Err(error) if error.code() == ErrorCode::WANT_READ => Progress::Handshaking,
            Err(error) => return Err(error.into()),
        };
        self.0.get_mut().send(output);
        Ok(progress)
    }

    fn client(&self) -> Option<Vec<u8>> {
        let ssl = self.0.ssl();
        let verified = ssl.verify_result() == Ok(());
        ssl.peer_certificate().filter(|_| verified)?.to_der().ok()
    }
}
