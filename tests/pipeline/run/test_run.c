// What names a run: ids that stay valid when fields are added, and tell apart whatever gives another result.
#include "run/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const settings[] = {
    "tokens=1e6",
    "d_model=32,n_experts=8,top_k=2,n_shared=1,gate=softmax,seed=7,tokens=2e6,corpus=markov:vocab=64;branches=4;seed=1",
};

static Run run_of(const char *list, const char *more) {
    Run run = run_default();
    assert_int_equal(run_set_list(&run, list), OK);
    assert_int_equal(run_set_list(&run, more), OK);
    assert_int_equal(run_finish(&run), OK);
    return run;
}

// Ids as the program gave them, at this TRAIN_NUMERICS, before any field was added; measured tables and records hold
// such.
static void old_ids_stay(void **state) {
    (void)state;
    static const char *const ids[][2] = {{"d877e623d7558757", "f47b147203f54dbd"},
                                         {"e1210e375379329d", "ba984f15dad9eb83"}};
    for (int i = 0; i < 2; i++) {
        Run run = run_of(settings[i], "");
        char id[RUN_ID];
        run_id(&run, id);
        assert_string_equal(id, ids[i][0]);
        run_trunk_id(&run, id);
        assert_string_equal(id, ids[i][1]);
    }
}

// Another value for the field, as text.
static void other_value(const Run *run, const RunField *f, char *value, int size) {
    run_get(run, f, value, size);
    double x = strtod(value, NULL);
    if (f->kind == FIELD_TEXT)
        snprintf(value, (size_t)size, "other");
    else if (f->kind == FIELD_CHOICE)
        snprintf(value, (size_t)size, "%s", f->choices[strcmp(value, f->choices[0]) == 0]);
    else
        snprintf(value, (size_t)size, "%g", 2 * x + 2 <= f->max ? 2 * x + 2 : x == f->min ? f->max : f->min);
}

// Every field tells runs apart, and one that was added later does so only by a value that is not its default.
static void every_field_counts(void **state) {
    (void)state;
    int later = 0;
    for (const RunField *f = run_fields; f->name; f++) {
        Run run = run_of(settings[1], ""), same = run, other = run;
        char value[RUN_CORPUS], id[RUN_ID], changed[RUN_ID];
        run_id(&run, id);
        run_get(&run, f, value, sizeof value);
        assert_int_equal(run_set(&same, f->name, value), OK);
        run_id(&same, changed);
        assert_string_equal(id, changed);
        other_value(&run, f, value, sizeof value);
        assert_int_equal(run_set(&other, f->name, value), OK);
        run_id(&other, changed);
        if (!strcmp(id, changed)) fail_msg("%s = %s gives the same id", f->name, value);
        later += f->later;
    }
    assert_true(later >= 3);
}

// The data follow the seed unless they have their own; either alone makes another run.
static void two_seeds(void **state) {
    (void)state;
    Run both = run_of("", "seed=5"), said = run_of("", "seed=5,data_seed=5"), apart = run_of("", "seed=5,data_seed=6");
    char a[RUN_ID], b[RUN_ID], c[RUN_ID];
    run_id(&both, a);
    run_id(&said, b);
    run_id(&apart, c);
    assert_int_equal(both.data_seed, 5);
    assert_int_equal(apart.data_seed, 6);
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_ids_stay),
        cmocka_unit_test(every_field_counts),
        cmocka_unit_test(two_seeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
