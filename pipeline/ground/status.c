// status.c - see status.h.
#include "status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local char message[1024];

bool quiet = false;

Status fail(Status s, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return s;
}

Status fail_within(Status s, const char *format, ...) {
    char inner[sizeof message], outer[sizeof message];
    memcpy(inner, message, sizeof inner);
    va_list args;
    va_start(args, format);
    vsnprintf(outer, sizeof outer, format, args);
    va_end(args);
    // Cut by precision, not by luck: the outer text may take half, the rest is the inner one's.
    snprintf(message, sizeof message, "%.500s: %.500s", outer, inner);
    return s;
}

const char *status_message(void) {
    return message;
}

// A message may quote what a file holds: what a terminal would obey becomes a question mark.
static void disarm(char *text) {
    for (char *p = text; *p; p++)
        if (((unsigned char)*p < ' ' && *p != '\n' && *p != '\t') || *p == 127) *p = '?';
}

int status_report(const char *program, Status s) {
    errno = 0;
    if (s == OK && (fflush(stdout) || ferror(stdout)))
        s = fail(CANNOT_FINISH, "standard output: cannot write: %s",
                 errno ? strerror(errno) : "an earlier write failed");
    disarm(message);
    if (s != OK) fprintf(stderr, "%s: %s\n", program, message[0] ? message : "failed without a message (a bug)");
    return (int)s;
}

static void say(const char *prefix, const char *format, va_list args) {
    char text[8192];
    vsnprintf(text, sizeof text, format, args);
    disarm(text);
    fprintf(stderr, "%s%s\n", prefix, text);
}

void note(const char *format, ...) {
    if (quiet) return;
    va_list args;
    va_start(args, format);
    say("", format, args);
    va_end(args);
}

void warn(const char *format, ...) {
    va_list args;
    va_start(args, format);
    say("warning: ", format, args);
    va_end(args);
}

static void out_of_memory(size_t count, size_t size) {
    fprintf(stderr, "out of memory: %zu x %zu bytes\n", count, size);
    exit(CANNOT_FINISH);
}

void *allocate(size_t count, size_t size) {
    void *block = calloc(count ? count : 1, size ? size : 1);
    if (!block) out_of_memory(count, size);
    return block;
}

void *reallocate(void *block, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) out_of_memory(count, size);
    void *grown = realloc(block, count && size ? count * size : 1);
    if (!grown) out_of_memory(count, size);
    return grown;
}

char *copy_text(const char *text) {
    size_t length = strlen(text) + 1;
    return memcpy(allocate(length, 1), text, length);
}
