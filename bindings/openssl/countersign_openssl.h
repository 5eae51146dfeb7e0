/*
 * countersign for programs that use OpenSSL: csn_openssl_protect() puts a verifier into an SSL_CTX.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * For OpenSSL 1.1.1 and 3, AWS-LC and BoringSSL, C99 and C++11. Include it in ONE source file of a
 * program: what belongs to an SSL is found by an index of the file that protected it. The
 * conventions are those of countersign.h.
 *
 * WHAT HOLDS for an SSL of an SSL_CTX that is protected
 *
 * 1. Without a verdict that allows the client, no handshake ends in a connection that carries data,
 *    unless clients are optional and this one showed no certificate. Refusals are alerts. What
 *    comes past the checks on the way (a pre-shared key, callbacks or a verify mode that somebody
 *    set later, another SSL_CTX) is caught at the end of the handshake: the SSL is shut before it
 *    reads or writes a byte.
 * 2. A session resumes only where the policy in force allows its client, on the leaf and binding
 *    that the session carries; in the SSL_CTX (or those of one name) and for the server name that
 *    it was made for; and not beyond session_age. Any other is declined, and a full handshake
 *    follows.
 *    A client without a certificate has no session to resume.
 * 3. csn_openssl_verdict() says the same of fresh and of resumed sessions, and nothing good before
 *    the client has proved its key.
 * 4. Renegotiation and early data are off, and a certificate that comes after the handshake is
 *    refused.
 *
 * With CSN_OPENSSL_DEFER, 1. is the program's: every client gets through the handshake, and
 * csn_openssl_verdict() says for each what would have become of it. Only those that are allowed
 * resume sessions then, too.
 *
 * SEVERAL SERVER NAMES. SSL_set_SSL_CTX() by itself leaves the verify mode of the SSL_CTX that the
 * SSL began with: use csn_openssl_switch(), and protect every SSL_CTX that an SSL may begin or end
 * with. OpenSSL looks sessions up by the callbacks of the first, before the servername callback. So
 * where that callback switches, only sessions of the first SSL_CTX resume; where the client hello
 * callback does (SSL_CTX_set_client_hello_cb), all of them. A first SSL_CTX without protection
 * wants csn_openssl_guard(): otherwise a session of a protected one that resumes there is shut. No
 * session gets from one to another in any of these ways.
 *
 * WHAT IT TAKES OVER of an SSL_CTX: verification of chains, verify mode, session id context,
 * session cache and ticket callbacks, tickets' application data, info callback. An info callback
 * and a session cache of your own that were set before are still called. Do not use
 * SSL_read_early_data() and SSL_write_early_data() with a protected SSL_CTX.
 */

#ifndef COUNTERSIGN_OPENSSL_H
#define COUNTERSIGN_OPENSSL_H

#include <countersign.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* These two have no hook between a ticket's decryption and its use, so that a session could not be
 * authorised again: sessions do not resume there. */
#if defined(OPENSSL_IS_BORINGSSL) || defined(OPENSSL_IS_AWSLC)
#define CSN_OPENSSL_RESUMES_ 0
#else
#define CSN_OPENSSL_RESUMES_ 1
#endif

/* What becomes of sessions. */
typedef enum {
    /* A session resumes where the policy in force allows its client. */
    CSN_OPENSSL_RECHECK = 0,
    /* Every handshake is a full one. */
    CSN_OPENSSL_NO_RESUMPTION = 1
} csn_openssl_resumption;

/* What becomes of a client that is not allowed. */
typedef enum {
    /* Its handshake fails, by an alert that says why. */
    CSN_OPENSSL_ALERT = 0,
    /* Its handshake succeeds. The program asks for the verdict before anything that matters, and
     * refuses in its own protocol's words. */
    CSN_OPENSSL_DEFER = 1
} csn_openssl_refusal;

/* For cached_sessions: clients without tickets do not resume. */
#define CSN_OPENSSL_NO_CACHE UINT32_MAX

/* What a program is told in the handshake, with the userdata of its options. They must not fail. */
typedef void (*csn_openssl_before_fn)(SSL *ssl, void *userdata);
typedef void (*csn_openssl_after_fn)(SSL *ssl, X509 *leaf, int is_resumed,
                                     const csn_verdict *verdict, void *userdata);

