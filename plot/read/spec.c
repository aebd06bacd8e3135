// spec.c - see spec.h. Each kind of object has one table of keys; reading, checking and the message that lists what was
// expected all come from it.
#include "spec.h"

#include "format.h"
#include "palette.h"
#include "tree.h"
#include "ground/number.h"
#include "ground/output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    Arena *arena;
    const char *path;
} Reader;

typedef struct Key Key;
struct Key {
    const char *name;
    Status (*read)(const Reader *r, const Key *key, const Node *node, void *field);
    size_t offset;
    double min, max;            // numbers
    const char *const *choices; // words, ends with NULL
};

static Status wrong(const Reader *r, const Node *node, const char *key, const char *expected) {
    const char *got = node->kind == NODE_TEXT ? node->text : node->kind == NODE_LIST ? "a list" : "a map";
    return fail(BAD_INPUT, "%s:%d: %s: got '%.40s', expected %s", r->path, node->line, key, got, expected);
}

static void list_words(char *list, size_t size, const char *word) {
    size_t used = strlen(list);
    snprintf(list + used, size - used, "%s%s", used ? ", " : "", word);
}

static Status read_keys(const Reader *r, const Node *node, const Key *keys, const char *what, void *target) {
    if (node->kind != NODE_MAP) return wrong(r, node, what, "a map of keys");
    for (int i = 0; i < node->n; i++) {
        const char *name = node->keys[i]->text;
        const Key *key = keys;
        while (key->name && strcmp(key->name, name)) key++;
        if (key->name) {
            TRY(key->read(r, key, node->items[i], (char *)target + key->offset));
            continue;
        }
        char known[512] = "";
        for (key = keys; key->name; key++) list_words(known, sizeof known, key->name);
        return fail(BAD_INPUT, "%s:%d: %s: unknown key '%.40s', expected one of %s", r->path, node->keys[i]->line, what,
                    name, known);
    }
    return OK;
}

static Status read_text(const Reader *r, const Key *key, const Node *node, void *field) {
    if (node->kind != NODE_TEXT) return wrong(r, node, key->name, "text");
    *(const char **)field = node->text;
    return OK;
}

static Status read_number(const Reader *r, const Key *key, const Node *node, void *field) {
    double x;
    if (node->kind != NODE_TEXT || !parse_number(node->text, &x)) return wrong(r, node, key->name, "a number");
    if (key->max > key->min && !(x >= key->min && x <= key->max))
        return fail(BAD_INPUT, "%s:%d: %s: %s is out of range, expected %g to %g", r->path, node->line, key->name,
                    node->text, key->min, key->max);
    *(double *)field = x;
    return OK;
}

static Status read_whole(const Reader *r, const Key *key, const Node *node, void *field) {
    double x = 0;
    TRY(read_number(r, key, node, &x));
    if (x != floor(x)) return wrong(r, node, key->name, "a whole number");
    *(int *)field = (int)x;
    return OK;
}

static Status read_bool(const Reader *r, const Key *key, const Node *node, void *field) {
    bool yes = node->kind == NODE_TEXT && !strcmp(node->text, "true");
    if (!yes && (node->kind != NODE_TEXT || strcmp(node->text, "false")))
        return wrong(r, node, key->name, "true or false");
    *(bool *)field = yes;
    return OK;
}

static Status read_choice(const Reader *r, const Key *key, const Node *node, void *field) {
    char known[256] = "one of ";
    for (int i = 0; key->choices[i]; i++) {
        if (node->kind == NODE_TEXT && !strcmp(node->text, key->choices[i])) {
            *(int *)field = i;
            return OK;
        }
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", key->choices[i]);
    }
    return wrong(r, node, key->name, known);
}

static Status read_color(const Reader *r, const Key *key, const Node *node, void *field) {
    Rgb rgb;
    if (node->kind != NODE_TEXT || !palette_named(node->text, &rgb))
        return wrong(r, node, key->name, "#rrggbb or one of blue, vermillion, green, purple, black, orange, sky, gray");
    return read_text(r, key, node, field);
}

static Status read_format(const Reader *r, const Key *key, const Node *node, void *field) {
    if (node->kind != NODE_TEXT || !format_known(node->text))
        return wrong(r, node, key->name, "si, power or .Nf, .Ng with N from 0 to 9");
    return read_text(r, key, node, field);
}

