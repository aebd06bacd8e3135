// modelfile.c - see modelfile.h: the count, and writing; huggingface.c and megatron.c read.
#include "modelfile_parts.h"

#include "ground/output.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 20 }; // bytes of a configuration

void model_write_json(FILE *f, const Shape *s) {
    fprintf(f, "{\n  \"architectures\": [\"Glm4MoeForCausalLM\"],\n  \"model_type\": \"glm4_moe\",\n");
    const struct {
        const char *key;
        int value;
    } fields[] = {
        {"vocab_size", s->vocab},
        {"hidden_size", s->d_model},
        {"num_hidden_layers", s->n_layers},
        {"num_attention_heads", s->n_heads},
        {"num_key_value_heads", s->n_kv_heads},
        {"head_dim", s->d_head},
        {"intermediate_size", s->n_dense_layers ? s->d_ff_dense : s->d_ff_expert},
        {"moe_intermediate_size", s->d_ff_expert},
        {"n_routed_experts", s->n_experts},
        {"n_shared_experts", s->n_shared},
        {"num_experts_per_tok", s->top_k},
        {"first_k_dense_replace", s->n_dense_layers},
        {"max_position_embeddings", s->seq_len},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        fprintf(f, "  \"%s\": %d,\n", fields[i].key, fields[i].value);
    if (s->d_ff_shared != s->n_shared * s->d_ff_expert)
        fprintf(f, "  \"shared_expert_intermediate_size\": %d,\n", s->d_ff_shared);
    fprintf(f,
            "  \"n_group\": 1,\n  \"topk_group\": 1,\n  \"partial_rotary_factor\": 1.0,\n  \"hidden_act\": \"silu\",\n"
            "  \"use_qk_norm\": false,\n  \"attention_bias\": false,\n  \"tie_word_embeddings\": %s\n}\n",
            s->tied ? "true" : "false");
}

void model_write_megatron(FILE *f, const Shape *s) {
    int moe_layers = s->n_layers - s->n_dense_layers;
    fprintf(f, "--num-layers %d\n--hidden-size %d\n--num-attention-heads %d\n", s->n_layers, s->d_model, s->n_heads);
    fprintf(f, "--group-query-attention\n--num-query-groups %d\n--kv-channels %d\n", s->n_kv_heads, s->d_head);
    fprintf(f, "--ffn-hidden-size %d\n--swiglu\n", s->n_dense_layers ? s->d_ff_dense : s->d_ff_expert);
    if (s->n_experts > 1) {
        fprintf(f, "--num-experts %d\n--moe-router-topk %d\n", s->n_experts, s->top_k);
        fprintf(f, "--moe-ffn-hidden-size %d\n", s->d_ff_expert);
        if (s->d_ff_shared) fprintf(f, "--moe-shared-expert-intermediate-size %d\n", s->d_ff_shared);
        if (s->n_dense_layers) fprintf(f, "--moe-layer-freq ([0]*%d+[1]*%d)\n", s->n_dense_layers, moe_layers);
        fprintf(f, "--moe-router-score-function sigmoid\n--moe-router-enable-expert-bias\n--moe-grouped-gemm\n");
    }
    fprintf(f, "--vocab-size %d\n--seq-length %d\n--max-position-embeddings %d\n", s->vocab, s->seq_len, s->seq_len);
    fprintf(f, "--normalization RMSNorm\n--position-embedding-type rope\n--disable-bias-linear\n");
    if (!s->tied) fprintf(f, "--untie-embeddings-and-output-weights\n");
}

Status model_parse(const char *path, char *text, const char *assume, ModelFile *c) {
    *c = (ModelFile){0};
    const char *start = text + strspn(text, " \t\r\n");
    Status s = *start == '{' || *start == '[' ? read_huggingface(path, text, assume, c) : read_megatron(path, text, c);
    TRY(s);
    s = shape_check(&c->shape);
    if (s == OK && c->n_mixers > c->shape.n_layers) s = fail(BAD_INPUT, "more mixers than layers");
    return s == OK ? OK : fail_within(s, "%s", path);
}

Status model_read(const char *path, const char *assume, ModelFile *c) {
    char *text;
    size_t length;
    TRY(read_file(path, LARGEST, &text, &length));
    Status s = model_parse(path, text, assume, c);
    free(text);
    return s;
}

// Latent attention: compressed queries and keys with their norms (arXiv 2405.04434).
static double latent_attention(const ModelFile *c) {
    const Shape *s = &c->shape;
    double d = s->d_model, heads = s->n_heads, qk = s->d_head, kv = c->kv_lora_rank;
    double q = c->q_lora_rank ? c->q_lora_rank * (d + 1 + heads * qk) : d * heads * qk;
    return q + d * (kv + c->qk_rope) + kv + kv * heads * (qk - c->qk_rope + c->v_head) + heads * c->v_head * d;
}

Counts model_count(const ModelFile *c) {
    const Shape *s = &c->shape;
    Counts n = shape_count(s);
    double layers = s->n_layers, attending = layers - c->n_mixers, moe_layers = layers - s->n_dense_layers,
           scores = 6 * layers * (double)s->n_heads * s->d_head * s->seq_len, d = s->d_model,
           one = c->kv_lora_rank ? latent_attention(c) : n.attention / layers;
    bool dense = s->n_experts == 1;
    n.attention = attending * (one + c->more_attention) + c->n_mixers * c->mixer;
    if (c->plain_ffn) {
        n.dense_ffn *= 2.0 / 3;
        n.shared *= 2.0 / 3;
        n.routed *= 2.0 / 3;
        n.routed_active *= 2.0 / 3;
    }
    n.dense_ffn += s->n_dense_layers * c->more_dense;
    n.routed += moe_layers * s->n_experts * (dense ? c->more_dense : c->more_expert);
    n.routed_active += moe_layers * s->top_k * (dense ? c->more_dense : c->more_expert);
    n.router += dense ? 0 : moe_layers * c->more_router;
    n.norms += c->more_norms;
    n.embedding += c->more_embedding;
    n.head += c->more_head;
    double common = n.attention + n.dense_ffn + n.shared + n.router + n.norms;
    n.N_nonemb = common + n.routed;
    n.Na_nonemb = common + n.routed_active;
    n.N = n.N_nonemb + n.embedding + n.head;
    n.Na = n.Na_nonemb + n.embedding + n.head;
    // Scores of attention alone, half of them of the values' width under latent attention.
    double width = c->kv_lora_rank ? 0.5 * (s->d_head + c->v_head) / s->d_head : 1;
    n.M = 6 * (n.Na_nonemb + d * s->vocab) + scores * attending / layers * width;
    return n;
}
