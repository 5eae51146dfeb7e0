//! What Rust and C allocate is counted while asked, and only then.
//!
//! A program of its own with one thread: the counters are the process's, and other tests beside it
//! would be counted, too.
#![expect(unsafe_code, reason = "malloc is a function of C")]

use std::hint::black_box;

use countersign_benches::allocations::{Allocations, counted};

fn main() {
    let ((), rust) = counted(|| drop(black_box(vec![0_u8; 1_000])));
    assert_eq!((rust.calls, rust.allocated, rust.held), (1, 1_000, 0), "{rust:?}");
    assert!((1_000..1_100).contains(&rust.peak), "{rust:?}");

    let (kept, held) = counted(|| black_box(vec![7_u8; 5_000]));
    assert!((5_000..5_100).contains(&held.held), "{held:?}");
    drop(kept);

    // SAFETY: a size, and what came of it.
    let ((), c) = counted(|| unsafe { libc::free(black_box(libc::calloc(3, 1_000))) });
    assert_eq!((c.calls, c.allocated, c.held), (1, 3_000, 0), "{c:?}");
    assert!((3_000..3_100).contains(&c.peak), "{c:?}");

    drop(black_box(vec![0_u8; 1_000]));
    let ((), nothing) = counted(|| ());
    assert_eq!(nothing, Allocations::default());
    println!("test result: ok. What Rust and C allocate is counted while asked.");
}
