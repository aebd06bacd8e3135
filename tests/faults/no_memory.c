// no_memory.c - preloaded into a program: allocation number FAIL_AT (from 1) after main's libraries are in gets
// nothing. Says on stderr at the end of main how many there were, when COUNT_ALLOCATIONS is set.
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static long calls, fail_at = -1;

static int refused(void) {
    if (fail_at < 0) {
        const char *text = getenv("FAIL_AT");
        fail_at = text ? atol(text) : 0;
    }
    if (__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) != fail_at) return 0;
    errno = ENOMEM;
    return 1;
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);

void *malloc(size_t size) {
    return refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return refused() ? NULL : __libc_calloc(count, size);
}

__attribute__((destructor)) static void count(void) {
    if (getenv("COUNT_ALLOCATIONS")) fprintf(stderr, "allocations %ld\n", calls);
}
