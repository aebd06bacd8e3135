// huggingface.c - a Hugging Face config.json as a model: a table of model types whose count is known, with their
// defaults.
//
// A type has what its released weights have: the table was made from the architectures as they were published, and
// tests/analyze/configs holds the sizes of released models against it. A key that could change a count and is read by
// nobody here is an error that names it, as a number that is off by a fifth looks like any other.
#include "modelfile_parts.h"

#include "ground/number.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *path;
    json_t *root, *seen; // seen: keys that were read
    Status status;       // the first complaint
} Json;

static void complain(Json *j, const char *key, const char *why) {
    if (j->status == OK) j->status = fail(BAD_INPUT, "%s: %s: %s", j->path, key, why);
}

// The value of the one of the "a|b|c" keys that is there and not null, and the key; NULL if none is. Two that disagree
// are a complaint.
static json_t *find(Json *j, const char *keys, char key[64]) {
    json_t *found = NULL;
    for (const char *at = keys; *at;) {
        char one[64];
        size_t length = strcspn(at, "|");
        snprintf(one, sizeof one, "%.*s", (int)length, at);
        at += length + (at[length] == '|');
        json_t *value = json_object_get(j->root, one);
        json_object_set_new(j->seen, one, json_true());
        if (!value || json_is_null(value)) continue;
        if (found && !json_equal(found, value)) complain(j, one, "disagrees with another key of the same meaning");
        if (!found) memcpy(key, one, sizeof one);
        if (!found) found = value;
    }
    return found;
}

// Takes note of keys that change nothing in this type.
static void pass_over(Json *j, const char *keys) {
    for (const char *at = keys; *at; at += strcspn(at, "|"), at += *at == '|') {
        char one[64];
        snprintf(one, sizeof one, "%.*s", (int)strcspn(at, "|"), at);
        json_object_set_new(j->seen, one, json_true());
    }
}

// A whole number, or a list of one number again and again; `fallback` if it is absent (REQUIRED: complain).
enum { REQUIRED = -1 };
static int whole(Json *j, const char *keys, int fallback) {
    char key[64];
    json_t *value = find(j, keys, key);
    if (!value) {
        snprintf(key, sizeof key, "%.*s", (int)strcspn(keys, "|"), keys);
        if (fallback == REQUIRED) complain(j, key, "is missing: not the configuration of a language model?");
        return fallback == REQUIRED ? 1 : fallback;
    }
    json_t *first = json_is_array(value) ? json_array_get(value, 0) : value, *item;
    size_t i;
    json_array_foreach(value, i, item) if (!json_equal(item, first)) {
        complain(j, key, "differs from layer to layer, which is not counted here");
        return 1;
    }
    if (json_is_integer(first) && json_integer_value(first) >= 0 && json_integer_value(first) <= 1 << 30)
        return (int)json_integer_value(first);
    complain(j, key, "expected a whole number from 0 to 2^30");
    return 1;
}

static bool truth(Json *j, const char *keys, bool fallback) {
    char key[64];
    json_t *value = find(j, keys, key);
    if (value && !json_is_boolean(value)) complain(j, key, "expected true or false");
    return value ? json_is_true(value) : fallback;
}

// ---- the types
// -------------------------------------------------------------------------------------------------------

typedef struct Type Type;
struct Type {
    const char *name;
    bool tied;    // of an absent tie_word_embeddings
    int kv_heads; // of an absent num_key_value_heads; 0: as many as heads
    int head_dim; // of an absent head_dim; 0: hidden_size / heads
    bool experts; // has the keys of experts; a dense type is not asked for them
    bool gated;   // three matrices a feed-forward block
    unsigned parts;
    void (*more)(Json *j, ModelFile *c); // what only this type has
};

enum {
    QK_HEAD = 1 << 0,     // a gain for the channels of one query head and one key head
    QK_FULL = 1 << 1,     // a gain for all query channels and all key channels
    QKV_BIAS = 1 << 2,    // biases of queries, keys and values, unless attention_bias or qkv_bias is false
    BIAS_KEY = 1 << 3,    // the same, if attention_bias is true
    O_BIAS = 1 << 4,      // a bias of the attention's output where the others have one
    SHARED_GATE = 1 << 5, // a gate of one row on the shared expert
    FOUR_NORMS = 1 << 6,  // before and after each block
    MLP_BIAS = 1 << 7,    // by mlp_bias
};

