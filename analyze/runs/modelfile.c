// modelfile.c - see modelfile.h.
#include "modelfile.h"

#include "ground/number.h"
#include "ground/output.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 20 }; // bytes of a configuration

// ---- Hugging Face --------------------------------------------------------------------------------------------------

typedef struct {
    const char *path;
    json_t *root;
    Status status; // the first complaint
} Json;

// The first of the "a|b|c" keys that is there and not null; `fallback` if none (REQUIRED: complain).
enum { REQUIRED = -1 };
static int whole(Json *j, const char *keys, int fallback) {
    char key[64];
    for (const char *at = keys; *at;) {
        size_t length = strcspn(at, "|");
        snprintf(key, sizeof key, "%.*s", (int)length, at);
        at += length + (at[length] == '|');
        json_t *value = json_object_get(j->root, key);
        if (!value || json_is_null(value)) continue;
        if (json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) <= 1 << 30)
            return (int)json_integer_value(value);
        if (j->status == OK)
            j->status = fail(BAD_INPUT, "%s: %s: expected a whole number from 0 to 2^30", j->path, key);
        return 1;
    }
    if (fallback == REQUIRED && j->status == OK)
        j->status = fail(BAD_INPUT, "%s: no %.*s: not the configuration of a language model?", j->path,
                         (int)strcspn(keys, "|"), keys);
    return fallback == REQUIRED ? 1 : fallback;
}

static bool truth(Json *j, const char *key) {
    return json_is_true(json_object_get(j->root, key));
}

// Layers without experts: the first few, every other, or a list, as the family has it.
static int dense_layers(Json *j, int n_layers) {
    int first = whole(j, "first_k_dense_replace", 0);
    int step = whole(j, "decoder_sparse_step|moe_layer_freq|interleave_moe_layer_step", 1), n = 0;
    bool counts_from_one = json_object_get(j->root, "decoder_sparse_step") != NULL;
    bool *dense = allocate(n_layers + 1, sizeof *dense);
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(j->root, "mlp_only_layers"), i, item) {
        json_int_t layer = json_is_integer(item) ? json_integer_value(item) : -1;
        if (layer >= 0 && layer < n_layers) dense[layer] = true;
    }
    for (int layer = 0; layer < n_layers; layer++)
        n += dense[layer] || layer < first || (step > 1 && (layer + counts_from_one) % step);
    free(dense);
    return n;
}

static void read_experts(Json *j, Shape *s) {
    int dense_width = whole(j, "intermediate_size|ffn_hidden_size", REQUIRED);
    s->n_experts = whole(j, "n_routed_experts|num_local_experts|num_experts", 1);
    s->top_k = s->n_experts == 1 ? 1 : whole(j, "num_experts_per_tok|moe_top_k|top_k_experts", REQUIRED);
    s->d_ff_expert = whole(j, "moe_intermediate_size", dense_width);
    if (s->n_experts == 1) {
        s->d_ff_expert = dense_width;
        return;
    }
    s->n_dense_layers = dense_layers(j, s->n_layers);
    s->d_ff_dense = s->n_dense_layers ? dense_width : 0;
    s->d_ff_shared = whole(j, "shared_expert_intermediate_size", 0);
    s->n_shared = whole(j, "n_shared_experts|num_shared_experts", s->d_ff_shared > 0);
    if ((double)s->n_shared * s->d_ff_expert > 1 << 30 && j->status == OK)
        j->status =
            fail(BAD_INPUT, "%s: n_shared_experts %d of width %d: too wide", j->path, s->n_shared, s->d_ff_expert);
    else if (!s->d_ff_shared)
        s->d_ff_shared = s->n_shared * s->d_ff_expert;
}

