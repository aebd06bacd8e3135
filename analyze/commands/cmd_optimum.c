// cmd_optimum.c - `moelaw optimum FIT`: the factors a law likes best, how sure that is, and what a cheaper choice
// costs.
#include "command.h"
#include "decide/allocation.h"
#include "decide/decision.h"
#include "decide/fallback.h"
#include "decide/optimum.h"
#include "decide/quantity.h"
#include "decide/relations.h"
#include "decide/serving.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *N, *flops, *D, *within, *serving, *hardware;
    double price, activation;
    bool json;
} Wanted;

typedef struct {
    double N, D, C, price, within; // C: NAN unless the budget decides N and D
    const Fit *fit;
} Question;

enum { A_G, A_S, A_RATIO, A_NA, A_N, A_D, A_LOSS, A_PRICED, N_ANSWERS };

// ---- the five-factor law -------------------------------------------------------------------------------------------

static double or_else(double x, double fallback) {
    return isfinite(x) ? x : fallback;
}

static Optimum solve(const Law *law, const double *parameters, const Question *q, double price) {
    const double(*range)[2] = q->fit->range;
    const double edge_G[2] = {or_else(range[VAR_G][0], 1), or_else(range[VAR_G][1], 20)};
    const double edge_S[2] = {or_else(range[VAR_S][0], 0), or_else(range[VAR_S][1], 0.7)};
    double N = q->N, D = q->D;
    if (!isnan(q->C)) {
        Budget p;
        Allocation best;
        bool solved = budget_open(&p, law, parameters) == OK;
        p.limits.flops = q->C;
        Optimum any = optimum_at(law, parameters, 1e9, 1e10, 0, edge_G, edge_S);
        p.G = any.G;
        p.S = any.S;
        budget_fall_back(&p, q->fit, NULL);
        solved = solved && allocation_best(&p, &best) == OK;
        N = solved ? best.setting.N : NAN;
        D = solved ? best.setting.D : NAN;
    }
    Optimum o = optimum_at(law, parameters, N, D, price, edge_G, edge_S);
    if (isnan(o.D)) o.loss = NAN;
    return o;
}

static void answers(const Law *law, const double *parameters, void *context, double *a) {
    const Question *q = context;
    Optimum o = solve(law, parameters, q, 0);
    a[A_G] = o.G;
    a[A_S] = o.S;
    a[A_RATIO] = o.ratio;
    a[A_NA] = o.Na;
    a[A_N] = o.N;
    a[A_D] = o.D;
    a[A_LOSS] = o.loss;
    a[A_PRICED] = q->price > 0 ? solve(law, parameters, q, q->price).ratio : NAN;
}

static const char *const answer_names[N_ANSWERS] = {"G", "S", "Na_over_N", "Na", "N", "D", "loss", NULL};

static void note_edges(Warnings *w, const Optimum *o) {
    if (!o->G_inside) warning_add(w, "the coefficients give no best G: the loss is monotone in it; an edge is shown");
    if (!o->S_inside) warning_add(w, "the coefficients give no best S: the loss bends downwards; an edge is shown");
    if (!o->ratio_inside) warning_add(w, "no Na/N below 1 is best at this N: the law prefers a dense model");
}

// Best loss among ratios that can be served below a price.
typedef struct {
    const FiveFactor *v;
    const Optimum *o;
    const Hardware *hardware;
    double cost;
} Serveable;

static double serving_cost_at(double log_ratio, const Serveable *s) {
    Served model = served_standard(s->o->N, exp(log_ratio) * s->o->N, 2);
    Serving best;
    return serving_best(&model, s->hardware, &workload_default, &best) == OK ? best.cost : INFINITY;
}

// The largest ratio up to the best one that stays below the price; NAN if none does (cost rises with Na).
static double serveable_ratio(const Serveable *s) {
    double lo = log(1e-4), hi = log(s->o->ratio);
    if (serving_cost_at(hi, s) <= s->cost) return s->o->ratio;
    if (serving_cost_at(lo, s) > s->cost) return NAN;
    for (int i = 0; i < 50; i++) {
        double middle = (lo + hi) / 2;
        *(serving_cost_at(middle, s) <= s->cost ? &lo : &hi) = middle;
    }
    return exp(lo);
}

