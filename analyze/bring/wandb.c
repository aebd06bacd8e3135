// wandb.c - runs of Weights & Biases as JSON or JSON Lines, one object a run: {"id", "name", "state", "config": {...},
// "summary": {...}}. Levanter's tracker_metrics.jsonl is one such line. (An export as CSV is read by csv.c.)
#include "readers.h"

#include "loose.h"

#include <stdio.h>
#include <string.h>

static bool looks_like(const SourceText *s) {
    return strchr("{[", s->text[strspn(s->text, " \t\r\n")]) && s->length > 1;
}

// Settings first, then what came of them; a run's own fields last and under their own names.
static void add_run(const SourceText *s, int number, const json_t *run, Bags *bags) {
    char origin[600];
    snprintf(origin, sizeof origin, "%s: run %d", s->path, number);
    Bag *bag = bags_add(bags, origin, number == 1 ? s->name : NULL);
    const char *key;
    json_t *value;
    bag_add_json(bag, "config", json_object_get(run, "config"));
    bag_add_json(bag, "summary", json_object_get(run, "summary"));
    bag_add_json(bag, "summary", json_object_get(run, "summaryMetrics"));
    json_object_foreach((json_t *)run, key, value) if (strcmp(key, "config") != 0 && strcmp(key, "summary") != 0 &&
                                                       strcmp(key, "summaryMetrics") != 0)
        bag_add_json(bag, key, value);
}

static Status add_value(const SourceText *s, int line, json_t *value, Bags *bags) {
    size_t i;
    json_t *run;
    if (json_is_object(value) && json_is_array(json_object_get(value, "runs"))) value = json_object_get(value, "runs");
    if (json_is_object(value)) return add_run(s, bags->n + 1, value, bags), OK;
    if (!json_is_array(value)) return fail(BAD_INPUT, "%s:%d: expected an object or a list of objects", s->path, line);
    json_array_foreach(value, i, run) {
        if (!json_is_object(run)) return fail(BAD_INPUT, "%s:%d: item %zu is no object", s->path, line, i + 1);
        add_run(s, bags->n + 1, run, bags);
    }
    return OK;
}

// One object a line where the first line is one by itself.
static bool by_lines(const SourceText *s) {
    size_t start = strspn(s->text, " \t\r\n"), end = start + strcspn(s->text + start, "\n");
    while (end > start && strchr(" \t\r", s->text[end - 1])) end--;
    return end > start && s->text[start] == '{' && s->text[end - 1] == '}' && s->text[end];
}

static Status read(const SourceText *s, Bags *bags) {
    char *at = s->text, *line;
    if (!by_lines(s)) {
        json_t *value = loose_json(s->path, 1, s->text, s->length);
        Status status = value ? add_value(s, 1, value, bags) : BAD_INPUT;
        json_decref(value);
        return status;
    }
    for (int number = 1; next_line(&at, &line); number++) {
        if (!line[strspn(line, " \t")]) continue;
        json_t *value = loose_json(s->path, number, line, strlen(line));
        Status status = value ? add_value(s, number, value, bags) : BAD_INPUT;
        json_decref(value);
        TRY(status);
    }
    return OK;
}

const Reader reader_wandb = {"wandb", "runs of Weights & Biases as JSON or JSON Lines; tracker_metrics.jsonl",
                             looks_like, read};
