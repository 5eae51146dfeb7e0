//! Lists: millions of entries, one a line, read as a stream.

mod line;

use std::io::{BufRead, Read as _};
use std::path::Path;

use self::line::{LineError, Split};
use super::builder::{MatcherBuilder, Room};
use super::key::Kind;
use super::label;
use super::value::{ExactScratch, exact_bytes};
use crate::error::Error;
use crate::limits;

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
    let mut scratch = ExactScratch::new();
    each_line(list, file, |number, line| {
        add(line, side, builder, &mut scratch).map_err(|LineError { column, message }| {
            Error::config(message).at(number, column).in_file(file)
        })
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

fn add(
    line: &[u8],
    side: Side,
    builder: &mut MatcherBuilder,
    scratch: &mut ExactScratch,
) -> Result<(), LineError> {
    let Some(entry) = line::parse(line)? else { return Ok(()) };
    let bytes = exact_bytes(entry.kind, entry.value, scratch)
        .map_err(|message| entry.error_at_value(message))?;
    let added = match side {
        Side::Clients => {
            check_one_word(entry.rest).map_err(|message| entry.error_at_rest(message))?;
            builder.add_client_entry(entry.kind, bytes, entry.rest)
        }
        Side::Deny => {
            label::check_text("a note", entry.rest)
                .map_err(|message| entry.error_at_rest(message))?;
            let note = (!entry.rest.is_empty()).then_some(entry.rest);
            builder.add_deny_entry(entry.kind, bytes, note)
        }
    };
    added.map_err(|message| entry.error_at_value(message))
}

fn check_one_word(id: &str) -> Result<(), String> {
    if id.is_empty() {
        return Err("the client id is missing: a line is `kind:value client-id`".to_owned());
    }
    if id.contains(char::is_whitespace) {
        return Err(format!(
            "a client id in a list is one word, this is `{}`; comments stand on lines of their own",
            id.escape_debug()
        ));
    }
    label::check_id(id)
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
