// tiles.h - tiles of bf16 matrices in shared memory: filling them and reading matrix fragments from them.
#ifndef MOELAW_CUDA_TILES_H
#define MOELAW_CUDA_TILES_H

#include "device.h"

// A matrix side in memory: `along`: its rows run along the reduction; else across it.
template <bool along, int across, int reduced> struct Stage {
    static constexpr int rows = along ? across : reduced, columns = along ? reduced : across;
    static constexpr int stride = columns + 8, size = rows * stride;
};

// Copies a tile to shared memory; outside of rows x columns there are zeros. aligned: rows start at 16 bytes.
template <class S, int threads, bool aligned>
__device__ void load_stage(bf16 *stage, const bf16 *from, long stride, int rows, int columns) {
    if (aligned) {
        for (int i = (int)threadIdx.x; i < S::rows * S::columns / 8; i += threads) {
            int r = i / (S::columns / 8), c = i % (S::columns / 8) * 8;
            bool inside = r < rows && c < columns;
            copy_async(stage + r * S::stride + c, inside ? from + r * stride + c : from, !inside);
        }
    } else {
        for (int i = (int)threadIdx.x; i < S::rows * S::columns; i += threads) {
            int r = i / S::columns, c = i % S::columns;
            stage[r * S::stride + c] = r < rows && c < columns ? from[r * stride + c] : bf16{0};
        }
    }
}

// Fragments of rows m.. and reduction k.. of a.
template <class S, bool along> __device__ inline void load_a(FragmentA &f, const bf16 *stage, int m, int k) {
    int lane = (int)threadIdx.x % warp_size, row = lane % 8, quarter = lane / 8;
    const bf16 *at = along ? stage + (m + row + quarter % 2 * 8) * S::stride + k + quarter / 2 * 8
                           : stage + (k + row + quarter / 2 * 8) * S::stride + m + quarter % 2 * 8;
    load_matrices<!along>(f.r, at);
}
// Two fragments: columns n.. and n + 8.. of b.
template <class S, bool along> __device__ inline void load_b(FragmentB *f, const bf16 *stage, int n, int k) {
    int lane = (int)threadIdx.x % warp_size, row = lane % 8, quarter = lane / 8;
    const bf16 *at = along ? stage + (n + row + quarter / 2 * 8) * S::stride + k + quarter % 2 * 8
                           : stage + (k + row + quarter % 2 * 8) * S::stride + n + quarter / 2 * 8;
    uint32_t r[4];
    load_matrices<!along>(r, at);
    f[0].r[0] = r[0], f[0].r[1] = r[1], f[1].r[0] = r[2], f[1].r[1] = r[3];
}

#endif
