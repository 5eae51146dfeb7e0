/*
 * nginx, http: only clients that the policy approves get to the locations that require it. The
 * directives, and the module that nginx knows.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

#include "ngx_http_countersign.h"

static ngx_str_t  ngx_http_countersign_zone_name = ngx_string("countersign_http");


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


/* ---- The module ---- */

static ngx_int_t
ngx_http_countersign_init(ngx_conf_t *cf)
{
    ngx_http_countersign_main_conf_t  *mcf;

    if (ngx_http_countersign_protect_all(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_countersign_module);

    if (ngx_countersign_policies_init(cf, mcf->policies, &ngx_http_countersign_zone_name,
                                      &ngx_http_countersign_module)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_countersign_judge_requests(cf);
}


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
