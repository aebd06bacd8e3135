// answers.c - see answers.h. A function for each statistic; the register's question says which.
#include "answers.h"

#include "ground/json.h"
#include "ground/number.h"
#include "fit/holdout.h"
#include "fit/predict.h"
#include "runs/where.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double sampled_G[2] = {1, 16}, sampled_S[2] = {0, 0.75}, ratio_at_N = 1.2e6;

static Status load_json(const char *path, const char *what, const char *key, json_t **root) {
    TRY(json_read(path, root));
    if (json_is_array(json_object_get(*root, key))) return OK;
    return fail(BAD_INPUT, "%s: is not %s (it has no list '%s')", path, what, key);
}

Status findings_open(const FindingFiles *files, Findings *f) {
    *f = (Findings){0};
    TRY(fit_report_load(files->fit, &f->report));
    RunChoice choice = f->report.choice;
    const Law *laws[] = {f->report.fit.law, NULL};
    choice.held_out = true;
    Status s = OK;
    if (!f->report.file) s = fail(BAD_INPUT, "%s: a published law was fitted to no runs of this table", files->fit);
    if (s == OK) s = planned_read(files->table, &f->planned);
    if (s == OK && files->seeds) s = planned_add(files->seeds, &f->planned);
    if (s == OK) s = load_json(files->crossval, "a cross-validation", "differences", &f->crossval);
    if (s == OK) s = load_json(files->registered, "a register", "questions", &f->registered);
    if (s == OK) s = runs_read(files->table, &choice, laws, &f->runs);
    if (s == OK) {
        f->points = runs_points(&f->runs, f->report.fit.law, false);
        f->floor = noise_floor(&f->planned, SEEDS);
        f->initialisation = noise_floor(&f->planned, INITIALISATION);
        f->order = noise_floor(&f->planned, ORDER);
    } else
        findings_close(f);
    return s;
}

void findings_close(Findings *f) {
    planned_free(&f->planned);
    fit_report_free(&f->report);
    runs_free(&f->runs);
    free(f->points);
    json_decref(f->crossval);
    json_decref(f->registered);
    *f = (Findings){0};
}

// ---- words ----

