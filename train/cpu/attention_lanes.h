// attention_lanes.h - causal attention of the fast backend: one position of the sequence to a lane of a register.
//
// A head of 8 fills half a register, and a maximum over a row of scores ends in steps across one. So a sequence is
// turned to [column][position]: a register holds 16 queries (forward) or 16 keys (backward), the other side is spread
// over a register number by number, sums and maxima run from register to register, and what the causal mask hides is
// skipped but for the blocks on the diagonal.

// Scores are made of GROUP registers at a time, as many as leave room for their factors.
enum { GROUP = LANES / 2 };

typedef struct {
    int T, d, heads, kv_heads, width; // width of a row of qkv
    long stride;                      // of turned columns
    real *qkv, *dqkv, *out, *dout;    // turned; forward lays its output where backward keeps its gradients
    real *lse, *rstd;                 // turned: a column a head
    real *score, *dscore;             // [position][LANES]
    real *delta;                      // [position], of one head
} Turned;

static Turned turned_sequence(const Context *c, AttentionSpec s) {
    int width = (s.n_heads + 2 * s.n_kv_heads) * s.d_head;
    Turned a = {.T = s.seq_len, .d = s.d_head, .heads = s.n_heads, .kv_heads = s.n_kv_heads, .width = width};
    long stride = a.stride = attention_stride(&c->shape), Q = (long)a.heads * a.d;
    a.qkv = c->attention;
    a.dqkv = a.qkv + a.width * stride;
    a.out = a.dqkv + a.width * stride;
    a.dout = a.out + Q * stride;
    a.lse = a.dout + Q * stride;
    a.rstd = a.lse + a.heads * stride;
    a.score = a.rstd + (a.heads + a.kv_heads) * stride;
    a.dscore = a.score + LANES * stride;
    a.delta = a.dscore + LANES * stride;
    return a;
}

// Rotates turned queries and keys by their positions' angles, or back with sign -1, and multiplies them by `scale`.
static void rotate_turned(const Context *c, Turned a, real *x, real sign, real scale) {
    int half = a.d / 2;
    for (int h = 0; h < a.heads + a.kv_heads; h++)
        for (int i = 0; i < half; i++) {
            real *low = x + (h * a.d + i) * a.stride, *high = low + half * a.stride;
            const real *cosine = c->rope_cos + i * a.stride, *sine = c->rope_sin + i * a.stride;
            for (int t = 0; t < a.T; t += LANES) {
                vec u = load(low + t), v = load(high + t);
                vec along = load(cosine + t) * scale, across = load(sine + t) * (sign * scale);
                store(low + t, u * along - v * across);
                store(high + t, u * across + v * along);
            }
        }
}

// Queries and keys of every head brought to unit mean square (backend.h, attention).
static void normalise_turned(Turned a) {
    for (int h = 0; h < a.heads + a.kv_heads; h++)
        for (int t = 0; t < a.T; t += LANES) {
            real *x = a.qkv + h * a.d * a.stride + t;
            vec sum = {0};
            for (int i = 0; i < a.d; i++) sum += load(x + i * a.stride) * load(x + i * a.stride);
            vec rstd = 1 / vec_sqrt(sum / (real)a.d + (real)1e-6);
            store(a.rstd + h * a.stride + t, rstd);
            for (int i = 0; i < a.d; i++) store(x + i * a.stride, rstd * load(x + i * a.stride));
        }
}

// dx = rstd (dx - x mean(dx x)), with x as it is after normalising; a rotation of both alike changes nothing.
static void normalise_back_turned(Turned a) {
    for (int h = 0; h < a.heads + a.kv_heads; h++)
        for (int t = 0; t < a.T; t += LANES) {
            const real *x = a.qkv + h * a.d * a.stride + t;
            real *dx = a.dqkv + h * a.d * a.stride + t;
            vec sum = {0}, rstd = load(a.rstd + h * a.stride + t);
            for (int i = 0; i < a.d; i++) sum += load(dx + i * a.stride) * load(x + i * a.stride);
            vec mean = sum / (real)a.d;
            for (int i = 0; i < a.d; i++)
                store(dx + i * a.stride, rstd * (load(dx + i * a.stride) - load(x + i * a.stride) * mean));
        }
}

// score_j = sum over d of lanes_i x scalar_ij for j < count, rounded up to whole groups.
static void scores(real *score, const real *lanes, const real *scalar, Turned a, int count) {
    for (int j = 0; j < count; j += GROUP) {
        vec sum[GROUP];
#pragma GCC unroll 16
        for (int u = 0; u < GROUP; u++) sum[u] = (vec){0};
        for (int i = 0; i < a.d; i++) {
            vec x = load(lanes + i * a.stride);
            const real *y = scalar + i * a.stride + j;
#pragma GCC unroll 16
            for (int u = 0; u < GROUP; u++) sum[u] += x * y[u];
        }
#pragma GCC unroll 16
        for (int u = 0; u < GROUP; u++) store(score + (j + u) * LANES, sum[u]);
    }
}