/* How an SSL_CTX is protected. Begin with CSN_OPENSSL_OPTIONS_INIT; 0 is the default of each. */
typedef struct {
    /* sizeof(csn_openssl_options), set by the caller. */
    size_t struct_size;
    /* CSN_CLIENT_AUTH_REQUIRED, which is the default, or CSN_CLIENT_AUTH_OPTIONAL. */
    int32_t client_auth;
    /* A csn_openssl_resumption. */
    int32_t resumption;
    /* Sessions of one SSL_CTX resume in another of the same name and client_auth, also of another
     * process or machine, if it has the ticket keys. Default: NULL, in this SSL_CTX only. */
    const char *name;
    /* How long after a full handshake its sessions may resume, in seconds. Default: a day. */
    uint32_t session_age;
    /* Most sessions that are kept here, for clients without tickets, unless the SSL_CTX has a
     * session cache of its own. Default: 1,024. */
    uint32_t cached_sessions;
    /* A csn_openssl_refusal. */
    int32_t refusal;
    /* Called before a client's chain or session is judged. Default: NULL. */
    csn_openssl_before_fn before;
    /* Called once a chain was judged, or a session that is allowed to resume: before the client has
     * proved that the certificate is its own. Default: NULL. */
    csn_openssl_after_fn after;
    void *userdata;
} csn_openssl_options;

#define CSN_OPENSSL_OPTIONS_INIT CSN_SIZED_(csn_openssl_options)

/* Lets only clients in that the verifier allows. For servers, once for each SSL_CTX, after its
 * own callbacks are set and before its first SSL is made. It keeps a reference to the verifier
 * until the SSL_CTX goes. options may be NULL. Where it fails, the SSL_CTX is not to be used. */
static inline csn_status csn_openssl_protect(SSL_CTX *ctx, const csn_verifier *verifier,
                                             const csn_openssl_options *options, csn_error *err);

/* The verdict on the client of this SSL: the one that let it in, the one that refused it, or the
 * last csn_openssl_review(). CSN_ERR_STATE, and a deny, where there is none: no certificate was
 * shown, or the handshake is not complete. */
static inline csn_status csn_openssl_verdict(const SSL *ssl, csn_verdict *out);

/* Judges the client of a connection again, by the policy in force now. Cheap while nothing has
 * changed. Where out denies, close the connection. CSN_ERR_STATE, and a deny, where
 * csn_openssl_verdict() does not allow the client. now is in seconds since 1970. */
static inline csn_status csn_openssl_review(SSL *ssl, int64_t now, csn_verdict *out);

/* The same by the policy of another verifier, for a program that has several behind one SSL_CTX.
 * Nothing of it is kept with the SSL. Of a session that resumed, only the leaf and the binding are
 * left: where the other policy trusts differently, it is CSN_REASON_SESSION_STALE. */
static inline csn_status csn_openssl_review_by(const SSL *ssl, const csn_verifier *verifier,
                                               int64_t now, csn_verdict *out);

/* Gives an SSL in its handshake another SSL_CTX, with that one's demands on the client. For the
 * client hello callback and the servername callback, which fail the handshake where it returns
 * 0. */
static inline int csn_openssl_switch(SSL *ssl, SSL_CTX *ctx);

/* For an SSL_CTX without protection that an SSL begins with and that a servername callback may switch
 * from, to one that is protected: OpenSSL looks for sessions in the first. From here on, sessions
 * that were made under a protected one do not resume in it, and a full handshake follows; without
 * this they are shut. Once for each SSL_CTX, after its own session callbacks are set. */
static inline csn_status csn_openssl_guard(SSL_CTX *ctx, csn_error *err);

/* ---- What follows is how. ---- */

#include "countersign_openssl_judge.h"
#include "countersign_openssl_sessions.h"

/* Whether a handshake of this connection was completed before. */
static inline int csn_openssl_is_later_(const SSL *ssl) {
    unsigned char byte[1];
    return SSL_get_peer_finished(ssl, byte, sizeof byte) > 0;
}

