// fig_marginal.c - the loss against one factor at a time, and the runs as partial residuals.
//
// A run was trained at other values of the factors that a curve holds. It is shown where the law says it would be
// there: observed times predicted there over predicted where it was. That keeps its residual and takes out the rest;
// such a point is a partial residual, not an observed loss, and the data say which are which (kind `partial`, or
// `observed` where nothing had to be moved).
#include "figures.h"

#include "fit/derived.h"
#include "ground/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CURVE_POINTS = 81, MAX_SERIES = 3 };

typedef struct {
    const char *name;
    Variable variable;
    bool ratio; // x is Na/N
    bool log_scale;
    double lo, hi; // of the runs
} Factor;

// One curve, and what of its loss is in sight: curve and runs.
typedef struct {
    char name[48]; // "N = 148k"
    Point base;
    double least, most;
} Series;

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

static bool inside(const Factor *f, double x) {
    return x >= f->lo && x <= f->hi;
}

static void row(Csv *c, const Factor *f, const char *kind, const char *series, double x, double y,
                const double *range) {
    csv_text(c, f->name);
    csv_text(c, kind);
    csv_text(c, series);
    csv_number(c, x);
    csv_number(c, y);
    csv_bound(c, range ? range[0] : NAN);
    csv_bound(c, range ? range[1] : NAN);
    csv_number(c, inside(f, x));
    csv_text(c, "");
    csv_end(c);
}

static void remark(Csv *c, const Factor *f, const char *kind, const char *text) {
    csv_text(c, f->name);
    csv_text(c, kind);
    csv_text(c, "");
    for (int i = 0; i < 5; i++) csv_number(c, NAN);
    csv_text(c, text);
    csv_end(c);
}

static void curve(const Scene *s, Csv *c, const Factor *f, Series *series) {
    // A third beyond the runs on either side shows whether an optimum lies just outside.
    double lo = f->log_scale ? f->lo / 1.6 : f->lo, hi = f->log_scale ? f->hi * 1.6 : fmin(f->hi + 0.15, 0.98);
    if (f->ratio) hi = fmin(hi, 1);
    for (int k = 0; k < CURVE_POINTS; k++) {
        double part = (double)k / (CURVE_POINTS - 1),
               x = f->log_scale ? lo * pow(hi / lo, part) : lo + part * (hi - lo), band[2];
        Point p = with(f, &series->base, x);
        double y = law_loss(s->fit.law, s->fit.parameters, &p);
        band_at(s, &p, band);
        row(c, f, "curve", series->name, x, y, band);
        series->least = fmin(series->least, y), series->most = fmax(series->most, y);
    }
}

static void point(const Scene *s, Csv *c, const Factor *f, Series *series, int i) {
    double x = factor_of(f, &s->points[i]);
    Point p = with(f, &series->base, x);
    double moved = law_loss(s->fit.law, s->fit.parameters, &p) / s->predicted[i], y = s->runs.loss[i] * moved;
    row(c, f, fabs(moved - 1) < 1e-9 ? "observed" : "partial", series->name, x, y, NULL);
    series->least = fmin(series->least, y), series->most = fmax(series->most, y);
}

// Where the loss is least along the factor, infinite where it falls to an end, NAN if the law has no such function; its
// interval over the draws.
static double best_of(const Scene *s, const Factor *f, const Point *base, double interval[2]) {
    BestAt at = best_at(&s->fit, base->x[VAR_N]);
    FitFunction best = f->ratio ? best_ratio : f->variable == VAR_G ? best_g : f->variable == VAR_S ? best_s : NULL;
    interval[0] = interval[1] = NAN;
    if (!best) return NAN;
    fit_interval(&s->fit, best, &at, interval);
    return best(s->fit.law, s->fit.parameters, &at);
}

