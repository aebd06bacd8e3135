// test_design.c - shapes and their counts, run ids, the solver, designs and manifests.
#include "sweep/collect.h"
#include "sweep/cost.h"
#include "ground/config.h"
#include "sweep/design.h"
#include "sweep/plan.h"
#include "ground/output.h"
#include "ground/random.h"
#include "sweep/shapes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
// after the above, as cmocka wants it
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch[] = "/tmp/moelaw-design-XXXXXX";

static void assert_says(const char *part) {
    if (!strstr(status_message(), part)) fail_msg("message '%s' lacks '%s'", status_message(), part);
}

static Run run_of(const char *list) {
    Run run = run_default();
    assert_int_equal(run_set_list(&run, list), OK);
    assert_int_equal(run_finish(&run), OK);
    return run;
}

// Counted by hand for d = 8, 2 layers, 2 heads of 4, E = 4, k = 2, f = 16, one shared, vocabulary 10.
static void counts_by_hand(void **state) {
    (void)state;
    Run run = run_of("vocab=10,d_model=8,n_layers=2,n_heads=2,n_experts=4,top_k=2,d_ff_expert=16,n_shared=1,seq_len=4");
    Counts c = shape_count(&run.shape);
    const double expert = 3 * 8 * 16, attention = 4 * 8 * 8, router = 8 * 4, norms = 2 * 8;
    assert_true(c.N_nonemb == 2 * (attention + 5 * expert + router + norms) + 8);
    assert_true(c.Na_nonemb == 2 * (attention + 3 * expert + router + norms) + 8);
    assert_true(c.N == c.N_nonemb + 2 * 80);
    assert_true(c.Na == c.Na_nonemb + 2 * 80);
    assert_true(c.G == 3);
    assert_true(fabs(c.S - 1. / 3) < 1e-15);
    assert_true(c.granularity == 2);
    assert_true(c.M == 6 * (c.Na_nonemb + 80) + 6 * 2 * 8 * 4);
}

// A published configuration (2603.21862): their Na and N leave out router, norms and embeddings.
static void counts_of_a_published_model(void **state) {
    (void)state;
    Run run = run_of("d_model=2200,n_layers=16,n_heads=16,n_kv_heads=8,d_head=128,n_dense_layers=1,d_ff_dense=6600,"
                     "n_experts=288,top_k=8,d_ff_expert=528,n_shared=1,seq_len=8192,vocab=152064");
    Counts c = shape_count(&run.shape);
    assert_true(c.Na_nonemb - c.router - c.norms == 730276800);
    assert_true(c.N_nonemb - c.router - c.norms == 15366436800);
}

static void dense_is_one_expert(void **state) {
    (void)state;
    Run run = run_of("d_model=32,n_experts=1,top_k=1");
    Counts c = shape_count(&run.shape);
    assert_true(c.N == c.Na && c.G == 1 && c.S == 0 && c.granularity == 1 && c.router == 0);
}

static void shapes_that_cannot_be(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"n_experts=4,top_k=5", "top_k = 5 is more than n_experts = 4"},
        {"n_heads=4,n_kv_heads=3", "n_heads = 4 is no multiple"},
        {"d_head=7", "expected an even number"},
        {"n_layers=2,n_dense_layers=3", "n_dense_layers = 3"},
        {"n_shared=1,d_ff_shared=0", "both or neither"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        Run run = run_default();
        assert_int_equal(run_set_list(&run, cases[i][0]), OK);
        assert_int_equal(run_finish(&run), BAD_INPUT);
        assert_says(cases[i][1]);
    }
    Run run = run_default();
    assert_int_equal(run_set(&run, "tokens", "-5"), BAD_INPUT);
    assert_says("tokens = -5");
    assert_int_equal(run_set(&run, "d_model", "3.5"), BAD_INPUT);
    assert_int_equal(run_set(&run, "gate", "hard"), BAD_INPUT);
    assert_says("softmax sigmoid");
    assert_int_equal(run_set(&run, "colour", "red"), BAD_INPUT);
}

