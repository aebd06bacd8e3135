// cmd_check.c - `moelaw check`: does a law still hold on new runs? Exit status 0 or 1, for a CI.
#include "ground/output.h"
#include "command.h"
#include "fit/predict.h"
#include "runs/runs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORST_SHOWN = 10 };

typedef struct {
    int n, outside, with_interval; // runs; outside their interval; runs that have one
    double rmse, mape, bias;       // nats, per cent, per cent (above 0: the law predicts too much)
    Prediction *predictions;       // [n]
    int *order;                    // [n], largest relative error first
} Verdict;

static double relative_error(const Prediction *p, double loss) {
    return 100 * (p->loss - loss) / loss;
}

typedef struct {
    const Prediction *predictions;
    const double *loss;
} Errors;

static int compare_errors(const void *a, const void *b, void *context) {
    const Errors *e = context;
    int i = *(const int *)a, j = *(const int *)b;
    double x = fabs(relative_error(&e->predictions[i], e->loss[i])),
           y = fabs(relative_error(&e->predictions[j], e->loss[j]));
    return x > y ? -1 : x < y ? 1 : i - j;
}

static Verdict judge(const Fit *fit, const Runs *runs, const Point *points) {
    size_t n = runs->n;
    Verdict v = {
        .n = runs->n, .predictions = allocate(n, sizeof *v.predictions), .order = allocate(n, sizeof *v.order)};
    for (int i = 0; i < v.n; i++) {
        Prediction *p = &v.predictions[i];
        *p = predict(fit, &points[i]);
        double error = relative_error(p, runs->loss[i]);
        v.rmse += (p->loss - runs->loss[i]) * (p->loss - runs->loss[i]) / v.n;
        v.mape += fabs(error) / v.n;
        v.bias += error / v.n;
        v.with_interval += !isnan(p->interval95[0]);
        v.outside += runs->loss[i] < p->interval95[0] || runs->loss[i] > p->interval95[1];
        v.order[i] = i;
    }
    v.rmse = sqrt(v.rmse);
    Errors errors = {v.predictions, runs->loss};
    qsort_r(v.order, n, sizeof *v.order, compare_errors, &errors);
    return v;
}

static void print_text(const Fit *fit, const Runs *runs, const Verdict *v, bool good) {
    char room[32];
    printf("%-24s %10s %10s %9s  %s\n", "worst runs", "observed", "predicted", "error", "95 % of a new run");
    for (int k = 0; k < v->n && k < WORST_SHOWN; k++) {
        int i = v->order[k];
        const Prediction *p = &v->predictions[i];
        bool known = !isnan(p->interval95[0]),
             out = runs->loss[i] < p->interval95[0] || runs->loss[i] > p->interval95[1];
        printf("%-24s %10.5f %10.5f %+8.3f%%  ", runs_name(runs, i, room), runs->loss[i], p->loss,
               relative_error(p, runs->loss[i]));
        if (known) printf("[%.5f, %.5f]%s", p->interval95[0], p->interval95[1], out ? " outside" : "");
        if (p->outside) printf("%s%s beyond the fitted range", known ? ", " : "", p->outside);
        printf("\n");
    }
    printf("\n%s on %d runs: MAPE %.3f %%, bias %+.3f %%, RMSE %.5f nats", fit->law->name, v->n, v->mape, v->bias,
           v->rmse);
    if (v->with_interval) printf("; %d of %d outside their 95 %% interval", v->outside, v->with_interval);
    printf("\n%s\n", good ? "holds" : "does NOT hold");
}

static void print_json(const Runs *runs, const Verdict *v, bool good) {
    char room[32];
    printf("{\"holds\": %s, \"runs\": %d, \"mape\": ", good ? "true" : "false", v->n);
    write_json_number(stdout, v->mape);
    printf(", \"bias\": ");
    write_json_number(stdout, v->bias);
    printf(", \"rmse\": ");
    write_json_number(stdout, v->rmse);
    printf(", \"outside_interval\": %d, \"with_interval\": %d, \"rows\": [", v->outside, v->with_interval);
    for (int k = 0; k < v->n; k++) {
        int i = v->order[k];
        const Prediction *p = &v->predictions[i];
        const double x[] = {runs->loss[i], p->loss, relative_error(p, runs->loss[i]), p->interval95[0],
                            p->interval95[1]};
        static const char *const names[] = {"observed", "predicted", "error_pct", "interval_lo", "interval_hi"};
        printf("%s\n  {\"run_id\": ", k ? "," : "");
        write_json_string(stdout, runs_name(runs, i, room));
        for (int j = 0; j < 5; j++) {
            printf(", \"%s\": ", names[j]);
            write_json_number(stdout, x[j]);
        }
        printf("}");
    }
    printf("\n]}\n");
}

static Status run(const Command *self, int argc, char **argv) {
    RunChoice choice = {0};
    double max_mape = 1, max_bias = -1;
    const char *positional[2];
    bool json = false;
    const Option options[] = {
        opt_number("max-mape", &max_mape, "PCT", "largest mean absolute error, in per cent (default 1)", 0, 1e6),
        opt_number("max-bias", &max_bias, "PCT", "largest mean signed error, in per cent (default: no limit)", 0, 1e6),
        RUN_OPTIONS(choice),
        opt_flag("json", &json, "print JSON, all runs, worst first"),
        {0}};
    TRY(args_read(self, options, argc, argv, positional, NULL));
    Fit fit;
    TRY(fit_load(positional[0], &fit));
    const Law *laws[] = {fit.law, NULL};
    Runs runs;
    Status s = runs_read(positional[1], &choice, laws, &runs);
    if (s == OK) {
        Point *points = runs_points(&runs, fit.law, true);
        Verdict v = judge(&fit, &runs, points);
        bool good = v.mape <= max_mape && (max_bias < 0 || fabs(v.bias) <= max_bias);
        if (json)
            print_json(&runs, &v, good);
        else
            print_text(&fit, &runs, &v, good);
        if (!good)
            s = max_bias >= 0 && fabs(v.bias) > max_bias
                    ? fail(CHECK_FAILED, "bias %+.3f %% is beyond --max-bias %g", v.bias, max_bias)
                    : fail(CHECK_FAILED, "MAPE %.3f %% is above --max-mape %g", v.mape, max_mape);
        free(v.predictions);
        free(v.order);
        free(points);
        runs_free(&runs);
    }
    fit_free(&fit);
    return s;
}

MOELAW_COMMAND(check, 50, "does a law hold on new runs? exit status 0 or 1",
               "FIT NEW.csv [--max-mape PCT] [--max-bias PCT]", 2, 2,
               "Says per run and in total how well a law predicts new runs; exits 1 if it does not hold any more.",
               "  moelaw check fit.json new.csv --max-mape 1\n  moelaw check fit.json new.csv --max-bias 0.5 --json\n")
