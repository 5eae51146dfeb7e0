/*
 * Sessions that resume: their record, the gate before them, and the cache that asks it.
 *
 * A part of countersign_openssl.h, which includes it; not to be included by itself.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef COUNTERSIGN_OPENSSL_SESSIONS_H
#define COUNTERSIGN_OPENSSL_SESSIONS_H

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
    csn_openssl_before_(ssl, entry);
    binding.data = record + CSN_OPENSSL_BINDING_AT_;
    binding.len = CSN_OPENSSL_RECORD_ - CSN_OPENSSL_BINDING_AT_;
    if (csn_openssl_chain_fill_(&chain, leaf, NULL)) {
        status = csn_reauthorize(entry->verifier, chain.der[0], binding, now, &verdict);
    }
    csn_openssl_chain_free_(&chain);
    if (status != CSN_OK || verdict.decision != CSN_DECISION_ALLOW ||
        !csn_openssl_keep_(ssl, entry, leaf, &verdict)) {
        return 0;
    }
    csn_openssl_after_(ssl, entry, leaf, 1, &verdict);
    return 1;
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
        SSL_SESSION_get0_ticket_appdata(session, &record, &length) != 1 ||
        length != CSN_OPENSSL_RECORD_) {
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

/* What an SSL_CTX without protection has that is guarded: the callback that was there before. */
typedef struct {
    csn_openssl_get_fn_ get;
} csn_openssl_guard_;

static inline csn_openssl_guard_ *csn_openssl_guard_of_(const SSL_CTX *ctx) {
    if (ctx == NULL || csn_openssl_guard_index_ < 0) {
        return NULL;
    }
    return (csn_openssl_guard_ *)SSL_CTX_get_ex_data(ctx, csn_openssl_guard_index_);
}

/* Whether a session was made under protection: it has a record, or the mark of one without. */
static inline int csn_openssl_is_marked_(SSL_SESSION *session) {
    void *data = NULL;
    size_t length = 0;
    return SSL_SESSION_get0_ticket_appdata(session, &data, &length) != 1 || length > 0;
}

/* Marks a session under way: should it get no record, it is known all the same. */
static inline void csn_openssl_claim_(SSL *ssl) {
    SSL_SESSION *session = SSL_get_session(ssl);
    if (session != NULL && !SSL_session_reused(ssl) && !csn_openssl_is_marked_(session)) {
        SSL_SESSION_set1_ticket_appdata(session, CSN_OPENSSL_MAGIC_, CSN_OPENSSL_PLACE_AT_);
    }
}

static inline SSL_TICKET_RETURN csn_openssl_guard_ticket_(SSL *ssl, SSL_SESSION *session,
                                                          const unsigned char *key_name,
                                                          size_t length, SSL_TICKET_STATUS status,
                                                          void *unused) {
    (void)ssl;
    (void)key_name;
    (void)length;
    (void)unused;
    if ((status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) ||
        csn_openssl_is_marked_(session)) {
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

static inline SSL_SESSION *csn_openssl_guard_get_(SSL *ssl, const unsigned char *id, int length,
                                                  int *copy) {
    csn_openssl_guard_ *guard = csn_openssl_guard_of_(SSL_get_SSL_CTX(ssl));
    SSL_SESSION *session = guard == NULL ? NULL : guard->get(ssl, id, length, copy);
    if (session != NULL && csn_openssl_is_marked_(session)) {
        if (!*copy) {
            SSL_SESSION_free(session);
        }
        return NULL;
    }
    return session;
}
#endif /* CSN_OPENSSL_RESUMES_ */

#endif /* COUNTERSIGN_OPENSSL_SESSIONS_H */
