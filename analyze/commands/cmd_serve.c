// cmd_serve.c - `moelaw serve FIT --flops C`: what models cost to serve, and the two budget problems.
#include "allocation_options.h"
#include "command.h"
#include "decide/offers.h"
#include "decide/quantity.h"

#include <math.h>

typedef struct {
    const char *flops, *hardware, *max_loss, *max_cost, *latency, *config;
    double prompt, generated, bytes, max_latency, reference, price;
    bool json;
    AllocationOptions allocation;
} Wanted;

static void print_terms(const Market *m) {
    printf("%s at $%g a GPU hour; %s; %g-byte weights and cache\n"
           "a token: one that is generated, its share of the request's prompt (%g tokens for %g) included;\n"
           "a request gets one every %g s or faster\n\n",
           m->hardware->name, m->hardware->price, m->latencies ? "measured latencies" : "roofline", m->bytes,
           m->workload.prompt, m->workload.generated, m->workload.max_latency);
}

static Status one_model(const Wanted *w, const Market *m) {
    ModelFile file;
    Serving r;
    TRY(model_read(w->config, NULL, &file));
    Counts c = model_count(&file);
    Served s = served_model(&file, &c, w->bytes);
    TRY(serving_measured(&s, m->hardware, &m->workload, m->latencies, &r));
    Sheet sheet = serving_sheet(&s, &r);
    if (w->json) {
        json_t *o = sheet_row_json(&sheet, 0);
        json_object_set_new(o, "config", json_string(w->config));
        json_object_set_new(o, "hardware", json_string(m->hardware->name));
        json_print(o);
    } else {
        printf("%s\n", w->config);
        print_terms(m);
        sheet_facts(&sheet, 0, stdout);
    }
    sheet_free(&sheet);
    return OK;
}

static void print_offers(const Wanted *w, const Market *m, const Fit *fit, const Offers *o, const Warnings *warnings) {
    static const char *const keys[SERVE_PROBLEMS] = {"optimal", "bounded_loss", "equal_loss", "bounded_cost"};
    if (w->json) {
        json_t *root =
            json_pack("{s:s, s:s, s:s, s:f, s:f, s:f}", "law", fit->law->name, "fit", fit->origin, "hardware",
                      m->hardware->name, "C", m->problem.limits.flops, "max_loss", o->loss, "max_cost", o->cost);
        for (int i = 0; i < SERVE_PROBLEMS; i++) json_object_set_new(root, keys[i], sheet_json(&o->sheet[i]));
        json_answer(root, warnings);
        return;
    }
    printf("%s (%s), %.4g training FLOPs\n", fit->law->name, fit->origin, m->problem.limits.flops);
    print_terms(m);
    for (int i = 0; i < SERVE_PROBLEMS; i++) {
        printf("%s\n", o->title[i]);
        sheet_text(&o->sheet[i], stdout);
        printf("\n");
    }
    printf("Na/opt: active size over the loss-optimal one for the same compute; below 1 means over-trained.\n");
    warnings_print(warnings);
}

static Status offers(const Wanted *w, const Fit *fit, Market *m) {
    Offers o;
    Warnings warnings = {0};
    ServeQuestion q = {w->reference, NAN, NAN};
    TRY(allocation_task(&w->allocation, fit, &m->problem));
    m->problem.limits.weight_bytes = m->problem.limits.cache_bytes = w->bytes;
    TRY(quantity_parse("flops", w->flops, UNIT_FLOPS, &m->problem.limits.flops));
    if (w->max_loss) TRY(quantity_parse("max-loss", w->max_loss, UNIT_COUNT, &q.loss));
    if (w->max_cost) TRY(quantity_parse("max-cost", w->max_cost, UNIT_PRICE, &q.cost));
    offers_structures(m);
    TRY(offers_answer(m, fit, &q, &o, &warnings));
    print_offers(w, m, fit, &o, &warnings);
    offers_free(&o);
    return OK;
}