// Every field is part of the id; tokens and decay alone are not part of the trunk.
static void ids_follow_every_field(void **state) {
    (void)state;
    Run base = run_of("d_model=64,n_experts=8,top_k=2,n_shared=1");
    char id[RUN_ID], trunk[RUN_ID], other[RUN_ID], other_trunk[RUN_ID];
    run_id(&base, id);
    run_trunk_id(&base, trunk);
    for (const RunField *f = run_fields; f->name; f++) {
        Run run = base;
        void *at = (char *)&run + f->offset;
        if (f->kind == FIELD_NUMBER)
            *(double *)at += 1;
        else if (f->kind == FIELD_TEXT)
            strcpy(at, "x");
        else
            *(int *)at ^= 1;
        run_id(&run, other);
        run_trunk_id(&run, other_trunk);
        if (!strcmp(id, other)) fail_msg("%s is not part of the id", f->name);
        bool shared = !strcmp(f->name, "tokens") || !strcmp(f->name, "decay_fraction");
        if (shared != !strcmp(trunk, other_trunk)) fail_msg("%s and the trunk's id", f->name);
    }
}

static void fields_survive_text(void **state) {
    (void)state;
    Run run = run_of("d_model=48,lr=0.00123,n_experts=6,top_k=3,gate=softmax,balance=aux,corpus=markov:8"),
        back = run_default();
    char value[RUN_CORPUS], a[RUN_ID], b[RUN_ID];
    for (const RunField *f = run_fields; f->name; f++) {
        run_get(&run, f, value, sizeof value);
        if (*value) assert_int_equal(run_set(&back, f->name, value), OK);
    }
    assert_int_equal(run_finish(&back), OK);
    run_id(&run, a);
    run_id(&back, b);
    assert_string_equal(a, b);
}

// Wishes taken from shapes that exist are met closely; fixed fields stay as they were.
static void solver_meets_what_can_be_met(void **state) {
    (void)state;
    Random r = random_stream(3, 1);
    SolveOptions options = solve_defaults();
    for (int i = 0; i < 40; i++) {
        Run run = run_default();
        Shape *s = &run.shape;
        s->d_model = 32 * (1 + (int)random_below(&r, 4));
        s->n_layers = 2;
        s->top_k = 1 + (int)random_below(&r, 6);
        s->n_experts = s->top_k + 2 + (int)random_below(&r, 30);
        s->n_shared = (int)random_below(&r, 3);
        s->d_ff_expert = 16 * (1 + (int)random_below(&r, 4));
        assert_int_equal(run_finish(&run), OK);
        Counts wished = shape_count(s);
        Wish wish = {wished.N, wished.Na, wished.G, wished.S, NAN, NAN};
        FixedFields fixed = {.n_layers = true};
        Run solved = run_default();
        solved.shape.n_layers = 2;
        assert_int_equal(solve_shape(&wish, &fixed, &options, &solved), OK);
        Counts c = shape_count(&solved.shape);
        assert_int_equal(solved.shape.n_layers, 2);
        assert_true(fabs(log(c.N / wish.N)) < 0.1 && fabs(log(c.Na / wish.Na)) < 0.1);
        assert_true(fabs(log(c.G / wish.G)) < 0.1 && fabs(c.S - wish.S) < 0.06);
    }
}

static void solver_leaves_fixed_fields(void **state) {
    (void)state;
    Run run = run_default();
    run.shape.d_model = 40;
    run.shape.n_layers = 3;
    run.shape.top_k = 2;
    run.shape.n_shared = 1;
    run.shape.d_ff_expert = 24;
    run.shape.n_experts = 5;
    Wish wish = {90e3, 60e3, 3, 0.3, NAN, NAN};
    FixedFields all = {true, true, true, true, true, true};
    SolveOptions options = solve_defaults();
    Run solved = run;
    assert_int_equal(solve_shape(&wish, &all, &options, &solved), OK);
    assert_int_equal(run_finish(&run), OK);
    assert_memory_equal(&run.shape, &solved.shape, sizeof run.shape);
    Wish far = {1e9, 2e9, NAN, NAN, NAN, NAN};
    assert_int_equal(solve_shape(&far, &all, &options, &solved), BAD_INPUT);
    assert_says("no shape comes within a factor of two");
}

static Status read_design(const char *text, Design *d) {
    char path[256];
    snprintf(path, sizeof path, "%s/d.yaml", scratch);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return design_read(path, "corpus", d);
}

