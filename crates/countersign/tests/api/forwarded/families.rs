//! What each family's headers mean, and what of them is refused.

use countersign::Reason;
use countersign::forwarded::{
    Family, Forwarded, Presented, RejectionKind, Statement, Unproducible,
};
use countersign::limits;
use countersign_testkit::forge::{Authority, GeneralName, certificates_pem};

use super::written::{
    Headers, all, base64, certificates, chain_of, headers, hex, percent, read, show,
};

const SERIAL: &[u8] = &[0x0a, 0x5b];

struct Site {
    leaf: Vec<u8>,
    ca: Vec<u8>,
}

fn site() -> Site {
    let ca = Authority::root("root").intermediate("ca");
    let leaf = ca.leaf_with("client", |c| c.serial(SERIAL)).certificate;
    Site { leaf, ca: ca.certificate }
}

/// What is wrong with these headers, as an operator would read it.
fn refused(family: &Family, headers: &Headers) -> String {
    match read(family, headers) {
        Err(rejection) => rejection.to_string(),
        Ok(other) => panic!("{other:?} of {}", show(headers)),
    }
}

fn without(headers: &Headers, name: &str) -> Headers {
    let kept = headers.iter().filter(|(own, _)| !own.eq_ignore_ascii_case(name));
    kept.cloned().collect()
}

fn with(headers: &Headers, name: &str, value: &str) -> Headers {
    let mut changed = without(headers, name);
    changed.push((name.to_owned(), value.as_bytes().to_vec()));
    changed
}

#[test]
fn what_its_own_system_writes_is_read() {
    let Site { leaf, ca } = site();
    for written in all(&leaf, &ca, SERIAL) {
        let chain = chain_of(&written.family, &written.headers);
        let expected =
            if written.has_chain { vec![leaf.clone(), ca.clone()] } else { vec![leaf.clone()] };
        assert_eq!(certificates(&chain), expected, "{}", written.what);
        let upper = |name: &String| name.to_ascii_uppercase();
        let shouted = written.headers.iter().map(|(name, value)| (upper(name), value.clone()));
        assert_eq!(chain_of(&written.family, &shouted.collect()), chain, "{}", written.what);
    }
}

#[test]
fn each_family_says_what_its_proxy_says() {
    let Site { leaf, ca } = site();
    let said = |what: &str| {
        let all = all(&leaf, &ca, SERIAL);
        let one = all.iter().find(|one| one.what == what).unwrap();
        chain_of(&one.family, &one.headers).statement()
    };
    for what in ["nginx", "Apache", "ALB verify", "HAProxy", "Google Cloud"] {
        assert_eq!(said(what), Statement::Verified, "{what}");
    }
    for what in ["ALB passthrough", "Azure"] {
        assert_eq!(said(what), Statement::Unverified, "{what}");
    }
    for what in ["RFC 9440", "XFCC", "Traefik", "Cloudflare", "CloudFront"] {
        assert_eq!(said(what), Statement::None, "{what}");
    }
}

#[test]
fn no_header_at_all_is_no_certificate() {
    let others =
        headers(&[("Host", "a.example"), ("X-Client", "somebody"), ("Client-Certs", ":AA==:")]);
    for family in Family::all() {
        assert_eq!(read(&family, &others), Ok(Forwarded::NoCertificate), "{family:?}");
    }
}

#[test]
fn a_familys_word_for_nobody_is_no_certificate() {
    for (family, list) in [
        (Family::nginx(), &[("ssl-client-verify", "NONE")][..]),
        (Family::nginx(), &[("ssl-client-verify", "NONE"), ("ssl-client-cert", "")]),
        (Family::apache(), &[("X-SSL-Client-Verify", "NONE"), ("X-SSL-Client-Cert", "(null)")]),
        (
            Family::haproxy(),
            &[("X-SSL-Client-Used", "0"), ("X-SSL-Client-Verify", "0"), ("X-SSL-Client-DER", "")],
        ),
        (
            Family::google_cloud(),
            &[
                ("X-Client-Cert-Present", "false"),
                ("X-Client-Cert-Chain-Verified", "false"),
                ("X-Client-Cert-Error", "client_cert_not_provided"),
                ("X-Client-Cert-Leaf", ""),
            ],
        ),
        (Family::cloudfront(), &[("CloudFront-Viewer-Cert-Present", "0")]),
        (Family::cloudflare(), &[("Cf-Client-Cert-Der-Base64", ""), ("Cf-Client-Cert-Sha256", "")]),
    ] {
        assert_eq!(read(&family, &headers(list)), Ok(Forwarded::NoCertificate), "{list:?}");
    }
}

