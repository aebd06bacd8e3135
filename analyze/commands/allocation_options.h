// allocation_options.h - options that every command with a budget shares, so that all of them can ask the same
// question.
#ifndef MOELAW_ALLOCATION_OPTIONS_H
#define MOELAW_ALLOCATION_OPTIONS_H

#include "decide/allocation.h"
#include "ground/args.h"

typedef struct {
    const char *memory, *context, *serve_tokens, *max_active, *max_total, *data; // limits
    const char *ratio, *hold, *experts, *granularity, *sparsity;                 // structure
    double kv_group, latent, repeats, weight_bytes, serve_batch, seq_len, c_r, expansion, top_k, expert_share;
    bool exact;
} AllocationOptions;

#define ALLOCATION_OPTIONS_DEFAULT                                                                                     \
    { .kv_group = STANDARD_KV_GROUP, .repeats = 4, .weight_bytes = 2, .serve_batch = 256, .seq_len = 4096, .c_r = -1 }

#define LIMIT_OPTIONS(o)                                                                                               \
    opt_text("max-total", &(o).max_total, "N", "most parameters"),                                                     \
        opt_text("max-active", &(o).max_active, "N", "most active parameters"),                                        \
        opt_text("memory", &(o).memory, "B", "weights and cache must fit, such as 80GB"),                              \
        opt_text("context", &(o).context, "T", "cached tokens, for --memory (default none)"),                          \
        opt_number("kv-group", &(o).kv_group, "X",                                                                     \
                   "query heads to a key-value head of the cache (default 2, as architecture builds)", 1, 1e4),        \
        opt_number("latent", &(o).latent, "X",                                                                         \
                   "latent attention: values that a token keeps a layer (DeepSeek-V3: 576)", 0, 1e6),                  \
        opt_text("ratio", &(o).ratio, "R,...", "hold Na/N at R, or try these (laws with both)"),                       \
        opt_text("serve-tokens", &(o).serve_tokens, "T", "tokens to be served out of the same budget"),                \
        opt_number("serve-batch", &(o).serve_batch, "T",                                                               \
                   "tokens that a step serves when it reads all weights once (default 256)", 1, 1e9),                  \
        opt_text("data", &(o).data, "T", "distinct tokens there are"),                                                 \
        opt_number("repeats", &(o).repeats, "X", "times each may be seen (default 4, arXiv 2305.16264)", 1, 1000)

#define WEIGHT_BYTES_OPTION(o)                                                                                         \
    opt_number("weight-bytes", &(o).weight_bytes, "X", "bytes per weight and cached value (default 2)", 0.125, 16)

#define STRUCTURE_OPTIONS(o)                                                                                           \
    opt_text("at", &(o).hold, "G=..,S=..", "hold these instead of the law's best"),                                    \
        opt_text("experts", &(o).experts, "E,...", "expert counts to try"),                                            \
        opt_text("granularity", &(o).granularity, "X,...", "granularities to try"),                                    \
        opt_text("sparsity", &(o).sparsity, "S,...", "sparsities to try"),                                             \
        opt_flag("exact", &(o).exact, "count attention scores and router as well, not the paper's FLOPs"),             \
        opt_number("seq-len", &(o).seq_len, "T", "training sequence, for --exact (default 4096)", 1, 1e9),             \
        opt_number("routing-cost", &(o).c_r, "X", "krajewski2024: c_r (default 14)", 0, 1e6),                          \
        opt_number("expansion", &(o).expansion, "X", "krajewski2024: expert / dense FFN parameters (default 64)", 1,   \
                   1e6),                                                                                               \
        opt_number("top-k", &(o).top_k, "K", "yun2024: experts a token uses (default 2)", 0, 1e6),                     \
        opt_number("expert-share", &(o).expert_share, "A", "yun2024: part of a dense model in experts (default 1/3)",  \
                   1e-6, 1)

// The fit's task with these options. BAD_INPUT names the option.
Status allocation_task(const AllocationOptions *o, const Fit *fit, AllocationTask *t);

#endif
