// test_model.c - the whole model: counts against real tensors, gradients against finite differences, state, averages.
#include "ground/random.h"
#include "model/inside.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TINY "vocab=17,d_model=12,n_layers=2,n_heads=2,d_head=6,seq_len=7,batch=4,tokens=1000,lr_width=16"

// Every feature at least once, and several together.
static const char *const models[] = {
    TINY ",d_ff_expert=10",
    TINY ",n_experts=5,top_k=2,d_ff_expert=6,n_shared=1",
    TINY ",n_experts=5,top_k=1,d_ff_expert=9,tied=1",
    TINY ",n_experts=5,top_k=1,d_ff_expert=9,gate=softmax",
    TINY ",n_experts=4,top_k=4,d_ff_expert=5,n_kv_heads=1",
    TINY ",n_experts=6,top_k=3,d_ff_expert=5,gate=softmax,balance=aux,aux_coef=0.5,z_coef=0.1,n_shared=2,d_ff_shared=7",
    TINY ",n_experts=3,top_k=2,d_ff_expert=5,n_dense_layers=1,d_ff_dense=11,balance=aux,aux_coef=0.5,z_coef=0.1",
    TINY ",d_ff_expert=6,n_shared=1,d_ff_shared=8,tied=1,n_layers=1",
    TINY ",n_experts=40,top_k=2,d_ff_expert=3,balance=none",
    TINY ",n_experts=4,top_k=2,d_ff_expert=5,qk_norm=1,n_heads=4,n_kv_heads=2,router_rate=0.3",
};
enum { N_MODELS = sizeof models / sizeof *models };

static Run run_of(const char *settings, const char *more) {
    Run r = run_default();
    assert_int_equal(run_set_list(&r, settings), OK);
    assert_int_equal(run_set_list(&r, more), OK);
    assert_int_equal(run_finish(&r), OK);
    return r;
}

static Model *model_of(const Run *r, const Backend *b) {
    Model *m = NULL;
    assert_int_equal(model_create(r, b, NULL, &m), OK);
    return m;
}

// Text with structure to learn: the next token follows from the last but for a small choice.
static int32_t *text_of(const Run *r, int n_sequences, uint64_t seed) {
    int length = r->shape.seq_len + 1;
    int32_t *tokens = allocate(n_sequences * length, sizeof *tokens);
    Random random = random_stream(seed, 1);
    for (int i = 0; i < n_sequences * length; i++)
        tokens[i] = (int32_t)((i ? tokens[i - 1] * 5 : 0) + (int)random_below(&random, 3)) % r->shape.vocab;
    return tokens;
}

// --- counts

static bool has(const char *name, const char *part) {
    return strstr(name, part) != NULL;
}

static void counts_equal_a_loop_over_tensors(void **state) {
    (void)state;
    for (int i = 0; i < N_MODELS; i++) {
        Run r = run_of(models[i], "");
        Model *m = model_of(&r, &backend_cpu);
        Counts c = shape_count(&r.shape), sum = {0};
        for (int k = 0; k < model_n_arrays(m); k++) {
            ModelArray a = model_array(m, k);
            double n = 1, active = (double)r.shape.top_k / r.shape.n_experts;
            for (int d = 0; d < a.n_dims; d++) n *= (double)a.dims[d];
            assert_true(n == (double)a.count);
            if (!a.trained) continue;
            bool experts = has(a.name, "experts");
            sum.N += n;
            sum.Na += experts ? n * active : n;
            sum.embedding += has(a.name, "embedding") ? n : 0;
            sum.head += has(a.name, "head") ? n : 0;
            sum.attention += has(a.name, "attention") ? n : 0;
            sum.dense_ffn += has(a.name, "dense") ? n : 0;
            sum.shared += has(a.name, "shared") ? n : 0;
            sum.routed += experts ? n : 0;
            sum.router += has(a.name, "router") ? n : 0;
            sum.norms += has(a.name, "norm") ? n : 0;
        }
        assert_true(sum.N == c.N);
        assert_true(fabs(sum.Na - c.Na) < 1e-6);
        assert_true(sum.embedding == c.embedding && sum.head == c.head && sum.attention == c.attention);
        assert_true(sum.dense_ffn == c.dense_ffn && sum.shared == c.shared && sum.routed == c.routed);
        assert_true(sum.router == c.router && sum.norms == c.norms);
        assert_true(c.N_nonemb == c.N - sum.embedding - sum.head);
        // M: 6 a weight that a token meets, the head's product whether tied or not, and 6 a score a layer, the causal
        // half of q k and of p v, each once forward and twice backward.
        double scores = 0;
        for (int l = 0; l < r.shape.n_layers; l++) scores += r.shape.n_heads * r.shape.d_head * (double)r.shape.seq_len;
        double met = sum.Na - sum.embedding - sum.head + (double)r.shape.vocab * r.shape.d_model;
        assert_true(fabs(c.M - 6 * met - 6 * scores) < 1e-6);
        model_destroy(m);
    }
}

