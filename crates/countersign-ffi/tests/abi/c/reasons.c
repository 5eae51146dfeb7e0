/* Codes, tokens and what other protocols call them. Neither ever changes. */
#include "check.h"

static const struct {
    int32_t reason, code;
    const char *token;
    int alert, x509, http;
} reasons[] = {
    {CSN_REASON_INTERNAL, 0, "internal", 46, 1, 500},
    {CSN_REASON_ALLOWED, 1, "allowed", 46, 0, 200},
    {CSN_REASON_ALLOWED_AUDIT, 2, "allowed_audit", 46, 0, 200},
    {CSN_REASON_NO_CERTIFICATE, 3, "no_certificate", 116, 50, 403},
    {CSN_REASON_MALFORMED, 4, "malformed", 42, 28, 400},
    {CSN_REASON_LIMIT_EXCEEDED, 5, "limit_exceeded", 42, 22, 400},
    {CSN_REASON_UNKNOWN_ISSUER, 6, "unknown_issuer", 48, 20, 403},
    {CSN_REASON_BAD_SIGNATURE, 7, "bad_signature", 42, 7, 400},
    {CSN_REASON_UNSUPPORTED_ALGORITHM, 8, "unsupported_algorithm", 43, 68, 403},
    {CSN_REASON_WEAK_KEY, 9, "weak_key", 43, 66, 403},
    {CSN_REASON_EXPIRED, 10, "expired", 45, 10, 403},
    {CSN_REASON_NOT_YET_VALID, 11, "not_yet_valid", 45, 9, 403},
    {CSN_REASON_NOT_FOR_CLIENT_AUTH, 12, "not_for_client_auth", 43, 26, 403},
    {CSN_REASON_NOT_A_CA, 13, "not_a_ca", 42, 24, 403},
    {CSN_REASON_PATH_LENGTH, 14, "path_length", 42, 25, 403},
    {CSN_REASON_NAME_CONSTRAINT, 15, "name_constraint", 42, 47, 403},
    {CSN_REASON_CERTIFICATE_POLICY, 16, "certificate_policy", 42, 43, 403},
    {CSN_REASON_CRITICAL_EXTENSION, 17, "critical_extension", 42, 34, 403},
    {CSN_REASON_KEY_USAGE, 18, "key_usage", 43, 26, 403},
    {CSN_REASON_REVOKED, 19, "revoked", 44, 23, 403},
    {CSN_REASON_REVOCATION_UNKNOWN, 20, "revocation_unknown", 48, 3, 503},
    {CSN_REASON_CRL_EXPIRED, 21, "crl_expired", 48, 12, 503},
    {CSN_REASON_NOT_LISTED, 22, "not_listed", 49, 50, 403},
    {CSN_REASON_DENIED, 23, "denied", 49, 50, 403},
    {CSN_REASON_APPROVAL_EXPIRED, 24, "approval_expired", 49, 50, 403},
    {CSN_REASON_APPROVAL_NOT_YET_VALID, 25, "approval_not_yet_valid", 49, 50, 403},
    {CSN_REASON_WRONG_ISSUER, 26, "wrong_issuer", 49, 50, 403},
    {CSN_REASON_OUT_OF_SCOPE, 27, "out_of_scope", 49, 50, 403},
    {CSN_REASON_SESSION_STALE, 28, "session_stale", 46, 50, 421},
};

void test_reasons(void) {
    size_t i;
    int32_t status;
    csn_bytes nonsense = {(const uint8_t *)"alloweD", 7}, cut = {(const uint8_t *)"allowed", 6};
    for (i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        const char *token = csn_reason_token(reasons[i].reason);
        csn_bytes bytes = {(const uint8_t *)token, strlen(token)};
        CHECK_INT(reasons[i].reason, reasons[i].code);
        CHECK_TEXT(token, reasons[i].token);
        CHECK(strlen(csn_reason_text(reasons[i].reason)) > 5);
        CHECK_INT(csn_reason_from_token(bytes), reasons[i].code);
        CHECK_INT(csn_reason_alert(reasons[i].reason), reasons[i].alert);
        CHECK_INT(csn_reason_x509_error(reasons[i].reason), reasons[i].x509);
        CHECK_INT(csn_reason_http_status(reasons[i].reason), reasons[i].http);
    }
    CHECK_TEXT(csn_reason_token((int32_t)i), "internal");
    CHECK_TEXT(csn_reason_token(-1), "internal");
    CHECK_INT(csn_reason_x509_error(1000), 1);
    CHECK_INT(csn_reason_from_token(nonsense), -1);
    CHECK_INT(csn_reason_from_token(cut), -1);
    for (status = CSN_OK; status <= CSN_ERR_PANIC; status++) {
        CHECK(strlen(csn_status_text(status)) > 3);
    }
    CHECK_TEXT(csn_status_text(99), "an unknown status");
    CHECK_INT(CSN_DECISION_DENY, 0);
    CHECK_INT(CSN_DECISION_ALLOW, 1);
}
