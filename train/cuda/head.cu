// head.cu - output head with its loss: logits in fp32, some thousand tokens at a time, never kept.
#include "context.h"

#include <float.h>

namespace {

constexpr int threads = 256;

// A block to a token: loss = log sum exp(logit) - logit[target]; dlogit = weight (softmax - one at the target).
__global__ void cross_entropy(float *loss_T, bf16 *dlogit_TV, const float *logit_TV, const int *target_T, int V,
                              float scale, float weight) {
    Shared shared;
    float *scratch = shared.array<float>(threads / warp_size);
    const float *logit_V = logit_TV + (long)blockIdx.x * V;
    float top = -FLT_MAX, sum = 0;
    for (int v = (int)threadIdx.x; v < V; v += threads) top = fmaxf(top, logit_V[v] * scale);
    top = block_max(top, scratch);
    for (int v = (int)threadIdx.x; v < V; v += threads) sum += expf(logit_V[v] * scale - top);
    sum = block_sum(sum, scratch);
    int target = target_T[blockIdx.x];
    if (threadIdx.x == 0) loss_T[blockIdx.x] = top + logf(sum) - logit_V[target] * scale;
    if (!dlogit_TV) return;
    bf16 *dlogit_V = dlogit_TV + (long)blockIdx.x * V;
    for (int v = (int)threadIdx.x; v < V; v += threads) {
        float p = expf(logit_V[v] * scale - top) / sum;
        dlogit_V[v] = to_bf16(weight * scale * (p - (v == target ? 1.0f : 0.0f)));
    }
}

} // namespace

void cuda_head(Context *c, void *loss_T, void *dh_TD, void *dhead_VD, const void *h_TD, const void *head_VD,
               const void *target_T, int T, int V, int D, double scale, double weight) {
    // Enough tokens at a time that adding to dhead costs little, no more than 6 MB a processor.
    long most = ((long)c->n_processors << 20) / V / 128 * 128;
    int rows = (int)min((long)T, max(64L, most));
    size_t n_logits = (size_t)rows * (size_t)V;
    Carver parts = {scratch(c, SCRATCH_OPERATION, scratch_bytes<float>(n_logits) + scratch_bytes<bf16>(n_logits))};
    if (!parts.next) return;
    float *logit_TV = parts.take<float>(n_logits);
    bf16 *dlogit_TV = dh_TD ? parts.take<bf16>(n_logits) : nullptr;
    for (int t = 0; t < T; t += rows) {
        int n = min(rows, T - t);
        const bf16 *h = (const bf16 *)h_TD + (long)t * D;
        product_logits(c, logit_TV, h, (const bf16 *)head_VD, n, V, D);
        LAUNCH(cross_entropy, (unsigned)n, threads, shared_bytes_of<float>(threads / warp_size), c->stream,
               (float *)loss_T + t, dlogit_TV, logit_TV, (const int *)target_T + t, V, (float)scale, (float)weight);
        if (!dh_TD) continue;
        product_plain(c, (bf16 *)dh_TD + (long)t * D, dlogit_TV, (const bf16 *)head_VD, n, D, V);
        product_outer(c, (float *)dhead_VD, dlogit_TV, h, V, D, n);
    }
}
