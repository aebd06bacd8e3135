// law_file.c - see law_file.h.
#include "law_file.h"

#include "ground/config.h"
#include "ground/output.h"
#include "ground/words.h"
#include "tape.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_SETS = 16,
    MOST_DEFINITIONS = 32,
    FORMULA = 4096,
    MOST_NAMES = LAW_MAX_PARAMETERS + N_VARIABLES + MOST_DEFINITIONS
};

// A law and all that it points to.
typedef struct {
    Law law;
    LawVariable variables[N_VARIABLES];
    LawTheta theta[LAW_MAX_THETA];
    LawCoef coef[LAW_MAX_COEF];
    LawSet sets[MOST_SETS];
    char *text, formula[FORMULA];
    Config config; // names and meanings are its texts
    Tape *tape;
    // What an expression may use: variables, exponents, definitions so far.
    int n_names;
    const char *name[MOST_NAMES + 1];
    int node[MOST_NAMES];
    int line; // of the expression that is read
    const char *expression;
} LawFile;

static void law_file_free(LawFile *f) {
    config_free(&f->config);
    tape_free(f->tape);
    free(f->text);
    free(f);
}

// ---- names and expressions -----------------------------------------------------------------------------------------

static bool is_name(const char *text) {
    if (!isalpha((unsigned char)*text)) return false;
    while (isalnum((unsigned char)*text) || *text == '_') text++;
    return !*text;
}

// A new name, of a coefficient too: one name means one thing.
static Status check_name(const LawFile *f, const ConfigNode *key, const char *what) {
    const char *name = config_text(key);
    if (!is_name(name) || strlen(name) > 24)
        return config_fail(&f->config, key, "%s: '%.40s', expected a name of at most 24 letters, digits and _", what,
                           name);
    if (expression_function(name)) return config_fail(&f->config, key, "%s: '%s' is a function", what, name);
    bool known = word_known(name, f->name);
    for (int j = 0; j < f->law.n_coef; j++) known = known || !strcmp(f->coef[j].name, name);
    if (known) return config_fail(&f->config, key, "%s: '%s' stands for something else already", what, name);
    return OK;
}

static void know(LawFile *f, const char *name, int node) {
    f->name[f->n_names] = name;
    f->node[f->n_names++] = node;
}

static Status find_name(void *context, const char *name, int column, int *node) {
    const LawFile *f = context;
    char list[WORD_LIST];
    for (int i = 0; i < f->n_names; i++)
        if (!strcmp(f->name[i], name)) {
            *node = f->node[i];
            return OK;
        }
    return fail(BAD_INPUT, "%s:%d: column %d of '%.60s': '%.40s' is unknown%s, expected one of %s", f->config.path,
                f->line, column, f->expression, name, nearest_word(name, f->name), word_list(f->name, list));
}

static Status too_large(const LawFile *f, const ConfigNode *node) {
    return config_fail(&f->config, node, "the law has more than %d operations, derivatives included", MOST_NODES);
}

// The node of an expression.
static Status read_expression(LawFile *f, const ConfigNode *at, const char *what, int *node) {
    Expression e;
    int stack[MOST_STEPS], n = 0;
    const char *text = config_text(at);
    if (!text) return config_fail(&f->config, at, "%s: expected an expression such as N^-alpha", what);
    f->line = config_line(at);
    f->expression = text;
    TRY(expression_parse(f->config.path, f->line, text, find_name, f, &e));
    for (int i = 0; i < e.n; i++) {
        const Step *step = &e.at[i];
        if (step->kind == STEP_NUMBER)
            stack[n++] = tape_number(f->tape, step->number);
        else if (step->kind == STEP_NAME)
            stack[n++] = step->name;
        else {
            int b = stack[--n], a = step->kind <= STEP_MAX ? stack[--n] : b;
            stack[n++] = tape_apply(f->tape, step->kind, a, b);
        }
        if (stack[n - 1] < 0) return too_large(f, at);
    }
    *node = stack[0];
    return OK;
}

// ---- parts of the file ---------------------------------------------------------------------------------------------

static const char *text_or(const Config *c, const ConfigNode *map, const char *key, const char *otherwise) {
    const ConfigNode *node = config_get(c, map, key);
    return node && config_text(node) ? config_text(node) : otherwise;
}

