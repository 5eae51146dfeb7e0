/* Life behind a load balancer: a proxy that strips, writes and signs, and a server that believes it alone. */
#include "check.h"

csn_verdict decide(const csn_verifier *verifier, csn_bytes leaf, csn_bytes intermediate, int64_t at);

static const char secret[] = "0123456789abcdef0123456789abcdef";

static csn_request get(const char *target) {
    csn_request request;
    request.method = text("GET");
    request.authority = text("api.example");
    request.target = text(target);
    return request;
}

static int is(csn_bytes bytes, const char *expected) {
    return bytes.len == strlen(expected) && memcmp(bytes.data, expected, bytes.len) == 0;
}

static csn_family *family(const char *name) {
    csn_family *made = NULL;
    CHECK_INT(csn_family_from_name(name, &made, NULL), CSN_OK);
    return made;
}

static csn_signer *signer(const char *id) {
    csn_signer *made = NULL;
    CHECK_INT(csn_signer_from_hmac_sha256(id, text(secret), 30, &made, NULL), CSN_OK);
    return made;
}

static csn_receiver *receiver(const csn_family *family) {
    csn_nonce_memory *memory = NULL, *shared;
    csn_checker *checker = NULL;
    csn_receiver *made = NULL;
    CHECK_INT(csn_nonce_memory_new(64, INT64_MIN, &memory, NULL), CSN_OK);
    shared = csn_nonce_memory_up_ref(memory);
    CHECK_INT(csn_checker_new(memory, &checker, NULL), CSN_OK);
    csn_nonce_memory_free(memory);
    CHECK_INT(csn_checker_add_hmac_sha256(checker, "edge-1", text(secret), NULL), CSN_OK);
    CHECK_INT(csn_checker_add_public_key(checker, "edge-2", scene_file("billing.pub"), NULL), CSN_OK);
    CHECK_INT(csn_checker_set_ages(checker, 60, 5), CSN_OK);
    CHECK_INT(csn_receiver_new(family, checker, &made, NULL), CSN_OK);
    csn_checker_free(checker);
    csn_nonce_memory_free(shared);
    return made;
}

/* All headers of a request, as they are on their way from the proxy to the server. */
typedef struct {
    csn_header all[8];
    size_t count;
} headers;

static headers forwarded(const csn_produced *produced, const csn_signed *signature) {
    headers sent;
    size_t i;
    sent.all[0].name = text("accept");
    sent.all[0].value = text("*/*");
    sent.count = 1;
    for (i = 0; i < csn_produced_count(produced); i++) {
        CHECK_INT(csn_produced_header(produced, i, &sent.all[sent.count++]), CSN_OK);
    }
    for (i = 0; signature != NULL && i < 2; i++) {
        CHECK_INT(csn_signed_header(signature, i, &sent.all[sent.count++]), CSN_OK);
    }
    return sent;
}

static csn_verdict judge(
    const csn_receiver *receiver, const csn_verifier *verifier, csn_request request, headers sent, int64_t at) {
    csn_verdict verdict = CSN_VERDICT_INIT;
    CHECK_INT(csn_receiver_judge(receiver, verifier, &request, sent.all, sent.count, at, &verdict), CSN_OK);
    return verdict;
}

static csn_produced *produced(const csn_family *family, csn_verdict verdict, const char *leaf) {
    csn_produced *made = NULL;
    csn_bytes chain[2];
    chain[0] = scene_file(leaf);
    chain[1] = scene_file("ca.der");
    CHECK_INT(csn_produced_new(family, &verdict, chain, 2, &made, NULL), CSN_OK);
    return made;
}

static csn_signed *signature(const csn_signer *signer, const csn_produced *produced, const char *target) {
    csn_signed *made = NULL;
    csn_request request = get(target);
    CHECK_INT(csn_signed_new(signer, &request, produced, now, &made, NULL), CSN_OK);
    return made;
}

