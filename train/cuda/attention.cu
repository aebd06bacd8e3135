// attention.cu - causal attention with rotary positions that never stores scores (after FlashAttention, arXiv
// 2205.14135 and 2307.08691): tiles of 64 queries meet tiles of keys in shared memory, softmax runs along.
//
// The gradient recomputes the scores twice, once by tiles of keys (dk, dv) and once by tiles of queries (dq): a third
// more products than with atomic sums into dq, and always the same bits.
#include "context.h"
#include "tiles.h"

namespace {

constexpr int threads = 128, tile = 64; // four warps, each with 16 rows
constexpr float log2_e = 1.4426950408889634f;

// Where things are in a row of qkv.
struct Heads {
    int n_heads, n_kv_heads, d_head, seq_len, n_sequences;
    __host__ __device__ int row() const { return (n_heads + 2 * n_kv_heads) * d_head; }
    __host__ __device__ int key(int kv_head) const { return (n_heads + kv_head) * d_head; }
    __host__ __device__ int value(int kv_head) const { return (n_heads + n_kv_heads + kv_head) * d_head; }
    __host__ __device__ int group() const { return n_heads / n_kv_heads; }
    __host__ __device__ long tokens() const { return (long)n_sequences * seq_len; }
};

// Turns the pairs (i, i + d_head/2) of q and k by position x 10000^(-2i/d_head), or back (direction -1).
__global__ void rotate(bf16 *qkv, Heads h, float direction) {
    int half = h.d_head / 2, pairs = (h.n_heads + h.n_kv_heads) * half;
    long i = (long)blockIdx.x * threads + threadIdx.x, token = i / pairs;
    if (token >= h.tokens()) return;
    int head = (int)(i % pairs) / half, pair = (int)(i % half);
    bf16 *low = qkv + token * h.row() + head * h.d_head + pair, *high = low + half;
    // log2(10000) = 13.2877...
    float angle = (float)(token % h.seq_len) * exp2f(-13.287712379549449f * 2.0f * (float)pair / (float)h.d_head);
    float c = cosf(angle), s = direction * sinf(angle), x = to_float(*low), y = to_float(*high);
    *low = to_bf16(x * c - y * s);
    *high = to_bf16(x * s + y * c);
}

// Tiles of `height` rows and DH columns (d_head, filled up with zeros).
template <int DH, int height> struct Side : Stage<true, height, DH> {};

// Loads rows `first`.. of a head's matrix at `from` (the sequence's first row).
template <int DH, int height, bool aligned>
__device__ inline void load_rows(bf16 *stage, const bf16 *from, long stride, int first, Heads h) {
    load_stage<Side<DH, height>, threads, aligned>(stage, from + first * stride, stride, h.seq_len - first, h.d_head);
}

// sum[] = a b^T: 16 rows of a from m, all rows of b.
template <int DH, int height, int height_b>
__device__ inline void scores(FragmentC (&sum)[1][height_b / 8], const bf16 *a, int m, const bf16 *b) {
#pragma unroll
    for (int k = 0; k < DH; k += 16) {
        FragmentA fa[1];
        FragmentB fb[height_b / 8];
        load_a<Side<DH, height>, true>(fa[0], a, m, k);
#pragma unroll
        for (int j = 0; j < height_b / 8; j += 2) load_b<Side<DH, height_b>, true>(fb + j, b, j * 8, k);
        multiply_add(sum, fa, fb);
    }
}

// sum[] += p b, where p are 16 rows of scores as scores() left them (rounded to bf16), b has a row for each column of
// p.
template <int DH, int height_b>
__device__ inline void combine(FragmentC (&sum)[1][DH / 8], const FragmentC (&p)[1][height_b / 8], const bf16 *b) {
#pragma unroll
    for (int k = 0; k < height_b / 16; k++) {
        const FragmentC &left = p[0][2 * k], &right = p[0][2 * k + 1];
        FragmentA fa[1] = {{{pack(left.r[0], left.r[1]), pack(left.r[2], left.r[3]), pack(right.r[0], right.r[1]),
                             pack(right.r[2], right.r[3])}}};
        FragmentB fb[DH / 8];
#pragma unroll
        for (int j = 0; j < DH / 8; j += 2) load_b<Side<DH, height_b>, false>(fb + j, b, j * 8, k * 16);
        multiply_add(sum, fa, fb);
    }
}

// Writes 16 rows from `row` of a head's matrix, times factor[half].
template <int DH>
__device__ inline void store_rows(bf16 *to, long stride, const FragmentC (&sum)[1][DH / 8], int row, Heads h,
                                  const float (&factor)[2]) {
    int lane = (int)threadIdx.x % warp_size;
#pragma unroll
    for (int j = 0; j < DH / 8; j++)
#pragma unroll
        for (int i = 0; i < 4; i++) {
            int r = row + lane / 4 + i / 2 * 8, d = j * 8 + lane % 4 * 2 + i % 2;
            if (r < h.seq_len && d < h.d_head) to[r * stride + d] = to_bf16(sum[0][j].r[i] * factor[i / 2]);
        }
}

template <class F> __device__ inline float over_row(float v, F f) { // the four lanes that share a row
    v = f(v, lane_xor(v, 1));
    return f(v, lane_xor(v, 2));
}

// One step of the running softmax over 64 more keys: turns scores into weights and rescales what is summed so far.
template <int DH>
__device__ inline void softmax_step(FragmentC (&s)[1][tile / 8], FragmentC (&out)[1][DH / 8], float (&top)[2],
                                    float (&total)[2], int row, int first_key, float scale) {
    int lane = (int)threadIdx.x % warp_size;
#pragma unroll
    for (int half = 0; half < 2; half++) {
        int query = row + lane / 4 + half * 8;
        float highest = top[half];
#pragma unroll
        for (int i = 0; i < tile / 4; i++) {
            float &v = s[0][i / 2].r[half * 2 + i % 2];
            v = first_key + i / 2 * 8 + lane % 4 * 2 + i % 2 <= query ? v * scale * log2_e : -INFINITY;
            highest = fmaxf(highest, v);
        }
        highest = over_row(highest, [](float a, float b) { return fmaxf(a, b); });
        float shrink = exp2f(top[half] - highest), sum = 0;
#pragma unroll
        for (int i = 0; i < tile / 4; i++) {
            float &v = s[0][i / 2].r[half * 2 + i % 2];
            v = exp2f(v - highest);
            sum += v;
        }
        total[half] = total[half] * shrink + over_row(sum, [](float a, float b) { return a + b; });
        top[half] = highest;
#pragma unroll
        for (int j = 0; j < DH / 8; j++) out[0][j].r[half * 2] *= shrink, out[0][j].r[half * 2 + 1] *= shrink;
    }
}

template <int DH, bool aligned>
__global__ void __launch_bounds__(threads) forward(bf16 *out_TQ, float *lse_TH, const bf16 *qkv, Heads h, float scale) {
    typedef Side<DH, tile> S;
    Shared shared;
    bf16 *q = shared.array<bf16>(S::size), *k = shared.array<bf16>(2 * S::size), *v = shared.array<bf16>(2 * S::size);
    int first = (int)(gridDim.x - 1 - blockIdx.x) * tile, head = (int)blockIdx.y,
        kv = head / h.group(); // longest first
    int row = (int)threadIdx.x / warp_size * 16, lane = (int)threadIdx.x % warp_size;
    long token = (long)blockIdx.z * h.seq_len;
    const bf16 *x = qkv + token * h.row();
    FragmentC out[1][DH / 8] = {};
    float top[2] = {-INFINITY, -INFINITY}, total[2] = {};
    auto load_keys = [&](int i) {
        load_rows<DH, tile, aligned>(k + i % 2 * S::size, x + h.key(kv), h.row(), i * tile, h);
        load_rows<DH, tile, aligned>(v + i % 2 * S::size, x + h.value(kv), h.row(), i * tile, h);
    };
    load_rows<DH, tile, aligned>(q, x + head * h.d_head, h.row(), first, h);
    load_keys(0);
    copies_commit();
    for (int i = 0; i * tile <= first; i++) {
        if ((i + 1) * tile <= first) load_keys(i + 1);
        copies_commit();
        copies_wait<1>();
        SYNC_BLOCK();
        FragmentC s[1][tile / 8] = {};
        scores<DH, tile, tile>(s, q, row, k + i % 2 * S::size);
        softmax_step<DH>(s, out, top, total, first + row, i * tile, scale);
        combine<DH, tile>(out, s, v + i % 2 * S::size);
        SYNC_BLOCK();
    }
    float factor[2] = {1.0f / total[0], 1.0f / total[1]};
    store_rows<DH>(out_TQ + (token * h.n_heads + head) * h.d_head, h.n_heads * h.d_head, out, first + row, h, factor);
    for (int half = 0; half < 2; half++) {
        int r = first + row + lane / 4 + half * 8;
        if (lane % 4 == 0 && r < h.seq_len)
            lse_TH[(token + r) * h.n_heads + head] = top[half] / log2_e + logf(total[half]);
    }
}

// delta_TH = sum over d_head of dout x out; a warp to a token's head.
__global__ void output_dot(float *delta_TH, const bf16 *dout_TQ, const bf16 *out_TQ, Heads h) {
    long i = (long)blockIdx.x * (threads / warp_size) + threadIdx.x / warp_size;
    if (i >= h.tokens() * h.n_heads) return;
    float sum = 0;
    for (int d = (int)threadIdx.x % warp_size; d < h.d_head; d += warp_size)
        sum += to_float(dout_TQ[i * h.d_head + d]) * to_float(out_TQ[i * h.d_head + d]);
    sum = warp_sum(sum);
    if (threadIdx.x % warp_size == 0) delta_TH[i] = sum;
}

struct Gradient {
    bf16 *dqkv;
    const bf16 *dout_TQ, *qkv;
    const float *lse_TH, *delta_TH;
};

// lse and delta of `height` queries from `first`, to shared memory.
template <int height>
__device__ inline void load_statistics(float *lse, float *delta, Gradient g, Heads h, long token, int first, int head) {
    for (int i = (int)threadIdx.x; i < height; i += threads) {
        bool inside = first + i < h.seq_len;
        long at = (token + first + i) * h.n_heads + head;
        lse[i] = inside ? g.lse_TH[at] : 0.0f;
        delta[i] = inside ? g.delta_TH[at] : 0.0f;
    }
}

// Scores of a key and a query become the weight p, and dp becomes the gradient ds for the unscaled score. (Queries past
// the end of the sequence have dout = 0 and so give nothing.)
__device__ inline void weight_gradient(float &s, float &dp, int query, int key, float lse, float delta, float scale) {
    s = key <= query ? exp2f((s * scale - lse) * log2_e) : 0.0f;
    dp = s * (dp - delta) * scale;
}

// dk and dv of 64 keys: rows are keys, columns queries; heads that share the keys are added up in order.
template <int DH, int height, bool aligned>
__global__ void __launch_bounds__(threads) backward_keys(Gradient g, Heads h, float scale) {
    typedef Side<DH, tile> S;
    typedef Side<DH, height> SQ;
    Shared shared;
    bf16 *k = shared.array<bf16>(S::size), *v = shared.array<bf16>(S::size);
    bf16 *q = shared.array<bf16>(SQ::size), *dout = shared.array<bf16>(SQ::size);
    float *lse = shared.array<float>(height), *delta = shared.array<float>(height);
    int first = (int)blockIdx.x * tile, kv = (int)blockIdx.y;
    int row = (int)threadIdx.x / warp_size * 16, lane = (int)threadIdx.x % warp_size;
    long token = (long)blockIdx.z * h.seq_len;
    const bf16 *x = g.qkv + token * h.row();
    load_rows<DH, tile, aligned>(k, x + h.key(kv), h.row(), first, h);
    load_rows<DH, tile, aligned>(v, x + h.value(kv), h.row(), first, h);
    FragmentC dk[1][DH / 8] = {}, dv[1][DH / 8] = {};
    for (int head = kv * h.group(); head < (kv + 1) * h.group(); head++)
        for (int at = first; at < h.seq_len; at += height) {
            load_rows<DH, height, aligned>(q, x + head * h.d_head, h.row(), at, h);
            load_rows<DH, height, aligned>(dout, g.dout_TQ + (token * h.n_heads + head) * h.d_head,
                                           h.n_heads * h.d_head, at, h);
            load_statistics<height>(lse, delta, g, h, token, at, head);
            copies_commit();
            copies_wait<0>();
            SYNC_BLOCK();
            FragmentC p[1][height / 8] = {}, ds[1][height / 8] = {};
            scores<DH, tile, height>(p, k, row, q);
            scores<DH, tile, height>(ds, v, row, dout);
#pragma unroll
            for (int j = 0; j < height / 8; j++)
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    int key = first + row + lane / 4 + i / 2 * 8, query = j * 8 + lane % 4 * 2 + i % 2;
                    weight_gradient(p[0][j].r[i], ds[0][j].r[i], at + query, key, lse[query], delta[query], scale);
                }
            combine<DH, height>(dv, p, dout);
            combine<DH, height>(dk, ds, q);
            SYNC_BLOCK();
        }
    const float one[2] = {1, 1};
    store_rows<DH>(g.dqkv + token * h.row() + h.key(kv), h.row(), dk, first + row, h, one);
    store_rows<DH>(g.dqkv + token * h.row() + h.value(kv), h.row(), dv, first + row, h, one);
}

