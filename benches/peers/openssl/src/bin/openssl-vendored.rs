//! OpenSSL, a current one, built here.

use countersign_benches::contest::{Failure, serve};
use peer_openssl::OpenSsl;

fn main() -> Result<(), Failure> {
    serve(OpenSsl)
}
