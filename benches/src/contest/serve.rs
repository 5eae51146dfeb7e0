//! The end of a library that is a process of its own.
//!
//! On its standard input it first gets the material, then one line for each turn: a task and how
//! often to do it. It answers with a line of its own: its name once it has shown on the material that
//! it refuses whom it must, the figure after each turn, or `error` and why. All lines are JSON but
//! names and errors.

use std::io::{self, BufRead as _, Write as _};

use super::{Failure, InProcess, Library, Peer as _, Task, prove};
use crate::pin::{cores, pin};

/// Takes turns until the other end goes away.
///
/// # Errors
/// Where that sends something else than it should, or is gone.
pub fn serve(library: impl Library + 'static) -> Result<(), Failure> {
    // The core that the other end is on as well: only one of them works at any time.
    if let Some(core) = cores().last() {
        pin(*core);
    }
    let mut lines = io::stdin().lock().lines();
    let material = serde_json::from_str(&lines.next().ok_or("no material")??)?;
    let mut out = io::stdout().lock();
    if let Err(error) = prove(&library, &material) {
        writeln!(out, "error {}: {error}", library.name())?;
        return Ok(());
    }
    let mut peer = InProcess::new(library, &material);
    writeln!(out, "{}", peer.name())?;
    for line in lines {
        let (task, times): (Task, usize) = serde_json::from_str(&line?)?;
        match peer.run(task, times) {
            Ok(figure) => writeln!(out, "{figure}")?,
            Err(error) => writeln!(out, "error {error}")?,
        }
    }
    Ok(())
}
