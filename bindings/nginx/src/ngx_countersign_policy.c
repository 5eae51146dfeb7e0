/*
 * Policies: loaded by the master, followed by a thread in each worker, agreed on through a zone.
 *
 * A worker reads a policy again where its files have changed, or where another worker is ahead. What
 * it decides by has a number in the zone. Before a worker decides it compares the two, and where it
 * is behind it reads first. So no worker lets in whom another has begun to refuse; one that cannot
 * come to what the others have lets nobody in.
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

/* The zone that there is where none is configured. */
#define NGX_COUNTERSIGN_ZONE_SIZE  (1024 * 1024)

/* What the thread has to say waits this long for the one that may write logs. */
#define NGX_COUNTERSIGN_NOTE_MSEC  200
#define NGX_COUNTERSIGN_NOTES      16

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

typedef struct {
    ngx_countersign_shared_t  *first;
} ngx_countersign_shared_all_t;

struct ngx_countersign_policy_s {
    ngx_str_t                     path;
    csn_verifier                 *verifier;
    ngx_countersign_policies_t   *all;
    ngx_countersign_shared_t     *shared;
    /* The number of what this worker decides by; 0 before it has come to one. */
    uint64_t                      generation;
    /* What the verifier calls the same; 0 while the two do not belong together. */
    uint64_t                      own;
    /* That a look at its files was in vain, this many times on end. */
    ngx_uint_t                    missing;
    /* Whether this process has ever read the files, or found them as they were. */
    ngx_uint_t                    has_followed;
    uint32_t                      complaint;
    /* When a request last waited for a reload in vain. */
    time_t                        tried;
    /* For all that reads files and changes what is above. */
    pthread_mutex_t               mutex;
};

typedef struct {
    ngx_uint_t                    level;
    size_t                        len;
    u_char                        text[NGX_MAX_ERROR_STR];
} ngx_countersign_note_t;

struct ngx_countersign_policies_s {
    ngx_array_t                   policies;  /* of ngx_countersign_policy_t * */
    ngx_shm_zone_t               *zone;
    ngx_countersign_shared_all_t *shared;
    ngx_log_t                    *log;

    pthread_t                     thread;
    pthread_mutex_t               mutex;
    pthread_cond_t                stop;
    ngx_uint_t                    is_stopping;
    ngx_uint_t                    is_running;

    /* nginx's logs are for its own thread. */
    ngx_event_t                   timer;
    pthread_mutex_t               notes_mutex;
    ngx_uint_t                    notes_count;
    ngx_countersign_note_t       *notes;
};


/* ---- What there is to say ---- */

static void
ngx_countersign_say(ngx_countersign_policies_t *all, ngx_uint_t level, const char *format, ...)
{
    va_list                  arguments;
    ngx_countersign_note_t  *note;

    pthread_mutex_lock(&all->notes_mutex);

    if (all->notes_count < NGX_COUNTERSIGN_NOTES) {
        note = &all->notes[all->notes_count++];
        note->level = level;

        va_start(arguments, format);
        note->len = ngx_vslprintf(note->text, note->text + sizeof(note->text), format, arguments)
                    - note->text;
        va_end(arguments);
    }

    pthread_mutex_unlock(&all->notes_mutex);
}


static void
ngx_countersign_write_notes(ngx_countersign_policies_t *all)
{
    ngx_uint_t               i;
    ngx_countersign_note_t  *note;

    pthread_mutex_lock(&all->notes_mutex);

    for (i = 0; i < all->notes_count; i++) {
        note = &all->notes[i];
        ngx_log_error(note->level, all->log, 0, "%*s", note->len, note->text);
    }

    all->notes_count = 0;

    pthread_mutex_unlock(&all->notes_mutex);
}


static void
ngx_countersign_timer(ngx_event_t *event)
{
    ngx_countersign_write_notes(event->data);

    if (!ngx_exiting && !ngx_quit && !ngx_terminate) {
        ngx_add_timer(event, NGX_COUNTERSIGN_NOTE_MSEC);
    }
}


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

    pthread_mutex_destroy(&all->notes_mutex);
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

    all->notes = ngx_palloc(cf->pool, NGX_COUNTERSIGN_NOTES * sizeof(ngx_countersign_note_t));
    cleanup = ngx_pool_cleanup_add(cf->pool, 0);

    if (all->notes == NULL || cleanup == NULL
        || ngx_array_init(&all->policies, cf->pool, 4, sizeof(ngx_countersign_policy_t *))
           != NGX_OK
        || pthread_mutex_init(&all->notes_mutex, NULL) != 0)
    {
        return NULL;
    }

    cleanup->handler = ngx_countersign_policies_free;
    cleanup->data = all;
    all->log = &cf->cycle->new_log;

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
    policy->all = all;

    return policy;
}


/* ---- The zone ---- */

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


static uint64_t
ngx_countersign_announced(const ngx_countersign_policy_t *policy)
{
    return __atomic_load_n(&policy->shared->generation, __ATOMIC_ACQUIRE);
}


/* Says that this worker decides by what it has now: what the others have, or else, where nobody has
 * said anything yet, or it was read when the number was "seen", what they are to have. NGX_AGAIN
 * where another worker announced something since, so that this may be older. */
static ngx_int_t
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


/* ---- Following the files ---- */

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


/* Reads what has changed, and comes to what the other workers have. Under the policy's mutex. */
static void
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

    ngx_countersign_write_notes(all);

    if (ngx_countersign_watch_start(all) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "countersign: there is no thread to be had that follows the policies");
        return NGX_ERROR;
    }

    all->timer.handler = ngx_countersign_timer;
    all->timer.data = all;
    all->timer.log = cycle->log;
    /* It does not keep a worker that is to end. */
    all->timer.cancelable = 1;
    ngx_add_timer(&all->timer, NGX_COUNTERSIGN_NOTE_MSEC);

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

    if (all->timer.timer_set) {
        ngx_del_timer(&all->timer);
    }

    ngx_countersign_write_notes(all);
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

    ngx_countersign_write_notes(policy->all);

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
