// jsonl.c - see jsonl.h. A line of JSON is also a line of YAML, which tree.h reads.
#include "jsonl.h"

#include "tree.h"
#include "ground/output.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 256 };

typedef struct {
    Arena *arena;
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
    const char *text = strcmp(node->text, "null") ? node->text : "";
    return arena_text(b->arena, text, strlen(text));
}

static Status fill_scalars(Builder *b, const Node *object, int line) {
    char **cells = add_row(b, line);
    for (int i = 0; i < object->n; i++) {
        int column;
        if (object->items[i]->kind != NODE_TEXT) continue;
        TRY(column_of(b, object->keys[i]->text, line, &column));
        cells[column] = cell_text(b, object->items[i]);
    }
    return OK;
}

static Status add_element(Builder *b, const Node *object, const char *key, const Node *value, int place[2], int line) {
    if (value->kind != NODE_TEXT) return OK; // deeper than a list of lists
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
    for (int i = 0; i < list->n; i++) {
        const Node *inner = list->items[i];
        bool nested = inner->kind == NODE_LIST;
        for (int j = 0; j < (nested ? inner->n : 1); j++) {
            int place[2] = {nested ? i : 0, nested ? j : i};
            TRY(add_element(b, object, key, nested ? inner->items[j] : inner, place, line));
        }
    }
    return OK;
}

static Status add_line(Builder *b, const char *text, size_t length, int line) {
    char *where = arena_format(b->arena, "%s:%d", b->t->path, line);
    Node *object;
    TRY(tree_parse(b->arena, where, text, length, &object));
    if (object->kind != NODE_MAP) return fail(BAD_INPUT, "%s: expected a JSON object", where);
    TRY(fill_scalars(b, object, line));
    for (int i = 0; i < object->n; i++)
        if (object->items[i]->kind == NODE_LIST) TRY(unfold(b, object, object->keys[i]->text, object->items[i], line));
    return OK;
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
