// router.cu - choosing experts and putting tokens in expert order, all on the device; fp32 throughout.
//
// Tokens are worked on in chunks of 32 neighbours of one sequence. Which tokens of a chunk chose an expert is one bit
// mask, so that counts and places of slots follow from counting bits, in token order, whatever ran first. (The masks
// are made by atomic or: the result of that does not depend on order.)
#include "context.h"

#include <float.h>

extern "C" {
#include "run/run.h"
}

namespace {

constexpr int threads = 256, n_warps = threads / warp_size, chunk = 32;

struct Chunks {
    int per_sequence, seq_len;
    __device__ int first(int p) const { return p / per_sequence * seq_len + p % per_sequence * chunk; }
    __device__ int count(int p) const { return min(chunk, seq_len - p % per_sequence * chunk); }
};

__device__ inline float sigmoid(float x) {
    return 1.0f / (1.0f + expf(-x));
}

// log of the sum over E of exp(logit), the same in every lane.
__device__ float log_sum_exp(const float *logit_E, int E) {
    float top = -FLT_MAX, sum = 0;
    for (int e = (int)threadIdx.x % warp_size; e < E; e += warp_size) top = fmaxf(top, logit_E[e]);
    top = warp_max(top);
    for (int e = (int)threadIdx.x % warp_size; e < E; e += warp_size) sum += expf(logit_E[e] - top);
    return top + logf(warp_sum(sum));
}

// A gate's scores of one token. Shares p are scores normalised to sum 1.
struct Scores {
    const float *logit_E;
    int sigmoid_gate;
    float lse, total;
    __device__ Scores(const float *logit, int E, int gate)
        : logit_E(logit), sigmoid_gate(gate == GATE_SIGMOID), total(1) {
        lse = log_sum_exp(logit, E);
        if (!sigmoid_gate) return;
        total = 0;
        for (int e = (int)threadIdx.x % warp_size; e < E; e += warp_size) total += sigmoid(logit[e]);
        total = warp_sum(total);
    }
    __device__ float score(int e) const { return sigmoid_gate ? sigmoid(logit_E[e]) : expf(logit_E[e] - lse); }
    __device__ float share(int e) const { return score(e) / total; }
};

// The best remaining key of the warp; of equals the lowest index. Keys that are NaN are taken already.
__device__ int best_key(const float *key_E, int E) {
    float best = 0;
    int at = -1;
    for (int e = (int)threadIdx.x % warp_size; e < E; e += warp_size)
        if (key_E[e] == key_E[e] && (at < 0 || key_E[e] > best)) best = key_E[e], at = e;
    for (int m = warp_size / 2; m > 0; m /= 2) {
        float other = lane_xor(best, m);
        int other_at = lane_xor(at, m);
        bool better = at < 0 || other > best || (other == best && other_at < at);
        if (other_at >= 0 && better) best = other, at = other_at;
    }
    return at;
}

struct Choice {
    int *index_TK;
    float *weight_TK;
    int *count_EP;   // of each expert in each chunk
    float *stats_2P; // sums over the chunk's tokens: entropy, then squares of log sum exp
};

// A block to a chunk, a warp to a token at a time.
__global__ void choose(Choice out, const float *logit_TE, const float *bias_E, Chunks chunks, int E, int K, int gate,
                       float scale) {
    Shared shared;
    unsigned *mask_E = shared.array<unsigned>(E);
    float *key_WE = shared.array<float>(n_warps * E), *stats_W2 = shared.array<float>(n_warps * 2);
    int lane = (int)threadIdx.x % warp_size, warp = (int)threadIdx.x / warp_size, p = (int)blockIdx.x;
    for (int e = (int)threadIdx.x; e < E; e += threads) mask_E[e] = 0;
    SYNC_BLOCK();
    float *key_E = key_WE + warp * E, entropy = 0, squares = 0;
    for (int i = warp; i < chunks.count(p); i += n_warps) {
        long t = chunks.first(p) + i;
        Scores s(logit_TE + t * E, E, gate);
        float sum = 0;
        for (int e = lane; e < E; e += warp_size) {
            float share = s.share(e), key = s.score(e) + bias_E[e];
            sum -= share > 0 ? share * logf(share) : 0.0f;
            key_E[e] = key == key ? key : -INFINITY;
        }
        sync_warp();
        entropy += warp_sum(sum);
        squares += s.lse * s.lse;
        for (int k = 0; k < K; k++) {
            int e = best_key(key_E, E);
            sync_warp();
            if (lane == 0) {
                key_E[e] = NAN;
                out.index_TK[t * K + k] = e;
                out.weight_TK[t * K + k] = scale * s.score(e);
                atomicOr(&mask_E[e], 1u << i);
            }
            sync_warp();
        }
    }
    if (lane == 0) stats_W2[warp * 2] = entropy, stats_W2[warp * 2 + 1] = squares;
    SYNC_BLOCK();
    for (int e = (int)threadIdx.x; e < E; e += threads) out.count_EP[(long)e * gridDim.x + p] = __popc(mask_E[e]);
    if (threadIdx.x < 2) {
        float sum = 0;
        for (int w = 0; w < n_warps; w++) sum += stats_W2[w * 2 + (int)threadIdx.x];
        out.stats_2P[threadIdx.x * gridDim.x + (unsigned)p] = sum;
    }
}

// Exclusive sums of n values by one warp; returns the total. in and out may be the same.
__device__ int scan(int *out, const int *in, int n) {
    int lane = (int)threadIdx.x % warp_size, before = 0;
    for (int first = 0; first < n; first += warp_size) {
        int own = first + lane < n ? in[first + lane] : 0, sum = own;
        for (int d = 1; d < warp_size; d *= 2) {
            int other = lane_get(sum, lane >= d ? lane - d : lane);
            if (lane >= d) sum += other;
        }
        if (first + lane < n) out[first + lane] = before + sum - own;
        before += lane_get(sum, warp_size - 1);
    }
    return before;
}

// Sum of n values by one warp, in fixed order.
__device__ float ordered_sum(const float *x, int n) {
    float sum = 0;
    for (int i = (int)threadIdx.x % warp_size; i < n; i += warp_size) sum += x[i];
    return warp_sum(sum);
}

// One block: counts of P chunks become places; totals become offsets; statistics are added up.
__global__ void place_experts(Routing r, int *count_EP, const float *stats_2P, const float *aux_Q, int P, int Q, int E,
                              float z) {
    Shared shared;
    int *total_E = shared.array<int>(E);
    int warp = (int)threadIdx.x / warp_size, warps = (int)blockDim.x / warp_size, lane = (int)threadIdx.x % warp_size;
    for (int e = warp; e < E; e += warps) {
        int total = scan(count_EP + (long)e * P, count_EP + (long)e * P, P);
        if (lane == 0) {
            total_E[e] = total;
            ((int *)r.count_E)[e] += total;
        }
    }
    SYNC_BLOCK();
    if (warp == 0) {
        int total = scan((int *)r.offset_E1, total_E, E);
        if (lane == 0) ((int *)r.offset_E1)[E] = total;
    } else if (warp == 1) {
        float entropy = ordered_sum(stats_2P, P), squares = ordered_sum(stats_2P + P, P);
        float aux = aux_Q ? ordered_sum(aux_Q, Q) : 0.0f;
        float *stats_3 = (float *)r.stats_3;
        if (lane == 0) stats_3[0] += entropy, stats_3[1] += aux, stats_3[2] += z * squares;
    }
}

// A block to a chunk: every choice gets its slot.
__global__ void place_slots(Routing r, const float *weight_TK, const int *before_EP, Chunks chunks, int E, int K) {
    Shared shared;
    unsigned *mask_E = shared.array<unsigned>(E);
    int p = (int)blockIdx.x, P = (int)gridDim.x, n = chunks.count(p) * K;
    long first = (long)chunks.first(p) * K;
    const int *index_TK = (const int *)r.index_TK;
    for (int e = (int)threadIdx.x; e < E; e += threads) mask_E[e] = 0;
    SYNC_BLOCK();
    for (int i = (int)threadIdx.x; i < n; i += threads) atomicOr(&mask_E[index_TK[first + i]], 1u << (i / K));
    SYNC_BLOCK();
    for (int i = (int)threadIdx.x; i < n; i += threads) {
        int e = index_TK[first + i], rank = __popc(mask_E[e] & ((1u << (i / K)) - 1));
        int slot = ((const int *)r.offset_E1)[e] + before_EP[(long)e * P + p] + rank;
        ((int *)r.slot_TK)[first + i] = slot;
        ((int *)r.token_S)[slot] = chunks.first(p) + i / K;
        ((float *)r.weight_S)[slot] = weight_TK[first + i];
    }
}

// How often each expert was chosen in sequence q, into shared memory of E integers.
__device__ void count_chosen(int *count_E, const int *index_TK, int q, int seq_len, int E, int K) {
    for (int e = (int)threadIdx.x; e < E; e += threads) count_E[e] = 0;
    SYNC_BLOCK();
    long first = (long)q * seq_len * K;
    for (int i = (int)threadIdx.x; i < seq_len * K; i += threads) atomicAdd(&count_E[index_TK[first + i]], 1);
    SYNC_BLOCK();
}

// A block to a sequence: aux_q = a sum_e n_e sum_t p_te; count_QE (NULL: not wanted) = n_e.
__global__ void balancing_loss(float *aux_Q, int *count_QE, const float *logit_TE, const int *index_TK, int seq_len,
                               int E, int K, int gate, float a) {
    Shared shared;
    int *count_E = shared.array<int>(E);
    float *sum_W = shared.array<float>(n_warps), sum = 0;
    int q = (int)blockIdx.x, warp = (int)threadIdx.x / warp_size;
    count_chosen(count_E, index_TK, q, seq_len, E, K);
    for (int t = warp; aux_Q && t < seq_len; t += n_warps) {
        Scores s(logit_TE + ((long)q * seq_len + t) * E, E, gate);
        for (int e = (int)threadIdx.x % warp_size; e < E; e += warp_size) sum += (float)count_E[e] * s.share(e);
    }
    sum = block_sum(sum, sum_W);
    if (aux_Q && threadIdx.x == 0) aux_Q[q] = a * sum;
    for (int e = (int)threadIdx.x; count_QE && e < E; e += threads) count_QE[(long)q * E + e] = count_E[e];
}

// Gradient for the logits, a warp to a token. a: weight of the balancing loss, with count_QE; 0: none.
__global__ void score_gradient(float *dlogit_TE, Routing r, const float *dweight_S, const int *count_QE, int T,
                               RouterSpec spec, float a) {
    long t = (long)blockIdx.x * n_warps + threadIdx.x / warp_size;
    if (t >= T) return;
    int E = spec.E, K = spec.K, lane = (int)threadIdx.x % warp_size;
    Scores s((const float *)r.logit_TE + t * E, E, spec.gate);
    const int *index_K = (const int *)r.index_TK + t * K, *slot_K = (const int *)r.slot_TK + t * K;
    const int *count_E = count_QE ? count_QE + t / spec.seq_len * E : nullptr;
    float scale = (float)spec.scale, dot_chosen = 0, dot_share = 0;
    for (int k = lane; k < K; k += warp_size) dot_chosen += s.score(index_K[k]) * scale * dweight_S[slot_K[k]];
    dot_chosen = warp_sum(dot_chosen);
    for (int e = lane; count_E && e < E; e += warp_size) dot_share += s.share(e) * a * (float)count_E[e];
    dot_share = warp_sum(dot_share);
    for (int e = lane; e < E; e += warp_size) {
        float dscore = 0, score = s.score(e);
        for (int k = 0; k < K; k++)
            if (index_K[k] == e) dscore = scale * dweight_S[slot_K[k]];
        if (count_E) dscore += (a * (float)count_E[e] - dot_share) / s.total; // for softmax the total is 1
        float dlogit = s.sigmoid_gate ? score * (1.0f - score) * dscore : score * (dscore - dot_chosen);
        float softmax = expf(s.logit_E[e] - s.lse);
        dlogit_TE[t * E + e] = dlogit + (float)spec.z * 2.0f * s.lse * softmax;
    }
}

// A block to a layer.
__global__ void move_bias(float *bias_LE, const int *count_LE, int E, float rate) {
    Shared shared;
    long *scratch = shared.array<long>(n_warps), total = 0;
    float *sum_W = shared.array<float>(n_warps), sum = 0;
    float *bias_E = bias_LE + (long)blockIdx.x * E;
    const int *count_E = count_LE + (long)blockIdx.x * E;
    for (int e = (int)threadIdx.x; e < E; e += threads) total += count_E[e];
    total = block_sum(total, scratch);
    for (int e = (int)threadIdx.x; e < E; e += threads) {
        long behind = total - (long)count_E[e] * E;
        bias_E[e] += behind > 0 ? rate : behind < 0 ? -rate : 0.0f;
        sum += bias_E[e];
    }
    sum = block_sum(sum, sum_W) / (float)E;
    for (int e = (int)threadIdx.x; e < E; e += threads) bias_E[e] -= sum;
}

float balancing_weight(RouterSpec s) {
    return (float)(s.aux * s.E / ((double)s.K * s.seq_len));
}

size_t balancing_shared(int E) {
    return shared_bytes_of<int>((size_t)E) + shared_bytes_of<float>(n_warps);
}

} // namespace

