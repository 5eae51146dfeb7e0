//! Calls about forwarded certificates.

use core::ffi::CStr;
use core::{mem, ptr};

use super::Caller;
use super::written::{Explanation, Written};
use crate::*;

/// One object of each kind, or NULL.
pub(super) struct Objects {
    family: *mut csn_family,
    strip: *mut csn_strip,
    produced: *mut csn_produced,
    signer: *mut csn_signer,
    signed: *mut csn_signed,
    memory: *mut csn_nonce_memory,
    checker: *mut csn_checker,
    receiver: *mut csn_receiver,
}

impl Default for Objects {
    fn default() -> Self {
        Self {
            family: ptr::null_mut(),
            strip: ptr::null_mut(),
            produced: ptr::null_mut(),
            signer: ptr::null_mut(),
            signed: ptr::null_mut(),
            memory: ptr::null_mut(),
            checker: ptr::null_mut(),
            receiver: ptr::null_mut(),
        }
    }
}

impl Objects {
    /// # Safety
    /// Each is live or NULL.
    pub(super) unsafe fn free(&mut self) {
        let gone = mem::take(self);
        // SAFETY: as this function requires, and nobody has them any more.
        unsafe {
            csn_family_free(gone.family);
            csn_strip_free(gone.strip);
            csn_produced_free(gone.produced);
            csn_signer_free(gone.signer);
            csn_signed_free(gone.signed);
            csn_nonce_memory_free(gone.memory);
            csn_checker_free(gone.checker);
            csn_receiver_free(gone.receiver);
        }
    }
}

const NAMES: [&CStr; 8] =
    [c"rfc9440", c"nginx", c"haproxy", c"xfcc", c"client-cert", c"x-ssl-client-der", c"\xff", c""];

const SECRET: &[u8] = &[7; 32];

