//! What the server's end of a connection takes from the heap: of all who use malloc.

use super::flight::Meter;
use super::{Clients, Failure, Heaped, Library, Material, Situation, Unwatched, handshake};
use crate::allocations;

/// Connections looked at, one after the other.
const CONNECTIONS: usize = 64;

/// For one connection.
#[derive(Clone, Copy, Debug, Default)]
struct Heap {
    calls: usize,
    allocated: usize,
    idle: isize,
    peak: isize,
}

impl Meter for Heap {
    fn watch<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (result, step) = allocations::counted(work);
        self.peak = self.peak.max(self.idle + step.peak);
        self.idle += step.held;
        self.calls += step.calls;
        self.allocated += step.allocated;
        result
    }
}

/// Of the usual connection: of many, the one in the middle by calls, so that a cache that grows in one
/// of them does not count.
///
/// # Errors
/// Where a handshake fails.
pub(super) fn heap(
    library: &dyn Library,
    material: &Material,
    what: Heaped,
) -> Result<f64, Failure> {
    let server = library.server(material, Situation::USUAL)?;
    let clients = Clients::new(material, Situation::USUAL);
    for _ in 0..2 * CONNECTIONS {
        handshake(&*server, &clients, &mut Unwatched)?;
    }
    let mut heaps = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let mut heap = Heap::default();
        handshake(&*server, &clients, &mut heap)?;
        heaps.push(heap);
    }
    heaps.sort_by_key(|heap| (heap.calls, heap.peak));
    let usual = heaps[CONNECTIONS / 2];
    Ok(match what {
        Heaped::Calls => usual.calls as f64,
        Heaped::Allocated => usual.allocated as f64,
        Heaped::Idle => usual.idle as f64,
        Heaped::Peak => usual.peak as f64,
    })
}
