// Specs: what is given arrives, and every mistake is named with its file and line.
#include "ground/output.h"
#include "../../fuzz/fuzz_spec.c"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static Status parse(Arena *a, const char *text, Spec *spec) {
    return spec_parse(a, "f.yaml", text, strlen(text), spec);
}

static void test_figure(void **state) {
    (void)state;
    Arena a = {0};
    Spec s;
    Status got = parse(&a,
                       "panels:\n"
                       "  - where: [factor=G, y>=2]\n"
                       "    x: {label: granularity}\n"
                       "    marks: [{mark: hline, at: 2}]\n"
                       "  - {title: second}\n"
                       "width: 2.7\n"
                       "columns: 2\n"
                       "where: kind!=old\n"
                       "x: {column: x, scale: log, min: 0.5}\n"
                       "marks:\n"
                       "  - {mark: points, y: loss, marker: square, size: 3}\n",
                       &s);
    assert_string_equal(got == OK ? "" : status_message(), "");
    assert_int_equal(s.type, TYPE_FIGURE);
    assert_float_equal(s.width, 2.7, 0);
    assert_int_equal(s.figure.n_panels, 2);
    const PanelSpec *p = &s.figure.panels[0], *q = &s.figure.panels[1];
    // A panel starts from the figure's keys, wherever in the file they stand.
    assert_string_equal(p->x.column, "x");
    assert_string_equal(p->x.label, "granularity");
    assert_null(q->x.label);
    assert_int_equal(q->x.scale, SCALE_LOG);
    assert_float_equal(q->x.min, 0.5, 0);
    assert_true(isnan(q->x.max));
    assert_int_equal(p->n_marks, 2);
    assert_int_equal(q->n_marks, 1);
    assert_int_equal(p->marks[1].kind, MARK_HLINE);
    assert_int_equal(p->marks[0].marker, 1);
    assert_int_equal(p->marks[0].line, 11);
    assert_int_equal(p->where.n, 3);
    assert_string_equal(p->where.at[0].column, "kind");
    assert_int_equal(p->where.at[0].comparison, IS_NOT);
    assert_string_equal(p->where.at[1].value, "G");
    assert_int_equal(p->where.at[2].comparison, MORE_EQUAL);
    assert_float_equal(p->where.at[2].number, 2, 0);
    arena_free(&a);
}

static void test_facets_and_widths(void **state) {
    (void)state;
    Arena a = {0};
    Spec s;
    Status got = parse(&a,
                       "facets: {column: factor, panels: {G: {x: {scale: log, label: granularity}}}}\n"
                       "width: icml-page\nletters: true\ntheme: gray\nx: {column: x}\ny: {column: y}\n"
                       "marks: [{mark: line, clip: ends}]\n"
                       "notes: [{text: here, x: 1, y: 2, arrow: [3, 4]}, {text: \"a price of 3 $\"}]\n",
                       &s);
    assert_string_equal(got == OK ? "" : status_message(), "");
    assert_string_equal(s.figure.facets.column, "factor");
    assert_int_equal(s.figure.facets.n, 1);
    assert_string_equal(s.figure.facets.value[0], "G");
    const PanelSpec *panel = &s.figure.facets.panels[0];
    assert_int_equal(panel->x.scale, SCALE_LOG);
    assert_string_equal(panel->x.column, "x"); // from the figure's keys
    assert_int_equal(panel->n_marks, 1);
    assert_true(panel->marks[0].clip == CLIP_ENDS && s.figure.letters);
    assert_float_equal(s.width, 6.75, 0);
    assert_int_equal(s.theme, 2);
    assert_float_equal(panel->notes[0].arrow.at[1], 4, 0);
    assert_true(isnan(panel->notes[1].x));
    arena_free(&a);
}

static void test_table(void **state) {
    (void)state;
    Arena a = {0};
    Spec s;
    assert_int_equal(parse(&a,
                           "type: table\ngroup: law\ncolumns:\n"
                           "  - {column: value, align: decimal, uncertainty: [lo, hi]}\n"
                           "  - {text: '[{lo}, {hi}]', head: 95%}\n",
                           &s),
                     OK);
    assert_int_equal(s.type, TYPE_TABLE);
    assert_int_equal(s.table.n_columns, 2);
    assert_int_equal(s.table.columns[0].align, COLUMN_DECIMAL);
    assert_string_equal(s.table.columns[0].uncertainty.at[1], "hi");
    arena_free(&a);
}

#define GOOD "x: {column: x}\ny: {column: y}\n"

