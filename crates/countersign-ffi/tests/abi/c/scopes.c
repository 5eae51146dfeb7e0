/* Scopes demanded of verdicts: nobody stays in who is not approved for one. */
#include "check.h"

csn_verdict decide(const csn_verifier *verifier, csn_bytes leaf, csn_bytes intermediate, int64_t at);

static void must_be_nobody(const csn_verdict *verdict) {
    size_t i;
    CHECK_INT(verdict->decision, CSN_DECISION_DENY);
    CHECK_INT(verdict->audit_reason, -1);
    CHECK_INT(verdict->expires, 0);
    CHECK_INT(verdict->binding_len, 0);
    for (i = 0; i < sizeof verdict->binding; i++) {
        if (verdict->binding[i] != 0) {
            break;
        }
    }
    CHECK_INT(i, sizeof verdict->binding);
}

static void a_failed_call_is_a_deny(const csn_verifier *verifier, csn_verdict allowed) {
    csn_bytes nowhere = {NULL, 1}, huge = {(const uint8_t *)"", SIZE_MAX};
    csn_verdict verdict = allowed;
    CHECK_INT(csn_verdict_require_scope(verifier, nowhere, &verdict), CSN_ERR_NULL);
    CHECK_INT(verdict.reason, CSN_REASON_INTERNAL);
    CHECK_INT(verdict.client_len, 0);
    must_be_nobody(&verdict);
    verdict = allowed;
    CHECK_INT(csn_verdict_require_scope(verifier, huge, &verdict), CSN_ERR_ARGUMENT);
    must_be_nobody(&verdict);
    verdict = allowed;
    CHECK_INT(csn_verdict_require_scope(NULL, text("payments"), &verdict), CSN_ERR_NULL);
    must_be_nobody(&verdict);
    verdict = allowed;
    verdict.client_len = 257;
    CHECK_INT(csn_verdict_require_scope(verifier, text("payments"), &verdict), CSN_ERR_ARGUMENT);
    must_be_nobody(&verdict);
    verdict = allowed;
    verdict.struct_size = sizeof verdict - 1;
    CHECK_INT(csn_verdict_require_scope(verifier, text("payments"), &verdict), CSN_ERR_STRUCT_SIZE);
    CHECK_INT(verdict.decision, CSN_DECISION_DENY);
    CHECK_INT(csn_verdict_require_scope(verifier, text("payments"), NULL), CSN_ERR_NULL);
}

void test_scopes(void) {
    csn_verifier *verifier = NULL, *stricter = NULL;
    csn_verdict allowed, verdict;
    csn_metrics metrics = CSN_METRICS_INIT;
    csn_bytes ca = scene_file("ca.der");
    csn_bytes none = {(const uint8_t *)1, 0};

    CHECK_INT(csn_verifier_from_file(scene_path("scoped.toml"), &verifier, NULL), CSN_OK);
    CHECK_INT(csn_verifier_reload(verifier, NULL), CSN_OK);
    CHECK_INT(csn_verifier_from_file(scene_path("policy.toml"), &stricter, NULL), CSN_OK);
    allowed = decide(verifier, scene_file("billing.der"), ca, now);
    CHECK_INT(allowed.decision, CSN_DECISION_ALLOW);

    verdict = allowed;
    CHECK_INT(csn_verdict_require_scope(verifier, text("payments"), &verdict), CSN_OK);
    CHECK(memcmp(&verdict, &allowed, sizeof verdict) == 0);
    CHECK_INT(csn_verdict_require_scope(verifier, text("payroll"), &verdict), CSN_OK);
    CHECK_INT(verdict.reason, CSN_REASON_OUT_OF_SCOPE);
    CHECK_INT(verdict.generation, 2);
    CHECK_INT(verdict.chain_index, -1);
    CHECK_TEXT(verdict.client, "acme-billing");
    CHECK_TEXT(verdict.rule, allowed.rule);
    must_be_nobody(&verdict);
    /* Once out, it stays out. */
    CHECK_INT(csn_verdict_require_scope(verifier, text("payments"), &verdict), CSN_OK);
    CHECK_INT(verdict.reason, CSN_REASON_OUT_OF_SCOPE);

    verdict = allowed;
    CHECK_INT(csn_verdict_require_scope(verifier, none, &verdict), CSN_OK);
    CHECK_INT(verdict.reason, CSN_REASON_OUT_OF_SCOPE);
    /* The policy that is asked decides, and this one knows the client and none of its scopes. */
    verdict = allowed;
    CHECK_INT(csn_verdict_require_scope(stricter, text("payments"), &verdict), CSN_OK);
    CHECK_INT(verdict.reason, CSN_REASON_OUT_OF_SCOPE);
    /* A client that no record matched, as admit = "issued" lets it in. */
    verdict = allowed;
    verdict.client_len = 0;
    CHECK_INT(csn_verdict_require_scope(verifier, text("payments"), &verdict), CSN_OK);
    CHECK_INT(verdict.reason, CSN_REASON_OUT_OF_SCOPE);
    /* The scope may stand in the verdict itself. */
    verdict = allowed;
    CHECK_INT(csn_verdict_require_scope(verifier, text(verdict.client), &verdict), CSN_OK);
    CHECK_INT(verdict.reason, CSN_REASON_OUT_OF_SCOPE);
    verdict = decide(verifier, scene_file("other.der"), ca, now);
    CHECK_INT(csn_verdict_require_scope(verifier, text("payments"), &verdict), CSN_OK);
    CHECK_INT(verdict.reason, CSN_REASON_NOT_LISTED);

    CHECK_INT(csn_verifier_metrics(verifier, &metrics), CSN_OK);
    CHECK_INT(metrics.decisions[CSN_REASON_OUT_OF_SCOPE], 4);
    a_failed_call_is_a_deny(verifier, allowed);
    csn_verifier_free(verifier);
    csn_verifier_free(stricter);
}