static Status by_serving(const Wanted *w, const FiveFactor *v, const Optimum *o, double *ratio, double *cost) {
    Hardware hardware;
    *ratio = NAN;
    if (!w->serving) return OK;
    TRY(quantity_parse("serving-cost", w->serving, UNIT_PRICE, cost));
    TRY(hardware_read(w->hardware, &hardware));
    Serveable s = {v, o, &hardware, *cost};
    *ratio = serveable_ratio(&s);
    if (!isnan(*ratio)) return OK;
    Served least = served_standard(o->N, 1e-4 * o->N, 2);
    Serving any;
    TRY(serving_best(&least, &hardware, &workload_default, &any));
    return fail(
        BAD_INPUT,
        "--serving-cost %g: no Na/N of a model with N = %.3g is that cheap on %s; its weights alone make it $%.3g "
        "per million tokens",
        *cost, o->N, hardware.name, any.cost);
}

typedef struct {
    const char *name;
    double ratio, loss;
} Cheaper;

static int cheaper_choices(const Wanted *w, const Question *q, const FiveFactor *v, const Optimum *o, double served,
                           Cheaper list[3]) {
    int n = 0;
    if (q->price > 0) list[n++] = (Cheaper){"price", solve(q->fit->law, q->fit->parameters, q, q->price).ratio, 0};
    if (q->within > 0) list[n++] = (Cheaper){"within", optimum_least_ratio(v, o, q->within), 0};
    if (w->serving) list[n++] = (Cheaper){"serving_cost", served, 0};
    for (int i = 0; i < n; i++) list[i].loss = optimum_loss(v, o->N, o->D, list[i].ratio, o->G, o->S);
    return n;
}

static void print_text(const Wanted *w, const Question *q, const Optimum *o, const FiveFactor *v, double ci[][2],
                       const Cheaper *cheaper, int n_cheaper) {
    char N[NUMBER_TEXT], D[NUMBER_TEXT], x[NUMBER_TEXT], a[INTERVAL_TEXT], b[INTERVAL_TEXT], c[INTERVAL_TEXT];
    OptimumBand near = optimum_band(v, o, 0.1), far = optimum_band(v, o, 0.5);
    printf("%s (%s)\nat N = %s parameters, D = %s tokens%s\n\n", q->fit->law->name, q->fit->origin, people(o->N, N),
           people(o->D, D), w->flops ? ", as the budget allows on the law's own best Na/N" : "");
    printf("  %-8s %-10s %-20s %-20s %s\n", "factor", "best", "95 % interval", "within 0.1 % loss",
           "within 0.5 % loss");
    const struct {
        const char *name;
        double value, *ci, *near, *far;
    } rows[] = {{"G", o->G, ci[A_G], near.G, far.G},
                {"S", o->S, ci[A_S], near.S, far.S},
                {"Na/N", o->ratio, ci[A_RATIO], near.ratio, far.ratio}};
    for (int i = 0; i < 3; i++)
        printf("  %-8s %-10s %-20s %-20s %s\n", rows[i].name, people(rows[i].value, x), people_range(rows[i].ci, a),
               people_range(rows[i].near, b), people_range(rows[i].far, c));
    printf("  %-8s %-10s %s\n", "Na", people(o->Na, x), people_range(ci[A_NA], a));
    printf("  %-8s %-10.4f %s\n", "loss", o->loss, people_range(ci[A_LOSS], a));
    if (!q->fit->n_draws) printf("\nNo intervals: published coefficients come without bootstrap draws.\n");
    if (n_cheaper) printf("\nCheaper choices of Na/N:\n");
    for (int i = 0; i < n_cheaper; i++) {
        char what[80];
        if (!strcmp(cheaper[i].name, "price"))
            snprintf(what, sizeof what, "at a price of %g nats per unit of Na/N", q->price);
        if (!strcmp(cheaper[i].name, "within"))
            snprintf(what, sizeof what, "smallest within %g %% of the best loss", q->within);
        if (!strcmp(cheaper[i].name, "serving_cost"))
            snprintf(what, sizeof what, "best that serves 1M tokens for $%s on %s", w->serving, w->hardware);
        printf("  %-46s Na/N = %.4f, loss %.4f (%+.4f)\n", what, cheaper[i].ratio, cheaper[i].loss,
               cheaper[i].loss - o->loss);
    }
}