// --- gradients

static double loss_of(Model *m, const int32_t *tokens) {
    const Backend *b = m->b;
    StepStats stats = {0};
    int n = m->micro, length = m->run.shape.seq_len;
    int32_t input[n * length], target[n * length];
    for (int i = 0; i < n * length; i++) {
        input[i] = tokens[i / length * (length + 1) + i % length];
        target[i] = tokens[i / length * (length + 1) + i % length + 1];
    }
    b->put_ints(m->c, m->s.token_T, input, n * length);
    b->put_ints(m->c, m->s.target_T, target, n * length);
    for (int l = 0; l < m->layout.n_moe_layers; l++) {
        b->zero(m->c, element_of(m->stats_L3, FULL, b, 3L * l), FULL, 3);
        b->zero(m->c, element_of(m->count_LE, INT32, b, (long)l * m->run.shape.n_experts), INT32,
                m->run.shape.n_experts);
    }
    model_forward(m, (Source){m->param, m->weight}, n, true);
    model_loss(m, (Source){m->param, m->weight}, n, true);
    double losses[n * length], routing[3];
    b->get(m->c, losses, m->s.loss_T, FULL, n * length);
    for (int i = 0; i < n * length; i++) stats.loss += losses[i] / run_batch_tokens(&m->run);
    for (int l = 0; l < m->layout.n_moe_layers; l++) {
        b->get(m->c, routing, element_of(m->stats_L3, FULL, b, 3L * l), FULL, 3);
        stats.loss += routing[1] + routing[2];
    }
    return stats.loss;
}

// The gradient of one tensor in double, after loss_of().
static double *gradient_of(Model *m, int i) {
    const Weight *w = &m->layout.weight[i];
    double *g = allocate(w->count, sizeof *g);
    m->b->get(m->c, g, element_of(m->grad, FULL, m->b, w->offset), FULL, w->count);
    return g;
}

static double moved_loss(Model *m, const int32_t *tokens, int i, const double *at, const double *way, double by) {
    const Weight *w = &m->layout.weight[i];
    double *moved = allocate(w->count, sizeof *moved);
    for (long j = 0; j < w->count; j++) moved[j] = at[j] + by * way[j];
    m->b->put(m->c, element_of(m->param, FULL, m->b, w->offset), FULL, moved, w->count);
    double loss = loss_of(m, tokens);
    m->b->put(m->c, element_of(m->param, FULL, m->b, w->offset), FULL, at, w->count);
    free(moved);
    return loss;
}

static void check_tensor(Model *m, const char *model, const int32_t *tokens, int i) {
    const Weight *w = &m->layout.weight[i];
    m->b->zero(m->c, m->grad, FULL, m->layout.total);
    loss_of(m, tokens);
    model_backward(m, m->micro);
    double *g = gradient_of(m, i), *at = allocate(w->count, sizeof *at), size = 0;
    double *way = allocate(w->count, sizeof *way);
    m->b->get(m->c, at, element_of(m->param, FULL, m->b, w->offset), FULL, w->count);
    for (long j = 0; j < w->count; j++) size += g[j] * g[j];
    Random random = random_stream(3, (uint64_t)i);
    for (int k = 0; k < 4; k++) {
        double claimed = 0;
        for (long j = 0; j < w->count; j++) {
            way[j] = 2 * random_uniform(&random) - 1;
            claimed += way[j] * g[j];
        }
        const double step = 1e-6;
        double slope =
            (moved_loss(m, tokens, i, at, way, step) - moved_loss(m, tokens, i, at, way, -step)) / (2 * step);
        if (!(fabs(slope - claimed) <= 2e-6 * sqrt(size) + 1e-9))
            fail_msg("%s: %s: finite difference %.10g, gradient %.10g", model, w->name, slope, claimed);
    }
    assert_true(size > 0);
    free(g);
    free(at);
    free(way);
}