static double head_width(const Shape *s) {
    return (double)s->n_heads * s->d_head;
}

static double kv_width(const Shape *s) {
    return (double)s->n_kv_heads * s->d_head;
}

static bool layer_has(Json *j, const char *list, int layer) {
    char key[64];
    size_t i;
    json_t *item, *value = find(j, list, key);
    json_array_foreach(value, i, item) if (json_is_integer(item) && json_integer_value(item) == layer) return true;
    return false;
}

// Dense layers of the families with first_k_dense_replace, decoder_sparse_step or mlp_only_layers.
static int dense_layers(Json *j, int n_layers) {
    int first = whole(j, "first_k_dense_replace", 0), freq = whole(j, "moe_layer_freq", 1),
        step = whole(j, "decoder_sparse_step", 1), n = 0;
    for (int layer = 0; layer < n_layers; layer++)
        n += layer_has(j, "mlp_only_layers", layer) || layer < first || (freq > 1 && layer % freq) ||
             (step > 1 && (layer + 1) % step);
    return n;
}

#define TOP_K "num_experts_per_tok|experts_per_token|moe_k|moe_topk|moe_top_k|top_k_experts"

static void read_experts(Json *j, const Type *t, ModelFile *c) {
    Shape *s = &c->shape;
    int dense_width = whole(j, "intermediate_size|ffn_hidden_size|n_inner", t->gated ? REQUIRED : 4 * s->d_model);
    s->n_experts = t->experts ? whole(j, "n_routed_experts|num_local_experts|num_experts|moe_num_experts", 1) : 1;
    if (s->n_experts < 2) {
        if (t->experts) pass_over(j, TOP_K);
        s->n_experts = s->top_k = 1;
        s->d_ff_expert = dense_width;
        return;
    }
    s->top_k = whole(j, TOP_K, REQUIRED);
    s->d_ff_expert = whole(j, "moe_intermediate_size", dense_width);
    s->n_dense_layers = dense_layers(j, s->n_layers);
    s->d_ff_dense = s->n_dense_layers ? dense_width : 0;
    s->d_ff_shared = whole(j, "shared_expert_intermediate_size|shared_intermediate_size", 0);
    s->n_shared =
        whole(j, "n_shared_experts|num_shared_experts|moe_num_shared_experts|num_shared_expert", s->d_ff_shared > 0);
    if ((double)s->n_shared * s->d_ff_expert > 1 << 30)
        complain(j, "n_shared_experts", "so many shared experts are too wide");
    else if (!s->d_ff_shared)
        s->d_ff_shared = s->n_shared * s->d_ff_expert;
    if (t->parts & SHARED_GATE && s->d_ff_shared) c->more_router += s->d_model;
}

static void read_attention(Json *j, const Type *t, ModelFile *c) {
    Shape *s = &c->shape;
    s->n_heads = whole(j, "num_attention_heads|n_head|n_heads", REQUIRED);
    s->n_kv_heads = whole(j, "num_key_value_heads|num_kv_heads", t->kv_heads ? t->kv_heads : s->n_heads);
    s->d_head = whole(j, "head_dim|attention_head_dim",
                      t->head_dim      ? t->head_dim
                      : s->n_heads > 0 ? s->d_model / s->n_heads
                                       : 1);
    if (t->parts & QK_HEAD) c->more_attention += 2.0 * s->d_head;
    if (t->parts & QK_FULL) c->more_attention += head_width(s) + kv_width(s);
    bool biased = t->parts & (BIAS_KEY | QKV_BIAS) && truth(j, "attention_bias|qkv_bias", t->parts & QKV_BIAS);
    if (biased) c->more_attention += head_width(s) + 2 * kv_width(s);
    if (biased && t->parts & O_BIAS) c->more_attention += s->d_model;
}

