// llmc.c - llm.c: what train_gpt2cu prints (a table of settings, steps, "val loss"), or its main.log ("s:250
// tel:3.28"), which says no settings: these come by --set.
#include "readers.h"

#include "ground/number.h"

#include <stdio.h>
#include <string.h>

static bool looks_like(const SourceText *s) {
    return strstr(s->text, "| padded_vocab_size Vp") ||
           (!strncmp(s->text, "s:", 2) && (strstr(s->text, " tel:") || strstr(s->text, " trl:")));
}

static const struct {
    const char *label, *key;
} settings[] = {
    {"| sequence length T", "seq_length"},
    {"| max_sequence_length T", "n_positions"},
    {"| padded_vocab_size Vp", "vocab_size"},
    {"| num_layers L", "n_layer"},
    {"| num_heads NH", "n_head"},
    {"| channels C", "n_embd"},
    {"| num_parameters", KEY_N},
    {"| total batch size", "batch_tokens"},
    {"| learning rate (LR)", "lr"},
};

static void setting(const char *line, Bag *bag) {
    double x;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        size_t n = strlen(settings[i].label);
        const char *bar = strncmp(line, settings[i].label, n) ? NULL : strchr(line + n, '|');
        if (bar && number_after(bar, "|", &x)) bag_add_number(bag, settings[i].key, x);
    }
}

// An evaluation after so many updates.
static void evaluation(Bag *bag, const char *from, const char *label, double steps) {
    double x;
    if (number_after(from, label, &x))
        bag_add_number(bag, KEY_LOSS, x);
    else
        bag_add(bag, KEY_LOSS, "");
    bag_add_number(bag, "global_step", steps);
}

static Status read(const SourceText *s, Bags *bags) {
    Bag *bag = bags_add(bags, s->path, s->name);
    char *at = s->text, *line;
    double steps = 0, x;
    while (next_line(&at, &line)) {
        setting(line, bag);
        if (!strncmp(line, "step ", 5)) number_after(line, "step", &steps);
        if (!strncmp(line, "val loss", 8)) evaluation(bag, line, "val loss", steps);
        if (!strncmp(line, "s:", 2) && strstr(line, " tel:") && number_after(line, "s:", &x))
            evaluation(bag, line, " tel:", x);
    }
    bag_add(bag, "model_type", "gpt2");
    return OK;
}

const Reader reader_llmc = {"llmc", "what llm.c's train_gpt2cu prints, or its main.log", looks_like, read};