// A single value is a list of one.
static int list_length(const Node *node) {
    return node->kind == NODE_LIST ? node->n : 1;
}
static const Node *list_item(const Node *node, int i) {
    return node->kind == NODE_LIST ? node->items[i] : node;
}

static Status read_numbers(const Reader *r, const Key *key, const Node *node, void *field) {
    Numbers *list = field;
    list->n = list_length(node);
    list->at = arena_get(r->arena, (size_t)list->n, sizeof *list->at);
    for (int i = 0; i < list->n; i++) TRY(read_number(r, key, list_item(node, i), &list->at[i]));
    return OK;
}

static Status read_pair(const Reader *r, const Key *key, const Node *node, void *field) {
    Texts *list = field;
    if (node->kind != NODE_LIST || node->n != 2) return wrong(r, node, key->name, "two columns, [lo, hi]");
    list->n = 2;
    list->at = arena_get(r->arena, 2, sizeof *list->at);
    for (int i = 0; i < 2; i++) TRY(read_text(r, key, node->items[i], &list->at[i]));
    return OK;
}

static Status read_names(const Reader *r, const Key *key, const Node *node, void *field) {
    Names *names = field;
    if (node->kind != NODE_MAP) return wrong(r, node, key->name, "a map {value: text}");
    names->n = node->n;
    names->from = arena_get(r->arena, (size_t)node->n, sizeof *names->from);
    names->to = arena_get(r->arena, (size_t)node->n, sizeof *names->to);
    for (int i = 0; i < node->n; i++) {
        names->from[i] = node->keys[i]->text;
        TRY(read_text(r, key, node->items[i], &names->to[i]));
    }
    return OK;
}

static Status parse_condition(const Reader *r, const Node *node, Condition *c) {
    static const struct {
        const char *sign;
        Comparison comparison;
    } signs[] = {{"!=", IS_NOT}, {"<=", LESS_EQUAL}, {">=", MORE_EQUAL}, {"=", IS},
                 {"<", LESS},    {">", MORE},        {"~", CONTAINS}};
    if (node->kind != NODE_TEXT) return wrong(r, node, "where", "a condition such as kind=curve");
    size_t length = strcspn(node->text, "!<>=~");
    for (size_t i = 0; length && i < sizeof signs / sizeof *signs; i++) {
        size_t width = strlen(signs[i].sign);
        if (strncmp(node->text + length, signs[i].sign, width)) continue;
        c->column = arena_text(r->arena, node->text, length);
        c->value = node->text + length + width;
        c->comparison = signs[i].comparison;
        c->line = node->line;
        bool order = c->comparison >= LESS && c->comparison <= MORE_EQUAL;
        if (order && !parse_number(c->value, &c->number)) return wrong(r, node, "where", "a number after the sign");
        return OK;
    }
    return wrong(r, node, "where", "COLUMN=VALUE, or with != < <= > >= ~ in place of =");
}

static Status read_where(const Reader *r, const Key *key, const Node *node, void *field) {
    (void)key;
    Conditions *list = field;
    int more = list_length(node);
    Condition *at = arena_get(r->arena, (size_t)(list->n + more), sizeof *at);
    for (int i = 0; i < list->n; i++) at[i] = list->at[i];
    for (int i = 0; i < more; i++) TRY(parse_condition(r, list_item(node, i), &at[list->n + i]));
    *list = (Conditions){list->n + more, at};
    return OK;
}

#define FIELD(type, member) offsetof(type, member)

static const char *const scale_words[] = {"linear", "log", "category", NULL};

