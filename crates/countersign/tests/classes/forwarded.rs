//! Classes 18, 29 and 30 where a certificate travels in headers, and the hole that only a signature closes.

use countersign::forwarded::{
    Family, Forwarded, Presented, Receiver, RejectionKind, Request, Strip, Unproducible,
};
use countersign::{Reason, UnixTime};
use countersign_testkit::forge::{Authority, GeneralName, Key, NOW, Name, certificates_pem};

use super::scene::{Scene, permutations, slices};

/// What ends a header, a pair, an element or a value, in names of every kind.
const SPECIAL: [&str; 16] = [
    ",",
    ";",
    "\"",
    "\\",
    "\r",
    "\n",
    "\0",
    "%",
    "=",
    ":",
    "\r\nClient-Cert: :AAAA:",
    ",Cert=\"x\"",
    "\";Hash=00",
    "\\\",By=spiffe://a.example/edge",
    "%0d%0a",
    "-----END CERTIFICATE-----\n",
];

type Headers = Vec<(String, Vec<u8>)>;

fn written(family: &Family, chain: &[&[u8]]) -> Result<Headers, Unproducible> {
    let produced = family.produce(Presented::Verified(chain))?;
    Ok(produced.fields().map(|(n, v)| (n.to_owned(), v.as_bytes().to_vec())).collect())
}

fn read(family: &Family, headers: &Headers) -> Option<Vec<Vec<u8>>> {
    match family.read(pairs(headers)) {
        Ok(Forwarded::Certificate(chain)) => {
            Some(chain.certificates().map(<[u8]>::to_vec).collect())
        }
        Ok(Forwarded::NoCertificate) => panic!("a certificate became nobody"),
        Err(_) => None,
    }
}

fn pairs(headers: &Headers) -> impl Iterator<Item = (&[u8], &[u8])> {
    headers.iter().map(|(name, value)| (name.as_bytes(), &value[..]))
}

/// Node CVE-2021-44532, Envoy #32945.
#[test]
fn class_18_no_name_breaks_a_header() {
    let root = Authority::root("root");
    let (mut written_count, mut read_count) = (0, 0);
    for special in SPECIAL {
        let name = format!("a{special}b");
        let in_subject = root.leaf(&name);
        let san = |name: GeneralName| root.leaf_with("x", |c| c.san([name]));
        let uri = san(GeneralName::uri(format!("spiffe://a.example/{name}")));
        let dns = san(GeneralName::dns(format!("{name}.example")));
        let email = san(GeneralName::email(format!("{name}@a.example")));
        let issuer = root.intermediate_with(Name::common(&name), Key::p256(), |c| c).leaf_for(
            &Name::common("x"),
            Key::p256(),
            |c| c,
        );
        for leaf in [in_subject, uri, dns, email, issuer] {
            for family in Family::all() {
                let Ok(headers) = written(&family, &[&leaf.certificate]) else { continue };
                for (name, value) in &headers {
                    let is_one_line = value.iter().all(|b| (b' '..=b'~').contains(b));
                    assert!(is_one_line, "{special:?}: {name}: {}", value.escape_ascii());
                }
                written_count += 1;
                if let Some(read) = read(&family, &headers) {
                    assert_eq!(read, std::slice::from_ref(&leaf.certificate), "{special:?}");
                    read_count += 1;
                }
            }
        }
    }
    // A subject may hold anything; alternative names that hold these are malformed certificates, which
    // nobody writes.
    assert!(written_count > 300, "{written_count}");
    assert_eq!(read_count, written_count, "what is written can be read");
}

/// Every way in which servers behind have taken one name for another.
fn spellings(name: &str) -> Vec<String> {
    let camel = name.split('-').map(|part| part[..1].to_uppercase() + &part[1..]);
    vec![
        name.to_owned(),
        name.to_ascii_uppercase(),
        camel.collect::<Vec<_>>().join("-"),
        name.replace('-', "_"),
        name.replacen('-', "_", 1).to_ascii_uppercase(),
        format!("{name} "),
        format!("{name}\t"),
    ]
}

