//! The body of the fuzz target `c_calls`: calls in any order with hostile arguments, as far as C can make
//! them without breaking its own rules.

use core::ffi::{CStr, c_char, c_void};
use core::{mem, ptr};
use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

mod behind;
mod written;

use written::{Explanation, Written};

use crate::*;

/// What some of the calls are given, so that some of them succeed.
#[derive(Clone, Debug)]
pub struct Supplies {
    /// The path of a policy that lets `leaf` in.
    pub policy: CString,
    /// A policy's text that needs anchors from memory.
    pub toml: Vec<u8>,
    /// The anchor, DER.
    pub root: Vec<u8>,
    /// The CA below it, DER.
    pub ca: Vec<u8>,
    /// The client, DER.
    pub leaf: Vec<u8>,
    /// A CRL, DER.
    pub crl: Vec<u8>,
    /// A server's chain, PEM.
    pub server: Vec<u8>,
    /// Its key, PEM.
    pub key: Vec<u8>,
    /// A client's first bytes.
    pub hello: Vec<u8>,
    /// When all of that is current.
    pub now: i64,
}

impl Supplies {
    /// From a folder that holds `policy.toml`, `memory.toml`, `root.der`, `ca.der`, `billing.der`,
    /// `revoking.crl`, `server.pem`, `server.key` and `hello.bin`.
    ///
    /// # Panics
    /// Where one of them is not there.
    pub fn read(folder: &Path, now: i64) -> Self {
        let read = |name: &str| fs::read(folder.join(name)).expect("a file of the scene");
        let policy = folder.join("policy.toml").into_os_string().into_vec();
        Self {
            policy: CString::new(policy).expect("a path"),
            toml: read("memory.toml"),
            root: read("root.der"),
            ca: read("ca.der"),
            leaf: read("billing.der"),
            crl: read("revoking.crl"),
            server: read("server.pem"),
            key: read("server.key"),
            hello: read("hello.bin"),
            now,
        }
    }
}

/// Does what the octets say.
///
/// # Panics
/// Where something that must hold does not.
pub fn c_calls(supplies: &Supplies, octets: &[u8]) {
    let mut caller = Caller { supplies, octets, objects: Objects::default(), binding: [0; 64] };
    while let Some(call) = caller.next() {
        // SAFETY: every handle in `objects` is live or NULL, and is taken out before it is freed.
        unsafe { caller.call(call) };
    }
    // SAFETY: as above.
    unsafe { caller.objects.free() };
    assert_eq!(JOURNALS.swap(0, Ordering::Relaxed), 0, "a journal that nobody released");
}

/// Journals that were handed over and not released.
static JOURNALS: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn journal(_: *mut c_void, entry: *const csn_journal_entry) {
    // SAFETY: the entry lasts for the length of the call.
    let verdict = unsafe { &*(*entry).verdict };
    assert!(verdict.decision == i32::from((1..=2).contains(&verdict.reason)));
}

unsafe extern "C" fn release(_: *mut c_void) {
    JOURNALS.fetch_sub(1, Ordering::Relaxed);
}

fn take<T>(handle: &mut *mut T) -> *mut T {
    mem::replace(handle, ptr::null_mut())
}

/// One object of each kind, or NULL.
struct Objects {
    config: *mut csn_verifier_config,
    verifier: *mut csn_verifier,
    credential: *mut csn_credential,
    keys: *mut csn_ticket_keys,
    acceptor_config: *mut csn_acceptor_config,
    acceptor: *mut csn_acceptor,
    conn: *mut csn_conn,
    behind: behind::Objects,
}

impl Default for Objects {
    fn default() -> Self {
        Self {
            config: ptr::null_mut(),
            verifier: ptr::null_mut(),
            credential: ptr::null_mut(),
            keys: ptr::null_mut(),
            acceptor_config: ptr::null_mut(),
            acceptor: ptr::null_mut(),
            conn: ptr::null_mut(),
            behind: behind::Objects::default(),
        }
    }
}

