//! What a program writes while it runs, line by line.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long to wait for a line: far more than anything takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// They come from a thread of their own, so that a test can stop waiting. Their end is that of what
/// they are read from.
pub(crate) fn lines_of(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let _ = sender.send(String::from_utf8_lossy(&line).trim_end().to_owned());
            line.clear();
        }
    });
    lines
}
