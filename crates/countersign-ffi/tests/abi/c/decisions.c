/* A chain in, a verdict out. */
#include "check.h"

csn_verdict decide(const csn_verifier *verifier, csn_bytes leaf, csn_bytes intermediate, int64_t at) {
    csn_verdict verdict = CSN_VERDICT_INIT;
    csn_bytes chain[2];
    chain[0] = leaf;
    chain[1] = intermediate;
    CHECK_INT(csn_verify(verifier, chain, 2, at, &verdict), CSN_OK);
    return verdict;
}

void test_decisions(void) {
    csn_verifier *verifier = NULL, *again;
    csn_verdict verdict = CSN_VERDICT_INIT;
    csn_error error = CSN_ERROR_INIT;
    csn_bytes ca = scene_file("ca.der"), billing = scene_file("billing.der");
    csn_bytes other = scene_file("other.der"), garbage = {(const uint8_t *)"garbage", 7};
    csn_bytes many[100];
    size_t i;
    int64_t year = 366 * 86400;

    CHECK_INT(csn_verifier_from_file(scene_path("policy.toml"), &verifier, &error), CSN_OK);
    CHECK_INT(csn_verifier_generation(verifier), 1);

    verdict = decide(verifier, billing, ca, now);
    CHECK_INT(verdict.decision, CSN_DECISION_ALLOW);
    CHECK_INT(verdict.reason, CSN_REASON_ALLOWED);
    CHECK_INT(verdict.audit_reason, -1);
    CHECK_INT(verdict.chain_index, -1);
    CHECK_INT(verdict.generation, 1);
    CHECK(verdict.expires > now);
    CHECK_INT(verdict.is_cached, 0);
    CHECK_TEXT(verdict.client, "acme-billing");
    CHECK_INT(verdict.client_len, 12);
    CHECK_TEXT(verdict.rule, "uri:spiffe://acme.example/billing");
    CHECK_INT(verdict.rule_len, strlen(verdict.rule));
    CHECK_INT(verdict.binding_len, 64);
    verdict = decide(verifier, billing, ca, now);
    CHECK_INT(verdict.decision, CSN_DECISION_ALLOW);
    CHECK_INT(verdict.is_cached, 1);
    CHECK_TEXT(verdict.client, "acme-billing");

    /* What was there before is gone. */
    CHECK_INT(csn_verify(verifier, &other, 1, now, &verdict), CSN_OK);
    CHECK_INT(verdict.decision, CSN_DECISION_DENY);
    CHECK_INT(verdict.reason, CSN_REASON_UNKNOWN_ISSUER);
    CHECK_TEXT(verdict.client, "");
    CHECK_TEXT(verdict.rule, "");
    CHECK_INT(verdict.client_len + verdict.rule_len + verdict.binding_len, 0);
    for (i = 0; i < sizeof verdict.binding; i++) {
        CHECK_INT(verdict.binding[i], 0);
    }
    CHECK_INT(verdict.expires, 0);
    CHECK_INT(verdict.generation, 1);
    verdict = decide(verifier, other, ca, now);
    CHECK_INT(verdict.reason, CSN_REASON_NOT_LISTED);
    verdict = decide(verifier, billing, ca, now + 10 * year);
    CHECK_INT(verdict.reason, CSN_REASON_EXPIRED);
    verdict = decide(verifier, billing, ca, now - 10 * year);
    CHECK_INT(verdict.reason, CSN_REASON_NOT_YET_VALID);
    verdict = decide(verifier, garbage, ca, now);
    CHECK_INT(verdict.reason, CSN_REASON_MALFORMED);
    CHECK_INT(verdict.chain_index, 0);
    verdict = decide(verifier, billing, ca, INT64_MIN);
    CHECK_INT(verdict.decision, CSN_DECISION_DENY);
    verdict = decide(verifier, billing, ca, INT64_MAX);
    CHECK_INT(verdict.decision, CSN_DECISION_DENY);

    CHECK_INT(csn_verify(verifier, NULL, 0, now, &verdict), CSN_OK);
    CHECK_INT(verdict.reason, CSN_REASON_NO_CERTIFICATE);
    CHECK_INT(csn_verify(verifier, (const csn_bytes *)1, 0, now, &verdict), CSN_OK);
    CHECK_INT(verdict.reason, CSN_REASON_NO_CERTIFICATE);
    many[0].data = (const uint8_t *)1;
    many[0].len = 0;
    CHECK_INT(csn_verify(verifier, many, 1, now, &verdict), CSN_OK);
    CHECK_INT(verdict.reason, CSN_REASON_MALFORMED);
    for (i = 0; i < 100; i++) {
        many[i] = billing;
    }
    CHECK_INT(csn_verify(verifier, many, 100, now, &verdict), CSN_OK);
    CHECK_INT(verdict.reason, CSN_REASON_LIMIT_EXCEEDED);
    CHECK_INT(csn_verify(verifier, many, 17, now, &verdict), CSN_OK);
    CHECK_INT(verdict.reason, CSN_REASON_LIMIT_EXCEEDED);
    many[1] = ca;
    CHECK_INT(csn_verify(verifier, many, 16, now, &verdict), CSN_OK);
    CHECK_INT(verdict.reason, CSN_REASON_ALLOWED);

    /* A larger structure, as a newer header has it, is filled as far as this library knows. */
    {
        struct {
            csn_verdict known;
            uint64_t unknown;
        } newer;
        memset(&newer, 0x5a, sizeof newer);
        newer.known.struct_size = sizeof newer;
        CHECK_INT(csn_verify(verifier, many, 2, now, &newer.known), CSN_OK);
        CHECK_INT(newer.known.decision, CSN_DECISION_ALLOW);
        CHECK(newer.unknown == UINT64_C(0x5a5a5a5a5a5a5a5a));
    }

    /* Zeroed memory is a deny, by its decision and by its reason. */
    memset(&verdict, 0, sizeof verdict);
    CHECK_INT(csn_verify(verifier, many, 2, now, &verdict), CSN_ERR_STRUCT_SIZE);
    CHECK_INT(verdict.decision, CSN_DECISION_DENY);
    CHECK(csn_reason_x509_error(verdict.reason) != 0);
    CHECK(csn_reason_http_status(verdict.reason) >= 400);

    /* Two references, and the one goes first. */
    again = csn_verifier_up_ref(verifier);
    csn_verifier_free(verifier);
    verdict = decide(again, billing, ca, now);
    CHECK_INT(verdict.decision, CSN_DECISION_ALLOW);
    csn_verifier_free(again);
}
