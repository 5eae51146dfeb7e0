/* Whoever watches: the journal and the counters. */
#include "check.h"

csn_verdict decide(const csn_verifier *verifier, csn_bytes leaf, csn_bytes intermediate, int64_t at);

struct book {
    int entries, released;
    int32_t last_reason;
    char last_client[256];
    uint8_t last_leaf[32];
    int has_leaf;
    const csn_verifier *verifier;
};

static void record(void *userdata, const csn_journal_entry *entry) {
    struct book *book = (struct book *)userdata;
    book->entries++;
    book->last_reason = entry->verdict->reason;
    memcpy(book->last_client, entry->verdict->client, sizeof book->last_client);
    book->has_leaf = entry->leaf_sha256 != NULL;
    if (book->has_leaf) {
        memcpy(book->last_leaf, entry->leaf_sha256, 32);
    }
    CHECK(entry->struct_size >= sizeof *entry);
    CHECK(entry->duration_ns < UINT64_C(10000000000));
    /* A journal may ask in its turn. */
    CHECK_INT(csn_verifier_generation(book->verifier), 1);
}

static void release(void *userdata) {
    ((struct book *)userdata)->released++;
}

void test_observers(void) {
    struct book book;
    csn_verifier_config *config = NULL;
    csn_verifier *verifier = NULL;
    csn_verdict none = CSN_VERDICT_INIT;
    csn_metrics metrics = CSN_METRICS_INIT;
    csn_bytes ca = scene_file("ca.der"), billing = scene_file("billing.der");
    csn_bytes digest = scene_file("billing.sha256");
    char text[16384], small[10];
    size_t length = 0;

    memset(&book, 0, sizeof book);
    CHECK_INT(csn_verifier_config_from_file(scene_path("policy.toml"), &config, NULL), CSN_OK);
    CHECK_INT(csn_verifier_config_set_journal(config, NULL, &book, release, NULL), CSN_ERR_NULL);
    CHECK_INT(book.released, 1);
    CHECK_INT(csn_verifier_config_set_journal(config, record, &book, release, NULL), CSN_OK);
    CHECK_INT(csn_verifier_new(config, &verifier, NULL), CSN_OK);
    csn_verifier_config_free(config);
    CHECK_INT(book.released, 1);
    book.verifier = verifier;

    decide(verifier, billing, ca, now);
    CHECK_INT(book.entries, 1);
    CHECK_INT(book.last_reason, CSN_REASON_ALLOWED);
    CHECK_TEXT(book.last_client, "acme-billing");
    CHECK_INT(digest.len, 32);
    CHECK(book.has_leaf && memcmp(book.last_leaf, digest.data, 32) == 0);
    decide(verifier, billing, ca, now);
    CHECK_INT(csn_verify(verifier, NULL, 0, now, &none), CSN_OK);
    CHECK_INT(book.entries, 3);
    CHECK_INT(book.last_reason, CSN_REASON_NO_CERTIFICATE);
    CHECK(!book.has_leaf);

    CHECK_INT(csn_verifier_metrics(verifier, &metrics), CSN_OK);
    CHECK_INT(metrics.allowed, 2);
    CHECK_INT(metrics.denied, 1);
    CHECK_INT(metrics.decisions[CSN_REASON_NO_CERTIFICATE], 1);
    CHECK_INT(metrics.chain_hits, 1);
    metrics.struct_size = 8;
    CHECK_INT(csn_verifier_metrics(verifier, &metrics), CSN_ERR_STRUCT_SIZE);

    CHECK_INT(csn_verifier_metrics_text(verifier, text, sizeof text, &length), CSN_OK);
    CHECK_INT(strlen(text), length);
    CHECK(strstr(text, "allow") != NULL);
    CHECK_INT(csn_verifier_metrics_text(verifier, small, sizeof small, &length), CSN_OK);
    CHECK_INT(strlen(small), sizeof small - 1);
    CHECK_INT(length, strlen(text));
    CHECK_INT(csn_verifier_metrics_text(verifier, NULL, 0, &length), CSN_OK);
    CHECK_INT(length, strlen(text));

    csn_verifier_free(verifier);
    CHECK_INT(book.released, 2);
}
