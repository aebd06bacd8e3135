// run.c - see run.h.
#include "run.h"

#include "ground/number.h"
#include "ground/output.h"
#include "ground/sha256.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const gates[] = {"softmax", "sigmoid", NULL};
static const char *const balances[] = {"none", "bias", "aux", NULL};

#define FROM_OTHERS (-1)
#define INT(name, fallback, min, max, help)                                                                            \
    { #name, FIELD_INT, offsetof(Run, name), fallback, min, max, NULL, help, false }
#define SHAPE(name, fallback, min, max, help)                                                                          \
    { #name, FIELD_INT, offsetof(Run, shape.name), fallback, min, max, NULL, help, false }
#define NUMBER(name, fallback, min, max, help)                                                                         \
    { #name, FIELD_NUMBER, offsetof(Run, name), fallback, min, max, NULL, help, false }
#define CHOICE(name, fallback, list, help)                                                                             \
    { #name, FIELD_CHOICE, offsetof(Run, name), fallback, 0, 0, list, help, false }
#define LATER(kind, name, fallback, min, max, help)                                                                    \
    { #name, kind, offsetof(Run, name), fallback, min, max, NULL, help, true }

const RunField run_fields[] = {
    SHAPE(vocab, 256, 2, 1 << 24, "vocabulary; 256 for bytes"),
    SHAPE(d_model, 64, 2, 1 << 20, "width of the residual stream"),
    SHAPE(n_layers, 2, 1, 4096, "layers"),
    SHAPE(n_heads, FROM_OTHERS, 1, 4096, "query heads; default d_model / 16 and at least 4, / 32 from width 256"),
    SHAPE(n_kv_heads, FROM_OTHERS, 1, 4096, "key and value heads; default n_heads"),
    SHAPE(d_head, FROM_OTHERS, 2, 4096, "width of a head; default d_model / n_heads, made even"),
    SHAPE(n_dense_layers, 0, 0, 4096, "first layers with a dense block instead of experts"),
    SHAPE(d_ff_dense, FROM_OTHERS, 0, 1 << 24, "width of that block; default the active width of a MoE layer"),
    SHAPE(n_experts, 1, 1, 65536, "routed experts a layer; 1: a dense model"),
    SHAPE(top_k, 1, 1, 65536, "routed experts that serve a token"),
    SHAPE(d_ff_expert, FROM_OTHERS, 1, 1 << 24, "hidden width of a routed expert; default 8/3 d_model rounded to 8"),
    SHAPE(n_shared, 0, 0, 65536, "shared experts, always on"),
    SHAPE(d_ff_shared, FROM_OTHERS, 0, 1 << 24, "their total width; default n_shared x d_ff_expert"),
    SHAPE(seq_len, 128, 1, 1 << 20, "tokens a sequence"),
    SHAPE(tied, 0, 0, 1, "1: output head is the transposed embedding"),
    NUMBER(tokens, 1e6, 1, 1e15, "training tokens D, rounded to whole steps"),
    INT(batch, 16, 1, 1 << 20, "sequences a step"),
    NUMBER(lr, 8e-3, 0, 10, "peak learning rate at width lr_width"),
    INT(lr_width, 64, 0, 1 << 20, "width at which lr was tuned; 0: one rate for all widths"),
    NUMBER(warmup_tokens, 1e5, 0, 1e15, "tokens over which the rate rises"),
    NUMBER(decay_fraction, 0.3, 0, 1, "last share of tokens over which the rate falls to zero"),
    NUMBER(weight_decay, 0.1, 0, 10, "AdamW, matrices only"),
    NUMBER(beta1, 0.9, 0, 0.9999999, "AdamW"),
    NUMBER(beta2, 0.95, 0, 0.9999999, "AdamW"),
    NUMBER(clip, 1, 0, 1e9, "largest gradient norm; 0: no clipping"),
    CHOICE(gate, GATE_SIGMOID, gates, "router gate"),
    CHOICE(balance, BALANCE_BIAS, balances,
           "load balancing: a bias without loss (2408.15664), an auxiliary loss, none"),
    NUMBER(bias_rate, 1e-3, 0, 1, "step of the balancing bias"),
    NUMBER(aux_coef, 0.01, 0, 100, "weight of the auxiliary balancing loss"),
    NUMBER(z_coef, 0, 0, 100, "weight of the router z-loss"),
    NUMBER(average, 0, 0, 1, "evaluate weights averaged over the last share of tokens; 0: the last weights"),
    NUMBER(eval_tokens, 786432, 1, 1e12,
           "validation tokens, the same for all runs; of GCIDE the default gives a standard error of 0.009"),
    INT(seed, 1, 0, 1 << 30, "of initialisation and data order"),
    {"corpus", FIELD_TEXT, offsetof(Run, corpus), 0, 0, 0, NULL, "sha256 of the token stream, or markov:...", false},
    LATER(FIELD_INT, data_seed, FROM_OTHERS, 0, 1 << 30, "of data order alone; default seed"),
    LATER(FIELD_INT, qk_norm, 0, 0, 1, "1: queries and keys of every head are normalised, scores doubled"),
    LATER(FIELD_NUMBER, router_rate, 1, 0, 1000, "learning rate of the router, times that of other matrices"),
    {0},
};

static int *as_int(const Run *run, const RunField *f) {
    return (int *)(void *)((char *)run + f->offset);
}
static double *as_number(const Run *run, const RunField *f) {
    return (double *)(void *)((char *)run + f->offset);
}
static char *as_text(const Run *run, const RunField *f) {
    return (char *)run + f->offset;
}

Run run_default(void) {
    Run run;
    memset(&run, 0, sizeof run);
    for (const RunField *f = run_fields; f->name; f++) {
        if (f->kind == FIELD_NUMBER) *as_number(&run, f) = f->fallback;
        if (f->kind == FIELD_INT || f->kind == FIELD_CHOICE) *as_int(&run, f) = (int)f->fallback;
    }
    return run;
}

static const RunField *find_field(const char *name) {
    for (const RunField *f = run_fields; f->name; f++)
        if (!strcmp(f->name, name)) return f;
    return NULL;
}

static Status set_choice(Run *run, const RunField *f, const char *value) {
    char known[128] = "";
    for (int i = 0; f->choices[i]; i++) {
        if (!strcmp(f->choices[i], value)) {
            *as_int(run, f) = i;
            return OK;
        }
        strncat(known, " ", sizeof known - strlen(known) - 1);
        strncat(known, f->choices[i], sizeof known - strlen(known) - 1);
    }
    return fail(BAD_INPUT, "%s = '%.40s', expected one of:%s", f->name, value, known);
}

Status run_set(Run *run, const char *name, const char *value) {
    const RunField *f = find_field(name);
    if (!f) return fail(BAD_INPUT, "'%.40s' is not a setting of a run; moetrain --help lists them", name);
    if (f->kind == FIELD_CHOICE) return set_choice(run, f, value);
    if (f->kind == FIELD_TEXT) {
        if (strlen(value) >= RUN_CORPUS || strpbrk(value, ",\"\n"))
            return fail(BAD_INPUT, "%s = '%.40s...', expected at most %d characters without comma or quote", name,
                        value, RUN_CORPUS - 1);
        strcpy(as_text(run, f), value);
        return OK;
    }
    double x;
    if (!parse_number(value, &x) || (f->kind == FIELD_INT && x != floor(x)))
        return fail(BAD_INPUT, "%s = '%.40s', expected a %snumber", name, value, f->kind == FIELD_INT ? "whole " : "");
    if (x < f->min || x > f->max) return fail(BAD_INPUT, "%s = %s, expected %g..%g", name, value, f->min, f->max);
    if (f->kind == FIELD_INT)
        *as_int(run, f) = (int)x;
    else
        *as_number(run, f) = x;
    return OK;
}

Status run_set_list(Run *run, const char *list) {
    char *copy = copy_text(list), *rest = NULL;
    Status s = OK;
    for (char *item = strtok_r(copy, ",", &rest); item && s == OK; item = strtok_r(NULL, ",", &rest)) {
        char *value = strchr(item, '=');
        if (!value) {
            s = fail(BAD_INPUT, "'%.40s': expected name=value", item);
            break;
        }
        *value = '\0';
        s = run_set(run, item, value + 1);
    }
    free(copy);
    return s;
}

static void follow(int *field, int value) {
    if (*field < 0) *field = value;
}

// Several narrow heads rather than one wide one: at width 32 (1M bytes of GCIDE, 512 bytes a step, 4 seeds) one head
// gave loss 1.651, two 1.618, four 1.611, eight 1.628; seed deviation 0.006, 0.010, 0.005, 0.009.
static int default_heads(int d_model) {
    int width = d_model < 256 ? 16 : d_model < 1024 ? 32 : 64, heads = d_model / width;
    return heads >= 4 ? heads : d_model >= 32 ? 4 : d_model >= 8 ? 2 : 1;
}

Status run_finish(Run *run) {
    Shape *s = &run->shape;
    follow(&s->n_heads, default_heads(s->d_model));
    follow(&s->n_kv_heads, s->n_heads);
    follow(&s->d_head, s->d_model / (s->n_heads > 0 ? s->n_heads : 1) / 2 * 2);
    follow(&s->d_ff_expert, (s->d_model * 8 / 3 + 7) / 8 * 8);
    follow(&s->d_ff_shared, s->n_shared * s->d_ff_expert);
    follow(&s->d_ff_dense, s->n_dense_layers ? s->top_k * s->d_ff_expert + s->d_ff_shared : 0);
    follow(&run->data_seed, run->seed);
    TRY(shape_check(s));
    double step = run_batch_tokens(run), steps = floor(run->tokens / step + 0.5);
    if (steps > 2e9) return fail(BAD_INPUT, "tokens = %g are more than 2e9 steps of %g", run->tokens, step);
    run->tokens = step * (steps < 1 ? 1 : steps);
    return OK;
}

void run_get(const Run *run, const RunField *f, char *value, int size) {
    char text[NUMBER_TEXT];
    switch (f->kind) {
    case FIELD_INT: snprintf(value, (size_t)size, "%d", *as_int(run, f)); break;
    case FIELD_NUMBER: snprintf(value, (size_t)size, "%s", number_text(*as_number(run, f), text)); break;
    case FIELD_CHOICE: snprintf(value, (size_t)size, "%s", f->choices[*as_int(run, f)]); break;
    case FIELD_TEXT: snprintf(value, (size_t)size, "%s", as_text(run, f)); break;
    }
}

void run_json(FILE *file, const Run *run) {
    char value[RUN_CORPUS];
    for (const RunField *f = run_fields; f->name; f++) {
        run_get(run, f, value, sizeof value);
        fprintf(file, "%s\"%s\": ", f == run_fields ? "" : ", ", f->name);
        if (f->kind == FIELD_CHOICE || f->kind == FIELD_TEXT)
            write_json_string(file, value);
        else
            fputs(value, file);
    }
}

// Whether the field has the value that it gets when nobody sets it.
static bool is_default(const Run *run, const RunField *f) {
    Run plain = *run;
    char value[RUN_CORPUS], usual[RUN_CORPUS];
    if (f->kind == FIELD_NUMBER)
        *as_number(&plain, f) = f->fallback;
    else
        *as_int(&plain, f) = (int)f->fallback;
    if (run_finish(&plain) != OK) return false;
    run_get(run, f, value, sizeof value);
    run_get(&plain, f, usual, sizeof usual);
    return !strcmp(value, usual);
}

static void hash_fields(const Run *run, bool trunk, char id[RUN_ID]) {
    Sha256 h;
    char value[RUN_CORPUS], line[RUN_CORPUS + 64], hex[SHA256_TEXT];
    sha256_begin(&h);
    int n = snprintf(line, sizeof line, "numerics=%d\n", TRAIN_NUMERICS);
    sha256_add(&h, line, (size_t)n);
    for (const RunField *f = run_fields; f->name; f++) {
        if (trunk && (!strcmp(f->name, "tokens") || !strcmp(f->name, "decay_fraction"))) continue;
        if (f->later && is_default(run, f)) continue;
        run_get(run, f, value, sizeof value);
        n = snprintf(line, sizeof line, "%s=%s\n", f->name, value);
        sha256_add(&h, line, (size_t)n);
    }
    sha256_end(&h, hex);
    memcpy(id, hex, RUN_ID - 1);
    id[RUN_ID - 1] = '\0';
}

void run_id(const Run *run, char id[RUN_ID]) {
    hash_fields(run, false, id);
}
void run_trunk_id(const Run *run, char id[RUN_ID]) {
    hash_fields(run, true, id);
}

long run_steps(const Run *run) {
    return lround(run->tokens / run_batch_tokens(run));
}

long run_decay_start(const Run *run) {
    long steps = run_steps(run);
    return steps - lround(run->decay_fraction * (double)steps);
}
