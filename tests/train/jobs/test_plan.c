// From manifests to jobs: corpora filled in, runs grouped by trunk, the longest first.
#include "small_model.h"

#include "jobs/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "scratch.h"

static const char chain[] = "markov:vocab=16;branches=2;seed=1";

static Plan plan_of(const char *manifest, const char *only, const Corpus *corpus) {
    const char *path = in_scratch("m.csv");
    write_bytes(path, manifest, strlen(manifest));
    PlanSource source = {.manifest = path, .only = only, .out = "out", .corpus = corpus};
    Plan plan;
    if (plan_make(&source, &plan) != OK) fail_msg("%s", status_message());
    return plan;
}

static Plan left_of(const Plan *plan, int closed) {
    bool open[16];
    for (int i = 0; i < plan->n_runs; i++) open[i] = i != closed;
    Plan left;
    plan_left(plan, open, &left);
    return left;
}

// Every width gives a run with its defaults: heads that are even and cover it as far as they can.
static void test_default_heads(void **state) {
    (void)state;
    for (int width = 2; width <= 4096; width++) {
        Run run = run_default();
        run.shape.d_model = width;
        if (run_finish(&run) != OK) fail_msg("d_model = %d: %s", width, status_message());
        const Shape *s = &run.shape;
        assert_true(s->d_head % 2 == 0 && s->n_heads * s->d_head <= width);
        assert_true(width < 32 || s->n_heads * s->d_head > width * 3 / 4);
    }
}

// Runs that differ in tokens alone are one job, by rising length; others are not.
static void test_groups(void **state) {
    (void)state;
    Plan plan = plan_of("d_model,tokens,seed,average,corpus\n"
                        "16,4e5,1,0,markov:vocab=16\n"
                        "16,1e5,1,0,markov:vocab=16\n"
                        "16,2e5,2,0,markov:vocab=16\n"
                        "16,2e5,1,0,markov:vocab=16\n"
                        "16,2e5,1,0.1,markov:vocab=16\n"
                        "16,1e5,1,0.1,markov:vocab=16\n",
                        NULL, NULL);
    Plan left = left_of(&plan, -1);
    assert_int_equal(left.n_runs, 6);
    assert_int_equal(left.n_jobs, 3);
    assert_int_equal(left.jobs[0].n, 3);
    const Run *runs = left.runs + left.jobs[0].first;
    assert_true(runs[0].tokens < runs[1].tokens && runs[1].tokens < runs[2].tokens);
    const int sizes[] = {3, 2, 1};
    for (int j = 1; j < 3; j++) {
        assert_int_equal(left.jobs[j].n, sizes[j]);
        assert_true(left.jobs[j - 1].flops >= left.jobs[j].flops);
    }
    plan_free(&left);
    plan_free(&plan);
}

// What is done is not left; shared steps count once.
static void test_left(void **state) {
    (void)state;
    Plan plan = plan_of("tokens,corpus\n1e5,markov:vocab=16\n4e5,markov:vocab=16\n", NULL, NULL);
    Plan both = left_of(&plan, -1), longer = left_of(&plan, 0), shorter = left_of(&plan, 1);
    assert_int_equal(longer.n_runs, 1);
    assert_string_equal(longer.ids[0], plan.ids[1]);
    assert_string_equal(longer.folders[0] + 4, longer.ids[0]);
    assert_true(both.jobs[0].flops > longer.jobs[0].flops);
    assert_true(both.jobs[0].flops < longer.jobs[0].flops + shorter.jobs[0].flops);
    plan_free(&both);
    plan_free(&longer);
    plan_free(&shorter);
    plan_free(&plan);
}

// A blank corpus becomes the one at hand, and part of the id; --only takes the id with it or without.
static void test_corpus(void **state) {
    (void)state;
    static unsigned char text[100000];
    for (int i = 0; i < 100000; i++) text[i] = (unsigned char)(i * (i % 97) >> 3);
    write_bytes(in_scratch("text"), text, sizeof text);
    const char *path = in_scratch("text");
    Corpus corpus;
    assert_int_equal(corpus_open(1, &path, TOKENS_BYTES, &corpus), OK);
    Run blank = run_default();
    blank.seed = 2;
    assert_int_equal(run_finish(&blank), OK);
    char without[RUN_ID], with[RUN_ID];
    run_id(&blank, without);
    strcpy(blank.corpus, corpus.name);
    run_id(&blank, with);
    const char *ids[] = {without, with};
    for (int i = 0; i < 2; i++) {
        Plan plan = plan_of("seed\n1\n2\n3\n", ids[i], &corpus);
        assert_int_equal(plan.n_runs, 1);
        assert_string_equal(plan.runs[0].corpus, corpus.name);
        assert_string_equal(plan.ids[0], with);
        plan_free(&plan);
    }
    assert_string_not_equal(with, without);
    corpus_close(&corpus);
}

static void test_by_hand(void **state) {
    (void)state;
    char list[128];
    snprintf(list, sizeof list, "vocab=16,corpus=%s", chain);
    PlanSource source = {.run_list = list, .out = "out"};
    Plan plan;
    assert_int_equal(plan_make(&source, &plan), OK);
    assert_int_equal(plan.n_runs, 1);
    plan_free(&plan);
    source.run_list = "vocab=8,corpus=markov:vocab=16";
    assert_int_equal(plan_make(&source, &plan), BAD_INPUT);
    assert_non_null(strstr(status_message(), "--run: corpus markov:vocab=16 has 16 tokens"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_heads), cmocka_unit_test(test_groups),  cmocka_unit_test(test_left),
        cmocka_unit_test(test_corpus),        cmocka_unit_test(test_by_hand),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
