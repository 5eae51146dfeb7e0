/* The glue against what no usual client does, and against what programs do to an SSL. Run in the
 * folder that site.rs makes; "ok" for each test, under TLS 1.2 and 1.3. */

#include "pairs.h"

static void who_gets_in(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *required = server(v, demanding(CSN_CLIENT_AUTH_REQUIRED, NULL));
    SSL_CTX *optional = server(v, demanding(CSN_CLIENT_AUTH_OPTIONAL, NULL));
    pair p = meet(required, "billing", NULL, NULL);
    DEMAND(is_in(&p) && is_allowed(&p));
    part(&p);
    p = meet(required, "stranger", NULL, NULL);
    DEMAND(p.server_in != 1 && refusal(&p) == CSN_REASON_NOT_LISTED);
    DEMAND(SSL_get_verify_result(p.server) == X509_V_ERR_APPLICATION_VERIFICATION);
    part(&p);
    p = meet(required, NULL, NULL, NULL);
    DEMAND(p.server_in != 1 && refusal(&p) == CSN_REASON_NO_CERTIFICATE);
    part(&p);
    p = meet(optional, NULL, NULL, NULL);
    DEMAND(is_in(&p) && refusal(&p) == CSN_REASON_NO_CERTIFICATE);
    part(&p);
    p = meet(optional, "stranger", NULL, NULL);
    DEMAND(p.server_in != 1 && refusal(&p) == CSN_REASON_NOT_LISTED);
    part(&p);
    SSL_CTX_free(required);
    SSL_CTX_free(optional);
    csn_verifier_free(v);
}

static int early_good_news, calls;

static void watch(const SSL *ssl, int where, int value) {
    csn_verdict verdict = CSN_VERDICT_INIT;
    (void)value;
    calls++;
    if (where != SSL_CB_HANDSHAKE_DONE && !SSL_is_init_finished(ssl)) {
        csn_openssl_verdict(ssl, &verdict);
        early_good_news += verdict.decision == CSN_DECISION_ALLOW;
    }
}

