// fuzz_spec.c - libFuzzer target: any bytes as a figure spec are read or refused with a message, and never more.
//
// room: plot
// seeds: plot/specs tests/plot/specs
//   tests/fuzz/run.sh spec 60        a minute, starting from the seeds in tests/fuzz/spec and plot/specs
#include "read/spec.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena a = {0};
    Spec spec;
    Status s = spec_parse(&a, "fuzz.yaml", (const char *)data, size, &spec);
    if (s != OK && (s != BAD_INPUT || !status_message()[0])) abort();
    arena_free(&a);
    return 0;
}