#[test]
fn a_certificate_that_the_proxy_did_not_find_good_is_refused() {
    let Site { leaf, ca } = site();
    let all = all(&leaf, &ca, SERIAL);
    let of = |what: &str| all.iter().find(|one| one.what == what).unwrap();
    for (what, name, value) in [
        ("nginx", "ssl-client-verify", "FAILED:certificate has expired"),
        ("Apache", "X-SSL-Client-Verify", "FAILED:self-signed certificate"),
        ("HAProxy", "X-SSL-Client-Verify", "10"),
        ("Google Cloud", "X-Client-Cert-Chain-Verified", "false"),
        ("Google Cloud", "X-Client-Cert-Error", "client_cert_validation_failed"),
    ] {
        let changed = with(&of(what).headers, name, value);
        let rejection = read(&of(what).family, &changed).unwrap_err();
        assert_eq!(rejection.kind(), RejectionKind::NotVerified, "{what}: {rejection}");
        assert_eq!(rejection.reason(), Reason::UnknownIssuer);
        assert_eq!(rejection.field(), Some(&*name.to_ascii_lowercase()));
    }
}

#[test]
fn words_that_are_none_and_sets_that_are_not_whole_are_malformed() {
    let Site { leaf, ca } = site();
    let all = all(&leaf, &ca, SERIAL);
    let of = |what: &str| all.iter().find(|one| one.what == what).unwrap();
    let mut count = 0;
    for (what, name, values) in [
        ("RFC 9440", "Client-Cert-Chain", &["", ":AA==:", "x", ":,:"][..]),
        (
            "nginx",
            "ssl-client-verify",
            &["", "NONE", "success", "SUCCESS,SUCCESS", "GENEROUS", "FAILED"],
        ),
        ("nginx", "ssl-client-cert", &[""]),
        ("Apache", "X-SSL-Client-Verify", &["", "NONE", "GENEROUS"]),
        ("Apache", "X-SSL-Client-Cert", &["", "(null)"]),
        ("HAProxy", "X-SSL-Client-Used", &["", "0", "true", "1,1"]),
        ("HAProxy", "X-SSL-Client-Verify", &["", "-1", "0x0", "000000", "0 "]),
        ("HAProxy", "X-SSL-Client-DER", &[""]),
        ("ALB verify", "X-Amzn-Mtls-Clientcert-Serial-Number", &["", "0a5c", "0A:5B"]),
        ("Cloudflare", "Cf-Client-Cert-Sha256", &["", "00"]),
        ("Cloudflare", "Cf-Client-Cert-Der-Base64", &[""]),
        ("Google Cloud", "X-Client-Cert-Present", &["", "false", "TRUE", "1"]),
        ("Google Cloud", "X-Client-Cert-Chain-Verified", &["", "yes"]),
        ("Google Cloud", "X-Client-Cert-Hash", &["AAAA"]),
        ("Google Cloud", "X-Client-Cert-Leaf", &[""]),
        ("CloudFront", "CloudFront-Viewer-Cert-Present", &["", "0", "true"]),
        ("CloudFront", "CloudFront-Viewer-Cert-Pem", &[""]),
        ("CloudFront", "CloudFront-Viewer-Cert-Sha256", &["00"]),
    ] {
        for value in values {
            // A blank at the end is no part of a value.
            if value.ends_with(' ') {
                continue;
            }
            let changed = with(&of(what).headers, name, value);
            let rejection = read(&of(what).family, &changed).unwrap_err();
            assert_eq!(
                rejection.reason(),
                Reason::Malformed,
                "{what}: {name}: {value}: {rejection}"
            );
            count += 1;
        }
    }
    assert!(count > 40);
    for (what, name) in [
        ("RFC 9440", "Client-Cert"),
        ("nginx", "ssl-client-cert"),
        ("nginx", "ssl-client-verify"),
        ("Apache", "X-SSL-Client-Cert"),
        ("Apache", "X-SSL-Client-Verify"),
        ("ALB verify", "X-Amzn-Mtls-Clientcert-Leaf"),
        ("ALB verify", "X-Amzn-Mtls-Clientcert-Serial-Number"),
        ("ALB verify", "X-Amzn-Mtls-Clientcert-Subject"),
        ("HAProxy", "X-SSL-Client-Used"),
        ("HAProxy", "X-SSL-Client-Verify"),
        ("HAProxy", "X-SSL-Client-DER"),
        ("Cloudflare", "Cf-Client-Cert-Der-Base64"),
        ("Cloudflare", "Cf-Client-Cert-Sha256"),
        ("Google Cloud", "X-Client-Cert-Present"),
        ("Google Cloud", "X-Client-Cert-Chain-Verified"),
        ("Google Cloud", "X-Client-Cert-Error"),
        ("Google Cloud", "X-Client-Cert-Leaf"),
        ("CloudFront", "CloudFront-Viewer-Cert-Present"),
        ("CloudFront", "CloudFront-Viewer-Cert-Pem"),
    ] {
        let rejection = read(&of(what).family, &without(&of(what).headers, name)).unwrap_err();
        assert_eq!(rejection.reason(), Reason::Malformed, "{what} without {name}");
    }
}