static void read_attention(Json *j, ModelFile *c) {
    Shape *s = &c->shape;
    s->n_heads = whole(j, "num_attention_heads", REQUIRED);
    s->n_kv_heads = whole(j, "num_key_value_heads", s->n_heads);
    s->d_head = whole(j, "head_dim", s->n_heads > 0 ? s->d_model / s->n_heads : 1);
    c->kv_lora_rank = whole(j, "kv_lora_rank", 0);
    if (c->kv_lora_rank) {
        c->q_lora_rank = whole(j, "q_lora_rank", 0);
        c->qk_rope = whole(j, "qk_rope_head_dim", REQUIRED);
        c->v_head = whole(j, "v_head_dim", REQUIRED);
        s->d_head = whole(j, "qk_nope_head_dim", REQUIRED) + c->qk_rope;
        s->n_kv_heads = s->n_heads;
    }
    c->qk_norm_full = !strcmp(c->model_type, "olmoe");
    c->qk_norm_head = !strncmp(c->model_type, "qwen3", 5) || truth(j, "use_qk_norm");
    c->qkv_bias = truth(j, "attention_bias") || !strncmp(c->model_type, "qwen2", 5);
    c->shared_gate = !strcmp(c->model_type, "qwen2_moe");
}

static Status read_json(const char *path, const char *text, ModelFile *c) {
    json_error_t error;
    Json j = {.path = path, .root = json_loads(text, JSON_REJECT_DUPLICATES, &error)};
    if (!j.root) return fail(BAD_INPUT, "%s:%d: column %d: %s", path, error.line, error.column, error.text);
    const char *type = json_string_value(json_object_get(j.root, "model_type"));
    snprintf(c->model_type, sizeof c->model_type, "%s", type ? type : "unnamed");
    if (!json_is_object(j.root)) j.status = fail(BAD_INPUT, "%s: expected an object of settings", path);
    Shape *s = &c->shape;
    s->vocab = whole(&j, "vocab_size", REQUIRED);
    s->d_model = whole(&j, "hidden_size", REQUIRED);
    s->n_layers = whole(&j, "num_hidden_layers", REQUIRED);
    s->seq_len = whole(&j, "max_position_embeddings", 4096);
    s->tied = truth(&j, "tie_word_embeddings");
    c->n_predict_layers = whole(&j, "num_nextn_predict_layers", 0);
    if (s->n_layers > 100000 && j.status == OK) j.status = fail(BAD_INPUT, "%s: num_hidden_layers above 100000", path);
    if (j.status == OK) {
        read_attention(&j, c);
        read_experts(&j, s);
    }
    json_decref(j.root);
    return j.status;
}

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

// ---- Megatron-LM ---------------------------------------------------------------------------------------------------

typedef struct {
    const char *path;
    int n;
    char **words;
    Status status;
} Arguments;

static const char *argument(const Arguments *a, const char *name) {
    for (int i = 0; i < a->n; i++) {
        size_t length = strlen(name);
        if (strncmp(a->words[i], name, length)) continue;
        if (a->words[i][length] == '=') return a->words[i] + length + 1;
        if (!a->words[i][length]) return i + 1 < a->n ? a->words[i + 1] : "";
    }
    return NULL;
}

static int whole_argument(Arguments *a, const char *name, int fallback) {
    const char *value = argument(a, name);
    long long x;
    if (!value && fallback != REQUIRED) return fallback;
    if (value && parse_whole(value, &x) && x >= 0 && x <= 1 << 30) return (int)x;
    if (a->status == OK)
        a->status = value ? fail(BAD_INPUT, "%s: %s '%s' is not a whole number", a->path, name, value)
                          : fail(BAD_INPUT, "%s: %s is missing", a->path, name);
    return 1;
}

// --moe-layer-freq as Megatron evaluates it: N (every N-th layer has experts) or a list such as ([0]*3+[1]*58).
static int zeros_of(const char *pattern, int n_layers) {
    long n = 0;
    if (isdigit((unsigned char)*pattern)) {
        long step = strtol(pattern, NULL, 10);
        return step > 1 ? (int)(n_layers - (n_layers + step - 1) / step) : 0;
    }
    for (const char *at = pattern; n <= n_layers && (at = strstr(at, "[0]")); at += 3) {
        long repeat = at[3] == '*' ? strtol(at + 4, NULL, 10) : 1;
        n += repeat > n_layers ? n_layers + 1 : repeat;
    }
    return n < 0 ? 0 : n > n_layers ? n_layers + 1 : (int)n; // too many are refused by shape_check
}

