// router.h - gate, top-k, expert order, and their gradients; the balancing bias.
#include "run/run.h"

// Scores (not yet normalised for a sigmoid gate) of one token from its logits; returns their sum.
static real gate_scores(real *score, const real *logit, int E, int gate) {
    if (gate == GATE_SOFTMAX) {
        real sum = exp_all(score, logit, E, 1, largest(logit, E));
        for (int e = 0; e < E; e++) score[e] /= sum;
        return 1;
    }
    exp_all(score, logit, E, -1, 0);
    real sum = 0;
    for (int e = 0; e < E; e++) sum += score[e] = 1 / (1 + score[e]);
    return sum;
}

// The K largest score + bias, best first; of equals the lower index. The largest of every LANES experts are kept, so
// that one choice looks at those and at LANES experts; `value` is choice_E of the context.
static void choose_best(int32_t *index, const real *score, const real *bias, int E, int K, real *value) {
    int blocks = (E + LANES - 1) / LANES;
    real *most = value + (long)blocks * LANES;
    for (int b = 0; b < blocks; b++) {
        int left = E - b * LANES;
        const real *x = score + b * LANES, *y = bias + b * LANES;
        vec v = left >= LANES ? load(x) + load(y) : load_part(x, left, -INFINITY) + load_part(y, left, 0);
        store(value + b * LANES, v);
        most[b] = vec_most(v);
    }
    for (int k = 0; k < K; k++) {
        int block = 0, lane = 0;
        for (int b = 1; b < blocks; b++) block = most[b] > most[block] ? b : block;
        real *v = value + block * LANES;
        for (int i = LANES - 1; i >= 0; i--) lane = v[i] == most[block] ? i : lane;
        int best = block * LANES + lane;
        index[k] = best < E ? best : E - 1; // where scores are not numbers
        v[lane] = -INFINITY;
        most[block] = vec_most(load(v));
    }
}

// Entropy of p = score / sum: log sum - (sum of score log score) / sum.
static real gate_entropy(const real *score, real sum, int E) {
    vec total = {0};
    int e = 0;
    for (; e + LANES <= E; e += LANES) total += load(score + e) * vec_log(load(score + e));
    if (e < E) {
        vec s = load_part(score + e, E - e, 1);
        total += s * vec_log(s);
    }
    return real_log(sum) - vec_sum(total) / sum;
}

static real log_sum_exp(real *scratch, const real *logit, int E) {
    real shift = largest(logit, E);
    return shift + real_log(exp_all(scratch, logit, E, 1, shift));
}

// offset from counts, then slots in token order, so that an expert's tokens stand in their own order.
static void order_by_expert(Context *c, Routing r, RouterSpec s) {
    const int32_t *index = r.index_TK;
    int32_t *offset = r.offset_E1, *slot = r.slot_TK, *token = r.token_S, *count = r.count_E, *next = c->next_E;
    long S = (long)s.T * s.K;
    memset(next, 0, (size_t)s.E * sizeof *next);
    for (long i = 0; i < S; i++) next[index[i]]++;
    offset[0] = 0;
    for (int e = 0; e < s.E; e++) {
        count[e] += next[e];
        offset[e + 1] = offset[e] + next[e];
        next[e] = offset[e];
    }
    for (long i = 0; i < S; i++) {
        slot[i] = next[index[i]]++;
        token[slot[i]] = (int32_t)(i / s.K);
    }
}

static void count_sequence(Context *c, Routing r, RouterSpec s, int sequence) {
    const int32_t *index = (const int32_t *)r.index_TK + (long)sequence * s.seq_len * s.K;
    memset(c->sequence_count_E, 0, (size_t)s.E * sizeof(int32_t));
    for (long i = 0; i < (long)s.seq_len * s.K; i++) c->sequence_count_E[index[i]]++;
}

// Weights, entropy and the auxiliary losses, with scores recomputed token by token.
static void weigh(Context *c, Routing r, RouterSpec s) {
    const int32_t *index = r.index_TK, *slot = r.slot_TK;
    real *weight = r.weight_S, *stats = r.stats_3, *score = c->score_E;
    double entropy = 0, aux = 0, z = 0;
    for (int t = 0; t < s.T; t++) {
        const real *logit = (const real *)r.logit_TE + (long)t * s.E;
        real sum = gate_scores(score, logit, s.E, s.gate);
        for (int k = 0; k < s.K; k++) weight[slot[t * s.K + k]] = (real)s.scale * score[index[t * s.K + k]];
        entropy += (double)gate_entropy(score, sum, s.E);
        if (s.aux != 0) {
            if (t % s.seq_len == 0) count_sequence(c, r, s, t / s.seq_len);
            double hit = 0;
            for (int e = 0; e < s.E; e++) hit += (double)c->sequence_count_E[e] * (double)score[e];
            aux += hit / (double)sum;
        }
        if (s.z != 0) {
            double lse = (double)log_sum_exp(score, logit, s.E);
            z += lse * lse;
        }
    }
    stats[0] += (real)entropy;
    stats[1] += (real)(s.aux * s.E / ((double)s.K * s.seq_len) * aux);
    stats[2] += (real)(s.z * z);
}

