/* Counts and lengths that no memory has. Each is refused or held to what can be; the process lives. */
#include "check.h"

/* More than there is, and not so much that the arithmetic alone would notice. */
#define ABSURD ((size_t)1 << 44)
/* Lengths that no object has: the last of them is the first that ends before it begins. */
static const size_t impossible[] = {SIZE_MAX, SIZE_MAX / 2 + 1, SIZE_MAX - 64};
#define EACH(length) \
    for (size_t i = 0, length = impossible[0]; i < 3; i++, length = impossible[i < 3 ? i : 0])

static void caches_are_held_to_what_can_be(void) {
    csn_verifier_config *config = NULL;
    csn_verifier *verifier = NULL;
    csn_acceptor_config *acceptors = NULL;
    CHECK_INT(csn_verifier_config_from_file(scene_path("policy.toml"), &config, NULL), CSN_OK);
    CHECK_INT(csn_verifier_config_set_caches(config, 0, SIZE_MAX, 0, NULL), CSN_OK);
    CHECK_INT(csn_verifier_new(config, &verifier, NULL), CSN_OK);
    csn_verifier_free(verifier);
    csn_verifier_config_free(config);

    CHECK_INT(csn_acceptor_config_new(&acceptors), CSN_OK);
    CHECK_INT(csn_acceptor_config_set_session_cache(acceptors, ABSURD), CSN_OK);
    CHECK_INT(csn_acceptor_config_set_session_cache(acceptors, SIZE_MAX), CSN_OK);
    csn_acceptor_config_free(acceptors);
}

static void counts_of_settings(void) {
    csn_acceptor_config *config = NULL;
    csn_credential *credential = NULL;
    csn_error error = CSN_ERROR_INIT;
    const uint16_t versions[] = {0x0304}, groups[] = {29};
    const char *names[] = {"server.example"};
    CHECK_INT(csn_acceptor_config_new(&config), CSN_OK);
    CHECK_INT(
        csn_credential_from_pem(scene_file("server.pem"), scene_file("server.key"), &credential, &error),
        CSN_OK);
    EACH(count) {
        CHECK_INT(csn_acceptor_config_set_versions(config, versions, count), CSN_ERR_ARGUMENT);
        CHECK_INT(csn_acceptor_config_set_key_exchanges(config, groups, count), CSN_ERR_ARGUMENT);
        CHECK_INT(
            csn_acceptor_config_add_entry(
                config, names, count, credential, CSN_CLIENT_AUTH_OFF, NULL, 0, &error),
            CSN_ERR_ARGUMENT);
        CHECK_INT(error.status, CSN_ERR_ARGUMENT);
    }
    /* Too many by their size alone: the count times two is a length that an object can have. */
    CHECK_INT(csn_acceptor_config_set_key_exchanges(config, groups, SIZE_MAX / 4 + 1), CSN_ERR_ARGUMENT);
    csn_credential_free(credential);
    csn_acceptor_config_free(config);
}

