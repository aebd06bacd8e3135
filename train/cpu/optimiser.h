// optimiser.h - gradient norm and AdamW, each one pass over memory.

static void op_grad_norm(Context *c, void *norm_1, const void *grad, long count) {
    (void)c;
    enum { CHUNK = 4096 }; // short float sums, added up in double
    double total = 0;
    for (long i = 0; i < count; i += CHUNK) {
        const real *g = (const real *)grad + i;
        total += (double)dot(g, g, count - i < CHUNK ? count - i : CHUNK);
    }
    *(real *)norm_1 = (real)sqrt(total);
}

static void *op_tensors(Context *c, const Tensor *list, int n) {
    (void)c, (void)n;
    return (void *)list; // the host's list serves; the caller keeps it until close()
}

typedef struct {
    real beta1, beta2, clip, rate, correct2, epsilon, keep, average;
} AdamStep;

static void adam_run(real *restrict w, real *restrict g, real *restrict m, real *restrict v, long n, AdamStep a) {
    for (long i = 0; i < n; i++) {
        real d = g[i] * a.clip;
        m[i] = a.beta1 * m[i] + (1 - a.beta1) * d;
        v[i] = a.beta2 * v[i] + (1 - a.beta2) * d * d;
        w[i] = a.keep * w[i] - a.rate * m[i] / (real_sqrt(v[i] * a.correct2) + a.epsilon);
        g[i] = 0;
    }
}

static void average_run(real *restrict average, const real *restrict w, long n, real rate) {
    for (long i = 0; i < n; i++) average[i] += rate * (w[i] - average[i]);
}

static void op_adamw(Context *c, void *weight, void *copy_A, void *grad, void *first, void *second, void *average,
                     const void *norm_1, const void *hyper_, const void *tensors, int n_tensors, AdamSpec s) {
    (void)c, (void)copy_A; // one_copy: there is no other
    const real *hyper = hyper_, norm = *(const real *)norm_1;
    const Tensor *list = tensors;
    for (int i = 0; i < n_tensors; i++) {
        long at = list[i].offset, n = list[i].count;
        if (!isfinite(norm)) {
            memset((real *)grad + at, 0, (size_t)n * sizeof(real));
            continue;
        }
        AdamStep a = {.beta1 = (real)s.beta1,
                      .beta2 = (real)s.beta2,
                      .clip = s.clip > 0 && norm > (real)s.clip ? (real)s.clip / norm : 1,
                      .rate = hyper[HYPER_LR] * (real)list[i].rate * hyper[HYPER_CORRECT1],
                      .correct2 = hyper[HYPER_CORRECT2],
                      .epsilon = (real)s.epsilon,
                      .keep = 1 - hyper[HYPER_LR] * (real)list[i].decay};
        adam_run((real *)weight + at, (real *)grad + at, (real *)first + at, (real *)second + at, n, a);
        if (average) average_run((real *)average + at, (real *)weight + at, n, hyper[HYPER_AVERAGE]);
    }
}
