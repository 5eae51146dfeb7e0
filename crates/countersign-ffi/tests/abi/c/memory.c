/* Policies, anchors and CRLs that never were a file. */
#include "check.h"

csn_verdict decide(const csn_verifier *verifier, csn_bytes leaf, csn_bytes intermediate, int64_t at);

static const char policy[] =
    "version = 1\n[[client]]\nid = \"acme-billing\"\n"
    "match = [ { uri = \"spiffe://acme.example/billing\" } ]\n";

static csn_verifier_config *configured(const char *anchors, const char *crls) {
    csn_verifier_config *config = NULL;
    csn_bytes toml = {(const uint8_t *)policy, sizeof policy - 1};
    CHECK_INT(csn_verifier_config_from_toml(toml, "/nowhere", &config, NULL), CSN_OK);
    CHECK_INT(csn_verifier_config_add_anchors(config, scene_file(anchors), NULL), CSN_OK);
    if (crls != NULL) {
        CHECK_INT(csn_verifier_config_add_crls(config, scene_file(crls), NULL), CSN_OK);
    }
    return config;
}

void test_memory(void) {
    csn_bytes ca = scene_file("ca.der"), billing = scene_file("billing.der");
    csn_verifier_config *config = configured("root.der", NULL);
    csn_verifier_config *revoking = configured("root.pem", "revoking.crl");
    csn_verifier_config *broken = configured("billing.key", NULL);
    csn_verifier *verifier = NULL;
    csn_error error = CSN_ERROR_INIT;
    csn_metrics metrics = CSN_METRICS_INIT;

    CHECK_INT(csn_verifier_config_set_caches(config, 16, 65536, 16, &error), CSN_OK);
    CHECK_INT(csn_verifier_new(config, &verifier, &error), CSN_OK);
    csn_verifier_config_free(config);
    CHECK_INT(decide(verifier, billing, ca, now).decision, CSN_DECISION_ALLOW);

    CHECK_INT(csn_verifier_reload_from(verifier, broken, &error), CSN_ERR_CONFIG);
    CHECK_TEXT(error.file, "anchors from memory");
    CHECK_INT(csn_verifier_generation(verifier), 1);
    CHECK_INT(decide(verifier, billing, ca, now).decision, CSN_DECISION_ALLOW);
    CHECK_INT(csn_verifier_reload(verifier, &error), CSN_OK);
    CHECK_INT(csn_verifier_generation(verifier), 2);
    CHECK_INT(csn_verifier_reload_from(verifier, revoking, &error), CSN_OK);
    CHECK_INT(decide(verifier, billing, ca, now).reason, CSN_REASON_REVOKED);

    CHECK_INT(csn_verifier_metrics(verifier, &metrics), CSN_OK);
    CHECK_INT(metrics.generation, 3);
    CHECK_INT(metrics.reloads, 2);
    CHECK_INT(metrics.failed_reloads, 1);
    csn_verifier_config_free(revoking);
    csn_verifier_config_free(broken);
    csn_verifier_free(verifier);
}
