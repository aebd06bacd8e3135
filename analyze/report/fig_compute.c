// fig_compute.c - figures of compute: isoFLOP curves, allocation, iso-loss contours, the best share of active
// parameters.
//
// Compute is 6 Na D (6 N D for dense laws). Laws with N and Na keep the runs' usual Na/N along a budget.
#include "decide/allocation.h"
#include "fit/derived.h"
#include "figures.h"
#include "ground/number.h"

#include <math.h>
#include <stdlib.h>

enum { BUDGETS = 5, CURVE_POINTS = 61, ALLOCATION_POINTS = 25, GRID = 41, RATIO_POINTS = 41 };

void band_at(const Scene *s, const Point *p, double band[2]) {
    Point at = *p;
    band[0] = band[1] = NAN;
    if (!s->fit.n_draws) return;
    int n = law_n_parameters(s->fit.law);
    double *losses = allocate(s->fit.n_draws, sizeof *losses);
    for (int b = 0; b < s->fit.n_draws; b++) losses[b] = law_loss(s->fit.law, s->fit.draws + (long)b * n, &at);
    interval95(losses, s->fit.n_draws, band);
    free(losses);
}

static bool has_compute(const Scene *s) {
    return (scene_has(s, VAR_N) || scene_has(s, VAR_NA)) && scene_has(s, VAR_D);
}

static double size_of(const Scene *s, const Point *p) {
    return scene_has(s, VAR_NA) ? p->x[VAR_NA] : p->x[VAR_N];
}

static void compute_range(const Scene *s, double range[2]) {
    range[0] = INFINITY;
    range[1] = 0;
    for (int i = 0; i < s->runs.n; i++) {
        range[0] = fmin(range[0], scene_flops(s, &s->points[i]));
        range[1] = fmax(range[1], scene_flops(s, &s->points[i]));
    }
}

// Which parameters "size" counts: those that compute is spent on.
static const char *size_name(const Scene *s) {
    return scene_has(s, VAR_NA) ? "Na" : "N";
}

static void iso_row(const Scene *s, Csv *c, const char *kind, double flops, double x, double y, const double *range) {
    csv_text(c, kind);
    csv_number(c, flops);
    csv_number(c, x);
    csv_number(c, y);
    csv_number(c, range ? range[0] : NAN);
    csv_number(c, range ? range[1] : NAN);
    csv_text(c, size_name(s));
    csv_end(c);
}

static double round2(double x) {
    double unit = pow(10, floor(log10(x)) - 1);
    return round(x / unit) * unit;
}

static void iso_curve(const Scene *s, Csv *c, double flops) {
    Budget b = {s->base, flops};
    double best = allocated_size(s->fit.law, s->fit.parameters, &b), interval[2], band[2];
    double middle = isfinite(best) ? best : size_of(s, &s->base);
    for (int k = 0; k < CURVE_POINTS; k++) {
        double x = middle * pow(10, 2.0 * k / (CURVE_POINTS - 1) - 1);
        Point p = on_budget(s->fit.law, &s->base, x, flops);
        band_at(s, &p, band);
        iso_row(s, c, "curve", flops, x, law_loss(s->fit.law, s->fit.parameters, &p), band);
    }
    if (!isfinite(best)) return; // the loss falls to an end: there is no minimum to mark
    fit_interval(&s->fit, allocated_size, &b, interval);
    Point p = on_budget(s->fit.law, &s->base, best, flops);
    iso_row(s, c, "minimum", flops, best, law_loss(s->fit.law, s->fit.parameters, &p), interval);
}

static Status write_isoflop(const Scene *s, const double range[2]) {
    Csv c;
    double budgets[BUDGETS];
    TRY(csv_open(s, "isoflop.csv", "kind,series,x,y,lo,hi,size", &c));
    for (int k = 0; k < BUDGETS && has_compute(s); k++) {
        budgets[k] = round2(range[0] * pow(range[1] / range[0], (k + 0.5) / BUDGETS));
        iso_curve(s, &c, budgets[k]);
    }
    // A run goes to the budget next to it, moved there as the law says; far ones are left out.
    for (int i = 0; i < s->runs.n && has_compute(s); i++) {
        double flops = scene_flops(s, &s->points[i]), step = log(range[1] / range[0]) / BUDGETS;
        int k = 0;
        for (int j = 1; j < BUDGETS; j++)
            if (fabs(log(flops / budgets[j])) < fabs(log(flops / budgets[k]))) k = j;
        if (fabs(log(flops / budgets[k])) > 0.5 * step + 0.05) continue;
        Point p = on_budget(s->fit.law, &s->base, size_of(s, &s->points[i]), budgets[k]);
        iso_row(s, &c, "point", budgets[k], size_of(s, &s->points[i]),
                s->runs.loss[i] * law_loss(s->fit.law, s->fit.parameters, &p) / s->predicted[i], NULL);
    }
    return csv_close(&c);
}

// The tokens that a size leaves of a budget; NAN where the size is none, as at an open end of an interval.
static double tokens_left(double flops, double size) {
    return isfinite(size) ? flops / (6 * size) : NAN;
}

