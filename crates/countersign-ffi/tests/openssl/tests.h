/* The tests of a program: "ok" for each, under TLS 1.2 and 1.3, and "done" at the end. What is not
 * as demanded ends the program. */

#ifndef TESTS_H
#define TESTS_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

#define DEMAND(what)                                                                               \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            printf("not ok: %s, line %d: %s\n", test, __LINE__, #what);                            \
            ERR_print_errors_fp(stdout);                                                           \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static const char *test = "";

/* TLS1_2_VERSION or TLS1_3_VERSION. */
static int version;

typedef struct {
    const char *name;
    void (*run)(void);
} test_case;

#define TEST(name) {#name, name}

/* What main() returns. */
static inline int run_tests(const test_case *tests, size_t count) {
    size_t i;
    for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        for (i = 0; i < count; i++) {
            test = tests[i].name;
            tests[i].run();
            printf("ok: %s\n", test);
        }
    }
    puts("done");
    return 0;
}

#endif
