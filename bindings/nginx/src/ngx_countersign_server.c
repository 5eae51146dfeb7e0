/*
 * Servers that ask for certificates, and the answer to "may this client do that?".
 *
 * The handshake gives a first verdict. An answer is given by the policy in force when it is asked
 * for: the verdict is worked out again where the policy, its generation or the second is another
 * than at the last time.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

#include "ngx_countersign.h"

#include <countersign_openssl.h>

/* What an SSL has once a request was answered for: the last verdict on its client by each policy, and
 * when that was worked out. */
typedef struct ngx_countersign_record_s ngx_countersign_record_t;

struct ngx_countersign_record_s {
    ngx_countersign_record_t  *next;
    ngx_countersign_policy_t  *policy;
    /* 0 where there is no verdict. */
    time_t                     second;
    const char                *when;
    csn_verdict                verdict;
};

typedef void (*ngx_countersign_info_fn)(const SSL *ssl, int where, int value);

/* nginx's own, which it sets for every SSL_CTX. */
static ngx_countersign_info_fn  ngx_countersign_next_info;

static int  ngx_countersign_record_index = -1;
static int  ngx_countersign_server_index = -1;


/* ---- In the handshake ---- */

static void
ngx_countersign_before(SSL *ssl, void *data)
{
    ngx_countersign_server_t  *server = data;

    /* Where the workers cannot agree, the answer to the request says so. */
    (void) ngx_countersign_policy_agree(server->policy);
}


static void
ngx_countersign_after(SSL *ssl, X509 *leaf, int is_resumed, const csn_verdict *verdict,
                      void *data)
{
    ngx_connection_t          *c = ngx_ssl_get_connection(ssl);
    ngx_countersign_answer_t   answer;
    ngx_countersign_server_t  *server = data;

    if (verdict->decision == CSN_DECISION_ALLOW || server->mode != NGX_COUNTERSIGN_HANDSHAKE) {
        return;
    }

    if (ngx_countersign_has("quiet")) {
        /* Or nginx takes it for an accident, and logs it at crit as often as a peer likes. */
        c->ssl->handshake_rejected = 1;
    }

    answer.decision = NGX_COUNTERSIGN_DENY;
    answer.reason = verdict->reason;
    answer.when = "handshake";
    answer.generation = ngx_countersign_policy_generation(server->policy);
    answer.client.data = (u_char *) verdict->client;
    answer.client.len = verdict->client_len;

    ngx_countersign_log(c, server->policy, leaf, &answer, 0);
}


/* Refusals that nobody was judged for: no certificate, or one whose key the client does not have. */
static void
ngx_countersign_info(const SSL *ssl, int where, int value)
{
    int                alert = value & 0xff;
    ngx_connection_t  *c = ngx_ssl_get_connection(ssl);

    if ((where & SSL_CB_WRITE_ALERT) == SSL_CB_WRITE_ALERT
        && (value >> 8) == SSL3_AL_FATAL && alert != SSL_AD_INTERNAL_ERROR
        && !c->ssl->handshaked && !c->ssl->handshake_rejected
        && ngx_countersign_has("quiet"))
    {
        c->ssl->handshake_rejected = 1;

        if (ngx_countersign_may_log(c->log, 0)) {
            ngx_log_error(NGX_LOG_INFO, c->log, 0,
                          "countersign: refused in the handshake, by alert %d (%s)", alert,
                          SSL_alert_desc_string_long(value));
        }
    }

    if (ngx_countersign_next_info != NULL) {
        ngx_countersign_next_info(ssl, where, value);
    }
}


/* ---- Servers ---- */

const char *
ngx_countersign_conflict(const ngx_countersign_server_t *server, const ngx_countersign_ssl_t *ssl)
{
    if (server->policy == NULL) {
        return "countersign_mode needs a policy: write \"countersign_policy <file>\" beside it";
    }

    if (ssl->ssl->ctx == NULL) {
        return "countersign_mode needs TLS: write \"ssl_certificate\", and \"ssl\" in \"listen\", or "
               "\"countersign_mode off\"";
    }

    if (ssl->verify != 0) {
        return "countersign takes the place of nginx's own verification, which would let in "
               "certificates that the policy does not: take out \"ssl_verify_client\"";
    }

    if (ssl->ocsp != 0) {
        return "countersign does not ask OCSP responders: take out \"ssl_ocsp\", and name CRLs in "
               "the policy";
    }

    if (ssl->early_data) {
        return "early data can be replayed, and comes before the client has proved its key: take "
               "out \"ssl_early_data\"";
    }

    if (server->resumption == NGX_COUNTERSIGN_RECHECK
        && (ssl->builtin_session_cache >= 0
            || ssl->builtin_session_cache == NGX_SSL_DFLT_BUILTIN_SCACHE))
    {
        return "OpenSSL's own session cache resumes sessions without asking anybody: write "
               "\"ssl_session_cache shared:<name>:<size>\", or \"countersign_resumption off\"";
    }

    return NULL;
}


