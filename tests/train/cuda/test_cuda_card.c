// test_cuda_card.c - the same checks on a card, where one answers; and that a run repeats to the bit on it.
#include "cuda_checks.h"

static const Backend *card;
static Ranks *ranks;      // NULL unless mpirun started this
static bool large = true; // MOELAW_SMALL: not the large cases, for tools that slow everything down

static void kernels_agree_with_double_precision(void **state) {
    (void)state;
    check_cases(card, large);
}

static void a_repeated_call_gives_the_same_bits(void **state) {
    (void)state;
    check_same_bits(card, large, NULL);
}

static void a_model_trains_as_on_the_cpu(void **state) {
    (void)state;
    check_model(card);
}

static void models_trained_at_once_give_the_same_bits(void **state) {
    (void)state;
    check_models_at_once(card, large ? 24 : 3);
}

static void ranks_train_as_one(void **state) {
    (void)state;
    check_ranks(card, ranks);
}

// Why there is nothing to test; NULL if there is.
static const char *reason_to_skip(void) {
    Shape shape = {.d_head = 2};
    Context *c;
    if (backend_find("cuda", &card) != OK) return "built without CUDA";
    if (card->open(&c, &shape, 1) != OK) return "no CUDA card answers";
    card->close(c);
    return NULL;
}

int main(void) {
    large = !getenv("MOELAW_SMALL");
    const char *reason = reason_to_skip();
    if (reason) {
        printf("ok - the CUDA backend on a card # SKIP %s\n", reason);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_agree_with_double_precision),
        cmocka_unit_test(a_repeated_call_gives_the_same_bits),
        cmocka_unit_test(a_model_trains_as_on_the_cpu),
        cmocka_unit_test(models_trained_at_once_give_the_same_bits),
    };
    const struct CMUnitTest together[] = {cmocka_unit_test(ranks_train_as_one)};
    if (ranks_start(&ranks) != OK) return status_report("test_cuda_card", BAD_INPUT);
    backend_choose_card(ranks_local(ranks));
    int failed = ranks ? cmocka_run_group_tests(together, NULL, NULL) : cmocka_run_group_tests(tests, NULL, NULL);
    ranks_end(ranks, failed);
    return failed;
}