static void more_latent(Json *j, ModelFile *c) {
    Shape *s = &c->shape;
    c->kv_lora_rank = whole(j, "kv_lora_rank", REQUIRED);
    c->q_lora_rank = whole(j, "q_lora_rank", 0);
    c->qk_rope = whole(j, "qk_rope_head_dim", REQUIRED);
    c->v_head = whole(j, "v_head_dim", REQUIRED);
    s->d_head = whole(j, "qk_nope_head_dim", REQUIRED) + c->qk_rope;
    s->n_kv_heads = s->n_heads;
}

static void more_glm4_moe(Json *j, ModelFile *c) {
    if (truth(j, "use_qk_norm", false)) c->more_attention += 2.0 * c->shape.d_head;
}

static void more_minimax(Json *j, ModelFile *c) {
    char key[64];
    const char *type = json_string_value(find(j, "qk_norm_type", key));
    if (type && strcmp(type, "per_layer") != 0) complain(j, "qk_norm_type", "only per_layer is counted here");
    if (truth(j, "use_qk_norm", true)) c->more_attention += head_width(&c->shape) + kv_width(&c->shape);
    int modules = whole(j, "num_mtp_modules", 0);
    c->n_predict_layers = truth(j, "use_mtp", false) ? modules : 0;
    whole(j, "attn_type_list", 1); // all of one kind, or it complains
    pass_over(j, "mtp_transformer_layers|mlp_intermediate_size|use_routing_bias");
}

// LayerNorms have biases beside their gains, one more vector each.
static void layer_norms(ModelFile *c) {
    c->more_norms += (2.0 * c->shape.n_layers + 1) * c->shape.d_model;
}

static void more_phimoe(Json *j, ModelFile *c) {
    layer_norms(c);
    if (truth(j, "lm_head_bias", false)) c->more_head += c->shape.vocab;
}

// Biases everywhere, and one learned sink a head.
static void more_gpt_oss(Json *j, ModelFile *c) {
    const Shape *s = &c->shape;
    (void)j;
    c->more_attention += s->n_heads;
    c->more_router += s->n_experts;
    c->more_expert += 2.0 * s->d_ff_expert + s->d_model;
}

// Always one shared expert as wide as a routed one; dense layers have a width of their own.
static void more_llama4(Json *j, ModelFile *c) {
    Shape *s = &c->shape;
    int step = whole(j, "interleave_moe_layer_step", 1), moe = 0;
    char key[64];
    json_t *list = find(j, "moe_layers", key);
    s->n_shared = 1;
    s->d_ff_shared = s->d_ff_expert;
    if (list)
        moe = (int)json_array_size(list);
    else if (step > 0)
        moe = s->n_layers / step;
    s->n_dense_layers = s->n_layers - moe;
    s->d_ff_dense = s->n_dense_layers ? whole(j, "intermediate_size_mlp", REQUIRED) : 0;
    pass_over(j, "intermediate_size_mlp|use_qk_norm"); // norms without weights
}

static void more_ernie(Json *j, ModelFile *c) {
    Shape *s = &c->shape;
    int start = whole(j, "moe_layer_start_index", 1), interval = whole(j, "moe_layer_interval", 1), moe = 0;
    char key[64];
    json_t *last = find(j, "moe_layer_end_index", key);
    json_int_t end =
        json_is_integer(last) && json_integer_value(last) >= 0 ? json_integer_value(last) : s->n_layers - 1;
    for (int layer = start; layer < s->n_layers && layer <= end; layer++)
        moe += interval > 0 && (layer + 1) % interval == 0;
    s->n_dense_layers = s->n_layers - moe;
    s->d_ff_dense = s->n_dense_layers ? whole(j, "intermediate_size", REQUIRED) : 0;
}

// Of `period` layers the one at `offset`.
static int every(Json *j, int n_layers, const char *period_key, int period, const char *offset_key, int offset) {
    int n = 0;
    period = whole(j, period_key, period);
    offset = whole(j, offset_key, offset);
    for (int layer = 0; layer < n_layers && period > 0; layer++) n += layer % period == offset;
    return n;
}

