// levanter.c - events of Levanter's json_logger, one object a line, behind a log's prefix or not:
//     {"tracker": "json_logger", "event": "hparams", "hparams": {...}}
//     {"tracker": "json_logger", "event": "log", "step": 10, "metrics": {...}}      also "summary", "finish"
#include "readers.h"

#include "loose.h"

#include <string.h>

static bool looks_like(const SourceText *s) {
    return strstr(s->text, "{\"tracker\"") && strstr(s->text, "\"event\"");
}

// What was logged of each metric last; tokens and FLOPs count up to the last evaluation.
typedef struct {
    double tokens, gflops; // so far
} Counters;

static void take_counter(const json_t *metrics, const char *key, double *x) {
    const json_t *value = json_object_get(metrics, key);
    if (json_is_number(value)) *x = json_number_value(value);
}

static void add_metrics(const json_t *metrics, Counters *c, Bag *bag) {
    const char *key;
    json_t *value;
    bool evaluation = false;
    json_object_foreach((json_t *)metrics, key, value) {
        evaluation = evaluation || !strncmp(key, "eval/", 5);
        if (strncmp(key, "throughput/", 11) != 0) bag_add_json(bag, key, value);
    }
    take_counter(metrics, "throughput/total_tokens", &c->tokens);
    take_counter(metrics, "throughput/total_gflops", &c->gflops);
    if (!evaluation) return;
    if (c->tokens > 0) bag_add_number(bag, "throughput/total_tokens", c->tokens);
    if (c->gflops > 0) bag_add_number(bag, "throughput/total_gflops", c->gflops);
}

static Status read(const SourceText *s, Bags *bags) {
    Bag *bag = bags_add(bags, s->path, s->name);
    Counters counters = {0};
    char *at = s->text, *line;
    for (int number = 1; next_line(&at, &line); number++) {
        char *start = strstr(line, "{\"tracker\"");
        if (!start) continue;
        json_t *event = loose_json(s->path, number, start, strlen(start));
        if (!event) {
            if (!*at) break; // cut off while it was written
            return BAD_INPUT;
        }
        const json_t *hparams = json_object_get(event, "hparams"), *metrics = json_object_get(event, "metrics"),
                     *summary = json_object_get(event, "summary");
        if (hparams) bag_add_json(bag, "config", hparams);
        if (metrics) add_metrics(metrics, &counters, bag);
        if (summary) add_metrics(summary, &counters, bag);
        json_decref(event);
    }
    return OK;
}

const Reader reader_levanter = {"levanter", "events of Levanter's json_logger, one object a line", looks_like, read};
