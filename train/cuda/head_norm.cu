// head_norm.cu - queries and keys of every head brought to unit mean square, and the gradient. A warp to a head of a
// token; sums in fp32.
#include "context.h"
#include "rows.h"

namespace {

// Where head `row` of all tokens' queries and keys starts.
__device__ inline long head_at(long row, int heads, int width, int d_head) {
    return row / heads * width + row % heads * d_head;
}

__global__ void normalise(bf16 *qkv, float *rstd_TM, long rows, int heads, int width, int d_head) {
    long row = row_here();
    if (row >= rows) return;
    bf16 *x = qkv + head_at(row, heads, width, d_head);
    float squares = 0;
    for (int i = (int)threadIdx.x % warp_size; i < d_head; i += warp_size) squares += to_float(x[i]) * to_float(x[i]);
    float rstd = rsqrtf(warp_sum(squares) / (float)d_head + 1e-6f);
    if (threadIdx.x % warp_size == 0) rstd_TM[row] = rstd;
    for (int i = (int)threadIdx.x % warp_size; i < d_head; i += warp_size) x[i] = to_bf16(to_float(x[i]) * rstd);
}

// dx = rstd (dx - x mean(dx x)), with x as it is after normalising.
__global__ void normalise_back(bf16 *dqkv, const bf16 *qkv, const float *rstd_TM, long rows, int heads, int width,
                               int d_head) {
    long row = row_here();
    if (row >= rows) return;
    bf16 *dx = dqkv + head_at(row, heads, width, d_head);
    const bf16 *x = qkv + head_at(row, heads, width, d_head);
    float dot = 0;
    for (int i = (int)threadIdx.x % warp_size; i < d_head; i += warp_size) dot += to_float(dx[i]) * to_float(x[i]);
    float mean = warp_sum(dot) / (float)d_head, rstd = rstd_TM[row];
    for (int i = (int)threadIdx.x % warp_size; i < d_head; i += warp_size)
        dx[i] = to_bf16(rstd * (to_float(dx[i]) - to_float(x[i]) * mean));
}

} // namespace

void normalise_heads(Context *c, bf16 *qkv, float *rstd_TM, AttentionSpec s) {
    int heads = s.n_heads + s.n_kv_heads, width = (heads + s.n_kv_heads) * s.d_head;
    long rows = (long)s.n_sequences * s.seq_len * heads;
    LAUNCH(normalise, blocks_for(rows, rows_a_block), threads, 0, c->stream, qkv, rstd_TM, rows, heads, width,
           s.d_head);
}

void normalise_heads_back(Context *c, bf16 *dqkv, const bf16 *qkv, const float *rstd_TM, AttentionSpec s) {
    int heads = s.n_heads + s.n_kv_heads, width = (heads + s.n_kv_heads) * s.d_head;
    long rows = (long)s.n_sequences * s.seq_len * heads;
    LAUNCH(normalise_back, blocks_for(rows, rows_a_block), threads, 0, c->stream, dqkv, qkv, rstd_TM, rows, heads,
           width, s.d_head);
}
