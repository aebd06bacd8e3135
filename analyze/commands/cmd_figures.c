// cmd_figures.c - `moelaw figures`: the data of every figure as tidy CSV.
#include "command.h"
#include "report/figures.h"

static Status write_all(const Scene *s) {
    static Status (*const all[])(const Scene *) = {
        figure_parity,     figure_extrapolation, figure_marginal, figure_isoflop, figure_contour,
        figure_best_ratio, figure_crossval,      figure_draws,    figure_profile, figure_starts};
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) TRY(all[i](s));
    return OK;
}

static Status figures(int argc, char **argv) {
    SceneOptions o = {0};
    const char *positional[2];
    int n;
    const Option options[] = {
        {"output", 'o', ARG_TEXT, &o.folder, "DIR", "folder for the CSV files (default: here)", 0, 0},
        {"crossval", 0, ARG_TEXT, &o.crossval, "CV.json", "held-out runs and folds of `moelaw crossval`", 0, 0},
        RUN_OPTIONS(o.choice),
        {0}};
    const Usage usage = {
        "moelaw",
        "figures FIT RUNS.csv [--crossval CV.json] -o DIR",
        "Writes the data of the figures: parity, extrapolation, marginal, isoflop, allocation, contour,\n"
        "best_ratio, crossval, draws, profile, starts (.csv). Rows and columns are chosen as the fit did.",
        "  moelaw figures fit.json runs.csv --crossval cv.json -o figures/\n",
        options,
        2,
        2};
    TRY(args_parse(&usage, argc, argv, positional, &n));
    Scene s;
    TRY(scene_open(positional[0], positional[1], &o, &s));
    Status status = write_all(&s);
    if (status == OK) note("wrote the figures' data to %s", s.folder);
    scene_close(&s);
    return status;
}

static int run(int argc, char **argv) {
    return status_report("moelaw", figures(argc, argv));
}
COMMAND(figures, "tidy data for the figures", 80)
