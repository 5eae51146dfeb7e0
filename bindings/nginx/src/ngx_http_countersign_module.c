/*
 * nginx, http: only clients that the policy approves get to the locations that require it.
 *
 * A handshake can be refused, but not relied on: requests name other hosts than the handshake did,
 * sessions resume, and policies change while connections stay. So each request is answered for, where
 * nginx enters a location (also after a rewrite, an internal redirect or for a subrequest, and before
 * "return" and "satisfy" have their say). A filter holds back what was answered before there was a
 * location, such as by a "return" of the server.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

#include "ngx_countersign.h"

#include <ngx_http.h>

#define NGX_HTTP_COUNTERSIGN_REQUIRE_OFF    0
#define NGX_HTTP_COUNTERSIGN_REQUIRE_ON     1
#define NGX_HTTP_COUNTERSIGN_REQUIRE_AUDIT  2

typedef struct {
    ngx_countersign_policies_t  *policies;
} ngx_http_countersign_main_conf_t;

typedef struct {
    ngx_countersign_server_t     server;
    SSL_CTX                     *ctx;
    /* Whether a location decides by another policy than the server. */
    ngx_uint_t                   has_others;
} ngx_http_countersign_srv_conf_t;

typedef struct {
    ngx_countersign_policy_t    *policy;  /* NULL: off */
    ngx_uint_t                   require;
    ngx_uint_t                   deny_status;
    ngx_str_t                    scope;
} ngx_http_countersign_loc_conf_t;

/* What a request has. nginx clears it in an internal redirect. */
typedef struct {
    ngx_countersign_answer_t           answer;
    ngx_http_countersign_loc_conf_t   *answer_for;
    unsigned                           has_location:1;
    unsigned                           is_refused:1;
} ngx_http_countersign_ctx_t;

extern ngx_module_t  ngx_http_countersign_module;

static ngx_str_t  ngx_http_countersign_zone_name = ngx_string("countersign_http");

static ngx_http_output_header_filter_pt  ngx_http_countersign_next_header_filter;


/* ---- Requests ---- */

static ngx_http_countersign_ctx_t *
ngx_http_countersign_ctx(ngx_http_request_t *r)
{
    ngx_http_countersign_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_countersign_module);

    if (ctx == NULL) {
        ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_countersign_ctx_t));

        if (ctx != NULL) {
            ngx_http_set_ctx(r, ctx, ngx_http_countersign_module);
        }
    }

    return ctx;
}


/* The answer for where the request is now; NULL where nobody asks the client who it is, or there is
 * no memory. */
static ngx_countersign_answer_t *
ngx_http_countersign_answer(ngx_http_request_t *r)
{
    ngx_http_countersign_ctx_t       *ctx;
    ngx_http_countersign_loc_conf_t  *lcf;
    ngx_http_countersign_srv_conf_t  *scf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_countersign_module);
    scf = ngx_http_get_module_srv_conf(r, ngx_http_countersign_module);

    if (scf->server.mode == NGX_COUNTERSIGN_OFF || lcf->policy == NULL) {
        return NULL;
    }

    ctx = ngx_http_countersign_ctx(r);
    if (ctx == NULL) {
        return NULL;
    }

    if (ctx->answer_for != lcf) {
        ngx_countersign_ask(r->connection, scf->ctx, lcf->policy, &lcf->scope, r->pool,
                            &ctx->answer);
        ctx->answer_for = lcf;
    }

    return &ctx->answer;
}


/* Has the client come again on a new connection. */
static void
ngx_http_countersign_send_away(ngx_http_request_t *r, const ngx_countersign_answer_t *answer)
{
    r->keepalive = 0;

#if (NGX_HTTP_V2)
    /* A connection that is for other servers can be good for them. nginx says GOAWAY once it has
     * served its number of requests. */
    if (r->stream && answer->decision != NGX_COUNTERSIGN_MISDIRECTED) {
        r->stream->connection->connection->requests = NGX_MAX_INT32_VALUE;
    }
#endif
}


