/*
 * One client of a server that never waits: a csn_conn and its socket, brought together.
 *
 * It knows nothing of epoll but what is to be watched for, so that it serves other loops as well.
 * epoll_server.c is the server around it.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef EPOLL_PEER_H
#define EPOLL_PEER_H

#include <countersign.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEER_SECOND UINT64_C(1000000000)
#define PEER_GOODBYE (5 * PEER_SECOND) /* how long a peer has to hear the last of us */
#define PEER_REVIEW (60 * PEER_SECOND) /* approvals and certificates end with time, too */
#define PEER_AHEAD 32768u              /* where so much output waits, input has to wait */

/* It costs this and a csn_conn: there are no buffers while nothing is under way. */
struct peer {
    struct peer *previous, *next;
    const csn_verifier *verifier;
    csn_conn *conn;
    enum { PEER_SHAKING_HANDS, PEER_INSIDE, PEER_LEAVING } stage;
    uint32_t wanted;      /* what to watch for: EPOLLIN, EPOLLOUT */
    int fd;
    bool has_ended;       /* it sends no more */
    bool is_gone;         /* and takes no more */
    uint64_t deadline;    /* by when it needs a turn in any case, by csn_moment.elapsed_ns */
    uint64_t generation;  /* the policy that allows the client */
    int64_t expires;      /* and until when */
    uint8_t *rest;        /* what came and cannot be used yet: part of a record, mostly */
    size_t rest_length;
    char name[64];
};

/* Shared by all: each peer is done with them before the next has its turn. */
static uint8_t peer_input[73728], peer_plaintext[16384];

/* Yours: takes what the client says by csn_conn_read(), and answers by csn_conn_write(). */
static void peer_talk(struct peer *p);

/* A peer on a non-blocking socket, which is its own from here on; NULL where there is no memory. */
static struct peer *peer_new(int fd, const csn_acceptor *acceptor, const csn_verifier *verifier)
{
    struct peer *p = calloc(1, sizeof *p);
    if (p == NULL || csn_conn_new(acceptor, csn_moment_now(), &p->conn) != CSN_OK) {
        free(p);
        close(fd);
        return NULL;
    }
    p->fd = fd;
    p->verifier = verifier;
    p->wanted = EPOLLIN;
    p->deadline = csn_conn_deadline(p->conn);
    return p;
}

static void peer_free(struct peer *p)
{
    close(p->fd); /* which takes it out of epoll */
    csn_conn_free(p->conn);
    free(p->rest);
    free(p);
}

/* How much waits to be sent. */
static size_t peer_output(const struct peer *p)
{
    csn_bytes out = { NULL, 0 };
    csn_conn_output(p->conn, &out);
    return out.len;
}

/* From here on, what the peer sends is dropped, and what waits for it is sent. */
static void peer_leave(struct peer *p)
{
    if (p->stage == PEER_LEAVING)
        return;
    csn_conn_close(p->conn);
    p->stage = PEER_LEAVING;
    p->deadline = csn_moment_now().elapsed_ns + PEER_GOODBYE;
}

/* Asks again whether the client may be here; it leaves where it may not. Two comparisons, while
 * nothing has changed. */
static void peer_review(struct peer *p)
{
    csn_verdict verdict = CSN_VERDICT_INIT;
    int64_t now = csn_moment_now().unix_seconds;
    if (p->stage != PEER_INSIDE || csn_conn_state(p->conn) != CSN_CONN_ESTABLISHED
        || (p->generation == csn_verifier_generation(p->verifier) && now <= p->expires))
        return;
    csn_conn_review(p->conn, now, &verdict);
    p->generation = verdict.generation;
    p->expires = verdict.expires;
    if (verdict.decision == CSN_DECISION_ALLOW)
        return;
    fprintf(stderr, "%s: put out: %s\n", p->name, csn_reason_token(verdict.reason));
    peer_leave(p);
}

/* Says who came in, or who did not and why. */
static void peer_greet(struct peer *p)
{
    csn_verdict verdict = CSN_VERDICT_INIT;
    csn_session session = CSN_SESSION_INIT;
    csn_refusal refusal = CSN_REFUSAL_INIT;
    bool is_judged = csn_conn_verdict(p->conn, &verdict) == CSN_OK;
    if (csn_conn_session(p->conn, &session) == CSN_OK) {
        fprintf(stderr, "%s: %s is in: TLS 1.%d, %s\n", p->name,
                verdict.client_len != 0 ? verdict.client : "a client without a record",
                session.version - 0x0301, session.is_resumed ? "resumed" : "fresh");
        p->stage = PEER_INSIDE;
        p->generation = verdict.generation;
        p->expires = session.expires;
        p->deadline = csn_moment_now().elapsed_ns + PEER_REVIEW;
    } else if (csn_conn_refusal(p->conn, &refusal) == CSN_OK) {
        fprintf(stderr, "%s: refused: %s: %.*s\n", p->name,
                is_judged ? csn_reason_token(verdict.reason) : "not judged",
                (int)refusal.detail.len, (const char *)refusal.detail.data);
    }
}

