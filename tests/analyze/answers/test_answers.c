// test_answers.c - the statistics of a registered design against tables whose truth is planted: noise by D, what a
// factor does alone, whether the best G moves.
#include "answers/contrast.h"
#include "answers/floor.h"
#include "ground/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

// Loss of a run but for its noise; G* = 4 (N / 1M)^by_N (D / 2M)^by_D.
typedef struct {
    double noise, by_D_noise, by_N, by_D, of_S, of_depth;
} Truth;

static FILE *table;
static int n_trunks;
static Random noise;

// A stable phase: a run at each D, of one cell and seed.
static void phase(const Truth *t, const char *block, int d_model, int n_layers, double N, double Na, double G, double S,
                  int seed) {
    n_trunks++;
    for (double D = 8e5; D < 7e6; D *= 2) {
        double best = log(4) + t->by_N * log(N / 1e6) + t->by_D * log(D / 2e6), x = log(G) - best;
        double sd = t->noise * pow(D / 1e6, t->by_D_noise);
        double loss = 1.3 - 0.1 * log(D / 2e6) - 0.02 * log(N / 1e6) + 0.03 * x * x + t->of_S * S +
                      t->of_depth * (n_layers - 4) + sd * random_normal(&noise);
        fprintf(table, "%g,%g,%g,%g,%g,%.17g,%d,%d,%d,%d,c%d-%g-%g-%g-%d,t%d,%s,\n", D, N * 1.01, Na * (1 + 0.01 * G),
                G, S, loss, seed, seed, d_model, n_layers, d_model, N, G, S, n_layers, n_trunks, block);
    }
}

static Planned plant(const Truth *t, uint64_t stream) {
    char path[] = "/tmp/moelaw-answers-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    table = fdopen(file, "w");
    n_trunks = 0;
    noise = random_stream(77, stream);
    fprintf(table, "D,N,Na,G,S,loss,seed,data_seed,d_model,n_layers,cell,trunk,block,holdout\n");
    static const struct {
        int d_model;
        double N, Na;
    } size[] = {{32, 4e5, 8e4}, {32, 1.2e6, 8e4}, {64, 1.2e6, 2.2e5}, {96, 3e6, 4.5e5}};
    for (int i = 0; i < 4; i++)
        for (double G = 1; G < 20; G *= 2) phase(t, "hook-G", size[i].d_model, 4, size[i].N, size[i].Na, G, 0, 1);
    for (int seed = 2; seed < 12; seed++)
        for (int i = 0; i < 2; i++) phase(t, "seeds", size[i].d_model, 4, size[i].N, size[i].Na, 4, 0, seed);
    for (int i = 0; i < 4; i++)
        for (double S = 0.25; S < 0.8; S += 0.25)
            phase(t, "hook-S", size[i].d_model, 4, size[i].N, size[i].Na, 4, S, 1);
    phase(t, "shape", 48, 8, 1.2e6, 2.2e5, 4, 0, 1);
    phase(t, "shape", 48, 8, 1.2e6, 2.2e5, 1, 0, 1);
    fclose(table);
    Planned p;
    if (planned_read(path, &p) != OK) fail_msg("%s", status_message());
    unlink(path);
    return p;
}

static void the_floor_is_the_planted_noise(void **state) {
    (void)state;
    const Truth truth = {.noise = 0.01, .by_D_noise = -0.4};
    int inside = 0, slopes = 0;
    for (uint64_t stream = 0; stream < 40; stream++) {
        Planned p = plant(&truth, stream);
        Floor f = noise_floor(&p, SEEDS);
        assert_int_equal(f.n, 4);
        assert_int_equal(f.cells, 2);
        assert_int_equal(f.at[0].dof, 20);
        double sd = 0.01 * pow(0.8, -0.4);
        inside += f.at[0].ci95.lo < sd && sd < f.at[0].ci95.hi;
        slopes += fabs(f.slope + 0.4) < 0.25;
        assert_true(fabs(log(floor_at(&f, 2e6) / (0.01 * pow(2, -0.4)))) < 0.5);
        planned_free(&p);
    }
    assert_in_range(inside, 34, 40); // of 40 at 95 %
    assert_in_range(slopes, 36, 40);
}

