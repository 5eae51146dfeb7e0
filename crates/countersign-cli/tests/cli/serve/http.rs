use std::path::PathBuf;
use std::sync::Arc;

use countersign::forwarded::{
    Checker, Family, Forwarded, KeyRing, NonceMemory, Receiver, Request as SignedRequest,
};
use countersign::{Error, UnixTime, Verifier};
use http_body_util::Empty;
use hyper::header::HeaderName;
use hyper::{Request, StatusCode};
use rcgen::PublicKeyData as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::process::{PATIENCE, Serving};
use super::scene::{APPROVED, approved, ask, chain, connect, get, over_http2};
use super::upstream::{Seen, Upstream};
use crate::command::{made, secret};

const LOCAL: [&str; 2] = ["--server-name", "localhost"];

/// What RFC 9440 makes of the approved client, checked by the library's reader.
#[track_caller]
fn assert_is_approved(seen: &Seen) {
    assert_eq!(seen.values("client-cert").len(), 1);
    let lines = seen.head.headers.iter().map(|(n, v)| (n.as_str().as_bytes(), v.as_bytes()));
    let Forwarded::Certificate(forwarded) = Family::rfc9440().read(lines).unwrap() else {
        panic!("no certificate");
    };
    let certificates: Vec<&[u8]> = forwarded.certificates().collect();
    assert_eq!(certificates, chain("approved"));
}