static Status write_allocation(const Scene *s, const double range[2]) {
    Csv c;
    TRY(csv_open(s, "allocation.csv", "C,N_opt,N_lo,N_hi,D_opt,D_lo,D_hi,loss,inside,size", &c));
    for (int k = 0; k < ALLOCATION_POINTS && has_compute(s); k++) {
        double flops = range[0] * pow(100 * range[1] / range[0], (double)k / (ALLOCATION_POINTS - 1)), interval[2];
        Budget b = {s->base, flops};
        double best = allocated_size(s->fit.law, s->fit.parameters, &b);
        fit_interval(&s->fit, allocated_size, &b, interval);
        Point p = on_budget(s->fit.law, &s->base, best, flops);
        const double cells[] = {flops,
                                best,
                                interval[0],
                                interval[1],
                                tokens_left(flops, best),
                                tokens_left(flops, interval[1]),
                                tokens_left(flops, interval[0]),
                                law_loss(s->fit.law, s->fit.parameters, &p),
                                flops <= range[1]};
        for (int i = 0; i < 9; i++) csv_number(&c, cells[i]);
        csv_text(&c, size_name(s));
        csv_end(&c);
    }
    return csv_close(&c);
}

Status figure_isoflop(const Scene *s) {
    double range[2];
    compute_range(s, range);
    TRY(write_isoflop(s, range));
    return write_allocation(s, range);
}

Status figure_contour(const Scene *s) {
    Csv c;
    double range[2];
    compute_range(s, range);
    TRY(csv_open(s, "contour.csv", "kind,x,y,z,size", &c));
    Variable size = scene_has(s, VAR_NA) ? VAR_NA : VAR_N;
    double lo = scene_quantile(s, size, 0) / 2, hi = scene_quantile(s, size, 1) * 4,
           from = scene_quantile(s, VAR_D, 0) / 2, to = scene_quantile(s, VAR_D, 1) * 4;
    for (int i = 0; i < GRID && has_compute(s); i++)
        for (int j = 0; j < GRID; j++) {
            double x = lo * pow(hi / lo, (double)i / (GRID - 1)), y = from * pow(to / from, (double)j / (GRID - 1));
            Point p = on_budget(s->fit.law, &s->base, x, 6 * x * y);
            csv_text(&c, "grid");
            csv_number(&c, x);
            csv_number(&c, y);
            csv_number(&c, law_loss(s->fit.law, s->fit.parameters, &p));
            csv_text(&c, size_name(s));
            csv_end(&c);
        }
    for (int k = 0; k < ALLOCATION_POINTS && has_compute(s); k++) {
        double flops = range[0] * pow(16 * range[1] / range[0], (double)k / (ALLOCATION_POINTS - 1));
        Budget b = {s->base, flops};
        double x = allocated_size(s->fit.law, s->fit.parameters, &b), y = tokens_left(flops, x);
        if (!isfinite(x) || x < lo || x > hi || y < from || y > to) continue;
        Point p = on_budget(s->fit.law, &s->base, x, flops);
        csv_text(&c, "frontier");
        csv_number(&c, x);
        csv_number(&c, y);
        csv_number(&c, law_loss(s->fit.law, s->fit.parameters, &p));
        csv_text(&c, size_name(s));
        csv_end(&c);
    }
    for (int i = 0; i < s->runs.n && has_compute(s); i++) {
        csv_text(&c, "run");
        csv_number(&c, s->points[i].x[size]);
        csv_number(&c, s->points[i].x[VAR_D]);
        csv_number(&c, s->runs.loss[i]);
        csv_text(&c, size_name(s));
        csv_end(&c);
    }
    return csv_close(&c);
}

// The edge of the range around `best` where the loss stays within 0.5 % of the least.
static double band_edge(const Scene *s, const Point *base, double best, double least, int side) {
    double inner = log(best), outer = side < 0 ? log(1e-4) : 0;
    Point p = *base;
    for (int i = 0; i < 50; i++) {
        double middle = 0.5 * (inner + outer);
        p.x[VAR_NA] = exp(middle) * p.x[VAR_N];
        if (law_loss(s->fit.law, s->fit.parameters, &p) <= 1.005 * least)
            inner = middle;
        else
            outer = middle;
    }
    return exp(inner);
}

Status figure_best_ratio(const Scene *s) {
    Csv c;
    TRY(csv_open(s, "best_ratio.csv", "N,best,lo,hi,ci_lo,ci_hi,inside", &c));
    double from = s->fit.range[VAR_N][0], to = s->fit.range[VAR_N][1];
    if (isnan(from)) {
        from = scene_quantile(s, VAR_N, 0);
        to = scene_quantile(s, VAR_N, 1);
    }
    for (int k = 0; k < RATIO_POINTS && scene_has(s, VAR_N) && scene_has(s, VAR_NA); k++) {
        double n = from * pow(fmax(100 * to, 1e12) / from, (double)k / (RATIO_POINTS - 1)), interval[2];
        BestAt at = best_at(&s->fit, n);
        BestFactors b = best_factors(s->fit.law, s->fit.parameters, &at);
        double best = b.ratio.x;
        if (b.ratio.end == NOWHERE) continue; // at the high end a dense model is best, which can be drawn
        fit_interval(&s->fit, best_ratio, &at, interval);
        Point p = s->base;
        p.x[VAR_N] = n;
        p.x[VAR_NA] = best * n;
        p.x[VAR_D] = fmax(p.x[VAR_D], 20 * best * n); // trained as a model of this size would be
        if (scene_has(s, VAR_G)) p.x[VAR_G] = b.at_G;
        if (scene_has(s, VAR_S)) p.x[VAR_S] = b.at_S;
        double least = law_loss(s->fit.law, s->fit.parameters, &p);
        const double cells[] = {n,
                                best,
                                band_edge(s, &p, best, least, -1),
                                band_edge(s, &p, best, least, +1),
                                interval[0],
                                interval[1],
                                n >= from && n <= to};
        for (int i = 0; i < 7; i++) csv_number(&c, cells[i]);
        csv_end(&c);
    }
    return csv_close(&c);
}
