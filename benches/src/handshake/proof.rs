//! Whether a server does what it is measured for: a peer that skips the work is no peer.

use super::{Client, Clients, Failure, Library, Material, Scenario, Tickets, Unwatched, handshake};

/// Shows that the server of this library lets a client in, and nobody whose chain does not lead
/// to the root by good signatures, or who does not have its key.
///
/// # Errors
/// Where the client is refused, or someone else is let in.
pub fn prove(library: &dyn Library, material: &Material) -> Result<(), Failure> {
    let server = library.server(material, Tickets::Off);
    let regulars = Clients::new(material, Scenario::Full);
    handshake(&*server, &regulars, &mut Unwatched)?.check(Scenario::Full, &regulars)?;
    // Of the same names, but with keys of its own.
    let other = Material::new(0);
    let (client, stranger) = (&material.regulars()[0], &other.regulars()[0]);
    let presenting = |material: &Material, leaf: &Client, key: &Client| {
        Clients::presenting(&[&leaf.leaf, &material.intermediate], &key.key)
    };
    let refused = [
        ("a client of another root", presenting(&other, stranger, stranger)),
        ("a leaf that the intermediate did not sign", presenting(material, stranger, stranger)),
        ("an intermediate that did not sign the leaf", presenting(&other, client, client)),
        ("a leaf without its intermediate", Clients::presenting(&[&client.leaf], &client.key)),
        ("a client without the key", presenting(material, client, stranger)),
        ("a client without a certificate", Clients::anonymous()),
    ];
    for (who, clients) in refused {
        if handshake(&*server, &clients, &mut Unwatched).is_ok() {
            return Err(format!("{who} was let in").into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Check, Countersign, Rustls};
    use super::*;

    #[test]
    fn everyone_who_verifies_stands_the_proof() {
        let material = Material::new(0);
        let adapter = Rustls { check: Check::Countersign, ..Rustls::USUAL };
        let libraries: [&dyn Library; 3] = [&Countersign, &Rustls::USUAL, &adapter];
        for library in libraries {
            prove(library, &material).expect("a proof");
        }
    }

    #[test]
    fn a_server_that_takes_any_chain_is_found_out() {
        let any_chain = Rustls { check: Check::Nothing, ..Rustls::USUAL };
        let found = prove(&any_chain, &Material::new(0)).expect_err("a stranger gets in");
        assert_eq!(found.to_string(), "a client of another root was let in");
    }
}
