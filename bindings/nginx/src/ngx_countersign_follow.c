/*
 * Following the files: a thread in each worker reads again what has changed.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

#include "ngx_countersign_policy.h"

#include <signal.h>

/* How often a worker looks at the files. */
#define NGX_COUNTERSIGN_LOOK_MSEC  1000


/* ---- One policy ---- */

/* Whether no worker has said this yet. */
static ngx_uint_t
ngx_countersign_is_news(ngx_countersign_policy_t *policy, const char *complaint)
{
    uint32_t  hash = ngx_crc32_long((u_char *) complaint, ngx_strlen(complaint));

    if (policy->complaint == hash) {
        return 0;
    }

    policy->complaint = hash;

    return __atomic_exchange_n(&policy->shared->complaint, hash, __ATOMIC_ACQ_REL) != hash;
}


/* There is nothing to complain of any more. */
static void
ngx_countersign_be_content(ngx_countersign_policy_t *policy)
{
    policy->complaint = 0;
    policy->has_followed = 1;
    __atomic_store_n(&policy->missing, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&policy->shared->complaint, 0, __ATOMIC_RELEASE);
}


/* The policy cannot be read, or not by this worker, which began with what the master had read: who
 * may come in now, it cannot know. */
static void
ngx_countersign_miss(ngx_countersign_policy_t *policy)
{
    ngx_uint_t  missing = policy->has_followed ? policy->missing + 1 : NGX_COUNTERSIGN_MISSES;

    if (missing < NGX_COUNTERSIGN_MISSES) {
        __atomic_store_n(&policy->missing, missing, __ATOMIC_RELEASE);
        return;
    }

    __atomic_store_n(&policy->missing, NGX_COUNTERSIGN_MISSES, __ATOMIC_RELEASE);

    if (ngx_countersign_is_news(policy, "missing")) {
        ngx_countersign_say(policy->all, NGX_LOG_ALERT,
                            "countersign_policy \"%V\" is gone, or a file that it names, or the "
                            "worker's user may not read them: nobody gets in by it until that is "
                            "mended", &policy->path);
    }
}


static void
ngx_countersign_complain(ngx_countersign_policy_t *policy, const csn_error *err)
{
    u_char  place[sizeof(err->file) + 32];

    if (ngx_countersign_is_news(policy, err->message)) {
        ngx_countersign_place(err, place, sizeof(place));
        ngx_countersign_say(policy->all, NGX_LOG_ERR,
                            "countersign_policy \"%V\" was not read again, and the one in force "
                            "stays: %s%s", &policy->path, place, err->message);
    }
}


void
ngx_countersign_follow(ngx_countersign_policy_t *policy)
{
    int32_t      outcome;
    uint64_t     seen;
    csn_error    err;
    ngx_int_t    rc;
    csn_status   status;
    ngx_uint_t   is_fresh, was_read = 0;

    do {
        seen = ngx_countersign_announced(policy);
        outcome = CSN_RELOAD_FAILED;

        ngx_memzero(&err, sizeof(csn_error));
        err.struct_size = sizeof(csn_error);

        status = csn_verifier_reload_if_changed(policy->verifier, &outcome, &err);

        was_read |= (outcome == CSN_RELOAD_DONE);
        is_fresh = (outcome == CSN_RELOAD_DONE || outcome == CSN_RELOAD_UNCHANGED);
        rc = ngx_countersign_announce(policy, is_fresh, seen);

    } while (rc == NGX_AGAIN);

    if (is_fresh) {
        ngx_countersign_be_content(policy);

    } else if (outcome == CSN_RELOAD_MISSING
               || (status == CSN_ERR_IO && !policy->has_followed))
    {
        ngx_countersign_miss(policy);

    } else if (outcome == CSN_RELOAD_FAILED) {
        ngx_countersign_complain(policy, &err);
    }

    if (was_read) {
        ngx_countersign_say(policy->all, NGX_LOG_NOTICE,
                            "countersign_policy \"%V\" was read again: generation %uL",
                            &policy->path, ngx_countersign_policy_generation(policy));
    }
}


/* ---- All of them, in a worker ---- */

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
            ngx_countersign_follow(policy[i]);
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

    all->log = cycle->log;
    policy = all->policies.elts;

    for (i = 0; i < all->policies.nelts; i++) {
        ngx_countersign_follow(policy[i]);
    }

    ngx_countersign_notes_write(all);

    if (ngx_countersign_watch_start(all) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "countersign: there is no thread to be had that follows the policies");
        return NGX_ERROR;
    }

    ngx_countersign_notes_start(all);

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

    ngx_countersign_notes_stop(all);
}
