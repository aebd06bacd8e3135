// What must not change the model: the names of experts and tokens, the order of sequences, an expert written as two;
// and what must change it in step: twice the loss has twice the gradient.
#include "ground/random.h"
#include "model/inside.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TINY "vocab=17,d_model=12,n_layers=2,n_heads=2,d_head=6,seq_len=7,batch=4,tokens=1000"
enum { STEPS = 4, BATCH = 4, LENGTH = 8, VOCAB = 17, MOST_EXPERTS = 8 };

static const char *const gates[] = {"gate=sigmoid", "gate=softmax"};

static Model *model_of(const char *settings, const char *more) {
    Run r = run_default();
    Model *m = NULL;
    assert_int_equal(run_set_list(&r, settings), OK);
    assert_int_equal(run_set_list(&r, more), OK);
    assert_int_equal(run_finish(&r), OK);
    assert_int_equal(model_create(&r, &backend_cpu_double, NULL, &m), OK);
    return m;
}

static void text_of(int32_t tokens[BATCH * LENGTH], int step) {
    Random random = random_stream(11, (uint64_t)step);
    for (int i = 0; i < BATCH * LENGTH; i++)
        tokens[i] = (int32_t)((i ? tokens[i - 1] * 5 : 0) + (int)random_below(&random, 3)) % VOCAB;
}

// An array of the model by name; to be freed.
static int find(const Model *m, const char *name) {
    for (int i = 0; i < model_n_arrays(m); i++)
        if (!strcmp(model_array(m, i).name, name)) return i;
    fail_msg("no array %s", name);
    return -1;
}
static float *get(const Model *m, int i) {
    float *values = allocate(model_array(m, i).count, sizeof *values);
    assert_int_equal(model_get(m, i, values), OK);
    return values;
}
static void set_and_free(Model *m, int i, float *values) {
    assert_int_equal(model_set(m, i, values), OK);
    free(values);
}
static int in_layer(const Model *m, int layer, const char *name) {
    char full[64];
    snprintf(full, sizeof full, "layers.%d.%s", layer, name);
    return find(m, full);
}

// Each block of `size` numbers to another place: new block i is the old order[i].
static void reorder(Model *m, int array, const int *order, long size) {
    float *old = get(m, array), *new = get(m, array);
    long blocks = model_array(m, array).count / size;
    for (long i = 0; i < blocks; i++) memcpy(new + i *size, old + order[i] * size, (size_t)size * sizeof *new);
    free(old);
    set_and_free(m, array, new);
}

// Columns of a matrix of E columns likewise.
static void reorder_columns(Model *m, int array, const int *order, int E) {
    float *old = get(m, array), *new = get(m, array);
    for (long i = 0; i < model_array(m, array).count; i++) new[i] = old[i / E * E + order[i % E]];
    free(old);
    set_and_free(m, array, new);
}

static void step(Model *m, const int32_t *tokens, StepStats *stats) {
    assert_int_equal(model_step(m, tokens, 1e-2, stats), OK);
}

static void assert_same_step(const StepStats *a, const StepStats *b) {
    assert_true(fabs(a->loss - b->loss) < 1e-10);
    assert_true(fabs(a->aux_loss - b->aux_loss) < 1e-10);
    assert_true(fabs(a->grad_norm - b->grad_norm) < 1e-9);
    assert_true(fabs(a->router_entropy - b->router_entropy) < 1e-10);
    assert_true(fabs(a->load_entropy - b->load_entropy) < 1e-10);
    assert_int_equal(a->dead_experts, b->dead_experts);
}

// Experts under other numbers, from the start through steps with their balancing: the same losses, loads in the new
// order.
static void experts_have_no_order(void **state) {
    (void)state;
    static const char *const models[] = {"n_experts=5,top_k=2,d_ff_expert=6,n_shared=1,bias_rate=0.01",
                                         "n_experts=5,top_k=1,d_ff_expert=6,balance=aux,aux_coef=0.5,z_coef=0.1"};
    const int order[] = {3, 0, 4, 1, 2};
    for (int k = 0; k < 4; k++) {
        char more[200];
        snprintf(more, sizeof more, "%s,%s", models[k / 2], gates[k % 2]);
        Model *m = model_of(TINY, more), *other = model_of(TINY, more);
        for (int l = 0; l < 2; l++) {
            int up = in_layer(other, l, "experts.up"), down = in_layer(other, l, "experts.down");
            reorder(other, up, order, model_array(other, up).count / 5);
            reorder(other, down, order, model_array(other, down).count / 5);
            reorder_columns(other, in_layer(other, l, "router"), order, 5);
        }
        for (int s = 0; s < STEPS; s++) {
            int32_t tokens[BATCH * LENGTH];
            int64_t loads[10], moved[10];
            StepStats a, b;
            text_of(tokens, s);
            step(m, tokens, &a);
            step(other, tokens, &b);
            assert_same_step(&a, &b);
            model_loads(m, loads);
            model_loads(other, moved);
            for (int i = 0; i < 10; i++) assert_int_equal(moved[i], loads[i / 5 * 5 + order[i % 5]]);
        }
        model_destroy(m);
        model_destroy(other);
    }
}