static void lengths_of_what_is_read(csn_verifier *verifier) {
    csn_verifier_config *config = NULL;
    csn_verifier *made = NULL;
    csn_credential *credential = NULL;
    csn_acceptor_config *acceptors = NULL;
    csn_verdict verdict = CSN_VERDICT_INIT;
    csn_bytes leaf = scene_file("billing.der");
    CHECK_INT(csn_verifier_config_from_file(scene_path("policy.toml"), &config, NULL), CSN_OK);
    CHECK_INT(csn_acceptor_config_new(&acceptors), CSN_OK);
    EACH(length) {
        csn_bytes huge = {leaf.data, length};
        CHECK_INT(csn_verifier_from_toml(huge, NULL, &made, NULL), CSN_ERR_ARGUMENT);
        CHECK_INT(csn_verifier_config_add_anchors(config, huge, NULL), CSN_ERR_ARGUMENT);
        CHECK_INT(csn_verifier_config_add_crls(config, huge, NULL), CSN_ERR_ARGUMENT);
        CHECK_INT(csn_credential_from_pem(huge, leaf, &credential, NULL), CSN_ERR_ARGUMENT);
        CHECK_INT(csn_credential_from_pem(leaf, huge, &credential, NULL), CSN_ERR_ARGUMENT);
        CHECK_INT(csn_acceptor_config_set_alpn(acceptors, huge, NULL), CSN_ERR_ARGUMENT);
        CHECK_INT(csn_reason_from_token(huge), -1);
        verdict.decision = CSN_DECISION_ALLOW;
        CHECK_INT(csn_reauthorize(verifier, leaf, huge, now, &verdict), CSN_ERR_ARGUMENT);
        CHECK_INT(verdict.decision, CSN_DECISION_DENY);
        verdict.decision = CSN_DECISION_ALLOW;
        CHECK_INT(csn_verify(verifier, &huge, length, now, &verdict), CSN_ERR_ARGUMENT);
        CHECK_INT(verdict.decision, CSN_DECISION_DENY);
    }
    CHECK(made == NULL && credential == NULL);
    csn_acceptor_config_free(acceptors);
    csn_verifier_config_free(config);
}

static void capacities_of_buffers(csn_verifier *verifier) {
    csn_acceptor_config *config = NULL;
    csn_acceptor *acceptor = NULL;
    csn_credential *credential = NULL;
    csn_conn *conn = NULL;
    csn_moment at = {now, 0};
    csn_progress progress;
    csn_bytes out = {NULL, 0};
    uint8_t buffer[8] = {0};
    size_t length;
    CHECK_INT(csn_acceptor_config_new(&config), CSN_OK);
    CHECK_INT(
        csn_credential_from_pem(scene_file("server.pem"), scene_file("server.key"), &credential, NULL),
        CSN_OK);
    CHECK_INT(
        csn_acceptor_config_add_entry(config, NULL, 0, credential, CSN_CLIENT_AUTH_OFF, NULL, 0, NULL),
        CSN_OK);
    CHECK_INT(csn_acceptor_config_set_tickets(config, NULL, SIZE_MAX), CSN_ERR_NULL);
    CHECK_INT(csn_acceptor_new(config, &acceptor, NULL), CSN_OK);
    CHECK_INT(csn_conn_new(acceptor, at, &conn), CSN_OK);
    EACH(capacity) {
        csn_bytes huge = {buffer, capacity};
        CHECK_INT(csn_conn_feed(conn, buffer, capacity, at, &progress), CSN_ERR_ARGUMENT);
        CHECK_INT(progress.used, 0);
        CHECK_INT(csn_conn_read(conn, buffer, capacity, &length), CSN_ERR_ARGUMENT);
        CHECK_INT(csn_conn_poll_output(conn, buffer, capacity, &length), CSN_ERR_ARGUMENT);
        CHECK_INT(csn_conn_write(conn, huge, &length), CSN_ERR_ARGUMENT);
        CHECK_INT(length, 0);
        CHECK_INT(csn_conn_consume_output(conn, capacity), CSN_OK);
        CHECK_INT(csn_conn_certificate(conn, capacity, &out), CSN_ERR_STATE);
        CHECK_INT(
            csn_verifier_metrics_text(verifier, (char *)buffer, capacity, &length), CSN_ERR_ARGUMENT);
    }
    /* None of that was the peer's doing. */
    CHECK_INT(csn_conn_state(conn), CSN_CONN_ACCEPTING);
    csn_conn_free(conn);
    csn_acceptor_free(acceptor);
    csn_credential_free(credential);
    csn_acceptor_config_free(config);
}

void test_sizes(void) {
    csn_verifier *verifier = NULL;
    CHECK_INT(csn_verifier_from_file(scene_path("policy.toml"), &verifier, NULL), CSN_OK);
    caches_are_held_to_what_can_be();
    counts_of_settings();
    lengths_of_what_is_read(verifier);
    capacities_of_buffers(verifier);
    csn_verifier_free(verifier);
}
