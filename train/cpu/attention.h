// attention.h - causal attention with rotary positions, in blocks of queries that skip keys after their last query;
// that of the plain backends.

typedef struct {
    int T, d_head, half, width; // width of a row of qkv
    real *score, *dscore;
    long stride; // of score rows
} AttentionShape;

static AttentionShape attention_shape(const Context *c, AttentionSpec s) {
    int stride = attention_stride(&c->shape), width = (s.n_heads + 2 * s.n_kv_heads) * s.d_head;
    return (AttentionShape){
        s.seq_len, s.d_head, s.d_head / 2, width, c->attention, c->attention + ATTENTION_ROWS * stride, stride};
}

// Turns pairs (i, i + half) by their position's angle, or back with sign -1.
static void rotate_row(real *restrict low, real *restrict high, const real *restrict cosine, const real *restrict sine,
                       int half, real sign) {
    for (int i = 0; i < half; i++) {
        real x = low[i], y = high[i], s = sign * sine[i];
        low[i] = x * cosine[i] - y * s;
        high[i] = x * s + y * cosine[i];
    }
}

static void rotate(const Context *c, real *qkv, AttentionSpec s, real sign) {
    AttentionShape a = attention_shape(c, s);
    for (int n = 0; n < s.n_sequences; n++)
        for (int t = 0; t < a.T; t++) {
            real *row = qkv + ((long)n * a.T + t) * a.width;
            for (int h = 0; h < s.n_heads + s.n_kv_heads; h++)
                rotate_row(row + h * a.d_head, row + h * a.d_head + a.half, c->rope_cos + t * a.half,
                           c->rope_sin + t * a.half, a.half, sign);
        }
}

// Turns scores of keys 0..last into probabilities, clears those after up to `end`; returns log sum exp.
static real softmax_row(real *score, int last, int end, real scale) {
    int n = last + 1;
    real shift = scale * largest(score, n);
    real sum = exp_all(score, score, n, scale, shift), by = 1 / sum;
    for (int i = 0; i < n; i++) score[i] *= by;
    for (int i = n; i < end; i++) score[i] = 0;
    return shift + real_log(sum);
}

// One head of one sequence. q, k, v: rows of qkv at that head; out: rows of the output at that head.
static void attend(AttentionShape a, const real *q, const real *k, const real *v, real *out, long out_width, real *lse,
                   int n_heads, real scale) {
    for (int from = 0; from < a.T; from += ATTENTION_ROWS) {
        int end = from + ATTENTION_ROWS < a.T ? from + ATTENTION_ROWS : a.T, rows = end - from;
        gemm_nt(rows, end, a.d_head, q + (long)from * a.width, a.width, k, a.width, a.score, a.stride, false);
        for (int r = 0; r < rows; r++)
            lse[(long)(from + r) * n_heads] = softmax_row(a.score + r * a.stride, from + r, end, scale);
        gemm_nn(rows, a.d_head, end, a.score, a.stride, v, a.width, out + from * out_width, out_width, false);
    }
}

static void op_attention(Context *c, void *out_TQ, void *lse_TH, void *rstd_TM, void *qkv_, AttentionSpec s,
                         double scale) {
    AttentionShape a = attention_shape(c, s);
    real *qkv = qkv_, *out = out_TQ, *lse = lse_TH;
    long Q = (long)s.n_heads * s.d_head, KV = (long)s.n_kv_heads * s.d_head;
    if (rstd_TM) normalise_heads(qkv, rstd_TM, s);
    rotate(c, qkv, s, 1);
    for (int n = 0; n < s.n_sequences; n++)
        for (int h = 0; h < s.n_heads; h++) {
            long first = (long)n * a.T, kv = h / (s.n_heads / s.n_kv_heads) * s.d_head;
            const real *rows = qkv + first * a.width;
            attend(a, rows + (long)h * s.d_head, rows + Q + kv, rows + Q + KV + kv, out + first * Q + h * s.d_head, Q,
                   lse + first * s.n_heads + h, s.n_heads, (real)scale);
        }
}

typedef struct {
    const real *q, *k, *v, *out, *dout, *lse;
    real *dq, *dk, *dv;
    long out_width;
    int n_heads;
} AttentionHead;

// dscore = scale p (dp - delta) with p = exp(scale score - lse), both rewritten in place, zero after `last`.
static void softmax_back_row(real *restrict p, real *restrict dp, int last, int end, real scale, real lse, real delta) {
    exp_all(p, p, last + 1, scale, lse);
    for (int i = 0; i <= last; i++) dp[i] = scale * p[i] * (dp[i] - delta);
    for (int i = last + 1; i < end; i++) p[i] = dp[i] = 0;
}

static void attend_back(AttentionShape a, AttentionHead h, real scale) {
    for (int from = 0; from < a.T; from += ATTENTION_ROWS) {
        int end = from + ATTENTION_ROWS < a.T ? from + ATTENTION_ROWS : a.T, rows = end - from;
        const real *q = h.q + (long)from * a.width, *dout = h.dout + from * h.out_width;
        gemm_nt(rows, end, a.d_head, q, a.width, h.k, a.width, a.score, a.stride, false);
        gemm_nt(rows, end, a.d_head, dout, h.out_width, h.v, a.width, a.dscore, a.stride, false);
        for (int r = 0; r < rows; r++) {
            real delta = dot(dout + r * h.out_width, h.out + (from + r) * h.out_width, a.d_head);
            softmax_back_row(a.score + r * a.stride, a.dscore + r * a.stride, from + r, end, scale,
                             h.lse[(long)(from + r) * h.n_heads], delta);
        }
        gemm_tn(end, a.d_head, rows, a.score, a.stride, dout, h.out_width, h.dv, a.width, true);
        gemm_tn(end, a.d_head, rows, a.dscore, a.stride, q, a.width, h.dk, a.width, true);
        gemm_nn(rows, a.d_head, end, a.dscore, a.stride, h.k, a.width, h.dq + (long)from * a.width, a.width, false);
    }
}

static void op_attention_back(Context *c, void *dqkv_, const void *dout_TQ, const void *out_TQ, const void *lse_TH,
                              const void *rstd_TM, const void *qkv_, AttentionSpec s, double scale) {
    AttentionShape a = attention_shape(c, s);
    long Q = (long)s.n_heads * s.d_head, KV = (long)s.n_kv_heads * s.d_head;
    memset(dqkv_, 0, (size_t)s.n_sequences * (size_t)a.T * (size_t)a.width * sizeof(real));
    for (int n = 0; n < s.n_sequences; n++)
        for (int h = 0; h < s.n_heads; h++) {
            long first = (long)n * a.T, q = (long)h * s.d_head, kv = Q + h / (s.n_heads / s.n_kv_heads) * s.d_head;
            const real *rows = (const real *)qkv_ + first * a.width;
            real *drows = (real *)dqkv_ + first * a.width;
            AttentionHead head = {rows + q,
                                  rows + kv,
                                  rows + KV + kv,
                                  (const real *)out_TQ + first * Q + q,
                                  (const real *)dout_TQ + first * Q + q,
                                  (const real *)lse_TH + first * s.n_heads + h,
                                  drows + q,
                                  drows + kv,
                                  drows + KV + kv,
                                  Q,
                                  s.n_heads};
            attend_back(a, head, (real)scale);
        }
    if (rstd_TM) normalise_heads_back(dqkv_, qkv_, rstd_TM, s);
    rotate(c, dqkv_, s, -1);
}
