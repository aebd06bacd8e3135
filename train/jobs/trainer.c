// trainer.c - see trainer.h.
#include "trainer.h"

#include "ground/clock.h"
#include "device.h"
#include "model/export.h"
#include "schedule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// A run has diverged when its loss, averaged over about SMOOTH steps, stands more than SPIKE nats above the lowest
// such average it had reached (at the start: log vocab, or the first loss if larger), or is not a number.
static const double SMOOTH = 32, SPIKE = 1;

static const double TELL_SECONDS = 0.5;

// Evaluations on the way, at this many steps and every doubling, on this many tokens.
enum { FIRST_EVAL = 64, EVAL_TOKENS = 16384 };

typedef struct {
    const Job *job;
    Data data;
    Model *model;
    Where where;
    Record *records; // [n_runs]
    char (*ids)[RUN_ID];
    bool *ended; // [n_runs] finished or failed
    Snapshot trunk;
    int branch;                  // the run whose decay is under way; -1 on the trunk
    Position position;           // of the model as it stands
    double mark;                 // wall time is counted up to here
    double last_save, save_cost; // seconds: when, and how long it took
    double last_tell;
    double evaluated; // tokens of the evaluation under way
    int32_t *tokens;  // [batch][seq_len + 1]
    int64_t *loads;   // [MoE layers][experts]
    double *sums;     // [validation sequences]
    double *in_order; // the same in the order of the text
    int64_t *order;   // [validation sequences] which stands where in the text
    bool stopped;
} Trainer;

double job_flops(const Job *job) {
    double sum = 0;
    long shared = 0;
    for (int i = 0; i < job->n_runs; i++) {
        const Run *run = &job->runs[i];
        double M = shape_count(&run->shape).M;
        sum += M * run_batch_tokens(run) * (double)(run_steps(run) - shared) + M / 3 * run->eval_tokens;
        shared = run_decay_start(run);
    }
    return sum;
}

// FLOPs of the first `n_ended` runs and of `steps` of run n_ended.
static double flops_done(const Trainer *t) {
    Job part = *t->job;
    part.n_runs = 0;
    while (part.n_runs < t->job->n_runs && t->ended[part.n_runs]) part.n_runs++;
    if (part.n_runs == t->job->n_runs) return job_flops(&part);
    const Run *run = &t->job->runs[part.n_runs];
    long shared = part.n_runs ? run_decay_start(&t->job->runs[part.n_runs - 1]) : 0;
    double tokens = run_batch_tokens(run) * (double)(t->position.step - shared);
    return job_flops(&part) + shape_count(&run->shape).M * ((tokens > 0 ? tokens : 0) + t->evaluated / 3);
}

static double tokens_per_s(const Trainer *t) {
    const Position *p = &t->position;
    double batch = run_batch_tokens(t->job->runs);
    if (p->since_event) return (double)p->since_event * batch / p->seconds_sum;
    return p->step ? (double)p->step * batch / p->train_s : 0;
}

static void tell(Trainer *t, ReportKind kind, int run, double loss, const char *reason) {
    Report r = {.kind = kind, .run = run, .flops = flops_done(t), .loss = loss, .tokens_per_s = tokens_per_s(t)};
    t->last_tell = clock_seconds();
    snprintf(r.reason, sizeof r.reason, "%s", reason);
    t->job->report(t->job->context, &r);
}

// Of several ranks rank 0 alone writes records and checkpoints.
static bool writes(const Trainer *t) {
    return ranks_lead(t->job->ranks);
}

// The runs that the next step belongs to: the branch, or all that have not ended.
static bool takes_part(const Trainer *t, int run) {
    return !t->ended[run] && (t->branch < 0 || t->branch == run);
}

static void count_wall(Trainer *t) {
    double time = clock_seconds();
    t->position.wall_s += time - t->mark;
    t->mark = time;
}

// --- evaluation

