/*
 * An echo server for approved clients: epoll, thousands of connections, mutual TLS by csn_* alone.
 *
 *     epoll_server POLICY CHAIN.pem KEY.pem [PORT [HANDSHAKE_MS]]
 *
 * SIGHUP reads the files again, and puts out the clients that are not allowed any more. SIGTERM and
 * SIGINT say goodbye to everybody, and then the server ends. Port 0 is any that is free.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#define _GNU_SOURCE
#include "epoll_peer.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#define TICK (PEER_SECOND / 20) /* deadlines are kept to this */

static struct peer peers = { .previous = &peers, .next = &peers };
static size_t count, room;
static uint64_t due = UINT64_MAX; /* no peer's deadline is before this */

static char **files; /* policy, chain, key */
static uint32_t handshake_ms = 10000;
static csn_verifier *verifier;
static csn_ticket_keys *tickets;
static csn_acceptor *acceptor;
static int epoll, listener, news[2]; /* news: from the thread that reads files */
static bool is_listening = true, is_ending;

__attribute__((noreturn)) static void fail(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static bool is_ok(csn_status status, const csn_error *e)
{
    if (status != CSN_OK)
        fprintf(stderr, "%s:%" PRIu32 ":%" PRIu32 ": %s\n", e->file, e->line, e->column,
                e->message[0] != '\0' ? e->message : csn_status_text(status));
    return status == CSN_OK;
}

static bool watch(int operation, int fd, uint32_t events, void *who)
{
    struct epoll_event event = { .events = events, .data = { .ptr = who } };
    return epoll_ctl(epoll, operation, fd, &event) == 0;
}

/* New peers whom there is no room for stay in the system's queue, and do not wake us. */
static void listen_if(bool has_room)
{
    if (has_room != is_listening && !is_ending)
        watch(EPOLL_CTL_MOD, listener, has_room ? EPOLLIN : 0u, &listener);
    is_listening = has_room;
}

static void drop(struct peer *p)
{
    p->previous->next = p->next;
    p->next->previous = p->previous;
    peer_free(p);
    count--;
    listen_if(true);
}

static void serve(struct peer *p, bool is_readable)
{
    uint32_t watched = p->wanted;
    if (!peer_serve(p, is_readable)
        || (p->wanted != watched && !watch(EPOLL_CTL_MOD, p->fd, p->wanted, p)))
        drop(p);
    else if (p->deadline < due)
        due = p->deadline;
}

/* What this server is for. It reads no more than there is room to write, so that all is taken. */
static void peer_talk(struct peer *p)
{
    size_t length, taken;
    while (peer_output(p) <= PEER_AHEAD) {
        csn_conn_read(p->conn, peer_plaintext, sizeof peer_plaintext, &length);
        if (length == 0)
            return;
        csn_conn_write(p->conn, (csn_bytes){ peer_plaintext, length }, &taken);
    }
}

static void meet(int fd, const struct sockaddr_in *from)
{
    char host[INET_ADDRSTRLEN] = "";
    struct peer *p = peer_new(fd, acceptor, verifier);
    if (p == NULL)
        return;
    if (!watch(EPOLL_CTL_ADD, fd, p->wanted, p)) {
        peer_free(p);
        return;
    }
    inet_ntop(AF_INET, &from->sin_addr, host, sizeof host);
    snprintf(p->name, sizeof p->name, "%s:%u", host, ntohs(from->sin_port));
    p->previous = peers.previous;
    p->next = &peers;
    peers.previous = peers.previous->next = p;
    count++;
    due = p->deadline < due ? p->deadline : due;
}

static void accept_some(void)
{
    /* Not all: a rush is not to hold up those who are in. */
    for (int i = 0; i < 64 && is_listening; i++) {
        struct sockaddr_in from = { .sin_port = 0 };
        socklen_t length = sizeof from;
        int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
        int fd = accept4(listener, (struct sockaddr *)&from, &length, flags);
        if (fd >= 0)
            meet(fd, &from);
        else if (errno == EAGAIN)
            return;
        /* Out of files, or of memory; any other error is about a peer that is gone already. */
        bool is_full = fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM);
        if ((is_full && count != 0) || count >= room)
            listen_if(false);
    }
}

/* With chain and key as their files are now; NULL, having said why, where they are no good. */
static csn_acceptor *make_acceptor(void)
{
    csn_error e = CSN_ERROR_INIT;
    csn_credential *own = NULL;
    csn_acceptor_config *config = NULL;
    csn_acceptor *made = NULL;
    if (is_ok(csn_credential_from_files(files[1], files[2], &own, &e), &e)
        && is_ok(csn_acceptor_config_new(&config), &e)
        && is_ok(csn_acceptor_config_add_entry(config, NULL, 0, own, CSN_CLIENT_AUTH_REQUIRED,
                                               verifier, 0, &e), &e)
        && is_ok(csn_acceptor_config_set_tickets(config, tickets, 1), &e)
        && is_ok(csn_acceptor_config_set_handshake_time(config, handshake_ms), &e))
        is_ok(csn_acceptor_new(config, &made, &e), &e);
    csn_acceptor_config_free(config);
    csn_credential_free(own);
    return made;
}

/* A thread of its own, so that nobody waits while files are read. Its news are an acceptor for
 * those who come from now on, when a new policy is in force; or NULL: it is time to go. */