impl Objects {
    unsafe fn free(&mut self) {
        let mut gone = mem::take(self);
        // SAFETY: each is live or NULL, and nobody has it any more.
        unsafe {
            csn_verifier_config_free(gone.config);
            csn_verifier_free(gone.verifier);
            csn_credential_free(gone.credential);
            csn_ticket_keys_free(gone.keys);
            csn_acceptor_config_free(gone.acceptor_config);
            csn_acceptor_free(gone.acceptor);
            csn_conn_free(gone.conn);
            gone.behind.free();
        }
    }
}

struct Caller<'a> {
    supplies: &'a Supplies,
    octets: &'a [u8],
    objects: Objects,
    binding: [u8; 64],
}

impl<'a> Caller<'a> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.octets.split_first()?;
        self.octets = rest;
        Some(*first)
    }

    fn octet(&mut self) -> usize {
        self.next().unwrap_or(0).into()
    }

    /// Bytes of one kind or another, in every shape that C may give them.
    fn bytes(&mut self) -> csn_bytes {
        let supplies = self.supplies;
        let known: [&[u8]; 8] = [
            &supplies.toml,
            &supplies.root,
            &supplies.ca,
            &supplies.leaf,
            &supplies.crl,
            &supplies.server,
            &supplies.key,
            &supplies.hello,
        ];
        match self.octet() {
            kind @ 0..32 => known[kind % 8].into(),
            32..40 => csn_bytes { data: ptr::null(), len: 0 },
            40..48 => csn_bytes { data: ptr::without_provenance(1), len: 0 },
            48..52 => csn_bytes { data: ptr::null(), len: 1 },
            52..56 => csn_bytes { data: supplies.leaf.as_ptr(), len: usize::MAX },
            56..60 => csn_bytes { data: supplies.leaf.as_ptr(), len: 1 << 63 },
            60..96 => csn_bytes { len: self.octet().min(supplies.leaf.len()), ..known[3].into() },
            length => {
                let (bytes, rest) = self.octets.split_at(length.min(self.octets.len()));
                self.octets = rest;
                bytes.into()
            }
        }
    }

    fn moment(&mut self) -> csn_moment {
        let seconds = (self.octet() as i64 - 8).pow(5);
        let elapsed_ns = (self.octet() as u64) << 28;
        csn_moment { unix_seconds: self.supplies.now.saturating_add(seconds), elapsed_ns }
    }

    /// A handle, or now and then NULL.
    fn sometimes<T>(&mut self, handle: *mut T) -> *mut T {
        if self.octet() == 7 { ptr::null_mut() } else { handle }
    }

    /// # Safety
    /// The handles are live or NULL.
    unsafe fn call(&mut self, call: u8) {
        // SAFETY: as this function requires, in all branches.
        unsafe {
            match call % 12 {
                0 => self.make_a_verifier(),
                1 => self.configure(),
                2 => self.decide(),
                3 => self.observe(),
                4 => self.make_an_acceptor(),
                5 => self.set(),
                6 => self.connect(),
                7 | 8 => self.talk(),
                9 => self.stand_behind(),
                10 => self.forward(),
                _ => self.let_go(),
            }
        }
    }

    unsafe fn make_a_verifier(&mut self) {
        let (mut out, mut explanation) = (ptr::without_provenance_mut(1), Explanation::new(self));
        let err = explanation.pointer();
        let toml = self.bytes();
        // SAFETY: paths are strings, handles are live or NULL, out and err may be written.
        let status = unsafe {
            match self.octet() % 4 {
                0 => csn_verifier_from_toml(toml, ptr::null(), &raw mut out, err),
                1 => csn_verifier_new(self.objects.config, &raw mut out, err),
                2 => csn_verifier_from_file(c"/nowhere".as_ptr(), &raw mut out, err),
                _ => csn_verifier_from_file(self.supplies.policy.as_ptr(), &raw mut out, err),
            }
        };
        explanation.must_fit(status);
        assert_eq!(status == csn_status::CSN_OK, !out.is_null());
        if !out.is_null() {
            // SAFETY: the old one is live or NULL, and nobody has it any more.
            unsafe { csn_verifier_free(mem::replace(&mut self.objects.verifier, out)) };
        }
    }

    unsafe fn configure(&mut self) {
        let (mut out, mut explanation) = (ptr::without_provenance_mut(1), Explanation::new(self));
        let err = explanation.pointer();
        let (bytes, config) = (self.bytes(), self.objects.config);
        // SAFETY: as above.
        let status = unsafe {
            match self.octet() % 8 {
                0 => csn_verifier_config_add_anchors(config, bytes, err),
                1 => csn_verifier_config_add_crls(config, bytes, err),
                2 => csn_verifier_config_set_caches(config, self.octet(), 1 << 16, 8, err),
                3 => {
                    JOURNALS.fetch_add(1, Ordering::Relaxed);
                    let journal: csn_journal_fn =
                        if self.octet() == 7 { None } else { Some(journal) };
                    let nothing = ptr::null_mut();
                    csn_verifier_config_set_journal(config, journal, nothing, Some(release), err)
                }
                4 => csn_verifier_reload(self.objects.verifier, err),
                5 => csn_verifier_reload_from(self.objects.verifier, config, err),
                7 => self.poll(err),
                _ => {
                    let status =
                        csn_verifier_config_from_toml(bytes, ptr::null(), &raw mut out, err);
                    assert_eq!(status == csn_status::CSN_OK, !out.is_null());
                    if !out.is_null() {
                        csn_verifier_config_free(mem::replace(&mut self.objects.config, out));
                    }
                    status
                }
            }
        };
        explanation.must_fit(status);
    }

    unsafe fn poll(&mut self, err: *mut csn_error) -> csn_status {
        use csn_reload_outcome::{CSN_RELOAD_FAILED, CSN_RELOAD_MISSING};
        let (verifier, mut outcome) = (self.sometimes(self.objects.verifier), -1);
        // SAFETY: as above.
        let status = unsafe { csn_verifier_reload_if_changed(verifier, &raw mut outcome, err) };
        let is_failure = outcome == CSN_RELOAD_FAILED as i32;
        assert!((0..=CSN_RELOAD_MISSING as i32).contains(&outcome));
        assert!(status == csn_status::CSN_OK || is_failure || !verifier.is_null());
        assert!(status != csn_status::CSN_OK || !is_failure, "a failure that was not explained");
        status
    }

    unsafe fn decide(&mut self) {
        let mut verdict = Written::<csn_verdict>::new(self);
        let count = self.octet() % 20;
        let chain: Vec<csn_bytes> = (0..count).map(|_| self.bytes()).collect();
        let verifier = self.sometimes(self.objects.verifier);
        let now = self.moment().unix_seconds;
        let binding = csn_bytes { data: self.binding.as_ptr(), len: self.octet().min(64) };
        let is_again = self.octet().is_multiple_of(4);
        let leaf = chain.first().copied().unwrap_or(csn_bytes::NONE);
        // SAFETY: as above.
        let status = unsafe {
            if is_again {
                csn_reauthorize(verifier, leaf, binding, now, verdict.pointer())
            } else {
                csn_verify(verifier, chain.as_ptr(), chain.len(), now, verdict.pointer())
            }
        };
        let Some(verdict) = verdict.written() else { return };
        if verdict.decision == 0 {
            return;
        }
        // SAFETY: it was looked at, so it is there.
        let shown = unsafe { leaf.as_slice() }.expect("bytes");
        assert_eq!((status, verdict.decision), (csn_status::CSN_OK, 1));
        assert!(shown == self.supplies.leaf, "somebody else got in");
        assert!(
            (1..=2).contains(&verdict.reason)
                && verdict.expires >= now
                && verdict.binding_len == 64
        );
        self.binding = verdict.binding;
        let verdict = verdict.clone();
        // SAFETY: as above.
        unsafe { self.narrow(verifier, verdict) };
    }

    unsafe fn narrow(&mut self, verifier: *const csn_verifier, mut verdict: csn_verdict) {
        let scope = self.bytes();
        // SAFETY: as above.
        let status = unsafe { csn_verdict_require_scope(verifier, scope, &raw mut verdict) };
        if verdict.decision == 0 {
            assert!(verdict.binding_len == 0 && verdict.binding == [0; 64] && verdict.expires == 0);
        } else {
            assert_eq!((status, verdict.decision), (csn_status::CSN_OK, 1));
        }
    }

    unsafe fn observe(&mut self) {
        let mut metrics = Written::<csn_metrics>::new(self);
        let (mut text, mut length) = ([0 as c_char; 300], 0);
        let capacity = self.octet() + 44;
        let verifier = self.sometimes(self.objects.verifier);
        // SAFETY: as above.
        unsafe {
            csn_verifier_metrics(verifier, metrics.pointer());
            let text = text.as_mut_ptr();
            let status = csn_verifier_metrics_text(verifier, text, capacity, &raw mut length);
            if status == csn_status::CSN_OK {
                assert!(CStr::from_ptr(text).to_bytes().len() <= length);
            }
            assert!(csn_verifier_generation(verifier) > 0 || verifier.is_null());
            let mut digest = [0; 32];
            csn_verifier_policy_digest(verifier, digest.as_mut_ptr());
            assert_eq!(digest == [0; 32], verifier.is_null());
            csn_verifier_free(csn_verifier_up_ref(verifier));
        }
        let number = self.octet() as i32 - 100;
        assert!(!csn_reason_token(number).is_null() && !csn_reason_text(number).is_null());
        assert!(csn_reason_http_status(number) >= 200 && csn_reason_alert(number) >= 0);
        assert!(!csn_status_text(number).is_null() && csn_reason_x509_error(number) >= 0);
        // SAFETY: as above.
        unsafe { csn_reason_from_token(self.bytes()) };
    }

    unsafe fn make_an_acceptor(&mut self) {
        let mut explanation = Explanation::new(self);
        let err = explanation.pointer();
        // SAFETY: as above.
        let status = unsafe {
            match self.octet() % 4 {
                0 => {
                    let mut out = ptr::without_provenance_mut(1);
                    let (chain, key) = (self.bytes(), self.bytes());
                    let status = csn_credential_from_pem(chain, key, &raw mut out, err);
                    csn_credential_free(mem::replace(&mut self.objects.credential, out));
                    status
                }
                1 => {
                    let mut out = ptr::without_provenance_mut(1);
                    let status = csn_ticket_keys_per_process(&raw mut out, err);
                    csn_ticket_keys_free(mem::replace(&mut self.objects.keys, out));
                    csn_ticket_keys_reload(self.objects.keys, err);
                    status
                }
                2 => {
                    let mut out = ptr::without_provenance_mut(1);
                    let status = csn_acceptor_config_new(&raw mut out);
                    csn_acceptor_config_free(mem::replace(&mut self.objects.acceptor_config, out));
                    assert_eq!(status, csn_status::CSN_OK);
                    status
                }
                _ => {
                    let mut out = ptr::without_provenance_mut(1);
                    let config = self.objects.acceptor_config;
                    let status = csn_acceptor_new(config, &raw mut out, err);
                    csn_acceptor_free(mem::replace(&mut self.objects.acceptor, out));
                    status
                }
            }
        };
        explanation.must_fit(status);
    }

    unsafe fn set(&mut self) {
        const NAMES: [&CStr; 4] = [c"a.example", c"*.a.example", c"\xff", c""];
        let config = self.objects.acceptor_config;
        let numbers = [29, 0x0304, 0x0303, self.octet() as u16, 4588];
        let count = self.octet() % 6;
        // SAFETY: as above; no more numbers are counted than there are.
        unsafe {
            match self.octet() % 8 {
                0..3 => {
                    let mut names = [NAMES[self.octet() % 4].as_ptr(), ptr::null()];
                    names.swap(0, usize::from(self.octet() == 7));
                    let verifier = self.sometimes(self.objects.verifier);
                    let credential = self.sometimes(self.objects.credential);
                    let (auth, flags) = (self.octet() as i32 % 4, self.octet() as u32 % 3);
                    let (none, count) = (ptr::null_mut(), count % 3);
                    let names = names.as_ptr();
                    csn_acceptor_config_add_entry(
                        config, names, count, credential, auth, verifier, flags, none,
                    );
                }
                3 => drop(csn_acceptor_config_set_alpn(config, self.bytes(), ptr::null_mut())),
                4 => drop(csn_acceptor_config_set_versions(config, numbers.as_ptr(), count % 6)),
                5 => drop(csn_acceptor_config_set_key_exchanges(config, numbers.as_ptr(), count)),
                6 => drop(csn_acceptor_config_set_tickets(config, self.objects.keys, count)),
                _ => {
                    csn_acceptor_config_set_session_cache(config, count);
                    csn_acceptor_config_set_session_age(config, count as u32);
                    csn_acceptor_config_set_handshake_time(config, self.octet() as u32 * 100);
                    csn_acceptor_config_set_extended_master_secret(config, count as i32 - 2);
                }
            }
        }
    }

    unsafe fn connect(&mut self) {
        let (mut out, now) = (ptr::without_provenance_mut(1), self.moment());
        // SAFETY: as above.
        unsafe {
            csn_conn_new(self.sometimes(self.objects.acceptor), now, &raw mut out);
            csn_conn_free(mem::replace(&mut self.objects.conn, out));
        }
    }

    unsafe fn talk(&mut self) {
        let (conn, now) = (self.sometimes(self.objects.conn), self.moment());
        let mut buffer = [0_u8; 64];
        let (capacity, mut length) = (self.octet() % 65, 0);
        let mut out = csn_bytes::NONE;
        let mut verdict = Written::<csn_verdict>::new(self);
        let mut session = Written::<csn_session>::new(self);
        let mut refusal = Written::<csn_refusal>::new(self);
        // SAFETY: as above.
        unsafe {
            match self.octet() % 10 {
                0..4 => self.feed(conn, now),
                4 => drop(csn_conn_read(conn, buffer.as_mut_ptr(), capacity, &raw mut length)),
                5 => drop(csn_conn_write(conn, self.bytes(), &raw mut length)),
                6 => {
                    csn_conn_output(conn, &raw mut out);
                    csn_conn_consume_output(conn, capacity);
                    csn_conn_poll_output(conn, buffer.as_mut_ptr(), capacity, &raw mut length);
                }
                7 => drop(csn_conn_end_of_input(conn, now)),
                8 => drop(csn_conn_close(conn)),
                _ => drop(csn_conn_handle_timeout(conn, now)),
            }
            // Nobody here can finish a handshake.
            assert_ne!(csn_conn_state(conn), csn_state::CSN_CONN_ESTABLISHED as i32);
            assert_ne!(csn_conn_session(conn, session.pointer()), csn_status::CSN_OK);
            assert_ne!(csn_conn_certificate(conn, 0, &raw mut out), csn_status::CSN_OK);
            csn_conn_refusal(conn, refusal.pointer());
            csn_conn_deadline(conn);
            if self.octet().is_multiple_of(2) {
                csn_conn_verdict(conn, verdict.pointer());
            } else {
                csn_conn_review(conn, now.unix_seconds, verdict.pointer());
            }
        }
        assert!(verdict.written().is_none_or(|verdict| verdict.decision == 0));
    }

    unsafe fn feed(&mut self, conn: *mut csn_conn, now: csn_moment) {
        let bytes = self.bytes();
        // SAFETY: as above.
        let Ok(bytes) = (unsafe { bytes.as_slice() }) else {
            let mut progress = csn_progress { used: 9, waits_for: 9 };
            // SAFETY: the length is refused before anyone looks at the bytes.
            let status =
                unsafe { csn_conn_feed(conn, ptr::null_mut(), bytes.len, now, &raw mut progress) };
            assert_ne!(status, csn_status::CSN_OK);
            return;
        };
        let (mut input, mut progress) = (bytes.to_vec(), csn_progress { used: 9, waits_for: 9 });
        // SAFETY: as above.
        let status =
            unsafe { csn_conn_feed(conn, input.as_mut_ptr(), input.len(), now, &raw mut progress) };
        assert!(status != csn_status::CSN_OK || progress.used <= input.len());
    }

    unsafe fn let_go(&mut self) {
        let objects = &mut self.objects;
        // SAFETY: as above; each is taken out before it is freed.
        unsafe {
            match self.octets.first().map_or(0, |octet| octet % 8) {
                0 => csn_verifier_config_free(take(&mut objects.config)),
                1 => csn_verifier_free(take(&mut objects.verifier)),
                2 => csn_credential_free(take(&mut objects.credential)),
                3 => csn_ticket_keys_free(take(&mut objects.keys)),
                4 => csn_acceptor_config_free(take(&mut objects.acceptor_config)),
                5 => csn_acceptor_free(take(&mut objects.acceptor)),
                6 => csn_conn_free(take(&mut objects.conn)),
                _ => objects.free(),
            }
        }
    }
}
