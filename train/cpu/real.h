// real.h - arithmetic of the CPU backend over `real` (float or double), compiled once for each backend.
//
// A vec of the plain backends is 64 bytes whatever the machine has: the compiler splits it where registers are
// narrower, so the order of every sum, and with it every bit, is the same everywhere. The fast backend's is one
// register.
#include <math.h>
#include <string.h>

#if PLAIN || defined(__AVX512F__)
#define VEC_BYTES 64
#elif defined(__AVX__)
#define VEC_BYTES 32
#else
#define VEC_BYTES 16
#endif
#if !PLAIN && VEC_BYTES == 64
#include <immintrin.h>
#endif

typedef real vec __attribute__((vector_size(VEC_BYTES), aligned(sizeof(real)), may_alias));
enum { LANES = VEC_BYTES / sizeof(real) };

static inline vec load(const real *x) {
    return *(const vec *)x;
}
static inline void store(real *x, vec v) {
    *(vec *)x = v;
}
static inline vec spread(real x) {
    return x - (vec){0};
}
// Parts of a vec, and a vec to a number: in halves, lanes i and i + LANES / 2 first.
#if !PLAIN && VEC_BYTES == 64
// The first n < LANES elements; the others get `fill`.
static inline vec load_part(const real *x, int n, real fill) {
    return (vec)_mm512_mask_loadu_ps(_mm512_set1_ps(fill), (__mmask16)((1u << n) - 1), x);
}
static inline void store_part(real *x, vec v, int n) {
    _mm512_mask_storeu_ps(x, (__mmask16)((1u << n) - 1), (__m512)v);
}
static inline real vec_sum(vec v) {
    return _mm512_reduce_add_ps((__m512)v);
}
static inline real vec_most(vec v) {
    return _mm512_reduce_max_ps((__m512)v);
}
#else
static inline vec load_part(const real *x, int n, real fill) {
    vec v = spread(fill);
    memcpy(&v, x, (size_t)n * sizeof(real));
    return v;
}
static inline void store_part(real *x, vec v, int n) {
    memcpy(x, &v, (size_t)n * sizeof(real));
}
static inline real vec_sum(vec v) {
    real lane[LANES];
    memcpy(lane, &v, sizeof lane);
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++) lane[i] += lane[i + half];
    return lane[0];
}
static inline real vec_most(vec v) {
    real lane[LANES];
    memcpy(lane, &v, sizeof lane);
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++) lane[i] = lane[i] > lane[i + half] ? lane[i] : lane[i + half];
    return lane[0];
}
#endif

#if REAL_BITS == 32
typedef int32_t ivec __attribute__((vector_size(VEC_BYTES), may_alias));
static inline vec choose(ivec mask, vec yes, vec no) {
    return (vec)((mask & (ivec)yes) | (~mask & (ivec)no));
}
// a > b ? a : b, as the machine's own instruction has it: NaN in a is lost, in b kept.
static inline vec vec_max(vec a, vec b) {
#if !PLAIN && VEC_BYTES == 64
    return (vec)_mm512_max_ps((__m512)a, (__m512)b);
#else
    return choose(a > b, a, b);
#endif
}
static inline vec vec_min(vec a, vec b) {
#if !PLAIN && VEC_BYTES == 64
    return (vec)_mm512_min_ps((__m512)a, (__m512)b);
#else
    return choose(a < b, a, b);
#endif
}

static inline vec vec_sqrt(vec x) {
    for (int i = 0; i < LANES; i++) x[i] = sqrtf(x[i]);
    return x;
}