static void
ngx_countersign_records_free(void *ssl, void *first, CRYPTO_EX_DATA *data, int index, long number,
                             void *pointer)
{
    ngx_countersign_record_t  *record = first, *next;

    for ( /* void */ ; record != NULL; record = next) {
        next = record->next;
        OPENSSL_free(record);
    }
}


static ngx_int_t
ngx_countersign_make_indices(void)
{
    if (ngx_countersign_record_index == -1) {
        ngx_countersign_record_index =
            SSL_get_ex_new_index(0, NULL, NULL, NULL, ngx_countersign_records_free);
    }

    if (ngx_countersign_server_index == -1) {
        ngx_countersign_server_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    }

    return ngx_countersign_record_index == -1 || ngx_countersign_server_index == -1 ? NGX_ERROR
                                                                                    : NGX_OK;
}


/* Sessions resume in servers of the same name, also after a reload: of the same kind, policy and
 * certificates. */
static ngx_int_t
ngx_countersign_name(const ngx_countersign_server_t *server, const ngx_countersign_ssl_t *ssl,
                     const char *kind, char name[2 * SHA256_DIGEST_LENGTH + 1])
{
    long               has;
    SSL_CTX           *ctx = ssl->ssl->ctx;
    EVP_MD_CTX        *md;
    u_char             digest[SHA256_DIGEST_LENGTH];
    unsigned           length = sizeof(digest);
    ngx_int_t          rc;
    ngx_str_t         *names;
    ngx_uint_t         i;
    const ngx_str_t   *path = ngx_countersign_policy_path(server->policy);

    md = EVP_MD_CTX_new();

    rc = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1
         && EVP_DigestUpdate(md, kind, ngx_strlen(kind) + 1) == 1
         && EVP_DigestUpdate(md, &server->mode, sizeof(server->mode)) == 1
         && EVP_DigestUpdate(md, path->data, path->len + 1) == 1;

    has = SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_FIRST);

    while (rc && has) {
        rc = X509_digest(SSL_CTX_get0_certificate(ctx), EVP_sha256(), digest, &length) == 1
             && EVP_DigestUpdate(md, digest, length) == 1;
        has = SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_NEXT);
    }

    /* Those with variables are loaded by the connection. */
    names = ssl->certificates == NULL ? NULL : ssl->certificates->elts;

    for (i = 0; rc && names != NULL && i < ssl->certificates->nelts; i++) {
        rc = EVP_DigestUpdate(md, names[i].data, names[i].len) == 1
             && EVP_DigestUpdate(md, "", 1) == 1;
    }

    rc = rc && EVP_DigestFinal_ex(md, digest, &length) == 1;
    EVP_MD_CTX_free(md);

    *ngx_hex_dump((u_char *) name, digest, sizeof(digest)) = '\0';

    return rc ? NGX_OK : NGX_ERROR;
}


const char *
ngx_countersign_scope_conflict(const ngx_str_t *scope)
{
    if (scope->len == 0) {
        return "countersign_scope \"\" would be any: write a scope, or take it out";
    }

    if (ngx_strlchr(scope->data, scope->data + scope->len, '$') != NULL) {
        return "countersign_scope takes no variables: write a scope as the policy has it";
    }

    return NULL;
}


