// fuzz_fit.c - libFuzzer target: any bytes as fit.json are read or refused with a message; what is read predicts.
//
// room: analyze
//   tests/fuzz/run.sh fit 60         a minute, starting from the seeds in tests/fuzz/fit
#include "fit/fit_file.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static double loss(const Law *law, const double *parameters, void *point) {
    return law_loss(law, parameters, point);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    FitReport report;
    Status s = fit_file_parse("fuzz.json", (const char *)data, size, &report);
    if (s != OK) {
        if (s != BAD_INPUT || !status_message()[0]) abort();
        return 0;
    }
    Point p = {.x = {[VAR_D] = 1e10, [VAR_N] = 1e9, [VAR_NA] = 2e8, [VAR_G] = 4, [VAR_S] = 0.1, [VAR_SPARSITY] = 0.5}};
    double ci95[2];
    loss(report.fit.law, report.fit.parameters, &p);
    fit_interval(&report.fit, loss, &p, ci95);
    fit_report_free(&report);
    return 0;
}