// Mamba layers with norms of their own parts (arXiv 2403.19887).
static void more_jamba(Json *j, ModelFile *c) {
    Shape *s = &c->shape;
    json_t *rank_value = json_object_get(j->root, "mamba_dt_rank");
    double d = s->d_model, inner = whole(j, "mamba_expand", 2) * d, state = whole(j, "mamba_d_state", 16),
           kernel = whole(j, "mamba_d_conv", 4);
    double rank = json_is_integer(rank_value) ? whole(j, "mamba_dt_rank", 1) : (double)((s->d_model + 15) / 16);
    pass_over(j, "mamba_dt_rank|mamba_inner_layernorms");
    bool conv_bias = truth(j, "mamba_conv_bias", true), bias = truth(j, "mamba_proj_bias", false);
    c->n_mixers = s->n_layers - every(j, s->n_layers, "attn_layer_period", 8, "attn_layer_offset", 4);
    c->mixer = d * 2 * inner + inner * kernel + inner * conv_bias + inner * (rank + 2 * state) + rank * inner + inner +
               inner * state + inner + inner * d + rank + 2 * state + (2 * inner + d) * bias;
    int moe = every(j, s->n_layers, "expert_layer_period", 2, "expert_layer_offset", 1);
    if (s->n_experts == 1) return;
    s->n_dense_layers = s->n_layers - moe;
    s->d_ff_dense = s->n_dense_layers ? whole(j, "intermediate_size", REQUIRED) : 0;
}

// Layers that a list names otherwise than attention.
static int mixers_in(Json *j, const char *keys, const char *mixer) {
    char key[64];
    size_t i;
    json_t *item, *list = find(j, keys, key);
    int n = 0;
    json_array_foreach(list, i, item) {
        const char *name = json_string_value(item);
        if (!name || (strcmp(name, mixer) != 0 && !strstr(name, "attention"))) complain(j, key, "is not understood");
        n += name && !strcmp(name, mixer);
    }
    return n;
}

// Mamba-2 layers; the shared block is in every layer, experts or not.
static void more_granite_hybrid(Json *j, ModelFile *c) {
    Shape *s = &c->shape;
    double d = s->d_model, inner = whole(j, "mamba_expand", 2) * d, state = whole(j, "mamba_d_state", 256),
           groups = whole(j, "mamba_n_groups", 1), heads = whole(j, "mamba_n_heads", 128),
           kernel = whole(j, "mamba_d_conv", 4), conv = inner + 2 * groups * state;
    bool conv_bias = truth(j, "mamba_conv_bias", true), bias = truth(j, "mamba_proj_bias", false);
    pass_over(j, "mamba_d_head");
    c->n_mixers = mixers_in(j, "layer_types|layers_block_type", "mamba");
    c->mixer = d * (inner + conv + heads) + conv * kernel + conv * conv_bias + 3 * heads + inner + inner * d +
               (inner + conv + heads + d) * bias;
    if (s->n_experts > 1) return;
    s->d_ff_expert = whole(j, "shared_intermediate_size", REQUIRED);
    s->n_shared = s->d_ff_shared = 0;
}

// Three of four layers are gated delta nets (arXiv 2412.06464); attention has an output gate.
static void more_qwen3_next(Json *j, ModelFile *c) {
    Shape *s = &c->shape;
    double d = s->d_model, key_heads = whole(j, "linear_num_key_heads", 16),
           value_heads = whole(j, "linear_num_value_heads", 32), value_dim = whole(j, "linear_value_head_dim", 128),
           keys = key_heads * whole(j, "linear_key_head_dim", 128), values = value_heads * value_dim,
           kernel = whole(j, "linear_conv_kernel_dim", 4);
    int interval = whole(j, "full_attention_interval", 4);
    char key[64];
    if (find(j, "layer_types", key))
        c->n_mixers = mixers_in(j, "layer_types", "linear_attention");
    else
        c->n_mixers = interval > 0 ? s->n_layers - s->n_layers / interval : 0;
    c->mixer = d * (2 * keys + 2 * values) + d * 2 * value_heads + (2 * keys + values) * kernel + 2 * value_heads +
               value_dim + values * d;
    c->more_attention += d * head_width(s);
}

