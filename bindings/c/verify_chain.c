/*
 * Which client is it, and may it in? The verdict on a chain of certificates from a file.
 *
 *     verify_chain POLICY CHAIN.pem [UNIX_TIME]
 *
 * Exit 0: allowed. 1: denied. 2: could not tell, and why is on standard error.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#include <countersign.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ALLOWED = 0, DENIED = 1, COULD_NOT_TELL = 2 };

/* One more than the library looks at, so that it is the one to say that a chain is too long. */
enum { CHAIN_MAX = 17 };

/* No chain file is longer: certificates are 64 KiB at most, the rest is text around them. */
enum { FILE_MAX = 1 << 20 };

/* Certificates in DER, leaf first. The bytes are those of the file, decoded where they lay. */
struct chain {
    char *file;
    size_t count;
    csn_bytes certificates[CHAIN_MAX];
};

static int complain(const char *file, unsigned long line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s:", file);
    if (line != 0)
        fprintf(stderr, "%lu:", line);
    fputc(' ', stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return COULD_NOT_TELL;
}

/* As compilers do, "file:line:column: message", so that editors find the place. */
static int explain(const csn_error *error)
{
    if (error->file[0] != '\0')
        fprintf(stderr, "%s:", error->file);
    if (error->line != 0)
        fprintf(stderr, "%" PRIu32 ":%" PRIu32 ":", error->line, error->column);
    fprintf(stderr, "%s%s\n", error->file[0] != '\0' ? " " : "", error->message);
    return COULD_NOT_TELL;
}

/* The whole file and NUL, to be freed; NULL where that cannot be. */
static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        complain(path, 0, "%s", strerror(errno));
        return NULL;
    }
    char *text = malloc(FILE_MAX + 1);
    *length = text != NULL ? fread(text, 1, FILE_MAX + 1, file) : 0;
    const char *wrong = NULL;
    if (text == NULL || ferror(file))
        wrong = strerror(errno);
    else if (*length > FILE_MAX)
        wrong = "longer than 1 MiB: no chain is";
    else if (memchr(text, '\0', *length) != NULL)
        wrong = "has a NUL in it: is it DER? PEM is wanted";
    fclose(file);
    if (wrong != NULL) {
        complain(path, 0, "%s", wrong);
        free(text);
        return NULL;
    }
    text[*length] = '\0';
    return text;
}

static int base64_value(char c)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(alphabet, c) : NULL;
    return at != NULL ? (int)(at - alphabet) : -1;
}

/* A block on its way from base64 to bytes. */
struct decoder {
    uint8_t *out;
    size_t length;
    uint32_t bits;
    int digits;
    int padding;
};

/* One line of base64; 0 where it is none. Nothing follows padding, and no bits are lost in it. */
static int decode_line(struct decoder *d, const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        int value = base64_value(line[i]);
        if (line[i] == '=' && d->digits + d->padding >= 2 && d->padding < 2) {
            d->padding++;
            value = 0;
        } else if (value < 0 || d->padding != 0) {
            return 0;
        } else {
            d->digits++;
        }
        d->bits = d->bits << 6 | (uint32_t)value;
        if (d->digits + d->padding < 4)
            continue;
        uint8_t bytes[3] = { (uint8_t)(d->bits >> 16), (uint8_t)(d->bits >> 8), (uint8_t)d->bits };
        for (int place = 0; place < 3; place++) {
            if (place < 3 - d->padding)
                d->out[d->length++] = bytes[place];
            else if (bytes[place] != 0)
                return 0;
        }
        d->bits = 0;
        d->digits = 0;
        if (d->padding != 0)
            d->digits = -4; /* the end: "digits + padding >= 2" is never true again */
    }
    return 1;
}

static int is_line(const char *line, size_t length, const char *text)
{
    return length == strlen(text) && memcmp(line, text, length) == 0;
}

