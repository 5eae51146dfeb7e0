/*
 * The zone, through which the workers agree.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

#include "ngx_countersign_policy.h"

/* The zone that there is where none is configured. */
#define NGX_COUNTERSIGN_ZONE_SIZE  (1024 * 1024)


/* ---- Its making ---- */

/* What the workers share of this policy; NULL where the zone is full. */
static ngx_countersign_shared_t *
ngx_countersign_join(ngx_slab_pool_t *pool, ngx_countersign_shared_all_t *all,
                     const ngx_str_t *path)
{
    ngx_countersign_shared_t  *shared;

    for (shared = all->first; shared != NULL; shared = shared->next) {
        if (shared->len == path->len && ngx_memcmp(shared->path, path->data, path->len) == 0) {
            return shared;
        }
    }

    shared = ngx_slab_calloc(pool, sizeof(ngx_countersign_shared_t) + path->len);

    if (shared != NULL) {
        shared->len = path->len;
        ngx_memcpy(shared->path, path->data, path->len);
        shared->next = all->first;
        all->first = shared;
    }

    return shared;
}


/* In the master, which alone makes entries: where there is no room, the configuration is refused. */
static ngx_int_t
ngx_countersign_zone_init(ngx_shm_zone_t *zone, void *before)
{
    ngx_uint_t                    i;
    ngx_slab_pool_t              *pool = (ngx_slab_pool_t *) zone->shm.addr;
    ngx_countersign_policy_t    **policy;
    ngx_countersign_policies_t   *all = zone->data;

    if (before != NULL) {
        all->shared = ((ngx_countersign_policies_t *) before)->shared;

    } else if (zone->shm.exists) {
        all->shared = pool->data;

    } else {
        all->shared = ngx_slab_calloc(pool, sizeof(ngx_countersign_shared_all_t));
        pool->data = all->shared;
        pool->log_nomem = 0;
    }

    policy = all->policies.elts;

    for (i = 0; all->shared != NULL && i < all->policies.nelts; i++) {
        policy[i]->shared = ngx_countersign_join(pool, all->shared, &policy[i]->path);

        if (policy[i]->shared == NULL) {
            all->shared = NULL;
        }
    }

    if (all->shared == NULL) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "countersign_zone \"%V\" is full: give it another name and a larger size",
                      &zone->shm.name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static char *
ngx_countersign_add_zone(ngx_conf_t *cf, ngx_countersign_policies_t *all, ngx_str_t *name,
                         size_t size, void *tag)
{
    all->zone = ngx_shared_memory_add(cf, name, size, tag);
    if (all->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    all->zone->init = ngx_countersign_zone_init;
    all->zone->data = all;

    return NGX_CONF_OK;
}


char *
ngx_countersign_zone(ngx_conf_t *cf, ngx_countersign_policies_t *all, ngx_str_t *value, void *tag)
{
    u_char     *colon;
    ssize_t     size;
    ngx_str_t   name, rest;

    if (all->zone != NULL) {
        return "is duplicate";
    }

    colon = ngx_strlchr(value->data, value->data + value->len, ':');

    if (colon == NULL || colon == value->data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "countersign_zone \"%V\": write a name and a size, such as \"shared:1m\"",
                           value);
        return NGX_CONF_ERROR;
    }

    name.data = value->data;
    name.len = colon - value->data;
    rest.data = colon + 1;
    rest.len = value->data + value->len - rest.data;
    size = ngx_parse_size(&rest);

    if (size < (ssize_t) (8 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "countersign_zone \"%V\": the size has to be %uzk or more, such as \"1m\"",
                           value, 8 * ngx_pagesize / 1024);
        return NGX_CONF_ERROR;
    }

    return ngx_countersign_add_zone(cf, all, &name, size, tag);
}


ngx_int_t
ngx_countersign_policies_init(ngx_conf_t *cf, ngx_countersign_policies_t *all, ngx_str_t *name,
                              void *tag)
{
    if (all->zone != NULL || all->policies.nelts == 0) {
        return NGX_OK;
    }

    return ngx_countersign_add_zone(cf, all, name, NGX_COUNTERSIGN_ZONE_SIZE, tag) == NGX_CONF_OK
               ? NGX_OK
               : NGX_ERROR;
}


/* ---- What is said in it ---- */

uint64_t
ngx_countersign_announced(const ngx_countersign_policy_t *policy)
{
    return __atomic_load_n(&policy->shared->generation, __ATOMIC_ACQUIRE);
}


ngx_int_t
ngx_countersign_announce(ngx_countersign_policy_t *policy, ngx_uint_t is_fresh, uint64_t seen)
{
    u_char                     content[32];
    uint64_t                   generation;
    ngx_int_t                  rc = NGX_OK;
    ngx_slab_pool_t           *pool = (ngx_slab_pool_t *) policy->all->zone->shm.addr;
    ngx_countersign_shared_t  *shared = policy->shared;

    if (csn_verifier_policy_digest(policy->verifier, content) != CSN_OK) {
        return NGX_ERROR;
    }

    ngx_shmtx_lock(&pool->mutex);

    generation = shared->generation;

    if (generation != 0 && ngx_memcmp(shared->content, content, sizeof(content)) == 0) {
        /* It is what the others have. */

    } else if (generation == 0 || (is_fresh && generation == seen)) {
        ngx_memcpy(shared->content, content, sizeof(content));
        __atomic_store_n(&shared->generation, ++generation, __ATOMIC_RELEASE);

    } else {
        rc = is_fresh ? NGX_AGAIN : NGX_ERROR;
    }

    ngx_shmtx_unlock(&pool->mutex);

    if (rc == NGX_OK) {
        __atomic_store_n(&policy->own, 0, __ATOMIC_RELEASE);
        __atomic_store_n(&policy->generation, generation, __ATOMIC_RELEASE);
        __atomic_store_n(&policy->own, csn_verifier_generation(policy->verifier),
                         __ATOMIC_RELEASE);
    }

    return rc;
}
