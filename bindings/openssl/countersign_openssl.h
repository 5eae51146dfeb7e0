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
 * SEVERAL SERVER NAMES. SSL_set_SSL_CTX() by itself leaves the verify mode of the SSL_CTX that the
 * SSL began with: use csn_openssl_switch(), and protect every SSL_CTX that an SSL may begin or end
 * with. OpenSSL looks sessions up by the callbacks of the first, before the servername callback. So
 * where that callback switches, only sessions of the first SSL_CTX resume; where the client hello
 * callback does (SSL_CTX_set_client_hello_cb), all of them. Behind a first SSL_CTX without
 * protection, a session of a protected one that resumes is shut. No session gets from one to
 * another in any of these ways.
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
    /* Most sessions that are kept here, for clients without tickets. Default: 1,024. */
    uint32_t cached_sessions;
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

/* Gives an SSL in its handshake another SSL_CTX, with that one's demands on the client. For the
 * client hello callback and the servername callback, which fail the handshake where it returns
 * 0. */
static inline int csn_openssl_switch(SSL *ssl, SSL_CTX *ctx);

/* ---- What follows is how. ---- */

/* A session's record, in the ticket's application data: what csn_reauthorize() needs besides the
 * leaf. OpenSSL keeps it in sessions that it caches, too, and in those that it serialises. */
#define CSN_OPENSSL_RECORD_ 108u
/* Magic and version. */
#define CSN_OPENSSL_MAGIC_ "csn1"
/* SHA-256 of the SSL_CTX's id and the server name. */
#define CSN_OPENSSL_PLACE_AT_ 4u
/* When the client proved its key, big-endian seconds. */
#define CSN_OPENSSL_TIME_AT_ 36u
#define CSN_OPENSSL_BINDING_AT_ 44u

/* One more certificate than csn_verify() takes, so that it says limit_exceeded of a longer
 * chain. */
#define CSN_OPENSSL_CHAIN_ 17
#define CSN_OPENSSL_CHAIN_BYTES_ 65536u

/* Sessions whose ids begin alike share this many places. */
#define CSN_OPENSSL_WAYS_ 4u

typedef void (*csn_openssl_info_fn_)(const SSL *ssl, int where, int value);
typedef SSL_SESSION *(*csn_openssl_get_fn_)(SSL *ssl, const unsigned char *id, int len, int *copy);

/* What a protected SSL_CTX has. */
typedef struct {
    csn_verifier *verifier;
    /* Who it is: in records, and the session id context. */
    unsigned char id[32];
    int is_required;
    int resumes;
    int64_t session_age;
    /* Those that were there before. */
    csn_openssl_info_fn_ info;
    csn_openssl_get_fn_ get;
#if CSN_OPENSSL_RESUMES_
    CRYPTO_RWLOCK *lock;
    SSL_SESSION **kept;
    size_t sets;
    unsigned next;
#endif
} csn_openssl_entry_;

/* What an SSL has once its client was judged. */
typedef struct {
    /* The SSL_CTX by whose policy, and the certificate on which. An SSL may get another SSL_CTX,
     * and SSL_clear() makes it ready for another client. */
    unsigned char entry[32];
    unsigned char leaf[32];
    csn_verdict verdict;
} csn_openssl_slot_;

static int csn_openssl_entry_index_ = -1;
static int csn_openssl_slot_index_ = -1;

static inline int64_t csn_openssl_now_(void) { return (int64_t)time(NULL); }

static inline void csn_openssl_deny_(csn_verdict *out, csn_reason reason) {
    memset(out, 0, sizeof *out);
    out->struct_size = sizeof *out;
    out->decision = CSN_DECISION_DENY;
    out->reason = (int32_t)reason;
    out->chain_index = -1;
}

static inline csn_openssl_entry_ *csn_openssl_entry_of_(const SSL_CTX *ctx) {
    if (ctx == NULL || csn_openssl_entry_index_ < 0) {
        return NULL;
    }
    return (csn_openssl_entry_ *)SSL_CTX_get_ex_data(ctx, csn_openssl_entry_index_);
}

static inline csn_openssl_slot_ *csn_openssl_slot_of_(const SSL *ssl) {
    if (csn_openssl_slot_index_ < 0) {
        return NULL;
    }
    return (csn_openssl_slot_ *)SSL_get_ex_data(ssl, csn_openssl_slot_index_);
}

