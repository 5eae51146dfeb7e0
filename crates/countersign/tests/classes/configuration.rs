//! Classes 12, 13, 31: configuration that is wrong never lets anyone in, and nothing is fetched.

use std::io::ErrorKind;
use std::net::TcpListener;

use countersign::Reason;
use countersign_testkit::forge::distribution_point::{
    DistributionPoint, crl_distribution_points, freshest_crl,
};
use countersign_testkit::forge::extension::authority_info_access;
use countersign_testkit::forge::{
    Authority, GeneralName, NOW, SignatureAlgorithm, certificates_pem, der, pem, tamper,
};

use super::scene::{Scene, verify};

/// What can be wrong with an anchor file, by name and content; `None` is no file at all.
fn bad_anchor_files(good: &[u8]) -> Vec<(&'static str, Option<Vec<u8>>)> {
    let text = certificates_pem([good]);
    let half = text.len() / 2;
    let two = |second: &str| Some(format!("{text}{second}").into_bytes());
    vec![
        ("missing", None),
        ("empty", Some(Vec::new())),
        ("white space", Some(b"\n \n".to_vec())),
        ("a comment", Some(b"# the CA goes here\n".to_vec())),
        ("truncated", Some(text.as_bytes()[..half].to_vec())),
        ("without its last line", Some(text.as_bytes()[..text.len() - 26].to_vec())),
        ("a key", Some(pem("PRIVATE KEY", good).into_bytes())),
        ("a CRL", Some(pem("X509 CRL", good).into_bytes())),
        ("a request", Some(pem("CERTIFICATE REQUEST", good).into_bytes())),
        ("no base64", Some(text.replace("MII", "M*I").into_bytes())),
        ("no certificate inside", Some(pem("CERTIFICATE", &der::null()).into_bytes())),
        ("nothing inside", Some(pem("CERTIFICATE", &[]).into_bytes())),
        ("cut inside", Some(pem("CERTIFICATE", &good[..good.len() - 1]).into_bytes())),
        ("more inside", Some(pem("CERTIFICATE", &der::concat([good, &[0]])).into_bytes())),
        ("bytes of zero", Some(vec![0; 1_000])),
        ("a good one, then a cut one", two(&pem("CERTIFICATE", &good[..100]))),
        ("a good one, then an open one", two("-----BEGIN CERTIFICATE-----\nAAAA\n")),
        ("a good one, then a key", two(&pem("EC PRIVATE KEY", good))),
    ]
}

#[test]
fn class_12_a_bad_anchor_file_is_a_constructor_error() {
    let root = Authority::root("root");
    for (what, content) in bad_anchor_files(&root.certificate) {
        let scene = Scene::issued(&root);
        scene.dir.remove("ca.pem");
        if let Some(content) = content {
            scene.dir.write("ca.pem", content);
        }
        let error = scene.build().expect_err(what).to_string();
        assert!(error.contains("ca.pem"), "{what}: the error names the file: {error}");
    }
}

#[test]
fn class_12_a_folder_in_place_of_an_anchor_file_is_a_constructor_error() {
    let scene = Scene::issued(&Authority::root("root"));
    scene.dir.remove("ca.pem");
    std::fs::create_dir(scene.dir.path().join("ca.pem")).expect("a folder can be made");
    assert!(scene.build().is_err());
}

#[test]
fn class_12_a_policy_without_trust_is_a_constructor_error() {
    let root = Authority::root("root");
    let dir = Scene::issued(&root).dir;
    for policy in [
        "",
        "version = 1\n",
        "version = 1\nadmit = \"issued\"\n",
        "version = 1\nadmit = \"issued\"\n[trust]\n",
        "version = 1\nadmit = \"issued\"\n[trust]\nanchors = []\n",
        "version = 1\nadmit = \"issued\"\n[trust]\nanchors = [\"\"]\n",
        "version = 1\nadmit = \"issued\"\n[trust]\nanchor = [\"ca.pem\"]\n",
        "version = 2\nadmit = \"issued\"\n[trust]\nanchors = [\"ca.pem\"]\n",
        "admit = \"issued\"\n[trust]\nanchors = [\"ca.pem\"]\n",
        "version = 1\nadmit = \"everyone\"\n[trust]\nanchors = [\"ca.pem\"]\n",
    ] {
        let built = countersign::Verifier::from_toml(policy, dir.path());
        assert!(built.is_err(), "{policy}");
    }
}

