use proptest::prelude::*;

use super::*;
use crate::limits;
use crate::policy::matcher::{ClientRecord, Matcher};
use crate::{UnixTime, Window};

fn builder() -> MatcherBuilder {
    let mut builder = MatcherBuilder::with_room(&Room::default(), &Room::default());
    let record = |is_pinned, issuer| ClientRecord {
        owner: None,
        issuer_spki_sha256: issuer,
        approval: Window { not_before: UnixTime::from_secs(0), not_after: UnixTime::MAX },
        scopes: Box::default(),
        is_pinned,
    };
    builder.add_client("pinned", record(true, None)).unwrap();
    builder.add_client("one", record(false, Some([1; 32]))).unwrap();
    builder.add_client("two", record(false, Some([2; 32]))).unwrap();
    builder
}

/// As a long list is: by two threads.
fn load_ahead(text: &[u8], side: Side) -> Result<Matcher, String> {
    let mut builder = builder();
    let mut lines = Lines::new(text, Path::new("approved.txt"));
    let added = ahead::load(&mut lines, side, &mut |batch| batch.add_to(side, &mut builder));
    added.map_err(|e| e.in_file(Path::new("approved.txt")).to_string())?;
    Ok(builder.finish())
}

fn load_text(text: &[u8], side: Side) -> Result<Matcher, String> {
    let mut builder = builder();
    load(text, Path::new("approved.txt"), side, &mut builder).map_err(|e| e.to_string())?;
    Ok(builder.finish())
}

fn error(text: &[u8]) -> String {
    let [alone, ahead] = [load_text, load_ahead]
        .map(|load| load(text, Side::Clients).map(|_| ()).expect_err("a wrong list"));
    assert_eq!(alone, ahead);
    alone
}

#[test]
fn comments_blank_lines_crlf_and_a_missing_last_newline_are_fine() {
    let list = b"# approved 2026-11\n\n  \t\r\ndns:A.example  acme\r\n\turi:urn:a\tacme\n  # x\n\
        email:Ops@A.example b\xc3\xa9ta\ndns:a.example acme";
    let matcher = load_text(list, Side::Clients).unwrap();
    assert_eq!(matcher.client_count(), 5);
    assert!(matcher.clients.exact.find(Kind::Dns, b"a.example").is_some());
    assert!(matcher.clients.exact.find(Kind::Uri, b"urn:a").is_some());
    assert!(matcher.clients.exact.find(Kind::Email, b"Ops@a.example").is_some());
    assert_eq!(load_text(b"", Side::Clients).unwrap().client_count(), 3);
    assert_eq!(load_text(b"#", Side::Deny).unwrap().client_count(), 3);
}

#[test]
fn every_exact_kind_can_stand_in_a_list_and_no_other() {
    let hex = "5A".repeat(32);
    let list = format!(
        "cert_sha256:{hex} a\nspki_sha256:{hex} a\nissuer_serial:{hex}/01 a\nuri:s://a a\n\
         dns:a a\nemail:a@a a\n"
    );
    let matcher = load_text(list.as_bytes(), Side::Clients).unwrap();
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_exact()) {
        assert_eq!(matcher.clients.exact.len(kind), 1, "{kind:?}");
    }
    for kind in Kind::ALL.into_iter().filter(|kind| !kind.is_exact()) {
        assert_eq!(
            error(format!("{}:x a", kind.name()).as_bytes()),
            format!(
                "approved.txt:1:1: `{}` cannot stand in a list, only `cert_sha256`, \
                 `spki_sha256`, `issuer_serial`, `uri`, `dns` or `email`; write it in a \
                 [[client]] or [[deny]]",
                kind.name()
            )
        );
    }
}

