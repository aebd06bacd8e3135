// fig_holistic.c - the architecture figures of arXiv 2603.21862: the loss along M/Na and along N/Na at each budget with
// their minima, how the near-optimal bands of M/Na and width move with compute, and whether two widths rank the same
// configurations alike.
//
// Slopes come from the fit's law; ratio laws from the runs where these have minima over both at equal budgets, else
// those of the paper. Budgets are the paper's, so that the runs must reach as far.
#include "figures.h"
#include "structure.h"

#include "decide/build.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { RATIO_POINTS = 161, LEAST_RANKED = 5 };
static const double percent = 0.1;

static void ratio_curve(Csv *c, const Goal *g, bool over_x) {
    double at = over_x ? g->x : g->y, lo = over_x ? 6 + (at - 6) / 4 : 1 + (at - 1) / 3,
           hi = over_x ? 6 + (at - 6) * 4 : fmin(3 * at, g->y_most - 0.5), least = goal_loss(g, g->M, g->x, g->y);
    const char *name = over_x ? "M/Na" : "N/Na";
    for (int k = 0; k < RATIO_POINTS; k++) {
        double x = lo * pow(hi / lo, (double)k / (RATIO_POINTS - 1));
        double loss = goal_loss(g, g->M, over_x ? x : g->x, over_x ? g->y : x);
        csv_row(c, "ttnnnnn", "curve", name, g->C, x, 100 * (loss / least - 1), NAN, NAN);
    }
    double bands[3][2];
    goal_band(g, percent, bands[0], bands[1], bands[2]);
    const double *band = bands[over_x ? 1 : 2];
    csv_row(c, "ttnnnnn", "minimum", name, g->C, at, 0.0, band[0], band[1]);
    csv_row(c, "ttnnnnn", "band", name, g->C, at, NAN, band[0], band[1]);
}

const char *no_holistic(const Scene *s) {
    double range[2];
    AllocationTask t;
    if (!scene_has_compute(s)) return "the law lacks size or D, so its runs have no compute";
    if (allocation_of_fit(&t, &s->fit) != OK) return "the law has nothing to allocate";
    compute_range(s, range);
    return range[1] >= wan_scales[0].C / 10
               ? NULL
               : "the runs' compute lies far below the budgets (1e18 to 3e20) of the ratio laws of arXiv 2603.21862";
}

Status figure_holistic(const Scene *s) {
    Csv c;
    TRY(csv_open(s, "holistic.csv", "kind,ratio,C,x,y,lo,hi", &c));
    BuildTask task = {.percent = percent, .relation = true, .fit = &s->fit, .ratios = ratios_published()};
    Status status = allocation_of_fit(&task.task, &s->fit);
    for (int i = 0; status == OK && i < WAN_SCALES; i++) {
        BuildTask t = task;
        Built b;
        Warnings ignored = {0};
        t.rules = rules_default;
        t.rules.n_experts = 288, t.rules.top_k = 8, t.rules.n_shared = 1;
        t.C = wan_scales[i].C;
        status = build(&t, &b, &ignored);
        if (status != OK) break;
        ratio_curve(&c, &b.goal, true);
        ratio_curve(&c, &b.goal, false);
        csv_row(&c, "ttnnnnn", "band", "d_model", t.C, (double)b.best.shape.d_model, NAN, b.band.d_model[0],
                b.band.d_model[1]);
    }
    if (status != OK) return output_discard(&c.out), status;
    return csv_close(&c);
}

// ---- ranks
// -----------------------------------------------------------------------------------------------------------

static double width_of(const Scene *s, int i) {
    int column = table_column(s->runs.table, "d_model");
    double x;
    return column >= 0 && table_number(s->runs.table, s->runs.row[i], column, &x) == OK ? x : NAN;
}

// Alike in all that the law knows, counts within 10 % since another width never has quite the same.
static bool same_setting(const Scene *s, int i, int j) {
    for (int v = 0; v < N_VARIABLES; v++) {
        double a = s->points[i].x[v], b = s->points[j].x[v];
        if (scene_has(s, (Variable)v) && fabs(a - b) > 0.1 * fmax(fabs(a), fabs(b))) return false;
    }
    return true;
}

// Settings trained at both widths with the same D as the first: their losses. Returns how many.
static int shared_settings(const Scene *s, double small, double large, double tokens, double *a, double *b) {
    int n = 0;
    for (int i = 0; i < s->runs.n; i++) {
        if (width_of(s, i) != small || fabs(s->points[i].x[VAR_D] / tokens - 1) > 0.02) continue;
        for (int j = 0; j < s->runs.n; j++)
            if (width_of(s, j) == large && same_setting(s, i, j)) {
                a[n] = s->runs.loss[i], b[n++] = s->runs.loss[j];
                break;
            }
    }
    return n;
}

// The pair of widths and the D with the most settings in common. a and b [runs.n].
static int best_pair(const Scene *s, double *a, double *b, double widths[2], double *tokens) {
    int most = 0;
    double *x = allocate(s->runs.n, sizeof *x), *y = allocate(s->runs.n, sizeof *y);
    for (int i = 0; i < s->runs.n; i++)
        for (int j = i + 1; j < s->runs.n; j++) {
            double small = fmin(width_of(s, i), width_of(s, j)), large = fmax(width_of(s, i), width_of(s, j));
            if (!(large > small) || !same_setting(s, i, j)) continue;
            int n = shared_settings(s, small, large, s->points[i].x[VAR_D], x, y);
            if (n <= most) continue;
            most = n, widths[0] = small, widths[1] = large, *tokens = s->points[i].x[VAR_D];
            for (int k = 0; k < n; k++) a[k] = x[k], b[k] = y[k];
        }
    free(x), free(y);
    return most;
}

const char *no_ranks(const Scene *s) {
    double widths[2], tokens, *a = allocate(s->runs.n, sizeof *a), *b = allocate(s->runs.n, sizeof *b);
    int n = table_column(s->runs.table, "d_model") < 0 ? -1 : best_pair(s, a, b, widths, &tokens);
    free(a), free(b);
    if (n < 0) return "the table has no widths";
    return n >= LEAST_RANKED ? NULL : "no five settings were trained at two widths with the same D";
}

Status figure_ranks(const Scene *s) {
    Csv c;
    double widths[2], tokens, *a = allocate(s->runs.n, sizeof *a), *b = allocate(s->runs.n, sizeof *b);
    double *work = allocate(2 * s->runs.n, sizeof *work);
    int n = best_pair(s, a, b, widths, &tokens);
    Status status = csv_open(s, "ranks.csv", "kind,small,large,x,y,n", &c);
    for (int i = 0; status == OK && i < n; i++) csv_row(&c, "tnnnnn", "setting", widths[0], widths[1], a[i], b[i], NAN);
    if (status == OK)
        csv_row(&c, "tnnnnn", "spearman", widths[0], widths[1], gsl_stats_spearman(a, 1, b, 1, (size_t)n, work), NAN,
                (double)n);
    free(a), free(b), free(work);
    return status == OK ? csv_close(&c) : status;
}
