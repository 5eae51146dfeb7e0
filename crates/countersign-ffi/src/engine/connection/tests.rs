//! What is left of a connection once a call on it has panicked, which is nothing; and what a proxy says of
//! one that is established.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use core::ptr;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use countersign::engine::{Credential, Entry};
use countersign::forwarded::{Family, Forwarded};
use countersign::{Journal, JournalEntry, Verifier};
use countersign_testkit::forge::{Authority, Key, Leaf, NOW};
use countersign_testkit::{AnyServer, PolicyDir};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection};

use super::*;
use crate::engine::{
    csn_conn_certificate, csn_conn_refusal, csn_conn_session, csn_refusal, csn_session,
};
use crate::forwarded::*;
use crate::handle::give_share;
use crate::sized::Sized_;

const SECRET: &[u8] = b"only for those who are in";
const AT: csn_moment = csn_moment { unix_seconds: NOW, elapsed_ns: 0 };

/// A journal that panics once it is set, in the middle of whatever call decides.
#[derive(Default)]
struct Trap(AtomicBool);

impl Journal for Trap {
    fn record(&self, _: &JournalEntry<'_>) {
        assert!(!self.0.load(Relaxed), "sprung");
    }
}

/// A connection as C has it, and its client.
struct Pair {
    conn: *mut csn_conn,
    client: ClientConnection,
    trap: Arc<Trap>,
}

impl Pair {
    fn new() -> Self {
        let (root, folder, trap) = (Authority::root("root"), PolicyDir::new(), Arc::default());
        folder.write_certificates("root.pem", [&root.certificate]);
        let policy = "version = 1\nadmit = \"issued\"\n[trust]\nanchors = [\"root.pem\"]\n";
        let verifier = Verifier::builder_from_toml(policy, folder.path());
        let verifier = verifier.journal(Arc::clone(&trap) as Arc<dyn Journal>).build().unwrap();
        let (chain, key) = identity(&root.leaf("server"));
        let chain = chain.iter().map(|certificate| certificate.to_vec()).collect();
        let entry = Entry::required(Credential::from_der(chain, key).unwrap(), verifier.into());
        let acceptor = Acceptor::builder().default_entry(entry).build().unwrap();
        let (acceptor, mut conn) = (give_share(acceptor.into()), ptr::null_mut());
        // SAFETY: the acceptor is live, and the connection needs it no longer than this.
        unsafe {
            assert_eq!(csn_conn_new(acceptor, AT, &raw mut conn), csn_status::CSN_OK);
            crate::engine::csn_acceptor_free(acceptor);
        }
        Self { conn, client: client(&root.leaf("client")), trap }
    }

    /// What the client has to say goes in, piece by piece, for as long as that is fine.
    fn server_hears(&mut self) -> csn_status {
        let mut wire = Vec::new();
        while self.client.wants_write() {
            self.client.write_tls(&mut wire).unwrap();
        }
        while !wire.is_empty() {
            let (status, progress) = feed(self.conn, &mut wire);
            wire.drain(..progress.used);
            if status != csn_status::CSN_OK || progress.used == 0 {
                return status;
            }
        }
        csn_status::CSN_OK
    }

    fn client_hears(&mut self) {
        let mut output = csn_bytes::NONE;
        // SAFETY: the connection is live, and its output is copied before anything changes it.
        unsafe {
            assert_eq!(csn_conn_output(self.conn, &raw mut output), csn_status::CSN_OK);
            let mut rest = output.as_slice().unwrap();
            while !rest.is_empty() {
                self.client.read_tls(&mut rest).unwrap();
                self.client.process_new_packets().unwrap();
            }
            csn_conn_consume_output(self.conn, output.len);
        }
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        // SAFETY: it is live, and nobody has it any more.
        unsafe { csn_conn_free(self.conn) };
    }
}

fn identity(leaf: &Leaf) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let key: fn(&Key) -> PrivatePkcs8KeyDer<'static> = |key| key.pkcs8_der().into();
    (vec![leaf.certificate.clone().into()], key(&leaf.key).into())
}

