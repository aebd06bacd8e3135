// fuzz_table.c - libFuzzer target: any bytes as a run table are read, with conditions and column choices, or refused
// with a message; what is read can be fitted without a NAN.
//
// room: analyze
//   tests/fuzz/run.sh table 60       a minute, starting from the seeds in tests/fuzz/table
#include "runs/runs.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_for(const char *path, const RunChoice *choice, const char *name) {
    const Law *laws[] = {law_find(name), NULL};
    Runs runs;
    Status s = runs_read(path, choice, laws, &runs);
    if (s != OK) {
        if (s != BAD_INPUT || !status_message()[0]) abort();
        return;
    }
    Point *points = runs_points(&runs, laws[0], false);
    for (int i = 0; i < runs.n; i++)
        if (!law_covers(laws[0], &points[i]) || !(runs.loss[i] > 0) || !isfinite(runs.log_loss[i])) abort();
    free(points);
    runs_free(&runs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char path[64];
    quiet = true;
    snprintf(path, sizeof path, "/tmp/moelaw-fuzz-%d.csv", (int)getpid());
    FILE *f = fopen(path, "wb");
    if (!f) return 0;
    fwrite(data, 1, size, f);
    fclose(f);
    const RunChoice plain = {0}, chosen = {.where = {2, {"D>1e3", "notes.a!=1|2"}}, .columns = {1, {"N=notes.b"}}};
    read_for(path, &plain, "hoffmann2022");
    read_for(path, &chosen, "hoffmann2022");
    read_for(path, &plain, "abnar2025");
    unlink(path);
    return 0;
}