/* Stands in for OpenSSL's verification of the client's chain. */
static inline int csn_openssl_verify_(X509_STORE_CTX *store, void *unused) {
    SSL *ssl = (SSL *)X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const csn_openssl_entry_ *entry =
        ssl == NULL ? NULL : csn_openssl_entry_of_(SSL_get_SSL_CTX(ssl));
    int64_t now = csn_openssl_now_();
    X509 *leaf = X509_STORE_CTX_get0_cert(store);
    csn_verdict verdict;
    int error;
    (void)unused;
    X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
    /* A certificate that comes after the handshake would change who the client is. */
    if (entry == NULL || csn_openssl_is_later_(ssl)) {
        return 0;
    }
    csn_openssl_before_(ssl, entry);
    csn_openssl_judge_(entry->verifier, leaf, X509_STORE_CTX_get0_untrusted(store), now, &verdict);
    if (!csn_openssl_keep_(ssl, entry, leaf, &verdict)) {
        return 0;
    }
    csn_openssl_after_(ssl, entry, leaf, 0, &verdict);
    if (verdict.decision == CSN_DECISION_ALLOW) {
#if CSN_OPENSSL_RESUMES_
        csn_openssl_mark_(ssl, entry, &verdict, now);
#endif
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    if (entry->defers) {
        /* Among those that programs take for "optional, and not verified". */
        X509_STORE_CTX_set_error(store, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE);
        return 1;
    }
    error = csn_reason_x509_error(verdict.reason);
    X509_STORE_CTX_set_error(store, error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error);
    return 0;
}

/* Nothing is read or written any more. */
static inline void csn_openssl_shut_(SSL *ssl, const csn_openssl_entry_ *entry, csn_reason reason) {
    csn_verdict verdict;
    SSL_set_quiet_shutdown(ssl, 1);
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    csn_openssl_deny_(&verdict, reason);
    csn_openssl_keep_(ssl, entry, NULL, &verdict);
}

/* The last word on a handshake that is complete, however it came to that. A session that resumed
 * past the gate is shut even where its client is still allowed, so that who bypasses the gate
 * learns of it at once. */
static inline void csn_openssl_confirm_(SSL *ssl, const csn_openssl_entry_ *entry) {
    SSL_SESSION *session = SSL_get_session(ssl);
    X509 *leaf = session == NULL ? NULL : SSL_SESSION_get0_peer(session);
    const csn_openssl_slot_ *slot = csn_openssl_judged_(ssl);
    if (slot != NULL && (slot->verdict.decision == CSN_DECISION_ALLOW || entry->defers)) {
        return;
    }
    if (leaf == NULL && !entry->is_required) {
        return;
    }
    csn_openssl_shut_(ssl, entry,
                      leaf == NULL ? CSN_REASON_NO_CERTIFICATE : CSN_REASON_SESSION_STALE);
}

static inline void csn_openssl_info_(const SSL *ssl, int where, int value) {
    const csn_openssl_entry_ *entry = csn_openssl_entry_of_(SSL_get_SSL_CTX(ssl));
    csn_openssl_slot_ *slot = csn_openssl_slot_of_(ssl);
    if (where == SSL_CB_HANDSHAKE_START && slot != NULL && !csn_openssl_is_later_(ssl)) {
        csn_openssl_deny_(&slot->verdict, CSN_REASON_INTERNAL);
        memset(slot->entry, 0, sizeof slot->entry);
    }
#if CSN_OPENSSL_RESUMES_
    if ((where & SSL_CB_LOOP) != 0 && entry != NULL && !csn_openssl_is_later_(ssl)) {
        csn_openssl_claim_((SSL *)ssl);
    }
#endif
    if (where == SSL_CB_HANDSHAKE_DONE && entry != NULL) {
        csn_openssl_confirm_((SSL *)ssl, entry);
    }
    if (entry != NULL && entry->info != NULL) {
        entry->info(ssl, where, value);
    }
}

static inline void csn_openssl_free_entry_(csn_openssl_entry_ *entry) {
    if (entry == NULL) {
        return;
    }
#if CSN_OPENSSL_RESUMES_
    if (entry->kept != NULL) {
        size_t at;
        for (at = 0; at < entry->sets * CSN_OPENSSL_WAYS_; at++) {
            SSL_SESSION_free(entry->kept[at]);
        }
        OPENSSL_free(entry->kept);
    }
    CRYPTO_THREAD_lock_free(entry->lock);
#endif
    csn_verifier_free(entry->verifier);
    OPENSSL_free(entry);
}

static inline void csn_openssl_entry_gone_(void *parent, void *entry, CRYPTO_EX_DATA *data,
                                           int index, long number, void *pointer) {
    (void)parent, (void)data, (void)index, (void)number, (void)pointer;
    csn_openssl_free_entry_((csn_openssl_entry_ *)entry);
}

static inline void csn_openssl_slot_gone_(void *parent, void *slot, CRYPTO_EX_DATA *data, int index,
                                          long number, void *pointer) {
    (void)parent, (void)data, (void)index, (void)number, (void)pointer;
    OPENSSL_free(slot);
}

#if CSN_OPENSSL_RESUMES_
/* SSL_dup() copies pointers; the copy of an SSL has no verdict, and no slot of another's to
 * free. */
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
#define CSN_OPENSSL_FROM_ void **
#else
#define CSN_OPENSSL_FROM_ void *
#endif
static inline int csn_openssl_slot_dup_(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from,
                                        CSN_OPENSSL_FROM_ slot, int index, long number,
                                        void *pointer) {
    (void)to, (void)from, (void)index, (void)number, (void)pointer;
    *(void **)slot = NULL;
    return 1;
}
#define CSN_OPENSSL_DUP_ csn_openssl_slot_dup_
#else
#define CSN_OPENSSL_DUP_ NULL
#endif

static inline void csn_openssl_make_indices_(void) {
    if (csn_openssl_slot_index_ < 0) {
        csn_openssl_slot_index_ =
            SSL_get_ex_new_index(0, NULL, NULL, CSN_OPENSSL_DUP_, csn_openssl_slot_gone_);
    }
    if (csn_openssl_entry_index_ < 0) {
        csn_openssl_entry_index_ =
            SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, csn_openssl_entry_gone_);
    }
    if (csn_openssl_guard_index_ < 0) {
        csn_openssl_guard_index_ =
            SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, csn_openssl_slot_gone_);
    }
}