// Sequences in another order: the same step, each with its own loss.
static void sequences_have_no_order(void **state) {
    (void)state;
    const int order[BATCH] = {2, 0, 3, 1};
    for (int k = 0; k < 2; k++) {
        Model *m = model_of(TINY ",n_experts=5,top_k=2,d_ff_expert=6,balance=aux,aux_coef=0.5,qk_norm=1", gates[k]);
        Model *other = model_of(TINY ",n_experts=5,top_k=2,d_ff_expert=6,balance=aux,aux_coef=0.5,qk_norm=1", gates[k]);
        for (int s = 0; s < STEPS; s++) {
            int32_t tokens[BATCH * LENGTH], moved[BATCH * LENGTH];
            double sums[BATCH], moved_sums[BATCH];
            StepStats a, b;
            text_of(tokens, s);
            for (int i = 0; i < BATCH; i++)
                memcpy(moved + i * LENGTH, tokens + order[i] * LENGTH, LENGTH * sizeof *tokens);
            assert_int_equal(model_evaluate(m, tokens, BATCH, false, sums), OK);
            assert_int_equal(model_evaluate(other, moved, BATCH, false, moved_sums), OK);
            for (int i = 0; i < BATCH; i++) assert_true(fabs(moved_sums[i] - sums[order[i]]) < 1e-10);
            step(m, tokens, &a);
            step(other, moved, &b);
            assert_same_step(&a, &b);
        }
        model_destroy(m);
        model_destroy(other);
    }
}

// Tokens under other numbers, with the rows of embedding and head that are theirs.
static void tokens_have_no_order(void **state) {
    (void)state;
    static const char *const heads[] = {"tied=0", "tied=1"};
    int order[VOCAB], now[VOCAB];
    for (int v = 0; v < VOCAB; v++) order[v] = v * 5 % VOCAB;
    for (int v = 0; v < VOCAB; v++) now[order[v]] = v;
    for (int k = 0; k < 2; k++) {
        Model *m = model_of(TINY ",n_experts=5,top_k=2,d_ff_expert=6", heads[k]);
        Model *other = model_of(TINY ",n_experts=5,top_k=2,d_ff_expert=6", heads[k]);
        reorder(other, find(other, "embedding"), order, 12);
        if (k == 0) reorder(other, find(other, "head"), order, 12);
        for (int s = 0; s < STEPS; s++) {
            int32_t tokens[BATCH * LENGTH], renamed[BATCH * LENGTH];
            StepStats a, b;
            text_of(tokens, s);
            for (int i = 0; i < BATCH * LENGTH; i++) renamed[i] = now[tokens[i]];
            step(m, tokens, &a);
            step(other, renamed, &b);
            assert_same_step(&a, &b);
        }
        model_destroy(m);
        model_destroy(other);
    }
}

static void copy_array(const Model *from, Model *to, const char *name) {
    set_and_free(to, find(to, name), get(from, find(from, name)));
}

// All but the blocks of experts.
static void copy_frame(const Model *from, Model *to) {
    static const char *const names[] = {"norm1", "attention.qkv", "attention.out", "norm2"};
    copy_array(from, to, "embedding");
    copy_array(from, to, "norm");
    copy_array(from, to, "head");
    for (int l = 0; l < 2; l++)
        for (int i = 0; i < 4; i++) set_and_free(to, in_layer(to, l, names[i]), get(from, in_layer(from, l, names[i])));
}

static void assert_same_loss(Model *a, Model *b) {
    int32_t tokens[BATCH * LENGTH];
    double x[BATCH], y[BATCH];
    text_of(tokens, 0);
    assert_int_equal(model_evaluate(a, tokens, BATCH, false, x), OK);
    assert_int_equal(model_evaluate(b, tokens, BATCH, false, y), OK);
    for (int i = 0; i < BATCH; i++)
        if (!(fabs(x[i] - y[i]) < 1e-5 * x[i]))
            fail_msg("sequence %d: %.12g and %.12g", i, x[i], y[i]); // weights: floats
}

