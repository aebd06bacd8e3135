// cmd_import.c - `moelaw import SOURCE...`: runs of other programs as rows of a run table.
#include "bring/append.h"
#include "command.h"
#include "ground/json.h"

#include <stdio.h>
#include <string.h>

enum { MOST_SOURCES = 512 };

typedef struct {
    BringOptions bring;
    const char *output, *append;
    bool replace, json;
} Wish;

static void print_text(const Wish *w, const Brought *b, const Appended *a) {
    const char *path = w->append ? w->append : w->output;
    if (w->append)
        printf("%s: %d run%s added, %d replaced, %d there already\n", path, a->added, a->added == 1 ? "" : "s",
               a->replaced, a->same);
    else
        printf("%s: %d run%s\n", path, b->n, b->n == 1 ? "" : "s");
}

static void print_json(const Wish *w, const Brought *b, const Appended *a) {
    json_t *object = json_pack(
        "{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o}", "file", w->append ? w->append : w->output, "runs",
        b->n, "added", w->append ? a->added : b->n, "replaced", a->replaced, "there", a->same, "counted", b->counted,
        "unfinished", b->unfinished, "without_loss", b->without_loss, "without_tokens", b->without_tokens, "loss",
        b->loss ? json_string(b->loss) : json_null(), "bpb", b->bpb ? json_string(b->bpb) : json_null());
    json_print(object);
}

static Status import(const Wish *w, const char *const *sources, int n) {
    Brought b;
    Appended a = {0};
    if (!w->output == !w->append)
        return fail(BAD_INPUT, "expected -o RUNS.csv for a new table or --append RUNS.csv to add to one");
    Status s = bring(sources, n, &w->bring, &b);
    if (s == OK)
        s = w->append ? brought_append(&b, &w->bring, w->append, w->replace, &a)
                      : brought_write(&b, &w->bring, w->output);
    if (s == OK && w->json) print_json(w, &b, &a);
    bool own_output = w->output && !strcmp(w->output, "-");
    if (s == OK && !w->json && !own_output) print_text(w, &b, &a);
    brought_free(&b);
    return s;
}

static Status run(const Command *self, int argc, char **argv) {
    Wish w = {0};
    BringOptions *o = &w.bring;
    RowRules *r = &o->rules;
    const Option options[] = {
        opt_output(&w.output, "RUNS.csv", "a new run table; - is standard output"),
        opt_text("append", &w.append, "RUNS.csv", "add to a table; its rows and ids stay as they are"),
        opt_flag("replace", &w.replace, "with --append: a run that is there takes its new values"),
        opt_text("format", &o->format, "NAME",
                 "trainer, levanter, wandb, megatron, nanochat, llmc or csv; default: what it looks like"),
        opt_text("map", &o->map, "MAP.yaml", "which column is what: columns: {D: tokens, loss: eval/loss}"),
        opt_text("loss", &o->loss, "KEY", "where the loss stands; default: an evaluation by its usual names"),
        opt_list("set", &o->set, "KEY=VALUE", "what holds for all runs and is not said: vocab_size=32000"),
        opt_text("config", &o->config, "CONFIG.json", "the model, for sources that do not say it"),
        opt_text("assume", &r->assume, "TYPE", "count an unknown model_type as if it were this one"),
        opt_number("bytes-per-token", &r->bytes_per_token, "X", "makes nats a token of bits a byte", 0.1, 100),
        opt_flag("trust", &r->trust, "keep a stated count or C that is off by more than 1 %, marked"),
        opt_flag("unfinished", &o->unfinished, "take runs that crashed or still go on, too"),
        opt_text("source", &o->source, "NAME", "what the column 'source' says; default the format"),
        opt_flag("json", &w.json, "print as JSON what was done"),
        {0}};
    const char *sources[MOST_SOURCES];
    int n;
    TRY(args_read(self, options, argc, argv, sources, &n));
    return import(&w, sources, n);
}

MOELAW_COMMAND(
    import, 12, "makes a run table of logs and exports of other programs",
    "SOURCE... -o RUNS.csv | --append RUNS.csv [options]", 1, MOST_SOURCES,
    "Makes a run table of what other programs log: exports of Weights & Biases (CSV, JSON), trainer_state.json of\n"
    "Hugging Face, console logs of Megatron-LM, nanochat and llm.c, Levanter's metrics, any CSV with a row a run.\n"
    "N, Na, M, G and S are counted from the model's settings; a count or C that the source states and that is off\n"
    "by more than 1 % is refused. The loss is that of the last evaluation, never the best. See docs/import.md.",
    "  moelaw import wandb_export.csv -o runs.csv\n"
    "  moelaw import runs/*/checkpoint-*/trainer_state.json --append runs.csv\n"
    "  moelaw import slurm-1234.out --append runs.csv\n  moelaw import table.csv --map map.yaml -o runs.csv\n")