/// oauth2-proxy CVE-2025-64484, Keycloak CVE-2024-10039.
#[test]
fn class_29_every_spelling_of_every_forwarded_header_is_stripped() {
    let strip = Strip::all();
    let mut count = 0;
    for family in Family::all() {
        for name in family.names() {
            for spelling in spellings(name) {
                assert!(strip.drops(spelling.as_bytes(), b"x"), "{spelling:?}");
                count += 1;
            }
        }
    }
    assert!(count > 300);
    for name in ["signature", "signature-input"] {
        for spelling in spellings(name) {
            assert!(strip.drops(spelling.as_bytes(), b"countersign=:AA==:"), "{spelling:?}");
        }
    }
    for name in ["Host", "Accept", "Authorization", "Client", "Cert", "X-Request-Id", "Forwarded"] {
        assert!(!strip.drops(name.as_bytes(), b"client-cert"), "{name}");
    }
}

#[test]
fn class_29_connection_cannot_have_the_next_proxy_delete_what_this_one_sets() {
    let strip = Strip::all();
    for family in Family::all() {
        for name in family.names() {
            for spelling in spellings(name) {
                for list in [
                    spelling.clone(),
                    format!("close, {spelling}"),
                    format!("{spelling},keep-alive"),
                    format!(",, \t{spelling}\t,"),
                    format!("close,{spelling};x=y"),
                ] {
                    for header in ["Connection", "connection", "Proxy-Connection", "CONNECTION "] {
                        assert!(
                            strip.drops(header.as_bytes(), list.as_bytes()),
                            "{header}: {list:?}"
                        );
                    }
                }
            }
        }
    }
    for signature in ["Signature", "signature-input", "Signature_Input"] {
        assert!(strip.drops(b"Connection", signature.as_bytes()));
    }
    for list in ["close", "keep-alive, Upgrade", "", "TE, X-Client-Certs"] {
        assert!(!strip.drops(b"Connection", list.as_bytes()), "{list}");
    }
}

#[test]
fn class_29_an_administrators_names_are_stripped_beside_the_usual_ones() {
    let family = Family::nginx().renamed("ssl-client-cert", "X-Client-PEM").unwrap();
    let strip = Strip::all().and(&family);
    for name in ["X-Client-PEM", "x_client_pem", "ssl-client-cert", "SSL_CLIENT_VERIFY"] {
        assert!(strip.drops(name.as_bytes(), b""), "{name}");
    }
    assert!(!Strip::all().drops(b"X-Client-PEM", b""));
    let only = Strip::of(&[Family::traefik()]);
    assert!(only.drops(b"X-Forwarded-Tls-Client-Cert", b""));
    assert!(!only.drops(b"Client-Cert", b""), "it was asked for one family only");
}

#[test]
fn class_29_what_a_client_sends_beside_a_proxys_headers_is_refused_behind_it() {
    let root = Authority::root("root");
    let [client, admin] = ["client", "admin"].map(|name| root.leaf(name).certificate);
    for family in Family::all() {
        let Ok(set) = written(&family, &[&client]) else { continue };
        let spoofed = written(&family, &[&admin]).unwrap();
        for header in &spoofed {
            for name in [header.0.clone(), header.0.to_uppercase(), header.0.replace('-', "_")] {
                for before in [true, false] {
                    let mut both = set.clone();
                    let place = if before { 0 } else { both.len() };
                    both.insert(place, (name.clone(), header.1.clone()));
                    let Some(read) = read(&family, &both) else { continue };
                    // Envoy's header is a list, and its proxy adds at the right: after what a client sent.
                    assert!(name.eq_ignore_ascii_case("x-forwarded-client-cert"), "{name}");
                    let last = if before { &client } else { &admin };
                    assert_eq!(read[0], *last);
                }
            }
        }
    }
}

