// cmd_serve.c - `moelaw serve FIT --flops C`: what models cost to serve, and the two budget problems.
#include "command.h"
#include "decide/decision.h"
#include "decide/fallback.h"
#include "runs/modelfile.h"
#include "decide/offers.h"
#include "decide/quantity.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *flops, *hardware, *max_loss, *max_cost, *latency, *config, *experts, *max_total;
    double prompt, generated, bytes, max_latency, reference, price, top_k, expert_share;
    bool json;
} Wanted;

// ---- one existing model --------------------------------------------------------------------------------------------

static Served served_model(const ModelFile *m, const Counts *c, double bytes) {
    const Shape *s = &m->shape;
    double cache = m->kv_lora_rank ? m->kv_lora_rank + m->qk_rope : 2.0 * s->n_kv_heads * s->d_head;
    return (Served){.N = c->N,
                    .Na = c->Na - c->embedding,
                    .routed = s->n_experts > 1 ? c->routed : 0,
                    .active_part = (double)s->top_k / s->n_experts,
                    .d_model = s->d_model,
                    .n_layers = s->n_layers,
                    .cache_width = cache,
                    .bytes = bytes};
}

static json_t *serving_json(const Serving *r) {
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:b}", "gpus", r->gpus, "concurrency", r->concurrency,
                     "prefill_seconds", r->prefill, "decode_seconds", r->decode, "tokens_per_second", r->throughput,
                     "dollars_per_million_tokens", r->cost, "decode_waits_for_memory", r->memory_bound);
}

static Status one_model(const Wanted *w, const Hardware *h, const Workload *load, const Latencies *t) {
    ModelFile m;
    Serving r;
    char x[NUMBER_TEXT], y[NUMBER_TEXT];
    TRY(model_read(w->config, NULL, &m));
    Counts c = model_count(&m);
    Served s = served_model(&m, &c, w->bytes);
    TRY(serving_measured(&s, h, load, t, &r));
    if (w->json) {
        json_t *o = serving_json(&r);
        json_object_set_new(o, "config", json_string(w->config));
        json_object_set_new(o, "N", json_number(c.N));
        json_object_set_new(o, "Na", json_number(c.Na));
        json_object_set_new(o, "hardware", json_string(h->name));
        json_print(o);
        return OK;
    }
    printf("%s: N = %s, Na = %s on %s, %g + %g tokens a request\n\n", w->config, people(c.N, x), people(c.Na, y),
           h->name, load->prompt, load->generated);
    printf("  GPUs          %g\n  concurrency   %.0f requests\n  prefill       %.4g s an iteration\n"
           "  decode        %.4g s an iteration, %s\n  throughput    %.4g tokens/s\n  cost          $%.4g per million "
           "tokens\n",
           r.gpus, r.concurrency, r.prefill, r.decode,
           t                ? "measured"
           : r.memory_bound ? "waits for memory"
                            : "waits for arithmetic",
           r.throughput, r.cost);
    return OK;
}

// ---- offers --------------------------------------------------------------------------------------------------------

static double structure_value(const Setting *s, const char **name) {
    if (!isnan(s->E)) return *name = "experts", s->E;
    if (!isnan(s->granularity)) return *name = "granular.", s->granularity;
    if (!isnan(s->sparsity)) return *name = "sparsity", s->sparsity;
    return *name = "Na/N", s->Na / s->N;
}

