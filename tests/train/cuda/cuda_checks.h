// cuda_checks.h - what the CUDA backend must hold, on the host (test_cuda.c) and on a card (test_cuda_card.c).
#ifndef MOELAW_CUDA_CHECKS_H
#define MOELAW_CUDA_CHECKS_H

#include "case_checks.h"
#include "model/model.h"
#include "ranks/ranks.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// bf16 has 8 bits: rounding alone differs by up to 2^-9 of a value, and results pass through two or three roundings.
static const double limit = 0.006;

// Every case against cpu-double; large ones are for cards.
static void check_cases(const Backend *b, bool large) {
    int failures = 0;
    for (int i = 0; i < cases_count(); i++) {
        Case c = cases_get(i);
        double difference = 0;
        const char *worst = "";
        if (c.large && !large) continue;
        assert_int_equal(case_compare(&c, b, &difference, &worst), OK);
        if (difference <= limit) continue;
        print_error("%s (%s): %s differs by %.3g\n", c.op, c.name, worst, difference);
        failures++;
    }
    assert_int_equal(failures, 0);
}

// Runs every case twice; `between` (NULL: nothing) changes what must not matter and is told the number of the run.
static void check_same_bits(const Backend *b, bool large, void (*between)(int run)) {
    for (int i = 0; i < cases_count(); i++) {
        Case c = cases_get(i);
        if (c.large && !large) continue;
        CaseData run[2] = {case_data(&c), case_data(&c)};
        for (int k = 0; k < 2; k++) {
            if (between) between(k);
            assert_int_equal(case_run(&c, b, &run[k], true), OK);
        }
        if (between) between(0);
        for (int a = 0; a < c.n; a++)
            if (run[0].real[a])
                assert_memory_equal(run[0].real[a], run[1].real[a], (size_t)c.array[a].count * sizeof(double));
            else
                assert_memory_equal(run[0].ints[a], run[1].ints[a], (size_t)c.array[a].count * sizeof(int32_t));
        case_free(&run[0]);
        case_free(&run[1]);
    }
}

// ---- whole models

enum { STEPS = 4 };
typedef struct {
    double loss[STEPS], norm[STEPS], eval;
    int64_t loads[64];
} Trained;

static Run tiny(const char *more) {
    Run run = run_default();
    assert_int_equal(run_set_list(&run, "vocab=40,d_model=24,n_layers=2,n_heads=2,n_experts=6,top_k=2,n_shared=1,"
                                        "d_ff_expert=20,seq_len=19,batch=3,tokens=1000"),
                     OK);
    assert_int_equal(run_set_list(&run, more), OK);
    assert_int_equal(run_finish(&run), OK);
    return run;
}

// Steps on the same few sequences, of several ranks each on its share of them; the third and later ones are recorded
// steps.
static Status train_together(const Run *run, const Backend *backend, Ranks *ranks, Trained *t) {
    Model *m;
    TRY(model_create(run, backend, ranks, &m));
    int n = run->batch * (run->shape.seq_len + 1);
    int32_t *tokens = allocate(n, sizeof *tokens);
    for (int i = 0; i < n; i++) tokens[i] = i * i % 37 % run->shape.vocab;
    const int32_t *mine = tokens + ranks_share(ranks, run->batch) * (run->shape.seq_len + 1);
    Status s = OK;
    for (int i = 0; i < STEPS && s == OK; i++) {
        StepStats stats;
        s = model_step(m, mine, 0.003, &stats);
        t->loss[i] = stats.loss;
        t->norm[i] = stats.grad_norm;
    }
    double sums[8] = {0};
    if (s == OK) s = model_evaluate(m, tokens, run->batch, false, sums);
    t->eval = sums[0];
    memset(t->loads, 0, sizeof t->loads);
    model_loads(m, t->loads);
    free(tokens);
    model_destroy(m);
    return s;
}

