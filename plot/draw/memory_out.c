// memory_out.c - see memory_out.h.
#include "memory_out.h"

#include "ground/leftover.h"
#include "ground/status.h"

#include <dlfcn.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Wherever it happens, with whatever locks held: no handler at exit, no buffered output.
static _Noreturn void end(const char *why) {
    static const char program[] = "moeplot: ";
    ssize_t written = write(STDERR_FILENO, program, sizeof program - 1);
    if (written >= 0) written = write(STDERR_FILENO, why, strlen(why));
    if (written >= 0) written = write(STDERR_FILENO, "\n", 1);
    leftover_remove();
    _exit(CANNOT_FINISH);
}

static void on_log(const char *domain, GLogLevelFlags level, const char *text, void *unused) {
    if (level & (G_LOG_FLAG_FATAL | G_LOG_LEVEL_ERROR)) end(text);
    g_log_default_handler(domain, level, text, unused);
}

void memory_out_watch(void) {
    g_log_set_default_handler(on_log, NULL);
}

// Sanitizers bring allocators of their own.
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__

static void *checked(void *block, size_t size) {
    if (!block && size) end("out of memory");
    return block;
}

// The next library's function of this name: the C library's, or one that was put before it.
#define NEXT(function, name)                                                                                           \
    static function *next;                                                                                             \
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, name)

typedef void *Malloc(size_t size);
typedef void *Calloc(size_t count, size_t size);
typedef void *Realloc(void *block, size_t size);

void *malloc(size_t size) {
    NEXT(Malloc, "malloc");
    return checked(next(size), size);
}
void *calloc(size_t count, size_t size) {
    NEXT(Calloc, "calloc");
    return checked(next(count, size), count && size);
}
void *realloc(void *block, size_t size) {
    NEXT(Realloc, "realloc");
    return checked(next(block, size), size);
}

#endif
