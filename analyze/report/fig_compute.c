// fig_compute.c - figures of compute: isoFLOP curves, allocation, iso-loss contours, the best share of active
// parameters.
//
// Compute is 6 Na D (6 N D for dense laws). Laws with N and Na keep the runs' usual Na/N along a budget.
#include "decide/allocation.h"
#include "fit/derived.h"
#include "figures.h"
#include "ground/number.h"
#include "structure.h"

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
    // Wider than the loss itself: nothing is known there, and a band would hide the figure.
    if (!(band[1] - band[0] < law_loss(s->fit.law, s->fit.parameters, &at))) band[0] = band[1] = NAN;
    free(losses);
}

static double size_of(const Scene *s, const Point *p) {
    return scene_has(s, VAR_NA) ? p->x[VAR_NA] : p->x[VAR_N];
}

// Which parameters "size" counts: those that compute is spent on.
static const char *size_name(const Scene *s) {
    return scene_has(s, VAR_NA) ? "Na" : "N";
}

// Smallest and largest value among the runs.
static void range_of(const Scene *s, Variable v, double range[2]) {
    range[0] = scene_quantile(s, v, 0);
    range[1] = scene_quantile(s, v, 1);
}

static Variable size_variable(const Scene *s) {
    return scene_has(s, VAR_NA) ? VAR_NA : VAR_N;
}

// Runs as small and as large, and as short and as long, were trained.
static bool among_runs(const Scene *s, double size, double tokens) {
    double sizes[2], lengths[2];
    range_of(s, size_variable(s), sizes);
    range_of(s, VAR_D, lengths);
    return size >= sizes[0] && size <= sizes[1] && tokens >= lengths[0] && tokens <= lengths[1];
}

static void iso_row(const Scene *s, Csv *c, const char *kind, double flops, double x, double y, const double *range) {
    csv_text(c, kind);
    csv_number(c, flops);
    csv_number(c, x);
    csv_number(c, y);
    csv_bound(c, range ? range[0] : NAN);
    csv_bound(c, range ? range[1] : NAN);
    csv_text(c, size_name(s));
    csv_number(c, among_runs(s, x, flops / (6 * x)));
    csv_text(c, "");
    csv_end(c);
}

static void held_row(const Scene *s, Csv *c, int blanks) {
    const Variable moving[] = {VAR_N, VAR_NA, VAR_D, N_VARIABLES};
    char text[HELD_TEXT];
    scene_held(s, &s->base, moving, true, text);
    if (!*text) return;
    csv_text(c, "held");
    for (int i = 0; i < blanks; i++) csv_text(c, "");
    csv_text(c, text);
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
    TRY(csv_open(s, "isoflop.csv", "kind,series,x,y,lo,hi,size,inside,text", &c));
    for (int k = 0; k < BUDGETS; k++) {
        budgets[k] = round2(range[0] * pow(range[1] / range[0], (k + 0.5) / BUDGETS));
        iso_curve(s, &c, budgets[k]);
    }
    // A run goes to the budget next to it, moved there as the law says; far ones are left out.
    for (int i = 0; i < s->runs.n; i++) {
        double flops = scene_flops(s, &s->points[i]), step = log(range[1] / range[0]) / BUDGETS;
        int k = 0;
        for (int j = 1; j < BUDGETS; j++)
            if (fabs(log(flops / budgets[j])) < fabs(log(flops / budgets[k]))) k = j;
        if (fabs(log(flops / budgets[k])) > 0.5 * step + 0.05) continue;
        Point p = on_budget(s->fit.law, &s->base, size_of(s, &s->points[i]), budgets[k]);
        iso_row(s, &c, "point", budgets[k], size_of(s, &s->points[i]),
                s->runs.loss[i] * law_loss(s->fit.law, s->fit.parameters, &p) / s->predicted[i], NULL);
    }
    held_row(s, &c, 7);
    return csv_close(&c);
}

