/* What is wrong is said: what, in which file, in which line, and what to do. */
#include "check.h"

static csn_error toml_error(const char *text, size_t length, csn_status expected) {
    csn_error error = CSN_ERROR_INIT;
    csn_verifier *verifier = (csn_verifier *)0x1;
    csn_bytes toml = {(const uint8_t *)text, length};
    CHECK_INT(csn_verifier_from_toml(toml, scene_path("."), &verifier, &error), expected);
    CHECK(verifier == NULL);
    CHECK_INT(error.status, expected);
    return error;
}

#define TOML(text, expected) toml_error(text, strlen(text), expected)

void test_errors(void) {
    csn_error error = CSN_ERROR_INIT;
    csn_verifier *verifier = NULL;
    csn_acceptor_config *config = NULL;
    csn_acceptor *acceptor = NULL;
    csn_credential *credential = NULL;
    const uint8_t bad_alpn[] = {3, 'h', '2'};
    csn_bytes alpn = {bad_alpn, sizeof bad_alpn};
    uint16_t bad_version = 0x0302, bad_group = 1;
    const char *long_name = "a path that is no file\xff\xfe";
    char endless[4096];

    error = TOML("version = 1\n[trust]\nanchor = []", CSN_ERR_CONFIG);
    CHECK_INT(error.line, 3);
    CHECK_INT(error.column, 1);
    CHECK_TEXT(error.file, "");
    CHECK(strstr(error.message, "did you mean `anchors`?") != NULL);
    error = TOML("version = 1\n[trust]\nanchors = [\"absent.pem\"]", CSN_ERR_IO);
    CHECK(strstr(error.file, "absent.pem") != NULL);
    CHECK_TEXT(error.message, "file not found");
    error = toml_error("version = 1\n\0", 13, CSN_ERR_CONFIG);
    CHECK_INT(error.line, 2);
    error = TOML("version = 1\n# \xff", CSN_ERR_CONFIG);
    CHECK_INT(error.line, 2);
    CHECK_INT(error.column, 3);

    CHECK_INT(csn_verifier_from_file(long_name, &verifier, &error), CSN_ERR_IO);
    CHECK(strstr(error.file, "a path that is no file") != NULL);
    CHECK_INT(csn_verifier_from_file("", &verifier, &error), CSN_ERR_IO);
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = 0;
    CHECK_INT(csn_verifier_from_file(endless, &verifier, &error), CSN_ERR_IO);
    CHECK_INT(strlen(error.file), sizeof error.file - 1);
    CHECK_INT(csn_verifier_from_file(NULL, &verifier, &error), CSN_ERR_NULL);
    CHECK_TEXT(error.file, "");
    CHECK_TEXT(error.message, csn_status_text(CSN_ERR_NULL));

    /* One that did not say how large it is, and one that succeeds, are left alone. */
    memset(&error, 0x5a, sizeof error);
    error.struct_size = 8;
    CHECK_INT(csn_verifier_from_file("", &verifier, &error), CSN_ERR_IO);
    CHECK_INT(error.message[0], 0x5a);
    error.struct_size = sizeof error;
    CHECK_INT(csn_verifier_from_file(scene_path("policy.toml"), &verifier, &error), CSN_OK);
    CHECK_INT(error.message[0], 0x5a);

    CHECK_INT(csn_acceptor_config_new(&config), CSN_OK);
    CHECK_INT(csn_acceptor_new(config, &acceptor, &error), CSN_ERR_USAGE);
    CHECK(acceptor == NULL);
    CHECK(strstr(error.message, "needs an entry") != NULL);
    CHECK_INT(csn_acceptor_config_set_alpn(config, alpn, &error), CSN_ERR_ARGUMENT);
    CHECK_INT(csn_acceptor_config_set_versions(config, &bad_version, 1), CSN_ERR_ARGUMENT);
    CHECK_INT(
        csn_credential_from_files(scene_path("server.pem"), scene_path("other.key"), &credential, &error),
        CSN_ERR_CONFIG);
    CHECK_INT(
        csn_credential_from_files(scene_path("server.pem"), scene_path("server.key"), &credential, &error),
        CSN_OK);
    CHECK_INT(
        csn_acceptor_config_add_entry(config, NULL, 0, credential, 3, verifier, 0, &error),
        CSN_ERR_ARGUMENT);
    CHECK_INT(
        csn_acceptor_config_add_entry(config, NULL, 0, credential, CSN_CLIENT_AUTH_OFF, verifier, 0, &error),
        CSN_ERR_ARGUMENT);
    CHECK_INT(
        csn_acceptor_config_add_entry(config, NULL, 0, credential, CSN_CLIENT_AUTH_REQUIRED, NULL, 0, &error),
        CSN_ERR_NULL);
    CHECK_INT(
        csn_acceptor_config_add_entry(config, NULL, 0, credential, CSN_CLIENT_AUTH_REQUIRED, verifier, 2, &error),
        CSN_ERR_ARGUMENT);
    CHECK_INT(
        csn_acceptor_config_add_entry(config, NULL, 0, credential, CSN_CLIENT_AUTH_REQUIRED, verifier, 0, &error),
        CSN_OK);
    CHECK_INT(csn_acceptor_config_set_key_exchanges(config, &bad_group, 1), CSN_OK);
    CHECK_INT(csn_acceptor_new(config, &acceptor, &error), CSN_ERR_USAGE);
    csn_credential_free(credential);
    csn_acceptor_config_free(config);
    csn_verifier_free(verifier);
}
