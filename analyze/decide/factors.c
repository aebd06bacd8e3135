// factors.c - see factors.h.
#include "factors.h"

#include "fivefactor.h"

#include <math.h>
#include <string.h>

static const double percents[2] = {0.1, 0.5};

enum { FACTOR, BEST, INTERVAL, NEAR, FAR, IS_INSIDE, N_BEST };
static const Column best_columns[N_BEST] = {
    {"factor", "factor", NULL, AS_WORD},          {"best", "best", NULL, AS_PEOPLE},
    {"ci95", "95 % interval", NULL, AS_RANGE},    {"near", "within 0.1 % loss", NULL, AS_RANGE},
    {"far", "within 0.5 % loss", NULL, AS_RANGE}, {"inside", NULL, NULL, AS_FLAG},
};

enum { G, S, RATIO, NA, TOTAL, TOKENS, LOSS, N_ROWS, PRICED = N_ROWS, N_ANSWERS };
static const char *const names[N_ROWS] = {"G", "S", "Na_over_N", "Na", "N", "D", "loss"};

enum { CHOICE, WHAT, CHEAP_RATIO, CHEAP_NA, CHEAP_LOSS, MORE, N_CHEAPER };
static const Column cheaper_columns[N_CHEAPER] = {
    {"choice", NULL, NULL, AS_WORD},
    {"what", "cheaper choices of Na/N", NULL, AS_WORD},
    {"Na_over_N", "Na/N", NULL, AS_LOSS | WITH_INTERVAL},
    {"Na", "Na", NULL, AS_PEOPLE},
    {"loss", "loss", NULL, AS_LOSS},
    {"loss_added", "added", NULL, AS_LOSS},
};

typedef struct {
    const Fit *fit;
    const FactorQuestion *q;
} Asked;

static FactorOptimum best_of(const Asked *a, const double *parameters, double price) {
    BestAt at = best_at(a->fit, a->q->N);
    at.price = price;
    return factor_optimum(a->fit->law, parameters, a->q->D, &at);
}

static void answers(const Law *law, const double *parameters, void *context, double *x) {
    (void)law;
    const Asked *a = context;
    FactorOptimum o = best_of(a, parameters, 0);
    const double values[N_ROWS] = {o.G, o.S, o.ratio, o.Na, o.N, o.D, o.loss};
    memcpy(x, values, sizeof values);
    x[PRICED] = a->q->price > 0 ? best_of(a, parameters, a->q->price).ratio : NAN;
}

static Sheet best_sheet(const FiveFactor *v, const FactorOptimum *o, double value[], double ci[][2]) {
    Sheet s = sheet_open(best_columns, N_BEST, N_ROWS);
    const bool inside[N_ROWS] = {o->G_inside, o->S_inside, o->ratio_inside, true, true, true, true};
    for (int row = 0; row < N_ROWS; row++) {
        sheet_cell(&s, row, FACTOR)->word = names[row];
        sheet_put(&s, row, BEST, value[row]);
        sheet_put_range(&s, row, INTERVAL, ci[row]);
        sheet_put(&s, row, IS_INSIDE, inside[row]);
    }
    for (int i = 0; i < 2; i++) {
        FactorBand band = factor_band(v, o, percents[i]);
        sheet_put_range(&s, G, NEAR + i, band.G);
        sheet_put_range(&s, S, NEAR + i, band.S);
        sheet_put_range(&s, RATIO, NEAR + i, band.ratio);
    }
    return s;
}

// ---- cheaper choices -----------------------------------------------------------------------------------------------

static double cost_at(double log_ratio, const FactorOptimum *o, const Hardware *hardware) {
    Served model = served_standard(o->N, exp(log_ratio) * o->N, 2);
    Serving best;
    return serving_best(&model, hardware, &workload_default, &best) == OK ? best.cost : INFINITY;
}

// The largest ratio up to the best one that stays below the cost (which rises with Na).
static Status serveable_ratio(const FactorQuestion *q, const FactorOptimum *o, double *ratio) {
    double lo = log(1e-4), hi = log(o->ratio);
    *ratio = o->ratio;
    if (cost_at(hi, o, q->hardware) <= q->serving_cost) return OK;
    if (cost_at(lo, o, q->hardware) > q->serving_cost) {
        Served least = served_standard(o->N, 1e-4 * o->N, 2);
        Serving any;
        TRY(serving_best(&least, q->hardware, &workload_default, &any));
        return fail(
            BAD_INPUT,
            "--serving-cost %g: no Na/N of a model with N = %.3g is that cheap on %s; its weights alone make it "
            "$%.3g per million tokens",
            q->serving_cost, o->N, q->hardware->name, any.cost);
    }
    for (int i = 0; i < 50; i++) {
        double middle = (lo + hi) / 2;
        *(cost_at(middle, o, q->hardware) <= q->serving_cost ? &lo : &hi) = middle;
    }
    *ratio = exp(lo);
    return OK;
}

