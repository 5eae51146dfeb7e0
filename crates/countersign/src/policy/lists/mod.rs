//! Lists: millions of entries, one a line, read as a stream.

mod batch;
mod line;

use std::io::{BufRead, Read as _};
use std::path::Path;

use self::batch::Batch;
use self::line::Split;
use crate::error::Error;
use crate::limits;
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
    each_line(list, file, |_, line| {
        let Some(split) = Split::of(line) else { return Ok(()) };
        if let Some(kind) = split.kind().filter(|kind| kind.is_exact()) {
            room.entries.entries[kind as usize] += 1;
            // For hex this is twice too much, and only issuer_serial is kept as counted.
            let bytes =
                if kind == Kind::IssuerSerial { split.value.len() / 2 } else { split.value.len() };
            room.entries.bytes[kind as usize] += bytes;
        }
        room.texts += usize::from(!split.rest.is_empty());
        room.text_bytes += split.rest.len();
        Ok(())
    })
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

/// Adds every entry of a list.
///
/// # Errors
///
/// The list cannot be read, or a line is wrong: the error has the file, the line and the column.
pub(super) fn load(
    list: impl BufRead,
    file: &Path,
    side: Side,
    builder: &mut MatcherBuilder,
) -> Result<(), Error> {
    let mut batch = Batch::default();
    let in_file = |error: Error| error.in_file(file);
    let read = each_line(list, file, |number, line| {
        if batch.is_full(line.len()) {
            batch.add_to(side, builder).map_err(in_file)?;
        }
        batch.push(number, line);
        Ok(())
    });
    // What stands before a line that cannot be read is judged first, as it stands first.
    batch.add_to(side, builder).map_err(in_file)?;
    read
}

/// Calls `visit` with the number and the bytes of every line, its ending included.
fn each_line(
    mut list: impl BufRead,
    file: &Path,
    mut visit: impl FnMut(u32, &[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut line = Vec::with_capacity(limits::LIST_LINE_BYTES + 1);
    let mut number = 0_u32;
    loop {
        line.clear();
        let mut bounded = list.by_ref().take(limits::LIST_LINE_BYTES as u64 + 1);
        let length = bounded.read_until(b'\n', &mut line).map_err(|e| Error::io(file, e))?;
        if length == 0 {
            return Ok(());
        }
        number = number.saturating_add(1);
        if length > limits::LIST_LINE_BYTES {
            let message = format!("a line has at most {} bytes", limits::LIST_LINE_BYTES);
            return Err(Error::config(message).at(number, 1).in_file(file));
        }
        visit(number, &line)?;
    }
}

#[cfg(test)]
mod tests;
