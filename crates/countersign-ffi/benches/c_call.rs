//! What the C call costs over the Rust call: the same verifier, the same chain, in turns.
#![allow(unsafe_code, reason = "it calls as C does")]

use std::hint::black_box;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use countersign::Verifier;
use countersign_benches::figure::{Against, Figure, Said, Unit};
use countersign_benches::world::{TIME, World};
use countersign_benches::{allocations, measure};
use countersign_ffi::{csn_bytes, csn_status, csn_verdict, csn_verifier, csn_verify};
use countersign_testkit::forge::KeyKind;
use criterion::Criterion;

const CLIENTS: usize = 1_000;

const GROUP: &str = "Warm decision through the C ABI, the same client";

fn main() {
    let world = World::new(KeyKind::P256, CLIENTS);
    let verifier = Arc::new(world.verifier(1_000_000, CLIENTS * 2, CLIENTS * 2));
    // The handle of a verifier is a pointer to the core's own.
    let handle = Arc::as_ptr(&verifier).cast::<csn_verifier>();
    let chain = world.chain(7);
    let in_c = chain.map(csn_bytes::from);
    let mut verdict = empty();
    let rust = |verifier: &Verifier| {
        assert!(black_box(verifier.verify(black_box(&chain), TIME)).is_allowed());
    };
    // Through a pointer, so that it is called as from another language.
    let csn_verify = black_box(csn_verify as CsnVerify);
    let mut c = || {
        // SAFETY: the verifier, the chain and the verdict outlive the call.
        let status = unsafe {
            csn_verify(handle, black_box(in_c.as_ptr()), 2, TIME.as_secs(), &raw mut verdict)
        };
        assert!(status == csn_status::CSN_OK && black_box(&verdict).decision == 1);
    };
    (0..4).for_each(|_| rust(&verifier));
    c();
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    criterion.bench_function("csn_verify, warm", |b| b.iter(&mut c));
    let mut said = Said::default();
    let [in_c, in_rust] = measure::in_short_turns([&mut c, &mut || rust(&verifier)]);
    let figure = Figure::new(GROUP, "csn_verify()", Unit::Time, &in_c);
    let ratio = in_c.ratio(&in_rust);
    said.say(&figure.beside(Against::Limit, "Verifier::verify()", &in_rust, ratio));
    let over = in_c.beyond(&in_rust);
    said.say(&Figure::new(GROUP, "the C call over the Rust call", Unit::Time, over).goal(30.0));
    let ((), made) = allocations::counted(|| (0..100_000).for_each(|_| c()));
    let calls = made.calls as f64;
    let what = "allocations in 100,000 decisions";
    said.say(&Figure::new(GROUP, what, Unit::Allocations, calls).goal(0.0));
}

type CsnVerify = unsafe extern "C" fn(
    *const csn_verifier,
    *const csn_bytes,
    usize,
    i64,
    *mut csn_verdict,
) -> csn_status;

fn empty() -> csn_verdict {
    // SAFETY: all zero is a csn_verdict.
    let mut verdict: csn_verdict = unsafe { ptr::read([0_u64; 78].as_ptr().cast()) };
    verdict.struct_size = size_of::<csn_verdict>();
    verdict
}
