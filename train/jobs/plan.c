// plan.c - see plan.h.
#include "plan.h"

#include "run/manifest.h"

#include <stdlib.h>
#include <string.h>

static Status read_runs(const PlanSource *source, Manifest *m) {
    if (source->manifest) {
        TRY(manifest_read(source->manifest, m));
        if (m->n_runs == 0) return fail(BAD_INPUT, "%s: holds no run", source->manifest);
        return OK;
    }
    m->n_runs = 1;
    m->runs = allocate(1, sizeof *m->runs);
    m->ids = allocate(1, sizeof *m->ids);
    m->runs[0] = run_default();
    Status s = run_set_list(m->runs, source->run_list);
    if (s == OK) s = run_finish(m->runs);
    return s == OK ? OK : fail_within(s, "--run");
}

// Fills or checks the corpus of one run.
static Status settle_corpus(const Corpus *corpus, Run *run) {
    if (corpus_is_synthetic(run->corpus)) return OK;
    if (!corpus)
        return fail(BAD_INPUT, "needs text: give --corpus FILE (English: zcat /usr/share/dictd/gcide.dict.dz > FILE), "
                               "or set corpus=markov:vocab=64;branches=4;seed=1");
    if (run->corpus[0] && strcmp(run->corpus, corpus->name))
        return fail(BAD_INPUT,
                    "corpus: asks for text with sha256 %s, --corpus has %s; give that text, or expand the design again",
                    run->corpus, corpus->name);
    memcpy(run->corpus, corpus->name, sizeof run->corpus);
    return OK;
}

// Opens the data of a run once for every kind of data in the plan.
static Status try_data(const Corpus *corpus, const Run *run, const Run *before) {
    if (before && !strcmp(before->corpus, run->corpus) && before->shape.vocab == run->shape.vocab &&
        before->shape.seq_len == run->shape.seq_len)
        return OK;
    Data data;
    TRY(data_open(run, corpus, &data));
    data_close(&data);
    return OK;
}

static Status settle(const PlanSource *source, Manifest *m) {
    for (int i = 0; i < m->n_runs; i++) {
        Status s = settle_corpus(source->corpus, &m->runs[i]);
        if (s == OK) s = try_data(source->corpus, &m->runs[i], i ? &m->runs[i - 1] : NULL);
        if (s != OK && source->manifest) return fail_within(s, "%s:%d", source->manifest, m->table.lines[i]);
        if (s != OK) return fail_within(s, "--run");
    }
    return OK;
}

// Whether `id` is one of the names in a list with commas.
static bool in_list(const char *list, const char *id) {
    size_t length = strlen(id);
    for (const char *p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
        if (strcspn(p, ",") == length && !strncmp(p, id, length)) return true;
    return false;
}

// Keeps the runs in --only, named by the id in the manifest or the one with the corpus filled in.
static Status take(const PlanSource *source, const Manifest *m, Plan *plan) {
    plan->runs = allocate(m->n_runs, sizeof *plan->runs);
    int wanted = 0, found = 0;
    for (const char *p = source->only; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) wanted++;
    for (int i = 0; i < m->n_runs; i++) {
        char id[RUN_ID];
        run_id(&m->runs[i], id);
        if (source->only && !in_list(source->only, id) && !in_list(source->only, m->ids[i])) continue;
        plan->runs[plan->n_runs++] = m->runs[i];
        found++;
    }
    if (source->only && found < wanted)
        return fail(BAD_INPUT, "--only names %d runs, of which %s has %d", wanted,
                    source->manifest ? source->manifest : "--run", found);
    return OK;
}

typedef struct {
    char group[RUN_ID];
    long decay_start;
    Run run;
} Placed;

static int by_place(const void *a, const void *b) {
    const Placed *x = a, *y = b;
    int order = strcmp(x->group, y->group);
    return order ? order : (x->decay_start > y->decay_start) - (x->decay_start < y->decay_start);
}

static void sort_runs(Plan *plan) {
    Placed *placed = allocate(plan->n_runs, sizeof *placed);
    for (int i = 0; i < plan->n_runs; i++) {
        placed[i].run = plan->runs[i];
        placed[i].decay_start = run_decay_start(&plan->runs[i]);
        run_trunk_id(&plan->runs[i], placed[i].group);
    }
    qsort(placed, (size_t)plan->n_runs, sizeof *placed, by_place);
    for (int i = 0; i < plan->n_runs; i++) plan->runs[i] = placed[i].run;
    free(placed);
}

static void name_runs(Plan *plan, const char *out) {
    size_t n = plan->n_runs;
    plan->ids = allocate(n, sizeof *plan->ids);
    plan->folders = allocate(n, sizeof *plan->folders);
    for (int i = 0; i < plan->n_runs; i++) {
        size_t size = strlen(out) + RUN_ID + 2;
        run_id(&plan->runs[i], plan->ids[i]);
        plan->folders[i] = allocate(size, 1);
        snprintf(plan->folders[i], size, "%s/%s", out, plan->ids[i]);
    }
}

Status plan_make(const PlanSource *source, Plan *plan) {
    *plan = (Plan){0};
    Manifest m = {0};
    Status s = read_runs(source, &m);
    if (s == OK) s = settle(source, &m);
    if (s == OK) s = take(source, &m, plan);
    manifest_free(&m);
    if (s != OK) {
        plan_free(plan);
        return s;
    }
    sort_runs(plan);
    name_runs(plan, source->out);
    return OK;
}

void plan_free(Plan *plan) {
    for (int i = 0; plan->folders && i < plan->n_runs; i++) free(plan->folders[i]);
    free(plan->folders);
    free(plan->ids);
    free(plan->runs);
    free(plan->jobs);
    *plan = (Plan){0};
}

static int longest_first(const void *a, const void *b) {
    const PlanJob *x = a, *y = b;
    if (x->flops != y->flops) return x->flops < y->flops ? 1 : -1;
    return x->first - y->first;
}

// Cuts sorted runs into jobs.
static void group_runs(Plan *plan) {
    plan->jobs = allocate(plan->n_runs + 1, sizeof *plan->jobs);
    for (int i = 0; i < plan->n_runs; i++) {
        PlanJob *job = plan->n_jobs ? &plan->jobs[plan->n_jobs - 1] : NULL;
        char group[RUN_ID], last[RUN_ID] = "";
        run_trunk_id(&plan->runs[i], group);
        if (job) run_trunk_id(&plan->runs[job->first], last);
        if (!job || strcmp(group, last) || job->n == JOB_RUNS) {
            job = &plan->jobs[plan->n_jobs++];
            job->first = i;
        }
        job->n++;
    }
    for (int j = 0; j < plan->n_jobs; j++) {
        PlanJob *job = &plan->jobs[j];
        job->flops = job_flops(&(Job){.n_runs = job->n, .runs = plan->runs + job->first});
    }
    qsort(plan->jobs, (size_t)plan->n_jobs, sizeof *plan->jobs, longest_first);
}

void plan_left(const Plan *plan, const bool *open, Plan *left) {
    size_t n = plan->n_runs;
    *left = (Plan){0};
    left->runs = allocate(n, sizeof *left->runs);
    left->ids = allocate(n, sizeof *left->ids);
    left->folders = allocate(n, sizeof *left->folders);
    for (int i = 0; i < plan->n_runs; i++) {
        if (!open[i]) continue;
        left->runs[left->n_runs] = plan->runs[i];
        memcpy(left->ids[left->n_runs], plan->ids[i], RUN_ID);
        left->folders[left->n_runs++] = copy_text(plan->folders[i]);
    }
    group_runs(left);
}
