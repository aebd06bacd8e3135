// product.h - matrix products: the library's, or plain loops in a fixed order.
//
// All matrices are row-major with a row stride. c = a b, or c += with add; a is m x k, b is k x n, transposed in memory
// where the name says so (t) and not where it says n.

#if PLAIN || defined(NO_BLAS)
static void use_one_thread(void) {}

static void clear_unless(bool add, long m, long n, real *c, long ldc) {
    for (long i = 0; !add && i < m; i++) memset(c + i * ldc, 0, (size_t)n * sizeof *c);
}
static void gemm_nn(long m, long n, long k, const real *a, long lda, const real *b, long ldb, real *c, long ldc,
                    bool add) {
    clear_unless(add, m, n, c, ldc);
    for (long i = 0; i < m; i++)
        for (long l = 0; l < k; l++) add_scaled(c + i * ldc, a[i * lda + l], b + l * ldb, n);
}
static void gemm_nt(long m, long n, long k, const real *a, long lda, const real *b, long ldb, real *c, long ldc,
                    bool add) {
    for (long i = 0; i < m; i++)
        for (long j = 0; j < n; j++) {
            real sum = dot(a + i * lda, b + j * ldb, k);
            c[i * ldc + j] = add ? c[i * ldc + j] + sum : sum;
        }
}
static void gemm_tn(long m, long n, long k, const real *a, long lda, const real *b, long ldb, real *c, long ldc,
                    bool add) {
    clear_unless(add, m, n, c, ldc);
    for (long l = 0; l < k; l++)
        for (long i = 0; i < m; i++) add_scaled(c + i * ldc, a[l * lda + i], b + l * ldb, n);
}
#else
#include <cblas.h>

#include "tile.h"

// OpenBLAS' own switch; absent from other libraries. One run a core, and the same bits whatever the machine's load.
extern void openblas_set_num_threads(int n) __attribute__((weak));
static void use_one_thread(void) {
    if (openblas_set_num_threads) openblas_set_num_threads(1);
}

static void gemm(enum CBLAS_TRANSPOSE ta, enum CBLAS_TRANSPOSE tb, long m, long n, long k, const real *a, long lda,
                 const real *b, long ldb, real *c, long ldc, bool add) {
    if (m == 0 || n == 0 || k == 0) return;
    if (tiles_fit(n)) {
        tiled(ta == CblasTrans, tb == CblasTrans, m, n, k, a, lda, b, ldb, c, ldc, add);
        return;
    }
    cblas_sgemm(CblasRowMajor, ta, tb, (int)m, (int)n, (int)k, 1, a, (int)lda, b, (int)ldb, add ? 1 : 0, c, (int)ldc);
}
static void gemm_nn(long m, long n, long k, const real *a, long lda, const real *b, long ldb, real *c, long ldc,
                    bool add) {
    gemm(CblasNoTrans, CblasNoTrans, m, n, k, a, lda, b, ldb, c, ldc, add);
}
static void gemm_nt(long m, long n, long k, const real *a, long lda, const real *b, long ldb, real *c, long ldc,
                    bool add) {
    gemm(CblasNoTrans, CblasTrans, m, n, k, a, lda, b, ldb, c, ldc, add);
}
static void gemm_tn(long m, long n, long k, const real *a, long lda, const real *b, long ldb, real *c, long ldc,
                    bool add) {
    gemm(CblasTrans, CblasNoTrans, m, n, k, a, lda, b, ldb, c, ldc, add);
}
#endif

static void op_product(Context *ctx, void *y_SN, const void *x_SK, const void *w_GKN, Groups g, int K, int N,
                       bool add) {
    (void)ctx;
    const int32_t *offset = g.offset;
    real *y = y_SN;
    const real *x = x_SK, *w = w_GKN;
    for (int i = 0; i < g.n; i++) {
        long from = offset[i], rows = offset[i + 1] - from;
        gemm_nn(rows, N, K, x + from * K, K, w + (long)i * K * N, N, y + from * N, N, add);
    }
}

static void op_product_dx(Context *ctx, void *dx_SK, const void *dy_SN, const void *w_GKN, Groups g, int K, int N,
                          bool add) {
    (void)ctx;
    const int32_t *offset = g.offset;
    real *dx = dx_SK;
    const real *dy = dy_SN, *w = w_GKN;
    for (int i = 0; i < g.n; i++) {
        long from = offset[i], rows = offset[i + 1] - from;
        gemm_nt(rows, K, N, dy + from * N, N, w + (long)i * K * N, N, dx + from * K, K, add);
    }
}

static void op_product_dw(Context *ctx, void *dw_GKN, const void *x_SK, const void *dy_SN, Groups g, int K, int N) {
    (void)ctx;
    const int32_t *offset = g.offset;
    real *dw = dw_GKN;
    const real *x = x_SK, *dy = dy_SN;
    for (int i = 0; i < g.n; i++) {
        long from = offset[i], rows = offset[i + 1] - from;
        gemm_tn(K, N, rows, x + from * K, K, dy + from * N, N, dw + (long)i * K * N, N, true);
    }
}
