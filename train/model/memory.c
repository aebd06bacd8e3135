// model_memory.c - every buffer of a model, allocated once; the list of arrays that make up its state.
#include "inside.h"

#include <stdio.h>
#include <stdlib.h>

static void *model_buffer(Model *m, Kind kind, long count) {
    void *buffer = m->b->alloc(m->c, kind, count);
    if (!buffer) {
        m->short_of_memory = true;
        return NULL;
    }
    if (m->n_buffers == m->room) {
        m->room = 2 * m->room + 64;
        m->buffers = reallocate(m->buffers, m->room, sizeof *m->buffers);
    }
    return m->buffers[m->n_buffers++] = buffer;
}

static void weight_buffers(Model *m) {
    long n = m->layout.total;
    bool two = !m->b->one_copy;
    m->param = model_buffer(m, FULL, n);
    m->weight = two ? model_buffer(m, ACT, n) : m->param;
    m->grad = model_buffer(m, FULL, n);
    m->first = model_buffer(m, FULL, n);
    m->second = model_buffer(m, FULL, n);
    if (m->run.average > 0) {
        m->average = model_buffer(m, FULL, n);
        m->average_weight = two ? model_buffer(m, ACT, n) : m->average;
    }
    m->hyper = model_buffer(m, FULL, N_HYPER);
    m->norm_1 = model_buffer(m, FULL, 1);
}

static void routing_buffers(Model *m) {
    long L = m->layout.n_moe_layers, E = m->run.shape.n_experts;
    if (L == 0) return;
    m->bias_LE = model_buffer(m, FULL, L * E);
    m->count_LE = model_buffer(m, INT32, L * E);
    m->stats_L3 = model_buffer(m, FULL, L * 3);
    m->eval_count_E = model_buffer(m, INT32, E);
    m->eval_stats_3 = model_buffer(m, FULL, 3);
}

static void route_buffers(Model *m, LayerState *a, int moe) {
    const Backend *b = m->b;
    long E = m->run.shape.n_experts;
    a->routing = (Routing){.logit_TE = model_buffer(m, FULL, m->T * E),
                           .index_TK = model_buffer(m, INT32, m->S),
                           .slot_TK = model_buffer(m, INT32, m->S),
                           .token_S = model_buffer(m, INT32, m->S),
                           .weight_S = model_buffer(m, FULL, m->S),
                           .offset_E1 = model_buffer(m, INT32, E + 1)};
    if (m->short_of_memory) return;
    a->routing.count_E = element_of(m->count_LE, INT32, b, moe * E);
    a->routing.stats_3 = element_of(m->stats_L3, FULL, b, moe * 3L);
    a->x_SD = model_buffer(m, ACT, m->S * m->run.shape.d_model);
}

static void layer_buffers(Model *m, int i) {
    const Shape *s = &m->run.shape;
    const LayerWeights *w = &m->layout.layer[i];
    LayerState *a = &m->layer[i];
    long T = m->T, D = s->d_model, Q = (long)s->n_heads * s->d_head, KV = (long)s->n_kv_heads * s->d_head;
    long rows = w->moe >= 0 ? m->S : T, F = i < s->n_dense_layers ? s->d_ff_dense : s->d_ff_expert;
    a->in_TD = model_buffer(m, ACT, T * D);
    a->h1_TD = model_buffer(m, ACT, T * D);
    a->rstd1_T = model_buffer(m, FULL, T);
    a->qkv = model_buffer(m, ACT, T * (Q + 2 * KV));
    a->attended_TQ = model_buffer(m, ACT, T * Q);
    a->lse_TH = model_buffer(m, FULL, T * s->n_heads);
    if (m->run.qk_norm) a->rstd_TM = model_buffer(m, FULL, T * (s->n_heads + s->n_kv_heads));
    a->mid_TD = model_buffer(m, ACT, T * D);
    a->h2_TD = model_buffer(m, ACT, T * D);
    a->rstd2_T = model_buffer(m, FULL, T);
    if (w->moe >= 0) route_buffers(m, a, w->moe);
    a->up_S2F = model_buffer(m, ACT, rows * 2 * F);
    a->act_SF = model_buffer(m, ACT, rows * F);
    if (w->shared_up < 0) return;
    a->shared_up_T2F = model_buffer(m, ACT, T * 2 * s->d_ff_shared);
    a->shared_act_TF = model_buffer(m, ACT, T * s->d_ff_shared);
}

