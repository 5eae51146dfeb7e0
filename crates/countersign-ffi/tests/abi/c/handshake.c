/* Connections, and peers that are none. */
#include "check.h"

static csn_acceptor *accepting(void) {
    csn_verifier *verifier = NULL;
    csn_credential *credential = NULL;
    csn_acceptor_config *config = NULL;
    csn_acceptor *acceptor = NULL;
    csn_ticket_keys *keys = NULL;
    csn_error error = CSN_ERROR_INIT;
    const char *names[] = {"server.example", "*.server.example"};
    const uint16_t versions[] = {0x0304, 0x0303}, groups[] = {29, 23};
    csn_bytes alpn = {(const uint8_t *)"\x08http/1.1", 9};

    CHECK_INT(csn_verifier_from_file(scene_path("policy.toml"), &verifier, &error), CSN_OK);
    CHECK_INT(
        csn_credential_from_pem(scene_file("server.pem"), scene_file("server.key"), &credential, &error),
        CSN_OK);
    CHECK_INT(csn_ticket_keys_from_file(scene_path("ticket.secret"), 3600, 24, &keys, &error), CSN_OK);
    CHECK_INT(csn_ticket_keys_reload(keys, &error), CSN_OK);
    CHECK_INT(csn_acceptor_config_new(&config), CSN_OK);
    CHECK_INT(
        csn_acceptor_config_add_entry(
            config, names, 2, credential, CSN_CLIENT_AUTH_REQUIRED, verifier, CSN_ENTRY_NO_ROOT_HINTS, &error),
        CSN_OK);
    CHECK_INT(
        csn_acceptor_config_add_entry(config, NULL, 0, credential, CSN_CLIENT_AUTH_OFF, NULL, 0, &error),
        CSN_OK);
    CHECK_INT(csn_acceptor_config_set_alpn(config, alpn, &error), CSN_OK);
    CHECK_INT(csn_acceptor_config_set_versions(config, versions, 2), CSN_OK);
    CHECK_INT(csn_acceptor_config_set_key_exchanges(config, groups, 2), CSN_OK);
    CHECK_INT(csn_acceptor_config_set_session_cache(config, 16), CSN_OK);
    CHECK_INT(csn_acceptor_config_set_tickets(config, keys, 1), CSN_OK);
    CHECK_INT(csn_acceptor_config_set_session_age(config, 600), CSN_OK);
    CHECK_INT(csn_acceptor_config_set_handshake_time(config, 1000), CSN_OK);
    CHECK_INT(csn_acceptor_config_set_extended_master_secret(config, 1), CSN_OK);
    CHECK_INT(csn_acceptor_new(config, &acceptor, &error), CSN_OK);
    /* What it was made of may go; what it needs it has. */
    csn_acceptor_config_free(config);
    csn_ticket_keys_free(keys);
    csn_credential_free(credential);
    csn_verifier_free(verifier);
    return acceptor;
}

static csn_conn *opened(const csn_acceptor *acceptor, csn_moment at) {
    csn_conn *conn = NULL;
    CHECK_INT(csn_conn_new(acceptor, at, &conn), CSN_OK);
    CHECK_INT(csn_conn_state(conn), CSN_CONN_ACCEPTING);
    return conn;
}

