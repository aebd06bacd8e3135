// spec.c - see spec.h. Each kind of object has one table of keys; reading, checking and the message that lists what was
// expected all come from it.
#include "spec.h"

#include "format.h"
#include "palette.h"
#include "ground/config.h"
#include "ground/number.h"
#include "ground/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef ConfigNode Node;

typedef struct {
    Arena *arena;
    const Config *config;
} Reader;

typedef struct Key Key;
struct Key {
    const char *name;
    Status (*read)(const Reader *r, const Key *key, const Node *node, void *field);
    size_t offset;
    double min, max;            // numbers
    const char *const *choices; // words, ends with NULL
    bool late;                  // read after the others, wherever it stands
};

static Status wrong(const Reader *r, const Node *node, const char *key, const char *expected) {
    const char *got = config_text(node) ? config_text(node) : config_is_list(node) ? "a list" : "a map";
    return config_fail(r->config, node, "%s: got '%.40s', expected %s", key, got, expected);
}

static const Key *find_key(const Key *keys, const char *name) {
    while (keys->name && strcmp(keys->name, name)) keys++;
    return keys->name ? keys : NULL;
}

static Status unknown_key(const Reader *r, const Node *node, const Key *keys, const char *what) {
    const char *known[64] = {NULL}, *name = config_text(node);
    for (int n = 0; n < 63 && keys[n].name; n++) known[n] = keys[n].name;
    char list[WORD_LIST];
    return config_fail(r->config, node, "%s: unknown key '%.40s'%s, expected one of %s", what, name,
                       nearest_word(name, known), word_list(known, list));
}

static Status read_keys(const Reader *r, const Node *node, const Key *keys, const char *what, void *target) {
    if (!config_is_map(node)) return wrong(r, node, what, "a map of keys");
    for (int late = 0; late < 2; late++)
        for (int i = 0; i < config_count(node); i++) {
            const Key *key = find_key(keys, config_key(r->config, node, i));
            if (!key) return unknown_key(r, config_key_node(r->config, node, i), keys, what);
            if (key->late == late)
                TRY(key->read(r, key, config_value(r->config, node, i), (char *)target + key->offset));
        }
    return OK;
}

static const char *kept(const Reader *r, const char *text) {
    return arena_text(r->arena, text, strlen(text));
}

static Status read_text(const Reader *r, const Key *key, const Node *node, void *field) {
    if (!config_text(node)) return wrong(r, node, key->name, "text");
    *(const char **)field = kept(r, config_text(node));
    return OK;
}

// Text that is drawn. Our own marks for up, down and slanted; TeX would come out sign by sign.
static Status read_rich(const Reader *r, const Key *key, const Node *node, void *field) {
    TRY(read_text(r, key, node, field));
    const char *text = *(const char **)field, *dollar = strchr(text, '$');
    if (!dollar || (dollar > text && dollar[-1] == '\\') || !strchr(dollar + 1, '$')) return OK;
    return wrong(r, node, key->name, "^{up}, _{down} and *slanted* in place of TeX, as in *N*_{a}; \\$ for a dollar");
}

static Status read_number(const Reader *r, const Key *key, const Node *node, void *field) {
    double x;
    if (!config_text(node) || !parse_number(config_text(node), &x)) return wrong(r, node, key->name, "a number");
    if (key->max > key->min && !(x >= key->min && x <= key->max))
        return config_fail(r->config, node, "%s: %s is out of range, expected %g to %g", key->name, config_text(node),
                           key->min, key->max);
    *(double *)field = x;
    return OK;
}

Status spec_width(const char *text, double *inches) {
    // A column, and the page where it has two, of the styles' own files.
    static const char *const names[] = {"neurips", "iclr",      "icml",   "icml-page",   "acl", "acl-page",
                                        "ieee",    "ieee-page", "nature", "nature-page", NULL};
    static const double widths[] = {5.5, 5.5, 3.25, 6.75, 3.3, 6.8, 3.39, 6.9, 3.5, 7.2};
    char list[WORD_LIST];
    for (int i = 0; names[i]; i++)
        if (!strcmp(names[i], text)) {
            *inches = widths[i];
            return OK;
        }
    if (parse_number(text, inches) && *inches >= 1 && *inches <= 20) return OK;
    if (parse_number(text, inches)) return fail(BAD_INPUT, "%s is out of range, expected 1 to 20", text);
    return fail(BAD_INPUT, "got '%.40s', expected a number of inches (1 to 20) or one of %s%s", text,
                word_list(names, list), nearest_word(text, names));
}