static void print_offers(const char *title, const Offer *list, int n, int best, const char *why_not) {
    const char *name = "experts";
    char a[NUMBER_TEXT], b[NUMBER_TEXT], c[NUMBER_TEXT], d[NUMBER_TEXT], e[NUMBER_TEXT];
    structure_value(&list[0].model.setting, &name);
    printf("%s\n  %-9s %-8s %-8s %-8s %-8s %-7s %-10s %-9s %-5s %-9s %s\n", title, name, "N", "Na", "D", "loss",
           "Na/opt", "C, FLOPs", "train $", "GPUs", "tokens/s", "$ per 1M tokens");
    for (int i = 0; i < n; i++) {
        const Offer *o = &list[i];
        const Setting *s = &o->model.setting;
        printf("  %-9s ", people(structure_value(s, &name), a));
        if (!o->possible) {
            printf("%s\n", why_not);
            continue;
        }
        printf("%-8s %-8s %-8s %-8.4f %-7.3f %-10.3g %-9s %-5g %-9s %.4f%s\n", people(s->N, a), people(s->Na, b),
               people(s->D, c), o->model.loss, o->of_optimal, o->model.flops_train, people(o->training_dollars, d),
               o->serving.gpus, people(o->serving.throughput, e), o->serving.cost, i == best ? "  <- best" : "");
    }
    printf("\n");
}

static json_t *offers_json(const Offer *list, int n, int best) {
    json_t *array = json_array();
    const char *name;
    for (int i = 0; i < n; i++) {
        const Setting *s = &list[i].model.setting;
        double value = structure_value(s, &name);
        json_t *o = json_pack("{s:s, s:f, s:b, s:b}", "structure", name, "value", value, "possible", list[i].possible,
                              "best", i == best);
        if (list[i].possible) {
            json_object_update_new(o, serving_json(&list[i].serving));
            json_object_update_new(o, json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "N", s->N, "Na", s->Na, "D",
                                                s->D, "loss", list[i].model.loss, "Na_over_optimal", list[i].of_optimal,
                                                "flops_train", list[i].model.flops_train, "training_dollars",
                                                list[i].training_dollars));
        }
        json_array_append_new(array, o);
    }
    return array;
}

static int reference(const Wanted *w, const Offer *list, int n) {
    int first = -1;
    for (int i = 0; i < n; i++) {
        const char *name;
        if (!list[i].possible) continue;
        if (first < 0) first = i;
        if (structure_value(&list[i].model.setting, &name) == w->reference) return i;
    }
    return first;
}

typedef struct {
    Offer optimal[CHOICES], at_loss[CHOICES], equal[CHOICES], at_cost[CHOICES];
    int n, reference;
    double loss, cost;
} Answers;

static Status ask(const Wanted *w, const Market *m, Answers *a) {
    a->n = offers_optimal(m, a->optimal);
    a->reference = reference(w, a->optimal, a->n);
    if (a->reference < 0) {
        // Say which limit it is, from the smallest model there is.
        Allocation best;
        TRY(allocation_best(&m->problem, &best));
        Served s = served_setting(m->problem.kind, &m->problem.accounting, &best.setting, m->bytes);
        Serving r;
        return serving_measured(&s, m->hardware, &m->workload, m->latencies, &r);
    }
    a->loss = a->optimal[a->reference].model.loss;
    a->cost = a->optimal[a->reference].serving.cost;
    if (w->max_loss) TRY(quantity_parse("max-loss", w->max_loss, UNIT_COUNT, &a->loss));
    if (w->max_cost) TRY(quantity_parse("max-cost", w->max_cost, UNIT_PRICE, &a->cost));
    offers_at_loss(m, a->loss, a->at_loss);
    offers_equal_loss(m, a->loss, a->equal);
    offers_at_cost(m, a->cost, a->at_cost);
    if (w->max_loss && offers_cheapest(a->at_loss, a->n) < 0)
        return fail(BAD_INPUT, "--max-loss %g: no structure reaches it with %.3g FLOPs (best %.4f): --flops binds",
                    a->loss, m->problem.limits.flops, a->optimal[offers_best(a->optimal, a->n)].model.loss);
    if (w->max_cost && offers_best(a->at_cost, a->n) < 0)
        return fail(BAD_INPUT, "--max-cost %g: no model is that cheap to serve on %s: --max-cost binds", a->cost,
                    m->hardware->name);
    return OK;
}

