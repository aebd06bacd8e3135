// cmd_count.c - `moelaw count CONFIG...`: parameters, active parameters, FLOPs and law factors of existing models.
#include "command.h"
#include "decide/decision.h"
#include "runs/modelfile.h"

#include <stdio.h>

typedef struct {
    const char *name;
    double value;
    const char *meaning;
} Row;

static void rows_of(const ModelFile *m, const Counts *c, Row rows[16], int *n) {
    const Row all[] = {
        {"N", c->N, "parameters"},
        {"Na", c->Na, "parameters one token uses"},
        {"N_nonemb", c->N_nonemb, "without embedding and output head"},
        {"Na_nonemb", c->Na_nonemb, "the same of Na"},
        {"Na_over_N", c->Na / c->N, "activation ratio"},
        {"M", c->M, "training FLOPs per token"},
        {"M_over_Na", c->M / c->Na_nonemb, "FLOPs per active parameter (non-embedding)"},
        {"G", c->G, "active experts, shared ones in units of a routed one"},
        {"S", c->S, "shared part of G"},
        {"granularity", c->granularity, "4 d_model / expert width"},
        {"num_experts", m->shape.n_experts, "routed experts a layer"},
        {"top_k", m->shape.top_k, "of which a token uses"},
        {"d_model", m->shape.d_model, "hidden size"},
        {"n_layers", m->shape.n_layers, "layers"},
        {"n_dense_layers", m->shape.n_dense_layers, "of which without experts"},
        {"seq_len", m->shape.seq_len, "sequence length that M counts attention for"},
    };
    *n = sizeof all / sizeof *all;
    for (int i = 0; i < *n; i++) rows[i] = all[i];
}

static json_t *parts_json(const Counts *c) {
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "embedding", c->embedding, "head", c->head,
                     "attention", c->attention, "dense_ffn", c->dense_ffn, "shared", c->shared, "routed", c->routed,
                     "router", c->router, "norms", c->norms);
}

static Status one(const char *path, const char *assume, long seq_len, bool json, json_t *list) {
    ModelFile m;
    Row rows[16];
    int n;
    char text[NUMBER_TEXT];
    TRY(model_read(path, assume, &m));
    if (seq_len) m.shape.seq_len = (int)seq_len;
    Counts c = model_count(&m);
    rows_of(&m, &c, rows, &n);
    json_t *object = json_pack("{s:s, s:s, s:o, s:b}", "file", path, "model_type", m.model_type, "counted_as",
                               *m.counted_as ? json_string(m.counted_as) : json_null(), "text_part_alone", m.text_part);
    for (int i = 0; i < n; i++) json_object_set_new(object, rows[i].name, json_number(rows[i].value));
    json_object_set_new(object, "parts", parts_json(&c));
    json_array_append_new(list, object);
    if (m.text_part) note("%s: the text part alone is counted", path);
    if (*m.counted_as)
        warn("%s: model_type '%s' is not known and is counted as if it were %s", path, m.model_type, m.counted_as);
    if (m.n_predict_layers)
        note("%s: %d layer%s for predicting further tokens not counted", path, m.n_predict_layers,
             m.n_predict_layers > 1 ? "s" : "");
    if (json) return OK;
    printf("%s (%s%s%s%s%s)\n", path, *m.model_type ? m.model_type : "no model_type", *m.counted_as ? ", assumed " : "",
           m.counted_as, m.kv_lora_rank ? ", multi-head latent attention" : "",
           m.n_mixers ? ", attention and state-space layers" : "");
    for (int i = 0; i < n; i++)
        printf("  %-15s %-10s %s\n", rows[i].name, people(rows[i].value, text), rows[i].meaning);
    return OK;
}

static Status run(const Command *self, int argc, char **argv) {
    bool json = false;
    long seq_len = 0;
    const char *assume = NULL;
    const Option options[] = {
        opt_whole("seq-len", &seq_len, "T", "training sequence for M (default: max_position_embeddings)", 1, 1e9),
        opt_text("assume", &assume, "TYPE", "count an unknown model_type as if it were this known one"),
        opt_flag("json", &json, "print JSON, an object (a list for several files)"),
        {0}};
    const char *paths[32];
    int n;
    TRY(args_read(self, options, argc, argv, paths, &n));
    json_t *list = json_array();
    Status s = OK;
    for (int i = 0; i < n && s == OK; i++) s = one(paths[i], assume, seq_len, json, list);
    if (s == OK && json) json_print(n == 1 ? json_incref(json_array_get(list, 0)) : json_incref(list));
    json_decref(list);
    return s;
}

MOELAW_COMMAND(
    count, 46, "parameters, FLOPs and factors of a config.json or Megatron arguments", "CONFIG... [options]", 1, 32,
    "Exact parameter and FLOP counts and the laws' factors of a model given as a Hugging Face config.json or as\n"
    "Megatron-LM arguments (a text file). What a config.json means depends on its model_type: types that are not\n"
    "known here, and keys that would change the count and are not understood, are refused by name. Of a model of\n"
    "several senses the text part is counted.",
    "  moelaw count config.json\n  moelaw count config.json --seq-len 4096 --json\n  moelaw count megatron.args\n")
