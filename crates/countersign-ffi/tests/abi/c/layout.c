/* What programs that were built before rely on: sizes, places and numbers. Numbers here are only ever added. */
#include "check.h"

#define OFFSET(structure, field, offset) CHECK_INT(offsetof(structure, field), offset)

void test_layout(void) {
    CHECK_TEXT(csn_version(), "0.1.0");
    if (sizeof(size_t) != 8) {
        printf("# layouts are pinned for 64 bits only\n");
        return;
    }
    CHECK_INT(sizeof(csn_bytes), 16);
    OFFSET(csn_bytes, data, 0);
    OFFSET(csn_bytes, len, 8);

    CHECK_INT(sizeof(csn_error), 1560);
    OFFSET(csn_error, struct_size, 0);
    OFFSET(csn_error, status, 8);
    OFFSET(csn_error, line, 12);
    OFFSET(csn_error, column, 16);
    OFFSET(csn_error, file, 20);
    OFFSET(csn_error, message, 532);
    OFFSET(csn_error, reserved, 1556);

    CHECK_INT(sizeof(csn_verdict), 624);
    OFFSET(csn_verdict, struct_size, 0);
    OFFSET(csn_verdict, decision, 8);
    OFFSET(csn_verdict, reason, 12);
    OFFSET(csn_verdict, audit_reason, 16);
    OFFSET(csn_verdict, chain_index, 20);
    OFFSET(csn_verdict, generation, 24);
    OFFSET(csn_verdict, expires, 32);
    OFFSET(csn_verdict, is_cached, 40);
    OFFSET(csn_verdict, binding_len, 41);
    OFFSET(csn_verdict, client_len, 42);
    OFFSET(csn_verdict, rule_len, 44);
    OFFSET(csn_verdict, client, 48);
    OFFSET(csn_verdict, rule, 304);
    OFFSET(csn_verdict, binding, 560);

    CHECK_INT(sizeof(csn_metrics), 592);
    OFFSET(csn_metrics, generation, 8);
    OFFSET(csn_metrics, allowed, 16);
    OFFSET(csn_metrics, failed_reloads, 72);
    OFFSET(csn_metrics, decisions, 80);

    CHECK_INT(sizeof(csn_journal_entry), 32);
    OFFSET(csn_journal_entry, verdict, 8);
    OFFSET(csn_journal_entry, leaf_sha256, 16);
    OFFSET(csn_journal_entry, duration_ns, 24);

    CHECK_INT(sizeof(csn_moment), 16);
    OFFSET(csn_moment, elapsed_ns, 8);
    CHECK_INT(sizeof(csn_progress), 16);
    OFFSET(csn_progress, waits_for, 8);
    CHECK_INT(sizeof(csn_step), 24);
    CHECK_INT(sizeof(csn_header), 32);
    OFFSET(csn_header, value, 16);
    CHECK_INT(sizeof(csn_request), 48);
    OFFSET(csn_request, authority, 16);
    OFFSET(csn_request, target, 32);

    CHECK_INT(sizeof(csn_session), 184);
    OFFSET(csn_session, client_auth, 8);
    OFFSET(csn_session, declined, 12);
    OFFSET(csn_session, version, 16);
    OFFSET(csn_session, cipher_suite, 18);
    OFFSET(csn_session, key_exchange, 20);
    OFFSET(csn_session, is_resumed, 22);
    OFFSET(csn_session, is_identified, 23);
    OFFSET(csn_session, certificates, 24);
    OFFSET(csn_session, authenticated_at, 32);
    OFFSET(csn_session, expires, 40);
    OFFSET(csn_session, server_name, 48);
    OFFSET(csn_session, completed, 160);

    CHECK_INT(sizeof(csn_refusal), 40);
    OFFSET(csn_refusal, cause, 8);
    OFFSET(csn_refusal, alert, 12);
    OFFSET(csn_refusal, declined, 16);
    OFFSET(csn_refusal, detail, 24);
}
