// build.c - see build.h.
#include "build.h"

#include "fit/derived.h"

#include <math.h>

enum { MOST_ROUNDS = 12 };

// Experts hold about 70 % of the active parameters in the published shapes: what that leaves of the largest N/Na.
static const double expert_part = 0.7;

// Na/N of a model with experts, at most.
static const double least_off = 0.8;

static bool blind(const Goal *g) { // the law sees one size
    return g->kind == KIND_DENSE || g->kind == KIND_PRUNED;
}

// G and S that the whole-number experts stand for.
static void structure_of(const Rules *r, Setting *s) {
    *s = (Setting){.E = r->n_experts,
                   .granularity = NAN,
                   .sparsity = 1 - (double)r->top_k / r->n_experts,
                   .G = r->top_k + r->n_shared,
                   .S = (double)r->n_shared / (r->top_k + r->n_shared)};
}

// The law's allocation at C when a token costs x Na FLOPs instead of 6 Na.
static Status allocation_of(const BuildTask *t, double C, double x, Allocation *a) {
    AllocationTask p = t->task;
    Setting s;
    structure_of(&t->rules, &s);
    p.limits.flops = C;
    p.accounting.flops_scale = x / 6;
    p.G = s.G;
    p.S = s.S;
    Status status = allocation_best(&p, a);
    if (status != OK && a->endless) return fail_within(status, "a number of --experts would do, or a limit");
    if (status != OK || p.law->kind < KIND_FREE || a->setting.Na <= least_off * a->setting.N) return status;
    // The law would have a dense model; with experts some are off.
    p.ratio = (Choice){1, {least_off}};
    return allocation_best(&p, a);
}

// `cost`: FLOPs per token and active parameter that the law's allocation counts with.
static Status start(const BuildTask *t, double C, double cost, Goal *g) {
    *g = (Goal){.C = C,
                .law = t->fit->law,
                .parameters = t->fit->parameters,
                .kind = t->fit->law->kind,
                .accounting = accounting_default,
                .y = NAN};
    structure_of(&t->rules, &g->structure);
    g->limits = &t->task.limits;
    if (t->relation) {
        g->M = power_at(wan_M, C);
        goal_ratios(g, &t->ratios, &t->rules);
        return OK;
    }
    Allocation a;
    TRY(allocation_of(t, C, cost, &a));
    g->M = (6 + power_at(t->ratios.above_6, C)) * a.setting.Na;
    if (!blind(g)) g->y = a.setting.N / a.setting.Na;
    if (!isnan(a.setting.E)) g->structure.E = a.setting.E;
    g->structure.granularity = a.setting.granularity;
    if (!isnan(a.setting.sparsity)) g->structure.sparsity = a.setting.sparsity;
    goal_ratios(g, &t->ratios, &t->rules);
    return OK;
}

// The next allocation, knowing the last shape's own ratios.
static Status again(const BuildTask *t, const Goal *last, const Holistic *h, Goal *g) {
    *g = *last;
    if (t->relation) {
        g->M = power_at(wan_M, t->C) * goal_best_M(g, h->x, h->y) / goal_best_M(g, g->x, g->y);
        return OK;
    }
    Allocation a;
    TRY(allocation_of(t, t->C, h->x, &a));
    g->M = h->x * a.setting.Na;
    if (!blind(g)) {
        g->y = a.setting.N / a.setting.Na;
        goal_ratios(g, &t->ratios, &t->rules);
    }
    return OK;
}

static Status iterate(const BuildTask *t, Built *b) {
    Goal next;
    Holistic first = {0};
    // The first round counts as papers do: 6 FLOPs, no attention scores.
    TRY(start(t, t->C, 6, &b->goal));
    for (b->rounds = 1;; b->rounds++) {
        TRY(architecture_search(&b->goal, &t->rules, t->percent, &b->best, NULL));
        if (b->rounds == 1) first = b->best.count;
        if (b->rounds == MOST_ROUNDS) break;
        TRY(again(t, &b->goal, &b->best.count, &next));
        if (fabs(log(next.M / b->goal.M)) < 1e-3 && fabs(log(next.y / b->goal.y)) < 1e-3) break;
        b->goal = next;
    }
    b->M_moved = b->best.count.M / first.M - 1;
    b->N_moved = b->best.count.N / first.N - 1;
    return architecture_search(&b->goal, &t->rules, t->percent, &b->best, &b->band);
}

