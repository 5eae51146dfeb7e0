/* Loaded in the parent, decided in the children, which agree. */
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

csn_verdict decide(const csn_verifier *verifier, csn_bytes leaf, csn_bytes intermediate, int64_t at);

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
}