static void print_json(const Question *q, const Optimum *o, const FiveFactor *v, double ci[][2], const Cheaper *cheaper,
                       int n_cheaper, const Warnings *warnings) {
    json_t *root = json_pack("{s:s, s:s}", "law", q->fit->law->name, "fit", q->fit->origin);
    const double values[] = {o->G, o->S, o->ratio, o->Na, o->N, o->D, o->loss};
    for (int i = 0; answer_names[i]; i++) {
        char key[32];
        snprintf(key, sizeof key, "%s_ci95", answer_names[i]);
        json_object_set_new(root, answer_names[i], json_number(values[i]));
        json_object_set_new(root, key, json_range(ci[i]));
    }
    json_object_set_new(root, "interior",
                        json_pack("{s:b, s:b, s:b}", "G", o->G_inside, "S", o->S_inside, "Na_over_N", o->ratio_inside));
    json_t *bands = json_object();
    const double percents[] = {0.1, 0.5};
    for (int i = 0; i < 2; i++) {
        OptimumBand b = optimum_band(v, o, percents[i]);
        json_t *band = json_object();
        json_object_set_new(band, "G", json_range(b.G));
        json_object_set_new(band, "S", json_range(b.S));
        json_object_set_new(band, "Na_over_N", json_range(b.ratio));
        json_object_set_new(bands, i ? "0.5" : "0.1", band);
    }
    json_object_set_new(root, "band_percent", bands);
    json_t *efficient = json_object();
    for (int i = 0; i < n_cheaper; i++) {
        json_t *one = json_pack("{s:f, s:f, s:f}", "Na_over_N", cheaper[i].ratio, "Na", cheaper[i].ratio * o->N, "loss",
                                cheaper[i].loss);
        if (!strcmp(cheaper[i].name, "price")) json_object_set_new(one, "Na_over_N_ci95", json_range(ci[A_PRICED]));
        json_object_set_new(efficient, cheaper[i].name, one);
    }
    json_object_set_new(root, "efficient", efficient);
    json_object_set_new(root, "warnings", warnings_json(warnings));
    json_print(root);
}

static Status five(const Wanted *w, Question *q) {
    FiveFactor v;
    double ci[N_ANSWERS][2], served, cost = NAN;
    Cheaper cheaper[3];
    Warnings warnings = {0};
    five_factor(q->fit->law, q->fit->parameters, &v);
    Optimum o = solve(q->fit->law, q->fit->parameters, q, 0);
    if (!isfinite(o.N) || !isfinite(o.loss))
        return fail_within(BAD_INPUT, "--flops %s: no N on the law's own best Na/N", w->flops ? w->flops : "?");
    decision_intervals(q->fit, answers, q, N_ANSWERS, ci);
    TRY(by_serving(w, &v, &o, &served, &cost));
    Point p = {.x = {[VAR_D] = o.D, [VAR_N] = o.N, [VAR_NA] = o.Na, [VAR_G] = o.G, [VAR_S] = o.S}};
    note_edges(&warnings, &o);
    if (!isnan(q->C) && !o.ratio_inside)
        warning_add(&warnings, "the fit gives no best Na/N, so N follows from the middle Na/N of its runs");
    warn_outside(&warnings, q->fit, &p, 1);
    int n = cheaper_choices(w, q, &v, &o, served, cheaper);
    if (w->json) {
        print_json(q, &o, &v, ci, cheaper, n, &warnings);
        return OK;
    }
    print_text(w, q, &o, &v, ci, cheaper, n);
    warnings_print(&warnings);
    return OK;
}

// ---- other laws: what the budget decides ---------------------------------------------------------------------------

static void budget_answers(const Law *law, const double *parameters, void *context, double *a) {
    Budget p = *(const Budget *)context;
    Allocation best;
    p.parameters = parameters;
    for (int i = 0; i < 7; i++) a[i] = NAN;
    if (law != p.law || allocation_best(&p, &best) != OK) return;
    const Setting *s = &best.setting;
    const double values[] = {s->E, s->granularity, s->sparsity, s->Na / s->N, s->Na, s->D, best.loss};
    memcpy(a, values, sizeof values);
}

