// holdout.c - see holdout.h.
#include "holdout.h"

#include "ground/status.h"

#include <math.h>
#include <string.h>

double number_of(const json_t *object, const char *key) {
    const json_t *x = json_object_get(object, key);
    return json_is_number(x) ? json_number_value(x) : NAN;
}

const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

const json_t *law_named(const json_t *crossval, const char *name) {
    size_t i;
    json_t *law;
    json_array_foreach(json_object_get(crossval, "laws"), i,
                       law) if (!strcmp(text_of(law, "variant"), name) && !json_object_get(law, "failed")) return law;
    return NULL;
}

const json_t *split_named(const json_t *law, const char *name) {
    size_t i;
    json_t *split;
    json_array_foreach(json_object_get(law, "splits"), i,
                       split) if (!strcmp(text_of(split, "split"), name)) return split;
    return NULL;
}

const json_t *shown_holdout(const json_t *law) {
    static const char *const best[] = {"column:holdout:largest", "largest:C"};
    size_t i;
    for (i = 0; i < sizeof best / sizeof *best; i++)
        if (split_named(law, best[i])) return split_named(law, best[i]);
    json_t *split;
    json_array_foreach(json_object_get(law, "splits"), i,
                       split) if (strcmp(text_of(split, "split"), "folds") != 0) return split;
    return NULL;
}

const char *verdict_name(Verdict v) {
    static const char *const names[] = {"won", "lost", "undecided"};
    return names[v];
}

Contest *contests_of(const json_t *crossval, const char *law, int *n) {
    const json_t *list = json_object_get(crossval, "differences");
    Contest *contests = allocate(json_array_size(list), sizeof *contests);
    size_t i;
    json_t *pair;
    *n = 0;
    json_array_foreach(list, i, pair) {
        const char *a = text_of(pair, "a"), *b = text_of(pair, "b"), *split = text_of(pair, "split");
        bool first = !strcmp(a, law);
        if (!first && strcmp(b, law) != 0) continue;
        const json_t *ends = json_object_get(pair, "ci95"), *lo = json_array_get(ends, !first),
                     *hi = json_array_get(ends, first);
        double sign = first ? 1 : -1;
        Contest c = {.split = split,
                     .rival = first ? b : a,
                     .difference = sign * number_of(pair, "rmse_difference"),
                     .ci95 = {json_is_number(lo) ? sign * json_number_value(lo) : NAN,
                              json_is_number(hi) ? sign * json_number_value(hi) : NAN}};
        double rows = number_of(pair, "n"), configurations = number_of(pair, "configurations");
        c.n = isnan(rows) ? 0 : (int)rows;
        c.configurations = isnan(configurations) ? 0 : (int)configurations;
        c.rmse = number_of(split_named(law_named(crossval, law), split), "rmse");
        c.rival_rmse = number_of(split_named(law_named(crossval, c.rival), split), "rmse");
        c.verdict = !json_is_true(json_object_get(pair, "told_apart")) ? UNDECIDED : c.difference < 0 ? WON : LOST;
        contests[(*n)++] = c;
    }
    return contests;
}
