// derived.c - see derived.h.
#include "derived.h"

#include <math.h>
#include <stddef.h>

enum { SCAN = 48 };

static const double g_range[2] = {0.05, 1000}, s_range[2] = {0, 0.999}, ratio_range[2] = {1e-6, 1};
const char *const derived_names[] = {"G", "S", "Na_over_N", "N_opt", "D_opt", NULL};

// One variable moves along a law.
typedef struct {
    const Law *law;
    const double *parameters;
    Point point;
    enum { MOVE_G, MOVE_S, MOVE_RATIO, MOVE_SIZE } what;
    double price, flops;
} Line;

static double along(double x, void *context) {
    Line *l = context;
    Point p = l->point;
    double extra = 0;
    switch (l->what) {
    case MOVE_G: p.x[VAR_G] = exp(x); break;
    case MOVE_S: p.x[VAR_S] = x; break;
    case MOVE_RATIO:
        p.x[VAR_NA] = exp(x) * p.x[VAR_N];
        extra = l->price * exp(x);
        break;
    case MOVE_SIZE: p = on_budget(l->law, &l->point, exp(x), l->flops); break;
    }
    double loss = law_loss(l->law, l->parameters, &p) + extra;
    return isfinite(loss) && loss < UNDEFINED ? loss : UNDEFINED;
}

static Minimum least_along(Line *l, double lo, double hi) {
    return find_minimum(along, l, lo, hi, SCAN);
}

// Counts and G move by their logarithm.
static Minimum least_along_log(Line *l, double lo, double hi) {
    Minimum m = find_minimum(along, l, log(lo), log(hi), SCAN);
    m.x = exp(m.x);
    return m;
}

// A plain model, for the variables that are not asked about.
static Line plain_line(const Law *law, const double *parameters) {
    return (Line){.law = law,
                  .parameters = parameters,
                  .point = {.x = {[VAR_D] = 1e11,
                                  [VAR_N] = 1e9,
                                  [VAR_NA] = 2e8,
                                  [VAR_E] = 16,
                                  [VAR_GRANULARITY] = 8,
                                  [VAR_G] = 8,
                                  [VAR_S] = 0.1,
                                  [VAR_SPARSITY] = 0.8,
                                  [VAR_C] = 1.2e20,
                                  [VAR_U] = 1e11}}};
}

static const Minimum none = {NAN, UNDEFINED, NOWHERE};

static Minimum least_g(const Law *law, const double *parameters) {
    Line l = plain_line(law, parameters);
    l.what = MOVE_G;
    return law_uses(law, VAR_G) ? least_along_log(&l, g_range[0], g_range[1]) : none;
}

static Minimum least_s(const Law *law, const double *parameters) {
    Line l = plain_line(law, parameters);
    l.what = MOVE_S;
    return law_uses(law, VAR_S) ? least_along(&l, s_range[0], s_range[1]) : none;
}

BestAt best_at(const Fit *fit, double N) {
    BestAt at = {.N = N, .G = {1, 20}, .S = {0, 0.7}};
    for (int i = 0; i < 2; i++) {
        if (isfinite(fit->range[VAR_G][i])) at.G[i] = fit->range[VAR_G][i];
        if (isfinite(fit->range[VAR_S][i])) at.S[i] = fit->range[VAR_S][i];
    }
    return at;
}

static double stand(const Minimum *best, const double ends[2]) {
    if (best->end == INSIDE) return best->x;
    return best->end == AT_HIGH_END ? ends[1] : ends[0];
}

