// linear.c - see linear.h.
#include "linear.h"

#include <assert.h>
#include <math.h>
#include <string.h>

// Two doubles, which every 64-bit machine adds at once; the order of summation is the same on all.
typedef double Two __attribute__((vector_size(16)));

static inline Two load(const double *x) {
    Two v;
    memcpy(&v, x, sizeof v);
    return v;
}

static inline double sum(Two even, Two odd) {
    Two v = even + odd;
    return v[0] + v[1];
}

// Products of one column with up to three others at a time: one load serves three.
static void products(int stride, const double *a, const double *b, int n_b, double *out) {
    const Two zero = {0, 0};
    if (n_b < 3) {
        for (int j = 0; j < n_b; j++, b += stride) {
            Two even = zero, odd = zero;
            for (int i = 0; i < stride; i += LANES) {
                even += load(a + i) * load(b + i);
                odd += load(a + i + 2) * load(b + i + 2);
            }
            out[j] = sum(even, odd);
        }
        return;
    }
    const double *c = b + stride, *d = c + stride;
    Two even[3] = {zero, zero, zero}, odd[3] = {zero, zero, zero};
    for (int i = 0; i < stride; i += LANES) {
        Two x = load(a + i), y = load(a + i + 2);
        even[0] += x * load(b + i);
        odd[0] += y * load(b + i + 2);
        even[1] += x * load(c + i);
        odd[1] += y * load(c + i + 2);
        even[2] += x * load(d + i);
        odd[2] += y * load(d + i + 2);
    }
    for (int j = 0; j < 3; j++) out[j] = sum(even[j], odd[j]);
}

void column_products(int stride, const double *a, const double *columns, int m, double *out) {
    for (int j = 0; j < m; j += 3) products(stride, a, columns + (long)j * stride, m - j < 3 ? m - j : 3, out + j);
}

void gram(int stride, int m, const double *columns, double *g) {
    for (int i = 0; i < m; i++) {
        column_products(stride, columns + (long)i * stride, columns + (long)i * stride, m - i, g + i * m + i);
        for (int j = i + 1; j < m; j++) g[j * m + i] = g[i * m + j];
    }
}

// A pivot below this share of its column is rounding: the column says nothing that earlier ones do not.
static const double smallest_pivot = 1e-13;

void factor(Factor *f, int p, const double *a, double damping) {
    assert(p <= LINEAR_MAX);
    f->p = p;
    for (int i = 0; i < p; i++) {
        double d = a[i * p + i];
        f->dropped[i] = !(d > 0) || !isfinite(d);
        f->scale[i] = f->dropped[i] ? 0 : 1 / sqrt(d);
    }
    for (int i = 0; i < p; i++) {
        double *row = f->l + i * LINEAR_MAX;
        for (int j = 0; j <= i; j++) {
            const double *other = f->l + j * LINEAR_MAX;
            double x = a[i * p + j] * f->scale[i] * f->scale[j] + (i == j ? damping : 0);
            for (int k = 0; k < j; k++) x -= row[k] * other[k];
            if (j < i)
                row[j] = f->dropped[j] || f->dropped[i] ? 0 : x / other[j];
            else if (f->dropped[i] || !(x > smallest_pivot)) {
                f->dropped[i] = true;
                memset(row, 0, (size_t)i * sizeof *row);
                row[i] = 1;
            } else
                row[i] = sqrt(x);
        }
    }
}

void factor_solve(const Factor *f, const double *b, double *x) {
    int p = f->p;
    for (int i = 0; i < p; i++) {
        double y = f->dropped[i] ? 0 : b[i] * f->scale[i];
        for (int k = 0; k < i; k++) y -= f->l[i * LINEAR_MAX + k] * x[k];
        x[i] = f->dropped[i] ? 0 : y / f->l[i * LINEAR_MAX + i];
    }
    for (int i = p - 1; i >= 0; i--) {
        double y = x[i];
        for (int k = i + 1; k < p; k++) y -= f->l[k * LINEAR_MAX + i] * x[k];
        x[i] = f->dropped[i] ? 0 : y / f->l[i * LINEAR_MAX + i];
    }
    for (int i = 0; i < p; i++) x[i] *= f->scale[i];
}

