/* usage: abi FOLDER TIME: every test over the scene in FOLDER, as TAP. */
#include "check.h"

int checks, failures;
int64_t now;

static const char *folder;

void check(int holds, const char *what, const char *file, int line) {
    checks++;
    if (!holds) {
        failures++;
        printf("not ok %d - %s:%d: %s\n", checks, file, line, what);
    } else {
        printf("ok %d - %s\n", checks, what);
    }
}

void check_int(long long left, long long right, const char *what, const char *file, int line) {
    check(left == right, what, file, line);
    if (left != right) {
        printf("# %lld is not %lld\n", left, right);
    }
}

void check_text(const char *left, const char *right, const char *what, const char *file, int line) {
    check(strcmp(left, right) == 0, what, file, line);
    if (strcmp(left, right) != 0) {
        printf("# \"%s\" is not \"%s\"\n", left, right);
    }
}

#define KEPT 1024
static char *kept[KEPT];
static int keeping;

static void *keep(void *memory) {
    if (memory == NULL || keeping == KEPT) {
        fprintf(stderr, "out of memory\n");
        exit(2);
    }
    kept[keeping++] = (char *)memory;
    return memory;
}

const char *scene_path(const char *name) {
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = (char *)keep(malloc(size));
    snprintf(path, size, "%s/%s", folder, name);
    return path;
}

csn_bytes scene_file(const char *name) {
    csn_bytes bytes = {NULL, 0};
    FILE *file = fopen(scene_path(name), "rb");
    long size;
    uint8_t *data;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
        fprintf(stderr, "%s/%s: cannot be read\n", folder, name);
        exit(2);
    }
    rewind(file);
    data = (uint8_t *)keep(malloc((size_t)size + 1));
    bytes.len = fread(data, 1, (size_t)size, file);
    bytes.data = data;
    fclose(file);
    return bytes;
}

csn_bytes text(const char *name) {
    csn_bytes bytes;
    bytes.data = (const uint8_t *)name;
    bytes.len = strlen(name);
    return bytes;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: abi FOLDER TIME\n");
        return 2;
    }
    folder = argv[1];
    now = strtoll(argv[2], NULL, 10);
    CHECK_INT(csn_process_init(), CSN_OK);
    test_layout();
    test_reasons();
    test_null();
    test_sizes();
    test_errors();
    test_decisions();
    test_scopes();
    test_polling();
    test_resumption();
    test_memory();
    test_observers();
    test_classes();
    test_handshake();
    test_forwarded();
    test_fork();
    while (keeping > 0) {
        free(kept[--keeping]);
    }
    printf("1..%d\n", checks);
    fprintf(stderr, "%d checks, %d failed\n", checks, failures);
    return failures == 0 ? 0 : 1;
}