fn client(leaf: &Leaf) -> ClientConnection {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let (chain, key) = identity(leaf);
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyServer::default()))
        .with_client_auth_cert(chain, key)
        .unwrap();
    ClientConnection::new(config.into(), ServerName::try_from("server.example").unwrap()).unwrap()
}

fn feed(conn: *mut csn_conn, wire: &mut [u8]) -> (csn_status, csn_progress) {
    let mut progress = csn_progress { used: 9, waits_for: 9 };
    // SAFETY: the connection is live, the bytes are there, and progress may be written.
    let status =
        unsafe { csn_conn_feed(conn, wire.as_mut_ptr(), wire.len(), AT, &raw mut progress) };
    (status, progress)
}

fn blank<T: Sized_>() -> T {
    // SAFETY: structures of C's take any bits, and begin with their size.
    unsafe {
        let mut blank: T = core::mem::zeroed();
        (&raw mut blank).cast::<usize>().write(size_of::<T>());
        blank
    }
}

/// Nothing goes in or out, and nobody is in.
fn is_over(conn: *mut csn_conn) {
    const OVER: csn_status = csn_status::CSN_ERR_STATE;
    let (mut buffer, mut length, mut waiting) = ([0; 64], 9, csn_bytes::from(SECRET));
    let (room, place) = (buffer.len(), buffer.as_mut_ptr());
    let (status, progress) = feed(conn, &mut [0; 5]);
    assert_eq!((status, progress.used, progress.waits_for), (OVER, 0, 4));
    // SAFETY: the connection is live, and all that is to be written may be.
    unsafe {
        assert_eq!(csn_conn_state(conn), csn_state::CSN_CONN_FAILED as i32);
        assert_eq!((csn_conn_read(conn, place, room, &raw mut length), length), (OVER, 0));
        length = 9;
        assert_eq!((csn_conn_write(conn, SECRET.into(), &raw mut length), length), (OVER, 0));
        length = 9;
        assert_eq!((csn_conn_poll_output(conn, place, room, &raw mut length), length), (OVER, 0));
        assert_eq!((csn_conn_output(conn, &raw mut waiting), waiting.len), (OVER, 0));
        waiting = csn_bytes::from(SECRET);
        assert_eq!((csn_conn_certificate(conn, 0, &raw mut waiting), waiting.len), (OVER, 0));
        assert_eq!(csn_conn_consume_output(conn, 1), OVER);
        assert_eq!(csn_conn_end_of_input(conn, AT), OVER);
        assert_eq!(csn_conn_handle_timeout(conn, AT), OVER);
        assert_eq!(csn_conn_close(conn), OVER);
        assert_eq!(csn_conn_deadline(conn), u64::MAX);
        let (mut session, mut refusal) = (blank::<csn_session>(), blank::<csn_refusal>());
        assert_eq!(csn_conn_session(conn, &raw mut session), OVER);
        assert_eq!(csn_conn_refusal(conn, &raw mut refusal), OVER);
        let mut verdict = csn_verdict { decision: 1, ..csn_verdict::empty() };
        assert_eq!((csn_conn_verdict(conn, &raw mut verdict), verdict.decision), (OVER, 0));
        verdict.decision = 1;
        assert_eq!((csn_conn_review(conn, NOW, &raw mut verdict), verdict.decision), (OVER, 0));
    }
    assert_eq!(buffer, [0; 64]);
}

#[test]
fn nobody_gets_in_by_a_call_that_panicked() {
    let mut pair = Pair::new();
    assert_eq!(pair.server_hears(), csn_status::CSN_OK);
    pair.client_hears();
    pair.trap.0.store(true, Relaxed);
    pair.client.writer().write_all(SECRET).unwrap();
    assert_eq!(pair.server_hears(), csn_status::CSN_ERR_PANIC);
    pair.trap.0.store(false, Relaxed);
    is_over(pair.conn);
}

