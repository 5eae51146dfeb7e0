//! The verdict as C gets it.

use core::ffi::c_char;
use core::mem::offset_of;
use core::slice;

use countersign::{Binding, OutOfScope, Particulars, Reason};

use crate::boundary::{Outcome, call};
use crate::reason::csn_decision;
use crate::sized::{self, Sized_};
use crate::status::csn_status;
use crate::text;

/// Allow or deny, why, who, and under which policy: a copy that needs no freeing. Begin with
/// CSN_VERDICT_INIT. Only decision == CSN_DECISION_ALLOW lets anyone in.
#[repr(C)]
#[derive(Clone, Debug)]
pub struct csn_verdict {
    /// sizeof(csn_verdict), set by the caller.
    pub struct_size: usize,
    /// A csn_decision.
    pub decision: i32,
    /// A csn_reason.
    pub reason: i32,
    /// Under CSN_REASON_ALLOWED_AUDIT, the csn_reason that enforcement would have denied with;
    /// else -1.
    pub audit_reason: i32,
    /// The certificate that a deny is about, by its place in the chain as presented, 0 being the
    /// leaf; -1 where it is about none.
    pub chain_index: i32,
    /// The generation of the policy that decided; 0 where none did.
    pub generation: u64,
    /// The last second in which this verdict may be relied on without asking again, in seconds
    /// since 1970; 0 on a deny.
    pub expires: i64,
    /// 1 where the verdict was remembered and not worked out anew. It is the same either way; of a
    /// connection's verdict it is not told.
    pub is_cached: u8,
    /// Bytes of binding: 64, or 0 on a deny.
    pub binding_len: u8,
    /// Bytes of client, NUL not counted; 0 where no client record matched.
    pub client_len: u16,
    /// Bytes of the whole rule, NUL not counted; 0 where none decided. Where this is 256 or more,
    /// rule holds what fits.
    pub rule_len: u32,
    /// The client's id, and NUL. It may be there on a deny, too.
    pub client: [c_char; 256],
    /// The rule that decided, as "kind:value" or "issued", and NUL.
    pub rule: [c_char; 256],
    /// What ties a session to the trust it was allowed under, for csn_reauthorize(). Keep it
    /// where the peer cannot change it, with the leaf: in the ticket or in the session cache.
    pub binding: [u8; 64],
}

// SAFETY: `repr(C)`, the size first, numbers and arrays of numbers.
unsafe impl Sized_ for csn_verdict {
    const FIRST_SIZE: usize = size_of::<Self>();
}

const _: () = assert!(Binding::LENGTH == 64);

/// The ids of clients fit, with NUL.
const _: () = assert!(countersign::limits::CLIENT_ID_BYTES < 256);

/// Where the verdict goes.
pub(crate) struct Answer {
    /// As [`csn_verdict::decide`] requires.
    out: *mut csn_verdict,
}

impl Answer {
    #[inline]
    pub(crate) fn give(self, verdict: &Particulars<'_>) -> Outcome<Given> {
        // SAFETY: only `decide` makes an answer, of what its caller vouches for, and waits for it.
        unsafe { sized::fill(self.out, |out| out.say(verdict)) }?;
        Ok(Given(()))
    }
}

/// That a verdict was given: no body ends well without.
pub(crate) struct Given(());

impl csn_verdict {
    /// Runs an export that ends in a verdict. Before anything else is done it is a deny, also where
    /// the caller's structure is too small for all else; and a deny is what it is again where the
    /// body fails.
    ///
    /// # Safety
    /// `out` is NULL or a csn_verdict that the caller may write, and that `body` does not touch.
    #[inline]
    pub(crate) unsafe fn decide(
        out: *mut Self,
        body: impl FnOnce(Answer) -> Outcome<Given>,
    ) -> csn_status {
        // SAFETY: as this function requires.
        let status = call(|| unsafe {
            Self::deny_at_least(out);
            sized::check(out)?;
            body(Answer { out }).map(|Given(())| ())
        });
        if status != csn_status::CSN_OK {
            // SAFETY: as this function requires.
            unsafe { Self::deny(out) };
        }
        status
    }

    /// Runs an export that may take an allowed client's verdict back, by what `body` says of the
    /// client's id. Where anything fails, the verdict is a deny.
    ///
    /// # Safety
    /// `verdict` is NULL or a csn_verdict that the caller may write; `body` may look at it.
    pub(crate) unsafe fn narrow(
        verdict: *mut Self,
        body: impl FnOnce(&[u8]) -> Outcome<Result<(), OutOfScope>>,
    ) -> csn_status {
        // SAFETY: as this function requires, and the size is that of a version with these fields.
        let status = call(|| unsafe {
            sized::check(verdict)?;
            if (*verdict).decision != csn_decision::CSN_DECISION_ALLOW as i32 {
                return Ok(());
            }
            match body((*verdict).client()?)? {
                Ok(()) => Ok(()),
                Err(refused) => sized::fill(verdict, |verdict| verdict.leave_scope(refused)),
            }
        });
        if status != csn_status::CSN_OK {
            // SAFETY: as this function requires.
            unsafe { Self::deny(verdict) };
        }
        status
    }

