/* Client and server of one process, over memory. */

#ifndef PAIRS_H
#define PAIRS_H

#include "tests.h"
#include <countersign_openssl.h>
#include <unistd.h>

typedef struct {
    SSL *client;
    SSL *server;
    /* What SSL_do_handshake() gave last. */
    int client_in;
    int server_in;
} pair;

static inline SSL_CTX *bare_server(void) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    DEMAND(ctx != NULL && SSL_CTX_use_certificate_chain_file(ctx, "server.pem") == 1);
    DEMAND(SSL_CTX_use_PrivateKey_file(ctx, "server.key", SSL_FILETYPE_PEM) == 1);
    return ctx;
}

static inline SSL_CTX *server(const csn_verifier *verifier, csn_openssl_options options) {
    SSL_CTX *ctx = bare_server();
    csn_error error = CSN_ERROR_INIT;
    DEMAND(csn_openssl_protect(ctx, verifier, &options, &error) == CSN_OK);
    return ctx;
}

static inline csn_openssl_options demanding(csn_client_auth auth, const char *name) {
    csn_openssl_options options = CSN_OPENSSL_OPTIONS_INIT;
    options.client_auth = (int32_t)auth;
    options.name = name;
    return options;
}

static inline csn_verifier *verifier_of(const char *policy) {
    csn_verifier *verifier = NULL;
    DEMAND(csn_verifier_from_file(policy, &verifier, NULL) == CSN_OK);
    return verifier;
}

static inline void put_in_force(const csn_verifier *verifier, const char *policy) {
    csn_verifier_config *config = NULL;
    DEMAND(csn_verifier_config_from_file(policy, &config, NULL) == CSN_OK);
    DEMAND(csn_verifier_reload_from(verifier, config, NULL) == CSN_OK);
    csn_verifier_config_free(config);
}

/* The last session that the server gave. */
static SSL_SESSION *given;

static inline int take_session(SSL *ssl, SSL_SESSION *session) {
    (void)ssl;
    SSL_SESSION_free(given);
    given = session;
    return 1;
}

static inline SSL_SESSION *taken(void) {
    SSL_SESSION *session = given;
    given = NULL;
    return session;
}

static inline void show(SSL *client, const char *who) {
    char file[64];
    snprintf(file, sizeof file, "%s.pem", who);
    DEMAND(SSL_use_certificate_file(client, file, SSL_FILETYPE_PEM) == 1);
    snprintf(file, sizeof file, "%s.key", who);
    DEMAND(SSL_use_PrivateKey_file(client, file, SSL_FILETYPE_PEM) == 1);
}

static inline void join(pair *p) {
    BIO *one = NULL, *other = NULL;
    DEMAND(BIO_new_bio_pair(&one, 1 << 18, &other, 1 << 18) == 1);
    SSL_set_bio(p->client, one, one);
    SSL_set_bio(p->server, other, other);
    SSL_set_connect_state(p->client);
    SSL_set_accept_state(p->server);
}

/* who is NULL for a client without a certificate; name and session may be NULL. */
static inline pair begin(SSL_CTX *ctx, const char *who, const char *name, SSL_SESSION *session) {
    pair p;
    SSL_CTX *client = SSL_CTX_new(TLS_client_method());
    memset(&p, 0, sizeof p);
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client, take_session);
    SSL_CTX_set_post_handshake_auth(client, 1);
    DEMAND(SSL_CTX_set_min_proto_version(client, version) == 1);
    DEMAND(SSL_CTX_set_max_proto_version(client, version) == 1);
    p.client = SSL_new(client);
    p.server = SSL_new(ctx);
    SSL_CTX_free(client);
    DEMAND(p.client != NULL && p.server != NULL);
    if (who != NULL) {
        show(p.client, who);
    }
    if (name != NULL) {
        DEMAND(SSL_set_tlsext_host_name(p.client, name) == 1);
    }
    if (session != NULL) {
        /* Under TLS 1.3 OpenSSL's client offers a session once. */
        SSL_SESSION *copy = SSL_SESSION_dup(session);
        DEMAND(copy != NULL && SSL_set_session(p.client, copy) == 1);
        SSL_SESSION_free(copy);
    }
    join(&p);
    return p;
}

static inline void shake(pair *p) {
    int turn;
    for (turn = 0; turn < 10; turn++) {
        p->client_in = SSL_do_handshake(p->client);
        p->server_in = SSL_do_handshake(p->server);
    }
}

static inline pair meet(SSL_CTX *ctx, const char *who, const char *name, SSL_SESSION *session) {
    pair p = begin(ctx, who, name, session);
    shake(&p);
    return p;
}

/* Whether a byte gets from the client to the program behind the server. */
static inline int talks(pair *p) {
    char byte = 0;
    SSL_write(p->client, "x", 1);
    return SSL_read(p->server, &byte, 1) == 1 && byte == 'x';
}

/* Whether a byte gets from the program behind the server to the client. */
static inline int answers(pair *p) {
    char byte = 0;
    if (SSL_write(p->server, "y", 1) != 1) {
        return 0;
    }
    return SSL_read(p->client, &byte, 1) == 1 && byte == 'y';
}

static inline int is_allowed(const pair *p) {
    csn_verdict verdict = CSN_VERDICT_INIT;
    return csn_openssl_verdict(p->server, &verdict) == CSN_OK &&
           verdict.decision == CSN_DECISION_ALLOW && strcmp(verdict.client, "billing") == 0;
}

/* The reason of a deny; -1 where the client is allowed. */
static inline int refusal(const pair *p) {
    csn_verdict verdict = CSN_VERDICT_INIT;
    csn_openssl_verdict(p->server, &verdict);
    return verdict.decision == CSN_DECISION_ALLOW ? -1 : (int)verdict.reason;
}

static inline int is_in(pair *p) { return p->server_in == 1 && talks(p) && answers(p); }

static inline int is_resumed(const pair *p) { return SSL_session_reused(p->server) == 1; }

static inline void part(pair *p) {
    /* Without it OpenSSL forgets the session. */
    if (p->server != NULL) {
        SSL_shutdown(p->server);
    }
    SSL_shutdown(p->client);
    SSL_free(p->client);
    SSL_free(p->server);
    SSL_SESSION_free(given);
    given = NULL;
    ERR_clear_error();
}

/* A session of whoever gets in; NULL where the server gave none. */
static inline SSL_SESSION *session_of(SSL_CTX *ctx, const char *who, const char *name) {
    pair p = meet(ctx, who, name, NULL);
    SSL_SESSION *session;
    DEMAND(is_in(&p) && (who != NULL || !is_allowed(&p)));
    /* The client has read what came before the last byte. */
    session = taken();
    part(&p);
    return session;
}

/* A session of the approved client. */
static inline SSL_SESSION *session_at(SSL_CTX *ctx, const char *name) {
    pair p = meet(ctx, "billing", name, NULL);
    SSL_SESSION *session;
    DEMAND(is_in(&p) && is_allowed(&p) && !is_resumed(&p));
    session = taken();
    DEMAND(session != NULL);
    part(&p);
    return session;
}

#endif
