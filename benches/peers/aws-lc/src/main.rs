//! AWS-LC's own verification of chains, from DER.

mod x509;

use std::ffi::CStr;

use countersign_benches::contest::{
    Chain, ChainVerifier, Failure, Family, Library, Material, Server, Situation, serve,
};

use crate::x509::{Certificate, Store};

fn main() -> Result<(), Failure> {
    serve(AwsLc)
}

struct AwsLc;

impl Library for AwsLc {
    fn name(&self) -> String {
        let version = CStr::from_bytes_until_nul(aws_lc_sys::AWSLC_VERSION_NUMBER_STRING);
        format!("AWS-LC {}", version.unwrap_or_default().to_string_lossy())
    }

    fn server(&self, _: &Material, _: Situation) -> Result<Box<dyn Server>, Failure> {
        Err("its TLS is not what is measured: s2n-tls and rustls are on it".into())
    }

    fn verifier(&self, family: &Family, _: Chain) -> Result<Box<dyn ChainVerifier>, Failure> {
        let root = Certificate::from_der(&family.root).ok_or("no certificate")?;
        Ok(Box::new(Verifier(Store::of(&root).ok_or("no store")?)))
    }
}

struct Verifier(Store);

impl ChainVerifier for Verifier {
    fn is_good(&self, leaf: &[u8], intermediate: &[u8]) -> bool {
        let chain = [leaf, intermediate].map(Certificate::from_der);
        let [Some(leaf), Some(intermediate)] = chain else { return false };
        self.0.verify(&leaf, &intermediate)
    }
}
