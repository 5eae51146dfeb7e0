//! Sessions that resumed, and whose trust has changed since: only their leaf is left, so they cannot be
//! judged. HTTP/2 is spoken by hand here, because clients hide their connections.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, HandshakeKind, StreamOwned};

use crate::load::config;
use crate::nginx::{Nginx, serve};
use crate::policies::SERVER;
use crate::site::POLICY;

const HEADERS: u8 = 1;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;

/// The answer to a request (RFC 9113 section 4.1, RFC 7541).
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    /// By its place in HPACK's static table, or by its digits.
    status: String,
    /// Whether the connection takes no more.
    is_last: bool,
}

struct Http2 {
    stream: StreamOwned<ClientConnection, UnixStream>,
    next: u32,
    buffer: Vec<u8>,
}

impl Http2 {
    fn connect(config: &Arc<ClientConfig>, nginx: &Nginx<'_>) -> Self {
        let name = ServerName::try_from("a.test").unwrap();
        let tls = ClientConnection::new(Arc::clone(config), name).unwrap();
        let socket = UnixStream::connect(nginx.socket("https")).unwrap();
        let mut stream = StreamOwned::new(tls, socket);
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
        stream.write_all(&frame(4, 0, 0, b"")).unwrap();
        Self { stream, next: 1, buffer: Vec::new() }
    }

    fn is_resumed(&self) -> bool {
        self.stream.conn.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    fn get(&mut self) -> Answer {
        // GET, https, and two literals that are not to be remembered.
        let mut block = vec![0x82, 0x87];
        for (name, value) in [(":path", "/"), (":authority", "a.test")] {
            for text in [name, value] {
                block.extend((text == name).then_some(0));
                block.push(u8::try_from(text.len()).unwrap());
                block.extend(text.as_bytes());
            }
        }
        self.stream.write_all(&frame(HEADERS, 4 | END_STREAM, self.next, &block)).unwrap();
        self.next += 2;
        let mut answer = Answer { status: String::new(), is_last: false };
        loop {
            let (kind, flags, payload) = self.frame();
            answer.is_last |= kind == GOAWAY;
            if kind == HEADERS {
                answer.status = match payload[0] {
                    0x88 => "200".to_owned(),
                    // ":status", and three digits, whether in Huffman's code or not.
                    _ if payload.windows(3).any(|digits| digits == b"421") => "421".to_owned(),
                    _ => format!("{:02x?}", &payload[..6]),
                };
            }
            if kind <= HEADERS && flags & END_STREAM != 0 {
                return answer;
            }
        }
    }

    fn frame(&mut self) -> (u8, u8, Vec<u8>) {
        loop {
            if let [a, b, c, kind, flags, _, _, _, _, rest @ ..] = &self.buffer[..] {
                let length = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).unwrap();
                if let Some(payload) = rest.get(..length) {
                    let whole = (*kind, *flags, payload.to_vec());
                    self.buffer.drain(..9 + length);
                    return whole;
                }
            }
            let mut more = [0; 4096];
            let length = self.stream.read(&mut more).unwrap();
            assert_ne!(length, 0, "the connection ended");
            self.buffer.extend(&more[..length]);
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// It is told so, and that it has to come again; there it is let in.
#[test]
fn a_client_of_a_stale_session_is_sent_away_and_comes_back() {
    serve(SERVER, |nginx| {
        let mut config = Arc::unwrap_or_clone(config(nginx.site, "billing"));
        config.resumption = Resumption::in_memory_sessions(8);
        config.alpn_protocols = vec![b"h2".to_vec()];
        let config = Arc::new(config);
        let get = |client: &mut Http2| {
            let answer = client.get();
            (answer.status.clone(), answer.is_last)
        };

        let mut first = Http2::connect(&config, nginx);
        assert_eq!(get(&mut first), ("200".to_owned(), false));
        let mut resumed = Http2::connect(&config, nginx);
        assert_eq!(get(&mut resumed), ("200".to_owned(), false));
        assert!(!first.is_resumed() && resumed.is_resumed());

        nginx.site.write(
            "policy.toml",
            POLICY.replace("[\"root.pem\"]", "[\"root.pem\", \"elsewhere.pem\"]"),
        );
        nginx.says("was read again", 1);
        assert_eq!(get(&mut first), ("200".to_owned(), false), "its chain is at hand");
        assert_eq!(get(&mut resumed).0, "421");
        assert_eq!(get(&mut resumed), ("421".to_owned(), true), "it says goodbye");
        let mut again = Http2::connect(&config, nginx);
        assert_eq!(get(&mut again), ("200".to_owned(), false));
    });
}
