// solve.c - see solve.h. A plain search: the space of sensible integers is small, and every candidate is counted
// exactly, so that no approximate formula can disagree with the counts that go into the fit.
#include "shapes.h"

#include <math.h>

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

static double depth_distance(const Search *s, const Shape *shape) {
    return preference_weight * square(log((double)shape->d_model / shape->n_layers / s->options->depth_ratio));
}

static void try_candidate(Search *s, const Run *open) {
    Run run = *open;
    if (run_finish(&run) != OK || run.shape.d_model % run.shape.n_heads) return;
    const Shape *shape = &run.shape;
    Counts c = shape_count(shape);
    double active_width = (double)shape->top_k * shape->d_ff_expert + shape->d_ff_shared;
    double distance = log_distance(c.N, s->wish->N) + log_distance(c.Na, s->wish->Na) +
                      expert_distance(s, shape->top_k, shape->n_shared) + depth_distance(s, shape) +
                      preference_weight * square(log(active_width / shape->d_model / s->options->width_ratio));
    if (distance >= s->best_distance) return;
    s->best_distance = distance;
    s->best = run;
}

// N is linear in the number of experts: the two whole numbers around the solution are the only candidates.
// False when Na is already too large, so that wider experts need no look.
static bool try_experts(Search *s, Run *run) {
    Shape *shape = &run->shape;
    if (s->fixed->n_experts || isnan(s->wish->N) || isnan(s->wish->Na)) {
        try_candidate(s, run);
        return true;
    }
    int least = shape->top_k + shape->n_shared == 1 ? 1 : shape->top_k > 2 ? shape->top_k : 2;
    Run two = *run, three = *run;
    two.shape.n_experts = shape->top_k + 1;
    three.shape.n_experts = shape->top_k + 2;
    if (run_finish(&two) != OK || run_finish(&three) != OK) return false;
    Counts c = shape_count(&two.shape);
    if (c.Na > s->wish->Na && log_distance(c.Na, s->wish->Na) >= s->best_distance) return false;
    double n2 = c.N, n3 = shape_count(&three.shape).N;
    double wished = shape->top_k + 1 + (s->wish->N - n2) / (n3 - n2);
    if (wished > 65535) return true;
    for (int up = 0; up < 2; up++) {
        shape->n_experts = (int)fmax(least, floor(wished) + up);
        try_candidate(s, run);
    }
    return true;
}

static Range width_range(const Search *s, const Run *run) {
    const Shape *shape = &run->shape;
    if (s->fixed->d_ff_expert) return (Range){shape->d_ff_expert, shape->d_ff_expert, 1};
    int step = s->options->d_ff_multiple;
    int most = 12 * shape->d_model / (shape->top_k + shape->n_shared);
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

static void search(Search *s, Run run) {
    Range widths = model_width_range(s, &run), routed = top_k_range(s, &run), shared = shared_range(s, &run);
    for (int k = routed.from; k <= routed.to; k += routed.step)
        for (int n_shared = shared.from; n_shared <= shared.to; n_shared += shared.step) {
            run.shape.top_k = k;
            run.shape.n_shared = n_shared;
            if (expert_distance(s, k, n_shared) >= s->best_distance) continue;
            for (int d = widths.from; d <= widths.to; d += widths.step) {
                run.shape.d_model = d;
                try_widths(s, run);
            }
        }
}

Status solve_shape(const Wish *wish, const FixedFields *fixed, const SolveOptions *options, Run *run) {
    // Two shapes apart by a factor of two in one factor: not what was asked for.
    Search s = {wish, fixed, options, *run, square(log(2))};
    double limit = s.best_distance;
    search(&s, *run);
    if (s.best_distance >= limit)
        return fail(BAD_INPUT,
                    "no shape comes within a factor of two of N = %g, Na = %g, G = %g, S = %g with these fields; "
                    "Na counts embeddings (2 x vocab x d_model) and Na <= N",
                    wish->N, wish->Na, wish->G, wish->S);
    *run = s.best;
    return OK;
}