static void a_signed_client_is_who_the_proxy_says(const csn_verifier *verifier) {
    csn_family *rfc9440 = family("rfc9440");
    csn_receiver *behind = receiver(rfc9440);
    csn_signer *edge = signer("edge-1");
    csn_verdict seen = decide(verifier, scene_file("billing.der"), scene_file("ca.der"), now), verdict;
    csn_produced *billing = produced(rfc9440, seen, "billing.der");
    csn_signed *one = signature(edge, billing, "/accounts?id=1");
    headers sent = forwarded(billing, one), altered;

    CHECK_INT(csn_produced_count(billing), 2);
    CHECK(is(sent.all[1].name, "client-cert"));
    CHECK(is(sent.all[2].name, "client-cert-chain"));
    CHECK(is(sent.all[3].name, "signature-input"));
    CHECK(is(sent.all[4].name, "signature"));
    /* For another target, too late, and without the signature; none of these uses it up. */
    verdict = judge(behind, verifier, get("/accounts?id=2"), sent, now);
    CHECK_INT(verdict.reason, CSN_REASON_BAD_SIGNATURE);
    CHECK_INT(verdict.decision, CSN_DECISION_DENY);
    CHECK_INT(judge(behind, verifier, get("/accounts?id=1"), sent, now + 36).reason, CSN_REASON_BAD_SIGNATURE);
    altered = sent;
    altered.count = 3;
    CHECK_INT(judge(behind, verifier, get("/accounts?id=1"), altered, now).reason, CSN_REASON_BAD_SIGNATURE);
    /* Another client's certificate in its place. */
    altered = sent;
    {
        csn_produced *other = produced(rfc9440, seen, "other.der");
        CHECK_INT(csn_produced_header(other, 0, &altered.all[1]), CSN_OK);
        CHECK_INT(judge(behind, verifier, get("/accounts?id=1"), altered, now).reason, CSN_REASON_BAD_SIGNATURE);
        csn_produced_free(other);
    }
    /* No headers at all: nobody signed that there is nobody. */
    CHECK_INT(judge(behind, verifier, get("/accounts?id=1"), (headers){.count = 0}, now).decision, CSN_DECISION_DENY);

    verdict = judge(behind, verifier, get("/accounts?id=1"), sent, now);
    CHECK_INT(verdict.decision, CSN_DECISION_ALLOW);
    CHECK_TEXT(verdict.client, "acme-billing");
    CHECK_INT(verdict.binding_len, 64);
    /* The same again is somebody else's. */
    CHECK_INT(judge(behind, verifier, get("/accounts?id=1"), sent, now).reason, CSN_REASON_BAD_SIGNATURE);

    csn_signed_free(one);
    csn_produced_free(billing);
    csn_signer_free(edge);
    csn_receiver_free(behind);
    csn_family_free(rfc9440);
}

static void nobody_is_signed_for_as_well(const csn_verifier *verifier) {
    csn_family *nginx = family("nginx");
    csn_receiver *behind = receiver(nginx);
    csn_signer *edge = signer("edge-1"), *stranger = signer("edge-3");
    csn_verdict denied = decide(verifier, scene_file("other.der"), scene_file("ca.der"), now);
    csn_verdict zeroed = CSN_VERDICT_INIT;
    csn_produced *nobody = produced(nginx, denied, "other.der"), *neither = produced(nginx, zeroed, "billing.der");
    csn_signed *one = signature(edge, nobody, "/"), *other = signature(stranger, nobody, "/");
    headers sent = forwarded(nobody, one);

    CHECK_INT(denied.decision, CSN_DECISION_DENY);
    CHECK_INT(csn_produced_count(nobody), 1);
    CHECK_INT(csn_produced_count(neither), 1);
    CHECK(is(sent.all[1].name, "ssl-client-verify"));
    CHECK(is(sent.all[1].value, "NONE"));
    CHECK_INT(judge(behind, verifier, get("/"), sent, now).reason, CSN_REASON_NO_CERTIFICATE);
    CHECK_INT(judge(behind, verifier, get("/"), forwarded(nobody, other), now).reason, CSN_REASON_BAD_SIGNATURE);
    csn_signed_free(one);
    csn_signed_free(other);
    csn_produced_free(nobody);
    csn_produced_free(neither);
    csn_signer_free(edge);
    csn_signer_free(stranger);
    csn_receiver_free(behind);
    csn_family_free(nginx);
}

