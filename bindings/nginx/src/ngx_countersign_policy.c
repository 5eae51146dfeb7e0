/*
 * Loading policies, and what they are when somebody asks.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

#include "ngx_countersign_policy.h"


/* ---- Loading ---- */

static void
ngx_countersign_policies_free(void *data)
{
    ngx_uint_t                    i;
    ngx_countersign_policy_t    **policy;
    ngx_countersign_policies_t   *all = data;

    ngx_countersign_policies_stop(all);

    policy = all->policies.elts;

    for (i = 0; i < all->policies.nelts; i++) {
        csn_verifier_free(policy[i]->verifier);
        pthread_mutex_destroy(&policy[i]->mutex);
    }

    ngx_countersign_notes_free(all);
}


ngx_countersign_policies_t *
ngx_countersign_policies_create(ngx_conf_t *cf)
{
    ngx_pool_cleanup_t          *cleanup;
    ngx_countersign_policies_t  *all;

    all = ngx_pcalloc(cf->pool, sizeof(ngx_countersign_policies_t));
    if (all == NULL) {
        return NULL;
    }

    cleanup = ngx_pool_cleanup_add(cf->pool, 0);

    if (cleanup == NULL
        || ngx_array_init(&all->policies, cf->pool, 4, sizeof(ngx_countersign_policy_t *))
           != NGX_OK
        || ngx_countersign_notes_create(all, cf->pool) != NGX_OK)
    {
        return NULL;
    }

    cleanup->handler = ngx_countersign_policies_free;
    cleanup->data = all;
    all->log = &cf->cycle->new_log;

    return all;
}


void
ngx_countersign_place(const csn_error *err, u_char *text, size_t size)
{
    u_char  *last = text;

    if (err->file[0] != '\0' && err->line != 0) {
        last = ngx_snprintf(text, size - 1, "%s:%uD:%uD: ", err->file, err->line, err->column);

    } else if (err->file[0] != '\0') {
        last = ngx_snprintf(text, size - 1, "%s: ", err->file);
    }

    *last = '\0';
}


ngx_countersign_policy_t *
ngx_countersign_policy(ngx_conf_t *cf, ngx_countersign_policies_t *all, ngx_str_t *path)
{
    u_char                      place[sizeof(((csn_error *) 0)->file) + 32];
    csn_error                   err = CSN_ERROR_INIT;
    ngx_str_t                   full = *path;
    ngx_uint_t                  i;
    ngx_countersign_policy_t  **known, *policy;

    if (ngx_conf_full_name(cf->cycle, &full, 1) != NGX_OK) {
        return NULL;
    }

    known = all->policies.elts;

    for (i = 0; i < all->policies.nelts; i++) {
        if (known[i]->path.len == full.len
            && ngx_memcmp(known[i]->path.data, full.data, full.len) == 0)
        {
            return known[i];
        }
    }

    policy = ngx_pcalloc(cf->pool, sizeof(ngx_countersign_policy_t));
    if (policy == NULL) {
        return NULL;
    }

    policy->path = full;

    if (csn_verifier_from_file((const char *) full.data, &policy->verifier, &err) != CSN_OK) {
        ngx_countersign_place(&err, place, sizeof(place));
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "countersign_policy \"%V\": %s%s", &full, place,
                           err.message);
        return NULL;
    }

    known = ngx_array_push(&all->policies);

    if (known == NULL || pthread_mutex_init(&policy->mutex, NULL) != 0) {
        all->policies.nelts -= (known != NULL);
        csn_verifier_free(policy->verifier);
        return NULL;
    }

    *known = policy;
    policy->all = all;

    return policy;
}


/* ---- What it is now ---- */

static ngx_uint_t
ngx_countersign_is_behind(const ngx_countersign_policy_t *policy)
{
    uint64_t  generation = ngx_countersign_policy_generation(policy);

    return generation == 0 || ngx_countersign_announced(policy) != generation;
}


static ngx_uint_t
ngx_countersign_is_missing(const ngx_countersign_policy_t *policy)
{
    return __atomic_load_n(&policy->missing, __ATOMIC_ACQUIRE) >= NGX_COUNTERSIGN_MISSES;
}


ngx_int_t
ngx_countersign_policy_agree(ngx_countersign_policy_t *policy)
{
    if (ngx_countersign_is_missing(policy) && ngx_countersign_has("missing")) {
        return NGX_ERROR;
    }

    if (!ngx_countersign_is_behind(policy) || !ngx_countersign_has("agreement")) {
        return NGX_OK;
    }

    pthread_mutex_lock(&policy->mutex);

    if (ngx_countersign_is_behind(policy) && policy->tried != ngx_time()) {
        ngx_countersign_follow(policy);

        if (ngx_countersign_is_behind(policy)) {
            policy->tried = ngx_time();
            ngx_log_error(NGX_LOG_ALERT, policy->all->log, 0,
                          "countersign_policy \"%V\": another worker has generation %uL, this one "
                          "cannot read it and lets nobody in", &policy->path,
                          ngx_countersign_announced(policy));
        }
    }

    pthread_mutex_unlock(&policy->mutex);

    ngx_countersign_notes_write(policy->all);

    return ngx_countersign_is_behind(policy) ? NGX_ERROR : NGX_OK;
}


uint64_t
ngx_countersign_policy_number(ngx_countersign_policy_t *policy, uint64_t own)
{
    uint64_t    generation;
    ngx_uint_t  tries;

    for (tries = 0; tries < 2; tries++) {

        if (__atomic_load_n(&policy->own, __ATOMIC_ACQUIRE) == own) {
            generation = ngx_countersign_policy_generation(policy);

            if (__atomic_load_n(&policy->own, __ATOMIC_ACQUIRE) == own) {
                return generation;
            }
        }

        /* The thread has put a policy in force and is about to give it its number. */
        pthread_mutex_lock(&policy->mutex);
        pthread_mutex_unlock(&policy->mutex);
    }

    return 0;
}


csn_verifier *
ngx_countersign_policy_verifier(const ngx_countersign_policy_t *policy)
{
    return policy->verifier;
}


const ngx_str_t *
ngx_countersign_policy_path(const ngx_countersign_policy_t *policy)
{
    return &policy->path;
}


uint64_t
ngx_countersign_policy_generation(const ngx_countersign_policy_t *policy)
{
    return __atomic_load_n(&policy->generation, __ATOMIC_ACQUIRE);
}