static Status choose_experts(BuildTask *t) {
    Rules *r = &t->rules;
    bool five = !t->relation && t->fit->law->kind == KIND_FIVE_FACTOR, asked = r->n_experts > 0;
    struct {
        double G, S;
    } best = {9, 1.0 / 9};
    if (five) {
        BestAt at = best_at(t->fit, 1e9);
        BestFactors b = best_factors(t->fit->law, t->fit->parameters, &at);
        best.G = b.at_G;
        best.S = b.at_S;
    }
    if (best.G > 64) best.G = 8;
    if (r->n_shared < 0) r->n_shared = (int)lround(best.S * best.G);
    if (!r->top_k) r->top_k = (int)fmax(1, lround(best.G) - r->n_shared);
    if (!asked) r->n_experts = 288;
    if (r->top_k >= r->n_experts)
        return fail(BAD_INPUT, "--top-k %d of --experts %d: expected fewer active than there are", r->top_k,
                    r->n_experts);
    if (t->relation) return OK;
    double most_y = 1 + expert_part * (holistic_most_y(r->n_experts, r->top_k, r->n_shared) - 1);
    if (asked) { // other laws tie N to Na: the shape search says whether the pool holds that
        if (t->fit->law->kind >= KIND_FREE) t->task.limits.least_ratio = 1 / most_y;
        return OK;
    }
    Allocation a;
    TRY(allocation_of(t, t->C, 6 + power_at(t->ratios.above_6, t->C), &a));
    double y = a.setting.N / a.setting.Na;
    double needed = (1 + (y - 1) / expert_part) * (r->top_k + r->n_shared) - r->n_shared;
    if (y > 1) r->n_experts = (int)fmin(fmax(ceil(needed / 8) * 8, r->top_k + 1), 65536);
    return OK;
}

// The scale's published heads near a published budget, where nothing else was asked for.
static void published_heads(double C, Rules *r) {
    if (r->n_heads || r->d_head || r->n_kv_heads) return;
    for (int i = 0; i < WAN_SCALES; i++) {
        if (fabs(log(C / wan_scales[i].C)) > 0.5) continue;
        r->d_head = wan_scales[i].d_head;
        r->n_heads = wan_scales[i].n_heads;
        r->n_kv_heads = wan_scales[i].n_kv_heads;
    }
}

Status build(BuildTask *t, Built *b, Warnings *w) {
    *b = (Built){0};
    if (t->C < 1e12 || t->C > 1e30)
        return fail(BAD_INPUT, "--flops %g: outside 1e12..1e30, where shapes are searched", t->C);
    if (t->rules.most_dense < t->rules.least_dense) t->rules.most_dense = t->rules.least_dense;
    if (t->relation) published_heads(t->C, &t->rules);
    TRY(choose_experts(t));
    TRY(iterate(t, b));
    if (t->relation) {
        warn_outside_wan(w, t->C);
        return OK;
    }
    Allocation a = {.setting = b->goal.structure};
    a.setting.N = b->best.count.N;
    a.setting.Na = b->best.count.Na;
    a.setting.D = b->best.D;
    allocation_warnings(&t->task, t->fit, &a, w);
    return OK;
}

// ---- the answer ----------------------------------------------------------------------------------------------------