// The exponent a of size ~ C^a between two budgets.
static double size_exponent(const Law *law, const double *parameters, void *budgets) {
    Budget *b = budgets;
    double low = allocated_size(law, parameters, &b[0]), high = allocated_size(law, parameters, &b[1]);
    if (!isfinite(low) || !isfinite(high)) return NAN; // no best size, no exponent
    return log(high / low) / log(b[1].flops / b[0].flops);
}

static void allocation_row(const Scene *s, Csv *c, const char *kind, const double *cells, int n) {
    csv_text(c, kind);
    for (int i = 0; i < n; i++) csv_bound(c, cells[i]);
    csv_text(c, size_name(s));
    csv_end(c);
}

static void budget_row(const Scene *s, Csv *c, double flops, const double range[2]) {
    double interval[2];
    Budget b = {s->base, flops};
    double best = allocated_size(s->fit.law, s->fit.parameters, &b);
    fit_interval(&s->fit, allocated_size, &b, interval);
    if (!isfinite(best)) return; // the loss falls to an end of what is searched: there is none
    Point p = on_budget(s->fit.law, &s->base, best, flops);
    double fewest = isinf(interval[1]) ? -INFINITY : flops / (6 * interval[1]);
    double most = isinf(interval[0]) ? INFINITY : flops / (6 * interval[0]);
    const double cells[] = {flops,
                            best,
                            interval[0],
                            interval[1],
                            p.x[VAR_D],
                            fewest,
                            most,
                            law_loss(s->fit.law, s->fit.parameters, &p),
                            flops <= range[1]};
    allocation_row(s, c, "path", cells, 9);
}

static Status write_allocation(const Scene *s, const double range[2]) {
    Csv c;
    TRY(csv_open(s, "allocation.csv", "kind,C,N_opt,N_lo,N_hi,D_opt,D_lo,D_hi,loss,inside,size", &c));
    for (int k = 0; k < ALLOCATION_POINTS; k++)
        budget_row(s, &c, range[0] * pow(100 * range[1] / range[0], (double)k / (ALLOCATION_POINTS - 1)), range);
    // Size ~ C^a, D ~ C^(1 - a), over the budgets of the runs.
    double interval[2];
    Budget b[2] = {{s->base, range[0]}, {s->base, range[1]}};
    double a = size_exponent(s->fit.law, s->fit.parameters, b);
    fit_interval(&s->fit, size_exponent, b, interval);
    const double cells[] = {NAN, a, interval[0], interval[1], 1 - a, 1 - interval[1], 1 - interval[0], NAN, NAN};
    if (isfinite(a)) allocation_row(s, &c, "exponent", cells, 9);
    return csv_close(&c);
}

Status figure_isoflop(const Scene *s) {
    double range[2];
    compute_range(s, range);
    TRY(write_isoflop(s, range));
    return write_allocation(s, range);
}

static void contour_row(const Scene *s, Csv *c, const char *kind, double x, double y, double z) {
    csv_text(c, kind);
    csv_number(c, x);
    csv_number(c, y);
    csv_number(c, z);
    csv_text(c, size_name(s));
    csv_text(c, "");
    csv_end(c);
}

static double loss_at(const Scene *s, double size, double tokens) {
    Point p = on_budget(s->fit.law, &s->base, size, 6 * size * tokens);
    return law_loss(s->fit.law, s->fit.parameters, &p);
}

