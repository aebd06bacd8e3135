// random.h - one small generator for everything that must repeat to the bit on any machine.
//
// SplitMix64: the state is a counter, so a stream can be saved, restored and split by value.
#ifndef MOELAW_RANDOM_H
#define MOELAW_RANDOM_H

#include <math.h>
#include <stdint.h>

typedef struct {
    uint64_t state;
} Random;

static inline uint64_t mix64(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

// Independent streams for different (seed, stream) pairs.
static inline Random random_stream(uint64_t seed, uint64_t stream) {
    return (Random){mix64(seed + 0x9e3779b97f4a7c15u * (2 * mix64(stream) + 1))};
}

static inline uint64_t random_bits(Random *r) {
    return mix64(r->state += 0x9e3779b97f4a7c15u);
}

// In [0, 1), 53 bits.
static inline double random_uniform(Random *r) {
    return (double)(random_bits(r) >> 11) * 0x1p-53;
}

// In 0..n-1, without modulo bias that matters (n < 2^32).
static inline uint32_t random_below(Random *r, uint32_t n) {
    return (uint32_t)((random_bits(r) >> 32) * n >> 32);
}

// Standard normal (Box-Muller, one value a call: no hidden state).
static inline double random_normal(Random *r) {
    double u = 1 - random_uniform(r), v = random_uniform(r);
    return sqrt(-2 * log(u)) * cos(6.283185307179586477 * v);
}

#endif
