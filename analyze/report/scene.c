// scene.c - see scene.h.
#include "scene.h"

#include "ground/number.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_JSON_BYTES = 512 << 20 };

static Status load_json(const char *path, json_t **root) {
    char *text;
    size_t length;
    json_error_t error;
    TRY(read_file(path, MAX_JSON_BYTES, &text, &length));
    *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    free(text);
    if (*root) return OK;
    return fail(BAD_INPUT, "%s:%d: column %d: is not JSON: %s", path, error.line, error.column, error.text);
}

// Texts of a JSON list; they live as long as the record.
static void copy_list(const json_t *list, TextList *to) {
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) if (json_is_string(item) && to->n < 64) to->text[to->n++] =
        json_string_value(item);
}

static const char *text_or(const json_t *object, const char *key, const char *otherwise) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : otherwise;
}

// Rows, columns and objective as the fit had them.
static void recall(Scene *s) {
    const json_t *data = json_object_get(s->record, "data"), *objective = json_object_get(s->record, "objective");
    if (!s->choice.where.n) copy_list(json_object_get(data, "where"), &s->choice.where);
    if (!s->choice.columns.n) copy_list(json_object_get(data, "column"), &s->choice.columns);
    if (!s->choice.loss) s->choice.loss = text_or(data, "loss", NULL);
    s->options.objective = text_or(objective, "kind", "huber");
    s->options.residual = text_or(objective, "residual", "log");
    const json_t *delta = json_object_get(objective, "delta");
    if (json_is_number(delta)) s->options.delta = json_number_value(delta);
}

// Held coefficients stay held in profiles.
static void recall_held(Scene *s) {
    const json_t *list = json_object_get(s->record, "parameters");
    for (int i = 0; i < law_n_parameters(s->fit.law); i++) {
        if (!json_is_true(json_object_get(json_array_get(list, (size_t)i), "fixed"))) continue;
        s->refit.held[i] = true;
        s->refit.problem.lo[i] = s->refit.problem.hi[i] = s->fit.parameters[i];
    }
}

static Status as_problem(Scene *s) {
    Fitted *f = &s->refit;
    *f = (Fitted){.law = s->fit.law, .n_draws = s->fit.n_draws, .draws = s->fit.draws, .threads = 1};
    TRY(fitting_problem(s->fit.law, &s->options, &f->problem));
    recall_held(s);
    f->problem.n = s->runs.n;
    f->problem.points = s->points;
    f->problem.loss = s->runs.loss;
    f->problem.log_loss = s->runs.log_loss;
    memcpy(f->parameters, s->fit.parameters, sizeof f->parameters);
    f->value = objective_value(&f->problem, f->parameters);
    int free_parameters = 0;
    for (int i = 0; i < law_n_parameters(s->fit.law); i++) free_parameters += s->record && !f->held[i];
    f->metrics = metrics_of(&f->problem, f->parameters, free_parameters);
    return OK;
}

static void find_base(Scene *s) {
    for (int v = 0; v < N_VARIABLES; v++) s->base.x[v] = scene_quantile(s, (Variable)v, 0.5);
}

Status scene_open(const char *fit, const char *runs, const SceneOptions *o, Scene *s) {
    *s = (Scene){.choice = o->choice, .options = FIT_OPTIONS_DEFAULT, .folder = o->folder ? o->folder : "."};
    TRY(fit_load(fit, &s->fit));
    Status status = OK;
    if (strncmp(fit, "published:", 10) != 0) status = load_json(fit, &s->record);
    if (status == OK && s->record) recall(s);
    if (status == OK && o->crossval) status = load_json(o->crossval, &s->crossval);
    const Law *laws[] = {s->fit.law, NULL};
    if (status == OK) status = runs_read(runs, &s->choice, laws, &s->runs);
    if (status == OK) {
        s->points = runs_points(&s->runs, s->fit.law, true);
        s->predicted = allocate((unsigned long)s->runs.n, sizeof *s->predicted);
        for (int i = 0; i < s->runs.n; i++) s->predicted[i] = law_loss(s->fit.law, s->fit.parameters, &s->points[i]);
        find_base(s);
        status = as_problem(s);
    }
    if (status == OK) status = make_folders(s->folder);
    if (status != OK) scene_close(s);
    return status;
}

void scene_close(Scene *s) {
    runs_free(&s->runs);
    free(s->points);
    free(s->predicted);
    fit_free(&s->fit);
    json_decref(s->record);
    json_decref(s->crossval);
    *s = (Scene){0};
}

bool scene_has(const Scene *s, Variable v) {
    return law_uses(s->fit.law, v);
}

double scene_flops(const Scene *s, const Point *p) {
    return 6 * (scene_has(s, VAR_NA) ? p->x[VAR_NA] : p->x[VAR_N]) * p->x[VAR_D];
}

double scene_quantile(const Scene *s, Variable v, double share) {
    double *x = allocate((unsigned long)s->runs.n, sizeof *x);
    int n = 0;
    for (int i = 0; i < s->runs.n; i++)
        if (!isnan(s->points[i].x[v])) x[n++] = s->points[i].x[v];
    gsl_sort(x, 1, (size_t)n);
    double q = n ? gsl_stats_quantile_from_sorted_data(x, 1, (size_t)n, share) : NAN;
    free(x);
    return q;
}

Status csv_open(const Scene *s, const char *name, const char *header, Csv *c) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    c->cell = 0;
    TRY(output_open(&c->out, path));
    fprintf(c->out.file, "%s\n", header);
    return OK;
}

void csv_text(Csv *c, const char *text) {
    bool quote = strpbrk(text, ",\"\n\r") != NULL;
    fprintf(c->out.file, "%s%s", c->cell++ ? "," : "", quote ? "\"" : "");
    for (; *text; text++) {
        if (*text == '"') fputc('"', c->out.file);
        fputc(*text, c->out.file);
    }
    if (quote) fputc('"', c->out.file);
}

void csv_number(Csv *c, double x) {
    char text[NUMBER_TEXT];
    fprintf(c->out.file, "%s%s", c->cell++ ? "," : "", isfinite(x) ? number_text(x, text) : "");
}

void csv_end(Csv *c) {
    fputc('\n', c->out.file);
    c->cell = 0;
}

Status csv_close(Csv *c) {
    return output_commit_if_changed(&c->out);
}
