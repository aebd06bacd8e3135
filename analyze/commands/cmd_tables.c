// cmd_tables.c - `moelaw tables`: LaTeX and CSV tables, and the macros of every number.
#include "command.h"
#include "report/tables.h"

static Status write_all(const Scene *s) {
    TRY(table_coefficients(s));
    TRY(table_laws(s));
    TRY(table_splits(s));
    TRY(table_grid(s));
    TRY(table_optimum(s));
    return table_numbers(s);
}

static Status run(const Command *self, int argc, char **argv) {
    SceneOptions o = {0};
    const char *positional[2];
    const Option options[] = {
        opt_output(&o.folder, "DIR", "folder for the files (default: here)"),
        opt_text("crossval", &o.crossval, "CV.json", "what `moelaw crossval` wrote, for the table of laws"),
        RUN_OPTIONS(o.choice),
        {0}};
    TRY(args_read(self, options, argc, argv, positional, NULL));
    Scene s;
    TRY(scene_open(positional[0], positional[1], &o, &s));
    Status status = write_all(&s);
    if (status == OK) note("wrote the tables to %s", s.folder);
    scene_close(&s);
    return status;
}

MOELAW_COMMAND(tables, 90, "LaTeX and CSV tables, and macros for a text", "FIT RUNS.csv [--crossval CV.json] -o DIR", 2,
               2,
               "Writes coefficients, laws, splits, grid and optimum as .csv and .tex (booktabs), and "
               "numbers.tex: one macro for\n"
               "each number, such as \\zhaoRmse, \\zhaoCoefalpha, \\zhaoCoefalphaLow, \\zhaoBestG, "
               "\\zhaoCvRmse, \\cvBest. With a\n"
               "cross-validation, a text must show both \\cvVerdicts and the table of splits, or LaTeX "
               "stops: no lost split is\n"
               "left out.",
               "  moelaw tables fit.json runs.csv --crossval cv.json -o tables/\n")