static void gradient_of_every_tensor(void **state) {
    (void)state;
    for (int i = 0; i < N_MODELS; i++) {
        Run r = run_of(models[i], "");
        Model *m = model_of(&r, &backend_cpu_double);
        int32_t *tokens = text_of(&r, r.batch, 1);
        for (int k = 0; k < m->layout.n_weights; k++) check_tensor(m, models[i], tokens, k);
        free(tokens);
        model_destroy(m);
    }
}

static void router_learns_with_top_1(void **state) {
    (void)state;
    static const char *const gates[] = {"gate=sigmoid", "gate=softmax"};
    for (int i = 0; i < 2; i++) {
        Run r = run_of(TINY ",n_experts=4,top_k=1,d_ff_expert=8", gates[i]);
        Model *m = model_of(&r, &backend_cpu);
        int32_t *tokens = text_of(&r, r.batch, 1);
        loss_of(m, tokens);
        model_backward(m, m->micro);
        for (int l = 0; l < r.shape.n_layers; l++) {
            int w = m->layout.layer[l].router;
            double *router = gradient_of(m, w), *out = gradient_of(m, m->layout.layer[l].out), a = 0, b = 0;
            for (long j = 0; j < m->layout.weight[w].count; j++) a += router[j] * router[j];
            for (long j = 0; j < m->layout.weight[m->layout.layer[l].out].count; j++) b += out[j] * out[j];
            assert_true(sqrt(a) > 1e-2 * sqrt(b)); // not just rounding
            free(router);
            free(out);
        }
        free(tokens);
        model_destroy(m);
    }
}

// --- steps

static void step_n(Model *m, int n, double lr, double *losses) {
    for (int i = 0; i < n; i++) {
        int32_t *tokens = text_of(&m->run, m->run.batch, 100 + (uint64_t)m->step);
        StepStats stats;
        assert_int_equal(model_step(m, tokens, lr, &stats), OK);
        if (losses) losses[i] = stats.loss;
        free(tokens);
    }
}

static void set_micro(Model *m, int n) {
    m->micro = n;
    m->T = (long)n * m->run.shape.seq_len;
    m->b->put_ints(m->c, m->s.all_2, (int32_t[]){0, (int32_t)m->T}, 2);
}

// Also with the balancing loss, which is why that is taken per sequence.
static void splitting_the_batch_changes_nothing(void **state) {
    (void)state;
    for (int i = 0; i < N_MODELS; i++) {
        Run r = run_of(models[i], "average=0.5");
        Model *whole = model_of(&r, &backend_cpu_double), *split = model_of(&r, &backend_cpu_double);
        double a[5], b[5];
        set_micro(split, 2);
        step_n(whole, 5, 1e-3, a);
        step_n(split, 5, 1e-3, b);
        for (int k = 0; k < 5; k++) assert_true(fabs(a[k] - b[k]) < 1e-10);
        int64_t loads[2][2 * 64] = {0};
        model_loads(whole, loads[0]);
        model_loads(split, loads[1]);
        assert_memory_equal(loads[0], loads[1], sizeof loads[0]);
        model_destroy(whole);
        model_destroy(split);
    }
}

static void copy_state(const Model *from, Model *to) {
    assert_int_equal(model_n_arrays(from), model_n_arrays(to));
    for (int i = 0; i < model_n_arrays(from); i++) {
        float *values = allocate(model_array(from, i).count, sizeof *values);
        assert_string_equal(model_array(from, i).name, model_array(to, i).name);
        assert_int_equal(model_get(from, i, values), OK);
        assert_int_equal(model_set(to, i, values), OK);
        free(values);
    }
}

static void resumed_run_has_the_same_bits(void **state) {
    (void)state;
    for (int i = 0; i < N_MODELS; i++) {
        Run r = run_of(models[i], "average=0.3");
        Model *straight = model_of(&r, &backend_cpu), *resumed = model_of(&r, &backend_cpu);
        double a[4], b[4];
        step_n(straight, 3, 1e-2, NULL);
        copy_state(straight, resumed);
        step_n(straight, 4, 1e-2, a);
        step_n(resumed, 4, 1e-2, b);
        assert_memory_equal(a, b, sizeof a);
        model_destroy(straight);
        model_destroy(resumed);
    }
}