static Status evaluate(Trainer *t, const Run *run, int64_t n, bool averaged, Evaluation *e) {
    double sum = 0;
    int64_t placed = 0, end = ranks_share_end(t->job->ranks, n);
    for (int64_t i = 0; i < n; i++) t->sums[i] = 0;
    for (int64_t first = ranks_share(t->job->ranks, n); first < end; first += run->batch) {
        int count = (int)(end - first < run->batch ? end - first : run->batch);
        TRY(data_validation(&t->data, first, count, t->tokens));
        TRY(model_evaluate(t->model, t->tokens, count, averaged, t->sums + first));
        t->evaluated = (double)(first + count) * run->shape.seq_len;
        if (clock_seconds() - t->last_tell > TELL_SECONDS) tell(t, REPORT_STEP, 0, t->position.last.loss, "");
    }
    t->evaluated = 0;
    ranks_sum(t->job->ranks, t->sums, n);
    for (int64_t i = 0; i < n; i++) sum += t->sums[i] /= run->shape.seq_len;
    for (int64_t i = 0; i < t->data.n_validation; i++)
        if (t->order[i] < n) t->in_order[placed++] = t->sums[t->order[i]];
    *e = (Evaluation){.loss = sum / (double)n, .tokens = (double)n * run->shape.seq_len};
    e->loss_se = clustered_error(t->in_order, n);
    e->n_blocks = block_means(t->in_order, n, EVAL_BLOCKS, e->block_B);
    return OK;
}

static Status evaluate_on_the_way(Trainer *t) {
    int64_t n = (EVAL_TOKENS + t->data.seq_len - 1) / t->data.seq_len;
    Evaluation e;
    TRY(evaluate(t, t->job->runs, n < t->data.n_validation ? n : t->data.n_validation, false, &e));
    model_loads(t->model, t->loads);
    for (int i = 0; i < t->job->n_runs; i++)
        if (writes(t) && takes_part(t, i))
            TRY(record_eval(&t->records[i], &t->job->runs[i], t->position.step, &e, t->loads));
    return OK;
}

// --- steps

// Up to 90 step lines in every decade of steps, whatever the length of the run.
static bool event_due(long step) {
    long every = 1;
    while (every * 100 <= step) every *= 10;
    return step % every == 0;
}

static bool eval_due(long step) {
    return step >= FIRST_EVAL && (step & (step - 1)) == 0;
}

static Status write_step(Trainer *t, double lr) {
    Position *p = &t->position;
    StepEvent e = {.step = p->step, .lr = lr, .loss = p->loss_sum / (double)p->since_event, .stats = p->last};
    e.tokens_per_s = tokens_per_s(t);
    for (int i = 0; i < t->job->n_runs; i++)
        if (writes(t) && takes_part(t, i)) TRY(record_step(&t->records[i], &t->job->runs[i], &e));
    p->since_event = 0;
    p->loss_sum = p->seconds_sum = 0;
    return OK;
}

// Why the run cannot go on, or false.
static bool diverged(Position *p, double start, char *reason, size_t size) {
    double loss = p->last.loss;
    if (!isfinite(loss) || !isfinite(p->last.grad_norm)) {
        snprintf(reason, size, "%s is not a number at step %lld", isfinite(loss) ? "gradient" : "loss",
                 (long long)p->step);
        return true;
    }
    p->smooth += (loss - p->smooth) / SMOOTH;
    p->smooth_weight += (1 - p->smooth_weight) / SMOOTH;
    double mean = p->smooth / p->smooth_weight;
    if (p->step == 1) p->lowest = fmax(loss, start);
    if (mean < p->lowest) p->lowest = mean;
    if (mean <= p->lowest + SPIKE) return false;
    snprintf(reason, size, "loss spike at step %lld: mean of the last steps %.3f, lowest before %.3f",
             (long long)p->step, mean, p->lowest);
    return true;
}

static Status fail_runs(Trainer *t, const char *reason) {
    for (int i = 0; i < t->job->n_runs; i++) {
        if (!takes_part(t, i)) continue;
        if (writes(t)) TRY(record_failed(&t->records[i], "diverged", t->position.step, reason));
        t->ended[i] = true;
        tell(t, REPORT_FAILED, i, t->position.last.loss, reason);
    }
    return OK;
}