impl Caller<'_> {
    fn request(&mut self) -> csn_request {
        let is_plain = self.octet() < 128;
        let part = |caller: &mut Self, plain: &'static [u8]| {
            if is_plain { plain.into() } else { caller.bytes() }
        };
        csn_request {
            method: part(self, b"GET"),
            authority: part(self, b"api.example"),
            target: part(self, b"/?a=1"),
        }
    }

    /// # Safety
    /// The handles are live or NULL.
    pub(super) unsafe fn forward(&mut self) {
        let mut explanation = Explanation::new(self);
        let (err, request) = (explanation.pointer(), self.request());
        let (now, count) = (self.moment().unix_seconds, self.octet() % 20);
        let chain: Vec<csn_bytes> = (0..count).map(|_| self.bytes()).collect();
        let (name, to) = (NAMES[self.octet() % 8].as_ptr(), NAMES[self.octet() % 8].as_ptr());
        let (bytes, which) = (self.bytes(), self.octet() % 8);
        let mut verdict = csn_verdict::empty();
        verdict.struct_size -= self.octet() / 255;
        verdict.decision = self.octet() as i32 % 3;
        let (conn, objects) = (self.objects.conn, &mut self.objects.behind);
        // SAFETY: as this function requires; strings are strings, the verdict and err may be written, an
        // object is taken out before it is freed.
        let status = unsafe {
            match which {
                0 | 1 => {
                    let mut out = ptr::without_provenance_mut(1);
                    let status = csn_family_from_name(name, &raw mut out, err);
                    csn_family_free(mem::replace(&mut objects.family, out));
                    status
                }
                2 => csn_family_rename(objects.family, name, to, err),
                3 => {
                    let mut out = ptr::without_provenance_mut(1);
                    let status = csn_strip_new(&raw mut out, err);
                    csn_strip_add(out, objects.family, ptr::null_mut());
                    csn_strip_drops(out, bytes, bytes);
                    csn_strip_free(mem::replace(&mut objects.strip, out));
                    status
                }
                4 => {
                    let mut out = ptr::without_provenance_mut(1);
                    let (id, seconds) = (c"edge-1".as_ptr(), count as u32);
                    let secret = if count < 10 { SECRET.into() } else { bytes };
                    let status =
                        csn_signer_from_hmac_sha256(id, secret, seconds, &raw mut out, err);
                    csn_signer_free(mem::replace(&mut objects.signer, out));
                    status
                }
                5 => {
                    let mut out = ptr::without_provenance_mut(1);
                    let (signer, produced) = (objects.signer, objects.produced);
                    let status = csn_signed_new(
                        signer,
                        &raw const request,
                        produced,
                        now,
                        &raw mut out,
                        err,
                    );
                    csn_signed_free(mem::replace(&mut objects.signed, out));
                    status
                }
                6 => {
                    let mut out = ptr::without_provenance_mut(1);
                    let status = csn_produced_from_conn(objects.family, conn, &raw mut out, err);
                    assert!(out.is_null(), "nobody here finishes a handshake");
                    status
                }
                _ => {
                    let mut out = ptr::without_provenance_mut(1);
                    let (family, verdict, count) =
                        (objects.family, &raw const verdict, chain.len());
                    let chain = chain.as_ptr();
                    let status = csn_produced_new(family, verdict, chain, count, &raw mut out, err);
                    csn_produced_free(mem::replace(&mut objects.produced, out));
                    status
                }
            }
        };
        explanation.must_fit(status);
    }

    /// # Safety
    /// The handles are live or NULL.
    pub(super) unsafe fn stand_behind(&mut self) {
        let mut explanation = Explanation::new(self);
        let (err, bytes, entries) = (explanation.pointer(), self.bytes(), self.octet());
        let (which, now) = (self.octet() % 6, self.moment().unix_seconds);
        let id = NAMES[self.octet() % 8].as_ptr();
        let objects = &mut self.objects.behind;
        // SAFETY: as in `forward`.
        let status = unsafe {
            match which {
                0 => {
                    let mut out = ptr::without_provenance_mut(1);
                    let status = csn_nonce_memory_new(entries, now, &raw mut out, err);
                    csn_nonce_memory_free(mem::replace(&mut objects.memory, out));
                    status
                }
                1 => {
                    let mut out = ptr::without_provenance_mut(1);
                    let status = csn_checker_new(objects.memory, &raw mut out, err);
                    csn_checker_free(mem::replace(&mut objects.checker, out));
                    csn_checker_set_ages(objects.checker, entries as u32, 5);
                    status
                }
                2 => csn_checker_add_public_key(objects.checker, id, bytes, err),
                3 => {
                    let secret = if entries < 128 { SECRET.into() } else { bytes };
                    csn_checker_add_hmac_sha256(objects.checker, c"edge-1".as_ptr(), secret, err)
                }
                4 => {
                    let mut out = ptr::without_provenance_mut(1);
                    let (family, checker) = (objects.family, objects.checker);
                    let status = if entries < 128 {
                        csn_receiver_new(family, checker, &raw mut out, err)
                    } else {
                        csn_receiver_new_trusting_the_network(family, &raw mut out, err)
                    };
                    csn_receiver_free(mem::replace(&mut objects.receiver, out));
                    status
                }
                _ => return self.judge(),
            }
        };
        explanation.must_fit(status);
    }

    /// # Safety
    /// The handles are live or NULL.
    unsafe fn judge(&mut self) {
        let mut verdict = Written::<csn_verdict>::new(self);
        let (request, now, more) = (self.request(), self.moment().unix_seconds, self.octet() % 4);
        let mut headers: Vec<csn_header> = Vec::new();
        let mut header = csn_header { name: csn_bytes::NONE, value: csn_bytes::NONE };
        let (produced, signed) = (self.objects.behind.produced, self.objects.behind.signed);
        // SAFETY: as in `forward`.
        unsafe {
            for place in 0..=csn_produced_count(produced) {
                if csn_produced_header(produced, place, &raw mut header) == csn_status::CSN_OK {
                    headers.push(header);
                }
            }
            for place in 0..3 {
                if csn_signed_header(signed, place, &raw mut header) == csn_status::CSN_OK {
                    headers.push(header);
                }
            }
        }
        headers.extend((0..more).map(|_| csn_header { name: self.bytes(), value: self.bytes() }));
        let (receiver, verifier) = (self.objects.behind.receiver, self.objects.verifier);
        let (request, count) = (&raw const request, headers.len());
        let headers = headers.as_ptr();
        // SAFETY: as in `forward`.
        let status = unsafe {
            let out = verdict.pointer();
            csn_receiver_judge(receiver, verifier, request, headers, count, now, out)
        };
        let Some(verdict) = verdict.written().filter(|verdict| verdict.decision != 0) else {
            return;
        };
        assert_eq!((status, verdict.decision, verdict.binding_len), (csn_status::CSN_OK, 1, 64));
        assert!((1..=2).contains(&verdict.reason) && verdict.expires >= now);
    }
}