static Status check_words(const Config *c, const ConfigNode *map, const char *const *keys) {
    for (; *keys; keys++) {
        const ConfigNode *node = config_get(c, map, *keys);
        if (node && !config_text(node)) return config_fail(c, node, "%s: expected text", *keys);
    }
    return OK;
}

static Status read_range(const Config *c, const ConfigNode *node, const char *what, double range[2]) {
    if (!config_is_list(node) || config_count(node) != 2)
        return config_fail(c, node, "%s: expected [LOWEST, HIGHEST]", what);
    for (int i = 0; i < 2; i++) TRY(config_number(c, config_item(c, node, i), &range[i]));
    return range[0] < range[1] ? OK : config_fail(c, node, "%s: expected the lower end first", what);
}

// A map that must be there and have from 1 to `most` entries.
static Status part(const LawFile *f, const char *key, int most, const ConfigNode **map) {
    const ConfigNode *root = config_root(&f->config);
    *map = config_get(&f->config, root, key);
    if (!*map) return config_fail(&f->config, root, "lacks '%s:'", key);
    TRY(config_expect_map(&f->config, *map, key, NULL));
    int n = config_count(*map);
    if (n >= 1 && n <= most) return OK;
    return config_fail(&f->config, *map, "%s: has %d entries, expected 1 to %d", key, n, most);
}

static Status read_variable(LawFile *f, const ConfigNode *key, const ConfigNode *value) {
    static const char *const keys[] = {"meaning", "count", "range", NULL}, *const words[] = {"meaning", "count", NULL};
    const Config *c = &f->config;
    const char *name = config_text(key), *meaning = config_text(value);
    LawVariable *v = &f->variables[f->law.n_variables];
    if (!variable_find(name, &v->variable))
        return config_fail(c, key, "variables: '%.40s' is unknown, expected one of " VARIABLE_NAMES, name);
    TRY(check_name(f, key, "variables"));
    if (!meaning) {
        TRY(config_expect_map(c, value, name, keys));
        TRY(check_words(c, value, words));
        const char *count = text_or(c, value, "count", "all");
        if (strcmp(count, "all") != 0 && strcmp(count, "nonemb") != 0)
            return config_fail(c, config_get(c, value, "count"), "count: '%.40s', expected all or nonemb", count);
        v->count = strcmp(count, "all") ? COUNT_NONEMB : COUNT_ALL;
        const ConfigNode *range = config_get(c, value, "range");
        if (range) TRY(read_range(c, range, "range", f->law.range[v->variable]));
        if (range) f->law.range_source = "the law's file";
        meaning = text_or(c, value, "meaning", name);
    }
    v->meaning = *meaning ? meaning : name;
    know(f, name, tape_variable(f->tape, v->variable));
    f->law.n_variables++;
    return OK;
}

static Status read_exponent(LawFile *f, const ConfigNode *key, const ConfigNode *value) {
    static const char *const keys[] = {"bounds", "scale", "meaning", NULL}, *const words[] = {"scale", "meaning", NULL};
    const Config *c = &f->config;
    const char *name = config_text(key);
    LawTheta *t = &f->theta[f->law.n_theta];
    const ConfigNode *bounds = value;
    double range[2];
    TRY(check_name(f, key, "exponents"));
    *t = (LawTheta){.name = name, .meaning = "searched"};
    if (!config_is_list(value)) {
        TRY(config_expect_map(c, value, name, keys));
        TRY(check_words(c, value, words));
        bounds = config_get(c, value, "bounds");
        if (!bounds) return config_fail(c, value, "%s: lacks 'bounds: [LOWEST, HIGHEST]'", name);
        const char *scale = text_or(c, value, "scale", "linear");
        t->log_scale = !strcmp(scale, "log");
        if (!t->log_scale && strcmp(scale, "linear") != 0)
            return config_fail(c, config_get(c, value, "scale"), "scale: '%.40s', expected linear or log", scale);
        t->meaning = text_or(c, value, "meaning", t->meaning);
    }
    TRY(read_range(c, bounds, name, range));
    if (t->log_scale && !(range[0] > 0))
        return config_fail(c, bounds, "%s: a logarithmic scale needs bounds above 0", name);
    t->lo = range[0];
    t->hi = range[1];
    know(f, name, tape_theta(f->tape, f->law.n_theta++));
    return OK;
}