static inline int csn_openssl_digest_(X509 *leaf, unsigned char out[32]) {
    unsigned length = 0;
    return leaf != NULL && X509_digest(leaf, EVP_sha256(), out, &length) == 1 && length == 32;
}

/* Keeps a verdict on leaf with ssl; 0 where that cannot be. */
static inline int csn_openssl_keep_(SSL *ssl, const csn_openssl_entry_ *entry, X509 *leaf,
                                    const csn_verdict *verdict) {
    csn_openssl_slot_ *slot = csn_openssl_slot_of_(ssl);
    if (slot == NULL) {
        slot = (csn_openssl_slot_ *)OPENSSL_malloc(sizeof *slot);
        if (slot == NULL) {
            return 0;
        }
        if (SSL_set_ex_data(ssl, csn_openssl_slot_index_, slot) != 1) {
            OPENSSL_free(slot);
            return 0;
        }
    }
    memset(slot, 0, sizeof *slot);
    csn_openssl_deny_(&slot->verdict, CSN_REASON_INTERNAL);
    memcpy(slot->entry, entry->id, sizeof slot->entry);
    if (leaf != NULL && !csn_openssl_digest_(leaf, slot->leaf)) {
        return 0;
    }
    slot->verdict = *verdict;
    return 1;
}

/* The slot, where its verdict is about the SSL_CTX and the certificate that the SSL has now. */
static inline csn_openssl_slot_ *csn_openssl_allowed_(const SSL *ssl) {
    const csn_openssl_entry_ *entry = csn_openssl_entry_of_(SSL_get_SSL_CTX(ssl));
    csn_openssl_slot_ *slot = csn_openssl_slot_of_(ssl);
    const SSL_SESSION *session = SSL_get_session(ssl);
    unsigned char leaf[32];
    if (entry == NULL || slot == NULL || session == NULL ||
        slot->verdict.decision != CSN_DECISION_ALLOW) {
        return NULL;
    }
    if (!csn_openssl_digest_(SSL_SESSION_get0_peer((SSL_SESSION *)session), leaf)) {
        return NULL;
    }
    if (memcmp(slot->entry, entry->id, sizeof slot->entry) != 0 ||
        memcmp(slot->leaf, leaf, sizeof leaf) != 0) {
        return NULL;
    }
    return slot;
}

/* A chain as csn_verify() takes it. */
typedef struct {
    csn_bytes der[CSN_OPENSSL_CHAIN_];
    size_t count;
    size_t bytes;
} csn_openssl_chain_;

static inline int csn_openssl_chain_add_(csn_openssl_chain_ *chain, X509 *certificate) {
    unsigned char *der = NULL;
    int length = i2d_X509(certificate, &der);
    if (length <= 0 || der == NULL) {
        return 0;
    }
    chain->der[chain->count].data = der;
    chain->der[chain->count].len = (size_t)length;
    chain->count++;
    chain->bytes += (size_t)length;
    return 1;
}

static inline void csn_openssl_chain_free_(csn_openssl_chain_ *chain) {
    while (chain->count > 0) {
        chain->count--;
        OPENSSL_free((void *)chain->der[chain->count].data);
    }
}

/* The leaf and the others, which may include it. Stops where csn_verify() says limit_exceeded. */
static inline int csn_openssl_chain_fill_(csn_openssl_chain_ *chain, X509 *leaf,
                                     const STACK_OF(X509) *others) {
    int count = others == NULL ? 0 : (int)sk_X509_num(others);
    int at;
    chain->count = 0;
    chain->bytes = 0;
    if (leaf == NULL || !csn_openssl_chain_add_(chain, leaf)) {
        return 0;
    }
    for (at = 0; at < count; at++) {
        /* The type of the index differs between libraries; it is in range of all of them. */
        X509 *other = sk_X509_value(others, at);
        if (chain->count == CSN_OPENSSL_CHAIN_ || chain->bytes > CSN_OPENSSL_CHAIN_BYTES_) {
            break;
        }
        if (other != leaf && !csn_openssl_chain_add_(chain, other)) {
            return 0;
        }
    }
    return 1;
}

static inline void csn_openssl_judge_(const csn_openssl_entry_ *entry, X509 *leaf,
                                      const STACK_OF(X509) *others, int64_t now, csn_verdict *out) {
    csn_openssl_chain_ chain;
    csn_openssl_deny_(out, CSN_REASON_INTERNAL);
    if (csn_openssl_chain_fill_(&chain, leaf, others) &&
        csn_verify(entry->verifier, chain.der, chain.count, now, out) != CSN_OK) {
        csn_openssl_deny_(out, CSN_REASON_INTERNAL);
    }
    csn_openssl_chain_free_(&chain);
}

