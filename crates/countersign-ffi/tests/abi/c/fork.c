/* Loaded in the parent, decided in the children, which agree. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

csn_verdict decide(const csn_verifier *verifier, csn_bytes leaf, csn_bytes intermediate, int64_t at);

/* What is shared by threads and children. */
struct server {
    csn_verifier *verifier;
    csn_acceptor *acceptor;
    csn_bytes chain[2], hello;
};

static int opens(struct server *server, csn_bytes credential_pem, csn_bytes key_pem) {
    csn_credential *credential = NULL;
    csn_acceptor_config *config = NULL;
    int is_open;
    server->verifier = NULL;
    server->acceptor = NULL;
    is_open = csn_verifier_from_file(scene_path("policy.toml"), &server->verifier, NULL) == CSN_OK &&
              csn_credential_from_pem(credential_pem, key_pem, &credential, NULL) == CSN_OK &&
              csn_acceptor_config_new(&config) == CSN_OK &&
              csn_acceptor_config_add_entry(
                  config, NULL, 0, credential, CSN_CLIENT_AUTH_REQUIRED, server->verifier, 0, NULL) == CSN_OK &&
              csn_acceptor_new(config, &server->acceptor, NULL) == CSN_OK;
    csn_acceptor_config_free(config);
    csn_credential_free(credential);
    return is_open;
}

static void closes(struct server *server) {
    csn_acceptor_free(server->acceptor);
    csn_verifier_free(server->verifier);
}

/* Decides on the client, and answers a hello. */
static int serves(const struct server *server) {
    csn_verdict verdict = CSN_VERDICT_INIT;
    csn_moment at = {0, 5};
    csn_progress progress;
    csn_bytes answer = {NULL, 0};
    csn_conn *conn = NULL;
    uint8_t hello[2048];
    int answers;
    at.unix_seconds = now;
    memcpy(hello, server->hello.data, server->hello.len);
    answers = csn_verify(server->verifier, server->chain, 2, now, &verdict) == CSN_OK &&
              verdict.decision == CSN_DECISION_ALLOW && csn_conn_new(server->acceptor, at, &conn) == CSN_OK &&
              csn_conn_feed(conn, hello, server->hello.len, at, &progress) == CSN_OK &&
              csn_conn_state(conn) == CSN_CONN_NEGOTIATING && csn_conn_output(conn, &answer) == CSN_OK &&
              answer.len > 500; /* a ServerHello, a certificate and a signature */
    csn_conn_free(conn);
    return answers;
}

static void *serve_once(void *argument) {
    serves((const struct server *)argument);
    return NULL;
}

/* A child that was forked while a thread served for the first time must not wait for that thread,
 * which it does not have. */
static void a_child_waits_for_nobody(csn_bytes billing, csn_bytes ca) {
    const char *wanted = getenv("ABI_FORKS");
    csn_bytes credential = scene_file("server.pem"), key = scene_file("server.key");
    struct server server;
    int rounds = wanted == NULL ? 150 : atoi(wanted);
    int round, hung = 0, wrong = 0;
    server.chain[0] = billing;
    server.chain[1] = ca;
    server.hello = scene_file("hello.bin");
    for (round = 0; round < rounds && opens(&server, credential, key); round++) {
        pthread_t thread;
        pid_t child;
        int status = 0;
        volatile int turns;
        pthread_create(&thread, NULL, serve_once, &server);
        for (turns = 0; turns < round * 6000; turns++) {
        }
        child = fork();
        if (child == 0) {
            alarm(10);
            _exit(serves(&server) ? 0 : 1);
        }
        wrong += waitpid(child, &status, 0) != child || (WIFEXITED(status) && WEXITSTATUS(status) != 0);
        hung += WIFSIGNALED(status);
        pthread_join(thread, NULL);
        closes(&server);
    }
    CHECK_INT(round, rounds);
    CHECK_INT(wrong, 0);
    CHECK_INT(hung, 0);
}

void test_fork(void) {
    enum { CHILDREN = 4 };
    csn_verifier *verifier = NULL;
    csn_bytes ca = scene_file("ca.der"), billing = scene_file("billing.der");
    pid_t children[CHILDREN];
    int i, status;

    CHECK_INT(csn_verifier_from_file(scene_path("policy.toml"), &verifier, NULL), CSN_OK);
    fflush(NULL);
    for (i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            int allowed = csn_process_init() == CSN_OK;
            csn_verdict verdict = CSN_VERDICT_INIT;
            csn_bytes chain[2];
            chain[0] = billing;
            chain[1] = ca;
            allowed &= csn_verify(verifier, chain, 2, now, &verdict) == CSN_OK;
            allowed &= verdict.decision == CSN_DECISION_ALLOW;
            /* Reloading is a child's right, too; the others do not see it. */
            allowed &= csn_verifier_reload(verifier, NULL) == CSN_OK;
            allowed &= csn_verifier_generation(verifier) == 2;
            _exit(allowed ? 0 : 1);
        }
    }
    for (i = 0; i < CHILDREN; i++) {
        CHECK(children[i] > 0 && waitpid(children[i], &status, 0) == children[i]);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    CHECK_INT(csn_verifier_generation(verifier), 1);
    CHECK_INT(decide(verifier, billing, ca, now).decision, CSN_DECISION_ALLOW);
    csn_verifier_free(verifier);
    a_child_waits_for_nobody(billing, ca);
}
