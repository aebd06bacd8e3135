// fuzz_design.c - libFuzzer target: any bytes as a design are expanded to checked runs or refused with a message.
//
// room: pipeline
//   tests/fuzz/run.sh design 60         a minute, starting from the seeds in tests/fuzz/design
#include "sweep/design.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int file = memfd_create("design", 0);
    if (file < 0 || write(file, data, size) != (ssize_t)size) abort();
    char path[32];
    snprintf(path, sizeof path, "/dev/fd/%d", file);
    Design design;
    Status s = design_read(path, "", &design);
    if (s == OK) {
        for (int i = 0; i < design.n_runs; i++)
            if (shape_check(&design.runs[i].run.shape) != OK) abort();
        design_free(&design);
    } else if (s != BAD_INPUT || !status_message()[0]) {
        abort();
    }
    close(file);
    return 0;
}
