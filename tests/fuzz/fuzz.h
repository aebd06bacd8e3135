// fuzz.h - what fuzz targets share: a folder of this process in memory, and files in it.
#ifndef MOELAW_FUZZ_H
#define MOELAW_FUZZ_H

#include "ground/status.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The path of a file in the folder, which is made by the first call.
static inline const char *fuzz_path(const char *name) {
    static char folder[64], path[4][512];
    static int next;
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "/dev/shm/moelaw-fuzz-%d", (int)getpid());
        mkdir(folder, 0700);
        quiet = true;
    }
    char *to = path[next++ % 4];
    snprintf(to, sizeof path[0], "%s/%s", folder, name);
    return to;
}

static inline const char *fuzz_file(const char *name, const void *data, size_t size) {
    const char *path = fuzz_path(name);
    FILE *f = fopen(path, "wb");
    if (!f) abort();
    fwrite(data, 1, size, f);
    fclose(f);
    return path;
}

// What is refused has a status of bad input (or one more that may be) and a message.
static inline void fuzz_refused(Status s, Status also) {
    if (s != OK && ((s != BAD_INPUT && s != also) || !status_message()[0])) abort();
}

#endif
