// test_cuda.c - the CUDA backend without a card: its kernels, compiled for the host (tests/train/cuda_host/host.h)
// under address and undefined sanitizers, run the list of cases and whole models.
#include "cuda_checks.h"
#include "cuda_faults.h"

#include "cuda/cards.h"

#include <sys/wait.h>
#include <unistd.h>

extern const Backend backend_cuda;

static void kernels_agree_with_double_precision(void **state) {
    (void)state;
    check_cases(&backend_cuda, false);
}

// On a card with no processors the largest tiles are chosen and the fewest logits are kept, with very many the smallest
// tiles and the most parts of a sum.
static void products_agree_whatever_the_card(void **state) {
    (void)state;
    for (int processors = 0; processors <= 1000; processors += 1000)
        for (int i = 0; i < cases_count(); i++) {
            Case c = cases_get(i);
            double difference = 0;
            const char *worst = "";
            if (c.large || (strcmp(c.op, "product") != 0 && strcmp(c.op, "head") != 0)) continue;
            cuda_host_processors(processors);
            assert_int_equal(case_compare(&c, &backend_cuda, &difference, &worst), OK);
            cuda_host_processors(4);
            if (difference > limit)
                fail_msg("%s %s, %d processors: %s differs by %g", c.op, c.name, processors, worst, difference);
        }
}

static void backwards_in_second_run(int run) {
    cuda_host_backwards(run == 1);
}

static void order_of_threads_does_not_matter(void **state) {
    (void)state;
    check_same_bits(&backend_cuda, false, backwards_in_second_run);
}

static void a_model_trains_as_on_the_cpu(void **state) {
    (void)state;
    cuda_host_processors(100);
    check_model(&backend_cuda);
    cuda_host_processors(4);
}

static void models_trained_at_once_give_the_same_bits(void **state) {
    (void)state;
    check_models_at_once(&backend_cuda, 3);
}

// ---- several cards

// Stands in for NCCL (train/cuda/cards.cu), which needs cards: the sums go through the host.
struct Nccl {
    int unused;
};
static Ranks *ranks; // NULL unless mpirun started this
Status nccl_id(char id[NCCL_ID]) {
    memset(id, 0x9c, NCCL_ID);
    return OK;
}
Status nccl_open(Nccl **n, const char id[NCCL_ID], int rank, int size) {
    assert_true(rank < size);
    for (int i = 0; i < NCCL_ID; i++) assert_int_equal((unsigned char)id[i], 0x9c);
    *n = allocate(1, sizeof **n);
    return OK;
}
Status nccl_sum(Nccl *n, Context *c, void *buffer, Kind kind, long count) {
    Backend elsewhere = backend_cuda;
    elsewhere.name = "cuda, through the host";
    (void)n;
    return ranks_sum_buffer(ranks, &elsewhere, c, buffer, kind, count);
}
void nccl_close(Nccl *n) {
    free(n);
}

static void ranks_train_as_one(void **state) {
    (void)state;
    check_ranks(&backend_cuda, ranks);
}

static void each_worker_has_its_card(void **state) {
    (void)state;
    Run run = tiny("seed=1");
    Context *c;
    cuda_host_cards(3);
    for (int i = 0; i < 7; i++) {
        backend_choose_card(i);
        assert_int_equal(backend_cuda.open(&c, &run.shape, 1), OK);
        assert_int_equal(cuda_host_card(), i % 3);
        backend_cuda.close(c);
    }
    backend_choose_card(0);
    cuda_host_cards(1);
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
        cmocka_unit_test(each_worker_has_its_card),
        cmocka_unit_test(too_wide_a_head_is_refused),
        cmocka_unit_test(each_fault_is_caught),
        cmocka_unit_test(a_missing_barrier_shows_in_the_order_of_threads),
    };
    const struct CMUnitTest together[] = {cmocka_unit_test(ranks_train_as_one)};
    if (ranks_start(&ranks) != OK) return status_report("test_cuda", BAD_INPUT);
    int failed = ranks ? cmocka_run_group_tests(together, NULL, NULL) : cmocka_run_group_tests(tests, NULL, NULL);
    ranks_end(ranks, failed);
    return failed;
}
