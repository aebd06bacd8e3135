// model_of.c - see model_of.h.
#include "model_of.h"

#include "ground/number.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool ends_in(const char *key, const char *end) {
    size_t n = strlen(key), m = strlen(end);
    return n >= m && !strcmp(key + n - m, end);
}

// ---- Hugging Face: the keys beside model_type are a config.json, once those of the training are left out

// Settings of a Trainer, and counts, that lie between those of the model where a program logs all in one.
static bool of_training(const char *key) {
    static const char *const ends[] = {"_steps", "_epochs", "batch_size", "_workers", "global_step"};
    static const char *const starts[] = {"_",     "num_train", "per_",     "max_grad",    "total_",
                                         "eval_", "save_",     "logging_", "dataloader_", "ddp_",
                                         "fsdp",  "hub_",      "lr_",      "warmup",      "gradient_acc"};
    static const char *const parts[] = {"param", "tokens", "flos", "flops", "dataset"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_in(key, ends[i])) return true;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (!strncmp(key, starts[i], strlen(starts[i]))) return true;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(key, parts[i])) return true;
    return false;
}

// Text as the value that it stands for.
static json_t *typed(const char *text) {
    long long whole;
    double x;
    if (!strcasecmp(text, "true") || !strcasecmp(text, "false")) return json_boolean(tolower(*text) == 't');
    if (*text == '[' || *text == '{') {
        json_t *value = json_loads(text, 0, NULL);
        return value ? value : json_string(text);
    }
    bool plain = !isalpha((unsigned char)text[strlen(text) - 1]);
    if (plain && parse_whole(text, &whole)) return json_integer(whole);
    if (plain && parse_number(text, &x)) return json_real(x);
    return json_string(text);
}

static const Said *model_type(const Bag *b) {
    for (int i = 0; i < b->n; i++)
        if (*b->said[i].value && (!strcmp(b->said[i].key, "model_type") || ends_in(b->said[i].key, "/model_type") ||
                                  ends_in(b->said[i].key, ".model_type")))
            return &b->said[i];
    return NULL;
}

static Status of_config(const Bag *b, const Said *type, const char *assume, ModelFile *m) {
    size_t prefix = strlen(type->key) - strlen("model_type");
    json_t *config = json_object();
    for (int i = 0; i < b->n; i++) {
        const char *key = b->said[i].key, *own = key + prefix;
        if (strncmp(key, type->key, prefix) != 0 || !*b->said[i].value || strpbrk(own, "./ #")) continue;
        if (!of_training(own)) json_object_set_new(config, own, typed(b->said[i].value));
    }
    char *text = json_dumps(config, 0);
    json_decref(config);
    if (!text) return fail(BAD_INPUT, "%s: settings that are not UTF-8", b->origin);
    Status s = model_parse(b->origin, text, assume, m);
    free(text);
    return s;
}

// ---- Megatron-LM: arguments as they were given again

static Status of_megatron(const Bag *b, ModelFile *m) {
    size_t size = 64;
    for (int i = 0; i < b->n; i++) size += strlen(b->said[i].key) + strlen(b->said[i].value) + 8;
    char *text = allocate(size, 1), *at = text;
    const Said *vocab;
    Status s = bag_find(b, "padded_vocab_size|vocab_size", &vocab);
    if (s == OK && vocab) at += sprintf(at, "--vocab-size %s\n", vocab->value);
    for (int i = 0; i < b->n; i++) {
        const char *key = strrchr(b->said[i].key, '/'), *value = b->said[i].value;
        key = key ? key + 1 : b->said[i].key;
        if (ends_in(key, "vocab_size") || !*value) continue;
        if (!strcmp(key, "add_bias_linear") && !strcasecmp(value, "false"))
            at += sprintf(at, "--disable-bias-linear\n");
        if (!strcasecmp(value, "false") || strpbrk(key, " .#")) continue;
        char *from = at + 2;
        at += sprintf(at, "--%s %s\n", key, strcasecmp(value, "true") ? value : "");
        for (; *from && *from != ' '; from++)
            if (*from == '_') *from = '-';
    }
    if (s == OK) s = model_parse(b->origin, text, NULL, m);
    free(text);
    return s;
}

// ---- usual names

// A whole number under one of the names; `fallback` if there is none.
static Status whole(const Bag *b, const char *names, int fallback, int *x) {
    const Said *said;
    long long value;
    *x = fallback;
    TRY(bag_find(b, names, &said));
    if (!said) return OK;
    if (!parse_whole(said->value, &value) || value < 0 || value > 1 << 30)
        return fail(BAD_INPUT, "%s: %s is '%s', expected a whole number", b->origin, said->key, said->value);
    *x = (int)value;
    return OK;
}

static Status truth(const Bag *b, const char *names, bool fallback, bool *x) {
    const Said *said;
    *x = fallback;
    TRY(bag_find(b, names, &said));
    if (said) *x = !strcasecmp(said->value, "true") || !strcmp(said->value, "1");
    return OK;
}