static void print_answers(const Market *m, const Fit *fit, const Answers *a) {
    char title[160];
    const char *name;
    double value = structure_value(&a->optimal[a->reference].model.setting, &name);
    printf("%s (%s), %.4g training FLOPs\n%s at $%g an hour; %g + %g tokens a request; %s\n\n", fit->law->name,
           fit->origin, m->problem.limits.flops, m->hardware->name, m->hardware->price, m->workload.prompt,
           m->workload.generated, m->latencies ? "measured latencies" : "roofline");
    print_offers("loss-optimal for the budget", a->optimal, a->n, offers_best(a->optimal, a->n), "fits no node");
    snprintf(title, sizeof title,
             "bounded loss: smallest model with loss <= %.4f (reference: %s = %g), all budget spent", a->loss, name,
             value);
    print_offers(title, a->at_loss, a->n, offers_cheapest(a->at_loss, a->n), "does not reach this loss");
    snprintf(title, sizeof title, "equal loss: each trained with just the compute that reaches %.4f", a->loss);
    print_offers(title, a->equal, a->n, offers_cheapest(a->equal, a->n), "does not reach this loss");
    snprintf(title, sizeof title, "bounded cost: least loss at <= $%.4f per million tokens", a->cost);
    print_offers(title, a->at_cost, a->n, offers_best(a->at_cost, a->n), "is never that cheap");
    printf("Na/opt: active size relative to the loss-optimal one for the same compute; below 1 means over-trained.\n");
}

static Status offers(const Wanted *w, const char *spec, Market *m) {
    Fit fit;
    Answers a = {0};
    double C[QUANTITY_LIST];
    Choice *experts = &m->problem.experts;
    TRY(fit_load(spec, &fit));
    Status s = budget_open(&m->problem, fit.law, fit.parameters);
    if (w->top_k > 0) m->problem.accounting.top_k = w->top_k;
    if (w->expert_share > 0) m->problem.accounting.expert_share = w->expert_share;
    if (s == OK) s = quantity_parse("flops", w->flops, UNIT_FLOPS, &m->problem.limits.flops);
    if (s == OK && w->experts) s = quantity_list("experts", w->experts, UNIT_COUNT, C, &experts->n);
    if (s == OK && w->experts) memcpy(experts->value, C, (size_t)experts->n * sizeof *C);
    if (s == OK && w->max_total)
        s = quantity_parse("max-total", w->max_total, UNIT_COUNT, &m->problem.limits.max_total);
    Warnings warnings = {0};
    if (s == OK) budget_fall_back(&m->problem, &fit, &warnings);
    if (s == OK) s = ask(w, m, &a);
    if (s == OK && w->json) {
        json_t *root =
            json_pack("{s:s, s:s, s:s, s:f, s:f, s:f}", "law", fit.law->name, "fit", fit.origin, "hardware",
                      m->hardware->name, "C", m->problem.limits.flops, "max_loss", a.loss, "max_cost", a.cost);
        json_object_set_new(root, "optimal", offers_json(a.optimal, a.n, offers_best(a.optimal, a.n)));
        json_object_set_new(root, "bounded_loss", offers_json(a.at_loss, a.n, offers_cheapest(a.at_loss, a.n)));
        json_object_set_new(root, "equal_loss", offers_json(a.equal, a.n, offers_cheapest(a.equal, a.n)));
        json_object_set_new(root, "bounded_cost", offers_json(a.at_cost, a.n, offers_best(a.at_cost, a.n)));
        json_print(root);
    } else if (s == OK) {
        Point p = setting_point(m->problem.kind, &m->problem.accounting, &a.optimal[a.reference].model.setting);
        print_answers(m, &fit, &a);
        warn_outside(&warnings, &fit, &p, 1);
        warnings_print(&warnings);
    }
    fit_free(&fit);
    return s;
}

// ---- the command ---------------------------------------------------------------------------------------------------

