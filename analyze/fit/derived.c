// derive.c - see derive.h.
#include "derived.h"

#include <math.h>
#include <stddef.h>

static const double g_range[2] = {0.05, 1000}, s_range[2] = {0, 0.999}, ratio_range[2] = {1e-4, 1};

double line_minimum(LineFunction f, void *context, double lo, double hi) {
    const double golden = 0.6180339887498949;
    double a = hi - golden * (hi - lo), b = lo + golden * (hi - lo), fa = f(a, context), fb = f(b, context);
    const double from = lo, to = hi;
    for (int i = 0; i < 60 && hi - lo > 1e-10 * (to - from); i++) {
        if (fa < fb) {
            hi = b, b = a, fb = fa;
            a = hi - golden * (hi - lo);
            fa = f(a, context);
        } else {
            lo = a, a = b, fa = fb;
            b = lo + golden * (hi - lo);
            fb = f(b, context);
        }
    }
    // Close to the minimum values differ by rounding alone; a parabola through wider points finds it better.
    double x = 0.5 * (lo + hi), h = 1e-3 * (to - from);
    if (x - h < from || x + h > to) return x;
    double left = f(x - h, context), middle = f(x, context), right = f(x + h, context),
           bend = left - 2 * middle + right;
    return bend > 0 ? x - fmin(fmax(0.5 * h * (right - left) / bend, -h), h) : x;
}

typedef struct {
    const Law *law;
    const double *parameters;
    Point point;
    double flops;
} Line;

// A plain model, for the variables that are not asked about.
static Line plain_line(const Law *law, const double *parameters) {
    return (Line){law,
                  parameters,
                  {.x = {[VAR_D] = 1e11,
                         [VAR_N] = 1e9,
                         [VAR_NA] = 2e8,
                         [VAR_E] = 16,
                         [VAR_GRANULARITY] = 8,
                         [VAR_G] = 8,
                         [VAR_S] = 0.1,
                         [VAR_SPARSITY] = 0.8}},
                  0};
}

static double at_log_g(double x, void *context) {
    Line *l = context;
    l->point.x[VAR_G] = exp(x);
    return law_loss(l->law, l->parameters, &l->point);
}

static double at_s(double x, void *context) {
    Line *l = context;
    l->point.x[VAR_S] = x;
    return law_loss(l->law, l->parameters, &l->point);
}

static double at_log_ratio(double x, void *context) {
    Line *l = context;
    l->point.x[VAR_NA] = exp(x) * l->point.x[VAR_N];
    return law_loss(l->law, l->parameters, &l->point);
}

double best_g(const Law *law, const double *parameters, void *none) {
    (void)none;
    Line l = plain_line(law, parameters);
    return law_uses(law, VAR_G) ? exp(line_minimum(at_log_g, &l, log(g_range[0]), log(g_range[1]))) : NAN;
}

double best_s(const Law *law, const double *parameters, void *none) {
    (void)none;
    Line l = plain_line(law, parameters);
    return law_uses(law, VAR_S) ? line_minimum(at_s, &l, s_range[0], s_range[1]) : NAN;
}

double best_ratio(const Law *law, const double *parameters, void *n) {
    Line l = plain_line(law, parameters);
    if (!law_uses(law, VAR_NA) || !law_uses(law, VAR_N)) return NAN;
    l.point.x[VAR_N] = *(const double *)n;
    if (law_uses(law, VAR_G)) l.point.x[VAR_G] = best_g(law, parameters, NULL);
    if (law_uses(law, VAR_S)) l.point.x[VAR_S] = best_s(law, parameters, NULL);
    return exp(line_minimum(at_log_ratio, &l, log(ratio_range[0]), log(ratio_range[1])));
}

Point on_budget(const Law *law, const Point *base, double size, double flops) {
    Point p = *base;
    if (law_uses(law, VAR_NA)) {
        p.x[VAR_N] = size / base->x[VAR_NA] * base->x[VAR_N];
        p.x[VAR_NA] = size;
    } else
        p.x[VAR_N] = size;
    p.x[VAR_D] = flops / (6 * size);
    return p;
}

static double at_log_size(double x, void *context) {
    const Line *l = context;
    Point p = on_budget(l->law, &l->point, exp(x), l->flops);
    return law_loss(l->law, l->parameters, &p);
}

double best_size(const Law *law, const double *parameters, void *budget) {
    const Budget *b = budget;
    Line l = {law, parameters, b->base, b->flops};
    return exp(line_minimum(at_log_size, &l, log(least_size), log(b->flops / (6 * least_tokens))));
}

static double best_data(const Law *law, const double *parameters, void *budget) {
    return ((const Budget *)budget)->flops / (6 * best_size(law, parameters, budget));
}

static Derived measure(const Fit *fit, const char *name, FitFunction f, void *context, double at, const double *edge,
                       const double *range) {
    Derived d = {.name = name, .value = f(fit->law, fit->parameters, context), .at = at};
    fit_interval(fit, f, context, d.ci95);
    d.at_edge = edge && (d.value < edge[0] + 1e-3 * (edge[1] - edge[0]) || d.value > edge[1] * 0.999);
    d.outside = range && (d.value < range[0] || d.value > range[1]);
    return d;
}

int derive(const Fit *fit, double n, double flops, Derived derived[MAX_DERIVED]) {
    double at_n, at_flops;
    const Law *law = fit->law;
    int count = 0;
    at_n = isnan(n) ? fit->range[VAR_N][1] : n;
    at_flops = isnan(flops) ? 6 * fit->range[VAR_N][1] * fit->range[VAR_D][1] : flops;
    if (law_uses(law, VAR_G)) derived[count++] = measure(fit, "G", best_g, NULL, NAN, g_range, fit->range[VAR_G]);
    if (law_uses(law, VAR_S)) derived[count++] = measure(fit, "S", best_s, NULL, NAN, s_range, fit->range[VAR_S]);
    if (law_uses(law, VAR_NA) && law_uses(law, VAR_N) && at_n > 0)
        derived[count++] = measure(fit, "Na_over_N", best_ratio, &at_n, at_n, ratio_range, NULL);
    if (law->n_variables == 2 && law_uses(law, VAR_N) && law_uses(law, VAR_D) && at_flops > 0) {
        Budget b = {plain_line(law, NULL).point, at_flops};
        derived[count++] = measure(fit, "N_opt", best_size, &b, at_flops, NULL, fit->range[VAR_N]);
        derived[count++] = measure(fit, "D_opt", best_data, &b, at_flops, NULL, fit->range[VAR_D]);
    }
    return count;
}
