/*
 * nginx, stream: only clients that the policy approves get to what is behind a server.
 *
 * The handshake can be refused; whether it was or not, each session is answered for before anything is
 * done for it. A filter passes no byte of others on, in either direction, where another module had a
 * session leave the phase before it came to that.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

#include "ngx_countersign.h"

#include <ngx_stream.h>

#if (nginx_version >= 1025005)
typedef ngx_stream_ssl_srv_conf_t  ngx_stream_countersign_ssl_conf_t;
#else
typedef ngx_stream_ssl_conf_t      ngx_stream_countersign_ssl_conf_t;
#endif

typedef struct {
    ngx_countersign_policies_t  *policies;
} ngx_stream_countersign_main_conf_t;

typedef struct {
    ngx_countersign_server_t     server;
    SSL_CTX                     *ctx;
    ngx_str_t                    scope;
} ngx_stream_countersign_srv_conf_t;

extern ngx_module_t  ngx_stream_countersign_module;

static ngx_str_t  ngx_stream_countersign_zone_name = ngx_string("countersign_stream");

static ngx_stream_filter_pt  ngx_stream_countersign_next_filter;


/* ---- Sessions ---- */

/* NULL where nobody asks the client who it is, or there is no memory. */
static ngx_countersign_answer_t *
ngx_stream_countersign_answer(ngx_stream_session_t *s)
{
    ngx_countersign_answer_t           *answer;
    ngx_stream_countersign_srv_conf_t  *scf;

    scf = ngx_stream_get_module_srv_conf(s, ngx_stream_countersign_module);
    answer = ngx_stream_get_module_ctx(s, ngx_stream_countersign_module);

    if (answer != NULL || scf->server.mode == NGX_COUNTERSIGN_OFF) {
        return answer;
    }

    /* It is asked for before the handshake, too: by a variable in the log of one that failed. */
    if (s->connection->ssl != NULL && !s->connection->ssl->handshaked) {
        return NULL;
    }

    answer = ngx_pcalloc(s->connection->pool, sizeof(ngx_countersign_answer_t));

    if (answer != NULL) {
        ngx_countersign_ask(s->connection, scf->ctx, scf->server.policy, &scf->scope,
                            s->connection->pool, answer);
        ngx_stream_set_ctx(s, answer, ngx_stream_countersign_module);
    }

    return answer;
}


/* NGX_DECLINED where the session may go on, else the status of its refusal. */
static ngx_int_t
ngx_stream_countersign_enforce(ngx_stream_session_t *s)
{
    ngx_countersign_answer_t           *answer;
    ngx_stream_countersign_srv_conf_t  *scf;

    scf = ngx_stream_get_module_srv_conf(s, ngx_stream_countersign_module);

    if (scf->server.mode == NGX_COUNTERSIGN_OFF) {
        return NGX_DECLINED;
    }

    answer = ngx_stream_countersign_answer(s);

    if (answer == NULL) {
        return NGX_STREAM_SERVICE_UNAVAILABLE;
    }

    if (answer->decision == NGX_COUNTERSIGN_ALLOW) {
        return NGX_DECLINED;
    }

    ngx_countersign_log_refusal(s->connection, scf->server.policy, answer, 0);

    return answer->decision == NGX_COUNTERSIGN_ERROR ? NGX_STREAM_SERVICE_UNAVAILABLE
                                                     : NGX_STREAM_FORBIDDEN;
}


static ngx_int_t
ngx_stream_countersign_enter(ngx_stream_session_t *s)
{
    return ngx_countersign_has("location") ? ngx_stream_countersign_enforce(s) : NGX_DECLINED;
}


static ngx_int_t
ngx_stream_countersign_filter(ngx_stream_session_t *s, ngx_chain_t *in, ngx_uint_t from_upstream)
{
    if (ngx_countersign_has("response") && ngx_stream_countersign_enforce(s) != NGX_DECLINED) {
        return NGX_ERROR;
    }

    return ngx_stream_countersign_next_filter(s, in, from_upstream);
}


/* ---- Variables ---- */