/* Where a session belongs. */
static inline void csn_openssl_place_(const csn_openssl_entry_ *entry, const unsigned char *name,
                                      size_t length, unsigned char out[32]) {
    unsigned char both[32 + 256];
    if (length > 256) {
        /* No server name is that long; all that are belong nowhere. */
        memset(out, 0, 32);
        return;
    }
    memcpy(both, entry->id, 32);
    if (length > 0) {
        memcpy(both + 32, name, length);
    }
    SHA256(both, 32 + length, out);
}

static inline void csn_openssl_place_of_(const csn_openssl_entry_ *entry, const SSL *ssl,
                                         unsigned char out[32]) {
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    csn_openssl_place_(entry, (const unsigned char *)name, name == NULL ? 0 : strlen(name), out);
}

#if CSN_OPENSSL_RESUMES_
/* Writes the record into the session under way. Without one the session does not resume: no
 * harm. */
static inline void csn_openssl_mark_(SSL *ssl, const csn_openssl_entry_ *entry,
                                     const csn_verdict *verdict, int64_t now) {
    unsigned char record[CSN_OPENSSL_RECORD_];
    SSL_SESSION *session = SSL_get_session(ssl);
    int at;
    if (session == NULL || !entry->resumes || verdict->binding_len != sizeof verdict->binding) {
        return;
    }
    memcpy(record, CSN_OPENSSL_MAGIC_, CSN_OPENSSL_PLACE_AT_);
    csn_openssl_place_of_(entry, ssl, record + CSN_OPENSSL_PLACE_AT_);
    for (at = 0; at < 8; at++) {
        record[CSN_OPENSSL_TIME_AT_ + (unsigned)at] =
            (unsigned char)((uint64_t)now >> (56 - 8 * at));
    }
    memcpy(record + CSN_OPENSSL_BINDING_AT_, verdict->binding, sizeof verdict->binding);
    SSL_SESSION_set1_ticket_appdata(session, record, sizeof record);
}

/* The record of a session that belongs here and is not too old, else NULL. */
static inline const unsigned char *csn_openssl_record_(const csn_openssl_entry_ *entry,
                                                       SSL_SESSION *session,
                                                       const unsigned char place[32], int64_t now) {
    void *data = NULL;
    const unsigned char *record;
    size_t length = 0, at;
    uint64_t since = 0;
    if (SSL_SESSION_get0_ticket_appdata(session, &data, &length) != 1 || data == NULL ||
        length != CSN_OPENSSL_RECORD_) {
        return NULL;
    }
    record = (const unsigned char *)data;
    if (memcmp(record, CSN_OPENSSL_MAGIC_, CSN_OPENSSL_PLACE_AT_) != 0 ||
        memcmp(record + CSN_OPENSSL_PLACE_AT_, place, 32) != 0) {
        return NULL;
    }
    for (at = 0; at < 8; at++) {
        since = since << 8 | record[CSN_OPENSSL_TIME_AT_ + at];
    }
    if (now < 0 || since > (uint64_t)now || (uint64_t)now - since > (uint64_t)entry->session_age) {
        return NULL;
    }
    return record;
}

/* Whether this session may resume in ssl; the verdict is kept with ssl where it may. */
static inline int csn_openssl_reauthorize_(SSL *ssl, const csn_openssl_entry_ *entry,
                                           SSL_SESSION *session, const unsigned char place[32]) {
    int64_t now = csn_openssl_now_();
    X509 *leaf = SSL_SESSION_get0_peer(session);
    const unsigned char *record = csn_openssl_record_(entry, session, place, now);
    csn_verdict verdict = CSN_VERDICT_INIT;
    csn_openssl_chain_ chain;
    csn_bytes binding;
    csn_status status = CSN_ERR_STATE;
    if (!entry->resumes || record == NULL || leaf == NULL) {
        return 0;
    }
    binding.data = record + CSN_OPENSSL_BINDING_AT_;
    binding.len = CSN_OPENSSL_RECORD_ - CSN_OPENSSL_BINDING_AT_;
    if (csn_openssl_chain_fill_(&chain, leaf, NULL)) {
        status = csn_reauthorize(entry->verifier, chain.der[0], binding, now, &verdict);
    }
    csn_openssl_chain_free_(&chain);
    return status == CSN_OK && verdict.decision == CSN_DECISION_ALLOW &&
           csn_openssl_keep_(ssl, entry, leaf, &verdict);
}