static Status cheaper_sheet(const Asked *a, const FiveFactor *v, const FactorOptimum *o, const double priced[2],
                            Sheet *s) {
    const FactorQuestion *q = a->q;
    double served = NAN;
    if (!isnan(q->serving_cost)) TRY(serveable_ratio(q, o, &served));
    const struct {
        bool asked;
        const char *name, *what;
        double ratio;
    } choices[] = {
        {q->price > 0, "price", "at that price of a unit of Na/N", best_of(a, a->fit->parameters, q->price).ratio},
        {q->within > 0, "within", "smallest that near to the best loss", factor_band(v, o, q->within).ratio[0]},
        {!isnan(q->serving_cost), "serving_cost", "largest that serves 1M tokens for that", served},
    };
    int row = 0;
    *s = sheet_open(cheaper_columns, N_CHEAPER, 3);
    for (int i = 0; i < 3; i++) {
        if (!choices[i].asked) continue;
        double ratio = choices[i].ratio, loss = five_factor_loss(v, o->N, o->D, ratio, o->G, o->S);
        sheet_cell(s, row, CHOICE)->word = choices[i].name;
        sheet_cell(s, row, WHAT)->word = choices[i].what;
        sheet_put(s, row, CHEAP_RATIO, ratio);
        if (i == 0) sheet_put_range(s, row, CHEAP_RATIO, priced);
        sheet_put(s, row, CHEAP_NA, ratio * o->N);
        sheet_put(s, row, CHEAP_LOSS, loss);
        sheet_put(s, row++, MORE, loss - o->loss);
    }
    s->n_rows = row;
    return OK;
}

Status factors(const Fit *fit, const FactorQuestion *q, Sheet *best, Sheet *cheaper, Warnings *w) {
    FiveFactor v;
    double value[N_ANSWERS], ci[N_ANSWERS][2];
    Asked a = {fit, q};
    if (!five_factor(fit->law, fit->parameters, &v))
        return fail(BAD_INPUT, "%s has no closed-form optimum at a given N; give a budget: --flops 1e21",
                    fit->law->name);
    FactorOptimum o = best_of(&a, fit->parameters, 0);
    answers(fit->law, fit->parameters, &a, value);
    decision_intervals(fit, answers, &a, N_ANSWERS, ci);
    TRY(cheaper_sheet(&a, &v, &o, ci[PRICED], cheaper));
    *best = best_sheet(&v, &o, value, ci);
    if (!o.G_inside) warning_add(w, "the coefficients give no best G: the loss is monotone in it; an edge is shown");
    if (!o.S_inside) warning_add(w, "the coefficients give no best S: the loss bends downwards; an edge is shown");
    if (!o.ratio_inside) warning_add(w, "no Na/N below 1 is best at this N: the law prefers a dense model");
    Point p = {.x = {[VAR_D] = o.D, [VAR_N] = o.N, [VAR_NA] = o.Na, [VAR_G] = o.G, [VAR_S] = o.S}};
    warn_outside(w, fit, &p, 1);
    return OK;
}

json_t *factors_json(const Fit *fit, const Sheet *best, const Sheet *cheaper) {
    json_t *root = json_pack("{s:s, s:s}", "law", fit->law->name, "fit", fit->origin);
    json_t *interior = json_object(), *bands = json_pack("{s:{}, s:{}}", "0.1", "0.5"), *efficient = json_object();
    char key[32];
    for (int row = 0; row < best->n_rows; row++) {
        const char *name = names[row];
        snprintf(key, sizeof key, "%s_ci95", name);
        json_object_set_new(root, name, json_number(sheet_cell(best, row, BEST)->x));
        json_object_set_new(root, key, json_range(sheet_cell(best, row, INTERVAL)->range));
        if (row > RATIO) continue;
        json_object_set_new(interior, name, json_boolean(sheet_cell(best, row, IS_INSIDE)->x != 0));
        json_object_set_new(json_object_get(bands, "0.1"), name, json_range(sheet_cell(best, row, NEAR)->range));
        json_object_set_new(json_object_get(bands, "0.5"), name, json_range(sheet_cell(best, row, FAR)->range));
    }
    for (int row = 0; row < cheaper->n_rows; row++)
        json_object_set_new(efficient, sheet_cell(cheaper, row, CHOICE)->word, sheet_row_json(cheaper, row));
    json_object_set_new(root, "interior", interior);
    json_object_set_new(root, "band_percent", bands);
    json_object_set_new(root, "efficient", efficient);
    return root;
}
