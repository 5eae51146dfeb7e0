/*
 * http: each request is answered for.
 *
 * A handshake can be refused, but not relied on: requests name other hosts than the handshake did,
 * sessions resume, and policies change while connections stay. So each request is answered for, where
 * nginx enters a location (also after a rewrite, an internal redirect or for a subrequest, and before
 * "return" and "satisfy" have their say). A filter holds back what was answered before there was a
 * location, such as by a "return" of the server.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

#include "ngx_http_countersign.h"

/* What a request has. nginx clears it in an internal redirect. */
typedef struct {
    ngx_countersign_answer_t           answer;
    ngx_http_countersign_loc_conf_t   *answer_for;
    unsigned                           has_location:1;
    unsigned                           is_refused:1;
} ngx_http_countersign_ctx_t;

static ngx_http_output_header_filter_pt  ngx_http_countersign_next_header_filter;


/* ---- Answers ---- */

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


/* ---- Where they are asked for ---- */

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


ngx_int_t
ngx_http_countersign_judge_requests(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *handler;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    handler = ngx_array_push(&cmcf->phases[NGX_HTTP_REWRITE_PHASE].handlers);
    if (handler == NULL) {
        return NGX_ERROR;
    }

    *handler = ngx_http_countersign_enter;

    ngx_http_countersign_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_countersign_header_filter;

    return NGX_OK;
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


ngx_int_t
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
