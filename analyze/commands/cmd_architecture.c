// cmd_architecture.c - `moelaw architecture FIT --flops C`: from a budget to a complete, buildable MoE.
#include "command.h"
#include "ground/output.h"
#include "decide/architecture.h"
#include "decide/decision.h"
#include "decide/fallback.h"
#include "decide/fivefactor.h"
#include "runs/modelfile.h"
#include "decide/quantity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *flops, *band, *ratios, *loss_law, *config, *megatron, *max_total;
    long n_experts, top_k, n_shared, d_head, n_heads, n_kv_heads, kv_group, multiple, ff_multiple, seq_len, vocab,
        least_dense, d_model;
    bool json;
} Wanted;

typedef struct {
    double C, percent;
    bool relation; // wan2026 prescribes M and D; else the law's own allocation
    Fit fit;       // of the loss
    Ratios ratios;
    Rules rules;
    double max_total;
    Warnings warnings;
} Task;

// One round of the fixed point.
typedef struct {
    Goal goal;
    Architecture best;
} Round;

enum { MOST_ROUNDS = 12 };

// ---- rounds --------------------------------------------------------------------------------------------------------

// G and S that the whole-number experts stand for.
static void structure_of(const Rules *r, Setting *s) {
    *s = (Setting){.E = r->n_experts,
                   .granularity = NAN,
                   .sparsity = 1 - (double)r->top_k / r->n_experts,
                   .G = r->top_k + r->n_shared,
                   .S = (double)r->n_shared / (r->top_k + r->n_shared)};
}

// The law's allocation when a token costs x Na FLOPs instead of 6 Na.
static Status allocated(const Task *t, double x, Allocation *a, Warnings *w) {
    Budget p;
    TRY(budget_open(&p, t->fit.law, t->fit.parameters));
    p.limits.flops = t->C;
    p.limits.max_total = t->max_total;
    p.accounting.flops_scale = x / 6;
    Setting s;
    structure_of(&t->rules, &s);
    p.G = s.G;
    p.S = s.S;
    budget_fall_back(&p, &t->fit, w);
    return allocation_best(&p, a);
}

// `cost`: FLOPs per token and active parameter that the law's allocation counts with.
static Status start(const Task *t, double C, double cost, Goal *g) {
    *g = (Goal){.C = C,
                .law = t->fit.law,
                .parameters = t->fit.parameters,
                .kind = t->fit.law->kind,
                .accounting = accounting_default,
                .y = NAN};
    structure_of(&t->rules, &g->structure);
    Task at = *t;
    at.C = C;
    if (t->relation) {
        g->M = power_at(wan_M, C);
        goal_ratios(g, &t->ratios, &t->rules);
        return OK;
    }
    Allocation a;
    TRY(allocated(&at, cost, &a, NULL));
    bool blind = g->kind == KIND_DENSE || g->kind == KIND_PRUNED;
    g->M = (6 + power_at(t->ratios.above_6, C)) * a.setting.Na;
    if (!blind) g->y = a.setting.N / a.setting.Na;
    if (!isnan(a.setting.E)) g->structure.E = a.setting.E;
    g->structure.granularity = a.setting.granularity;
    if (!isnan(a.setting.sparsity)) g->structure.sparsity = a.setting.sparsity;
    goal_ratios(g, &t->ratios, &t->rules);
    return OK;
}

// The next allocation, knowing the last shape's own ratios.
static Status again(const Task *t, const Round *last, Goal *g) {
    const Holistic *h = &last->best.count;
    *g = last->goal;
    if (t->relation) {
        g->M = power_at(wan_M, t->C) * goal_best_M(g, h->x, h->y) / goal_best_M(g, g->x, g->y);
        return OK;
    }
    Allocation a;
    TRY(allocated(t, h->x, &a, NULL));
    g->M = h->x * a.setting.Na;
    if (g->kind != KIND_DENSE && g->kind != KIND_PRUNED) {
        g->y = a.setting.N / a.setting.Na;
        goal_ratios(g, &t->ratios, &t->rules);
    }
    return OK;
}

static Status rounds(const Task *t, Round r[MOST_ROUNDS], int *n, Shapes *band) {
    // The first round counts as papers do: 6 FLOPs, no attention scores.
    TRY(start(t, t->C, 6, &r[0].goal));
    for (*n = 1;; (*n)++) {
        Round *now = &r[*n - 1];
        TRY(architecture_search(&now->goal, &t->rules, t->percent, &now->best, NULL));
        if (*n == MOST_ROUNDS) break;
        TRY(again(t, now, &now[1].goal));
        if (fabs(log(now[1].goal.M / now->goal.M)) < 1e-3 && fabs(log(now[1].goal.y / now->goal.y)) < 1e-3) break;
    }
    return architecture_search(&r[*n - 1].goal, &t->rules, t->percent, &r[*n - 1].best, band);
}

