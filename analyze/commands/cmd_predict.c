// cmd_predict.c - `moelaw predict`: losses with the curve's confidence band and a new run's prediction interval; with
// the runs and a point, a forecast beside what the runs cannot exclude.
#include "command.h"
#include "decide/decision.h"
#include "decide/forecast.h"
#include "fit/predict.h"
#include "runs/runs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

// ---- forecasts -----------------------------------------------------------------------------------------------------

typedef struct {
    const char *at, *floors, *leave_out;
    double noise;
    bool json;
} Wish;

static Status read_floors(const char *text, ForecastOptions *o) {
    while (text && *text) {
        char one[64];
        size_t length = strcspn(text, ",");
        snprintf(one, sizeof one, "%.*s", (int)length, text);
        if (o->n_floors == MOST_FLOORS) return fail(BAD_INPUT, "--floor: more than %d floors", MOST_FLOORS);
        double *floor = &o->floors[o->n_floors++];
        if (!parse_number(one, floor) || *floor < 0)
            return fail(BAD_INPUT, "--floor: '%s', expected losses such as 1.4,1.6", one);
        text += length + (text[length] == ',');
    }
    return OK;
}

static json_t *interval_json(const Interval *x) {
    const double ends[2] = {x->lo, x->hi};
    return json_pack("{s:o, s:s}", "ci", pair_json(ends), "is", interval_word(x));
}

static void forecast_json(const Forecast *f, const Warnings *warnings) {
    json_t *floors = json_array();
    for (int i = 0; i < f->n_floors; i++)
        json_array_append_new(floors, json_pack("{s:f, s:o, s:o}", "floor", f->floors[i].floor, "loss",
                                                json_number(f->floors[i].loss), "rms", json_number(f->floors[i].rms)));
    json_t *all =
        json_pack("{s:o, s:o, s:o, s:o}", "loss", json_number(f->fitted.loss), "band95", pair_json(f->fitted.band95),
                  "interval95", pair_json(f->fitted.interval95), "floors", floors);
    json_object_update_new(all, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "floor", json_number(f->floor), "rms",
                                          json_number(f->rms), "profile95", interval_json(&f->profile95), "noise",
                                          json_number(f->noise), "within_noise", interval_json(&f->within), "warnings",
                                          warnings_json(warnings)));
    json_print(all);
}

static void range_line(const char *what, const double x[2]) {
    Interval i = {x[0], x[1]};
    char room[INTERVAL_TEXT_ROOM];
    printf("  %-34s %s\n", what, interval_kind(&i) == UNKNOWN ? "unknown" : interval_text(&i, room));
}

static void forecast_text(const Forecast *f, const char *at) {
    char what[64];
    printf("forecast at %s\n\n  %-34s %9s  error on the runs\n", at, "", "loss");
    snprintf(what, sizeof what, isnan(f->floor) ? "as fitted" : "floor free: %.4f", f->floor);
    printf("  %-34s %9.5f  %.3f %%\n", what, f->fitted.loss, 100 * f->rms);
    for (int i = 0; i < f->n_floors; i++) {
        snprintf(what, sizeof what, "floor held at %.4g", f->floors[i].floor);
        printf("  %-34s %9.5f  %.3f %%\n", what, f->floors[i].loss, 100 * f->floors[i].rms);
    }
    printf("\n");
    range_line("curve, 95 % (bootstrap)", f->fitted.band95);
    range_line("a new run, 95 %", f->fitted.interval95);
    range_line("curve, 95 % (profile likelihood)", (const double[]){f->profile95.lo, f->profile95.hi});
    if (isnan(f->noise)) return;
    snprintf(what, sizeof what, "every curve within %.3g %% of noise", 100 * f->noise);
    range_line(what, (const double[]){f->within.lo, f->within.hi});
    if (interval_kind(&f->within) == UNKNOWN) note("not even the fit describes the runs within this noise");
}

static void leave_out_json(const LeaveOut *l, const char *by) {
    json_t *list = json_array();
    for (int i = 0; i < l->n; i++)
        json_array_append_new(list,
                              json_pack("{s:i, s:f, s:f, s:f, s:f}", "used", l->at[i].used, "largest", l->at[i].largest,
                                        "beyond", l->at[i].beyond, "bias", l->at[i].bias, "rms", l->at[i].rms));
    json_print(json_pack("{s:s, s:f, s:i, s:o}", "by", by, "target", l->target, "held", l->held, "curve", list));
}

static void leave_out_text(const LeaveOut *l, const char *by) {
    char largest[NUMBER_TEXT];
    printf("%d run%s at %s = %s, forecast from smaller ones alone\n\n  %5s %12s %9s %10s %10s\n", l->held,
           l->held == 1 ? "" : "s", by, people(l->target, largest), "used", "up to", "beyond", "bias %", "error %");
    for (int i = 0; i < l->n; i++)
        printf("  %5d %12s %9.3g %+10.3f %10.3f\n", l->at[i].used, people(l->at[i].largest, largest), l->at[i].beyond,
               l->at[i].bias, l->at[i].rms);
}