// Minima that lie among the runs are marked, all with their intervals where these differ; the same interval for every
// curve stands once, below them.
static void minima(const Scene *s, Csv *c, const Factor *f, const Series *series, int n) {
    double least = INFINITY, most = -INFINITY, interval[2] = {NAN, NAN}, x = NAN;
    int marked = 0;
    char missing[HELD_TEXT] = "";
    for (int k = 0; k < n; k++) {
        x = best_of(s, f, &series[k].base, interval);
        if (isnan(x)) return;
        least = fmin(least, series[k].least), most = fmax(most, series[k].most);
        size_t used = strlen(missing);
        if (!inside(f, x)) snprintf(missing + used, sizeof missing - used, "%s%.40s", used ? ", " : "", series[k].name);
        if (!inside(f, x)) continue;
        Point p = with(f, &series[k].base, x);
        row(c, f, "optimum", series[k].name, x, law_loss(s->fit.law, s->fit.parameters, &p),
            f->ratio ? interval : NULL);
        marked++;
    }
    bool crosses = interval[0] < f->hi && interval[1] > f->lo;
    if (!f->ratio && crosses)
        row(c, f, "interval", "", fmin(fmax(x, f->lo), f->hi), least - 0.05 * (most - least), interval);
    if (!marked) remark(c, f, "note", "no minimum among the runs");
    if (marked && marked < n) {
        char text[HELD_TEXT + 48];
        snprintf(text, sizeof text, "no minimum at %s", missing);
        remark(c, f, "note", text);
    }
}

static int nearest(const double *levels, int n, double x) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (fabs(log(x / levels[i])) < fabs(log(x / levels[best]))) best = i;
    return best;
}

// What all curves of the factor hold; where size moves from curve to curve, Na goes with N at its usual share.
static void held(const Scene *s, Csv *c, const Factor *f, const Point *base, Variable sized) {
    bool by_share = sized == VAR_N && f->variable != VAR_N && scene_has(s, VAR_NA);
    const Variable moving[] = {f->variable, sized, by_share ? VAR_NA : sized, N_VARIABLES};
    char text[HELD_TEXT];
    scene_held(s, base, moving, by_share && !f->ratio, text);
    if (*text) remark(c, f, "held", text);
}

static void one_factor(const Scene *s, Csv *c, const Factor *f) {
    // One curve per size, since the best share depends on it; small, middle and large.
    Variable sized = scene_has(s, VAR_N) ? VAR_N : VAR_NA;
    bool has_size = (scene_has(s, VAR_N) || scene_has(s, VAR_NA)) && f->variable != sized;
    double sizes[MAX_SERIES] = {scene_quantile(s, sized, 0.1), scene_quantile(s, sized, 0.5),
                                scene_quantile(s, sized, 0.9)};
    int n = has_size && sizes[2] > 1.3 * sizes[0] ? MAX_SERIES : 1;
    if (n == 1) sizes[0] = sizes[1];
    Series series[MAX_SERIES];
    for (int k = 0; k < n; k++) {
        char text[NUMBER_TEXT];
        Point *base = &series[k].base;
        *base = s->base;
        series[k].least = INFINITY, series[k].most = -INFINITY;
        if (has_size) base->x[sized] = sizes[k];
        // The runs' usual share of active parameters at every size.
        if (has_size && sized == VAR_N && scene_has(s, VAR_NA))
            base->x[VAR_NA] = sizes[k] * s->base.x[VAR_NA] / s->base.x[VAR_N];
        snprintf(series[k].name, sizeof series[k].name, has_size ? "%s = %s" : "all", variable_name(sized),
                 short_count(sizes[k], text));
        curve(s, c, f, &series[k]);
    }
    for (int i = 0; i < s->runs.n; i++)
        point(s, c, f, &series[n > 1 ? nearest(sizes, n, s->points[i].x[sized]) : 0], i);
    minima(s, c, f, series, n);
    held(s, c, f, &series[0].base, has_size ? sized : f->variable);
}

Status figure_marginal(const Scene *s) {
    Factor factors[] = {{"Na/N", VAR_NA, true, true, 0, 0},        {"G", VAR_G, false, true, 0, 0},
                        {"S", VAR_S, false, false, 0, 0},          {"granularity", VAR_GRANULARITY, false, true, 0, 0},
                        {"num_experts", VAR_E, false, true, 0, 0}, {"sparsity", VAR_SPARSITY, false, false, 0, 0},
                        {"N", VAR_N, false, true, 0, 0},           {"D", VAR_D, false, true, 0, 0}};
    Csv c;
    int shown = 0;
    TRY(csv_open(s, "marginal.csv", "factor,kind,series,x,y,lo,hi,inside,text", &c));
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