static void evaluation_matches_the_step_and_disturbs_nothing(void **state) {
    (void)state;
    Run r = run_of(models[1], "");
    Model *m = model_of(&r, &backend_cpu), *other = model_of(&r, &backend_cpu);
    double a[3], b[3], sums[6], total = 0;
    step_n(m, 3, 1e-2, NULL);
    step_n(other, 3, 1e-2, NULL);
    int32_t *tokens = text_of(&r, 6, 103); // the first four are the next step's batch; six are no whole micro-batches
    assert_int_equal(model_evaluate(m, tokens, 6, false, sums), OK);
    step_n(m, 3, 1e-2, a);
    step_n(other, 3, 1e-2, b);
    for (int i = 0; i < 4; i++) total += sums[i];
    assert_true(fabs(total / run_batch_tokens(&r) - a[0]) < 1e-6);
    assert_true(sums[4] > 0 && sums[5] > 0);
    assert_memory_equal(a, b, sizeof a);
    free(tokens);
    model_destroy(m);
    model_destroy(other);
}

static void average_is_that_of_the_weights(void **state) {
    (void)state;
    Run r = run_of(models[1], "average=1"); // the plain mean of all steps
    Model *m = model_of(&r, &backend_cpu);
    ModelArray a = model_array(m, 0);
    double *mean = allocate(a.count, sizeof *mean);
    float *now = allocate(a.count, sizeof *now), *average = allocate(a.count, sizeof *now);
    for (int i = 0; i < 10; i++) {
        step_n(m, 1, 1e-2, NULL);
        assert_int_equal(model_get(m, 0, now), OK);
        for (long j = 0; j < a.count; j++) mean[j] += now[j] / 10.0;
    }
    for (int i = 0; i < model_n_arrays(m); i++)
        if (!strcmp(model_array(m, i).name, "average.embedding")) assert_int_equal(model_get(m, i, average), OK);
    for (long j = 0; j < a.count; j++) assert_true(fabs(mean[j] - (double)average[j]) < 1e-6);
    double last[4], averaged[4];
    int32_t *tokens = text_of(&r, 4, 9);
    assert_int_equal(model_evaluate(m, tokens, 4, false, last), OK);
    assert_int_equal(model_evaluate(m, tokens, 4, true, averaged), OK);
    assert_true(last[0] != averaged[0]);
    free(tokens);
    free(mean);
    free(now);
    free(average);
    model_destroy(m);
}

static void it_learns_and_counts(void **state) {
    (void)state;
    for (int i = 0; i < N_MODELS; i++) {
        Run r = run_of(models[i], "batch=16");
        Model *m = model_of(&r, &backend_cpu);
        double losses[150];
        step_n(m, 150, 1e-2, losses);
        // Three choices a token: log 3 = 1.0986 nats is the floor, log 17 = 2.83 the start.
        if (!(losses[149] < 1.35 && losses[149] > 1.0 && losses[0] > 2.5))
            fail_msg("%s: from %.3f to %.3f", models[i], losses[0], losses[149]);
        int64_t loads[2 * 64] = {0}, sum = 0;
        model_loads(m, loads);
        for (int e = 0; e < 2 * 64; e++) sum += loads[e];
        int moe = m->layout.n_moe_layers;
        assert_true(sum == (int64_t)moe * r.shape.top_k * (int64_t)run_batch_tokens(&r));
        model_destroy(m);
    }
}

static void bias_evens_the_load(void **state) {
    (void)state;
    Run with = run_of(TINY ",n_experts=8,top_k=1,d_ff_expert=8,batch=16", "balance=bias,bias_rate=0.01");
    Run without = run_of(TINY ",n_experts=8,top_k=1,d_ff_expert=8,batch=16", "balance=none");
    double evenness[2];
    const Run *runs[] = {&with, &without};
    for (int i = 0; i < 2; i++) {
        Model *m = model_of(runs[i], &backend_cpu);
        step_n(m, 100, 1e-2, NULL);
        StepStats stats;
        int32_t *tokens = text_of(runs[i], 16, 5);
        assert_int_equal(model_step(m, tokens, 1e-2, &stats), OK);
        evenness[i] = stats.load_entropy;
        float bias[2 * 8] = {0};
        double mean = 0;
        for (int k = 0; k < model_n_arrays(m); k++)
            if (!strcmp(model_array(m, k).name, "balance.bias")) assert_int_equal(model_get(m, k, bias), OK);
        for (int e = 0; e < 8; e++) mean += (double)bias[e] / 8;
        assert_true(fabs(mean) < 1e-6);
        assert_true((bias[0] != 0) == (i == 0));
        free(tokens);
        model_destroy(m);
    }
    assert_true(evenness[0] > 0.93);
    assert_true(evenness[0] > evenness[1]);
}