static Status read_width(const Reader *r, const Key *key, const Node *node, void *field) {
    const char *text = config_text(node);
    if (!text) return wrong(r, node, key->name, "a number of inches, or the name of a journal");
    Status s = spec_width(text, field);
    return s == OK ? OK : fail_within(s, "%s:%d: %s", r->config->path, config_line(node), key->name);
}

static Status read_whole(const Reader *r, const Key *key, const Node *node, void *field) {
    double x = 0;
    TRY(read_number(r, key, node, &x));
    if (x != floor(x)) return wrong(r, node, key->name, "a whole number");
    *(int *)field = (int)x;
    return OK;
}

static Status read_bool(const Reader *r, const Key *key, const Node *node, void *field) {
    static const char *const words[] = {"false", "true", NULL};
    for (int i = 0; i < 2; i++)
        if (config_text(node) && !strcmp(config_text(node), words[i])) {
            *(bool *)field = i;
            return OK;
        }
    return wrong(r, node, key->name, "true or false");
}

static Status read_choice(const Reader *r, const Key *key, const Node *node, void *field) {
    const char *word = config_text(node);
    for (int i = 0; word && key->choices[i]; i++)
        if (!strcmp(word, key->choices[i])) {
            *(int *)field = i;
            return OK;
        }
    char list[WORD_LIST], expected[WORD_LIST + 96];
    snprintf(expected, sizeof expected, "one of %s%s", word_list(key->choices, list),
             word ? nearest_word(word, key->choices) : "");
    return wrong(r, node, key->name, expected);
}

static Status read_color(const Reader *r, const Key *key, const Node *node, void *field) {
    Rgb rgb;
    if (!config_text(node) || !palette_named(config_text(node), &rgb))
        return wrong(r, node, key->name, "#rrggbb or one of blue, vermillion, green, purple, black, orange, sky, gray");
    return read_text(r, key, node, field);
}

static Status read_format(const Reader *r, const Key *key, const Node *node, void *field) {
    if (!config_text(node) || !format_known(config_text(node)))
        return wrong(r, node, key->name, "si, power or .Nf, .Ng with N from 0 to 9");
    return read_text(r, key, node, field);
}

// A single value is a list of one.
static const Node *list_item(const Reader *r, const Node *node, int i) {
    return config_item(r->config, node, i);
}

static Status read_numbers(const Reader *r, const Key *key, const Node *node, void *field) {
    Numbers *list = field;
    list->n = config_count(node);
    list->at = arena_get(r->arena, (size_t)list->n, sizeof *list->at);
    for (int i = 0; i < list->n; i++) TRY(read_number(r, key, list_item(r, node, i), &list->at[i]));
    return OK;
}

static Status read_pair(const Reader *r, const Key *key, const Node *node, void *field) {
    Texts *list = field;
    if (!config_is_list(node) || config_count(node) != 2) return wrong(r, node, key->name, "two columns, [lo, hi]");
    list->n = 2;
    list->at = arena_get(r->arena, 2, sizeof *list->at);
    for (int i = 0; i < 2; i++) TRY(read_text(r, key, list_item(r, node, i), &list->at[i]));
    return OK;
}

static Status read_names(const Reader *r, const Key *key, const Node *node, void *field) {
    Names *names = field;
    if (!config_is_map(node)) return wrong(r, node, key->name, "a map {value: text}");
    names->n = config_count(node);
    names->from = arena_get(r->arena, (size_t)config_count(node), sizeof *names->from);
    names->to = arena_get(r->arena, (size_t)config_count(node), sizeof *names->to);
    for (int i = 0; i < config_count(node); i++) {
        names->from[i] = kept(r, config_key(r->config, node, i));
        TRY(read_rich(r, key, config_value(r->config, node, i), &names->to[i]));
    }
    return OK;
}

