//! A client behind a proxy: the headers about it, and everything that is done to them.

use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::forwarded::{
    Checker, Family, Forwarded, KeyRing, NonceMemory, Presented, Receiver, Request, Signed, Signer,
    SigningKey, Strip,
};
use countersign::{UnixTime, Verifier};
use countersign_testkit::forge::KeyKind;

use crate::world::{TIME, World};

/// The secret of the proxy.
const SECRET: [u8; 32] = [7; 32];

/// Requests in a second of the clock that checks go by: some 35,000 signatures are remembered then.
const REQUESTS_PER_SECOND: i64 = 1_000;

/// Headers as a browser sends them, with what an attacker adds.
const HEADERS: [(&str, &str); 20] = [
    ("Host", "api.example"),
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Accept-Language", "en-US,en;q=0.5"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Connection", "keep-alive, client-cert"),
    ("Cookie", "session=0123456789abcdef0123456789abcdef; theme=dark"),
    ("Upgrade-Insecure-Requests", "1"),
    ("Sec-Fetch-Dest", "document"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-Site", "none"),
    ("Sec-Fetch-User", "?1"),
    ("Priority", "u=0, i"),
    ("Content-Type", "application/json"),
    ("Content-Length", "18"),
    ("X-Request-Id", "0123456789abcdef"),
    ("X-Forwarded-For", "192.0.2.7"),
    ("Client-Cert", ":AAAA:"),
    ("X_SSL_CLIENT_DER", "AAAA"),
    ("Signature", "sig1=:AAAA:"),
];

/// How many of [`HEADERS`] go.
const DROPPED: usize = 3;

/// One approved client's chain, known to the verifier, and a proxy that signs.
#[derive(Debug)]
pub struct Relayed {
    world: World,
    verifier: Verifier,
    strip: Strip,
    family: Family,
    signer: Signer,
    behind: Receiver,
    trusting: Receiver,
    calls: Cell<i64>,
}

/// Headers of one family, and how to read them.
#[derive(Debug)]
pub struct Lines {
    family: Family,
    headers: Vec<(String, String)>,
    /// The same certificates in base64, each by itself, as often as the family has them.
    encoded: Vec<String>,
}

impl Default for Relayed {
    fn default() -> Self {
        Self::new()
    }
}

impl Relayed {
    /// # Panics
    /// Where the client is not let in.
    pub fn new() -> Self {
        let world = World::new(KeyKind::P256, 1);
        let verifier = world.verifier(1, 64, 64);
        let family = Family::rfc9440();
        let keys = KeyRing::new().hmac_sha256("edge-1", &SECRET).expect("a sound secret");
        let memory = Arc::new(NonceMemory::new(65_536, UnixTime::MIN).expect("room"));
        let key = SigningKey::hmac_sha256("edge-1", &SECRET).expect("a sound secret");
        let relayed = Self {
            verifier,
            strip: Strip::all(),
            signer: Signer::new(key),
            behind: Receiver::signed(family.clone(), Checker::new(keys, memory)),
            trusting: Receiver::trusting_the_network(family.clone()),
            family,
            calls: Cell::new(0),
            world,
        };
        (0..8).for_each(|_| relayed.judge(&relayed.lines(&relayed.family)));
        relayed
    }

    /// What is produced for the leaf alone, or for leaf and intermediate.
    pub fn produce(&self, certificates: usize) {
        let chain = self.world.chain(0);
        let presented = Presented::Verified(black_box(&chain[..certificates]));
        drop(black_box(self.family.produce(presented).expect("it is written")));
    }

    /// The least that takes: both in base64.
    pub fn encode(&self, certificates: usize) {
        for der in &self.world.chain(0)[..certificates] {
            black_box(STANDARD.encode(black_box(der)));
        }
    }

    /// Whether each of twenty headers is to be dropped.
    ///
    /// # Panics
    /// Where it is not as many as should be.
    pub fn strip(&self) {
        let drops =
            |(name, value): &&(&str, &str)| self.strip.drops(name.as_bytes(), value.as_bytes());
        assert_eq!(black_box(&HEADERS).iter().filter(drops).count(), DROPPED);
    }

