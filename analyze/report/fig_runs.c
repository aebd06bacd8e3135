// fig_runs.c - figures that show runs: predicted against observed, extrapolation.
#include "figures.h"
#include "fit/bootstrap.h"
#include "fit/predict.h"
#include "fit/holdout.h"
#include "runs/where.h"

#include "fit/fitting.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNSEEN_STARTS = 100, UNSEEN_DRAWS = 200 };

// The used row with this run_id, -1 if none.
static int row_of(const Scene *s, const char *id) {
    char room[32];
    for (int i = 0; i < s->runs.n; i++)
        if (!strcmp(runs_name(&s->runs, i, room), id)) return i;
    return -1;
}

// The split whose held-out runs are shown: the hold-out that is shown everywhere, else the folds.
static const json_t *shown_split(const Scene *s) {
    const json_t *law = law_named(s->crossval, s->fit.law->name), *held = shown_holdout(law);
    return held ? held : json_array_get(json_object_get(law, "splits"), 0);
}

// What the shown split predicted for each run that it held out; NAN for the others. The caller frees it.
static double *heldout_predictions(const Scene *s, const json_t *split) {
    double *predicted = allocate(s->runs.n, sizeof *predicted);
    for (int i = 0; i < s->runs.n; i++) predicted[i] = NAN;
    size_t k;
    json_t *item;
    json_array_foreach(json_object_get(split, "heldout"), k, item) {
        const char *id = json_string_value(json_array_get(item, 0));
        int row = id ? row_of(s, id) : -1;
        if (row >= 0) predicted[row] = json_number_value(json_array_get(item, 2));
    }
    return predicted;
}

static void parity_row(Csv *c, const Runs *runs, int i, const Point *at, double predicted, const char *split) {
    static const Variable columns[] = {VAR_D, VAR_N, VAR_NA, VAR_G, VAR_S};
    char room[32];
    double observed = runs->loss[i];
    csv_text(c, runs_name(runs, i, room));
    csv_text(c, *split ? "heldout" : "fit");
    csv_number(c, observed);
    csv_number(c, predicted);
    csv_number(c, 100 * (predicted - observed) / observed);
    for (int k = 0; k < 5; k++) csv_number(c, at->x[columns[k]]);
    csv_text(c, split);
    csv_end(c);
}

// Each run once: as fitted, or as predicted by a fit that had not seen it. Where runs were marked beforehand, that is
// the fit itself; else that of the split which is shown.
Status figure_parity(const Scene *s) {
    const json_t *split = s->marked.n ? NULL : shown_split(s);
    double *unseen = heldout_predictions(s, split);
    char name[SPLIT_TEXT];
    Csv c;
    Status status = csv_open(s, "parity.csv", "run_id,set,observed,predicted,residual_pct,D,N,Na,G,S,split", &c);
    for (int i = 0; status == OK && i < s->runs.n; i++) {
        bool held = !isnan(unseen[i]);
        parity_row(&c, &s->runs, i, &s->points[i], held ? unseen[i] : s->predicted[i],
                   held ? split_title(json_string_value(json_object_get(split, "split")), name) : "");
    }
    for (int i = 0; status == OK && i < s->marked.n; i++) {
        const Point *at = &s->marked_points[i];
        snprintf(name, sizeof name, "marked: %s", holdout_mark(s->marked.table, s->marked.row[i]));
        parity_row(&c, &s->marked, i, at, law_loss(s->fit.law, s->fit.parameters, at), name);
    }
    free(unseen);
    return status == OK ? csv_close(&c) : status;
}

