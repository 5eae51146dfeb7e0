/* Stands before the library and fails where FAULT says: a verdict that allows, and a status that says
 * that nothing was decided. */
#include <countersign.h>
#include <string.h>

__attribute__((unused)) static csn_status lie(csn_verdict *out) {
    out->decision = CSN_DECISION_ALLOW;
    out->reason = CSN_REASON_ALLOWED;
    strcpy(out->client, "acme-billing");
    out->client_len = 12;
    return CSN_ERR_PANIC;
}

#ifdef FAULT_VERIFY
csn_status csn_verify(const csn_verifier *verifier, const csn_bytes *chain, size_t count, int64_t now,
                      csn_verdict *out) {
    (void)verifier, (void)chain, (void)count, (void)now;
    return lie(out);
}
#endif

#ifdef FAULT_REAUTHORIZE
csn_status csn_reauthorize(const csn_verifier *verifier, csn_bytes leaf, csn_bytes binding,
                           int64_t now, csn_verdict *out) {
    (void)verifier, (void)leaf, (void)binding, (void)now;
    return lie(out);
}
#endif

#ifdef FAULT_SCOPE
csn_status csn_verdict_require_scope(const csn_verifier *verifier, csn_bytes scope,
                                     csn_verdict *verdict) {
    (void)verifier, (void)scope;
    return lie(verdict);
}
#endif

#ifdef FAULT_DIGEST
csn_status csn_verifier_policy_digest(const csn_verifier *verifier, uint8_t *out) {
    (void)verifier, (void)out;
    return CSN_ERR_PANIC;
}
#endif
