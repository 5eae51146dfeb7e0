/* Several server names, each with its SSL_CTX: no way of switching reaches a weaker policy.
 * a.example lists the client, b.example does not. */

#include "pairs.h"

/* Where the callbacks lead. */
static SSL_CTX *b_leads_to;

/* Whether they use csn_openssl_switch(), or OpenSSL's call alone. */
static int uses_switch;

static int lead(SSL *ssl) {
    if (b_leads_to == NULL) {
        return 1;
    }
    if (uses_switch) {
        return csn_openssl_switch(ssl, b_leads_to);
    }
    return SSL_set_SSL_CTX(ssl, b_leads_to) != NULL;
}

static int on_server_name(SSL *ssl, int *alert, void *unused) {
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    (void)alert;
    (void)unused;
    if (name != NULL && strcmp(name, "b.example") == 0 && !lead(ssl)) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    return SSL_TLSEXT_ERR_OK;
}

static int on_hello(SSL *ssl, int *alert, void *unused) {
    const unsigned char *name;
    size_t length;
    (void)alert;
    (void)unused;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &name, &length) == 1 &&
        length == 14 && memcmp(name + 5, "b.example", 9) == 0 && !lead(ssl)) {
        return SSL_CLIENT_HELLO_ERROR;
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}

typedef struct {
    csn_verifier *lists, *lists_not;
    SSL_CTX *a, *b;
} site;

static SSL_CTX *begin_at(SSL_CTX *ctx, int at_hello) {
    if (at_hello) {
        SSL_CTX_set_client_hello_cb(ctx, on_hello, NULL);
    } else {
        SSL_CTX_set_tlsext_servername_callback(ctx, on_server_name);
    }
    return ctx;
}

/* a_auth is CSN_CLIENT_AUTH_OFF for an SSL_CTX that is not protected. */
static site two_names(csn_client_auth a_auth, int at_hello, int with_switch) {
    site s;
    s.lists = verifier_of("policy.toml");
    s.lists_not = verifier_of("nobody.toml");
    s.a = a_auth == CSN_CLIENT_AUTH_OFF ? bare_server() : server(s.lists, demanding(a_auth, NULL));
    begin_at(s.a, at_hello);
    s.b = server(s.lists_not, demanding(CSN_CLIENT_AUTH_REQUIRED, NULL));
    b_leads_to = s.b;
    uses_switch = with_switch;
    return s;
}

static void close_site(site *s) {
    SSL_CTX_free(s->a);
    SSL_CTX_free(s->b);
    csn_verifier_free(s->lists);
    csn_verifier_free(s->lists_not);
}

/* Where OpenSSL resumes a TLS 1.2 session, the name in the servername callback is that of the
 * session, so that a public one stays at the public SSL_CTX. */
static int refused_at_b(site *s, const char *who, SSL_SESSION *session) {
    pair p = meet(s->a, who, "b.example", session);
    int is_at_b = SSL_get_SSL_CTX(p.server) == s->b;
    int is_public = csn_openssl_entry_of_(s->a) == NULL && session != NULL;
    int refused = !is_allowed(&p) && (is_at_b ? !talks(&p) && !answers(&p)
                                              : is_public || p.server_in != 1);
    part(&p);
    return refused;
}

static void every_way_of_switching_ends_at_the_policy_of_the_name(void) {
    static const csn_client_auth demands[] = {CSN_CLIENT_AUTH_OFF, CSN_CLIENT_AUTH_OPTIONAL,
                                              CSN_CLIENT_AUTH_REQUIRED};
    int way;
    for (way = 0; way < 12; way++) {
        site s = two_names(demands[way / 4], way & 1, (way & 2) != 0);
        DEMAND(refused_at_b(&s, NULL, NULL));
        DEMAND(refused_at_b(&s, "billing", NULL));
        if (uses_switch) {
            /* Not shut at the end, but refused with an alert. */
            pair p = meet(s.a, NULL, "b.example", NULL);
            DEMAND(p.server_in != 1);
            part(&p);
        }
        if (demands[way / 4] != CSN_CLIENT_AUTH_OFF) {
            SSL_SESSION *of_a = session_at(s.a, "a.example");
            pair p = meet(s.a, "billing", "a.example", of_a);
            DEMAND(is_in(&p) && is_resumed(&p) && is_allowed(&p));
            part(&p);
            DEMAND(refused_at_b(&s, "billing", of_a));
            SSL_SESSION_free(of_a);
        }
        close_site(&s);
    }
}

static void a_session_of_an_ssl_ctx_without_protection_gets_nowhere(void) {
    int way;
    for (way = 0; way < 4; way++) {
        site s = two_names(CSN_CLIENT_AUTH_OFF, way & 1, (way & 2) != 0);
        SSL_SESSION *of_a = session_of(s.a, NULL, "a.example");
        DEMAND(refused_at_b(&s, NULL, of_a) && refused_at_b(&s, "billing", of_a));
        SSL_SESSION_free(of_a);
        close_site(&s);
    }
}

