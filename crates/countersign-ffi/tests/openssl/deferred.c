/* The glue where the program refuses, and what it tells the program. Run in the folder that site.rs
 * makes; "ok" for each test, under TLS 1.2 and 1.3. */

#include "pairs.h"

static csn_openssl_options deferring(void) {
    csn_openssl_options options = demanding(CSN_CLIENT_AUTH_OPTIONAL, NULL);
    options.refusal = CSN_OPENSSL_DEFER;
    return options;
}

static void everybody_gets_through_and_is_known_for_what_he_is(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *ctx = server(v, deferring());
    pair p = meet(ctx, "billing", NULL, NULL);
    DEMAND(is_in(&p) && is_allowed(&p));
    DEMAND(SSL_get_verify_result(p.server) == X509_V_OK);
    part(&p);
    p = meet(ctx, "stranger", NULL, NULL);
    DEMAND(is_in(&p) && refusal(&p) == CSN_REASON_NOT_LISTED);
    DEMAND(SSL_get_verify_result(p.server) == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE);
    part(&p);
    p = meet(ctx, "outsider", NULL, NULL);
    DEMAND(is_in(&p) && refusal(&p) == CSN_REASON_UNKNOWN_ISSUER);
    part(&p);
    p = meet(ctx, NULL, NULL, NULL);
    DEMAND(is_in(&p) && refusal(&p) == CSN_REASON_NO_CERTIFICATE);
    part(&p);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

static void who_is_not_allowed_does_not_resume(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *ctx = server(v, deferring());
    SSL_SESSION *session = session_of(ctx, "stranger", NULL);
    pair p = meet(ctx, "stranger", NULL, session);
    DEMAND(is_in(&p) && !is_resumed(&p) && refusal(&p) == CSN_REASON_NOT_LISTED);
    part(&p);
    SSL_SESSION_free(session);
    session = session_at(ctx, NULL);
    p = meet(ctx, "billing", NULL, session);
    DEMAND(is_in(&p) && is_resumed(&p) && is_allowed(&p));
    part(&p);
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

static int review(pair *p) {
    csn_verdict verdict = CSN_VERDICT_INIT;
    DEMAND(csn_openssl_review(p->server, (int64_t)time(NULL), &verdict) == CSN_OK);
    DEMAND(refusal(p) == (verdict.decision == CSN_DECISION_ALLOW ? -1 : verdict.reason));
    return verdict.decision == CSN_DECISION_ALLOW ? -1 : (int)verdict.reason;
}

/* Fresh or resumed: a client that is refused for a while is let in again afterwards. */
static void a_review_follows_the_policy_both_ways(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *ctx = server(v, deferring());
    SSL_SESSION *session = session_at(ctx, NULL);
    int resumes;
    for (resumes = 0; resumes < 2; resumes++) {
        pair p = meet(ctx, "billing", NULL, resumes ? session : NULL);
        DEMAND(is_resumed(&p) == resumes && review(&p) == -1);
        put_in_force(v, "nobody.toml");
        DEMAND(review(&p) == CSN_REASON_NOT_LISTED && review(&p) == CSN_REASON_NOT_LISTED);
        put_in_force(v, "policy.toml");
        DEMAND(review(&p) == -1);
        part(&p);
    }
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

static void another_policy_judges_and_leaves_no_trace(void) {
    csn_verifier *v = verifier_of("policy.toml"), *other = verifier_of("nobody.toml");
    SSL_CTX *ctx = server(v, deferring()), *strict = server(v, demanding(0, NULL));
    csn_verdict verdict = CSN_VERDICT_INIT;
    int64_t now = (int64_t)time(NULL);
    pair p = meet(ctx, "stranger", NULL, NULL);
    DEMAND(csn_openssl_review_by(p.server, other, now, &verdict) == CSN_OK);
    DEMAND(verdict.decision == CSN_DECISION_ALLOW && strcmp(verdict.client, "stranger") == 0);
    DEMAND(refusal(&p) == CSN_REASON_NOT_LISTED);
    DEMAND(csn_openssl_review_by(p.server, NULL, now, &verdict) != CSN_OK);
    DEMAND(verdict.decision == CSN_DECISION_DENY);
    part(&p);
    /* Nobody is there to be judged: before the end of a handshake, and without a certificate. */
    p = begin(ctx, "stranger", NULL, NULL);
    DEMAND(csn_openssl_review_by(p.server, other, now, &verdict) == CSN_ERR_STATE);
    DEMAND(verdict.decision == CSN_DECISION_DENY);
    part(&p);
    p = meet(ctx, NULL, NULL, NULL);
    DEMAND(csn_openssl_review_by(p.server, other, now, &verdict) == CSN_ERR_STATE);
    DEMAND(verdict.reason == CSN_REASON_NO_CERTIFICATE);
    part(&p);
    /* Where the handshake refuses, the refused are not judged again. */
    p = meet(strict, "stranger", NULL, NULL);
    DEMAND(csn_openssl_review_by(p.server, other, now, &verdict) == CSN_ERR_STATE);
    DEMAND(verdict.decision == CSN_DECISION_DENY && verdict.reason == CSN_REASON_NOT_LISTED);
    part(&p);
    p = meet(strict, "billing", NULL, NULL);
    put_in_force(v, "nobody.toml");
    DEMAND(review(&p) == CSN_REASON_NOT_LISTED);
    put_in_force(v, "policy.toml");
    DEMAND(csn_openssl_review_by(p.server, v, now, &verdict) == CSN_ERR_STATE);
    part(&p);
    SSL_CTX_free(ctx);
    SSL_CTX_free(strict);
    csn_verifier_free(v);
    csn_verifier_free(other);
}

typedef struct {
    int before, fresh, resumed, allowed, reason;
} told;

static void before(SSL *ssl, void *userdata) {
    DEMAND(ssl != NULL);
    ((told *)userdata)->before++;
}

static void after(SSL *ssl, X509 *leaf, int is_resumed, const csn_verdict *verdict, void *data) {
    told *t = (told *)data;
    DEMAND(ssl != NULL && leaf != NULL);
    t->resumed += is_resumed;
    t->fresh += !is_resumed;
    t->allowed += verdict->decision == CSN_DECISION_ALLOW;
    t->reason = verdict->reason;
}

static void the_program_is_told(void) {
    csn_verifier *v = verifier_of("policy.toml");
    told t = {0, 0, 0, 0, 0};
    csn_openssl_options options = demanding(CSN_CLIENT_AUTH_REQUIRED, NULL);
    SSL_CTX *ctx;
    SSL_SESSION *session;
    pair p;
    options.before = before;
    options.after = after;
    options.userdata = &t;
    ctx = server(v, options);
    session = session_at(ctx, NULL);
    DEMAND(t.before == 1 && t.fresh == 1 && t.resumed == 0 && t.allowed == 1);
    p = meet(ctx, "billing", NULL, session);
    DEMAND(is_resumed(&p) && t.before == 2 && t.fresh == 1 && t.resumed == 1 && t.allowed == 2);
    part(&p);
    p = meet(ctx, "stranger", NULL, NULL);
    DEMAND(t.before == 3 && t.fresh == 2 && t.allowed == 2 && t.reason == CSN_REASON_NOT_LISTED);
    part(&p);
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

static void without_a_cache_only_tickets_resume(void) {
    csn_verifier *v = verifier_of("policy.toml");
    csn_openssl_options options = demanding(CSN_CLIENT_AUTH_REQUIRED, NULL);
    SSL_CTX *ctx;
    SSL_SESSION *session;
    pair p;
    options.cached_sessions = CSN_OPENSSL_NO_CACHE;
    ctx = server(v, options);
    session = session_at(ctx, NULL);
    p = meet(ctx, "billing", NULL, session);
    DEMAND(is_in(&p) && is_resumed(&p));
    part(&p);
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
    ctx = server(v, options);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    session = session_of(ctx, "billing", NULL);
    if (session != NULL) {
        p = meet(ctx, "billing", NULL, session);
        DEMAND(is_in(&p) && !is_resumed(&p));
        part(&p);
    }
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

static void a_number_that_is_no_refusal_is_refused(void) {
    csn_verifier *v = verifier_of("policy.toml");
    csn_openssl_options options = demanding(CSN_CLIENT_AUTH_REQUIRED, NULL);
    SSL_CTX *ctx = bare_server();
    options.refusal = 7;
    DEMAND(csn_openssl_protect(ctx, v, &options, NULL) == CSN_ERR_ARGUMENT);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

int main(void) {
    static const test_case tests[] = {
        TEST(everybody_gets_through_and_is_known_for_what_he_is),
        TEST(who_is_not_allowed_does_not_resume),
        TEST(a_review_follows_the_policy_both_ways),
        TEST(another_policy_judges_and_leaves_no_trace),
        TEST(the_program_is_told),
        TEST(without_a_cache_only_tickets_resume),
        TEST(a_number_that_is_no_refusal_is_refused),
    };
    return run_tests(tests, sizeof tests / sizeof *tests);
}
