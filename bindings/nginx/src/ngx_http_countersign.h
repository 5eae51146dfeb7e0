/*
 * What the files of the http module share: its configuration, and what the module asks of each.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

#ifndef NGX_HTTP_COUNTERSIGN_H
#define NGX_HTTP_COUNTERSIGN_H

#include "ngx_countersign.h"

#include <ngx_http.h>

extern ngx_module_t  ngx_http_countersign_module;

#pragma GCC visibility push(hidden)


/* ---- The configuration ---- */

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

void *ngx_http_countersign_create_main_conf(ngx_conf_t *cf);
void *ngx_http_countersign_create_srv_conf(ngx_conf_t *cf);
void *ngx_http_countersign_create_loc_conf(ngx_conf_t *cf);

/* A server is merged before its locations. */
char *ngx_http_countersign_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child);
char *ngx_http_countersign_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child);


/* ---- Servers ---- */

/* Once all is merged. Has all servers ask for certificates whose mode is not "off", and guards the
 * others. */
ngx_int_t ngx_http_countersign_protect_all(ngx_conf_t *cf);


/* ---- Requests ---- */

/* Has every request answered for. */
ngx_int_t ngx_http_countersign_judge_requests(ngx_conf_t *cf);

ngx_int_t ngx_http_countersign_add_variables(ngx_conf_t *cf);

#pragma GCC visibility pop

#endif /* NGX_HTTP_COUNTERSIGN_H */
