// fuzz_register.c - libFuzzer target: any bytes as a register that is there, or as the widths that were expected (by
// the first byte), are amended and taken up, or refused with a message; what is written is read again.
//
// room: pipeline
//   tests/fuzz/run.sh register 60
#include "fuzz.h"

#include "sweep/design.h"
#include "sweep/register.h"

#include <string.h>

static const char design[] = "grid: {d_model: [16, 32]}\n"
                             "register: {laws: [zhao2025], objective: {kind: huber}, splits: [cell], "
                             "questions: [{question: q, statistic: s, decision: d}]}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool ready;
    if (!size) return 0;
    if (!ready) {
        Design d;
        if (design_read(fuzz_file("d.yaml", design, strlen(design)), "", &d) != OK) abort();
        if (design_write_manifest(&d, fuzz_path("m.csv")) != OK) abort();
        design_free(&d);
        ready = true;
    }
    RegisterOptions o = {.design = fuzz_path("d.yaml"), .manifest = fuzz_path("m.csv"), .amend = "a reason"};
    if (data[0] & 1) {
        o.out = fuzz_file("register.json", data + 1, size - 1);
    } else {
        o.expected = fuzz_file("expected.json", data + 1, size - 1);
        o.out = fuzz_file("register.json", "{\"deviations\": []}", 18);
    }
    Status s = register_write(&o);
    fuzz_refused(s, CHECK_FAILED);
    if (s == OK && register_write(&o) != OK) abort();
    return 0;
}