static void a_private_key_signs_for_its_public_key(const csn_verifier *verifier) {
    csn_family *xfcc = family("xfcc");
    csn_receiver *behind = receiver(xfcc);
    csn_signer *edge = NULL;
    csn_verdict seen = decide(verifier, scene_file("billing.der"), scene_file("ca.der"), now);
    csn_produced *billing = produced(xfcc, seen, "billing.der");
    csn_signed *one;
    CHECK_INT(csn_signer_from_pkcs8("edge-2", scene_file("billing.key"), 30, &edge, NULL), CSN_OK);
    one = signature(edge, billing, "/");
    CHECK_INT(judge(behind, verifier, get("/"), forwarded(billing, one), now).decision, CSN_DECISION_ALLOW);
    csn_signed_free(one);
    csn_produced_free(billing);
    csn_signer_free(edge);
    csn_receiver_free(behind);
    csn_family_free(xfcc);
}

static void the_network_is_trusted_where_that_was_said(const csn_verifier *verifier) {
    csn_family *renamed = family("traefik");
    csn_receiver *trusting = NULL, *behind;
    csn_verdict seen = decide(verifier, scene_file("billing.der"), scene_file("ca.der"), now);
    csn_produced *billing;
    headers sent;
    CHECK_INT(csn_family_rename(renamed, "X-Forwarded-Tls-Client-Cert", "X-Our-Cert", NULL), CSN_OK);
    CHECK_INT(csn_receiver_new_trusting_the_network(renamed, &trusting, NULL), CSN_OK);
    behind = receiver(renamed);
    billing = produced(renamed, seen, "billing.der");
    sent = forwarded(billing, NULL);
    CHECK(is(sent.all[1].name, "x-our-cert"));
    CHECK_INT(judge(trusting, verifier, get("/"), sent, now).decision, CSN_DECISION_ALLOW);
    CHECK_INT(judge(trusting, verifier, get("/"), sent, now).decision, CSN_DECISION_ALLOW);
    CHECK_INT(judge(behind, verifier, get("/"), sent, now).reason, CSN_REASON_BAD_SIGNATURE);
    sent.all[1].value.len--;
    CHECK_INT(judge(trusting, verifier, get("/"), sent, now).reason, CSN_REASON_MALFORMED);
    csn_produced_free(billing);
    csn_receiver_free(trusting);
    csn_receiver_free(behind);
    csn_family_free(renamed);
}

