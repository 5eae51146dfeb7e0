//! What a library that wants a stream reads from and writes to.

use std::io::{self, Read, Write};
use std::mem;

/// Bytes that have arrived, and bytes to be sent.
#[derive(Debug, Default)]
pub struct Pipe {
    input: Vec<u8>,
    read: usize,
    output: Vec<u8>,
}

impl Pipe {
    /// Adds what has arrived.
    pub fn receive(&mut self, input: &[u8]) {
        self.input.extend_from_slice(input);
    }

    /// Appends to `output` what is to be sent.
    pub fn send(&mut self, output: &mut Vec<u8>) {
        if output.is_empty() {
            mem::swap(output, &mut self.output);
        } else {
            output.append(&mut self.output);
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut unread = &self.input[self.read..];
        if unread.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let length = unread.read(buffer)?;
        self.read += length;
        if self.read == self.input.len() {
            self.input.clear();
            self.read = 0;
        }
        Ok(length)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_on_one_side_comes_out_on_the_other() {
        let mut pipe = Pipe::default();
        pipe.receive(b"abc");
        let mut two = [0; 2];
        assert!(matches!(pipe.read(&mut two), Ok(2)));
        assert!(matches!(pipe.read(&mut two), Ok(1)));
        assert!(pipe.read(&mut two).is_err_and(|e| e.kind() == io::ErrorKind::WouldBlock));
        pipe.write_all(b"de").expect("a Vec takes all");
        let mut sent = b"x".to_vec();
        pipe.send(&mut sent);
        assert_eq!(sent, b"xde");
    }
}