static Status other(const Wanted *w, const Question *q) {
    static const char *const names[] = {"num_experts", "granularity", "sparsity", "Na_over_N", "Na", "D", "loss"};
    Budget p;
    Allocation best;
    Warnings warnings = {0};
    double values[7], ci[7][2];
    char x[NUMBER_TEXT], range[INTERVAL_TEXT];
    TRY(budget_open(&p, q->fit->law, q->fit->parameters));
    if (isnan(q->C))
        return fail(BAD_INPUT, "%s has no closed-form optimum at a given N; give a budget: --flops 1e21",
                    q->fit->law->name);
    p.limits.flops = q->C;
    TRY(allocation_best(&p, &best));
    budget_answers(q->fit->law, q->fit->parameters, &p, values);
    decision_intervals(q->fit, budget_answers, &p, 7, ci);
    Point point = setting_point(p.kind, &p.accounting, &best.setting);
    warn_outside(&warnings, q->fit, &point, 1);
    if (best.at_edge) warning_add(&warnings, "the best structure is at the edge of those tried");
    json_t *root = json_pack("{s:s, s:s, s:f, s:f}", "law", q->fit->law->name, "fit", q->fit->origin, "C", q->C, "N",
                             best.setting.N);
    if (!w->json) printf("%s (%s)\nfor C = %g training FLOPs\n\n", q->fit->law->name, q->fit->origin, q->C);
    for (int i = 0; i < 7; i++) {
        char key[32];
        if (isnan(values[i])) continue;
        snprintf(key, sizeof key, "%s_ci95", names[i]);
        json_object_set_new(root, names[i], json_number(values[i]));
        json_object_set_new(root, key, json_range(ci[i]));
        if (!w->json) printf("  %-12s %-10s %s\n", names[i], people(values[i], x), people_range(ci[i], range));
    }
    json_object_set_new(root, "warnings", warnings_json(&warnings));
    if (w->json) {
        json_print(root);
        return OK;
    }
    json_decref(root);
    warnings_print(&warnings);
    return OK;
}

// ---- published relations -------------------------------------------------------------------------------------------

static Status leverage(const Wanted *w, double C) {
    double G = tian_best_granularity(), A = w->activation, EL = tian_leverage(A, G, C),
           twelve = tian_leverage(A, 12, C);
    double M = power_at(tian_moe_M, C), D = power_at(tian_moe_D, C), lr = power_at(tian_lr, C),
           batch = power_at(tian_batch, C);
    char m[NUMBER_TEXT], d[NUMBER_TEXT], b[NUMBER_TEXT];
    if (w->json) {
        json_print(json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "law", "tian2025", "C", C,
                             "activation", A, "granularity", G, "leverage", EL, "leverage_at_12", twelve, "M", M, "D",
                             D, "lr", lr, "batch_tokens", batch));
        return OK;
    }
    printf("tian2025 (arXiv 2507.17702): compute a dense model needs for the same loss / compute of the MoE\n"
           "at C = %g FLOPs and %.3g %% of experts active\n\n"
           "  best granularity %.1f (the same at every A and C)\n"
           "  leverage there   %.2f\n"
           "  leverage at 12   %.2f\n"
           "  M                %s FLOPs per token\n"
           "  D                %s tokens\n"
           "  learning rate    %.3g, batch %s tokens (fitted on 3e17..3e20)\n",
           C, 100 * A, G, EL, twelve, people(M, m), people(D, d), lr, people(batch, b));
    return OK;
}

static Status holistic(const Wanted *w, double C) {
    double M = power_at(wan_M, C), D = power_at(wan_D, C), x = wan_x(C), y = power_at(wan_y(), C);
    char a[NUMBER_TEXT], b[NUMBER_TEXT], c[NUMBER_TEXT], d[NUMBER_TEXT];
    if (w->json) {
        json_print(json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "law", "wan2026", "C", C, "M", M, "D", D,
                             "M_over_Na", x, "N_over_Na", y, "Na_over_N", 1 / y, "Na", M / x, "N", y * M / x));
        return OK;
    }
    printf("wan2026 (arXiv 2603.21862) for C = %g FLOPs\n\n  M      %s FLOPs per token\n  D      %s tokens\n"
           "  M/Na   %.2f (through the published architectures)\n  N/Na   %.2f (through the published optima)\n"
           "  Na     %s\n  N      %s\n",
           C, people(M, a), people(D, b), x, y, people(M / x, c), people(y * M / x, d));
    if (C < 0.99e18 || C > 3.01e20)
        warn("C = %g lies a factor %.3g outside the published range 1e18..3e20: extrapolated", C,
             C > 3e20 ? C / 3e20 : 1e18 / C);
    return OK;
}