// All experts chosen by a router that has no opinion are one dense block, as wide as all of them.
static void all_experts_are_the_dense_block(void **state) {
    (void)state;
    enum { E = 4, F = 6, D = 12 };
    for (int k = 0; k < 2; k++) {
        Model *moe = model_of(TINY ",n_experts=4,top_k=4,d_ff_expert=6", gates[k]);
        Model *dense = model_of(TINY ",d_ff_expert=24", "");
        copy_frame(moe, dense);
        for (int l = 0; l < 2; l++) {
            float *router = get(moe, in_layer(moe, l, "router"));
            memset(router, 0, D * E * sizeof *router);
            set_and_free(moe, in_layer(moe, l, "router"), router);
            float *up = get(moe, in_layer(moe, l, "experts.up")), *wide = get(dense, in_layer(dense, l, "experts.up"));
            for (int e = 0; e < E; e++)
                for (int d = 0; d < D; d++)
                    for (int f = 0; f < 2 * F; f++)
                        wide[d * 2 * E * F + f / F * E * F + e * F + f % F] = up[(e * D + d) * 2 * F + f];
            set_and_free(dense, in_layer(dense, l, "experts.up"), wide);
            free(up);
            float *down = get(moe, in_layer(moe, l, "experts.down"));
            for (int i = 0; k == 1 && i < E * F * D; i++) down[i] /= E; // softmax: a weight of 1 shared by all
            set_and_free(dense, in_layer(dense, l, "experts.down"), down);
        }
        assert_same_loss(moe, dense);
        model_destroy(moe);
        model_destroy(dense);
    }
}

// Every expert twice, twice as many chosen, each with half the weight: softmax halves the scores by itself, for a
// sigmoid the experts' outputs are halved.
static void experts_written_twice(void **state) {
    (void)state;
    enum { E = 4, F = 6, D = 12 };
    for (int k = 0; k < 2; k++) {
        Model *once = model_of(TINY ",n_experts=4,top_k=2,d_ff_expert=6", gates[k]);
        Model *twice = model_of(TINY ",n_experts=8,top_k=4,d_ff_expert=6", gates[k]);
        copy_frame(once, twice);
        for (int l = 0; l < 2; l++) {
            static const char *const names[] = {"experts.up", "experts.down"};
            for (int w = 0; w < 2; w++) {
                float *a = get(once, in_layer(once, l, names[w])), *b = get(twice, in_layer(twice, l, names[w]));
                long n = model_array(once, in_layer(once, l, names[w])).count;
                for (long i = 0; i < 2 * n; i++) b[i] = a[i % n] * (w == 1 && k == 0 ? 0.5f : 1);
                free(a);
                set_and_free(twice, in_layer(twice, l, names[w]), b);
            }
            float *a = get(once, in_layer(once, l, "router")), *b = get(twice, in_layer(twice, l, "router"));
            for (int i = 0; i < D * 2 * E; i++) b[i] = a[i / (2 * E) * E + i % E];
            free(a);
            set_and_free(twice, in_layer(twice, l, "router"), b);
        }
        assert_same_loss(once, twice);
        model_destroy(once);
        model_destroy(twice);
    }
}

static double *gradient(Model *m, int n_tokens_as_if) {
    int32_t tokens[BATCH * LENGTH], input[BATCH * 7], target[BATCH * 7];
    double *g = allocate(m->layout.total, sizeof *g);
    text_of(tokens, 0);
    for (int i = 0; i < BATCH * 7; i++) input[i] = tokens[i / 7 * LENGTH + i % 7];
    for (int i = 0; i < BATCH * 7; i++) target[i] = tokens[i / 7 * LENGTH + i % 7 + 1];
    m->run.batch = n_tokens_as_if; // the loss is a sum over this many sequences' tokens
    m->b->put_ints(m->c, m->s.token_T, input, BATCH * 7);
    m->b->put_ints(m->c, m->s.target_T, target, BATCH * 7);
    m->b->zero(m->c, m->grad, FULL, m->layout.total);
    model_forward(m, (Source){m->param, m->weight}, BATCH, true);
    model_loss(m, (Source){m->param, m->weight}, BATCH, true);
    model_backward(m, BATCH);
    m->b->get(m->c, g, m->grad, FULL, m->layout.total);
    m->run.batch = BATCH;
    return g;
}

// To the bit, since a factor of two only moves exponents.
static void twice_the_loss_has_twice_the_gradient(void **state) {
    (void)state;
    static const char *const models[] = {"n_experts=5,top_k=2,d_ff_expert=6,n_shared=1,qk_norm=1",
                                         "n_experts=5,top_k=1,d_ff_expert=6,balance=aux,aux_coef=0.5,z_coef=0.1,tied=1",
                                         "d_ff_expert=9"};
    for (int k = 0; k < 3; k++) {
        Model *m = model_of(TINY, models[k]);
        double *once = gradient(m, BATCH), *twice = gradient(m, BATCH / 2), size = 0;
        for (long i = 0; i < m->layout.total; i++) {
            assert_true(twice[i] == 2 * once[i]);
            size += fabs(once[i]);
        }
        assert_true(size > 1);
        free(once);
        free(twice);
        model_destroy(m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(experts_have_no_order), cmocka_unit_test(sequences_have_no_order),
        cmocka_unit_test(tokens_have_no_order),  cmocka_unit_test(all_experts_are_the_dense_block),
        cmocka_unit_test(experts_written_twice), cmocka_unit_test(twice_the_loss_has_twice_the_gradient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
