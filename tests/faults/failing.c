// failing.c - preloaded: the FAULT_AT-th allocation of the program fails, once. FAULT_COUNT names a file that gets the
// number of allocations at the end.
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);

static atomic_long made, fatal;

__attribute__((constructor)) static void read_fault(void) {
    const char *text = getenv("FAULT_AT");
    atomic_store(&made, 0);
    atomic_store(&fatal, text ? atol(text) : 0);
}

__attribute__((destructor)) static void write_count(void) {
    const char *path = getenv("FAULT_COUNT");
    long n = atomic_load(&made);
    FILE *f = path ? fopen(path, "w") : NULL;
    if (!f) return;
    fprintf(f, "%ld\n", n);
    fclose(f);
}

static int fails(void) {
    long n = atomic_fetch_add(&made, 1) + 1;
    if (n != atomic_load(&fatal)) return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size) {
    return fails() ? NULL : __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
    return fails() ? NULL : __libc_calloc(count, size);
}
void *realloc(void *block, size_t size) {
    return fails() ? NULL : __libc_realloc(block, size);
}
