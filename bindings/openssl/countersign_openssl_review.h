/*
 * The verdict on the client of a connection, then and now.
 *
 * A part of countersign_openssl.h, which includes it; not to be included by itself.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef COUNTERSIGN_OPENSSL_REVIEW_H
#define COUNTERSIGN_OPENSSL_REVIEW_H

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

#endif /* COUNTERSIGN_OPENSSL_REVIEW_H */
