// fuzz_hardware.c - libFuzzer target: any bytes as a hardware description, latencies or ratios (by the first byte) are
// read or refused with a message.
//
// room: analyze
//   tests/fuzz/run.sh hardware 60
#include "fuzz.h"

#include "decide/holistic.h"
#include "decide/serving.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size) return 0;
    const char *path = fuzz_file(data[0] % 3 ? "x.csv" : "x.yaml", data + 1, size - 1);
    Hardware h;
    Latencies *t;
    Ratios r;
    Status s;
    if (data[0] % 3 == 0) {
        s = hardware_read(path, &h);
        if (s == OK && !(h.flops > 0 && h.bandwidth > 0 && h.memory > 0)) abort();
    } else if (data[0] % 3 == 1) {
        s = latencies_read(path, &t);
        if (s == OK) latencies_free(t);
    } else {
        s = ratios_read(path, &r);
    }
    fuzz_refused(s, BAD_INPUT);
    return 0;
}