static void nothing_good_is_said_before_the_end_and_other_info_callbacks_are_called(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *ctx = bare_server();
    pair p;
    SSL_CTX_set_info_callback(ctx, watch);
    DEMAND(csn_openssl_protect(ctx, v, NULL, NULL) == CSN_OK);
    early_good_news = calls = 0;
    p = meet(ctx, "billing", NULL, NULL);
    DEMAND(is_in(&p) && calls > 5 && early_good_news == 0);
    part(&p);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

static void a_copy_of_an_ssl_has_a_client_of_its_own(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *ctx = server(v, demanding(CSN_CLIENT_AUTH_OPTIONAL, NULL));
    pair p = meet(ctx, "billing", NULL, NULL), copy = begin(ctx, NULL, NULL, NULL);
    DEMAND(is_allowed(&p) && SSL_clear(p.server) == 1);
    SSL_free(copy.server);
    copy.server = SSL_dup(p.server);
    DEMAND(copy.server != NULL && copy.server != p.server && !is_allowed(&copy));
    part(&copy);
    part(&p);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

static unsigned server_key(SSL *ssl, const char *identity, unsigned char *key, unsigned most) {
    (void)ssl;
    (void)identity;
    memset(key, 7, 16);
    return most >= 16 ? 16 : 0;
}

static unsigned client_key(SSL *ssl, const char *hint, char *identity, unsigned size,
                           unsigned char *key, unsigned most) {
    (void)hint;
    snprintf(identity, size, "anybody");
    return server_key(ssl, identity, key, most);
}

static void a_shared_key_instead_of_a_certificate_lets_nobody_in(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *ctx = server(v, demanding(CSN_CLIENT_AUTH_REQUIRED, NULL));
    pair p;
    DEMAND(SSL_CTX_set_cipher_list(ctx, "PSK-AES128-GCM-SHA256") == 1);
    DEMAND(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") == 1);
    SSL_CTX_set_psk_server_callback(ctx, server_key);
    p = begin(ctx, NULL, NULL, NULL);
    DEMAND(SSL_set_cipher_list(p.client, "PSK-AES128-GCM-SHA256") == 1);
    DEMAND(SSL_set_ciphersuites(p.client, "TLS_AES_128_GCM_SHA256") == 1);
    SSL_set_psk_client_callback(p.client, client_key);
    shake(&p);
    DEMAND(p.client_in == 1 && !talks(&p) && !answers(&p));
    DEMAND(refusal(&p) == CSN_REASON_NO_CERTIFICATE);
    part(&p);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

static void a_verify_mode_that_is_set_later_lets_nobody_in(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *ctx = server(v, demanding(CSN_CLIENT_AUTH_REQUIRED, NULL));
    pair p = begin(ctx, NULL, NULL, NULL);
    SSL_set_verify(p.server, SSL_VERIFY_NONE, NULL);
    shake(&p);
    DEMAND(!talks(&p) && !answers(&p) && refusal(&p) == CSN_REASON_NO_CERTIFICATE);
    part(&p);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

/* The next one gets the server's SSL of the first. */
static void use_again(pair *first, pair *next) {
    SSL_free(next->server);
    next->server = first->server;
    first->server = NULL;
    DEMAND(SSL_clear(next->server) == 1);
    join(next);
    shake(next);
}

static void an_ssl_that_is_used_again_forgets_its_client(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *ctx = server(v, demanding(CSN_CLIENT_AUTH_OPTIONAL, NULL));
    pair p = meet(ctx, "billing", NULL, NULL), next = begin(ctx, NULL, NULL, NULL);
    DEMAND(is_allowed(&p));
    use_again(&p, &next);
    DEMAND(is_in(&next) && refusal(&next) == CSN_REASON_NO_CERTIFICATE);
    part(&p);
    part(&next);
    /* Nor is it refused for what another did. */
    p = meet(ctx, "stranger", NULL, NULL);
    next = begin(ctx, NULL, NULL, NULL);
    DEMAND(refusal(&p) == CSN_REASON_NOT_LISTED);
    use_again(&p, &next);
    DEMAND(is_in(&next) && refusal(&next) == CSN_REASON_NO_CERTIFICATE);
    part(&p);
    part(&next);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

static void renegotiation_is_refused(void) {
    csn_verifier *v;
    SSL_CTX *ctx;
    pair p;
    char byte;
    if (version == TLS1_3_VERSION) {
        return;
    }
    v = verifier_of("policy.toml");
    ctx = server(v, demanding(CSN_CLIENT_AUTH_OPTIONAL, NULL));
    p = meet(ctx, NULL, NULL, NULL);
    DEMAND(is_in(&p));
    show(p.client, "billing");
    DEMAND(SSL_renegotiate(p.client) == 1);
    SSL_do_handshake(p.client);
    SSL_read(p.server, &byte, 1);
    DEMAND(SSL_do_handshake(p.client) != 1 && SSL_renegotiate_pending(p.server) == 0);
    DEMAND(ERR_GET_REASON(ERR_peek_error()) == SSL_R_NO_RENEGOTIATION && !is_allowed(&p));
    part(&p);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

static void a_certificate_after_the_handshake_is_refused(void) {
    csn_verifier *v;
    SSL_CTX *ctx;
    pair p;
    char byte;
    if (version == TLS1_2_VERSION) {
        return;
    }
    v = verifier_of("policy.toml");
    ctx = server(v, demanding(CSN_CLIENT_AUTH_OPTIONAL, NULL));
    p = meet(ctx, NULL, NULL, NULL);
    DEMAND(is_in(&p));
    show(p.client, "billing");
    DEMAND(SSL_verify_client_post_handshake(p.server) == 1);
    DEMAND(SSL_do_handshake(p.server) == 1);
    SSL_read(p.client, &byte, 1);
    DEMAND(SSL_read(p.server, &byte, 1) == -1 && !is_allowed(&p) && !talks(&p));
    part(&p);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

static void a_chain_that_is_too_long_is_refused_as_such(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *ctx = server(v, demanding(CSN_CLIENT_AUTH_REQUIRED, NULL));
    pair p = begin(ctx, NULL, NULL, NULL);
    DEMAND(SSL_use_certificate_chain_file(p.client, "long.pem") == 1);
    DEMAND(SSL_use_PrivateKey_file(p.client, "billing.key", SSL_FILETYPE_PEM) == 1);
    shake(&p);
    DEMAND(p.server_in != 1 && refusal(&p) == CSN_REASON_LIMIT_EXCEEDED);
    part(&p);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

static void a_review_follows_the_policy(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *ctx = server(v, demanding(CSN_CLIENT_AUTH_REQUIRED, NULL));
    SSL_SESSION *session = session_at(ctx, NULL);
    pair fresh = meet(ctx, "billing", NULL, NULL);
    pair resumed = meet(ctx, "billing", NULL, session);
    csn_verdict verdict = CSN_VERDICT_INIT;
    int64_t now = (int64_t)time(NULL);
    DEMAND(is_in(&fresh) && is_in(&resumed) && is_resumed(&resumed) && !is_resumed(&fresh));
    DEMAND(csn_openssl_review(fresh.server, now, &verdict) == CSN_OK);
    DEMAND(verdict.decision == CSN_DECISION_ALLOW);
    DEMAND(csn_openssl_review(resumed.server, now, &verdict) == CSN_OK);
    DEMAND(verdict.decision == CSN_DECISION_ALLOW);
    put_in_force(v, "nobody.toml");
    DEMAND(csn_openssl_review(fresh.server, now, &verdict) == CSN_OK);
    DEMAND(verdict.decision == CSN_DECISION_DENY && verdict.reason == CSN_REASON_NOT_LISTED);
    DEMAND(csn_openssl_review(resumed.server, now, &verdict) == CSN_OK);
    DEMAND(verdict.decision == CSN_DECISION_DENY && verdict.reason == CSN_REASON_NOT_LISTED);
    DEMAND(!is_allowed(&fresh) && !is_allowed(&resumed));
    DEMAND(csn_openssl_review(fresh.server, now, &verdict) == CSN_ERR_STATE);
    part(&fresh);
    part(&resumed);
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

static void misuse_is_refused(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *ctx = bare_server();
    csn_openssl_options options = CSN_OPENSSL_OPTIONS_INIT;
    csn_verdict verdict = CSN_VERDICT_INIT;
    csn_error error = CSN_ERROR_INIT;
    SSL *ssl;
    DEMAND(csn_openssl_protect(NULL, v, NULL, &error) == CSN_ERR_NULL);
    DEMAND(error.status == CSN_ERR_NULL && error.message[0] != '\0');
    DEMAND(csn_openssl_protect(ctx, NULL, NULL, NULL) == CSN_ERR_NULL);
    options.struct_size = 3;
    DEMAND(csn_openssl_protect(ctx, v, &options, NULL) == CSN_ERR_STRUCT_SIZE);
    options.struct_size = sizeof options;
    options.client_auth = 7;
    DEMAND(csn_openssl_protect(ctx, v, &options, NULL) == CSN_ERR_ARGUMENT);
    options.client_auth = 0;
    options.name = "";
    DEMAND(csn_openssl_protect(ctx, v, &options, NULL) == CSN_ERR_ARGUMENT);
    DEMAND(csn_openssl_verdict(NULL, &verdict) == CSN_ERR_NULL && verdict.decision == 0);
    DEMAND(csn_openssl_review(NULL, 0, &verdict) == CSN_ERR_NULL && verdict.decision == 0);
    ssl = SSL_new(ctx);
    DEMAND(csn_openssl_verdict(ssl, &verdict) == CSN_ERR_STATE && verdict.decision == 0);
    SSL_free(ssl);
    DEMAND(csn_openssl_protect(ctx, v, NULL, NULL) == CSN_OK);
    DEMAND(csn_openssl_protect(ctx, v, NULL, &error) == CSN_ERR_USAGE);
    DEMAND((SSL_CTX_get_verify_mode(ctx) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) != 0);
    DEMAND((SSL_CTX_get_options(ctx) & SSL_OP_NO_RENEGOTIATION) != 0);
    DEMAND(SSL_CTX_get_max_early_data(ctx) == 0);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

int main(void) {
    static const test_case tests[] = {
        TEST(who_gets_in),
        TEST(nothing_good_is_said_before_the_end_and_other_info_callbacks_are_called),
        TEST(a_shared_key_instead_of_a_certificate_lets_nobody_in),
        TEST(a_verify_mode_that_is_set_later_lets_nobody_in),
        TEST(an_ssl_that_is_used_again_forgets_its_client),
        TEST(a_copy_of_an_ssl_has_a_client_of_its_own),
        TEST(renegotiation_is_refused),
        TEST(a_certificate_after_the_handshake_is_refused),
        TEST(a_chain_that_is_too_long_is_refused_as_such),
        TEST(a_review_follows_the_policy),
        TEST(misuse_is_refused),
    };
    return run_tests(tests, sizeof tests / sizeof *tests);
}
