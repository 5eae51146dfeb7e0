/* Which sessions resume where, under TLS 1.2 and 1.3: between SSL_CTXs, across time, and against
 * settings that bypass the gate. */

#include "pairs.h"

/* SSL_CTXs that can read each other's tickets. */
static SSL_CTX *reads_all(SSL_CTX *ctx) {
    unsigned char keys[80];
    memset(keys, 9, sizeof keys);
    DEMAND(SSL_CTX_set_tlsext_ticket_keys(ctx, keys, sizeof keys) == 1);
    return ctx;
}

static SSL_CTX *named(const csn_verifier *v, csn_client_auth auth, const char *name) {
    return reads_all(server(v, demanding(auth, name)));
}

static int resumes_at(SSL_CTX *ctx, SSL_SESSION *session) {
    pair p = meet(ctx, "billing", NULL, session);
    int resumed;
    DEMAND(is_in(&p) && is_allowed(&p));
    resumed = is_resumed(&p);
    part(&p);
    return resumed;
}

static void a_session_resumes_only_where_it_was_made_or_under_that_name(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *one = named(v, CSN_CLIENT_AUTH_REQUIRED, NULL);
    SSL_CTX *two = named(v, CSN_CLIENT_AUTH_REQUIRED, NULL);
    SSL_CTX *shared = named(v, CSN_CLIENT_AUTH_REQUIRED, "shared");
    SSL_CTX *also_shared = named(v, CSN_CLIENT_AUTH_REQUIRED, "shared");
    SSL_CTX *other = named(v, CSN_CLIENT_AUTH_REQUIRED, "other");
    SSL_CTX *lax = named(v, CSN_CLIENT_AUTH_OPTIONAL, "shared");
    SSL_SESSION *of_one = session_at(one, NULL), *of_shared = session_at(shared, NULL);
    SSL_SESSION *of_lax = session_at(lax, NULL);
    DEMAND(SSL_SESSION_get_max_early_data(of_one) == 0);
    DEMAND(resumes_at(one, of_one) && !resumes_at(two, of_one) && !resumes_at(shared, of_one));
    DEMAND(resumes_at(shared, of_shared) && resumes_at(also_shared, of_shared));
    DEMAND(!resumes_at(other, of_shared) && !resumes_at(lax, of_shared));
    DEMAND(!resumes_at(shared, of_lax));
    SSL_SESSION_free(of_one);
    SSL_SESSION_free(of_shared);
    SSL_SESSION_free(of_lax);
    SSL_CTX_free(one);
    SSL_CTX_free(two);
    SSL_CTX_free(shared);
    SSL_CTX_free(also_shared);
    SSL_CTX_free(other);
    SSL_CTX_free(lax);
    csn_verifier_free(v);
}

/* As of a server before it asked for certificates: its ticket keys and session id context are
 * the same. */
static void a_session_from_before_certificates_were_required_is_declined(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *now = named(v, CSN_CLIENT_AUTH_REQUIRED, NULL), *before = reads_all(bare_server());
    SSL_SESSION *session = session_at(now, NULL);
    unsigned length = 0;
    const unsigned char *id = SSL_SESSION_get0_id_context(session, &length);
    pair p;
    /* A client's session does not know it; that of the server's end does. */
    p = meet(now, "billing", NULL, NULL);
    id = SSL_SESSION_get0_id_context(SSL_get_session(p.server), &length);
    DEMAND(length == 32 && SSL_CTX_set_session_id_context(before, id, length) == 1);
    part(&p);
    SSL_SESSION_free(session);
    session = session_of(before, NULL, NULL);
    p = meet(before, NULL, NULL, session);
    DEMAND(is_in(&p) && is_resumed(&p));
    part(&p);
    p = meet(now, NULL, NULL, session);
    DEMAND(p.server_in != 1 && !is_resumed(&p) && refusal(&p) == CSN_REASON_NO_CERTIFICATE);
    part(&p);
    SSL_SESSION_free(session);
    SSL_CTX_free(now);
    SSL_CTX_free(before);
    csn_verifier_free(v);
}