static ngx_int_t
ngx_http_countersign_status(ngx_http_request_t *r, const ngx_countersign_answer_t *answer)
{
    ngx_http_countersign_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_countersign_module);

    if (answer == NULL || answer->decision == NGX_COUNTERSIGN_ERROR) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (answer->decision == NGX_COUNTERSIGN_MISDIRECTED
        || answer->reason == CSN_REASON_SESSION_STALE)
    {
        /* On another connection, it may be another answer (RFC 9110 section 15.5.20). */
        ngx_http_countersign_send_away(r, answer);
        return NGX_HTTP_MISDIRECTED_REQUEST;
    }

    return lcf->deny_status;
}


/* NGX_DECLINED where the request may go on, else the status of its refusal. */
static ngx_int_t
ngx_http_countersign_enforce(ngx_http_request_t *r)
{
    ngx_countersign_answer_t         *answer;
    ngx_http_countersign_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_countersign_module);

    if (lcf->require == NGX_HTTP_COUNTERSIGN_REQUIRE_OFF) {
        return NGX_DECLINED;
    }

    answer = ngx_http_countersign_answer(r);

    if (answer != NULL && answer->decision == NGX_COUNTERSIGN_ALLOW) {
        return NGX_DECLINED;
    }

    if (answer != NULL) {
        ngx_countersign_log_refusal(r->connection, lcf->policy, answer,
                                    lcf->require == NGX_HTTP_COUNTERSIGN_REQUIRE_AUDIT);
    }

    if (lcf->require == NGX_HTTP_COUNTERSIGN_REQUIRE_AUDIT) {
        return NGX_DECLINED;
    }

    return ngx_http_countersign_status(r, answer);
}


/* Where a request enters a location. */
static ngx_int_t
ngx_http_countersign_enter(ngx_http_request_t *r)
{
    ngx_http_countersign_ctx_t  *ctx = ngx_http_countersign_ctx(r);

    if (ctx == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    ctx->has_location = 1;

    if (!ngx_countersign_has("location")) {
        return NGX_DECLINED;
    }

    return ngx_http_countersign_enforce(r);
}


/* Where a response leaves. */
static ngx_int_t
ngx_http_countersign_header_filter(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_http_countersign_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_countersign_module);

    if (ctx != NULL && (ctx->has_location || ctx->is_refused)) {
        return ngx_http_countersign_next_header_filter(r);
    }

    /* nginx's own word on a request that it did not take, such as "400 Bad Request". */
    if (r->write_event_handler != ngx_http_core_run_phases
        && r->headers_out.status >= NGX_HTTP_BAD_REQUEST)
    {
        return ngx_http_countersign_next_header_filter(r);
    }

    rc = ngx_countersign_has("response") ? ngx_http_countersign_enforce(r) : NGX_DECLINED;

    if (rc == NGX_DECLINED) {
        return ngx_http_countersign_next_header_filter(r);
    }

    ctx = ngx_http_countersign_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ctx->is_refused = 1;

    return ngx_http_filter_finalize_request(r, &ngx_http_countersign_module, rc);
}


/* ---- Variables ---- */