// The law fitted anew to the runs that were not held out, so that the others are new to it, intervals included.
static Status fit_without(const Scene *s, const double *unseen, Fitted *f) {
    const FitReport *r = &s->report;
    FitOptions o = r->options;
    double warm[1][LAW_MAX_PARAMETERS];
    char fix[LAW_MAX_PARAMETERS][64]; // what the fit held stays held
    memcpy(warm[0], s->fit.parameters, sizeof warm[0]);
    o.starts = UNSEEN_STARTS, o.n_warm = 1, o.warm = (const double(*)[LAW_MAX_PARAMETERS])warm;
    for (int i = 0; i < law_n_parameters(s->fit.law); i++) {
        if (!r->held[i]) continue;
        snprintf(fix[i], sizeof fix[i], "%s=%.17g", law_parameter_name(s->fit.law, i), r->printed[i]);
        o.fix.text[o.fix.n++] = fix[i];
    }
    int *kept = allocate(s->runs.n, sizeof *kept), n = 0;
    for (int i = 0; i < s->runs.n; i++)
        if (isnan(unseen[i])) kept[n++] = i;
    Runs seen;
    runs_of_rows(&s->runs, kept, n, &seen);
    for (int i = 0; i < n; i++) kept[i] = i; // the fit keeps its own copy of these rows
    Status status = fitting_run(s->fit.law, &seen, &o, kept, n, f);
    if (status == OK) bootstrap(&seen, UNSEEN_DRAWS, f);
    runs_free(&seen);
    free(kept);
    return status;
}

// Row i of `runs` as `fit` predicts it; of held-out ones those inside their intervals are counted.
static void extrapolation_row(const Scene *s, Csv *c, const Runs *runs, int i, const Point *at, const Fit *fit,
                              bool held, int *within) {
    char room[32];
    Prediction p = predict(fit, at);
    bool known = !isnan(p.interval95[0]);
    bool inside = runs->loss[i] >= p.interval95[0] && runs->loss[i] <= p.interval95[1];
    csv_text(c, "run");
    csv_text(c, held ? "heldout" : "fit");
    csv_text(c, runs_name(runs, i, room));
    csv_number(c, scene_flops(s, at));
    csv_number(c, runs->loss[i]);
    csv_number(c, p.loss);
    csv_number(c, p.interval95[0]);
    csv_number(c, p.interval95[1]);
    csv_number(c, known ? inside : NAN);
    csv_text(c, "");
    csv_end(c);
    *within += held && known && inside;
}

Status figure_extrapolation(const Scene *s) {
    double *unseen = heldout_predictions(s, s->marked.n ? NULL : shown_split(s));
    Fitted fitted = {0};
    bool as_it_is = s->marked.n || !s->report.file; // such a law has seen none of the held-out runs
    Status status = as_it_is ? OK : fit_without(s, unseen, &fitted);
    Fit without = as_it_is ? s->fit : status == OK ? fitted_view(&fitted, &s->runs) : (Fit){0};
    Csv c;
    if (status == OK) status = csv_open(s, "extrapolation.csv", "kind,set,run_id,x,y,predicted,lo,hi,inside,text", &c);
    if (status == OK) {
        int held = s->marked.n, within = 0;
        char text[96];
        for (int i = 0; i < s->runs.n; i++) {
            bool is_held = !isnan(unseen[i]);
            extrapolation_row(s, &c, &s->runs, i, &s->points[i], is_held ? &without : &s->fit, is_held, &within);
            held += is_held;
        }
        for (int i = 0; i < s->marked.n; i++)
            extrapolation_row(s, &c, &s->marked, i, &s->marked_points[i], &without, true, &within);
        snprintf(text, sizeof text, "%d of %d held-out runs within their intervals", within, held);
        csv_text(&c, "note");
        for (int i = 0; i < 8; i++) csv_text(&c, "");
        csv_text(&c, text);
        csv_end(&c);
        status = csv_close(&c);
    }
    fitted_free(&fitted);
    free(unseen);
    return status;
}

const char *no_heldout(const Scene *s) {
    return s->marked.n || shown_split(s)
               ? NULL
               : "no held-out runs; `moelaw crossval` has them, --crossval CV.json brings them here";
}

const char *no_extrapolation(const Scene *s) {
    if (no_compute(s)) return no_compute(s);
    if (no_heldout(s)) return no_heldout(s);
    if (s->marked.n) return NULL;
    double *unseen = heldout_predictions(s, shown_split(s));
    int held = 0, left = 0;
    for (int i = 0; i < s->runs.n; i++) held += !isnan(unseen[i]), left += isnan(unseen[i]);
    free(unseen);
    if (!held) return "the held-out runs of the cross-validation are not in this table";
    bool refit = s->report.file && left < law_n_parameters(s->fit.law);
    return refit ? "without the held-out runs there are fewer than coefficients" : NULL;
}
