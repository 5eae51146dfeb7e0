/*
 * Policies: loaded by the master, followed by a thread in each worker, agreed on through a zone.
 *
 * A worker reads a policy again where its files have changed, or where another worker is ahead. What
 * it decides by has a number in the zone. Before a worker decides it compares the two, and where it
 * is behind it reads first. So no worker lets in whom another has begun to refuse.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

#include "ngx_countersign.h"

#include <pthread.h>
#include <signal.h>

/* How often a worker looks at the files. */
#define NGX_COUNTERSIGN_LOOK_MSEC  1000

/* A file that is being replaced may be missing for a moment. */
#define NGX_COUNTERSIGN_MISSES     2

/* What the workers share of a policy. It outlives configurations. */
typedef struct ngx_countersign_shared_s ngx_countersign_shared_t;

struct ngx_countersign_shared_s {
    ngx_countersign_shared_t  *next;
    /* Counts the contents that were in force. Changed under the zone's mutex. */
    uint64_t                   generation;
    u_char                     content[32];
    /* The complaint that was logged last, so that one worker says it and not all of them. */
    uint32_t                   complaint;
    size_t                     len;
    u_char                     path[1];
};

struct ngx_countersign_policy_s {
    ngx_str_t                   path;
    csn_verifier               *verifier;
    ngx_log_t                  *log;
    ngx_shm_zone_t             *zone;
    ngx_countersign_shared_t   *shared;
    /* The number of what this worker decides by. */
    uint64_t                    generation;
    /* That a look at its files was in vain, this many times on end. */
    ngx_uint_t                  missing;
    uint32_t                    complaint;
    /* When a request last waited for a reload in vain. */
    time_t                      tried;
    /* For all that reads files and changes what is above. */
    pthread_mutex_t             mutex;
};

struct ngx_countersign_policies_s {
    ngx_array_t                 policies;  /* of ngx_countersign_policy_t * */
    ngx_shm_zone_t             *zone;
    pthread_t                   thread;
    pthread_mutex_t             mutex;
    pthread_cond_t              stop;
    ngx_uint_t                  is_stopping;
    ngx_uint_t                  is_running;
};


static void
ngx_countersign_policies_free(void *data)
{
    ngx_uint_t                    i;
    ngx_countersign_policy_t    **policy;
    ngx_countersign_policies_t   *all = data;

    policy = all->policies.elts;

    for (i = 0; i < all->policies.nelts; i++) {
        csn_verifier_free(policy[i]->verifier);
        pthread_mutex_destroy(&policy[i]->mutex);
    }
}


ngx_countersign_policies_t *
ngx_countersign_policies_create(ngx_conf_t *cf)
{
    ngx_pool_cleanup_t          *cleanup;
    ngx_countersign_policies_t  *all;

    all = ngx_pcalloc(cf->pool, sizeof(ngx_countersign_policies_t));
    cleanup = ngx_pool_cleanup_add(cf->pool, 0);

    if (all == NULL || cleanup == NULL
        || ngx_array_init(&all->policies, cf->pool, 4, sizeof(ngx_countersign_policy_t *))
           != NGX_OK)
    {
        return NULL;
    }

    cleanup->handler = ngx_countersign_policies_free;
    cleanup->data = all;

    return all;
}


/* "file:line:column: " as far as there is a place. */
static void
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
    policy->log = &cf->cycle->new_log;
    policy->generation = csn_verifier_generation(policy->verifier);

    return policy;
}


/* ---- The zone ---- */

typedef struct {
    ngx_countersign_shared_t  *first;
} ngx_countersign_shared_all_t;


static ngx_int_t
ngx_countersign_zone_init(ngx_shm_zone_t *zone, void *before)
{
    ngx_slab_pool_t               *pool = (ngx_slab_pool_t *) zone->shm.addr;
    ngx_countersign_shared_all_t  *shared;

    if (before != NULL) {
        zone->data = before;
        return NGX_OK;
    }

    if (zone->shm.exists) {
        zone->data = pool->data;
        return NGX_OK;
    }

    shared = ngx_slab_calloc(pool, sizeof(ngx_countersign_shared_all_t));
    if (shared == NULL) {
        return NGX_ERROR;
    }

    pool->data = shared;
    zone->data = shared;

    return NGX_OK;
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

    all->zone = ngx_shared_memory_add(cf, &name, size, tag);
    if (all->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    if (all->zone->data != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "countersign_zone \"%V\" is there already", &name);
        return NGX_CONF_ERROR;
    }

    all->zone->init = ngx_countersign_zone_init;

    return NGX_CONF_OK;
}