static void op_router(Context *c, Routing r, const void *h_TD, const void *router_DE, const void *bias_E,
                      RouterSpec s) {
    real *logit = r.logit_TE, *score = c->score_E;
    int32_t *index = r.index_TK;
    gemm_nn(s.T, s.E, s.D, h_TD, s.D, router_DE, s.E, logit, s.E, false);
    for (int t = 0; t < s.T; t++) {
        gate_scores(score, logit + (long)t * s.E, s.E, s.gate);
        choose_best(index + (long)t * s.K, score, bias_E, s.E, s.K, c->choice_E);
    }
    order_by_expert(c, r, s);
    weigh(c, r, s);
}

// dscore (gradient for the scores) to dlogit, in place.
static void gate_back(real *dscore, const real *score, int E, int gate) {
    real inner = gate == GATE_SOFTMAX ? dot(dscore, score, E) : 0;
    for (int e = 0; e < E; e++)
        dscore[e] = gate == GATE_SOFTMAX ? score[e] * (dscore[e] - inner) : dscore[e] * score[e] * (1 - score[e]);
}

// Adds the balancing loss' gradient for the scores: with p = score / sum and g = dloss/dp, (g - sum g p) / sum.
static void aux_back(const Context *c, real *dscore, const real *score, real sum, RouterSpec s) {
    real by = (real)(s.aux * s.E / ((double)s.K * s.seq_len)) / sum, mean = 0;
    for (int e = 0; e < s.E; e++) mean += (real)c->sequence_count_E[e] * score[e] / sum;
    for (int e = 0; e < s.E; e++) dscore[e] += by * ((real)c->sequence_count_E[e] - mean);
}

static void op_router_back(Context *c, void *dh_TD, void *drouter_DE, Routing r, const void *dweight_S,
                           const void *h_TD, const void *router_DE, RouterSpec s) {
    const int32_t *index = r.index_TK, *slot = r.slot_TK;
    const real *dweight = dweight_S;
    real *score = c->score_E;
    for (int t = 0; t < s.T; t++) {
        const real *logit = (const real *)r.logit_TE + (long)t * s.E;
        real *dlogit = c->dlogit_TE + (long)t * s.E, sum = gate_scores(score, logit, s.E, s.gate);
        memset(dlogit, 0, (size_t)s.E * sizeof *dlogit);
        for (int k = 0; k < s.K; k++) dlogit[index[t * s.K + k]] = (real)s.scale * dweight[slot[t * s.K + k]];
        if (s.aux != 0) {
            if (t % s.seq_len == 0) count_sequence(c, r, s, t / s.seq_len);
            aux_back(c, dlogit, score, sum, s);
        }
        gate_back(dlogit, score, s.E, s.gate);
        if (s.z != 0) {
            real lse = log_sum_exp(score, logit, s.E);
            exp_all(score, logit, s.E, 1, lse);
            add_scaled(dlogit, (real)(2 * s.z) * lse, score, s.E);
        }
    }
    gemm_nt(s.T, s.D, s.E, c->dlogit_TE, s.E, router_DE, s.E, dh_TD, s.D, true);
    gemm_tn(s.D, s.E, s.T, h_TD, s.D, c->dlogit_TE, s.E, drouter_DE, s.E, true);
}

static void op_balance(Context *c, void *bias_LE, const void *count_LE, int n_layers, int E, double rate) {
    (void)c;
    for (int l = 0; l < n_layers; l++) {
        real *bias = (real *)bias_LE + (long)l * E;
        const int32_t *count = (const int32_t *)count_LE + (long)l * E;
        double total = 0, sum = 0;
        for (int e = 0; e < E; e++) total += count[e];
        for (int e = 0; e < E; e++) {
            double over = count[e] - total / E;
            bias[e] = (real)((double)bias[e] - (over > 0 ? rate : over < 0 ? -rate : 0));
            sum += (double)bias[e];
        }
        for (int e = 0; e < E; e++) bias[e] = (real)((double)bias[e] - sum / E);
    }
}
