// small_product.cu - fp32 products for the router. Its scores decide which experts a token gets, so they must not be
// rounded to bf16; the matrices are narrow (E columns) and need no tensor cores.
#include "context.h"

namespace {

constexpr int tile = 64, depth = 16, threads = 256, each = 4; // a thread makes 4 x 4 numbers of a 64 x 64 tile

// Element (i, k) of an operand, whichever way it lies in memory.
template <class T> struct View {
    const T *data;
    long i_stride, k_stride;
    __device__ float at(int i, int k) const { return to_float(data[i * i_stride + k * k_stride]); }
};

// c[part] = a b over the part's share of the reduction; c += for bf16 (one part).
__device__ inline void keep(float *at, float v) {
    *at = v;
}
__device__ inline void keep(bf16 *at, float v) {
    *at = to_bf16(to_float(*at) + v);
}

template <class A, class C> __global__ void multiply(C *c, View<A> a, View<float> b, int M, int N, int K, int share) {
    Shared shared;
    float *tile_a = shared.array<float>(depth * (tile + 1)), *tile_b = shared.array<float>(depth * (tile + 1));
    int m0 = (int)blockIdx.x * tile, n0 = (int)blockIdx.y * tile, x = (int)threadIdx.x % 16, y = (int)threadIdx.x / 16;
    int begin = (int)blockIdx.z * share, end = min(begin + share, K);
    float sum[each][each] = {};
    for (int k0 = begin; k0 < end; k0 += depth) {
        for (int i = (int)threadIdx.x; i < tile * depth; i += threads) {
            // Neighbouring threads read neighbouring numbers.
            int ka = a.k_stride == 1 ? i % depth : i / tile, ma = a.k_stride == 1 ? i / depth : i % tile;
            int kb = b.k_stride == 1 ? i % depth : i / tile, nb = b.k_stride == 1 ? i / depth : i % tile;
            tile_a[ka * (tile + 1) + ma] = m0 + ma < M && k0 + ka < end ? a.at(m0 + ma, k0 + ka) : 0.0f;
            tile_b[kb * (tile + 1) + nb] = n0 + nb < N && k0 + kb < end ? b.at(n0 + nb, k0 + kb) : 0.0f;
        }
        SYNC_BLOCK();
        for (int k = 0; k < depth; k++) {
            const float *row_a = tile_a + k * (tile + 1), *row_b = tile_b + k * (tile + 1);
#pragma unroll
            for (int i = 0; i < each; i++)
#pragma unroll
                for (int j = 0; j < each; j++) sum[i][j] += row_a[y + 16 * i] * row_b[x + 16 * j];
        }
        SYNC_BLOCK();
    }
    c += (long)blockIdx.z * M * N;
    for (int i = 0; i < each; i++)
        for (int j = 0; j < each; j++) {
            int m = m0 + y + 16 * i, n = n0 + x + 16 * j;
            if (m < M && n < N) keep(c + (long)m * N + n, sum[i][j]);
        }
}

constexpr size_t shared_size = 2 * shared_bytes_of<float>(depth * (tile + 1));

template <class A, class C> void launch(Context *c, C *out, View<A> a, View<float> b, int M, int N, int K, int parts) {
    int share = (int)blocks_for(blocks_for(K, parts), depth) * depth;
    dim3 grid(blocks_for(M, tile), blocks_for(N, tile), (unsigned)parts);
    auto kernel = multiply<A, C>;
    LAUNCH(kernel, grid, threads, shared_size, c->stream, out, a, b, M, N, K, share);
}

} // namespace

void small_product(Context *c, float *c_MN, const bf16 *a_MK, const float *b_KN, int M, int N, int K) {
    launch(c, c_MN, View<bf16>{a_MK, K, 1}, View<float>{b_KN, 1, N}, M, N, K, 1);
}

void small_product_bt(Context *c, bf16 *c_MN, const float *a_MK, const float *b_NK, int M, int N, int K) {
    launch(c, c_MN, View<float>{a_MK, K, 1}, View<float>{b_NK, K, 1}, M, N, K, 1);
}

void small_product_at(Context *c, float *c_MN, const bf16 *a_KM, const float *b_KN, int M, int N, int K) {
    int parts = (int)blocks_for(K, 256);
    float *part = (float *)scratch(c, SCRATCH_PARTS, (size_t)parts * (size_t)M * (size_t)N * sizeof(float));
    if (!part) return;
    launch(c, part, View<bf16>{a_KM, 1, M}, View<float>{b_KN, 1, N}, M, N, K, parts);
    sum_rows(c, c_MN, part, parts, (long)M * N, true);
}
