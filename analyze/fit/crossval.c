// crossval.c - see crossval.h.
#include "crossval.h"

#include "ground/random.h"
#include "ground/parallel.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLD_STARTS = 12, DIFFERENCE_DRAWS = 1000 };

// Fits by number: first every contender on all rows, then every contender on every fold.
typedef struct {
    CrossVal *cv;
    int n_folds; // over all splits
} Tasks;

static void fit_full(void *context, int index, int worker) {
    (void)worker;
    CrossVal *cv = ((Tasks *)context)->cv;
    Contender *c = &cv->contenders[index];
    if (fitting_run(c->law, cv->runs, &c->options, NULL, 0, &c->full) != OK)
        snprintf(c->failed, sizeof c->failed, "%s", status_message());
}

static Errors errors_of(const Runs *runs, const double *predicted, const int *rows, int n) {
    Errors e = {.worst = -1};
    double worst = -1;
    for (int k = 0; k < n; k++) {
        int i = rows ? rows[k] : k;
        if (isnan(predicted[i])) continue;
        double error = predicted[i] - runs->loss[i];
        e.n++;
        e.rmse += error * error;
        e.mape += 100 * fabs(error) / runs->loss[i];
        e.bias += 100 * error / runs->loss[i];
        if (fabs(error) > worst) {
            worst = fabs(error);
            e.worst = i;
        }
    }
    e.rmse = sqrt(e.rmse / e.n);
    e.mape /= e.n;
    e.bias /= e.n;
    return e;
}

static void fit_fold(void *context, int index, int worker) {
    (void)worker;
    const Tasks *tasks = context;
    CrossVal *cv = tasks->cv;
    Contender *c = &cv->contenders[index / tasks->n_folds];
    int split = 0, fold = index % tasks->n_folds;
    while (fold >= cv->splits[split].n_folds) fold -= cv->splits[split++].n_folds;
    const Fold *f = &cv->splits[split].folds[fold];
    c->folds[split][fold] = (Errors){.rmse = NAN, .mape = NAN, .bias = NAN, .worst = -1};
    if (c->failed[0]) return;
    // The answer on all rows is one more place to look from; what is minimised are the training rows alone.
    double warm[MAX_OPTIMA][LAW_MAX_PARAMETERS];
    FitOptions o = c->options;
    o.starts = FOLD_STARTS;
    o.n_warm = c->full.starts.n_optima < 3 ? c->full.starts.n_optima : 3;
    for (int i = 0; i < o.n_warm; i++) memcpy(warm[i], c->full.starts.optima[i].parameters, sizeof warm[i]);
    o.warm = (const double(*)[LAW_MAX_PARAMETERS])warm;
    Fitted fitted;
    if (fitting_run(c->law, cv->runs, &o, f->train, f->n_train, &fitted) != OK) return;
    // Rows beside this fold's are other tasks' to write.
    for (int k = 0; k < f->n_test; k++) {
        int i = f->test[k];
        c->predicted[split][i] = law_loss(c->law, fitted.parameters, &c->full.points[i]);
    }
    c->folds[split][fold] = errors_of(cv->runs, c->predicted[split], f->test, f->n_test);
    fitted_free(&fitted);
}

static void weigh(CrossVal *cv) {
    double least = INFINITY, sum = 0;
    for (int i = 0; i < cv->n_contenders; i++)
        if (!cv->contenders[i].failed[0]) least = fmin(least, cv->contenders[i].full.metrics.aicc);
    for (int i = 0; i < cv->n_contenders; i++) {
        Contender *c = &cv->contenders[i];
        c->delta_aicc = c->failed[0] ? NAN : c->full.metrics.aicc - least;
        c->weight = isfinite(c->delta_aicc) ? exp(-0.5 * c->delta_aicc) : 0;
        sum += c->weight;
    }
    for (int i = 0; i < cv->n_contenders; i++) cv->contenders[i].weight /= sum > 0 ? sum : 1;
}

static void total(CrossVal *cv, Contender *c) {
    for (int s = 0; s < cv->n_splits; s++) {
        c->total[s] = errors_of(cv->runs, c->predicted[s], NULL, cv->runs->n);
        for (int f = 0; f < cv->splits[s].n_folds; f++)
            if (isnan(c->folds[s][f].rmse)) c->total[s].rmse = NAN; // a fold that failed leaves the split unjudged
    }
}

// RMSE over that of the split's best law; NAN where a law could not be judged.
static double ratio(const CrossVal *cv, int law, int split) {
    double least = INFINITY;
    for (int i = 0; i < cv->n_contenders; i++) least = fmin(least, cv->contenders[i].total[split].rmse);
    double mine = cv->contenders[law].total[split].rmse;
    return mine == least ? 1 : mine / least;
}

// Median over the splits but `without` (-1: over all), NAN if one of them is NAN.
static double median_ratio(const CrossVal *cv, int law, int without) {
    double x[MAX_SPLITS];
    int n = 0;
    for (int s = 0; s < cv->n_splits; s++) {
        if (s == without) continue;
        x[n] = ratio(cv, law, s);
        if (isnan(x[n++])) return NAN;
    }
    gsl_sort(x, 1, (size_t)n);
    return gsl_stats_median_from_sorted_data(x, 1, (size_t)n);
}

