// test_golden.c - 50 steps of four tiny models, to the bit. They run on cpu-plain, whose bits depend neither on the
// machine nor on a library. A change that is meant to give other losses must raise TRAIN_NUMERICS (pipeline/run/run.h)
// and write the table anew: GOLDEN=write build/tests/train/model/test_golden
#include "ground/random.h"
#include "backend.h"
#include "model/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS = 50, N_MODELS = 4 };

static const char *const path = "tests/train/model/golden.txt";

static const char *const models[N_MODELS] = {
    "vocab=32,d_model=24,n_layers=2,n_heads=2,seq_len=12,batch=4,n_experts=6,top_k=2,d_ff_expert=12,n_shared=1",
    ("vocab=32,d_model=20,n_layers=2,n_heads=2,n_kv_heads=1,seq_len=12,batch=4,n_experts=4,top_k=1,d_ff_expert=16,"
     "gate=softmax,balance=aux,z_coef=0.001,tied=1,average=0.5"),
    "vocab=32,d_model=32,n_layers=1,n_heads=1,seq_len=12,batch=4,d_ff_expert=40",
    ("vocab=32,d_model=24,n_layers=2,n_heads=4,n_kv_heads=2,seq_len=12,batch=4,n_experts=6,top_k=2,d_ff_expert=12,"
     "gate=softmax,qk_norm=1,router_rate=0.5"),
};

static void train(const char *settings, double losses[STEPS]) {
    Run r = run_default();
    const Backend *b = NULL;
    Model *m = NULL;
    assert_int_equal(run_set_list(&r, settings), OK);
    assert_int_equal(run_finish(&r), OK);
    assert_int_equal(backend_find("cpu-plain", &b), OK);
    assert_int_equal(model_create(&r, b, NULL, &m), OK);
    int n = r.batch * (r.shape.seq_len + 1);
    int32_t tokens[4 * 13];
    Random random = random_stream(1, 2);
    for (int s = 0; s < STEPS; s++) {
        StepStats stats;
        for (int i = 0; i < n; i++)
            tokens[i] = (int32_t)((i ? tokens[i - 1] * 7 : 0) + (int)random_below(&random, 4)) % r.shape.vocab;
        assert_int_equal(model_step(m, tokens, 1e-2, &stats), OK);
        losses[s] = stats.loss;
    }
    model_destroy(m);
}

static void write_table(void) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "# model, step, training loss (nats per token) as a hexadecimal number: every bit counts\n");
    for (int k = 0; k < N_MODELS; k++) {
        double losses[STEPS];
        train(models[k], losses);
        for (int s = 0; s < STEPS; s++) fprintf(f, "%d %d %a\n", k, s, losses[s]);
    }
    assert_int_equal(fclose(f), 0);
}

static void fifty_steps_to_the_bit(void **state) {
    (void)state;
    if (getenv("GOLDEN") && !strcmp(getenv("GOLDEN"), "write")) write_table();
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    char line[256];
    assert_non_null(fgets(line, sizeof line, f));
    for (int k = 0; k < N_MODELS; k++) {
        double losses[STEPS], wanted;
        int model, step;
        train(models[k], losses);
        for (int s = 0; s < STEPS; s++) {
            assert_int_equal(fscanf(f, "%d %d %la", &model, &step, &wanted), 3);
            assert_true(model == k && step == s);
            if (losses[s] != wanted)
                fail_msg("model %d step %d: loss %.17g (%a), golden %.17g (%a)", k, s, losses[s], losses[s], wanted,
                         wanted);
        }
        assert_true(losses[STEPS - 1] < losses[0] - 0.5); // it is training that is pinned, not noise
    }
    fclose(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(fifty_steps_to_the_bit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
