// row.c - see row.h.
#include "row.h"

#include "ground/number.h"
#include "ground/sha256.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PER_CENT = 1 }; // how far a stated count may be off

static const double LN2 = 0.69314718055994530942;

static void mark(ImportedRow *r, const char *key, double value) {
    char text[NUMBER_TEXT];
    size_t used = strlen(r->notes);
    snprintf(r->notes + used, sizeof r->notes - used, "%s%s=%s", used ? ";" : "", key, number_text(value, text));
}

static Status number(const Bag *b, const char *names, double *x) {
    const Said *said;
    *x = NAN;
    TRY(bag_find(b, names, &said));
    if (!said || parse_number(said->value, x)) return OK;
    return fail(BAD_INPUT, "%s: %s is '%s', expected a number", b->origin, said->key, said->value);
}

// What no count depends on: unknown where it is ambiguous or no number.
static void by_the_way(const Bag *b, Column c, ImportedRow *r) {
    if (number(b, column_info[c].names, &r->x[c]) != OK) r->x[c] = NAN;
}

static bool agrees(double stated, double counted) {
    return fabs(stated - counted) <= 0.01 * PER_CENT * fabs(counted);
}

static Status disagree(const Bag *b, const char *what, double stated, double counted, const char *how) {
    char said[NUMBER_TEXT], ours[NUMBER_TEXT];
    return fail(BAD_INPUT,
                "%s: states %s %s, and %s is %s: %+.1f %%; find out which is wrong, or keep what is stated with "
                "--trust, marked in notes",
                b->origin, what, number_text(stated, said), how, number_text(counted, ours),
                100 * (stated / counted - 1));
}

// A stated count may leave embeddings out without saying so.
static Status check_count(const Bag *b, const RowRules *rules, Column c, Column without, ImportedRow *r) {
    double stated, counted = r->x[c];
    TRY(number(b, column_info[c].names, &stated));
    if (isnan(stated) || agrees(stated, counted) || agrees(stated, r->x[without])) return OK;
    if (!rules->trust) return disagree(b, column_info[c].name, stated, counted, "what its settings make");
    char key[32];
    snprintf(key, sizeof key, "counted_%s", column_info[c].name);
    mark(r, key, counted);
    r->x[c] = stated;
    return OK;
}

static void take_counts(const ModelFile *m, ImportedRow *r) {
    Counts c = model_count(m);
    const Shape *s = &m->shape;
    const struct {
        Column column;
        double value;
    } values[] = {{COL_N, c.N},
                  {COL_NA, c.Na},
                  {COL_N_NONEMB, c.N_nonemb},
                  {COL_NA_NONEMB, c.Na_nonemb},
                  {COL_NUM_EXPERTS, s->n_experts},
                  {COL_TOP_K, s->top_k},
                  {COL_NUM_SHARED, s->n_shared},
                  {COL_SHARED_RATIO, c.shared_ratio},
                  {COL_GRANULARITY, c.granularity},
                  {COL_G, c.G},
                  {COL_S, c.S},
                  {COL_D_MODEL, s->d_model},
                  {COL_N_LAYERS, s->n_layers},
                  {COL_N_HEADS, s->n_heads},
                  {COL_D_FF_EXPERT, s->d_ff_expert},
                  {COL_D_FF_SHARED, s->d_ff_shared},
                  {COL_M, c.M}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) r->x[values[i].column] = values[i].value;
}

static Status stated_counts(const Bag *b, ImportedRow *r) {
    for (int c = COL_N; c <= COL_D_FF_SHARED; c++) TRY(number(b, column_info[c].names, &r->x[c]));
    const double *x = r->x;
    bool dense = !(x[COL_NUM_EXPERTS] > 1) && isnan(x[COL_G]) && isnan(x[COL_NA]);
    if (dense && !isnan(x[COL_N])) { // a dense model is one expert always on
        r->x[COL_NA] = x[COL_N];
        r->x[COL_NA_NONEMB] = x[COL_N_NONEMB];
        r->x[COL_NUM_EXPERTS] = r->x[COL_TOP_K] = r->x[COL_G] = 1;
        r->x[COL_S] = 0;
    }
    return OK;
}

static Status read_counts(const Bag *b, const RowRules *rules, ModelFile *m, ImportedRow *r) {
    char *lacks = r->lacks;
    TRY(model_of(b, rules->assume, m, &r->kind, lacks));
    if (r->kind == MODEL_UNSAID) {
        TRY(stated_counts(b, r));
        if (!*lacks || !isnan(r->x[COL_N])) return OK;
        return fail(BAD_INPUT, "%s: has no %s, so that nothing can be counted; --set %s=... says it for all runs",
                    b->origin, lacks, lacks);
    }
    take_counts(m, r);
    TRY(check_count(b, rules, COL_N, COL_N_NONEMB, r));
    TRY(check_count(b, rules, COL_NA, COL_NA_NONEMB, r));
    if (m->shape.n_experts == 1) r->x[COL_NA] = r->x[COL_N];
    return OK;
}

// Steps times what one of them sees.
static Status tokens_of_steps(const Bag *b, const ModelFile *m, double *D) {
    double steps, batch = NAN, sequences;
    const Said *per_device;
    TRY(number(b, "global_step|num_train_steps|train_iters|num_iterations", &steps));
    TRY(number(b, column_info[COL_BATCH_TOKENS].names, &batch));
    TRY(bag_find(b, "per_device_train_batch_size", &per_device));
    TRY(number(b, per_device ? "global_batch_size" : "global_batch_size|train_batch_size", &sequences));
    if (isnan(batch) && m->shape.seq_len > 0) batch = sequences * m->shape.seq_len;
    *D = steps > 0 ? steps * batch : NAN;
    return OK;
}

