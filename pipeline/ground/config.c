// config.c - see config.h.
#include "config.h"

#include "number.h"
#include "output.h"
#include "words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 16, MOST_ITEMS = 4096 };

// libyaml hands out nodes by index from 1; its accessors want a document that is not const, though they change nothing.
static const ConfigNode *node_at(const Config *c, int index) {
    return yaml_document_get_node((yaml_document_t *)&c->document, index);
}

int config_line(const ConfigNode *node) {
    return (int)node->start_mark.line + 1;
}

Status config_fail(const Config *c, const ConfigNode *node, const char *format, ...) {
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return fail(BAD_INPUT, "%s:%d: %s", c->path, config_line(node), text);
}

Status config_fail_within(const Config *c, const ConfigNode *node, Status s) {
    return fail_within(s, "%s:%d", c->path, config_line(node));
}

static Status check_keys(const Config *c, const ConfigNode *map) {
    for (int i = 0; i < config_count(map); i++) {
        const char *key = config_key(c, map, i);
        if (!key) return config_fail(c, map, "a key is a list or a map, expected text");
        for (int j = 0; j < i; j++)
            if (!strcmp(key, config_key(c, map, j)))
                return config_fail(c, config_key_node(c, map, i), "'%.60s' is set twice", key);
    }
    return OK;
}

// The child was read after its parent, and has no other: libyaml gives an alias the index of what it stands for.
static Status check_child(const Config *c, const ConfigNode *at, int parent, int child, unsigned char *depth) {
    if (depth[child])
        return config_fail(c, at,
                           "aliases (*name) are not supported, write the value out (a text that starts with '*' needs "
                           "quotes)");
    depth[child] = (unsigned char)(depth[parent] + 1);
    return depth[child] > DEEPEST ? config_fail(c, at, "nested deeper than %d", DEEPEST) : OK;
}

static Status check_node(const Config *c, int index, unsigned char *depth) {
    const ConfigNode *node = node_at(c, index);
    if (config_text(node))
        return strlen(config_text(node)) == node->data.scalar.length ? OK : config_fail(c, node, "a NUL byte in text");
    if (config_count(node) > MOST_ITEMS) return config_fail(c, node, "more than %d items", MOST_ITEMS);
    if (!config_is_map(node)) {
        for (int i = 0; i < config_count(node); i++)
            TRY(check_child(c, node, index, node->data.sequence.items.start[i], depth));
        return OK;
    }
    for (int i = 0; i < config_count(node); i++) {
        const yaml_node_pair_t *pair = &node->data.mapping.pairs.start[i];
        TRY(check_child(c, node, index, pair->key, depth));
        TRY(check_child(c, node_at(c, pair->key), index, pair->value, depth));
    }
    return check_keys(c, node);
}

static Status check_document(const Config *c) {
    if (!config_root(c)) return fail(BAD_INPUT, "%s: is empty, expected 'key: value' lines", c->path);
    size_t nodes = (size_t)(c->document.nodes.top - c->document.nodes.start);
    unsigned char *depth = allocate(nodes + 1, 1); // by index, from 1; 0: not met yet
    depth[1] = 1;
    Status s = OK;
    for (int i = 1; s == OK && (size_t)i <= nodes; i++) s = check_node(c, i, depth);
    free(depth);
    return s;
}

static Status not_yaml(const yaml_parser_t *parser, const Config *c) {
    size_t line = parser->problem_mark.line, from = parser->context_mark.line;
    return fail(BAD_INPUT, "%s:%zu: is not YAML: %s%s%s", c->path, (line > from ? line : from) + 1,
                parser->problem ? parser->problem : "unreadable", parser->context ? ", " : "",
                parser->context ? parser->context : "");
}

static Status load(yaml_parser_t *parser, Config *c) {
    if (!yaml_parser_load(parser, &c->document)) {
        c->document = (yaml_document_t){0};
        return not_yaml(parser, c);
    }
    TRY(check_document(c));
    yaml_document_t more = {0};
    if (!yaml_parser_load(parser, &more)) return not_yaml(parser, c);
    bool second = yaml_document_get_root_node(&more) != NULL;
    size_t line = more.start_mark.line + 1;
    yaml_document_delete(&more);
    return second ? fail(BAD_INPUT, "%s:%zu: a second document, expected one", c->path, line) : OK;
}

