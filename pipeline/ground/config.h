// config.h - YAML files whose every complaint names file and line. A thin layer over libyaml's documents.
//
//     Config c;
//     TRY(config_read("quick.yaml", &c));
//     const ConfigNode *grid = config_get(&c, config_root(&c), "grid");
#ifndef MOELAW_CONFIG_H
#define MOELAW_CONFIG_H

#include "status.h"

#include <yaml.h>

typedef yaml_node_t ConfigNode;

typedef struct {
    char *path;
    yaml_document_t document;
} Config;

// BAD_INPUT: unreadable, above 1 MB, not YAML, empty, more than one document, a key that is no text or comes twice,
// an alias (a small file could unfold to a huge one), nested deeper than 16, more than 4096 items in one place.
Status config_read(const char *path, Config *c);
// The same from memory; `path` serves messages alone.
Status config_parse(const char *path, const char *text, size_t length, Config *c);
void config_free(Config *c);

const ConfigNode *config_root(const Config *c);

// "path:line: " and the message, as BAD_INPUT.
Status config_fail(const Config *c, const ConfigNode *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Puts "path:line: " before the message recorded last.
Status config_fail_within(const Config *c, const ConfigNode *node, Status s);

// Scalars: their text, NULL for other nodes.
const char *config_text(const ConfigNode *node);
Status config_number(const Config *c, const ConfigNode *node, double *x);

int config_line(const ConfigNode *node); // from 1

// Lists and maps. A scalar counts as a list of itself, so that "seed: 1" and "seed: [1]" mean the same.
int config_count(const ConfigNode *node);
const ConfigNode *config_item(const Config *c, const ConfigNode *list, int i);
const char *config_key(const Config *c, const ConfigNode *map, int i);
const ConfigNode *config_key_node(const Config *c, const ConfigNode *map, int i);
const ConfigNode *config_value(const Config *c, const ConfigNode *map, int i);
// NULL if the map lacks the key, or is none.
const ConfigNode *config_get(const Config *c, const ConfigNode *map, const char *key);
bool config_is_map(const ConfigNode *node);
bool config_is_list(const ConfigNode *node);
// BAD_INPUT unless `node` is a map whose keys are all among `known` (NULL-terminated; NULL: any).
Status config_expect_map(const Config *c, const ConfigNode *node, const char *what, const char *const *known);

#endif
