// What is exported is the model that was evaluated: loaded back into a fresh model it repeats the recorded loss to the
// bit.
#include "jobs/trainer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "scratch.h"

static volatile sig_atomic_t stop;

static void on_report(void *context, const Report *r) {
    (void)context, (void)r;
}

static Run run_of(const char *more) {
    Run run = run_default();
    assert_int_equal(run_set_list(&run, "vocab=32,d_model=16,n_layers=2,n_heads=2,n_experts=6,top_k=2,d_ff_expert=12,"
                                        "n_shared=1,seq_len=16,batch=4,tokens=5120,warmup_tokens=500,eval_tokens=3000,"
                                        "corpus=markov:vocab=32;branches=4;seed=1"),
                     OK);
    assert_int_equal(run_set_list(&run, more), OK);
    assert_int_equal(run_finish(&run), OK);
    return run;
}

static void train(const Run *run, const char *folder) {
    char *folders[] = {(char *)folder};
    Job job = {.n_runs = 1,
               .runs = run,
               .folders = folders,
               .backend = &backend_cpu_plain,
               .export_weights = true,
               .checkpoint_interval = 1e9,
               .stop = &stop,
               .report = on_report};
    bool stopped;
    if (trainer_run(&job, &stopped) != OK) fail_msg("%s", status_message());
}

// Puts the array's values from the file's bytes into the model; false if the file does not have it.
static bool load(Model *m, int i, const char *file) {
    char key[100];
    long from, to;
    uint64_t index;
    ModelArray a = model_array(m, i);
    memcpy(&index, file, sizeof index);
    snprintf(key, sizeof key, "\"%s\": {", a.name);
    const char *at = strstr(file + 8, key);
    if (!at) return false;
    assert_int_equal(sscanf(strstr(at, "data_offsets"), "data_offsets\": [%ld, %ld]", &from, &to), 2);
    assert_int_equal(to - from, a.count * 4);
    float *values = calloc((size_t)a.count, sizeof *values);
    memcpy(values, file + 8 + index + from, (size_t)(to - from));
    assert_int_equal(model_set(m, i, values), OK);
    free(values);
    return true;
}

static double evaluate(Model *m, const Run *run) {
    Data data;
    assert_int_equal(data_open(run, NULL, &data), OK);
    int64_t n = data.n_validation;
    double *sums = calloc((size_t)n, sizeof *sums), sum = 0;
    int32_t tokens[4 * 17];
    for (int64_t i = 0; i < n; i += run->batch) {
        int count = (int)(n - i < run->batch ? n - i : run->batch);
        assert_int_equal(data_validation(&data, i, count, tokens), OK);
        assert_int_equal(model_evaluate(m, tokens, count, false, sums + i), OK);
    }
    for (int64_t i = 0; i < n; i++) sum += sums[i] / run->shape.seq_len;
    free(sums);
    data_close(&data);
    return sum / (double)n;
}

static void test_evaluated_model(void **state) {
    (void)state;
    static const char *const runs[] = {"average=0.3", "average=0", "average=0.5,n_experts=1,top_k=1,n_shared=0,tied=1",
                                       "n_dense_layers=1,qk_norm=1,gate=softmax"};
    for (int k = 0; k < 4; k++) {
        Run run = run_of(runs[k]);
        char folder[600];
        snprintf(folder, sizeof folder, "%s", in_scratch("%d", k));
        train(&run, folder);
        // A model with other weights and no average of its own
        Run fresh = run;
        Model *m;
        double loss, loss_se;
        fresh.seed = 99;
        fresh.average = 0;
        assert_int_equal(model_create(&fresh, &backend_cpu_plain, NULL, &m), OK);
        char *file = slurp(in_scratch("%d/model.safetensors", k));
        bool bias = false;
        for (int i = 0; i < model_n_arrays(m); i++) {
            bool there = load(m, i, file);
            assert_true(there || !model_array(m, i).trained);
            bias = bias || (there && !strcmp(model_array(m, i).name, "balance.bias"));
        }
        assert_int_equal(bias, run.shape.n_experts > 1);
        record_loss(folder, &loss, &loss_se);
        double again = evaluate(m, &run);
        if (again != loss) fail_msg("%s: recorded %.17g, the exported model has %.17g", runs[k], loss, again);
        free(file);
        model_destroy(m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_evaluated_model)};
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
