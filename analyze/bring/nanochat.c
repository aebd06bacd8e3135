// nanochat.c - what nanochat's base_train prints. Its loss is in bits a byte; --bytes-per-token makes nats a token of
// it.
#include "readers.h"

#include <stdio.h>
#include <string.h>

static bool looks_like(const SourceText *s) {
    return strstr(s->text, "Validation bpb:") && strstr(s->text, "Total batch size");
}

// Labels of older and of newer versions, and what they are here.
static const struct {
    const char *label, *key;
} settings[] = {
    {"num_layers:", "n_layer"},
    {"model_dim:", "n_embd"},
    {"num_heads:", "n_head"},
    {"num_kv_heads:", "n_kv_head"},
    {"Vocab size:", "vocab_size"},
    {"\"n_layer\":", "n_layer"},
    {"\"n_embd\":", "n_embd"},
    {"\"n_head\":", "n_head"},
    {"\"n_kv_head\":", "n_kv_head"},
    {"\"vocab_size\":", "vocab_size"},
    {"\"sequence_len\":", "seq_len"},
    {"Total batch size", "batch_tokens"},
    {"Number of parameters:", KEY_N},
    {"Total training FLOPs estimate:", "planned_flops"},
    {"Estimated FLOPs per token:", "flops_per_token"},
};

// "wte : 33,554,432" and so on, as newer versions count; embeddings beyond the tokens' are looked up as well.
static void part(const char *line, Bag *bag, double *looked_up) {
    double x;
    const char *name = line + strspn(line, " ");
    if (!strncmp(name, "value_embeds", 12) && number_after(name, "value_embeds", &x)) *looked_up += x;
    if (!strncmp(name, "bigram_embeds", 13) && number_after(name, "bigram_embeds", &x)) *looked_up += x;
    if (!strncmp(name, "total  ", 7) && number_after(name, "total", &x)) bag_add_number(bag, KEY_N, x);
}

// "Step 01000 | Validation bpb: 0.91", with the tokens that so many steps are.
static void validation(const char *line, double batch, Bag *bag, double per_token) {
    double step, x;
    if (!number_after(line, "Validation bpb:", &x)) {
        bag_add(bag, KEY_BPB, "");
        return;
    }
    bag_add_number(bag, KEY_BPB, x);
    if (!number_after(line, "Step", &step) || step <= 0 || batch <= 0) return;
    bag_add_number(bag, KEY_D, step * batch);
    if (per_token > 0) bag_add_number(bag, KEY_C, step * batch * per_token);
}

static Status read(const SourceText *s, Bags *bags) {
    Bag *bag = bags_add(bags, s->path, s->name);
    char *at = s->text, *line;
    double batch = 0, per_token = 0, looked_up = 0, x;
    while (next_line(&at, &line)) {
        for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
            if (number_after(line, settings[i].label, &x)) bag_add_number(bag, settings[i].key, x);
        // "Tokens / micro-batch / rank: 32 x 2048 = 65,536"
        const char *times = strstr(line, "Tokens / micro-batch / rank:") ? strstr(line, " x ") : NULL;
        if (times && number_after(times, " x ", &x)) bag_add_number(bag, "seq_len", x);
        number_after(line, "Total batch size", &batch);
        number_after(line, "Estimated FLOPs per token:", &per_token);
        part(line, bag, &looked_up);
        if (strstr(line, "| Validation bpb:")) validation(line, batch, bag, per_token);
    }
    // Squared ReLU between two matrices, no gains of norms, output head of its own.
    bag_add(bag, "gated", "false");
    bag_add(bag, "norm_gains", "false");
    bag_add(bag, "tied", "false");
    if (looked_up > 0) bag_add_number(bag, "further_embedding", looked_up);
    return OK;
}

const Reader reader_nanochat = {"nanochat", "what nanochat's base_train prints", looks_like, read};
