// allocation.c - see allocation.h.
#include "allocation.h"

#include "decision.h"
#include "fivefactor.h"
#include "fit/derived.h"
#include "fit/minimum.h"

#include <math.h>

const Limits limits_default = {
    .serve_batch = 256,
    .memory = INFINITY,
    .weight_bytes = 2,
    .cache_bytes = 2,
    .max_active = INFINITY,
    .max_total = INFINITY,
    .data = INFINITY,
    .repeats = 4,
};

// Sizes searched. An N that much above Na without a limit is no answer but the sign that there is none.
static const double least_active = least_size, most_active = 1e22, endless = 1e9;
// FLOPs that a card does in the time in which it reads one byte: H100 at half its arithmetic and three quarters of its
// bandwidth (analyze/hardware/h100.yaml).
static const double flops_a_byte = 989e12 * 0.5 / (3350e9 * 0.75);
// Where a best G is looked for: at least one expert is active, which is a choice and not an edge.
static const double G_sought[2] = {1, 1000};

static bool free_total(const AllocationTask *t) {
    return t->law->kind >= KIND_FREE;
}

Status allocation_open(AllocationTask *t, const Law *law, const double *parameters) {
    *t = (AllocationTask){
        .law = law,
        .parameters = parameters,
        .accounting = accounting_default,
        .limits = limits_default,
        .experts = {6, {1, 2, 4, 8, 16, 32}},
        .granularity = {8, {1, 2, 4, 8, 16, 32, 64, 128}},
        .sparsity = {6, {0, 0.5, 0.75, 0.9, 0.95, 0.98}},
        .G = NAN,
        .S = NAN,
        .edge_G = {1, 20},
        .edge_S = {0, 0.7},
    };
    if (law->kind == KIND_OTHER || !law_uses(law, VAR_D))
        return fail(BAD_INPUT, "%s has no %s: there is nothing to allocate a budget to", law->name,
                    law->kind == KIND_OTHER ? "model size" : "training tokens");
    if (law->kind == KIND_DENSE_SIZE) t->experts = (Choice){4, {4, 8, 16, 32}};
    // The dense coefficients of a law are the law without its granularity term.
    int g = law->granularity ? law_parameter_index(law, law->granularity) : -1;
    if (g >= 0 && parameters[g] == 0) {
        t->accounting.expansion = 1;
        t->granularity = (Choice){1, {1}};
    }
    return OK;
}

Status allocation_of_fit(AllocationTask *t, const Fit *fit) {
    TRY(allocation_open(t, fit->law, fit->parameters));
    range_or(fit, VAR_G, 1, 20, t->edge_G);
    range_or(fit, VAR_S, 0, 0.7, t->edge_S);
    return OK;
}

void allocation_hold(AllocationTask *t, const Point *like) {
    t->experts = (Choice){1, {like->x[VAR_E]}};
    t->granularity = (Choice){1, {like->x[VAR_GRANULARITY]}};
    t->sparsity = (Choice){1, {like->x[VAR_SPARSITY]}};
    t->ratio = (Choice){1, {like->x[VAR_NA] / like->x[VAR_N]}};
    t->G = like->x[VAR_G];
    t->S = like->x[VAR_S];
}

double allocated_size(const Law *law, const double *parameters, void *budget) {
    const Budget *b = budget;
    AllocationTask t;
    Allocation best;
    if (allocation_open(&t, law, parameters) != OK) return NAN;
    allocation_hold(&t, &b->base);
    t.accounting.plain = true;
    t.limits.flops = b->flops;
    return allocation_best(&t, &best) == OK ? best.setting.Na : NAN;
}

// ---- one model -----------------------------------------------------------------------------------------------------

static double memory_of(const AllocationTask *t, const Setting *s) {
    const Limits *l = &t->limits;
    return s->N * l->weight_bytes + setting_cache(&t->accounting, s) * s->n_layers * l->context * l->cache_bytes;
}

double serving_flops(const AllocationTask *t, const Setting *s) {
    double reading = s->N * t->limits.weight_bytes * flops_a_byte / t->limits.serve_batch;
    return fmax(setting_flops(t->law->kind, &t->accounting, s) / 3, reading);
}

