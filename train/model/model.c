// model.c - see model.h: life of a model, its training step, evaluation and state.
#include "inside.h"

#include "ground/random.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MICRO_TOKENS = 32768, STEP_ARRAY_BASE = 1 << 20 };

// Sequences at a time: the largest divisor of this rank's batch that stays within MICRO_TOKENS, so that memory does not
// grow with the batch. A function of the run and the number of ranks alone, since it decides the order of sums.
static int micro_batch(const Run *r, int batch) {
    int most = MICRO_TOKENS / r->shape.seq_len, n = batch;
    if (most < 1) most = 1;
    while (n > most || batch % n) n--;
    return n;
}

// Uniform with the tensor's standard deviation, one stream a tensor: no libm, so the same bits everywhere.
static void start_weights(Model *m) {
    for (int i = 0; i < m->layout.n_weights; i++) {
        const Weight *w = &m->layout.weight[i];
        Random random = random_stream((uint64_t)m->run.seed, (uint64_t)i);
        double range = w->start * sqrt(12);
        for (long j = 0; j < w->count; j++)
            m->host[j] = w->start == NORM_GAIN ? 1 : (float)(range * (random_uniform(&random) - 0.5));
        m->b->put(m->c, element_of(m->param, FULL, m->b, w->offset), FULL, m->host, w->count);
    }
    if (m->average) m->b->copy(m->c, m->average, m->param, FULL, m->layout.total);
    m->stale = true;
}

static void list_tensors(Model *m) {
    m->tensor = allocate(m->layout.n_weights, sizeof *m->tensor);
    for (int i = 0; i < m->layout.n_weights; i++) {
        const Weight *w = &m->layout.weight[i];
        m->tensor[i] = (Tensor){w->offset, w->count, w->rate, w->decay};
    }
    m->tensors = m->b->tensors(m->c, m->tensor, m->layout.n_weights);
}

static void host_buffers(Model *m) {
    long L = m->layout.n_moe_layers, E = m->run.shape.n_experts, largest = 3 * L + m->batch + N_HYPER;
    for (int i = 0; i < m->n_arrays; i++)
        if (m->arrays[i].count > largest) largest = m->arrays[i].count;
    m->host = allocate(largest, sizeof *m->host);
    m->token = allocate(m->T, sizeof *m->token);
    m->target = allocate(m->T, sizeof *m->target);
    m->counts = allocate(L * E, sizeof *m->counts);
}

Status model_create(const Run *run, const Backend *backend, Ranks *ranks, Model **out) {
    TRY(shape_check(&run->shape));
    Model *m = allocate(1, sizeof *m);
    *out = NULL;
    m->run = *run;
    m->b = backend;
    m->ranks = ranks;
    m->batch = (int)(ranks_share_end(ranks, run->batch) - ranks_share(ranks, run->batch));
    m->micro = micro_batch(run, m->batch);
    m->T = (long)m->micro * run->shape.seq_len;
    m->S = m->T * run->shape.top_k;
    layout_create(run, &m->layout);
    Status status = backend->open(&m->c, &run->shape, m->micro);
    if (status == OK) status = model_buffers(m);
    if (status == OK) {
        model_list_arrays(m);
        host_buffers(m);
        list_tensors(m);
        start_weights(m);
        backend->put_ints(m->c, m->s.all_2, (int32_t[]){0, (int32_t)m->T}, 2);
        status = backend->sync(m->c);
    }
    if (status != OK) {
        model_destroy(m);
        return status;
    }
    *out = m;
    return OK;
}

void model_destroy(Model *m) {
    if (!m) return;
    for (int i = 0; i < m->n_buffers; i++) m->b->release(m->c, m->buffers[i]);
    if (m->c) m->b->close(m->c);
    layout_free(&m->layout);
    free(m->buffers);
    free(m->layer);
    free(m->tensor);
    free(m->token);
    free(m->target);
    free(m->counts);
    free(m->host);
    free(m->arrays);
    free(m->array_names);
    free(m->array_buffers);
    free(m);
}

static void put_tokens(Model *m, const int32_t *tokens, int n) {
    int L = m->run.shape.seq_len;
    for (int i = 0; i < n; i++) {
        memcpy(m->token + (long)i * L, tokens + (long)i * (L + 1), (size_t)L * sizeof *tokens);
        memcpy(m->target + (long)i * L, tokens + (long)i * (L + 1) + 1, (size_t)L * sizeof *tokens);
    }
    m->b->put_ints(m->c, m->s.token_T, m->token, (long)n * L);
    m->b->put_ints(m->c, m->s.target_T, m->target, (long)n * L);
}

