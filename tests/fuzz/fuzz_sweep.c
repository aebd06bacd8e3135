// fuzz_sweep.c - libFuzzer target: one file of a small sweep (by the first byte: manifest, record, DONE, FAILED, the
// table that is kept and the files beside it) is any bytes. The sweep is collected, into the table and beside it, and
// its curves are drawn, or it is refused with a message; a table that was written can be read, with losses that are
// numbers.
//
// room: pipeline
//   tests/fuzz/run.sh sweep 60
#include "fuzz.h"

#include "ground/sha256.h"
#include "sweep/beside.h"
#include "sweep/collect.h"
#include "sweep/curves.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {"m.csv",
                                    "ID/record.jsonl",
                                    "ID/DONE",
                                    "ID/FAILED",
                                    "kept.csv",
                                    "kept-provenance.csv",
                                    "kept-curves.csv.gz",
                                    "kept-blocks.csv.gz",
                                    "kept-loads.csv.gz"};
enum { N_NAMES = sizeof names / sizeof *names };

static const char record[] =
    "{\"event\": \"config\", \"steps\": 10, \"device\": \"cpu\"}\n"
    "{\"event\": \"step\", \"step\": 1, \"tokens\": 64, \"lr\": 0.1, \"loss\": 3, \"tokens_per_s\": 10}\n"
    "{\"event\": \"eval\", \"step\": 10, \"tokens\": 640, \"loss\": 2, \"loads\": [[3, 4]]}\n"
    "{\"event\": \"result\", \"status\": \"done\", \"loss\": 2, \"loss_se\": 0.1, \"eval_blocks\": [1, 2, 3]}\n";

static char id[RUN_ID];

// All files as they should be.
static void whole_sweep(void) {
    Run run = run_default();
    char text[256], hex[SHA256_TEXT];
    if (run_finish(&run) != OK) abort();
    run_id(&run, id);
    int n = snprintf(text, sizeof text, "run_id,d_model\n%s,%d\n", id, run.shape.d_model);
    fuzz_file("m.csv", text, (size_t)n);
    mkdir(fuzz_path(id), 0700);
    snprintf(text, sizeof text, "%s/record.jsonl", id);
    if (sha256_file(fuzz_file(text, record, strlen(record)), hex) != OK) abort();
    snprintf(text, sizeof text, "%s/DONE", id);
    fuzz_file(text, hex, strlen(hex));
    for (int i = 4; i < N_NAMES; i++) unlink(fuzz_path(names[i]));
    snprintf(text, sizeof text, "%s/FAILED", id);
    unlink(fuzz_path(text));
}

static Status use_sweep(Collection *c) {
    const char *out = fuzz_path("out.csv");
    TRY(collection_write(c, "fuzz", out));
    Memory m;
    if (c->count[RUN_DONE] && memory_read(out, &m) != OK) abort(); // what we wrote we read
    if (c->count[RUN_DONE]) {
        double loss;
        for (int row = 0; row < m.table.n_rows; row++)
            if (table_number(&m.table, row, table_column(&m.table, "loss"), &loss) != OK || !(loss > 0)) abort();
        memory_free(&m);
    }
    TRY(beside_merge(c, fuzz_path("m.csv"), fuzz_path("."), fuzz_path("kept.csv")));
    TRY(collection_merge(c, "fuzz", fuzz_path("kept.csv")));
    return curves_write(c, fuzz_path("."), 3, fuzz_path("."));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size) return 0;
    whole_sweep();
    int which = data[0] % N_NAMES;
    char name[64], seal[64], hex[SHA256_TEXT];
    snprintf(name, sizeof name, "%s%s", strncmp(names[which], "ID", 2) ? "" : id,
             names[which] + (strncmp(names[which], "ID", 2) ? 0 : 2));
    const char *path = fuzz_file(name, data + 1, size - 1);
    snprintf(seal, sizeof seal, "%s/DONE", id);
    if (which == 1 && sha256_file(path, hex) == OK) fuzz_file(seal, hex, strlen(hex)); // a sealed record of any bytes
    Collection c;
    Status s = collection_read(fuzz_path("m.csv"), fuzz_path("."), fuzz_path("kept.csv"), &c);
    if (s == OK) {
        s = use_sweep(&c);
        collection_free(&c);
    }
    if (s != OK && !status_message()[0]) abort();
    return 0;
}
