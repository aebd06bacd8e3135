// bag.c - see bag.h.
#include "bag.h"

#include "ground/number.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 12, LONGEST = 400 };

static char plain(char c) {
    return strchr("./- ", c) ? '_' : (char)tolower((unsigned char)c);
}

static uint64_t hash(const char *text, size_t length) {
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < length; i++) h = (h ^ (unsigned char)plain(text[i])) * 1099511628211u;
    return h;
}

// Words that say where a setting was found and not what it is of. "teacher/hidden_size" is another thing.
static bool neutral(const char *word, size_t length) {
    static const char *const words[] = {
        "config",  "summary",   "model",   "model_config", "args",       "cfg",         "arch", "architecture",
        "hparams", "params",    "network", "transformer",  "trainer",    "train",       "data", "training",
        "optim",   "optimizer", "llm",     "lm",           "throughput", "config_dict", NULL};
    for (int i = 0; words[i]; i++)
        if (strlen(words[i]) == length && !strncasecmp(word, words[i], length)) return true;
    return false;
}

// Without the "config/" or "summary/" that says which half of a run it is of.
static const char *own_part(const char *key) {
    static const char *const halves[] = {"config", "summary"};
    for (int i = 0; i < 2; i++) {
        size_t n = strlen(halves[i]);
        if (!strncmp(key, halves[i], n) && key[n] && strchr("./", key[n])) return key + n + 1;
    }
    return key;
}

static uint64_t last_hash(const char *key) {
    const char *at = key;
    for (size_t n; at[n = strcspn(at, "./")]; at += n + 1)
        if (!neutral(at, n)) return 0;
    return at == key ? 0 : hash(at, strcspn(at, "#"));
}

Bag *bags_add(Bags *b, const char *origin, const char *name) {
    if (b->n == b->room) b->bags = reallocate(b->bags, (size_t)(b->room = 2 * b->room + 8), sizeof *b->bags);
    Bag *bag = &b->bags[b->n++];
    *bag = (Bag){.origin = copy_text(origin), .name = name ? copy_text(name) : NULL};
    return bag;
}

void bags_free(Bags *b) {
    for (int i = 0; i < b->n; i++) {
        Bag *bag = &b->bags[i];
        for (int k = 0; k < bag->n; k++) {
            free(bag->said[k].key);
            free(bag->said[k].value);
        }
        free(bag->said);
        free(bag->origin);
        free(bag->name);
        free(bag->config);
    }
    free(b->bags);
    *b = (Bags){0};
}

static bool unknown(const char *value) {
    static const char *const words[] = {"nan", "null", "none", "inf", "-inf", "+inf", "infinity", "-infinity", NULL};
    for (int i = 0; words[i]; i++)
        if (!strcasecmp(value, words[i])) return true;
    return false;
}

void bag_add(Bag *b, const char *key, const char *value) {
    if (unknown(value)) value = "";
    const char *own = own_part(key);
    uint64_t whole = hash(own, strcspn(own, "#")); // "lr#2" is a second column of that name
    for (int i = 0; i < b->n; i++)
        if (b->said[i].whole == whole && !strcmp(b->said[i].key, key)) {
            free(b->said[i].value);
            b->said[i].value = copy_text(value);
            return;
        }
    if (b->n == b->room) b->said = reallocate(b->said, (size_t)(b->room = 2 * b->room + 32), sizeof *b->said);
    b->said[b->n++] = (Said){copy_text(key), copy_text(value), whole, last_hash(key)};
}

void bag_add_number(Bag *b, const char *key, double value) {
    char text[NUMBER_TEXT];
    bag_add(b, key, number_text(value, text));
}

static void add_nested(Bag *b, const char *prefix, const json_t *value, int depth) {
    char text[LONGEST + 8];
    const char *key;
    json_t *item, *inner = json_object_get(value, "value");
    size_t size = json_object_size(value);
    if (inner && (size == 1 || (size == 2 && json_object_get(value, "desc"))))
        add_nested(b, prefix, inner, depth + 1);
    else if (json_is_object(value) && depth < DEEPEST)
        json_object_foreach((json_t *)value, key, item) {
            snprintf(text, sizeof text, "%s%s%s", prefix, *prefix ? "/" : "", key);
            if (strlen(text) <= LONGEST) add_nested(b, text, item, depth + 1);
        }
    else if (json_is_string(value))
        bag_add(b, prefix, json_string_value(value));
    else if (json_is_boolean(value) || json_is_null(value))
        bag_add(b, prefix, json_is_true(value) ? "true" : json_is_false(value) ? "false" : "");
    else if (json_is_number(value))
        bag_add_number(b, prefix, json_number_value(value));
    else {
        char *list = json_dumps(value, JSON_COMPACT);
        bag_add(b, prefix, list ? list : "");
        free(list);
    }
}

void bag_add_json(Bag *b, const char *prefix, const json_t *value) {
    add_nested(b, prefix, value, 0);
}

uint64_t name_hash(const char *name) {
    return hash(name, strlen(name));
}

const char *bag_value(const Bag *b, const char *key) {
    for (int i = 0; i < b->n; i++)
        if (!strcmp(b->said[i].key, key)) return *b->said[i].value ? b->said[i].value : NULL;
    return NULL;
}

static bool same_value(const char *a, const char *b) {
    double x, y;
    if (!strcasecmp(a, b)) return true;
    return parse_number(a, &x) && parse_number(b, &y) && fabs(x - y) <= 1e-9 * fabs(x);
}

static bool matches(const Said *s, const char *name, size_t length, uint64_t wanted, bool last) {
    if (length <= 2) return !last && strcspn(s->key, "#") == length && !strncmp(s->key, name, length);
    return last ? s->last == wanted : s->whole == wanted;
}

// Keys that are the name before keys that end in it.
static Status find_one(const Bag *b, const char *name, size_t length, const Said **found) {
    uint64_t wanted = hash(name, length);
    for (int last = 0; last < 2 && !*found; last++)
        for (int i = 0; i < b->n; i++) {
            const Said *s = &b->said[i];
            if (!*s->value || !matches(s, name, length, wanted, last)) continue;
            if (!*found) *found = s;
            if (!same_value((*found)->value, s->value))
                return fail(BAD_INPUT,
                            "%s: '%s' is %s and '%s' is %s; which is meant? Name it in a mapping file (--map)",
                            b->origin, (*found)->key, (*found)->value, s->key, s->value);
        }
    return OK;
}

Status bag_find(const Bag *b, const char *names, const Said **found) {
    *found = NULL;
    for (const char *at = names; *at && !*found; at += strcspn(at, "|"), at += *at == '|')
        TRY(find_one(b, at, strcspn(at, "|"), found));
    return OK;
}
