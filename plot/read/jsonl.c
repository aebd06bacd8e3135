// jsonl.c - see jsonl.h. A line of JSON is also a line of YAML, which config.h reads.
#include "jsonl.h"

#include "ground/config.h"
#include "ground/output.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 256 };

typedef ConfigNode Node;

typedef struct {
    Arena *arena;
    Config config; // the line
    Table *t;
    int row_room;
} Builder;

static Status column_of(Builder *b, const char *name, int line, int *column) {
    Table *t = b->t;
    *column = table_column(t, name);
    if (*column >= 0) return OK;
    if (t->n_columns == MOST_COLUMNS)
        return fail(BAD_INPUT, "%s:%d: more than %d different keys", t->path, line, MOST_COLUMNS);
    *column = t->n_columns;
    t->columns[t->n_columns++] = arena_text(b->arena, name, strlen(name));
    return OK;
}

// A blank row; cells have MOST_COLUMNS to a row until all columns are known.
static char **add_row(Builder *b, int line) {
    static char blank[] = "";
    Table *t = b->t;
    if (t->n_rows == b->row_room) {
        b->row_room = 2 * b->row_room + 256;
        t->cells = reallocate(t->cells, (size_t)b->row_room * MOST_COLUMNS, sizeof *t->cells);
        t->lines = reallocate(t->lines, b->row_room, sizeof *t->lines);
    }
    t->lines[t->n_rows] = line;
    char **cells = t->cells + (long)t->n_rows++ * MOST_COLUMNS;
    for (int i = 0; i < MOST_COLUMNS; i++) cells[i] = blank;
    return cells;
}

static char *cell_text(Builder *b, const Node *node) {
    const char *text = strcmp(config_text(node), "null") ? config_text(node) : "";
    return arena_text(b->arena, text, strlen(text));
}

static Status fill_scalars(Builder *b, const Node *object, int line) {
    char **cells = add_row(b, line);
    for (int i = 0; i < config_count(object); i++) {
        int column;
        const Node *value = config_value(&b->config, object, i);
        if (!config_text(value)) continue;
        TRY(column_of(b, config_key(&b->config, object, i), line, &column));
        cells[column] = cell_text(b, value);
    }
    return OK;
}

static Status add_element(Builder *b, const Node *object, const char *key, const Node *value, int place[2], int line) {
    if (!config_text(value)) return OK; // deeper than a list of lists
    int of_value, of_row, of_column;
    TRY(column_of(b, key, line, &of_value));
    TRY(column_of(b, arena_format(b->arena, "%s.row", key), line, &of_row));
    TRY(column_of(b, arena_format(b->arena, "%s.column", key), line, &of_column));
    TRY(fill_scalars(b, object, line));
    char **cells = b->t->cells + (long)(b->t->n_rows - 1) * MOST_COLUMNS;
    cells[of_value] = cell_text(b, value);
    cells[of_row] = arena_format(b->arena, "%d", place[0]);
    cells[of_column] = arena_format(b->arena, "%d", place[1]);
    return OK;
}

static Status unfold(Builder *b, const Node *object, const char *key, const Node *list, int line) {
    for (int i = 0; i < config_count(list); i++) {
        const Node *inner = config_item(&b->config, list, i);
        bool nested = config_is_list(inner);
        for (int j = 0; j < (nested ? config_count(inner) : 1); j++) {
            int place[2] = {nested ? i : 0, nested ? j : i};
            TRY(add_element(b, object, key, nested ? config_item(&b->config, inner, j) : inner, place, line));
        }
    }
    return OK;
}

static Status add_object(Builder *b, int line) {
    const Node *object = config_root(&b->config);
    if (!config_is_map(object)) return fail(BAD_INPUT, "%s:%d: expected a JSON object", b->t->path, line);
    TRY(fill_scalars(b, object, line));
    for (int i = 0; i < config_count(object); i++) {
        const Node *value = config_value(&b->config, object, i);
        if (config_is_list(value)) TRY(unfold(b, object, config_key(&b->config, object, i), value, line));
    }
    return OK;
}

static Status add_line(Builder *b, const char *text, size_t length, int line) {
    TRY(config_parse(arena_format(b->arena, "%s:%d", b->t->path, line), text, length, &b->config));
    Status s = add_object(b, line);
    config_free(&b->config);
    return s;
}

// From MOST_COLUMNS cells a row to as many as there are columns.
static void close_ranks(Table *t) {
    for (int r = 0; r < t->n_rows; r++)
        memmove(t->cells + (long)r * t->n_columns, t->cells + (long)r * MOST_COLUMNS,
                (size_t)t->n_columns * sizeof *t->cells);
}

Status jsonl_read(Arena *a, const char *path, Table *t) {
    *t = (Table){.path = copy_text(path), .columns = allocate(MOST_COLUMNS, sizeof(char *))};
    Builder b = {.arena = a, .t = t};
    char *text;
    size_t length;
    Status s = read_file(path, (size_t)1 << 31, &text, &length);
    int line = 1;
    for (const char *at = text; s == OK && at && *at; line++) {
        const char *end = strchr(at, '\n');
        size_t n = end ? (size_t)(end - at) : strlen(at);
        if (n > 0) s = add_line(&b, at, n, line);
        at = end ? end + 1 : NULL;
    }
    free(text);
    if (s == OK)
        close_ranks(t);
    else
        table_free(t);
    return s;
}
