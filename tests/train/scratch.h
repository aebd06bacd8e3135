// scratch.h - a folder for a test to write in, and files in it.
#ifndef MOELAW_SCRATCH_H
#define MOELAW_SCRATCH_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char scratch[64];

static int scratch_make(void **state) {
    (void)state;
    strcpy(scratch, "/tmp/moelaw-test-XXXXXX");
    return mkdtemp(scratch) ? 0 : -1;
}

static int scratch_remove(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", scratch);
    return system(command);
}

// scratch/name, in one of four buffers used in turn.
__attribute__((unused)) static const char *in_scratch(const char *format, ...) {
    static char paths[4][512];
    static int turn;
    char name[256], *path = paths[turn++ % 4];
    va_list list;
    va_start(list, format);
    vsnprintf(name, sizeof name, format, list);
    va_end(list);
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

__attribute__((unused)) static void write_bytes(const char *path, const void *data, size_t size) {
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size) abort();
    fclose(f);
}

// The whole file; "" if it is not there. To be freed.
__attribute__((unused)) static char *slurp(const char *path) {
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, 1 << 22);
    if (f) {
        text[fread(text, 1, (1 << 22) - 1, f)] = '\0';
        fclose(f);
    }
    return text;
}

#endif