static void a_client_without_a_certificate_has_no_session(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *ctx = server(v, demanding(CSN_CLIENT_AUTH_OPTIONAL, NULL));
    SSL_SESSION *session = session_of(ctx, NULL, NULL);
    pair p = meet(ctx, NULL, NULL, session);
    DEMAND(is_in(&p) && !is_resumed(&p) && !is_allowed(&p));
    part(&p);
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

static void a_session_ends_with_its_age(void) {
    csn_verifier *v = verifier_of("policy.toml");
    csn_openssl_options options = CSN_OPENSSL_OPTIONS_INIT;
    SSL_CTX *ctx;
    SSL_SESSION *session;
    options.session_age = 2;
    ctx = server(v, options);
    session = session_at(ctx, NULL);
    DEMAND(resumes_at(ctx, session));
    sleep(4);
    DEMAND(!resumes_at(ctx, session));
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

static void resumption_can_be_off(void) {
    csn_verifier *v = verifier_of("policy.toml");
    csn_openssl_options options = CSN_OPENSSL_OPTIONS_INIT;
    SSL_CTX *ctx;
    pair p;
    options.resumption = CSN_OPENSSL_NO_RESUMPTION;
    ctx = server(v, options);
    p = meet(ctx, "billing", NULL, NULL);
    DEMAND(is_in(&p) && is_allowed(&p) && (given == NULL || !SSL_SESSION_has_ticket(given)));
    part(&p);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

/* OpenSSL's own cache asks nobody. */
static void a_cache_that_is_switched_on_later_lets_nobody_in(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *ctx = server(v, demanding(CSN_CLIENT_AUTH_REQUIRED, NULL));
    SSL_SESSION *session;
    pair p;
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER);
    session = session_at(ctx, NULL);
    p = meet(ctx, "billing", NULL, session);
    DEMAND(is_resumed(&p) && !talks(&p) && !answers(&p));
    DEMAND(refusal(&p) == CSN_REASON_SESSION_STALE);
    part(&p);
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

/* A cache of the program's own, of one session. */
static SSL_SESSION *own;

static int own_new(SSL *ssl, SSL_SESSION *session) {
    (void)ssl;
    SSL_SESSION_free(own);
    own = session;
    return 1;
}

static SSL_SESSION *own_get(SSL *ssl, const unsigned char *id, int length, int *copy) {
    (void)ssl;
    (void)id;
    (void)length;
    *copy = 1;
    return own;
}

static void a_cache_of_the_programs_own_stays_and_is_asked_behind_the_gate(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *ctx = bare_server();
    SSL_SESSION *session;
    pair p;
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    SSL_CTX_sess_set_new_cb(ctx, own_new);
    SSL_CTX_sess_set_get_cb(ctx, own_get);
    DEMAND(csn_openssl_protect(ctx, v, NULL, NULL) == CSN_OK);
    session = session_at(ctx, NULL);
    DEMAND(own != NULL && resumes_at(ctx, session));
    put_in_force(v, "nobody.toml");
    p = meet(ctx, "billing", NULL, session);
    DEMAND(p.server_in != 1 && !is_resumed(&p) && refusal(&p) == CSN_REASON_NOT_LISTED);
    part(&p);
    SSL_SESSION_free(own);
    own = NULL;
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

static void the_cache_keeps_to_its_size(void) {
    csn_verifier *v = verifier_of("policy.toml");
    csn_openssl_options options = CSN_OPENSSL_OPTIONS_INIT;
    SSL_CTX *ctx;
    SSL_SESSION *first, *last = NULL;
    int i;
    options.cached_sessions = 4;
    ctx = server(v, options);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    first = session_at(ctx, NULL);
    for (i = 0; i < 8; i++) {
        SSL_SESSION_free(last);
        last = session_at(ctx, NULL);
    }
    DEMAND(resumes_at(ctx, last) && !resumes_at(ctx, first));
    SSL_SESSION_free(first);
    SSL_SESSION_free(last);
    SSL_CTX_free(ctx);
    csn_verifier_free(v);
}

int main(void) {
    static const test_case tests[] = {
        TEST(a_session_resumes_only_where_it_was_made_or_under_that_name),
        TEST(a_session_from_before_certificates_were_required_is_declined),
        TEST(a_client_without_a_certificate_has_no_session),
        TEST(a_session_ends_with_its_age),
        TEST(resumption_can_be_off),
        TEST(a_cache_that_is_switched_on_later_lets_nobody_in),
        TEST(a_cache_of_the_programs_own_stays_and_is_asked_behind_the_gate),
        TEST(the_cache_keeps_to_its_size),
    };
    return run_tests(tests, sizeof tests / sizeof *tests);
}