/* As much as the socket takes. SIGPIPE is to be ignored. */
static void peer_send(struct peer *p)
{
    csn_bytes out;
    while (!p->is_gone && csn_conn_output(p->conn, &out) == CSN_OK && out.len != 0) {
        ssize_t sent = send(p->fd, out.data, out.len, 0);
        if (sent >= 0)
            csn_conn_consume_output(p->conn, (size_t)sent);
        else if (errno == EAGAIN)
            return;
        else
            p->is_gone = errno != EINTR;
    }
}

/* What has come, behind the rest of before; returns how much there is now. */
static size_t peer_receive(struct peer *p, bool is_ready)
{
    size_t length = p->rest_length;
    if (length != 0)
        memcpy(peer_input, p->rest, length);
    if (!is_ready || (p->wanted & EPOLLIN) == 0)
        return length;
    ssize_t got = recv(p->fd, peer_input + length, sizeof peer_input - length, 0);
    if (got > 0)
        return length + (size_t)got;
    p->is_gone = got < 0 && errno != EAGAIN && errno != EINTR;
    p->has_ended = got == 0;
    if (p->has_ended)
        csn_conn_end_of_input(p->conn, csn_moment_now());
    return length;
}

/* Keeps what could not be used, in no more memory than it takes. */
static void peer_keep(struct peer *p, const uint8_t *bytes, size_t length)
{
    free(p->rest);
    p->rest = length != 0 ? malloc(length) : NULL;
    p->rest_length = length;
    if (p->rest != NULL)
        memcpy(p->rest, bytes, length);
    else if (length != 0)
        p->is_gone = true;
}

/* Goes as far as the input allows, and the peer's willingness to take what comes of it. Returns
 * what is needed to go on. */
static int32_t peer_work(struct peer *p, size_t length)
{
    csn_progress progress = { 0, CSN_WAITS_FOR_NOTHING };
    size_t used = 0;
    do {
        csn_conn_feed(p->conn, peer_input + used, length - used, csn_moment_now(), &progress);
        used += progress.used;
        if (p->stage == PEER_SHAKING_HANDS && csn_conn_state(p->conn) >= CSN_CONN_ESTABLISHED)
            peer_greet(p);
        /* Each time: nothing is served under a policy that is not in force any more. */
        peer_review(p);
        if (p->stage == PEER_INSIDE)
            peer_talk(p);
        if (progress.waits_for == CSN_WAITS_FOR_CLOSE
            || csn_conn_state(p->conn) > CSN_CONN_ESTABLISHED)
            peer_leave(p); /* where only the peer's half is closed, its answers still go out */
        peer_send(p);
    } while (p->stage != PEER_LEAVING && !p->is_gone && peer_output(p) <= PEER_AHEAD
             && (progress.waits_for == CSN_WAITS_FOR_READ
                 || progress.waits_for == CSN_WAITS_FOR_SEND));
    peer_keep(p, peer_input + used, p->stage == PEER_LEAVING ? 0 : length - used);
    return progress.waits_for;
}

/* Its turn: the socket is ready for what was wanted, its time has come, or it was told to leave.
 * False where it is over, and is to be freed. */
static bool peer_serve(struct peer *p, bool is_readable)
{
    csn_moment now = csn_moment_now();
    if (p->deadline <= now.elapsed_ns) {
        if (p->stage == PEER_LEAVING)
            return false;
        csn_conn_handle_timeout(p->conn, now);
        p->deadline = now.elapsed_ns + PEER_REVIEW;
    }
    size_t length = peer_receive(p, is_readable);
    int32_t waits_for = CSN_WAITS_FOR_INPUT;
    if (p->stage != PEER_LEAVING)
        waits_for = peer_work(p, length);
    peer_send(p);
    size_t waiting = peer_output(p);
    if (p->stage == PEER_LEAVING && waiting == 0) {
        if (p->has_ended)
            return false;
        /* Not close(): while bytes of the peer's are unread that would reset the connection, and
         * an alert on its way could be lost. */
        shutdown(p->fd, SHUT_WR);
    }
    bool takes_more = !p->has_ended
                      && (p->stage == PEER_LEAVING
                          || (waits_for == CSN_WAITS_FOR_INPUT && waiting <= PEER_AHEAD));
    p->wanted = (takes_more ? EPOLLIN : 0u) | (waiting != 0 ? EPOLLOUT : 0u);
    return !p->is_gone;
}

#endif