// ---- printing ------------------------------------------------------------------------------------------------------

static const double around[] = {0.01, 0.1, 1, 10, 100};
enum { N_AROUND = 5 };

typedef struct {
    double C, M[2], x[2], y[2];
} Band;

static int bands(const Task *t, Band list[N_AROUND]) {
    int n = 0;
    for (int i = 0; i < N_AROUND; i++) {
        Goal g;
        Band *b = &list[n];
        b->C = t->C * around[i];
        if (start(t, b->C, 6 + power_at(t->ratios.above_6, b->C), &g) != OK || !(g.y < g.y_most)) continue;
        goal_band(&g, t->percent, b->M, b->x, b->y);
        n++;
    }
    return n;
}

static void print_shape(const Architecture *a) {
    const Shape *s = &a->shape;
    const Holistic *h = &a->count;
    char x[NUMBER_TEXT], y[NUMBER_TEXT];
    printf("  M  = %s FLOPs per token, D = %s tokens, C = M D\n", people(h->M, x), people(a->D, y));
    printf("  N  = %s parameters, Na = %s (embedding, router and norms left out)\n", people(h->N, x), people(h->Na, y));
    Counts c = shape_count(s);
    printf("       %s and %s with everything counted, vocabulary %d\n", people(c.N, x), people(c.Na, y), s->vocab);
    printf("  M/Na = %.2f, N/Na = %.2f; shares of M: attention %.3f, dense FFN %.3f, experts %.3f\n\n", h->x, h->y,
           h->r_a, h->r_d, h->r_m);
    printf("  hidden size  %-6d  layers   %d (%d dense, then %d with experts)\n", s->d_model, s->n_layers,
           s->n_dense_layers, s->n_layers - s->n_dense_layers);
    printf("  heads        %-6d  kv heads %d of width %d\n", s->n_heads, s->n_kv_heads, s->d_head);
    printf("  experts      %-6d  active   %d routed + %d shared, each %d wide\n", s->n_experts, s->top_k, s->n_shared,
           s->d_ff_expert);
    printf("  dense width  %-6d  sequence %d\n", s->d_ff_dense, s->seq_len);
}

static void range_row(const char *name, const double r[2]) {
    char text[INTERVAL_TEXT];
    printf("    %-8s %-22s a factor %.2f wide\n", name, people_range(r, text), r[1] / r[0]);
}

static void print_text(const Task *t, const Round *r, int n, const Shapes *band) {
    const Round *last = &r[n - 1];
    char x[NUMBER_TEXT], a[INTERVAL_TEXT], b[INTERVAL_TEXT], c[INTERVAL_TEXT];
    printf("architecture for C = %.4g FLOPs (%s; loss: %s)\n\n", t->C,
           t->relation ? "split by wan2026" : "split by the law", t->fit.origin);
    print_shape(&last->best);
    printf("\n  whole-number shapes within %g %% of its loss (of those visited: %d):\n", t->percent, band->n);
    range_row("M", band->M);
    range_row("M/Na", band->x);
    range_row("N/Na", band->y);
    range_row("d_model", band->d_model);
    range_row("layers", band->n_layers);
    Band list[N_AROUND];
    int n_bands = bands(t, list);
    printf("\n  how the band of %g %% moves with compute (each alone, not rounded):\n", t->percent);
    printf("    %-10s %-24s %-20s %s\n", "C", "M", "M/Na", "N/Na");
    for (int i = 0; i < n_bands; i++)
        printf("    %-10.3g %-24s %-20s %s\n", list[i].C, people_range(list[i].M, a), people_range(list[i].x, b),
               people_range(list[i].y, c));
    printf("\n  allocation and shape iterated %d time%s to a fixed point: M moved by %+.2f %% (to %s), N by %+.2f %%\n",
           n, n > 1 ? "s" : "", 100 * (last->best.count.M / r[0].best.count.M - 1), people(last->best.count.M, x),
           100 * (last->best.count.N / r[0].best.count.N - 1));
    if (t->ratios.measured)
        printf("  ratio laws from %d runs at %d budget%s\n", t->ratios.n_rows, t->ratios.n_scales,
               t->ratios.n_scales > 1 ? "s" : "");
    else
        printf("  ratio laws through the published optima of wan2026; their slopes come from %s\n", t->fit.law->name);
}