static bool better(double a, double b) {
    return a < b || (isnan(b) && !isnan(a));
}

// Places from 1 by scores[n_contenders]; equal scores share the better place.
static int place(const CrossVal *cv, const double *scores, int law) {
    int n = 1;
    for (int i = 0; i < cv->n_contenders; i++) n += better(scores[i], scores[law]);
    return n;
}

void crossval_rank(CrossVal *cv) {
    double scores[MAX_CONTENDERS];
    for (int without = -1; without < cv->n_splits && (without < 0 || cv->n_splits > 1); without++) {
        for (int i = 0; i < cv->n_contenders; i++) scores[i] = median_ratio(cv, i, without);
        for (int i = 0; i < cv->n_contenders; i++) {
            Contender *c = &cv->contenders[i];
            int p = place(cv, scores, i);
            if (without < 0) {
                c->score = scores[i];
                c->rank = c->rank_range[0] = c->rank_range[1] = p;
            }
            if (p < c->rank_range[0]) c->rank_range[0] = p;
            if (p > c->rank_range[1]) c->rank_range[1] = p;
        }
    }
    for (int i = 0; i < cv->n_contenders; i++) {
        int at = i;
        for (; at > 0 && better(cv->contenders[i].score, cv->contenders[cv->order[at - 1]].score); at--)
            cv->order[at] = cv->order[at - 1];
        cv->order[at] = i;
    }
}

void crossval_run(CrossVal *cv) {
    Tasks tasks = {.cv = cv};
    for (int s = 0; s < cv->n_splits; s++) tasks.n_folds += cv->splits[s].n_folds;
    for (int i = 0; i < cv->n_contenders; i++) {
        Contender *c = &cv->contenders[i];
        c->options.threads = 1; // the pieces run side by side
        for (int s = 0; s < cv->n_splits; s++) {
            c->folds[s] = allocate((size_t)cv->splits[s].n_folds, sizeof *c->folds[s]);
            c->predicted[s] = allocate(cv->runs->n, sizeof *c->predicted[s]);
            for (int row = 0; row < cv->runs->n; row++) c->predicted[s][row] = NAN;
        }
    }
    parallel(cv->n_contenders, cv->threads, fit_full, &tasks);
    parallel(cv->n_contenders * tasks.n_folds, cv->threads, fit_fold, &tasks);
    weigh(cv);
    for (int i = 0; i < cv->n_contenders; i++) total(cv, &cv->contenders[i]);
    crossval_rank(cv);
}

void crossval_free(CrossVal *cv) {
    for (int i = 0; i < cv->n_contenders; i++) {
        Contender *c = &cv->contenders[i];
        for (int s = 0; s < cv->n_splits; s++) {
            free(c->folds[s]);
            free(c->predicted[s]);
        }
        if (!c->failed[0]) fitted_free(&c->full);
    }
    for (int s = 0; s < cv->n_splits; s++) split_free(&cv->splits[s]);
}

// Sums over the held-out rows of each configuration that a split holds out.
typedef struct {
    double squares[2], rows; // of a, of b
} Sums;

static double rmse_difference(const Sums *s) {
    return sqrt(s->squares[0] / s->rows) - sqrt(s->squares[1] / s->rows);
}

static void add(Sums *to, const Sums *s) {
    for (int k = 0; k < 2; k++) to->squares[k] += s->squares[k];
    to->rows += s->rows;
}

// [n_clusters], those that the split holds out first; returns how many these are.
static int sums_of(const CrossVal *cv, int split, int a, int b, Sums *sums) {
    const double *x = cv->contenders[a].predicted[split], *y = cv->contenders[b].predicted[split];
    const Runs *runs = cv->runs;
    for (int i = 0; i < runs->n; i++) {
        if (isnan(x[i]) || isnan(y[i])) continue;
        double ea = x[i] - runs->loss[i], eb = y[i] - runs->loss[i];
        const Sums one = {{ea * ea, eb * eb}, 1};
        add(&sums[runs->cluster[i]], &one);
    }
    int n = 0;
    for (int c = 0; c < runs->n_clusters; c++)
        if (sums[c].rows > 0) sums[n++] = sums[c];
    return n;
}

Difference crossval_difference(const CrossVal *cv, int split, int a, int b) {
    double draws[DIFFERENCE_DRAWS];
    Sums *sums = allocate(cv->runs->n_clusters, sizeof *sums), all = {0};
    Difference d = {.configurations = sums_of(cv, split, a, b, sums), .ci95 = {NAN, NAN}};
    for (int c = 0; c < d.configurations; c++) add(&all, &sums[c]);
    d.n = (int)all.rows;
    d.difference = rmse_difference(&all);
    Random r = random_stream((uint64_t)cv->seed, 0xd1ff);
    for (int draw = 0; draw < DIFFERENCE_DRAWS && d.configurations; draw++) {
        Sums drawn = {0};
        for (int c = 0; c < d.configurations; c++) add(&drawn, &sums[random_below(&r, (uint32_t)d.configurations)]);
        draws[draw] = rmse_difference(&drawn);
    }
    if (d.configurations) interval95(draws, DIFFERENCE_DRAWS, d.ci95);
    d.told_apart = d.configurations >= FEWEST_TO_TELL && (d.ci95[0] > 0 || d.ci95[1] < 0);
    free(sums);
    return d;
}