static void a_stranger_is_refused(const csn_acceptor *acceptor, csn_moment at) {
    csn_conn *conn = opened(acceptor, at);
    uint8_t input[] = "GET / HTTP/1.1\r\n\r\n", output[64];
    csn_progress progress;
    csn_refusal refusal = CSN_REFUSAL_INIT;
    csn_session session = CSN_SESSION_INIT;
    csn_verdict verdict = CSN_VERDICT_INIT;
    csn_bytes waiting = {NULL, 0}, plaintext = {(const uint8_t *)"secret", 6};
    size_t length = 99;

    CHECK_INT(csn_conn_refusal(conn, &refusal), CSN_ERR_STATE);
    CHECK_INT(csn_conn_feed(conn, input, sizeof input - 1, at, &progress), CSN_OK);
    CHECK_INT(progress.used, sizeof input - 1);
    CHECK_INT(progress.waits_for, CSN_WAITS_FOR_NOTHING);
    CHECK_INT(csn_conn_state(conn), CSN_CONN_REFUSED);
    CHECK_INT(csn_conn_refusal(conn, &refusal), CSN_OK);
    CHECK_INT(refusal.cause, CSN_CAUSE_PROTOCOL);
    CHECK(refusal.alert > 0 && refusal.detail.len > 0);
    CHECK_INT(refusal.declined, CSN_DECLINED_NONE);
    CHECK_INT(csn_conn_session(conn, &session), CSN_ERR_STATE);
    CHECK_INT(csn_conn_certificate(conn, 0, &waiting), CSN_ERR_STATE);
    CHECK_INT(csn_conn_verdict(conn, &verdict), CSN_ERR_STATE);
    CHECK_INT(verdict.decision, CSN_DECISION_DENY);
    CHECK_INT(csn_conn_review(conn, now, &verdict), CSN_ERR_STATE);
    CHECK_INT(csn_conn_write(conn, plaintext, &length), CSN_OK);
    CHECK_INT(length, 0);
    CHECK_INT(csn_conn_read(conn, output, sizeof output, &length), CSN_OK);
    CHECK_INT(length, 0);

    /* An alert in the clear: seven bytes. */
    CHECK_INT(csn_conn_output(conn, &waiting), CSN_OK);
    CHECK_INT(waiting.len, 7);
    CHECK_INT(waiting.data[0], 21);
    CHECK_INT(waiting.data[6], refusal.alert);
    CHECK_INT(csn_conn_poll_output(conn, output, 3, &length), CSN_OK);
    CHECK_INT(length, 3);
    CHECK_INT(csn_conn_consume_output(conn, 3), CSN_OK);
    CHECK_INT(csn_conn_output(conn, &waiting), CSN_OK);
    CHECK_INT(waiting.len, 1);
    CHECK_INT(csn_conn_consume_output(conn, SIZE_MAX), CSN_OK);
    CHECK_INT(csn_conn_poll_output(conn, output, sizeof output, &length), CSN_OK);
    CHECK_INT(length, 0);
    csn_conn_free(conn);
}

static void time_is_given(const csn_acceptor *acceptor, csn_moment at) {
    csn_conn *conn = opened(acceptor, at);
    csn_moment later = at, measured = csn_moment_now(), again = csn_moment_now();
    csn_refusal refusal = CSN_REFUSAL_INIT;
    CHECK(again.elapsed_ns >= measured.elapsed_ns && measured.unix_seconds > 1700000000);
    CHECK(csn_conn_deadline(conn) == at.elapsed_ns + UINT64_C(1000000000));
    later.elapsed_ns += 999999999;
    CHECK_INT(csn_conn_handle_timeout(conn, later), CSN_OK);
    CHECK_INT(csn_conn_state(conn), CSN_CONN_ACCEPTING);
    later.elapsed_ns += 1;
    CHECK_INT(csn_conn_handle_timeout(conn, later), CSN_OK);
    CHECK_INT(csn_conn_refusal(conn, &refusal), CSN_OK);
    CHECK_INT(refusal.cause, CSN_CAUSE_TOO_SLOW);
    CHECK(csn_conn_deadline(conn) == UINT64_MAX);
    csn_conn_free(conn);
}

static void ends_at_any_time(const csn_acceptor *acceptor, csn_moment at) {
    csn_conn *gone = opened(acceptor, at), *closed = opened(acceptor, at);
    csn_refusal refusal = CSN_REFUSAL_INIT;
    CHECK_INT(csn_conn_end_of_input(gone, at), CSN_OK);
    CHECK_INT(csn_conn_refusal(gone, &refusal), CSN_OK);
    CHECK_INT(refusal.cause, CSN_CAUSE_TRUNCATED);
    CHECK_INT(csn_conn_close(closed), CSN_OK);
    CHECK_INT(csn_conn_refusal(closed, &refusal), CSN_OK);
    CHECK_INT(refusal.cause, CSN_CAUSE_ABANDONED);
    csn_conn_free(gone);
    csn_conn_free(closed);
}

void test_handshake(void) {
    csn_acceptor *acceptor = accepting(), *again = csn_acceptor_up_ref(acceptor);
    csn_moment at = {now, 5};
    csn_conn *last;
    csn_acceptor_free(acceptor);
    a_stranger_is_refused(again, at);
    time_is_given(again, at);
    ends_at_any_time(again, at);
    last = opened(again, at);
    csn_acceptor_free(again);
    CHECK_INT(csn_conn_close(last), CSN_OK);
    csn_conn_free(last);
}