static Status serve(int argc, char **argv) {
    Wanted w = {
        .hardware = "h100", .prompt = 512, .generated = 256, .bytes = 2, .max_latency = INFINITY, .reference = 4};
    const Option options[] = {
        {"flops", 0, ARG_TEXT, &w.flops, "C", "training budget in FLOPs (needed with FIT)", 0, 0},
        {"config", 0, ARG_TEXT, &w.config, "FILE", "price this one model (config.json or Megatron arguments) instead",
         0, 0},
        {"hardware", 0, ARG_TEXT, &w.hardware, "NAME", "a100, a100-40, h100 (default), h200 or a .yaml file", 0, 0},
        {"price", 0, ARG_NUMBER, &w.price, "USD", "dollars per GPU hour (default: the hardware file's)", 1e-6, 1e6},
        {"prompt", 0, ARG_NUMBER, &w.prompt, "T", "prompt tokens of a request (default 512)", 1, 1e7},
        {"generated", 0, ARG_NUMBER, &w.generated, "T", "generated tokens of a request (default 256)", 1, 1e7},
        {"max-latency", 0, ARG_NUMBER, &w.max_latency, "S", "an iteration takes at most S seconds (default: any)", 1e-9,
         1e9},
        {"bytes", 0, ARG_NUMBER, &w.bytes, "X", "bytes per weight and cached value (default 2)", 0.125, 16},
        {"latency", 0, ARG_TEXT, &w.latency, "CSV", "measured latencies: phase,gpus,active,tokens,seconds", 0, 0},
        {"max-loss", 0, ARG_TEXT, &w.max_loss, "L", "bound of the loss (default: the reference's)", 0, 0},
        {"max-cost", 0, ARG_TEXT, &w.max_cost, "USD", "bound of dollars per 1M tokens (default: the reference's)", 0,
         0},
        {"reference", 0, ARG_NUMBER, &w.reference, "X",
         "structure whose loss-optimal model sets both (default 4 experts)", 0, 1e9},
        {"experts", 0, ARG_TEXT, &w.experts, "E,...", "expert counts to offer", 0, 0},
        {"max-total", 0, ARG_TEXT, &w.max_total, "N", "most parameters", 0, 0},
        {"top-k", 0, ARG_NUMBER, &w.top_k, "K", "yun2024: experts a token uses (default 2)", 0, 1e6},
        {"expert-share", 0, ARG_NUMBER, &w.expert_share, "A", "yun2024: part of a dense model in experts (default 1/3)",
         1e-6, 1},
        {"json", 0, ARG_FLAG, &w.json, NULL, "print JSON", 0, 0},
        {0}};
    const Usage usage = {
        "moelaw",
        "serve FIT --flops C [options] | serve --config FILE [options]",
        "What a model costs to serve (memory, concurrency, throughput, dollars per million tokens, least over the "
        "number\n"
        "of GPUs), and from one training budget the cheapest model to serve at a loss and the best one below a cost.",
        "  moelaw serve published:ludziejewski2025 --flops 1e22 --hardware h200\n"
        "  moelaw serve fit.json --flops 1e21 --max-loss 2.4 --prompt 2000 --generated 500\n"
        "  moelaw serve --config config.json --hardware a100 --max-latency 0.05\n",
        options,
        0,
        1};
    const char *spec;
    int n;
    Hardware h;
    Market m = {.hardware = &h, .bytes = 2};
    Latencies *latencies = NULL;
    TRY(args_parse(&usage, argc, argv, &spec, &n));
    if (!n && !w.config) return fail(BAD_INPUT, "give a FIT with --flops C, or --config FILE; see --help");
    if (n && w.config) return fail(BAD_INPUT, "a FIT and --config: give one");
    if (n && !w.flops) return fail(BAD_INPUT, "a training budget is missing: --flops 1e22");
    TRY(hardware_read(w.hardware, &h));
    if (w.price > 0) h.price = w.price;
    if (w.latency) TRY(latencies_read(w.latency, &latencies));
    m.workload = (Workload){w.prompt, w.generated, w.max_latency};
    m.latencies = latencies;
    m.bytes = w.bytes;
    Status s = n ? offers(&w, spec, &m) : one_model(&w, &h, &m.workload, latencies);
    latencies_free(latencies);
    return s;
}

static int run(int argc, char **argv) {
    return status_report("moelaw", serve(argc, argv));
}
COMMAND(serve, "what models cost to serve, and the cheapest one at a loss", 43)
