// architecture.c - see architecture.h.
#include "architecture.h"

#include "fit/minimum.h"

#include <math.h>

const Rules rules_default = {
    .seq_len = 8192,
    .vocab = 152064,
    .kv_group = STANDARD_KV_GROUP,
    .d_multiple = 64,
    .ff_multiple = 16,
    .least_dense = 1,
    .most_dense = 4,
    .dense_ratio = 3,
    .least_aspect = 40,
    .most_aspect = 200,
    .d_model = NAN,
};

// ---- the loss of a shape -------------------------------------------------------------------------------------------

static double law_at(const Goal *g, double N, double Na, double D) {
    Setting s = g->structure;
    s.N = g->kind == KIND_DENSE || g->kind == KIND_PRUNED ? Na : N;
    s.Na = Na;
    s.D = D;
    Point p = setting_point(g->kind, &g->accounting, &s);
    return law_loss(g->law, g->parameters, &p);
}

double goal_law_loss(const Goal *g, const Holistic *h) {
    return law_at(g, h->N, h->Na, g->C / h->M);
}

static double law_along(const Goal *g, double M, double x, double y) {
    return law_at(g, y * M / x, M / x, g->C / M);
}

typedef struct {
    const Goal *g;
    double x, y;
} Ray;

static double along_M(double log_M, void *context) {
    const Ray *r = context;
    double loss = law_along(r->g, exp(log_M), r->x, r->y);
    return isfinite(loss) ? loss : UNDEFINED;
}

double goal_best_M(const Goal *g, double x, double y) {
    Ray r = {g, x, y};
    return exp(minimum(along_M, &r, log(1e4), log(g->C / 10), 40, NULL));
}

// What leaving the best ratios costs, whatever M.
static double penalty(const Goal *g, double x, double y) {
    if (!(x > 6) || !(y > 1) || !(y < g->y_most)) return NAN;
    return g->a_x * (1 / (x - 6) - 1 / (g->x - 6)) + g->b_x * (x - g->x) + g->e_y * (1 / (y - 1) - 1 / (g->y - 1)) +
           g->f_y * (1 / (g->y_most - y) - 1 / (g->y_most - g->y));
}

double goal_loss(const Goal *g, double M, double x, double y) {
    return law_along(g, M / g->M * g->law_M, g->x, g->y) + penalty(g, x, y);
}

// Slope of the law's loss over log Na (with N following) and over log N, at the goal.
static void slopes(const Goal *g, double *over_size, double *over_total) {
    double M = g->law_M, Na = M / g->x, N = g->y * Na, D = g->C / M, h = 1e-4;
    *over_size = (law_at(g, N * exp(h), Na * exp(h), D) - law_at(g, N * exp(-h), Na * exp(-h), D)) / (2 * h);
    *over_total = (law_at(g, N * exp(h), Na, D) - law_at(g, N * exp(-h), Na, D)) / (2 * h);
}

void goal_ratios(Goal *g, const Ratios *r, const Rules *rules) {
    g->y_most = holistic_most_y(rules->n_experts, rules->top_k, rules->n_shared);
    g->x = 6 + power_at(r->above_6, g->C);
    if (!(g->y > 1)) g->y = 1 + fmin(power_at(r->share, g->C), 0.98) * (g->y_most - 1);
    g->law_M = goal_best_M(g, g->x, g->y);
    double over_size, over_total;
    slopes(g, &over_size, &over_total);
    // More M/Na at given M is a smaller model: b = -dL/dx. At the minimum a/(x - 6)^2 = b.
    g->b_x = r->measured ? power_at(r->slope_x, g->C) : fmax(-over_size, 1e-6) / g->x;
    g->a_x = g->b_x * (g->x - 6) * (g->x - 6);
    // More N/Na at given Na is a larger model: e/(y - 1)^2 = -dL/dy, balanced by f.
    double gain = r->measured ? power_at(r->gain_y, g->C) : fmax(-over_total, 1e-6) / g->y;
    g->e_y = gain * (g->y - 1) * (g->y - 1);
    g->f_y = gain * (g->y_most - g->y) * (g->y_most - g->y);
}

typedef struct {
    const Goal *g;
    enum { ALONG_M, ALONG_X, ALONG_Y } along;
} Line;

static double along_one(double t, void *context) {
    const Line *l = context;
    const Goal *g = l->g;
    double loss = goal_loss(g, l->along == ALONG_M ? exp(t) : g->M, l->along == ALONG_X ? t : g->x,
                            l->along == ALONG_Y ? t : g->y);
    return isfinite(loss) ? loss : UNDEFINED;
}

void goal_band(const Goal *g, double percent, double M[2], double x[2], double y[2]) {
    double limit = goal_loss(g, g->M, g->x, g->y) * (1 + percent / 100);
    Line l = {g, ALONG_M};
    band_around(along_one, &l, log(g->M), limit, log(g->M / 1e3), log(g->M * 1e3), M);
    M[0] = exp(M[0]);
    M[1] = exp(M[1]);
    l.along = ALONG_X;
    band_around(along_one, &l, g->x, limit, 6 + 1e-6, 1e3, x);
    l.along = ALONG_Y;
    band_around(along_one, &l, g->y, limit, 1 + 1e-6, g->y_most * (1 - 1e-9), y);
}