/* The gate could not know: the name led elsewhere when the session was made. */
static void a_name_that_leads_elsewhere_since_takes_no_session_along(void) {
    int way;
    for (way = 0; way < 4; way++) {
        site s = two_names(CSN_CLIENT_AUTH_REQUIRED, way & 1, (way & 2) != 0);
        SSL_SESSION *before;
        b_leads_to = NULL;
        before = session_at(s.a, "b.example");
        b_leads_to = s.b;
        DEMAND(refused_at_b(&s, "billing", before));
        SSL_SESSION_free(before);
        close_site(&s);
    }
}

static void where_the_hello_switches_sessions_of_every_name_resume(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *a = begin_at(server(v, demanding(CSN_CLIENT_AUTH_REQUIRED, NULL)), 1);
    SSL_SESSION *of_b;
    pair p;
    uses_switch = 1;
    b_leads_to = server(v, demanding(CSN_CLIENT_AUTH_REQUIRED, NULL));
    of_b = session_at(a, "b.example");
    p = meet(a, "billing", "b.example", of_b);
    DEMAND(is_in(&p) && is_resumed(&p) && is_allowed(&p));
    DEMAND(SSL_get_SSL_CTX(p.server) == b_leads_to);
    part(&p);
    p = meet(a, "billing", "a.example", of_b);
    DEMAND(is_in(&p) && !is_resumed(&p));
    part(&p);
    SSL_SESSION_free(of_b);
    SSL_CTX_free(b_leads_to);
    SSL_CTX_free(a);
    csn_verifier_free(v);
}

/* Nothing stands at the gate there; the end of the handshake is what remains. */
static void behind_an_ssl_ctx_without_protection_no_session_resumes(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *bare = begin_at(bare_server(), 1);
    SSL_SESSION *session;
    pair p;
    uses_switch = 1;
    b_leads_to = server(v, demanding(CSN_CLIENT_AUTH_REQUIRED, NULL));
    session = session_at(bare, "b.example");
    p = meet(bare, "billing", "b.example", session);
    DEMAND(is_resumed(&p) && !talks(&p) && !answers(&p) && !is_allowed(&p));
    part(&p);
    SSL_SESSION_free(session);
    SSL_CTX_free(b_leads_to);
    SSL_CTX_free(bare);
    csn_verifier_free(v);
}

/* They do full handshakes, also those with a session of before they had a certificate. */
static void behind_a_guarded_ssl_ctx_clients_come_back(void) {
    int at_hello, optional;
    for (at_hello = 0; at_hello < 2; at_hello++) {
        csn_verifier *v = verifier_of("policy.toml");
        SSL_CTX *bare = begin_at(bare_server(), at_hello);
        SSL_SESSION *session;
        pair p;
        uses_switch = 1;
        DEMAND(csn_openssl_guard(bare, NULL) == CSN_OK);
        for (optional = 0; optional < 2; optional++) {
            csn_client_auth auth = optional ? CSN_CLIENT_AUTH_OPTIONAL : CSN_CLIENT_AUTH_REQUIRED;
            b_leads_to = server(v, demanding(auth, NULL));
            session = optional ? session_of(bare, NULL, "b.example")
                               : session_at(bare, "b.example");
            p = meet(bare, "billing", "b.example", session);
            DEMAND(is_in(&p) && !is_resumed(&p) && is_allowed(&p));
            part(&p);
            SSL_SESSION_free(session);
            SSL_CTX_free(b_leads_to);
        }
        /* Its own sessions are its own. */
        b_leads_to = NULL;
        session = session_of(bare, NULL, "a.example");
        p = meet(bare, NULL, "a.example", session);
        DEMAND(is_in(&p) && is_resumed(&p));
        part(&p);
        SSL_SESSION_free(session);
        SSL_CTX_free(bare);
        csn_verifier_free(v);
    }
}

static void a_guard_stands_once_and_where_nobody_is_asked(void) {
    csn_verifier *v = verifier_of("policy.toml");
    SSL_CTX *bare = bare_server(), *protected = server(v, demanding(0, NULL));
    csn_error error = CSN_ERROR_INIT;
    DEMAND(csn_openssl_guard(NULL, &error) == CSN_ERR_NULL && error.message[0] != '\0');
    DEMAND(csn_openssl_guard(protected, NULL) == CSN_ERR_USAGE);
    DEMAND(csn_openssl_guard(bare, NULL) == CSN_OK);
    DEMAND(csn_openssl_guard(bare, NULL) == CSN_ERR_USAGE);
    SSL_CTX_free(bare);
    SSL_CTX_free(protected);
    csn_verifier_free(v);
}

int main(void) {
    static const test_case tests[] = {
        TEST(every_way_of_switching_ends_at_the_policy_of_the_name),
        TEST(a_session_of_an_ssl_ctx_without_protection_gets_nowhere),
        TEST(a_name_that_leads_elsewhere_since_takes_no_session_along),
        TEST(where_the_hello_switches_sessions_of_every_name_resume),
        TEST(behind_an_ssl_ctx_without_protection_no_session_resumes),
        TEST(behind_a_guarded_ssl_ctx_clients_come_back),
        TEST(a_guard_stands_once_and_where_nobody_is_asked),
    };
    return run_tests(tests, sizeof tests / sizeof *tests);
}
