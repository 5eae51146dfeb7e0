//! The configurations that are compared.

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contestant {
    pub(crate) name: &'static str,
    pub(crate) crls: Crls,
    /// Whether the module is in it.
    pub(crate) is_ours: bool,
    /// What its server has besides what all have.
    pub(crate) server: &'static str,
}

/// What is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crls {
    /// Nothing, nowhere.
    None,
    /// The CRL of the clients' authority is long; that of the root is empty.
    Large,
}

/// The first of each group is what the others are compared with. The same once more shows what a
/// ratio is worth.
pub(crate) const CONTESTANTS: [Contestant; 8] = [
    stock("stock: ssl_verify_client on", Crls::None),
    stock("the same once more", Crls::None),
    ours("countersign_mode handshake", Crls::None, HANDSHAKE),
    ours("countersign_mode request", Crls::None, REQUEST),
    stock("stock: ssl_verify_client on, ssl_crl", Crls::Large),
    stock("the same once more", Crls::Large),
    ours("countersign_mode handshake", Crls::Large, HANDSHAKE_WITH_CRL),
    ours("countersign_mode request", Crls::Large, REQUEST_WITH_CRL),
];

const HANDSHAKE: &str = "countersign_policy ../policy.toml; countersign_mode handshake;";
const REQUEST: &str = "countersign_policy ../policy.toml; countersign_mode request;
                       countersign_require on;";
const HANDSHAKE_WITH_CRL: &str =
    "countersign_policy ../policy-crl.toml; countersign_mode handshake;";
const REQUEST_WITH_CRL: &str = "countersign_policy ../policy-crl.toml; countersign_mode request;
                                countersign_require on;";

const fn stock(name: &'static str, crls: Crls) -> Contestant {
    let server = match crls {
        Crls::None => "ssl_verify_client on; ssl_client_certificate ../root.pem;",
        Crls::Large => {
            "ssl_verify_client on; ssl_client_certificate ../root.pem; ssl_crl ../all.crl;"
        }
    };
    Contestant { name, crls, is_ours: false, server }
}

const fn ours(name: &'static str, crls: Crls, server: &'static str) -> Contestant {
    Contestant { name, crls, is_ours: true, server }
}