static void megatron_shape(Arguments *a, ModelFile *c) {
    Shape *s = &c->shape;
    s->d_model = whole_argument(a, "--hidden-size", REQUIRED);
    s->n_layers = whole_argument(a, "--num-layers", REQUIRED);
    s->n_heads = whole_argument(a, "--num-attention-heads", REQUIRED);
    s->n_kv_heads = argument(a, "--group-query-attention") ? whole_argument(a, "--num-query-groups", 1) : s->n_heads;
    s->d_head = whole_argument(a, "--kv-channels", s->n_heads ? s->d_model / s->n_heads : 1);
    s->vocab = whole_argument(a, "--vocab-size", REQUIRED);
    s->seq_len = whole_argument(a, "--seq-length", REQUIRED);
    s->tied = !argument(a, "--untie-embeddings-and-output-weights");
    int dense_width = whole_argument(a, "--ffn-hidden-size", 4 * s->d_model);
    s->n_experts = whole_argument(a, "--num-experts", 1);
    s->top_k = whole_argument(a, "--moe-router-topk", s->n_experts > 1 ? 2 : 1);
    s->d_ff_expert = whole_argument(a, "--moe-ffn-hidden-size", dense_width);
    s->d_ff_shared = whole_argument(a, "--moe-shared-expert-intermediate-size", 0);
    // Megatron knows the shared experts' total width alone.
    s->n_shared = s->d_ff_shared == 0 ? 0 : s->d_ff_shared % s->d_ff_expert ? 1 : s->d_ff_shared / s->d_ff_expert;
    const char *pattern = argument(a, "--moe-layer-freq");
    s->n_dense_layers = pattern ? zeros_of(pattern, s->n_layers) : 0;
    s->d_ff_dense = s->n_dense_layers ? dense_width : 0;
    c->qk_norm_head = argument(a, "--qk-layernorm") != NULL;
    if (!argument(a, "--multi-latent-attention")) return;
    c->q_lora_rank = whole_argument(a, "--q-lora-rank", 0);
    c->kv_lora_rank = whole_argument(a, "--kv-lora-rank", REQUIRED);
    c->qk_rope = whole_argument(a, "--qk-pos-emb-head-dim", REQUIRED);
    c->v_head = whole_argument(a, "--v-head-dim", REQUIRED);
    s->d_head = whole_argument(a, "--qk-head-dim", REQUIRED) + c->qk_rope;
    s->n_kv_heads = s->n_heads;
}

static Status read_megatron(const char *path, char *text, ModelFile *c) {
    Arguments a = {.path = path};
    a.words = allocate(strlen(text) / 2 + 1, sizeof *a.words);
    for (char *word = strtok(text, " \t\r\n\\\"'"); word; word = strtok(NULL, " \t\r\n\\\"'")) a.words[a.n++] = word;
    snprintf(c->model_type, sizeof c->model_type, "megatron");
    megatron_shape(&a, c);
    if (a.status == OK && !argument(&a, "--swiglu"))
        a.status = fail(BAD_INPUT, "%s: --swiglu is missing: only gated feed-forward blocks are counted here", path);
    free(a.words);
    return a.status;
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

// ---- both ----------------------------------------------------------------------------------------------------------

Status model_read(const char *path, ModelFile *c) {
    *c = (ModelFile){0};
    char *text;
    size_t length;
    TRY(read_file(path, LARGEST, &text, &length));
    const char *start = text + strspn(text, " \t\r\n");
    Status s = *start == '{' || *start == '[' ? read_json(path, text, c) : read_megatron(path, text, c);
    free(text);
    TRY(s);
    s = shape_check(&c->shape);
    return s == OK ? OK : fail_within(s, "%s", path);
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
    double q = (double)s->n_heads * s->d_head, kv = (double)s->n_kv_heads * s->d_head, extra = 0;
    if (c->kv_lora_rank) {
        double scores = 6.0 * s->n_layers * s->n_heads * s->seq_len * 0.5 * (c->v_head - s->d_head);
        extra = s->n_layers * latent_attention(c) - n.attention;
        n.M += scores;
    }
    if (c->qk_norm_full) extra += s->n_layers * (q + kv);
    if (c->qk_norm_head) extra += s->n_layers * 2.0 * s->d_head;
    if (c->qkv_bias) extra += s->n_layers * (q + 2 * kv);
    if (c->shared_gate) extra += (double)(s->n_layers - s->n_dense_layers) * s->d_model;
    n.attention += extra;
    n.N += extra;
    n.Na += extra;
    n.N_nonemb += extra;
    n.Na_nonemb += extra;
    n.M += 6 * extra;
    return n;
}
