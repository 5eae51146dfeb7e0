//! s2n-tls, on AWS-LC, as a server.

mod callbacks;

use countersign_benches::contest::{
    Chain, ChainVerifier, Failure, Family, Group, Library, Material, Pipe, Progress, Server,
    ServerSide, Situation, Version, serve,
};
use countersign_testkit::forge::pem;
use s2n_tls::callbacks::VerifyHostNameCallback;
use s2n_tls::config::Config;
use s2n_tls::connection::Connection;
use s2n_tls::enums::{Blinding, ClientAuthType};
use s2n_tls::error::Error;
use s2n_tls::security::{DEFAULT, DEFAULT_PQ, DEFAULT_TLS13};

fn main() -> Result<(), Failure> {
    serve(S2n)
}

struct S2n;

impl Library for S2n {
    fn name(&self) -> String {
        "s2n-tls 0.3, on AWS-LC".into()
    }

    fn server(
        &self,
        material: &Material,
        situation: Situation,
    ) -> Result<Box<dyn Server>, Failure> {
        // `tls/s2n_resume.c`
        if situation.tickets {
            return Err("gives clients with certificates no tickets".into());
        }
        if situation.chain == Chain::Ed25519 {
            return Err("knows no Ed25519".into());
        }
        Ok(Box::new(Context(config(material, situation)?)))
    }

    fn verifier(&self, _: &Family, _: Chain) -> Result<Box<dyn ChainVerifier>, Failure> {
        Err("verifies by AWS-LC".into())
    }
}

/// Which names a client may have is for the application to say; like the other peers, this one
/// takes every client under the root.
struct AnyName;

impl VerifyHostNameCallback for AnyName {
    fn verify_host_name(&self, _: &str) -> bool {
        true
    }
}

fn config(material: &Material, situation: Situation) -> Result<Config, Error> {
    let policy = match (situation.version, situation.group) {
        (Version::Tls13, Group::X25519) => &DEFAULT_TLS13,
        (Version::Tls13, Group::X25519MlKem768) => &DEFAULT_PQ,
        (Version::Tls12, _) => &DEFAULT,
    };
    let text = |label, der: &[u8]| pem(label, der).into_bytes();
    let mut config = Config::builder();
    config
        .set_security_policy(policy)?
        .wipe_trust_store()?
        .trust_pem(&text("CERTIFICATE", &material.family(situation.chain).root))?
        .set_client_auth_type(ClientAuthType::Required)?
        .set_verify_host_callback(AnyName)?
        .load_pem(
            &text("CERTIFICATE", &material.server),
            &text("PRIVATE KEY", &material.server_key),
        )?;
    config.build()
}

struct Context(Config);

impl Server for Context {
    fn accept(&self) -> Box<dyn ServerSide> {
        let mut connection = Connection::new_server();
        connection.set_config(self.0.clone()).expect("a configuration");
        // Otherwise s2n sleeps for seconds before it reports a failure.
        connection.set_blinding(Blinding::SelfService).expect("a connection");
        callbacks::attach(&mut connection).expect("callbacks");
        Box::new(Side { connection, pipe: Pipe::default() })
    }
}

struct Side {
    connection: Connection,
    pipe: Pipe,
}

impl ServerSide for Side {
    fn step(&mut self, input: &mut [u8], output: &mut Vec<u8>) -> Result<Progress, Failure> {
        self.pipe.receive(input);
        let complete = callbacks::negotiate(&mut self.connection, &mut self.pipe)?;
        self.pipe.send(output);
        Ok(if complete { Progress::Established } else { Progress::Handshaking })
    }

    fn client(&self) -> Option<Vec<u8>> {
        if !self.connection.client_cert_used() {
            return None;
        }
        let chain = self.connection.peer_cert_chain().ok()?;
        Some(chain.iter().next()?.ok()?.der().ok()?.to_vec())
    }
}