/* What the workers share of this policy; NULL where the zone is full. */
static ngx_countersign_shared_t *
ngx_countersign_join(ngx_shm_zone_t *zone, const ngx_str_t *path)
{
    ngx_slab_pool_t               *pool = (ngx_slab_pool_t *) zone->shm.addr;
    ngx_countersign_shared_t      *shared;
    ngx_countersign_shared_all_t  *all = zone->data;

    ngx_shmtx_lock(&pool->mutex);

    for (shared = all->first; shared != NULL; shared = shared->next) {
        if (shared->len == path->len && ngx_memcmp(shared->path, path->data, path->len) == 0) {
            break;
        }
    }

    if (shared == NULL) {
        shared = ngx_slab_calloc_locked(pool, sizeof(ngx_countersign_shared_t) + path->len);

        if (shared != NULL) {
            shared->len = path->len;
            ngx_memcpy(shared->path, path->data, path->len);
            shared->next = all->first;
            all->first = shared;
        }
    }

    ngx_shmtx_unlock(&pool->mutex);

    return shared;
}


static uint64_t
ngx_countersign_announced(const ngx_countersign_policy_t *policy)
{
    return __atomic_load_n(&policy->shared->generation, __ATOMIC_ACQUIRE);
}


/* Says that this worker decides by what it has now: what the others have, or else, where it was read
 * when the number was "seen", what they are to have. NGX_AGAIN where another worker announced
 * something since, so that this may be older. */
static ngx_int_t
ngx_countersign_announce(ngx_countersign_policy_t *policy, ngx_uint_t is_fresh, uint64_t seen)
{
    u_char                     content[32];
    uint64_t                   generation;
    ngx_int_t                  rc = NGX_OK;
    ngx_slab_pool_t           *pool = (ngx_slab_pool_t *) policy->zone->shm.addr;
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
        __atomic_store_n(&policy->generation, generation, __ATOMIC_RELEASE);
    }

    return rc;
}


/* ---- Following the files ---- */

/* Whether nobody has logged this complaint yet. */
static ngx_uint_t
ngx_countersign_is_news(ngx_countersign_policy_t *policy, uint32_t complaint)
{
    if (policy->complaint == complaint) {
        return 0;
    }

    policy->complaint = complaint;

    return policy->shared == NULL
           || __atomic_exchange_n(&policy->shared->complaint, complaint, __ATOMIC_ACQ_REL)
              != complaint;
}


static void
ngx_countersign_complain(ngx_countersign_policy_t *policy, const csn_error *err)
{
    u_char  place[sizeof(err->file) + 32];

    if (!ngx_countersign_is_news(policy, ngx_crc32_long((u_char *) err->message,
                                                        ngx_strlen(err->message))))
    {
        return;
    }

    ngx_countersign_place(err, place, sizeof(place));
    ngx_log_error(NGX_LOG_ERR, policy->log, 0,
                  "countersign_policy \"%V\" was not read again, and the one in force stays: %s%s",
                  &policy->path, place, err->message);
}


/* There is nothing to complain of any more. */
static void
ngx_countersign_be_content(ngx_countersign_policy_t *policy)
{
    policy->complaint = 0;

    if (policy->shared != NULL) {
        __atomic_store_n(&policy->shared->complaint, 0, __ATOMIC_RELEASE);
    }
}


static void
ngx_countersign_note_missing(ngx_countersign_policy_t *policy, ngx_uint_t is_missing)
{
    ngx_uint_t  missing = is_missing ? policy->missing + 1 : 0;

    if (missing == NGX_COUNTERSIGN_MISSES && ngx_countersign_is_news(policy, 1)) {
        ngx_log_error(NGX_LOG_ALERT, policy->log, 0,
                      "countersign_policy \"%V\" is gone: nobody gets in by it until it is back",
                      &policy->path);
    }

    if (missing > NGX_COUNTERSIGN_MISSES) {
        missing = NGX_COUNTERSIGN_MISSES;
    }

    __atomic_store_n(&policy->missing, missing, __ATOMIC_RELEASE);
}


/* Reads what has changed, and comes to what the other workers have. Under the policy's mutex. */
static void
ngx_countersign_follow(ngx_countersign_policy_t *policy, ngx_uint_t is_look)
{
    int32_t      outcome;
    uint64_t     seen;
    csn_error    err;
    ngx_int_t    rc;
    ngx_uint_t   is_fresh, was_read = 0;

    do {
        seen = policy->shared == NULL ? 0 : ngx_countersign_announced(policy);
        outcome = CSN_RELOAD_FAILED;

        ngx_memzero(&err, sizeof(csn_error));
        err.struct_size = sizeof(csn_error);

        (void) csn_verifier_reload_if_changed(policy->verifier, &outcome, &err);

        was_read |= (outcome == CSN_RELOAD_DONE);
        is_fresh = (outcome == CSN_RELOAD_DONE || outcome == CSN_RELOAD_UNCHANGED);

        if (outcome == CSN_RELOAD_FAILED) {
            ngx_countersign_complain(policy, &err);
        }

        if (policy->shared != NULL) {
            rc = ngx_countersign_announce(policy, is_fresh, seen);

        } else {
            __atomic_store_n(&policy->generation, csn_verifier_generation(policy->verifier),
                             __ATOMIC_RELEASE);
            rc = NGX_OK;
        }

    } while (rc == NGX_AGAIN);

    if (is_look) {
        ngx_countersign_note_missing(policy, outcome == CSN_RELOAD_MISSING);
    }

    if (is_fresh) {
        ngx_countersign_be_content(policy);
    }

    if (was_read) {
        ngx_log_error(NGX_LOG_NOTICE, policy->log, 0,
                      "countersign_policy \"%V\" was read again: generation %uL", &policy->path,
                      ngx_countersign_policy_generation(policy));
    }
}


