// rows.h - what is done row by row: embedding, norm, gather, SwiGLU.

static void copy_row(real *restrict to, const real *restrict from, int D) {
    int i = 0;
    for (; i + LANES <= D; i += LANES) store(to + i, load(from + i));
    if (i < D) store_part(to + i, load_part(from + i, D - i, 0), D - i);
}

static void op_embed(Context *c, void *x_TD, const void *table_VD, const void *token_T, int T, int D) {
    (void)c;
    const int32_t *token = token_T;
    real *x = x_TD;
    const real *table = table_VD;
    for (int t = 0; t < T; t++) copy_row(x + (long)t * D, table + (long)token[t] * D, D);
}

static void op_embed_back(Context *c, void *dtable_VD, const void *dx_TD, const void *token_T, int T, int D, int V) {
    (void)c, (void)V;
    const int32_t *token = token_T;
    real *dtable = dtable_VD;
    const real *dx = dx_TD;
    for (int t = 0; t < T; t++) add_scaled(dtable + (long)token[t] * D, 1, dx + (long)t * D, D);
}

static void scale_by_gain(real *restrict h, const real *restrict s, const real *restrict gain, real by, int D) {
    for (int i = 0; i < D; i++) h[i] = s[i] * by * gain[i];
}

static void op_norm(Context *c, void *s_TD, void *h_TD, void *rstd_T, const void *x_TD, const void *y_TD,
                    const void *gain_D, int T, int D) {
    (void)c;
    real *rstd = rstd_T;
    for (int t = 0; t < T; t++) {
        long row = (long)t * D;
        const real *x = (const real *)x_TD + row, *s = x;
        if (y_TD) {
            const real *y = (const real *)y_TD + row;
            real *sum = (real *)s_TD + row;
            for (int i = 0; i < D; i++) sum[i] = x[i] + y[i];
            s = sum;
        }
        rstd[t] = 1 / real_sqrt(dot(s, s, D) / (real)D + (real)1e-6);
        scale_by_gain((real *)h_TD + row, s, gain_D, rstd[t], D);
    }
}

// With n = s rstd: ds += rstd (dh gain - n mean(dh gain n)).
static void norm_back_row(real *restrict ds, real *restrict dgain, const real *restrict dh, const real *restrict s,
                          const real *restrict gain, real rstd, int D) {
    vec sum = {0};
    int i = 0;
    for (; i + LANES <= D; i += LANES) {
        vec dn = load(dh + i) * load(s + i) * rstd;
        sum += dn * load(gain + i);
        store(dgain + i, load(dgain + i) + dn);
    }
    real mean = vec_sum(sum);
    for (; i < D; i++) {
        real dn = dh[i] * s[i] * rstd;
        mean += dn * gain[i];
        dgain[i] += dn;
    }
    mean /= (real)D;
    for (i = 0; i < D; i++) ds[i] += rstd * (dh[i] * gain[i] - s[i] * rstd * mean);
}

static void op_norm_back(Context *c, void *ds_TD, void *dgain_D, const void *dh_TD, const void *s_TD,
                         const void *rstd_T, const void *gain_D, int T, int D) {
    (void)c;
    const real *rstd = rstd_T;
    for (int t = 0; t < T; t++) {
        long row = (long)t * D;
        norm_back_row((real *)ds_TD + row, dgain_D, (const real *)dh_TD + row, (const real *)s_TD + row, gain_D,
                      rstd[t], D);
    }
}

static void op_gather(Context *c, void *y_SD, const void *x_TD, const void *token_S, long S, int D) {
    (void)c;
    const int32_t *token = token_S;
    real *y = y_SD;
    const real *x = x_TD;
    for (long s = 0; s < S; s++) copy_row(y + s * D, x + (long)token[s] * D, D);
}

static void op_gather_sum(Context *c, void *y_TD, const void *x_SD, const void *slot_TK, int T, int K, int D,
                          bool add) {
    (void)c;
    const int32_t *slot = slot_TK;
    const real *x = x_SD;
    for (int t = 0; t < T; t++) {
        real *y = (real *)y_TD + (long)t * D;
        int i = 0;
        for (; i + LANES <= D; i += LANES) {
            vec sum = add ? load(y + i) : (vec){0};
            for (int k = 0; k < K; k++) sum += load(x + (long)slot[t * K + k] * D + i);
            store(y + i, sum);
        }
        for (; i < D; i++) {
            real sum = add ? y[i] : 0;
            for (int k = 0; k < K; k++) sum += x[(long)slot[t * K + k] * D + i];
            y[i] = sum;
        }
    }
}

static inline vec swiglu_vec(vec gate, vec up, real weight) {
    return weight * up * gate / (1 + vec_exp(-gate));
}

static void op_swiglu(Context *c, void *a_SF, const void *up_S2F, const void *weight_S, long S, int F) {
    (void)c;
    const real *weight = weight_S;
    for (long s = 0; s < S; s++) {
        real *a = (real *)a_SF + s * F, w = weight ? weight[s] : 1;
        const real *gate = (const real *)up_S2F + s * 2 * F, *up = gate + F;
        int i = 0;
        for (; i + LANES <= F; i += LANES) store(a + i, swiglu_vec(load(gate + i), load(up + i), w));
        int n = F - i;
        if (n) store_part(a + i, swiglu_vec(load_part(gate + i, n, 0), load_part(up + i, n, 0), w), n);
    }
}

// One vec of gradients; returns da silu(gate) up, the weight's part.
static inline vec swiglu_back_vec(vec da, vec *gate, vec *up, real weight) {
    vec sigmoid = 1 / (1 + vec_exp(-*gate)), silu = *gate * sigmoid, dw = da * silu * *up;
    vec dgate = weight * da * *up * (sigmoid + silu * (1 - sigmoid));
    *up = weight * da * silu;
    *gate = dgate;
    return dw;
}

static void op_swiglu_back(Context *c, void *dup_S2F, void *dweight_S, const void *da_SF, const void *up_S2F,
                           const void *weight_S, long S, int F) {
    (void)c;
    const real *weight = weight_S;
    real *dweight = dweight_S;
    for (long s = 0; s < S; s++) {
        const real *da = (const real *)da_SF + s * F, *gate = (const real *)up_S2F + s * 2 * F, *up = gate + F;
        real *dgate = (real *)dup_S2F + s * 2 * F, *dup = dgate + F, w = weight ? weight[s] : 1;
        vec sum = {0};
        int i = 0;
        for (; i + LANES <= F; i += LANES) {
            vec g = load(gate + i), u = load(up + i);
            sum += swiglu_back_vec(load(da + i), &g, &u, w);
            store(dgate + i, g);
            store(dup + i, u);
        }
        int n = F - i;
        if (n) {
            vec g = load_part(gate + i, n, 0), u = load_part(up + i, n, 0);
            sum += swiglu_back_vec(load_part(da + i, n, 0), &g, &u, w);
            store_part(dgate + i, g, n);
            store_part(dup + i, u, n);
        }
        if (dweight) dweight[s] = vec_sum(sum);
    }
}
