// cmd_architecture.c - `moelaw architecture FIT --flops C`: from a budget to a complete, buildable MoE.
#include "allocation_options.h"
#include "command.h"
#include "decide/build.h"
#include "decide/quantity.h"
#include "ground/memory_file.h"
#include "ground/output.h"
#include "runs/modelfile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *flops, *band, *ratios, *loss_law, *config, *megatron;
    long n_experts, top_k, n_shared, d_head, n_heads, n_kv_heads, multiple, ff_multiple, seq_len, vocab, least_dense,
        d_model;
    bool json;
    AllocationOptions allocation;
} Wanted;

static void print_text(const BuildTask *t, const Built *b, const Sheet *shape, const Sheet *ranges,
                       const Sheet *over_C) {
    printf("architecture for C = %.4g FLOPs (%s; loss: %s)\n\n", t->C,
           t->relation ? "split by wan2026" : "split by the law", t->fit->origin);
    sheet_facts(shape, 0, stdout);
    printf("\nwhole-number shapes within %g %% of its loss (of those visited: %d):\n", t->percent, b->band.n);
    sheet_text(ranges, stdout);
    printf("\nhow the band of %g %% moves with compute (each alone, not rounded):\n", t->percent);
    sheet_text(over_C, stdout);
    printf("\nallocation and shape iterated %d time%s to a fixed point: M moved by %+.2f %%, N by %+.2f %%\n",
           b->rounds, b->rounds > 1 ? "s" : "", 100 * b->M_moved, 100 * b->N_moved);
    if (t->ratios.measured)
        printf("ratio laws from %d runs at %d budget%s\n", t->ratios.n_rows, t->ratios.n_scales,
               t->ratios.n_scales > 1 ? "s" : "");
    else
        printf("ratio laws through the published optima of wan2026; their slopes come from %s\n", t->fit->law->name);
}

static json_t *text_of(void (*write)(FILE *, const Shape *), const Shape *s) {
    MemoryFile m;
    memory_open(&m);
    write(m.file, s);
    memory_close(&m);
    json_t *string = json_string(m.text);
    free(m.text);
    return string;
}

static void print_json(const BuildTask *t, const Built *b, const Sheet *shape, const Sheet *ranges, const Sheet *over_C,
                       const Warnings *warnings) {
    json_t *root = sheet_row_json(shape, 0),
           *band = json_pack("{s:f, s:i}", "percent", t->percent, "shapes", b->band.n);
    for (int i = 0; i < ranges->n_rows; i++)
        json_object_set_new(band, sheet_cell(ranges, i, 0)->word, json_range(sheet_cell(ranges, i, 1)->range));
    json_object_set_new(root, "law", json_string(t->relation ? "wan2026" : t->fit->law->name));
    json_object_set_new(root, "loss_fit", json_string(t->fit->origin));
    json_object_set_new(root, "band", band);
    json_object_set_new(root, "band_over_C", sheet_json(over_C));
    json_object_set_new(
        root, "fixed_point",
        json_pack("{s:i, s:f, s:f}", "rounds", b->rounds, "M_moved", b->M_moved, "N_moved", b->N_moved));
    json_t *config = text_of(model_write_json, &b->best.shape);
    json_object_set_new(root, "config", json_loads(json_string_value(config), 0, NULL));
    json_decref(config);
    json_object_set_new(root, "megatron", text_of(model_write_megatron, &b->best.shape));
    json_answer(root, warnings);
}

static Status write_file(const char *path, void (*write)(FILE *, const Shape *), const Shape *s) {
    Output out;
    if (!path) return OK;
    TRY(output_open(&out, path));
    write(out.file, s);
    return output_commit(&out);
}

static Status answer(const Wanted *w, BuildTask *t) {
    Built b;
    Warnings warnings = {0};
    TRY(build(t, &b, &warnings));
    TRY(write_file(w->config, model_write_json, &b.best.shape));
    TRY(write_file(w->megatron, model_write_megatron, &b.best.shape));
    Sheet shape = built_sheet(t, &b), ranges = built_ranges(&b), over_C = built_ranges_over_C(t);
    if (w->json)
        print_json(t, &b, &shape, &ranges, &over_C, &warnings);
    else {
        print_text(t, &b, &shape, &ranges, &over_C);
        warnings_print(&warnings);
    }
    sheet_free(&shape);
    sheet_free(&ranges);
    sheet_free(&over_C);
    return OK;
}

