// modelfile.h - a model's configuration as others write it: Hugging Face config.json and Megatron-LM arguments, both
// ways.
//
// What a configuration means depends on its model_type: defaults of absent keys, which blocks are gated or have biases,
// which layers have experts, attention or a state-space mixer. huggingface.c has a table of the types whose count is
// known; others are refused by name unless the caller says which of them to count one as. Biases that do nothing but
// balance a router, and layers that predict further tokens, are left out of every count. Writing gives DeepSeek-style
// keys with ordinary grouped-query attention, which transformers loads as glm4_moe.
#ifndef MOELAW_MODELFILE_H
#define MOELAW_MODELFILE_H

#include "run/shape.h"

#include <stdio.h>

typedef struct {
    Shape shape;         // with latent attention n_heads and d_head are those of the queries
    char model_type[64]; // as the file says, or "megatron"
    char counted_as[64]; // the type that an unknown one was assumed to be; "" otherwise
    bool text_part;      // the text_config of a model of several senses: the others are not counted
    int q_lora_rank;     // 0: queries are not compressed
    int kv_lora_rank;    // 0: ordinary attention; else multi-head latent attention (arXiv 2405.04434)
    int qk_rope, v_head; // rotary part of a query head, width of a value head
    // Layers whose tokens are mixed by something else than attention, and the parameters of one such mixer.
    int n_mixers;
    double mixer;
    bool plain_ffn; // feed-forward blocks of two matrices, not gated ones of three
    // Parameters beyond those of shape_count(), all of them used by every token but those of experts.
    double more_attention; // of an attention layer: biases, norms of queries and keys, sinks, output gates
    double more_router;    // of a layer with experts: bias of the router, gate of the shared expert
    double more_expert;    // of one routed expert: biases
    double more_dense;     // of one dense feed-forward block: biases
    double more_norms;     // of all the model: norms beyond two a layer and a final one, biases of norms
    double more_embedding; // learned positions
    double more_head;      // bias of the output head
    int n_predict_layers;  // extra layers that predict further tokens; not counted
} ModelFile;

// Either format, told apart by the first character. An unknown model_type is counted as if it were `assume` (NULL: is
// refused). BAD_INPUT names file and key: missing, no number, or one that would change the count and is not understood.
Status model_read(const char *path, const char *assume, ModelFile *c);
// The same of text, which is changed; `path` is what messages call it.
Status model_parse(const char *path, char *text, const char *assume, ModelFile *c);
// shape_count() with the extras above. M takes mixers by their parameters; the products of their states are left out.
Counts model_count(const ModelFile *c);

void model_write_json(FILE *f, const Shape *s);
void model_write_megatron(FILE *f, const Shape *s);

#endif
