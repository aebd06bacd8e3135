// fig_runs.c - figures that show runs: predicted against observed, extrapolation.
#include "figures.h"
#include "fit/predict.h"
#include "holdout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static void parity_row(const Scene *s, Csv *c, int row, const char *set, double predicted) {
    static const Variable columns[] = {VAR_D, VAR_N, VAR_NA, VAR_G, VAR_S};
    char room[32];
    double observed = s->runs.loss[row];
    csv_text(c, runs_name(&s->runs, row, room));
    csv_text(c, set);
    csv_number(c, observed);
    csv_number(c, predicted);
    csv_number(c, 100 * (predicted - observed) / observed);
    for (int i = 0; i < 5; i++) csv_number(c, s->points[row].x[columns[i]]);
    csv_end(c);
}

Status figure_parity(const Scene *s) {
    Csv c;
    TRY(csv_open(s, "parity.csv", "run_id,set,observed,predicted,residual_pct,D,N,Na,G,S", &c));
    for (int i = 0; i < s->runs.n; i++) parity_row(s, &c, i, "fit", s->predicted[i]);
    size_t k;
    json_t *item;
    json_array_foreach(json_object_get(shown_split(s), "heldout"), k, item) {
        const char *id = json_string_value(json_array_get(item, 0));
        int row = id ? row_of(s, id) : -1;
        if (row >= 0) parity_row(s, &c, row, "heldout", json_number_value(json_array_get(item, 2)));
    }
    return csv_close(&c);
}

Status figure_extrapolation(const Scene *s) {
    Csv c;
    double most = 0;
    TRY(csv_open(s, "extrapolation.csv", "kind,set,run_id,x,y,predicted,lo,hi,inside", &c));
    bool *held = allocate(s->runs.n, sizeof *held);
    size_t k;
    json_t *item;
    json_array_foreach(json_object_get(shown_split(s), "heldout"), k, item) {
        const char *id = json_string_value(json_array_get(item, 0));
        int row = id ? row_of(s, id) : -1;
        if (row >= 0) held[row] = true;
    }
    for (int i = 0; i < s->runs.n; i++) {
        char room[32];
        Prediction p = predict(&s->fit, &s->points[i]);
        double flops = scene_flops(s, &s->points[i]);
        if (!held[i]) most = fmax(most, flops);
        csv_text(&c, "run");
        csv_text(&c, held[i] ? "heldout" : "fit");
        csv_text(&c, runs_name(&s->runs, i, room));
        csv_number(&c, flops);
        csv_number(&c, s->runs.loss[i]);
        csv_number(&c, p.loss);
        csv_number(&c, p.interval95[0]);
        csv_number(&c, p.interval95[1]);
        csv_number(&c, isnan(p.interval95[0])
                           ? NAN
                           : s->runs.loss[i] >= p.interval95[0] && s->runs.loss[i] <= p.interval95[1]);
        csv_end(&c);
    }
    // Where the fitted range ends, for the shading.
    csv_text(&c, "edge");
    csv_text(&c, "");
    csv_text(&c, "");
    csv_number(&c, most);
    for (int i = 0; i < 5; i++) csv_number(&c, NAN);
    csv_end(&c);
    free(held);
    return csv_close(&c);
}