// What follows from structure, Na and N: tokens, costs, loss, and the limits that are met.
static Allocation settled(const AllocationTask *t, const Setting *sizes) {
    const Limits *l = &t->limits;
    const double slack = 1 + 1e-6;
    Allocation a = {.setting = *sizes, .loss = NAN};
    Setting *s = &a.setting;
    setting_complete(t->law->kind, &t->accounting, s);
    a.memory = memory_of(t, s);
    a.flops_token = setting_flops(t->law->kind, &t->accounting, s);
    a.flops_serve = l->serve_tokens > 0 ? l->serve_tokens * serving_flops(t, s) : 0;
    double affordable = (l->flops - a.flops_serve) / a.flops_token;
    s->D = fmin(affordable, l->data * l->repeats);
    a.flops_train = a.flops_token * s->D;
    a.at_data = affordable > s->D * slack;
    a.at_memory = a.memory * slack >= l->memory;
    a.at_active = s->Na * slack >= l->max_active;
    a.at_total = s->N * slack >= l->max_total;
    a.at_ratio = l->least_ratio > 0 && s->Na <= s->N * l->least_ratio * slack;
    bool fits = s->D >= 1 && s->Na <= l->max_active * slack && s->N <= l->max_total * slack &&
                a.memory <= l->memory * slack && s->Na * slack >= s->N * l->least_ratio;
    Point point = setting_point(t->law->kind, &t->accounting, s);
    if (fits) a.loss = law_loss(t->law, t->parameters, &point);
    return a;
}

// ---- N at given Na -------------------------------------------------------------------------------------------------

typedef struct {
    const AllocationTask *t;
    Setting s;
} Profile;

static double loss_at_total(double log_N, void *context) {
    Profile *f = context;
    f->s.N = exp(log_N);
    double loss = settled(f->t, &f->s).loss;
    return isfinite(loss) ? loss : UNDEFINED;
}

// The largest N that the limits allow at this Na; `endless` times Na where they allow any.
static double most_total(const AllocationTask *t, const Setting *s) {
    const Limits *l = &t->limits;
    double most = fmin(l->max_total, s->Na * endless);
    if (l->least_ratio > 0) most = fmin(most, s->Na / l->least_ratio);
    if (!isfinite(l->memory)) return most;
    Setting empty = *s;
    empty.N = 0;
    setting_complete(t->law->kind, &t->accounting, &empty);
    return fmin(most, (l->memory - memory_of(t, &empty)) / l->weight_bytes);
}

Allocation allocation_at(const AllocationTask *t, const Setting *structure, double Na) {
    Profile f = {t, *structure};
    f.s.Na = Na;
    if (!free_total(t)) return settled(t, &f.s);
    if (structure->ratio > 0) {
        f.s.N = Na / structure->ratio;
        return settled(t, &f.s);
    }
    double most = most_total(t, &f.s), lo = log(Na), hi = log(most);
    f.s.N = Na;
    if (!(most > Na)) return settled(t, &f.s);
    double log_N = minimum(loss_at_total, &f, lo, hi, 4 + (int)(hi - lo), NULL);
    f.s.N = log_N >= hi ? most : exp(log_N);
    Allocation a = settled(t, &f.s);
    a.endless = f.s.N > Na * endless * 0.9;
    return a;
}

// ---- Na, G and S of a structure ------------------------------------------------------------------------------------

static double loss_at_active(double log_Na, void *context) {
    const Profile *f = context;
    double loss = allocation_at(f->t, &f->s, exp(log_Na)).loss;
    return isfinite(loss) ? loss : UNDEFINED;
}

// How far the smallest model of this Na is below the size limits, as a logarithm: positive where it fits.
static double room(double log_Na, void *context) {
    const Profile *f = context;
    const Limits *l = &f->t->limits;
    Setting s = f->s;
    s.Na = s.N = exp(log_Na);
    if (free_total(f->t) && s.ratio > 0) s.N = s.Na / s.ratio;
    setting_complete(f->t->law->kind, &f->t->accounting, &s);
    double least = fmin(log(l->max_active / s.Na), log(l->max_total / s.N));
    return fmin(fmin(least, log(l->memory / memory_of(f->t, &s))), 100);
}

static double most_log_Na(Profile *f) {
    double lo = log(least_active), hi = log(fmin(most_active, f->t->limits.flops / 6)), at;
    if (hi > lo && room(hi, f) < 0) return root(room, f, lo, hi, &at) ? at : lo;
    return hi;
}

static Allocation best_sizes(const AllocationTask *t, const Setting *structure) {
    Profile f = {t, *structure};
    double lo = log(least_active), hi = most_log_Na(&f);
    Allocation none = {.setting = *structure, .loss = NAN};
    if (!(hi > lo)) return none;
    double log_Na = minimum(loss_at_active, &f, lo, hi, 48, NULL);
    if (isnan(log_Na)) return none;
    Allocation a = allocation_at(t, structure, exp(log_Na));
    // Nobody's model or text is that small: the loss fell to an end of what is searched.
    a.sizeless = a.setting.D < least_tokens || a.setting.Na < least_active * 1.01 || a.setting.Na > most_active / 1.01;
    return a;
}

