/*
 * What OpenSSL calls in a handshake: to verify the chain, and for the last word at its end.
 *
 * A part of countersign_openssl.h, which includes it; not to be included by itself.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef COUNTERSIGN_OPENSSL_HANDSHAKE_H
#define COUNTERSIGN_OPENSSL_HANDSHAKE_H

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

#endif /* COUNTERSIGN_OPENSSL_HANDSHAKE_H */
