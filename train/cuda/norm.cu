// norm.cu - RMSNorm fused with the residual sum before it, and its gradients. A warp to a row, sums in fp32.
#include "context.h"

namespace {

constexpr int threads = 256, rows_a_block = threads / warp_size, rows_a_part = 32;
constexpr float epsilon = 1e-6f;

// The sum is rounded to bf16 first: what is normalised is what is kept, so that the gradient is that of this function.
__global__ void norm_rows(bf16 *s_TD, bf16 *h_TD, float *rstd_T, const bf16 *x_TD, const bf16 *y_TD,
                          const float *gain_D, int T, int D) {
    long t = (long)blockIdx.x * rows_a_block + threadIdx.x / warp_size;
    if (t >= T) return;
    int lane = (int)threadIdx.x % warp_size;
    const bf16 *row = y_TD ? s_TD + t * D : x_TD + t * D;
    float squares = 0;
    for (int d = lane; d < D; d += warp_size) {
        float s = to_float(x_TD[t * D + d]);
        if (y_TD) {
            bf16 sum = to_bf16(s + to_float(y_TD[t * D + d]));
            s_TD[t * D + d] = sum;
            s = to_float(sum);
        }
        squares += s * s;
    }
    float rstd = rsqrtf(warp_sum(squares) / (float)D + epsilon);
    if (lane == 0) rstd_T[t] = rstd;
    for (int d = lane; d < D; d += warp_size) h_TD[t * D + d] = to_bf16(to_float(row[d]) * rstd * gain_D[d]);
}

// ds += rstd (gain dh - s rstd^2 mean(gain dh s)); a block's rows of dgain are added up over its rows in order.
__global__ void norm_rows_back(bf16 *ds_TD, float *dgain_PD, const bf16 *dh_TD, const bf16 *s_TD, const float *rstd_T,
                               const float *gain_D, int T, int D) {
    int lane = (int)threadIdx.x % warp_size, warp = (int)threadIdx.x / warp_size;
    long first = (long)blockIdx.x * rows_a_part, end = min(first + rows_a_part, (long)T);
    for (long t = first + warp; t < end; t += rows_a_block) {
        float rstd = rstd_T[t], dot = 0;
        for (int d = lane; d < D; d += warp_size)
            dot += to_float(dh_TD[t * D + d]) * gain_D[d] * to_float(s_TD[t * D + d]);
        dot = warp_sum(dot) * rstd * rstd / (float)D;
        for (int d = lane; d < D; d += warp_size) {
            float through = rstd * (to_float(dh_TD[t * D + d]) * gain_D[d] - to_float(s_TD[t * D + d]) * dot);
            ds_TD[t * D + d] = to_bf16(to_float(ds_TD[t * D + d]) + through);
        }
    }
    for (int d = (int)threadIdx.x; d < D; d += threads) {
        float sum = 0;
        for (long t = first; t < end; t++) sum += to_float(dh_TD[t * D + d]) * to_float(s_TD[t * D + d]) * rstd_T[t];
        dgain_PD[(long)blockIdx.x * D + d] = sum;
    }
}

} // namespace

void cuda_norm(Context *c, void *s_TD, void *h_TD, void *rstd_T, const void *x_TD, const void *y_TD, const void *gain_D,
               int T, int D) {
    LAUNCH(norm_rows, blocks_for(T, rows_a_block), threads, 0, c->stream, (bf16 *)s_TD, (bf16 *)h_TD, (float *)rstd_T,
           (const bf16 *)x_TD, (const bf16 *)y_TD, (const float *)gain_D, T, D);
}

void cuda_norm_back(Context *c, void *ds_TD, void *dgain_D, const void *dh_TD, const void *s_TD, const void *rstd_T,
                    const void *gain_D, int T, int D) {
    unsigned parts = blocks_for(T, rows_a_part);
    float *dgain_PD = (float *)scratch(c, SCRATCH_OPERATION, (size_t)parts * (size_t)D * sizeof(float));
    if (!dgain_PD) return;
    LAUNCH(norm_rows_back, parts, threads, 0, c->stream, (bf16 *)ds_TD, dgain_PD, (const bf16 *)dh_TD,
           (const bf16 *)s_TD, (const float *)rstd_T, (const float *)gain_D, T, D);
    sum_rows(c, (float *)dgain_D, dgain_PD, (int)parts, D, true);
}