// n columns (a constant where this is inlined): to_i (+)= sum over j < count of score_j x scalar_ji.
static inline __attribute__((always_inline)) void accumulate_columns(real *to, long stride, const real *score,
                                                                     const real *scalar, long width, int count, int n,
                                                                     bool add) {
    vec sum[16];
#pragma GCC unroll 16
    for (int i = 0; i < n; i++) sum[i] = add ? load(to + i * stride) : (vec){0};
    for (int j = 0; j < count; j++, score += LANES, scalar += width) {
        vec p = load(score);
#pragma GCC unroll 16
        for (int i = 0; i < n; i++) sum[i] += p * scalar[i];
    }
#pragma GCC unroll 16
    for (int i = 0; i < n; i++) store(to + i * stride, sum[i]);
}

static void accumulate(real *to, const real *score, const real *scalar, long width, Turned a, int count, bool add) {
    for (int i = 0; i < a.d;) {
        int left = a.d - i, n = left >= 16 ? 16 : left >= 12 ? 12 : left >= 8 ? 8 : left >= 4 ? 4 : 1;
        real *columns = to + i * a.stride;
        switch (n) {
        case 16: accumulate_columns(columns, a.stride, score, scalar + i, width, count, 16, add); break;
        case 12: accumulate_columns(columns, a.stride, score, scalar + i, width, count, 12, add); break;
        case 8: accumulate_columns(columns, a.stride, score, scalar + i, width, count, 8, add); break;
        case 4: accumulate_columns(columns, a.stride, score, scalar + i, width, count, 4, add); break;
        default: accumulate_columns(columns, a.stride, score, scalar + i, width, count, 1, add); break;
        }
        i += n;
    }
}

// Lanes from..LANES-1 of x, or lanes 0..last; zero elsewhere.
static inline vec lanes_from(vec x, int from) {
    return (vec)((ivec)x & (lane_number() >= from));
}
static inline vec lanes_to(vec x, int last) {
    return (vec)((ivec)x & (lane_number() <= last));
}

// Scores of keys 0..from+LANES-1 for the queries from..from+LANES-1 to exp(score - largest); query from + l sees keys
// up to its own. Returns the sums, and log sum exp in lse.
static vec softmax_lanes(real *score, int from, real scale, real *lse) {
    vec most = load(score), sum = {0};
    for (int j = 1; j <= from; j++) most = vec_max(load(score + j * LANES), most);
    for (int j = 1; j < LANES; j++) {
        vec s = load(score + (from + j) * LANES);
        most = choose(lane_number() >= j, vec_max(s, most), most);
    }
    vec shift = scale * most;
    for (int j = 0; j < from; j++) {
        vec p = vec_exp_small(scale * load(score + j * LANES) - shift);
        store(score + j * LANES, p);
        sum += p;
    }
    for (int j = 0; j < LANES; j++) {
        real *at = score + (from + j) * LANES;
        vec p = lanes_from(vec_exp_small(scale * load(at) - shift), j);
        store(at, p);
        sum += p;
    }
    store(lse, shift + vec_log(sum));
    return sum;
}

// q, k, v: first columns of a head, turned; v_rows: the values of that head as they stand.
static void attend_turned(Turned a, real *out, real *lse, const real *q, const real *k, const real *v_rows,
                          real scale) {
    for (int from = 0; from < a.T; from += LANES) {
        scores(a.score, q + from, k, a, from + LANES);
        vec by = 1 / softmax_lanes(a.score, from, scale, lse + from);
        int keys = from + LANES < a.T ? from + LANES : a.T;
        accumulate(out + from, a.score, v_rows, a.width, a, keys, false);
        for (int i = 0; i < a.d; i++) store(out + i * a.stride + from, by * load(out + i * a.stride + from));
    }
}

static void op_attention(Context *c, void *out_TQ, void *lse_TH, void *rstd_TM, void *qkv_, AttentionSpec s,
                         double scale) {
    Turned a = turned_sequence(c, s);
    int Q = a.heads * a.d, KV = a.kv_heads * a.d, M = a.heads + a.kv_heads;
    for (int n = 0; n < s.n_sequences; n++) {
        long first = (long)n * a.T;
        real *rows = (real *)qkv_ + first * a.width;
        turn(a.qkv, a.stride, rows, a.width, a.T, Q + KV);
        if (rstd_TM) {
            normalise_turned(a);
            turn((real *)rstd_TM + first * M, M, a.rstd, a.stride, M, a.T);
        }
        rotate_turned(c, a, a.qkv, 1, 1);
        turn(rows, a.width, a.qkv, a.stride, Q + KV, a.T);
        for (int h = 0; h < a.heads; h++) {
            int q = h * a.d, kv = Q + h / (a.heads / a.kv_heads) * a.d;
            attend_turned(a, a.dqkv + q * a.stride, a.lse + h * a.stride, a.qkv + q * a.stride, a.qkv + kv * a.stride,
                          rows + kv + KV, (real)scale);
        }
        turn((real *)lse_TH + first * a.heads, a.heads, a.lse, a.stride, a.heads, a.T);
        turn((real *)out_TQ + first * Q, Q, a.dqkv, a.stride, Q, a.T);
    }
}

