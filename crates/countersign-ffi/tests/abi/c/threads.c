/* usage: threads FOLDER TIME: threads decide while another reloads; every verdict is of one whole policy. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "countersign.h"

/* At least so many: who decides goes on until both are reached, however the threads are scheduled. */
enum { READERS = 3, DECISIONS = 2000, RELOADS = 20 };

static csn_verifier *verifier;
static csn_bytes chain[2];
static int64_t now;
static int reading = READERS, wrong, decisions, reloads;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int is_anyone_reading(void) {
    int result;
    pthread_mutex_lock(&lock);
    result = reading > 0;
    pthread_mutex_unlock(&lock);
    return result;
}

static int are_reloads_enough(void) {
    int result;
    pthread_mutex_lock(&lock);
    result = reloads >= RELOADS;
    pthread_mutex_unlock(&lock);
    return result;
}

static void *decide(void *unused) {
    uint64_t last = 0;
    int i, mistakes = 0;
    (void)unused;
    for (i = 0; i < DECISIONS || !are_reloads_enough(); i++) {
        csn_verdict verdict = CSN_VERDICT_INIT;
        csn_metrics metrics = CSN_METRICS_INIT;
        int right = csn_verify(verifier, chain, 2, now, &verdict) == CSN_OK;
        /* The policies take turns: odd generations know the client, even ones do not. */
        int32_t expected = verdict.generation % 2 ? CSN_REASON_ALLOWED : CSN_REASON_NOT_LISTED;
        right &= verdict.reason == expected && verdict.generation >= last;
        right &= csn_verifier_metrics(verifier, &metrics) == CSN_OK;
        last = verdict.generation;
        mistakes += !right;
    }
    pthread_mutex_lock(&lock);
    wrong += mistakes;
    decisions += i;
    reading--;
    pthread_mutex_unlock(&lock);
    return NULL;
}

static csn_bytes file(const char *folder, const char *name) {
    char path[512];
    csn_bytes bytes = {NULL, 0};
    static uint8_t contents[2][8192];
    static int next;
    FILE *opened;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    opened = fopen(path, "rb");
    if (opened == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(2);
    }
    bytes.data = contents[next];
    bytes.len = fread(contents[next++], 1, sizeof contents[0], opened);
    fclose(opened);
    return bytes;
}

int main(int argc, char **argv) {
    csn_verifier_config *policies[2] = {NULL, NULL};
    const char *names[2] = {"policy.toml", "stricter.toml"};
    pthread_t readers[READERS];
    int i, failed = 0;
    if (argc != 3) {
        fprintf(stderr, "usage: threads FOLDER TIME\n");
        return 2;
    }
    now = strtoll(argv[2], NULL, 10);
    chain[0] = file(argv[1], "billing.der");
    chain[1] = file(argv[1], "ca.der");
    for (i = 0; i < 2; i++) {
        char path[512];
        csn_error error = CSN_ERROR_INIT;
        snprintf(path, sizeof path, "%s/%s", argv[1], names[i]);
        if (csn_verifier_config_from_file(path, &policies[i], &error) != CSN_OK) {
            fprintf(stderr, "%s\n", error.message);
            return 2;
        }
    }
    if (csn_verifier_new(policies[0], &verifier, NULL) != CSN_OK) {
        return 2;
    }
    for (i = 0; i < READERS; i++) {
        pthread_create(&readers[i], NULL, decide, NULL);
    }
    for (i = 1; is_anyone_reading(); i++) {
        failed += csn_verifier_reload_from(verifier, policies[i % 2], NULL) != CSN_OK;
        pthread_mutex_lock(&lock);
        reloads++;
        pthread_mutex_unlock(&lock);
    }
    for (i = 0; i < READERS; i++) {
        pthread_join(readers[i], NULL);
    }
    csn_verifier_config_free(policies[0]);
    csn_verifier_config_free(policies[1]);
    csn_verifier_free(verifier);
    fprintf(stderr, "%d decisions during %d reloads, %d wrong\n", decisions, reloads, wrong);
    return wrong + failed == 0 ? 0 : 1;
}