static void what_clients_say_is_dropped(void) {
    csn_strip *strip = NULL;
    csn_family *ours = family("haproxy");
    csn_bytes nowhere = {NULL, 1}, none = {NULL, 0};
    CHECK_INT(csn_strip_new(&strip, NULL), CSN_OK);
    CHECK(csn_strip_drops(strip, text("Client_Cert"), text("whatever")));
    CHECK(csn_strip_drops(strip, text("Connection"), text("close, X-Forwarded-Client-Cert")));
    CHECK(!csn_strip_drops(strip, text("Connection"), text("close")));
    CHECK(!csn_strip_drops(strip, text("Accept"), none));
    CHECK(!csn_strip_drops(strip, text("X-Our-DER"), none));
    CHECK_INT(csn_family_rename(ours, "X-SSL-Client-DER", "X-Our-DER", NULL), CSN_OK);
    CHECK_INT(csn_strip_add(strip, ours, NULL), CSN_OK);
    CHECK(csn_strip_drops(strip, text("x_our_der"), none));
    /* What nobody can look at does not go on. */
    CHECK(csn_strip_drops(NULL, text("Accept"), none));
    CHECK(csn_strip_drops(strip, nowhere, none));
    CHECK(csn_strip_drops(strip, text("Accept"), nowhere));
    CHECK_INT(csn_strip_add(NULL, ours, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_strip_add(strip, NULL, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_strip_new(NULL, NULL), CSN_ERR_NULL);
    csn_strip_free(strip);
    csn_strip_free(NULL);
    csn_family_free(ours);
}

static void what_is_wrong_is_said(const csn_verifier *verifier) {
    csn_error error = CSN_ERROR_INIT;
    csn_family *made = (csn_family *)1, *rfc9440 = family("rfc9440"), *alb = family("alb-verify");
    csn_nonce_memory *memory = (csn_nonce_memory *)1;
    csn_checker *checker = NULL;
    csn_receiver *behind = (csn_receiver *)1;
    csn_signer *edge = (csn_signer *)1;
    csn_verdict seen = decide(verifier, scene_file("billing.der"), scene_file("ca.der"), now), small = seen;
    csn_produced *of = (csn_produced *)1;
    csn_bytes chain[18], leaf = scene_file("billing.der");
    csn_header header = {leaf, leaf};
    size_t i;

    CHECK_INT(csn_family_from_name("envoy", &made, &error), CSN_ERR_USAGE);
    CHECK(made == NULL && strstr(error.message, "rfc9440, xfcc") != NULL);
    CHECK_INT(csn_family_from_name("\xff", &made, NULL), CSN_ERR_USAGE);
    CHECK_INT(csn_family_from_name(NULL, &made, NULL), CSN_ERR_NULL);
    CHECK_INT(csn_family_from_xfcc(0, &made, &error), CSN_ERR_USAGE);
    CHECK_INT(csn_family_from_xfcc(2, &made, &error), CSN_OK);
    csn_family_free(made);
    CHECK_INT(csn_family_rename(rfc9440, "client-cert", "connection", &error), CSN_ERR_USAGE);
    CHECK_INT(csn_family_rename(rfc9440, "x-none", "x-some", &error), CSN_ERR_USAGE);
    CHECK_INT(csn_family_rename(rfc9440, NULL, "x-some", &error), CSN_ERR_NULL);

    CHECK_INT(csn_signer_from_hmac_sha256("edge-1", text("short"), 30, &edge, &error), CSN_ERR_USAGE);
    CHECK(edge == NULL && strstr(error.message, "32 bytes") != NULL);
    CHECK_INT(csn_signer_from_hmac_sha256("\"", text(secret), 30, &edge, &error), CSN_ERR_USAGE);
    CHECK_INT(csn_signer_from_pkcs8("edge-1", text("-----BEGIN"), 30, &edge, &error), CSN_ERR_CONFIG);

    CHECK_INT(csn_nonce_memory_new(0, now, &memory, &error), CSN_ERR_USAGE);
    CHECK(memory == NULL && csn_nonce_memory_up_ref(NULL) == NULL);
    CHECK_INT(csn_checker_new(NULL, &checker, &error), CSN_ERR_NULL);
    CHECK_INT(csn_nonce_memory_new(64, now, &memory, &error), CSN_OK);
    CHECK_INT(csn_checker_new(memory, &checker, &error), CSN_OK);
    CHECK_INT(csn_checker_add_hmac_sha256(checker, "edge-1", text(secret), &error), CSN_OK);
    CHECK_INT(csn_checker_add_hmac_sha256(checker, "edge-1", text(secret), &error), CSN_ERR_USAGE);
    CHECK(strstr(error.message, "given twice") != NULL);
    CHECK_INT(csn_checker_add_public_key(checker, "edge-2", leaf, &error), CSN_ERR_CONFIG);
    CHECK_INT(csn_checker_require(checker, "no name"), CSN_OK);
    CHECK_INT(csn_receiver_new(rfc9440, checker, &behind, &error), CSN_ERR_USAGE);
    CHECK(behind == NULL && strstr(error.message, "`no name`") != NULL);

    for (i = 0; i < 18; i++) {
        chain[i] = leaf;
    }
    CHECK_INT(csn_produced_new(rfc9440, &seen, chain, 17, &of, &error), CSN_ERR_USAGE);
    CHECK(of == NULL && strstr(error.message, "within the limits") != NULL);
    CHECK_INT(csn_produced_new(alb, &seen, chain, 1, &of, &error), CSN_ERR_USAGE);
    CHECK(strstr(error.message, "never written") != NULL);
    chain[0].len--;
    CHECK_INT(csn_produced_new(rfc9440, &seen, chain, 1, &of, &error), CSN_ERR_USAGE);
    chain[0].len = 0;
    CHECK_INT(csn_produced_new(rfc9440, &seen, chain, 1, &of, &error), CSN_ERR_USAGE);
    CHECK(of == NULL && strstr(error.message, "malformed") != NULL);
    chain[0] = leaf;
    small.struct_size = 8;
    CHECK_INT(csn_produced_new(rfc9440, &small, chain, 1, &of, &error), CSN_ERR_STRUCT_SIZE);
    CHECK_INT(csn_produced_new(rfc9440, NULL, chain, 1, &of, &error), CSN_ERR_NULL);
    CHECK_INT(csn_produced_new(rfc9440, &seen, NULL, 1, &of, &error), CSN_ERR_NULL);
    CHECK_INT(csn_produced_from_conn(rfc9440, NULL, &of, &error), CSN_ERR_NULL);
    CHECK(of == NULL);
    CHECK_INT(csn_produced_count(NULL), 0);
    CHECK_INT(csn_produced_new(rfc9440, &seen, chain, 1, &of, &error), CSN_OK);
    CHECK_INT(csn_produced_header(of, 1, &header), CSN_ERR_ARGUMENT);
    CHECK(header.name.len == 0 && header.value.data == NULL);
    csn_produced_free(of);

    csn_checker_free(checker);
    csn_nonce_memory_free(memory);
    csn_family_free(rfc9440);
    csn_family_free(alb);
}

static void a_failed_call_is_a_deny(const csn_verifier *verifier) {
    csn_family *rfc9440 = family("rfc9440");
    csn_receiver *behind = receiver(rfc9440);
    csn_request request = get("/"), hole = get("/");
    csn_header header;
    csn_verdict allowed = decide(verifier, scene_file("billing.der"), scene_file("ca.der"), now), verdict;
    hole.target.data = NULL;
    header.name = text("accept");
    header.value.data = NULL;
    header.value.len = 3;
#define FAILS(call, status) \
    do { \
        verdict = allowed; \
        CHECK_INT(call, status); \
        CHECK_INT(verdict.decision, CSN_DECISION_DENY); \
        CHECK_INT(verdict.binding_len, 0); \
    } while (0)
    FAILS(csn_receiver_judge(NULL, verifier, &request, NULL, 0, now, &verdict), CSN_ERR_NULL);
    FAILS(csn_receiver_judge(behind, NULL, &request, NULL, 0, now, &verdict), CSN_ERR_NULL);
    FAILS(csn_receiver_judge(behind, verifier, NULL, NULL, 0, now, &verdict), CSN_ERR_NULL);
    FAILS(csn_receiver_judge(behind, verifier, &hole, NULL, 0, now, &verdict), CSN_ERR_NULL);
    FAILS(csn_receiver_judge(behind, verifier, &request, NULL, 1, now, &verdict), CSN_ERR_NULL);
    FAILS(csn_receiver_judge(behind, verifier, &request, &header, 1, now, &verdict), CSN_ERR_NULL);
    FAILS(csn_receiver_judge(behind, verifier, &request, &header, SIZE_MAX, now, &verdict), CSN_ERR_ARGUMENT);
    CHECK_INT(csn_receiver_judge(behind, verifier, &request, NULL, 0, now, NULL), CSN_ERR_NULL);
    csn_receiver_free(behind);
    csn_receiver_free(NULL);
    csn_family_free(rfc9440);
}

void test_forwarded(void) {
    csn_verifier *verifier = NULL;
    CHECK_INT(csn_verifier_from_file(scene_path("policy.toml"), &verifier, NULL), CSN_OK);
    a_signed_client_is_who_the_proxy_says(verifier);
    nobody_is_signed_for_as_well(verifier);
    a_private_key_signs_for_its_public_key(verifier);
    the_network_is_trusted_where_that_was_said(verifier);
    what_clients_say_is_dropped();
    what_is_wrong_is_said(verifier);
    a_failed_call_is_a_deny(verifier);
    csn_verifier_free(verifier);
}