// ---- the command ---------------------------------------------------------------------------------------------------

static Status question(const Wanted *w, const Fit *fit, Question *q) {
    *q = (Question){.N = NAN, .D = NAN, .C = NAN, .price = w->price, .fit = fit};
    if (w->N && w->flops) return fail(BAD_INPUT, "--N and --flops: give one; the budget decides N");
    if (w->N) TRY(quantity_parse("N", w->N, UNIT_COUNT, &q->N));
    if (w->D) TRY(quantity_parse("D", w->D, UNIT_COUNT, &q->D));
    if (w->flops) TRY(quantity_parse("flops", w->flops, UNIT_FLOPS, &q->C));
    if (w->within) TRY(quantity_parse("within", w->within, UNIT_PERCENT, &q->within));
    if (w->N || w->flops) {
        if (isnan(q->D)) q->D = 20 * q->N;
        return OK;
    }
    q->N = or_else(strncmp(fit->origin, "published:", 10) ? fit->range[VAR_N][1] : NAN, 30e9);
    if (isnan(q->D)) q->D = 20 * q->N;
    if (law_uses(fit->law, VAR_G)) note("no --N or --flops given: shown for N = %.3g", q->N);
    return OK;
}

static Status optimum(int argc, char **argv) {
    Wanted w = {.hardware = "h100", .activation = 0.031};
    const Option options[] = {
        {"N", 0, ARG_TEXT, &w.N, "X", "total parameters, such as 30B", 0, 0},
        {"flops", 0, ARG_TEXT, &w.flops, "C", "training FLOPs, which decide N and D instead", 0, 0},
        {"D", 0, ARG_TEXT, &w.D, "X", "training tokens, for the loss alone (default 20 N)", 0, 0},
        {"price", 0, ARG_NUMBER, &w.price, "NATS", "also the best with this price on Na/N (lambda)", 0, 1e6},
        {"within", 0, ARG_TEXT, &w.within, "PCT", "also the smallest Na/N within PCT % of the best loss", 0, 0},
        {"serving-cost", 0, ARG_TEXT, &w.serving, "USD", "also the best that serves 1M tokens for USD", 0, 0},
        {"hardware", 0, ARG_TEXT, &w.hardware, "NAME", "for --serving-cost (default h100)", 0, 0},
        {"activation", 0, ARG_NUMBER, &w.activation, "A", "tian2025: share of experts active (default 0.031)", 1e-4, 1},
        {"json", 0, ARG_FLAG, &w.json, NULL, "print JSON", 0, 0},
        {0}};
    const Usage usage = {
        "moelaw",
        "optimum FIT [--N X | --flops C] [options]",
        "The best G, S and Na/N of a five-factor fit in closed form, with 95 % intervals from its bootstrap and all\n"
        "settings within 0.1 % and 0.5 % of the best loss; for other laws the best structure for a budget.\n"
        "FIT is a fit.json or published:NAME (also published:tian2025 and published:wan2026).",
        "  moelaw optimum fit.json --N 30B\n"
        "  moelaw optimum published:zhao2025 --N 671B --price 0.39 --within 0.5\n"
        "  moelaw optimum published:krajewski2024 --flops 1e22 --json\n"
        "  moelaw optimum published:tian2025 --flops 1e22 --activation 0.031\n",
        options,
        1,
        1};
    const char *spec;
    int n;
    TRY(args_parse(&usage, argc, argv, &spec, &n));
    bool tian = !strcmp(spec, "published:tian2025"), wan = !strcmp(spec, "published:wan2026");
    if (tian || wan) {
        double C = 1e20;
        if (w.flops) TRY(quantity_parse("flops", w.flops, UNIT_FLOPS, &C));
        return tian ? leverage(&w, C) : holistic(&w, C);
    }
    Fit fit;
    Question q;
    FiveFactor v;
    TRY(fit_load(spec, &fit));
    Status s = question(&w, &fit, &q);
    if (s == OK) s = five_factor(fit.law, fit.parameters, &v) ? five(&w, &q) : other(&w, &q);
    fit_free(&fit);
    return s;
}

static int run(int argc, char **argv) {
    return status_report("moelaw", optimum(argc, argv));
}
COMMAND(optimum, "the best G, S and Na/N, with intervals and near-optimal bands", 40)