static Status read_term(LawFile *f, const ConfigNode *key, const ConfigNode *value, int *node) {
    static const char *const keys[] = {"term", "sign", "meaning", NULL}, *const words[] = {"sign", "meaning", NULL};
    const Config *c = &f->config;
    LawCoef *coef = &f->coef[f->law.n_coef];
    const ConfigNode *term = value;
    TRY(check_name(f, key, "terms"));
    *coef = (LawCoef){config_text(key), +1, config_text(value)};
    if (!config_text(value)) {
        TRY(config_expect_map(c, value, coef->name, keys));
        TRY(check_words(c, value, words));
        term = config_get(c, value, "term");
        if (!term) return config_fail(c, value, "%s: lacks 'term: EXPRESSION'", coef->name);
        const char *sign = text_or(c, value, "sign", "+");
        coef->sign = !strcmp(sign, "+") ? +1 : !strcmp(sign, "-") ? -1 : 0;
        if (!coef->sign && strcmp(sign, "any") != 0)
            return config_fail(c, config_get(c, value, "sign"), "sign: '%.40s', expected '+', '-' or any", sign);
        coef->meaning = text_or(c, value, "meaning", config_text(term));
    }
    TRY(read_expression(f, term, coef->name, node));
    f->law.n_coef++;
    return OK;
}

static Status read_definitions(LawFile *f) {
    const ConfigNode *map = config_get(&f->config, config_root(&f->config), "where");
    if (!map) return OK;
    TRY(part(f, "where", MOST_DEFINITIONS, &map));
    for (int i = 0; i < config_count(map); i++) {
        int node;
        TRY(check_name(f, config_key_node(&f->config, map, i), "where"));
        TRY(read_expression(f, config_value(&f->config, map, i), config_key(&f->config, map, i), &node));
        know(f, config_key(&f->config, map, i), node);
    }
    return OK;
}

static Status read_sets(LawFile *f) {
    static const char *const keys[] = {"name", "source", "note", "values", NULL}, *const words[] = {"name", "source",
                                                                                                    "note", NULL};
    const Config *c = &f->config;
    const ConfigNode *list = config_get(c, config_root(c), "published");
    if (!list) return OK;
    if (!config_is_list(list) || config_count(list) > MOST_SETS)
        return config_fail(c, list, "published: expected a list of at most %d sets", MOST_SETS);
    for (int s = 0; s < config_count(list); s++) {
        const ConfigNode *one = config_item(c, list, s), *values = NULL;
        LawSet *set = &f->sets[f->law.n_sets++];
        TRY(config_expect_map(c, one, "published", keys));
        TRY(check_words(c, one, words));
        values = config_get(c, one, "values");
        if (!values) return config_fail(c, one, "published: lacks 'values: {NAME: VALUE, ...}'");
        TRY(config_expect_map(c, values, "values", NULL));
        set->name = text_or(c, one, "name", f->law.name);
        set->source = text_or(c, one, "source", "the law's file");
        set->note = text_or(c, one, "note", NULL);
        for (int i = 0; i < config_count(values); i++)
            if (law_parameter_index(&f->law, config_key(c, values, i)) < 0)
                return config_fail(c, config_key_node(c, values, i), "values: %s has no coefficient '%.40s'",
                                   f->law.name, config_key(c, values, i));
        for (int i = 0; i < law_n_parameters(&f->law); i++) {
            const ConfigNode *value = config_get(c, values, law_parameter_name(&f->law, i));
            if (!value) return config_fail(c, values, "values: lacks %s", law_parameter_name(&f->law, i));
            TRY(config_number(c, value, &set->values[i]));
        }
    }
    return OK;
}

// ---- the law -------------------------------------------------------------------------------------------------------

static const struct {
    const char *word;
    LawKind kind;
} kinds[] = {
    {"other", KIND_OTHER},           {"dense", KIND_DENSE},   {"granular", KIND_GRANULAR}, {"experts", KIND_EXPERTS},
    {"dense-size", KIND_DENSE_SIZE}, {"sparse", KIND_SPARSE}, {"pruned", KIND_PRUNED},     {"free", KIND_FREE}};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