// dq of 64 queries.
template <int DH, int height, bool aligned>
__global__ void __launch_bounds__(threads) backward_queries(Gradient g, Heads h, float scale) {
    typedef Side<DH, tile> S;
    typedef Side<DH, height> SK;
    Shared shared;
    bf16 *q = shared.array<bf16>(S::size), *dout = shared.array<bf16>(S::size);
    bf16 *k = shared.array<bf16>(SK::size), *v = shared.array<bf16>(SK::size);
    float *lse = shared.array<float>(tile), *delta = shared.array<float>(tile);
    int first = (int)(gridDim.x - 1 - blockIdx.x) * tile, head = (int)blockIdx.y, kv = head / h.group();
    int row = (int)threadIdx.x / warp_size * 16, lane = (int)threadIdx.x % warp_size;
    long token = (long)blockIdx.z * h.seq_len;
    const bf16 *x = g.qkv + token * h.row();
    load_rows<DH, tile, aligned>(q, x + head * h.d_head, h.row(), first, h);
    load_rows<DH, tile, aligned>(dout, g.dout_TQ + (token * h.n_heads + head) * h.d_head, h.n_heads * h.d_head, first,
                                 h);
    load_statistics<tile>(lse, delta, g, h, token, first, head);
    FragmentC dq[1][DH / 8] = {};
    for (int at = 0; at < min(first + tile, h.seq_len); at += height) {
        load_rows<DH, height, aligned>(k, x + h.key(kv), h.row(), at, h);
        load_rows<DH, height, aligned>(v, x + h.value(kv), h.row(), at, h);
        copies_commit();
        copies_wait<0>();
        SYNC_BLOCK();
        FragmentC p[1][height / 8] = {}, ds[1][height / 8] = {};
        scores<DH, tile, height>(p, q, row, k);
        scores<DH, tile, height>(ds, dout, row, v);
#pragma unroll
        for (int j = 0; j < height / 8; j++)
#pragma unroll
            for (int i = 0; i < 4; i++) {
                int query = row + lane / 4 + i / 2 * 8, key = at + j * 8 + lane % 4 * 2 + i % 2;
                weight_gradient(p[0][j].r[i], ds[0][j].r[i], first + query, key, lse[query], delta[query], scale);
            }
        combine<DH, height>(dq, ds, k);
        SYNC_BLOCK();
    }
    const float one[2] = {1, 1};
    store_rows<DH>(g.dqkv + token * h.row() + head * h.d_head, h.row(), dq, first + row, h, one);
}

