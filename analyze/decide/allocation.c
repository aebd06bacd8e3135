// allocation.c - see allocation.h.
#include "allocation.h"

#include "fivefactor.h"
#include "fit/minimum.h"

#include <math.h>
#include <string.h>

const Limits limits_default = {
    .memory = INFINITY,
    .weight_bytes = 2,
    .cache_bytes = 2,
    .max_active = INFINITY,
    .max_total = INFINITY,
    .data = INFINITY,
    .repeats = 4,
    .ratio = NAN,
};

static const double least_active = 1e3, most_active = 1e16;

Status budget_open(Budget *p, const Law *law, const double *parameters) {
    *p = (Budget){
        .law = law,
        .parameters = parameters,
        .kind = law->kind,
        .accounting = accounting_default,
        .limits = limits_default,
        .experts = {6, {1, 2, 4, 8, 16, 32}},
        .granularity = {8, {1, 2, 4, 8, 16, 32, 64, 128}},
        .sparsity = {6, {0, 0.5, 0.75, 0.9, 0.95, 0.98}},
        .G = NAN,
        .S = NAN,
    };
    if (p->kind == KIND_OTHER || !law_uses(law, VAR_D))
        return fail(BAD_INPUT, "%s has no %s: there is nothing to allocate a budget to", law->name,
                    p->kind == KIND_OTHER ? "model size" : "training tokens");
    if (p->kind == KIND_DENSE_SIZE) p->experts = (Choice){4, {4, 8, 16, 32}};
    // The dense coefficients of a law are the law without its granularity term.
    int g = law->granularity ? law_parameter_index(law, law->granularity) : -1;
    if (g >= 0 && parameters[g] == 0) {
        p->accounting.expansion = 1;
        p->granularity = (Choice){1, {1}};
    }
    return OK;
}

static double memory_of(const Budget *p, const Setting *s) {
    return s->N * p->limits.weight_bytes + 2 * s->d_model * s->n_layers * p->limits.context * p->limits.cache_bytes;
}

// N of the five-factor law on the ridge where Na/N is best for N: Na = kappa N^(1-q) turned around.
static double ridge_total(const Budget *p, const Setting *s) {
    FiveFactor v;
    if (!five_factor(p->law, p->parameters, &v)) return NAN;
    double ratio_at_one =
        pow(v.alpha * (five_factor_P(&v, s->G, s->S) * v.k + v.c) / (five_factor_P(&v, s->G, s->S) * v.h),
            1 / (1 + v.alpha));
    double N = fmax(pow(s->Na / ratio_at_one, 1 + v.alpha), s->Na);
    return isfinite(N) ? N : NAN;
}

// The total that limits allow this Na; NAN if none.
static double total_for(const Budget *p, Setting *s) {
    const Limits *l = &p->limits;
    if (!isnan(l->ratio)) return s->Na / l->ratio;
    double most = l->max_total;
    if (isfinite(l->memory)) {
        s->N = 0;
        setting_complete(p->kind, &p->accounting, s);
        most = fmin(most, (l->memory - memory_of(p, s)) / l->weight_bytes);
    }
    if (!isfinite(most)) return ridge_total(p, s);
    return most >= s->Na ? most : NAN;
}

Allocation allocation_at(const Budget *p, const Setting *structure, double Na) {
    const Limits *l = &p->limits;
    Allocation a = {.setting = *structure, .loss = NAN};
    Setting *s = &a.setting;
    s->Na = Na;
    if (p->kind >= KIND_FREE) s->N = total_for(p, s);
    setting_complete(p->kind, &p->accounting, s);
    a.memory = memory_of(p, s);
    a.flops_token = setting_flops(p->kind, &p->accounting, s);
    a.flops_serve = a.flops_token / 3 * l->serve_tokens;
    double affordable = (l->flops - a.flops_serve) / a.flops_token;
    s->D = fmin(affordable, l->data * l->repeats);
    a.flops_train = a.flops_token * s->D;
    const double slack = 1 + 1e-6;
    a.at_data = affordable > s->D * slack;
    a.at_memory = a.memory * slack >= l->memory;
    a.at_active = Na * slack >= l->max_active;
    a.at_total = s->N * slack >= l->max_total;
    bool fits =
        s->D >= 1 && Na <= l->max_active * slack && s->N <= l->max_total * slack && a.memory <= l->memory * slack;
    Point point = setting_point(p->kind, &p->accounting, s);
    if (fits) a.loss = law_loss(p->law, p->parameters, &point);
    return a;
}