// What its sizes mean: as the file says, else what its variables leave no doubt about.
static Status read_kind(LawFile *f) {
    const Config *c = &f->config;
    const ConfigNode *node = config_get(c, config_root(c), "kind");
    Law *law = &f->law;
    bool N = law_uses(law, VAR_N), Na = law_uses(law, VAR_NA);
    bool others = law_uses(law, VAR_E) || law_uses(law, VAR_GRANULARITY) || law_uses(law, VAR_SPARSITY);
    law->kind = N && Na ? KIND_FREE : N && !others ? KIND_DENSE : KIND_OTHER;
    if (!node) return OK;
    for (int i = 0; i < N_KINDS; i++)
        if (!strcmp(config_text(node), kinds[i].word)) {
            law->kind = kinds[i].kind;
            return OK;
        }
    return config_fail(c, node,
                       "kind: '%.40s', expected one of other, dense, granular, experts, dense-size, sparse, "
                       "pruned, free",
                       config_text(node));
}

static Status read_head(LawFile *f) {
    static const char *const keys[] = {"name",    "title",  "citation",  "loss",      "kind",
                                       "formula", "tex",    "variables", "exponents", "where",
                                       "terms",   "offset", "asymptote", "published", NULL};
    static const char *const words[] = {"name",    "title", "citation",  "loss", "kind",
                                        "formula", "tex",   "asymptote", NULL};
    const Config *c = &f->config;
    const ConfigNode *root = config_root(c);
    TRY(config_expect_map(c, root, "law", keys));
    TRY(check_words(c, root, words));
    Law *law = &f->law;
    law->name = text_or(c, root, "name", NULL);
    if (!law->name) return config_fail(c, root, "lacks 'name:'");
    bool good = strlen(law->name) <= 40;
    for (const char *at = law->name; *at; at++) good = good && (isalnum((unsigned char)*at) || strchr("_-.", *at));
    if (!good || !*law->name || law_is_file(law->name))
        return config_fail(c, config_get(c, root, "name"), "name: '%.60s', expected at most 40 letters, digits, _ - .",
                           law->name);
    const char *loss = text_or(c, root, "loss", "sum");
    law->log_target = !strcmp(loss, "exp");
    if (!law->log_target && strcmp(loss, "sum") != 0)
        return config_fail(c, config_get(c, root, "loss"),
                           "loss: '%.40s', expected sum, or exp where the terms add up to its "
                           "logarithm",
                           loss);
    law->title = text_or(c, root, "title", "a law of yours");
    law->citation = text_or(c, root, "citation", "from a file");
    law->tex = text_or(c, root, "tex", NULL);
    return OK;
}

static Status read_asymptote(LawFile *f, const int *phi) {
    const Config *c = &f->config;
    const ConfigNode *node = config_get(c, config_root(c), "asymptote");
    const int one = tape_number(f->tape, 1);
    if (!node) return OK;
    for (int j = 0; j < f->law.n_coef; j++)
        if (!strcmp(f->coef[j].name, config_text(node)) && phi[1 + j] == one) f->law.asymptote = f->coef[j].name;
    return f->law.asymptote ? OK
                            : config_fail(c, node, "asymptote: '%.40s', expected a term that is 1", config_text(node));
}

// Whether it must stand in brackets beside a factor: is a sum, not only a product with negative exponents.
static bool is_sum(const char *expression) {
    for (const char *at = expression; *at; at++)
        if (*at == '+' || (*at == '-' && (at == expression || at[-1] != '^'))) return true;
    return false;
}