#[test]
fn plaintext_that_waits_is_kept_back_after_a_panic() {
    let mut pair = Pair::new();
    assert_eq!(pair.server_hears(), csn_status::CSN_OK);
    pair.client_hears();
    pair.client.writer().write_all(SECRET).unwrap();
    assert_eq!(pair.server_hears(), csn_status::CSN_OK);
    // SAFETY: the connection is live, and all that is to be written may be.
    unsafe {
        assert_eq!(csn_conn_state(pair.conn), csn_state::CSN_CONN_ESTABLISHED as i32);
        let (mut first, mut length) = ([0; 4], 0);
        csn_conn_read(pair.conn, first.as_mut_ptr(), 4, &raw mut length);
        assert_eq!((length, &first), (4, b"only"), "there is no more to come");
    }
    assert_eq!(change(pair.conn, |_| panic!("sprung")), csn_status::CSN_ERR_PANIC);
    is_over(pair.conn);
}

#[test]
fn a_proxy_writes_down_whom_the_connection_let_in() {
    let mut pair = Pair::new();
    let (mut family, mut produced) = (ptr::null_mut(), ptr::without_provenance_mut(1));
    let (mut header, mut leaf) = (csn_header::NONE, csn_bytes::NONE);
    // SAFETY: the connection is live, and all that is to be written may be.
    unsafe {
        csn_family_from_name(c"rfc9440".as_ptr(), &raw mut family, ptr::null_mut());
        let mut produce =
            || csn_produced_from_conn(family, pair.conn, &raw mut produced, ptr::null_mut());
        assert_eq!(produce(), csn_status::CSN_ERR_STATE, "nobody is in yet");
    }
    assert!(produced.is_null());
    assert_eq!(pair.server_hears(), csn_status::CSN_OK);
    pair.client_hears();
    assert_eq!(pair.server_hears(), csn_status::CSN_OK);
    // SAFETY: as above.
    unsafe {
        csn_conn_certificate(pair.conn, 0, &raw mut leaf);
        let status = csn_produced_from_conn(family, pair.conn, &raw mut produced, ptr::null_mut());
        assert_eq!((status, csn_produced_count(produced)), (csn_status::CSN_OK, 1));
        csn_produced_header(produced, 0, &raw mut header);
        let fields = [(header.name.as_slice().unwrap(), header.value.as_slice().unwrap())];
        let Forwarded::Certificate(read) = Family::rfc9440().read(fields).unwrap() else {
            panic!("nobody");
        };
        assert_eq!(read.leaf(), leaf.as_slice().unwrap());
        csn_produced_free(produced);
        // Whom a review denies is no longer spoken for, though the connection is still there.
        // Nor is one of whom it could not be told.
        let (ok, over, panic) =
            (csn_status::CSN_OK, csn_status::CSN_ERR_STATE, csn_status::CSN_ERR_PANIC);
        let mut verdict = csn_verdict::empty();
        for (now, reviewed, expected) in
            [(i64::MAX, ok, over), (NOW, ok, ok), (i64::MAX, panic, over), (NOW, ok, ok)]
        {
            pair.trap.0.store(reviewed == panic, Relaxed);
            assert_eq!(csn_conn_review(pair.conn, now, &raw mut verdict), reviewed);
            assert_eq!(verdict.decision == 1, expected == csn_status::CSN_OK);
            let mut last = csn_verdict::empty();
            let told = if reviewed == panic { over } else { ok };
            assert_eq!(csn_conn_verdict(pair.conn, &raw mut last), told, "the last word");
            assert_eq!((last.decision, last.reason), (verdict.decision, verdict.reason));
            let status =
                csn_produced_from_conn(family, pair.conn, &raw mut produced, ptr::null_mut());
            assert_eq!((status, produced.is_null()), (expected, expected != csn_status::CSN_OK));
            csn_produced_free(produced);
        }
        csn_conn_end_of_input(pair.conn, AT);
        let status = csn_produced_from_conn(family, pair.conn, &raw mut produced, ptr::null_mut());
        assert_eq!((status, produced.is_null()), (csn_status::CSN_ERR_STATE, true), "it is over");
        csn_family_free(family);
    }
}