typedef struct {
    const Budget *p;
    Setting structure;
} Profile;

static double profile_loss(double log_Na, void *context) {
    const Profile *f = context;
    double loss = allocation_at(f->p, &f->structure, exp(log_Na)).loss;
    return isfinite(loss) ? loss : UNDEFINED;
}

// How far a model of this Na is below the size limits, as a logarithm: positive where it fits.
static double room(double log_Na, void *context) {
    const Profile *f = context;
    const Limits *l = &f->p->limits;
    Setting s = f->structure;
    s.Na = exp(log_Na);
    if (f->p->kind >= KIND_FREE) s.N = isnan(l->ratio) ? s.Na : s.Na / l->ratio;
    setting_complete(f->p->kind, &f->p->accounting, &s);
    double least = log(l->max_active / s.Na);
    least = fmin(least, log(l->max_total / s.N));
    return fmin(fmin(least, log(l->memory / memory_of(f->p, &s))), 100);
}

static double most_log_Na(Profile *f) {
    double lo = log(least_active), hi = log(fmin(most_active, f->p->limits.flops / 6)), at;
    if (hi > lo && room(hi, f) < 0) return root(room, f, lo, hi, &at) ? at : lo;
    return hi;
}

static Allocation best_of_structure(const Budget *p, Setting structure) {
    Profile f = {p, structure};
    double lo = log(least_active), hi = most_log_Na(&f);
    Allocation none = {.setting = structure, .loss = NAN};
    if (!(hi > lo)) return none;
    double log_Na = minimum(profile_loss, &f, lo, hi, 48, NULL);
    return isnan(log_Na) ? none : allocation_at(p, &structure, exp(log_Na));
}

int allocation_each(const Budget *p, Allocation each[CHOICES]) {
    static const Choice none = {1, {NAN}};
    const Choice *experts = law_uses(p->law, VAR_E) ? &p->experts : &none;
    const Choice *granularity = law_uses(p->law, VAR_GRANULARITY) ? &p->granularity : &none;
    const Choice *sparsity = law_uses(p->law, VAR_SPARSITY) ? &p->sparsity : &none;
    FiveFactor v;
    Setting s = {.G = p->G, .S = p->S};
    if (five_factor(p->law, p->parameters, &v)) {
        if (isnan(s.G)) s.G = five_factor_best_G(&v);
        if (isnan(s.S)) s.S = five_factor_best_S(&v);
    }
    int n = 0;
    for (int i = 0; i < experts->n; i++)
        for (int j = 0; j < granularity->n; j++)
            for (int k = 0; k < sparsity->n && n < CHOICES; k++) {
                s.E = experts->value[i];
                s.granularity = granularity->value[j];
                s.sparsity = sparsity->value[k];
                each[n++] = best_of_structure(p, s);
            }
    return n;
}