static json_t *text_of(void (*write)(FILE *, const Shape *), const Shape *s) {
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    write(f, s);
    fclose(f);
    json_t *string = json_string(text);
    free(text);
    return string;
}

static json_t *shape_json(const Architecture *a) {
    const Shape *s = &a->shape;
    const Holistic *h = &a->count;
    Counts all = shape_count(s);
    const struct {
        const char *key;
        double value;
    } fields[] = {
        {"M", h->M},        {"D", a->D},       {"N", h->N},         {"Na", h->Na},       {"N_all", all.N},
        {"Na_all", all.Na}, {"loss", a->loss}, {"M_over_Na", h->x}, {"N_over_Na", h->y}, {"r_a", h->r_a},
        {"r_d", h->r_d},    {"r_m", h->r_m},   {"G", all.G},        {"S", all.S},
    };
    const struct {
        const char *key;
        int value;
    } whole[] = {
        {"d_model", s->d_model},
        {"n_layers", s->n_layers},
        {"n_dense_layers", s->n_dense_layers},
        {"n_heads", s->n_heads},
        {"n_kv_heads", s->n_kv_heads},
        {"d_head", s->d_head},
        {"num_experts", s->n_experts},
        {"top_k", s->top_k},
        {"num_shared", s->n_shared},
        {"d_ff_expert", s->d_ff_expert},
        {"d_ff_shared", s->d_ff_shared},
        {"d_ff_dense", s->d_ff_dense},
        {"seq_len", s->seq_len},
        {"vocab", s->vocab},
    };
    json_t *o = json_object();
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        json_object_set_new(o, fields[i].key, json_number(fields[i].value));
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        json_object_set_new(o, whole[i].key, json_integer(whole[i].value));
    return o;
}

static void print_json(const Task *t, const Round *r, int n, const Shapes *band, const Warnings *warnings) {
    const Round *last = &r[n - 1];
    json_t *root = shape_json(&last->best);
    json_object_set_new(root, "C", json_number(t->C));
    json_object_set_new(root, "law", json_string(t->relation ? "wan2026" : t->fit.law->name));
    json_object_set_new(root, "loss_fit", json_string(t->fit.origin));
    json_t *near = json_pack("{s:f, s:i}", "percent", t->percent, "shapes", band->n);
    json_object_set_new(near, "M", json_range(band->M));
    json_object_set_new(near, "M_over_Na", json_range(band->x));
    json_object_set_new(near, "N_over_Na", json_range(band->y));
    json_object_set_new(near, "d_model", json_range(band->d_model));
    json_object_set_new(near, "n_layers", json_range(band->n_layers));
    json_object_set_new(root, "band", near);
    Band list[N_AROUND];
    int n_bands = bands(t, list);
    json_t *over = json_array();
    for (int i = 0; i < n_bands; i++) {
        json_t *one = json_pack("{s:f}", "C", list[i].C);
        json_object_set_new(one, "M", json_range(list[i].M));
        json_object_set_new(one, "M_over_Na", json_range(list[i].x));
        json_object_set_new(one, "N_over_Na", json_range(list[i].y));
        json_array_append_new(over, one);
    }
    json_object_set_new(root, "band_over_C", over);
    json_object_set_new(root, "fixed_point",
                        json_pack("{s:i, s:f, s:f}", "rounds", n, "M_moved", last->best.count.M / r[0].best.count.M - 1,
                                  "N_moved", last->best.count.N / r[0].best.count.N - 1));
    json_t *config = text_of(model_write_json, &last->best.shape);
    json_object_set_new(root, "config", json_loads(json_string_value(config), 0, NULL));
    json_decref(config);
    json_object_set_new(root, "megatron", text_of(model_write_megatron, &last->best.shape));
    json_object_set_new(root, "warnings", warnings_json(warnings));
    json_print(root);
}

static Status write_file(const char *path, void (*write)(FILE *, const Shape *), const Shape *s) {
    Output out;
    if (!path) return OK;
    TRY(output_open(&out, path));
    write(out.file, s);
    return output_commit(&out);
}

// ---- the command ---------------------------------------------------------------------------------------------------

// The scale's published heads near a published budget, where nothing else was asked for.
static void published_heads(const Wanted *w, double C, Rules *r) {
    if (w->n_heads || w->d_head || w->n_kv_heads) return;
    for (int i = 0; i < WAN_SCALES; i++) {
        if (fabs(log(C / wan_scales[i].C)) > 0.5) continue;
        r->d_head = wan_scales[i].d_head;
        r->n_heads = wan_scales[i].n_heads;
        r->n_kv_heads = wan_scales[i].n_kv_heads;
    }
}

