// failing.c - preloaded: the FAULT_AT-th allocation of the program fails, once. FAULT_PLACES names a file that gets a
// line for each place that allocates (a chain of calls): the number of its first allocation. With FAULT_STOP the
// program stops before main (SIGSTOP), so that a tracer can be put to it. Counting begins at main: what libraries do
// when they are loaded is not the program's (the CUDA runtime does not survive it).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);

typedef int Main(int argc, char **argv, char **environment);
typedef int Start(Main *main, int argc, char **argv, Main *init, void (*fini)(void), void (*unload)(void), void *stack);
Start __libc_start_main;

enum { DEEPEST = 40 };
static atomic_long made, fatal;
static int places = -1;
static Main *program;

static int counted_main(int argc, char **argv, char **environment) {
    if (getenv("FAULT_STOP")) raise(SIGSTOP);
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
    const char *text = getenv("FAULT_AT"), *path = getenv("FAULT_PLACES");
    void *loads_its_library[1];
    atomic_store(&made, LONG_MIN / 2); // until main
    atomic_store(&fatal, text ? atol(text) : 0);
    places = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666) : -1;
    if (places >= 0) backtrace(loads_its_library, 1);
}

// Whether this chain of calls has not allocated before.
static int is_new_place(void) {
    static atomic_ulong seen[1 << 18]; // hashes, 0: free
    void *chain[DEEPEST];
    unsigned long hash = 14695981039346656037UL, size = sizeof seen / sizeof *seen;
    int n = backtrace(chain, DEEPEST);
    for (int i = 0; i < n; i++) hash = (hash ^ (uintptr_t)chain[i]) * 1099511628211UL;
    for (unsigned long at = hash >> 20;; at++) {
        unsigned long before = 0;
        if (atomic_compare_exchange_strong(&seen[at % size], &before, hash | 1)) return 1;
        if (before == (hash | 1)) return 0;
    }
}

static void note_place(long n) {
    static _Thread_local int inside;
    char line[32];
    if (n <= 0 || inside) return;
    inside = 1;
    if (is_new_place() && write(places, line, (size_t)snprintf(line, sizeof line, "%ld\n", n)) < 0) abort();
    inside = 0;
}

static int fails(void) {
    long n = atomic_fetch_add(&made, 1) + 1;
    if (places >= 0) note_place(n);
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