static double loss_at_G(double log_G, void *context) {
    Profile *f = context;
    f->s.G = exp(log_G);
    double loss = settled(f->t, &f->s).loss;
    return isfinite(loss) ? loss : UNDEFINED;
}

static double loss_at_S(double S, void *context) {
    Profile *f = context;
    f->s.S = S;
    double loss = settled(f->t, &f->s).loss;
    return isfinite(loss) ? loss : UNDEFINED;
}

// G and S of least loss at the sizes of s, where they are sought; the better edge where the least is at an end.
static void better_factors(const AllocationTask *t, Setting *s, bool *G_at_edge, bool *S_at_edge) {
    Profile f = {t, *s};
    if (law_uses(t->law, VAR_G) && isnan(t->G)) {
        double lo = log(G_sought[0]), hi = log(G_sought[1]), x = minimum(loss_at_G, &f, lo, hi, 24, NULL);
        double edge[2] = {log(t->edge_G[0]), log(t->edge_G[1])};
        *G_at_edge = !(x < hi);
        if (*G_at_edge) x = edge[loss_at_G(edge[1], &f) < loss_at_G(edge[0], &f)];
        s->G = f.s.G = exp(x);
    }
    if (law_uses(t->law, VAR_S) && isnan(t->S)) {
        double x = minimum(loss_at_S, &f, 0, 0.999, 24, NULL); // no sharing at all is a choice, not an edge
        *S_at_edge = !(x < 0.999);
        if (*S_at_edge) x = t->edge_S[loss_at_S(t->edge_S[1], &f) < loss_at_S(t->edge_S[0], &f)];
        s->S = x;
    }
}

// G and S to begin with, and whether they depend on sizes. With the paper's accounting they do not in the five-factor
// law.
static bool first_factors(const AllocationTask *t, Setting *s, bool *G_at_edge, bool *S_at_edge) {
    BestAt at = {1e9, 0, {t->edge_G[0], t->edge_G[1]}, {t->edge_S[0], t->edge_S[1]}};
    bool seek_G = law_uses(t->law, VAR_G) && isnan(t->G), seek_S = law_uses(t->law, VAR_S) && isnan(t->S);
    s->G = t->G;
    s->S = t->S;
    if (!seek_G && !seek_S) return false;
    BestFactors best = best_factors(t->law, t->parameters, &at);
    if (seek_G) s->G = best.at_G;
    if (seek_S) s->S = best.at_S;
    *G_at_edge = seek_G && best.G.end != INSIDE;
    *S_at_edge = seek_S && best.S.end != INSIDE;
    return t->accounting.exact || t->law->kind == KIND_FREE;
}

static Allocation best_of_structure(const AllocationTask *t, Setting s) {
    bool G_at_edge = false, S_at_edge = false, coupled = first_factors(t, &s, &G_at_edge, &S_at_edge);
    Allocation best = best_sizes(t, &s);
    for (int round = 0; coupled && round < 20 && isfinite(best.loss); round++) {
        s = best.setting;
        better_factors(t, &s, &G_at_edge, &S_at_edge);
        Allocation next = best_sizes(t, &s);
        if (!(next.loss < best.loss)) break;
        bool still = best.loss - next.loss < 1e-13 * best.loss;
        best = next;
        if (still) break;
    }
    best.G_at_edge = G_at_edge;
    best.S_at_edge = S_at_edge;
    return best;
}

// ---- structures ----------------------------------------------------------------------------------------------------

// The i-th combination of the choices that the law knows; false past the last.
static bool structure_at(const AllocationTask *t, int i, Setting *s) {
    static const Choice none = {1, {NAN}};
    const Law *law = t->law;
    const Choice *experts = law_uses(law, VAR_E) ? &t->experts : &none;
    const Choice *granularity = law_uses(law, VAR_GRANULARITY) ? &t->granularity : &none;
    const Choice *sparsity = law_uses(law, VAR_SPARSITY) ? &t->sparsity : &none;
    const Choice *ratio = free_total(t) && t->ratio.n ? &t->ratio : &none;
    *s = (Setting){.ratio = ratio->value[i % ratio->n]};
    i /= ratio->n;
    s->sparsity = sparsity->value[i % sparsity->n];
    i /= sparsity->n;
    s->granularity = granularity->value[i % granularity->n];
    i /= granularity->n;
    if (i >= experts->n) return false;
    s->E = experts->value[i];
    return true;
}

int allocation_each(const AllocationTask *t, Allocation each[CHOICES]) {
    Setting s;
    int n = 0;
    while (n < CHOICES && structure_at(t, n, &s)) {
        each[n] = best_of_structure(t, s);
        n++;
    }
    return n;
}