static void divergence_is_seen_and_harmless(void **state) {
    (void)state;
    Run r = run_of(models[1], "");
    Model *m = model_of(&r, &backend_cpu);
    ModelArray a = model_array(m, 0);
    float *values = allocate(a.count, sizeof *values), *after = allocate(a.count, sizeof *after);
    assert_int_equal(model_get(m, 0, values), OK);
    values[0] = values[12] = values[24] = NAN;
    assert_int_equal(model_set(m, 0, values), OK);
    StepStats stats;
    int32_t *tokens = text_of(&r, r.batch, 1);
    assert_int_equal(model_step(m, tokens, 1e-2, &stats), OK);
    assert_false(isfinite(stats.loss));
    assert_false(isfinite(stats.grad_norm));
    assert_int_equal(model_get(m, 0, after), OK);
    assert_memory_equal(values, after, (size_t)a.count * sizeof *values);
    free(tokens);
    free(values);
    free(after);
    model_destroy(m);
}

// Half the rate moves the router half as far in a step, and nothing else otherwise.
static void router_has_its_own_rate(void **state) {
    (void)state;
    Run runs[2] = {run_of(models[1], "weight_decay=0"), run_of(models[1], "weight_decay=0,router_rate=0.5")};
    Model *m[3];
    for (int k = 0; k < 3; k++) {
        m[k] = model_of(&runs[k == 1], &backend_cpu_double); // the third stays where it began
        int32_t *tokens = text_of(&runs[0], runs[0].batch, 1);
        StepStats stats;
        if (k < 2) assert_int_equal(model_step(m[k], tokens, 1e-2, &stats), OK);
        free(tokens);
    }
    for (int i = 0; i < m[0]->layout.n_weights; i++) {
        size_t n = model_array(m[0], i).count;
        double share = has(model_array(m[0], i).name, "router") ? 0.5 : 1, moved = 0;
        float *x[3];
        for (int k = 0; k < 3; k++) {
            x[k] = allocate(n, sizeof(float));
            assert_int_equal(model_get(m[k], i, x[k]), OK);
        }
        for (unsigned long j = 0; j < n; j++) {
            moved += fabs((double)(x[0][j] - x[2][j]));
            assert_true(fabs((double)(x[1][j] - x[2][j]) - share * (double)(x[0][j] - x[2][j])) < 1e-6);
        }
        assert_true(moved > 0);
        for (int k = 0; k < 3; k++) free(x[k]);
    }
    for (int k = 0; k < 3; k++) model_destroy(m[k]);
}

// An init rule per width: the first loss is near log V at any width, and the stream keeps its size.
static void width_does_not_change_the_start(void **state) {
    (void)state;
    static const char *const widths[] = {"d_model=16,n_heads=1", "d_model=64,n_heads=2", "d_model=256,n_heads=8"};
    for (int i = 0; i < 3; i++) {
        Run r = run_of("vocab=64,n_layers=2,n_experts=4,top_k=2,seq_len=16,batch=4,lr_width=64", widths[i]);
        Model *m = model_of(&r, &backend_cpu);
        int32_t *tokens = text_of(&r, r.batch, 1);
        StepStats stats;
        assert_int_equal(model_step(m, tokens, 1e-3, &stats), OK);
        assert_true(stats.loss > log(64) - 0.2 && stats.loss < log(64) + 1.6);
        free(tokens);
        model_destroy(m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_equal_a_loop_over_tensors),
        cmocka_unit_test(gradient_of_every_tensor),
        cmocka_unit_test(router_learns_with_top_1),
        cmocka_unit_test(splitting_the_batch_changes_nothing),
        cmocka_unit_test(resumed_run_has_the_same_bits),
        cmocka_unit_test(evaluation_matches_the_step_and_disturbs_nothing),
        cmocka_unit_test(average_is_that_of_the_weights),
        cmocka_unit_test(it_learns_and_counts),
        cmocka_unit_test(bias_evens_the_load),
        cmocka_unit_test(divergence_is_seen_and_harmless),
        cmocka_unit_test(router_has_its_own_rate),
        cmocka_unit_test(width_does_not_change_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