static Status answer(const Wanted *w, const char *spec) {
    Hardware h;
    Latencies *latencies = NULL;
    Fit fit;
    TRY(hardware_read(w->hardware, &h));
    if (w->price > 0) h.price = w->price;
    if (w->latency) TRY(latencies_read(w->latency, &latencies));
    Market m = {.hardware = &h,
                .workload = {w->prompt, w->generated, w->max_latency},
                .latencies = latencies,
                .bytes = w->bytes};
    Status s = spec ? fit_load(spec, &fit) : one_model(w, &m);
    if (s == OK && spec) {
        s = offers(w, &fit, &m);
        fit_free(&fit);
    }
    latencies_free(latencies);
    return s;
}

static Status run(const Command *self, int argc, char **argv) {
    Wanted w = {.hardware = "h100",
                .prompt = workload_default.prompt,
                .generated = workload_default.generated,
                .bytes = 2,
                .max_latency = workload_default.max_latency,
                .reference = 4,
                .allocation = ALLOCATION_OPTIONS_DEFAULT};
    const Option options[] = {
        opt_text("flops", &w.flops, "C", "training budget in FLOPs (needed with FIT)"),
        opt_text("config", &w.config, "FILE", "price this one model (config.json or Megatron arguments) instead"),
        opt_text("hardware", &w.hardware, "NAME", "a100, a100-40, h100 (default), h200 or a .yaml file"),
        opt_number("price", &w.price, "USD", "dollars per GPU hour (default: the hardware file's)", 1e-6, 1e6),
        opt_number("prompt", &w.prompt, "T", "prompt tokens of a request (default 512)", 1, 1e7),
        opt_number("generated", &w.generated, "T", "generated tokens of a request (default 256)", 1, 1e7),
        opt_number("max-latency", &w.max_latency, "S", "a request gets a token every S seconds (default 0.1)", 1e-9,
                   1e9),
        opt_number("bytes", &w.bytes, "X",
                   "bytes per weight and cached value (default 2; at 1 arithmetic is 8-bit where the hardware has it)",
                   0.125, 16),
        opt_text("latency", &w.latency, "CSV", "measured latencies: phase,gpus,active,tokens,seconds"),
        opt_text("max-loss", &w.max_loss, "L", "bound of the loss (default: the reference's)"),
        opt_text("max-cost", &w.max_cost, "USD", "bound of dollars per 1M tokens (default: the reference's)"),
        opt_number("reference", &w.reference, "X", "structure whose loss-optimal model sets both (default 4 experts)",
                   0, 1e9),
        LIMIT_OPTIONS(w.allocation),
        STRUCTURE_OPTIONS(w.allocation),
        opt_flag("json", &w.json, "print JSON"),
        {0}};
    const char *spec = NULL;
    int n;
    TRY(args_read(self, options, argc, argv, &spec, &n));
    if (!n && !w.config) return fail(BAD_INPUT, "give a FIT with --flops C, or --config FILE; see --help");
    if (n && w.config) return fail(BAD_INPUT, "a FIT and --config: give one");
    if (n && !w.flops) return fail(BAD_INPUT, "a training budget is missing: --flops 1e22");
    return answer(&w, n ? spec : NULL);
}

MOELAW_COMMAND(
    serve, 43, "what models cost to serve, and the cheapest one at a loss",
    "FIT --flops C [options] | serve --config FILE [options]", 0, 1,
    "What a model costs to serve (memory, concurrency, throughput, dollars per million tokens, least over the "
    "number\n"
    "of GPUs), and from one training budget the cheapest model to serve at a loss and the best one below a cost.",
    "  moelaw serve published:ludziejewski2025 --flops 1e22 --hardware h200\n"
    "  moelaw serve fit.json --flops 1e21 --max-loss 2.4 --prompt 2000 --generated 500\n"
    "  moelaw serve --config config.json --hardware a100 --max-latency 0.05\n")