#[tokio::test]
async fn an_approved_client_gets_through_and_its_certificate_is_told() {
    let mut upstream = Upstream::start().await;
    let serving = Serving::start(&upstream.url(), &LOCAL);
    let answer = get(serving.address, "/a?b=c", "Accept: text/plain\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("hello"), "{answer}");
    assert!(!answer.contains("timeout=9"), "hop by hop: {answer}");
    let seen = upstream.next().await;
    assert_is_approved(&seen);
    assert_eq!(seen.head.uri, "/a?b=c");
    for (name, value) in [
        ("host", "localhost"),
        ("accept", "text/plain"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "for=127.0.0.1;proto=https"),
        ("via", "1.1 countersign"),
    ] {
        assert_eq!(seen.values(name), [value], "{name}");
    }

    let request =
        Request::get("https://localhost/h2").header("cookie", "a=1").header("cookie", "b=2");
    let answer = over_http2(serving.address, request.body(Empty::new()).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let seen = upstream.next().await;
    assert_is_approved(&seen);
    assert_eq!(seen.values("host"), ["localhost"]);
    assert_eq!(seen.values("cookie"), ["a=1; b=2"]);
    assert_eq!(seen.head.version, hyper::Version::HTTP_11);
}

#[tokio::test]
async fn nothing_that_a_client_says_of_itself_passes() {
    let mut upstream = Upstream::start().await;
    let serving = Serving::start(&upstream.url(), &LOCAL);
    let spoofed = "Client-Cert: :MIIB:\r\nclient-cert: :MIIC:\r\nCLIENT_CERT: :MIID:\r\n\
                   Client_Cert-Chain: :MIIE:\r\nX-Forwarded-Client-Cert: Hash=00\r\n\
                   X_SSL_Client_DER: AA==\r\nssl-client-cert: x\r\nX-Forwarded-For: 10.0.0.1\r\n\
                   x_forwarded_proto: http\r\nForwarded: for=10.0.0.1\r\n\
                   Signature: countersign=:AA==:\r\n\
                   Connection: X-Token, Client-Cert, X-Forwarded-For\r\nX-Token: 1\r\n";
    get(serving.address, "/", spoofed).await;
    let seen = upstream.next().await;
    assert_is_approved(&seen);
    let mut names: Vec<&str> = seen.head.headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    let set = ["forwarded", "host", "via", "x-forwarded-for", "x-forwarded-proto"];
    let expected: Vec<&str> = ["client-cert", "client-cert-chain"].into_iter().chain(set).collect();
    assert_eq!(names, expected);
    assert_eq!(seen.values("x-forwarded-for"), ["127.0.0.1"]);

    let without = Serving::start(&upstream.url(), &["--forward", "none"]);
    get(without.address, "/", "Client-Cert: :MIIB:\r\n").await;
    let seen = upstream.next().await;
    assert!(seen.values("client-cert").is_empty());
}

#[tokio::test]
async fn who_is_not_approved_reaches_nothing_and_operators_hear_why() {
    let mut upstream = Upstream::start().await;
    let mut serving = Serving::start(&upstream.url(), &["--metrics", "127.0.0.1:0"]);
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (who, reason) in
        [(None, "no_certificate"), (Some("not-listed"), "not_listed"), (Some("revoked"), "revoked")]
    {
        let refused = async {
            let mut stream = connect(serving.address, who, "localhost", Some("http/1.1")).await?;
            ask(&mut stream, request).await
        };
        let refused = refused.await;
        assert!(refused.is_err(), "{who:?}: {refused:?}");
        let event = serving.event("refused");
        assert_eq!(event["reason"], reason, "{event}");
        let leaf = who.map(|who| countersign_testkit::forge::sha256(&chain(who)[0]));
        let hex = leaf.map(|leaf| leaf.iter().map(|b| format!("{b:02x}")).collect::<String>());
        assert_eq!(event["leaf_sha256"].as_str(), hex.as_deref(), "{event}");
    }
    assert!(upstream.has_seen_nothing());

    get(serving.address, "/", "").await;
    let mut metrics = tokio::net::TcpStream::connect(serving.metrics.unwrap()).await.unwrap();
    let scrape = "GET /metrics HTTP/1.1\r\nHost: m\r\nConnection: close\r\n\r\n";
    metrics.write_all(scrape.as_bytes()).await.unwrap();
    let mut text = String::new();
    metrics.read_to_string(&mut text).await.unwrap();
    for line in [
        "countersign_decisions_total{decision=\"deny\",reason=\"revoked\"} 1\n",
        "countersign_serve_connections_refused_total 3\n",
        "countersign_serve_connections_accepted_total 1\n",
        "countersign_serve_requests_total 1\n",
        "countersign_serve_upstream_failures_total 0\n",
        "# TYPE countersign_serve_connections_open gauge\n",
        "countersign_serve_policy_generation 1\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
}

#[tokio::test]
async fn a_signature_is_for_one_request() {
    let shared = countersign_testkit::forge::sha256(b"a secret");
    let hex: String = shared.iter().map(|byte| format!("{byte:02x}")).collect();
    let ring = || KeyRing::new().hmac_sha256("edge-1", &shared);
    signs_for_one_request(secret("sign.key", format!("{hex}\n")), ring).await;
}

#[tokio::test]
async fn a_private_key_in_pem_signs_too() {
    for algorithm in [&rcgen::PKCS_ED25519, &rcgen::PKCS_ECDSA_P256_SHA256] {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let ring = || KeyRing::new().public_key("edge-1", &key.subject_public_key_info());
        signs_for_one_request(secret("sign.pem", key.serialize_pem()), ring).await;
    }
}

/// Under this key, for a receiver that knows it by this ring.
async fn signs_for_one_request(key: PathBuf, ring: impl Fn() -> Result<KeyRing, Error>) {
    let mut upstream = Upstream::start().await;
    let signing = ["--sign-key", key.to_str().unwrap(), "--sign-id", "edge-1"];
    let serving = Serving::start(&upstream.url(), &signing);
    let (verifier, now) = (Verifier::from_file(made("policy.toml")).unwrap(), UnixTime::now());
    let judge = |seen: &Seen, path: &str| {
        let memory = Arc::new(NonceMemory::new(64, UnixTime::MIN).unwrap());
        let receiver = Receiver::signed(Family::rfc9440(), Checker::new(ring().unwrap(), memory));
        let method = seen.head.method.as_str().as_bytes();
        let host = seen.values("host")[0].as_bytes();
        let request = SignedRequest::new(method, host, path.as_bytes());
        let lines = seen.head.headers.iter().map(|(n, v)| (n.as_str().as_bytes(), v.as_bytes()));
        receiver.judge(&verifier, &request, lines, now).to_record()
    };
    get(serving.address, "/accounts?id=1", "Signature: mine=:AA==:\r\n").await;
    let seen = upstream.next().await;
    let verdict = judge(&seen, "/accounts?id=1");
    assert_eq!(verdict.client(), Some("billing"), "{}", verdict.detail());
    assert!(!judge(&seen, "/accounts?id=2").is_allowed());
    assert_eq!(seen.values("signature")[0], "mine=:AA==:");
}

#[tokio::test]
async fn a_request_for_another_host_than_its_connection_is_misdirected() {
    let mut upstream = Upstream::start().await;
    let more = ["--server-name", "localhost", "--server-name", "reports.localhost"];
    let serving = Serving::start(&upstream.url(), &more);
    let ask_as = async |host: &str| {
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        ask(&mut approved(serving.address).await, &request).await.unwrap()
    };
    for host in ["reports.localhost", "example.com", "127.0.0.1"] {
        let answer = ask_as(host).await;
        assert!(answer.starts_with("HTTP/1.1 421 "), "{host}: {answer}");
    }
    let answer = get(serving.address, "/", "Host: reports.localhost\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    let request = Request::get("https://reports.localhost/").body(Empty::new()).unwrap();
    let answer = over_http2(serving.address, request).await;
    assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST);
    assert!(upstream.has_seen_nothing());
    for host in ["LOCALHOST", "localhost:8443", "localhost."] {
        let answer = ask_as(host).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{host}: {answer}");
        upstream.next().await;
    }
    let unknown = connect(serving.address, APPROVED, "other.localhost", Some("h2")).await;
    assert!(unknown.is_err());
}

#[tokio::test]
async fn what_is_no_plain_request_is_not_served() {
    let mut upstream = Upstream::start().await;
    let serving = Serving::start(&upstream.url(), &LOCAL);
    for request in [
        "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "TRACE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ] {
        let mut stream = approved(serving.address).await;
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        let mut answer = [0; 13];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 501 ", "{request}");
    }
    // Two lengths: one of them would be a request that nobody judged.
    let smuggled = "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 5\r\n\
                    Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n";
    let _ = ask(&mut approved(serving.address).await, smuggled).await;
    get(serving.address, "/last", "").await;
    let mut seen = upstream.next().await;
    if seen.head.uri == "/" {
        let lengths = seen.values("content-length").len() + seen.values("transfer-encoding").len();
        assert!(lengths <= 1, "{:?}", seen.head.headers);
        seen = upstream.next().await;
    }
    assert_eq!(seen.head.uri, "/last");
}

#[tokio::test]
async fn without_an_answer_from_behind_the_client_hears_of_nothing_inside() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut serving = Serving::start(&format!("http://{gone}"), &LOCAL);
    let answer = get(serving.address, "/", "").await;
    assert!(
        answer.starts_with("HTTP/1.1 502 ") && answer.ends_with("\r\n\r\nNo answer.\n"),
        "{answer}"
    );
    assert!(!answer.contains(&gone.port().to_string()), "{answer}");
    let event = serving.event("upstream_failed");
    assert_eq!(event["client"], "billing");
    assert!(event["message"].as_str().unwrap().contains("refused"), "{event}");

    let upstream = Upstream::start().await;
    let serving = Serving::start(&upstream.url(), &["--upstream-timeout", "1"]);
    let answer = get(serving.address, "/never", "").await;
    assert!(answer.starts_with("HTTP/1.1 504 "), "{answer}");
}

#[tokio::test]
async fn a_body_streams() {
    const PIECE: usize = 256 << 10;
    const PIECES: usize = 16;
    let mut upstream = Upstream::start().await;
    let serving = Serving::start(&upstream.url(), &LOCAL);
    let mut stream = approved(serving.address).await;
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        PIECE * PIECES
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let piece = vec![b'x'; PIECE];
    stream.write_all(&piece).await.unwrap();
    stream.flush().await.unwrap();
    // The server behind has the first piece before there is a second.
    let mut seen = upstream.next().await;
    let mut received = 0;
    while received < PIECE {
        received += timeout(PATIENCE, seen.body.recv()).await.unwrap().unwrap().len();
    }
    assert_eq!(received, PIECE);
    for _ in 1..PIECES {
        stream.write_all(&piece).await.unwrap();
    }
    stream.flush().await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    let all = format!("x-length: {}", PIECE * PIECES);
    assert!(answer.to_lowercase().contains(&all), "{answer}");
}

#[tokio::test]
async fn a_request_under_way_may_finish() {
    let mut upstream = Upstream::start().await;
    let mut serving = Serving::start(&upstream.url(), &LOCAL);
    let address = serving.address;
    let asking = tokio::spawn(async move { get(address, "/slow", "").await });
    upstream.next().await;
    serving.signal("TERM");
    serving.event("ending");
    // Nobody new comes in while it ends.
    let until = tokio::time::Instant::now() + PATIENCE;
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        assert!(tokio::time::Instant::now() < until, "it still accepts");
    }
    upstream.release.notify_one();
    let answer = asking.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("hello"), "{answer}");
    assert_eq!(serving.rest().last().unwrap()["cut"], 0);
}

#[tokio::test]
async fn who_is_silent_is_shown_out_and_who_waits_for_the_server_is_not() {
    let mut upstream = Upstream::start().await;
    let serving = Serving::start(&upstream.url(), &["--idle-timeout", "1"]);
    let mut silent = approved(serving.address).await;
    let address = serving.address;
    let waiting = tokio::spawn(async move { get(address, "/slow", "").await });
    upstream.next().await;
    let mut nothing = Vec::new();
    let read = timeout(PATIENCE, silent.read_to_end(&mut nothing)).await;
    assert!(read.is_ok(), "it is still open");
    // Longer than its time and its goodbye.
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    upstream.release.notify_one();
    assert!(waiting.await.unwrap().starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_body_that_stops_coming_is_the_clients_fault() {
    let mut upstream = Upstream::start().await;
    let more = ["--idle-timeout", "1", "--upstream-timeout", "9"];
    let mut serving = Serving::start(&upstream.url(), &more);
    let request =
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhal";
    let answer = ask(&mut approved(serving.address).await, request).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    upstream.next().await;
    serving.signal("TERM");
    let told = serving.rest();
    assert!(told.iter().all(|event| event["event"] != "upstream_failed"), "{told:?}");
}
