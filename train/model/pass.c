// model_pass.c - the transformer's forward and backward pass as a sequence of the backend's operations.
//
// Pre-norm residual stream: mid = in + attention(norm(in)), next in = mid + experts(norm(mid)). The addition of a
// block's output is done by the norm that follows it. Backward, s.ds_TD is the gradient of the stream all along: each
// block adds its part to it.
//
// Gate: a routed expert's output is weighted by scale x score without renormalising over the chosen. With weights that
// sum to one, top_k = 1 would give the constant weight 1 and the router no gradient. Sigmoid: scale 2, so that a weight
// starts near 1 and n_experts = 1 (gate 1) is the same block. Softmax: sqrt(n_experts / top_k), the geometric mean of
// what keeps weights at 1 while all scores are equal and when all is given to the chosen.
#include "inside.h"

#include <math.h>

static const void *weights(const Model *m, Source from, int i) {
    return element(from.weight, ACT, m->b, m->layout.weight[i].offset);
}
static const void *params(const Model *m, Source from, int i) {
    return element(from.param, FULL, m->b, m->layout.weight[i].offset);
}
static void *grads(const Model *m, int i) {
    return element_of(m->grad, FULL, m->b, m->layout.weight[i].offset);
}

static RouterSpec router_spec(const Model *m, int n) {
    const Run *r = &m->run;
    const Shape *s = &r->shape;
    double tokens = run_batch_tokens(r);
    return (RouterSpec){.T = n * s->seq_len,
                        .D = s->d_model,
                        .E = s->n_experts,
                        .K = s->top_k,
                        .seq_len = s->seq_len,
                        .gate = r->gate,
                        .scale = r->gate == GATE_SIGMOID ? 2 : sqrt((double)s->n_experts / s->top_k),
                        .aux = r->balance == BALANCE_AUX ? r->aux_coef / tokens : 0,
                        .z = r->z_coef / tokens};
}

static AttentionSpec attention_spec(const Model *m, int n) {
    const Shape *s = &m->run.shape;
    return (AttentionSpec){n, s->seq_len, s->n_heads, s->n_kv_heads, s->d_head};
}

// Doubled where queries and keys are normalised: they cannot grow to sharpen a choice, and no gain is learned.
static double score_scale(const Model *m) {
    return (m->run.qk_norm ? 2 : 1) / sqrt((double)m->run.shape.d_head);
}

static Groups all_rows(const Model *m, int n) {
    return (Groups){m->s.all_2, 1, (long)n * m->run.shape.seq_len};
}
static Groups expert_rows(const Model *m, const LayerState *a, int n) {
    long T = (long)n * m->run.shape.seq_len;
    return (Groups){a->routing.offset_E1, m->run.shape.n_experts, T * m->run.shape.top_k};
}

// One SwiGLU block: that of all tokens, or those of a layer's experts, a group each.
typedef struct {
    int up, down, F; // weights, hidden width
    Groups groups;
    const void *token_S, *weight_S; // NULL where rows are the tokens themselves
    const void *h_TD;               // the normed stream
    void *x, *up_S2F, *act_SF;      // x: rows of it gathered by token_S, or itself
} Block;

// The dense block of a first layer, or of a model without a router, is the one expert of all rows.
static Block expert_block(const Model *m, int i, int n) {
    const LayerWeights *w = &m->layout.layer[i];
    const LayerState *a = &m->layer[i];
    const Shape *s = &m->run.shape;
    int F = i < s->n_dense_layers ? s->d_ff_dense : s->d_ff_expert;
    if (w->moe < 0)
        return (Block){w->up, w->down, F, all_rows(m, n), NULL, NULL, a->h2_TD, a->h2_TD, a->up_S2F, a->act_SF};
    const Routing *r = &a->routing;
    return (Block){w->up,   w->down,   F,        expert_rows(m, a, n), r->token_S, r->weight_S, a->h2_TD,
                   a->x_SD, a->up_S2F, a->act_SF};
}
static Block shared_block(const Model *m, int i, int n) {
    const LayerWeights *w = &m->layout.layer[i];
    const LayerState *a = &m->layer[i];
    return (Block){.up = w->shared_up,
                   .down = w->shared_down,
                   .F = m->run.shape.d_ff_shared,
                   .groups = all_rows(m, n),
                   .h_TD = a->h2_TD,
                   .x = a->h2_TD,
                   .up_S2F = a->shared_up_T2F,
                   .act_SF = a->shared_act_TF};
}

