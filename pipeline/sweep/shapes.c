// shapes.c - see shapes.h. A plain search: the space of sensible integers is small, and every candidate is counted
// exactly, so that no approximate formula can disagree with the counts that go into the fit.
#include "shapes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_LAYERS = 48, MAX_WIDTH = 8192 };

// Far below any mismatch that matters (1 % in N is 1e-4), far above none.
static const double preference_weight = 2e-3;

typedef struct {
    const Wish *wish;
    const FixedFields *fixed;
    const SolveOptions *options;
    Run best;
    double best_distance;
} Search;

typedef struct {
    int from, to, step;
} Range;

SolveOptions solve_defaults(void) {
    return (SolveOptions){8, 8, 3, 32};
}

static double square(double x) {
    return x * x;
}

static double log_distance(double got, double wished) {
    return isnan(wished) ? 0 : square(log(got / wished));
}

static double expert_distance(const Search *s, double top_k, double n_shared) {
    double g = top_k + n_shared, share = n_shared / g;
    return log_distance(g, s->wish->G) + (isnan(s->wish->S) ? 0 : square(2 * (share - s->wish->S)));
}

double shape_active_ratio(const Shape *s) {
    return ((double)s->top_k * s->d_ff_expert + s->d_ff_shared) / s->d_model;
}

double shape_total_ratio(const Shape *s) {
    return ((double)s->n_experts * s->d_ff_expert + s->d_ff_shared) / s->d_model;
}

static bool backbone_held(const Search *s) {
    return s->fixed->d_model && s->fixed->n_layers;
}

// How far the active size is from what is wished; 0 where nothing is.
static double active_distance(const Search *s, const Shape *shape, const Counts *c) {
    return log_distance(c->Na, s->wish->Na) + log_distance(shape_active_ratio(shape), s->wish->active_ratio);
}

static bool wishes_active(const Search *s) {
    return !isnan(s->wish->Na) || !isnan(s->wish->active_ratio);
}

static double width_distance(const Search *s, const Shape *shape) {
    if (backbone_held(s) && wishes_active(s)) return 0;
    return preference_weight * square(log(shape_active_ratio(shape) / s->options->width_ratio));
}

static double depth_distance(const Search *s, const Shape *shape) {
    return preference_weight * square(log((double)shape->d_model / shape->n_layers / s->options->depth_ratio));
}

// The distance of a shape from the wishes; the best one yet is kept.
static double try_candidate(Search *s, const Run *open) {
    Run run = *open;
    if (run_finish(&run) != OK || run.shape.d_model % run.shape.n_heads) return INFINITY;
    const Shape *shape = &run.shape;
    Counts c = shape_count(shape);
    double distance = log_distance(c.N, s->wish->N) + log_distance(shape_total_ratio(shape), s->wish->total_ratio) +
                      active_distance(s, shape, &c) + expert_distance(s, shape->top_k, shape->n_shared) +
                      depth_distance(s, shape) + width_distance(s, shape);
    if (distance < s->best_distance) {
        s->best_distance = distance;
        s->best = run;
    }
    return distance;
}

// Both sizes are linear in the number of experts, from top_k + 1 on (a dense model has no router): how many give what
// is wished.
static double wished_experts(const Search *s, Run run) {
    Shape *shape = &run.shape;
    if (isnan(s->wish->N)) return (s->wish->total_ratio * shape->d_model - shape->d_ff_shared) / shape->d_ff_expert;
    shape->n_experts = shape->top_k + 1;
    double one_more = shape_count(shape).N;
    shape->n_experts++;
    return shape->top_k + 1 + (s->wish->N - one_more) / (shape_count(shape).N - one_more);
}

// The two whole numbers around the solution; where G and S are met first, on from there as long as that comes nearer,
// since experts bring their part of the router into Na. False when the active size is already too large,
// so that wider experts need no look.
static bool try_experts(Search *s, Run *run) {
    Shape *shape = &run->shape;
    bool sized = !isnan(s->wish->N) || !isnan(s->wish->total_ratio);
    if (s->fixed->n_experts || !sized || !(wishes_active(s) || s->fixed->d_ff_expert)) {
        try_candidate(s, run);
        return true;
    }
    Run least = *run;
    least.shape.n_experts = shape->top_k;
    if (run_finish(&least) != OK) return false;
    Counts c = shape_count(&least.shape);
    bool above = c.Na > s->wish->Na || shape_active_ratio(&least.shape) > s->wish->active_ratio;
    if (above && active_distance(s, &least.shape, &c) >= s->best_distance) return false;
    double wished = wished_experts(s, least);
    if (wished > 65535) return true;
    int fewest = shape->top_k + shape->n_shared == 1 ? 1 : shape->top_k > 2 ? shape->top_k : 2;
    for (int up = 0; up < 2; up++) {
        double distance = INFINITY, before;
        shape->n_experts = (int)fmax(fewest, floor(wished) + up);
        do {
            before = distance;
            distance = try_candidate(s, run);
            shape->n_experts += up ? 1 : -1;
        } while (backbone_held(s) && distance < before && shape->n_experts >= fewest);
    }
    return true;
}

static Range width_range(const Search *s, const Run *run) {
    const Shape *shape = &run->shape;
    if (s->fixed->d_ff_expert) return (Range){shape->d_ff_expert, shape->d_ff_expert, 1};
    int step = s->options->d_ff_multiple;
    int most = backbone_held(s) ? MAX_WIDTH : 12 * shape->d_model / (shape->top_k + shape->n_shared);
    return (Range){step, most > step ? most : step, step};
}