ngx_int_t
ngx_countersign_guard(ngx_conf_t *cf, SSL_CTX *ctx)
{
    csn_error  err = CSN_ERROR_INIT;

    if (csn_openssl_guard(ctx, &err) != CSN_OK) {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0, "countersign: %s", err.message);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_countersign_protect(ngx_conf_t *cf, ngx_countersign_server_t *server,
                        const ngx_countersign_ssl_t *ssl, const char *kind)
{
    char                     name[2 * SHA256_DIGEST_LENGTH + 1];
    SSL_CTX                 *ctx = ssl->ssl->ctx;
    csn_error                err = CSN_ERROR_INIT;
    csn_openssl_options      options = CSN_OPENSSL_OPTIONS_INIT;
    ngx_countersign_info_fn  info;

    if (ngx_countersign_make_indices() != NGX_OK
        || SSL_CTX_set_ex_data(ctx, ngx_countersign_server_index, server) != 1
        || ngx_countersign_name(server, ssl, kind, name) != NGX_OK)
    {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0, "countersign: OpenSSL failed");
        return NGX_ERROR;
    }

    info = SSL_CTX_get_info_callback(ctx);

    if (info != ngx_countersign_info) {
        ngx_countersign_next_info = info;
        SSL_CTX_set_info_callback(ctx, ngx_countersign_info);
    }

    options.client_auth = server->missing_cert == NGX_COUNTERSIGN_MISSING_ALERT
                              ? CSN_CLIENT_AUTH_REQUIRED
                              : CSN_CLIENT_AUTH_OPTIONAL;
    options.refusal = server->mode == NGX_COUNTERSIGN_HANDSHAKE ? CSN_OPENSSL_ALERT
                                                                : CSN_OPENSSL_DEFER;
    options.resumption = server->resumption == NGX_COUNTERSIGN_RECHECK ? CSN_OPENSSL_RECHECK
                                                                       : CSN_OPENSSL_NO_RESUMPTION;
    options.name = name;
    options.session_age = (uint32_t) ssl->session_timeout;
    /* Those that are resumed come from nginx's cache, which all workers share. */
    options.cached_sessions = CSN_OPENSSL_NO_CACHE;
    options.before = ngx_countersign_before;
    options.after = ngx_countersign_after;
    options.userdata = server;

    if (csn_openssl_protect(ctx, ngx_countersign_policy_verifier(server->policy), &options, &err)
        != CSN_OK)
    {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0, "countersign: %s", err.message);
        return NGX_ERROR;
    }

    if (!ngx_countersign_has("sessions")) {
        SSL_CTX_set_session_ticket_cb(ctx, NULL, NULL, NULL);
    }

    return NGX_OK;
}


/* ---- Answers ---- */

static ngx_countersign_record_t *
ngx_countersign_record(SSL *ssl, ngx_countersign_policy_t *policy)
{
    ngx_countersign_record_t  *first = SSL_get_ex_data(ssl, ngx_countersign_record_index);
    ngx_countersign_record_t  *record;

    for (record = first; record != NULL; record = record->next) {
        if (record->policy == policy) {
            return record;
        }
    }

    record = OPENSSL_zalloc(sizeof(ngx_countersign_record_t));

    if (record == NULL) {
        return NULL;
    }

    record->policy = policy;
    record->next = first;

    if (SSL_set_ex_data(ssl, ngx_countersign_record_index, record) != 1) {
        OPENSSL_free(record);
        return NULL;
    }

    return record;
}


/* Works the verdict out anew, unless that has been done in this second, by the policy as it is. */
static csn_status
ngx_countersign_judge(SSL *ssl, ngx_countersign_record_t *record)
{
    csn_status                 status;
    csn_verdict                first = CSN_VERDICT_INIT;
    csn_verifier              *verifier = ngx_countersign_policy_verifier(record->policy);
    ngx_uint_t                 is_first = (record->second == 0);
    ngx_countersign_server_t  *server;

    if (!is_first
        && ((record->second == ngx_time()
             && record->verdict.generation == csn_verifier_generation(verifier))
            || !ngx_countersign_has("recheck")))
    {
        return CSN_OK;
    }

    record->second = 0;
    record->verdict.struct_size = sizeof(csn_verdict);

    status = csn_openssl_review_by(ssl, verifier, ngx_time(), &record->verdict);

    if (status != CSN_OK) {
        return status;
    }

    server = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), ngx_countersign_server_index);

    /* It may be the handshake's own. */
    if (is_first && server != NULL && server->policy == record->policy
        && csn_openssl_verdict(ssl, &first) == CSN_OK
        && first.generation == record->verdict.generation)
    {
        record->when = SSL_session_reused(ssl) ? "resumed" : "handshake";

    } else {
        record->when = "request";
    }

    record->second = ngx_time();

    return CSN_OK;
}