// Groups that go through a block together: all of them, or one after the other where that keeps their rows in cache.
typedef struct {
    Groups groups;
    long first;    // row of the first group
    long up, down; // elements before its weights
} Slice;

static int slice_groups(const Model *m, Block k) {
    return m->b->by_group ? 1 : k.groups.n;
}
static Slice slice_at(const Model *m, Block k, int group) {
    if (!m->b->by_group) return (Slice){k.groups, 0, 0, 0};
    const int32_t *offset = (const int32_t *)k.groups.offset + group;
    long down = (long)group * k.F * m->run.shape.d_model;
    return (Slice){{offset, 1, offset[1] - offset[0]}, offset[0], 2 * down, down};
}

static void attention_forward(Model *m, Source from, int i, int n) {
    const Backend *b = m->b;
    const Shape *s = &m->run.shape;
    const LayerWeights *w = &m->layout.layer[i];
    LayerState *a = &m->layer[i];
    int D = s->d_model, Q = s->n_heads * s->d_head, KV = s->n_kv_heads * s->d_head;
    b->mark(m->c, PART_PRODUCT);
    b->product(m->c, a->qkv, a->h1_TD, weights(m, from, w->qkv), all_rows(m, n), D, Q + 2 * KV, false);
    b->mark(m->c, PART_ATTENTION);
    b->attention(m->c, a->attended_TQ, a->lse_TH, a->rstd_TM, a->qkv, attention_spec(m, n), score_scale(m));
    b->mark(m->c, PART_PRODUCT);
    b->product(m->c, m->s.branch_TD, a->attended_TQ, weights(m, from, w->out), all_rows(m, n), Q, D, false);
}

static void route(Model *m, Source from, int i, int n, bool train) {
    const Backend *b = m->b;
    const LayerWeights *w = &m->layout.layer[i];
    LayerState *a = &m->layer[i];
    Routing r = a->routing;
    if (!train) {
        r.count_E = m->eval_count_E;
        r.stats_3 = m->eval_stats_3;
    }
    const void *bias = element(m->bias_LE, FULL, b, (long)w->moe * m->run.shape.n_experts);
    b->mark(m->c, PART_ROUTING);
    b->router(m->c, r, a->h2_TD, params(m, from, w->router), bias, router_spec(m, n));
}

static void gather_slice(Model *m, Block k, Slice p, void *rows_SD, const void *from_TD) {
    const Backend *b = m->b;
    int D = m->run.shape.d_model;
    b->mark(m->c, PART_PERMUTE);
    b->gather(m->c, element_of(rows_SD, ACT, b, p.first * D), from_TD, element(k.token_S, INT32, b, p.first),
              p.groups.rows, D);
}

static const void *weight_slice(const Model *m, Block k, Slice p) {
    return k.weight_S ? element(k.weight_S, FULL, m->b, p.first) : NULL;
}

// y = the block's output in the order of its rows, or += with add.
static void block_forward(Model *m, Source from, Block k, void *y, bool add) {
    const Backend *b = m->b;
    int D = m->run.shape.d_model, F = k.F;
    for (int i = 0; i < k.groups.n; i += slice_groups(m, k)) {
        Slice p = slice_at(m, k, i);
        Groups g = p.groups;
        if (k.token_S) gather_slice(m, k, p, k.x, k.h_TD);
        b->mark(m->c, PART_PRODUCT);
        b->product(m->c, k.up_S2F, k.x, element(weights(m, from, k.up), ACT, b, p.up), g, D, 2 * F, false);
        b->mark(m->c, PART_OTHER);
        b->swiglu(m->c, element_of(k.act_SF, ACT, b, p.first * F), element(k.up_S2F, ACT, b, p.first * 2 * F),
                  weight_slice(m, k, p), g.rows, F);
        b->mark(m->c, PART_PRODUCT);
        b->product(m->c, y, k.act_SF, element(weights(m, from, k.down), ACT, b, p.down), g, F, D, add);
    }
}

