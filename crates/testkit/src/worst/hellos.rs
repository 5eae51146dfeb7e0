//! The most expensive ClientHellos: each full of one thing that a server may look at again and again.
//! Nobody has to show anything to send one.

/// One hostile hello.
#[derive(Clone, Debug)]
pub struct WorstHello {
    /// What it is full of.
    pub name: &'static str,
    /// Its records.
    pub wire: Vec<u8>,
}

/// Largest fragment of a record.
const RECORD: usize = 1 << 14;

/// Hellos of at most `bytes`, as one handshake message; one has a byte in each of its records, of
/// which there are at most `records`.
pub fn hellos(bytes: usize, records: usize) -> Vec<WorstHello> {
    // What a hello has besides, with room to spare.
    let room = bytes - 300;
    let usual = Parts::usual;
    let more = |more: Vec<u8>| Parts { more, ..usual() };
    let share = |i: usize| [&number(1_000 + i)[..], &vector(2, &[1])].concat();
    let before = |many: Vec<u8>, few: &[u8]| [&many[..], few].concat();
    let hello =
        |name, parts: Parts| WorstHello { name, wire: in_records(&parts.message(), RECORD) };
    let (suites, groups, shares) = (usual().suites, usual().groups, usual().shares);
    let small = Parts { more: extension(21, &vec![0; records.min(bytes) - 300]), ..usual() };
    vec![
        hello("nothing unusual", usual()),
        hello("cipher suites", Parts { suites: before(numbers(room / 2), &suites), ..usual() }),
        hello("groups", Parts { groups: before(numbers(room / 2), &groups), ..usual() }),
        hello("signature schemes", Parts { schemes: numbers(room / 2), ..usual() }),
        hello("one signature scheme", Parts { schemes: [4, 3].repeat(room / 2), ..usual() }),
        hello(
            "key shares",
            Parts { shares: before((0..room / 5).flat_map(share).collect(), &shares), ..usual() },
        ),
        hello(
            "unknown extensions",
            more((0..room / 4).flat_map(|i| extension(20_000 + i, &[])).collect()),
        ),
        hello("authorities", more(extension(47, &vector(2, &[0, 2, 0x30, 0].repeat(room / 4))))),
        hello("protocols", more(extension(16, &vector(2, &[1, 7].repeat(room / 2))))),
        hello("sessions", more(sessions(&vec![vec![1]; room / 40]))),
        hello("padding", more(extension(21, &vec![0; room]))),
        WorstHello { name: "records", wire: in_records(&small.message(), 1) },
    ]
}

/// A hello that offers these tickets, each with a binder that fits none.
pub fn hello_with_tickets(tickets: &[Vec<u8>]) -> Vec<u8> {
    let parts = Parts { more: sessions(tickets), ..Parts::usual() };
    in_records(&parts.message(), RECORD)
}

struct Parts {
    suites: Vec<u8>,
    groups: Vec<u8>,
    shares: Vec<u8>,
    schemes: Vec<u8>,
    more: Vec<u8>,
}

impl Parts {
    /// TLS 1.3 with AES-128-GCM, X25519, and P-256 or PSS for the server.
    fn usual() -> Self {
        Self {
            suites: vec![0x13, 0x01, 0xc0, 0x2b],
            groups: vec![0, 29],
            shares: [&[0, 29][..], &vector(2, &[9; 32])].concat(),
            schemes: vec![4, 3, 8, 4],
            more: Vec::new(),
        }
    }

    fn message(&self) -> Vec<u8> {
        let extensions = [
            extension(43, &vector(1, &[3, 4])),
            extension(10, &vector(2, &self.groups)),
            extension(13, &vector(2, &self.schemes)),
            extension(51, &vector(2, &self.shares)),
            self.more.clone(),
        ];
        let body = [
            &[3, 3][..],
            &[7; 32],
            &vector(1, &[8; 32]),
            &vector(2, &self.suites),
            &vector(1, &[0]),
            &vector(2, &extensions.concat()),
        ];
        [&[1][..], &vector(3, &body.concat())].concat()
    }
}

/// psk_key_exchange_modes and pre_shared_key, which comes last.
fn sessions(tickets: &[Vec<u8>]) -> Vec<u8> {
    let identity = |ticket: &Vec<u8>| [&vector(2, ticket)[..], &[0; 4]].concat();
    let identities: Vec<u8> = tickets.iter().flat_map(identity).collect();
    let binders = vector(1, &[2; 32]).repeat(tickets.len());
    let offer = [vector(2, &identities), vector(2, &binders)].concat();
    [extension(45, &vector(1, &[1])), extension(41, &offer)].concat()
}

/// What is behind its length, which has `width` bytes.
fn vector(width: usize, contents: &[u8]) -> Vec<u8> {
    let length = contents.len().to_be_bytes();
    [&length[length.len() - width..], contents].concat()
}

fn extension(kind: usize, contents: &[u8]) -> Vec<u8> {
    [&number(kind)[..], &vector(2, contents)].concat()
}

fn number(n: usize) -> [u8; 2] {
    [(n >> 8) as u8, n as u8]
}

/// So many numbers that nothing in TLS has.
fn numbers(n: usize) -> Vec<u8> {
    (0..n).flat_map(|i| number(0x4000 + i)).collect()
}

fn in_records(message: &[u8], most: usize) -> Vec<u8> {
    let record = |piece: &[u8]| [&[22, 3, 1][..], &vector(2, piece)].concat();
    message.chunks(most).flat_map(record).collect()
}