/* 0 where OpenSSL has no memory for it. */
static inline int csn_openssl_has_indices_(void) {
#if CSN_OPENSSL_RESUMES_
    static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
    if (!CRYPTO_THREAD_run_once(&once, csn_openssl_make_indices_)) {
        return 0;
    }
#else
    /* No "once" of their own to use: protect the first SSL_CTX on one thread. */
    csn_openssl_make_indices_();
#endif
    return csn_openssl_slot_index_ >= 0 && csn_openssl_entry_index_ >= 0 &&
           csn_openssl_guard_index_ >= 0;
}

static inline csn_status csn_openssl_fail_(csn_status status, const char *message, csn_error *err) {
    if (err != NULL && err->struct_size >= sizeof *err) {
        err->status = (int32_t)status;
        err->line = 0;
        err->column = 0;
        err->file[0] = '\0';
        snprintf(err->message, sizeof err->message, "%s", message);
    }
    return status;
}

/* Who the SSL_CTX is: the same for the same name and demands, else like no other. */
static inline int csn_openssl_name_entry_(csn_openssl_entry_ *entry, const char *name) {
    char text[32 + 256];
    unsigned char other[32];
    int length = snprintf(text, sizeof text, "countersign openssl 1 %d %d %s", entry->is_required,
                          entry->defers, name == NULL ? "" : name);
    if (length < 0 || (size_t)length >= sizeof text || RAND_bytes(other, sizeof other) != 1) {
        return 0;
    }
    if (name == NULL) {
        memcpy(entry->id, other, sizeof other);
    } else {
        SHA256((const unsigned char *)text, (size_t)length, entry->id);
    }
    return 1;
}