static Status read_axis(const Reader *r, const Key *key, const Node *node, void *field) {
    static const Key keys[] = {
        {"column", read_text, FIELD(AxisSpec, column), 0, 0, NULL},
        {"label", read_text, FIELD(AxisSpec, label), 0, 0, NULL},
        {"format", read_format, FIELD(AxisSpec, format), 0, 0, NULL},
        {"scale", read_choice, FIELD(AxisSpec, scale), 0, 0, scale_words},
        {"base", read_whole, FIELD(AxisSpec, base), 2, 10, NULL},
        {"min", read_number, FIELD(AxisSpec, min), -1e100, 1e100, NULL},
        {"max", read_number, FIELD(AxisSpec, max), -1e100, 1e100, NULL},
        {"ticks", read_numbers, FIELD(AxisSpec, ticks), -1e100, 1e100, NULL},
        {"symmetric", read_bool, FIELD(AxisSpec, symmetric), 0, 0, NULL},
        {"grid", read_bool, FIELD(AxisSpec, grid), 0, 0, NULL},
        {0},
    };
    AxisSpec *axis = field;
    TRY(read_keys(r, node, keys, key->name, axis));
    if (axis->base != 2 && axis->base != 10) return wrong(r, tree_find(node, "base"), "base", "2 or 10");
    if (axis->min >= axis->max)
        return fail(BAD_INPUT, "%s:%d: %s: min %g is not below max %g", r->path, node->line, key->name, axis->min,
                    axis->max);
    if (axis->scale == SCALE_LOG && (axis->min <= 0 || axis->max <= 0))
        return fail(BAD_INPUT, "%s:%d: %s: a log axis needs min and max above zero", r->path, node->line, key->name);
    for (int i = 0; axis->scale == SCALE_LOG && i < axis->ticks.n; i++)
        if (axis->ticks.at[i] <= 0) return wrong(r, node, key->name, "ticks above zero on a log axis");
    return OK;
}

static const char *const mark_words[] = {"line",  "points",   "steps", "bars", "band",    "errors", "hline",
                                         "vline", "diagonal", "span",  "heat", "contour", "text",   NULL};

static Status read_mark(const Reader *r, const Node *node, MarkSpec *m) {
    static const Key keys[] = {
        {"mark", read_choice, FIELD(MarkSpec, kind), 0, 0, mark_words},
        {"data", read_text, FIELD(MarkSpec, data), 0, 0, NULL},
        {"where", read_where, FIELD(MarkSpec, where), 0, 0, NULL},
        {"x", read_text, FIELD(MarkSpec, x), 0, 0, NULL},
        {"y", read_text, FIELD(MarkSpec, y), 0, 0, NULL},
        {"lo", read_text, FIELD(MarkSpec, lo), 0, 0, NULL},
        {"hi", read_text, FIELD(MarkSpec, hi), 0, 0, NULL},
        {"xlo", read_text, FIELD(MarkSpec, xlo), 0, 0, NULL},
        {"xhi", read_text, FIELD(MarkSpec, xhi), 0, 0, NULL},
        {"value", read_text, FIELD(MarkSpec, value), 0, 0, NULL},
        {"text", read_text, FIELD(MarkSpec, text), 0, 0, NULL},
        {"series", read_text, FIELD(MarkSpec, series), 0, 0, NULL},
        {"shape", read_text, FIELD(MarkSpec, shape), 0, 0, NULL},
        {"label", read_text, FIELD(MarkSpec, label), 0, 0, NULL},
        {"format", read_format, FIELD(MarkSpec, format), 0, 0, NULL},
        {"color", read_color, FIELD(MarkSpec, color), 0, 0, NULL},
        {"marker", read_choice, FIELD(MarkSpec, marker), 0, 0, marker_words},
        {"dash", read_choice, FIELD(MarkSpec, dash), 0, 0, dash_words},
        {"width", read_number, FIELD(MarkSpec, width), 0.25, 4, NULL},
        {"size", read_number, FIELD(MarkSpec, size), 0.5, 12, NULL},
        {"alpha", read_number, FIELD(MarkSpec, alpha), 0.02, 1, NULL},
        {"at", read_number, FIELD(MarkSpec, at), -1e100, 1e100, NULL},
        {"from", read_number, FIELD(MarkSpec, from), -1e100, 1e100, NULL},
        {"to", read_number, FIELD(MarkSpec, to), -1e100, 1e100, NULL},
        {"levels", read_numbers, FIELD(MarkSpec, levels), -1e100, 1e100, NULL},
        {"hollow", read_bool, FIELD(MarkSpec, hollow), 0, 0, NULL},
        {"optional", read_bool, FIELD(MarkSpec, optional), 0, 0, NULL},
        {"direct", read_bool, FIELD(MarkSpec, direct), 0, 0, NULL},
        {"dodge", read_bool, FIELD(MarkSpec, dodge), 0, 0, NULL},
        {"log", read_bool, FIELD(MarkSpec, log), 0, 0, NULL},
        {"quiet", read_bool, FIELD(MarkSpec, quiet), 0, 0, NULL},
        {0},
    };
    *m = (MarkSpec){.line = node->line,
                    .kind = -1,
                    .marker = -1,
                    .dash = -1,
                    .width = NAN,
                    .size = NAN,
                    .alpha = NAN,
                    .at = NAN,
                    .from = NAN,
                    .to = NAN};
    TRY(read_keys(r, node, keys, "mark", m));
    if (m->kind < 0) return fail(BAD_INPUT, "%s:%d: the key 'mark' is missing: line, points, ...", r->path, m->line);
    return OK;
}