static ngx_int_t
ngx_stream_countersign_variable(ngx_stream_session_t *s, ngx_stream_variable_value_t *v,
                                uintptr_t which)
{
    ngx_str_t  value;

    if (ngx_countersign_variable(ngx_stream_countersign_answer(s), which, s->connection->pool,
                                 &value)
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
ngx_stream_countersign_add_variables(ngx_conf_t *cf)
{
    ngx_str_t               name;
    ngx_uint_t              i;
    ngx_stream_variable_t  *variable;

    for (i = 0; i < sizeof(ngx_countersign_variables) / sizeof(char *); i++) {
        name.data = (u_char *) ngx_countersign_variables[i];
        name.len = ngx_strlen(name.data);

        variable = ngx_stream_add_variable(cf, &name, NGX_STREAM_VAR_NOCACHEABLE);
        if (variable == NULL) {
            return NGX_ERROR;
        }

        variable->get_handler = ngx_stream_countersign_variable;
        variable->data = i;
    }

    return NGX_OK;
}


/* ---- Directives ---- */

static ngx_conf_enum_t  ngx_stream_countersign_modes[] = {
    { ngx_string("off"), NGX_COUNTERSIGN_OFF },
    { ngx_string("handshake"), NGX_COUNTERSIGN_HANDSHAKE },
    { ngx_string("session"), NGX_COUNTERSIGN_REQUEST },
    { ngx_null_string, 0 }
};

static ngx_conf_enum_t  ngx_stream_countersign_resumptions[] = {
    { ngx_string("recheck"), NGX_COUNTERSIGN_RECHECK },
    { ngx_string("off"), NGX_COUNTERSIGN_NO_RESUMPTION },
    { ngx_null_string, 0 }
};


static char *
ngx_stream_countersign_policy(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                           *value = cf->args->elts;
    ngx_stream_countersign_srv_conf_t   *scf = conf;
    ngx_stream_countersign_main_conf_t  *mcf;

    if (scf->server.policy != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    if (ngx_strcmp(value[1].data, "off") == 0) {
        scf->server.policy = NULL;
        return NGX_CONF_OK;
    }

    mcf = ngx_stream_conf_get_module_main_conf(cf, ngx_stream_countersign_module);
    scf->server.policy = ngx_countersign_policy(cf, mcf->policies, &value[1]);

    return scf->server.policy == NULL ? NGX_CONF_ERROR : NGX_CONF_OK;
}


static char *
ngx_stream_countersign_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                           *value = cf->args->elts;
    ngx_stream_countersign_main_conf_t  *mcf = conf;

    return ngx_countersign_zone(cf, mcf->policies, &value[1], &ngx_stream_countersign_module);
}


#define NGX_STREAM_COUNTERSIGN_SERVERS                                                            \
    (NGX_STREAM_MAIN_CONF | NGX_STREAM_SRV_CONF | NGX_CONF_TAKE1)

static ngx_command_t  ngx_stream_countersign_commands[] = {

    { ngx_string("countersign_policy"),
      NGX_STREAM_COUNTERSIGN_SERVERS,
      ngx_stream_countersign_policy,
      NGX_STREAM_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("countersign_mode"),
      NGX_STREAM_COUNTERSIGN_SERVERS,
      ngx_conf_set_enum_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_stream_countersign_srv_conf_t, server.mode),
      ngx_stream_countersign_modes },

    { ngx_string("countersign_scope"),
      NGX_STREAM_COUNTERSIGN_SERVERS,
      ngx_conf_set_str_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_stream_countersign_srv_conf_t, scope),
      NULL },

    { ngx_string("countersign_resumption"),
      NGX_STREAM_COUNTERSIGN_SERVERS,
      ngx_conf_set_enum_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_stream_countersign_srv_conf_t, server.resumption),
      ngx_stream_countersign_resumptions },

    { ngx_string("countersign_zone"),
      NGX_STREAM_MAIN_CONF | NGX_CONF_TAKE1,
      ngx_stream_countersign_zone,
      NGX_STREAM_MAIN_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


/* ---- The configuration ---- */

static void *
ngx_stream_countersign_create_main_conf(ngx_conf_t *cf)
{
    ngx_stream_countersign_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_stream_countersign_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    mcf->policies = ngx_countersign_policies_create(cf);

    return mcf->policies == NULL ? NULL : mcf;
}


static void *
ngx_stream_countersign_create_srv_conf(ngx_conf_t *cf)
{
    ngx_stream_countersign_srv_conf_t  *scf;

    scf = ngx_pcalloc(cf->pool, sizeof(ngx_stream_countersign_srv_conf_t));
    if (scf == NULL) {
        return NULL;
    }

    scf->server.policy = NGX_CONF_UNSET_PTR;
    scf->server.mode = NGX_CONF_UNSET_UINT;
    scf->server.resumption = NGX_CONF_UNSET_UINT;

    return scf;
}


static char *
ngx_stream_countersign_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    const char                         *conflict = NULL;
    ngx_stream_core_srv_conf_t         *cscf;
    ngx_stream_countersign_srv_conf_t  *prev = parent;
    ngx_stream_countersign_srv_conf_t  *conf = child;

    if (conf->scope.data != NULL) {
        conflict = ngx_countersign_scope_conflict(&conf->scope);
    }

    conf->server.has_mode = conf->server.mode != NGX_CONF_UNSET_UINT
                            || prev->server.mode != NGX_CONF_UNSET_UINT;

    ngx_conf_merge_ptr_value(conf->server.policy, prev->server.policy, NULL);
    ngx_conf_merge_uint_value(conf->server.mode, prev->server.mode, NGX_COUNTERSIGN_OFF);
    ngx_conf_merge_uint_value(conf->server.resumption, prev->server.resumption,
                              NGX_COUNTERSIGN_RECHECK);
    ngx_conf_merge_str_value(conf->scope, prev->scope, "");

    /* There is no word for a status in a protocol that is not known. */
    conf->server.missing_cert = conf->server.mode == NGX_COUNTERSIGN_HANDSHAKE
                                    ? NGX_COUNTERSIGN_MISSING_ALERT
                                    : NGX_COUNTERSIGN_MISSING_STATUS;

    if (conflict == NULL && conf->server.policy != NULL && !conf->server.has_mode) {
        conflict = NGX_COUNTERSIGN_NO_MODE;
    }

    if (conflict != NULL) {
        cscf = ngx_stream_conf_get_module_srv_conf(cf, ngx_stream_core_module);
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "countersign: %s (server at %s:%ui)", conflict,
                      cscf->file_name, cscf->line);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_stream_countersign_protect(ngx_conf_t *cf, ngx_stream_core_srv_conf_t *cscf)
{
    const char                         *conflict;
    ngx_countersign_ssl_t               ssl;
    ngx_stream_countersign_ssl_conf_t  *sscf;
    ngx_stream_countersign_srv_conf_t  *scf;

    scf = cscf->ctx->srv_conf[ngx_stream_countersign_module.ctx_index];
    sscf = cscf->ctx->srv_conf[ngx_stream_ssl_module.ctx_index];

    if (scf->server.mode == NGX_COUNTERSIGN_OFF) {
        return NGX_OK;
    }

    ssl.ssl = &sscf->ssl;
    ssl.certificates = sscf->certificates;
    ssl.session_zone = sscf->shm_zone;
    ssl.builtin_session_cache = sscf->builtin_session_cache;
    ssl.session_timeout = sscf->session_timeout;
    ssl.verify = sscf->verify;
#if (nginx_version >= 1027002)
    ssl.ocsp = sscf->ocsp;
#else
    ssl.ocsp = 0;
#endif
    ssl.early_data = 0;

    conflict = ngx_countersign_conflict(&scf->server, &ssl);

    if (conflict != NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "countersign: %s (server at %s:%ui)", conflict,
                      cscf->file_name, cscf->line);
        return NGX_ERROR;
    }

    scf->ctx = sscf->ssl.ctx;

    return ngx_countersign_protect(cf, &scf->server, &ssl, "stream");
}


