//! A long list, read and checked by a thread that is some batches ahead of the one that adds them.

use std::io::BufRead;
use std::panic::resume_unwind;
use std::sync::mpsc::{channel, sync_channel};
use std::thread::{Builder, scope};

use super::batch::Batch;
use super::lines::Lines;
use super::{Rest, Side, load_alone};
use crate::error::Error;

/// Batches read ahead: what evens out the waits of two threads, some hundred kilobytes.
const AHEAD: usize = 16;

/// Reads and adds all that is left, in order. Where no thread can be had, this one does both.
///
/// # Errors
///
/// As for [`load_alone`].
pub(super) fn load(
    lines: &mut Lines<'_, impl BufRead + Send>,
    side: Side,
    add: &mut impl FnMut(&mut Batch) -> Result<(), Error>,
) -> Result<(), Error> {
    match in_step(lines, side, add) {
        Some(loaded) => loaded,
        None => load_alone(lines, side, usize::MAX, add).map(|_: Rest| ()),
    }
}

/// `None` where there is no thread; nothing was read then.
fn in_step(
    lines: &mut Lines<'_, impl BufRead + Send>,
    side: Side,
    add: &mut impl FnMut(&mut Batch) -> Result<(), Error>,
) -> Option<Result<(), Error>> {
    let (filled, to_add) = sync_channel::<Batch>(AHEAD);
    let (added, to_fill) = channel::<Batch>();
    let read = move || loop {
        let mut batch = to_fill.try_recv().unwrap_or_default();
        let read = batch.fill(lines, side);
        // The other end is gone once it has found a mistake, which stands before what is read here.
        if batch.is_empty() || filled.send(batch).is_err() || read.is_err() {
            return read;
        }
    };
    scope(|scope| {
        let reader = Builder::new().name("csn-list".to_owned()).spawn_scoped(scope, read).ok()?;
        let all_added = to_add.iter().try_for_each(|mut batch| {
            add(&mut batch)?;
            // The reader may be at its end.
            let _ = added.send(batch);
            Ok(())
        });
        drop(to_add);
        let all_read = reader.join().unwrap_or_else(|panic| resume_unwind(panic));
        Some(all_added.and(all_read))
    })
}
