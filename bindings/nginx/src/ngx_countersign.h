/*
 * What the http and the stream module share: policies that follow their files, servers that ask for
 * certificates, and the answer to "may this client do that?".
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

#ifndef NGX_COUNTERSIGN_H
#define NGX_COUNTERSIGN_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_event_openssl.h>

#include <countersign.h>

/* nginx loads modules into one space of names. Each module has its own of all this. */
#pragma GCC visibility push(hidden)


/* ---- Policies ---- */

/* The policies of one configuration. */
typedef struct ngx_countersign_policies_s ngx_countersign_policies_t;

/* One of them: a file, and the verifier that follows it. */
typedef struct ngx_countersign_policy_s ngx_countersign_policy_t;

/* Everything goes with the configuration's pool. NULL where there is no memory. */
ngx_countersign_policies_t *ngx_countersign_policies_create(ngx_conf_t *cf);

/* The policy of this file, loaded once however often it is named. NULL where it is not to be had,
 * which has been logged. */
ngx_countersign_policy_t *ngx_countersign_policy(ngx_conf_t *cf, ngx_countersign_policies_t *all,
                                                 ngx_str_t *path);

/* "name:size", through which the workers agree. What cf takes for an error was logged. */
char *ngx_countersign_zone(ngx_conf_t *cf, ngx_countersign_policies_t *all, ngx_str_t *value,
                           void *tag);

/* Once all are known: with a zone of this name where none was configured. */
ngx_int_t ngx_countersign_policies_init(ngx_conf_t *cf, ngx_countersign_policies_t *all,
                                        ngx_str_t *name, void *tag);

/* In a worker, once it is one; and before it ends. */
ngx_int_t ngx_countersign_policies_start(ngx_countersign_policies_t *all, ngx_cycle_t *cycle);
void ngx_countersign_policies_stop(ngx_countersign_policies_t *all);

/* NGX_OK where this worker decides by the policy that every worker decides by. Where another is
 * ahead, it reads the file first. NGX_ERROR where it must not decide. */
ngx_int_t ngx_countersign_policy_agree(ngx_countersign_policy_t *policy);

csn_verifier *ngx_countersign_policy_verifier(const ngx_countersign_policy_t *policy);
const ngx_str_t *ngx_countersign_policy_path(const ngx_countersign_policy_t *policy);

/* The number of what the verifier calls "own"; 0 where that is over. */
uint64_t ngx_countersign_policy_number(ngx_countersign_policy_t *policy, uint64_t own);

/* The number of the policy in force, the same in every worker; 0 where there is none yet. */
uint64_t ngx_countersign_policy_generation(const ngx_countersign_policy_t *policy);


/* ---- Servers ---- */

#define NGX_COUNTERSIGN_OFF        0
/* Who is not allowed does not complete the handshake. */
#define NGX_COUNTERSIGN_HANDSHAKE  1
/* Everybody does, and every request (stream: every session) is answered for. */
#define NGX_COUNTERSIGN_REQUEST    2

/* What is demanded of the clients of one server. */
typedef struct {
    /* Whether somebody wrote it. */
    ngx_uint_t                 has_mode;
    ngx_uint_t                 mode;
    ngx_uint_t                 resumption;
    ngx_uint_t                 missing_cert;
    ngx_countersign_policy_t  *policy;
} ngx_countersign_server_t;

#define NGX_COUNTERSIGN_RECHECK         0
#define NGX_COUNTERSIGN_NO_RESUMPTION   1

#define NGX_COUNTERSIGN_MISSING_ALERT   0
#define NGX_COUNTERSIGN_MISSING_STATUS  1

/* What the servers' ssl modules have that matters here. */
typedef struct {
    ngx_ssl_t       *ssl;
    ngx_array_t     *certificates;
    ngx_shm_zone_t  *session_zone;
    ssize_t          builtin_session_cache;
    time_t           session_timeout;
    ngx_uint_t       verify;
    ngx_uint_t       ocsp;
    ngx_uint_t       early_data;
} ngx_countersign_ssl_t;