// "L = E + A N^-alpha", and what is defined below it.
static void write_formula(LawFile *f) {
    const Config *c = &f->config;
    const ConfigNode *root = config_root(c), *terms = config_get(c, root, "terms"),
                     *defined = config_get(c, root, "where"), *offset = config_get(c, root, "offset");
    FILE *out = fmemopen(f->formula, FORMULA, "w");
    fprintf(out, "%s = %s%s", f->law.log_target ? "log L" : "L", offset ? config_text(offset) : "",
            offset ? " + " : "");
    for (int j = 0; j < f->law.n_coef; j++) {
        const ConfigNode *value = config_value(c, terms, j);
        const char *term = config_text(value) ? config_text(value) : config_text(config_get(c, value, "term"));
        fprintf(out, "%s%s", j ? " + " : "", f->coef[j].name);
        if (strcmp(term, "1") != 0) fprintf(out, is_sum(term) ? " (%s)" : " %s", term);
    }
    for (int i = 0; defined && i < config_count(defined); i++)
        fprintf(out, "\n%s = %s", config_key(c, defined, i), config_text(config_value(c, defined, i)));
    fclose(out);
    f->law.formula = text_or(c, root, "formula", f->formula);
}

static Status read_terms(LawFile *f, int phi[1 + LAW_MAX_COEF]) {
    const Config *c = &f->config;
    const ConfigNode *map, *offset = config_get(c, config_root(c), "offset");
    phi[0] = tape_number(f->tape, 0);
    if (offset) TRY(read_expression(f, offset, "offset", &phi[0]));
    TRY(part(f, "terms", LAW_MAX_COEF, &map));
    for (int i = 0; i < config_count(map); i++)
        TRY(read_term(f, config_key_node(c, map, i), config_value(c, map, i), &phi[1 + i]));
    TRY(read_asymptote(f, phi));
    return tape_finish(f->tape, phi, 1 + f->law.n_coef, f->law.n_theta) ? OK : too_large(f, map);
}

static Status read_law(LawFile *f) {
    const Config *c = &f->config;
    const ConfigNode *map;
    Law *law = &f->law;
    law->variables = f->variables;
    law->theta = f->theta;
    law->coef = f->coef;
    law->sets = f->sets;
    law->tape = f->tape;
    law->text = f->text;
    int phi[1 + LAW_MAX_COEF];
    TRY(read_head(f));
    TRY(part(f, "variables", N_VARIABLES, &map));
    for (int i = 0; i < config_count(map); i++)
        TRY(read_variable(f, config_key_node(c, map, i), config_value(c, map, i)));
    if (config_get(c, config_root(c), "exponents")) {
        TRY(part(f, "exponents", LAW_MAX_THETA, &map));
        for (int i = 0; i < config_count(map); i++)
            TRY(read_exponent(f, config_key_node(c, map, i), config_value(c, map, i)));
    }
    TRY(read_definitions(f));
    TRY(read_terms(f, phi));
    TRY(read_kind(f));
    TRY(read_sets(f));
    write_formula(f);
    return OK;
}

// Laws are told apart by name, so a name must not have two meanings in one program.
static Status enrol(LawFile *f, const Law **law) {
    const Law *old = law_find(f->law.name);
    int n = 0;
    while (law_list[n]) n++;
    *law = old;
    if (old && old->text && !strcmp(old->text, f->text)) return law_file_free(f), OK;
    Status s = OK;
    if (old)
        s = fail(BAD_INPUT, "%s: name: there is another law '%s'%s; give yours a name of its own", f->config.path,
                 old->name, old->text ? " with another text" : "");
    else if (n == LAW_LIST_ROOM)
        s = fail(BAD_INPUT, "%s: more than %d laws", f->config.path, LAW_LIST_ROOM);
    if (s != OK) return law_file_free(f), s;
    law_register(&f->law);
    *law = &f->law;
    return OK;
}

Status law_read(const char *path, const char *text, size_t length, const Law **law) {
    LawFile *f = allocate(1, sizeof *f);
    f->tape = tape_new();
    f->text = allocate(length + 1, 1);
    memcpy(f->text, text, length);
    Status s = config_parse(path, text, length, &f->config);
    if (s == OK) s = read_law(f);
    if (s == OK) return enrol(f, law);
    law_file_free(f);
    return s;
}

bool law_is_file(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

Status law_open(const char *name, const Law **law) {
    if (!law_is_file(name)) {
        *law = law_find(name);
        return *law ? OK
                    : fail(BAD_INPUT,
                           "there is no law '%s'; `moelaw laws` lists them, a file of your own ends in .yaml", name);
    }
    char *text;
    size_t length;
    TRY(read_file(name, 1 << 20, &text, &length));
    Status s = law_read(name, text, length, law);
    free(text);
    return s;
}