// Marks of a panel come after those of the figure.
static Status read_marks(const Reader *r, const Key *key, const Node *node, void *field) {
    PanelSpec *p = field;
    if (node->kind != NODE_LIST) return wrong(r, node, key->name, "a list of marks");
    MarkSpec *marks = arena_get(r->arena, (size_t)(p->n_marks + node->n), sizeof *marks);
    for (int i = 0; i < p->n_marks; i++) marks[i] = p->marks[i];
    for (int i = 0; i < node->n; i++) TRY(read_mark(r, node->items[i], &marks[p->n_marks + i]));
    p->marks = marks;
    p->n_marks += node->n;
    return OK;
}

static const char *const corner_words[] = {"auto", "top-left", "top-right", "bottom-left", "bottom-right", NULL};

static Status read_notes(const Reader *r, const Key *key, const Node *node, void *field) {
    static const Key keys[] = {
        {"text", read_text, FIELD(NoteSpec, text), 0, 0, NULL},
        {"data", read_text, FIELD(NoteSpec, data), 0, 0, NULL},
        {"where", read_where, FIELD(NoteSpec, where), 0, 0, NULL},
        {"interval", read_text, FIELD(NoteSpec, interval), 0, 0, NULL},
        {"uncertainty", read_pair, FIELD(NoteSpec, uncertainty), 0, 0, NULL},
        {"at", read_choice, FIELD(NoteSpec, at), 0, 0, corner_words},
        {0},
    };
    PanelSpec *p = field;
    if (node->kind != NODE_LIST) return wrong(r, node, key->name, "a list of notes");
    NoteSpec *notes = arena_get(r->arena, (size_t)(p->n_notes + node->n), sizeof *notes);
    for (int i = 0; i < p->n_notes; i++) notes[i] = p->notes[i];
    for (int i = 0; i < node->n; i++) {
        NoteSpec *note = &notes[p->n_notes + i];
        note->line = node->items[i]->line;
        TRY(read_keys(r, node->items[i], keys, "note", note));
        if (!note->text) return fail(BAD_INPUT, "%s:%d: a note without 'text'", r->path, note->line);
    }
    p->notes = notes;
    p->n_notes += node->n;
    return OK;
}

static const char *const palette_words[] = {"categories", "ordered", NULL};

static Status read_styles(const Reader *r, const Key *key, const Node *node, void *field) {
    static const Key keys[] = {
        {"title", read_text, FIELD(StyleSpec, title), 0, 0, NULL},
        {"format", read_format, FIELD(StyleSpec, format), 0, 0, NULL},
        {"palette", read_choice, FIELD(StyleSpec, palette), 0, 0, palette_words},
        {"names", read_names, FIELD(StyleSpec, names), 0, 0, NULL},
        {0},
    };
    FigureSpec *f = field;
    if (node->kind != NODE_MAP) return wrong(r, node, key->name, "a map {column: {palette: ..., names: ...}}");
    f->n_styles = node->n;
    f->styles = arena_get(r->arena, (size_t)node->n, sizeof *f->styles);
    for (int i = 0; i < node->n; i++) {
        f->styles[i].column = node->keys[i]->text;
        TRY(read_keys(r, node->items[i], keys, "styles", &f->styles[i]));
    }
    return OK;
}

#define PANEL_KEYS(base)                                                                                               \
    {"data", read_text, base + FIELD(PanelSpec, data), 0, 0, NULL},                                                    \
        {"where", read_where, base + FIELD(PanelSpec, where), 0, 0, NULL},                                             \
        {"x", read_axis, base + FIELD(PanelSpec, x), 0, 0, NULL},                                                      \
        {"y", read_axis, base + FIELD(PanelSpec, y), 0, 0, NULL}, {"marks", read_marks, base, 0, 0, NULL},             \
        {"notes", read_notes, base, 0, 0, NULL}, {                                                                     \
        "equal", read_bool, base + FIELD(PanelSpec, equal), 0, 0, NULL                                                 \
    }