// ---- integer shapes ------------------------------------------------------------------------------------------------

// Published widths over C: geometric means of the widest and narrowest searched.
static double trend_d_model(double C) {
    double scales[WAN_SCALES], d[WAN_SCALES];
    for (int i = 0; i < WAN_SCALES; i++) {
        scales[i] = wan_scales[i].C;
        d[i] = sqrt((double)wan_scales[i].widest[0] * wan_scales[i].narrowest[0]);
    }
    return power_at(power_fit(scales, d, WAN_SCALES), C);
}

// Mild preferences where the loss says nothing, relative to the loss: published width trend, active expert width about
// 3.25 d_model (2603.21862: best 3.0-3.5, less than 0.5 % from 3 to 5), attention nearly as wide as the model, and
// about 100 units of width per layer (its shapes have 53 to 145).
static double preference(const Goal *g, const Rules *rules, const Shape *s) {
    double d = isnan(rules->d_model) ? trend_d_model(g->C) : rules->d_model;
    double width = log(s->d_model / d), heads = log((double)s->n_heads * s->d_head / s->d_model);
    double expert = log(((double)s->d_ff_expert * s->top_k + s->d_ff_shared) / s->d_model / 3.25);
    double aspect = log((double)s->d_model / s->n_layers / 100);
    return 2e-4 * width * width + 1e-4 * expert * expert + 1e-4 * heads * heads + 2e-4 * aspect * aspect;
}

typedef struct {
    const Goal *g;
    const Rules *rules;
    double percent;
    Architecture best;
    double best_score; // loss with preferences
    double least;      // loss at the best M and ratios
    Shapes *band;      // collected in a second pass
    const Shape *wanted;
    bool seen;
} Search;

static void widen(double range[2], double x, bool first) {
    range[0] = first ? x : fmin(range[0], x);
    range[1] = first ? x : fmax(range[1], x);
}

static bool same(const Shape *a, const Shape *b) {
    return a->d_model == b->d_model && a->n_layers == b->n_layers && a->n_dense_layers == b->n_dense_layers &&
           a->d_ff_expert == b->d_ff_expert && a->n_heads == b->n_heads && a->d_head == b->d_head;
}

static bool within(const Limits *l, const Shape *s, const Holistic *h) {
    double cache = 2.0 * s->n_kv_heads * s->d_head * s->n_layers * l->context * l->cache_bytes;
    return h->N <= l->max_total && h->Na <= l->max_active && h->N * l->weight_bytes + cache <= l->memory;
}

static void visit(Search *s, const Shape *shape) {
    Holistic h = holistic_count(shape);
    if (s->g->limits && !within(s->g->limits, shape, &h)) return;
    // Cheap first: no M can bring a shape with such ratios below the limit.
    double most = s->band ? s->best.loss * (1 + s->percent / 100) : s->best_score;
    if (!(s->least + penalty(s->g, h.x, h.y) <= most)) return;
    double loss = goal_loss(s->g, h.M, h.x, h.y);
    if (s->wanted) {
        s->seen = s->seen || same(shape, s->wanted);
        return;
    }
    double score = loss * (1 + preference(s->g, s->rules, shape));
    if (!s->band) {
        if (score >= s->best_score) return;
        s->best_score = score;
        s->best = (Architecture){*shape, h, s->g->C / h.M, loss};
        return;
    }
    if (loss > most) return;
    Shapes *b = s->band;
    bool first = b->n++ == 0;
    widen(b->M, h.M, first);
    widen(b->x, h.x, first);
    widen(b->y, h.y, first);
    widen(b->d_model, shape->d_model, first);
    widen(b->n_layers, shape->n_layers, first);
}

// Every width of an expert from `least` to `most`, or `steps` of them.
static void experts(Search *s, Shape *shape, double least, double most, int steps) {
    int multiple = s->rules->ff_multiple, from = (int)fmax(1, floor(least / multiple)), to = (int)ceil(most / multiple);
    int step = (int)fmax(1, (to - from) / steps);
    for (int k = from; k <= to; k += step) {
        shape->d_ff_expert = k * multiple;
        shape->d_ff_shared = shape->n_shared * shape->d_ff_expert;
        visit(s, shape);
    }
}