static void grids_lists_and_keeps(void **state) {
    (void)state;
    Design d;
    assert_int_equal(read_design("defaults: {seq_len: 10, batch: 10}\n"
                                 "list: [{d_model: 16}, {d_model: [24, 32]}]\n"
                                 "grid: {tokens: [1000, 2000, 2010], seed: [1, 2]}\n"
                                 "keep: {d_model: [24, 32]}\n",
                                 &d),
                     OK);
    assert_int_equal(d.n_runs, 8); // the bounds of keep are in; 2000 and 2010 tokens are the same 20 steps
    assert_int_equal(d.n_dropped, 6);
    assert_int_equal(d.n_repeated, 4);
    PlanSummary plan = plan_summary(&d);
    assert_int_equal(plan.cost.trunks.n, 4);
    assert_int_equal(plan.cells, 2);
    assert_string_equal(d.runs[0].run.corpus, "corpus");
    // 1000 and 2000 tokens, 0.3 of each decay: 14 stable steps, 6 and 3 decay steps, of 10 + 20
    assert_true(fabs(plan.cost.trained_flops / plan.cost.flops - 23. / 30) < 1e-9);
    cost_free(&plan.cost);
    design_free(&d);
}

static void wishes_become_exact_counts(void **state) {
    (void)state;
    Design d;
    assert_int_equal(read_design("grid: {N: [2e5, 4e5], Na_over_N: 0.4, G: [2, 4], S: 0.5, D: 1e6}\n", &d), OK);
    assert_int_equal(d.n_runs, 4);
    for (int i = 0; i < d.n_runs; i++) {
        Counts c = shape_count(&d.runs[i].run.shape);
        assert_memory_equal(&c, &d.runs[i].counts, sizeof c);
        assert_true(fabs(c.Na / c.N - 0.4) < 0.04);
        assert_true(c.S == 0.5);
    }
    design_free(&d);
}

// All there is to try with a held backbone: G and S first, as near as whole numbers allow, then the sizes.
static double best_by_brute_force(const Run *open, const Wish *w) {
    double nearest = INFINITY, best = INFINITY;
    for (int pass = 0; pass < 2; pass++)
        for (int k = 1; k <= 17; k++)
            for (int shared = 0; shared <= 16; shared++) {
                double G = k + shared, off = pow(log(G / w->G), 2) + pow(2 * (shared / G - w->S), 2);
                if (pass == 0) nearest = fmin(nearest, off);
                if (pass == 0 || off > nearest + 1e-12) continue;
                for (int width = 8; width <= 2000; width += 8)
                    for (int experts = k; experts <= 400; experts++) {
                        Run run = *open;
                        run.shape.top_k = k;
                        run.shape.n_shared = shared;
                        run.shape.d_ff_expert = width;
                        run.shape.n_experts = experts;
                        if (experts == 1 && shared) continue;
                        if (run_finish(&run) != OK) continue;
                        Counts c = shape_count(&run.shape);
                        if (c.Na > 3 * w->Na) break;
                        best = fmin(best, off + pow(log(c.N / w->N), 2) + pow(log(c.Na / w->Na), 2));
                    }
            }
    return best;
}

// With d_model and n_layers fixed the solver finds the closest shape there is, and keeps G and S where they can be met.
static void held_backbones_move_experts_alone(void **state) {
    (void)state;
    static const Wish wishes[] = {
        {1.2e6, 2e5, 1, 0, NAN, NAN},    {1.2e6, 2e5, 16, 0, NAN, NAN}, {1.2e6, 4e5, 4, 0.5, NAN, NAN},
        {4e5, 4e5, 1, 0, NAN, NAN},      {6e5, 3e5, 8, 0.75, NAN, NAN}, {1.2e6, 2e5, 2, 0.25, NAN, NAN},
        {1.2e6, 1e6, 4, 0.25, NAN, NAN},
    };
    FixedFields held = {.d_model = true, .n_layers = true};
    SolveOptions options = solve_defaults();
    for (unsigned i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        const Wish *w = &wishes[i];
        Run open = run_default();
        open.shape.d_model = 64;
        open.shape.n_layers = 4;
        Run run = open;
        assert_int_equal(solve_shape(w, &held, &options, &run), OK);
        Counts c = shape_count(&run.shape);
        double met =
            pow(log(c.N / w->N), 2) + pow(log(c.Na / w->Na), 2) + pow(log(c.G / w->G), 2) + pow(2 * (c.S - w->S), 2);
        double best = best_by_brute_force(&open, w);
        if (!(met <= best + 1e-12)) fail_msg("wish %u: off by %g, the best by %g", i, met, best);
        bool whole = w->G * w->S == floor(w->G * w->S);
        if (whole) assert_true(c.G == w->G && c.S == w->S);
        assert_true(run.shape.d_model == 64 && run.shape.n_layers == 4 && run.shape.n_heads == 4);
    }
}