static void *
ngx_countersign_watch(void *data)
{
    ngx_uint_t                    i;
    struct timespec               until;
    ngx_countersign_policy_t    **policy;
    ngx_countersign_policies_t   *all = data;

    policy = all->policies.elts;

    pthread_mutex_lock(&all->mutex);

    while (!all->is_stopping) {

        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += NGX_COUNTERSIGN_LOOK_MSEC / 1000;

        if (pthread_cond_timedwait(&all->stop, &all->mutex, &until) != NGX_ETIMEDOUT) {
            continue;
        }

        pthread_mutex_unlock(&all->mutex);

        for (i = 0; i < all->policies.nelts; i++) {
            pthread_mutex_lock(&policy[i]->mutex);
            ngx_countersign_follow(policy[i], 1);
            pthread_mutex_unlock(&policy[i]->mutex);
        }

        pthread_mutex_lock(&all->mutex);
    }

    pthread_mutex_unlock(&all->mutex);

    return NULL;
}


static ngx_int_t
ngx_countersign_watch_start(ngx_countersign_policies_t *all)
{
    int                 rc;
    sigset_t            every, before;
    pthread_condattr_t  monotonic;

    if (pthread_condattr_init(&monotonic) != 0
        || pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) != 0
        || pthread_cond_init(&all->stop, &monotonic) != 0
        || pthread_mutex_init(&all->mutex, NULL) != 0)
    {
        return NGX_ERROR;
    }

    /* Signals are for nginx's own thread. */
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    rc = pthread_create(&all->thread, NULL, ngx_countersign_watch, all);
    pthread_sigmask(SIG_SETMASK, &before, NULL);

    all->is_running = (rc == 0);

    return rc == 0 ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_countersign_policies_start(ngx_countersign_policies_t *all, ngx_cycle_t *cycle)
{
    ngx_uint_t                  i;
    ngx_countersign_policy_t  **policy;

    /* Others, such as the cache manager, serve nobody. */
    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE) {
        return NGX_OK;
    }

    if (all == NULL || all->policies.nelts == 0) {
        return NGX_OK;
    }

    if (csn_process_init() != CSN_OK) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0, "countersign: csn_process_init() failed");
        return NGX_ERROR;
    }

    policy = all->policies.elts;

    for (i = 0; i < all->policies.nelts; i++) {
        policy[i]->log = cycle->log;

        if (all->zone != NULL) {
            policy[i]->zone = all->zone;
            policy[i]->shared = ngx_countersign_join(all->zone, &policy[i]->path);

            if (policy[i]->shared == NULL) {
                ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                              "countersign_zone \"%V\" is full: make it larger",
                              &all->zone->shm.name);
                return NGX_ERROR;
            }
        }

        ngx_countersign_follow(policy[i], 0);
    }

    if (ngx_countersign_watch_start(all) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "countersign: there is no thread to be had that follows the policies");
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_countersign_policies_stop(ngx_countersign_policies_t *all)
{
    if (all == NULL || !all->is_running) {
        return;
    }

    pthread_mutex_lock(&all->mutex);
    all->is_stopping = 1;
    pthread_cond_signal(&all->stop);
    pthread_mutex_unlock(&all->mutex);

    pthread_join(all->thread, NULL);
    all->is_running = 0;
}


/* ---- What it is now ---- */

static ngx_uint_t
ngx_countersign_is_behind(const ngx_countersign_policy_t *policy)
{
    return policy->shared != NULL
           && ngx_countersign_announced(policy) != ngx_countersign_policy_generation(policy);
}


ngx_int_t
ngx_countersign_policy_agree(ngx_countersign_policy_t *policy)
{
    if (ngx_countersign_has("missing")
        && __atomic_load_n(&policy->missing, __ATOMIC_ACQUIRE) >= NGX_COUNTERSIGN_MISSES)
    {
        return NGX_ERROR;
    }

    if (!ngx_countersign_is_behind(policy) || !ngx_countersign_has("agreement")) {
        return NGX_OK;
    }

    pthread_mutex_lock(&policy->mutex);

    if (ngx_countersign_is_behind(policy) && policy->tried != ngx_time()) {
        ngx_countersign_follow(policy, 0);

        if (ngx_countersign_is_behind(policy)) {
            policy->tried = ngx_time();
            ngx_log_error(NGX_LOG_ALERT, policy->log, 0,
                          "countersign_policy \"%V\": another worker has generation %uL, this one "
                          "cannot read it and lets nobody in", &policy->path,
                          ngx_countersign_announced(policy));
        }
    }

    pthread_mutex_unlock(&policy->mutex);

    return ngx_countersign_is_behind(policy) ? NGX_ERROR : NGX_OK;
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