constexpr int height_for(int DH) {
    return DH > 64 ? 32 : 64;
} // so that the sums stay in registers

template <int DH, bool aligned>
void launch_forward(Context *c, bf16 *out_TQ, float *lse_TH, const bf16 *qkv, Heads h, float scale) {
    constexpr size_t one = Side<DH, tile>::size;
    size_t shared = shared_bytes_of<bf16>(one) + 2 * shared_bytes_of<bf16>(2 * one);
    auto kernel = forward<DH, aligned>;
    dim3 grid(blocks_for(h.seq_len, tile), (unsigned)h.n_heads, (unsigned)h.n_sequences);
    LAUNCH(kernel, grid, threads, shared, c->stream, out_TQ, lse_TH, qkv, h, scale);
}

template <int DH, bool aligned> void launch_backward(Context *c, Gradient g, Heads h, float scale) {
    constexpr int height = height_for(DH);
    constexpr size_t sides =
        2 * shared_bytes_of<bf16>(Side<DH, tile>::size) + 2 * shared_bytes_of<bf16>(Side<DH, height>::size);
    auto keys = backward_keys<DH, height, aligned>;
    auto queries = backward_queries<DH, height, aligned>;
    unsigned tiles = blocks_for(h.seq_len, tile);
    LAUNCH(keys, dim3(tiles, (unsigned)h.n_kv_heads, (unsigned)h.n_sequences), threads,
           sides + 2 * shared_bytes_of<float>(height), c->stream, g, h, scale);
    LAUNCH(queries, dim3(tiles, (unsigned)h.n_heads, (unsigned)h.n_sequences), threads,
           sides + 2 * shared_bytes_of<float>(tile), c->stream, g, h, scale);
}

