// accounting.c - see accounting.h.
#include "accounting.h"

#include <math.h>

const Accounting accounting_default = {
    .seq_len = 4096,
    .aspect = 64,
    .c_f = 6,
    .c_r = 14,
    .expansion = 64,
    .vocab = 50257,
    .top_k = 2,
    .expert_share = 1.0 / 3,
    .kv_group = STANDARD_KV_GROUP,
    .flops_scale = 1,
};

// Dense size of a model whose block has 12 d^2 parameters, and back.
static void shape_of(double dense, double aspect, Setting *s) {
    s->n_layers = cbrt(dense / (12 * aspect * aspect));
    s->d_model = aspect * s->n_layers;
}

// 2 V d + 13 n d^2 = Na with d = aspect n, by Newton's method from above, where it cannot overshoot.
static void shape_with_embedding(double Na, double aspect, double vocab, Setting *s) {
    double cubic = 13 / aspect, d = cbrt(Na / cubic);
    for (int i = 0; i < 50; i++) {
        double step = (cubic * d * d * d + 2 * vocab * d - Na) / (3 * cubic * d * d + 2 * vocab);
        d -= step;
        if (fabs(step) < 1e-13 * d) break;
    }
    s->d_model = d;
    s->n_layers = d / aspect;
}

static double dense_size(const Accounting *a, const Setting *s) {
    return s->Na / (a->top_k * a->expert_share + 1 - a->expert_share);
}

void setting_complete(LawKind kind, const Accounting *a, Setting *s) {
    if (a->plain) {
        shape_of(s->Na, a->aspect, s);
        if (kind < KIND_FREE) s->N = s->Na;
        return;
    }
    if (kind == KIND_EXPERTS) {
        shape_with_embedding(s->Na, a->aspect, a->vocab, s);
        s->N = s->Na + 9 * (s->E - 1) * s->n_layers * s->d_model * s->d_model;
        return;
    }
    double dense = kind == KIND_DENSE_SIZE ? dense_size(a, s) : s->Na;
    shape_of(dense, a->aspect, s);
    switch (kind) {
    case KIND_GRANULAR: s->N = s->Na * (8 * a->expansion + 4) / 12; break;
    case KIND_DENSE_SIZE: s->N = (1 + (s->E - 1) * a->expert_share) * dense; break;
    case KIND_SPARSE: s->N = s->Na / (1 - s->sparsity); break;
    case KIND_DENSE:
    case KIND_PRUNED: s->N = s->Na; break;
    default: break;
    }
}

// Experts a layer, for the router.
static double experts(LawKind kind, const Accounting *a, const Setting *s) {
    switch (kind) {
    case KIND_GRANULAR: return a->expansion > 1 ? a->expansion * s->granularity : 0;
    case KIND_EXPERTS:
    case KIND_DENSE_SIZE: return s->E > 1 ? s->E : 0;
    case KIND_SPARSE: return s->sparsity > 0 ? 1 / (1 - s->sparsity) : 0;
    // The active FFN of the standard block has 8 d^2 parameters, one G-th of it an expert's.
    case KIND_FREE:
    case KIND_FIVE_FACTOR:
        return s->G * (1 - s->S) + (s->N - s->Na) * s->G / (8 * s->d_model * s->d_model * s->n_layers);
    default: return 0;
    }
}

double setting_flops(LawKind kind, const Accounting *a, const Setting *s) {
    if (a->plain) return 6 * s->Na;
    double router = s->d_model * experts(kind, a, s) * s->n_layers;
    double weights = kind == KIND_GRANULAR ? a->c_f * s->Na + a->c_r * router : 6 * s->Na;
    if (!a->exact) return a->flops_scale * weights;
    double looked_up = kind == KIND_EXPERTS ? a->vocab * s->d_model : 0;
    double scores = 6 * a->seq_len * s->d_model * s->n_layers;
    return weights - 6 * looked_up + scores + (kind == KIND_GRANULAR ? 0 : 6 * router);
}

double setting_cache(const Accounting *a, const Setting *s) {
    return a->latent > 0 ? a->latent : 2 * s->d_model / a->kv_group;
}

Point setting_point(LawKind kind, const Accounting *a, const Setting *s) {
    Point p;
    p.x[VAR_D] = s->D;
    p.x[VAR_N] = kind == KIND_DENSE_SIZE && !a->plain ? dense_size(a, s) : s->N;
    p.x[VAR_NA] = s->Na;
    p.x[VAR_E] = s->E;
    p.x[VAR_GRANULARITY] = s->granularity;
    p.x[VAR_G] = s->G;
    p.x[VAR_S] = s->S;
    p.x[VAR_SPARSITY] = s->sparsity;
    return p;
}
