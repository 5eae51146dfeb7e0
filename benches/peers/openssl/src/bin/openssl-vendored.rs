//! OpenSSL, a current one, built here.

use countersign_benches::handshake::Failure;
use peer_openssl::OpenSsl;

fn main() -> Result<(), Failure> {
    peer_protocol::serve(OpenSsl)
}
