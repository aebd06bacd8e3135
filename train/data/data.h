// data.h - the training and validation sequences of a run, from text or from the synthetic source.
//
// Text is cut into blocks of DATA_BLOCK tokens (longer where a sequence needs it) and one to share, and a hash of the
// block's index sends 1 in 16 to validation: both sides have the same mix, and neither sees a token of the other.
// The i-th training sequence depends on (data_seed, i) alone: neither backend, batch size nor a restart moves it.
#ifndef MOELAW_DATA_H
#define MOELAW_DATA_H

#include "corpus.h"
#include "markov.h"

enum { DATA_BLOCK = 1024 };

typedef struct {
    const Corpus *corpus; // NULL: the chain
    Markov chain;
    int seq_len, seed;
    int block_tokens, per_block; // tokens and sequences of a block
    uint32_t *blocks;            // [n_train_blocks + n_validation_blocks], training first
    int64_t n_train_blocks, n_validation_blocks;
    int64_t n_train;      // training sequences of one pass; 0: endless
    int64_t n_validation; // validation sequences used
} Data;

static inline bool corpus_is_synthetic(const char *name) {
    return !__builtin_strncmp(name, "markov", 6);
}

// run->corpus says which source. BAD_INPUT: a token outside the vocabulary, too little text for one sequence a side.
// `corpus` must outlive `data`.
Status data_open(const Run *run, const Corpus *corpus, Data *data);
void data_close(Data *data);

// Sequences first..first+n-1: tokens[n][seq_len + 1]. CANNOT_FINISH: the text cannot be read any more.
Status data_train(const Data *data, int64_t first, int n, int32_t *tokens);
Status data_validation(const Data *data, int64_t first, int n, int32_t *tokens);

// order_N[i]: which of the n_validation sequences is the i-th in the order of the text.
void data_text_order(const Data *data, int64_t *order_N);

// Mean surprise of the true chain over the validation sequences: what a perfect model would score on them.
double data_floor(const Data *data);

// How often `sequences` training sequences go through the text; 0 for the chain.
double data_epochs(const Data *data, int64_t sequences);

#endif