static ngx_int_t
ngx_http_countersign_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t which)
{
    ngx_str_t  value;

    if (ngx_countersign_variable(ngx_http_countersign_answer(r), which, r->pool, &value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    v->data = value.data;
    v->len = value.len;
    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_countersign_add_variables(ngx_conf_t *cf)
{
    ngx_str_t             name;
    ngx_uint_t            i;
    ngx_http_variable_t  *variable;

    for (i = 0; i < sizeof(ngx_countersign_variables) / sizeof(char *); i++) {
        name.data = (u_char *) ngx_countersign_variables[i];
        name.len = ngx_strlen(name.data);

        variable = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
        if (variable == NULL) {
            return NGX_ERROR;
        }

        variable->get_handler = ngx_http_countersign_variable;
        variable->data = i;
    }

    return NGX_OK;
}


/* ---- Directives ---- */

static ngx_conf_enum_t  ngx_http_countersign_modes[] = {
    { ngx_string("off"), NGX_COUNTERSIGN_OFF },
    { ngx_string("handshake"), NGX_COUNTERSIGN_HANDSHAKE },
    { ngx_string("request"), NGX_COUNTERSIGN_REQUEST },
    { ngx_null_string, 0 }
};

static ngx_conf_enum_t  ngx_http_countersign_requires[] = {
    { ngx_string("off"), NGX_HTTP_COUNTERSIGN_REQUIRE_OFF },
    { ngx_string("on"), NGX_HTTP_COUNTERSIGN_REQUIRE_ON },
    { ngx_string("audit"), NGX_HTTP_COUNTERSIGN_REQUIRE_AUDIT },
    { ngx_null_string, 0 }
};

static ngx_conf_enum_t  ngx_http_countersign_resumptions[] = {
    { ngx_string("recheck"), NGX_COUNTERSIGN_RECHECK },
    { ngx_string("off"), NGX_COUNTERSIGN_NO_RESUMPTION },
    { ngx_null_string, 0 }
};

static ngx_conf_enum_t  ngx_http_countersign_missing_certs[] = {
    { ngx_string("alert"), NGX_COUNTERSIGN_MISSING_ALERT },
    { ngx_string("status"), NGX_COUNTERSIGN_MISSING_STATUS },
    { ngx_null_string, 0 }
};


static char *
ngx_http_countersign_policy(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                         *value = cf->args->elts;
    ngx_http_countersign_loc_conf_t   *lcf = conf;
    ngx_http_countersign_main_conf_t  *mcf;

    if (lcf->policy != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->policy = NULL;
        return NGX_CONF_OK;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_countersign_module);
    lcf->policy = ngx_countersign_policy(cf, mcf->policies, &value[1]);

    return lcf->policy == NULL ? NGX_CONF_ERROR : NGX_CONF_OK;
}


static char *
ngx_http_countersign_deny_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_int_t                         status;
    ngx_str_t                        *value = cf->args->elts;
    ngx_http_countersign_loc_conf_t  *lcf = conf;

    if (lcf->deny_status != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    status = ngx_atoi(value[1].data, value[1].len);

    if (status < 400 || status > 599) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "countersign_deny_status \"%V\": write a status from 400 to 599",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    lcf->deny_status = status;

    return NGX_CONF_OK;
}


static char *
ngx_http_countersign_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                         *value = cf->args->elts;
    ngx_http_countersign_main_conf_t  *mcf = conf;

    return ngx_countersign_zone(cf, mcf->policies, &value[1], &ngx_http_countersign_module);
}


static char *
ngx_http_countersign_forward(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return "is not available yet: write \"proxy_set_header\" with the $countersign_ variables";
}


#define NGX_HTTP_COUNTERSIGN_EVERYWHERE                                                           \
    (NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1)

#define NGX_HTTP_COUNTERSIGN_SERVERS  (NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1)

static ngx_command_t  ngx_http_countersign_commands[] = {

    { ngx_string("countersign_policy"),
      NGX_HTTP_COUNTERSIGN_EVERYWHERE,
      ngx_http_countersign_policy,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("countersign_mode"),
      NGX_HTTP_COUNTERSIGN_SERVERS,
      ngx_conf_set_enum_slot,
      NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_countersign_srv_conf_t, server.mode),
      ngx_http_countersign_modes },

    { ngx_string("countersign_require"),
      NGX_HTTP_COUNTERSIGN_EVERYWHERE,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_countersign_loc_conf_t, require),
      ngx_http_countersign_requires },

    { ngx_string("countersign_scope"),
      NGX_HTTP_COUNTERSIGN_EVERYWHERE,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_countersign_loc_conf_t, scope),
      NULL },

    { ngx_string("countersign_deny_status"),
      NGX_HTTP_COUNTERSIGN_EVERYWHERE,
      ngx_http_countersign_deny_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("countersign_resumption"),
      NGX_HTTP_COUNTERSIGN_SERVERS,
      ngx_conf_set_enum_slot,
      NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_countersign_srv_conf_t, server.resumption),
      ngx_http_countersign_resumptions },

    { ngx_string("countersign_missing_cert"),
      NGX_HTTP_COUNTERSIGN_SERVERS,
      ngx_conf_set_enum_slot,
      NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_countersign_srv_conf_t, server.missing_cert),
      ngx_http_countersign_missing_certs },

    { ngx_string("countersign_zone"),
      NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
      ngx_http_countersign_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("countersign_forward"),
      NGX_HTTP_COUNTERSIGN_EVERYWHERE,
      ngx_http_countersign_forward,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


/* ---- The configuration ---- */

static void *
ngx_http_countersign_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_countersign_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_countersign_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    mcf->policies = ngx_countersign_policies_create(cf);

    return mcf->policies == NULL ? NULL : mcf;
}