#define D_MODEL "d_model|hidden_size|hidden_dim|n_embd|model_dim|embed_dim|dim|channels"
#define N_LAYERS "n_layers|num_layers|n_layer|num_hidden_layers|depth"

static Status plain_experts(const Bag *b, Shape *s) {
    int width;
    TRY(whole(b, "d_ff|intermediate_size|intermediate_dim|ffn_hidden_size|ffn_dim|mlp_dim|d_ff_dense", 0, &width));
    TRY(whole(b, "n_experts|num_experts|n_routed_experts|num_local_experts|moe_num_experts", 1, &s->n_experts));
    if (s->n_experts < 2) {
        s->n_experts = s->top_k = 1;
        TRY(whole(b, "d_ff_expert", width, &s->d_ff_expert));
        return OK;
    }
    TRY(whole(b, "top_k|num_experts_per_tok|num_experts_per_token|moe_router_topk|experts_per_token|moe_top_k", 0,
              &s->top_k));
    TRY(whole(b, "d_ff_expert|moe_intermediate_size|moe_intermediate_dim|moe_ffn_hidden_size|expert_dim", width,
              &s->d_ff_expert));
    TRY(whole(b, "n_shared|num_shared|n_shared_experts|num_shared_experts", 0, &s->n_shared));
    TRY(whole(b,
              "d_ff_shared|shared_expert_intermediate_size|shared_expert_intermediate_dim|"
              "moe_shared_expert_intermediate_size",
              s->n_shared * s->d_ff_expert, &s->d_ff_shared));
    if (s->d_ff_shared && !s->n_shared) s->n_shared = 1;
    TRY(whole(b, "n_dense_layers|first_k_dense_replace|num_dense_layers", 0, &s->n_dense_layers));
    s->d_ff_dense = s->n_dense_layers ? width : 0;
    return OK;
}

static Status of_plain(const Bag *b, ModelFile *m, char lacks[64]) {
    Shape *s = &m->shape;
    bool tied, gated, gains;
    *m = (ModelFile){0};
    TRY(whole(b, D_MODEL, 0, &s->d_model));
    TRY(whole(b, N_LAYERS, 0, &s->n_layers));
    TRY(whole(b, "vocab|padded_vocab_size|vocab_size|n_vocab", 0, &s->vocab));
    TRY(whole(b, "n_heads|num_heads|n_head|num_attention_heads", 1, &s->n_heads));
    TRY(whole(b, "n_kv_heads|num_kv_heads|n_kv_head|num_key_value_heads|num_query_groups", s->n_heads, &s->n_kv_heads));
    TRY(whole(b, "d_head|head_dim|head_size", s->n_heads ? s->d_model / s->n_heads : 0, &s->d_head));
    TRY(whole(b, "seq_len|max_seq_len|seq_length|sequence_length|block_size|context_length|max_sequence_length", 0,
              &s->seq_len));
    TRY(truth(b, "tied|tie_word_embeddings|tie_embeddings|weight_tying", false, &tied));
    TRY(truth(b, "gated", true, &gated));
    TRY(truth(b, "norm_gains", true, &gains));
    TRY(plain_experts(b, s));
    s->tied = tied;
    m->plain_ffn = !gated;
    if (!gated && !s->d_ff_expert) s->d_ff_expert = 4 * s->d_model;
    if (!gains) m->more_norms = -(2.0 * s->n_layers + 1) * s->d_model;
    int further;
    TRY(whole(b, "further_embedding", 0, &further));
    m->more_embedding = further;
    const char *lack = !s->vocab         ? "vocab_size"
                       : !s->seq_len     ? "seq_len"
                       : !s->d_ff_expert ? "d_ff"
                       : !s->top_k       ? "top_k"
                                         : "";
    snprintf(lacks, 64, "%s", lack);
    if (*lack) return OK;
    snprintf(m->model_type, sizeof m->model_type, "plain");
    return shape_check(s) == OK ? OK : fail_within(BAD_INPUT, "%s", b->origin);
}

Status model_of(const Bag *b, const char *assume, ModelFile *m, ModelKind *kind, char lacks[64]) {
    const Said *type = model_type(b), *swiglu, *width, *layers;
    lacks[0] = '\0';
    if (b->config) {
        char *text = copy_text(b->config);
        *kind = MODEL_CONFIG;
        Status s = model_parse("config.json", text, assume, m);
        free(text);
        return s == OK ? OK : fail_within(s, "%s", b->origin);
    }
    TRY(bag_find(b, D_MODEL, &width));
    TRY(bag_find(b, N_LAYERS, &layers));
    TRY(bag_find(b, "swiglu|moe_router_topk", &swiglu));
    *kind = MODEL_UNSAID;
    if (!width || !layers) return OK;
    *kind = type ? MODEL_CONFIG : swiglu ? MODEL_MEGATRON : MODEL_PLAIN;
    if (type) return of_config(b, type, assume, m);
    if (swiglu) return of_megatron(b, m);
    TRY(of_plain(b, m, lacks));
    if (*lacks) *kind = MODEL_UNSAID;
    return OK;
}