/* The place that the hello under way is for. OpenSSL has not read the server name yet when it
 * looks for a session (RFC 6066 section 3 has the form: one list of one host name). */
static inline int csn_openssl_hello_place_(SSL *ssl, const csn_openssl_entry_ *entry,
                                           unsigned char place[32]) {
    const unsigned char *at = NULL;
    size_t length = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &at, &length) != 1) {
        csn_openssl_place_(entry, NULL, 0, place);
        return 1;
    }
    if (length < 5 || ((size_t)at[0] << 8 | at[1]) != length - 2 ||
        at[2] != TLSEXT_NAMETYPE_host_name || ((size_t)at[3] << 8 | at[4]) != length - 5) {
        return 0;
    }
    csn_openssl_place_(entry, at + 5, length - 5, place);
    return 1;
}

/* Whether a session that the hello offers may resume. */
static inline int csn_openssl_gate_(SSL *ssl, SSL_SESSION *session) {
    const csn_openssl_entry_ *entry = csn_openssl_entry_of_(SSL_get_SSL_CTX(ssl));
    unsigned char place[32];
    return entry != NULL && session != NULL && csn_openssl_hello_place_(ssl, entry, place) &&
           csn_openssl_reauthorize_(ssl, entry, session, place);
}

static inline SSL_TICKET_RETURN csn_openssl_ticket_(SSL *ssl, SSL_SESSION *session,
                                                    const unsigned char *key_name, size_t length,
                                                    SSL_TICKET_STATUS status, void *unused) {
    (void)key_name;
    (void)length;
    (void)unused;
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) {
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    if (!csn_openssl_gate_(ssl, session)) {
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

/* OpenSSL's own cache asks nobody before a session is used. This one stands in its place. */
static inline SSL_SESSION **csn_openssl_set_(const csn_openssl_entry_ *entry,
                                             const unsigned char *id, size_t length) {
    /* We made the ids, and they are random. */
    size_t at = 0, sum = 0;
    while (at < length && at < 8) {
        sum = sum << 4 ^ id[at++];
    }
    return entry->kept + sum % entry->sets * CSN_OPENSSL_WAYS_;
}

static inline int csn_openssl_new_session_(SSL *ssl, SSL_SESSION *session) {
    csn_openssl_entry_ *entry = csn_openssl_entry_of_(SSL_get_SSL_CTX(ssl));
    void *record = NULL;
    size_t length = 0;
    unsigned id_length = 0;
    const unsigned char *id = SSL_SESSION_get_id(session, &id_length);
    SSL_SESSION **place, *before;
    /* A TLS 1.3 ticket that holds its session has an id, too, and nobody asks for it. */
    int is_in_ticket = SSL_version(ssl) == TLS1_3_VERSION &&
                       (SSL_get_options(ssl) & SSL_OP_NO_TICKET) == 0;
    if (entry == NULL || entry->kept == NULL || is_in_ticket || id_length == 0 ||
        SSL_SESSION_get0_ticket_appdata(session, &record, &length) != 1 || length == 0) {
        return 0;
    }
    if (!CRYPTO_THREAD_write_lock(entry->lock)) {
        return 0;
    }
    place = csn_openssl_set_(entry, id, id_length) + entry->next++ % CSN_OPENSSL_WAYS_;
    before = *place;
    *place = session;
    CRYPTO_THREAD_unlock(entry->lock);
    SSL_SESSION_free(before);
    return 1;
}

static inline int csn_openssl_has_id_(const SSL_SESSION *session, const unsigned char *id,
                                      size_t length) {
    unsigned has = 0;
    const unsigned char *its = session == NULL ? NULL : SSL_SESSION_get_id(session, &has);
    return its != NULL && has == length && memcmp(its, id, length) == 0;
}

/* A reference to the session with this id; NULL where there is none. */
static inline SSL_SESSION *csn_openssl_find_(const csn_openssl_entry_ *entry,
                                             const unsigned char *id, size_t length) {
    SSL_SESSION **set = csn_openssl_set_(entry, id, length), *found = NULL;
    size_t at;
    if (!CRYPTO_THREAD_read_lock(entry->lock)) {
        return NULL;
    }
    for (at = 0; at < CSN_OPENSSL_WAYS_ && found == NULL; at++) {
        if (csn_openssl_has_id_(set[at], id, length) && SSL_SESSION_up_ref(set[at]) == 1) {
            found = set[at];
        }
    }
    CRYPTO_THREAD_unlock(entry->lock);
    return found;
}

static inline SSL_SESSION *csn_openssl_get_session_(SSL *ssl, const unsigned char *id, int length,
                                                    int *copy) {
    const csn_openssl_entry_ *entry = csn_openssl_entry_of_(SSL_get_SSL_CTX(ssl));
    SSL_SESSION *session = NULL;
    if (entry != NULL && entry->get != NULL) {
        session = entry->get(ssl, id, length, copy);
    } else if (entry != NULL && entry->kept != NULL && length > 0) {
        *copy = 0;
        session = csn_openssl_find_(entry, id, (size_t)length);
    }
    if (session != NULL && !csn_openssl_gate_(ssl, session)) {
        if (!*copy) {
            SSL_SESSION_free(session);
        }
        session = NULL;
    }
    return session;
}

static inline void csn_openssl_remove_session_(SSL_CTX *ctx, SSL_SESSION *session) {
    csn_openssl_entry_ *entry = csn_openssl_entry_of_(ctx);
    unsigned length = 0;
    const unsigned char *id = SSL_SESSION_get_id(session, &length);
    SSL_SESSION **set, *removed = NULL;
    size_t at;
    if (entry == NULL || entry->kept == NULL || length == 0 ||
        !CRYPTO_THREAD_write_lock(entry->lock)) {
        return;
    }
    set = csn_openssl_set_(entry, id, length);
    for (at = 0; at < CSN_OPENSSL_WAYS_ && removed == NULL; at++) {
        if (csn_openssl_has_id_(set[at], id, length)) {
            removed = set[at];
            set[at] = NULL;
        }
    }
    CRYPTO_THREAD_unlock(entry->lock);
    SSL_SESSION_free(removed);
}
#endif /* CSN_OPENSSL_RESUMES_ */

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
    csn_openssl_judge_(entry, leaf, X509_STORE_CTX_get0_untrusted(store), now, &verdict);
    if (csn_openssl_keep_(ssl, entry, leaf, &verdict) && verdict.decision == CSN_DECISION_ALLOW) {
#if CSN_OPENSSL_RESUMES_
        csn_openssl_mark_(ssl, entry, &verdict, now);
#endif
        X509_STORE_CTX_set_error(store, X509_V_OK);
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
    if (csn_openssl_allowed_(ssl) != NULL) {
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
    return csn_openssl_slot_index_ >= 0 && csn_openssl_entry_index_ >= 0;
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
    int length = snprintf(text, sizeof text, "countersign openssl 1 %d %s", entry->is_required,
                          name == NULL ? "" : name);
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
        (!SSL_is_init_finished(ssl) || csn_openssl_allowed_(ssl) == NULL)) {
        return CSN_ERR_STATE;
    }
    *out = slot->verdict;
    return CSN_OK;
}

static inline csn_status csn_openssl_review(SSL *ssl, int64_t now, csn_verdict *out) {
    csn_status status = csn_openssl_verdict(ssl, out);
    const csn_openssl_entry_ *entry;
    csn_verdict before, verdict = CSN_VERDICT_INIT;
    X509 *leaf;
    if (status != CSN_OK || out->decision != CSN_DECISION_ALLOW) {
        return status == CSN_OK ? CSN_ERR_STATE : status;
    }
    before = *out;
    csn_openssl_deny_(out, CSN_REASON_INTERNAL);
    entry = csn_openssl_entry_of_(SSL_get_SSL_CTX(ssl));
    leaf = SSL_SESSION_get0_peer(SSL_get_session(ssl));
    if (!SSL_session_reused(ssl)) {
        csn_openssl_judge_(entry, leaf, SSL_get_peer_cert_chain(ssl), now, &verdict);
    } else {
        /* Only the leaf is left of the chain. */
        csn_openssl_chain_ chain;
        csn_bytes binding;
        binding.data = before.binding;
        binding.len = before.binding_len;
        if (!csn_openssl_chain_fill_(&chain, leaf, NULL) ||
            csn_reauthorize(entry->verifier, chain.der[0], binding, now, &verdict) != CSN_OK) {
            csn_openssl_deny_(&verdict, CSN_REASON_INTERNAL);
        }
        csn_openssl_chain_free_(&chain);
    }
    if (!csn_openssl_keep_(ssl, entry, leaf, &verdict)) {
        return CSN_ERR_STATE;
    }
    *out = verdict;
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