#[test]
fn a_bad_line_is_an_error_with_its_place() {
    for (list, message) in [
        (&b"\ndsn:a.example acme"[..], "approved.txt:2:1: `dsn` is no kind: did you mean `dns`?"),
        (
            b"cn:billing acme",
            "approved.txt:1:1: `cn` is no kind: write `cert_sha256`, `spki_sha256`, \
             `issuer_serial`, `uri`, `dns` or `email`",
        ),
        (
            b"  a.example acme",
            "approved.txt:1:3: `a.example` has no kind: a line is `kind:value` and a client id or \
             a note, with kind `cert_sha256`, `spki_sha256`, `issuer_serial`, `uri`, `dns` or \
             `email`",
        ),
        (
            b"dns: a.example acme",
            "approved.txt:1:5: the value is missing: write `dns:` and the value without a blank",
        ),
        (
            b"dns:a.example\n",
            "approved.txt:1:14: the client id is missing: a line is `kind:value client-id`",
        ),
        (
            b"dns:a.example acme # new",
            "approved.txt:1:15: a client id in a list is one word, this is `acme # new`; comments \
             stand on lines of their own",
        ),
        (
            b"dns:a.example acme\n spki_sha256:ab x",
            "approved.txt:2:14: a SHA-256 is 64 hex digits, this has 2 characters",
        ),
        (
            "uri:s://\u{fc}/ \u{fc}".as_bytes(),
            "approved.txt:1:5: `s://\u{fc}/` is no URI as certificates hold it: `scheme:` and a \
             host where it has one, as in `spiffe://acme.example/billing`, in visible ASCII",
        ),
        (b"dns:a \xc3\xa9\xff", "approved.txt:1:8: this is not UTF-8"),
        (
            b"\xef\xbb\xbfdns:a a",
            "approved.txt:1:1: this is a byte order mark: save the list as UTF-8 without one",
        ),
        (
            b"dns:a a\ndns:A b",
            "approved.txt:2:5: `dns:a` already recognises client `a`; take one of them out, or \
             give both clients their own `issuer_spki_sha256`",
        ),
        (
            b"dns:a pinned",
            "approved.txt:1:5: client `pinned` is pinned: only `spki_sha256` and `cert_sha256` \
             can recognise it",
        ),
        (
            b"dns:a a\x01b",
            "approved.txt:1:7: a client id must not hold control characters: `\\u{1}`",
        ),
    ] {
        assert_eq!(error(list), message);
    }
    assert_eq!(
        error(&[b'#'; limits::LIST_LINE_BYTES + 1]),
        "approved.txt:1:1: a line has at most 65536 bytes"
    );
    assert!(load_text(&[b'#'; limits::LIST_LINE_BYTES], Side::Clients).is_ok());
}

#[test]
fn a_value_may_belong_to_two_clients_whose_issuers_differ() {
    assert!(load_text(b"dns:a one\ndns:a two\ndns:a one\ndns:a two", Side::Clients).is_ok());
    assert!(error(b"dns:a one\ndns:a two\ndns:a three").starts_with("approved.txt:3:5: `dns:a`"));
    assert!(error(b"dns:a three\ndns:a one").contains("already recognises client `three`"));
}

#[test]
fn a_deny_line_may_have_a_note_of_many_words() {
    let list = b"dns:a key leaked 2026-10-01\ndns:b\ndns:a again\n";
    let matcher = load_text(list, Side::Deny).unwrap();
    assert_eq!(matcher.deny.exact.len(Kind::Dns), 2);
    assert_eq!(matcher.client_count(), 3);
    assert_eq!(
        load_text(b"dns:a x\x07", Side::Deny).err().unwrap(),
        "approved.txt:1:7: a note must not hold control characters: `\\u{7}`"
    );
}

/// A list of `count` entries whose ids are all different and 20 bytes long.
fn large_list(count: u64) -> Vec<u8> {
    let mut list = Vec::new();
    for i in 0..count {
        let spread = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let line = format!("spki_sha256:{spread:016x}{i:048x} client-{i:013}\n");
        list.extend_from_slice(line.as_bytes());
    }
    list
}

#[test]
fn an_entry_of_a_large_list_costs_less_than_96_bytes_all_in() {
    let count = 1_000_000;
    let list = large_list(count);
    let mut room = Room::default();
    measure(&list[..], Path::new("approved.txt"), &mut room).unwrap();
    assert_eq!(room.entries.entries[Kind::Spki as usize], count as usize);
    let mut builder = MatcherBuilder::with_room(&room, &Room::default());
    load(&list[..], Path::new("approved.txt"), Side::Clients, &mut builder).unwrap();
    let while_loading = builder.heap_bytes() as u64;
    let matcher = builder.finish();
    let loaded = matcher.heap_bytes() as u64;
    assert_eq!(matcher.client_count() as u64, count);
    assert!(while_loading < 96 * count, "{} bytes an entry while loading", while_loading / count);
    assert!(loaded < 72 * count, "{} bytes an entry", loaded / count);
}

/// Pieces that lists are made of, and some that they are not.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "dns:",
            "uri:",
            "email:",
            "spki_sha256:",
            "issuer_serial:",
            "ip:",
            "a.example",
            "s://a/",
            "a@b",
            " ",
            "\t",
            "\n",
            "\r\n",
            "#",
            "one",
            "pinned",
            ":",
            "/",
            "\u{feff}",
            "é",
        ])
        .prop_map(str::to_owned),
        "[0-9a-f]{64}",
        "\\PC{0,4}",
    ]
}

