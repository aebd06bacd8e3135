// cmd_figures.c - `moelaw figures`: the data of every figure as tidy CSV.
#include "command.h"
#include "report/figures.h"

#include <stdio.h>
#include <unistd.h>

typedef struct {
    const char *files[2]; // of the folder
    Status (*write)(const Scene *s);
    const char *(*lacks)(const Scene *s); // NULL: every law and fit has this figure
} Figure;

static const char *no_fit(const Scene *s) {
    return s->report.file ? NULL : "coefficients that were published have no searches, and no runs behind them here";
}

static const char *no_draws(const Scene *s) {
    return s->fit.n_draws ? NULL : "the fit has no bootstrap draws";
}

static const Figure all[] = {
    {{"parity.csv"}, figure_parity, NULL},
    {{"extrapolation.csv"}, figure_extrapolation, no_extrapolation},
    {{"marginal.csv"}, figure_marginal, NULL},
    {{"isoflop.csv", "allocation.csv"}, figure_isoflop, no_compute},
    {{"contour.csv"}, figure_contour, no_compute},
    {{"best_ratio.csv"}, figure_best_ratio, no_share},
    {{"crossval.csv"}, figure_crossval, no_heldout},
    {{"draws.csv"}, figure_draws, no_draws},
    {{"profile.csv"}, figure_profile, no_fit},
    {{"starts.csv"}, figure_starts, no_fit},
    {{"hooks.csv"}, figure_hooks, no_hooks},
    {{"share.csv"}, figure_share, no_known_share},
    {{"granularity.csv"}, figure_granularity, no_granularity},
    {{"structure.csv"}, figure_structure, no_structures},
    {{"experts.csv"}, figure_experts, no_experts},
    {{"serving.csv"}, figure_serving, no_structures},
    {{"holistic.csv"}, figure_holistic, no_holistic},
    {{"ranks.csv"}, figure_ranks, no_ranks},
    {{"noise.csv"}, figure_noise, no_noise},
    {{"rates.csv"}, figure_rates, no_rates},
    {{"effects.csv"}, figure_effects, NULL},
};

// A figure that cannot be is said, and leaves no file behind: neither an empty one nor an older one.
static Status write_figure(const Scene *s, const Figure *figure) {
    const char *reason = figure->lacks ? figure->lacks(s) : NULL;
    if (!reason) return figure->write(s);
    warn("no %s: %s", figure->files[0], reason);
    for (int i = 0; i < 2 && figure->files[i]; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", s->folder, figure->files[i]);
        unlink(path);
    }
    return OK;
}

static Status write_all(const Scene *s) {
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) TRY(write_figure(s, &all[i]));
    return OK;
}

static Status run(const Command *self, int argc, char **argv) {
    SceneOptions o = {0};
    const char *files[2];
    const Option options[] = {SCENE_OPTIONS(o, "held-out runs and folds of `moelaw crossval`"), {0}};
    TRY(args_read(self, options, argc, argv, files, NULL));
    return scene_write(files[0], files[1], &o, write_all, "the figures' data");
}

MOELAW_COMMAND(
    figures, 80, "tidy data for the figures", "FIT RUNS.csv [--crossval CV.json] -o DIR", 2, 2,
    "Writes the data of the figures: parity, extrapolation, marginal, isoflop, allocation, contour,\n"
    "best_ratio, crossval, draws, profile, starts; after the papers hooks, share, structure, granularity,\n"
    "experts, serving, holistic, ranks; of training noise, rates, effects (.csv). Rows and columns are chosen as the\n"
    "fit did. What a law, fit or table cannot have (compute without D, held-out runs without --crossval,\n"
    "seeds) is named and left out.",
    "  moelaw figures fit.json runs.csv --crossval cv.json -o figures/\n")