static void *
ngx_http_countersign_create_srv_conf(ngx_conf_t *cf)
{
    ngx_http_countersign_srv_conf_t  *scf;

    scf = ngx_pcalloc(cf->pool, sizeof(ngx_http_countersign_srv_conf_t));
    if (scf == NULL) {
        return NULL;
    }

    scf->server.mode = NGX_CONF_UNSET_UINT;
    scf->server.resumption = NGX_CONF_UNSET_UINT;
    scf->server.missing_cert = NGX_CONF_UNSET_UINT;

    return scf;
}


static void *
ngx_http_countersign_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_countersign_loc_conf_t  *lcf;

    lcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_countersign_loc_conf_t));
    if (lcf == NULL) {
        return NULL;
    }

    lcf->policy = NGX_CONF_UNSET_PTR;
    lcf->require = NGX_CONF_UNSET_UINT;
    lcf->deny_status = NGX_CONF_UNSET_UINT;

    return lcf;
}


static char *
ngx_http_countersign_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_countersign_srv_conf_t  *prev = parent;
    ngx_http_countersign_srv_conf_t  *conf = child;

    conf->server.has_mode = conf->server.mode != NGX_CONF_UNSET_UINT
                            || prev->server.mode != NGX_CONF_UNSET_UINT;

    ngx_conf_merge_uint_value(conf->server.mode, prev->server.mode, NGX_COUNTERSIGN_OFF);

    ngx_conf_merge_uint_value(conf->server.resumption, prev->server.resumption,
                              NGX_COUNTERSIGN_RECHECK);

    ngx_conf_merge_uint_value(conf->server.missing_cert, prev->server.missing_cert,
                              conf->server.mode == NGX_COUNTERSIGN_HANDSHAKE
                                  ? NGX_COUNTERSIGN_MISSING_ALERT
                                  : NGX_COUNTERSIGN_MISSING_STATUS);

    return NGX_CONF_OK;
}


/* What a location must not say in its server; NULL where there is nothing to say. */
static const char *
ngx_http_countersign_location_conflict(const ngx_http_countersign_loc_conf_t *conf,
                                       const ngx_http_countersign_srv_conf_t *scf,
                                       ngx_uint_t is_narrower)
{
    if (conf->policy != NULL && !scf->server.has_mode) {
        return NGX_COUNTERSIGN_NO_MODE;
    }

    if (scf->server.mode == NGX_COUNTERSIGN_HANDSHAKE
        && conf->require != NGX_HTTP_COUNTERSIGN_REQUIRE_ON)
    {
        return "the handshake alone does not keep anybody out of a location: write "
               "\"countersign_mode request\" in the server, and \"countersign_require on\" in the "
               "locations to be protected";
    }

    if (conf->require == NGX_HTTP_COUNTERSIGN_REQUIRE_OFF) {
        return is_narrower
                   ? "a policy or scope of a location protects nothing without "
                     "\"countersign_require\": write \"countersign_require on\" beside it"
                   : NULL;
    }

    if (scf->server.mode == NGX_COUNTERSIGN_OFF) {
        return "\"countersign_require\" in a server that asks nobody for a certificate: write "
               "\"countersign_mode request\" in the server, or \"countersign_require off\"";
    }

    if (conf->policy == NULL) {
        return "\"countersign_require\" without a policy: write \"countersign_policy <file>\"";
    }

    return NULL;
}