static void more_gpt2(Json *j, ModelFile *c) {
    const Shape *s = &c->shape;
    (void)j;
    layer_norms(c);
    c->more_attention += head_width(s) + 2 * kv_width(s) + s->d_model;
    c->more_dense += s->d_ff_expert + s->d_model;
    c->more_embedding += (double)s->seq_len * s->d_model;
}

static void more_gpt_neox(Json *j, ModelFile *c) {
    const Shape *s = &c->shape;
    layer_norms(c);
    if (truth(j, "attention_bias", true)) c->more_attention += head_width(s) + 2 * kv_width(s) + s->d_model;
    c->more_dense += s->d_ff_expert + s->d_model;
}

static void more_hunyuan(Json *j, ModelFile *c) {
    Shape *s = &c->shape;
    char key[64];
    if (truth(j, "use_cla", false)) complain(j, "use_cla", "keys shared between layers are not counted here");
    if (truth(j, "use_qk_norm", false)) c->more_attention += 2.0 * s->d_head;
    pass_over(j, "cla_share_factor|org_vocab_size|num_media_embeds|dense_list");
    if (s->n_experts == 1) return;
    if (!find(j, "use_mixed_mlp_moe", key)) complain(j, "use_mixed_mlp_moe", "is missing: are there shared experts?");
    if (!truth(j, "use_mixed_mlp_moe", false)) s->n_shared = s->d_ff_shared = 0;
    s->n_dense_layers = whole(j, "moe_layer_num_skipped", 0);
    s->d_ff_dense = s->n_dense_layers ? whole(j, "intermediate_size", REQUIRED) : 0;
}

// Its settings lie in two objects of their own.
static void more_dbrx(Json *j, ModelFile *c) {
    Shape *s = &c->shape;
    json_t *ffn = json_object_get(j->root, "ffn_config"), *attention = json_object_get(j->root, "attn_config");
    Json inner = {.path = j->path, .root = ffn, .seen = j->seen};
    json_object_set_new(j->seen, "ffn_config", json_true());
    json_object_set_new(j->seen, "attn_config", json_true());
    s->n_experts = whole(&inner, "moe_num_experts", REQUIRED);
    s->top_k = whole(&inner, "moe_top_k", REQUIRED);
    s->d_ff_expert = whole(&inner, "ffn_hidden_size", REQUIRED);
    inner.root = attention;
    s->n_kv_heads = whole(&inner, "kv_n_heads", REQUIRED);
    if (j->status == OK) j->status = inner.status;
}

