/* Classes of failure seen in real systems (threats.md), where a C program would meet them. */
#include "check.h"

csn_verdict decide(const csn_verifier *verifier, csn_bytes leaf, csn_bytes intermediate, int64_t at);

/* Class 17: NUL inside a name. What is behind it must not be lost, and what is before it is not the name. */
static void class_17_nul_inside_names(const csn_verifier *verifier, csn_bytes ca) {
    csn_verdict verdict = decide(verifier, scene_file("nul-uri.der"), ca, now);
    CHECK_INT(verdict.decision, CSN_DECISION_DENY);
    CHECK_TEXT(verdict.client, "");
    verdict = decide(verifier, scene_file("nul-dns.der"), ca, now);
    CHECK_INT(verdict.decision, CSN_DECISION_DENY);
}

/* Class 18: text of a peer's that a log or a header would obey. Nothing of it comes out. */
static void class_18_text_is_not_obeyed(const csn_verifier *verifier, csn_bytes ca) {
    csn_verdict verdict = decide(verifier, scene_file("injecting.der"), ca, now);
    const char *text;
    CHECK_INT(verdict.decision, CSN_DECISION_DENY);
    for (text = verdict.rule; *text != 0; text++) {
        CHECK((unsigned char)*text >= 0x20);
    }
    CHECK(strchr(verdict.client, '\n') == NULL && strchr(verdict.client, '\r') == NULL);
}

/* Class 31: what an unverified certificate names is not fetched: it names a place on a server of the test's. */
static void class_31_nothing_is_fetched(const csn_verifier *verifier) {
    csn_bytes leaf = scene_file("fetch-me.der");
    csn_verdict verdict = CSN_VERDICT_INIT;
    CHECK_INT(csn_verify(verifier, &leaf, 1, now, &verdict), CSN_OK);
    CHECK_INT(verdict.reason, CSN_REASON_UNKNOWN_ISSUER);
}

/* Class 34: a pin is the key or the certificate, and no name in either. */
static void class_34_an_impostor_of_a_pin(csn_bytes none) {
    csn_verifier *verifier = NULL;
    CHECK_INT(csn_verifier_from_file(scene_path("pinned.toml"), &verifier, NULL), CSN_OK);
    CHECK_INT(decide(verifier, scene_file("pinned.der"), none, now).decision, CSN_DECISION_ALLOW);
    CHECK_INT(decide(verifier, scene_file("impostor.der"), none, now).decision, CSN_DECISION_DENY);
    csn_verifier_free(verifier);
}

/* Class 35: a certificate in other bytes. Whoever is denied by key stays denied. */
static void class_35_malleability(csn_bytes ca) {
    csn_verifier *verifier = NULL;
    CHECK_INT(csn_verifier_from_file(scene_path("denying.toml"), &verifier, NULL), CSN_OK);
    CHECK_INT(decide(verifier, scene_file("billing.der"), ca, now).reason, CSN_REASON_DENIED);
    CHECK_INT(decide(verifier, scene_file("negated.der"), ca, now).reason, CSN_REASON_DENIED);
    CHECK_INT(decide(verifier, scene_file("ber.der"), ca, now).reason, CSN_REASON_MALFORMED);
    csn_verifier_free(verifier);
}

void test_classes(void) {
    csn_verifier *verifier = NULL;
    csn_bytes ca = scene_file("ca.der"), none = {NULL, 0};
    CHECK_INT(csn_verifier_from_file(scene_path("policy.toml"), &verifier, NULL), CSN_OK);
    class_17_nul_inside_names(verifier, ca);
    class_18_text_is_not_obeyed(verifier, ca);
    class_31_nothing_is_fetched(verifier);
    class_34_an_impostor_of_a_pin(none);
    class_35_malleability(ca);
    csn_verifier_free(verifier);
}