// Experts that were not asked for: those of wan2026, or for a five-factor law whole numbers near its G* and S*, and the
// fewest experts that leave room for its N/Na.
static Status choose_experts(const Wanted *w, Task *t) {
    FiveFactor v;
    Rules *r = &t->rules;
    bool five = !t->relation && five_factor(t->fit.law, t->fit.parameters, &v);
    double G = five ? five_factor_best_G(&v) : 9, S = five ? five_factor_best_S(&v) : 1.0 / 9;
    if (isnan(G) || G > 64) G = 8;
    if (isnan(S)) S = 0;
    r->n_shared = w->n_shared >= 0 ? (int)w->n_shared : (int)lround(S * G);
    r->top_k = w->top_k ? (int)w->top_k : (int)fmax(1, lround(G) - r->n_shared);
    r->n_experts = w->n_experts ? (int)w->n_experts : 288;
    if (t->relation || w->n_experts) return OK;
    Allocation a;
    TRY(allocated(t, 6 + power_at(t->ratios.above_6, t->C), &a, NULL));
    double y = a.setting.N / a.setting.Na;
    // Experts hold about 70 % of the active parameters in the published shapes.
    double needed = (1 + (y - 1) / 0.7) * (r->top_k + r->n_shared) - r->n_shared;
    if (y > 1) r->n_experts = (int)fmin(fmax(ceil(needed / 8) * 8, r->top_k + 1), 65536);
    return OK;
}

static Status prepare(const Wanted *w, const char *spec, Task *t) {
    t->relation = !strcmp(spec, "published:wan2026");
    t->max_total = INFINITY;
    TRY(quantity_parse("flops", w->flops, UNIT_FLOPS, &t->C));
    TRY(quantity_parse("band", w->band, UNIT_PERCENT, &t->percent));
    if (w->max_total) TRY(quantity_parse("max-total", w->max_total, UNIT_COUNT, &t->max_total));
    if (t->C < 1e12 || t->C > 1e30)
        return fail(BAD_INPUT, "--flops %g: outside 1e12..1e30, where shapes are searched", t->C);
    t->ratios = ratios_published();
    if (w->ratios) TRY(ratios_read(w->ratios, &t->ratios));
    Rules *r = &t->rules;
    *r = rules_default;
    r->seq_len = (int)w->seq_len;
    r->vocab = (int)w->vocab;
    r->d_multiple = (int)w->multiple;
    r->ff_multiple = (int)w->ff_multiple;
    r->kv_group = (int)w->kv_group;
    r->least_dense = (int)w->least_dense;
    if (r->most_dense < r->least_dense) r->most_dense = r->least_dense;
    r->d_head = (int)w->d_head;
    r->n_heads = (int)w->n_heads;
    r->n_kv_heads = (int)w->n_kv_heads;
    if (w->d_model) r->d_model = (double)w->d_model;
    TRY(fit_load(t->relation ? w->loss_law : spec, &t->fit));
    if (t->relation) published_heads(w, t->C, r);
    TRY(choose_experts(w, t));
    Allocation a;
    if (!t->relation) TRY(allocated(t, 6, &a, &t->warnings));
    if (r->top_k >= r->n_experts)
        return fail(BAD_INPUT, "--top-k %d of --experts %d: expected fewer active than there are", r->top_k,
                    r->n_experts);
    return OK;
}

static Status solve(const Wanted *w, Task *t) {
    Round r[MOST_ROUNDS];
    Shapes band;
    int n;
    Warnings warnings = t->warnings;
    TRY(rounds(t, r, &n, &band));
    const Architecture *best = &r[n - 1].best;
    if (t->relation && (t->C < 0.99e18 || t->C > 3.01e20))
        warning_add(&warnings, "C = %.3g lies a factor %.3g outside the budgets of wan2026 (1e18..3e20): extrapolated",
                    t->C, t->C > 3e20 ? t->C / 3e20 : 1e18 / t->C);
    Setting s = r[n - 1].goal.structure;
    s.N = best->count.N;
    s.Na = best->count.Na;
    s.D = best->D;
    Point p = setting_point(r[n - 1].goal.kind, &r[n - 1].goal.accounting, &s);
    if (!t->relation) warn_outside(&warnings, &t->fit, &p, 1);
    TRY(write_file(w->config, model_write_json, &best->shape));
    TRY(write_file(w->megatron, model_write_megatron, &best->shape));
    if (w->json) {
        print_json(t, r, n, &band, &warnings);
        return OK;
    }
    print_text(t, r, n, &band);
    warnings_print(&warnings);
    return OK;
}

