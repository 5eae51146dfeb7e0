use proptest::prelude::*;

use super::*;

/// A hello of TLS 1.2 with these extensions, as one handshake message.
fn message(extensions: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.push(0);
    body.extend([0, 2, 0x13, 0x01]);
    body.extend([1, 0]);
    let mut list = Vec::new();
    for (kind, contents) in extensions {
        list.extend(kind.to_be_bytes());
        list.extend((contents.len() as u16).to_be_bytes());
        list.extend(contents);
    }
    body.extend((list.len() as u16).to_be_bytes());
    body.extend(list);
    framed(CLIENT_HELLO, &body)
}

fn framed(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], &(body.len() as u32).to_be_bytes()[1..], body].concat()
}

fn sni(entries: &[(u8, &[u8])]) -> (u16, Vec<u8>) {
    let mut list = Vec::new();
    for (kind, name) in entries {
        list.push(*kind);
        list.extend((name.len() as u16).to_be_bytes());
        list.extend(*name);
    }
    (SERVER_NAME, [&(list.len() as u16).to_be_bytes(), &list[..]].concat())
}

/// The message in records of at most `size` bytes.
fn records(message: &[u8], size: usize) -> Vec<u8> {
    message
        .chunks(size)
        .flat_map(|part| {
            [&[HANDSHAKE, 3, 1], &(part.len() as u16).to_be_bytes()[..], part].concat()
        })
        .collect()
}

fn read(input: &[u8]) -> Result<Option<Hello<'_>>, BadHello> {
    HelloReader::default().read(input)
}

fn name(hello: Result<Option<Hello<'_>>, BadHello>) -> Option<String> {
    let name = hello.unwrap().expect("a whole hello").server_name?;
    Some(name.as_ref().to_owned())
}

fn alert(extensions: &[(u16, Vec<u8>)]) -> Alert {
    read(&records(&message(extensions), 1 << 14)).unwrap_err().alert
}

#[test]
fn the_server_name_is_found() {
    let named = message(&[(43, vec![2, 3, 4]), sni(&[(0, b"API.Example.")]), (10, vec![])]);
    assert_eq!(name(read(&records(&named, 1 << 14))).as_deref(), Some("API.Example"));
    assert_eq!(name(read(&records(&message(&[]), 1 << 14))), None);
    assert_eq!(name(read(&records(&message(&[sni(&[(0, b"192.0.2.1")])]), 1 << 14))), None);
}

#[test]
fn a_hello_may_end_before_its_extensions() {
    let with = message(&[]);
    let without = framed(CLIENT_HELLO, &with[MESSAGE_HEADER..with.len() - 2]);
    assert_eq!(name(read(&records(&without, 1 << 14))), None);
}

#[test]
fn a_hello_of_an_old_version_is_told_so() {
    let old = |version: [u8; 2], extensions: &[(u16, Vec<u8>)]| {
        let mut message = message(extensions);
        message[MESSAGE_HEADER..][..2].copy_from_slice(&version);
        read(&records(&message, 1 << 14)).map(|hello| hello.map(|hello| hello.offers_tls13))
    };
    for version in [[3, 2], [3, 1], [3, 0], [2, 0], [0, 2]] {
        assert_eq!(old(version, &[]).unwrap_err().alert, Alert::PROTOCOL_VERSION, "{version:?}");
        // Where there is a list of versions, only that counts (RFC 8446 section 4.2.1).
        assert_eq!(old(version, &[(SUPPORTED_VERSIONS, vec![2, 3, 4])]), Ok(Some(true)));
        assert_eq!(old(version, &[(SUPPORTED_VERSIONS, vec![])]), Ok(Some(false)));
    }
    assert_eq!(old([3, 3], &[]), Ok(Some(false)));
}

#[test]
fn a_hello_that_speaks_of_an_earlier_handshake_is_refused() {
    // What is malformed is for rustls to refuse.
    for contents in [vec![0], vec![], vec![0, 0], vec![2, 7]] {
        let first = message(&[(RENEGOTIATION_INFO, contents)]);
        assert!(read(&records(&first, 1 << 14)).is_ok());
    }
    for contents in [vec![1, 7], [&[12][..], &[7; 12]].concat()] {
        let refused = alert(&[(RENEGOTIATION_INFO, contents.clone())]);
        assert_eq!(refused, Alert::HANDSHAKE_FAILURE, "{contents:?}");
    }
}

#[test]
fn what_is_no_single_host_name_is_refused() {
    for entries in [
        &[(0, &b"a.example"[..]), (0, b"b.example")][..],
        &[(1, b"a.example")],
        &[(0, b"")],
        &[(0, b"a b")],
        &[(0, b"a\0.example")],
        &[(0, b"*.example")],
        &[(0, "\u{e9}.example".as_bytes())],
        &[],
    ] {
        assert_eq!(alert(&[sni(entries)]), Alert::ILLEGAL_PARAMETER, "{entries:?}");
    }
    let twice = [sni(&[(0, b"a.example")]), sni(&[(0, b"a.example")])];
    assert_eq!(alert(&twice), Alert::ILLEGAL_PARAMETER);
}