// Wishes in widths of a layer serve several backbones; those for less than one routed expert are left out.
static void widths_as_wishes(void **state) {
    (void)state;
    Design d;
    assert_int_equal(read_design("list: [{d_model: 32, n_layers: 4}, {d_model: 48, n_layers: 2}]\n"
                                 "grid: {active_ratio: [1, 3], total_ratio: 9, G: [1, 2, 4], S: [0, 0.5]}\n",
                                 &d),
                     OK);
    assert_int_equal(d.n_impossible, 4);
    assert_int_equal(d.n_runs, 20);
    for (int i = 0; i < d.n_runs; i++) {
        const Shape *s = &d.runs[i].run.shape;
        double active = (double)s->top_k * s->d_ff_expert + s->d_ff_shared;
        assert_true(fabs(active / s->d_model / d.runs[i].wish.active_ratio - 1) < 0.35);
        assert_true(fabs(((double)s->n_experts * s->d_ff_expert + s->d_ff_shared) / s->d_model / 9 - 1) < 0.12);
        assert_true(d.runs[i].counts.G == d.runs[i].wish.G && d.runs[i].counts.S == d.runs[i].wish.S);
    }
    design_free(&d);
}

// What is missed by too much, or not buildable at all, can be left out.
static void missed_wishes_are_dropped(void **state) {
    (void)state;
    static const char grid[] = "solve: {d_ff_multiple: 4}\n"
                               "list: {d_model: 32, n_layers: 4}\n"
                               "grid: {active_ratio: [1, 4], total_ratio: 16, G: [1, 2, 4, 8, 16], S: 0}\n";
    char text[512];
    Design d;
    assert_int_equal(read_design(grid, &d), BAD_INPUT); // 16 experts within 32 are 2 wide
    assert_says("no shape comes within a factor of two of G = 16, S = 0, active_ratio = 1");
    snprintf(text, sizeof text, "%skeep: {missed: [0, 0.02]}\n", grid);
    assert_int_equal(read_design(text, &d), OK);
    assert_int_equal(d.n_runs, 9);
    assert_int_equal(d.n_dropped, 1);
    for (int i = 0; i < d.n_runs; i++)
        for (int k = 0; k < N_WISHES; k++) assert_true(wish_missed(&d.runs[i].wish, &d.runs[i].run.shape, k) <= 0.02);
    design_free(&d);
}

static int count_marked(const Design *d, const char *mark) {
    int n = 0;
    for (int i = 0; i < d->n_runs; i++) n += !strcmp(d->runs[i].holdout, mark);
    return n;
}

// 48 runs and a drawn block: the largest by M D with ties, cells drawn by their hash whatever the order, block marks.
static void holdouts_are_marked_before_training(void **state) {
    (void)state;
    static const char *const seeds[] = {"seed: [1, 2, 3], d_model: [16, 24, 32, 40]",
                                        "d_model: [40, 16, 32, 24], seed: [3, 1, 2]"};
    char drawn[2][4][RUN_ID];
    for (int order = 0; order < 2; order++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "holdout: {largest_compute: 0.1, hash: 2}\n"
                 "blocks:\n  - name: grid\n    grid: {%s, tokens: [1e5, 2e5, 4e5, 8e5]}\n"
                 "  - name: levels\n    holdout: between\n    draw: 2\n"
                 "    grid: {d_model: [20, 28, 36], tokens: [1e5, 2e5]}\n",
                 seeds[order]);
        Design d;
        if (read_design(text, &d) != OK) fail_msg("%s", status_message());
        assert_int_equal(d.n_runs, 48 + 4);
        // Five runs are a tenth: the three seeds of width 40 at most tokens, and the next three, which tie.
        assert_int_equal(count_marked(&d, "largest"), 6);
        double least = INFINITY, most = 0;
        int n = 0;
        for (int i = 0; i < d.n_runs; i++) {
            const PlannedRun *p = &d.runs[i];
            bool largest = !strcmp(p->holdout, "largest");
            if (largest) least = fmin(least, p->counts.M * p->run.tokens);
            if (!largest) most = fmax(most, p->counts.M * p->run.tokens);
            bool first = true;
            for (int j = 0; j < i; j++) first = first && strcmp(d.runs[j].cell, p->cell);
            bool marked = !strcmp(p->holdout, "hash") || !strcmp(p->holdout, "between");
            if (first && marked && n < 4) memcpy(drawn[order][n++], p->cell, RUN_ID);
        }
        assert_true(least > most);
        assert_int_equal(count_marked(&d, "between"), 4);
        assert_true(count_marked(&d, "hash") >= 18); // all of two cells that are not among the largest
        qsort(drawn[order], (size_t)n, RUN_ID, (int (*)(const void *, const void *))strcmp);
        design_free(&d);
    }
    assert_memory_equal(drawn[0], drawn[1], sizeof drawn[0]);
}