static Status parse_condition(const Reader *r, const Node *node, Condition *c) {
    static const struct {
        const char *sign;
        Comparison comparison;
    } signs[] = {{"!=", IS_NOT}, {"<=", LESS_EQUAL}, {">=", MORE_EQUAL}, {"=", IS},
                 {"<", LESS},    {">", MORE},        {"~", CONTAINS}};
    if (!config_text(node)) return wrong(r, node, "where", "a condition such as kind=curve");
    const char *text = kept(r, config_text(node));
    size_t length = strcspn(text, "!<>=~");
    for (size_t i = 0; length && i < sizeof signs / sizeof *signs; i++) {
        size_t width = strlen(signs[i].sign);
        if (strncmp(text + length, signs[i].sign, width)) continue;
        c->column = arena_text(r->arena, text, length);
        c->value = text + length + width;
        c->comparison = signs[i].comparison;
        c->line = config_line(node);
        bool order = c->comparison >= LESS && c->comparison <= MORE_EQUAL;
        if (order && !parse_number(c->value, &c->number)) return wrong(r, node, "where", "a number after the sign");
        return OK;
    }
    return wrong(r, node, "where", "COLUMN=VALUE, or with != < <= > >= ~ in place of =");
}

static Status read_where(const Reader *r, const Key *key, const Node *node, void *field) {
    (void)key;
    Conditions *list = field;
    int more = config_count(node);
    Condition *at = arena_get(r->arena, (size_t)(list->n + more), sizeof *at);
    for (int i = 0; i < list->n; i++) at[i] = list->at[i];
    for (int i = 0; i < more; i++) TRY(parse_condition(r, list_item(r, node, i), &at[list->n + i]));
    *list = (Conditions){list->n + more, at};
    return OK;
}

// In a table of keys: where in the target the value goes.
#define AT(type, member) .offset = offsetof(type, member)

static const char *const scale_words[] = {"linear", "log", "category", NULL};

static Status read_axis(const Reader *r, const Key *key, const Node *node, void *field) {
    static const Key keys[] = {
        {"column", read_text, AT(AxisSpec, column)},
        {"label", read_rich, AT(AxisSpec, label)},
        {"format", read_format, AT(AxisSpec, format)},
        {"scale", read_choice, AT(AxisSpec, scale), .choices = scale_words},
        {"base", read_whole, AT(AxisSpec, base), 2, 10},
        {"min", read_number, AT(AxisSpec, min), -1e100, 1e100},
        {"max", read_number, AT(AxisSpec, max), -1e100, 1e100},
        {"ticks", read_numbers, AT(AxisSpec, ticks), -1e100, 1e100},
        {"symmetric", read_bool, AT(AxisSpec, symmetric)},
        {"grid", read_bool, AT(AxisSpec, grid)},
        {0},
    };
    AxisSpec *axis = field;
    TRY(read_keys(r, node, keys, key->name, axis));
    if (axis->base != 2 && axis->base != 10) return wrong(r, config_get(r->config, node, "base"), "base", "2 or 10");
    if (axis->min >= axis->max)
        return fail(BAD_INPUT, "%s:%d: %s: min %g is not below max %g", r->config->path, config_line(node), key->name,
                    axis->min, axis->max);
    if (axis->scale == SCALE_LOG && (axis->min <= 0 || axis->max <= 0))
        return fail(BAD_INPUT, "%s:%d: %s: a log axis needs min and max above zero", r->config->path, config_line(node),
                    key->name);
    for (int i = 0; axis->scale == SCALE_LOG && i < axis->ticks.n; i++)
        if (axis->ticks.at[i] <= 0) return wrong(r, node, key->name, "ticks above zero on a log axis");
    return OK;
}

static const char *const mark_words[] = {"line",  "points",   "steps",  "bars",   "band",    "errors", "hline",
                                         "vline", "diagonal", "span",   "heat",   "contour", "text",   "histogram",
                                         "ecdf",  "box",      "violin", "smooth", NULL};

static const char *const clip_words[] = {"none", "ends", "all", NULL};