#[test]
fn what_is_no_hello_is_refused_at_the_first_byte_that_shows_it() {
    for (input, expected) in [
        (&b"GET / HTTP/1.1"[..1], Alert::UNEXPECTED_MESSAGE),
        (&[23], Alert::UNEXPECTED_MESSAGE),
        (&[22, 2], Alert::PROTOCOL_VERSION),
        (&[22, 3, 1, 0, 0], Alert::DECODE_ERROR),
        (&[22, 3, 1, 0x40, 1], Alert::RECORD_OVERFLOW),
        (&[22, 3, 1, 0, 4, 2, 0, 0, 0], Alert::UNEXPECTED_MESSAGE),
        (&[22, 3, 1, 0, 4, 1, 0, 0x40, 0], Alert::ILLEGAL_PARAMETER),
        (&[22, 3, 1, 0, 4, 1, 0, 0, 0], Alert::DECODE_ERROR),
    ] {
        assert_eq!(read(input).unwrap_err().alert, expected, "{input:?}");
        assert_eq!(read(&input[..input.len() - 1]), Ok(None), "{input:?}");
    }
}

#[test]
fn a_hello_cut_short_inside_is_refused_and_so_are_bytes_behind_it() {
    let whole = message(&[sni(&[(0, b"api.example")]), (10, vec![0, 2, 0, 29])]);
    let body = &whole[MESSAGE_HEADER..];
    // 41 bytes in, all that must be there is there, and extensions may be missing.
    for length in (0..body.len()).filter(|length| *length != 41) {
        let input = records(&framed(CLIENT_HELLO, &body[..length]), 1 << 14);
        assert_eq!(read(&input).unwrap_err().alert, Alert::DECODE_ERROR, "{length} bytes");
    }
    let behind = framed(CLIENT_HELLO, &[body, &[0]].concat());
    assert_eq!(read(&records(&behind, 1 << 14)).unwrap_err().alert, Alert::DECODE_ERROR);
}

#[test]
fn a_hello_is_bounded_in_bytes_and_in_records() {
    let fits = limits::HELLO_BYTES - message(&[(21, vec![])]).len();
    assert!(read(&records(&message(&[(21, vec![0; fits])]), 1 << 14)).unwrap().is_some());
    let larger = read(&records(&message(&[(21, vec![0; fits + 1])]), 1 << 14)).unwrap_err();
    assert!(larger.is_too_much);
    let most = limits::HANDSHAKE_RECORDS as usize;
    let fits = most - message(&[(21, vec![])]).len();
    assert!(read(&records(&message(&[(21, vec![0; fits])]), 1)).unwrap().is_some());
    let more = read(&records(&message(&[(21, vec![0; fits + 1])]), 1)).unwrap_err();
    assert!(more.is_too_much);
}

proptest! {
    /// Class 26: however a hello is cut into records, and its records into arrivals.
    #[test]
    fn class_26_no_way_to_cut_a_hello_changes_it(size in 1_usize..200, piece in 1_usize..200) {
        let message = message(&[sni(&[(0, b"api.example")]), (21, vec![0; 300])]);
        let input = records(&message, size);
        let mut reader = HelloReader::default();
        for end in (0..input.len()).step_by(piece) {
            prop_assert_eq!(reader.read(&input[..end]), Ok(None));
        }
        let found = name(reader.read(&input));
        prop_assert_eq!(found.as_deref(), Some("api.example"));
    }

    #[test]
    fn no_bytes_make_it_panic(input in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&input);
        let _ = read(&records(&framed(CLIENT_HELLO, &input), 100));
    }
}

#[test]
fn tls_1_3_is_offered_by_its_number_in_the_list() {
    let offers = |lists: &[&[u8]]| {
        let extensions: Vec<_> =
            lists.iter().map(|list| (SUPPORTED_VERSIONS, list.to_vec())).collect();
        read(&records(&message(&extensions), 1 << 14)).unwrap().unwrap().offers_tls13
    };
    assert!(offers(&[&[2, 3, 4]]) && offers(&[&[6, 0x7a, 0x7a, 3, 4, 3, 3]]));
    assert!(!offers(&[]) && !offers(&[&[]]) && !offers(&[&[2, 3, 3]]));
    // Two bytes of two versions; a list that is longer than its extension.
    assert!(!offers(&[&[4, 3, 3, 4, 4]]) && !offers(&[&[4, 3, 4]]));
}

/// A caller that changes what it was to give again gets a refusal, however little is left of it.
#[test]
fn input_that_is_another_the_second_time_is_refused() {
    let mut reader = HelloReader::default();
    assert_eq!(reader.read(&[22, 3, 1, 0, 3, 1, 0, 0]), Ok(None));
    let changed = [22, 3, 1, 0, 2, 1, 0, 0, 22, 3, 1, 0, 1, 0];
    assert_eq!(reader.read(&changed), Err(LOST));
}