// One step of `run`; *good is false when it ended the run(s).
static Status step(Trainer *t, const Run *run, bool *good) {
    Position *p = &t->position;
    double start = clock_seconds(), cpu_start = clock_thread_seconds(), share = schedule(run, (long)p->step);
    char reason[256];
    int64_t mine = ranks_share(t->job->ranks, run->batch), end = ranks_share_end(t->job->ranks, run->batch);
    TRY(data_train(&t->data, p->step * run->batch + mine, (int)(end - mine), t->tokens));
    TRY(model_step(t->model, t->tokens, run->lr * share, &p->last));
    double seconds = clock_seconds() - start;
    p->step++;
    p->since_event++;
    p->loss_sum += p->last.loss;
    p->seconds_sum += seconds;
    p->train_s += seconds;
    p->cpu_s += clock_thread_seconds() - cpu_start;
    for (int i = 0; i < 6; i++) p->seconds[i] += p->last.seconds[i];
    *good = !diverged(p, log(run->shape.vocab), reason, sizeof reason);
    if (!*good) return fail_runs(t, reason);
    if (clock_seconds() - t->last_tell > TELL_SECONDS)
        tell(t, REPORT_STEP, 0, p->loss_sum / (double)p->since_event, "");
    if (event_due((long)p->step)) TRY(write_step(t, run->lr * share));
    if (eval_due((long)p->step)) TRY(evaluate_on_the_way(t));
    count_wall(t);
    return OK;
}

// --- checkpoints

static Status save(Trainer *t) {
    const Job *job = t->job;
    if (!writes(t)) return OK;
    TRY(corpus_unchanged(t->data.corpus));
    CheckpointHead head;
    memset(&head, 0, sizeof head);
    run_trunk_id(job->runs, head.trunk_id);
    snprintf(head.backend, sizeof head.backend, "%s", job->backend->name);
    head.n_values = snapshot_size(t->model);
    if (t->branch >= 0) memcpy(head.branch_id, t->ids[t->branch], RUN_ID);
    for (int i = 0; i < job->n_runs; i++) {
        if (t->ended[i]) continue;
        memcpy(head.ids[head.n_runs], t->ids[i], RUN_ID);
        TRY(record_mark(&t->records[i], &head.marks[head.n_runs++]));
        record_touch(&t->records[i]);
    }
    double start = clock_seconds();
    Snapshot here = {.position = t->position};
    TRY(snapshot_take(t->model, &here));
    const char *folder = job->folders[job->n_runs - 1];
    Status s =
        t->branch < 0 ? checkpoint_save(folder, &head, &here, NULL) : checkpoint_save(folder, &head, &t->trunk, &here);
    snapshot_free(&here);
    t->last_save = clock_seconds();
    t->save_cost = t->last_save - start;
    return s;
}

static int find_id(const Trainer *t, const char *id) {
    for (int i = 0; i < t->job->n_runs; i++)
        if (!strcmp(t->ids[i], id)) return i;
    return -1;
}

// How the records stood at a checkpoint; false if it does not cover every run of this job.
static bool marks_of(const Trainer *t, const CheckpointHead *head, RecordMark *marks) {
    for (int i = 0; i < t->job->n_runs; i++) {
        marks[i].length = -1;
        for (int k = 0; k < head->n_runs; k++)
            if (!strcmp(head->ids[k], t->ids[i])) marks[i] = head->marks[k];
        if (marks[i].length < 0) return false;
    }
    return true;
}

// Restores the newest usable checkpoint; false: begin anew.
static bool resume(Trainer *t, RecordMark *marks) {
    CheckpointHead wanted, head;
    memset(&wanted, 0, sizeof wanted);
    run_trunk_id(t->job->runs, wanted.trunk_id);
    snprintf(wanted.backend, sizeof wanted.backend, "%s", t->job->backend->name);
    wanted.n_values = snapshot_size(t->model);
    Snapshot branch = {0};
    if (!checkpoint_load(t->job->folders[t->job->n_runs - 1], &wanted, &head, &t->trunk, &branch)) return false;
    bool good = marks_of(t, &head, marks);
    t->branch = branch.values ? find_id(t, head.branch_id) : -1;
    const Snapshot *from = t->branch >= 0 ? &branch : &t->trunk;
    good = good && snapshot_restore(t->model, from) == OK;
    t->position = from->position;
    snapshot_free(&branch);
    return good;
}

