// tree.c - see tree.h.
#include "tree.h"

#include <string.h>
#include <yaml.h>

enum { DEEPEST = 16, MOST_ITEMS = 4096 };

typedef struct {
    Arena *arena;
    const char *path;
    yaml_parser_t yaml;
} Parser;

static Status next_event(Parser *p, yaml_event_t *event) {
    if (yaml_parser_parse(&p->yaml, event)) return OK;
    const char *problem = p->yaml.problem ? p->yaml.problem : "unreadable";
    size_t line = p->yaml.problem_mark.line, from = p->yaml.context_mark.line;
    return fail(BAD_INPUT, "%s:%zu: not YAML: %s%s%s", p->path, (line > from ? line : from) + 1, problem,
                p->yaml.context ? ", " : "", p->yaml.context ? p->yaml.context : "");
}

static Status parse_node(Parser *p, const yaml_event_t *event, int depth, Node **out);

// Parses the node after a key or list mark; *end is set when the collection closed instead.
static Status parse_next(Parser *p, int depth, Node **out, bool *end) {
    yaml_event_t event;
    TRY(next_event(p, &event));
    *end = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
    Status s = *end ? OK : parse_node(p, &event, depth, out);
    yaml_event_delete(&event);
    return s;
}

static Status add_key(Parser *p, Node *map, Node *key) {
    if (key->kind != NODE_TEXT) return fail(BAD_INPUT, "%s:%d: a key must be a word", p->path, key->line);
    for (int i = 0; i < map->n; i++)
        if (!strcmp(map->keys[i]->text, key->text))
            return fail(BAD_INPUT, "%s:%d: key '%s' is given twice", p->path, key->line, key->text);
    map->keys[map->n] = key;
    return OK;
}

static Status parse_items(Parser *p, Node *node, int depth) {
    Node **items = NULL, **keys = NULL;
    for (int room = 0;;) {
        if (node->n == room) {
            room = 2 * room + 8;
            Node **more_items = arena_get(p->arena, (size_t)room, sizeof *items);
            Node **more_keys = arena_get(p->arena, (size_t)room, sizeof *keys);
            for (int i = 0; i < node->n; i++) more_items[i] = items[i], more_keys[i] = keys[i];
            node->items = items = more_items;
            node->keys = keys = more_keys;
        }
        if (node->n == MOST_ITEMS) return fail(BAD_INPUT, "%s:%d: more than %d items", p->path, node->line, MOST_ITEMS);
        Node *item = NULL;
        bool end = false;
        TRY(parse_next(p, depth + 1, &item, &end));
        if (end) return OK;
        if (node->kind == NODE_MAP) {
            TRY(add_key(p, node, item));
            TRY(parse_next(p, depth + 1, &item, &end));
        }
        items[node->n++] = item;
    }
}

static Status parse_node(Parser *p, const yaml_event_t *event, int depth, Node **out) {
    Node *node = *out = arena_get(p->arena, 1, sizeof *node);
    node->line = (int)event->start_mark.line + 1;
    if (depth > DEEPEST) return fail(BAD_INPUT, "%s:%d: nested deeper than %d", p->path, node->line, DEEPEST);
    if (event->type == YAML_SCALAR_EVENT) {
        node->kind = NODE_TEXT;
        node->text = arena_text(p->arena, (const char *)event->data.scalar.value, event->data.scalar.length);
        if (strlen(node->text) != event->data.scalar.length)
            return fail(BAD_INPUT, "%s:%d: a NUL byte in text", p->path, node->line);
        return OK;
    }
    if (event->type == YAML_ALIAS_EVENT)
        return fail(BAD_INPUT,
                    "%s:%d: aliases (*name) are not supported, write the value out (a text that starts "
                    "with '*' needs quotes)",
                    p->path, node->line);
    node->kind = event->type == YAML_MAPPING_START_EVENT ? NODE_MAP : NODE_LIST;
    return parse_items(p, node, depth);
}

static Status parse_document(Parser *p, Node **root) {
    yaml_event_t event;
    bool started = false;
    for (;;) {
        TRY(next_event(p, &event));
        yaml_event_type_t type = event.type;
        Status s = OK;
        if (type == YAML_DOCUMENT_START_EVENT && started)
            s = fail(BAD_INPUT, "%s:%zu: a second document, expected one", p->path, event.start_mark.line + 1);
        started = started || type == YAML_DOCUMENT_START_EVENT;
        if (type == YAML_SCALAR_EVENT || type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT ||
            type == YAML_ALIAS_EVENT)
            s = parse_node(p, &event, 0, root);
        yaml_event_delete(&event);
        if (s != OK || type == YAML_STREAM_END_EVENT || type == YAML_NO_EVENT) return s;
    }
}

Status tree_parse(Arena *a, const char *path, const char *text, size_t length, Node **root) {
    *root = NULL;
    Parser p = {.arena = a, .path = path};
    if (!yaml_parser_initialize(&p.yaml)) return fail(CANNOT_FINISH, "%s: no memory for a YAML parser", path);
    yaml_parser_set_input_string(&p.yaml, (const unsigned char *)text, length);
    Status s = parse_document(&p, root);
    yaml_parser_delete(&p.yaml);
    if (s == OK && !*root) s = fail(BAD_INPUT, "%s: is empty, expected a figure or a table", path);
    return s;
}

const Node *tree_find(const Node *map, const char *key) {
    for (int i = 0; map->kind == NODE_MAP && i < map->n; i++)
        if (!strcmp(map->keys[i]->text, key)) return map->items[i];
    return NULL;
}