#[test]
fn a_name_that_differs_in_underscores_is_refused_and_not_skipped() {
    let Site { leaf, ca } = site();
    for written in all(&leaf, &ca, SERIAL) {
        let name = written.headers[0].0.replacen('-', "_", 1);
        let mut smuggled = written.headers.clone();
        smuggled.push((name, b"x".to_vec()));
        let what = refused(&written.family, &smuggled);
        assert!(what.ends_with("a name that differs in `_` and `-` only"), "{what}");
    }
}

#[test]
fn amazons_escapes_may_be_used_or_not() {
    let Site { leaf, ca } = site();
    let pem = certificates_pem([&leaf, &ca]);
    let family = Family::alb_passthrough();
    for keep in ["+=/", "+/", "=", ""] {
        let list = headers(&[("X-Amzn-Mtls-Clientcert", &percent(&pem, keep))]);
        assert_eq!(certificates(&chain_of(&family, &list)), [leaf.clone(), ca.clone()], "{keep}");
    }
    let list = headers(&[("X-Amzn-Mtls-Clientcert", &percent(&pem, "\n"))]);
    assert_eq!(refused(&family, &list), "x-amzn-mtls-clientcert: a character that must be escaped");
}

#[test]
fn a_chain_may_come_in_several_lines_in_rfc_9440_only() {
    let Site { leaf, ca } = site();
    let root = Authority::root("other").certificate;
    let item = |der: &[u8]| format!(":{}:", base64(der));
    let family = Family::rfc9440();
    let lines = headers(&[
        ("Client-Cert-Chain", &item(&ca)),
        ("Client-Cert", &item(&leaf)),
        ("Client-Cert-Chain", &format!("{}\t , {}", item(&root), item(&ca))),
    ]);
    let read = certificates(&chain_of(&family, &lines));
    assert_eq!(read, [leaf.clone(), ca.clone(), root, ca.clone()]);
    let twice = headers(&[("Client-Cert", &item(&leaf)), ("Client-Cert", &item(&leaf))]);
    assert_eq!(refused(&family, &twice), "client-cert: given more than once");
    let list = headers(&[("Client-Cert", &format!("{}, {}", item(&leaf), item(&ca)))]);
    assert!(refused(&family, &list).contains("no byte sequence"));
}

mod xfcc {
    use super::*;

    fn element(leaf: &[u8], more: &str) -> String {
        format!("Cert=\"{}\"{more}", percent(&certificates_pem([leaf]), ""))
    }

    fn value(hops: usize, value: &str) -> Result<Forwarded, countersign::forwarded::Rejection> {
        read(&Family::xfcc(hops).unwrap(), &headers(&[("x-forwarded-client-cert", value)]))
    }