// Initialisation and order planted apart: each alone is found, and together they are their squares' sum.
static void seeds_apart(void **state) {
    (void)state;
    char path[2][32] = {"/tmp/moelaw-answers-XXXXXX", "/tmp/moelaw-answers-XXXXXX"};
    static const double sd_init = 0.01, sd_order = 0.004;
    for (int t = 0; t < 2; t++) {
        FILE *f = fdopen(mkstemp(path[t]), "w");
        fprintf(f, "D,N,Na,G,S,loss,seed,data_seed,d_model,n_layers,cell,trunk,block,holdout\n");
        for (int cell = 0; cell < 60; cell++) {
            double init[5], order[5];
            Random own = random_stream(9, (uint64_t)cell);
            for (int k = 0; k < 5; k++)
                init[k] = sd_init * random_normal(&own), order[k] = sd_order * random_normal(&own);
            for (int k = 0; k < 5; k++) // the first table moves both seeds, the other one of them
                for (int part = 0; part < 1 + t; part++) {
                    int seed = t && part ? 0 : k, data = t && !part ? 0 : k;
                    if (t && k == 0) continue;
                    fprintf(f, "1e6,1e6,1e5,4,0,%.17g,%d,%d,32,4,c%d,t%d-%d-%d,x,\n", 1.3 + init[seed] + order[data],
                            seed, data, cell, cell, seed, data);
                }
        }
        fclose(f);
    }
    Planned p;
    assert_int_equal(planned_read(path[0], &p), OK);
    Floor both = noise_floor(&p, SEEDS);
    assert_int_equal(noise_floor(&p, ORDER).cells, 0);
    assert_int_equal(planned_add(path[1], &p), OK);
    assert_int_equal(p.n_cells, 60);
    Floor init = noise_floor(&p, INITIALISATION), order = noise_floor(&p, ORDER);
    assert_int_equal(init.at[0].dof, 480);
    assert_int_equal(order.at[0].dof, 480);
    assert_true(fabs(log(init.at[0].sd / sd_init)) < 0.15);
    assert_true(fabs(log(order.at[0].sd / sd_order)) < 0.15);
    assert_true(fabs(log(both.at[0].sd / hypot(sd_init, sd_order))) < 0.15);
    planned_free(&p);
    for (int t = 0; t < 2; t++) unlink(path[t]);
}

static void one_factor_alone(void **state) {
    (void)state;
    const Truth truth = {.noise = 0.002, .of_S = 0.04, .of_depth = 0.01};
    Planned p = plant(&truth, 1);
    Contrast g = contrast(&p, CONTRAST_G), s = contrast(&p, CONTRAST_S), b = contrast(&p, CONTRAST_BACKBONE);
    static const double levels[] = {1, 2, 8, 16};
    assert_int_equal(g.n, 4);
    for (int i = 0; i < 4; i++) {
        double x = log(levels[i] / 4);
        assert_true(g.at[i].level == levels[i]);
        assert_int_equal(g.at[i].pairs, 4);
        assert_true(fabs(g.at[i].mean - 0.03 * x * x) < 0.003);
        assert_true(g.at[i].ci95.lo < g.at[i].mean && g.at[i].mean < g.at[i].ci95.hi);
    }
    assert_int_equal(s.n, 3);
    for (int i = 0; i < 3; i++) {
        assert_true(s.at[i].level == 0.25 * (i + 1));
        assert_int_equal(s.at[i].pairs, 4);
        assert_true(fabs(s.at[i].mean - 0.04 * s.at[i].level) < 0.003);
    }
    assert_int_equal(b.n, 1);
    assert_int_equal(b.at[0].pairs, 2);
    assert_int_equal(b.at[0].d_model, 48);
    assert_true(fabs(b.at[0].mean - 0.04) < 0.004);
    planned_free(&p);
}

static void whether_the_best_G_moves(void **state) {
    (void)state;
    static const Truth stays = {.noise = 0.003}, moves = {.noise = 0.003, .by_N = 0.3, .by_D = -0.2};
    for (int i = 0; i < 2; i++) {
        const Truth *t = i ? &moves : &stays;
        Planned p = plant(t, 3 + i);
        Moving m = moving_minimum(&p);
        assert_int_equal(m.trunks, 40);
        assert_int_equal(m.groups, 16);
        assert_true(fabs(m.by_N - t->by_N) < 0.08 && fabs(m.by_D - t->by_D) < 0.08);
        assert_true(m.by_N95.lo < t->by_N && t->by_N < m.by_N95.hi);
        assert_true(m.by_D95.lo < t->by_D && t->by_D < m.by_D95.hi);
        assert_int_equal(m.by_N95.lo > 0, i);
        assert_true(m.without < 0.01);
        if (!i) assert_true(m.G95.lo < 4 && 4 < m.G95.hi && m.G95.hi - m.G95.lo < 0.5);
        planned_free(&p);
    }
}

static void other_tables_are_refused(void **state) {
    (void)state;
    char path[] = "/tmp/moelaw-answers-XXXXXX";
    int file = mkstemp(path);
    static const char text[] = "D,N,Na,G,S,loss\n1e6,1e6,1e5,4,0,1.3\n";
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    Planned p;
    assert_int_equal(planned_read(path, &p), BAD_INPUT);
    assert_non_null(strstr(status_message(), "has no column seed"));
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_floor_is_the_planted_noise),
        cmocka_unit_test(seeds_apart),
        cmocka_unit_test(one_factor_alone),
        cmocka_unit_test(whether_the_best_G_moves),
        cmocka_unit_test(other_tables_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
