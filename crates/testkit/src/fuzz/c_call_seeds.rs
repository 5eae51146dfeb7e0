//! Calls through the C ABI that get somewhere, for the fuzzer to begin with. Each octet is what the
//! target's body reads next; an octet that is missing is zero.

use super::Seed;

/// A verifier from a file.
const VERIFIER: &[u8] = &[0, 0, 33, 3];
/// A configuration with a policy, an anchor, a CRL, caches and a journal from memory, and its verifier.
const FROM_MEMORY: &[u8] =
    &[1, 0, 0, 6, 1, 0, 1, 0, 1, 0, 4, 1, 1, 0, 33, 2, 9, 1, 0, 33, 3, 0, 0, 0, 33, 1];
const DECISION: &[u8] = &[2, 0, 2, 3, 2, 0, 8, 0, 64, 1];
const RESUMPTION: &[u8] = &[2, 0, 1, 3, 0, 8, 0, 64, 0];
const OBSERVATION: &[u8] = &[3, 0, 200, 0, 100, 33];
/// The policy once more, that of the configuration, and whether either has changed.
const RELOADS: &[u8] = &[1, 0, 33, 4, 1, 0, 33, 5, 1, 0, 33, 7, 0];
/// A credential, keys, and a configuration for an acceptor.
const MATERIAL: &[u8] = &[4, 0, 0, 5, 6, 4, 0, 1, 4, 0, 2];
/// An entry for everybody that requires clients; tickets; the acceptor.
const ACCEPTOR: &[u8] = &[5, 0, 0, 0, 0, 0, 0, 0, 2, 0, 5, 0, 1, 6, 4, 0, 3];
const CONNECTION: &[u8] = &[6, 8, 0, 0];
const HELLO: &[u8] = &[7, 0, 8, 0, 10, 0, 0, 0, 0, 7, 0];
const OUTPUT: &[u8] = &[7, 0, 8, 0, 64, 0, 0, 0, 6, 1];
const GARBAGE: &[u8] = &[7, 0, 8, 0, 10, 0, 0, 0, 0, 100, 0];
const CLOSE: &[u8] = &[7, 0, 8, 0, 10, 0, 0, 0, 8, 0];
const EVERYTHING_GOES: &[u8] = &[9, 7];

pub(super) fn calls() -> Vec<Seed> {
    let seed = |name: &str, calls: &[&[u8]]| Seed { name: name.into(), octets: calls.concat() };
    let server: &[u8] = &[VERIFIER, MATERIAL, ACCEPTOR, CONNECTION].concat();
    vec![
        seed("decision", &[VERIFIER, DECISION, DECISION, RESUMPTION, OBSERVATION]),
        seed("memory", &[FROM_MEMORY, DECISION, RELOADS, DECISION, OBSERVATION]),
        seed("reloads", &[VERIFIER, DECISION, FROM_MEMORY, RELOADS, DECISION, RESUMPTION]),
        seed("hello", &[server, HELLO, OUTPUT, GARBAGE, OUTPUT, EVERYTHING_GOES]),
        seed("garbage", &[server, GARBAGE, OUTPUT, CLOSE]),
        seed("close", &[server, HELLO, CLOSE, OUTPUT, CONNECTION, EVERYTHING_GOES, HELLO]),
        seed("nothing", &[DECISION, OBSERVATION, CONNECTION, HELLO, EVERYTHING_GOES]),
    ]
}