#if !PLAIN && VEC_BYTES == 64
// exp to 2e-7 relative: x = n log 2 + r, the minimax polynomial in r; below -87 the result stays at 1e-38. Of x > 88
// nothing is said.
static inline vec vec_exp_small(vec x) {
    x = vec_max(spread(-87.0f), x);
    vec n = (x * 1.44269504f + 12582912.0f) - 12582912.0f; // the sum is rounded to a whole number
    vec r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    vec p = r * 1.38145402e-3f + 8.36874511e-3f;
    p = p * r + 4.16683908e-2f;
    p = p * r + 0.166665204f;
    p = p * r + 0.499999934f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    return (vec)_mm512_scalef_ps((__m512)p, (__m512)n);
}
// The same; above 88 the result stays at 1e38.
static inline vec vec_exp(vec x) {
    return vec_exp_small(vec_min(spread(88.0f), x));
}
#else
// exp to 2e-7 relative: x = n log 2 + r, a polynomial in r; below -87 the result stays at 1e-38, above 88 at 1e38.
static inline vec vec_exp(vec x) {
    x = vec_max(spread(-87.0f), x);
    x = vec_min(spread(88.0f), x);
    vec shifted = x * 1.44269504f + 12582912.0f; // the sum's low bits are round(x / log 2)
    vec n = shifted - 12582912.0f;
    vec r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    vec p = r * (1.0f / 5040) + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r * r + r + 1.0f;
    return p * (vec)(((ivec)shifted - 0x4b400000 + 127) << 23);
}
static inline vec vec_exp_small(vec x) {
    return vec_exp(x);
}
#endif

// log of positive normal numbers to 3e-7: x = 2^n m, m in [0.7, 1.4), 2 atanh((m - 1) / (m + 1)).
static inline vec vec_log(vec x) {
    ivec bits = (ivec)x - 0x3f330000;
    ivec n = bits >> 23;
    vec m = (vec)((ivec)x - (n << 23));
    vec s = (m - 1.0f) / (m + 1.0f), q = s * s;
    vec p = q * (2.0f / 9) + 2.0f / 7;
    p = p * q + 2.0f / 5;
    p = p * q + 2.0f / 3;
    vec log_m = p * q * s + 2.0f * s;
    return __builtin_convertvector(n, vec) * 0.693147180f + log_m;
}
static inline real real_sqrt(real x) {
    return sqrtf(x);
}
#else
static inline vec vec_max(vec a, vec b) {
    for (int i = 0; i < LANES; i++) a[i] = a[i] > b[i] ? a[i] : b[i];
    return a;
}
static inline vec vec_exp(vec x) {
    for (int i = 0; i < LANES; i++) x[i] = exp(x[i]);
    return x;
}
static inline vec vec_log(vec x) {
    for (int i = 0; i < LANES; i++) x[i] = log(x[i]);
    return x;
}
static inline real real_sqrt(real x) {
    return sqrt(x);
}
#endif

static inline real real_exp(real x) {
    return vec_exp(spread(x))[0];
}
static inline real real_log(real x) {
    return vec_log(spread(x))[0];
}

static inline real dot(const real *x, const real *y, long n) {
    vec sum = {0};
    long i = 0;
    for (; i + LANES <= n; i += LANES) sum += load(x + i) * load(y + i);
    if (i < n) sum += load_part(x + i, (int)(n - i), 0) * load_part(y + i, (int)(n - i), 0);
    return vec_sum(sum);
}

// y += a x
static inline void add_scaled(real *restrict y, real a, const real *restrict x, long n) {
    for (long i = 0; i < n; i++) y[i] += a * x[i];
}

// The largest of n >= 1 numbers.
static inline real largest(const real *x, int n) {
    vec best = spread(x[0]);
    int i = 0;
    for (; i + LANES <= n; i += LANES) best = vec_max(load(x + i), best);
    if (i < n) best = vec_max(load_part(x + i, n - i, x[0]), best);
    return vec_most(best);
}

// y = exp(scale x - shift), returning the sum; y may be x.
static inline real exp_all(real *y, const real *x, int n, real scale, real shift) {
    vec sum = {0};
    int i = 0;
    for (; i + LANES <= n; i += LANES) {
        vec e = vec_exp(load(x + i) * scale - shift);
        store(y + i, e);
        sum += e;
    }
    real total = vec_sum(sum);
    if (i < n) {
        vec e = vec_exp(load_part(x + i, n - i, 0) * scale - shift);
        store_part(y + i, e, n - i);
        for (int j = 0; j < n - i; j++) total += e[j];
    }
    return total;
}