// p = exp(scale score - lse) and dscore = p (dp - delta), in place, for the queries from keys' first to the last:
// lane l, key first + l, is seen by queries from its own on.
static void softmax_back_lanes(Turned a, const real *lse, int first, int count, real scale) {
    for (int j = 0; j < count; j++) {
        vec p = vec_exp_small(scale * load(a.score + j * LANES) - lse[first + j]);
        if (j < LANES) p = lanes_to(p, j);
        store(a.score + j * LANES, p);
        store(a.dscore + j * LANES, p * (load(a.dscore + j * LANES) - a.delta[first + j]));
    }
}

typedef struct {
    int head, q, kv, KV;                // columns of its queries and keys; values stand KV after the keys
    const real *qkv_rows, *dout_rows_T; // rows of the sequence; the output's from that head's columns on
} TurnedHead;

static void attend_back_turned(Turned a, TurnedHead h, real scale) {
    const real *q = a.qkv + h.q * a.stride, *k = a.qkv + h.kv * a.stride, *v = k + h.KV * a.stride;
    const real *out = a.out + h.q * a.stride, *dout = a.dout + h.q * a.stride;
    real *dq = a.dqkv + h.q * a.stride, *dk = a.dqkv + h.kv * a.stride, *dv = dk + h.KV * a.stride;
    for (int t = 0; t < a.T; t += LANES) {
        vec delta = {0};
        for (int i = 0; i < a.d; i++) delta += load(out + i * a.stride + t) * load(dout + i * a.stride + t);
        store(a.delta + t, delta);
    }
    for (int first = 0; first < a.T; first += LANES) {
        int count = a.T - first, keys = count < LANES ? count : LANES;
        scores(a.score, k + first, q + first, a, count);
        scores(a.dscore, v + first, dout + first, a, count);
        softmax_back_lanes(a, a.lse + h.head * a.stride, first, count, scale);
        accumulate(dv + first, a.score, h.dout_rows_T + first * (long)a.heads * a.d, (long)a.heads * a.d, a, count,
                   true);
        accumulate(dk + first, a.dscore, h.qkv_rows + first * (long)a.width + h.q, a.width, a, count, true);
        for (int t = first; t < a.T; t += LANES) {
            real square[LANES * LANES];
            turn_square(square, LANES, a.dscore + (t - first) * LANES, LANES);
            accumulate(dq + t, square, h.qkv_rows + first * (long)a.width + h.kv, a.width, a, keys, true);
        }
    }
}

static void op_attention_back(Context *c, void *dqkv_, const void *dout_TQ, const void *out_TQ, const void *lse_TH,
                              const void *rstd_TM, const void *qkv_, AttentionSpec s, double scale) {
    Turned a = turned_sequence(c, s);
    int Q = a.heads * a.d, KV = a.kv_heads * a.d, M = a.heads + a.kv_heads;
    for (int n = 0; n < s.n_sequences; n++) {
        long first = (long)n * a.T;
        const real *rows = (const real *)qkv_ + first * a.width, *dout = (const real *)dout_TQ + first * Q;
        turn(a.qkv, a.stride, rows, a.width, a.T, a.width);
        turn(a.out, a.stride, (const real *)out_TQ + first * Q, Q, a.T, Q);
        turn(a.dout, a.stride, dout, Q, a.T, Q);
        turn(a.lse, a.stride, (const real *)lse_TH + first * a.heads, a.heads, a.T, a.heads);
        memset(a.dqkv, 0, (size_t)(a.width * a.stride) * sizeof(real));
        for (int h = 0; h < a.heads; h++) {
            TurnedHead head = {h, h * a.d, Q + h / (a.heads / a.kv_heads) * a.d, KV, rows, dout + h * a.d};
            attend_back_turned(a, head, (real)scale);
        }
        if (rstd_TM) {
            turn(a.rstd, a.stride, (const real *)rstd_TM + first * M, M, a.T, M);
            normalise_back_turned(a);
        }
        rotate_turned(c, a, a.dqkv, -1, (real)scale);
        turn((real *)dqkv_ + first * a.width, a.width, a.dqkv, a.stride, a.width, a.T);
    }
}
