/*
 * http: the servers that ask for certificates, and those beside them.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

#include "ngx_http_countersign.h"

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


ngx_int_t
ngx_http_countersign_protect_all(ngx_conf_t *cf)
{
    ngx_uint_t                  s;
    ngx_http_core_srv_conf_t  **cscf;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    cscf = cmcf->servers.elts;

    for (s = 0; s < cmcf->servers.nelts; s++) {
        if (ngx_http_countersign_protect(cf, cscf[s]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_http_countersign_guard_others(cf);
}
