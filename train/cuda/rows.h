// rows.h - kernels that give each row of bf16 to a warp: 8 numbers at a time where rows start at 16 bytes, else one at
// a time (Wide or Narrow).
#ifndef MOELAW_CUDA_ROWS_H
#define MOELAW_CUDA_ROWS_H

#include "device.h"

constexpr int threads = 256, rows_a_block = threads / warp_size;

struct Wide {
    static constexpr int n = 8;
    __device__ static void load(float (&v)[8], const bf16 *from) {
        uint4 u = *reinterpret_cast<const uint4 *>(from);
        uint32_t pairs[4] = {u.x, u.y, u.z, u.w};
#pragma unroll
        for (int i = 0; i < 8; i++) v[i] = to_float(bf16{(uint16_t)(pairs[i / 2] >> i % 2 * 16)});
    }
    __device__ static void store(bf16 *to, const float (&v)[8]) {
        *reinterpret_cast<uint4 *>(to) =
            make_uint4(pack(v[0], v[1]), pack(v[2], v[3]), pack(v[4], v[5]), pack(v[6], v[7]));
    }
};
struct Narrow {
    static constexpr int n = 1;
    __device__ static void load(float (&v)[1], const bf16 *from) { v[0] = to_float(*from); }
    __device__ static void store(bf16 *to, const float (&v)[1]) { *to = to_bf16(v[0]); }
};

inline bool wide(long columns, const void *a, const void *b) {
    return columns % 8 == 0 && ((uintptr_t)a | (uintptr_t)b) % 16 == 0;
}

// Row and first number of a lane's share.
__device__ inline long row_here() {
    return (long)blockIdx.x * rows_a_block + threadIdx.x / warp_size;
}
template <class W> __device__ inline int first_here() {
    return (int)(threadIdx.x % warp_size) * W::n;
}

// Launches KERNEL<Wide> or KERNEL<Narrow> with a warp for each of `rows` rows.
#define LAUNCH_ROWS(kernel, is_wide, rows, ...)                                                                        \
    do {                                                                                                               \
        if ((rows) == 0) break;                                                                                        \
        if (is_wide)                                                                                                   \
            LAUNCH(kernel<Wide>, blocks_for((rows), rows_a_block), threads, 0, c->stream, __VA_ARGS__);                \
        else                                                                                                           \
            LAUNCH(kernel<Narrow>, blocks_for((rows), rows_a_block), threads, 0, c->stream, __VA_ARGS__);              \
    } while (0)

#endif
