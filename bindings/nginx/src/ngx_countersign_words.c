/*
 * What operators read: log lines, and variables.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

#include "ngx_countersign.h"

/* Refusals that a worker logs in a second. */
#define NGX_COUNTERSIGN_LOG_RATE  10


/* ---- Logging ---- */

/* Whether there is room for one more line in this second; says what there was none for. Refusals do
 * not take the room of those that an audit only notes. */
ngx_uint_t
ngx_countersign_may_log(ngx_log_t *log, ngx_uint_t is_audit)
{
    static struct {
        time_t      second;
        ngx_uint_t  count;
    } budgets[2], *budget;

    budget = &budgets[is_audit];

    if (budget->second != ngx_time()) {

        if (budget->count > NGX_COUNTERSIGN_LOG_RATE) {
            ngx_log_error(NGX_LOG_INFO, log, 0,
                          "countersign: %ui more refusals were not logged",
                          budget->count - NGX_COUNTERSIGN_LOG_RATE);
        }

        budget->second = ngx_time();
        budget->count = 0;
    }

    return ++budget->count <= NGX_COUNTERSIGN_LOG_RATE || !ngx_countersign_has("rate");
}


/* The reason's token, or that of what is no reason of a verdict. */
static const char *
ngx_countersign_token(const ngx_countersign_answer_t *answer)
{
    return answer->decision == NGX_COUNTERSIGN_MISDIRECTED ? "misdirected"
                                                           : csn_reason_token(answer->reason);
}


static const char *
ngx_countersign_explain(const ngx_countersign_answer_t *answer)
{
    switch (answer->decision) {

    case NGX_COUNTERSIGN_ERROR:
        return "there is no policy to decide by";

    case NGX_COUNTERSIGN_MISDIRECTED:
        return "the connection was made for another server";

    default:
        return csn_reason_text(answer->reason);
    }
}


/* Who is not listed is told from others, and can be listed, by the digest of the certificate. */
void
ngx_countersign_log(ngx_connection_t *c, ngx_countersign_policy_t *policy, X509 *leaf,
                    const ngx_countersign_answer_t *answer, ngx_uint_t is_audit)
{
    u_char     digest[32], hex[2 * sizeof(digest)];
    unsigned   length = sizeof(digest);
    ngx_str_t  certificate = ngx_null_string;
    ngx_uint_t level = is_audit ? NGX_LOG_NOTICE : NGX_LOG_INFO;

    if (!ngx_countersign_may_log(c->log, is_audit)) {
        return;
    }

    if (leaf != NULL && X509_digest(leaf, EVP_sha256(), digest, &length) == 1) {
        certificate.data = hex;
        certificate.len = ngx_hex_dump(hex, digest, sizeof(digest)) - hex;
    }

    ngx_log_error(level, c->log, 0,
                  "countersign: %s: %s (%s), id \"%V\", cert_sha256 \"%V\", policy \"%V\" "
                  "generation %uL",
                  is_audit ? "would be refused" : "refused", ngx_countersign_token(answer),
                  ngx_countersign_explain(answer), &answer->client, &certificate,
                  ngx_countersign_policy_path(policy), answer->generation);
}


/* ---- Variables ---- */

const char *const  ngx_countersign_variables[5] = {
    "countersign_verdict",
    "countersign_client",
    "countersign_reason",
    "countersign_when",
    "countersign_generation"
};


static const char *
ngx_countersign_decision_word(ngx_countersign_decision_t decision)
{
    switch (decision) {

    case NGX_COUNTERSIGN_ALLOW:
        return "allow";

    case NGX_COUNTERSIGN_DENY:
        return "deny";

    case NGX_COUNTERSIGN_NONE:
    case NGX_COUNTERSIGN_MISDIRECTED:
        return "none";

    default:
        return "error";
    }
}


ngx_int_t
ngx_countersign_variable(const ngx_countersign_answer_t *answer, ngx_uint_t which,
                         ngx_pool_t *pool, ngx_str_t *value)
{
    const char  *word = "";

    if (answer == NULL) {
        word = which == NGX_COUNTERSIGN_VERDICT ? "none" : "";

    } else if (which == NGX_COUNTERSIGN_VERDICT) {
        word = ngx_countersign_decision_word(answer->decision);

    } else if (which == NGX_COUNTERSIGN_REASON) {
        word = ngx_countersign_token(answer);

    } else if (which == NGX_COUNTERSIGN_WHEN) {
        word = answer->when;

    } else if (which == NGX_COUNTERSIGN_CLIENT) {

        /* Nobody is to take a client that was refused for one that was let in. */
        if (answer->decision == NGX_COUNTERSIGN_ALLOW) {
            *value = answer->client;
            return NGX_OK;
        }

    } else {
        value->data = ngx_pnalloc(pool, NGX_INT64_LEN);
        if (value->data == NULL) {
            return NGX_ERROR;
        }

        value->len = ngx_sprintf(value->data, "%uL", answer->generation) - value->data;
        return NGX_OK;
    }

    value->data = (u_char *) word;
    value->len = ngx_strlen(word);

    return NGX_OK;
}
