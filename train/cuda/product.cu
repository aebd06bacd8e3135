// product.cu - products of bf16 matrices on tensor cores with fp32 sums: ordinary and grouped, forward and both
// gradients, by one kernel.
//
// A block makes one tile of c = a b. Tiles of a and b pass through a ring of shared memory stages, filled by
// asynchronous copies ahead of use; rows are padded so that the 8 rows of a matrix load fall into different banks.
// Grouped products read their group sizes on the device: a block finds its group and rows itself, and blocks beyond the
// last tile end at once, so the launch depends only on the total number of rows. Sums run in a fixed order; a long
// reduction is cut into parts of fixed size that sum_rows() adds up.
#include "context.h"
#include "tiles.h"

namespace {

constexpr int stages = 3;

// A block of warps_m x warps_n warps, each with m_tiles x n_tiles fragments of 16 x 8.
template <int warps_m_, int warps_n_, int m_tiles_, int n_tiles_> struct Tile {
    static constexpr int warps_m = warps_m_, warps_n = warps_n_, m_tiles = m_tiles_, n_tiles = n_tiles_;
    static constexpr int m = warps_m * m_tiles * 16, n = warps_n * n_tiles * 8, k = 32;
    static constexpr int threads = warps_m * warps_n * warp_size;
};
typedef Tile<2, 4, 4, 4> LargeTile; // 128 x 128
typedef Tile<2, 2, 2, 4> SmallTile; // 64 x 64

// What a product works on. Grouped by rows of c: group g has rows offset[g].. of a and c, and matrix g of b. Grouped by
// reduction: rows offset[g].. of a and b, and matrix g of c. offset NULL: one group with everything.
template <class Out> struct Operands {
    const bf16 *a, *b;
    Out *c;
    const int *offset;
    int n_groups, M, N, K; // of one group; the grouped one of M and K is the total
    long a_stride, b_stride, c_stride, b_group, c_group;
    int n_parts; // of the reduction, each with a c of its own
};

// Rows [row, end) of group `group`: the part of c's rows that is tile number `tile`. False: there are fewer tiles.
struct Rows {
    int group, row, end;
};
__device__ bool find_rows(const int *offset, int n_groups, int M, int tile, int height, Rows &found) {
    if (!offset) {
        found = {0, tile * height, M};
        return found.row < M;
    }
    int lane = (int)threadIdx.x % warp_size, before = 0;
    for (int first = 0; first < n_groups; first += warp_size) {
        int g = first + lane, begin = 0, end = 0;
        if (g < n_groups) begin = offset[g], end = offset[g + 1];
        int tiles = (end - begin + height - 1) / height, sum = tiles;
        for (int d = 1; d < warp_size; d *= 2) {
            int other = lane_get(sum, lane >= d ? lane - d : lane);
            if (lane >= d) sum += other;
        }
        unsigned reached = lane_vote(before + sum > tile);
        if (reached) {
            int owner = 0;
            while (!(reached >> owner & 1)) owner++;
            int skipped = lane_get(before + sum - tiles, owner);
            found.group = first + owner;
            found.row = lane_get(begin, owner) + (tile - skipped) * height;
            found.end = lane_get(end, owner);
            return true;
        }
        before += lane_get(sum, warp_size - 1);
    }
    return false;
}

template <class T, bool a_along, bool b_along>
__device__ void multiply_stage(FragmentC (&sum)[T::m_tiles][T::n_tiles], const bf16 *a, const bf16 *b) {
    int warp = (int)threadIdx.x / warp_size;
    int m = warp / T::warps_n * T::m_tiles * 16, n = warp % T::warps_n * T::n_tiles * 8;
#pragma unroll
    for (int k = 0; k < T::k; k += 16) {
        FragmentA fa[T::m_tiles];
        FragmentB fb[T::n_tiles];
#pragma unroll
        for (int i = 0; i < T::m_tiles; i++) load_a<Stage<a_along, T::m, T::k>, a_along>(fa[i], a, m + i * 16, k);
#pragma unroll
        for (int j = 0; j < T::n_tiles; j += 2) load_b<Stage<b_along, T::n, T::k>, b_along>(fb + j, b, n + j * 8, k);
        multiply_add(sum, fa, fb);
    }
}

template <bool add> __device__ inline void store(float *at, float v) {
    *at = add ? *at + v : v;
}
template <bool add> __device__ inline void store(bf16 *at, float v) {
    *at = to_bf16(add ? to_float(*at) + v : v);
}
template <bool add> __device__ inline void store_two(float *at, float v, float w) {
    float2 *pair = reinterpret_cast<float2 *>(at), old = add ? *pair : make_float2(0, 0);
    *pair = make_float2(old.x + v, old.y + w);
}
template <bool add> __device__ inline void store_two(bf16 *at, float v, float w) {
    uint32_t *pair = reinterpret_cast<uint32_t *>(at), old = add ? *pair : 0;
    *pair = pack(v + (add ? to_float(bf16{(uint16_t)old}) : 0.0f),
                 w + (add ? to_float(bf16{(uint16_t)(old >> 16)}) : 0.0f));
}

template <class T, class Out, bool add, bool aligned>
__device__ void store_tile(const FragmentC (&sum)[T::m_tiles][T::n_tiles], Out *c, long stride, int rows, int columns) {
    int warp = (int)threadIdx.x / warp_size, lane = (int)threadIdx.x % warp_size;
    int m = warp / T::warps_n * T::m_tiles * 16 + lane / 4, n = warp % T::warps_n * T::n_tiles * 8 + lane % 4 * 2;
#pragma unroll
    for (int i = 0; i < T::m_tiles; i++)
#pragma unroll
        for (int half = 0; half < 2; half++)
#pragma unroll
            for (int j = 0; j < T::n_tiles; j++) {
                int row = m + i * 16 + half * 8, column = n + j * 8;
                float v = sum[i][j].r[half * 2], w = sum[i][j].r[half * 2 + 1];
                if (row >= rows || column >= columns) continue;
                Out *at = c + row * stride + column;
                if (aligned) {
                    store_two<add>(at, v, w);
                } else {
                    store<add>(at, v);
                    if (column + 1 < columns) store<add>(at + 1, w);
                }
            }
}

template <class T, bool a_along, bool b_along> constexpr size_t product_shared() {
    return shared_bytes_of<bf16>(stages * Stage<a_along, T::m, T::k>::size) +
           shared_bytes_of<bf16>(stages * Stage<b_along, T::n, T::k>::size);
}

// Runs the reduction of length K for a tile; a and b point at its corner.
template <class T, bool a_along, bool b_along, bool aligned>
__device__ void reduce_tile(FragmentC (&sum)[T::m_tiles][T::n_tiles], const bf16 *a, long a_stride, int rows,
                            const bf16 *b, long b_stride, int columns, int K) {
    typedef Stage<a_along, T::m, T::k> StageA;
    typedef Stage<b_along, T::n, T::k> StageB;
    Shared shared;
    bf16 *ring_a = shared.array<bf16>(stages * StageA::size), *ring_b = shared.array<bf16>(stages * StageB::size);
    auto load = [&](int stage, int k) {
        int left = K - k;
        load_stage<StageA, T::threads, aligned>(ring_a + stage * StageA::size, a_along ? a + k : a + k * a_stride,
                                                a_stride, a_along ? rows : left, a_along ? left : rows);
        load_stage<StageB, T::threads, aligned>(ring_b + stage * StageB::size, b_along ? b + k : b + k * b_stride,
                                                b_stride, b_along ? columns : left, b_along ? left : columns);
    };
#pragma unroll
    for (int i = 0; i < stages - 1; i++) {
        if (i * T::k < K) load(i, i * T::k);
        copies_commit();
    }
    int full = 0; // the stage to multiply next
    for (int k = 0; k < K; k += T::k) {
        copies_wait<stages - 2>();
        SYNC_BLOCK();
        int free = full == 0 ? stages - 1 : full - 1, ahead = k + (stages - 1) * T::k;
        if (ahead < K) load(free, ahead);
        copies_commit();
        multiply_stage<T, a_along, b_along>(sum, ring_a + full * StageA::size, ring_b + full * StageB::size);
        full = full + 1 == stages ? 0 : full + 1;
    }
}

template <class T, bool a_along, bool b_along, class Out, bool add, bool aligned>
__global__ void __launch_bounds__(T::threads) product_by_rows(Operands<Out> o) {
    Rows at;
    if (!find_rows(o.offset, o.n_groups, o.M, (int)blockIdx.x, T::m, at)) return;
    int n = (int)blockIdx.y * T::n;
    FragmentC sum[T::m_tiles][T::n_tiles] = {};
    const bf16 *b = o.b + at.group * o.b_group + (b_along ? n * o.b_stride : n);
    reduce_tile<T, a_along, b_along, aligned>(sum, o.a + at.row * o.a_stride, o.a_stride, at.end - at.row, b,
                                              o.b_stride, o.N - n, o.K);
    store_tile<T, Out, add, aligned>(sum, o.c + at.row * o.c_stride + n, o.c_stride, at.end - at.row, o.N - n);
}

// c of a group (blockIdx.z) = a^T b over the group's rows; part p of n_parts takes the p-th share of the rows.
template <class T, bool add, bool aligned>
__global__ void __launch_bounds__(T::threads) product_by_reduction(Operands<float> o) {
    int group = (int)blockIdx.z / o.n_parts, part = (int)blockIdx.z % o.n_parts;
    int begin = o.offset ? o.offset[group] : 0, end = o.offset ? o.offset[group + 1] : o.K;
    int share = ((end - begin + o.n_parts - 1) / o.n_parts + T::k - 1) / T::k * T::k;
    begin += part * share;
    end = min(end, begin + share);
    if (add && begin >= end) return;
    int m = (int)blockIdx.x * T::m, n = (int)blockIdx.y * T::n;
    FragmentC sum[T::m_tiles][T::n_tiles] = {};
    reduce_tile<T, false, false, aligned>(sum, o.a + begin * o.a_stride + m, o.a_stride, o.M - m,
                                          o.b + begin * o.b_stride + n, o.b_stride, o.N - n, max(end - begin, 0));
    float *c = o.c + (group * o.n_parts + part) * o.c_group + m * o.c_stride + n;
    store_tile<T, float, add, aligned>(sum, c, o.c_stride, o.M - m, o.N - n);
}

template <class T, bool a_along, bool b_along, class Out, bool add, bool aligned>
void launch_by_rows(Context *c, const Operands<Out> &o) {
    // A group wastes less than one tile, so this many always suffice.
    unsigned tiles = o.offset ? (unsigned)(o.M / T::m + min(o.n_groups, o.M)) : blocks_for(o.M, T::m);
    auto kernel = product_by_rows<T, a_along, b_along, Out, add, aligned>;
    LAUNCH(kernel, dim3(tiles, blocks_for(o.N, T::n)), T::threads, (product_shared<T, a_along, b_along>()), c->stream,
           o);
}

template <class Out> bool is_aligned(const Operands<Out> &o) {
    return o.a_stride % 8 == 0 && o.b_stride % 8 == 0 && o.c_stride % 8 == 0 &&
           ((uintptr_t)o.a | (uintptr_t)o.b | (uintptr_t)o.c) % 16 == 0;
}

// Large tiles where there are enough of them to fill the card.
template <bool b_along, class Out, bool add> void by_rows(Context *c, const Operands<Out> &o) {
    if (o.M == 0) return;
    bool aligned = is_aligned(o);
    long large_tiles = (long)(o.M / LargeTile::m) * (o.N / LargeTile::n);
    bool large = large_tiles >= c->n_processors && o.M / o.n_groups >= LargeTile::m;
    if (large && aligned)
        launch_by_rows<LargeTile, true, b_along, Out, add, true>(c, o);
    else if (aligned)
        launch_by_rows<SmallTile, true, b_along, Out, add, true>(c, o);
    else
        launch_by_rows<SmallTile, true, b_along, Out, add, false>(c, o);
}

template <class T, bool aligned> void launch_by_reduction(Context *c, Operands<float> o) {
    unsigned m = blocks_for(o.M, T::m), n = blocks_for(o.N, T::n);
    long wanted = o.n_groups > 1 ? 1 : 2L * c->n_processors / ((long)m * n);
    o.n_parts = (int)max(1L, min(wanted, (long)o.K / 256));
    dim3 grid(m, n, (unsigned)(o.n_groups * o.n_parts));
    constexpr size_t shared = product_shared<T, false, false>();
    if (o.n_parts == 1) {
        auto kernel = product_by_reduction<T, true, aligned>;
        LAUNCH(kernel, grid, T::threads, shared, c->stream, o);
        return;
    }
    float *out = o.c;
    o.c = (float *)scratch(c, SCRATCH_PARTS, (size_t)o.n_parts * (size_t)o.c_group * sizeof(float));
    if (!o.c) return;
    auto kernel = product_by_reduction<T, false, aligned>;
    LAUNCH(kernel, grid, T::threads, shared, c->stream, o);
    sum_rows(c, out, o.c, o.n_parts, o.c_group, true);
}

void by_reduction(Context *c, const Operands<float> &o) {
    if (o.K == 0) return;
    bool aligned = is_aligned(o);
    bool large = (long)blocks_for(o.M, LargeTile::m) * blocks_for(o.N, LargeTile::n) * o.n_groups >= c->n_processors;
    if (large && aligned)
        launch_by_reduction<LargeTile, true>(c, o);
    else if (aligned)
        launch_by_reduction<SmallTile, true>(c, o);
    else
        launch_by_reduction<SmallTile, false>(c, o);
}

template <bool transposed> void rows_or_added(Context *c, const Operands<bf16> &o, bool add) {
    if (add)
        by_rows<transposed, bf16, true>(c, o);
    else
        by_rows<transposed, bf16, false>(c, o);
}

const int *offsets(Groups g) {
    return g.n == 1 ? nullptr : (const int *)g.offset;
}

} // namespace