static inline int csn_openssl_make_cache_(csn_openssl_entry_ *entry, uint32_t sessions) {
#if CSN_OPENSSL_RESUMES_
    size_t count = sessions == 0 ? 1024 : sessions;
    if (sessions == CSN_OPENSSL_NO_CACHE) {
        return 1;
    }
    entry->sets = (count + CSN_OPENSSL_WAYS_ - 1) / CSN_OPENSSL_WAYS_;
    entry->lock = CRYPTO_THREAD_lock_new();
    entry->kept =
        (SSL_SESSION **)OPENSSL_zalloc(entry->sets * CSN_OPENSSL_WAYS_ * sizeof *entry->kept);
    return entry->lock != NULL && entry->kept != NULL;
#else
    (void)entry, (void)sessions;
    return 1;
#endif
}

static inline csn_openssl_entry_ *
csn_openssl_new_entry_(const SSL_CTX *ctx, const csn_verifier *verifier,
                       const csn_openssl_options *options) {
    csn_openssl_entry_ *entry = (csn_openssl_entry_ *)OPENSSL_malloc(sizeof *entry);
    if (entry == NULL) {
        return NULL;
    }
    memset(entry, 0, sizeof *entry);
    entry->verifier = csn_verifier_up_ref(verifier);
    entry->is_required = options->client_auth != CSN_CLIENT_AUTH_OPTIONAL;
    entry->defers = options->refusal == CSN_OPENSSL_DEFER;
    entry->before = options->before;
    entry->after = options->after;
    entry->userdata = options->userdata;
    entry->resumes = CSN_OPENSSL_RESUMES_ && options->resumption == CSN_OPENSSL_RECHECK;
    entry->session_age = options->session_age == 0 ? 86400 : (int64_t)options->session_age;
    entry->info = (csn_openssl_info_fn_)SSL_CTX_get_info_callback((SSL_CTX *)ctx);
    if (entry->verifier == NULL || !csn_openssl_name_entry_(entry, options->name) ||
        !csn_openssl_make_cache_(entry, options->cached_sessions)) {
        csn_openssl_free_entry_(entry);
        return NULL;
    }
    return entry;
}

static inline void csn_openssl_set_resumption_(SSL_CTX *ctx, csn_openssl_entry_ *entry) {
#if CSN_OPENSSL_RESUMES_
    SSL_CTX_set_session_ticket_cb(ctx, NULL, csn_openssl_ticket_, NULL);
    SSL_CTX_set_max_early_data(ctx, 0);
    SSL_CTX_set_recv_max_early_data(ctx, 0);
    if (entry->resumes) {
        entry->get = SSL_CTX_sess_get_get_cb(ctx);
        if (entry->get == NULL) {
            SSL_CTX_sess_set_new_cb(ctx, csn_openssl_new_session_);
            SSL_CTX_sess_set_remove_cb(ctx, csn_openssl_remove_session_);
        }
        SSL_CTX_sess_set_get_cb(ctx, csn_openssl_get_session_);
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL |
                                                SSL_SESS_CACHE_NO_AUTO_CLEAR);
        return;
    }
    /* Without it, TLS 1.3 would still hand out tickets for the gate to decline. */
    SSL_CTX_set_num_tickets(ctx, 0);
#else
    (void)entry;
    SSL_CTX_set_early_data_enabled(ctx, 0);
#endif
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
}

static inline const char *csn_openssl_wrong_(const csn_openssl_options *options) {
    if (options->client_auth != 0 && options->client_auth != CSN_CLIENT_AUTH_OPTIONAL &&
        options->client_auth != CSN_CLIENT_AUTH_REQUIRED) {
        return "client_auth is neither CSN_CLIENT_AUTH_REQUIRED nor CSN_CLIENT_AUTH_OPTIONAL";
    }
    if (options->resumption != CSN_OPENSSL_RECHECK &&
        options->resumption != CSN_OPENSSL_NO_RESUMPTION) {
        return "resumption is not a csn_openssl_resumption";
    }
    if (options->refusal != CSN_OPENSSL_ALERT && options->refusal != CSN_OPENSSL_DEFER) {
        return "refusal is not a csn_openssl_refusal";
    }
    if (options->name != NULL && (options->name[0] == '\0' || strlen(options->name) > 255)) {
        return "name has to have 1 to 255 bytes, or be NULL";
    }
    return NULL;
}