// A run that one block holds out and another has as well is held out.
static void holding_out_wins(void **state) {
    (void)state;
    Design d;
    assert_int_equal(
        read_design("blocks:\n  - grid: {d_model: [16, 24]}\n  - {holdout: true, grid: {d_model: 24}}\n", &d), OK);
    assert_int_equal(d.n_runs, 2);
    assert_string_equal(d.runs[0].holdout, "");
    assert_string_equal(d.runs[1].holdout, "block");
    assert_int_equal(d.runs[1].block, 0);
    design_free(&d);
}

// The cell leaves out D, seeds and corpus, and nothing else.
static void cells_leave_out_tokens_and_seeds(void **state) {
    (void)state;
    Design d;
    assert_int_equal(
        read_design("grid: {seed: [1, 2], tokens: [1e5, 2e5], decay_fraction: [0.2, 0.3], lr: [1e-3, 2e-3]}\n", &d),
        OK);
    for (int i = 0; i < d.n_runs; i++)
        for (int j = 0; j < d.n_runs; j++) {
            const Run *a = &d.runs[i].run, *b = &d.runs[j].run;
            bool same = a->lr == b->lr && a->decay_fraction == b->decay_fraction;
            assert_int_equal(same, !strcmp(d.runs[i].cell, d.runs[j].cell));
        }
    PlanSummary s = plan_summary(&d);
    assert_int_equal(s.cells, 4);
    assert_int_equal(s.replicated, 0);
    cost_free(&s.cost);
    design_free(&d);
}

static void designs_that_cannot_be(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", "is empty"},
        {"grid: {d_model: [16\n", "d.yaml:2: is not YAML"},
        {"- 1\n", "design: expected 'key: value' lines"},
        {"gird: {d_model: 16}\n", "d.yaml:1: design: 'gird' is unknown (did you mean 'grid'?), expected one of about"},
        {"about: x\n", "needs 'list' or 'grid'"},
        {"grid:\n  d_model: 16\n  d_modle: 16\n", "d.yaml:3: 'd_modle' is not a setting"},
        {"grid:\n  d_model: 16\n  d_model: 32\n", "d.yaml:3: 'd_model' is set twice"},
        {"grid:\n  tokens: -5\n", "d.yaml:2: tokens = -5"},
        {"grid:\n  N: x\n", "d.yaml:2: 'x', expected a number"},
        {"grid:\n  S: 1.5\n", "d.yaml:2: S = 1.5, expected 0 <= S < 1"},
        {"grid:\n  D: 0\n", "D = 0, expected a positive number"},
        {"grid:\n  d_model: []\n", "expected a value or a list of values"},
        {"grid:\n  d_model: {a: 1}\n", "expected a value or a list of values"},
        {"grid: {N: 1e5, Na: 2e6}\n", "no shape comes within a factor of two"},
        {"grid: {Na_over_N: 0.5}\n", "needs a wish for either N or Na"},
        {"grid: {d_model: 16}\nkeep: {d_modle: [1, 2]}\n", "d.yaml:2: keep: 'd_modle' is unknown"},
        {"grid: {d_model: 16}\nkeep: {d_model: [1, 2]}\n", "no run is left"},
        {"grid: {d_model: 16}\nkeep: {d_model: 1}\n", "expected [least, most]"},
        {"grid: {d_model: 16}\nsolve: {width: 1}\n", "solve: 'width' is unknown"},
        {"grid: {d_model: 16}\nsolve: {d_ff_multiple: 1.5}\n", "expected a whole number"},
        {"list: {d_model: 16}\ngrid: {d_model: 8}\n", "stands in list and in grid"},
        {"grid: {corpus: x}\n", "corpus is set by --corpus-sha"},
        {"grid: {d_model: 16}\n---\ngrid: {d_model: 16}\n", "d.yaml:2: a second document"},
        {"&a [*a]\n", "d.yaml:1: aliases"},
        {"grid: &a {d_model: [*a]}\n", "d.yaml:1: aliases"},
        {"blocks: 1\n", "blocks: expected"},
        {"blocks: [{name: a, grid: {d_model: 16}}, {name: a, grid: {d_model: 24}}]\n", "name: 'a' comes twice"},
        {"name: a,b\ngrid: {d_model: 16}\n", "name: expected at most 23 letters"},
        {"holdout: {largest: 0.1}\ngrid: {d_model: 16}\n", "holdout: 'largest' is unknown"},
        {"holdout: {largest_compute: 2}\ngrid: {d_model: 16}\n", "largest_compute = 2, expected a share"},
        {"holdout: {hash: 1}\ngrid: {d_model: 16}\n", "hash = 1 of 1 cells leaves none to fit"},
        {"draw: 3\ngrid: {d_model: [16, 24]}\n", "draw = 3, but the block has 2 cells"},
        {"draw: 0.5\ngrid: {d_model: 16}\n", "draw = 0.5, expected how many cells"},
        {"table: [a]\ngrid: {d_model: 16}\n", "table: expected a file name"},
    };
    Design d;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (read_design(cases[i][0], &d) != BAD_INPUT) fail_msg("case %u passed: %s", i, cases[i][0]);
        assert_says(cases[i][1]);
    }
    char huge[4096] = "grid:\n";
    for (int k = 0; k < 6; k++)
        snprintf(huge + strlen(huge), sizeof huge - strlen(huge), "  %s: [1,2,3,4,5,6,7,8,9,10]\n",
                 (const char *const[]){"seed", "batch", "lr", "clip", "n_layers", "warmup_tokens"}[k]);
    assert_int_equal(read_design(huge, &d), BAD_INPUT);
    assert_says("more than 100000 runs");
}

