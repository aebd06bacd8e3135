// blocks.c - see blocks.h.
#include "blocks.h"

#include <math.h>

int block_means(const double *x_N, int64_t n, int blocks, double *mean_B) {
    if (n < blocks) blocks = (int)n;
    for (int b = 0; b < blocks; b++) {
        int64_t from = b * n / blocks, end = (b + 1) * n / blocks;
        double sum = 0;
        for (int64_t i = from; i < end; i++) sum += x_N[i];
        mean_B[b] = sum / (double)(end - from);
    }
    return blocks;
}

double clustered_error(const double *x_N, int64_t n) {
    double cluster[EVAL_CLUSTERS], mean, squares = 0;
    int clusters = block_means(x_N, n, EVAL_CLUSTERS, cluster);
    if (clusters < 2) return 0;
    block_means(x_N, n, 1, &mean);
    for (int c = 0; c < clusters; c++) {
        double size = (double)((c + 1) * n / clusters - c * n / clusters), off = size * (cluster[c] - mean);
        squares += off * off;
    }
    return sqrt(squares * clusters / (clusters - 1)) / (double)n;
}
