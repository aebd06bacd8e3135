// scene.c - see scene.h.
#include "scene.h"

#include "ground/number.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_JSON_BYTES = 512 << 20 };

Status scene_json(const char *path, json_t **root) {
    char *text;
    size_t length;
    json_error_t error;
    TRY(read_file(path, MAX_JSON_BYTES, &text, &length));
    *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    free(text);
    if (*root) return OK;
    return fail(BAD_INPUT, "%s:%d: column %d: is not JSON: %s", path, error.line, error.column, error.text);
}

// Rows and columns as the fit had them, unless the command line says otherwise.
static void recall(Scene *s) {
    const RunChoice *was = &s->report.choice;
    if (!s->choice.where.n) s->choice.where = was->where;
    if (!s->choice.columns.n) s->choice.columns = was->columns;
    if (!s->choice.loss) s->choice.loss = was->loss;
    if (!s->choice.weight) s->choice.weight = was->weight;
    if (!s->choice.cluster) s->choice.cluster = was->cluster;
    if (!s->choice.best_per) s->choice.best_per = was->best_per;
    s->choice.held_out = s->choice.held_out || was->held_out;
}

static void find_base(Scene *s) {
    for (int v = 0; v < N_VARIABLES; v++) s->base.x[v] = scene_quantile(s, (Variable)v, 0.5);
}

// The runs that the fit was kept from, if it was.
static Status read_marked(Scene *s, const char *path, const Law *const *laws) {
    RunChoice choice = s->choice;
    if (choice.held_out) return OK;
    choice.held_out = true;
    TRY(runs_read(path, &choice, laws, &s->all));
    int *rows = allocate(s->all.n, sizeof *rows), n = 0;
    for (int i = 0; i < s->all.n; i++)
        if (s->all.held[i]) rows[n++] = i;
    if (n) runs_of_rows(&s->all, rows, n, &s->marked);
    if (n) s->marked_points = runs_points(&s->marked, s->fit.law, false);
    free(rows);
    return OK;
}

Status scene_open(const char *fit, const char *runs, const SceneOptions *o, Scene *s) {
    *s = (Scene){.choice = o->choice, .folder = o->folder ? o->folder : ".", .beside = o->beside};
    TRY(fit_report_load(fit, &s->report));
    Status status = OK;
    s->fit = s->report.fit;
    recall(s);
    if (o->crossval) status = scene_json(o->crossval, &s->crossval);
    const Law *laws[] = {s->fit.law, NULL};
    if (status == OK) status = runs_read(runs, &s->choice, laws, &s->runs);
    if (status == OK && s->runs.rows_read > s->runs.rows_chosen) status = read_marked(s, runs, laws);
    if (status == OK) {
        s->points = runs_points(&s->runs, s->fit.law, true);
        s->predicted = allocate(s->runs.n, sizeof *s->predicted);
        for (int i = 0; i < s->runs.n; i++) s->predicted[i] = law_loss(s->fit.law, s->fit.parameters, &s->points[i]);
        find_base(s);
        status = fit_again(&s->report, &s->runs, s->points, &s->refit);
    }
    if (status == OK) status = make_folders(s->folder);
    if (status != OK) scene_close(s);
    return status;
}

Status scene_write(const char *fit, const char *runs, const SceneOptions *o, Status (*write)(const Scene *s),
                   const char *what) {
    Scene s;
    TRY(scene_open(fit, runs, o, &s));
    Status status = write(&s);
    if (status == OK) note("wrote %s to %s", what, s.folder);
    scene_close(&s);
    return status;
}

void scene_close(Scene *s) {
    runs_free(&s->runs);
    runs_free(&s->marked);
    runs_free(&s->all);
    free(s->marked_points);
    free(s->points);
    free(s->predicted);
    fit_report_free(&s->report);
    json_decref(s->crossval);
    *s = (Scene){0};
}

bool scene_has(const Scene *s, Variable v) {
    return law_uses(s->fit.law, v);
}

double scene_flops(const Scene *s, const Point *p) {
    return 6 * (scene_has(s, VAR_NA) ? p->x[VAR_NA] : p->x[VAR_N]) * p->x[VAR_D];
}

bool scene_has_compute(const Scene *s) {
    return (scene_has(s, VAR_N) || scene_has(s, VAR_NA)) && scene_has(s, VAR_D);
}

void scene_held(const Scene *s, const Point *p, const Variable *moving, bool share, char text[HELD_TEXT]) {
    size_t used = 0;
    text[0] = '\0';
    for (int v = 0; v < N_VARIABLES; v++) {
        char number[NUMBER_TEXT];
        bool moves = false;
        for (const Variable *m = moving; *m != N_VARIABLES; m++) moves = moves || (int)*m == v;
        if (moves || !scene_has(s, (Variable)v) || used >= HELD_TEXT - 1) continue;
        double x = p->x[v];
        if (fabs(x) >= 1e3)
            short_count(x, number);
        else
            snprintf(number, sizeof number, "%.3g", x);
        used += (size_t)snprintf(text + used, HELD_TEXT - used, "%s%s = %s", used ? ", " : "",
                                 variable_name((Variable)v), number);
    }
    if (share && scene_has(s, VAR_N) && scene_has(s, VAR_NA) && used < HELD_TEXT)
        snprintf(text + used, HELD_TEXT - used, "%sNa/N = %.2g", used ? ", " : "", p->x[VAR_NA] / p->x[VAR_N]);
}

double scene_quantile(const Scene *s, Variable v, double share) {
    double *x = allocate(s->runs.n, sizeof *x);
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
    *c = (Csv){0};
    TRY(output_open(&c->out, path));
    fprintf(c->out.file, "%s\n", header);
    return OK;
}

void csv_bound(Csv *c, double x) {
    if (isinf(x))
        csv_text(c, x < 0 ? "-inf" : "inf");
    else
        csv_number(c, x);
}

void csv_row(Csv *c, const char *kinds, ...) {
    va_list cells;
    va_start(cells, kinds);
    for (; *kinds; kinds++) {
        if (*kinds == 't')
            csv_text(c, va_arg(cells, const char *));
        else if (*kinds == 'b')
            csv_bound(c, va_arg(cells, double));
        else
            csv_number(c, va_arg(cells, double));
    }
    va_end(cells);
    csv_end(c);
}

Status csv_close(Csv *c) {
    return output_commit_if_changed(&c->out);
}