// Cut and broken designs are refused or expanded, never worse (run under the sanitizers).
static void designs_cut_and_broken(void **state) {
    (void)state;
    static const char good[] = "defaults: {batch: 4}\nlist: [{d_model: &x 16}, {d_model: *x, seed: [1, 2]}]\n"
                               "grid:\n  tokens: 1e4\nkeep: {D: [1, 1e9]}\n";
    Random r = random_stream(5, 5);
    char text[sizeof good];
    Design d;
    for (size_t i = 0; i < sizeof good; i++) {
        memcpy(text, good, sizeof good);
        text[i] = '\0';
        if (read_design(text, &d) == OK) design_free(&d);
    }
    for (int i = 0; i < 1500; i++) {
        memcpy(text, good, sizeof good);
        for (int k = 0; k < 2; k++)
            text[random_below(&r, sizeof good - 1)] = "{}[]:,&*-\n x9\"'#|>!%@"[random_below(&r, 22)];
        if (read_design(text, &d) == OK) design_free(&d);
    }
}

// Against the sum of squares of differences: corr = 1 - sum (x/sx - y/sy)^2 / 2 over standardised columns.
static void correlations_of_a_plan(void **state) {
    (void)state;
    Design d;
    assert_int_equal(read_design("list: [{d_model: 16, tokens: [1e5, 2e5]}, {d_model: 32, tokens: [2e5, 4e5, 8e5]}]\n"
                                 "grid: {n_experts: 4, top_k: [1, 2]}\nholdout: {largest_compute: 0.2}\n",
                                 &d),
                     OK);
    for (int fitted = 0; fitted < 2; fitted++) {
        double x[2][64], mean[2] = {0}, deviation[2] = {0}, sum = 0;
        int n = 0;
        for (int i = 0; i < d.n_runs; i++) {
            if (fitted && d.runs[i].holdout[0]) continue;
            x[0][n] = log(d.runs[i].run.tokens);
            x[1][n++] = log(d.runs[i].counts.N);
        }
        assert_int_equal(n, fitted ? 8 : 10);
        for (int k = 0; k < 2; k++) {
            for (int i = 0; i < n; i++) mean[k] += x[k][i] / n;
            for (int i = 0; i < n; i++) deviation[k] += (x[k][i] - mean[k]) * (x[k][i] - mean[k]) / n;
        }
        for (int i = 0; i < n; i++)
            sum += pow((x[0][i] - mean[0]) / sqrt(deviation[0]) - (x[1][i] - mean[1]) / sqrt(deviation[1]), 2) / n;
        PlanCorrelations c = plan_correlations(&d, fitted);
        assert_true(fabs(c.correlation[0][1] - (1 - sum / 2)) < 1e-12);
        assert_true(c.correlation[0][1] == c.correlation[1][0] && fabs(c.correlation[1][1] - 1) < 1e-12);
        assert_true(isnan(c.correlation[4][0])); // S does not vary
        for (int a = 0; a < PLAN_FACTORS; a++)
            for (int b = 0; b < a; b++) assert_false(fabs(c.correlation[a][b]) > fabs(c.correlation[c.a][c.b]));
    }
    design_free(&d);
}

