// fuzz_data.c - libFuzzer target: any bytes as a figure's data, CSV or JSON Lines (by the first byte), are read,
// filtered and computed with, or refused with a message.
//
// room: plot
// seeds: tests/plot/data
//   tests/fuzz/run.sh data 60
#include "fuzz.h"

#include "read/data.h"
#include "read/expression.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size) return 0;
    bool lines = data[0] == '{';
    const char *path = fuzz_file(lines ? "x.jsonl" : "x.csv", data, size);
    Arena a = {0};
    Store store = {.arena = &a, .spec_path = "x.yaml", .main = path};
    const Table *t;
    Status s = store_table(&store, NULL, 1, &t);
    for (int column = 0; s == OK && column < t->n_columns && column < 8; column++) {
        Expression e;
        double value;
        Status read = expression_read(&store, t, t->columns[column], 1, &e);
        fuzz_refused(read, BAD_INPUT);
        for (int row = 0; read == OK && row < t->n_rows && row < 8; row++)
            fuzz_refused(expression_value(&e, t, row, &value), BAD_INPUT);
    }
    fuzz_refused(s, BAD_INPUT);
    store_free(&store);
    arena_free(&a);
    return 0;
}
