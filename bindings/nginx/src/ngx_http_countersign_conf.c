/*
 * http: what the levels of a configuration inherit from each other, and what a location must not say.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

#include "ngx_http_countersign.h"


/* ---- Before it is read ---- */

void *
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


void *
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


void *
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


/* ---- Merging ---- */

char *
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


char *
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