static void *wait_for_signals(void *signals)
{
    for (int number = SIGHUP; number == SIGHUP && sigwait(signals, &number) == 0;) {
        csn_error e = CSN_ERROR_INIT;
        csn_acceptor *next = number == SIGHUP ? make_acceptor() : NULL;
        if (number == SIGHUP && (!next || !is_ok(csn_verifier_reload(verifier, &e), &e)))
            csn_acceptor_free(next); /* and everything stays as it is */
        else if (write(news[1], &next, sizeof next) != (ssize_t)sizeof next)
            fail("pipe");
    }
    return NULL;
}

static void hear_news(void)
{
    csn_acceptor *next_acceptor;
    if (read(news[0], &next_acceptor, sizeof next_acceptor) != (ssize_t)sizeof next_acceptor)
        fail("pipe");
    if (next_acceptor != NULL) {
        csn_acceptor_free(acceptor); /* connections that it made live on */
        acceptor = next_acceptor;
        fprintf(stderr, "policy %" PRIu64 " is in force\n", csn_verifier_generation(verifier));
    } else {
        is_ending = true;
        close(listener);
    }
    for (struct peer *p = peers.next, *next; p != &peers; p = next) {
        next = p->next;
        if (is_ending)
            peer_leave(p);
        else
            peer_review(p);
        if (p->stage == PEER_LEAVING)
            serve(p, false);
    }
}

/* Gives a turn to those whose time has come; returns in how many milliseconds there will be one,
 * -1 for never. */
static int pass_time(void)
{
    static uint64_t not_before;
    uint64_t now = csn_moment_now().elapsed_ns;
    if (due <= now && not_before <= now) {
        not_before = now + TICK;
        due = UINT64_MAX;
        for (struct peer *p = peers.next, *next; p != &peers; p = next) {
            next = p->next;
            if (p->deadline <= now)
                serve(p, false);
            else if (p->deadline < due)
                due = p->deadline;
        }
    }
    uint64_t at = due > not_before ? due : not_before;
    return due == UINT64_MAX ? -1 : (int)((at - now) / 1000000) + 1;
}

static void start_listening(uint16_t port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
    socklen_t length = sizeof at;
    int on = 1;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK); /* for everyone: INADDR_ANY */
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* What is set here is set on every connection, too. */
    setsockopt(listener, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&at, length) != 0 || listen(listener, SOMAXCONN) != 0
        || getsockname(listener, (struct sockaddr *)&at, &length) != 0)
        fail("listen");
    printf("listening on 127.0.0.1:%u\n", ntohs(at.sin_port));
    fflush(stdout);
}

static void prepare_process(sigset_t *signals)
{
    signal(SIGPIPE, SIG_IGN); /* send() says it, too */
    sigemptyset(signals);
    sigaddset(signals, SIGHUP);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, signals, NULL);

    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        fail("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    /* The others are for the policy's files: however many peers come, it can be reloaded. */
    room = limit.rlim_cur > 64 ? limit.rlim_cur - 32 : 32;
}

static void run(void)
{
    /* The last peer may go when its time is over: only then is it known whether to wait at all. */
    for (int patience = -1; !is_ending || count != 0; patience = pass_time()) {
        struct epoll_event events[256];
        bool is_news = false;
        int ready = epoll_wait(epoll, events, 256, patience);
        for (int i = 0; i < ready; i++) {
            void *who = events[i].data.ptr;
            if (who == news)
                is_news = true; /* later: it may drop peers that other events are about */
            else if (who == &listener)
                accept_some();
            else
                serve(who, events[i].events != EPOLLOUT);
        }
        if (is_news)
            hear_news();
    }
}

int main(int argc, char **argv)
{
    sigset_t signals;
    pthread_t thread;
    csn_error e = CSN_ERROR_INIT;
    if (argc < 4 || argc > 6) {
        fprintf(stderr, "usage: epoll_server POLICY CHAIN KEY [PORT [HANDSHAKE_MS]]\n");
        return EXIT_FAILURE;
    }
    files = argv + 1;
    handshake_ms = argc > 5 ? (uint32_t)strtoul(argv[5], NULL, 10) : handshake_ms;
    prepare_process(&signals);
    if (!is_ok(csn_process_init(), &e)
        || !is_ok(csn_verifier_from_file(files[0], &verifier, &e), &e)
        || !is_ok(csn_ticket_keys_per_process(&tickets, &e), &e)
        || (acceptor = make_acceptor()) == NULL)
        return EXIT_FAILURE;
    if ((epoll = epoll_create1(EPOLL_CLOEXEC)) < 0 || pipe(news) != 0)
        fail("epoll");
    start_listening(argc > 4 ? (uint16_t)strtoul(argv[4], NULL, 10) : 0);
    if (!watch(EPOLL_CTL_ADD, listener, EPOLLIN, &listener)
        || !watch(EPOLL_CTL_ADD, news[0], EPOLLIN, news)
        || pthread_create(&thread, NULL, wait_for_signals, &signals) != 0)
        fail("start");
    run();
    pthread_join(thread, NULL);
    csn_acceptor_free(acceptor);
    csn_ticket_keys_free(tickets);
    csn_verifier_free(verifier);
    return EXIT_SUCCESS;
}
