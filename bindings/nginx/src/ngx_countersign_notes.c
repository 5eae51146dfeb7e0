/*
 * What a thread has to say waits for the one that may write logs.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

#include "ngx_countersign_policy.h"

/* How long a note waits, and how many can. */
#define NGX_COUNTERSIGN_NOTE_MSEC  200
#define NGX_COUNTERSIGN_NOTES      16


ngx_int_t
ngx_countersign_notes_create(ngx_countersign_policies_t *all, ngx_pool_t *pool)
{
    all->notes = ngx_palloc(pool, NGX_COUNTERSIGN_NOTES * sizeof(ngx_countersign_note_t));

    if (all->notes == NULL || pthread_mutex_init(&all->notes_mutex, NULL) != 0) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_countersign_notes_free(ngx_countersign_policies_t *all)
{
    pthread_mutex_destroy(&all->notes_mutex);
}


void
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


void
ngx_countersign_notes_write(ngx_countersign_policies_t *all)
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
    ngx_countersign_notes_write(event->data);

    if (!ngx_exiting && !ngx_quit && !ngx_terminate) {
        ngx_add_timer(event, NGX_COUNTERSIGN_NOTE_MSEC);
    }
}


void
ngx_countersign_notes_start(ngx_countersign_policies_t *all)
{
    all->timer.handler = ngx_countersign_timer;
    all->timer.data = all;
    all->timer.log = all->log;
    /* It does not keep a worker that is to end. */
    all->timer.cancelable = 1;
    ngx_add_timer(&all->timer, NGX_COUNTERSIGN_NOTE_MSEC);
}


void
ngx_countersign_notes_stop(ngx_countersign_policies_t *all)
{
    if (all->timer.timer_set) {
        ngx_del_timer(&all->timer);
    }

    ngx_countersign_notes_write(all);
}
