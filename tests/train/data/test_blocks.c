// Losses by stretch of text, and the error of their mean.
#include "data/blocks.h"

#include "ground/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "near.h"

// Few numbers are a cluster each: the textbook's standard error, n - 1 and all.
static void test_few(void **state) {
    (void)state;
    assert_near(clustered_error((double[]){3, 7}, 2), 2, 1e-15);
    assert_near(clustered_error((double[]){1, 2, 3, 6}, 4), sqrt(14.0 / 3 / 4), 1e-15);
    assert_near(clustered_error((double[]){1, 2, 3}, 1), 0, 0);
}

// Stretches of unequal length: 67 numbers in 32 clusters of two or three, against the sum written out.
static void test_unequal(void **state) {
    (void)state;
    enum { N = 67, C = EVAL_CLUSTERS };
    double x[N], mean = 0, squares = 0;
    Random r = random_stream(1, 1);
    for (int i = 0; i < N; i++) mean += (x[i] = random_normal(&r)) / N;
    for (int c = 0; c < C; c++) {
        double off = 0;
        for (int i = 0; i < N; i++)
            if (i >= c * N / C && i < (c + 1) * N / C) off += x[i] - mean;
        squares += off * off;
    }
    assert_near(clustered_error(x, N), sqrt(C / (C - 1.0) * squares) / N, 1e-14);
}

static void test_blocks(void **state) {
    (void)state;
    double x[300], block[EVAL_BLOCKS], sum = 0, all = 0;
    for (int i = 0; i < 300; i++) all += x[i] = i * i;
    assert_int_equal(block_means(x, 5, EVAL_BLOCKS, block), 5);
    for (int i = 0; i < 5; i++) assert_near(block[i], x[i], 0);
    assert_int_equal(block_means(x, 300, EVAL_BLOCKS, block), EVAL_BLOCKS);
    assert_near(block[0], (x[0] + x[1]) / 2, 0);
    for (int b = 0; b < EVAL_BLOCKS; b++) sum += block[b] * ((b + 1) * 300 / EVAL_BLOCKS - b * 300 / EVAL_BLOCKS);
    assert_near(sum, all, 1e-6);
    // Blocks are quarters of clusters.
    double cluster[EVAL_CLUSTERS], blocks_of[EVAL_BLOCKS];
    block_means(x, 256, EVAL_CLUSTERS, cluster);
    block_means(x, 256, EVAL_BLOCKS, blocks_of);
    for (int b = 0; b < EVAL_BLOCKS; b += 4)
        assert_near(cluster[b / 4], (blocks_of[b] + blocks_of[b + 1] + blocks_of[b + 2] + blocks_of[b + 3]) / 4, 1e-9);
}

// A series where each number is phi times the one before and noise. Over many draws the squared error said must be, on
// average, how far the means really lie from 0; counted as if numbers were independent it is (1 + phi) / (1 - phi)
// times too small.
static void test_neighbours_alike(void **state) {
    (void)state;
    enum { N = 6144, DRAWS = 400 };
    static double x[N];
    const double phi[] = {0, 0.8};
    for (int k = 0; k < 2; k++) {
        double said = 0, real = 0, naive = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            Random r = random_stream(7, (uint64_t)(1000 * k + draw));
            double last = random_normal(&r) / sqrt(1 - phi[k] * phi[k]), sum = 0, squares = 0;
            for (int i = 0; i < N; i++) {
                sum += x[i] = last;
                squares += last * last;
                last = phi[k] * last + random_normal(&r);
            }
            said += pow(clustered_error(x, N), 2) / DRAWS;
            real += pow(sum / N, 2) / DRAWS;
            naive += (squares / N - pow(sum / N, 2)) / N / DRAWS;
        }
        // The mean of an autoregression has variance 1 / (n (1 - phi)^2).
        double truth = 1 / (N * (1 - phi[k]) * (1 - phi[k]));
        assert_near(real, truth, 0.25 * truth);
        assert_near(said, truth, 0.1 * truth);
        if (k) assert_true(naive < truth / 8);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few),
        cmocka_unit_test(test_unequal),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_neighbours_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
