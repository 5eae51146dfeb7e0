/* NULL everywhere, sizes that cannot be, lengths without bytes. Nothing crashes, nobody gets in. */
#include "check.h"

static void verdicts_and_sizes(csn_verifier *verifier, csn_bytes leaf) {
    csn_verdict verdict;
    csn_bytes huge = {leaf.data, SIZE_MAX}, negative = {leaf.data, (size_t)1 << 63};
    csn_bytes nowhere = {NULL, 4};
    /* All ones would be an allow if it were left there. */
    memset(&verdict, 0xff, sizeof verdict);
    verdict.decision = CSN_DECISION_ALLOW;

    verdict.struct_size = 0;
    CHECK_INT(csn_verify(verifier, &leaf, 1, now, &verdict), CSN_ERR_STRUCT_SIZE);
    verdict.struct_size = 15;
    CHECK_INT(csn_verify(verifier, &leaf, 1, now, &verdict), CSN_ERR_STRUCT_SIZE);
    CHECK_INT(verdict.decision, CSN_DECISION_ALLOW);
    verdict.struct_size = 16;
    CHECK_INT(csn_verify(verifier, &leaf, 1, now, &verdict), CSN_ERR_STRUCT_SIZE);
    CHECK_INT(verdict.decision, CSN_DECISION_DENY);
    CHECK_INT(verdict.reason, CSN_REASON_INTERNAL);
    CHECK_INT(verdict.audit_reason, -1);
    verdict.decision = CSN_DECISION_ALLOW;
    verdict.struct_size = sizeof verdict - 1;
    CHECK_INT(csn_verify(verifier, &leaf, 1, now, &verdict), CSN_ERR_STRUCT_SIZE);
    CHECK_INT(verdict.decision, CSN_DECISION_DENY);

    verdict.struct_size = sizeof verdict;
#define DENIED(call, status) \
    do { \
        verdict.decision = CSN_DECISION_ALLOW; \
        CHECK_INT(call, status); \
        CHECK_INT(verdict.decision, CSN_DECISION_DENY); \
    } while (0)
    DENIED(csn_verify(NULL, &leaf, 1, now, &verdict), CSN_ERR_NULL);
    DENIED(csn_verify(verifier, NULL, 1, now, &verdict), CSN_ERR_NULL);
    DENIED(csn_verify(verifier, NULL, SIZE_MAX, now, &verdict), CSN_ERR_NULL);
    DENIED(csn_verify(verifier, &leaf, SIZE_MAX, now, &verdict), CSN_ERR_ARGUMENT);
    DENIED(csn_verify(verifier, &leaf, SIZE_MAX / sizeof leaf, now, &verdict), CSN_ERR_ARGUMENT);
    DENIED(csn_verify(verifier, &nowhere, 1, now, &verdict), CSN_ERR_NULL);
    DENIED(csn_verify(verifier, &huge, 1, now, &verdict), CSN_ERR_ARGUMENT);
    DENIED(csn_verify(verifier, &negative, 1, now, &verdict), CSN_ERR_ARGUMENT);
    DENIED(csn_reauthorize(NULL, leaf, leaf, now, &verdict), CSN_ERR_NULL);
    DENIED(csn_reauthorize(verifier, nowhere, leaf, now, &verdict), CSN_ERR_NULL);
    DENIED(csn_reauthorize(verifier, leaf, nowhere, now, &verdict), CSN_ERR_NULL);
    DENIED(csn_reauthorize(verifier, leaf, leaf, now, &verdict), CSN_OK);
    CHECK_INT(verdict.reason, CSN_REASON_SESSION_STALE);
    CHECK_INT(csn_verify(verifier, &leaf, 1, now, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_reauthorize(verifier, leaf, leaf, now, NULL), CSN_ERR_NULL);
}

/* What another call left there is gone: nobody goes on with another client's. */
static void nothing_is_left_where_a_call_fails(void) {
    csn_session session = CSN_SESSION_INIT;
    csn_refusal refusal = CSN_REFUSAL_INIT;
    csn_metrics metrics = CSN_METRICS_INIT;
    csn_moment moment = {0, 0};
    csn_bytes bytes = {(const uint8_t *)"somebody", 8};
    csn_progress progress = {7, CSN_WAITS_FOR_READ};
    size_t length = 99;
    session.is_identified = 1;
    session.server_name = bytes;
    CHECK_INT(csn_conn_session(NULL, &session), CSN_ERR_NULL);
    CHECK_INT(session.is_identified, 0);
    CHECK(session.server_name.data == NULL && session.server_name.len == 0);
    CHECK_INT(session.struct_size, sizeof session);
    refusal.alert = 42;
    refusal.detail = bytes;
    CHECK_INT(csn_conn_refusal(NULL, &refusal), CSN_ERR_NULL);
    CHECK_INT(refusal.alert, -1);
    CHECK_INT(refusal.cause, CSN_CAUSE_INTERNAL);
    CHECK_INT(refusal.detail.len, 0);
    metrics.allowed = 5;
    CHECK_INT(csn_verifier_metrics(NULL, &metrics), CSN_ERR_NULL);
    CHECK_INT(metrics.allowed, 0);
    CHECK_INT(csn_conn_certificate(NULL, 0, &bytes), CSN_ERR_NULL);
    CHECK(bytes.data == NULL && bytes.len == 0);
    CHECK_INT(csn_conn_read(NULL, NULL, 0, &length), CSN_ERR_NULL);
    CHECK_INT(length, 0);
    CHECK_INT(csn_conn_feed(NULL, NULL, 0, moment, &progress), CSN_ERR_NULL);
    CHECK_INT(progress.used, 0);
    CHECK_INT(progress.waits_for, CSN_WAITS_FOR_NOTHING);
}

static void nothing_where_something_is_needed(csn_verifier *verifier) {
    csn_verifier *made = (csn_verifier *)0x1;
    csn_verifier_config *config = NULL;
    csn_credential *credential = NULL;
    csn_ticket_keys *keys = NULL;
    csn_acceptor_config *acceptors = NULL;
    csn_acceptor *acceptor = NULL;
    csn_conn *conn = NULL;
    csn_moment moment = {0, 0};
    csn_progress progress;
    csn_bytes none = {NULL, 0}, nowhere = {NULL, 1}, out;
    csn_metrics metrics = CSN_METRICS_INIT;
    csn_session session = CSN_SESSION_INIT;
    csn_refusal refusal = CSN_REFUSAL_INIT;
    csn_verdict verdict = CSN_VERDICT_INIT;
    char text[8];
    size_t length;

    CHECK_INT(csn_verifier_from_file(NULL, &made, NULL), CSN_ERR_NULL);
    CHECK(made == NULL);
    CHECK_INT(csn_verifier_from_file("x", NULL, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_verifier_from_toml(nowhere, NULL, &made, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_verifier_from_toml(none, NULL, &made, NULL), CSN_ERR_CONFIG);
    CHECK_INT(csn_verifier_new(NULL, &made, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_verifier_reload(NULL, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_verifier_reload_from(verifier, NULL, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_verifier_generation(NULL), 0);
    CHECK(csn_verifier_up_ref(NULL) == NULL);
    CHECK_INT(csn_verifier_metrics(NULL, &metrics), CSN_ERR_NULL);
    CHECK_INT(csn_verifier_metrics(verifier, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_verifier_metrics_text(verifier, NULL, 8, &length), CSN_ERR_NULL);
    CHECK_INT(csn_verifier_metrics_text(verifier, text, 8, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_verifier_config_from_file(NULL, &config, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_verifier_config_add_anchors(NULL, none, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_verifier_config_add_crls(NULL, none, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_verifier_config_set_caches(NULL, 0, 0, 0, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_verifier_config_set_journal(NULL, NULL, NULL, NULL, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_credential_from_files(NULL, "x", &credential, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_credential_from_files("x", NULL, &credential, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_credential_from_pem(nowhere, none, &credential, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_ticket_keys_per_process(NULL, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_ticket_keys_from_file(NULL, 1, 1, &keys, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_ticket_keys_reload(NULL, NULL), CSN_ERR_NULL);
    CHECK(csn_ticket_keys_up_ref(NULL) == NULL);
    CHECK_INT(csn_acceptor_config_new(NULL), CSN_ERR_NULL);
    CHECK_INT(csn_acceptor_config_add_entry(NULL, NULL, 0, NULL, 0, NULL, 0, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_acceptor_config_set_alpn(NULL, none, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_acceptor_config_set_versions(NULL, NULL, 0), CSN_ERR_NULL);
    CHECK_INT(csn_acceptor_config_set_key_exchanges(NULL, NULL, 0), CSN_ERR_NULL);
    CHECK_INT(csn_acceptor_config_set_tickets(NULL, NULL, 1), CSN_ERR_NULL);
    CHECK_INT(csn_acceptor_config_set_session_cache(NULL, 1), CSN_ERR_NULL);
    CHECK_INT(csn_acceptor_config_set_session_age(NULL, 1), CSN_ERR_NULL);
    CHECK_INT(csn_acceptor_config_set_handshake_time(NULL, 1), CSN_ERR_NULL);
    CHECK_INT(csn_acceptor_config_set_extended_master_secret(NULL, 1), CSN_ERR_NULL);
    CHECK_INT(csn_acceptor_new(NULL, &acceptor, NULL), CSN_ERR_NULL);
    CHECK(csn_acceptor_up_ref(NULL) == NULL);
    CHECK_INT(csn_acceptor_config_new(&acceptors), CSN_OK);
    CHECK_INT(csn_acceptor_config_set_versions(acceptors, NULL, 2), CSN_ERR_NULL);
    CHECK_INT(csn_acceptor_config_set_tickets(acceptors, NULL, 1), CSN_ERR_NULL);
    csn_acceptor_config_free(acceptors);
    CHECK_INT(csn_conn_new(NULL, moment, &conn), CSN_ERR_NULL);
    CHECK(conn == NULL);
    CHECK_INT(csn_conn_feed(NULL, NULL, 0, moment, &progress), CSN_ERR_NULL);
    CHECK_INT(csn_conn_end_of_input(NULL, moment), CSN_ERR_NULL);
    CHECK_INT(csn_conn_handle_timeout(NULL, moment), CSN_ERR_NULL);
    CHECK(csn_conn_deadline(NULL) == UINT64_MAX);
    CHECK_INT(csn_conn_output(NULL, &out), CSN_ERR_NULL);
    CHECK_INT(csn_conn_consume_output(NULL, 1), CSN_ERR_NULL);
    CHECK_INT(csn_conn_poll_output(NULL, NULL, 0, &length), CSN_ERR_NULL);
    CHECK_INT(csn_conn_read(NULL, NULL, 0, &length), CSN_ERR_NULL);
    CHECK_INT(csn_conn_write(NULL, none, &length), CSN_ERR_NULL);
    CHECK_INT(csn_conn_close(NULL), CSN_ERR_NULL);
    CHECK_INT(csn_conn_state(NULL), CSN_CONN_REFUSED);
    verdict.decision = CSN_DECISION_ALLOW;
    CHECK_INT(csn_conn_verdict(NULL, &verdict), CSN_ERR_NULL);
    CHECK_INT(verdict.decision, CSN_DECISION_DENY);
    verdict.decision = CSN_DECISION_ALLOW;
    CHECK_INT(csn_conn_review(NULL, now, &verdict), CSN_ERR_NULL);
    CHECK_INT(verdict.decision, CSN_DECISION_DENY);
    CHECK_INT(csn_conn_session(NULL, &session), CSN_ERR_NULL);
    CHECK_INT(csn_conn_refusal(NULL, &refusal), CSN_ERR_NULL);
    CHECK_INT(csn_conn_certificate(NULL, 0, &out), CSN_ERR_NULL);

    csn_verifier_free(NULL);
    csn_verifier_config_free(NULL);
    csn_credential_free(NULL);
    csn_ticket_keys_free(NULL);
    csn_acceptor_config_free(NULL);
    csn_acceptor_free(NULL);
    csn_conn_free(NULL);
}

void test_null(void) {
    csn_verifier *verifier = NULL;
    CHECK_INT(csn_verifier_from_file(scene_path("policy.toml"), &verifier, NULL), CSN_OK);
    verdicts_and_sizes(verifier, scene_file("billing.der"));
    nothing_where_something_is_needed(verifier);
    nothing_is_left_where_a_call_fails();
    csn_verifier_free(verifier);
}