// The products' copies after weights came from outside.
static void refresh(Model *m) {
    if (!m->stale) return;
    m->b->convert(m->c, m->weight, m->param, m->layout.total);
    m->stale = false;
}

// By squaring: products round alike everywhere, pow() need not.
static double power(double x, long n) {
    double y = 1;
    for (; n; n /= 2, x *= x)
        if (n % 2) y *= x;
    return y;
}

static void put_hyper(Model *m, double lr) {
    const Run *r = &m->run;
    long t = m->step + 1;
    double hyper[N_HYPER];
    hyper[HYPER_LR] = lr;
    hyper[HYPER_CORRECT1] = 1 / (1 - power(r->beta1, t));
    hyper[HYPER_CORRECT2] = 1 / (1 - power(r->beta2, t));
    // The window grows with the steps done, so that a trunk shared by several D needs to know none of them; at the end
    // it spans the share `average` of D.
    hyper[HYPER_AVERAGE] = r->average > 0 ? fmin(1, 1 / (r->average * (double)t)) : 0;
    m->b->put(m->c, m->hyper, FULL, hyper, N_HYPER);
}

static void clear_counters(Model *m) {
    long L = m->layout.n_moe_layers, E = m->run.shape.n_experts;
    if (L == 0) return;
    m->b->zero(m->c, m->count_LE, INT32, L * E);
    m->b->zero(m->c, m->stats_L3, FULL, L * 3);
}

static void update(Model *m) {
    const Run *r = &m->run;
    const Backend *b = m->b;
    b->mark(m->c, PART_OTHER);
    b->grad_norm(m->c, m->norm_1, m->grad, m->layout.total);
    b->adamw(m->c, m->param, b->one_copy ? NULL : m->weight, m->grad, m->first, m->second, m->average, m->norm_1,
             m->hyper, m->tensors, m->layout.n_weights, (AdamSpec){r->beta1, r->beta2, 1e-8, r->clip});
    if (r->balance == BALANCE_BIAS && m->layout.n_moe_layers)
        b->balance(m->c, m->bias_LE, m->count_LE, m->layout.n_moe_layers, r->shape.n_experts, r->bias_rate);
}

// One micro-batch of the step; the first clears counters, the last updates unless several ranks are to add up first.
// Recorded once, replayed after.
static void micro_step(Model *m, int micro, int n_micro) {
    const Backend *b = m->b;
    bool first = micro == 0, last = micro == n_micro - 1 && !m->ranks;
    Source now = {m->param, m->weight};
    int which = 2 * first + last;
    if (b->replay(m->c, which)) return;
    if (first) clear_counters(m);
    model_forward(m, now, m->micro, true);
    model_loss(m, now, m->micro, true);
    b->row_sums(m->c, m->s.sum_M, m->s.loss_T, m->micro, m->run.shape.seq_len);
    model_backward(m, m->micro);
    if (last) update(m);
    b->recorded(m->c, which);
}

// What the ranks did each, added up; then all make the same update.
static Status update_together(Model *m, double *loss) {
    enum { RECORDING = 4 };
    const Backend *b = m->b;
    long L = m->layout.n_moe_layers;
    if (!m->ranks) return OK;
    TRY(b->sync(m->c));
    ranks_sum(m->ranks, loss, 1);
    TRY(ranks_sum_buffer(m->ranks, b, m->c, m->grad, FULL, m->layout.total));
    if (L) TRY(ranks_sum_buffer(m->ranks, b, m->c, m->count_LE, INT32, L * m->run.shape.n_experts));
    if (L) TRY(ranks_sum_buffer(m->ranks, b, m->c, m->stats_L3, FULL, L * 3));
    if (b->replay(m->c, RECORDING)) return OK;
    update(m);
    b->recorded(m->c, RECORDING);
    return OK;
}

static double load_entropy(const int32_t *count, int E) {
    double total = 0, entropy = 0;
    for (int e = 0; e < E; e++) total += count[e];
    for (int e = 0; e < E; e++)
        if (count[e]) entropy -= count[e] / total * log(count[e] / total);
    return entropy / log(E);
}

