// elementwise.cu - embedding, conversion, gather, SwiGLU and sums over rows: operations that move each number once.
#include "context.h"
#include "rows.h"

namespace {

template <class W> __global__ void copy_rows(bf16 *to_SD, const bf16 *from_RD, const int *row_S, long S, int D) {
    long s = row_here();
    if (s >= S) return;
    for (int d = first_here<W>(); d < D; d += warp_size * W::n) {
        float v[W::n];
        W::load(v, from_RD + (long)row_S[s] * D + d);
        W::store(to_SD + s * D + d, v);
    }
}

template <class W>
__global__ void sum_slots(bf16 *y_TD, const bf16 *x_SD, const int *slot_TK, int T, int K, int D, bool add) {
    long t = row_here();
    if (t >= T) return;
    for (int d = first_here<W>(); d < D; d += warp_size * W::n) {
        float sum[W::n] = {}, v[W::n];
        for (int k = 0; k < K; k++) {
            W::load(v, x_SD + (long)slot_TK[t * K + k] * D + d);
            for (int i = 0; i < W::n; i++) sum[i] += v[i];
        }
        if (add) {
            W::load(v, y_TD + t * D + d);
            for (int i = 0; i < W::n; i++) sum[i] += v[i];
        }
        W::store(y_TD + t * D + d, sum);
    }
}

__device__ inline float sigmoid(float x) {
    return 1.0f / (1.0f + expf(-x));
}

template <class W> __global__ void swiglu_rows(bf16 *a_SF, const bf16 *up_S2F, const float *weight_S, long S, int F) {
    long s = row_here();
    if (s >= S) return;
    float weight = weight_S ? weight_S[s] : 1.0f;
    for (int f = first_here<W>(); f < F; f += warp_size * W::n) {
        float gate[W::n], up[W::n];
        W::load(gate, up_S2F + s * 2 * F + f);
        W::load(up, up_S2F + s * 2 * F + F + f);
        for (int i = 0; i < W::n; i++) up[i] *= weight * gate[i] * sigmoid(gate[i]);
        W::store(a_SF + s * F + f, up);
    }
}

template <class W>
__global__ void swiglu_rows_back(bf16 *dup_S2F, float *dweight_S, const bf16 *da_SF, const bf16 *up_S2F,
                                 const float *weight_S, long S, int F) {
    long s = row_here();
    if (s >= S) return;
    float weight = weight_S ? weight_S[s] : 1.0f, dweight = 0;
    for (int f = first_here<W>(); f < F; f += warp_size * W::n) {
        float gate[W::n], up[W::n], da[W::n];
        W::load(gate, up_S2F + s * 2 * F + f);
        W::load(up, up_S2F + s * 2 * F + F + f);
        W::load(da, da_SF + s * F + f);
        for (int i = 0; i < W::n; i++) {
            float on = sigmoid(gate[i]), silu = gate[i] * on;
            dweight += da[i] * silu * up[i];
            gate[i] = weight * da[i] * up[i] * (on + silu * (1.0f - on));
            up[i] = weight * da[i] * silu;
        }
        W::store(dup_S2F + s * 2 * F + f, gate);
        W::store(dup_S2F + s * 2 * F + F + f, up);
    }
    dweight = warp_sum(dweight);
    if (dweight_S && threadIdx.x % warp_size == 0) dweight_S[s] = dweight;
}

__global__ void convert_all(bf16 *to, const float *from, long count) {
    long i = ((long)blockIdx.x * threads + threadIdx.x) * 2;
    if (i + 1 < count) {
        float2 v = *reinterpret_cast<const float2 *>(from + i);
        *reinterpret_cast<uint32_t *>(to + i) = pack(v.x, v.y);
    } else if (i < count) {
        to[i] = to_bf16(from[i]);
    }
}

constexpr int columns_a_thread = 4;

// A block adds up the gradients of one word for 1024 columns. It looks for the word in `threads` tokens at a time and
// keeps their positions in order.
__global__ void embed_back_words(float *dtable_VD, const bf16 *dx_TD, const int *token_T, int T, int D) {
    Shared shared;
    int *found = shared.array<int>(threads), *warp_count = shared.array<int>(rows_a_block);
    int word = (int)blockIdx.x, d0 = (int)blockIdx.y * threads * columns_a_thread + (int)threadIdx.x;
    int warp = (int)threadIdx.x / warp_size, lane = (int)threadIdx.x % warp_size;
    float sum[columns_a_thread] = {};
    bool any = false;
    for (int first = 0; first < T; first += threads) {
        int t = first + (int)threadIdx.x;
        unsigned hits = lane_vote(t < T && token_T[t] == word);
        if (lane == 0) warp_count[warp] = __popc(hits);
        SYNC_BLOCK();
        int before = 0, n = 0;
        for (int w = 0; w < rows_a_block; w++) {
            if (w < warp) before += warp_count[w];
            n += warp_count[w];
        }
        if (hits >> lane & 1) found[before + __popc(hits & ((1u << lane) - 1))] = t;
        SYNC_BLOCK();
#pragma unroll 4
        for (int i = 0; i < n; i++)
#pragma unroll
            for (int k = 0; k < columns_a_thread; k++)
                if (d0 + k * threads < D) sum[k] += to_float(dx_TD[(long)found[i] * D + d0 + k * threads]);
        any = any || n > 0;
    }
    for (int k = 0; any && k < columns_a_thread; k++)
        if (d0 + k * threads < D) dtable_VD[(long)word * D + d0 + k * threads] += sum[k];
}

__global__ void sum_each_row(float *sum_R, const float *x_RC, int C) {
    Shared shared;
    double *scratch = shared.array<double>(threads / warp_size), sum = 0;
    const float *x_C = x_RC + (long)blockIdx.x * C;
    for (int i = (int)threadIdx.x; i < C; i += threads) sum += x_C[i];
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) sum_R[blockIdx.x] = (float)sum;
}

