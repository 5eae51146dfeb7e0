//! OpenSSL as a server, set up as nginx does it.

use countersign_benches::contest::{
    Chain, ChainVerifier, Failure, Family, Library, Material, Pipe, Progress, Server, ServerSide,
    Situation,
};
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    ErrorCode, Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslSessionCacheMode,
    SslStream, SslVerifyMode,
};
use openssl::stack::Stack;
use openssl::version;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::{X509, X509StoreContext, X509VerifyResult};

/// Whichever OpenSSL this is linked to; its name says which.
#[derive(Clone, Copy, Debug)]
pub struct OpenSsl;

impl Library for OpenSsl {
    fn name(&self) -> String {
        let version: Vec<&str> = version::version().split(' ').take(2).collect();
        let whose = if cfg!(feature = "vendored") { "built here" } else { "the system's" };
        format!("{}, {whose}", version.join(" "))
    }

    fn server(
        &self,
        material: &Material,
        situation: Situation,
    ) -> Result<Box<dyn Server>, Failure> {
        Ok(Box::new(Context(context(material, situation)?)))
    }

    fn verifier(&self, family: &Family, _: Chain) -> Result<Box<dyn ChainVerifier>, Failure> {
        let mut store = X509StoreBuilder::new()?;
        store.add_cert(X509::from_der(&family.root)?)?;
        Ok(Box::new(Verifier(store.build())))
    }
}

/// From DER each time.
struct Verifier(X509Store);

impl Verifier {
    fn verify(&self, leaf: &[u8], intermediate: &[u8]) -> Result<bool, ErrorStack> {
        let leaf = X509::from_der(leaf)?;
        let mut others = Stack::new()?;
        others.push(X509::from_der(intermediate)?)?;
        let mut context = X509StoreContext::new()?;
        context.init(&self.0, &leaf, &others, |context| context.verify_cert())
    }
}

impl ChainVerifier for Verifier {
    fn is_good(&self, leaf: &[u8], intermediate: &[u8]) -> bool {
        self.verify(leaf, intermediate).unwrap_or(false)
    }
}

fn context(material: &Material, situation: Situation) -> Result<SslContext, ErrorStack> {
    let mut context = SslContextBuilder::new(SslMethod::tls_server())?;
    let root = X509::from_der(&material.family(situation.chain).root)?;
    context.add_client_ca(&root)?;
    context.cert_store_mut().add_cert(root)?;
    context.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    context.set_certificate(&*X509::from_der(&material.server)?)?;
    context.set_private_key(&*PKey::private_key_from_pkcs8(&material.server_key)?)?;
    context.set_session_cache_mode(SslSessionCacheMode::OFF);
    context.set_session_id_context(b"bench")?;
    if situation.tickets {
        context.set_num_tickets(1)?;
    } else {
        context.set_options(SslOptions::NO_TICKET);
        context.set_num_tickets(0)?;
    }
    Ok(context.build())
}

struct Context(SslContext);

impl Server for Context {
    fn accept(&self) -> Box<dyn ServerSide> {
        let mut ssl = Ssl::new(&self.0).expect("a connection");
        ssl.set_accept_state();
        Box::new(Side(SslStream::new(ssl, Pipe::default()).expect("a connection")))
    }
}

struct Side(SslStream<Pipe>);

impl ServerSide for Side {
    fn step(&mut self, input: &mut [u8], output: &mut Vec<u8>) -> Result<Progress, Failure> {
        self.0.get_mut().receive(input);
        let progress = match self.0.do_handshake() {
            Ok(()) => Progress::Established,
            Err(error) if error.code() == ErrorCode::WANT_READ => Progress::Handshaking,
            Err(error) => return Err(error.into()),
        };
        self.0.get_mut().send(output);
        Ok(progress)
    }

    fn client(&self) -> Option<Vec<u8>> {
        let ssl = self.0.ssl();
        let verified = ssl.verify_result() == X509VerifyResult::OK;
        ssl.peer_certificate().filter(|_| verified)?.to_der().ok()
    }
}