void cuda_router(Context *c, Routing r, const void *h_TD, const void *router_DE, const void *bias_E, RouterSpec s) {
    Chunks chunks = {(int)blocks_for(s.seq_len, chunk), s.seq_len};
    int Q = s.T / s.seq_len, P = Q * chunks.per_sequence;
    size_t TK = (size_t)s.T * (size_t)s.K, EP = (size_t)s.E * (size_t)P, E = (size_t)s.E;
    Carver parts = {scratch(c, SCRATCH_OPERATION,
                            scratch_bytes<float>(TK) + scratch_bytes<int>(EP) + scratch_bytes<float>(2 * (size_t)P) +
                                scratch_bytes<float>((size_t)Q))};
    if (!parts.next) return;
    Choice choice;
    choice.index_TK = (int *)r.index_TK;
    choice.weight_TK = parts.take<float>(TK);
    choice.count_EP = parts.take<int>(EP);
    choice.stats_2P = parts.take<float>(2 * (size_t)P);
    float *aux_Q = s.aux != 0 ? parts.take<float>((size_t)Q) : nullptr, *logit_TE = (float *)r.logit_TE;

    small_product(c, logit_TE, (const bf16 *)h_TD, (const float *)router_DE, s.T, s.E, s.D);
    size_t shared =
        shared_bytes_of<unsigned>(E) + shared_bytes_of<float>(n_warps * E) + shared_bytes_of<float>(n_warps * 2);
    LAUNCH(choose, (unsigned)P, threads, shared, c->stream, choice, logit_TE, (const float *)bias_E, chunks, s.E, s.K,
           s.gate, (float)s.scale);
    if (aux_Q)
        LAUNCH(balancing_loss, (unsigned)Q, threads, balancing_shared(s.E), c->stream, aux_Q, nullptr, logit_TE,
               choice.index_TK, s.seq_len, s.E, s.K, s.gate, balancing_weight(s));
    LAUNCH(place_experts, 1, 1024, shared_bytes_of<int>(E), c->stream, r, choice.count_EP, choice.stats_2P, aux_Q, P, Q,
           s.E, (float)s.z);
    LAUNCH(place_slots, (unsigned)P, threads, shared_bytes_of<unsigned>(E), c->stream, r, choice.weight_TK,
           choice.count_EP, chunks, s.E, s.K);
}

