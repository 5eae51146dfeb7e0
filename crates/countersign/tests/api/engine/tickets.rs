//! Tickets as they are on the wire.

use std::sync::Arc;

use countersign::engine::Acceptor;
use rustls::ProtocolVersion;

use super::pair::Pair;
use super::protection::Secrets;
use super::wire::{self, content, handshake};
use crate::peer::{Client, Clock};

/// A ticket that the server gives to an approved client.
pub(crate) fn ticket(acceptor: &Acceptor, client: &Client, clock: &Arc<Clock>) -> Vec<u8> {
    let secrets = Arc::new(Secrets::default());
    let mut client = client.clone();
    client.config.key_log = Arc::clone(&secrets) as _;
    let mut pair = Pair::new(acceptor, &client, "server.example", clock);
    let mut answer = Vec::new();
    // After the client's second flight the server has everything to say that it says by itself.
    for _ in 0..2 {
        let wire = pair.client_speaks();
        pair.server_hears(&wire);
        answer = pair.server.take_output();
        pair.client.read_tls(&mut &answer[..]).unwrap();
        pair.client.process_new_packets().unwrap();
    }
    assert!(pair.is_established());
    let records = wire::records(&answer);
    let tls13 = pair.client.protocol_version() == Some(ProtocolVersion::TLSv1_3);
    let sent = if tls13 {
        secrets.protection("SERVER_TRAFFIC_SECRET_0").open(&records[0]).1
    } else {
        records[0].body.clone()
    };
    let message = wire::messages(&sent).into_iter().next().unwrap();
    assert_eq!(message[0], handshake::NEW_SESSION_TICKET);
    // RFC 5077 section 3.3; RFC 8446 section 4.6.1, with 4 more bytes and a nonce in front.
    let fields = &message[8..];
    let fields = if tls13 { &fields[5 + usize::from(fields[4])..] } else { fields };
    let length = usize::from(u16::from_be_bytes([fields[0], fields[1]]));
    fields[2..2 + length].to_vec()
}

/// The hello of TLS 1.2 with this ticket in its session_ticket extension.
pub(crate) fn with_ticket(hello: &[u8], ticket: &[u8]) -> Vec<u8> {
    const SESSION_TICKET: u16 = 35;
    let message = wire::messages(&wire::records(hello)[0].body).remove(0);
    let body = &message[4..];
    let mut fixed = 2 + 32;
    fixed += 1 + usize::from(body[fixed]);
    fixed += 2 + usize::from(u16::from_be_bytes([body[fixed], body[fixed + 1]]));
    fixed += 1 + usize::from(body[fixed]);
    let mut rest = &body[fixed + 2..];
    let mut extensions = Vec::new();
    while let Some(([a, b, high, low], after)) = rest.split_first_chunk() {
        let (contents, after) = after.split_at(u16::from_be_bytes([*high, *low]).into());
        if u16::from_be_bytes([*a, *b]) != SESSION_TICKET {
            extensions.extend([&[*a, *b, *high, *low], contents].concat());
        }
        rest = after;
    }
    extensions.extend(SESSION_TICKET.to_be_bytes());
    extensions.extend(u16::try_from(ticket.len()).unwrap().to_be_bytes());
    extensions.extend(ticket);
    let length = u16::try_from(extensions.len()).unwrap().to_be_bytes();
    let body = [&body[..fixed], &length, &extensions].concat();
    wire::handshake_records(&wire::message(handshake::CLIENT_HELLO, &body), 1 << 14)
}

/// Whether the server's answer to a hello of TLS 1.2 resumes a session. Then it ends in a Finished;
/// in a full handshake the server shows its certificate.
pub(crate) fn is_abbreviated(answer: &[u8]) -> bool {
    let records = wire::records(answer);
    let resumes = records.iter().any(|record| record.kind == content::CHANGE_CIPHER_SPEC);
    let messages = wire::messages(&records[0].body);
    assert_eq!(messages.iter().any(|m| m[0] == handshake::CERTIFICATE), !resumes);
    resumes
}
