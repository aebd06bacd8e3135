// megatron_log.c - a console log of Megatron-LM: the block of arguments, then lines of iterations and of validation.
#include "readers.h"

#include "ground/number.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool looks_like(const SourceText *s) {
    return strstr(s->text, "end of arguments ---") ||
           (strstr(s->text, "consumed samples:") && strstr(s->text, "iteration"));
}

// "  num_layers ...................................... 12": false if it is not such a line.
static bool argument(char *line, Bag *bag) {
    char *dots = strstr(line, " ..."), *name = dots;
    if (!dots) return false;
    while (name > line && (isalnum((unsigned char)name[-1]) || name[-1] == '_')) name--;
    char *value = dots + 1 + strspn(dots + 1, ".");
    if (name == dots || *value++ != ' ') return false;
    *dots = '\0';
    bag_add(bag, name, value);
    return true;
}

// Samples, batch and rate that a line of an iteration says.
static void iteration(const char *line, Bag *bag, double *samples) {
    static const struct {
        const char *label, *key;
    } fields[] = {{"learning rate:", "lr"}, {"global batch size:", "global_batch_size"}, {"lm loss:", "train/loss"}};
    double x;
    number_after(line, "consumed samples:", samples);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(fields[i].key, "lr") != 0 && number_after(line, fields[i].label, &x))
            bag_add_number(bag, fields[i].key, x);
}

// Every rank holds all of the model where nothing is cut in parts.
static bool one_part(const Bag *bag) {
    static const char *const keys[] = {"tensor_model_parallel_size", "pipeline_model_parallel_size",
                                       "expert_model_parallel_size"};
    for (int i = 0; i < 3; i++) {
        const char *value = bag_value(bag, keys[i]);
        if (value && strcmp(value, "1") != 0) return false;
    }
    return true;
}

static void validation(const char *line, double samples, Bag *bag) {
    const char *loss = strstr(line, "lm loss value:"), *seq_length = bag_value(bag, "seq_length");
    double x, T;
    if (!loss || strstr(line, "on test set")) return;
    if (number_after(loss, "lm loss value:", &x))
        bag_add_number(bag, KEY_LOSS, x);
    else
        bag_add(bag, KEY_LOSS, ""); // NaN
    if (seq_length && parse_number(seq_length, &T) && samples > 0) bag_add_number(bag, KEY_D, samples * T);
}

static Status read(const SourceText *s, Bags *bags) {
    Bag *bag = bags_add(bags, s->path, s->name);
    char *at = s->text, *line;
    bool inside = false;
    double samples = 0, x;
    while (next_line(&at, &line)) {
        if (strstr(line, "- arguments -")) inside = true;
        if (strstr(line, "end of arguments")) inside = false;
        if (inside && argument(line, bag)) continue;
        if (strstr(line, "consumed samples:")) iteration(line, bag, &samples);
        if (strstr(line, "validation loss at iteration")) validation(line, samples, bag);
        if (number_after(line, "(new size:", &x)) bag_add_number(bag, "padded_vocab_size", x);
        if (strstr(line, "number of parameters on") && one_part(bag)) {
            const char *colon = strrchr(line, ':');
            if (colon && number_after(colon, ":", &x)) bag_add_number(bag, KEY_N, x);
        }
    }
    return OK;
}

const Reader reader_megatron = {"megatron", "a console log of Megatron-LM with its arguments", looks_like, read};