static char *
ngx_http_countersign_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    const char                       *conflict = NULL;
    ngx_uint_t                        is_narrower;
    ngx_http_core_loc_conf_t         *clcf;
    ngx_http_core_srv_conf_t         *cscf;
    ngx_http_countersign_srv_conf_t  *scf;
    ngx_http_countersign_loc_conf_t  *prev = parent;
    ngx_http_countersign_loc_conf_t  *conf = child;

    scf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_countersign_module);
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    /* Whether this very location says what only those that require something need. */
    is_narrower = clcf->name.len != 0
                  && (conf->scope.data != NULL
                      || (conf->policy != NGX_CONF_UNSET_PTR && conf->policy != NULL));

    if (conf->scope.data != NULL) {
        conflict = ngx_countersign_scope_conflict(&conf->scope);
    }

    ngx_conf_merge_ptr_value(conf->policy, prev->policy, NULL);
    ngx_conf_merge_str_value(conf->scope, prev->scope, "");
    ngx_conf_merge_uint_value(conf->deny_status, prev->deny_status, NGX_HTTP_FORBIDDEN);

    ngx_conf_merge_uint_value(conf->require, prev->require,
                              scf->server.mode == NGX_COUNTERSIGN_HANDSHAKE
                                  ? NGX_HTTP_COUNTERSIGN_REQUIRE_ON
                                  : NGX_HTTP_COUNTERSIGN_REQUIRE_OFF);

    if (conflict == NULL) {
        conflict = ngx_http_countersign_location_conflict(conf, scf, is_narrower);
    }

    if (conflict != NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "countersign: %s (location \"%V\" of the server at %s:%ui)", conflict,
                      &clcf->name, cscf->file_name, cscf->line);
        return NGX_CONF_ERROR;
    }

    /* The server's own comes first. */
    if (scf->server.policy == NULL) {
        scf->server.policy = conf->policy;

    } else if (conf->policy != NULL && conf->policy != scf->server.policy) {
        scf->has_others = 1;
    }

    return NGX_CONF_OK;
}


#if (NGX_HTTP_V3)

/* Whether clients reach the server by HTTP/3. */
static ngx_uint_t
ngx_http_countersign_has_quic(ngx_conf_t *cf, ngx_http_core_srv_conf_t *cscf)
{
    ngx_uint_t                  p, a, s;
    ngx_http_conf_port_t       *port;
    ngx_http_conf_addr_t       *addr;
    ngx_http_core_srv_conf_t  **server;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    port = cmcf->ports == NULL ? NULL : cmcf->ports->elts;

    for (p = 0; port != NULL && p < cmcf->ports->nelts; p++) {
        addr = port[p].addrs.elts;

        for (a = 0; a < port[p].addrs.nelts; a++) {
            server = addr[a].servers.elts;

            for (s = 0; s < addr[a].servers.nelts; s++) {
                if (server[s] == cscf && addr[a].opt.quic) {
                    return 1;
                }
            }
        }
    }

    return 0;
}

#endif


static ngx_int_t
ngx_http_countersign_protect(ngx_conf_t *cf, ngx_http_core_srv_conf_t *cscf)
{
    const char                       *conflict;
    ngx_countersign_ssl_t             ssl;
    ngx_http_ssl_srv_conf_t          *sscf;
    ngx_http_countersign_srv_conf_t  *scf;

    scf = cscf->ctx->srv_conf[ngx_http_countersign_module.ctx_index];
    sscf = cscf->ctx->srv_conf[ngx_http_ssl_module.ctx_index];

    if (scf->server.mode == NGX_COUNTERSIGN_OFF) {
        return NGX_OK;
    }

    ssl.ssl = &sscf->ssl;
    ssl.certificates = sscf->certificates;
    ssl.session_zone = sscf->shm_zone;
    ssl.builtin_session_cache = sscf->builtin_session_cache;
    ssl.session_timeout = sscf->session_timeout;
    ssl.verify = sscf->verify;
    ssl.ocsp = sscf->ocsp;
    ssl.early_data = sscf->early_data;

    if (scf->has_others) {
        /* Of a session, only what the server's policy knew of the chain is left. */
        scf->server.resumption = NGX_COUNTERSIGN_NO_RESUMPTION;
    }

    conflict = ngx_countersign_conflict(&scf->server, &ssl);

#if (NGX_HTTP_V3)
    if (conflict == NULL && ngx_http_countersign_has_quic(cf, cscf)) {
        conflict = "countersign does not know HTTP/3 yet: take \"quic\" out of \"listen\"";
    }
#endif

    if (conflict != NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "countersign: %s (server at %s:%ui)", conflict,
                      cscf->file_name, cscf->line);
        return NGX_ERROR;
    }

    scf->ctx = sscf->ssl.ctx;

    return ngx_countersign_protect(cf, &scf->server, &ssl, "http");
}


