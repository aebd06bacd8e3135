// holistic.c - see holistic.h.
#include "holistic.h"

#include "ground/table.h"

#include <gsl/gsl_multifit.h>
#include <math.h>
#include <stdlib.h>

Holistic holistic_count(const Shape *s) {
    double d = s->d_model, L = s->n_layers, L_m = L - s->n_dense_layers, q = (double)s->n_heads * s->d_head;
    double projections = 2 * (q + (double)s->n_kv_heads * s->d_head) * d * L;
    double dense = 3 * d * s->d_ff_dense * s->n_dense_layers;
    double experts = 3 * d * ((double)s->d_ff_expert * s->top_k + s->d_ff_shared) * L_m;
    double scores = 6 * q * s->seq_len * L;
    Holistic h = {.Na = projections + dense + experts};
    h.N = h.Na + 3 * d * s->d_ff_expert * (double)(s->n_experts - s->top_k) * L_m;
    h.M = 6 * h.Na + scores;
    h.x = h.M / h.Na;
    h.y = h.N / h.Na;
    h.r_a = (6 * projections + scores) / h.M;
    h.r_d = 6 * dense / h.M;
    h.r_m = 6 * experts / h.M;
    return h;
}

double holistic_most_y(int n_experts, int top_k, int n_shared) {
    return (double)(n_experts + n_shared) / (top_k + n_shared);
}

Ratios ratios_published(void) {
    Ratios r = {.n_scales = WAN_SCALES};
    double C[WAN_SCALES], above[WAN_SCALES], share[WAN_SCALES], most = holistic_most_y(288, 8, 1);
    for (int i = 0; i < WAN_SCALES; i++) {
        C[i] = wan_scales[i].C;
        above[i] = wan_scales[i].x - 6;
        share[i] = (wan_scales[i].y - 1) / (most - 1);
    }
    r.above_6 = power_fit(C, above, WAN_SCALES);
    r.share = power_fit(C, share, WAN_SCALES);
    return r;
}

// ---- from a table of runs ------------------------------------------------------------------------------------------

typedef struct {
    double C, x, y, loss, most;
} Row;

static int by_budget(const void *a, const void *b) {
    double x = ((const Row *)a)->C, y = ((const Row *)b)->C;
    return (x > y) - (x < y);
}

// The column, or the second one where the first is missing; -1 if both are.
static int either(const Table *t, const char *first, const char *second) {
    int c = table_column(t, first);
    return c >= 0 ? c : table_column(t, second);
}

static Status read_rows(const Table *t, Row *rows, int *n) {
    const int columns[] = {table_column(t, "M"),       table_column(t, "D"),
                           either(t, "N_nonemb", "N"), either(t, "Na_nonemb", "Na"),
                           table_column(t, "loss"),    table_column(t, "num_experts"),
                           table_column(t, "top_k"),   either(t, "shared_ratio", "num_shared")};
    static const char *const names[] = {"M", "D", "N", "Na", "loss", "num_experts", "top_k", "num_shared"};
    for (int i = 0; i < 8; i++)
        if (columns[i] < 0) return fail(BAD_INPUT, "%s: has no column '%s', which ratio laws need", t->path, names[i]);
    *n = 0;
    for (int row = 0; row < t->n_rows; row++) {
        double v[8];
        bool all = true;
        for (int i = 0; i < 8; i++) {
            TRY(table_number(t, row, columns[i], &v[i]));
            all = all && v[i] >= (i == 7 ? 0 : 1e-9);
        }
        Row r = {v[0] * v[1], v[0] / v[3], v[2] / v[3], v[4], (v[5] + v[7]) / (v[6] + v[7])};
        if (all && r.x > 6 && r.y > 1 && r.y < r.most) rows[(*n)++] = r;
    }
    return OK;
}

typedef struct {
    double C, above, share, slope, gain;
} Scale;