static const Type types[] = {
    {"llama", false, 0, 0, false, true, BIAS_KEY | O_BIAS | MLP_BIAS, NULL},
    {"mistral", false, 8, 0, false, true, 0, NULL},
    {"mixtral", false, 8, 0, true, true, 0, NULL},
    {"qwen2", false, 0, 0, false, true, QKV_BIAS, NULL},
    {"qwen2_moe", false, 0, 0, true, true, QKV_BIAS | SHARED_GATE, NULL},
    {"qwen3", false, 0, 128, false, true, QK_HEAD | BIAS_KEY | O_BIAS, NULL},
    {"qwen3_moe", false, 0, 0, true, true, QK_HEAD | BIAS_KEY | O_BIAS, NULL},
    {"qwen3_next", false, 2, 256, true, true, QK_HEAD | BIAS_KEY | O_BIAS | SHARED_GATE, more_qwen3_next},
    {"olmo2", false, 0, 0, false, true, QK_FULL | BIAS_KEY | O_BIAS, NULL},
    {"olmoe", false, 0, 0, true, true, QK_FULL | BIAS_KEY | O_BIAS, NULL},
    {"deepseek", false, 0, 0, true, true, BIAS_KEY | O_BIAS, NULL},
    {"deepseek_v2", false, 0, 0, true, true, 0, more_latent},
    {"deepseek_v3", false, 0, 0, true, true, 0, more_latent},
    {"kimi_k2", false, 0, 0, true, true, 0, more_latent},
    {"glm4_moe", false, 0, 0, true, true, BIAS_KEY, more_glm4_moe},
    {"gpt_oss", false, 8, 64, true, true, QKV_BIAS | O_BIAS, more_gpt_oss},
    {"phi3", false, 0, 0, false, true, 0, NULL},
    {"phimoe", false, 0, 0, true, true, BIAS_KEY | O_BIAS, more_phimoe},
    {"minimax_m2", false, 8, 0, true, true, 0, more_minimax},
    {"llama4_text", false, 0, 0, true, true, BIAS_KEY | O_BIAS, more_llama4},
    {"ernie4_5", true, 0, 0, false, true, 0, NULL},
    {"ernie4_5_moe", true, 0, 0, true, true, 0, more_ernie},
    {"jamba", false, 8, 0, true, true, 0, more_jamba},
    {"granite", false, 0, 0, false, true, BIAS_KEY | O_BIAS | MLP_BIAS, NULL},
    {"granitemoe", false, 0, 0, true, true, BIAS_KEY | O_BIAS, NULL},
    {"granitemoeshared", false, 0, 0, true, true, BIAS_KEY | O_BIAS, NULL},
    {"granitemoehybrid", false, 0, 0, true, true, BIAS_KEY | O_BIAS, more_granite_hybrid},
    {"gemma", true, 0, 256, false, true, BIAS_KEY | O_BIAS, NULL},
    {"gemma2", true, 4, 256, false, true, BIAS_KEY | O_BIAS | FOUR_NORMS, NULL},
    {"gemma3_text", true, 4, 256, false, true, BIAS_KEY | O_BIAS | FOUR_NORMS | QK_HEAD, NULL},
    {"gpt2", true, 0, 0, false, false, 0, more_gpt2},
    {"gpt_neox", false, 0, 0, false, false, 0, more_gpt_neox},
    {"dbrx", false, 0, 0, false, true, 0, more_dbrx},
    {"hunyuan", false, 0, 0, true, true, BIAS_KEY | O_BIAS, more_hunyuan},
    {"hunyuan_v1_moe", false, 0, 0, true, true, BIAS_KEY | O_BIAS, more_hunyuan},
    {"hunyuan_v1_dense", false, 0, 0, false, true, BIAS_KEY | O_BIAS, more_hunyuan},
};
enum { N_TYPES = sizeof types / sizeof *types };

static const Type *type_named(const char *name) {
    for (int i = 0; i < N_TYPES; i++)
        if (!strcmp(types[i].name, name)) return &types[i];
    return NULL;
}

static Status find_type(Json *j, const char *assume, ModelFile *c, const Type **type) {
    char known[1024] = "";
    for (int i = 0; i < N_TYPES; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", types[i].name);
    }
    *type = type_named(c->model_type);
    if (*type) return OK;
    if (!assume)
        return fail(BAD_INPUT,
                    "%s: model_type '%s' is not known here, so a count would be a guess; count it as one of these with "
                    "--assume TYPE: %s",
                    j->path, c->model_type, known);
    *type = type_named(assume);
    if (!*type) return fail(BAD_INPUT, "--assume %s: expected one of %s", assume, known);
    snprintf(c->counted_as, sizeof c->counted_as, "%s", assume);
    return OK;
}

// ---- keys that nobody read
// ---------------------------------------------------------------------------------------------

// Keys that sound like a part of the model and are none: routing, windows, scales, caches, generation.
static const char *const harmless[] = {
    "rms_norm_eps",
    "layer_norm_eps",
    "layer_norm_epsilon",
    "norm_topk_prob",
    "ep_size",
    "sliding_window_size",
    "max_window_layers",
    "attention_chunk_size",
    "no_rope_layers",
    "no_rope_layer_interval",
    "moe_capacity",
    "mamba_chunk_size",
    "use_mamba_kernels",
    "time_step_limit",
    "time_step_rank",
    "num_logits_to_keep",
    "n_group",
    "topk_group",
    "n_ctx",
    "original_max_position_embeddings",
    "chunk_size_feed_forward",
    "num_beams",
    "num_beam_groups",
    "num_return_sequences",
    "no_repeat_ngram_size",
};

