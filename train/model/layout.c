// model_layout.c - the list of weight tensors, in the order of the flat buffers and of model_array(), with the width
// rules that let one base rate serve all widths (muP, arXiv 2203.03466, in its Adam form):
//   matrices inside   start 1/sqrt(fan in), rate x lr_width / d_model
//   head              start sqrt(lr_width) / (4 d_model), rate x lr_width / d_model
//   embedding         start 1, rate x 1; tied: logits x sqrt(lr_width) / d_model
//   gains             start 1, rate x 1, no decay
//   router            as matrices inside, rate x router_rate too
// A block's last matrix starts smaller by sqrt(2 n_layers). All experts that serve a token count as one wide block:
// their down matrices start by the active width, so that splitting a block into finer experts changes nothing at start.
#include "inside.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    const Run *run;
    Layout *l;
    double inner_rate;
} Builder;

static int add(Builder *b, const char *name, double start, double rate, int n_dims, const long *dims) {
    Layout *l = b->l;
    Weight *w = &l->weight[l->n_weights];
    snprintf(w->name, sizeof w->name, "%s", name);
    w->n_dims = n_dims;
    w->count = 1;
    for (int i = 0; i < n_dims; i++) w->count *= w->dims[i] = dims[i];
    w->offset = l->total;
    w->start = start;
    w->rate = rate;
    w->decay = start == NORM_GAIN ? 0 : b->run->weight_decay;
    l->total += (w->count + 15) / 16 * 16;
    return l->n_weights++;
}

static int add_in_layer(Builder *b, int layer, const char *name, double start, double rate, int n_dims,
                        const long *dims) {
    char full[48];
    snprintf(full, sizeof full, "layers.%d.%s", layer, name);
    return add(b, full, start, rate, n_dims, dims);
}

static int matrix(Builder *b, int layer, const char *name, double start, long in, long out) {
    return add_in_layer(b, layer, name, start, b->inner_rate, 2, (long[]){in, out});
}

static int gain(Builder *b, int layer, const char *name) {
    return add_in_layer(b, layer, name, NORM_GAIN, 1, 1, (long[]){b->run->shape.d_model});
}

// Router, experts and shared block; `last` is the start of a down matrix whose active width is 1.
static void add_experts(Builder *b, int i, LayerWeights *w, double in, double last) {
    const Shape *s = &b->run->shape;
    long d = s->d_model, f = s->d_ff_expert, E = s->n_experts;
    last /= sqrt((double)s->top_k * s->d_ff_expert + s->d_ff_shared);
    if (E > 1) {
        w->moe = b->l->n_moe_layers++;
        w->router = matrix(b, i, "router", in, d, E);
        b->l->weight[w->router].rate *= b->run->router_rate;
    }
    w->up = add_in_layer(b, i, "experts.up", in, b->inner_rate, 3, (long[]){E, d, 2 * f});
    w->down = add_in_layer(b, i, "experts.down", last, b->inner_rate, 3, (long[]){E, f, d});
    if (s->d_ff_shared == 0) return;
    w->shared_up = matrix(b, i, "shared.up", in, d, 2 * s->d_ff_shared);
    w->shared_down = matrix(b, i, "shared.down", last, s->d_ff_shared, d);
}

static void add_layer(Builder *b, int i) {
    const Shape *s = &b->run->shape;
    LayerWeights *w = &b->l->layer[i];
    *w = (LayerWeights){-1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    long d = s->d_model, q = (long)s->n_heads * s->d_head, kv = (long)s->n_kv_heads * s->d_head;
    double in = 1 / sqrt((double)d), depth = 1 / sqrt(2.0 * s->n_layers);
    w->norm1 = gain(b, i, "norm1");
    w->qkv = matrix(b, i, "attention.qkv", in, d, q + 2 * kv);
    w->out = matrix(b, i, "attention.out", depth / sqrt((double)q), q, d);
    w->norm2 = gain(b, i, "norm2");
    if (i >= s->n_dense_layers) {
        add_experts(b, i, w, in, depth);
        return;
    }
    w->up = matrix(b, i, "dense.up", in, d, 2 * s->d_ff_dense);
    w->down = matrix(b, i, "dense.down", depth / sqrt((double)s->d_ff_dense), s->d_ff_dense, d);
}

void layout_create(const Run *run, Layout *l) {
    const Shape *s = &run->shape;
    long most = 3 + 9L * s->n_layers, table[] = {s->vocab, s->d_model};
    *l = (Layout){.weight = allocate(most, sizeof *l->weight), .layer = allocate(s->n_layers, sizeof *l->layer)};
    double width = run->lr_width ? run->lr_width : s->d_model, d = s->d_model;
    Builder b = {run, l, width / d};
    l->embedding = l->head = add(&b, "embedding", 1, 1, 2, table);
    for (int i = 0; i < s->n_layers; i++) add_layer(&b, i);
    l->norm = add(&b, "norm", NORM_GAIN, 1, 1, (long[]){s->d_model});
    l->logit_scale = s->tied ? sqrt(width) / d : 1;
    if (!s->tied) l->head = add(&b, "head", 0.25 * sqrt(width) / d, b.inner_rate, 2, table);
}

void layout_free(Layout *l) {
    free(l->weight);
    free(l->layer);
}