static Status train(const Run *run, const Backend *backend, Trained *t) {
    return train_together(run, backend, NULL, t);
}

static void check_model(const Backend *b) {
    static const char *const runs[] = {"seed=1", "seed=2,gate=sigmoid,balance=aux,aux_coef=0.01,z_coef=0.001,tied=1",
                                       "seed=3,n_experts=1,top_k=1,n_shared=0,n_kv_heads=1,vocab=37",
                                       "seed=4,gate=softmax,n_dense_layers=1,top_k=6"};
    for (unsigned i = 0; i < sizeof runs / sizeof *runs; i++) {
        Run run = tiny(runs[i]);
        Trained cpu, card;
        assert_int_equal(train(&run, &backend_cpu_plain, &cpu), OK);
        assert_int_equal(train(&run, b, &card), OK);
        assert_true(cpu.loss[STEPS - 1] < cpu.loss[0] - 0.3);
        assert_float_equal(card.loss[0], cpu.loss[0], 0.001 * cpu.loss[0]);
        assert_float_equal(card.norm[0], cpu.norm[0], 0.01 * cpu.norm[0]);
        for (int k = 1; k < STEPS; k++) { // rounding grows with each step
            assert_float_equal(card.loss[k], cpu.loss[k], 0.01 * cpu.loss[0]);
            assert_float_equal(card.norm[k], cpu.norm[k], 0.05 * cpu.norm[k]);
        }
        assert_float_equal(card.eval, cpu.eval, 0.01 * cpu.loss[0] * run.shape.seq_len);
    }
}

// Several ranks learn what one learns, and the same to the bit.
static void check_ranks(const Backend *b, Ranks *ranks) {
    Run run = tiny("batch=4,balance=bias");
    Trained alone, together;
    assert_int_equal(train(&run, b, &alone), OK);
    assert_int_equal(train_together(&run, b, ranks, &together), OK);
    for (int i = 0; i < STEPS; i++) {
        assert_int_equal(ranks_agree(ranks, together.loss[i], "losses"), OK);
        assert_int_equal(ranks_agree(ranks, together.norm[i], "gradients"), OK);
        assert_float_equal(together.loss[i], alone.loss[i], 0.005 * alone.loss[0]);
        assert_float_equal(together.norm[i], alone.norm[i], 0.02 * alone.norm[i]);
    }
    for (int i = 0; i < 64; i++) assert_int_equal(ranks_agree(ranks, (double)together.loads[i], "loads"), OK);
}

typedef struct {
    const Backend *b;
    Run run;
    Trained alone, beside;
    Status status;
} Job;

static void *train_beside(void *argument) {
    Job *job = argument;
    job->status = train(&job->run, job->b, &job->beside);
    return NULL;
}

// Models trained by threads of one process, at once, as each alone.
static void check_models_at_once(const Backend *b, int n_jobs) {
    Job *jobs = allocate(n_jobs, sizeof *jobs);
    pthread_t *threads = allocate(n_jobs, sizeof *threads);
    for (int j = 0; j < n_jobs; j++) {
        char more[80];
        snprintf(more, sizeof more, "seed=%d,n_layers=1,d_model=%d,top_k=%d", j + 4, 16 + j % 3 * 8, 1 + j % 2);
        jobs[j].b = b;
        jobs[j].run = tiny(more);
        assert_int_equal(train(&jobs[j].run, b, &jobs[j].alone), OK);
    }
    for (int j = 0; j < n_jobs; j++) assert_int_equal(pthread_create(&threads[j], NULL, train_beside, &jobs[j]), 0);
    for (int j = 0; j < n_jobs; j++) pthread_join(threads[j], NULL);
    for (int j = 0; j < n_jobs; j++) {
        assert_int_equal(jobs[j].status, OK);
        assert_memory_equal(&jobs[j].alone, &jobs[j].beside, sizeof(Trained));
    }
    free(jobs);
    free(threads);
}

#endif
