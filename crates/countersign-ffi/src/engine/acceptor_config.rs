//! What an acceptor is made from.

use core::ffi::c_char;
use core::mem;
use core::time::Duration;

use countersign::engine::{Acceptor, AcceptorBuilder, Entry, Resumption, TlsVersion};

use crate::boundary::{Outcome, call, call_explained, value};
use crate::bytes::{array, csn_bytes, string};
use crate::error::csn_error;
use crate::handle::{Handle, borrow, borrow_mut, free, give, put_new, share};
use crate::status::csn_status;
use crate::verifier::csn_verifier;

use super::credential::csn_credential;
use super::ticket_keys::csn_ticket_keys;

/// What an acceptor is made from: entries, and settings that all have a default. Not to be used
/// by two threads at once.
pub struct csn_acceptor_config {
    _opaque: [u8; 0],
}

impl Handle for csn_acceptor_config {
    type Inner = AcceptorBuilder;
}

/// What a server demands of its clients.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum csn_client_auth {
    /// Nobody is asked for a certificate.
    CSN_CLIENT_AUTH_OFF = 0,
    /// A client may come without a certificate and is nobody then; one that it shows must be
    /// allowed.
    CSN_CLIENT_AUTH_OPTIONAL = 1,
    /// Only clients that are allowed get in.
    CSN_CLIENT_AUTH_REQUIRED = 2,
}

/// For csn_acceptor_config_add_entry(): the CertificateRequest does not name the trust anchors. A
/// client with several certificates then has to know which one to show; the handshake is smaller
/// and tells an outsider nothing about who is trusted.
pub const CSN_ENTRY_NO_ROOT_HINTS: u32 = 1;

/// An empty configuration.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_acceptor_config_new(out: *mut *mut csn_acceptor_config) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions, here and in all that follows.
    call(|| unsafe { put_new(out, || Ok(give(Acceptor::builder()))) })
}

/// Adds an entry: what is shown under some server names, and what is demanded there. A name may
/// be a wildcard for one label, "*.api.example". With count 0 it is the entry for every other
/// name, and for clients that name none. There can be one such entry; without it these clients are
/// refused with unrecognized_name.
/// client_auth is a csn_client_auth; verifier is NULL where that is CSN_CLIENT_AUTH_OFF, and only
/// there. flags is 0 or CSN_ENTRY_NO_ROOT_HINTS. Credential and verifier stay the caller's and
/// may be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_acceptor_config_add_entry(
    config: *mut csn_acceptor_config,
    server_names: *const *const c_char,
    count: usize,
    credential: *const csn_credential,
    client_auth: i32,
    verifier: *const csn_verifier,
    flags: u32,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            let credential = borrow(credential)?.clone();
            let entry = match (client_auth, verifier.is_null()) {
                (0, true) => Entry::without_client_auth(credential),
                (1, _) => Entry::optional(credential, share(verifier)?),
                (2, _) => Entry::required(credential, share(verifier)?),
                _ => return Err(csn_status::CSN_ERR_ARGUMENT.into()),
            };
            if flags & !CSN_ENTRY_NO_ROOT_HINTS != 0 {
                return Err(csn_status::CSN_ERR_ARGUMENT.into());
            }
            let names = array(server_names, count)?;
            let mut named = entry.root_hints(flags & CSN_ENTRY_NO_ROOT_HINTS == 0);
            for name in names {
                named = named.named(string(*name)?);
            }
            change(config, |builder| match names {
                [] => builder.default_entry(named),
                _ => builder.entry(named),
            })
        })
    }
}

/// Application protocols in the form of RFC 7301, each behind its length in one byte
/// ("\x02h2\x08http/1.1"), the preferred first. With any, a client that offers only others is
/// refused.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_acceptor_config_set_alpn(
    config: *mut csn_acceptor_config,
    protocols: csn_bytes,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            let protocols = protocol_names(protocols.as_slice()?);
            let protocols = protocols.ok_or(csn_status::CSN_ERR_ARGUMENT)?;
            change(config, |builder| builder.alpn(protocols))
        })
    }
}

fn protocol_names(mut list: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    while let Some((length, rest)) = list.split_first() {
        let (name, rest) = rest.split_at_checked((*length).into())?;
        if name.is_empty() {
            return None;
        }
        names.push(name.to_vec());
        list = rest;
    }
    Some(names)
}