#[test]
fn class_12_a_reload_of_a_bad_anchor_file_keeps_the_policy_in_force() {
    let (root, stranger) = (Authority::root("root"), Authority::root("root"));
    let (known, unknown) = (root.leaf("client"), stranger.leaf("client"));
    let scene = Scene::issued(&root);
    let verifier = scene.verifier();
    for (what, content) in bad_anchor_files(&root.certificate) {
        match content {
            None => scene.dir.remove("ca.pem"),
            Some(content) => drop(scene.dir.write("ca.pem", content)),
        }
        let generation = verifier.generation();
        assert!(verifier.reload().is_err(), "{what}");
        assert_eq!(verifier.generation(), generation, "{what}");
        assert!(verify(&verifier, &[&known.certificate]).is_allowed(), "{what}");
        assert!(!verify(&verifier, &[&unknown.certificate]).is_allowed(), "{what}");
    }
    scene.dir.write_certificates("ca.pem", [&stranger.certificate]);
    verifier.reload().expect("the file is sound again");
    assert!(!verify(&verifier, &[&known.certificate]).is_allowed());
    assert!(verify(&verifier, &[&unknown.certificate]).is_allowed());
}

#[test]
fn class_13_a_crl_file_that_does_not_parse_is_a_constructor_error() {
    let root = Authority::root("root");
    let good = root.crl().sign(&root.key);
    for (what, content) in [
        ("empty", Vec::new()),
        ("truncated", pem("X509 CRL", &good).into_bytes()[..80].to_vec()),
        ("cut inside", pem("X509 CRL", &good[..good.len() - 1]).into_bytes()),
        ("more inside", pem("X509 CRL", &der::concat([&good[..], &[0]])).into_bytes()),
        ("a certificate", certificates_pem([&root.certificate]).into_bytes()),
        ("a certificate as a CRL", pem("X509 CRL", &root.certificate).into_bytes()),
        ("DER cut", good[..good.len() - 1].to_vec()),
        ("DER and more", der::concat([&good[..], &[0]])),
    ] {
        let scene = Scene::issued(&root).crl(&good);
        scene.dir.write("0.crl", content);
        let error = scene.build().expect_err(what).to_string();
        assert!(error.contains("0.crl"), "{what}: the error names the file: {error}");
    }
    let scene = Scene::issued(&root).crl(&good);
    scene.dir.remove("0.crl");
    assert!(scene.build().is_err(), "missing");
}

