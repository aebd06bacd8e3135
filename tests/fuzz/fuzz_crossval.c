// fuzz_crossval.c - libFuzzer target: any bytes as CV.json are set in tables and macros or refused with a message; no
// control sequence of TeX gets through.
//
// room: analyze
//   tests/fuzz/run.sh crossval 60
#include "fuzz.h"

#include "report/tables.h"

#include <string.h>

static Status write_tables(const char *crossval) {
    const SceneOptions o = {.crossval = crossval, .folder = fuzz_path("tables")};
    Scene s;
    TRY(scene_open("tests/fuzz/fit/hoffmann.json", "tests/fuzz/table/planted.csv", &o, &s));
    Status status = table_laws(&s);
    if (status == OK) status = table_splits(&s);
    if (status == OK) status = table_numbers(&s);
    scene_close(&s);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Status s = write_tables(fuzz_file("cv.json", data, size));
    fuzz_refused(s, CHECK_FAILED);
    static const char *const files[] = {"tables/numbers.tex", "tables/laws.tex", "tables/splits.tex"};
    for (int i = 0; s == OK && i < 3; i++) {
        char *text;
        size_t length;
        if (read_file(fuzz_path(files[i]), 0, &text, &length) != OK) continue;
        if (strstr(text, "\\write") || strstr(text, "\\input") || strstr(text, "\\openout")) abort();
        free(text);
    }
    return 0;
}