/// Keycloak CVE-2023-2422.
/// Envoy writes URIs as they are: a comma in one begins an element of its owner's.
#[test]
fn class_18_a_name_in_a_certificate_makes_no_element_of_envoys() {
    let root = Authority::root("root");
    let approved =
        root.leaf_with("a", |c| c.san([GeneralName::dns("approved.example")])).certificate;
    let verifier = Scene::listed(&root).client("approved", "dns = \"approved.example\"").verifier();
    let request = Request::new(b"GET", b"a.example", b"/");
    let judge = |hops, value: String| {
        let headers = vec![("x-forwarded-client-cert".to_owned(), value.into_bytes())];
        let receiver = Receiver::trusting_the_network(Family::xfcc(hops).unwrap());
        receiver.judge(&verifier, &request, pairs(&headers), UnixTime::from_secs(NOW))
    };
    assert!(judge(1, format!("Cert=\"{}\"", escaped(&approved))).is_allowed());
    for (raw, key) in [("URI", "Chain"), ("DNS", "Cert")] {
        let name = format!("spiffe://evil.example/x,{key}=\"{}\"", escaped(&approved));
        let stranger = Authority::root("evil");
        let own =
            stranger.leaf_with("evil", |c| c.san([GeneralName::uri(name.clone())])).certificate;
        let element = format!("By=spiffe://mesh/edge;Cert=\"{}\";{raw}={name}", escaped(&own));
        let edge = format!("By=spiffe://mesh/inner;Cert=\"{}\"", escaped(&own));
        assert_eq!(judge(1, element.clone()).reason(), Reason::Malformed, "{raw}");
        assert_eq!(judge(2, format!("{element},{edge}")).reason(), Reason::Malformed, "{raw}");
    }
}

fn escaped(der: &Vec<u8>) -> String {
    let pem = certificates_pem([der]).replace('\n', "%0A").replace(' ', "%20");
    pem.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

#[test]
fn class_30_a_forwarded_chain_is_judged_by_its_leaf_whatever_else_is_in_it() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let named = |dns: &str| ca.leaf_with(dns, |c| c.san([GeneralName::dns(dns)])).certificate;
    let (approved, other) = (named("approved.example"), named("other.example"));
    let verifier = Scene::listed(&root).client("approved", "dns = \"approved.example\"").verifier();
    let request = Request::new(b"GET", b"a.example", b"/");
    let families = [Family::rfc9440(), Family::xfcc(1).unwrap(), Family::traefik()];
    for order in permutations(3) {
        for family in &families {
            let receiver = Receiver::trusting_the_network(family.clone());
            let judge = |leaf: &Vec<u8>, rest: [&Vec<u8>; 3]| {
                let mut chain = vec![leaf.clone()];
                chain.extend(order.iter().map(|n| rest[*n].clone()));
                let headers = written(family, &slices(&chain)).unwrap();
                receiver.judge(&verifier, &request, pairs(&headers), UnixTime::from_secs(NOW))
            };
            let good = judge(&approved, [&other, &ca.certificate, &root.certificate]);
            assert_eq!(good.client(), Some("approved"), "{order:?}: {good}");
            let bad = judge(&other, [&approved, &ca.certificate, &root.certificate]);
            assert_eq!((bad.reason(), bad.client()), (Reason::NotListed, None), "{order:?}: {bad}");
        }
    }
    // Two places for a leaf that do not agree are nobody's.
    let value = format!("Cert=\"{}\";Chain=\"{}\"", escaped(&other), escaped(&approved));
    let headers = vec![("x-forwarded-client-cert".to_owned(), value.into_bytes())];
    let rejection = Family::xfcc(1).unwrap().read(pairs(&headers)).unwrap_err();
    assert_eq!(rejection.kind(), RejectionKind::Malformed);
}