void cuda_product(Context *c, void *y_SN, const void *x_SK, const void *w_GKN, Groups g, int K, int N, bool add) {
    rows_or_added<false>(c,
                         {(const bf16 *)x_SK, (const bf16 *)w_GKN, (bf16 *)y_SN, offsets(g), g.n, (int)g.rows, N, K, K,
                          N, N, (long)K * N, 0, 1},
                         add);
}

void cuda_product_dx(Context *c, void *dx_SK, const void *dy_SN, const void *w_GKN, Groups g, int K, int N, bool add) {
    rows_or_added<true>(c,
                        {(const bf16 *)dy_SN, (const bf16 *)w_GKN, (bf16 *)dx_SK, offsets(g), g.n, (int)g.rows, K, N, N,
                         N, K, (long)K * N, 0, 1},
                        add);
}

void cuda_product_dw(Context *c, void *dw_GKN, const void *x_SK, const void *dy_SN, Groups g, int K, int N) {
    by_reduction(c, {(const bf16 *)x_SK, (const bf16 *)dy_SN, (float *)dw_GKN, offsets(g), g.n, K, N, (int)g.rows, K, N,
                     N, 0, (long)K * N, 1});
}

void product_plain(Context *c, bf16 *y_MN, const bf16 *x_MK, const bf16 *w_KN, int M, int N, int K) {
    by_rows<false, bf16, false>(c, {x_MK, w_KN, y_MN, nullptr, 1, M, N, K, K, N, N, 0, 0, 1});
}

void product_logits(Context *c, float *y_MN, const bf16 *x_MK, const bf16 *w_NK, int M, int N, int K) {
    by_rows<true, float, false>(c, {x_MK, w_NK, y_MN, nullptr, 1, M, N, K, K, K, N, 0, 0, 1});
}

void product_outer(Context *c, float *dw_MN, const bf16 *a_KM, const bf16 *b_KN, int M, int N, int K) {
    by_reduction(c, {a_KM, b_KN, dw_MN, nullptr, 1, M, N, K, M, N, N, 0, (long)M * N, 1});
}