// Which single limit, lifted, would let a model through.
static Status infeasible(const Budget *p) {
    struct {
        const char *name;
        double limit;
        Budget without;
    } lifted[] = {{"--memory", p->limits.memory, *p},
                  {"--serve-tokens", p->limits.serve_tokens, *p},
                  {"--max-active", p->limits.max_active, *p},
                  {"--max-total", p->limits.max_total, *p},
                  {"--data", p->limits.data, *p},
                  {"--flops", p->limits.flops, *p}};
    lifted[0].without.limits.memory = INFINITY;
    lifted[1].without.limits.serve_tokens = 0;
    lifted[2].without.limits.max_active = INFINITY;
    lifted[3].without.limits.max_total = INFINITY;
    lifted[4].without.limits.data = INFINITY;
    lifted[5].without.limits.flops = 1e32;
    for (int i = 0; i < 6; i++) {
        Allocation each[CHOICES];
        int n = allocation_each(&lifted[i].without, each);
        for (int j = 0; j < n; j++)
            if (isfinite(each[j].loss))
                return fail(BAD_INPUT, "no model meets the limits; the binding one is %s %g: without it there is one",
                            lifted[i].name, lifted[i].limit);
    }
    if (p->kind >= KIND_FREE && (isnan(p->G) || isnan(p->S)))
        return fail(BAD_INPUT,
                    "%s gives no best G, S or Na/N (a coefficient is 0); say what to hold: --at G=8,S=0.1 and --ratio "
                    "or --max-total",
                    p->law->name);
    return fail(BAD_INPUT, "no model meets the limits, whichever one of them is lifted");
}

Status allocation_best(const Budget *p, Allocation *best) {
    Allocation each[CHOICES];
    int n = allocation_each(p, each), at = -1;
    for (int i = 0; i < n; i++)
        if (isfinite(each[i].loss) && (at < 0 || each[i].loss < each[at].loss)) at = i;
    if (at < 0) return infeasible(p);
    *best = each[at];
    best->at_edge = n > 1 && (at == 0 || at == n - 1);
    return OK;
}

typedef struct {
    Budget p;
    double loss;
} Target;

static double above_target(double log_C, void *context) {
    Target *t = context;
    Allocation best;
    t->p.limits.flops = exp(log_C);
    return allocation_best(&t->p, &best) == OK ? best.loss - t->loss : UNDEFINED;
}

Status allocation_for_loss(const Budget *p, double loss, Allocation *best) {
    Target t = {*p, loss};
    double lo = log(1e9), hi = log(1e32), log_C;
    double at_most = above_target(hi, &t);
    if (at_most > 0 && at_most < UNDEFINED)
        return fail(BAD_INPUT,
                    "--max-loss %g is out of reach: with these limits %s gives no less than %.4f, whatever "
                    "the compute",
                    loss, p->law->name, at_most + loss);
    if (!root(above_target, &t, lo, hi, &log_C)) return fail_within(infeasible(p), "--max-loss %g", loss);
    t.p.limits.flops = exp(log_C);
    return allocation_best(&t.p, best);
}

void allocation_band(const Budget *p, const Allocation *best, double percent, double Na[2], double D[2]) {
    Profile f = {p, best->setting};
    double limit = best->loss * (1 + percent / 100);
    band_around(profile_loss, &f, log(best->setting.Na), limit, log(least_active), most_log_Na(&f), Na);
    for (int i = 0; i < 2; i++) {
        Na[i] = exp(Na[i]);
        D[1 - i] = allocation_at(p, &best->setting, Na[i]).setting.D;
    }
}

void allocation_closed(const Law *law, const double *parameters, double C, Allocation *best) {
    double alpha = parameters[law_parameter_index(law, "alpha")], beta = parameters[law_parameter_index(law, "beta")];
    double A = parameters[law_parameter_index(law, "A")], B = parameters[law_parameter_index(law, "B")];
    double sum = alpha + beta, G = pow(alpha * A / (beta * B), 1 / sum);
    *best = (Allocation){.flops_train = C};
    Setting *s = &best->setting;
    s->N = s->Na = G * pow(C / 6, beta / sum);
    s->D = pow(C / 6, alpha / sum) / G;
    s->E = s->granularity = s->G = s->S = s->sparsity = NAN;
    setting_complete(KIND_DENSE, &accounting_default, s);
    best->flops_token = 6 * s->N;
    Point p = setting_point(KIND_DENSE, &accounting_default, s);
    best->loss = law_loss(law, parameters, &p);
}