static Status task_of(const Wanted *w, const Fit *fit, BuildTask *t) {
    Rules r = rules_default;
    r.n_experts = (int)w->n_experts;
    r.top_k = (int)w->top_k;
    r.n_shared = (int)w->n_shared;
    r.seq_len = (int)w->seq_len;
    r.vocab = (int)w->vocab;
    r.d_multiple = (int)w->multiple;
    r.ff_multiple = (int)w->ff_multiple;
    r.kv_group = (int)lround(w->allocation.kv_group);
    r.least_dense = (int)w->least_dense;
    r.d_head = (int)w->d_head;
    r.n_heads = (int)w->n_heads;
    r.n_kv_heads = (int)w->n_kv_heads;
    if (w->d_model) r.d_model = (double)w->d_model;
    t->fit = fit;
    t->rules = r;
    t->ratios = ratios_published();
    TRY(quantity_parse("flops", w->flops, UNIT_FLOPS, &t->C));
    TRY(quantity_parse("band", w->band, UNIT_PERCENT, &t->percent));
    if (w->ratios) TRY(ratios_read(w->ratios, &t->ratios));
    return allocation_task(&w->allocation, fit, &t->task);
}

static Status run(const Command *self, int argc, char **argv) {
    Wanted w = {.band = "0.1",
                .loss_law = "published:zhao2025",
                .n_shared = -1,
                .multiple = 64,
                .ff_multiple = 16,
                .seq_len = 8192,
                .vocab = 152064,
                .least_dense = 1,
                .allocation = ALLOCATION_OPTIONS_DEFAULT};
    const Option options[] = {
        opt_text("flops", &w.flops, "C", "training budget in FLOPs (needed)"),
        opt_text("band", &w.band, "PCT", "near-optimal: within PCT % of the loss (default 0.1)"),
        opt_whole("experts", &w.n_experts, "E", "routed experts a layer (default: 288, or as the law needs)", 2, 65536),
        opt_whole("top-k", &w.top_k, "K", "routed experts a token uses (default: 8, or from G*)", 1, 1024),
        opt_whole("shared", &w.n_shared, "X", "shared experts (default: 1, or from S*)", 0, 1024),
        opt_whole("d-model", &w.d_model, "X", "preferred hidden size (default: published trend)", 16, 1 << 20),
        opt_whole("heads", &w.n_heads, "X", "query heads (default: chosen)", 1, 4096),
        opt_whole("kv-heads", &w.n_kv_heads, "X", "key-value heads (default: from --kv-group)", 1, 4096),
        opt_whole("head-dim", &w.d_head, "X", "width of a head (default 64 or 128)", 2, 1024),
        opt_whole("dense-layers", &w.least_dense, "X", "at least X first layers without experts (default 1)", 0, 64),
        opt_whole("multiple", &w.multiple, "X", "hidden size is a multiple of X (default 64)", 1, 4096),
        opt_whole("ff-multiple", &w.ff_multiple, "X", "expert width is a multiple of X (default 16)", 1, 4096),
        opt_whole("seq-len", &w.seq_len, "T", "training sequence (default 8192)", 16, 1 << 24),
        opt_whole("vocab", &w.vocab, "V", "vocabulary (default 152064)", 2, 1 << 24),
        LIMIT_OPTIONS(w.allocation),
        WEIGHT_BYTES_OPTION(w.allocation),
        opt_text("ratios", &w.ratios, "RUNS.csv", "fit the ratio laws to these runs (default: published)"),
        opt_text("loss-law", &w.loss_law, "FIT", "wan2026: law of the bands (default published:zhao2025)"),
        opt_text("config", &w.config, "FILE", "write a Hugging Face config.json"),
        opt_text("megatron", &w.megatron, "FILE", "write Megatron-LM arguments"),
        opt_flag("json", &w.json, "print JSON"),
        {0}};
    const char *spec;
    Fit fit;
    TRY(args_read(self, options, argc, argv, &spec, NULL));
    if (!w.flops) return fail(BAD_INPUT, "a budget is missing: --flops 1e22");
    BuildTask t = {.relation = !strcmp(spec, "published:wan2026")};
    TRY(fit_load(t.relation ? w.loss_law : spec, &fit));
    Status s = task_of(&w, &fit, &t);
    if (s == OK) s = answer(&w, &t);
    fit_free(&fit);
    return s;
}

MOELAW_COMMAND(
    architecture, 44, "a complete, buildable MoE shape for a budget, and its near-optimal band",
    "FIT --flops C [options]", 1, 1,
    "A complete MoE for a budget: compute is split between tokens and FLOPs per token, these into parameters, and\n"
    "parameters into whole-number layers, widths, heads and experts, with all shapes nearly as good. FIT is a\n"
    "fit.json, published:NAME, or published:wan2026 for the paper's own split and ratios.",
    "  moelaw architecture published:wan2026 --flops 3e20\n"
    "  moelaw architecture fit.json --flops 1e22 --experts 128 --top-k 8 --config config.json\n"
    "  moelaw architecture published:zhao2025 --flops 1e22 --max-total 100B --ratios holistic.csv --json\n")