#[test]
fn class_13_a_crl_that_proves_nothing_denies() {
    let (root, stranger) = (Authority::root("root"), Authority::root("root"));
    let leaf = root.leaf("client").certificate;
    let good = root.crl().sign(&root.key);
    let unknown_critical = countersign_testkit::forge::extension::unknown().critical();
    for (what, crl, reason) in [
        ("broken signature", tamper::break_signature(&good), Reason::RevocationUnknown),
        ("signed by a stranger", root.crl().sign(&stranger.key), Reason::RevocationUnknown),
        (
            "of another issuer",
            Authority::root("other").crl().sign(&root.key),
            Reason::RevocationUnknown,
        ),
        ("past nextUpdate", root.crl().next_update(NOW - 1).sign(&root.key), Reason::CrlExpired),
        ("before thisUpdate", root.crl().this_update(NOW + 1).sign(&root.key), Reason::CrlExpired),
        (
            "without nextUpdate",
            root.crl().without_next_update().sign(&root.key),
            Reason::CrlExpired,
        ),
        (
            "unknown critical",
            root.crl().with(unknown_critical).sign(&root.key),
            Reason::RevocationUnknown,
        ),
        ("a delta", root.crl().delta_of(1).sign(&root.key), Reason::RevocationUnknown),
        (
            "SHA-1",
            root.crl().algorithm(SignatureAlgorithm::EcdsaSha1).sign(&root.key),
            Reason::RevocationUnknown,
        ),
    ] {
        for mode in ["", "revocation = \"require\"", "revocation = \"if_available\""] {
            let scene = Scene::issued(&root).trust(mode).crl(&crl);
            let verdict = scene.verdict(&[&leaf]);
            let of_nobody = what == "of another issuer" && mode.contains("if_available");
            if of_nobody {
                assert!(verdict.is_allowed(), "{what}, {mode}: {verdict}");
            } else {
                assert_eq!(verdict.reason(), reason, "{what}, {mode}: {verdict}");
            }
        }
    }
    let verdict = Scene::issued(&root).crl(&good).verdict(&[&leaf]);
    assert!(verdict.is_allowed(), "the sound CRL: {verdict}");
}

#[test]
fn class_13_an_intermediate_needs_a_crl_as_the_leaf_does() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let leaf = ca.leaf("client");
    let chain: [&[u8]; 2] = [&leaf.certificate, &ca.certificate];
    let (of_root, of_ca) = (root.crl().sign(&root.key), ca.crl().sign(&ca.key));
    let verdict = Scene::issued(&root).crl(&of_ca).verdict(&chain);
    assert_eq!(verdict.reason(), Reason::RevocationUnknown, "{verdict}");
    let verdict = Scene::issued(&root).crl(&of_root).verdict(&chain);
    assert_eq!(verdict.reason(), Reason::RevocationUnknown, "{verdict}");
    let verdict = Scene::issued(&root).crl(&of_ca).crl(&of_root).verdict(&chain);
    assert!(verdict.is_allowed(), "{verdict}");
    let revoked = root.crl().revoke_certificate(&ca.certificate).sign(&root.key);
    let verdict = Scene::issued(&root).crl(&of_ca).crl(&revoked).verdict(&chain);
    assert_eq!(verdict.reason(), Reason::Revoked, "{verdict}");
    assert_eq!(verdict.chain_index(), Some(1));
}

#[test]
fn class_31_nothing_that_a_certificate_names_is_fetched() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.set_nonblocking(true).expect("a socket can be asked without waiting");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    let url = |path: &str| format!("http://127.0.0.1:{port}/{path}");
    let points = [DistributionPoint::uri(&url("crl"))];
    let locations = [
        ("1.3.6.1.5.5.7.48.1", GeneralName::uri(url("ocsp"))),
        ("1.3.6.1.5.5.7.48.2", GeneralName::uri(url("issuer"))),
    ];
    let root = Authority::root("root");
    let absent = root.intermediate("absent");
    let inviting = |c: countersign_testkit::forge::CertificateBuilder| {
        c.with(authority_info_access(&locations))
            .with(crl_distribution_points(&points))
            .with(freshest_crl(&points))
            .san([GeneralName::uri(url("name"))])
    };
    let known = root.leaf_with("client", inviting);
    let orphan = absent.leaf_with("client", inviting);
    for mode in ["revocation = \"require\"", "revocation = \"off\""] {
        let scene = Scene::issued(&root).trust(mode).crl(&root.crl().sign(&root.key));
        scene.verdict(&[&known.certificate]);
        let verdict = scene.verdict(&[&orphan.certificate]);
        assert_eq!(verdict.reason(), Reason::UnknownIssuer, "{verdict}");
    }
    let knocked = listener.accept().expect_err("nobody knocks");
    assert_eq!(knocked.kind(), ErrorKind::WouldBlock);
}
