//! What the server's end of a connection takes from the heap, as Rust's allocator sees it: what C
//! code allocates for itself is not in here.

use super::flight::Meter;
use super::{Clients, Failure, Flight, Library, Material, Situation, Unwatched, handshake};
use crate::{allocations, malloc};

/// Connections looked at, one after the other.
const CONNECTIONS: usize = 64;

/// For one connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heap {
    /// Calls to allocate, up to the end of the handshake.
    pub calls: usize,
    /// Bytes that these calls asked for.
    pub allocated: usize,
    /// Bytes held at the end of the handshake.
    pub idle: isize,
    /// Bytes held at once in the handshake, at most.
    pub peak: isize,
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

/// The usual connection: of many, the one in the middle by calls, so that a cache that grows in
/// one of them does not count.
///
/// # Errors
/// Where a handshake fails.
pub fn heap_of(
    library: &dyn Library,
    material: &Material,
    situation: Situation,
) -> Result<Heap, Failure> {
    let server = library.server(material, situation)?;
    let clients = Clients::new(material, situation);
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
    Ok(heaps[CONNECTIONS / 2])
}

/// Connections held at once: so many that what malloc keeps for itself does not show.
const HELD: usize = 512;

/// Bytes that the server's end of an established connection has from malloc: what is free again once
/// these ends are gone.
///
/// # Errors
/// Where a handshake fails.
pub(super) fn idle(library: &dyn Library, material: &Material) -> Result<f64, Failure> {
    let server = library.server(material, Situation::USUAL)?;
    let clients = Clients::new(material, Situation::USUAL);
    let mut held = (0..HELD)
        .map(|_| handshake(&*server, &clients, &mut Unwatched))
        .collect::<Result<Vec<_>, _>>()?;
    let before = malloc::bytes_in_use();
    held.iter_mut().for_each(Flight::drop_server);
    Ok((before.saturating_sub(malloc::bytes_in_use())) as f64 / HELD as f64)
}
