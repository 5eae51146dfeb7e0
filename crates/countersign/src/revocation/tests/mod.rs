//! A root, a CA and a client made to order, judged under every order of the CRLs.

mod coverage;
mod order;
mod scopes;
mod signers;

use countersign_testkit::forge::{Authority, CrlBuilder, Key, KeyKind, Leaf, NOW, Name};

use super::*;

/// Enough for any check here.
const BUDGET_NS: u64 = 50_000_000;

const REQUIRE: Settings = Settings { mode: Mode::Require, stale: Stale::Deny };
const IF_AVAILABLE: Settings = Settings { mode: Mode::IfAvailable, stale: Stale::Deny };
const STALE_ACCEPTED: Settings = Settings { mode: Mode::Require, stale: Stale::Accept };

/// What became of a check: the reason and the position, or the last second of the window.
type Outcome = Result<i64, (Reason, Option<u8>)>;

const REVOKED: Outcome = Err((Reason::Revoked, Some(0)));
const UNKNOWN: Outcome = Err((Reason::RevocationUnknown, Some(0)));
const EXPIRED: Outcome = Err((Reason::CrlExpired, Some(0)));

/// The last second of the CRLs that the forge makes.
const CURRENT: i64 = NOW + 30 * 86_400;

/// The usual case: a root, a CA, and a client of that CA.
struct World {
    root: Authority,
    ca: Authority,
    leaf: Leaf,
}

impl World {
    fn new() -> Self {
        let root = Authority::seeded_root("Root");
        let key = Key::seeded(KeyKind::P256, "CA");
        let ca = root.intermediate_with(Name::common("CA"), key, |c| c);
        let leaf = client(&ca);
        Self { root, ca, leaf }
    }

    fn chain(&self) -> Vec<Vec<u8>> {
        vec![self.leaf.certificate.clone(), self.ca.certificate.clone()]
    }

    /// The verdict under these CRLs and a current one of the root.
    fn judge(&self, crls: &[Vec<u8>], settings: Settings) -> Outcome {
        let mut crls = crls.to_vec();
        crls.push(self.root_crl());
        self.case().judge(&crls, settings)
    }

    fn case(&self) -> Case {
        Case { path: self.chain(), anchor: self.root.certificate.clone(), presented: vec![] }
    }

    fn root_crl(&self) -> Vec<u8> {
        self.root.crl().sign(&self.root.key)
    }

    /// A current CRL of the CA that lists nothing, to be changed.
    fn crl(&self) -> CrlBuilder {
        self.ca.crl()
    }

    fn signed(&self, crl: &CrlBuilder) -> Vec<u8> {
        crl.sign(&self.ca.key)
    }
}

fn client(ca: &Authority) -> Leaf {
    ca.leaf_for(&Name::common("client"), Key::seeded(KeyKind::P256, "client"), |c| c)
}

/// A valid path as DER, leaf first, and what else was presented.
struct Case {
    path: Vec<Vec<u8>>,
    anchor: Vec<u8>,
    presented: Vec<Vec<u8>>,
}

impl Case {
    /// The verdict, which must be the same for every order of the CRLs, and for the facts
    /// remembered as for the facts worked out.
    fn judge(&self, crls: &[Vec<u8>], settings: Settings) -> Outcome {
        self.judge_at(crls, settings, NOW)
    }

    fn judge_at(&self, crls: &[Vec<u8>], settings: Settings, now: i64) -> Outcome {
        let mut outcomes = permutations(crls.len()).into_iter().map(|order| {
            let mut set = CrlSet::default();
            for i in order {
                set.add(crls[i].clone()).expect("a CRL");
            }
            let cold = self.judge_once(&set, settings, now, BUDGET_NS);
            assert_eq!(cold, self.judge_once(&set, settings, now, BUDGET_NS), "warm is cold");
            cold
        });
        let first = outcomes.next().expect("one order at least");
        assert!(outcomes.all(|outcome| outcome == first), "the order of CRLs matters");
        first
    }

    fn judge_once(&self, crls: &CrlSet, settings: Settings, now: i64, budget_ns: u64) -> Outcome {
        let parse = |der| Certificate::parse(der).expect("a certificate");
        let path: Vec<_> = self.path.iter().map(|der| parse(der)).collect();
        let anchor = parse(&self.anchor);
        let presented: Vec<_> =
            self.path[1..].iter().chain(&self.presented).map(|der| parse(der)).collect();
        let issuers: Vec<_> = path[1..].iter().chain([&anchor]).collect();
        let keys: Vec<_> =
            issuers.iter().map(|c| PublicKey::parse(&c.spki()).expect("a key")).collect();
        let links: Vec<_> = (0..path.len())
            .map(|i| Link {
                certificate: &path[i],
                position: i as u8,
                issuer: Issuer {
                    name: issuers[i].subject(),
                    key: &keys[i],
                    spki: issuers[i].spki().der,
                    key_usage: issuers[i].key_usage(),
                },
            })
            .collect();
        let question = Question {
            path: &links,
            presented: &presented.iter().collect::<Vec<_>>(),
            crls,
            settings,
            now: UnixTime::from_secs(now),
        };
        check(&question, &mut Budget::new(budget_ns))
            .map(|window| window.not_after.as_secs())
            .map_err(|failure| (failure.reason, failure.position))
    }
}

/// Every order of so many things; beyond four, every rotation, forwards and backwards.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count > 4 {
        let rotations = (0..count).map(|by| (0..count).map(|i| (i + by) % count).collect());
        let forwards: Vec<Vec<usize>> = rotations.collect();
        let backwards = forwards.iter().map(|order| order.iter().rev().copied().collect());
        return forwards.iter().cloned().chain(backwards).collect();
    }
    (0..count).fold(vec![vec![]], |orders, next| {
        let extended = orders.iter().flat_map(|order| {
            (0..=order.len()).map(move |place| {
                let mut order = order.clone();
                order.insert(place, next);
                order
            })
        });
        extended.collect()
    })
}