static void say(Answer *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(Answer *a, const char *format, ...) {
    size_t used = strlen(a->says);
    va_list list;
    va_start(list, format);
    vsnprintf(a->says + used, sizeof a->says - used, format, list);
    va_end(list);
}

// "[-0.012, 0.003]", "at least 2", "not determined".
static const char *range_text(const Interval *x, char text[INTERVAL_TEXT_ROOM]) {
    if (interval_kind(x) != BOTH_ENDS) return *interval_text(x, text) ? text : "no interval";
    snprintf(text, INTERVAL_TEXT_ROOM, "[%.3g, %.3g]", x->lo, x->hi);
    return text;
}

// The interval lies within the sampled range and touches no end of it.
static bool excludes_ends(const Interval *x, const double range[2]) {
    return interval_kind(x) == BOTH_ENDS && x->lo > range[0] && x->hi < range[1];
}

static const char *yes_if(bool yes) {
    return yes ? "yes" : "no";
}

// ---- statistics ----

static void say_floor(Answer *a, const Floor *n) {
    char D[NUMBER_TEXT], range[INTERVAL_TEXT_ROOM];
    for (int i = 0, said = 0; i < n->n; i++)
        if (n->at[i].dof)
            say(a, "%s%s tokens %.4f nats %s", said++ ? "; " : "", short_count(n->at[i].D, D), n->at[i].sd,
                range_text(&n->at[i].ci95, range));
}

static void answer_floor(const Findings *f, Answer *a) {
    const Floor *n = &f->floor;
    char range[INTERVAL_TEXT_ROOM];
    a->answer = n->cells ? "reported" : "cannot tell";
    if (!n->cells) say(a, "No cell has two seeds.");
    say_floor(a, n);
    if (n->cells)
        say(a, " (%d cells); its logarithm falls by %.2f in ln D, 95 %% interval of the slope %s.", n->cells, -n->slope,
            range_text(&n->slope95, range));
    for (int i = 0; i < 2; i++) {
        const Floor *alone = i ? &f->order : &f->initialisation;
        if (!alone->cells) continue;
        say(a, " %s alone: ", i ? "Order of the text" : "Initialisation");
        say_floor(a, alone);
        say(a, " (%d cells).", alone->cells);
    }
}

// The floor under the runs that a split held out: the root mean square of their deviations.
static double floor_under(const Findings *f, const json_t *split) {
    size_t i;
    json_t *run;
    double sum = 0;
    int n = 0;
    json_array_foreach(json_object_get(split, "heldout"), i, run) {
        const char *id = json_string_value(json_array_get(run, 0));
        char room[32];
        for (int k = 0; id && k < f->runs.n; k++) {
            if (strcmp(runs_name(&f->runs, k, room), id) != 0) continue;
            double sd = floor_at(&f->floor, f->points[k].x[VAR_D]);
            sum += sd * sd, n++;
            break;
        }
    }
    return n ? sqrt(sum / n) : NAN;
}

static void answer_error(const Findings *f, Answer *a) {
    const json_t *law = law_named(f->crossval, f->report.fit.law->name);
    size_t i;
    json_t *split;
    double folds = NAN;
    json_array_foreach(json_object_get(law, "splits"), i, split) {
        const char *name = text_of(split, "split");
        double rmse = number_of(split, "rmse"), under = floor_under(f, split), ratio = rmse / under;
        if (!strcmp(name, "folds")) folds = ratio;
        say(a, "%s%s: %.4f nats, %.2f times the floor", i ? "; " : "", name, rmse, ratio);
    }
    say(a, ".");
    a->answer = isnan(folds) ? "cannot tell" : yes_if(folds <= 2);
}

static void answer_rivals(const Findings *f, Answer *a) {
    int n, count[UNDECIDED + 1] = {0};
    Contest *contests = contests_of(f->crossval, f->report.fit.law->name, &n);
    for (int i = 0; i < n; i++) count[contests[i].verdict]++;
    say(a, "Of %d comparisons %d are better, %d worse, %d not told apart.", n, count[WON], count[LOST],
        count[UNDECIDED]);
    for (int i = 0, said = 0; i < n; i++)
        if (contests[i].verdict == LOST)
            say(a, "%s%s on %s by %.4f", said++ ? ", " : " Worse than ", contests[i].rival, contests[i].split,
                contests[i].difference);
    if (count[LOST]) say(a, ".");
    int open = 0;
    for (int i = 0; i < n; i++)
        if (contests[i].verdict == UNDECIDED && !strcmp(contests[i].split, "folds"))
            say(a, "%s%s", open++ ? ", " : " Over folds not told apart from ", contests[i].rival);
    if (open) say(a, ".");
    a->answer = !n ? "cannot tell" : count[LOST] ? "no" : count[UNDECIDED] ? "cannot tell" : "yes";
    free(contests);
}

static void say_contrast(Answer *a, const Contrast *c, const char *name, const char *reference) {
    char range[INTERVAL_TEXT_ROOM];
    say(a, " Against %s:", reference);
    for (int i = 0; i < c->n; i++)
        say(a, "%s %s = %.3g %+.4f nats %s (%d pair%s)", i ? "," : "", name, c->at[i].level, c->at[i].mean,
            range_text(&c->at[i].ci95, range), c->at[i].pairs, c->at[i].pairs == 1 ? "" : "s");
    say(a, c->n ? "." : " no pairs yet.");
}

static const Derived *derived_named(const Derived *d, int n, const char *name) {
    for (int i = 0; i < n; i++)
        if (!strcmp(d[i].name, name)) return &d[i];
    return NULL;
}

// The best value of a factor by the fit, and whether its interval stays off the ends of what was sampled.
static void say_best(Answer *a, const Derived *d, const char *name, const double range[2]) {
    char text[INTERVAL_TEXT_ROOM];
    if (!d) {
        say(a, "The law has no best %s.", name);
        a->answer = "cannot tell";
        return;
    }
    if (isnan(d->value))
        say(a, "%s* by the fit: %s, 95 %% interval %s.", name, derived_end_text(d), range_text(&d->ci95, text));
    else
        say(a, "%s* by the fit: %.3g, 95 %% interval %s.", name, d->value, range_text(&d->ci95, text));
    a->answer = interval_kind(&d->ci95) == UNKNOWN ? "cannot tell" : yes_if(excludes_ends(&d->ci95, range));
}

static void answer_G(const Findings *f, Answer *a) {
    say_best(a, derived_named(f->report.derived, f->report.n_derived, "G"), "G", sampled_G);
    Contrast c = contrast(&f->planned, CONTRAST_G);
    say_contrast(a, &c, "G", "G = 4");
}

static void answer_S(const Findings *f, Answer *a) {
    say_best(a, derived_named(f->report.derived, f->report.n_derived, "S"), "S", sampled_S);
    Contrast c = contrast(&f->planned, CONTRAST_S);
    say_contrast(a, &c, "S", "S = 0");
}

static void answer_ratio(const Findings *f, Answer *a) {
    static const double possible[2] = {0, 1};
    Derived d[MAX_DERIVED];
    int n = derive(&f->report.fit, ratio_at_N, NAN, d);
    say_best(a, derived_named(d, n, "Na_over_N"), "(Na/N)", possible);
}

static void answer_moving(const Findings *f, Answer *a) {
    Moving m = moving_minimum(&f->planned);
    char range[3][INTERVAL_TEXT_ROOM];
    if (isnan(m.G)) {
        say(a, "%d runs of %d stable phases in %d groups: quadratics in ln G have no minimum.", m.runs, m.trunks,
            m.groups);
        a->answer = "cannot tell";
        return;
    }
    say(a,
        "ln G* moves by %.3g %s in ln N and by %.3g %s in ln D; in the middle G* = %.3g %s. %d runs of %d stable "
        "phases in "
        "%d groups; %.0f %% of the draws have no minimum.",
        m.by_N, range_text(&m.by_N95, range[0]), m.by_D, range_text(&m.by_D95, range[1]), m.G,
        range_text(&m.G95, range[2]), m.runs, m.trunks, m.groups, 100 * m.without);
    const Interval *of[] = {&m.by_N95, &m.by_D95};
    bool known = true, moves = false;
    for (int i = 0; i < 2; i++) {
        known = known && interval_kind(of[i]) == BOTH_ENDS;
        moves = moves || (interval_kind(of[i]) == BOTH_ENDS && (of[i]->lo > 0 || of[i]->hi < 0));
    }
    a->answer = !known || m.without > 0.05 ? "cannot tell" : yes_if(moves);
}

static void answer_beyond(const Findings *f, Answer *a) {
    double bias = 0, mape = 0, squares = 0;
    int n = 0, inside = 0, known = 0;
    for (int i = 0; i < f->runs.n; i++) {
        if (strcmp(holdout_mark(f->runs.table, f->runs.row[i]), "largest") != 0) continue;
        Prediction p = predict(&f->report.fit, &f->points[i]);
        double error = p.loss - f->runs.loss[i], sd = floor_at(&f->floor, f->points[i].x[VAR_D]);
        bias += error, mape += 100 * fabs(error) / f->runs.loss[i], squares += sd * sd, n++;
        known += !isnan(p.interval95[0]);
        inside += f->runs.loss[i] >= p.interval95[0] && f->runs.loss[i] <= p.interval95[1];
    }
    if (!n) {
        say(a, "No run that was marked as largest is finished.");
        a->answer = "cannot tell";
        return;
    }
    double under = sqrt(squares / n);
    say(a,
        "%d runs: bias %+.4f nats where the floor is %.4f, mean absolute error %.2f %%, %d of %d inside their 95 %% "
        "prediction intervals.",
        n, bias / n, under, mape / n, inside, known);
    a->answer = !known || isnan(under) ? "cannot tell" : yes_if(inside >= 0.9 * known && fabs(bias / n) < under);
}

// The range of predicted loss as one variable goes over its range in the runs, the others at their middle.
static double span_of(const Findings *f, Variable v) {
    const Fit *fit = &f->report.fit;
    Point at;
    double lo = INFINITY, hi = -INFINITY;
    for (int i = 0; i < N_VARIABLES; i++) {
        const double *range = fit->range[i];
        at.x[i] = i == VAR_S ? (range[0] + range[1]) / 2 : sqrt(range[0] * range[1]);
    }
    for (int i = 0; i <= 40; i++) {
        const double *range = fit->range[v];
        Point p = at;
        p.x[v] = v == VAR_S ? range[0] + (range[1] - range[0]) * i / 40 : range[0] * pow(range[1] / range[0], i / 40.0);
        if (p.x[VAR_NA] > p.x[VAR_N]) continue;
        point_prepare(fit->law, &p);
        double loss = law_loss(fit->law, fit->parameters, &p);
        lo = fmin(lo, loss), hi = fmax(hi, loss);
    }
    return hi - lo;
}

static void answer_shape(const Findings *f, Answer *a) {
    static const Variable factors[] = {VAR_D, VAR_N, VAR_NA, VAR_G, VAR_S};
    Contrast c = contrast(&f->planned, CONTRAST_BACKBONE);
    char range[INTERVAL_TEXT_ROOM];
    for (int i = 0; i < c.n; i++)
        say(a, "%s%g layers of width %d: %+.4f nats %s (%d pair%s)", i ? "; " : "", c.at[i].level, c.at[i].d_model,
            c.at[i].mean, range_text(&c.at[i].ci95, range), c.at[i].pairs, c.at[i].pairs == 1 ? "" : "s");
    if (!c.n) say(a, "No run of another backbone is finished");
    say(a, ". By the fit the loss spans");
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
        say(a, "%s %.3f over %s", i ? "," : "", span_of(f, factors[i]), variable_name(factors[i]));
    say(a, ".");
    a->answer = c.n ? "reported" : "cannot tell";
}

static const struct {
    const char *question;
    void (*answer)(const Findings *f, Answer *a);
} known[] = {
    {"how far do two seeds differ, and how does that fall with D?", answer_floor},
    {"does the five-factor law predict runs that it has not seen as well as the noise allows?", answer_error},
    {"does it predict them better than each rival?", answer_rivals},
    {"has G a minimum inside the sampled range?", answer_G},
    {"has S a minimum inside the sampled range?", answer_S},
    {"has Na/N a minimum below 1 at N and D held?", answer_ratio},
    {"does the best G move with N or D?", answer_moving},
    {"does the law hold beyond the runs it was fitted to?", answer_beyond},
    {"how much do depth and width matter at equal N, Na, G, S and D?", answer_shape},
};

int answers_of(const Findings *f, Answer answers[MOST_QUESTIONS]) {
    size_t i;
    int n = 0;
    json_t *q;
    json_array_foreach(json_object_get(f->registered, "questions"), i, q) {
        if (n == MOST_QUESTIONS) break;
        Answer *a = &answers[n++];
        *a = (Answer){.question = text_of(q, "question"),
                      .statistic = text_of(q, "statistic"),
                      .decision = text_of(q, "decision"),
                      .answer = "cannot tell"};
        size_t k = 0;
        while (k < sizeof known / sizeof *known && strcmp(known[k].question, a->question) != 0) k++;
        if (k < sizeof known / sizeof *known)
            known[k].answer(f, a);
        else
            say(a, "No statistic of this program belongs to this question.");
    }
    return n;
}
