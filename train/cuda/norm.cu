// norm.cu - RMSNorm fused with the residual sum before it, and its gradients. A warp to a row, sums in fp32.
#include "context.h"
#include "rows.h"

namespace {

constexpr int rows_a_part = 32;
constexpr float epsilon = 1e-6f;

// The sum is rounded to bf16 first: what is normalised is what is kept, so that the gradient is that of this function.
template <class W>
__global__ void norm_rows(bf16 *s_TD, bf16 *h_TD, float *rstd_T, const bf16 *x_TD, const bf16 *y_TD,
                          const float *gain_D, int T, int D) {
    long t = row_here();
    if (t >= T) return;
    const bf16 *row = (y_TD ? s_TD : x_TD) + t * D;
    float squares = 0, s[W::n], y[W::n];
    for (int d = first_here<W>(); d < D; d += warp_size * W::n) {
        W::load(s, x_TD + t * D + d);
        if (y_TD) {
            W::load(y, y_TD + t * D + d);
            for (int i = 0; i < W::n; i++) s[i] = to_float(to_bf16(s[i] + y[i]));
            W::store(s_TD + t * D + d, s);
        }
        for (int i = 0; i < W::n; i++) squares += s[i] * s[i];
    }
    float rstd = rsqrtf(warp_sum(squares) / (float)D + epsilon);
    if (threadIdx.x % warp_size == 0) rstd_T[t] = rstd;
    for (int d = first_here<W>(); d < D; d += warp_size * W::n) {
        W::load(s, row + d);
        for (int i = 0; i < W::n; i++) s[i] *= rstd * gain_D[d + i];
        W::store(h_TD + t * D + d, s);
    }
}

// ds += rstd (gain dh - s rstd^2 mean(gain dh s)); a block's part of dgain is added up over its rows in order.
template <class W>
__global__ void norm_rows_back(bf16 *ds_TD, float *dgain_PD, const bf16 *dh_TD, const bf16 *s_TD, const float *rstd_T,
                               const float *gain_D, int T, int D) {
    long first = (long)blockIdx.x * rows_a_part, end = min(first + rows_a_part, (long)T);
    float s[W::n], dh[W::n], ds[W::n];
    for (long t = first + threadIdx.x / warp_size; t < end; t += rows_a_block) {
        float rstd = rstd_T[t], dot = 0;
        for (int d = first_here<W>(); d < D; d += warp_size * W::n) {
            W::load(s, s_TD + t * D + d);
            W::load(dh, dh_TD + t * D + d);
            for (int i = 0; i < W::n; i++) dot += dh[i] * gain_D[d + i] * s[i];
        }
        dot = warp_sum(dot) * rstd * rstd / (float)D;
        for (int d = first_here<W>(); d < D; d += warp_size * W::n) {
            W::load(s, s_TD + t * D + d);
            W::load(dh, dh_TD + t * D + d);
            W::load(ds, ds_TD + t * D + d);
            for (int i = 0; i < W::n; i++) ds[i] += rstd * (dh[i] * gain_D[d + i] - s[i] * dot);
            W::store(ds_TD + t * D + d, ds);
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
    bool is_wide = wide(D, x_TD, h_TD) && wide(D, s_TD, y_TD);
    LAUNCH_ROWS(norm_rows, is_wide, T, (bf16 *)s_TD, (bf16 *)h_TD, (float *)rstd_T, (const bf16 *)x_TD,
                (const bf16 *)y_TD, (const float *)gain_D, T, D);
}

void cuda_norm_back(Context *c, void *ds_TD, void *dgain_D, const void *dh_TD, const void *s_TD, const void *rstd_T,
                    const void *gain_D, int T, int D) {
    unsigned parts = blocks_for(T, rows_a_part);
    float *dgain_PD = (float *)scratch(c, SCRATCH_OPERATION, (size_t)parts * (size_t)D * sizeof(float));
    if (!dgain_PD) return;
    bool is_wide = wide(D, ds_TD, dh_TD) && wide(D, s_TD, s_TD);
    auto kernel = is_wide ? norm_rows_back<Wide> : norm_rows_back<Narrow>;
    LAUNCH(kernel, parts, threads, 0, c->stream, (bf16 *)ds_TD, dgain_PD, (const bf16 *)dh_TD, (const bf16 *)s_TD,
           (const float *)rstd_T, (const float *)gain_D, T, D);
    sum_rows(c, (float *)dgain_D, dgain_PD, (int)parts, D, true);
}
