// small_model.h - a model behind train/model/model.h small enough to reason about, for tests of the shell around it: a
// table of bigram logits trained by gradient descent with momentum. It learns a Markov chain to its entropy rate.
#ifndef MOELAW_SMALL_MODEL_H
#define MOELAW_SMALL_MODEL_H

#include "model/model.h"
#include "ground/random.h"
#include "backend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct Model {
    Run run;
    int V;
    float *logit_VV, *momentum_VV;
    float steps;
    int64_t load; // of the last step: each expert has a share of its own
};

// What is to go wrong: at the end of this step the loss is NaN, or something else is done.
static long small_nan_at = -1;
static void (*small_hook)(long step);

static const Backend small_backend = {.name = "small"};

Status model_create(const Run *run, const Backend *backend, struct Ranks *ranks, Model **model) {
    (void)backend, (void)ranks;
    Model *m = allocate(1, sizeof *m);
    m->run = *run;
    m->V = run->shape.vocab;
    m->logit_VV = allocate(m->V * m->V, sizeof(float));
    m->momentum_VV = allocate(m->V * m->V, sizeof(float));
    Random r = random_stream((uint64_t)run->seed, 7);
    for (int i = 0; i < m->V * m->V; i++) m->logit_VV[i] = (float)(0.1 * random_normal(&r));
    *model = m;
    return OK;
}

void model_destroy(Model *m) {
    if (!m) return;
    free(m->logit_VV);
    free(m->momentum_VV);
    free(m);
}

// Loss of one step of the chain; p_V: probabilities.
static double small_loss(const Model *m, int from, int to, double *p_V) {
    const float *row = m->logit_VV + from * m->V;
    double sum = 0;
    for (int v = 0; v < m->V; v++) sum += p_V[v] = exp(row[v]);
    for (int v = 0; v < m->V; v++) p_V[v] /= sum;
    return -log(p_V[to]);
}

Status model_step(Model *m, const int32_t *tokens, double lr, StepStats *stats) {
    int T = m->run.shape.seq_len, n = m->V * m->V;
    double *gradient_VV = allocate(n, sizeof(double)), p_V[256], loss = 0, norm = 0;
    for (int b = 0; b < m->run.batch; b++)
        for (int t = 0; t < T; t++) {
            const int32_t *at = tokens + b * (T + 1) + t;
            loss += small_loss(m, at[0], at[1], p_V);
            for (int v = 0; v < m->V; v++) gradient_VV[at[0] * m->V + v] += p_V[v] - (v == at[1]);
        }
    for (int i = 0; i < n; i++) {
        double g = gradient_VV[i] / (m->run.batch * T);
        norm += g * g;
        m->momentum_VV[i] = (float)(0.9 * m->momentum_VV[i] + g);
        m->logit_VV[i] -= (float)(lr * m->momentum_VV[i]);
    }
    free(gradient_VV);
    m->steps++;
    m->load = (int64_t)m->steps;
    *stats = (StepStats){.loss = loss / (m->run.batch * T), .grad_norm = sqrt(norm)};
    if ((long)m->steps == small_nan_at) stats->loss = NAN;
    if (small_hook) small_hook((long)m->steps);
    return OK;
}

Status model_evaluate(Model *m, const int32_t *tokens, int n, bool averaged, double *sums) {
    (void)averaged;
    int T = m->run.shape.seq_len;
    double p_V[256];
    for (int i = 0; i < n; i++) {
        sums[i] = 0;
        for (int t = 0; t < T; t++) sums[i] += small_loss(m, tokens[i * (T + 1) + t], tokens[i * (T + 1) + t + 1], p_V);
    }
    return OK;
}

int64_t model_n_loads(const Model *m) {
    return (int64_t)(m->run.shape.n_layers - m->run.shape.n_dense_layers) * m->run.shape.n_experts;
}

void model_loads(const Model *m, int64_t *loads) {
    for (int64_t i = 0; i < model_n_loads(m); i++) loads[i] = m->load * (i + 1);
}

void model_set_loads(Model *m, const int64_t *loads) {
    m->load = loads[0];
}

int model_n_arrays(const Model *m) {
    (void)m;
    return 3;
}

ModelArray model_array(const Model *m, int i) {
    long n = (long)m->V * m->V;
    if (i == 2) return (ModelArray){.name = "steps", .n_dims = 1, .dims = {1}, .count = 1};
    return (ModelArray){
        .name = i ? "momentum" : "logit", .n_dims = 2, .dims = {m->V, m->V}, .count = n, .trained = i == 0};
}

static float *small_array(const Model *m, int i) {
    return i == 0 ? m->logit_VV : i == 1 ? m->momentum_VV : (float *)&m->steps;
}

Status model_get(const Model *m, int i, float *values) {
    memcpy(values, small_array(m, i), (size_t)model_array(m, i).count * sizeof *values);
    return OK;
}

Status model_set(Model *m, int i, const float *values) {
    memcpy(small_array(m, i), values, (size_t)model_array(m, i).count * sizeof *values);
    return OK;
}

#endif