    /// Writes the decision and the reason of a deny, also where the size is that of no version: what
    /// it says is there is still there.
    ///
    /// # Safety
    /// As for [`decide`](Self::decide).
    #[inline]
    unsafe fn deny_at_least(out: *mut Self) {
        const DECIDED: usize = offset_of!(csn_verdict, audit_reason);
        // SAFETY: as this function requires.
        unsafe {
            if !out.is_null() && out.is_aligned() && out.cast::<usize>().read() >= DECIDED {
                (*out).decision = csn_decision::CSN_DECISION_DENY as i32;
                (*out).reason = Reason::Internal as i32;
            }
        }
    }

    /// The csn_decision in a verdict that the caller has.
    ///
    /// # Safety
    /// `verdict` is NULL or a csn_verdict.
    pub(crate) unsafe fn decision(verdict: *const Self) -> Outcome<i32> {
        // SAFETY: as this function requires, and the size is that of a version with this field.
        unsafe {
            sized::check(verdict)?;
            Ok((*verdict).decision)
        }
    }

    fn client(&self) -> Outcome<&[u8]> {
        let client = self.client.get(..self.client_len.into());
        let client = client.ok_or(csn_status::CSN_ERR_ARGUMENT)?;
        // SAFETY: characters are bytes of another sign.
        Ok(unsafe { slice::from_raw_parts(client.as_ptr().cast(), client.len()) })
    }

    fn leave_scope(&mut self, refused: OutOfScope) {
        self.decision = csn_decision::CSN_DECISION_DENY as i32;
        self.reason = Reason::OutOfScope as i32;
        (self.audit_reason, self.chain_index) = (-1, -1);
        (self.generation, self.expires) = (refused.generation(), 0);
        (self.binding, self.binding_len) = ([0; 64], 0);
    }

    /// # Safety
    /// As for [`csn_verdict::decide`].
    #[cold]
    unsafe fn deny(out: *mut Self) {
        // SAFETY: as this function requires. What is wrong with `out` was said already.
        let _ = call(|| unsafe {
            Self::deny_at_least(out);
            sized::fill(out, Self::be_a_deny)
        });
    }

    fn be_a_deny(&mut self) {
        self.decision = csn_decision::CSN_DECISION_DENY as i32;
        self.reason = Reason::Internal as i32;
        (self.audit_reason, self.chain_index) = (-1, -1);
        (self.generation, self.expires) = (0, 0);
        (self.is_cached, self.binding_len, self.client_len, self.rule_len) = (0, 0, 0, 0);
        (self.client[0], self.rule[0]) = (0, 0);
        self.binding = [0; 64];
    }

    /// Always inlined: called, it would have the particulars written to memory for it to read them.
    #[inline(always)]
    pub(crate) fn say(&mut self, verdict: &Particulars<'_>) {
        let place = verdict.chain_index.map(|place| i32::try_from(place).unwrap_or(i32::MAX));
        self.reason = verdict.reason as i32;
        self.audit_reason = verdict.audit_reason.map_or(-1, |reason| reason as i32);
        self.chain_index = place.unwrap_or(-1);
        self.generation = verdict.generation;
        self.is_cached = verdict.is_cached.into();
        let client = text::copy(verdict.client, &mut self.client);
        self.client_len = u16::try_from(client).unwrap_or(u16::MAX);
        let rule = text::copy(&verdict.rule, &mut self.rule);
        self.rule_len = u32::try_from(rule).unwrap_or(u32::MAX);
        self.expires = verdict.binding.map_or(0, |binding| binding.expiry().as_secs());
        (self.binding, self.binding_len) = match verdict.binding {
            Some(binding) => (*binding.as_bytes(), 64),
            // That of an allow before must not be taken for one of this client's.
            None => ([0; 64], 0),
        };
        // Last: until everything is here it is a deny.
        self.decision = verdict.reason.decision() as i32;
    }

    /// One to be written by this library for a callback.
    pub(crate) fn empty() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            decision: csn_decision::CSN_DECISION_DENY as i32,
            reason: Reason::Internal as i32,
            audit_reason: -1,
            chain_index: -1,
            generation: 0,
            expires: 0,
            is_cached: 0,
            binding_len: 0,
            client_len: 0,
            rule_len: 0,
            client: [0; 256],
            rule: [0; 256],
            binding: [0; 64],
        }
    }
}