static Status tell_forecast(const FitReport *r, const Runs *runs, const Point *points, const Wish *w) {
    ForecastOptions o = {.noise = w->noise};
    Forecast f;
    Point at;
    TRY(read_floors(w->floors, &o));
    TRY(point_parse(r->fit.law, w->at, &at));
    TRY(forecast(r, runs, points, &at, &o, &f));
    Warnings warnings = {0};
    warn_outside(&warnings, &r->fit, &at, 1);
    if (w->json)
        forecast_json(&f, &warnings);
    else
        forecast_text(&f, w->at);
    warnings_print(&warnings);
    return OK;
}

// With the runs that the fit was made of, read as it read them.
static Status with_runs(const char *fit, const char *table, const Wish *w) {
    FitReport *r = allocate(1, sizeof *r);
    Status s = fit_report_load(fit, r);
    if (s == OK) {
        const Law *laws[] = {r->fit.law, NULL};
        Runs runs;
        LeaveOut l;
        s = runs_read(table, &r->choice, laws, &runs);
        if (s == OK) {
            Point *points = runs_points(&runs, r->fit.law, false);
            if (r->sha256 && strcmp(r->sha256, runs.sha256) != 0)
                warn("%s is not the table that %s was fitted to", table, fit);
            s = w->at ? tell_forecast(r, &runs, points, w) : leave_out(r, &runs, points, w->leave_out, &l);
            if (s == OK && !w->at) (w->json ? leave_out_json : leave_out_text)(&l, w->leave_out);
            free(points);
            runs_free(&runs);
        }
        fit_report_free(r);
    }
    free(r);
    return s;
}

static Status run(const Command *self, int argc, char **argv) {
    RunChoice choice = {.loss_optional = true, .held_out = true};
    Wish w = {.noise = NAN};
    const char *positional[2];
    int n;
    const Option options[] = {
        opt_text("at", &w.at, "N=..,D=..", "one point; with the runs of the fit, a forecast"),
        opt_text("floor", &w.floors, "E,E,...", "forecasts with the irreducible loss held at these"),
        opt_number("noise", &w.noise, "SD",
                   "of the log loss of one run, for what runs cannot exclude (default: the fit's)", 1e-9, 1),
        opt_text("leave-out", &w.leave_out, "N|D|C", "how well smaller runs alone forecast the largest"),
        RUN_OPTIONS(choice),
        opt_flag("json", &w.json, "print JSON"),
        {0}};
    TRY(args_read(self, options, argc, argv, positional, &n));
    bool forecast_asked = w.floors || w.leave_out || !isnan(w.noise);
    if (n == 1 && !w.at) return fail(BAD_INPUT, "predict what? a table, or one point with --at");
    if (n == 1 && forecast_asked)
        return fail(BAD_INPUT, "--floor, --noise and --leave-out need the runs of the fit: predict FIT RUNS.csv ...");
    if (w.at && w.leave_out) return fail(BAD_INPUT, "--leave-out goes without --at: the largest runs are forecast");
    if (n == 2 && (w.at || w.leave_out)) return with_runs(positional[0], positional[1], &w);
    if (forecast_asked) return fail(BAD_INPUT, "--floor and --noise need a point: --at N=..,D=..");
    Fit fit;
    TRY(fit_load(positional[0], &fit));
    Point p;
    Status s = w.at ? point_parse(fit.law, w.at, &p) : predict_table(&fit, positional[1], &choice, w.json);
    if (s == OK && w.at) {
        Warnings warnings = {0};
        warn_outside(&warnings, &fit, &p, 1);
        print_one(&fit, &p, w.json, &warnings);
        warnings_print(&warnings);
    }
    fit_free(&fit);
    return s;
}

MOELAW_COMMAND(predict, 40, "losses from a fit, with band and interval; forecasts",
               "FIT [RUNS.csv] [--at N=..,D=..,...] [options]", 1, 2,
               "Predicts losses. The curve's band says where the law is; the interval of a new run adds its noise.\n"
               "With the runs of the fit and a point it forecasts: with a free floor and with floors held, beside\n"
               "what these runs cannot exclude; with --leave-out, how well smaller runs forecast the largest.",
               "  moelaw predict published:hoffmann2022 --at N=70e9,D=1.4e12\n"
               "  moelaw predict fit.json planned.csv --json\n"
               "  moelaw predict fit.json runs.csv --at C=1e23 --floor 1.4,1.5,1.6 --noise 0.002\n"
               "  moelaw predict fit.json runs.csv --leave-out C\n")
