// device.h - what the CUDA sources of this folder stand on: either the CUDA Toolkit (nvcc) or host.h, which runs the
// same sources on the processor, thread by thread, so that they are tested where no card is.
//
// Rules for every kernel here: shared memory only through Shared; warp operations only by whole warps; no atomics on
// floats; fixed-order reductions. Then the same input gives the same bits, whatever the schedule.
#ifndef MOELAW_CUDA_DEVICE_H
#define MOELAW_CUDA_DEVICE_H

#include <stdint.h>

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_runtime.h>
#define SYNC_BLOCK() __syncthreads()
// The name of the launched kernel is the first argument; grid and block are dim3 or counts, shared is in bytes.
#define LAUNCH(kernel, grid, block, shared, stream, ...)                                                               \
    do {                                                                                                               \
        if ((shared) > 48 * 1024)                                                                                      \
            cudaFuncSetAttribute((const void *)(kernel), cudaFuncAttributeMaxDynamicSharedMemorySize, (int)(shared));  \
        kernel<<<(grid), (block), (shared), (stream)>>>(__VA_ARGS__);                                                  \
    } while (0)
#else
#include "cuda_host/host.h"
#endif

// bfloat16 by its bits: the upper half of a float, rounded to nearest even.
struct bf16 {
    uint16_t bits;
};

__host__ __device__ inline float to_float(float x) {
    return x;
}
__host__ __device__ inline float to_float(bf16 x) {
    union {
        uint32_t u;
        float f;
    } v = {(uint32_t)x.bits << 16};
    return v.f;
}
__host__ __device__ inline bf16 to_bf16(float x) {
#ifdef __CUDA_ARCH__
    __nv_bfloat16 b = __float2bfloat16_rn(x);
    return *reinterpret_cast<bf16 *>(&b);
#else
    union {
        float f;
        uint32_t u;
    } v = {x};
    if ((v.u & 0x7fffffffu) > 0x7f800000u) return bf16{0x7fff}; // NaN stays NaN
    return bf16{(uint16_t)((v.u + 0x7fffu + ((v.u >> 16) & 1)) >> 16)};
#endif
}
template <class T> __host__ __device__ inline T from_float(float x);
template <> __host__ __device__ inline float from_float<float>(float x) {
    return x;
}
template <> __host__ __device__ inline bf16 from_float<bf16>(float x) {
    return to_bf16(x);
}

// Two neighbours, the first in the low half, as the matrix fragments hold them.
__device__ inline uint32_t pack(bf16 low, bf16 high) {
    return low.bits | (uint32_t)high.bits << 16;
}
__device__ inline uint32_t pack(float low, float high) {
    return pack(to_bf16(low), to_bf16(high));
}

// Dynamic shared memory of a block, handed out array by array, each aligned to 16 bytes. All threads of a block ask for
// the same arrays in the same order. shared_bytes() is what one array takes, for the launch.
__host__ __device__ constexpr size_t shared_bytes(size_t bytes) {
    return (bytes + 15) / 16 * 16;
}
template <class T> __host__ __device__ constexpr size_t shared_bytes_of(size_t count) {
    return shared_bytes(count * sizeof(T));
}
struct Shared {
    size_t used = 0;
#ifdef __CUDACC__
    template <class T> __device__ T *array(size_t count) {
        extern __shared__ uint4 moelaw_shared[];
        T *a = reinterpret_cast<T *>(reinterpret_cast<char *>(moelaw_shared) + used);
        used += shared_bytes_of<T>(count);
        return a;
    }
#else
    int n_arrays = 0;
    template <class T> T *array(size_t count) {
        T *a = static_cast<T *>(host::shared_array(used, n_arrays++, count * sizeof(T)));
        used += shared_bytes_of<T>(count);
        return a;
    }
#endif
};

// ---- warps: 32 lanes, all of them take part

constexpr int warp_size = 32;
#ifdef __CUDACC__
template <class T> __device__ inline T lane_xor(T v, int mask) {
    return __shfl_xor_sync(0xffffffffu, v, mask);
}
template <class T> __device__ inline T lane_get(T v, int lane) {
    return __shfl_sync(0xffffffffu, v, lane);
}
__device__ inline unsigned lane_vote(bool v) {
    return __ballot_sync(0xffffffffu, v);
}
__device__ inline void sync_warp() {
    __syncwarp();
}
#else
template <class T> inline T lane_xor(T v, int mask) {
    return host::exchange(v)[host::lane() ^ mask];
}
template <class T> inline T lane_get(T v, int lane) {
    return host::exchange(v)[lane];
}
inline unsigned lane_vote(bool v) {
    const int *votes = host::exchange((int)v);
    unsigned mask = 0;
    for (int i = 0; i < warp_size; i++) mask |= votes[i] ? 1u << i : 0u;
    return mask;
}
inline void sync_warp() {
    host::exchange(0);
}
#endif

