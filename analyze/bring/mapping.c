// mapping.c - see mapping.h.
#include "mapping.h"

#include "columns.h"

#include "ground/number.h"
#include "ground/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Status read_columns(Mapping *m) {
    const Config *c = &m->file;
    for (int i = 0; i < config_count(m->columns); i++) {
        const char *name = config_key(c, m->columns, i), *from = config_text(config_value(c, m->columns, i));
        if (!from || !*from)
            return config_fail(c, config_key_node(c, m->columns, i), "columns: %s: expected the name of a column",
                               name);
        if (!strcmp(name, "loss")) m->loss = from;
        if (column_known(name) || setting_known(name)) continue;
        if (m->n_kept == MOST_KEPT)
            return config_fail(c, m->columns, "columns: more than %d that are to be kept", MOST_KEPT);
        m->kept[m->n_kept++] = name;
    }
    for (int i = 0; i < config_count(m->times); i++) {
        double x;
        const char *name = config_key(c, m->times, i);
        if (!config_get(c, m->columns, name))
            return config_fail(c, config_key_node(c, m->times, i), "times: %s is not among columns:", name);
        TRY(config_number(c, config_value(c, m->times, i), &x));
    }
    return OK;
}

Status mapping_read(const char *path, Mapping *m) {
    static const char *const known[] = {"columns", "times", "set", "source", NULL};
    *m = (Mapping){0};
    if (!path) return OK;
    TRY(config_read(path, &m->file));
    m->open = true;
    const Config *c = &m->file;
    const ConfigNode *root = config_root(c);
    TRY(config_expect_map(c, root, "a mapping", known));
    m->columns = config_get(c, root, "columns");
    m->times = config_get(c, root, "times");
    m->set = config_get(c, root, "set");
    m->source = config_text(config_get(c, root, "source"));
    if (m->columns) TRY(config_expect_map(c, m->columns, "columns", NULL));
    if (m->times) TRY(config_expect_map(c, m->times, "times", NULL));
    if (m->set) TRY(config_expect_map(c, m->set, "set", NULL));
    return read_columns(m);
}

void mapping_free(Mapping *m) {
    if (m->open) config_free(&m->file);
    *m = (Mapping){0};
}

static bool has(const Bag *b, const char *key) {
    for (int i = 0; i < b->n; i++)
        if (!strcmp(b->said[i].key, key)) return true;
    return false;
}

static Status no_such(const Mapping *m, int i, const char *from, const Bags *bags) {
    const char *keys[200];
    int n = 0;
    for (int k = 0; bags->n && k < bags->bags[0].n && n < 199; k++) keys[n++] = bags->bags[0].said[k].key;
    keys[n] = NULL;
    return config_fail(&m->file, config_value(&m->file, m->columns, i), "columns: no run has '%s'%s", from,
                       nearest_word(from, keys));
}

static Status map_one(const Mapping *m, int i, Bags *bags) {
    const Config *c = &m->file;
    const char *name = config_key(c, m->columns, i), *from = config_text(config_value(c, m->columns, i));
    const ConfigNode *times = config_get(c, m->times, name);
    bool found = false;
    double factor = 1, x;
    if (times) TRY(config_number(c, times, &factor));
    for (int k = 0; k < bags->n; k++) {
        Bag *b = &bags->bags[k];
        if (!has(b, from)) continue;
        found = true;
        const char *value = bag_value(b, from);
        if (value && times) {
            if (!parse_number(value, &x))
                return fail(BAD_INPUT, "%s: %s is '%s', expected a number", b->origin, from, value);
            bag_add_number(b, name, factor * x);
        } else if (strcmp(name, from) != 0) {
            bag_add(b, name, value ? value : "");
        }
    }
    return found ? OK : no_such(m, i, from, bags);
}

static void set_in_all(Bags *bags, const char *key, const char *value) {
    for (int k = 0; k < bags->n; k++) {
        const Said *said;
        if (bag_find(&bags->bags[k], key, &said) == OK && !said) bag_add(&bags->bags[k], key, value);
    }
}

Status mapping_apply(const Mapping *m, const TextList *set, Bags *bags) {
    for (int i = 0; m->columns && i < config_count(m->columns); i++) TRY(map_one(m, i, bags));
    for (int i = 0; m->set && i < config_count(m->set); i++) {
        const char *value = config_text(config_value(&m->file, m->set, i));
        if (value) set_in_all(bags, config_key(&m->file, m->set, i), value);
    }
    for (int i = 0; i < set->n; i++) {
        char key[128];
        size_t n = strcspn(set->text[i], "=");
        if (!n || n >= sizeof key || !set->text[i][n])
            return fail(BAD_INPUT, "--set %s: expected KEY=VALUE", set->text[i]);
        memcpy(key, set->text[i], n);
        key[n] = '\0';
        set_in_all(bags, key, set->text[i] + n + 1);
    }
    return OK;
}
