// test_cuda.c - the CUDA backend without a card: its kernels, compiled for the host (train/cuda/host.h) under address
// and undefined sanitizers, run the list of cases and whole models.
#include "../../train/cases.h"
#include "../../train/model.h"
#include "cuda_faults.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

extern const Backend backend_cuda;

// bf16 has 8 bits: rounding alone differs by up to 2^-9 of a value, and results pass through two or three roundings.
static const double limit = 0.006;

static bool skipped(const Case *c) {
    return c->large; // for clocks and cards
}

static void kernels_agree_with_double_precision(void **state) {
    (void)state;
    int failures = 0;
    for (int i = 0; i < cases_count(); i++) {
        Case c = cases_get(i);
        double difference;
        const char *worst;
        if (skipped(&c)) continue;
        assert_int_equal(case_compare(&c, &backend_cuda, &difference, &worst), OK);
        if (getenv("SHOW")) print_message("%s (%s): %s %.3g\n", c.op, c.name, worst, difference);
        if (difference <= limit) continue;
        print_error("%s (%s): %s differs by %.3g\n", c.op, c.name, worst, difference);
        failures++;
    }
    assert_int_equal(failures, 0);
}

// With one processor the largest tiles are chosen, with very many the smallest and most parts of a sum.
static void products_agree_whatever_the_card(void **state) {
    (void)state;
    for (int processors = 1; processors <= 1000; processors *= 1000)
        for (int i = 0; i < cases_count(); i++) {
            Case c = cases_get(i);
            double difference;
            const char *worst;
            if (skipped(&c) || strcmp(c.op, "product") != 0) continue;
            cuda_host_processors(processors);
            assert_int_equal(case_compare(&c, &backend_cuda, &difference, &worst), OK);
            cuda_host_processors(4);
            if (difference > limit)
                fail_msg("%s, %d processors: %s differs by %g", c.name, processors, worst, difference);
        }
}

static void assert_same_bits(const Case *c, const CaseData *x, const CaseData *y) {
    for (int a = 0; a < c->n; a++)
        if (x->real[a])
            assert_memory_equal(x->real[a], y->real[a], (size_t)c->array[a].count * sizeof(double));
        else
            assert_memory_equal(x->ints[a], y->ints[a], (size_t)c->array[a].count * sizeof(int32_t));
}

