// serving.h - what a token costs to serve: the model of arXiv 2404.02852, with a roofline where that paper has profiled
// latencies, or with a measured table.
//
//     concurrency  b = (gpus x memory - weights) / cache of one request         requests held at once
//     latency      prefill of b/n new requests + one decode step of b requests  seconds an iteration
//     throughput   T = b / latency                                              generated tokens per second
//     cost         gpus x price / T, least over the number of GPUs              dollars per million tokens
//
// Roofline of a step over t tokens: max(2 Na t / FLOP rate, bytes / bandwidth) + two all-reduces a layer. A step reads
// all weights that its tokens reach: an expert is reached with probability 1 - (1 - K/E)^t.
#ifndef MOELAW_SERVING_H
#define MOELAW_SERVING_H

#include "accounting.h"
#include "ground/status.h"
#include "run/shape.h"
#include "runs/modelfile.h"

enum { NODE_SIZES = 8, NAME = 64 };
typedef struct {
    char name[NAME], source[256];
    double flops, bandwidth, memory, interconnect, link_latency, price; // FLOP/s, bytes/s, bytes, bytes/s, s, USD/h
    double flops_8bit;                                                  // for weights of a byte; 0: as the others
    double node, network, network_latency;                              // GPUs of a node; bytes/s and s between nodes
    double compute_share, bandwidth_share, memory_share;                // what of these is reached
    int n_sizes;
    double gpus[NODE_SIZES]; // that may serve one model together
} Hardware;

// A path, or a name such as h100 of a file in the hardware folder. BAD_INPUT names file, line and key.
Status hardware_read(const char *name_or_path, Hardware *h);

typedef struct {
    double N, Na;               // parameters
    double routed, active_part; // of N: in routed experts; share of these that one token uses (K/E)
    double d_model, n_layers;
    double cache_width; // values a token keeps in each layer: keys and values together
    double bytes;       // per parameter and cached value
} Served;

// The standard shape of a setting: its cache is setting_cache(), which a shape of the same heads has as well.
Served served_setting(LawKind kind, const Accounting *a, const Setting *s, double bytes);
// A model known by its counts alone: blocks of 12 d^2 active parameters, d = 64 layers, two thirds of the active
// parameters in experts.
Served served_standard(double N, double Na, double bytes);
// A model of a config.json or Megatron's arguments.
Served served_model(const ModelFile *m, const Counts *c, double bytes);

typedef struct {
    double prompt, generated; // tokens of a request
    double max_latency;       // seconds an iteration, which gives each request one token, may take
} Workload;
extern const Workload workload_default;

// Measured latencies: phase (prefill or decode), gpus, active (parameters), tokens, seconds; log-log interpolation.
typedef struct Latencies Latencies;
// BAD_INPUT unless every (phase, gpus) has a full grid of active x tokens. To be freed with latencies_free().
Status latencies_read(const char *path, Latencies **t);
void latencies_free(Latencies *t);

typedef struct {
    double gpus, concurrency, prefill, decode, latency; // requests, seconds
    double throughput, cost;                            // tokens per second, dollars per million generated tokens
    bool memory_bound;                                  // a decode step waits for memory, not for arithmetic
} Serving;

// Least cost over the number of GPUs. BAD_INPUT: no node holds the model, or none is fast enough.
Status serving_best(const Served *m, const Hardware *h, const Workload *w, Serving *best);
// The same with measured latencies (NULL: roofline).
Status serving_measured(const Served *m, const Hardware *h, const Workload *w, const Latencies *t, Serving *best);

// Dollars to spend `flops` of training on this hardware.
double training_dollars(const Hardware *h, double flops);

#endif