static Range layer_range(const Search *s, const Run *run) {
    int n = run->shape.n_layers;
    if (s->fixed->n_layers) return (Range){n, n, 1};
    int middle = (int)(run->shape.d_model / s->options->depth_ratio + 0.5);
    int from = middle / 2 > 1 ? middle / 2 : 2, to = 2 * middle > 4 ? 2 * middle : 4;
    return (Range){from, to < MAX_LAYERS ? to : MAX_LAYERS, 1};
}

static void try_widths(Search *s, Run run) {
    Shape *shape = &run.shape;
    Range layers = layer_range(s, &run), widths = width_range(s, &run);
    double floor_distance = expert_distance(s, shape->top_k, shape->n_shared);
    for (shape->n_layers = layers.from; shape->n_layers <= layers.to; shape->n_layers += layers.step) {
        if (floor_distance + depth_distance(s, shape) >= s->best_distance) continue;
        for (int width = widths.from; width <= widths.to; width += widths.step) {
            shape->d_ff_expert = width;
            if (!try_experts(s, &run)) break;
        }
    }
}

static Range model_width_range(const Search *s, const Run *run) {
    if (s->fixed->d_model) return (Range){run->shape.d_model, run->shape.d_model, 1};
    // Attention alone takes 4 d_model^2 a layer: beyond this even one layer has more than twice what is wished.
    double most = isnan(s->wish->Na) ? isnan(s->wish->N) ? MAX_WIDTH : s->wish->N : s->wish->Na;
    int to = (int)fmin(MAX_WIDTH, sqrt(most / 2)), step = s->options->d_model_multiple;
    return (Range){step, to > step ? to : step, step};
}

static Range top_k_range(const Search *s, const Run *run) {
    if (s->fixed->top_k || isnan(s->wish->G)) return (Range){run->shape.top_k, run->shape.top_k, 1};
    return (Range){1, (int)ceil(s->wish->G) + 1, 1};
}

static Range shared_range(const Search *s, const Run *run) {
    if (s->fixed->n_shared || isnan(s->wish->S)) return (Range){run->shape.n_shared, run->shape.n_shared, 1};
    double most = isnan(s->wish->G) ? run->shape.top_k * s->wish->S / fmax(1 - s->wish->S, 0.05) : s->wish->G;
    return (Range){0, (int)ceil(most), 1};
}

// With a held backbone G and S are not traded for size: how far they are from the wishes at best.
static double nearest_experts(const Search *s, Range routed, Range shared) {
    double nearest = INFINITY;
    for (int k = routed.from; k <= routed.to; k += routed.step)
        for (int n_shared = shared.from; n_shared <= shared.to; n_shared += shared.step)
            nearest = fmin(nearest, expert_distance(s, k, n_shared));
    return nearest;
}

static void search(Search *s, Run run) {
    Range widths = model_width_range(s, &run), routed = top_k_range(s, &run), shared = shared_range(s, &run);
    double farthest = backbone_held(s) ? nearest_experts(s, routed, shared) + 1e-12 : INFINITY;
    for (int k = routed.from; k <= routed.to; k += routed.step)
        for (int n_shared = shared.from; n_shared <= shared.to; n_shared += shared.step) {
            run.shape.top_k = k;
            run.shape.n_shared = n_shared;
            double distance = expert_distance(s, k, n_shared);
            if (distance >= s->best_distance || distance > farthest) continue;
            for (int d = widths.from; d <= widths.to; d += widths.step) {
                run.shape.d_model = d;
                try_widths(s, run);
            }
        }
}

const char *const wish_names[N_WISHES] = {"N", "Na", "G", "S", "active_ratio", "total_ratio"};

void wish_values(const Wish *w, const Shape *s, double wished[N_WISHES], double met[N_WISHES]) {
    const Counts c = shape_count(s);
    const double wishes[] = {w->N, w->Na, w->G, w->S, w->active_ratio, w->total_ratio};
    const double has[] = {c.N, c.Na, c.G, c.S, shape_active_ratio(s), shape_total_ratio(s)};
    memcpy(wished, wishes, sizeof wishes);
    memcpy(met, has, sizeof has);
}

double wish_missed(const Wish *wish, const Shape *s, int k) {
    double wished[N_WISHES], met[N_WISHES];
    wish_values(wish, s, wished, met);
    if (isnan(wished[k])) return -1;
    return k == WISH_S ? fabs(met[k] - wished[k]) : fabs(met[k] / wished[k] - 1);
}

const char *wish_text(const Wish *w, char text[WISH_TEXT]) {
    const double wishes[] = {w->N, w->Na, w->G, w->S, w->active_ratio, w->total_ratio};
    int length = 0;
    text[0] = '\0';
    for (int k = 0; k < N_WISHES; k++)
        if (!isnan(wishes[k]))
            length += snprintf(text + length, (size_t)(WISH_TEXT - length), "%s%s = %g", length ? ", " : "",
                               wish_names[k], wishes[k]);
    return text;
}

Status solve_shape(const Wish *wish, const FixedFields *fixed, const SolveOptions *options, Run *run) {
    char text[WISH_TEXT];
    // Two shapes apart by a factor of two in one factor: not what was asked for.
    Search s = {wish, fixed, options, *run, square(log(2))};
    double limit = s.best_distance;
    search(&s, *run);
    if (s.best_distance >= limit)
        return fail(BAD_INPUT,
                    "no shape comes within a factor of two of %s with these fields; "
                    "Na counts embeddings (2 x vocab x d_model) and Na <= N",
                    wish_text(wish, text));
    *run = s.best;
    return OK;
}
