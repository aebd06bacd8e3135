// megatron.c - Megatron-LM arguments as a model.
#include "modelfile_parts.h"

#include "ground/number.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { JOINED = 4096 };

typedef struct {
    const char *path;
    int n;
    char **words;
    Status status; // the first complaint
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

// All words up to the next option, joined: a list may have blanks in it.
static const char *joined_argument(const Arguments *a, const char *name, char text[JOINED]) {
    const char *value = argument(a, name);
    if (!value) return NULL;
    snprintf(text, JOINED, "%s", value);
    int i = 0;
    while (i < a->n && a->words[i] != value) { // (an option at the very end has a value that is no word)
        if (value > a->words[i] && value < a->words[i] + strlen(a->words[i])) break; // --name=value
        i++;
    }
    for (i++; i < a->n && strncmp(a->words[i], "--", 2) != 0; i++) {
        size_t used = strlen(text);
        snprintf(text + used, JOINED - used, "%s", a->words[i]);
    }
    return text;
}

enum { REQUIRED = -1 };

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

// The pattern of --moe-layer-freq as a Python list: [0,1,1], [1]*3, and sums of these in brackets or not. Counts its
// entries and its zeros; false if it is anything else.
typedef struct {
    const char *at;
    long long entries, zeros;
} Pattern;

static void skip_blanks(Pattern *p) {
    while (isspace((unsigned char)*p->at)) p->at++;
}

static bool take(Pattern *p, char c) {
    skip_blanks(p);
    if (*p->at != c) return false;
    p->at++;
    return true;
}

static bool number(Pattern *p, long long *x) {
    skip_blanks(p);
    if (!isdigit((unsigned char)*p->at)) return false;
    *x = 0;
    for (; isdigit((unsigned char)*p->at); p->at++)
        if (*x < 1 << 20) *x = 10 * *x + (*p->at - '0');
    return true;
}

// What was read, as often as a "*N" behind it says.
static bool add_repeated(Pattern *p, Pattern *own) {
    long long repeat = 1;
    if (take(own, '*') && !number(own, &repeat)) return false;
    p->at = own->at;
    p->entries += repeat * own->entries;
    p->zeros += repeat * own->zeros;
    return p->entries < 1 << 20;
}

static bool list(Pattern *p) {
    Pattern own = {p->at, 0, 0};
    if (!take(&own, '[')) return false;
    while (!take(&own, ']')) {
        long long x;
        if ((own.entries && !take(&own, ',')) || !number(&own, &x) || x > 1) return false;
        own.entries++;
        own.zeros += x == 0;
    }
    return add_repeated(p, &own);
}

static bool sum(Pattern *p, int depth);
static bool term(Pattern *p, int depth) {
    skip_blanks(p);
    if (*p->at != '(') return list(p);
    if (depth == 8) return false;
    Pattern own = {p->at + 1, 0, 0};
    return sum(&own, depth + 1) && take(&own, ')') && add_repeated(p, &own);
}

static bool sum(Pattern *p, int depth) {
    do {
        if (!term(p, depth)) return false;
    } while (take(p, '+'));
    return true;
}

// Layers without experts: N has every N-th layer with experts, the first among them; a list says 1 or 0 for each.
static int layers_without(Arguments *a, const char *text, int n_layers) {
    Pattern p = {text, 0, 0};
    long long step;
    if (number(&p, &step)) {
        skip_blanks(&p);
        if (!*p.at && step >= 1) return (int)(n_layers - (n_layers + step - 1) / step);
    } else if (sum(&p, 0)) {
        skip_blanks(&p);
        if (!*p.at && p.entries == n_layers) return (int)p.zeros;
        if (!*p.at && a->status == OK)
            a->status = fail(BAD_INPUT, "%s: --moe-layer-freq '%s' is for %lld layers, and --num-layers says %d",
                             a->path, text, p.entries, n_layers);
    }
    if (a->status == OK)
        a->status = fail(BAD_INPUT, "%s: --moe-layer-freq '%s' is not understood; expected N, [0,1,1] or ([0]*1+[1]*3)",
                         a->path, text);
    return 0;
}

static void read_experts(Arguments *a, ModelFile *c) {
    Shape *s = &c->shape;
    int dense_width = whole_argument(a, "--ffn-hidden-size", 4 * s->d_model);
    s->n_experts = whole_argument(a, "--num-experts", 1);
    s->top_k = s->n_experts > 1 ? whole_argument(a, "--moe-router-topk", 2) : 1;
    s->d_ff_expert = s->n_experts > 1 ? whole_argument(a, "--moe-ffn-hidden-size", dense_width) : dense_width;
    s->d_ff_shared = whole_argument(a, "--moe-shared-expert-intermediate-size", 0);
    // Megatron knows the shared experts' total width alone.
    bool divides = s->d_ff_expert > 0 && s->d_ff_shared % s->d_ff_expert == 0;
    s->n_shared = s->d_ff_shared == 0 ? 0 : divides ? s->d_ff_shared / s->d_ff_expert : 1;
    char text[JOINED];
    const char *pattern = joined_argument(a, "--moe-layer-freq", text);
    if (pattern && s->n_experts > 1) s->n_dense_layers = layers_without(a, pattern, s->n_layers);
    s->d_ff_dense = s->n_dense_layers ? dense_width : 0;
}

static void read_latent(Arguments *a, ModelFile *c) {
    Shape *s = &c->shape;
    c->q_lora_rank = whole_argument(a, "--q-lora-rank", 0);
    c->kv_lora_rank = whole_argument(a, "--kv-lora-rank", REQUIRED);
    c->qk_rope = whole_argument(a, "--qk-pos-emb-head-dim", REQUIRED);
    c->v_head = whole_argument(a, "--v-head-dim", REQUIRED);
    s->d_head = whole_argument(a, "--qk-head-dim", REQUIRED) + c->qk_rope;
    s->n_kv_heads = s->n_heads;
}

// Biases, norms and positions are Megatron's defaults; models of today switch them off.
static void read_additions(Arguments *a, ModelFile *c) {
    const Shape *s = &c->shape;
    double d = s->d_model, q = (double)s->n_heads * s->d_head, kv = (double)s->n_kv_heads * s->d_head;
    const char *norm = argument(a, "--normalization"), *positions = argument(a, "--position-embedding-type");
    bool biased = !argument(a, "--disable-bias-linear");
    if (argument(a, "--qk-layernorm")) c->more_attention += 2.0 * s->d_head;
    if (biased || argument(a, "--add-qkv-bias")) c->more_attention += q + 2 * kv;
    if (biased) {
        c->more_attention += d;
        c->more_dense = 2.0 * (s->n_experts == 1 ? s->d_ff_expert : s->d_ff_dense) + d;
        c->more_expert = 2.0 * s->d_ff_expert + d;
        c->more_router = s->d_ff_shared ? 2.0 * s->d_ff_shared + d : 0;
    }
    if (!norm || !strcmp(norm, "LayerNorm")) c->more_norms = (2.0 * s->n_layers + 1) * d;
    if (positions ? !strcmp(positions, "learned_absolute") : !argument(a, "--use-rotary-position-embeddings"))
        c->more_embedding = d * whole_argument(a, "--max-position-embeddings", REQUIRED);
    if (biased && c->kv_lora_rank && a->status == OK)
        a->status =
            fail(BAD_INPUT, "%s: --multi-latent-attention without --disable-bias-linear is not counted here", a->path);
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
    c->n_predict_layers = whole_argument(a, "--mtp-num-layers", 0);
    if (a->status == OK) read_experts(a, c);
    if (argument(a, "--multi-latent-attention")) read_latent(a, c);
    if (a->status == OK) read_additions(a, c);
}

Status read_megatron(const char *path, char *text, ModelFile *c) {
    static const char *const uncounted[] = {"--hybrid-override-pattern", "--hybrid-attention-ratio"};
    Arguments a = {.path = path};
    a.words = allocate(strlen(text) / 2 + 1, sizeof *a.words);
    for (char *word = strtok(text, " \t\r\n\\\"'"); word; word = strtok(NULL, " \t\r\n\\\"'")) a.words[a.n++] = word;
    snprintf(c->model_type, sizeof c->model_type, "megatron");
    megatron_shape(&a, c);
    if (a.status == OK && !argument(&a, "--swiglu"))
        a.status = fail(BAD_INPUT, "%s: --swiglu is missing: only gated feed-forward blocks are counted here", path);
    for (size_t i = 0; i < sizeof uncounted / sizeof *uncounted; i++)
        if (a.status == OK && argument(&a, uncounted[i]))
            a.status = fail(BAD_INPUT, "%s: %s would change the count and is not understood", path, uncounted[i]);
    free(a.words);
    return a.status;
}