/// Protocol versions by their numbers on the wire: 0x0304 is TLS 1.3, 0x0303 TLS 1.2. Default:
/// both.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_acceptor_config_set_versions(
    config: *mut csn_acceptor_config,
    versions: *const u16,
    count: usize,
) -> csn_status {
    // SAFETY: as above.
    call(|| unsafe {
        let versions = array(versions, count)?.iter().map(|version| match version {
            0x0303 => Ok(TlsVersion::Tls12),
            0x0304 => Ok(TlsVersion::Tls13),
            _ => Err(csn_status::CSN_ERR_ARGUMENT),
        });
        let versions = versions.collect::<Result<Vec<_>, _>>()?;
        change(config, |builder| builder.versions(versions))
    })
}

/// Key exchanges by their numbers in the TLS registry: 29 is X25519, 23 P-256, 24 P-384, 4588
/// X25519MLKEM768. Default: all that the crypto provider has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_acceptor_config_set_key_exchanges(
    config: *mut csn_acceptor_config,
    groups: *const u16,
    count: usize,
) -> csn_status {
    // SAFETY: as above.
    call(|| unsafe {
        let groups = array(groups, count)?.to_vec();
        change(config, |builder| builder.key_exchanges(groups))
    })
}

/// Lets sessions resume by tickets under these keys, each_handshake of them after a TLS 1.3
/// handshake (1 is usual, 16 is the most). Every session that resumes is authorised again under the policy in
/// force. By default none does. The keys stay the caller's and may be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_acceptor_config_set_tickets(
    config: *mut csn_acceptor_config,
    keys: *const csn_ticket_keys,
    each_handshake: usize,
) -> csn_status {
    // SAFETY: as above.
    call(|| unsafe {
        let resumption = Resumption::tickets(share(keys)?);
        change(config, |builder| builder.resumption(resumption).tickets(each_handshake))
    })
}

/// Lets sessions resume from a cache in this process that holds this many; otherwise as
/// csn_acceptor_config_set_tickets().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_acceptor_config_set_session_cache(
    config: *mut csn_acceptor_config,
    sessions: usize,
) -> csn_status {
    // SAFETY: as above.
    call(|| unsafe { change(config, |builder| builder.resumption(Resumption::cache(sessions))) })
}

/// How long after a full handshake its sessions may resume, at most. Default: a day.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_acceptor_config_set_session_age(
    config: *mut csn_acceptor_config,
    seconds: u32,
) -> csn_status {
    let age = Duration::from_secs(seconds.into());
    // SAFETY: as above.
    call(|| unsafe { change(config, |builder| builder.session_age(age)) })
}

/// How long a handshake may take. Default: 10,000 ms.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_acceptor_config_set_handshake_time(
    config: *mut csn_acceptor_config,
    milliseconds: u32,
) -> csn_status {
    let time = Duration::from_millis(milliseconds.into());
    // SAFETY: as above.
    call(|| unsafe { change(config, |builder| builder.handshake_time(time)) })
}

/// Whether (0 is no) TLS 1.2 clients must bind the master secret to the handshake (RFC 7627). Default: they
/// must.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_acceptor_config_set_extended_master_secret(
    config: *mut csn_acceptor_config,
    required: i32,
) -> csn_status {
    // SAFETY: as above.
    call(|| unsafe {
        change(config, |builder| builder.require_extended_master_secret(required != 0))
    })
}

/// # Safety
/// `config` is as the header's conventions say.
unsafe fn change(
    config: *mut csn_acceptor_config,
    change: impl FnOnce(AcceptorBuilder) -> AcceptorBuilder,
) -> Outcome {
    // SAFETY: as this function requires.
    let builder = unsafe { borrow_mut(config)? };
    // Without an entry it is of no use, should this be the end of it.
    *builder = change(mem::replace(builder, Acceptor::builder()));
    Ok(())
}

/// Frees a configuration; NULL is fine. Acceptors that were made from it stay.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_acceptor_config_free(config: *mut csn_acceptor_config) {
    // SAFETY: as above.
    value((), || unsafe { free(config) });
}