void turn(Context *c, bf16 *qkv, Heads h, float direction) {
    long pairs = h.tokens() * (h.n_heads + h.n_kv_heads) * (h.d_head / 2);
    LAUNCH(rotate, blocks_for(pairs, threads), threads, 0, c->stream, qkv, h, direction);
}

Heads heads_of(AttentionSpec s) {
    return {s.n_heads, s.n_kv_heads, s.d_head, s.seq_len, s.n_sequences};
}

} // namespace

// Picks the kernel with the next larger head; copies of 16 bytes need heads of a multiple of 8.
#define FOR_HEAD(launch, d_head, ...)                                                                                  \
    do {                                                                                                               \
        if ((d_head) % 8 != 0) {                                                                                       \
            if ((d_head) <= 32)                                                                                        \
                launch<32, false>(__VA_ARGS__);                                                                        \
            else                                                                                                       \
                launch<128, false>(__VA_ARGS__);                                                                       \
        } else if ((d_head) <= 16)                                                                                     \
            launch<16, true>(__VA_ARGS__);                                                                             \
        else if ((d_head) <= 32)                                                                                       \
            launch<32, true>(__VA_ARGS__);                                                                             \
        else if ((d_head) <= 64)                                                                                       \
            launch<64, true>(__VA_ARGS__);                                                                             \
        else                                                                                                           \
            launch<128, true>(__VA_ARGS__);                                                                            \
    } while (0)

