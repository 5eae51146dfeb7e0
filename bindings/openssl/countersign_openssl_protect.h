/*
 * What becomes of an SSL_CTX: protected, guarded, or given to an SSL in the place of another.
 *
 * A part of countersign_openssl.h, which includes it; not to be included by itself.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef COUNTERSIGN_OPENSSL_PROTECT_H
#define COUNTERSIGN_OPENSSL_PROTECT_H

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

#endif /* COUNTERSIGN_OPENSSL_PROTECT_H */
