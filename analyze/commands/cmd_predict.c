// cmd_predict.c - `moelaw predict`: losses with the curve's confidence band and a new run's prediction interval.
#include "ground/number.h"
#include "ground/output.h"
#include "command.h"
#include "fit/predict.h"
#include "runs/runs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void json_pair(const double x[2]) {
    printf("[");
    write_json_number(stdout, x[0]);
    printf(", ");
    write_json_number(stdout, x[1]);
    printf("]");
}

static void text_interval(const char *what, const double x[2]) {
    if (isnan(x[0]))
        printf("  %s unknown", what);
    else
        printf("  %s [%.5f, %.5f]", what, x[0], x[1]);
}

static void print_one(const Fit *fit, const Point *p, bool json) {
    Prediction at = predict(fit, p);
    if (at.outside) note("%s is outside the fitted range: this is an extrapolation", at.outside);
    if (!json) {
        printf("%.6f", at.loss);
        text_interval("curve 95 %", at.band95);
        text_interval("new run 95 %", at.interval95);
        printf("\n");
        return;
    }
    printf("{\"loss\": ");
    write_json_number(stdout, at.loss);
    printf(", \"band95\": ");
    json_pair(at.band95);
    printf(", \"interval95\": ");
    json_pair(at.interval95);
    printf("}\n");
}

static void json_table(const Fit *fit, const Runs *runs, const Point *points) {
    Prediction *all = allocate((unsigned long)runs->n, sizeof *all);
    char room[32];
    for (int i = 0; i < runs->n; i++) all[i] = predict(fit, &points[i]);
    printf("{\"run_id\": [");
    for (int i = 0; i < runs->n; i++) {
        printf("%s", i ? ", " : "");
        write_json_string(stdout, runs_name(runs, i, room));
    }
    printf("],\n\"loss\": [");
    for (int i = 0; i < runs->n; i++) {
        printf("%s", i ? ", " : "");
        write_json_number(stdout, all[i].loss);
    }
    printf("],\n\"band95\": [");
    for (int i = 0; i < runs->n; i++) {
        printf("%s", i ? ", " : "");
        json_pair(all[i].band95);
    }
    printf("],\n\"interval95\": [");
    for (int i = 0; i < runs->n; i++) {
        printf("%s", i ? ", " : "");
        json_pair(all[i].interval95);
    }
    printf("]}\n");
    free(all);
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
    if (json)
        json_table(fit, &runs, points);
    else
        text_table(fit, &runs, points);
    free(points);
    runs_free(&runs);
    return OK;
}

static Status predict_command(int argc, char **argv) {
    RunChoice choice = {.loss_optional = true};
    const char *at = NULL, *positional[2];
    bool json = false;
    int n;
    const Option options[] = {{"at", 0, ARG_TEXT, &at, "N=..,D=..", "one point instead of a table", 0, 0},
                              RUN_OPTIONS(choice),
                              {"json", 0, ARG_FLAG, &json, NULL, "print JSON", 0, 0},
                              {0}};
    const Usage usage = {
        "moelaw",
        "predict FIT [RUNS.csv | --at N=..,D=..,...]",
        "Predicts losses. The curve's band says where the law is; the interval of a new run adds its noise.",
        "  moelaw predict published:hoffmann2022 --at N=70e9,D=1.4e12\n"
        "  moelaw predict fit.json planned.csv --json\n",
        options,
        1,
        2};
    TRY(args_parse(&usage, argc, argv, positional, &n));
    if ((n == 2) == (at != NULL)) return fail(BAD_INPUT, "predict what? a table, or one point with --at");
    Fit fit;
    TRY(fit_load(positional[0], &fit));
    Point p;
    Status s = at ? point_parse(fit.law, at, &p) : predict_table(&fit, positional[1], &choice, json);
    if (s == OK && at) print_one(&fit, &p, json);
    fit_free(&fit);
    return s;
}

static int run(int argc, char **argv) {
    return status_report("moelaw", predict_command(argc, argv));
}
COMMAND(predict, "losses from a fit, with band and interval", 40)