// The Trainer of Hugging Face counts 6 FLOPs a token for each parameter but those of nn.Embedding, experts all.
static double trainer_parameters(const ModelFile *m) {
    Counts c = model_count(m);
    return c.N - c.embedding;
}

static Status read_tokens(const Bag *b, const ModelFile *m, ImportedRow *r) {
    double *D = &r->x[COL_D], flos;
    TRY(number(b, column_info[COL_D].names, D));
    if (*D > 0) return OK;
    TRY(tokens_of_steps(b, m, D));
    if (*D > 0) return OK;
    TRY(number(b, "total_flos", &flos));
    *D = flos > 0 && r->kind == MODEL_CONFIG ? round(flos / (6 * trainer_parameters(m))) : NAN;
    return OK;
}

// Every way in which FLOPs are counted: exactly, with all the scores of attention and not the causal half, by one of
// the parameter counts.
static Status check_compute(const Bag *b, const RowRules *rules, const ModelFile *m, ImportedRow *r) {
    double C, giga, D = r->x[COL_D];
    TRY(number(b, NAMES_C, &C));
    TRY(number(b, NAMES_GFLOPS, &giga));
    if (isnan(C)) C = 1e9 * giga;
    if (!(C > 0) || !(D > 0)) return OK;
    if (r->kind == MODEL_UNSAID) return OK;
    Counts c = model_count(m);
    const Shape *s = &m->shape;
    double scores = 6.0 * s->n_layers * s->n_heads * s->d_head * s->seq_len;
    const double ways[] = {
        c.M, c.M + scores, c.M - scores, 6 * c.Na, 6 * c.Na_nonemb, 6 * c.N, 6 * c.N_nonemb, 6 * trainer_parameters(m)};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (agrees(C, ways[i] * D)) return OK;
    if (!rules->trust) return disagree(b, "C", C, c.M * D, "M D by its settings");
    mark(r, "stated_C", C);
    mark(r, "counted_C", c.M * D);
    return OK;
}

static Status read_loss(const Bag *b, const RowRules *rules, ImportedRow *r) {
    const char *const keys[] = {rules->loss, rules->bpb};
    const Column columns[] = {COL_LOSS, COL_BPB};
    for (int i = 0; i < 2; i++) {
        const char *value = keys[i] ? bag_value(b, keys[i]) : NULL;
        if (value && !parse_number(value, &r->x[columns[i]]))
            return fail(BAD_INPUT, "%s: %s is '%s', expected a number", b->origin, keys[i], value);
    }
    if (!rules->loss && rules->bytes_per_token > 0) r->x[COL_LOSS] = r->x[COL_BPB] * LN2 * rules->bytes_per_token;
    return OK;
}

// The same for the same settings, wherever the row stands.
static void settings_hash(const Bag *b, const RowRules *rules, char hex[SHA256_TEXT]) {
    Sha256 h;
    sha256_begin(&h);
    for (int i = 0; i < b->n; i++) {
        const Said *s = &b->said[i];
        if ((rules->loss && !strcmp(s->key, rules->loss)) || (rules->bpb && !strcmp(s->key, rules->bpb))) continue;
        sha256_add(&h, s->key, strlen(s->key) + 1);
        sha256_add(&h, s->value, strlen(s->value) + 1);
    }
    sha256_end(&h, hex);
}

static Status read_id(const Bag *b, const RowRules *rules, ImportedRow *r) {
    char hex[SHA256_TEXT];
    const char *const names[] = {"run_id|ID|id|Id|trainer_id", "Name|name|run_name|display_name"};
    const Said *said = NULL;
    for (int i = 0; i < 2 && !said; i++) {
        TRY(bag_find(b, names[i], &said));
        r->named = i == 0 && said;
    }
    settings_hash(b, rules, hex);
    snprintf(r->settings, sizeof r->settings, "%.8s", hex);
    if (said)
        snprintf(r->id, sizeof r->id, "%s", said->value);
    else if (b->name)
        snprintf(r->id, sizeof r->id, "%s", b->name);
    else
        snprintf(r->id, sizeof r->id, "row-%.12s", hex);
    return OK;
}

Status row_make(const Bag *b, const RowRules *rules, ImportedRow *r) {
    ModelFile m = {0};
    *r = (ImportedRow){.bag = b};
    for (int i = 0; i < N_COLUMNS; i++) r->x[i] = NAN;
    TRY(read_id(b, rules, r));
    TRY(read_loss(b, rules, r));
    TRY(read_counts(b, rules, &m, r));
    TRY(read_tokens(b, &m, r));
    TRY(check_compute(b, rules, &m, r));
    by_the_way(b, COL_LR, r);
    by_the_way(b, COL_SEED, r);
    by_the_way(b, COL_BATCH_TOKENS, r);
    const char *notes = bag_value(b, "notes");
    size_t used = strlen(r->notes);
    if (notes) snprintf(r->notes + used, sizeof r->notes - used, "%s%s", used ? ";" : "", notes);
    if (r->kind == MODEL_UNSAID && !isnan(r->x[COL_N])) mark(r, "counted", 0);
    return OK;
}