// Depth for a width and its heads: as much as gives attention its share of M. The best shape has nearly the wanted N; a
// band reaches further, in coarser steps; a shape asked for by name is met by trying all.
static void depths(Search *s, Shape shape) {
    const Goal *g = s->g;
    const Rules *r = s->rules;
    double Na = g->M / g->x, per_layer = 6.0 * r->seq_len * shape.n_heads * shape.d_head;
    double wanted = (g->M - 6 * Na) / per_layer, total = (g->y - 1) * Na;
    int from = (int)fmax(floor(wanted * 0.6), ceil(shape.d_model / r->most_aspect));
    int to = (int)fmin(ceil(wanted * 1.6) + 1, floor(shape.d_model / r->least_aspect));
    if (from < 1) from = 1;
    int step = s->wanted ? 1 : (int)fmax(1, (to - from) / (s->band ? 16 : 40));
    for (shape.n_layers = from; shape.n_layers <= to; shape.n_layers += step)
        for (int dense = r->least_dense; dense <= r->most_dense && dense < shape.n_layers; dense++) {
            if (s->wanted && (shape.n_layers != s->wanted->n_layers || dense != s->wanted->n_dense_layers)) continue;
            shape.n_dense_layers = dense;
            shape.d_ff_dense = dense ? (int)lround(r->dense_ratio * shape.d_model) : 0;
            double width = total / (3.0 * shape.d_model * (shape.n_experts - shape.top_k) * (shape.n_layers - dense));
            if (s->wanted)
                experts(s, &shape, 0.7 * width, 1.4 * width, 1 << 20);
            else if (s->band)
                experts(s, &shape, 0.75 * width, 1.3 * width, 12);
            else
                experts(s, &shape, width - r->ff_multiple, width + r->ff_multiple, 1 << 20);
        }
}

static void heads(Search *s, Shape shape) {
    const Rules *r = s->rules;
    shape.d_head = r->d_head ? r->d_head : shape.d_model >= 1024 ? 128 : 64;
    int group = r->kv_group > 0 ? r->kv_group : 1, room = shape.d_model / shape.d_head;
    // Eight-way tensor parallelism wants heads in eights; small models have too few for that.
    int unit = room >= 16 ? 8 * group / (group % 8 == 0 ? 8 : group % 4 == 0 ? 4 : group % 2 == 0 ? 2 : 1) : group;
    int least = r->n_heads ? r->n_heads : (int)fmax(unit, floor(0.6 * room / unit) * unit);
    int most = r->n_heads ? r->n_heads : (int)fmax(least, floor(1.05 * room / unit) * unit);
    int step = unit * (int)fmax(1, ceil((most - least) / (4.0 * unit)));
    for (shape.n_heads = least; shape.n_heads <= most; shape.n_heads += step) {
        shape.n_kv_heads = r->n_kv_heads ? r->n_kv_heads : shape.n_heads / group;
        if (shape.n_kv_heads >= 1 && shape.n_heads % shape.n_kv_heads == 0) depths(s, shape);
    }
}

static void widths(Search *s) {
    const Rules *r = s->rules;
    double centre = isnan(r->d_model) ? trend_d_model(s->g->C) : r->d_model;
    int from = (int)fmax(1, floor(centre * 0.35 / r->d_multiple)), to = (int)ceil(centre * 1.7 / r->d_multiple);
    int step = s->wanted ? 1 : (int)fmax(1, (to - from) / 40);
    Shape shape = {.vocab = r->vocab,
                   .seq_len = r->seq_len,
                   .n_experts = r->n_experts,
                   .top_k = r->top_k,
                   .n_shared = r->n_shared,
                   .tied = 0};
    for (int k = from; k <= to; k += step) {
        shape.d_model = k * r->d_multiple;
        if (s->wanted && shape.d_model != s->wanted->d_model) continue;
        heads(s, shape);
    }
}

Status architecture_search(const Goal *g, const Rules *rules, double percent, Architecture *best, Shapes *band) {
    Search s = {.g = g, .rules = rules, .percent = percent, .best_score = UNDEFINED};
    s.least = law_along(g, g->law_M, g->x, g->y);
    if (!(g->y < g->y_most))
        return fail(
            BAD_INPUT,
            "N/Na = %.3g cannot be built: %d experts, %d active and %d shared allow less than %.3g; raise --experts "
            "or lower --top-k",
            g->y, rules->n_experts, rules->top_k, rules->n_shared, g->y_most);
    widths(&s);
    if (s.best_score >= UNDEFINED)
        return fail(
            BAD_INPUT,
            "no whole-number shape for C = %.3g: widths in multiples of %d, expert widths in multiples of %d and "
            "sequences of %d leave none; lower --multiple, --ff-multiple or --seq-len",
            g->C, rules->d_multiple, rules->ff_multiple, rules->seq_len);
    double worse = s.best.loss / s.least - 1;
    if (worse > 0.05)
        return fail(
            BAD_INPUT,
            "the nearest whole-number shape for C = %.3g loses %.0f %% of the loss: widths in multiples of %d and "
            "expert widths in multiples of %d are too coarse; lower --multiple, --ff-multiple or --seq-len",
            g->C, 100 * worse, rules->d_multiple, rules->ff_multiple);
    *best = s.best;
    if (!band) return OK;
    *band = (Shapes){0};
    s.band = band;
    widths(&s);
    return OK;
}

bool architecture_visits(const Goal *g, const Rules *rules, const Shape *wanted) {
    Search s = {.g = g, .rules = rules, .wanted = wanted, .best_score = UNDEFINED};
    widths(&s);
    return s.seen;
}
