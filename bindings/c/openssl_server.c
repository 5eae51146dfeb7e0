/*
 * An OpenSSL server that lets only approved clients in, by countersign_openssl.h. It sends each
 * line back with the client's id in front.
 *
 *   cc openssl_server.c -o openssl_server -pthread \
 *       $(pkg-config --cflags --libs countersign openssl)
 *   ./openssl_server 8443 policy.toml server.pem server.key
 *
 * Port 0 takes any that is free. A fifth argument "cache" keeps sessions here instead of in
 * tickets. SIGHUP reloads the policy; SIGTERM and SIGINT end the server once its clients are gone.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <countersign.h>
#include <countersign_openssl.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define MOST_CLIENTS 256

/* A client that says nothing for so long is shown out. */
#define PATIENCE_SECONDS 30

static SSL_CTX *context;

/* The sockets of the clients that are here. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t one_left = PTHREAD_COND_INITIALIZER;
static int sockets[MOST_CLIENTS];
static size_t clients;

/* ---- One client ---- */

/* Why there is no verdict that allows the client. */
static void say_refused(const SSL *ssl) {
    csn_verdict verdict = CSN_VERDICT_INIT;
    if (csn_openssl_verdict(ssl, &verdict) == CSN_OK) {
        printf("refused: %s: %s\n", csn_reason_token(verdict.reason),
               csn_reason_text(verdict.reason));
        return;
    }
    unsigned long error = ERR_peek_error();
    const char *reason = error == 0 ? NULL : ERR_reason_error_string(error);
    printf("refused: no verdict: %s\n", reason == NULL ? "the client left" : reason);
}

static void answer(SSL *ssl, const char *line, int length) {
    csn_verdict verdict = CSN_VERDICT_INIT;
    char text[sizeof verdict.client + 1100];
    /* What was true at the handshake may not be true any more. */
    if (csn_openssl_review(ssl, (int64_t)time(NULL), &verdict) != CSN_OK ||
        verdict.decision != CSN_DECISION_ALLOW) {
        printf("ended: %s\n", csn_reason_token(verdict.reason));
        SSL_shutdown(ssl);
        return;
    }
    /* A client that was let in because it was issued a certificate has no id. */
    const char *id = verdict.client_len > 0 ? verdict.client : "(issued)";
    int size = snprintf(text, sizeof text, "%s: %.*s", id, length, line);
    if (size > 0 && (size_t)size < sizeof text) {
        SSL_write(ssl, text, size);
    }
}

/* Lines, until the client closes, falls silent or is no longer allowed. */
static void converse(SSL *ssl) {
    char line[1024];
    int filled = 0;
    for (;;) {
        int got = SSL_read(ssl, line + filled, (int)sizeof line - filled);
        if (got <= 0) {
            SSL_shutdown(ssl);
            return;
        }
        filled += got;
        char *end;
        while ((end = memchr(line, '\n', (size_t)filled)) != NULL || filled == (int)sizeof line) {
            int length = end == NULL ? filled : (int)(end - line) + 1;
            answer(ssl, line, length);
            filled -= length;
            memmove(line, line + length, (size_t)filled);
        }
    }
}

static void serve(int socket) {
    SSL *ssl = SSL_new(context);
    if (ssl == NULL || SSL_set_fd(ssl, socket) != 1) {
        SSL_free(ssl);
        return;
    }
    csn_verdict verdict = CSN_VERDICT_INIT;
    /* Where it is required, as here, there is always a verdict. Asking for it costs nothing and
     * keeps this true whatever becomes of the settings. */
    if (SSL_accept(ssl) == 1 && csn_openssl_verdict(ssl, &verdict) == CSN_OK &&
        verdict.decision == CSN_DECISION_ALLOW) {
        printf("in: %s %s %s %s\n", verdict.client_len > 0 ? verdict.client : "(issued)",
               csn_reason_token(verdict.reason), SSL_get_version(ssl),
               SSL_session_reused(ssl) ? "resumed" : "fresh");
        converse(ssl);
    } else {
        say_refused(ssl);
    }
    SSL_free(ssl);
    /* Each thread has its errors. */
    ERR_clear_error();
}

static void leave(int socket) {
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < clients; i++) {
        if (sockets[i] == socket) {
            sockets[i] = sockets[--clients];
            break;
        }
    }
    /* Under the lock: its number may be another client's as soon as it is closed. */
    close(socket);
    pthread_cond_signal(&one_left);
    pthread_mutex_unlock(&lock);
}