static long most(long a, long b) {
    return a > b ? a : b;
}

static void scratch_buffers(Model *m) {
    const Shape *s = &m->run.shape;
    long T = m->T, D = s->d_model, Q = (long)s->n_heads * s->d_head, KV = (long)s->n_kv_heads * s->d_head;
    long hidden = most(T * most(s->d_ff_dense, s->d_ff_shared), m->S * s->d_ff_expert);
    m->s = (Scratch){.token_T = model_buffer(m, INT32, T),
                     .target_T = model_buffer(m, INT32, T),
                     .loss_T = model_buffer(m, FULL, T),
                     .sum_M = model_buffer(m, FULL, m->micro),
                     .branch_TD = model_buffer(m, ACT, T * D),
                     .y_SD = model_buffer(m, ACT, m->S * D),
                     .ds_TD = model_buffer(m, ACT, T * D),
                     .dh_TD = model_buffer(m, ACT, T * D),
                     .dattended_TQ = model_buffer(m, ACT, T * Q),
                     .dqkv = model_buffer(m, ACT, T * (Q + 2 * KV)),
                     .dact_SF = model_buffer(m, ACT, hidden),
                     .dweight_S = model_buffer(m, FULL, m->S),
                     .all_2 = model_buffer(m, INT32, 2),
                     .out_TD = model_buffer(m, ACT, T * D),
                     .hidden_TD = model_buffer(m, ACT, T * D),
                     .rstd_T = model_buffer(m, FULL, T)};
}

Status model_buffers(Model *m) {
    weight_buffers(m);
    routing_buffers(m);
    scratch_buffers(m);
    m->layer = allocate(m->run.shape.n_layers, sizeof *m->layer);
    for (int i = 0; i < m->run.shape.n_layers && !m->short_of_memory; i++) layer_buffers(m, i);
    if (!m->short_of_memory) return OK;
    return fail(CANNOT_FINISH, "backend %s has not the memory for this model (%ld parameters, %ld tokens at a time)",
                m->b->name, m->layout.total, m->T);
}

static void add_array(Model *m, const char *prefix, const Weight *w, bool trained, void *buffer) {
    int i = m->n_arrays++;
    snprintf(m->array_names[i], sizeof m->array_names[i], "%s%s", prefix, w->name);
    ModelArray a = {m->array_names[i], w->n_dims, {0}, w->count, trained};
    for (int k = 0; k < w->n_dims; k++) a.dims[k] = w->dims[k];
    m->arrays[i] = a;
    m->array_buffers[i] = element_of(buffer, FULL, m->b, w->offset);
}

static void add_arrays(Model *m, const char *prefix, bool trained, void *buffer) {
    for (int i = 0; i < m->layout.n_weights; i++) add_array(m, prefix, &m->layout.weight[i], trained, buffer);
}

void model_list_arrays(Model *m) {
    long L = m->layout.n_moe_layers, E = m->run.shape.n_experts;
    size_t room = 4 * (size_t)m->layout.n_weights + 2;
    m->arrays = allocate(room, sizeof *m->arrays);
    m->array_names = allocate(room, sizeof *m->array_names);
    m->array_buffers = allocate(room, sizeof *m->array_buffers);
    add_arrays(m, "", true, m->param);
    add_arrays(m, "first.", false, m->first);
    add_arrays(m, "second.", false, m->second);
    if (m->average) add_arrays(m, "average.", false, m->average);
    Weight bias = {.name = "balance.bias", .n_dims = 2, .dims = {L, E}, .count = L * E};
    if (L) add_array(m, "", &bias, false, m->bias_LE);
    // The step counter is the host's: low and high part, since a float counts to 2^24 only.
    Weight step = {.name = "step", .n_dims = 1, .dims = {2}, .count = 2};
    m->step_array = m->n_arrays;
    add_array(m, "", &step, false, m->param);
}