static void order_of_threads_does_not_matter(void **state) {
    (void)state;
    for (int i = 0; i < cases_count(); i++) {
        Case c = cases_get(i);
        if (skipped(&c)) continue;
        CaseData x = case_data(&c), y = case_data(&c);
        assert_int_equal(case_run(&c, &backend_cuda, &x, true), OK);
        cuda_host_backwards(true);
        assert_int_equal(case_run(&c, &backend_cuda, &y, true), OK);
        cuda_host_backwards(false);
        assert_same_bits(&c, &x, &y);
        case_free(&x);
        case_free(&y);
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

// Steps on the same few sequences; the third and later ones are recorded steps.
static Status train(const Run *run, const Backend *backend, Trained *t) {
    Model *m;
    TRY(model_create(run, backend, &m));
    int n = run->batch * (run->shape.seq_len + 1);
    int32_t *tokens = allocate((unsigned long)n, sizeof *tokens);
    for (int i = 0; i < n; i++) tokens[i] = i * i % 37 % run->shape.vocab;
    Status s = OK;
    for (int i = 0; i < STEPS && s == OK; i++) {
        StepStats stats;
        s = model_step(m, tokens, 0.003, &stats);
        t->loss[i] = stats.loss;
        t->norm[i] = stats.grad_norm;
    }
    double sums[8];
    if (s == OK) s = model_evaluate(m, tokens, run->batch, false, sums);
    t->eval = sums[0];
    memset(t->loads, 0, sizeof t->loads);
    model_loads(m, t->loads);
    free(tokens);
    model_destroy(m);
    return s;
}

static void a_model_trains_as_on_the_cpu(void **state) {
    (void)state;
    static const char *const runs[] = {"seed=1", "seed=2,gate=sigmoid,balance=aux,aux_coef=0.01,z_coef=0.001,tied=1",
                                       "seed=3,n_experts=1,top_k=1,n_shared=0,n_kv_heads=1,vocab=37"};
    for (unsigned i = 0; i < sizeof runs / sizeof *runs; i++) {
        Run run = tiny(runs[i]);
        Trained cpu, card;
        assert_int_equal(train(&run, &backend_cpu_plain, &cpu), OK);
        cuda_host_processors(100);
        assert_int_equal(train(&run, &backend_cuda, &card), OK);
        cuda_host_processors(4);
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

typedef struct {
    Run run;
    Trained alone, beside;
    Status status;
} Job;

static void *train_beside(void *argument) {
    Job *job = argument;
    job->status = train(&job->run, &backend_cuda, &job->beside);
    return NULL;
}

static void models_trained_at_once_give_the_same_bits(void **state) {
    (void)state;
    enum { JOBS = 3 };
    static const char *const more[JOBS] = {"seed=4,n_layers=1", "seed=5,n_layers=1,d_model=16",
                                           "seed=6,n_layers=1,top_k=1"};
    Job jobs[JOBS];
    pthread_t threads[JOBS];
    memset(jobs, 0, sizeof jobs);
    for (int j = 0; j < JOBS; j++) {
        jobs[j].run = tiny(more[j]);
        assert_int_equal(train(&jobs[j].run, &backend_cuda, &jobs[j].alone), OK);
    }
    for (int j = 0; j < JOBS; j++) assert_int_equal(pthread_create(&threads[j], NULL, train_beside, &jobs[j]), 0);
    for (int j = 0; j < JOBS; j++) pthread_join(threads[j], NULL);
    for (int j = 0; j < JOBS; j++) {
        assert_int_equal(jobs[j].status, OK);
        assert_memory_equal(&jobs[j].alone, &jobs[j].beside, sizeof(Trained));
    }
}

static void too_wide_a_head_is_refused(void **state) {
    (void)state;
    Shape shape = {.d_head = 256};
    Context *c;
    assert_int_equal(backend_cuda.open(&c, &shape, 1), BAD_INPUT);
    assert_non_null(strstr(status_message(), "at most 128"));
}

// ---- the net itself

// What the child that runs `fault` says before it dies; its exit status.
static int die(const CudaFault *fault, char *said, size_t size) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 2);
        close(ends[0]);
        fault->run();
        _exit(0);
    }
    close(ends[1]);
    size_t n = 0;
    for (ssize_t got; n + 1 < size && (got = read(ends[0], said + n, size - 1 - n)) > 0;) n += (size_t)got;
    said[n] = '\0';
    close(ends[0]);
    int status;
    waitpid(pid, &status, 0);
    return status;
}

static void each_fault_is_caught(void **state) {
    (void)state;
    static char said[1 << 16];
    for (const CudaFault *f = cuda_faults; f->name; f++) {
        int status = die(f, said, sizeof said);
        if (status == 0) fail_msg("%s: not caught", f->name);
        if (!strstr(said, f->says)) fail_msg("%s: expected '%s' in:\n%s", f->name, f->says, said);
    }
}

static void a_missing_barrier_shows_in_the_order_of_threads(void **state) {
    (void)state;
    assert_true(cuda_missing_barrier(false, false) == 6 && cuda_missing_barrier(false, true) == 6);
    assert_true(cuda_missing_barrier(true, false) != cuda_missing_barrier(true, true));
}

int main(void) {
#ifdef __SANITIZE_THREAD__
    puts("ok - CUDA kernels on the host # SKIP they run on stacks that ThreadSanitizer does not follow");
    return 0;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_agree_with_double_precision),
        cmocka_unit_test(products_agree_whatever_the_card),
        cmocka_unit_test(order_of_threads_does_not_matter),
        cmocka_unit_test(a_model_trains_as_on_the_cpu),
        cmocka_unit_test(models_trained_at_once_give_the_same_bits),
        cmocka_unit_test(too_wide_a_head_is_refused),
        cmocka_unit_test(each_fault_is_caught),
        cmocka_unit_test(a_missing_barrier_shows_in_the_order_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
