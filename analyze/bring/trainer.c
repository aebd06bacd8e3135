// trainer.c - trainer_state.json of Hugging Face's Trainer; the config.json beside it says what was trained.
#include "readers.h"

#include "loose.h"

#include <stdlib.h>
#include <string.h>

static bool looks_like(const SourceText *s) {
    return s->text[strspn(s->text, " \t\r\n")] == '{' && strstr(s->text, "\"log_history\"");
}

static void add_last(Bag *bag, const json_t *entry, const char *key, const char *as) {
    const json_t *value = json_object_get(entry, key);
    if (value) bag_add_json(bag, as, value);
}

// The last entry of the history with an evaluation: its loss, step and tokens. best_metric is left alone.
static void read_history(const json_t *history, Bag *bag) {
    size_t i;
    json_t *entry;
    json_array_foreach(history, i, entry) {
        add_last(bag, entry, "learning_rate", "last_learning_rate");
        if (json_object_get(entry, "loss")) add_last(bag, entry, "loss", "train/loss");
        if (!json_object_get(entry, "eval_loss")) continue;
        add_last(bag, entry, "eval_loss", KEY_LOSS);
        add_last(bag, entry, "step", "eval_step");
        bag_add(bag, "num_input_tokens_seen", "");
        add_last(bag, entry, "num_input_tokens_seen", "num_input_tokens_seen");
    }
}

// Of the whole run what holds at its end alone; of an evaluation before the end the part that it had seen.
static void read_totals(const json_t *root, Bag *bag) {
    const char *const totals[] = {"num_input_tokens_seen", "total_flos"};
    double end = json_number_value(json_object_get(root, "global_step")), part = 1;
    const char *step = bag_value(bag, "eval_step");
    if (step && end > 0) part = atof(step) / end;
    for (int i = 0; i < 2; i++) {
        double total = json_number_value(json_object_get(root, totals[i]));
        if (total > 0 && !bag_value(bag, totals[i])) bag_add_number(bag, totals[i], part * total);
    }
    if (step) bag_add(bag, "global_step", step);
}

static Status read(const SourceText *s, Bags *bags) {
    json_t *root = loose_json(s->path, 1, s->text, s->length);
    if (!root) return BAD_INPUT;
    Status status = OK;
    const json_t *history = json_object_get(root, "log_history");
    if (!json_is_array(history)) status = fail(BAD_INPUT, "%s: log_history: expected a list", s->path);
    if (status == OK) {
        Bag *bag = bags_add(bags, s->path, s->name);
        read_history(history, bag);
        read_totals(root, bag);
        const json_t *batch = json_object_get(root, "train_batch_size");
        if (batch) bag_add_json(bag, "per_device_train_batch_size", batch);
    }
    json_decref(root);
    return status;
}

const Reader reader_trainer = {"trainer", "trainer_state.json of Hugging Face's Trainer, its config.json beside it",
                               looks_like, read};
