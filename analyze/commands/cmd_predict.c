// cmd_predict.c - `moelaw predict`: losses with the curve's confidence band and a new run's prediction interval.
#include "command.h"
#include "decide/decision.h"
#include "fit/predict.h"
#include "runs/runs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *pair_json(const double x[2]) {
    return json_pack("[o, o]", json_number(x[0]), json_number(x[1]));
}

static void text_interval(const char *what, const double x[2]) {
    if (isnan(x[0]))
        printf("  %s unknown", what);
    else
        printf("  %s [%.5f, %.5f]", what, x[0], x[1]);
}

static void print_one(const Fit *fit, const Point *p, bool json, const Warnings *warnings) {
    Prediction at = predict(fit, p);
    if (json) {
        json_print(json_pack("{s:o, s:o, s:o, s:o}", "loss", json_number(at.loss), "band95", pair_json(at.band95),
                             "interval95", pair_json(at.interval95), "warnings", warnings_json(warnings)));
        return;
    }
    printf("%.6f", at.loss);
    text_interval("curve 95 %", at.band95);
    text_interval("new run 95 %", at.interval95);
    printf("\n");
}

static void json_table(const Fit *fit, const Runs *runs, const Point *points, const Warnings *warnings) {
    json_t *names = json_array(), *loss = json_array(), *band = json_array(), *interval = json_array();
    char room[32];
    for (int i = 0; i < runs->n; i++) {
        Prediction at = predict(fit, &points[i]);
        json_array_append_new(names, json_text(runs_name(runs, i, room)));
        json_array_append_new(loss, json_number(at.loss));
        json_array_append_new(band, pair_json(at.band95));
        json_array_append_new(interval, pair_json(at.interval95));
    }
    json_print(json_pack("{s:o, s:o, s:o, s:o, s:o}", "run_id", names, "loss", loss, "band95", band, "interval95",
                         interval, "warnings", warnings_json(warnings)));
}

static void text_table(const Fit *fit, const Runs *runs, const Point *points) {
    char room[32];
    printf("run_id,predicted,band_lo,band_hi,interval_lo,interval_hi,observed\n");
    for (int i = 0; i < runs->n; i++) {
        Prediction at = predict(fit, &points[i]);
        const double x[] = {at.loss, at.band95[0], at.band95[1], at.interval95[0], at.interval95[1], runs->loss[i]};
        printf("%s", runs_name(runs, i, room));
        for (int j = 0; j < 6; j++) printf(isnan(x[j]) ? "," : ",%.6f", x[j]);
        printf("\n");
    }
}

static Status predict_table(const Fit *fit, const char *path, const RunChoice *choice, bool json) {
    const Law *laws[] = {fit->law, NULL};
    Runs runs;
    TRY(runs_read(path, choice, laws, &runs));
    Point *points = runs_points(&runs, fit->law, true);
    Warnings warnings = {0};
    warn_outside(&warnings, fit, points, runs.n);
    if (json)
        json_table(fit, &runs, points, &warnings);
    else
        text_table(fit, &runs, points);
    warnings_print(&warnings);
    free(points);
    runs_free(&runs);
    return OK;
}

static Status run(const Command *self, int argc, char **argv) {
    RunChoice choice = {.loss_optional = true, .held_out = true};
    const char *at = NULL, *positional[2];
    bool json = false;
    int n;
    const Option options[] = {opt_text("at", &at, "N=..,D=..", "one point instead of a table"),
                              RUN_OPTIONS(choice),
                              opt_flag("json", &json, "print JSON"),
                              {0}};
    TRY(args_read(self, options, argc, argv, positional, &n));
    if ((n == 2) == (at != NULL)) return fail(BAD_INPUT, "predict what? a table, or one point with --at");
    Fit fit;
    TRY(fit_load(positional[0], &fit));
    Point p;
    Status s = at ? point_parse(fit.law, at, &p) : predict_table(&fit, positional[1], &choice, json);
    if (s == OK && at) {
        Warnings warnings = {0};
        warn_outside(&warnings, &fit, &p, 1);
        print_one(&fit, &p, json, &warnings);
        warnings_print(&warnings);
    }
    fit_free(&fit);
    return s;
}

MOELAW_COMMAND(predict, 40, "losses from a fit, with band and interval", "FIT [RUNS.csv | --at N=..,D=..,...]", 1, 2,
               "Predicts losses. The curve's band says where the law is; the interval of a new run adds its noise.",
               "  moelaw predict published:hoffmann2022 --at N=70e9,D=1.4e12\n"
               "  moelaw predict fit.json planned.csv --json\n")
