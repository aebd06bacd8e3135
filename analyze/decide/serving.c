// serving.c - see serving.h.
#include "serving.h"

#include <math.h>
#include <stddef.h>

#include "latency.h"

const Workload workload_default = {.prompt = 512, .generated = 256, .max_latency = INFINITY};

Served served_standard(double N, double Na, double bytes) {
    double layers = cbrt(Na / (12 * 64 * 64)), d = 64 * layers;
    double active_experts = 2.0 / 3 * Na, routed = N - Na + active_experts;
    bool dense = N <= Na * (1 + 1e-9);
    return (Served){.N = N,
                    .Na = Na,
                    .routed = dense ? 0 : routed,
                    .active_part = active_experts / routed,
                    .d_model = d,
                    .n_layers = layers,
                    .cache_width = 2 * d,
                    .bytes = bytes};
}

static double all_reduces(const Served *m, const Hardware *h, double gpus, double tokens) {
    if (gpus < 2) return 0;
    double bytes = tokens * m->d_model * m->bytes * 2 * (gpus - 1) / gpus;
    return 2 * m->n_layers * (h->link_latency + bytes / h->interconnect);
}

// Seconds for one pass over `tokens` tokens that also reads `cache` bytes.
static double roofline(const Served *m, const Hardware *h, double gpus, double tokens, double cache,
                       bool *memory_bound) {
    double reached = 1 - pow(1 - m->active_part, tokens);
    double bytes = (m->N - m->routed + m->routed * reached) * m->bytes + cache;
    double arithmetic = 2 * m->Na * tokens / (gpus * h->flops * h->compute_share);
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
