//! A cache may make a verdict faster and never different: every operation here is done by a
//! verifier with caches and by one without, and their verdicts are compared in every field.

use crate::site::Site;
use countersign::{UnixTime, Verdict, Verifier};
use countersign_testkit::forge::{Authority, GeneralName, Key, Leaf, NOW, Name, certificates_pem};
use proptest::prelude::*;
use proptest::sample::Index;

const MINUTE: i64 = 60;

/// Everyone who may knock, and every policy that may be in force.
struct Stage {
    site: Site,
    chains: Vec<Vec<Vec<u8>>>,
    cached: Verifier,
    uncached: Verifier,
}

#[derive(Clone, Debug)]
enum Step {
    /// A chain, at a minute, as it is.
    Verify { chain: Index, minute: i64 },
    /// A chain with one bit of one byte flipped.
    Tamper { chain: Index, certificate: Index, byte: Index, bit: u8, minute: i64 },
    /// A chain with a certificate of another in it.
    Graft { chain: Index, other: Index, certificate: Index, minute: i64 },
    /// Another policy, other anchors and other CRLs.
    Reload { policy: usize, anchors: usize, crl: usize },
    /// The same session again, from its binding.
    Resume { chain: Index, minute: i64 },
}

const POLICIES: [&str; 5] = [
    r#"[[client]]
id = "uris"
match = [ { uri_prefix = "spiffe://acme.example/" } ]"#,
    r#"[[client]]
id = "one"
match = [ { uri = "spiffe://acme.example/1" } ]
not_before = 2026-11-23T12:01:00Z
not_after = 2026-11-23T12:03:00Z"#,
    r#"[[client]]
id = "uris"
match = [ { uri_prefix = "spiffe://acme.example/" } ]
[[deny]]
match = [ { uri = "spiffe://acme.example/2" } ]"#,
    r#"[[client]]
id = "nobody"
match = [ { dns = "nobody.example" } ]"#,
    "",
];

const HEADS: [&str; 5] = [
    "version = 1\n",
    "version = 1\n",
    "version = 1\n",
    "version = 1\nmode = \"audit\"\n",
    "version = 1\nadmit = \"issued\"\n",
];

impl Stage {
    fn new() -> Self {
        let site = Site::new();
        let other = Authority::root("other");
        let short = site.root.intermediate_with(Name::common("short"), Key::p256(), |c| {
            c.validity(NOW, NOW + 2 * MINUTE)
        });
        let leaf = |ca: &Authority, n: u8| {
            let uri = format!("spiffe://acme.example/{n}");
            let window = (NOW + i64::from(n % 3) * MINUTE, NOW + 4 * MINUTE);
            ca.leaf_with("client", |c| c.san([GeneralName::uri(uri)]).validity(window.0, window.1))
        };
        let chain = |leaf: Leaf, ca: &Authority| vec![leaf.certificate, ca.certificate.clone()];
        let chains = vec![
            chain(leaf(&site.ca, 1), &site.ca),
            chain(leaf(&site.ca, 2), &site.ca),
            chain(leaf(&site.ca, 3), &site.ca),
            chain(leaf(&short, 1), &short),
            vec![leaf(&site.root, 2).certificate],
            vec![leaf(&other, 1).certificate, other.certificate.clone()],
            vec![Leaf::self_signed("own").certificate],
        ];
        site.write("root.pem", certificates_pem([&site.root.certificate]).as_bytes());
        site.write("other.pem", certificates_pem([&other.certificate]).as_bytes());
        let empty =
            |ca: &Authority| ca.crl().this_update(NOW - MINUTE).next_update(NOW + 3 * MINUTE);
        site.write_crl("root.crl", &empty(&site.root).sign(&site.root.key));
        site.write_crl("ca.crl", &empty(&site.ca).sign(&site.ca.key));
        let revoking = empty(&site.ca).revoke_certificate(&chains[1][0]).sign(&site.ca.key);
        site.write_crl("revoking.crl", &revoking);
        write_policy(&site, 0, 0, 0);
        let policy = site.path().join("policy.toml");
        let cached = Verifier::from_file(&policy).unwrap();
        let uncached =
            Verifier::builder_from_file(&policy).chain_cache(0, 0).fact_cache(0).build().unwrap();
        Self { site, chains, cached, uncached }
    }

    fn chain(&self, index: &Index) -> &Vec<Vec<u8>> {
        &self.chains[index.index(self.chains.len())]
    }

    fn verify(&self, chain: &[Vec<u8>], minute: i64) {
        let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
        let now = UnixTime::from_secs(NOW + minute * MINUTE);
        // Twice, so that the second may come from what the first left behind.
        for _ in 0..2 {
            let (ours, fresh) =
                (self.cached.verify(&chain, now), self.uncached.verify(&chain, now));
            assert!(!fresh.is_cached());
            assert_eq!(fields(&ours), fields(&fresh), "at minute {minute}");
            let expected = fresh.particulars();
            self.cached.verify_with(&chain, now, |told| {
                let mut told = told.clone();
                told.is_cached = false;
                assert_eq!(told, expected, "at minute {minute}");
            });
        }
    }

