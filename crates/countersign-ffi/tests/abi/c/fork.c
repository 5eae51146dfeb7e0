/* Loaded in the parent, decided in the children, which agree. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

csn_verdict decide(const csn_verifier *verifier, csn_bytes leaf, csn_bytes intermediate, int64_t at);

struct decision {
    const csn_verifier *verifier;
    csn_bytes chain[2];
};

static void *decide_once(void *argument) {
    const struct decision *decision = (const struct decision *)argument;
    csn_verdict verdict = CSN_VERDICT_INIT;
    csn_verify(decision->verifier, decision->chain, 2, now, &verdict);
    return NULL;
}

/* A child that was forked while a thread decided for the first time must not wait for that thread,
 * which it does not have. */
static void a_child_waits_for_nobody(csn_bytes billing, csn_bytes ca) {
    const char *policy = scene_path("policy.toml"), *wanted = getenv("ABI_FORKS");
    int rounds = wanted == NULL ? 150 : atoi(wanted);
    int round, hung = 0;
    for (round = 0; round < rounds; round++) {
        struct decision decision;
        csn_verifier *verifier = NULL;
        pthread_t thread;
        pid_t child;
        int status = 0;
        volatile int turns;
        if (csn_verifier_from_file(policy, &verifier, NULL) != CSN_OK) {
            break;
        }
        decision.verifier = verifier;
        decision.chain[0] = billing;
        decision.chain[1] = ca;
        pthread_create(&thread, NULL, decide_once, &decision);
        for (turns = 0; turns < round * 3000; turns++) {
        }
        child = fork();
        if (child == 0) {
            csn_verdict verdict = CSN_VERDICT_INIT;
            alarm(10);
            csn_verify(verifier, decision.chain, 2, now, &verdict);
            _exit(verdict.decision == CSN_DECISION_ALLOW ? 0 : 1);
        }
        hung += waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
        pthread_join(thread, NULL);
        csn_verifier_free(verifier);
    }
    CHECK_INT(round, rounds);
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
