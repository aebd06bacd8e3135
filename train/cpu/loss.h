// loss.h - output head with cross-entropy, in chunks of rows whose logits stay in cache; sums.

// Logits to loss; with `by` also to gradients of by x loss, in place.
static real cross_entropy_row(real *logit, int V, int32_t target, real scale, const real *by) {
    real shift = scale * largest(logit, V), hit = scale * logit[target];
    real sum = exp_all(logit, logit, V, scale, shift);
    if (by) {
        real factor = *by * scale / sum;
        for (int v = 0; v < V; v++) logit[v] *= factor;
        logit[target] -= *by * scale;
    }
    return shift + real_log(sum) - hit;
}

static void op_head(Context *c, void *loss_T, void *dh_TD, void *dhead_VD, const void *h_TD, const void *head_VD,
                    const void *target_T, int T, int V, int D, double scale, double weight) {
    const int32_t *target = target_T;
    real *loss = loss_T, by = (real)weight;
    for (int from = 0; from < T; from += HEAD_ROWS) {
        int rows = T - from < HEAD_ROWS ? T - from : HEAD_ROWS;
        const real *h = (const real *)h_TD + (long)from * D;
        gemm_nt(rows, V, D, h, D, head_VD, D, c->logit_RV, V, false);
        for (int r = 0; r < rows; r++)
            loss[from + r] =
                cross_entropy_row(c->logit_RV + (long)r * V, V, target[from + r], (real)scale, dh_TD ? &by : NULL);
        if (!dh_TD) continue;
        gemm_nn(rows, D, V, c->logit_RV, V, head_VD, D, (real *)dh_TD + (long)from * D, D, false);
        gemm_tn(V, D, rows, c->logit_RV, V, h, D, dhead_VD, D, true);
    }
}

static void op_row_sums(Context *c, void *sum_R, const void *x_RC, int R, int C) {
    (void)c;
    real *sum = sum_R;
    const real *x = x_RC;
    for (int r = 0; r < R; r++) {
        double total = 0;
        for (int i = 0; i < C; i++) total += (double)x[(long)r * C + i];
        sum[r] = (real)total;
    }
}