    /// What this family writes about leaf and intermediate, or about the leaf.
    ///
    /// # Panics
    /// Where it is not written.
    pub fn lines(&self, family: &Family) -> Lines {
        let chain = self.world.chain(0);
        let produced = family.produce(Presented::Verified(&chain)).expect("it is written");
        let headers = produced.fields().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let encoded = chain.map(|der| STANDARD.encode(der));
        let encoded = match headers.len() {
            // Envoy's header has the leaf twice.
            1 => vec![encoded[0].clone(), encoded[0].clone(), encoded[1].clone()],
            _ if family.names().any(|name| name == "client-cert") => encoded.to_vec(),
            _ => vec![encoded[0].clone()],
        };
        Lines { family: family.clone(), headers: headers.collect(), encoded }
    }

    /// The request that the headers come with.
    fn request() -> Request<'static> {
        Request::new(b"GET", b"api.example", b"/accounts?id=1")
    }

    /// A time that goes on as requests come.
    fn now(&self) -> UnixTime {
        self.calls.set(self.calls.get() + 1);
        TIME.saturating_add(self.calls.get() / REQUESTS_PER_SECOND)
    }

    /// Produces and signs the headers for one request.
    ///
    /// # Panics
    /// Where they are not signed.
    pub fn sign(&self) -> (Vec<(String, String)>, Signed, UnixTime) {
        let (chain, now) = (self.world.chain(0), self.now());
        let produced = self.family.produce(Presented::Verified(&chain)).expect("it is written");
        let signed = self.signer.sign(&Self::request(), &produced, now).expect("it is signed");
        let headers = produced.fields().map(|(name, value)| (name.to_owned(), value.to_owned()));
        (headers.collect(), signed, now)
    }

    /// Signs headers that were produced before.
    ///
    /// # Panics
    /// Where they are not signed.
    pub fn signing(&self) -> impl FnMut() {
        let chain = self.world.chain(0);
        let produced = self.family.produce(Presented::Verified(&chain)).expect("it is written");
        move || {
            let signed = self.signer.sign(black_box(&Self::request()), &produced, self.now());
            drop(black_box(signed.expect("it is signed")));
        }
    }

    /// The lines that are signed (RFC 9421 section 2.5), as long as any.
    pub fn signature_base(&self) -> Vec<u8> {
        let (headers, signed, _) = self.sign();
        let mut base = "\"@method\": GET\n\"@authority\": api.example\n\"@path\": /accounts\n\
             \"@query\": ?id=1\n"
            .to_owned();
        for (name, value) in headers {
            base += &format!("\"{name}\": {value}\n");
        }
        let parameters = signed.signature_input().trim_start_matches("countersign=");
        (base + "\"@signature-params\": " + parameters).into_bytes()
    }

    /// What is left once headers are signed: reading and checking them, or the verdict as well.
    ///
    /// # Panics
    /// Where they do not count.
    pub fn check(&self, with_verdict: bool) {
        let (headers, signed, now) = self.sign();
        let fields = headers.iter().map(|(name, value)| (&**name, &**value)).chain(signed.fields());
        let pairs = fields.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        if with_verdict {
            let verdict = self.behind.judge(&self.verifier, &Self::request(), pairs, now);
            assert!(black_box(verdict).is_allowed());
        } else {
            let forwarded = self.behind.receive(&Self::request(), pairs, now);
            drop(black_box(forwarded.expect("it is signed")));
        }
    }

    /// From unsigned headers to a verdict that is remembered.
    ///
    /// # Panics
    /// Where it is a deny.
    pub fn judge(&self, lines: &Lines) {
        let request = Self::request();
        let verdict = self.trusting.judge(&self.verifier, &request, lines.pairs(), TIME);
        assert!(black_box(verdict).is_allowed());
    }
}

impl Lines {
    fn pairs(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()))
    }

    /// Reads them.
    ///
    /// # Panics
    /// Where they are not read.
    pub fn read(&self) {
        let read = black_box(self.family.read(black_box(self).pairs()));
        assert!(matches!(read, Ok(Forwarded::Certificate(_))), "{read:?}");
    }

    /// The least that takes: the same certificates out of base64.
    ///
    /// # Panics
    /// Where they are no base64.
    pub fn decode(&self) {
        for text in &self.encoded {
            black_box(STANDARD.decode(black_box(text)).expect("it is base64"));
        }
    }

    /// How long all values are.
    pub fn bytes(&self) -> usize {
        self.headers.iter().map(|(_, value)| value.len()).sum()
    }
}