static void routing_stats(Model *m, StepStats *stats) {
    int L = m->layout.n_moe_layers, E = m->run.shape.n_experts;
    stats->load_entropy = 1;
    if (L == 0) return;
    m->b->get(m->c, m->host, m->stats_L3, FULL, 3L * L);
    m->b->get_ints(m->c, m->counts, m->count_LE, (long)L * E);
    stats->load_entropy = 0;
    for (int l = 0; l < L; l++) {
        stats->router_entropy += m->host[3 * l] / (run_batch_tokens(&m->run) * L);
        stats->aux_loss += m->host[3 * l + 1] + m->host[3 * l + 2];
        stats->load_entropy += load_entropy(m->counts + (long)l * E, E) / L;
        for (int e = 0; e < E; e++) stats->dead_experts += m->counts[(long)l * E + e] == 0;
    }
}

static double sum_losses(Model *m, int n, double *sums) {
    double total = 0;
    m->b->get(m->c, sums, m->s.sum_M, FULL, n);
    for (int i = 0; i < n; i++) total += sums[i];
    return total;
}

Status model_step(Model *m, const int32_t *tokens, double lr, StepStats *stats) {
    const Backend *b = m->b;
    assert(m->batch % m->micro == 0); // every sequence is trained on
    int n_micro = m->batch / m->micro;
    double unused[N_PARTS], loss = 0;
    memset(stats, 0, sizeof *stats);
    b->times(m->c, unused);
    b->mark(m->c, PART_OTHER);
    refresh(m);
    put_hyper(m, lr);
    for (int i = 0; i < n_micro; i++) {
        put_tokens(m, tokens + (long)i * m->micro * (m->run.shape.seq_len + 1), m->micro);
        micro_step(m, i, n_micro);
        loss += sum_losses(m, m->micro, m->host);
    }
    TRY(update_together(m, &loss));
    stats->loss = loss / run_batch_tokens(&m->run);
    b->get(m->c, &stats->grad_norm, m->norm_1, FULL, 1);
    routing_stats(m, stats);
    m->step++;
    b->times(m->c, stats->seconds);
    for (int i = 0; i < N_PARTS; i++) stats->seconds[N_PARTS] += stats->seconds[i];
    return b->sync(m->c);
}

Status model_evaluate(Model *m, const int32_t *tokens, int n_sequences, bool averaged, double *sums) {
    const Backend *b = m->b;
    Source from = {m->param, m->weight};
    refresh(m);
    if (averaged && m->average) {
        b->convert(m->c, m->average_weight, m->average, m->layout.total);
        from = (Source){m->average, m->average_weight};
    }
    for (int i = 0; i < n_sequences; i += m->micro) {
        int n = n_sequences - i < m->micro ? n_sequences - i : m->micro;
        put_tokens(m, tokens + (long)i * (m->run.shape.seq_len + 1), n);
        b->put_ints(m->c, m->s.all_2, (int32_t[]){0, n * m->run.shape.seq_len}, 2);
        model_forward(m, from, n, false);
        model_loss(m, from, n, false);
        b->row_sums(m->c, m->s.sum_M, m->s.loss_T, n, m->run.shape.seq_len);
        sum_losses(m, n, sums + i);
    }
    b->put_ints(m->c, m->s.all_2, (int32_t[]){0, (int32_t)m->T}, 2);
    return b->sync(m->c);
}

int64_t model_n_loads(const Model *m) {
    return (int64_t)m->layout.n_moe_layers * m->run.shape.n_experts;
}

void model_loads(const Model *m, int64_t *loads) {
    for (int64_t i = 0; i < model_n_loads(m); i++) loads[i] = m->counts[i];
}

void model_set_loads(Model *m, const int64_t *loads) {
    for (int64_t i = 0; i < model_n_loads(m); i++) m->counts[i] = (int32_t)loads[i];
}

int model_n_arrays(const Model *m) {
    return m->n_arrays;
}
ModelArray model_array(const Model *m, int i) {
    return m->arrays[i];
}

Status model_get(const Model *m, int i, float *values) {
    long n = m->arrays[i].count;
    if (i == m->step_array) {
        m->host[0] = (double)(m->step % STEP_ARRAY_BASE);
        m->host[1] = (double)(m->step / STEP_ARRAY_BASE);
    } else {
        m->b->get(m->c, m->host, m->array_buffers[i], FULL, n);
    }
    for (long j = 0; j < n; j++) values[j] = (float)m->host[j];
    return m->b->sync(m->c);
}

Status model_set(Model *m, int i, const float *values) {
    long n = m->arrays[i].count;
    for (long j = 0; j < n; j++) m->host[j] = (double)values[j];
    m->stale = true;
    if (i == m->step_array)
        m->step = (long)values[0] + STEP_ARRAY_BASE * (long)values[1];
    else
        m->b->put(m->c, m->array_buffers[i], FULL, m->host, n);
    return m->b->sync(m->c);
}