static ngx_int_t
ngx_stream_countersign_init(ngx_conf_t *cf)
{
    ngx_uint_t                           s;
    ngx_stream_handler_pt               *handler;
    ngx_stream_core_srv_conf_t         **cscf;
    ngx_stream_core_main_conf_t         *cmcf;
    ngx_stream_countersign_main_conf_t  *mcf;

    cmcf = ngx_stream_conf_get_module_main_conf(cf, ngx_stream_core_module);
    cscf = cmcf->servers.elts;

    for (s = 0; s < cmcf->servers.nelts; s++) {
        if (ngx_stream_countersign_protect(cf, cscf[s]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    handler = ngx_array_push(&cmcf->phases[NGX_STREAM_PREREAD_PHASE].handlers);
    if (handler == NULL) {
        return NGX_ERROR;
    }

    *handler = ngx_stream_countersign_enter;

    ngx_stream_countersign_next_filter = ngx_stream_top_filter;
    ngx_stream_top_filter = ngx_stream_countersign_filter;

    mcf = ngx_stream_conf_get_module_main_conf(cf, ngx_stream_countersign_module);

    return ngx_countersign_policies_init(cf, mcf->policies, &ngx_stream_countersign_zone_name,
                                         &ngx_stream_countersign_module);
}


/* ---- The module ---- */

static ngx_countersign_policies_t *
ngx_stream_countersign_policies(ngx_cycle_t *cycle)
{
    ngx_stream_countersign_main_conf_t  *mcf;

    mcf = ngx_stream_cycle_get_module_main_conf(cycle, ngx_stream_countersign_module);

    return mcf == NULL ? NULL : mcf->policies;
}


static ngx_int_t
ngx_stream_countersign_init_process(ngx_cycle_t *cycle)
{
    return ngx_countersign_policies_start(ngx_stream_countersign_policies(cycle), cycle);
}


static void
ngx_stream_countersign_exit_process(ngx_cycle_t *cycle)
{
    ngx_countersign_policies_stop(ngx_stream_countersign_policies(cycle));
}


static ngx_stream_module_t  ngx_stream_countersign_module_ctx = {
    ngx_stream_countersign_add_variables,     /* preconfiguration */
    ngx_stream_countersign_init,              /* postconfiguration */

    ngx_stream_countersign_create_main_conf,  /* create main configuration */
    NULL,                                     /* init main configuration */

    ngx_stream_countersign_create_srv_conf,   /* create server configuration */
    ngx_stream_countersign_merge_srv_conf     /* merge server configuration */
};


ngx_module_t  ngx_stream_countersign_module = {
    NGX_MODULE_V1,
    &ngx_stream_countersign_module_ctx,       /* module context */
    ngx_stream_countersign_commands,          /* module directives */
    NGX_STREAM_MODULE,                        /* module type */
    NULL,                                     /* init master */
    NULL,                                     /* init module */
    ngx_stream_countersign_init_process,      /* init process */
    NULL,                                     /* init thread */
    NULL,                                     /* exit thread */
    ngx_stream_countersign_exit_process,      /* exit process */
    NULL,                                     /* exit master */
    NGX_MODULE_V1_PADDING
};