    fn run(&self, step: &Step) {
        match step {
            Step::Verify { chain, minute } => self.verify(self.chain(chain), *minute),
            Step::Tamper { chain, certificate, byte, bit, minute } => {
                let mut chain = self.chain(chain).clone();
                let certificate = certificate.index(chain.len());
                let byte = byte.index(chain[certificate].len());
                chain[certificate][byte] ^= 1 << bit;
                self.verify(&chain, *minute);
            }
            Step::Graft { chain, other, certificate, minute } => {
                let mut chain = self.chain(chain).clone();
                let place = certificate.index(chain.len());
                chain[place] = certificate.get(self.chain(other)).clone();
                self.verify(&chain, *minute);
            }
            Step::Reload { policy, anchors, crl } => {
                write_policy(&self.site, *policy, *anchors, *crl);
                assert_eq!(self.cached.reload().unwrap(), self.uncached.reload().unwrap());
            }
            Step::Resume { chain, minute } => self.resume(self.chain(chain), *minute),
        }
    }

    fn resume(&self, chain: &[Vec<u8>], minute: i64) {
        let borrowed: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
        let now = UnixTime::from_secs(NOW + minute * MINUTE);
        let verdict = self.cached.verify(&borrowed, now);
        let Some(binding) = verdict.binding() else { return };
        let again = self.cached.reauthorize(&chain[0], binding.as_bytes(), now);
        let fresh = self.uncached.verify(&borrowed, now);
        assert_eq!(fields(&again), fields(&fresh));
    }
}

fn write_policy(site: &Site, policy: usize, anchors: usize, crl: usize) {
    let anchors = ["\"root.pem\"", "\"other.pem\"", "\"other.pem\", \"root.pem\""][anchors];
    let crls =
        ["", "\"root.crl\", \"ca.crl\"", "\"revoking.crl\", \"root.crl\"", "\"ca.crl\""][crl];
    let text = format!(
        "{}[trust]\nanchors = [{anchors}]\ncrls = [{crls}]\n{}",
        HEADS[policy], POLICIES[policy]
    );
    site.write("policy.toml", text.as_bytes());
}

/// Everything a verdict says but how it was reached.
fn fields(v: &Verdict) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {} {} {:?}",
        v.reason(),
        v.audit_reason(),
        v.client(),
        v.rule(),
        v.chain_index(),
        v.generation(),
        v.detail(),
        v.binding(),
    )
}

fn step() -> impl Strategy<Value = Step> {
    let minute = || -1i64..6;
    let index = any::<Index>;
    prop_oneof![
        6 => (index(), minute()).prop_map(|(chain, minute)| Step::Verify { chain, minute }),
        3 => (index(), index(), index(), 0u8..8, minute()).prop_map(
            |(chain, certificate, byte, bit, minute)| Step::Tamper {
                chain, certificate, byte, bit, minute
            }
        ),
        2 => (index(), index(), index(), minute()).prop_map(
            |(chain, other, certificate, minute)| Step::Graft { chain, other, certificate, minute }
        ),
        2 => (0..POLICIES.len(), 0usize..3, 0usize..4)
            .prop_map(|(policy, anchors, crl)| Step::Reload { policy, anchors, crl }),
        2 => (index(), minute()).prop_map(|(chain, minute)| Step::Resume { chain, minute }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_hit_and_a_miss_say_the_same(steps in proptest::collection::vec(step(), 1..60)) {
        let stage = Stage::new();
        steps.iter().for_each(|step| stage.run(step));
    }
}

#[test]
fn no_changed_byte_of_a_remembered_chain_is_taken_for_it() {
    let stage = Stage::new();
    let chain = &stage.chains[1];
    stage.verify(chain, 2);
    let now = UnixTime::from_secs(NOW + 2 * MINUTE);
    for certificate in 0..chain.len() {
        for byte in 0..chain[certificate].len() {
            let mut changed = chain.clone();
            changed[certificate][byte] ^= 0x01;
            let changed: Vec<&[u8]> = changed.iter().map(Vec::as_slice).collect();
            let verdict = stage.cached.verify(&changed, now);
            assert!(!verdict.is_cached() && !verdict.is_allowed(), "{certificate} {byte}");
        }
    }
}

#[test]
fn facts_survive_a_reload_and_verdicts_do_not() {
    let stage = Stage::new();
    stage.verify(&stage.chains[0], 1);
    let before = stage.cached.metrics();
    stage.cached.reload().unwrap();
    let chain: Vec<&[u8]> = stage.chains[0].iter().map(Vec::as_slice).collect();
    let verdict = stage.cached.verify(&chain, UnixTime::from_secs(NOW + MINUTE));
    let after = stage.cached.metrics();
    assert!(verdict.is_allowed() && !verdict.is_cached());
    assert_eq!(after.fact_hits() - before.fact_hits(), 2, "both signatures were known");
    assert_eq!(after.fact_misses(), before.fact_misses());
}