// Every lane gets the same bits: the butterfly adds the same pairs on both sides.
template <class T> __device__ inline T warp_sum(T v) {
    for (int m = warp_size / 2; m > 0; m /= 2) v += lane_xor(v, m);
    return v;
}
__device__ inline float warp_max(float v) {
    for (int m = warp_size / 2; m > 0; m /= 2) v = fmaxf(v, lane_xor(v, m));
    return v;
}
// Sum over the block in fixed order; every thread gets it. scratch: blockDim.x / 32 values that nobody else uses.
template <class T> __device__ inline T block_sum(T v, T *scratch) {
    int warp = (int)threadIdx.x / warp_size, n_warps = (int)blockDim.x / warp_size;
    v = warp_sum(v);
    SYNC_BLOCK();
    if (threadIdx.x % warp_size == 0) scratch[warp] = v;
    SYNC_BLOCK();
    T sum = 0;
    for (int w = 0; w < n_warps; w++) sum += scratch[w];
    return sum;
}
__device__ inline float block_max(float v, float *scratch) {
    int warp = (int)threadIdx.x / warp_size, n_warps = (int)blockDim.x / warp_size;
    v = warp_max(v);
    SYNC_BLOCK();
    if (threadIdx.x % warp_size == 0) scratch[warp] = v;
    SYNC_BLOCK();
    float max = scratch[0];
    for (int w = 1; w < n_warps; w++) max = fmaxf(max, scratch[w]);
    return max;
}

// ---- matrix fragments (PTX mma.m16n8k16, bf16 in, fp32 sums) and asynchronous copies

// Of a warp's 16 x 16 a, 16 x 8 b and 16 x 8 c, lane l holds, with g = l / 4 and t = l % 4, each register two
// neighbours:  a: rows g, g+8, columns 2t and 2t+8 (order: (g,2t) (g+8,2t) (g,2t+8) (g+8,2t+8));
//              b: rows 2t and 2t+8 of column g;  c: row g columns 2t, 2t+1, then row g+8.
struct FragmentA {
    uint32_t r[4];
};
struct FragmentB {
    uint32_t r[2];
};
struct FragmentC {
    float r[4];
};

#ifdef __CUDACC__
template <int M, int N>
__device__ inline void multiply_add(FragmentC (&c)[M][N], const FragmentA (&a)[M], const FragmentB (&b)[N]) {
#pragma unroll
    for (int i = 0; i < M; i++)
#pragma unroll
        for (int j = 0; j < N; j++)
            asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
                         "{%0,%1,%2,%3};"
                         : "+f"(c[i][j].r[0]), "+f"(c[i][j].r[1]), "+f"(c[i][j].r[2]), "+f"(c[i][j].r[3])
                         : "r"(a[i].r[0]), "r"(a[i].r[1]), "r"(a[i].r[2]), "r"(a[i].r[3]), "r"(b[j].r[0]),
                           "r"(b[j].r[1]));
}
// Four 8 x 8 matrices of bf16 from shared memory: lane l names row l % 8 of matrix l / 8 (16 bytes, aligned) and gets
// of matrix j in r[j] row l / 4, columns 2 (l % 4) and the next; `transposed`: rows and columns exchanged.
template <bool transposed> __device__ inline void load_matrices(uint32_t (&r)[4], const bf16 *row) {
    unsigned address = (unsigned)__cvta_generic_to_shared(row);
    if (transposed)
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                     : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                     : "r"(address)
                     : "memory");
    else
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                     : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                     : "r"(address)
                     : "memory");
}
// 16 bytes from global to shared memory, or zeros; complete after copies_wait<n>() leaves at most n groups under way.
__device__ inline void copy_async(void *shared, const void *global, bool zero) {
    int bytes = zero ? 0 : 16;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"((unsigned)__cvta_generic_to_shared(shared)),
                 "l"(global), "r"(bytes)
                 : "memory");
}
__device__ inline void copies_commit() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}
template <int n> __device__ inline void copies_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(n) : "memory");
}
#else
template <int M, int N>
inline void multiply_add(FragmentC (&c)[M][N], const FragmentA (&a)[M], const FragmentB (&b)[N]) {
    struct Operands {
        FragmentA a[M];
        FragmentB b[N];
    } mine;
    for (int i = 0; i < M; i++) mine.a[i] = a[i];
    for (int j = 0; j < N; j++) mine.b[j] = b[j];
    host::multiply_fragments(c[0][0].r, host::exchange(mine)->a[0].r, M, N);
}
template <bool transposed> inline void load_matrices(uint32_t (&r)[4], const bf16 *row) {
    host::require((uintptr_t)row % 16 == 0, "a matrix row in shared memory is not aligned to 16 bytes");
    const bf16 *const *rows = host::exchange(row);
    int g = host::lane() / 4, t = host::lane() % 4 * 2;
    for (int j = 0; j < 4; j++) {
        const bf16 *const *m = rows + 8 * j;
        r[j] = transposed ? pack(m[t][g], m[t + 1][g]) : pack(m[g][t], m[g][t + 1]);
    }
    host::exchange(0); // nobody writes those rows before all have read them
}
inline void copy_async(void *shared, const void *global, bool zero) {
    host::copy_async(shared, global, zero);
}
inline void copies_commit() {
    host::copies_commit();
}
template <int n> inline void copies_wait() {
    host::copies_wait(n);
}
#endif

#endif
