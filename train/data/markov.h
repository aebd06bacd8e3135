// markov.h - endless synthetic text whose entropy rate is known exactly: a random sparse Markov chain.
//
// From each state the chain goes to `branches` random successors with random probabilities. The entropy rate
// H = sum_i pi_i sum_j -p_ij log p_ij, with pi the stationary distribution, is the loss that no model can beat.
#ifndef MOELAW_MARKOV_H
#define MOELAW_MARKOV_H

#include "ground/random.h"
#include "ground/status.h"

#include <stdint.h>

typedef struct {
    int vocab, branches, seed;
    int *next;      // [vocab][branches] successors, all different
    double *p;      // [vocab][branches] their probabilities
    double *pi;     // [vocab] stationary distribution
    double entropy; // entropy rate, nats per token
} Markov;

// From "markov:vocab=64;branches=4;seed=1" (any left out: these values). BAD_INPUT says what is wrong.
Status markov_create(const char *spec, Markov *chain);
void markov_destroy(Markov *chain);

// tokens[0..n-1]: a stretch that starts in the stationary distribution.
void markov_draw(const Markov *chain, Random *random, int n, int32_t *tokens);

// -log p of a step; INFINITY where the chain never goes.
double markov_surprise(const Markov *chain, int32_t from, int32_t to);

#endif
