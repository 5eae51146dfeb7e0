/*
 * What an SSL_CTX and an SSL keep, and the verdict on a chain that OpenSSL holds.
 *
 * A part of countersign_openssl.h, which includes it; not to be included by itself.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef COUNTERSIGN_OPENSSL_JUDGE_H
#define COUNTERSIGN_OPENSSL_JUDGE_H

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
    int defers;
    int64_t session_age;
    csn_openssl_before_fn before;
    csn_openssl_after_fn after;
    void *userdata;
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
    /* That of the last verdict that allowed. A later deny has none, and may be reviewed again. */
    unsigned char binding[sizeof(((csn_verdict *)0)->binding)];
    size_t binding_len;
} csn_openssl_slot_;

static int csn_openssl_entry_index_ = -1;
static int csn_openssl_slot_index_ = -1;
static int csn_openssl_guard_index_ = -1;

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

/* A verdict on the same client again. */
static inline void csn_openssl_replace_(csn_openssl_slot_ *slot, const csn_verdict *verdict) {
    slot->verdict = *verdict;
    if (verdict->decision == CSN_DECISION_ALLOW) {
        memcpy(slot->binding, verdict->binding, sizeof slot->binding);
        slot->binding_len = verdict->binding_len;
    }
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
    csn_openssl_replace_(slot, verdict);
    return 1;
}

/* The slot, where its verdict is about the SSL_CTX and the certificate that the SSL has now. */
static inline csn_openssl_slot_ *csn_openssl_judged_(const SSL *ssl) {
    const csn_openssl_entry_ *entry = csn_openssl_entry_of_(SSL_get_SSL_CTX(ssl));
    csn_openssl_slot_ *slot = csn_openssl_slot_of_(ssl);
    const SSL_SESSION *session = SSL_get_session(ssl);
    unsigned char leaf[32];
    if (entry == NULL || slot == NULL || session == NULL) {
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

static inline void csn_openssl_before_(SSL *ssl, const csn_openssl_entry_ *entry) {
    if (entry->before != NULL) {
        entry->before(ssl, entry->userdata);
    }
}

static inline void csn_openssl_after_(SSL *ssl, const csn_openssl_entry_ *entry, X509 *leaf,
                                      int is_resumed, const csn_verdict *verdict) {
    if (entry->after != NULL) {
        entry->after(ssl, leaf, is_resumed, verdict, entry->userdata);
    }
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

static inline void csn_openssl_judge_(const csn_verifier *verifier, X509 *leaf,
                                      const STACK_OF(X509) *others, int64_t now, csn_verdict *out) {
    csn_openssl_chain_ chain;
    csn_openssl_deny_(out, CSN_REASON_INTERNAL);
    if (csn_openssl_chain_fill_(&chain, leaf, others) &&
        csn_verify(verifier, chain.der, chain.count, now, out) != CSN_OK) {
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

#endif /* COUNTERSIGN_OPENSSL_JUDGE_H */