static Status read_mark(const Reader *r, const Node *node, MarkSpec *m) {
    static const Key keys[] = {
        {"mark", read_choice, AT(MarkSpec, kind), .choices = mark_words},
        {"data", read_text, AT(MarkSpec, data)},
        {"where", read_where, AT(MarkSpec, where)},
        {"x", read_text, AT(MarkSpec, x)},
        {"y", read_text, AT(MarkSpec, y)},
        {"lo", read_text, AT(MarkSpec, lo)},
        {"hi", read_text, AT(MarkSpec, hi)},
        {"xlo", read_text, AT(MarkSpec, xlo)},
        {"xhi", read_text, AT(MarkSpec, xhi)},
        {"value", read_text, AT(MarkSpec, value)},
        {"text", read_text, AT(MarkSpec, text)},
        {"series", read_text, AT(MarkSpec, series)},
        {"shape", read_text, AT(MarkSpec, shape)},
        {"label", read_rich, AT(MarkSpec, label)},
        {"format", read_format, AT(MarkSpec, format)},
        {"color", read_color, AT(MarkSpec, color)},
        {"marker", read_choice, AT(MarkSpec, marker), .choices = marker_words},
        {"dash", read_choice, AT(MarkSpec, dash), .choices = dash_words},
        {"width", read_number, AT(MarkSpec, width), 0.25, 4},
        {"size", read_number, AT(MarkSpec, size), 0.5, 12},
        {"alpha", read_number, AT(MarkSpec, alpha), 0.02, 1},
        {"at", read_number, AT(MarkSpec, at), -1e100, 1e100},
        {"from", read_number, AT(MarkSpec, from), -1e100, 1e100},
        {"to", read_number, AT(MarkSpec, to), -1e100, 1e100},
        {"levels", read_numbers, AT(MarkSpec, levels), -1e100, 1e100},
        {"hollow", read_bool, AT(MarkSpec, hollow)},
        {"optional", read_bool, AT(MarkSpec, optional)},
        {"direct", read_bool, AT(MarkSpec, direct)},
        {"dodge", read_bool, AT(MarkSpec, dodge)},
        {"log", read_bool, AT(MarkSpec, log)},
        {"quiet", read_bool, AT(MarkSpec, quiet)},
        {"clip", read_choice, AT(MarkSpec, clip), .choices = clip_words},
        {"bins", read_whole, AT(MarkSpec, bins), 1, 200},
        {"share", read_number, AT(MarkSpec, span), 0.02, 1},
        {0},
    };
    *m = (MarkSpec){.line = config_line(node),
                    .kind = -1,
                    .marker = -1,
                    .dash = -1,
                    .width = NAN,
                    .size = NAN,
                    .alpha = NAN,
                    .at = NAN,
                    .from = NAN,
                    .to = NAN,
                    .span = 0.3};
    TRY(read_keys(r, node, keys, "mark", m));
    if (m->kind < 0)
        return fail(BAD_INPUT, "%s:%d: the key 'mark' is missing: line, points, ...", r->config->path, m->line);
    return OK;
}

// Marks of a panel come after those of the figure.
static Status read_marks(const Reader *r, const Key *key, const Node *node, void *field) {
    PanelSpec *p = field;
    if (!config_is_list(node)) return wrong(r, node, key->name, "a list of marks");
    MarkSpec *marks = arena_get(r->arena, (size_t)(p->n_marks + config_count(node)), sizeof *marks);
    for (int i = 0; i < p->n_marks; i++) marks[i] = p->marks[i];
    for (int i = 0; i < config_count(node); i++) TRY(read_mark(r, list_item(r, node, i), &marks[p->n_marks + i]));
    p->marks = marks;
    p->n_marks += config_count(node);
    return OK;
}

static const char *const corner_words[] = {"auto",         "top-left", "top-right", "bottom-left",
                                           "bottom-right", "heading",  NULL};