AllocationTask allocation_only(const AllocationTask *t, const Setting *structure) {
    AllocationTask one = *t;
    one.experts = (Choice){1, {structure->E}};
    one.granularity = (Choice){1, {structure->granularity}};
    one.sparsity = (Choice){1, {structure->sparsity}};
    one.ratio = (Choice){1, {structure->ratio}};
    return one;
}

// Least loss of all structures; loss NAN if none has a model.
static Allocation least_loss(const AllocationTask *t) {
    Allocation best = {.loss = NAN};
    Setting s;
    int n = 0, at = 0;
    for (; structure_at(t, n, &s); n++) {
        Allocation a = best_of_structure(t, s);
        if (!isfinite(a.loss) || a.loss >= best.loss) continue;
        best = a;
        at = n;
    }
    best.at_edge = n > 1 && (at == 0 || at == n - 1);
    return best;
}

// Which single limit, lifted, would let a model through.
static Status infeasible(const AllocationTask *t) {
    const Limits *l = &t->limits;
    Limits without[6] = {*l, *l, *l, *l, *l, *l};
    const struct {
        const char *name;
        double limit, *lift, to;
    } lifted[] = {{"--memory", l->memory, &without[0].memory, INFINITY},
                  {"--serve-tokens", l->serve_tokens, &without[1].serve_tokens, 0},
                  {"--max-active", l->max_active, &without[2].max_active, INFINITY},
                  {"--max-total", l->max_total, &without[3].max_total, INFINITY},
                  {"--data", l->data, &without[4].data, INFINITY},
                  {"--flops", l->flops, &without[5].flops, 1e32}};
    for (int i = 0; i < 6; i++) {
        AllocationTask other = *t;
        *lifted[i].lift = lifted[i].to;
        other.limits = without[i];
        if (isfinite(least_loss(&other).loss))
            return fail(BAD_INPUT, "no model meets the limits; the binding one is %s %g: without it there is one",
                        lifted[i].name, lifted[i].limit);
    }
    return fail(BAD_INPUT, "no model meets the limits, whichever one of them is lifted");
}

Status allocation_best(const AllocationTask *t, Allocation *best) {
    *best = least_loss(t);
    if (!isfinite(best->loss)) return infeasible(t);
    if (best->sizeless)
        return fail(
            BAD_INPUT,
            "%s: at this budget the loss falls for ever towards %s: these coefficients have no best size (does a "
            "term vanish?)",
            t->law->name,
            best->setting.Na > 1e6 * least_active ? "larger models on less data" : "smaller models on more data");
    if (!best->endless) return OK;
    return fail(BAD_INPUT,
                "%s: at this budget the loss falls for ever as N grows: unbounded in N: give --max-total, --memory, "
                "--ratio or --serve-tokens",
                t->law->name);
}

typedef struct {
    AllocationTask t;
    double loss;
} Target;

static double above_target(double log_C, void *context) {
    Target *target = context;
    target->t.limits.flops = exp(log_C);
    double loss = least_loss(&target->t).loss;
    return isfinite(loss) ? loss - target->loss : UNDEFINED;
}

Status allocation_for_loss(const AllocationTask *t, double loss, Allocation *best) {
    Target target = {*t, loss};
    double lo = log(1e9), hi = log(1e32), log_C;
    target.t.limits.flops = exp(hi);
    Status s = allocation_best(&target.t, best);
    if (s != OK) return fail_within(s, "--max-loss %g", loss);
    if (best->loss > loss)
        return fail(BAD_INPUT,
                    "--max-loss %g is out of reach: with these limits %s gives no less than %.4f, whatever the compute",
                    loss, t->law->name, best->loss);
    if (!root(above_target, &target, lo, hi, &log_C))
        return fail(BAD_INPUT, "--max-loss %g: any budget reaches it", loss);
    target.t.limits.flops = exp(log_C);
    return allocation_best(&target.t, best);
}

void allocation_band(const AllocationTask *t, const Allocation *best, double percent, double Na[2], double D[2]) {
    Profile f = {t, best->setting};
    double limit = best->loss * (1 + percent / 100);
    band_around(loss_at_active, &f, log(best->setting.Na), limit, log(least_active), most_log_Na(&f), Na);
    for (int i = 0; i < 2; i++) {
        Na[i] = exp(Na[i]);
        D[1 - i] = allocation_at(t, &best->setting, Na[i]).setting.D;
    }
}

const char *allocation_binding(const Allocation *a) {
    return a->at_data     ? "data"
           : a->at_memory ? "memory"
           : a->at_active ? "active parameters"
           : a->at_total  ? "total parameters"
           : a->at_ratio  ? "Na/N"
                          : "budget";
}