// 32 columns a block; 8 threads share a column's rows, their sums are added in order.
__global__ void sum_columns(float *out_C, const float *part_RC, int R, long C, bool add) {
    Shared shared;
    float *sums = shared.array<float>(threads);
    int lane = (int)threadIdx.x % warp_size, share = (int)threadIdx.x / warp_size;
    long c = (long)blockIdx.x * warp_size + lane;
    float sum = 0;
    if (c < C) {
#pragma unroll 4
        for (int r = share; r < R; r += rows_a_block) sum += part_RC[r * C + c];
    }
    sums[threadIdx.x] = sum;
    SYNC_BLOCK();
    if (share != 0 || c >= C) return;
    sum = add ? out_C[c] : 0.0f;
    for (int i = 0; i < rows_a_block; i++) sum += sums[i * warp_size + lane];
    out_C[c] = sum;
}

} // namespace

void cuda_convert(Context *c, void *to_A, const void *from_F, long count) {
    LAUNCH(convert_all, blocks_for(count, 2 * threads), threads, 0, c->stream, (bf16 *)to_A, (const float *)from_F,
           count);
}

void cuda_embed(Context *c, void *x_TD, const void *table_VD, const void *token_T, int T, int D) {
    LAUNCH_ROWS(copy_rows, wide(D, x_TD, table_VD), T, (bf16 *)x_TD, (const bf16 *)table_VD, (const int *)token_T,
                (long)T, D);
}

void cuda_embed_back(Context *c, void *dtable_VD, const void *dx_TD, const void *token_T, int T, int D, int V) {
    size_t shared = shared_bytes_of<int>(threads) + shared_bytes_of<int>(rows_a_block);
    dim3 grid((unsigned)V, blocks_for(D, threads * columns_a_thread));
    LAUNCH(embed_back_words, grid, threads, shared, c->stream, (float *)dtable_VD, (const bf16 *)dx_TD,
           (const int *)token_T, T, D);
}

void cuda_gather(Context *c, void *y_SD, const void *x_TD, const void *token_S, long S, int D) {
    LAUNCH_ROWS(copy_rows, wide(D, y_SD, x_TD), S, (bf16 *)y_SD, (const bf16 *)x_TD, (const int *)token_S, S, D);
}

void cuda_gather_sum(Context *c, void *y_TD, const void *x_SD, const void *slot_TK, int T, int K, int D, bool add) {
    LAUNCH_ROWS(sum_slots, wide(D, y_TD, x_SD), T, (bf16 *)y_TD, (const bf16 *)x_SD, (const int *)slot_TK, T, K, D,
                add);
}

void cuda_swiglu(Context *c, void *a_SF, const void *up_S2F, const void *weight_S, long S, int F) {
    LAUNCH_ROWS(swiglu_rows, wide(F, a_SF, up_S2F), S, (bf16 *)a_SF, (const bf16 *)up_S2F, (const float *)weight_S, S,
                F);
}

void cuda_swiglu_back(Context *c, void *dup_S2F, void *dweight_S, const void *da_SF, const void *up_S2F,
                      const void *weight_S, long S, int F) {
    bool all_wide = wide(F, dup_S2F, da_SF) && wide(F, up_S2F, up_S2F);
    LAUNCH_ROWS(swiglu_rows_back, all_wide, S, (bf16 *)dup_S2F, (float *)dweight_S, (const bf16 *)da_SF,
                (const bf16 *)up_S2F, (const float *)weight_S, S, F);
}

void cuda_row_sums(Context *c, void *sum_R, const void *x_RC, int R, int C) {
    LAUNCH(sum_each_row, (unsigned)R, threads, shared_bytes_of<double>(rows_a_block), c->stream, (float *)sum_R,
           (const float *)x_RC, C);
}

void sum_rows(Context *c, float *out_C, const float *part_RC, int R, long C, bool add) {
    LAUNCH(sum_columns, blocks_for(C, warp_size), threads, shared_bytes_of<float>(threads), c->stream, out_C, part_RC,
           R, C, add);
}
