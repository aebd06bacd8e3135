// head_norm.h - queries and keys of every head brought to unit mean square (backend.h, attention), and the gradient.

// x = x rstd; returns rstd.
static real normalise_row(real *x, int n) {
    real rstd = 1 / real_sqrt(dot(x, x, n) / (real)n + (real)1e-6);
    for (int i = 0; i < n; i++) x[i] *= rstd;
    return rstd;
}

// dx = rstd (dx - x mean(dx x)), with x as it is after normalising; a rotation of both alike changes nothing.
static void normalise_row_back(real *restrict dx, const real *restrict x, real rstd, int n) {
    real mean = dot(dx, x, n) / (real)n;
    for (int i = 0; i < n; i++) dx[i] = rstd * (dx[i] - x[i] * mean);
}

static void normalise_heads(real *qkv, real *rstd_TM, AttentionSpec s) {
    long heads = s.n_heads + s.n_kv_heads, width = (heads + s.n_kv_heads) * s.d_head;
    for (long t = 0; t < (long)s.n_sequences * s.seq_len; t++)
        for (long h = 0; h < heads; h++)
            rstd_TM[t * heads + h] = normalise_row(qkv + t * width + h * s.d_head, s.d_head);
}

static void normalise_heads_back(real *dqkv, const real *qkv, const real *rstd_TM, AttentionSpec s) {
    long heads = s.n_heads + s.n_kv_heads, width = (heads + s.n_kv_heads) * s.d_head;
    for (long t = 0; t < (long)s.n_sequences * s.seq_len; t++)
        for (long h = 0; h < heads; h++) {
            long at = t * width + h * s.d_head;
            normalise_row_back(dqkv + at, qkv + at, rstd_TM[t * heads + h], s.d_head);
        }
}