// Checkpoints of a large model are rarer than asked for, so that they cost at most 1 second in 20.
static bool save_due(const Trainer *t) {
    double interval = t->job->checkpoint_interval;
    return clock_seconds() - t->last_save >= (interval > 0 ? fmax(interval, 20 * t->save_cost) : 0);
}

// --- the job

// Trains to step `end`; *good is false when the job was stopped or its runs failed.
static Status train_to(Trainer *t, const Run *run, long end, bool *good) {
    *good = true;
    while (*good && t->position.step < end) {
        double stop = 0;
        TRY(step(t, run, good));
        stop = *t->job->stop != 0;
        ranks_sum(t->job->ranks, &stop, 1);
        if (stop > 0) t->stopped = true;
        if (*good && (t->stopped || save_due(t))) TRY(save(t));
        if (t->stopped) *good = false;
    }
    return OK;
}

static Status finish_run(Trainer *t, int i) {
    const Run *run = &t->job->runs[i];
    Result x = {.loss_last = NAN, .entropy_rate = NAN, .loss_floor = NAN};
    TRY(evaluate(t, run, t->data.n_validation, run->average > 0, &x.evaluation));
    if (!isfinite(x.evaluation.loss)) return fail_runs(t, "validation loss is not a number");
    if (run->average > 0) {
        Evaluation last;
        TRY(evaluate(t, run, t->data.n_validation, false, &last));
        x.loss_last = last.loss;
    }
    model_loads(t->model, t->loads);
    if (writes(t)) TRY(record_eval(&t->records[i], run, t->position.step, &x.evaluation, t->loads));
    if (!t->data.corpus) {
        x.entropy_rate = t->data.chain.entropy;
        x.loss_floor = data_floor(&t->data);
    }
    x.epochs = data_epochs(&t->data, t->position.step * run->batch);
    x.train_s = t->position.train_s;
    x.cpu_s = t->position.cpu_s;
    memcpy(x.seconds, t->position.seconds, sizeof x.seconds);
    x.stats = t->position.last;
    // No rank's text may have changed before the run is sealed.
    TRY(corpus_unchanged(t->data.corpus));
    TRY(ranks_agree(t->job->ranks, 0, "texts"));
    if (t->job->export_weights && writes(t)) TRY(export_model(t->job->folders[i], run, t->model));
    count_wall(t);
    x.wall_s = t->position.wall_s;
    if (writes(t)) TRY(record_done(&t->records[i], run, &x, t->where));
    t->ended[i] = true;
    tell(t, REPORT_DONE, i, x.evaluation.loss, "");
    return OK;
}

// Trunk, decay and evaluation of run i; the trunk is as it was before the decay if others follow.
static Status train_run(Trainer *t, int i, bool *good) {
    const Run *run = &t->job->runs[i];
    *good = true;
    if (t->branch < 0) TRY(train_to(t, run, run_decay_start(run), good));
    if (!*good) return OK;
    bool last = i == t->job->n_runs - 1;
    if (t->branch < 0 && !last) {
        t->trunk.position = t->position;
        TRY(snapshot_take(t->model, &t->trunk));
    }
    // The last run needs no way back: its decay is trained as if it were the trunk.
    if (!last) t->branch = i;
    TRY(train_to(t, run, run_steps(run), good));
    if (*good) TRY(finish_run(t, i));
    if (t->stopped || last) return OK;
    t->branch = -1;
    t->position = t->trunk.position;
    *good = true;
    return snapshot_restore(t->model, &t->trunk);
}

// All ranks have read the same checkpoint, or rank 0 has none that fits its records; nobody writes one before.
static Status agree_to_resume(Trainer *t, bool *resumed) {
    Ranks *ranks = t->job->ranks;
    double good = writes(t) && *resumed;
    ranks_sum(ranks, &good, 1);
    if (ranks && good > 0) {
        TRY(ranks_agree(ranks, *resumed, "checkpoints (is --out on a file system that all share?)"));
        TRY(ranks_agree(ranks, (double)t->position.step, "checkpoints"));
        TRY(ranks_agree(ranks, t->branch, "checkpoints"));
    }
    *resumed = good > 0;
    return OK;
}

