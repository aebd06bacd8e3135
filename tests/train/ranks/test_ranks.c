// Ranks: run under mpirun by test_ranks.sh, and alone like any other test. Sums have the bits of additions in the order
// of ranks, models stay the same to the bit on all ranks and learn what one rank learns.
#include "ground/random.h"
#include "ranks/ranks.h"
#include "model/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { ROOM = 1 << 17 };

// MPI keeps some of its memory when it ends.
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_leaks=0";
}

static Ranks *ranks;

// The number that stands at i on a rank.
static double number_of(int rank, int i) {
    Random random = random_stream(5, (uint64_t)(rank * ROOM + i));
    return random_normal(&random) * pow(10, i % 30);
}

static int this_rank(void) {
    return (int)ranks_share(ranks, ranks_size(ranks));
}

// Whatever n, the shares are the numbers 0 ... n - 1 in order, each once.
static void test_shares(void **state) {
    (void)state;
    for (long n = 0; n < 20; n++) {
        double met_N[20] = {0};
        for (long i = ranks_share(ranks, n); i < ranks_share_end(ranks, n); i++) met_N[i] += 1;
        ranks_sum(ranks, met_N, 20);
        for (int i = 0; i < 20; i++) assert_true(met_N[i] == (i < n));
    }
}

static void test_sum(void **state) {
    (void)state;
    static double x_N[ROOM];
    for (int i = 0; i < ROOM; i++) x_N[i] = number_of(this_rank(), i);
    ranks_sum(ranks, x_N, ROOM - 1000);
    for (int i = 0; i < ROOM; i++) {
        double sum = number_of(i < ROOM - 1000 ? 0 : this_rank(), i);
        for (int r = 1; r < ranks_size(ranks) && i < ROOM - 1000; r++) sum += number_of(r, i);
        assert_true(x_N[i] == sum);
    }
}

static void test_buffers(void **state) {
    (void)state;
    enum { N = 70001 };
    static double x[N];
    static int32_t counts[N];
    const Backend *b = &backend_cpu;
    int size = ranks_size(ranks);
    Context *c;
    Run r = run_default();
    assert_int_equal(run_set_list(&r, "vocab=32,d_model=16,seq_len=16"), OK);
    assert_int_equal(run_finish(&r), OK);
    assert_int_equal(b->open(&c, &r.shape, 1), OK);
    void *full = b->alloc(c, FULL, N), *whole = b->alloc(c, INT32, N);
    for (int i = 0; i < N; i++) x[i] = (double)(float)number_of(this_rank(), i % 5);
    for (int i = 0; i < N; i++) counts[i] = (this_rank() + 1) * i;
    b->put(c, full, FULL, x, N);
    b->put_ints(c, whole, counts, N);
    assert_int_equal(ranks_sum_buffer(ranks, b, c, full, FULL, N), OK);
    assert_int_equal(ranks_sum_buffer(ranks, b, c, whole, INT32, N), OK);
    b->get(c, x, full, FULL, N);
    b->get_ints(c, counts, whole, N);
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int k = 0; k < size; k++) sum += (double)(float)number_of(k, i % 5);
        assert_true(x[i] == (double)(float)sum);
        assert_int_equal(counts[i], i * size * (size + 1) / 2);
    }
    b->release(c, full);
    b->release(c, whole);
    b->close(c);
}

static void test_agree(void **state) {
    (void)state;
    int last = ranks_size(ranks) - 1;
    assert_int_equal(ranks_agree(ranks, 0.1, "opinions"), OK);
    assert_int_equal(ranks_agree(ranks, this_rank() == last, "opinions"), last ? CANNOT_FINISH : OK);
    if (last) assert_non_null(strstr(status_message(), "have different opinions"));
}

// --- models