static Status read_notes(const Reader *r, const Key *key, const Node *node, void *field) {
    static const Key keys[] = {
        {"text", read_rich, AT(NoteSpec, text)},
        {"data", read_text, AT(NoteSpec, data)},
        {"where", read_where, AT(NoteSpec, where)},
        {"interval", read_text, AT(NoteSpec, interval)},
        {"uncertainty", read_pair, AT(NoteSpec, uncertainty)},
        {"at", read_choice, AT(NoteSpec, at), .choices = corner_words},
        {"x", read_number, AT(NoteSpec, x), -1e100, 1e100},
        {"y", read_number, AT(NoteSpec, y), -1e100, 1e100},
        {"arrow", read_numbers, AT(NoteSpec, arrow), -1e100, 1e100},
        {0},
    };
    PanelSpec *p = field;
    if (!config_is_list(node)) return wrong(r, node, key->name, "a list of notes");
    NoteSpec *notes = arena_get(r->arena, (size_t)(p->n_notes + config_count(node)), sizeof *notes);
    for (int i = 0; i < p->n_notes; i++) notes[i] = p->notes[i];
    for (int i = 0; i < config_count(node); i++) {
        NoteSpec *note = &notes[p->n_notes + i];
        *note = (NoteSpec){.line = config_line(list_item(r, node, i)), .x = NAN, .y = NAN};
        TRY(read_keys(r, list_item(r, node, i), keys, "note", note));
        if (!note->text) return fail(BAD_INPUT, "%s:%d: a note without 'text'", r->config->path, note->line);
        bool placed = !isnan(note->x);
        if (placed == isnan(note->y) || (note->arrow.n && (!placed || note->arrow.n != 2)))
            return fail(BAD_INPUT, "%s:%d: a note at a place needs both x and y, and its arrow an [x, y] to point at",
                        r->config->path, note->line);
    }
    p->notes = notes;
    p->n_notes += config_count(node);
    return OK;
}

static const char *const palette_words[] = {"categories", "ordered", NULL};

static Status read_styles(const Reader *r, const Key *key, const Node *node, void *field) {
    static const Key keys[] = {
        {"title", read_rich, AT(StyleSpec, title)},
        {"format", read_format, AT(StyleSpec, format)},
        {"palette", read_choice, AT(StyleSpec, palette), .choices = palette_words},
        {"names", read_names, AT(StyleSpec, names)},
        {0},
    };
    FigureSpec *f = field;
    if (!config_is_map(node)) return wrong(r, node, key->name, "a map {column: {palette: ..., names: ...}}");
    f->n_styles = config_count(node);
    f->styles = arena_get(r->arena, (size_t)config_count(node), sizeof *f->styles);
    for (int i = 0; i < config_count(node); i++) {
        f->styles[i].column = kept(r, config_key(r->config, node, i));
        TRY(read_keys(r, config_value(r->config, node, i), keys, "styles", &f->styles[i]));
    }
    return OK;
}

// Of a panel, or of the figure, where they hold for every panel; `to` is the way to it. Marks and notes are added to
// the panel itself, which starts with its line.
#define PANEL_KEYS(type, to)                                                                                           \
    {"data", read_text, AT(type, to data)}, {"where", read_where, AT(type, to where)},                                 \
        {"x", read_axis, AT(type, to x)}, {"y", read_axis, AT(type, to y)}, {"marks", read_marks, AT(type, to line)},  \
        {"notes", read_notes, AT(type, to line)}, {                                                                    \
        "equal", read_bool, AT(type, to equal)                                                                         \
    }

static Status read_panel(const Reader *r, const Node *node, const FigureSpec *f, PanelSpec *panel) {
    static const Key keys[] = {
        {"title", read_rich, AT(PanelSpec, title)},
        {"optional", read_bool, AT(PanelSpec, optional)},
        PANEL_KEYS(PanelSpec, ),
        {0},
    };
    *panel = f->defaults;
    panel->line = config_line(node);
    return read_keys(r, node, keys, "panel", panel);
}

static Status read_panels(const Reader *r, const Key *key, const Node *node, void *field) {
    FigureSpec *f = field;
    if (!config_is_list(node) || config_count(node) == 0) return wrong(r, node, key->name, "a list of panels");
    f->n_panels = config_count(node);
    f->panels = arena_get(r->arena, (size_t)f->n_panels, sizeof *f->panels);
    for (int i = 0; i < f->n_panels; i++) TRY(read_panel(r, list_item(r, node, i), f, &f->panels[i]));
    return OK;
}

