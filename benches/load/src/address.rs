//! Where the server is: on this machine.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::Misuse;

/// A socket of this machine. There is no other: who could be named by a slip of the hand is not to
/// be flooded.
///
/// ```
/// use countersign_load::Address;
/// assert!("127.0.0.1:8443".parse::<Address>().is_ok());
/// assert!("unix:/run/server.sock".parse::<Address>().is_ok());
/// assert!("192.0.2.1:443".parse::<Address>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A loopback address and a port.
    Loopback(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// What bytes go over.
pub(crate) trait Socket: Read + Write {}

impl Socket for TcpStream {}
impl Socket for UnixStream {}

impl Address {
    /// A new connection, whose reads and writes fail after this long.
    pub(crate) fn connect(&self, patience: Duration) -> io::Result<Box<dyn Socket>> {
        match self {
            Self::Loopback(address) => {
                let socket = TcpStream::connect_timeout(address, patience)?;
                socket.set_nodelay(true)?;
                socket.set_read_timeout(Some(patience))?;
                socket.set_write_timeout(Some(patience))?;
                Ok(Box::new(socket))
            }
            Self::Unix(path) => {
                let socket = UnixStream::connect(path)?;
                socket.set_read_timeout(Some(patience))?;
                socket.set_write_timeout(Some(patience))?;
                Ok(Box::new(socket))
            }
        }
    }
}

impl FromStr for Address {
    type Err = Misuse;

    fn from_str(text: &str) -> Result<Self, Misuse> {
        if let Some(path) = text.strip_prefix("unix:") {
            return match path {
                "" => Err(Misuse::new("`unix:` wants the path of a socket after it")),
                path => Ok(Self::Unix(path.into())),
            };
        }
        let address: SocketAddr = text.parse().map_err(|_| {
            Misuse::new(format!(
                "{text:?} is neither `unix:PATH` nor a loopback address with a port, such as \
                 127.0.0.1:8443 or [::1]:8443; names are not looked up"
            ))
        })?;
        if !address.ip().is_loopback() {
            return Err(Misuse::new(format!(
                "{} is not this machine: load is put on loopback addresses and unix sockets only",
                address.ip()
            )));
        }
        Ok(Self::Loopback(address))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_elses_server_is_put_under_load() {
        for elsewhere in ["192.0.2.1:443", "[2001:db8::1]:443", "0.0.0.0:443", "[::]:443"] {
            let said = elsewhere.parse::<Address>().unwrap_err().to_string();
            assert!(said.contains("is not this machine"), "{elsewhere}: {said}");
        }
        for unclear in ["localhost:443", "example.com:443", "127.0.0.1", "/run/socket", "unix:"] {
            assert!(unclear.parse::<Address>().is_err(), "{unclear}");
        }
    }

    #[test]
    fn an_address_reads_as_it_was_written() {
        for text in ["127.0.0.1:8443", "127.8.8.8:1", "[::1]:8443", "unix:/run/a socket"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }
}
