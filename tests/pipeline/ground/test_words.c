// The word that was meant, and lists of what there is.
#include "ground/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const known[] = {"width", "height", "heights", "legend", "x", NULL};

static void test_nearest(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"widht", " (did you mean 'width'?)"},   // swapped
        {"heigth", " (did you mean 'height'?)"}, // and not 'heights'
        {"legnds", " (did you mean 'legend'?)"}, // two mistakes in six letters
        {"colour", ""},                          // nothing is near
        {"", " (did you mean 'x'?)"},            // one letter away
        {"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(nearest_word(cases[i][0], known), cases[i][1]);
}

static void test_list(void **state) {
    (void)state;
    char list[WORD_LIST], many[200][24];
    const char *words[201] = {NULL};
    assert_string_equal(word_list(known, list), "width, height, heights, legend, x");
    assert_true(word_known("legend", known) && !word_known("legen", known));
    for (int i = 0; i < 200; i++) words[i] = strcpy(many[i], "a_word_of_some_length");
    assert_int_equal(strcmp(word_list(words, list) + strlen(list) - 5, ", ..."), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
