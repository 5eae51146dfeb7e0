/* Sessions that a caller resumes by itself: leaf and binding are judged by the policy in force. */
#include "check.h"

csn_verdict decide(const csn_verifier *verifier, csn_bytes leaf, csn_bytes intermediate, int64_t at);

static csn_verdict resume(const csn_verifier *verifier, csn_bytes leaf, csn_bytes binding, int64_t at) {
    csn_verdict verdict = CSN_VERDICT_INIT;
    CHECK_INT(csn_reauthorize(verifier, leaf, binding, at, &verdict), CSN_OK);
    return verdict;
}

void test_resumption(void) {
    csn_verifier *verifier = NULL;
    csn_verifier_config *stricter = NULL;
    csn_bytes ca = scene_file("ca.der"), billing = scene_file("billing.der");
    csn_bytes other = scene_file("other.der"), binding;
    csn_verdict fresh, resumed;
    uint8_t kept[64];
    size_t i;

    CHECK_INT(csn_verifier_from_file(scene_path("policy.toml"), &verifier, NULL), CSN_OK);
    fresh = decide(verifier, billing, ca, now);
    memcpy(kept, fresh.binding, fresh.binding_len);
    binding.data = kept;
    binding.len = fresh.binding_len;
    resumed = resume(verifier, billing, binding, now);
    CHECK_INT(resumed.decision, CSN_DECISION_ALLOW);
    CHECK_TEXT(resumed.client, fresh.client);
    CHECK_TEXT(resumed.rule, fresh.rule);
    CHECK_INT(resumed.expires, fresh.expires);
    CHECK_INT(resume(verifier, billing, binding, fresh.expires).decision, CSN_DECISION_ALLOW);
    CHECK_INT(resume(verifier, billing, binding, fresh.expires + 1).reason, CSN_REASON_SESSION_STALE);
    CHECK_INT(resume(verifier, other, binding, now).decision, CSN_DECISION_DENY);

    /* A binding that was cut, or that says other trust. */
    for (i = 0; i < 64; i++) {
        csn_bytes cut;
        cut.data = kept;
        cut.len = i;
        CHECK_INT(resume(verifier, billing, cut, now).reason, CSN_REASON_SESSION_STALE);
    }
    for (i = 0; i < 17; i++) {
        kept[i] ^= 1;
        CHECK_INT(resume(verifier, billing, binding, now).reason, CSN_REASON_SESSION_STALE);
        kept[i] ^= 1;
    }

    /* Class 2: the policy changed since. */
    CHECK_INT(csn_verifier_config_from_file(scene_path("stricter.toml"), &stricter, NULL), CSN_OK);
    CHECK_INT(csn_verifier_reload_from(verifier, stricter, NULL), CSN_OK);
    CHECK_INT(resume(verifier, billing, binding, now).reason, CSN_REASON_NOT_LISTED);
    csn_verifier_config_free(stricter);
    csn_verifier_free(verifier);
}