static Status read_panels(const Reader *r, const Key *key, const Node *node, void *field) {
    static const Key keys[] = {
        {"title", read_text, FIELD(PanelSpec, title), 0, 0, NULL},
        {"optional", read_bool, FIELD(PanelSpec, optional), 0, 0, NULL},
        PANEL_KEYS(0),
        {0},
    };
    FigureSpec *f = field;
    if (node->kind != NODE_LIST || node->n == 0) return wrong(r, node, key->name, "a list of panels");
    f->n_panels = node->n;
    f->panels = arena_get(r->arena, (size_t)node->n, sizeof *f->panels);
    for (int i = 0; i < node->n; i++) {
        f->panels[i] = f->defaults;
        f->panels[i].line = node->items[i]->line;
        TRY(read_keys(r, node->items[i], keys, "panel", &f->panels[i]));
    }
    return OK;
}

// Which columns a mark of each kind cannot do without.
static Status check_mark(const Reader *r, const PanelSpec *p, const MarkSpec *m) {
    const char *x = m->x ? m->x : p->x.column, *y = m->y ? m->y : p->y.column;
    const char *lacks = NULL;
    bool needs_y = m->kind != MARK_BAND && m->kind != MARK_VLINE && m->kind != MARK_SPAN && m->kind != MARK_DIAGONAL;
    bool needs_x = m->kind != MARK_HLINE && m->kind != MARK_DIAGONAL;
    if (m->kind == MARK_HLINE || m->kind == MARK_VLINE)
        needs_x = needs_x && isnan(m->at), needs_y = needs_y && isnan(m->at);
    if (m->kind == MARK_SPAN) needs_x = isnan(m->from) && isnan(m->to);
    if (needs_x && !x) lacks = "x";
    if (needs_y && !y) lacks = "y";
    if (m->kind == MARK_BAND && !(m->lo && m->hi)) lacks = "lo and hi";
    if (m->kind == MARK_ERRORS && !(m->lo && m->hi) && !(m->xlo && m->xhi)) lacks = "lo and hi, or xlo and xhi";
    if ((m->kind == MARK_HEAT || m->kind == MARK_CONTOUR) && !m->value) lacks = "value";
    if (m->kind == MARK_TEXT && !m->text) lacks = "text";
    if (lacks)
        return fail(BAD_INPUT, "%s:%d: mark %s: needs the column for %s", r->path, m->line, mark_words[m->kind], lacks);
    return OK;
}

static const char *const type_words[] = {"figure", "table", NULL};

static Status read_figure(const Reader *r, const Node *root, Spec *spec) {
    static const char *const share_words[] = {"none", "x", "y", "both", NULL};
    static const char *const legend_words[] = {"auto", "top", "right", "none", NULL};
    static const Key keys[] = {
        {"type", read_choice, FIELD(Spec, type), 0, 0, type_words},
        {"title", read_text, FIELD(Spec, title), 0, 0, NULL},
        {"width", read_number, FIELD(Spec, width), 1, 20, NULL},
        {"height", read_number, FIELD(Spec, height), 0.5, 20, NULL},
        {"columns", read_whole, FIELD(Spec, figure.columns), 1, 12, NULL},
        {"heights", read_numbers, FIELD(Spec, figure.heights), 0.01, 100, NULL},
        {"widths", read_numbers, FIELD(Spec, figure.widths), 0.01, 100, NULL},
        {"share", read_choice, FIELD(Spec, figure.share), 0, 0, share_words},
        {"legend", read_choice, FIELD(Spec, figure.legend), 0, 0, legend_words},
        {"styles", read_styles, FIELD(Spec, figure), 0, 0, NULL},
        PANEL_KEYS(FIELD(Spec, figure.defaults)),
        {0},
    };
    if (root->kind != NODE_MAP) return wrong(r, root, "figure", "a map of keys");
    // Panels start from the figure's keys, wherever in the file these stand.
    static const Key late[] = {{"panels", read_panels, FIELD(Spec, figure), 0, 0, NULL}, {0}};
    Node rest = *root, panels = *root;
    rest.n = panels.n = 0;
    rest.items = arena_get(r->arena, (size_t)root->n, sizeof *rest.items);
    rest.keys = arena_get(r->arena, (size_t)root->n, sizeof *rest.keys);
    panels.items = arena_get(r->arena, 1, sizeof *rest.items);
    panels.keys = arena_get(r->arena, 1, sizeof *rest.keys);
    for (int i = 0; i < root->n; i++) {
        Node *to = strcmp(root->keys[i]->text, "panels") ? &rest : &panels;
        to->keys[to->n] = root->keys[i];
        to->items[to->n++] = root->items[i];
    }
    FigureSpec *f = &spec->figure;
    f->columns = 1;
    AxisSpec axis = {.base = 10, .min = NAN, .max = NAN};
    f->defaults = (PanelSpec){.line = root->line, .x = axis, .y = axis};
    TRY(read_keys(r, &rest, keys, "figure", spec));
    TRY(read_keys(r, &panels, late, "figure", spec));
    if (!f->n_panels) {
        f->n_panels = 1;
        f->panels = &f->defaults;
    }
    for (int i = 0; i < f->n_panels; i++) {
        if (!f->panels[i].n_marks) return fail(BAD_INPUT, "%s:%d: a panel without marks", r->path, f->panels[i].line);
        for (int k = 0; k < f->panels[i].n_marks; k++) TRY(check_mark(r, &f->panels[i], &f->panels[i].marks[k]));
    }
    return OK;
}

