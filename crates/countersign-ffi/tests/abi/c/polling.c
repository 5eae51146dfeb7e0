/* A policy that is looked at again and again, and a digest by which processes know that they agree. */
#include "check.h"

static void write_policy(const char *name, const char *policy) {
    FILE *file = fopen(scene_path(name), "wb");
    CHECK(file != NULL && fputs(policy, file) >= 0 && fclose(file) == 0);
}

static int32_t polled(const csn_verifier *verifier, csn_status expected) {
    csn_error error = CSN_ERROR_INIT;
    int32_t outcome = -1;
    error.status = -1;
    CHECK_INT(csn_verifier_reload_if_changed(verifier, &outcome, &error), expected);
    /* What is written is what is to be logged. */
    CHECK_INT(error.status, expected == CSN_OK ? -1 : (int)expected);
    CHECK_INT(error.message[0] == 0, expected == CSN_OK);
    return outcome;
}

#define ANCHORED "version = 1\n[trust]\nanchors = [\"root.pem\"]\n"

static void outcomes_say_how_things_stand(void) {
    csn_verifier *verifier = NULL;
    csn_error error = CSN_ERROR_INIT;
    int32_t outcome = -1;
    write_policy("polled.toml", ANCHORED);
    CHECK_INT(csn_verifier_from_file(scene_path("polled.toml"), &verifier, NULL), CSN_OK);
    CHECK_INT(polled(verifier, CSN_OK), CSN_RELOAD_UNCHANGED);
    write_policy("polled.toml", ANCHORED "# another\n");
    CHECK_INT(polled(verifier, CSN_OK), CSN_RELOAD_DONE);
    CHECK_INT(csn_verifier_generation(verifier), 2);
    CHECK_INT(polled(verifier, CSN_OK), CSN_RELOAD_UNCHANGED);

    write_policy("polled.toml", "version = 1\nnonsense");
    CHECK_INT(csn_verifier_reload_if_changed(verifier, &outcome, &error), CSN_ERR_CONFIG);
    CHECK_INT(outcome, CSN_RELOAD_FAILED);
    CHECK_INT(error.line, 2);
    CHECK(strstr(error.file, "polled.toml") != NULL);
    CHECK_INT(polled(verifier, CSN_OK), CSN_RELOAD_STILL_FAILED);

    CHECK_INT(remove(scene_path("polled.toml")), 0);
    CHECK_INT(polled(verifier, CSN_ERR_IO), CSN_RELOAD_MISSING);
    CHECK_INT(polled(verifier, CSN_OK), CSN_RELOAD_MISSING);
    CHECK_INT(polled(verifier, CSN_OK), CSN_RELOAD_MISSING);
    write_policy("polled.toml", ANCHORED);
    CHECK_INT(polled(verifier, CSN_OK), CSN_RELOAD_DONE);
    CHECK_INT(csn_verifier_generation(verifier), 3);

    /* Whoever looks at the outcome alone does not take a call that failed for a quiet second. */
    outcome = CSN_RELOAD_UNCHANGED;
    CHECK_INT(csn_verifier_reload_if_changed(NULL, &outcome, &error), CSN_ERR_NULL);
    CHECK_INT(outcome, CSN_RELOAD_FAILED);
    CHECK_INT(csn_verifier_reload_if_changed(verifier, NULL, &error), CSN_ERR_NULL);
    CHECK_INT(csn_verifier_reload_if_changed(verifier, &outcome, NULL), CSN_OK);
    csn_verifier_free(verifier);
}

static void digests_are_of_the_bytes(void) {
    csn_verifier *one = NULL, *two = NULL;
    uint8_t first[32], second[32], none[32] = {0};
    write_policy("polled.toml", ANCHORED);
    CHECK_INT(csn_verifier_from_file(scene_path("polled.toml"), &one, NULL), CSN_OK);
    CHECK_INT(csn_verifier_from_file(scene_path("polled.toml"), &two, NULL), CSN_OK);
    CHECK_INT(csn_verifier_policy_digest(one, first), CSN_OK);
    CHECK_INT(csn_verifier_policy_digest(two, second), CSN_OK);
    CHECK(memcmp(first, second, 32) == 0 && memcmp(first, none, 32) != 0);
    write_policy("polled.toml", ANCHORED "\n");
    CHECK_INT(csn_verifier_reload(two, NULL), CSN_OK);
    CHECK_INT(csn_verifier_policy_digest(two, second), CSN_OK);
    CHECK(memcmp(first, second, 32) != 0);
    CHECK_INT(csn_verifier_policy_digest(NULL, second), CSN_ERR_NULL);
    CHECK(memcmp(second, none, 32) == 0);
    CHECK_INT(csn_verifier_policy_digest(one, NULL), CSN_ERR_NULL);
    csn_verifier_free(one);
    csn_verifier_free(two);
}

void test_polling(void) {
    outcomes_say_how_things_stand();
    digests_are_of_the_bytes();
}