// s.branch_TD = shared block + experts
static void experts_forward(Model *m, Source from, int i, int n, bool train) {
    const Backend *b = m->b;
    const LayerWeights *w = &m->layout.layer[i];
    bool routed = w->moe >= 0, shared = w->shared_up >= 0;
    if (shared) block_forward(m, from, shared_block(m, i, n), m->s.branch_TD, false);
    if (routed) route(m, from, i, n, train);
    block_forward(m, from, expert_block(m, i, n), routed ? m->s.y_SD : m->s.branch_TD, !routed && shared);
    if (!routed) return;
    const Shape *s = &m->run.shape;
    b->mark(m->c, PART_PERMUTE);
    b->gather_sum(m->c, m->s.branch_TD, m->s.y_SD, m->layer[i].routing.slot_TK, n * s->seq_len, s->top_k, s->d_model,
                  shared);
}

void model_forward(Model *m, Source from, int n, bool train) {
    const Backend *b = m->b;
    const Shape *s = &m->run.shape;
    int T = n * s->seq_len, D = s->d_model;
    b->mark(m->c, PART_OTHER);
    b->embed(m->c, m->layer[0].in_TD, weights(m, from, m->layout.embedding), m->s.token_T, T, D);
    for (int i = 0; i < s->n_layers; i++) {
        const LayerWeights *w = &m->layout.layer[i];
        LayerState *a = &m->layer[i];
        const void *gain = params(m, from, w->norm1);
        b->mark(m->c, PART_OTHER);
        if (i == 0)
            b->norm(m->c, NULL, a->h1_TD, a->rstd1_T, a->in_TD, NULL, gain, T, D);
        else
            b->norm(m->c, a->in_TD, a->h1_TD, a->rstd1_T, m->layer[i - 1].mid_TD, m->s.branch_TD, gain, T, D);
        attention_forward(m, from, i, n);
        b->mark(m->c, PART_OTHER);
        b->norm(m->c, a->mid_TD, a->h2_TD, a->rstd2_T, a->in_TD, m->s.branch_TD, params(m, from, w->norm2), T, D);
        experts_forward(m, from, i, n, train);
    }
    b->mark(m->c, PART_OTHER);
    b->norm(m->c, m->s.out_TD, m->s.hidden_TD, m->s.rstd_T, m->layer[s->n_layers - 1].mid_TD, m->s.branch_TD,
            params(m, from, m->layout.norm), T, D);
}

void model_loss(Model *m, Source from, int n, bool train) {
    const Backend *b = m->b;
    const Shape *s = &m->run.shape;
    int T = n * s->seq_len;
    b->mark(m->c, PART_PRODUCT);
    b->head(m->c, m->s.loss_T, train ? m->s.dh_TD : NULL, train ? grads(m, m->layout.head) : NULL, m->s.hidden_TD,
            weights(m, from, m->layout.head), m->s.target_T, T, s->vocab, s->d_model, m->layout.logit_scale,
            1 / run_batch_tokens(&m->run));
    b->mark(m->c, PART_OTHER);
}

// From s.ds_TD to dx, the gradient of the block's input in the order of its rows, or += with add.
static void block_backward(Model *m, Block k, void *dx, bool add) {
    const Backend *b = m->b;
    Source now = {m->param, m->weight};
    int D = m->run.shape.d_model, F = k.F;
    for (int i = 0; i < k.groups.n; i += slice_groups(m, k)) {
        Slice p = slice_at(m, k, i);
        Groups g = p.groups;
        const void *dy = m->s.ds_TD;
        if (k.token_S) gather_slice(m, k, p, m->s.y_SD, dy), dy = m->s.y_SD;
        void *up = element_of(k.up_S2F, ACT, b, p.first * 2 * F);
        b->mark(m->c, PART_PRODUCT);
        b->product_dx(m->c, m->s.dact_SF, dy, element(weights(m, now, k.down), ACT, b, p.down), g, F, D, false);
        b->product_dw(m->c, element_of(grads(m, k.down), FULL, b, p.down), k.act_SF, dy, g, F, D);
        b->mark(m->c, PART_OTHER);
        b->swiglu_back(m->c, up, k.weight_S ? element_of(m->s.dweight_S, FULL, b, p.first) : NULL,
                       element(m->s.dact_SF, ACT, b, p.first * F), up, weight_slice(m, k, p), g.rows, F);
        b->mark(m->c, PART_PRODUCT);
        b->product_dw(m->c, element_of(grads(m, k.up), FULL, b, p.up), k.x, k.up_S2F, g, D, 2 * F);
        b->product_dx(m->c, dx, k.up_S2F, element(weights(m, now, k.up), ACT, b, p.up), g, D, 2 * F, add);
    }
}

