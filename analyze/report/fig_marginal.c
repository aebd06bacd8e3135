// fig_marginal.c - the loss against one factor at a time, with the runs moved onto the curve's other factors.
//
// A run is shown where it would be had its other factors been the curve's: observed times predicted there over
// predicted where it was. That keeps its residual and takes out what the law says of the rest.
#include "fit/derived.h"
#include "figures.h"
#include "ground/number.h"

#include <math.h>

enum { CURVE_POINTS = 81, MAX_SERIES = 3 };

typedef struct {
    const char *name;
    Variable variable;
    bool ratio; // x is Na/N
    bool log_scale;
    double lo, hi; // of the runs
} Factor;

static Point with(const Factor *f, const Point *base, double x) {
    Point p = *base;
    p.x[f->variable] = f->ratio ? x * p.x[VAR_N] : x;
    return p;
}

static double factor_of(const Factor *f, const Point *p) {
    return f->ratio ? p->x[VAR_NA] / p->x[VAR_N] : p->x[f->variable];
}

static void find_range(const Scene *s, Factor *f) {
    f->lo = INFINITY;
    f->hi = -INFINITY;
    for (int i = 0; i < s->runs.n; i++) {
        f->lo = fmin(f->lo, factor_of(f, &s->points[i]));
        f->hi = fmax(f->hi, factor_of(f, &s->points[i]));
    }
}

static void row(Csv *c, const Factor *f, const char *kind, const char *series, double x, double y, const double *range,
                bool inside) {
    csv_text(c, f->name);
    csv_text(c, kind);
    csv_text(c, series);
    csv_number(c, x);
    csv_number(c, y);
    csv_number(c, range ? range[0] : NAN);
    csv_number(c, range ? range[1] : NAN);
    csv_number(c, inside);
    csv_end(c);
}

static void curve(const Scene *s, Csv *c, const Factor *f, const Point *base, const char *series) {
    // A third beyond the runs on either side shows whether an optimum lies just outside.
    double lo = f->log_scale ? f->lo / 1.6 : f->lo, hi = f->log_scale ? f->hi * 1.6 : fmin(f->hi + 0.15, 0.98);
    if (f->ratio) hi = fmin(hi, 1);
    for (int k = 0; k < CURVE_POINTS; k++) {
        double part = (double)k / (CURVE_POINTS - 1),
               x = f->log_scale ? lo * pow(hi / lo, part) : lo + part * (hi - lo), band[2];
        Point p = with(f, base, x);
        band_at(s, &p, band);
        row(c, f, "curve", series, x, law_loss(s->fit.law, s->fit.parameters, &p), band, x >= f->lo && x <= f->hi);
    }
}

static void optimum(const Scene *s, Csv *c, const Factor *f, const Point *base, const char *series) {
    BestAt at = best_at(&s->fit, base->x[VAR_N]);
    double interval[2];
    FitFunction best = f->ratio ? best_ratio : f->variable == VAR_G ? best_g : f->variable == VAR_S ? best_s : NULL;
    if (!best) return;
    double x = best(s->fit.law, s->fit.parameters, &at);
    if (!isfinite(x)) return; // the loss falls to an end: there is none to mark
    fit_interval(&s->fit, best, &at, interval);
    Point p = with(f, base, x);
    row(c, f, "optimum", series, x, law_loss(s->fit.law, s->fit.parameters, &p), interval, x >= f->lo && x <= f->hi);
}

static int nearest(const double *levels, int n, double x) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (fabs(log(x / levels[i])) < fabs(log(x / levels[best]))) best = i;
    return best;
}

static void one_factor(const Scene *s, Csv *c, const Factor *f) {
    // One curve per size, since the best share depends on it; small, middle and large.
    Variable sized = scene_has(s, VAR_N) ? VAR_N : VAR_NA;
    bool has_size = (scene_has(s, VAR_N) || scene_has(s, VAR_NA)) && f->variable != sized;
    double sizes[MAX_SERIES] = {scene_quantile(s, sized, 0.1), scene_quantile(s, sized, 0.5),
                                scene_quantile(s, sized, 0.9)};
    int n = has_size && sizes[2] > 1.3 * sizes[0] ? MAX_SERIES : 1;
    if (n == 1) sizes[0] = sizes[1];
    char series[MAX_SERIES][48], text[NUMBER_TEXT];
    Point base[MAX_SERIES];
    for (int k = 0; k < n; k++) {
        base[k] = s->base;
        if (has_size) base[k].x[sized] = sizes[k];
        // The runs' usual share of active parameters at every size.
        if (has_size && sized == VAR_N && scene_has(s, VAR_NA))
            base[k].x[VAR_NA] = sizes[k] * s->base.x[VAR_NA] / s->base.x[VAR_N];
        snprintf(series[k], sizeof series[k], has_size ? "%s = %s" : "all", variable_name(sized),
                 short_count(sizes[k], text));
        curve(s, c, f, &base[k], series[k]);
    }
    for (int i = 0; i < s->runs.n; i++) {
        int k = n > 1 ? nearest(sizes, n, s->points[i].x[sized]) : 0;
        double x = factor_of(f, &s->points[i]);
        Point p = with(f, &base[k], x);
        row(c, f, "point", series[k], x,
            s->runs.loss[i] * law_loss(s->fit.law, s->fit.parameters, &p) / s->predicted[i], NULL, true);
    }
    for (int k = 0; k < n; k++) optimum(s, c, f, &base[k], series[k]);
}

Status figure_marginal(const Scene *s) {
    Factor factors[] = {{"Na/N", VAR_NA, true, true, 0, 0},        {"G", VAR_G, false, true, 0, 0},
                        {"S", VAR_S, false, false, 0, 0},          {"granularity", VAR_GRANULARITY, false, true, 0, 0},
                        {"num_experts", VAR_E, false, true, 0, 0}, {"sparsity", VAR_SPARSITY, false, false, 0, 0},
                        {"N", VAR_N, false, true, 0, 0},           {"D", VAR_D, false, true, 0, 0}};
    Csv c;
    int shown = 0;
    TRY(csv_open(s, "marginal.csv", "factor,kind,series,x,y,lo,hi,inside", &c));
    for (int i = 0; i < 8; i++) {
        Factor *f = &factors[i];
        if (i == 6 && shown) break; // size and data only where a law has nothing else
        if (!scene_has(s, f->variable) || (f->ratio && !scene_has(s, VAR_N))) continue;
        find_range(s, f);
        if (!(f->hi > f->lo)) continue; // constant here: there is nothing to show
        one_factor(s, &c, f);
        shown++;
    }
    return csv_close(&c);
}