static Status read_facet_panels(const Reader *r, const Key *key, const Node *node, void *field) {
    FigureSpec *f = field;
    Facets *facets = &f->facets;
    if (!config_is_map(node)) return wrong(r, node, key->name, "a map {value: {keys of a panel}}");
    facets->n = config_count(node);
    facets->value = arena_get(r->arena, (size_t)facets->n, sizeof *facets->value);
    facets->panels = arena_get(r->arena, (size_t)facets->n, sizeof *facets->panels);
    for (int i = 0; i < facets->n; i++) {
        facets->value[i] = kept(r, config_key(r->config, node, i));
        TRY(read_panel(r, config_value(r->config, node, i), f, &facets->panels[i]));
    }
    return OK;
}

static Status read_facets(const Reader *r, const Key *key, const Node *node, void *field) {
    static const Key keys[] = {
        {"column", read_text, AT(FigureSpec, facets.column)},
        {"panels", read_facet_panels, .offset = 0},
        {0},
    };
    FigureSpec *f = field;
    f->facets.line = config_line(node);
    if (config_text(node)) return read_text(r, key, node, &f->facets.column);
    TRY(read_keys(r, node, keys, key->name, f));
    return f->facets.column ? OK : wrong(r, node, key->name, "a column, or {column: ..., panels: ...}");
}

// Which columns a mark of each kind cannot do without.
static Status check_mark(const Reader *r, const PanelSpec *p, const MarkSpec *m) {
    const char *x = m->x ? m->x : p->x.column, *y = m->y ? m->y : p->y.column;
    const char *lacks = NULL;
    bool counts = m->kind == MARK_HISTOGRAM || m->kind == MARK_ECDF; // their y is a count or a share
    bool needs_y =
        m->kind != MARK_BAND && m->kind != MARK_VLINE && m->kind != MARK_SPAN && m->kind != MARK_DIAGONAL && !counts;
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
    bool has_bar = m->kind == MARK_HEAT || (m->kind == MARK_POINTS && m->value); // the label stands at the colour bar
    if (m->label && m->series && !has_bar)
        return fail(BAD_INPUT,
                    "%s:%d: mark %s: 'label' beside 'series', whose values have names of their own; 'styles' sets them",
                    r->config->path, m->line, mark_words[m->kind]);
    if (lacks)
        return fail(BAD_INPUT, "%s:%d: mark %s: needs the column for %s", r->config->path, m->line, mark_words[m->kind],
                    lacks);
    return OK;
}

static Status check_panels(const Reader *r, const PanelSpec *panels, int n) {
    for (int i = 0; i < n; i++) {
        const PanelSpec *p = &panels[i];
        if (!p->n_marks) return fail(BAD_INPUT, "%s:%d: a panel without marks", r->config->path, p->line);
        for (int k = 0; k < p->n_marks; k++) TRY(check_mark(r, p, &p->marks[k]));
    }
    return OK;
}

static const char *const type_words[] = {"figure", "table", NULL};

static Status read_figure(const Reader *r, const Node *root, Spec *spec) {
    static const char *const share_words[] = {"none", "x", "y", "both", NULL};
    static const char *const legend_words[] = {"auto", "top", "right", "none", NULL};
    static const Key keys[] = {
        {"type", read_choice, AT(Spec, type), .choices = type_words},
        {"title", read_rich, AT(Spec, title)},
        {"width", read_width, AT(Spec, width)},
        {"height", read_number, AT(Spec, height), 0.5, 20},
        {"columns", read_whole, AT(Spec, figure.columns), 1, 12},
        {"row_height", read_number, AT(Spec, figure.row_height), 0.5, 10},
        {"heights", read_numbers, AT(Spec, figure.heights), 0.01, 100},
        {"widths", read_numbers, AT(Spec, figure.widths), 0.01, 100},
        {"share", read_choice, AT(Spec, figure.share), .choices = share_words},
        {"legend", read_choice, AT(Spec, figure.legend), .choices = legend_words},
        {"letters", read_bool, AT(Spec, figure.letters)},
        {"theme", read_choice, AT(Spec, theme), .choices = theme_words},
        {"styles", read_styles, AT(Spec, figure)},
        PANEL_KEYS(Spec, figure.defaults.),
        // Panels start from the figure's keys, wherever in the file these stand.
        {"panels", read_panels, AT(Spec, figure), .late = true},
        {"facets", read_facets, AT(Spec, figure), .late = true},
        {0},
    };
    if (!config_is_map(root)) return wrong(r, root, "figure", "a map of keys");
    FigureSpec *f = &spec->figure;
    f->columns = 1;
    AxisSpec axis = {.base = 10, .min = NAN, .max = NAN};
    f->defaults = (PanelSpec){.line = config_line(root), .x = axis, .y = axis};
    TRY(read_keys(r, root, keys, "figure", spec));
    if (f->facets.column && f->n_panels)
        return fail(BAD_INPUT, "%s:%d: facets: there are 'panels' as well, expected one of the two", r->config->path,
                    f->facets.line);
    if (!f->n_panels) {
        f->n_panels = 1;
        f->panels = &f->defaults;
    }
    TRY(check_panels(r, f->panels, f->n_panels));
    return check_panels(r, f->facets.panels, f->facets.n);
}

