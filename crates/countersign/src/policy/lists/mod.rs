//! Lists: millions of entries, one a line, read as a stream.

mod ahead;
mod batch;
mod line;
mod lines;

use std::io::BufRead;
use std::path::Path;

use self::batch::Batch;
use self::line::Split;
use self::lines::Lines;
use crate::error::Error;
use crate::policy::matcher::builder::{MatcherBuilder, Room};
use crate::policy::rule::key::Kind;

/// Which side of the policy a list belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// `kind:value client-id`.
    Clients,
    /// `kind:value note…`, the note may be missing.
    Deny,
}

/// Adds to `room` what the lines of a list will need. Lines are looked at, not judged.
///
/// Counting first costs a tenth of loading, and it is what keeps the tables from ever being held
/// twice while they grow.
///
/// # Errors
///
/// The list cannot be read, or has a line that is too long.
pub(super) fn measure(list: impl BufRead, file: &Path, room: &mut Room) -> Result<(), Error> {
    let mut lines = Lines::new(list, file);
    while let Some((_, line)) = lines.peek().map_err(|error| error.in_file(file))? {
        count(line, room);
        lines.skip();
    }
    Ok(())
}

fn count(line: &[u8], room: &mut Room) {
    let Some(split) = Split::of(line) else { return };
    if let Some(kind) = split.kind().filter(|kind| kind.is_exact()) {
        room.entries.entries[kind as usize] += 1;
        // For hex this is twice too much, and only issuer_serial is kept as counted.
        let bytes =
            if kind == Kind::IssuerSerial { split.value.len() / 2 } else { split.value.len() };
        room.entries.bytes[kind as usize] += bytes;
    }
    room.texts += usize::from(!split.rest.is_empty());
    room.text_bytes += split.rest.len();
}

/// What one list alone makes a matcher of.
#[cfg(feature = "internal")]
pub(crate) fn only(list: &[u8], is_deny: bool) -> Result<super::Matcher, Error> {
    let (file, side) = (Path::new("list"), if is_deny { Side::Deny } else { Side::Clients });
    let (mut room, none) = (Room::default(), Room::default());
    measure(list, file, &mut room)?;
    let (clients, deny) = if is_deny { (&none, &room) } else { (&room, &none) };
    let mut builder = MatcherBuilder::with_room(clients, deny);
    load(list, file, side, &mut builder)?;
    Ok(builder.finish())
}

/// Adds every entry of a list. A long one is read by a thread of its own, ahead of this one: reading
/// a line and finding a place for it take about as long.
///
/// # Errors
///
/// The list cannot be read, or a line is wrong: the error has the file, the line and the column.
pub(super) fn load(
    list: impl BufRead + Send,
    file: &Path,
    side: Side,
    builder: &mut MatcherBuilder,
) -> Result<(), Error> {
    let mut lines = Lines::new(list, file);
    let mut add = |batch: &mut Batch| batch.add_to(side, builder);
    let loaded = match load_alone(&mut lines, side, BATCHES_ALONE, &mut add) {
        Ok(Rest::None) => Ok(()),
        Ok(Rest::Unread) => ahead::load(&mut lines, side, &mut add),
        Err(error) => Err(error),
    };
    loaded.map_err(|error| error.in_file(file))
}

/// Batches for which a thread is not worth its start: some ten milliseconds.
const BATCHES_ALONE: usize = 256;

/// What is left of a list.
enum Rest {
    None,
    Unread,
}

/// Reads and adds so many batches at most.
fn load_alone(
    lines: &mut Lines<'_, impl BufRead>,
    side: Side,
    most: usize,
    add: &mut impl FnMut(&mut Batch) -> Result<(), Error>,
) -> Result<Rest, Error> {
    let mut batch = Batch::default();
    for _ in 0..most {
        let read = batch.fill(lines, side);
        let is_over = batch.is_empty();
        // What stands before a line that is wrong is judged first, as it stands first.
        add(&mut batch)?;
        read?;
        if is_over {
            return Ok(Rest::None);
        }
    }
    Ok(Rest::Unread)
}

#[cfg(test)]
mod tests;