static Status read_table_columns(const Reader *r, const Key *key, const Node *node, void *field) {
    static const char *const align_words[] = {"left", "right", "center", "decimal", NULL};
    static const Key keys[] = {
        {"column", read_text, FIELD(TableColumn, column), 0, 0, NULL},
        {"text", read_text, FIELD(TableColumn, text), 0, 0, NULL},
        {"head", read_text, FIELD(TableColumn, head), 0, 0, NULL},
        {"format", read_format, FIELD(TableColumn, format), 0, 0, NULL},
        {"align", read_choice, FIELD(TableColumn, align), 0, 0, align_words},
        {"uncertainty", read_pair, FIELD(TableColumn, uncertainty), 0, 0, NULL},
        {"names", read_names, FIELD(TableColumn, names), 0, 0, NULL},
        {0},
    };
    TableSpec *t = field;
    if (node->kind != NODE_LIST || node->n == 0) return wrong(r, node, key->name, "a list of columns");
    t->n_columns = node->n;
    t->columns = arena_get(r->arena, (size_t)node->n, sizeof *t->columns);
    for (int i = 0; i < node->n; i++) {
        TableColumn *c = &t->columns[i];
        c->line = node->items[i]->line;
        TRY(read_keys(r, node->items[i], keys, "columns", c));
        if (!c->column == !c->text)
            return fail(BAD_INPUT, "%s:%d: a table column needs either 'column' or 'text'", r->path, c->line);
    }
    return OK;
}

static Status read_table_spec(const Reader *r, const Node *root, Spec *spec) {
    static const Key keys[] = {
        {"type", read_choice, FIELD(Spec, type), 0, 0, type_words},
        {"title", read_text, FIELD(Spec, title), 0, 0, NULL},
        {"width", read_number, FIELD(Spec, width), 1, 20, NULL},
        {"data", read_text, FIELD(Spec, table.data), 0, 0, NULL},
        {"where", read_where, FIELD(Spec, table.where), 0, 0, NULL},
        {"group", read_text, FIELD(Spec, table.group), 0, 0, NULL},
        {"size", read_number, FIELD(Spec, table.size), 6, 12, NULL},
        {"columns", read_table_columns, FIELD(Spec, table), 0, 0, NULL},
        {0},
    };
    spec->table.size = 8;
    TRY(read_keys(r, root, keys, "table", spec));
    if (!spec->table.n_columns) return fail(BAD_INPUT, "%s:%d: a table without 'columns'", r->path, root->line);
    return OK;
}

Status spec_parse(Arena *a, const char *path, const char *text, size_t length, Spec *spec) {
    *spec = (Spec){.path = path, .width = 5.5, .height = 3.4};
    Reader r = {a, path};
    Node *root;
    TRY(tree_parse(a, path, text, length, &root));
    const Node *type = tree_find(root, "type");
    bool table = type && type->kind == NODE_TEXT && !strcmp(type->text, "table");
    return table ? read_table_spec(&r, root, spec) : read_figure(&r, root, spec);
}

Status spec_read(Arena *a, const char *path, Spec *spec) {
    char *text;
    size_t length;
    TRY(read_file(path, 1 << 20, &text, &length));
    Status s = spec_parse(a, path, text, length, spec);
    free(text);
    return s;
}
