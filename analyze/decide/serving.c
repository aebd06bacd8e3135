// serving.c - see serving.h.
#include "serving.h"

#include <math.h>
#include <stddef.h>

#include "latency.h"

// A tenth of a second a token: as fast as people read.
const Workload workload_default = {.prompt = 512, .generated = 256, .max_latency = 0.1};

Served served_setting(LawKind kind, const Accounting *a, const Setting *s, double bytes) {
    Served m = {.N = s->N,
                .Na = s->Na,
                .d_model = s->d_model,
                .n_layers = s->n_layers,
                .cache_width = setting_cache(a, s),
                .bytes = bytes};
    if (s->N <= s->Na * (1 + 1e-9)) return m; // dense
    double block = s->n_layers * s->d_model * s->d_model, active = 2.0 / 3 * s->Na;
    if (kind == KIND_EXPERTS) active = 9 * block;
    if (kind == KIND_DENSE_SIZE)
        active = a->top_k * a->expert_share / (a->top_k * a->expert_share + 1 - a->expert_share) * s->Na;
    m.routed = s->N - s->Na + active;
    m.active_part = active / m.routed;
    return m;
}

Served served_standard(double N, double Na, double bytes) {
    Setting s = {.N = N, .Na = Na};
    setting_complete(KIND_FREE, &accounting_default, &s);
    return served_setting(KIND_FREE, &accounting_default, &s, bytes);
}

Served served_model(const ModelFile *m, const Counts *c, double bytes) {
    const Shape *s = &m->shape;
    return (Served){.N = c->N,
                    .Na = c->Na - c->embedding,
                    .routed = s->n_experts > 1 ? c->routed : 0,
                    .active_part = (double)s->top_k / s->n_experts,
                    .d_model = s->d_model,
                    .n_layers = s->n_layers,
                    .cache_width = m->kv_lora_rank ? m->kv_lora_rank + m->qk_rope : 2.0 * s->n_kv_heads * s->d_head,
                    .bytes = bytes};
}

// The slowest link that joins so many GPUs.
static double all_reduces(const Served *m, const Hardware *h, double gpus, double tokens) {
    if (gpus < 2) return 0;
    bool within = gpus <= h->node;
    double bytes = tokens * m->d_model * m->bytes * 2 * (gpus - 1) / gpus;
    double speed = within ? h->interconnect : h->network, start = within ? h->link_latency : h->network_latency;
    return 2 * m->n_layers * (start + bytes / speed);
}

static double flop_rate(const Served *m, const Hardware *h) {
    return (m->bytes <= 1 && h->flops_8bit > 0 ? h->flops_8bit : h->flops) * h->compute_share;
}

// Seconds for one pass over `tokens` tokens that also reads `cache` bytes.
static double roofline(const Served *m, const Hardware *h, double gpus, double tokens, double cache,
                       bool *memory_bound) {
    double reached = 1 - pow(1 - m->active_part, tokens);
    double bytes = (m->N - m->routed + m->routed * reached) * m->bytes + cache;
    double arithmetic = 2 * m->Na * tokens / (gpus * flop_rate(m, h));
    double traffic = bytes / (gpus * h->bandwidth * h->bandwidth_share);
    if (memory_bound) *memory_bound = traffic > arithmetic;
    return fmax(arithmetic, traffic) + all_reduces(m, h, gpus, tokens);
}

typedef struct {
    const Served *m;
    const Hardware *h;
    const Workload *w;
    const Latencies *t;
} Serve;

// One iteration with b requests held.
static Serving iteration(const Serve *s, double gpus, double b) {
    Serving r = {.gpus = gpus, .concurrency = b};
    double held = s->w->prompt + s->w->generated / 2;
    double cache = b * held * s->m->n_layers * s->m->cache_width * s->m->bytes;
    double new_tokens = b / s->w->generated * s->w->prompt;
    if (s->t) {
        r.prefill = latency_at(s->t, true, gpus, s->m->Na, new_tokens);
        r.decode = latency_at(s->t, false, gpus, s->m->Na, b);
    } else {
        r.prefill = roofline(s->m, s->h, gpus, new_tokens, 0, NULL);
        r.decode = roofline(s->m, s->h, gpus, b, cache, &r.memory_bound);
    }
    r.latency = r.prefill + r.decode;
    r.throughput = b / r.latency;
    r.cost = gpus * s->h->price / 3600 / r.throughput * 1e6;
    return r;
}

// As many requests as memory holds, or as the latency limit allows; concurrency 0 if not one.
static Serving node(const Serve *s, double gpus) {
    double room = gpus * s->h->memory * s->h->memory_share - s->m->N * s->m->bytes;
    double one = (s->w->prompt + s->w->generated / 2) * s->m->n_layers * s->m->cache_width * s->m->bytes;
    double most = floor(room / one);
    Serving none = {.gpus = gpus};
    if (!(most >= 1)) return none;
    Serving r = iteration(s, gpus, most);
    if (!(r.latency > s->w->max_latency)) return r;
    double lo = 1, hi = most;
    if (iteration(s, gpus, lo).latency > s->w->max_latency) return none;
    while (hi / lo > 1.001) {
        double middle = sqrt(lo * hi);
        *(iteration(s, gpus, middle).latency > s->w->max_latency ? &hi : &lo) = middle;
    }
    return iteration(s, gpus, lo);
}

Status serving_measured(const Served *m, const Hardware *h, const Workload *w, const Latencies *t, Serving *best) {
    Serve s = {m, h, w, t};
    *best = (Serving){.cost = INFINITY};
    for (int i = 0; i < h->n_sizes; i++) {
        Serving r = node(&s, h->gpus[i]);
        if (r.concurrency > 0 && r.cost < best->cost) *best = r;
    }
    if (isfinite(best->cost)) return OK;
    double most = h->gpus[h->n_sizes - 1] * h->memory * h->memory_share;
    if (m->N * m->bytes > most)
        return fail(BAD_INPUT, "the model's weights, %.3g GB, exceed the %.3g GB that %g x %s hold: memory binds",
                    m->N * m->bytes / 1e9, most / 1e9, h->gpus[h->n_sizes - 1], h->name);
    return fail(BAD_INPUT, "no node of %s serves %g + %g tokens within %g s an iteration: %s binds", h->name, w->prompt,
                w->generated, w->max_latency, isfinite(w->max_latency) ? "latency" : "memory for the cache");
}

Status serving_best(const Served *m, const Hardware *h, const Workload *w, Serving *best) {
    return serving_measured(m, h, w, NULL, best);
}

double training_dollars(const Hardware *h, double flops) {
    return flops / (h->flops * h->compute_share) / 3600 * h->price;
}