static double clip(double x, double lo, double hi) {
    return x < lo ? lo : x > hi ? hi : x;
}

// The minimum over the free entries, the others held at c.
static void solve_free(int p, const double *g, const double *b, const bool *free_set, const double *c, double *z) {
    double sub[LINEAR_MAX * LINEAR_MAX] = {0}, right[LINEAR_MAX] = {0}, x[LINEAR_MAX];
    int index[LINEAR_MAX], n = 0;
    for (int i = 0; i < p; i++)
        if (free_set[i]) index[n++] = i;
    for (int i = 0; i < n; i++) {
        right[i] = b[index[i]];
        for (int j = 0; j < p; j++)
            if (!free_set[j]) right[i] -= g[index[i] * p + j] * c[j];
        for (int j = 0; j < n; j++) sub[i * n + j] = g[index[i] * p + index[j]];
    }
    Factor f;
    factor(&f, n, sub, 0);
    factor_solve(&f, right, x);
    memcpy(z, c, (size_t)p * sizeof *z);
    for (int i = 0; i < n; i++) z[index[i]] = x[i];
}

// The held entry whose release lowers the function most, -1 if none does.
static int worst_held(int p, const double *g, const double *b, const double *lo, const double *hi, const double *c,
                      const bool *free_set) {
    int worst = -1;
    double most = 1e-9;
    for (int i = 0; i < p; i++) {
        if (free_set[i] || !(lo[i] < hi[i]) || !(g[i * p + i] > 0)) continue;
        double pull = b[i];
        for (int j = 0; j < p; j++) pull -= g[i * p + j] * c[j];
        pull /= sqrt(g[i * p + i]);
        double size = c[i] <= lo[i] ? pull : -pull, reference = fabs(b[i]) / sqrt(g[i * p + i]);
        if (size > most * reference) {
            most = size / reference;
            worst = i;
        }
    }
    return worst;
}

// Moves c towards z until the first bound, which then holds; false if z itself is inside.
static bool blocked(int p, const double *lo, const double *hi, const double *z, double *c, bool *free_set) {
    double step = 1;
    int hit = -1;
    for (int i = 0; i < p; i++) {
        if (!free_set[i] || (z[i] >= lo[i] && z[i] <= hi[i])) continue;
        double bound = z[i] < lo[i] ? lo[i] : hi[i], part = (bound - c[i]) / (z[i] - c[i]);
        if (hit < 0 || part < step) {
            step = part;
            hit = i;
        }
    }
    for (int i = 0; i < p; i++)
        if (free_set[i]) c[i] = clip(c[i] + step * (z[i] - c[i]), lo[i], hi[i]);
    if (hit < 0) return false;
    c[hit] = z[hit] < lo[hit] ? lo[hit] : hi[hit];
    free_set[hit] = false;
    return true;
}

void box_solve(int p, const double *g, const double *b, const double *lo, const double *hi, double *c, bool *free_set) {
    assert(p <= LINEAR_MAX);
    double z[LINEAR_MAX];
    for (int i = 0; i < p; i++) {
        free_set[i] = lo[i] < hi[i];
        c[i] = free_set[i] ? 0 : lo[i];
    }
    solve_free(p, g, b, free_set, c, z);
    bool inside = true;
    for (int i = 0; i < p; i++) {
        c[i] = clip(z[i], lo[i], hi[i]);
        if (c[i] != z[i]) free_set[i] = inside = false;
    }
    if (inside) return;
    // Each turn frees or holds one entry; the bound on turns only guards against cycling by rounding.
    for (int turn = 0; turn < 6 * p; turn++) {
        solve_free(p, g, b, free_set, c, z);
        if (blocked(p, lo, hi, z, c, free_set)) continue;
        int release = worst_held(p, g, b, lo, hi, c, free_set);
        if (release < 0) return;
        free_set[release] = true;
    }
}
