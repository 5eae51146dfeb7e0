//! Scenes to start from: paths that hold, and paths that fail for each reason there is.

use super::scene::{Role, SceneWriter, signer};
use super::seeds::Seed;
use crate::forge::extension::{self, ANY_POLICY, purpose, usage};
use crate::forge::{
    Authority, CertificateBuilder, CrlBuilder, Extension, GeneralName, Leaf, Name, RevokedEntry,
    authority_certificate,
};

/// The keys by what they do here; [`signer`] numbers.
const ROOT: usize = 0;
const CA: usize = 1;
const SUB: usize = 2;
const LEAF: usize = 3;
const CRL: usize = 4;

/// A root, a CA, a subordinate of it and a client of that.
struct Cast {
    root: Authority,
    ca: Authority,
    sub: Authority,
    leaf: Leaf,
}

impl Cast {
    /// The usual ones, with one more extension each.
    fn with(ca: &[Extension], sub: &[Extension], leaf: &[Extension]) -> Self {
        let all = |builder: CertificateBuilder, extensions: &[Extension]| {
            extensions.iter().cloned().fold(builder, CertificateBuilder::with)
        };
        let key = |n: usize| signer(n).clone();
        let root = Authority::root_with(Name::common("Root"), key(ROOT), |c| c);
        let ca = root.intermediate_with(Name::common("CA"), key(CA), |c| all(c, ca));
        let sub = ca.intermediate_with(Name::common("Sub"), key(SUB), |c| all(c, sub));
        let leaf = sub.leaf_for(&Name::common("client"), key(LEAF), |c| {
            all(c, leaf).san([
                GeneralName::dns("client.acme.example"),
                GeneralName::email("ops@acme.example"),
                GeneralName::uri("spiffe://acme.example/billing"),
                GeneralName::ip(&[192, 0, 2, 7]),
            ])
        });
        Self { root, ca, sub, leaf }
    }

    fn writer(&self, day: i8) -> SceneWriter {
        SceneWriter::at_day(day)
            .item(Role::Anchor, ROOT, &self.root.certificate)
            .item(Role::Presented, SUB, &self.leaf.certificate)
            .item(Role::Presented, CA, &self.sub.certificate)
            .item(Role::Presented, ROOT, &self.ca.certificate)
    }

    fn with_crls(&self, crls: [(usize, CrlBuilder); 3]) -> SceneWriter {
        crls.into_iter().fold(self.writer(0), |writer, (n, crl)| {
            writer.item(Role::Crl, n, &crl.sign(signer(n)))
        })
    }
}

/// Every scene.
pub(super) fn scenes() -> Vec<Seed> {
    let mut scenes = vec![("good", Cast::with(&[], &[], &[]).writer(0))];
    scenes.extend(orders());
    scenes.extend(constrained());
    scenes.extend(revoked());
    let seed = |(name, writer): (&str, SceneWriter)| Seed {
        name: name.to_owned(),
        octets: writer.finish(),
    };
    scenes.into_iter().map(seed).collect()
}

/// What a path is made of, and when.
fn orders() -> Vec<(&'static str, SceneWriter)> {
    let cast = Cast::with(&[], &[], &[]);
    let anchored = || SceneWriter::at_day(0).item(Role::Anchor, ROOT, &cast.root.certificate);
    let leaf = |writer: SceneWriter| writer.item(Role::Presented, SUB, &cast.leaf.certificate);
    let self_signed = Leaf::self_signed("client");
    vec![
        ("early", cast.writer(-2)),
        ("late", cast.writer(100)),
        (
            "reversed",
            leaf(anchored()).item(Role::Presented, ROOT, &cast.ca.certificate).item(
                Role::Presented,
                CA,
                &cast.sub.certificate,
            ),
        ),
        ("gap", leaf(anchored()).item(Role::Presented, ROOT, &cast.ca.certificate)),
        (
            "bad_signature",
            leaf(anchored()).broken_item(Role::Presented, CA, &cast.sub.certificate).item(
                Role::Presented,
                ROOT,
                &cast.ca.certificate,
            ),
        ),
        ("self_signed", anchored().item(Role::Presented, LEAF, &self_signed.certificate)),
        (
            "subordinate_as_anchor",
            leaf(SceneWriter::at_day(0).item(Role::Anchor, CA, &cast.sub.certificate)),
        ),
        ("root_presented", cast.writer(0).item(Role::Presented, ROOT, &cast.root.certificate)),
        ("ca_as_leaf", anchored().item(Role::Presented, ROOT, &cast.ca.certificate)),
    ]
}

