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
    const char *files[2];
    const Option options[] = {SCENE_OPTIONS(o, "what `moelaw crossval` wrote, for the table of laws"), {0}};
    TRY(args_read(self, options, argc, argv, files, NULL));
    return scene_write(files[0], files[1], &o, write_all, "the tables");
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