void cuda_router_back(Context *c, void *dh_TD, void *drouter_DE, Routing r, const void *dweight_S, const void *h_TD,
                      const void *router_DE, RouterSpec s) {
    size_t TE = (size_t)s.T * (size_t)s.E, QE = (size_t)(s.T / s.seq_len) * (size_t)s.E;
    Carver parts = {scratch(c, SCRATCH_OPERATION, scratch_bytes<float>(TE) + scratch_bytes<int>(QE))};
    if (!parts.next) return;
    float *dlogit_TE = parts.take<float>(TE);
    int *count_QE = s.aux != 0 ? parts.take<int>(QE) : nullptr;
    if (count_QE)
        LAUNCH(balancing_loss, (unsigned)(s.T / s.seq_len), threads, balancing_shared(s.E), c->stream, nullptr,
               count_QE, (const float *)r.logit_TE, (const int *)r.index_TK, s.seq_len, s.E, s.K, s.gate, 0.0f);
    LAUNCH(score_gradient, blocks_for(s.T, n_warps), threads, 0, c->stream, dlogit_TE, r, (const float *)dweight_S,
           count_QE, s.T, s, balancing_weight(s));
    small_product_bt(c, (bf16 *)dh_TD, dlogit_TE, (const float *)router_DE, s.T, s.D, s.E);
    small_product_at(c, (float *)drouter_DE, (const bf16 *)h_TD, dlogit_TE, s.D, s.E, s.T);
}

void cuda_balance(Context *c, void *bias_LE, const void *count_LE, int n_layers, int E, double rate) {
    LAUNCH(move_bias, (unsigned)n_layers, threads, shared_bytes_of<long>(n_warps) + shared_bytes_of<float>(n_warps),
           c->stream, (float *)bias_LE, (const int *)count_LE, E, (float)rate);
}