/* nginx before 1.29.2 looks sessions up in the default server, whatever the client asks for. Where
 * that one asks nobody for a certificate, the sessions of others are not for it. */
static ngx_int_t
ngx_http_countersign_guard_others(ngx_conf_t *cf)
{
    ngx_uint_t                         s, protected = 0;
    ngx_http_ssl_srv_conf_t           *sscf;
    ngx_http_core_srv_conf_t         **cscf;
    ngx_http_core_main_conf_t         *cmcf;
    ngx_http_countersign_srv_conf_t   *scf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    cscf = cmcf->servers.elts;

    for (s = 0; s < cmcf->servers.nelts; s++) {
        scf = cscf[s]->ctx->srv_conf[ngx_http_countersign_module.ctx_index];
        protected += (scf->server.mode != NGX_COUNTERSIGN_OFF);
    }

    for (s = 0; protected && s < cmcf->servers.nelts; s++) {
        scf = cscf[s]->ctx->srv_conf[ngx_http_countersign_module.ctx_index];
        sscf = cscf[s]->ctx->srv_conf[ngx_http_ssl_module.ctx_index];

        if (scf->server.mode == NGX_COUNTERSIGN_OFF && sscf->ssl.ctx != NULL
            && ngx_countersign_has("guard")
            && ngx_countersign_guard(cf, sscf->ssl.ctx) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_countersign_init(ngx_conf_t *cf)
{
    ngx_uint_t                         s;
    ngx_http_handler_pt               *handler;
    ngx_http_core_srv_conf_t         **cscf;
    ngx_http_core_main_conf_t         *cmcf;
    ngx_http_countersign_main_conf_t  *mcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    cscf = cmcf->servers.elts;

    for (s = 0; s < cmcf->servers.nelts; s++) {
        if (ngx_http_countersign_protect(cf, cscf[s]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (ngx_http_countersign_guard_others(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_countersign_module);

    if (ngx_countersign_policies_init(cf, mcf->policies, &ngx_http_countersign_zone_name,
                                      &ngx_http_countersign_module)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    handler = ngx_array_push(&cmcf->phases[NGX_HTTP_REWRITE_PHASE].handlers);
    if (handler == NULL) {
        return NGX_ERROR;
    }

    *handler = ngx_http_countersign_enter;

    ngx_http_countersign_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_countersign_header_filter;

    return NGX_OK;
}


/* ---- The module ---- */

static ngx_countersign_policies_t *
ngx_http_countersign_policies(ngx_cycle_t *cycle)
{
    ngx_http_countersign_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_countersign_module);

    return mcf == NULL ? NULL : mcf->policies;
}


static ngx_int_t
ngx_http_countersign_init_process(ngx_cycle_t *cycle)
{
    return ngx_countersign_policies_start(ngx_http_countersign_policies(cycle), cycle);
}


static void
ngx_http_countersign_exit_process(ngx_cycle_t *cycle)
{
    ngx_countersign_policies_stop(ngx_http_countersign_policies(cycle));
}


static ngx_http_module_t  ngx_http_countersign_module_ctx = {
    ngx_http_countersign_add_variables,     /* preconfiguration */
    ngx_http_countersign_init,              /* postconfiguration */

    ngx_http_countersign_create_main_conf,  /* create main configuration */
    NULL,                                   /* init main configuration */

    ngx_http_countersign_create_srv_conf,   /* create server configuration */
    ngx_http_countersign_merge_srv_conf,    /* merge server configuration */

    ngx_http_countersign_create_loc_conf,   /* create location configuration */
    ngx_http_countersign_merge_loc_conf     /* merge location configuration */
};


ngx_module_t  ngx_http_countersign_module = {
    NGX_MODULE_V1,
    &ngx_http_countersign_module_ctx,       /* module context */
    ngx_http_countersign_commands,          /* module directives */
    NGX_HTTP_MODULE,                        /* module type */
    NULL,                                   /* init master */
    NULL,                                   /* init module */
    ngx_http_countersign_init_process,      /* init process */
    NULL,                                   /* init thread */
    NULL,                                   /* exit thread */
    ngx_http_countersign_exit_process,      /* exit process */
    NULL,                                   /* exit master */
    NGX_MODULE_V1_PADDING
};