static Status architecture(int argc, char **argv) {
    Wanted w = {.band = "0.1",
                .loss_law = "published:zhao2025",
                .n_shared = -1,
                .kv_group = 2,
                .multiple = 64,
                .ff_multiple = 16,
                .seq_len = 8192,
                .vocab = 152064,
                .least_dense = 1};
    const Option options[] = {
        {"flops", 0, ARG_TEXT, &w.flops, "C", "training budget in FLOPs (needed)", 0, 0},
        {"band", 0, ARG_TEXT, &w.band, "PCT", "near-optimal: within PCT % of the loss (default 0.1)", 0, 0},
        {"experts", 0, ARG_WHOLE, &w.n_experts, "E", "routed experts a layer (default: 288, or as the law needs)", 2,
         65536},
        {"top-k", 0, ARG_WHOLE, &w.top_k, "K", "routed experts a token uses (default: 8, or from G*)", 1, 1024},
        {"shared", 0, ARG_WHOLE, &w.n_shared, "X", "shared experts (default: 1, or from S*)", 0, 1024},
        {"d-model", 0, ARG_WHOLE, &w.d_model, "X", "preferred hidden size (default: published trend)", 16, 1 << 20},
        {"heads", 0, ARG_WHOLE, &w.n_heads, "X", "query heads (default: chosen)", 1, 4096},
        {"kv-heads", 0, ARG_WHOLE, &w.n_kv_heads, "X", "key-value heads (default: from --kv-group)", 1, 4096},
        {"kv-group", 0, ARG_WHOLE, &w.kv_group, "X", "query heads to a key-value head (default 2)", 1, 64},
        {"head-dim", 0, ARG_WHOLE, &w.d_head, "X", "width of a head (default 64 or 128)", 2, 1024},
        {"dense-layers", 0, ARG_WHOLE, &w.least_dense, "X", "at least X first layers without experts (default 1)", 0,
         64},
        {"multiple", 0, ARG_WHOLE, &w.multiple, "X", "hidden size is a multiple of X (default 64)", 1, 4096},
        {"ff-multiple", 0, ARG_WHOLE, &w.ff_multiple, "X", "expert width is a multiple of X (default 16)", 1, 4096},
        {"seq-len", 0, ARG_WHOLE, &w.seq_len, "T", "training sequence (default 8192)", 16, 1 << 24},
        {"vocab", 0, ARG_WHOLE, &w.vocab, "V", "vocabulary (default 152064)", 2, 1 << 24},
        {"max-total", 0, ARG_TEXT, &w.max_total, "N", "most parameters", 0, 0},
        {"ratios", 0, ARG_TEXT, &w.ratios, "RUNS.csv", "fit the ratio laws to these runs (default: published)", 0, 0},
        {"loss-law", 0, ARG_TEXT, &w.loss_law, "FIT", "wan2026: law of the bands (default published:zhao2025)", 0, 0},
        {"config", 0, ARG_TEXT, &w.config, "FILE", "write a Hugging Face config.json", 0, 0},
        {"megatron", 0, ARG_TEXT, &w.megatron, "FILE", "write Megatron-LM arguments", 0, 0},
        {"json", 0, ARG_FLAG, &w.json, NULL, "print JSON", 0, 0},
        {0}};
    const Usage usage = {
        "moelaw",
        "architecture FIT --flops C [options]",
        "A complete MoE for a budget: compute is split between tokens and FLOPs per token, these into parameters, and\n"
        "parameters into whole-number layers, widths, heads and experts, with all shapes nearly as good. FIT is a\n"
        "fit.json, published:NAME, or published:wan2026 for the paper's own split and ratios.",
        "  moelaw architecture published:wan2026 --flops 3e20\n"
        "  moelaw architecture fit.json --flops 1e22 --experts 128 --top-k 8 --config config.json\n"
        "  moelaw architecture published:zhao2025 --flops 1e22 --ratios holistic.csv --json\n",
        options,
        1,
        1};
    const char *spec;
    int n;
    Task t = {0};
    TRY(args_parse(&usage, argc, argv, &spec, &n));
    if (!w.flops) return fail(BAD_INPUT, "a budget is missing: --flops 1e22");
    Status s = prepare(&w, spec, &t);
    if (s == OK) s = solve(&w, &t);
    fit_free(&t.fit);
    return s;
}

static int run(int argc, char **argv) {
    return status_report("moelaw", architecture(argc, argv));
}
COMMAND(architecture, "a complete, buildable MoE shape for a budget, and its near-optimal band", 44)