static inline csn_status csn_openssl_protect(SSL_CTX *ctx, const csn_verifier *verifier,
                                             const csn_openssl_options *options, csn_error *err) {
    csn_openssl_options defaults = CSN_OPENSSL_OPTIONS_INIT;
    csn_openssl_entry_ *entry;
    const char *wrong;
    if (options == NULL) {
        options = &defaults;
    }
    if (ctx == NULL || verifier == NULL) {
        return csn_openssl_fail_(CSN_ERR_NULL, "ctx and verifier must not be NULL", err);
    }
    if (options->struct_size < sizeof *options) {
        return csn_openssl_fail_(CSN_ERR_STRUCT_SIZE,
                                 "begin options with CSN_OPENSSL_OPTIONS_INIT", err);
    }
    wrong = csn_openssl_wrong_(options);
    if (wrong != NULL) {
        return csn_openssl_fail_(CSN_ERR_ARGUMENT, wrong, err);
    }
    if (!csn_openssl_has_indices_()) {
        return csn_openssl_fail_(CSN_ERR_USAGE, "OpenSSL gives no ex_data index", err);
    }
    if (csn_openssl_entry_of_(ctx) != NULL) {
        return csn_openssl_fail_(CSN_ERR_USAGE, "this SSL_CTX is protected already", err);
    }
    entry = csn_openssl_new_entry_(ctx, verifier, options);
    if (entry == NULL || SSL_CTX_set_ex_data(ctx, csn_openssl_entry_index_, entry) != 1) {
        csn_openssl_free_entry_(entry);
        return csn_openssl_fail_(CSN_ERR_USAGE, "no memory or no random bytes", err);
    }
    if (SSL_CTX_set_session_id_context(ctx, entry->id, sizeof entry->id) != 1) {
        return csn_openssl_fail_(CSN_ERR_USAGE, "OpenSSL refuses the session id context", err);
    }
    SSL_CTX_set_verify(ctx,
                       SSL_VERIFY_PEER | (entry->is_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       SSL_CTX_get_verify_callback(ctx));
    SSL_CTX_set_cert_verify_callback(ctx, csn_openssl_verify_, NULL);
    SSL_CTX_set_info_callback(ctx, csn_openssl_info_);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
    csn_openssl_set_resumption_(ctx, entry);
    return CSN_OK;
}

static inline csn_status csn_openssl_verdict(const SSL *ssl, csn_verdict *out) {
    const csn_openssl_entry_ *entry;
    const csn_openssl_slot_ *slot;
    if (out == NULL) {
        return CSN_ERR_NULL;
    }
    csn_openssl_deny_(out, CSN_REASON_INTERNAL);
    if (ssl == NULL) {
        return CSN_ERR_NULL;
    }
    out->reason = CSN_REASON_NO_CERTIFICATE;
    entry = csn_openssl_entry_of_(SSL_get_SSL_CTX(ssl));
    slot = csn_openssl_slot_of_(ssl);
    if (entry == NULL || slot == NULL || memcmp(slot->entry, entry->id, sizeof entry->id) != 0) {
        return CSN_ERR_STATE;
    }
    if (slot->verdict.decision == CSN_DECISION_ALLOW &&
        (!SSL_is_init_finished(ssl) || csn_openssl_judged_(ssl) == NULL)) {
        return CSN_ERR_STATE;
    }
    *out = slot->verdict;
    return CSN_OK;
}

static inline csn_status csn_openssl_review_by(const SSL *ssl, const csn_verifier *verifier,
                                               int64_t now, csn_verdict *out) {
    csn_status status = csn_openssl_verdict(ssl, out);
    csn_verdict verdict = CSN_VERDICT_INIT;
    const csn_openssl_slot_ *slot;
    csn_openssl_chain_ chain;
    csn_bytes binding;
    X509 *leaf;
    if (status != CSN_OK) {
        return status;
    }
    slot = csn_openssl_judged_(ssl);
    if (slot == NULL || verifier == NULL || !SSL_is_init_finished(ssl) ||
        (out->decision != CSN_DECISION_ALLOW &&
         !csn_openssl_entry_of_(SSL_get_SSL_CTX(ssl))->defers)) {
        /* A deny stays as it is: it says why. */
        if (out->decision != CSN_DECISION_DENY) {
            csn_openssl_deny_(out, CSN_REASON_INTERNAL);
        }
        return CSN_ERR_STATE;
    }
    leaf = SSL_SESSION_get0_peer(SSL_get_session(ssl));
    if (!SSL_session_reused(ssl)) {
        csn_openssl_judge_(verifier, leaf, SSL_get_peer_cert_chain(ssl), now, out);
        return CSN_OK;
    }
    /* Only the leaf is left of the chain. */
    binding.data = slot->binding;
    binding.len = slot->binding_len;
    if (!csn_openssl_chain_fill_(&chain, leaf, NULL) ||
        csn_reauthorize(verifier, chain.der[0], binding, now, &verdict) != CSN_OK) {
        csn_openssl_deny_(&verdict, CSN_REASON_INTERNAL);
    }
    csn_openssl_chain_free_(&chain);
    *out = verdict;
    return CSN_OK;
}

static inline csn_status csn_openssl_review(SSL *ssl, int64_t now, csn_verdict *out) {
    const csn_openssl_entry_ *entry =
        ssl == NULL ? NULL : csn_openssl_entry_of_(SSL_get_SSL_CTX(ssl));
    csn_status status =
        csn_openssl_review_by(ssl, entry == NULL ? NULL : entry->verifier, now, out);
    if (status == CSN_OK) {
        csn_openssl_replace_(csn_openssl_slot_of_(ssl), out);
    }
    return status;
}

static inline csn_status csn_openssl_guard(SSL_CTX *ctx, csn_error *err) {
#if CSN_OPENSSL_RESUMES_
    csn_openssl_guard_ *guard;
    if (ctx == NULL) {
        return csn_openssl_fail_(CSN_ERR_NULL, "ctx must not be NULL", err);
    }
    if (!csn_openssl_has_indices_()) {
        return csn_openssl_fail_(CSN_ERR_USAGE, "OpenSSL gives no ex_data index", err);
    }
    if (csn_openssl_entry_of_(ctx) != NULL || csn_openssl_guard_of_(ctx) != NULL) {
        return csn_openssl_fail_(CSN_ERR_USAGE, "this SSL_CTX is protected or guarded already", err);
    }
    guard = (csn_openssl_guard_ *)OPENSSL_zalloc(sizeof *guard);
    if (guard == NULL || SSL_CTX_set_ex_data(ctx, csn_openssl_guard_index_, guard) != 1) {
        OPENSSL_free(guard);
        return csn_openssl_fail_(CSN_ERR_USAGE, "no memory", err);
    }
    guard->get = SSL_CTX_sess_get_get_cb(ctx);
    SSL_CTX_set_session_ticket_cb(ctx, NULL, csn_openssl_guard_ticket_, NULL);
    if (guard->get != NULL) {
        SSL_CTX_sess_set_get_cb(ctx, csn_openssl_guard_get_);
    }
#else
    /* Sessions of those that are protected do not resume anyway. */
    (void)ctx, (void)err;
#endif
    return CSN_OK;
}

static inline int csn_openssl_switch(SSL *ssl, SSL_CTX *ctx) {
    if (ssl == NULL || ctx == NULL) {
        return 0;
    }
    if (SSL_get_SSL_CTX(ssl) == ctx) {
        return 1;
    }
    /* A session that resumed already did so in the other one. */
    if (SSL_session_reused(ssl) || SSL_set_SSL_CTX(ssl, ctx) != ctx) {
        return 0;
    }
    SSL_set_verify(ssl, SSL_CTX_get_verify_mode(ctx), SSL_CTX_get_verify_callback(ctx));
    SSL_set_options(ssl, SSL_CTX_get_options(ctx) & (SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET));
    return 1;
}

#endif /* COUNTERSIGN_OPENSSL_H */
