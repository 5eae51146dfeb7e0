/* A test in C: each CHECK is one line of TAP, and the process fails if any does. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "countersign.h"

extern int checks, failures;

#define CHECK(condition) check((condition) != 0, #condition, __FILE__, __LINE__)
#define CHECK_INT(left, right) \
    check_int((long long)(left), (long long)(right), #left " == " #right, __FILE__, __LINE__)
#define CHECK_TEXT(left, right) check_text(left, right, #left " == " #right, __FILE__, __LINE__)

void check(int holds, const char *what, const char *file, int line);
void check_int(long long left, long long right, const char *what, const char *file, int line);
void check_text(const char *left, const char *right, const char *what, const char *file, int line);

/* The whole of a file in the scene's folder; it lives until the process ends. */
csn_bytes scene_file(const char *name);
/* A path in the scene's folder. */
const char *scene_path(const char *name);

/* A string's bytes, without its NUL. */
csn_bytes text(const char *name);

/* When everything in the scene is current. */
extern int64_t now;

void test_layout(void);
void test_reasons(void);
void test_null(void);
void test_sizes(void);
void test_errors(void);
void test_decisions(void);
void test_scopes(void);
void test_polling(void);
void test_resumption(void);
void test_memory(void);
void test_observers(void);
void test_classes(void);
void test_handshake(void);
void test_forwarded(void);
void test_fork(void);

#endif