Status figure_contour(const Scene *s) {
    Csv c;
    double range[2], sizes[2], lengths[2];
    compute_range(s, range);
    range_of(s, size_variable(s), sizes);
    range_of(s, VAR_D, lengths);
    double lo = sizes[0] / 2, hi = sizes[1] * 4, from = lengths[0] / 2, to = lengths[1] * 4;
    TRY(csv_open(s, "contour.csv", "kind,x,y,z,size,text", &c));
    for (int i = 0; i < GRID; i++)
        for (int j = 0; j < GRID; j++) {
            double x = lo * pow(hi / lo, (double)i / (GRID - 1)), y = from * pow(to / from, (double)j / (GRID - 1));
            contour_row(s, &c, "grid", x, y, loss_at(s, x, y));
        }
    for (int k = 0; k < ALLOCATION_POINTS; k++) {
        double flops = range[0] * pow(16 * range[1] / range[0], (double)k / (ALLOCATION_POINTS - 1));
        Budget b = {s->base, flops};
        double x = allocated_size(s->fit.law, s->fit.parameters, &b), y = flops / (6 * x);
        if (isfinite(x) && x >= lo && x <= hi && y >= from && y <= to)
            contour_row(s, &c, "frontier", x, y, loss_at(s, x, y));
    }
    for (int i = 0; i < s->runs.n; i++)
        contour_row(s, &c, "run", size_of(s, &s->points[i]), s->points[i].x[VAR_D], s->runs.loss[i]);
    held_row(s, &c, 4);
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

const char *no_compute(const Scene *s) {
    if (scene_has_compute(s)) return NULL;
    return scene_has(s, VAR_D) ? "the law has no size, so its runs have no compute"
                               : "the law does not use D, so its runs have no compute";
}

const char *no_share(const Scene *s) {
    return scene_has(s, VAR_N) && scene_has(s, VAR_NA) ? NULL : "the law does not have both N and Na";
}

// One size; false where the least loss is not at a share below one. Then only the band is known: a dense model is best,
// and the interval of a best share says nothing.
static bool ratio_row(const Scene *s, Csv *c, double n, bool inside) {
    BestAt at = best_at(&s->fit, n);
    BestFactors b = best_factors(s->fit.law, s->fit.parameters, &at);
    double best = b.ratio.x, interval[2] = {NAN, NAN};
    bool found = b.ratio.end == INSIDE;
    if (b.ratio.end == NOWHERE || !isfinite(best)) return false;
    if (found) fit_interval(&s->fit, best_ratio, &at, interval);
    if (isinf(interval[1])) interval[1] = 1;                 // no share is above one: this end is known
    if (isinf(interval[0])) interval[0] = interval[1] = NAN; // and this one is not
    Point p = s->base;
    p.x[VAR_N] = n;
    p.x[VAR_NA] = best * n;
    p.x[VAR_D] = fmax(p.x[VAR_D], 20 * best * n); // trained as a model of this size would be
    if (scene_has(s, VAR_G)) p.x[VAR_G] = b.at_G;
    if (scene_has(s, VAR_S)) p.x[VAR_S] = b.at_S;
    double least = law_loss(s->fit.law, s->fit.parameters, &p);
    const double cells[] = {n,
                            found ? best : NAN,
                            band_edge(s, &p, best, least, -1),
                            band_edge(s, &p, best, least, +1),
                            interval[0],
                            interval[1],
                            inside};
    for (int i = 0; i < 7; i++) csv_number(c, cells[i]);
    csv_text(c, "");
    csv_end(c);
    return found;
}

Status figure_best_ratio(const Scene *s) {
    Csv c;
    TRY(csv_open(s, "best_ratio.csv", "N,best,lo,hi,ci_lo,ci_hi,inside,text", &c));
    double from = s->fit.range[VAR_N][0], to = s->fit.range[VAR_N][1], dense = NAN;
    char text[96], number[NUMBER_TEXT];
    int found = 0;
    if (isnan(from)) {
        from = scene_quantile(s, VAR_N, 0);
        to = scene_quantile(s, VAR_N, 1);
    }
    for (int k = 0; k < RATIO_POINTS; k++) {
        double n = from * pow(10 * to / from, (double)k / (RATIO_POINTS - 1));
        if (ratio_row(s, &c, n, n <= to))
            found++;
        else
            dense = n;
    }
    snprintf(text, sizeof text,
             found ? "up to N = %s no share below 1 is best" : "no share below 1 is best up to N = %s",
             short_count(dense, number));
    for (int i = 0; !isnan(dense) && i < 7; i++) csv_text(&c, "");
    if (!isnan(dense)) csv_text(&c, text), csv_end(&c);
    return csv_close(&c);
}