// The designs we ship: all expand, and those meant to identify the five-factor law cross its factors.
static void shipped_designs(void **state) {
    (void)state;
    static const char *const names[] = {"smoke", "quick", "joint", "large", "noise", "lr", "experts"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        snprintf(path, sizeof path, "pipeline/designs/%s.yaml", names[i]);
        Design d;
        if (design_read(path, "", &d) != OK) fail_msg("%s", status_message());
        bool crossed = !strcmp(names[i], "quick") || !strcmp(names[i], "joint") || !strcmp(names[i], "large");
        PlanCorrelations c = plan_correlations(&d, false);
        if (crossed && !(fabs(c.correlation[c.a][c.b]) <= 0.5))
            fail_msg("%s: %s and %s correlate at %g", names[i], plan_factor_names[c.a], plan_factor_names[c.b],
                     c.correlation[c.a][c.b]);
        design_free(&d);
    }
}

static void manifests_read_back(void **state) {
    (void)state;
    Design d;
    char path[256], edited[300];
    snprintf(path, sizeof path, "%s/m.csv", scratch);
    snprintf(edited, sizeof edited, "%s/e.csv", scratch);
    assert_int_equal(read_design("grid: {N: 3e5, Na: 1e5, G: [2, 4], S: [0, 0.5], D: [1e5, 2e5]}\n", &d), OK);
    assert_int_equal(design_write_manifest(&d, path), OK);
    Manifest m;
    assert_int_equal(manifest_read(path, &m), OK);
    assert_int_equal(m.n_runs, d.n_runs);
    for (int i = 0; i < m.n_runs; i++) {
        assert_string_equal(m.ids[i], d.runs[i].id);
        assert_memory_equal(&m.runs[i].shape, &d.runs[i].run.shape, sizeof m.runs[i].shape);
    }
    manifest_free(&m);
    char command[1024];
    snprintf(command, sizeof command, "sed '3s/,0.1,/,0.2,/' %s >%s", path, edited);
    assert_int_equal(system(command), 0);
    assert_int_equal(manifest_read(edited, &m), BAD_INPUT);
    assert_says("e.csv:3: run_id");
    snprintf(command, sizeof command, "{ cat %s; sed -n 2p %s; } >%s", path, path, edited);
    assert_int_equal(system(command), 0);
    assert_int_equal(manifest_read(edited, &m), BAD_INPUT);
    assert_says("stands already on line 2");
    design_free(&d);
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(scratch) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", scratch);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_by_hand),
        cmocka_unit_test(counts_of_a_published_model),
        cmocka_unit_test(dense_is_one_expert),
        cmocka_unit_test(shapes_that_cannot_be),
        cmocka_unit_test(ids_follow_every_field),
        cmocka_unit_test(fields_survive_text),
        cmocka_unit_test(solver_meets_what_can_be_met),
        cmocka_unit_test(solver_leaves_fixed_fields),
        cmocka_unit_test(grids_lists_and_keeps),
        cmocka_unit_test(wishes_become_exact_counts),
        cmocka_unit_test(held_backbones_move_experts_alone),
        cmocka_unit_test(widths_as_wishes),
        cmocka_unit_test(missed_wishes_are_dropped),
        cmocka_unit_test(holdouts_are_marked_before_training),
        cmocka_unit_test(holding_out_wins),
        cmocka_unit_test(cells_leave_out_tokens_and_seeds),
        cmocka_unit_test(correlations_of_a_plan),
        cmocka_unit_test(designs_that_cannot_be),
        cmocka_unit_test(designs_cut_and_broken),
        cmocka_unit_test(shipped_designs),
        cmocka_unit_test(manifests_read_back),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
