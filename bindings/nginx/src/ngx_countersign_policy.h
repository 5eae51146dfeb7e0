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

#ifndef NGX_COUNTERSIGN_POLICY_H
#define NGX_COUNTERSIGN_POLICY_H

#include "ngx_countersign.h"

#include <pthread.h>

#pragma GCC visibility push(hidden)

/* A file that is being replaced may be missing for a moment. */
#define NGX_COUNTERSIGN_MISSES  2

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

    ngx_event_t                   timer;
    pthread_mutex_t               notes_mutex;
    ngx_uint_t                    notes_count;
    ngx_countersign_note_t       *notes;
};


/* ---- Loading ---- */

/* "file:line:column: " as far as there is a place. */
void ngx_countersign_place(const csn_error *err, u_char *text, size_t size);


/* ---- The zone ---- */

/* The number of what the workers are to decide by; 0 where nobody has said anything yet. */
uint64_t ngx_countersign_announced(const ngx_countersign_policy_t *policy);

/* Says that this worker decides by what it has now: what the others have, or else, where nobody has
 * said anything yet, or it was read when the number was "seen", what they are to have. NGX_AGAIN
 * where another worker announced something since, so that this may be older. */
ngx_int_t ngx_countersign_announce(ngx_countersign_policy_t *policy, ngx_uint_t is_fresh,
                                   uint64_t seen);


/* ---- Following the files ---- */

/* Reads what has changed, and comes to what the other workers have. Under the policy's mutex. */
void ngx_countersign_follow(ngx_countersign_policy_t *policy);


/* ---- Notes ---- */

/* nginx's logs are for its own thread: what another has to say waits for it. What is more than there
 * is room for is not said. */
ngx_int_t ngx_countersign_notes_create(ngx_countersign_policies_t *all, ngx_pool_t *pool);
void ngx_countersign_notes_free(ngx_countersign_policies_t *all);

/* From any thread. */
void ngx_countersign_say(ngx_countersign_policies_t *all, ngx_uint_t level, const char *format, ...);

/* From nginx's own: writes what waits. */
void ngx_countersign_notes_write(ngx_countersign_policies_t *all);

/* Does so every moment from here on, and for the last time when it stops. */
void ngx_countersign_notes_start(ngx_countersign_policies_t *all);
void ngx_countersign_notes_stop(ngx_countersign_policies_t *all);

#pragma GCC visibility pop

#endif /* NGX_COUNTERSIGN_POLICY_H */
