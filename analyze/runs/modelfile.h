// modelfile.h - a model's configuration as others write it: Hugging Face config.json and Megatron-LM arguments, both
// ways.
//
// Reading takes the spellings of Mixtral, OLMoE, Qwen-MoE, DeepSeek, GLM and Llama configurations; writing gives
// DeepSeek-style keys with ordinary grouped-query attention, which transformers loads as glm4_moe.
#ifndef MOELAW_MODELFILE_H
#define MOELAW_MODELFILE_H

#include "run/shape.h"

#include <stdio.h>

typedef struct {
    Shape shape;          // with latent attention n_heads and d_head are those of the queries
    char model_type[64];  // as the file says, or "megatron"
    int q_lora_rank;      // 0: queries are not compressed
    int kv_lora_rank;     // 0: ordinary attention; else multi-head latent attention (arXiv 2405.04434)
    int qk_rope, v_head;  // rotary part of a query head, width of a value head
    bool qk_norm_full;    // a gain for all query and key channels (OLMoE) ...
    bool qk_norm_head;    // ... or for the channels of one head (Qwen3)
    bool qkv_bias;        // Qwen2
    bool shared_gate;     // one sigmoid gate on the shared expert (Qwen2-MoE)
    int n_predict_layers; // extra layers that predict further tokens; not counted
} ModelFile;

// Either format, told apart by the first character. BAD_INPUT names file and key.
Status model_read(const char *path, ModelFile *c);
// shape_count() with the extras above.
Counts model_count(const ModelFile *c);

void model_write_json(FILE *f, const Shape *s);
void model_write_megatron(FILE *f, const Shape *s);

#endif
