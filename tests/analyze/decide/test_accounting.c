// What a shape costs, against the formulas worked out by hand.
#include "decide/accounting.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void near(double x, double wanted) {
    if (!(fabs(x / wanted - 1) < 1e-12)) fail_msg("%.15g, expected %.15g", x, wanted);
}

// Eight experts of which two are active, a third of the dense block an expert's: Na = 4/3 and N = 10/3 of the dense
// size.
static void experts_of_a_dense_size(void **state) {
    (void)state;
    Setting s = {.Na = 4e9, .E = 8};
    setting_complete(KIND_DENSE_SIZE, &accounting_default, &s);
    near(s.N, 10e9);
    near(12 * s.d_model * s.d_model * s.n_layers, 3e9);
    near(s.d_model, 64 * s.n_layers);
}

// One expert is a dense model; each further one adds its three matrices of d_model x 3 d_model to every layer.
static void further_experts_add_their_matrices(void **state) {
    (void)state;
    for (int E = 1; E <= 8; E *= 2) {
        Setting s = {.Na = 1e9, .E = E};
        setting_complete(KIND_EXPERTS, &accounting_default, &s);
        near(s.N, 1e9 + (E - 1) * 3 * s.d_model * 3 * s.d_model * s.n_layers);
    }
}

// Exact counting adds the attention scores: 6 seq_len d_model a layer.
static void exact_flops_have_the_scores(void **state) {
    (void)state;
    Accounting a = accounting_default;
    Setting s = {.Na = 1e9, .sparsity = 0.75};
    setting_complete(KIND_SPARSE, &a, &s);
    near(s.N, 4e9);
    near(setting_flops(KIND_SPARSE, &a, &s), 6e9);
    a.exact = true;
    near(setting_flops(KIND_SPARSE, &a, &s), 6e9 + 6 * 4096 * s.d_model * s.n_layers + 6 * s.d_model * 4 * s.n_layers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(experts_of_a_dense_size),
        cmocka_unit_test(further_experts_add_their_matrices),
        cmocka_unit_test(exact_flops_have_the_scores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