// libyaml takes time with the square of the brackets that are open. More of them than this are no text either.
static Status check_brackets(const char *path, const char *text, size_t length) {
    enum { MOST_OPEN = 1000 };
    int open = 0, line = 1;
    for (size_t i = 0; i < length; i++) {
        line += text[i] == '\n';
        if (text[i] == '[' || text[i] == '{') open++;
        if ((text[i] == ']' || text[i] == '}') && open) open--;
        if (open > MOST_OPEN) return fail(BAD_INPUT, "%s:%d: nested deeper than %d", path, line, DEEPEST);
    }
    return OK;
}

Status config_parse(const char *path, const char *text, size_t length, Config *c) {
    *c = (Config){0};
    TRY(check_brackets(path, text, length));
    c->path = copy_text(path);
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) return fail(CANNOT_FINISH, "%s: no memory for the YAML parser", path);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    Status s = load(&parser, c);
    yaml_parser_delete(&parser);
    if (s != OK) config_free(c);
    return s;
}

Status config_read(const char *path, Config *c) {
    char *text;
    size_t length;
    TRY(read_file(path, 1 << 20, &text, &length));
    Status s = config_parse(path, text, length, c);
    free(text);
    return s;
}

void config_free(Config *c) {
    yaml_document_delete(&c->document);
    free(c->path);
    *c = (Config){0};
}

const ConfigNode *config_root(const Config *c) {
    return yaml_document_get_root_node((yaml_document_t *)&c->document);
}

const char *config_text(const ConfigNode *node) {
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

Status config_number(const Config *c, const ConfigNode *node, double *x) {
    const char *text = config_text(node);
    if (text && parse_number(text, x)) return OK;
    return config_fail(c, node, "'%.40s', expected a number", text ? text : "a list or map");
}

int config_count(const ConfigNode *node) {
    if (node->type == YAML_SEQUENCE_NODE) return (int)(node->data.sequence.items.top - node->data.sequence.items.start);
    if (node->type == YAML_MAPPING_NODE) return (int)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    return 1;
}

const ConfigNode *config_item(const Config *c, const ConfigNode *list, int i) {
    return list->type == YAML_SEQUENCE_NODE ? node_at(c, list->data.sequence.items.start[i]) : list;
}

const ConfigNode *config_key_node(const Config *c, const ConfigNode *map, int i) {
    return node_at(c, map->data.mapping.pairs.start[i].key);
}

const char *config_key(const Config *c, const ConfigNode *map, int i) {
    return config_text(config_key_node(c, map, i));
}

const ConfigNode *config_value(const Config *c, const ConfigNode *map, int i) {
    return node_at(c, map->data.mapping.pairs.start[i].value);
}

const ConfigNode *config_get(const Config *c, const ConfigNode *map, const char *key) {
    for (int i = 0; config_is_map(map) && i < config_count(map); i++)
        if (!strcmp(config_key(c, map, i), key)) return config_value(c, map, i);
    return NULL;
}

bool config_is_map(const ConfigNode *node) {
    return node->type == YAML_MAPPING_NODE;
}

bool config_is_list(const ConfigNode *node) {
    return node->type == YAML_SEQUENCE_NODE;
}

Status config_expect_map(const Config *c, const ConfigNode *node, const char *what, const char *const *known) {
    if (!config_is_map(node)) return config_fail(c, node, "%s: expected 'key: value' lines", what);
    for (int i = 0; known && i < config_count(node); i++) {
        const char *key = config_key(c, node, i);
        char list[WORD_LIST];
        if (!word_known(key, known))
            return config_fail(c, config_key_node(c, node, i), "%s: '%.60s' is unknown%s, expected one of %s", what,
                               key, nearest_word(key, known), word_list(known, list));
    }
    return OK;
}