void cuda_attention(Context *c, void *out_TQ, void *lse_TH, void *rstd_TM, void *qkv, AttentionSpec s, double scale) {
    Heads h = heads_of(s);
    if (rstd_TM) normalise_heads(c, (bf16 *)qkv, (float *)rstd_TM, s);
    turn(c, (bf16 *)qkv, h, 1);
    FOR_HEAD(launch_forward, s.d_head, c, (bf16 *)out_TQ, (float *)lse_TH, (const bf16 *)qkv, h, (float)scale);
}

void cuda_attention_back(Context *c, void *dqkv, const void *dout_TQ, const void *out_TQ, const void *lse_TH,
                         const void *rstd_TM, const void *qkv, AttentionSpec s, double scale) {
    Heads h = heads_of(s);
    long rows = h.tokens() * h.n_heads;
    float *delta_TH = (float *)scratch(c, SCRATCH_OPERATION, (size_t)rows * sizeof(float));
    if (!delta_TH) return;
    LAUNCH(output_dot, blocks_for(rows, threads / warp_size), threads, 0, c->stream, delta_TH, (const bf16 *)dout_TQ,
           (const bf16 *)out_TQ, h);
    Gradient g = {(bf16 *)dqkv, (const bf16 *)dout_TQ, (const bf16 *)qkv, (const float *)lse_TH, delta_TH};
    FOR_HEAD(launch_backward, s.d_head, c, g, h, (float)scale);
    if (rstd_TM) normalise_heads_back(c, (bf16 *)dqkv, (const bf16 *)qkv, (const float *)rstd_TM, s);
    turn(c, (bf16 *)dqkv, h, -1);
}