/// What certificates of a path say about the path.
fn constrained() -> Vec<(&'static str, SceneWriter)> {
    let names = |permitted: &[GeneralName], excluded: &[GeneralName]| {
        [extension::name_constraints(permitted, excluded)]
    };
    let policy = |oids: &[&str]| [extension::certificate_policies(oids)];
    let require = extension::policy_constraints(Some(0), None);
    let scene = |ca: &[Extension], sub: &[Extension], leaf: &[Extension]| {
        Cast::with(ca, sub, leaf).writer(0)
    };
    let dns = |name| GeneralName::dns(name);
    vec![
        ("permitted_dns", scene(&names(&[dns("acme.example")], &[]), &[], &[])),
        ("excluded_dns", scene(&names(&[], &[dns("client.acme.example")]), &[], &[])),
        (
            "permitted_all_kinds",
            scene(
                &names(
                    &[
                        dns("acme.example"),
                        GeneralName::email("acme.example"),
                        GeneralName::uri("acme.example"),
                        GeneralName::ip(&[192, 0, 2, 0, 255, 255, 255, 0]),
                    ],
                    &[],
                ),
                &[],
                &[],
            ),
        ),
        ("excluded_uri", scene(&names(&[], &[GeneralName::uri(".example")]), &[], &[])),
        (
            "policies",
            scene(
                &policy(&["1.2.3.4"]),
                &[extension::certificate_policies(&["1.2.3.4"]), require],
                &policy(&["1.2.3.4"]),
            ),
        ),
        (
            "mapped_policies",
            scene(
                &policy(&[ANY_POLICY]),
                &[
                    extension::certificate_policies(&["1.2.3.4"]),
                    extension::policy_mappings(&[("1.2.3.4", "1.2.3.5")]),
                    extension::inhibit_any_policy(0),
                ],
                &policy(&["1.2.3.5"]),
            ),
        ),
        ("server_only", scene(&[extension::extended_key_usage(&[purpose::SERVER_AUTH])], &[], &[])),
        ("unknown_critical", scene(&[], &[], &[extension::unknown().critical()])),
        ("path_length", {
            let key = signer(CA).clone();
            let cast = Cast::with(&[], &[], &[]);
            let short = authority_certificate(&Name::common("CA"), &key)
                .without(extension::id::BASIC_CONSTRAINTS)
                .with(extension::ca(Some(0)));
            let short = cast.root.issued(short).sign(signer(ROOT));
            SceneWriter::at_day(0)
                .item(Role::Anchor, ROOT, &cast.root.certificate)
                .item(Role::Presented, SUB, &cast.leaf.certificate)
                .item(Role::Presented, CA, &cast.sub.certificate)
                .item(Role::Presented, ROOT, &short)
        }),
    ]
}

/// What CRLs say about a path.
fn revoked() -> Vec<(&'static str, SceneWriter)> {
    let cast = Cast::with(&[], &[], &[]);
    let Cast { root, ca, sub, leaf } = &cast;
    let crls =
        |of_sub: CrlBuilder| cast.with_crls([(ROOT, root.crl()), (CA, ca.crl()), (SUB, of_sub)]);
    let entry = RevokedEntry::of(&leaf.certificate);
    let signer_certificate = CertificateBuilder::new(Name::common("Sub"), signer(CRL).spki())
        .with(extension::key_usage(&[usage::CRL_SIGN]));
    vec![
        ("covered", crls(sub.crl())),
        ("listed", crls(sub.crl().entry(&entry.clone().reason(1)))),
        ("removed", crls(sub.crl().entry(&entry.reason(8)))),
        ("stale", crls(sub.crl().without_next_update())),
        ("delta", crls(sub.crl().delta_of(1))),
        (
            "separate_crl_key",
            cast.with_crls([(ROOT, root.crl()), (CA, ca.crl()), (CRL, sub.crl())]).item(
                Role::Presented,
                CA,
                &ca.issued(signer_certificate).sign(signer(CA)),
            ),
        ),
    ]
}
