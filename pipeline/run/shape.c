// shape.c - see shape.h.
#include "shape.h"

static Status at_least(const char *name, int value, int least) {
    if (value >= least) return OK;
    return fail(BAD_INPUT, "%s = %d, expected at least %d", name, value, least);
}

Status shape_check(const Shape *s) {
    TRY(at_least("vocab", s->vocab, 2));
    TRY(at_least("d_model", s->d_model, 1));
    TRY(at_least("n_layers", s->n_layers, 1));
    TRY(at_least("n_heads", s->n_heads, 1));
    TRY(at_least("n_kv_heads", s->n_kv_heads, 1));
    TRY(at_least("d_head", s->d_head, 2));
    TRY(at_least("n_dense_layers", s->n_dense_layers, 0));
    TRY(at_least("n_experts", s->n_experts, 1));
    TRY(at_least("top_k", s->top_k, 1));
    TRY(at_least("d_ff_expert", s->d_ff_expert, 1));
    TRY(at_least("n_shared", s->n_shared, 0));
    TRY(at_least("d_ff_shared", s->d_ff_shared, 0));
    TRY(at_least("seq_len", s->seq_len, 1));
    if (s->d_head % 2)
        return fail(BAD_INPUT, "d_head = %d, expected an even number (rotary positions turn pairs)", s->d_head);
    if (s->n_heads % s->n_kv_heads)
        return fail(BAD_INPUT, "n_heads = %d is no multiple of n_kv_heads = %d", s->n_heads, s->n_kv_heads);
    if (s->top_k > s->n_experts)
        return fail(BAD_INPUT, "top_k = %d is more than n_experts = %d", s->top_k, s->n_experts);
    if (s->n_dense_layers > s->n_layers)
        return fail(BAD_INPUT, "n_dense_layers = %d is more than n_layers = %d", s->n_dense_layers, s->n_layers);
    if (s->n_dense_layers > 0) TRY(at_least("d_ff_dense", s->d_ff_dense, 1));
    if ((s->n_shared > 0) != (s->d_ff_shared > 0))
        return fail(BAD_INPUT, "n_shared = %d and d_ff_shared = %d: both or neither must be 0", s->n_shared,
                    s->d_ff_shared);
    return OK;
}

Counts shape_count(const Shape *s) {
    double d = s->d_model, layers = s->n_layers, moe_layers = layers - s->n_dense_layers;
    double expert = 3 * d * s->d_ff_expert, q = (double)s->n_heads * s->d_head, kv = (double)s->n_kv_heads * s->d_head;
    bool dense = s->n_experts == 1;
    Counts c = {
        .embedding = (double)s->vocab * d,
        .head = s->tied ? 0 : (double)s->vocab * d,
        .attention = layers * d * (2 * q + 2 * kv),
        .dense_ffn = s->n_dense_layers * 3 * d * s->d_ff_dense,
        .shared = moe_layers * 3 * d * s->d_ff_shared,
        .routed = moe_layers * s->n_experts * expert,
        .routed_active = moe_layers * s->top_k * expert,
        .router = dense ? 0 : moe_layers * d * s->n_experts,
        .norms = (2 * layers + 1) * d,
        .shared_ratio = (double)s->d_ff_shared / s->d_ff_expert,
    };
    double common = c.attention + c.dense_ffn + c.shared + c.router + c.norms;
    c.N_nonemb = common + c.routed;
    c.Na_nonemb = common + c.routed_active;
    c.N = c.N_nonemb + c.embedding + c.head;
    c.Na = c.Na_nonemb + c.embedding + c.head;
    c.granularity = dense ? 1 : 4 * d / s->d_ff_expert;
    c.G = s->top_k + c.shared_ratio;
    c.S = c.shared_ratio / c.G;
    c.M = 6 * (c.Na_nonemb + d * s->vocab) + 6 * layers * q * s->seq_len;
    return c;
}