static void *client(void *argument) {
    int socket = (int)(intptr_t)argument;
    struct timeval patience = {PATIENCE_SECONDS, 0};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    serve(socket);
    leave(socket);
    return NULL;
}

/* ---- The server ---- */

static void welcome(int listener) {
    int socket = accept(listener, NULL, NULL);
    if (socket < 0) {
        return;
    }
    pthread_mutex_lock(&lock);
    int has_room = clients < MOST_CLIENTS;
    if (has_room) {
        sockets[clients++] = socket;
    }
    pthread_mutex_unlock(&lock);
    if (!has_room) {
        close(socket);
        return;
    }
    pthread_t thread;
    if (pthread_create(&thread, NULL, client, (void *)(intptr_t)socket) == 0) {
        pthread_detach(thread);
    } else {
        leave(socket);
    }
}

static void show_everyone_out(void) {
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < clients; i++) {
        shutdown(sockets[i], SHUT_RDWR);
    }
    while (clients > 0) {
        pthread_cond_wait(&one_left, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static void reload(const csn_verifier *verifier) {
    csn_error error = CSN_ERROR_INIT;
    if (csn_verifier_reload(verifier, &error) == CSN_OK) {
        printf("reloaded: generation %llu\n",
               (unsigned long long)csn_verifier_generation(verifier));
    } else {
        printf("not reloaded: %s:%u: %s\n", error.file, (unsigned)error.line, error.message);
    }
}

/* Signals come out of a pipe, one byte each. */
static int signals[2];

static void on_signal(int number) {
    int before = errno;
    unsigned char byte = (unsigned char)number;
    ssize_t written = write(signals[1], &byte, 1);
    (void)written;
    errno = before;
}

static int catch_signals(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    if (pipe(signals) != 0 || sigaction(SIGHUP, &action, NULL) != 0 ||
        sigaction(SIGTERM, &action, NULL) != 0 || sigaction(SIGINT, &action, NULL) != 0) {
        return 0;
    }
    action.sa_handler = SIG_IGN;
    return sigaction(SIGPIPE, &action, NULL) == 0;
}

static int listen_on(unsigned short port) {
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 128) != 0 || fcntl(listener, F_SETFL, O_NONBLOCK) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        perror("listen");
        exit(2);
    }
    printf("listening on 127.0.0.1:%u\n", (unsigned)ntohs(address.sin_port));
    return listener;
}

static void run(int listener, const csn_verifier *verifier) {
    struct pollfd waiting[2] = {{listener, POLLIN, 0}, {signals[0], POLLIN, 0}};
    for (;;) {
        unsigned char number = 0;
        if (poll(waiting, 2, -1) < 0) {
            continue;
        }
        if (waiting[1].revents != 0 && read(signals[0], &number, 1) == 1) {
            if (number != SIGHUP) {
                return;
            }
            reload(verifier);
        }
        if (waiting[0].revents != 0) {
            welcome(listener);
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 5 && !(argc == 6 && strcmp(argv[5], "cache") == 0)) {
        fprintf(stderr, "usage: %s PORT POLICY CERTIFICATES KEY [cache]\n", argv[0]);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    csn_error error = CSN_ERROR_INIT;
    csn_verifier *verifier = NULL;
    if (csn_verifier_from_file(argv[2], &verifier, &error) != CSN_OK) {
        fprintf(stderr, "%s:%u:%u: %s\n", error.file, (unsigned)error.line, (unsigned)error.column,
                error.message);
        return 2;
    }
    context = SSL_CTX_new(TLS_server_method());
    if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_use_certificate_chain_file(context, argv[3]) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, argv[4], SSL_FILETYPE_PEM) != 1) {
        ERR_print_errors_fp(stderr);
        return 2;
    }
    if (argc == 6) {
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    }
    csn_openssl_options options = CSN_OPENSSL_OPTIONS_INIT;
    options.client_auth = CSN_CLIENT_AUTH_REQUIRED;
    if (csn_openssl_protect(context, verifier, &options, &error) != CSN_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 2;
    }
    if (!catch_signals()) {
        perror("signals");
        return 2;
    }
    int listener = listen_on((unsigned short)atoi(argv[1]));
    run(listener, verifier);
    close(listener);
    show_everyone_out();
    SSL_CTX_free(context);
    csn_verifier_free(verifier);
    puts("bye");
    return 0;
}