static void
ngx_countersign_no(ngx_countersign_answer_t *answer, ngx_countersign_decision_t decision,
                   csn_reason reason)
{
    answer->decision = decision;
    answer->reason = reason;
    answer->client.len = 0;
}


void
ngx_countersign_ask(ngx_connection_t *c, SSL_CTX *ctx, ngx_countersign_policy_t *policy,
                    ngx_str_t *scope, ngx_pool_t *pool, ngx_countersign_answer_t *answer)
{
    SSL                       *ssl;
    csn_bytes                  name;
    csn_verdict                verdict;
    ngx_uint_t                 tries;
    csn_status                 status = CSN_ERR_STATE;
    ngx_countersign_record_t  *record;

    ngx_countersign_no(answer, NGX_COUNTERSIGN_ERROR, CSN_REASON_INTERNAL);
    answer->when = "request";
    answer->generation = ngx_countersign_policy_generation(policy);

    if (c->ssl == NULL) {
        ngx_countersign_no(answer, NGX_COUNTERSIGN_NONE, CSN_REASON_NO_CERTIFICATE);
        return;
    }

    ssl = c->ssl->connection;

    if (SSL_get_SSL_CTX(ssl) != ctx && ngx_countersign_has("servers")) {
        ngx_countersign_no(answer, NGX_COUNTERSIGN_MISDIRECTED, CSN_REASON_NO_CERTIFICATE);
        return;
    }

    record = ngx_countersign_record(ssl, policy);
    if (record == NULL) {
        return;
    }

    /* What is in force can change meanwhile; the number has to be that of what decided. */
    for (tries = 0; tries < 3; tries++) {

        if (ngx_countersign_policy_agree(policy) != NGX_OK) {
            return;
        }

        answer->generation = ngx_countersign_policy_generation(policy);
        status = ngx_countersign_judge(ssl, record);

        if (status == CSN_OK && ngx_countersign_has("recheck")) {
            answer->generation =
                ngx_countersign_policy_number(policy, record->verdict.generation);
        }

        if (answer->generation != 0) {
            break;
        }
    }

    if (status != CSN_OK || answer->generation == 0) {

        if (status != CSN_OK && record->verdict.reason == CSN_REASON_NO_CERTIFICATE) {
            ngx_countersign_no(answer, NGX_COUNTERSIGN_NONE, CSN_REASON_NO_CERTIFICATE);
        }

        return;
    }

    verdict = record->verdict;

    if (scope->len != 0) {
        name.data = scope->data;
        name.len = scope->len;

        if (csn_verdict_require_scope(ngx_countersign_policy_verifier(policy), name, &verdict)
            != CSN_OK)
        {
            return;
        }
    }

    answer->client.data = ngx_pnalloc(pool, verdict.client_len);

    if (answer->client.data == NULL && verdict.client_len != 0) {
        return;
    }

    ngx_memcpy(answer->client.data, verdict.client, verdict.client_len);
    answer->client.len = verdict.client_len;
    answer->when = record->when;
    answer->reason = verdict.reason;

    if (verdict.decision == CSN_DECISION_ALLOW) {
        answer->decision = NGX_COUNTERSIGN_ALLOW;

    } else if (verdict.reason != CSN_REASON_INTERNAL) {
        answer->decision = NGX_COUNTERSIGN_DENY;
    }
}


void
ngx_countersign_log_refusal(ngx_connection_t *c, ngx_countersign_policy_t *policy,
                            const ngx_countersign_answer_t *answer, ngx_uint_t is_audit)
{
    X509  *leaf = NULL;

    if (c->ssl != NULL) {
        leaf = SSL_SESSION_get0_peer(SSL_get_session(c->ssl->connection));
    }

    ngx_countersign_log(c, policy, leaf, answer, is_audit);
}


/* ---- For tests ---- */

#ifdef NGX_COUNTERSIGN_TEST

/* COUNTERSIGN_WITHOUT is a name, or several. */
ngx_uint_t
ngx_countersign_has(const char *defence)
{
    const char  *without = getenv("COUNTERSIGN_WITHOUT");

    return without == NULL || strstr(without, defence) == NULL;
}

#endif