static Status read_table_columns(const Reader *r, const Key *key, const Node *node, void *field) {
    static const char *const align_words[] = {"left", "right", "center", "decimal", NULL};
    static const Key keys[] = {
        {"column", read_text, AT(TableColumn, column)},
        {"text", read_rich, AT(TableColumn, text)},
        {"head", read_rich, AT(TableColumn, head)},
        {"format", read_format, AT(TableColumn, format)},
        {"align", read_choice, AT(TableColumn, align), .choices = align_words},
        {"uncertainty", read_pair, AT(TableColumn, uncertainty)},
        {"names", read_names, AT(TableColumn, names)},
        {0},
    };
    TableSpec *t = field;
    if (!config_is_list(node) || config_count(node) == 0) return wrong(r, node, key->name, "a list of columns");
    t->n_columns = config_count(node);
    t->columns = arena_get(r->arena, (size_t)config_count(node), sizeof *t->columns);
    for (int i = 0; i < config_count(node); i++) {
        TableColumn *c = &t->columns[i];
        c->line = config_line(list_item(r, node, i));
        TRY(read_keys(r, list_item(r, node, i), keys, "columns", c));
        if (!c->column == !c->text)
            return fail(BAD_INPUT, "%s:%d: a table column needs either 'column' or 'text'", r->config->path, c->line);
    }
    return OK;
}

static Status read_table_spec(const Reader *r, const Node *root, Spec *spec) {
    static const Key keys[] = {
        {"type", read_choice, AT(Spec, type), .choices = type_words},
        {"title", read_rich, AT(Spec, title)},
        {"width", read_width, AT(Spec, width)},
        {"data", read_text, AT(Spec, table.data)},
        {"where", read_where, AT(Spec, table.where)},
        {"group", read_text, AT(Spec, table.group)},
        {"size", read_number, AT(Spec, table.size), 6, 12},
        {"columns", read_table_columns, AT(Spec, table)},
        {0},
    };
    spec->table.size = 8;
    TRY(read_keys(r, root, keys, "table", spec));
    if (!spec->table.n_columns)
        return fail(BAD_INPUT, "%s:%d: a table without 'columns'", r->config->path, config_line(root));
    return OK;
}

static Status read_spec(Arena *a, const Config *config, Spec *spec) {
    *spec = (Spec){.path = arena_text(a, config->path, strlen(config->path)), .width = 5.5, .height = 3.4};
    Reader r = {a, config};
    const Node *root = config_root(config), *type = config_get(config, root, "type");
    bool table = type && config_text(type) && !strcmp(config_text(type), "table");
    return table ? read_table_spec(&r, root, spec) : read_figure(&r, root, spec);
}

Status spec_parse(Arena *a, const char *path, const char *text, size_t length, Spec *spec) {
    Config config;
    TRY(config_parse(path, text, length, &config));
    Status s = read_spec(a, &config, spec);
    config_free(&config);
    return s;
}

Status spec_read(Arena *a, const char *path, Spec *spec) {
    Config config;
    TRY(config_read(path, &config));
    Status s = read_spec(a, &config, spec);
    config_free(&config);
    return s;
}
