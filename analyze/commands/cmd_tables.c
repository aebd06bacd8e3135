// cmd_tables.c - `moelaw tables`: LaTeX and CSV tables, and the macros of every number.
#include "command.h"
#include "report/table_record.h"
#include "report/tables.h"

static Status write_record(const Scene *s) {
    const Beside *r = &s->beside;
    TRY(table_record(s));
    TRY(table_runs(s));
    TRY(table_formulas(s));
    TRY(table_exact(s));
    if (r->manifest) TRY(table_settings(s, r->manifest, r->tried));
    if (r->registered) TRY(table_questions(s, r->registered));
    return r->coverage ? table_coverage(s, r->coverage) : OK;
}

static Status write_all(const Scene *s) {
    TRY(table_coefficients(s));
    TRY(table_laws(s));
    TRY(table_splits(s));
    TRY(table_grid(s));
    TRY(table_optimum(s));
    TRY(table_numbers(s));
    return write_record(s);
}

static Status run(const Command *self, int argc, char **argv) {
    SceneOptions o = {0};
    const char *files[2];
    const Option options[] = {
        SCENE_OPTIONS(o, "what `moelaw crossval` wrote, for the table of laws"),
        opt_text("manifest", &o.beside.manifest, "M.csv", "the runs' manifest, for the table of settings"),
        opt_text("tried", &o.beside.tried, "M.csv", "a manifest of what was tried before, beside it"),
        opt_text("register", &o.beside.registered, "R.json", "what `moesweep register` laid down, for the questions"),
        opt_text("coverage", &o.beside.coverage, "CSV", "what `make coverage` counted, for the table of coverage"),
        {0}};
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
               "left out. Of the runs themselves: record.tex (macros), runs.tex (every run), formulas.tex (every "
               "published law), exact.tex (all digits), "
               "and with the options settings.tex, questions.tex, coverage.tex.",
               "  moelaw tables fit.json runs.csv --crossval cv.json -o tables/\n")