    fn leaf_of(hops: usize, text: &str) -> Vec<u8> {
        match value(hops, text) {
            Ok(Forwarded::Certificate(chain)) => chain.leaf().to_vec(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_element_is_chosen_by_trusted_hops_from_the_right() {
        let root = Authority::root("root");
        let [spoofed, client, edge] =
            ["admin", "client", "edge"].map(|name| root.leaf(name).certificate);
        let [a, b, c] = [&spoofed, &client, &edge].map(|leaf| element(leaf, ""));
        assert_eq!(leaf_of(1, &format!("{a},{b},{c}")), edge);
        assert_eq!(leaf_of(2, &format!("{a}, {b},{c}")), client);
        let two_lines = headers(&[
            ("X-Forwarded-Client-Cert", &a),
            ("X-Forwarded-Client-Cert", &format!("{b},{c}")),
        ]);
        let family = Family::xfcc(2).unwrap();
        assert_eq!(chain_of(&family, &two_lines).leaf(), client);
        assert_eq!(value(3, &format!("{b},{c}")), Ok(Forwarded::NoCertificate));
        assert!(Family::xfcc(0).is_err() && Family::xfcc(limits::XFCC_ELEMENTS + 1).is_err());
    }

    #[test]
    fn elements_are_bounded() {
        let leaf = Authority::root("root").leaf("client").certificate;
        let many = |count| vec!["Hash=00"; count - 1].join(",") + "," + &element(&leaf, "");
        assert_eq!(leaf_of(1, &many(limits::XFCC_ELEMENTS)), leaf);
        let rejection = value(1, &many(limits::XFCC_ELEMENTS + 1)).unwrap_err();
        assert_eq!(rejection.reason(), Reason::LimitExceeded);
    }

    #[test]
    fn what_is_ambiguous_is_refused() {
        let leaf = Authority::root("root").leaf("client").certificate;
        for more in [
            ";Subject=\"CN=a,O=\\\"b;c\\\"\"",
            ";Subject=\"a\\b\"",
            ";subject=\"\";By=a;By=b;URI=;URI=\"a,b;c=d\";DNS=x",
        ] {
            assert_eq!(leaf_of(1, &element(&leaf, more)), leaf, "{more}");
        }
        for more in [
            ";Unknown=1",
            ";Cert=\"\"",
            ";Subject=\"a\";Subject=\"b\"",
            ";URI=a=b",
            ";URI=a\"b",
            ";URI=a b",
            ";URI=a\\",
            ";Subject=\"a\\\\\"",
            ";Subject=\"a\\\\\";By=b\"",
            ";Subject=\"a\"b",
            ";Subject=\"a",
            ";Subject=\"a\u{1}\"",
            ";Hash=00",
            ";Hash=\"00\"",
            ";",
            ",",
            ";;By=a",
            ";By",
            " ;By=a",
            "; By=a",
        ] {
            let rejection = value(1, &element(&leaf, more)).unwrap_err();
            assert_eq!(rejection.reason(), Reason::Malformed, "{more}: {rejection}");
        }
        for text in ["Hash=00", "", "By=spiffe://a.example", "Cert=x", "Cert=\"\"", "Chain=\"\""] {
            assert!(value(1, text).is_err(), "{text}");
        }
    }

    #[test]
    fn cert_chain_and_hash_are_about_one_leaf() {
        let root = Authority::root("root");
        let (leaf, other) = (root.leaf("client").certificate, root.leaf("admin").certificate);
        let chain =
            |ders: &[&Vec<u8>]| format!(";Chain=\"{}\"", percent(&certificates_pem(ders), ""));
        let whole = element(&leaf, &chain(&[&leaf, &root.certificate]));
        assert_eq!(leaf_of(1, &whole), leaf);
        assert!(value(1, &element(&leaf, &chain(&[&other, &leaf]))).is_err());
        let digest = hex(&countersign_testkit::forge::sha256(&other));
        assert!(value(1, &element(&leaf, &format!(";Hash={digest}"))).is_err());
    }

    #[test]
    fn what_cannot_be_escaped_is_not_written() {
        let root = Authority::root("root");
        let family = Family::xfcc(1).unwrap();
        for (uri, is_written) in [
            ("spiffe://a.example/b", true),
            ("spiffe://a.example/b,c;d=e", true),
            ("spiffe://a.example/b\"", false),
            ("spiffe://a.example/b\\", false),
        ] {
            let leaf = root.leaf_with("x", |c| c.san([GeneralName::uri(uri)])).certificate;
            let produced = family.produce(Presented::Verified(&[&leaf]));
            match produced {
                Ok(produced) => {
                    assert!(is_written, "{uri}");
                    let text = produced.fields().next().unwrap().1.to_owned();
                    assert_eq!(leaf_of(1, &text), leaf);
                }
                // No certificate with such a name parses.
                Err(error) => assert!(!is_written && error == Unproducible::NoChain, "{uri}"),
            }
        }
    }
}

#[test]
fn names_can_be_an_administrators() {
    let Site { leaf, .. } = site();
    let family = Family::azure_app_service().renamed("x-arr-clientcert", "X-Cert").unwrap();
    let list = headers(&[("x-cert", &base64(&leaf)), ("X-ARR-ClientCert", "ignored")]);
    assert_eq!(chain_of(&family, &list).leaf(), leaf);
    let haproxy = Family::haproxy;
    for (from, to) in [
        ("X-Unknown", "X-Cert"),
        ("X-SSL-Client-DER", "X Cert"),
        ("X-SSL-Client-DER", ""),
        ("X-SSL-Client-DER", "X-SSL-Client_Used"),
    ] {
        assert!(haproxy().renamed(from, to).is_err(), "{from} to {to}");
    }
    assert!(haproxy().renamed("X-SSL-Client-DER", "x-ssl-client-der").is_ok());
}

#[test]
fn a_leaf_family_takes_one_certificate_only() {
    let Site { leaf, ca } = site();
    let two = certificates_pem([&leaf, &ca]);
    let nginx =
        headers(&[("ssl-client-cert", &percent(&two, "")), ("ssl-client-verify", "SUCCESS")]);
    assert_eq!(refused(&Family::nginx(), &nginx), "ssl-client-cert: more than the leaf");
    let spaced = two.trim_end().replace('\n', " ");
    let apache = headers(&[("x-ssl-client-cert", &spaced), ("x-ssl-client-verify", "SUCCESS")]);
    assert_eq!(refused(&Family::apache(), &apache), "x-ssl-client-cert: more than the leaf");
    let front = headers(&[
        ("cloudfront-viewer-cert-present", "1"),
        ("cloudfront-viewer-cert-pem", &percent(&two, "")),
    ]);
    let what = refused(&Family::cloudfront(), &front);
    assert_eq!(what, "cloudfront-viewer-cert-pem: more than the leaf");
}

#[test]
fn sizes_are_bounded() {
    let Site { leaf, ca } = site();
    let item = |der: &[u8]| format!(":{}:", base64(der));
    let kind = |list: &[(&str, &str)]| read(&Family::rfc9440(), &headers(list)).unwrap_err().kind();
    let chain = vec![item(&ca); limits::CHAIN_CERTIFICATES].join(", ");
    let leaf = item(&leaf);
    let list = [("Client-Cert", &*leaf), ("Client-Cert-Chain", &*chain)];
    assert_eq!(kind(&list), RejectionKind::LimitExceeded);
    let long = "x".repeat(limits::FORWARDED_VALUE_BYTES + 1);
    assert_eq!(kind(&[("Client-Cert", &long)]), RejectionKind::LimitExceeded);
    let large = item(&vec![0; limits::CHAIN_BYTES + 1]);
    assert_eq!(kind(&[("Client-Cert", &large)]), RejectionKind::LimitExceeded);
    let many = vec![ca.as_slice(); limits::CHAIN_CERTIFICATES + 1];
    for family in Family::all() {
        let refused = family.produce(Presented::Verified(&many)).unwrap_err();
        assert_eq!(refused, Unproducible::NoChain);
        assert_eq!(family.produce(Presented::Verified(&[])).unwrap_err(), Unproducible::NoChain);
    }
}

#[test]
fn a_stranger_that_does_not_parse_is_not_passed_on() {
    let Site { leaf, ca } = site();
    let family = Family::rfc9440();
    let produced = family.produce(Presented::Verified(&[&leaf, b"nothing", &ca])).unwrap();
    let list: Vec<_> =
        produced.fields().map(|(n, v)| (n.to_owned(), v.as_bytes().to_vec())).collect();
    assert_eq!(certificates(&chain_of(&family, &list)), [leaf, ca]);
}