// Steps of a small model on this rank's share of each batch; result: losses and gradient norms, then all its state.
static void learn(const Run *r, const Backend *b, Ranks *with, double *result) {
    Model *m;
    StepStats stats;
    int32_t tokens[8 * 13];
    assert_int_equal(model_create(r, b, with, &m), OK);
    memset(result, 0, ROOM * sizeof *result);
    for (int s = 0; s < 12; s++) {
        Random random = random_stream(1, (uint64_t)s);
        for (int i = 0; i < r->batch * 13; i++) tokens[i] = (int32_t)random_below(&random, 32);
        assert_int_equal(model_step(m, tokens + ranks_share(with, r->batch) * 13, 0.01, &stats), OK);
        double *x = result + 5L * s;
        *x++ = stats.loss, *x++ = stats.grad_norm, *x++ = stats.router_entropy, *x++ = stats.load_entropy;
        *x = stats.aux_loss;
    }
    int64_t loads[64] = {0};
    model_loads(m, loads);
    for (int i = 0; i < 6; i++) result[60 + i] = (double)loads[i];
    double *to = result + 100;
    for (int i = 0; i < model_n_arrays(m); i++) {
        long n = model_array(m, i).count;
        float *values = allocate(n, sizeof *values);
        assert_true(to + n < result + ROOM); // else the model is too large for this test
        assert_int_equal(model_get(m, i, values), OK);
        for (long j = 0; j < n; j++) *to++ = (double)values[j];
        free(values);
    }
    model_destroy(m);
}

static void compare(const Backend *b, const char *settings, double tolerance) {
    static double alone[ROOM], together[ROOM], again[ROOM], first[ROOM];
    Run r = run_default();
    assert_int_equal(run_set_list(&r, settings), OK);
    assert_int_equal(run_finish(&r), OK);
    learn(&r, b, NULL, alone);
    learn(&r, b, ranks, together);
    learn(&r, b, ranks, again);
    assert_memory_equal(together, again, sizeof again);
    // What rank 0 has, on every rank
    for (int i = 0; i < ROOM; i++) first[i] = ranks_lead(ranks) ? together[i] : 0;
    ranks_sum(ranks, first, ROOM);
    for (int i = 0; i < ROOM; i++) {
        assert_true(together[i] == first[i]);
        if (!(fabs(together[i] - alone[i]) <= tolerance * (1 + fabs(alone[i]))))
            fail_msg("%s: number %d is %.17g, alone %.17g", settings, i, together[i], alone[i]);
    }
}

static void test_models(void **state) {
    (void)state;
    compare(&backend_cpu_double, // its state comes back as float
            "vocab=32,d_model=24,n_layers=2,n_heads=2,seq_len=12,batch=8,n_experts=6,top_k=2,d_ff_expert=12,n_shared=1",
            1e-6);
    compare(&backend_cpu_double,
            "vocab=32,d_model=20,n_layers=1,n_heads=2,seq_len=12,batch=8,n_experts=6,top_k=1,d_ff_expert=16,"
            "gate=softmax,balance=aux,z_coef=0.001,tied=1,average=0.5",
            1e-6);
    compare(&backend_cpu, "vocab=32,d_model=32,n_layers=1,n_heads=1,seq_len=12,batch=8,d_ff_expert=40", 1e-3);
}

// A rank that was started alone is alone, whatever else is said; one of several that MPI cannot find says so.
static void test_started_alone(void **state) {
    (void)state;
    if (ranks) return;
    Ranks *r;
    setenv("SLURM_NTASKS", "12", 1); // a batch script without srun
    assert_int_equal(ranks_start(&r), OK);
    assert_null(r);
    setenv("OMPI_COMM_WORLD_SIZE", "8", 1);
    setenv("MOELAW_SIZE", "1", 1);
    assert_int_equal(ranks_start(&r), OK);
    assert_null(r);
    unsetenv("MOELAW_SIZE");
    assert_int_equal(ranks_start(&r), BAD_INPUT);
    assert_non_null(strstr(status_message(), "started as one of 8 ranks"));
    assert_null(r);
}

int main(void) {
    alarm(120); // ranks that lost each other
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares), cmocka_unit_test(test_sum),    cmocka_unit_test(test_buffers),
        cmocka_unit_test(test_agree),  cmocka_unit_test(test_models), cmocka_unit_test(test_started_alone),
    };
    if (ranks_start(&ranks) != OK) return status_report("test_ranks", BAD_INPUT);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ranks_end(ranks, failed);
    return failed;
}