Sheet built_sheet(const BuildTask *t, const Built *b) {
    const Shape *s = &b->best.shape;
    const Holistic *h = &b->best.count;
    Counts all = shape_count(s);
    const struct {
        Column column;
        double x;
    } facts[] = {
        {{"C", "training FLOPs, C = M D", NULL, AS_FLOPS}, t->C},
        {{"M", "M, FLOPs per token", NULL, AS_PEOPLE}, h->M},
        {{"D", "D, tokens", NULL, AS_PEOPLE}, b->best.D},
        {{"N", "N (embedding, router and norms left out)", NULL, AS_PEOPLE}, h->N},
        {{"Na", "Na", NULL, AS_PEOPLE}, h->Na},
        {{"N_all", "N with everything counted", NULL, AS_PEOPLE}, all.N},
        {{"Na_all", "Na with everything counted", NULL, AS_PEOPLE}, all.Na},
        {{"loss", "loss, as the law says", NULL, AS_LOSS}, goal_law_loss(&b->goal, h)},
        {{"M_over_Na", "M/Na", NULL, AS_SHORT}, h->x},
        {{"N_over_Na", "N/Na", NULL, AS_SHORT}, h->y},
        {{"r_a", "attention's share of M", NULL, AS_SHORT}, h->r_a},
        {{"r_d", "dense FFN's share of M", NULL, AS_SHORT}, h->r_d},
        {{"r_m", "experts' share of M", NULL, AS_SHORT}, h->r_m},
        {{"G", "G", NULL, AS_SHORT}, all.G},
        {{"S", "S", NULL, AS_SHORT}, all.S},
        {{"d_model", "hidden size", NULL, AS_WHOLE}, s->d_model},
        {{"n_layers", "layers", NULL, AS_WHOLE}, s->n_layers},
        {{"n_dense_layers", "of these dense, first", NULL, AS_WHOLE}, s->n_dense_layers},
        {{"n_heads", "heads", NULL, AS_WHOLE}, s->n_heads},
        {{"n_kv_heads", "key-value heads", NULL, AS_WHOLE}, s->n_kv_heads},
        {{"d_head", "width of a head", NULL, AS_WHOLE}, s->d_head},
        {{"num_experts", "routed experts a layer", NULL, AS_WHOLE}, s->n_experts},
        {{"top_k", "of these active", NULL, AS_WHOLE}, s->top_k},
        {{"num_shared", "shared experts", NULL, AS_WHOLE}, s->n_shared},
        {{"d_ff_expert", "width of an expert", NULL, AS_WHOLE}, s->d_ff_expert},
        {{"d_ff_shared", "width of the shared ones together", NULL, AS_WHOLE}, s->d_ff_shared},
        {{"d_ff_dense", "width of a dense layer's FFN", NULL, AS_WHOLE}, s->d_ff_dense},
        {{"seq_len", "sequence", NULL, AS_WHOLE}, s->seq_len},
        {{"vocab", "vocabulary", NULL, AS_WHOLE}, s->vocab},
    };
    enum { N_FACTS = sizeof facts / sizeof *facts };
    Column columns[N_FACTS];
    for (int i = 0; i < N_FACTS; i++) columns[i] = facts[i].column;
    Sheet sheet = sheet_open(columns, N_FACTS, 1);
    for (int i = 0; i < N_FACTS; i++) sheet_put(&sheet, 0, i, facts[i].x);
    return sheet;
}

Sheet built_ranges(const Built *b) {
    static const Column columns[] = {
        {"of", "of", NULL, AS_WORD}, {"range", "range", NULL, AS_RANGE}, {"wide", "a factor wide", NULL, AS_SHORT}};
    const struct {
        const char *name;
        const double *range;
    } rows[] = {{"M", b->band.M},
                {"M_over_Na", b->band.x},
                {"N_over_Na", b->band.y},
                {"d_model", b->band.d_model},
                {"n_layers", b->band.n_layers}};
    Sheet sheet = sheet_open(columns, 3, 5);
    for (int i = 0; i < 5; i++) {
        sheet_cell(&sheet, i, 0)->word = rows[i].name;
        sheet_put_range(&sheet, i, 1, rows[i].range);
        sheet_put(&sheet, i, 2, rows[i].range[1] / rows[i].range[0]);
    }
    return sheet;
}

Sheet built_ranges_over_C(const BuildTask *t) {
    static const Column columns[] = {{"C", "C", NULL, AS_FLOPS},
                                     {"M", "M", NULL, AS_RANGE},
                                     {"M_over_Na", "M/Na", NULL, AS_RANGE},
                                     {"N_over_Na", "N/Na", NULL, AS_RANGE}};
    static const double around[] = {0.01, 0.1, 1, 10, 100};
    Sheet sheet = sheet_open(columns, 4, 5);
    int n = 0;
    for (int i = 0; i < 5; i++) {
        Goal g;
        double C = t->C * around[i], M[2], x[2], y[2];
        if (start(t, C, 6 + power_at(t->ratios.above_6, C), &g) != OK || !(g.y < g.y_most)) continue;
        goal_band(&g, t->percent, M, x, y);
        sheet_put(&sheet, n, 0, C);
        sheet_put_range(&sheet, n, 1, M);
        sheet_put_range(&sheet, n, 2, x);
        sheet_put_range(&sheet, n++, 3, y);
    }
    sheet.n_rows = n;
    return sheet;
}