/*
 * The certificates of a PEM file (RFC 7468), strictly: text around the blocks is fine, anything
 * odd inside one is not, nor is a block of another kind: a private key has no business there.
 */
static int read_chain(const char *path, struct chain *chain)
{
    size_t length = 0;
    chain->count = 0;
    chain->file = read_file(path, &length);
    if (chain->file == NULL)
        return COULD_NOT_TELL;

    struct decoder block = { .out = NULL };
    uint8_t *free_space = (uint8_t *)chain->file;
    unsigned long number = 0;
    char *next = chain->file;
    while (next < chain->file + length && chain->count < CHAIN_MAX) {
        char *line = next;
        size_t width = strcspn(line, "\n");
        next = line + width + (line[width] == '\n');
        number++;
        while (width > 0 && strchr(" \t\r", line[width - 1]) != NULL)
            width--;
        if (block.out == NULL && is_line(line, width, "-----BEGIN CERTIFICATE-----")) {
            block = (struct decoder){ .out = free_space };
        } else if (block.out == NULL && strncmp(line, "-----", 5) == 0) {
            return complain(path, number, "a certificate is to begin here");
        } else if (block.out != NULL && is_line(line, width, "-----END CERTIFICATE-----")) {
            if (block.digits > 0 || block.length == 0)
                return complain(path, number, "the base64 is cut off");
            chain->certificates[chain->count++] = (csn_bytes){ block.out, block.length };
            free_space = block.out + block.length;
            block.out = NULL;
        } else if (block.out != NULL && !decode_line(&block, line, width)) {
            return complain(path, number, "not base64");
        }
    }
    if (block.out != NULL)
        return complain(path, number, "the file ends inside a certificate");
    if (chain->count == 0)
        return complain(path, 0, "no certificate in it");
    return 0;
}

static int read_time(const char *text, int64_t *seconds)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        return complain("UNIX_TIME", 0, "seconds since 1970 are wanted, not \"%s\"", text);
    *seconds = value;
    return 0;
}

static void print(const csn_verdict *verdict)
{
    int is_allowed = verdict->decision == CSN_DECISION_ALLOW;
    printf("%s (%s): ", is_allowed ? "allow" : "deny", csn_reason_token(verdict->reason));
    if (verdict->client_len != 0)
        printf("client %s, ", verdict->client);
    if (verdict->rule_len != 0)
        printf("by %s, ", verdict->rule);
    printf("%s", csn_reason_text(verdict->reason));
    if (verdict->chain_index >= 0)
        printf(" (certificate %" PRId32 ")", verdict->chain_index);
    putchar('\n');
}

static int judge(const char *policy, const struct chain *chain, int64_t now)
{
    csn_error error = CSN_ERROR_INIT;
    csn_verifier *verifier = NULL;
    if (csn_verifier_from_file(policy, &verifier, &error) != CSN_OK)
        return explain(&error);

    csn_verdict verdict = CSN_VERDICT_INIT;
    csn_status status = csn_verify(verifier, chain->certificates, chain->count, now, &verdict);
    csn_verifier_free(verifier);
    if (status != CSN_OK)
        return complain("csn_verify", 0, "%s", csn_status_text(status));

    print(&verdict);
    /* A verdict that nobody received must not look like one. */
    if (fflush(stdout) != 0)
        return complain("standard output", 0, "%s", strerror(errno));
    /* Not "reason is none of these": only this lets anyone in. */
    return verdict.decision == CSN_DECISION_ALLOW ? ALLOWED : DENIED;
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: verify_chain POLICY CHAIN.pem [UNIX_TIME]\n");
        return COULD_NOT_TELL;
    }
    int64_t now = (int64_t)time(NULL);
    if (argc == 4 && read_time(argv[3], &now) != 0)
        return COULD_NOT_TELL;

    struct chain chain;
    int result = read_chain(argv[2], &chain);
    if (result == 0)
        result = judge(argv[1], &chain, now);
    free(chain.file);
    return result;
}