BestFactors best_factors(const Law *law, const double *parameters, const BestAt *at) {
    BestFactors b = {.G = least_g(law, parameters), .S = least_s(law, parameters), .ratio = none};
    b.at_G = stand(&b.G, at->G);
    // No shared expert is a design that can be built: the low end of S is 0, whatever the runs had.
    b.at_S = b.S.end == AT_LOW_END ? 0 : stand(&b.S, at->S);
    if (!law_uses(law, VAR_NA) || !law_uses(law, VAR_N)) return b;
    Line l = plain_line(law, parameters);
    l.what = MOVE_RATIO;
    l.price = at->price;
    l.point.x[VAR_N] = at->N;
    l.point.x[VAR_G] = b.at_G;
    l.point.x[VAR_S] = b.at_S;
    b.ratio = least_along_log(&l, ratio_range[0], ratio_range[1]);
    return b;
}

static double with_ends(const Minimum *m) {
    return m->end == INSIDE ? m->x : m->end == AT_LOW_END ? -INFINITY : m->end == AT_HIGH_END ? INFINITY : NAN;
}

double best_g(const Law *law, const double *parameters, void *unused) {
    (void)unused;
    Minimum m = least_g(law, parameters);
    return with_ends(&m);
}

double best_s(const Law *law, const double *parameters, void *unused) {
    (void)unused;
    Minimum m = least_s(law, parameters);
    return with_ends(&m);
}

double best_ratio(const Law *law, const double *parameters, void *at) {
    Minimum m = best_factors(law, parameters, at).ratio;
    return with_ends(&m);
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

double best_size(const Law *law, const double *parameters, void *budget) {
    const Budget *b = budget;
    Line l = {.law = law, .parameters = parameters, .point = b->base, .what = MOVE_SIZE, .flops = b->flops};
    Minimum m = least_along_log(&l, least_size, b->flops / (6 * least_tokens));
    return with_ends(&m);
}

static double best_data(const Law *law, const double *parameters, void *budget) {
    double size = best_size(law, parameters, budget);
    return isinf(size) ? -size : ((const Budget *)budget)->flops / (6 * size);
}

static Derived measure(const Fit *fit, const char *name, FitFunction f, void *context, double at, const double *range) {
    double x = f(fit->law, fit->parameters, context);
    Derived d = {.name = name, .value = isfinite(x) ? x : NAN, .at = at};
    d.end = isfinite(x) ? INSIDE : isnan(x) ? NOWHERE : x < 0 ? AT_LOW_END : AT_HIGH_END;
    d.ci95 = fit_interval_of(fit, f, context);
    d.outside = range && (d.value < range[0] || d.value > range[1]);
    return d;
}

int derive(const Fit *fit, double n, double flops, Derived derived[MAX_DERIVED]) {
    const Law *law = fit->law;
    int count = 0;
    double at_n = isnan(n) ? fit->range[VAR_N][1] : n;
    double at_flops = isnan(flops) ? 6 * fit->range[VAR_N][1] * fit->range[VAR_D][1] : flops;
    if (law_uses(law, VAR_G)) derived[count++] = measure(fit, "G", best_g, NULL, NAN, fit->range[VAR_G]);
    if (law_uses(law, VAR_S)) derived[count++] = measure(fit, "S", best_s, NULL, NAN, fit->range[VAR_S]);
    if (law_uses(law, VAR_NA) && law_uses(law, VAR_N) && at_n > 0) {
        BestAt at = best_at(fit, at_n);
        derived[count++] = measure(fit, "Na_over_N", best_ratio, &at, at_n, NULL);
    }
    if (law->n_variables == 2 && law_uses(law, VAR_N) && law_uses(law, VAR_D) && at_flops > 0) {
        Budget b = {plain_line(law, NULL).point, at_flops};
        derived[count++] = measure(fit, "N_opt", best_size, &b, at_flops, fit->range[VAR_N]);
        derived[count++] = measure(fit, "D_opt", best_data, &b, at_flops, fit->range[VAR_D]);
    }
    return count;
}

const char *derived_end_text(const Derived *d) {
    switch (d->end) {
    case INSIDE: return "";
    case AT_LOW_END: return "the loss falls to the low end of what can be";
    case AT_HIGH_END: return "the loss falls to the high end of what can be";
    default: return "the loss does not depend on it";
    }
}
