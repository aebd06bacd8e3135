// data.c - see data.h.
#include "data.h"

#include <stdlib.h>
#include <string.h>

enum { VALIDATION_ONE_IN = 16, STREAM_TRAIN = 1, STREAM_VALIDATION = 2 };

static bool is_validation(int64_t block) {
    return mix64((uint64_t)block * 0x9e3779b97f4a7c15u + 0x76616c6964) % VALIDATION_ONE_IN == 0;
}

// A permutation of 0..n-1 by key, without a table: a four-round Feistel network over the next even power of two, walked
// until it lands inside.
static uint64_t permuted(uint64_t i, uint64_t n, uint64_t key) {
    int half = 1;
    while (half < 31 && 1ull << (2 * half) < n) half++;
    uint64_t mask = (1ull << half) - 1;
    do {
        uint64_t left = i >> half, right = i & mask;
        for (uint64_t round = 0; round < 4; round++) {
            uint64_t next = left ^ (mix64(right + key + (round << 56)) & mask);
            left = right;
            right = next;
        }
        i = left << half | right;
    } while (i >= n);
    return i;
}

static void split_blocks(Data *d, int64_t n_blocks) {
    d->blocks = allocate(n_blocks + 1, sizeof *d->blocks);
    for (int side = 0; side < 2; side++)
        for (int64_t b = 0; b < n_blocks; b++) {
            if (is_validation(b) != (side == 1)) continue;
            d->blocks[d->n_train_blocks + d->n_validation_blocks] = (uint32_t)b;
            if (side == 0)
                d->n_train_blocks++;
            else
                d->n_validation_blocks++;
        }
}

static Status open_text(const Run *run, Data *d) {
    const Corpus *c = d->corpus;
    if (c->max_token >= run->shape.vocab)
        return fail(BAD_INPUT, "the corpus has token %lld, outside vocab = %d; set vocab to %lld or more",
                    (long long)c->max_token, run->shape.vocab, (long long)c->max_token + 1);
    d->per_block = DATA_BLOCK > d->seq_len ? DATA_BLOCK / d->seq_len : 1;
    d->block_tokens = d->per_block * d->seq_len + 1;
    split_blocks(d, c->n_tokens / d->block_tokens);
    if (!d->n_train_blocks || !d->n_validation_blocks)
        return fail(BAD_INPUT, "%lld tokens of corpus are too few for sequences of %d", (long long)c->n_tokens,
                    d->seq_len);
    d->n_train = d->n_train_blocks * d->per_block;
    int64_t most = d->n_validation_blocks * d->per_block;
    if (d->n_validation > most) d->n_validation = most;
    return OK;
}

static Status open_chain(const Run *run, Data *d) {
    TRY(markov_create(run->corpus, &d->chain));
    if (d->chain.vocab <= run->shape.vocab) return OK;
    return fail(BAD_INPUT, "corpus %s has %d tokens, more than vocab = %d; set vocab=%d", run->corpus, d->chain.vocab,
                run->shape.vocab, d->chain.vocab);
}

Status data_open(const Run *run, const Corpus *corpus, Data *d) {
    bool synthetic = corpus_is_synthetic(run->corpus);
    *d = (Data){.corpus = synthetic ? NULL : corpus, .seq_len = run->shape.seq_len, .seed = run->data_seed};
    d->n_validation = ((int64_t)run->eval_tokens + d->seq_len - 1) / d->seq_len;
    Status s = synthetic ? open_chain(run, d) : open_text(run, d);
    if (s != OK) data_close(d);
    return s;
}

void data_close(Data *d) {
    free(d->blocks);
    markov_destroy(&d->chain);
    *d = (Data){0};
}

// Every sequence has a stream of its own; those of training depend on the seed, those of validation do not.
static void draw(const Data *d, uint64_t seed, uint64_t kind, int64_t i, int32_t *tokens) {
    Random r = random_stream(seed, kind << 60 | (uint64_t)i);
    markov_draw(&d->chain, &r, d->seq_len + 1, tokens);
}

static Status read_sequence(const Data *d, int64_t block, int64_t within, int32_t *tokens) {
    int64_t first = (int64_t)d->blocks[block] * d->block_tokens + within * d->seq_len;
    return corpus_read(d->corpus, first, d->seq_len + 1, tokens);
}

Status data_train(const Data *d, int64_t first, int n, int32_t *tokens) {
    for (int64_t i = first; i < first + n; i++, tokens += d->seq_len + 1) {
        if (!d->corpus) {
            draw(d, (uint64_t)d->seed, STREAM_TRAIN, i, tokens);
            continue;
        }
        uint64_t key = random_stream((uint64_t)d->seed, STREAM_TRAIN << 20 | (uint64_t)(i / d->n_train)).state;
        int64_t at = (int64_t)permuted((uint64_t)(i % d->n_train), (uint64_t)d->n_train, key);
        TRY(read_sequence(d, at / d->per_block, at % d->per_block, tokens));
    }
    return OK;
}

// Where the i-th validation sequence's block stands among all validation blocks. One sequence of every block before the
// second of any: neighbours in a text are alike, and a sample of few blocks would have a larger error than its size
// tells. Blocks go in permuted order so that a short validation is spread too.
static int64_t validation_block(const Data *d, int64_t i) {
    uint64_t n_blocks = (uint64_t)d->n_validation_blocks;
    return (int64_t)permuted((uint64_t)i % n_blocks, n_blocks, STREAM_VALIDATION);
}

Status data_validation(const Data *d, int64_t first, int n, int32_t *tokens) {
    for (int64_t i = first; i < first + n; i++, tokens += d->seq_len + 1) {
        if (!d->corpus) {
            draw(d, 0, STREAM_VALIDATION, i, tokens);
            continue;
        }
        TRY(read_sequence(d, d->n_train_blocks + validation_block(d, i), i / d->n_validation_blocks, tokens));
    }
    return OK;
}

typedef struct {
    int64_t place, index;
} Placed;

static int by_place(const void *a, const void *b) {
    const Placed *x = a, *y = b;
    return (x->place > y->place) - (x->place < y->place);
}

void data_text_order(const Data *d, int64_t *order_N) {
    Placed *placed = allocate(d->n_validation, sizeof *placed);
    int64_t n_blocks = d->n_validation_blocks;
    for (int64_t i = 0; i < d->n_validation; i++) {
        placed[i] = (Placed){i, i}; // of the chain no two are neighbours
        if (d->corpus) placed[i].place = validation_block(d, i) * d->per_block + i / n_blocks;
    }
    qsort(placed, (size_t)d->n_validation, sizeof *placed, by_place);
    for (int64_t i = 0; i < d->n_validation; i++) order_N[i] = placed[i].index;
    free(placed);
}

double data_floor(const Data *d) {
    int32_t *tokens = allocate(d->seq_len + 1, sizeof *tokens);
    double sum = 0;
    for (int64_t i = 0; i < d->n_validation; i++) {
        draw(d, 0, STREAM_VALIDATION, i, tokens);
        for (int t = 0; t < d->seq_len; t++) sum += markov_surprise(&d->chain, tokens[t], tokens[t + 1]);
    }
    free(tokens);
    return sum / ((double)d->n_validation * d->seq_len);
}

double data_epochs(const Data *d, int64_t sequences) {
    return d->n_train ? (double)sequences / (double)d->n_train : 0;
}