static bool sounds_like_parameters(const char *key) {
    static const char *const parts[] = {"size", "dim",  "layer", "rank",   "head",   "expert",  "bias",  "tie_",
                                        "mlp",  "lora", "step",  "kernel", "conv",   "state",   "mamba", "ssm",
                                        "ffn",  "num_", "n_",    "shared", "hybrid", "adapter", "norm",  "mtp"};
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (!strcmp(key, harmless[i])) return false;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *found = strstr(key, parts[i]);
        bool prefix = !strcmp(parts[i], "n_");
        if (found && (!prefix || found == key)) return true;
    }
    return false;
}

// Absent, off or empty: there is nothing to count.
static bool says_nothing(const json_t *value) {
    return json_is_null(value) || json_is_false(value) || json_is_string(value) || json_is_real(value) ||
           (json_is_integer(value) && json_integer_value(value) <= 0) ||
           (json_is_array(value) && !json_array_size(value)) || (json_is_object(value) && !json_object_size(value));
}

// Layers by name that are all kinds of attention change nothing.
static bool all_attention(const json_t *list) {
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) {
        const char *name = json_string_value(item);
        if (!name || !strstr(name, "attention") || strstr(name, "linear")) return false;
    }
    return json_is_array(list);
}

static void refuse_unread(Json *j) {
    const char *key;
    json_t *value;
    json_object_foreach(j->root, key, value) {
        if (json_object_get(j->seen, key) || says_nothing(value) || !sounds_like_parameters(key)) continue;
        if (strstr(key, "layer_types") && all_attention(value)) continue;
        complain(j, key, "may change the count of this model_type and is not understood here");
    }
}

// ---- reading
// -----------------------------------------------------------------------------------------------------------

static void read_shape(Json *j, const Type *t, ModelFile *c) {
    Shape *s = &c->shape;
    s->vocab = whole(j, "vocab_size", REQUIRED);
    s->d_model = whole(j, "hidden_size|d_model|n_embd", REQUIRED);
    s->n_layers = whole(j, "num_hidden_layers|n_layers|n_layer", REQUIRED);
    s->seq_len = whole(j, "max_position_embeddings|n_positions|max_seq_len", 4096);
    s->tied = truth(j, "tie_word_embeddings", t->tied);
    c->n_predict_layers = whole(j, "num_nextn_predict_layers", 0);
    c->plain_ffn = !t->gated;
    if (s->n_layers > 100000) complain(j, "num_hidden_layers", "is above 100000");
    if (j->status != OK) return;
    read_attention(j, t, c);
    if (strcmp(t->name, "dbrx") != 0) read_experts(j, t, c);
    if (t->parts & FOUR_NORMS) c->more_norms += 2.0 * s->n_layers * s->d_model;
    if (t->parts & MLP_BIAS && truth(j, "mlp_bias", false)) c->more_dense += 2.0 * s->d_ff_expert + s->d_model;
    if (t->more && j->status == OK) t->more(j, c);
}

// The language part of a model of several senses.
static void enter_text_part(Json *j, ModelFile *c) {
    json_t *text = json_object_get(j->root, "text_config");
    c->text_part = json_is_object(text);
    if (c->text_part) j->root = text;
}

Status read_huggingface(const char *path, const char *text, const char *assume, ModelFile *c) {
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!root) return fail(BAD_INPUT, "%s:%d: column %d: %s", path, error.line, error.column, error.text);
    Json j = {.path = path, .root = root, .seen = json_object()};
    const Type *type = NULL;
    if (!json_is_object(root)) j.status = fail(BAD_INPUT, "%s: expected an object of settings", path);
    enter_text_part(&j, c);
    const char *name = json_string_value(json_object_get(j.root, "model_type"));
    snprintf(c->model_type, sizeof c->model_type, "%s", name ? name : "");
    if (j.status == OK && !name && !assume)
        j.status =
            fail(BAD_INPUT, "%s: no model_type; count it as a known one with --assume TYPE, such as llama", path);
    if (j.status == OK) j.status = find_type(&j, assume, c, &type);
    if (j.status == OK) read_shape(&j, type, c);
    if (j.status == OK) refuse_unread(&j);
    json_decref(j.seen);
    json_decref(root);
    return j.status;
}
