//! An authority, its clients, and a policy that lists them.

use std::fmt::Write as _;

use countersign::{UnixTime, Verifier};
use countersign_testkit::PolicyDir;
use countersign_testkit::forge::{Authority, GeneralName, Key, KeyKind, NOW, Name};

use crate::signature::Signature;

/// When everything is current.
pub const TIME: UnixTime = UnixTime::from_secs(NOW);

/// A root, an intermediate and many clients, all with one kind of key.
#[derive(Debug)]
pub struct World {
    /// The trust anchor.
    pub root: Authority,
    /// The one intermediate.
    pub ca: Authority,
    /// Leaves, DER; client `i` has the URI of [`uri`]`(i)`.
    pub leaves: Vec<Vec<u8>>,
    kind: KeyKind,
}

/// The identity of client `i`.
pub fn uri(i: usize) -> String {
    format!("spiffe://acme.example/service/{i:07}")
}

impl World {
    /// So many clients; they share one key pair, which nothing here looks at.
    pub fn new(kind: KeyKind, clients: usize) -> Self {
        let key = |label| Key::seeded(kind, label);
        let root = Authority::root_with(Name::common("Acme Root"), key("root"), |c| c);
        let ca = root.intermediate_with(Name::common("Acme Clients"), key("ca"), |c| c);
        let leaf_key = key("leaf");
        let leaf = |i| {
            let shape = |c: countersign_testkit::forge::CertificateBuilder| {
                c.serial(&(0x4000_0000_0000_0000 + i as u64).to_be_bytes())
                    .san([GeneralName::uri(uri(i))])
            };
            ca.leaf_for(&Name::common("service"), leaf_key.clone(), shape).certificate
        };
        let leaves = (0..clients).map(leaf).collect();
        Self { root, ca, leaves, kind }
    }

    /// What client `i` presents.
    pub fn chain(&self, i: usize) -> [&[u8]; 2] {
        [&self.leaves[i], &self.ca.certificate]
    }

    /// Writes a list of the first so many clients, and their anchor, to `folder`, and returns
    /// the policy that names both.
    fn write_policy(&self, folder: &PolicyDir, listed: usize) -> &'static str {
        folder.write_certificates("ca.pem", [&self.root.certificate]);
        let mut list = String::new();
        for i in 0..listed {
            writeln!(list, "uri:{} client-{i}", uri(i)).expect("a String takes all");
        }
        folder.write("clients.txt", list);
        "version = 1\n[trust]\nanchors = [\"ca.pem\"]\n[lists]\nclients = [\"clients.txt\"]\n"
    }

    /// A verifier whose policy, of so many listed clients, is a file of this folder: one that can be
    /// reloaded.
    ///
    /// # Panics
    /// Where the policy is refused.
    pub fn verifier_in(&self, folder: &PolicyDir, listed: usize) -> Verifier {
        let policy = self.write_policy(folder, listed);
        folder.write("policy.toml", policy);
        Verifier::from_file(folder.path().join("policy.toml")).expect("a policy that is in order")
    }

    /// A verifier with room for so many verdicts and facts and so many clients on its list.
    ///
    /// # Panics
    /// Where the policy is refused.
    pub fn verifier(&self, listed: usize, chains: usize, facts: usize) -> Verifier {
        let folder = PolicyDir::new();
        let policy = self.write_policy(&folder, listed);
        Verifier::builder_from_toml(policy, folder.path())
            .chain_cache(chains, 4 << 30)
            .fact_cache(facts)
            .build()
            .expect("a policy that is in order")
    }

    /// The two signatures of client `i`'s chain, leaf first, taken out of their certificates.
    pub fn signatures(&self, i: usize) -> [Signature; 2] {
        let [leaf, ca] = self.chain(i);
        [(leaf, ca), (ca, &self.root.certificate)]
            .map(|(signed, by)| Signature::of(signed, by, self.kind))
    }
}
