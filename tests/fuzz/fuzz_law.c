// fuzz_law.c - libFuzzer target: any bytes as a law in YAML are read or refused with a message; what is read has a
// loss.
//
// room: analyze
// seeds: docs/laws
//   tests/fuzz/run.sh law 60
#include "fuzz.h"

#include "laws/law_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const Law *law;
    quiet = true;
    Status s = law_read("fuzz.yaml", (const char *)data, size, &law);
    fuzz_refused(s, BAD_INPUT);
    if (s != OK) return 0;
    Point p = {.x = {[VAR_D] = 1e10, [VAR_N] = 1e9, [VAR_NA] = 2e8, [VAR_G] = 4, [VAR_S] = 0.1, [VAR_SPARSITY] = 0.5}};
    double parameters[LAW_MAX_PARAMETERS];
    for (int i = 0; i < LAW_MAX_PARAMETERS; i++) parameters[i] = 0.5;
    law_loss(law, parameters, &p);
    return 0;
}
