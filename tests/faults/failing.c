// failing.c - preloaded: the FAULT_AT-th allocation of the program fails, once. FAULT_COUNT names a file that gets the
// number of allocations at the end. Counting begins at main: what libraries do when they are loaded is not the
// program's (the CUDA runtime does not survive it).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
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

typedef int Main(int argc, char **argv, char **environment);
typedef int Start(Main *main, int argc, char **argv, Main *init, void (*fini)(void), void (*unload)(void), void *stack);
Start __libc_start_main;

static atomic_long made, fatal;
static Main *program;

static int counted_main(int argc, char **argv, char **environment) {
    atomic_store(&made, 0);
    return program(argc, argv, environment);
}

int __libc_start_main(Main *main, int argc, char **argv, Main *init, void (*fini)(void), void (*unload)(void),
                      void *stack) {
    Start *start;
    *(void **)&start = dlsym(RTLD_NEXT, "__libc_start_main");
    program = main;
    return start(counted_main, argc, argv, init, fini, unload, stack);
}

__attribute__((constructor)) static void read_fault(void) {
    const char *text = getenv("FAULT_AT");
    atomic_store(&made, LONG_MIN / 2); // until main
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