// From s.ds_TD to s.dh_TD, the gradient of h2.
static void experts_backward(Model *m, int i, int n) {
    const Backend *b = m->b;
    const Shape *s = &m->run.shape;
    const LayerWeights *w = &m->layout.layer[i];
    LayerState *a = &m->layer[i];
    bool routed = w->moe >= 0;
    block_backward(m, expert_block(m, i, n), routed ? m->s.y_SD : m->s.dh_TD, false);
    if (routed) {
        b->mark(m->c, PART_PERMUTE);
        b->gather_sum(m->c, m->s.dh_TD, m->s.y_SD, a->routing.slot_TK, n * s->seq_len, s->top_k, s->d_model, false);
        b->mark(m->c, PART_ROUTING);
        b->router_back(m->c, m->s.dh_TD, grads(m, w->router), a->routing, m->s.dweight_S, a->h2_TD,
                       params(m, (Source){m->param, m->weight}, w->router), router_spec(m, n));
    }
    if (w->shared_up >= 0) block_backward(m, shared_block(m, i, n), m->s.dh_TD, true);
}

static void attention_backward(Model *m, int i, int n) {
    const Backend *b = m->b;
    const Shape *s = &m->run.shape;
    const LayerWeights *w = &m->layout.layer[i];
    LayerState *a = &m->layer[i];
    Source now = {m->param, m->weight};
    Groups all = all_rows(m, n);
    int D = s->d_model, Q = s->n_heads * s->d_head, KV = s->n_kv_heads * s->d_head;
    b->mark(m->c, PART_PRODUCT);
    b->product_dx(m->c, m->s.dattended_TQ, m->s.ds_TD, weights(m, now, w->out), all, Q, D, false);
    b->product_dw(m->c, grads(m, w->out), a->attended_TQ, m->s.ds_TD, all, Q, D);
    b->mark(m->c, PART_ATTENTION);
    b->attention_back(m->c, m->s.dqkv, m->s.dattended_TQ, a->attended_TQ, a->lse_TH, a->rstd_TM, a->qkv,
                      attention_spec(m, n), score_scale(m));
    b->mark(m->c, PART_PRODUCT);
    b->product_dw(m->c, grads(m, w->qkv), a->h1_TD, m->s.dqkv, all, D, Q + 2 * KV);
    b->product_dx(m->c, m->s.dh_TD, m->s.dqkv, weights(m, now, w->qkv), all, D, Q + 2 * KV, false);
}

void model_backward(Model *m, int n) {
    const Backend *b = m->b;
    const Shape *s = &m->run.shape;
    Source now = {m->param, m->weight};
    int T = n * s->seq_len, D = s->d_model;
    b->mark(m->c, PART_OTHER);
    b->zero(m->c, m->s.ds_TD, ACT, (long)T * D);
    b->norm_back(m->c, m->s.ds_TD, grads(m, m->layout.norm), m->s.dh_TD, m->s.out_TD, m->s.rstd_T,
                 params(m, now, m->layout.norm), T, D);
    for (int i = s->n_layers - 1; i >= 0; i--) {
        const LayerWeights *w = &m->layout.layer[i];
        LayerState *a = &m->layer[i];
        experts_backward(m, i, n);
        b->mark(m->c, PART_OTHER);
        b->norm_back(m->c, m->s.ds_TD, grads(m, w->norm2), m->s.dh_TD, a->mid_TD, a->rstd2_T, params(m, now, w->norm2),
                     T, D);
        attention_backward(m, i, n);
        b->mark(m->c, PART_OTHER);
        b->norm_back(m->c, m->s.ds_TD, grads(m, w->norm1), m->s.dh_TD, a->in_TD, a->rstd1_T, params(m, now, w->norm1),
                     T, D);
    }
    b->embed_back(m->c, grads(m, m->layout.embedding), m->s.ds_TD, m->s.token_T, T, D, s->vocab);
}