/// More lines than are read ahead, and a mistake in the middle or at the end of them.
#[test]
fn the_first_mistake_of_a_long_list_is_the_error_however_far_ahead_it_is_read() {
    let line = |i: usize| format!("dns:n{i}.example id-{i}\n");
    let all: String = (0..20_000).map(line).collect();
    let matcher = load_text(all.as_bytes(), Side::Clients).unwrap();
    assert_eq!(matcher.client_count(), 3 + 20_000);
    // One that only adding finds, behind which there is one that reading finds.
    let text =
        all.clone() + "dns:n7.example other\n" + &all.replace(".example", ".test") + "dsn:x y\n";
    assert!(error(text.as_bytes()).starts_with("approved.txt:20001:5: `dns:n7.example` already"));
    let text = all.clone() + "dsn:x y\n" + "dns:n7.example other\n";
    assert!(error(text.as_bytes()).starts_with("approved.txt:20001:1: `dsn` is no kind"));
}

/// A list that breaks off.
struct Broken<'t>(&'t [u8]);

impl std::io::Read for Broken<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match std::io::Read::read(&mut self.0, buffer)? {
            0 => Err(std::io::Error::other("the disk is gone")),
            count => Ok(count),
        }
    }
}

#[test]
fn a_long_list_that_breaks_off_is_an_error_and_whoever_panics_is_not_waited_for() {
    let text: String = (0..20_000).map(|i| format!("dns:n{i}.example id-{i}\n")).collect();
    let list = || std::io::BufReader::new(Broken(text.as_bytes()));
    let broken = load(list(), Path::new("approved.txt"), Side::Clients, &mut builder());
    assert!(broken.unwrap_err().to_string().contains("the disk is gone"));
    let panicked = std::panic::catch_unwind(|| {
        let mut lines = Lines::new(list(), Path::new("approved.txt"));
        ahead::load(&mut lines, Side::Clients, &mut |_| panic!("in the middle"))
    });
    assert!(panicked.is_err());
}

proptest! {
    #[test]
    fn whatever_a_list_holds_it_is_loaded_or_an_error_names_a_line_of_it(
        pieces in prop::collection::vec(piece(), 0..200),
    ) {
        let text = pieces.concat();
        let lines = text.split_inclusive('\n').count() as u32;
        for side in [Side::Clients, Side::Deny] {
            let mut builder = builder();
            let loaded = load(text.as_bytes(), Path::new("x"), side, &mut builder);
            let [alone, ahead] = [load_text, load_ahead]
                .map(|load| load(text.as_bytes(), side).map(|m| m.client_count()));
            prop_assert_eq!(alone, ahead);
            if let Err(error) = loaded {
                let line = error.line().unwrap();
                prop_assert!((1..=lines).contains(&line), "{error}");
                // What stands before the line is right, so it is the first that is wrong.
                let before: String = text.split_inclusive('\n').take(line as usize - 1).collect();
                let mut fresh = self::builder();
                prop_assert!(load(before.as_bytes(), Path::new("x"), side, &mut fresh).is_ok());
            }
        }
    }

    #[test]
    fn every_line_becomes_one_entry_in_whatever_batches_they_are_read(
        names in prop::collection::btree_set("[a-z]{1,8}\\.example", 0..300),
        comment in 1_usize..9,
    ) {
        let mut text = String::new();
        for (i, name) in names.iter().enumerate() {
            text += &format!("dns:{name} id-{i}\n");
            text += if i.is_multiple_of(comment) { "# comment\n\n" } else { "" };
        }
        let mut room = Room::default();
        measure(text.as_bytes(), Path::new("x"), &mut room).unwrap();
        prop_assert_eq!(room.entries.entries[Kind::Dns as usize], names.len());
        let matcher = load_text(text.as_bytes(), Side::Clients).unwrap();
        prop_assert_eq!(matcher.client_count(), 3 + names.len());
        for (i, name) in names.iter().enumerate() {
            let place = matcher.clients.exact.find(Kind::Dns, name.as_bytes()).unwrap();
            let client = matcher.clients.exact.owner(Kind::Dns, place);
            let id = format!("id-{i}");
            prop_assert_eq!(matcher.ids.get(client as usize), id.as_bytes());
        }
    }
}