static void test_mistakes_are_named(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "f.yaml: is empty"},
        {"- 1\n", "f.yaml:1: figure: got 'a list', expected a map"},
        {"hello\n", "f.yaml:1: figure: got 'hello'"},
        {"width: [\n", "f.yaml:2: is not YAML"},
        {"a: b: c\n", "f.yaml:1: is not YAML"},
        {"x: {column: x}\n\ncolour: red\n", "f.yaml:3: figure: unknown key 'colour', expected one of type, title"},
        {GOOD "marks: [{mark: points, sise: 3}]\n",
         "f.yaml:3: mark: unknown key 'sise' (did you mean 'size'?), expected one of mark, data"},
        {"widht: 3\n", "f.yaml:1: figure: unknown key 'widht' (did you mean 'width'?), expected one of type, title"},
        {"legend: tpo\n", "expected one of auto, top, right, none (did you mean 'top'?)"},
        {"zzzzzz: 1\n", "unknown key 'zzzzzz', expected one of"},
        {"width: 1\nwidth: 2\n", "f.yaml:2: 'width' is set twice"},
        {"width: wide\n", "f.yaml:1: width: got 'wide', expected a number"},
        {"width: 500\n", "f.yaml:1: width: 500 is out of range, expected 1 to 20"},
        {"columns: 1.5\n", "f.yaml:1: columns: got '1.5', expected a whole number"},
        {"type: chart\n", "f.yaml:1: type: got 'chart', expected one of figure, table"},
        {"x: {scale: cubic}\n", "f.yaml:1: scale: got 'cubic', expected one of linear, log, category"},
        {"x: {min: 3, max: 1}\n", "f.yaml:1: x: min 3 is not below max 1"},
        {"x: {scale: log, min: 0}\n", "f.yaml:1: x: a log axis needs min and max above zero"},
        {"x: {max: 1e300}\n", "f.yaml:1: max: 1e300 is out of range"},
        {"x: {base: 7}\n", "f.yaml:1: base: got '7', expected 2 or 10"},
        {"x: {format: '%s'}\n", "f.yaml:1: format: got '%s', expected si, power"},
        {GOOD, "f.yaml:1: a panel without marks"},
        {GOOD "marks: [{size: 3}]\n", "f.yaml:3: the key 'mark' is missing"},
        {"y: {column: y}\nmarks:\n  - {mark: line}\n", "f.yaml:3: mark line: needs the column for x"},
        {GOOD "marks: [{mark: band, lo: a}]\n", "f.yaml:3: mark band: needs the column for lo and hi"},
        {GOOD "marks: [{mark: heat}]\n", "f.yaml:3: mark heat: needs the column for value"},
        {GOOD "marks: [{mark: line, color: mauve}]\n", "f.yaml:3: color: got 'mauve'"},
        {GOOD "marks: [{mark: line, where: kind}]\n", "f.yaml:3: where: got 'kind', expected COLUMN=VALUE"},
        {GOOD "marks: [{mark: line, where: y<low}]\n", "f.yaml:3: where: got 'y<low', expected a number"},
        {GOOD "marks: [{mark: line, optional: yes}]\n", "f.yaml:3: optional: got 'yes', expected true or false"},
        {GOOD "marks: [{mark: line}]\nnotes: [{at: top-left}]\n", "f.yaml:4: a note without 'text'"},
        {"width: nature-pag\n",
         "f.yaml:1: width: got 'nature-pag', expected a number of inches (1 to 20) or one of neurips"},
        {GOOD "facets: f\nmarks: [{mark: line}]\npanels: [{title: a}]\n",
         "f.yaml:3: facets: there are 'panels' as well"},
        {GOOD "facets: {panels: {a: {title: b}}}\nmarks: [{mark: line}]\n",
         "f.yaml:3: facets: got 'a map', expected a column"},
        {GOOD "marks: [{mark: line}]\nnotes: [{text: a, x: 1}]\n", "f.yaml:4: a note at a place needs both x and y"},
        {GOOD "marks: [{mark: line}]\nnotes: [{text: a, arrow: [1, 2]}]\n", "f.yaml:4: a note at a place needs both"},
        {GOOD "marks: [{mark: line, label: $N_a$}]\n", "f.yaml:3: label: got '$N_a$', expected ^{up}, _{down}"},
        {"a: &a 1\nb: *a\n", "f.yaml:2: aliases"},
        {"a: 1\n---\nb: 2\n", "f.yaml:2: a second document"},
        {"type: table\n", "f.yaml:1: a table without 'columns'"},
        {"type: table\ncolumns:\n  - {head: a}\n", "f.yaml:3: a table column needs either"},
        {"type: table\nheight: 3\n", "f.yaml:2: table: unknown key 'height'"},
        {"x: [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\n", "f.yaml:1: nested deeper than 16"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Arena a = {0};
        Spec s;
        Status got = parse(&a, bad[i].text, &s);
        if (got != BAD_INPUT || !strstr(status_message(), bad[i].says))
            print_message("%s-> %d %s\nexpected: %s\n", bad[i].text, got, status_message(), bad[i].says);
        assert_int_equal(got, BAD_INPUT);
        assert_non_null(strstr(status_message(), bad[i].says));
        arena_free(&a);
    }
}

// A short fuzz run in every test run, sanitized ones included: shipped specs with bytes changed, doubled and lost.
static void test_mutations_are_read_or_refused(void **state) {
    (void)state;
    static const char *const seeds[] = {"plot/specs/marginal.yaml", "plot/specs/coefficients.yaml",
                                        "tests/plot/specs/marks.yaml", "tests/fuzz/spec/table.yaml"};
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < 2000; i++) {
        char *text;
        size_t length;
        assert_int_equal(read_file(seeds[i % 4], 0, &text, &length), OK);
        for (int k = 0; k < 1 + i % 5; k++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            size_t at = random % length, from = random / length % length, n = (length - (at > from ? at : from)) / 8;
            if (random >> 62)
                memmove(text + at, text + from, n);
            else
                text[at] = "{}[]:,-#'\"\n *&x0"[random >> 8 & 15];
        }
        LLVMFuzzerTestOneInput((const uint8_t *)text, length);
        free(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figure),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_facets_and_widths),
        cmocka_unit_test(test_mistakes_are_named),
        cmocka_unit_test(test_mutations_are_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
