// fuzz_model.c - libFuzzer target: any bytes as config.json or Megatron's arguments are counted or refused with a
// message.
//
// room: analyze
// seeds: tests/analyze/configs
//   tests/fuzz/run.sh model 60
#include "fuzz.h"

#include "runs/modelfile.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = fuzz_file("x.json", data, size);
    ModelFile m;
    Status s = model_read(path, NULL, &m);
    fuzz_refused(s, BAD_INPUT);
    return 0;
}
