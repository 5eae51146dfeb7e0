//! Whether a server does what it is measured for: a peer that skips the work is no peer.

use super::{
    Chain, Client, Clients, Failure, Family, Library, Material, Situation, Unwatched, handshake,
};

/// Shows that this library lets a client in, and nobody whose chain does not lead to the root by
/// good signatures, or who does not have its key: as far as it has servers, and verifies chains by
/// themselves.
///
/// # Errors
/// Where the client is refused, or someone else is let in.
pub fn prove(library: &dyn Library, material: &Material) -> Result<(), Failure> {
    // Of the same names, but with keys of its own.
    let other = Material::of(&material.chains(), 0);
    if library.server(material, Situation::USUAL).is_ok() {
        prove_server(library, material, &other)?;
    }
    material
        .chains()
        .into_iter()
        .try_for_each(|chain| prove_verifier(library, chain, material, &other))
}

fn prove_server(
    library: &dyn Library,
    material: &Material,
    other: &Material,
) -> Result<(), Failure> {
    let server = library.server(material, Situation::USUAL)?;
    let regulars = Clients::new(material, Situation::USUAL);
    handshake(&*server, &regulars, &mut Unwatched)?.check(Situation::USUAL, &regulars)?;
    let [material, other] = [material, other].map(|all| all.family(Chain::P256));
    let (client, stranger) = (&material.regulars()[0], &other.regulars()[0]);
    let presenting = |family: &Family, leaf: &Client, key: &Client| {
        Clients::presenting(&[&leaf.leaf, &family.intermediate], &key.key)
    };
    let refused = [
        ("a client of another root", presenting(other, stranger, stranger)),
        ("a leaf that the intermediate did not sign", presenting(material, stranger, stranger)),
        ("an intermediate that did not sign the leaf", presenting(other, client, client)),
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

fn prove_verifier(
    library: &dyn Library,
    chain: Chain,
    material: &Material,
    other: &Material,
) -> Result<(), Failure> {
    let [family, other] = [material, other].map(|all| all.family(chain));
    let Ok(verifier) = library.verifier(family, chain) else { return Ok(()) };
    let (client, stranger) = (&family.regulars()[0].leaf, &other.regulars()[0].leaf);
    if !verifier.is_good(client, &family.intermediate) {
        return Err(format!("{chain}: a good chain was refused").into());
    }
    let bad = [(stranger, other), (stranger, family), (client, other)];
    if bad.into_iter().any(|(leaf, by)| verifier.is_good(leaf, &by.intermediate)) {
        return Err(format!("{chain}: a bad chain was taken").into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Check, Countersign, Rustls};
    use super::*;

    #[test]
    fn everyone_who_verifies_stands_the_proof() {
        let material = Material::of(&[Chain::P256, Chain::Ed25519], 0);
        let adapter = Rustls { check: Check::Countersign, ..Rustls::USUAL };
        let libraries: [&dyn Library; 3] = [&Countersign, &Rustls::USUAL, &adapter];
        for library in libraries {
            prove(library, &material).expect("a proof");
        }
    }

    #[test]
    fn a_server_that_takes_any_chain_is_found_out() {
        let any_chain = Rustls { check: Check::Nothing, ..Rustls::USUAL };
        let found =
            prove(&any_chain, &Material::of(&[Chain::P256], 0)).expect_err("a stranger gets in");
        assert_eq!(found.to_string(), "a client of another root was let in");
    }
}