// Linear least squares of one scale; false without interior minima (a coefficient of the wrong sign).
static bool fit_scale(const Row *rows, int n, Scale *s) {
    gsl_matrix *X = gsl_matrix_alloc((size_t)n, 5), *covariance = gsl_matrix_alloc(5, 5);
    gsl_vector *loss = gsl_vector_alloc((size_t)n), *c = gsl_vector_alloc(5);
    gsl_multifit_linear_workspace *w = gsl_multifit_linear_alloc((size_t)n, 5);
    double sum, log_C = 0, most = 0;
    for (int i = 0; i < n; i++) {
        const double row[] = {1 / (rows[i].x - 6), rows[i].x, 1 / (rows[i].y - 1), 1 / (rows[i].most - rows[i].y), 1};
        for (int j = 0; j < 5; j++) gsl_matrix_set(X, (size_t)i, (size_t)j, row[j]);
        gsl_vector_set(loss, (size_t)i, rows[i].loss);
        log_C += log(rows[i].C) / n;
        most += rows[i].most / n;
    }
    bool good = gsl_multifit_linear(X, loss, c, covariance, &sum, w) == GSL_SUCCESS;
    double a = gsl_vector_get(c, 0), b = gsl_vector_get(c, 1), e = gsl_vector_get(c, 2), f = gsl_vector_get(c, 3);
    good = good && a > 0 && b > 0 && e > 0 && f > 0;
    if (good) {
        double part = sqrt(e) / (sqrt(e) + sqrt(f)), y = 1 + part * (most - 1);
        *s = (Scale){exp(log_C), sqrt(a / b), part, b, e / ((y - 1) * (y - 1))};
    }
    gsl_multifit_linear_free(w);
    gsl_matrix_free(X);
    gsl_matrix_free(covariance);
    gsl_vector_free(loss);
    gsl_vector_free(c);
    return good;
}

// Through all scales; with one, the published exponent (0 for the slopes) through it.
static Power through(const Scale *scales, int n, size_t offset, double exponent) {
    double C[64] = {0}, v[64] = {0};
    for (int i = 0; i < n; i++) {
        C[i] = scales[i].C;
        v[i] = *(const double *)(const void *)((const char *)&scales[i] + offset);
    }
    return n > 1 ? power_fit(C, v, n) : (Power){v[0] / pow(C[0], exponent), exponent};
}

static Status fit_ratios(const Table *t, Row *rows, Ratios *r) {
    enum { LEAST = 6, MOST = 64 };
    Scale scales[MOST];
    int n = 0, n_scales = 0;
    TRY(read_rows(t, rows, &n));
    qsort(rows, (size_t)n, sizeof *rows, by_budget);
    for (int i = 0, j; i < n; i = j) {
        for (j = i; j < n && rows[j].C <= rows[i].C * 1.1;) j++;
        if (j - i >= LEAST && n_scales < MOST && fit_scale(rows + i, j - i, &scales[n_scales])) n_scales++;
    }
    if (!n_scales)
        return fail(BAD_INPUT, "%s: no budget has %d or more runs that show minima of the loss over M/Na and N/Na",
                    t->path, LEAST);
    Ratios published = ratios_published();
    *r = (Ratios){.above_6 = through(scales, n_scales, offsetof(Scale, above), published.above_6.exponent),
                  .share = through(scales, n_scales, offsetof(Scale, share), published.share.exponent),
                  .slope_x = through(scales, n_scales, offsetof(Scale, slope), 0),
                  .gain_y = through(scales, n_scales, offsetof(Scale, gain), 0),
                  .measured = true,
                  .n_scales = n_scales,
                  .n_rows = n};
    return OK;
}

Status ratios_read(const char *path, Ratios *r) {
    Table t;
    TRY(table_read(path, &t));
    Row *rows = allocate(t.n_rows + 1, sizeof *rows);
    Status s = fit_ratios(&t, rows, r);
    free(rows);
    table_free(&t);
    return s;
}