/* What a server must not be together with; NULL where there is nothing to say. */
const char *ngx_countersign_conflict(const ngx_countersign_server_t *server,
                                     const ngx_countersign_ssl_t *ssl);

/* The same of a scope that is not what it looks like. */
const char *ngx_countersign_scope_conflict(const ngx_str_t *scope);

#define NGX_COUNTERSIGN_NO_MODE                                                                   \
    "\"countersign_policy\" protects nothing without a mode: write \"countersign_mode\" beside it, "  \
    "\"off\" where nothing is to be protected"

/* For servers that ask nobody: a handshake may begin with one of them and end with another, whose
 * sessions must not resume where nobody is asked. */
ngx_int_t ngx_countersign_guard(ngx_conf_t *cf, SSL_CTX *ctx);

/* Has the server ask its clients for certificates. kind, "http" or "stream", keeps their sessions
 * apart. */
ngx_int_t ngx_countersign_protect(ngx_conf_t *cf, ngx_countersign_server_t *server,
                                  const ngx_countersign_ssl_t *ssl, const char *kind);


/* ---- Answers ---- */

/* Zeroed memory lets nobody in. */
typedef enum {
    /* There is no saying: no policy in force, no memory, a defect. */
    NGX_COUNTERSIGN_ERROR = 0,
    /* The client is not approved. */
    NGX_COUNTERSIGN_DENY,
    /* The client has shown no certificate. */
    NGX_COUNTERSIGN_NONE,
    /* The connection was made for another server. */
    NGX_COUNTERSIGN_MISDIRECTED,
    NGX_COUNTERSIGN_ALLOW
} ngx_countersign_decision_t;

typedef struct {
    ngx_countersign_decision_t  decision;
    csn_reason                  reason;
    /* Static: "handshake", "resumed", "request". */
    const char                 *when;
    uint64_t                    generation;
    /* Who it is, also of those who are refused. From the pool. */
    ngx_str_t                   client;
} ngx_countersign_answer_t;

/* Whether the client of this connection may do what policy and scope (empty: any) stand for, now.
 * ctx is the SSL_CTX of the server that was asked. */
void ngx_countersign_ask(ngx_connection_t *c, SSL_CTX *ctx, ngx_countersign_policy_t *policy,
                         ngx_str_t *scope, ngx_pool_t *pool, ngx_countersign_answer_t *answer);

/* One line at info, unless there were many of late; is_audit: let in all the same. */
void ngx_countersign_log_refusal(ngx_connection_t *c, ngx_countersign_policy_t *policy,
                                 const ngx_countersign_answer_t *answer, ngx_uint_t is_audit);


/* ---- Words ---- */

/* Whether there is room for one more line. */
ngx_uint_t ngx_countersign_may_log(ngx_log_t *log, ngx_uint_t is_audit);

/* ngx_countersign_log_refusal() of a client whose certificate is not in the session yet. */
void ngx_countersign_log(ngx_connection_t *c, ngx_countersign_policy_t *policy, X509 *leaf,
                         const ngx_countersign_answer_t *answer, ngx_uint_t is_audit);

/* The variables, by what their names begin with "countersign_" and go on. */
#define NGX_COUNTERSIGN_VERDICT      0
#define NGX_COUNTERSIGN_CLIENT       1
#define NGX_COUNTERSIGN_REASON       2
#define NGX_COUNTERSIGN_WHEN         3
#define NGX_COUNTERSIGN_GENERATION   4

extern const char *const ngx_countersign_variables[5];

/* Their values; answer may be NULL. NGX_ERROR where there is no memory. */
ngx_int_t ngx_countersign_variable(const ngx_countersign_answer_t *answer, ngx_uint_t which,
                                   ngx_pool_t *pool, ngx_str_t *value);


/* ---- For tests ---- */

/* A defence that a test build leaves out where COUNTERSIGN_WITHOUT names it, to show that its test
 * fails then. Other builds have no such switch. */
#ifdef NGX_COUNTERSIGN_TEST
ngx_uint_t ngx_countersign_has(const char *defence);
#else
#define ngx_countersign_has(defence) 1
#endif

#pragma GCC visibility pop

#endif /* NGX_COUNTERSIGN_H */