static Status open_records(Trainer *t) {
    const Job *job = t->job;
    RecordMark marks[JOB_RUNS] = {0};
    bool resumed = resume(t, marks);
    for (int i = 0; resumed && writes(t) && i < job->n_runs; i++) {
        resumed = record_open(&t->records[i], job->folders[i], t->ids[i], &marks[i]) == OK;
        if (!resumed) warn("%s; starting again", status_message());
    }
    TRY(agree_to_resume(t, &resumed));
    if (resumed) return OK;
    t->branch = -1;
    t->position = (Position){0};
    // The model may hold half of a checkpoint.
    model_destroy(t->model);
    t->model = NULL;
    TRY(model_create(job->runs + job->n_runs - 1, job->backend, job->ranks, &t->model));
    for (int i = 0; writes(t) && i < job->n_runs; i++) {
        record_close(&t->records[i]);
        TRY(record_open(&t->records[i], job->folders[i], t->ids[i], NULL));
        TRY(record_config(&t->records[i], &job->runs[i], &t->data, t->where));
    }
    return OK;
}

// One number that stands for what this rank believes the job to be.
static double job_number(const Trainer *t) {
    uint32_t hash = 2166136261;
    for (int i = 0; i < t->job->n_runs; i++)
        for (const char *p = t->ids[i]; *p; p++) hash = (hash ^ (unsigned char)*p) * 16777619;
    for (const char *p = t->job->backend->name; *p; p++) hash = (hash ^ (unsigned char)*p) * 16777619;
    return hash;
}

static Status train_all(Trainer *t) {
    const Job *job = t->job;
    const Run *run = job->runs + job->n_runs - 1;
    TRY(ranks_agree(job->ranks, job_number(t), "runs or backends"));
    TRY(data_open(run, job->corpus, &t->data));
    t->sums = allocate(t->data.n_validation, sizeof *t->sums);
    t->in_order = allocate(t->data.n_validation, sizeof *t->in_order);
    t->order = allocate(t->data.n_validation, sizeof *t->order);
    data_text_order(&t->data, t->order);
    TRY(model_create(run, job->backend, job->ranks, &t->model));
    t->where =
        (Where){.backend = job->backend->name, .device = device_name(job->backend), .ranks = ranks_size(job->ranks)};
    TRY(open_records(t));
    t->last_save = clock_seconds();
    tell(t, REPORT_STEP, 0, NAN, "");
    bool good = true;
    for (int i = 0; i < job->n_runs && good && !t->stopped; i++)
        if (takes_part(t, i)) TRY(train_run(t, i, &good));
    // A run may have been trained alone before, with a checkpoint of its own.
    for (int i = 0; i < job->n_runs && !t->stopped && writes(t); i++) checkpoint_clear(job->folders[i], true);
    // What rank 0 wrote is there when any of them returns.
    return ranks_agree(job->ranks, t->stopped, "ends");
}

Status trainer_run(const Job *job, bool *stopped) {
    size_t n = job->n_runs;
    const Run *run = job->runs;
    Trainer t = {.job = job, .branch = -1, .mark = clock_seconds()};
    t.records = allocate(n, sizeof *t.records);
    t.ids = allocate(n, sizeof *t.ids);
    t.ended = allocate(n, sizeof *t.ended);
    t.tokens = allocate((size_t)run->batch * (run->shape.seq_len + 1), sizeof *t.tokens);
    t.loads = allocate((size_t)run->shape.n_layers * run->shape.n_experts, sizeof *t.loads);
    for (int i = 0; i < job->n_runs; i++) run_id(&job->runs[i], t.ids[i]);
    for (size_t i = 0; i < n && ranks_lead(job->ranks); i++) checkpoint_clear(job->folders[i], false);
    Status s = train_all(&t);
    *stopped = t.stopped;
    for (int i = 0; i < job->n_runs; i++) record_close(&t.records[i]);
    model_destroy(t.model);
    data_close(&t.data);
    snapshot_free(&t.trunk);
    free(t.records);
    free(t.ids);
    free(t.ended);
    free(t.tokens);
    free(t.loads);
    free(t.sums);
    free(t.in_order);
    free(t.order);
    return s;
}
