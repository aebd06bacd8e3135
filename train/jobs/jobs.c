// jobs.c - see jobs.h.
#include "jobs.h"

#include "ground/number.h"
#include "ground/output.h"
#include "ground/progress.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_PAUSE = 200 * 1000 * 1000 }; // ns between looks at a lock in other hands

static volatile sig_atomic_t stop;

static void on_signal(int signal) {
    (void)signal;
    stop = 1;
}

// A second Ctrl-C ends at once; SIGTERM may come twice, from the parent and from the system.
static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    action.sa_flags = (int)SA_RESETHAND;
    sigaction(SIGINT, &action, NULL);
}

// --- messages from workers

typedef enum { FROM_JOB, JOB_ENDED, JOB_STOPPED, JOB_BUSY, JOB_ERROR } MessageKind;
typedef struct {
    MessageKind kind;
    int job;
    Report report;  // FROM_JOB; run counts within the plan
    char text[512]; // JOB_ERROR
} Message;
static_assert(sizeof(Message) <= PIPE_BUF, "a pipe does not mix messages up to this size");

typedef enum { WAITING, WAITING_LOCKED, RUNNING, ENDED } JobState;

typedef struct Pool Pool;
typedef struct {
    Pool *pool;
    int job; // -1: free
    bool wait;
    pid_t pid;
    pthread_t thread;
} Slot;

struct Pool {
    const Plan *plan;
    const JobsOptions *options;
    JobsEnd *end;
    int pipe[2];
    Slot *slots;
    JobState *states; // [n_jobs]
    Report *reports;  // [n_jobs] the latest
    double *started;  // [n_jobs] FLOPs that a job had behind it at its first report; NAN before
    Progress progress;
};

// Nobody there to read it: the parent was killed, and the worker ends after a checkpoint.
static void send_message(const Pool *pool, const Message *m) {
    while (write(pool->pipe[1], m, sizeof *m) < 0)
        if (errno != EINTR) {
            stop = 1;
            return;
        }
}

// --- the worker's side

typedef struct {
    const Pool *pool;
    int job;
    const int *runs; // plan index of each run of the trainer's job
} Line;

static void forward(void *context, const Report *report) {
    const Line *line = context;
    Message m = {.kind = FROM_JOB, .job = line->job, .report = *report};
    m.report.run = line->runs[report->run];
    send_message(line->pool, &m);
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// Locks the folders of a job, in the order of their names so that two processes cannot wait for each other.
// *busy: another process has one, and we were not to wait.
static Status lock_folders(const Plan *plan, const PlanJob *job, bool wait, int *locks, bool *busy) {
    char *sorted[JOB_RUNS];
    *busy = false;
    memcpy(sorted, plan->folders + job->first, (size_t)job->n * sizeof *sorted);
    qsort(sorted, (size_t)job->n, sizeof *sorted, by_text);
    for (int i = 0; i < job->n && !*busy; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/lock", sorted[i]);
        TRY(make_folders(sorted[i]));
        locks[i] = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0666);
        if (locks[i] < 0) return fail(CANNOT_FINISH, "%s: cannot write: %s", path, strerror(errno));
        while (!*busy && flock(locks[i], LOCK_EX | LOCK_NB)) {
            if (errno != EWOULDBLOCK && errno != EINTR)
                return fail(CANNOT_FINISH,
                            "%s: cannot lock: %s; a network file system may need the mount option flock or its lock "
                            "daemon, or give --out on another one",
                            path, strerror(errno));
            *busy = !wait || stop;
            if (!*busy) nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE}, NULL);
        }
    }
    return OK;
}

static void unlock_folders(const Plan *plan, const PlanJob *job, int *locks) {
    for (int i = 0; i < job->n; i++) {
        char path[4096];
        const char *folder = plan->folders[job->first + i];
        snprintf(path, sizeof path, "%s/lock", folder);
        // Only a finished run loses its lock file: whoever still holds the old one finds the run done.
        if (record_state(folder) == RUN_DONE) unlink(path);
    }
    for (int i = 0; i < job->n; i++)
        if (locks[i] >= 0) close(locks[i]);
}

// Trains what is still open of a locked job, with the other ranks if there are any.
static Status train(const Pool *pool, int j, bool *stopped) {
    const PlanJob *job = &pool->plan->jobs[j];
    Run runs[JOB_RUNS];
    char *folders[JOB_RUNS];
    int where[JOB_RUNS], n = 0;
    for (int i = job->first; i < job->first + job->n; i++) {
        if (record_state(pool->plan->folders[i]) == RUN_DONE) {
            Message m = {.kind = FROM_JOB, .job = j, .report = {.kind = REPORT_DONE, .run = i, .loss = NAN}};
            send_message(pool, &m);
            continue;
        }
        if (ranks_lead(pool->options->ranks)) record_retry(pool->plan->folders[i]);
        runs[n] = pool->plan->runs[i];
        folders[n] = pool->plan->folders[i];
        where[n++] = i;
    }
    *stopped = false;
    if (n == 0) return OK;
    const JobsOptions *o = pool->options;
    Line line = {.pool = pool, .job = j, .runs = where};
    Job the_job = {.n_runs = n,
                   .runs = runs,
                   .folders = folders,
                   .corpus = o->corpus,
                   .backend = o->backend,
                   .ranks = o->ranks,
                   .export_weights = o->export_weights,
                   .checkpoint_interval = o->checkpoint_interval,
                   .stop = &stop,
                   .report = forward,
                   .context = &line};
    return trainer_run(&the_job, stopped);
}

static void work(const Slot *slot) {
    const Pool *pool = slot->pool;
    const PlanJob *job = &pool->plan->jobs[slot->job];
    int locks[JOB_RUNS];
    bool busy = false, stopped = false;
    for (int i = 0; i < job->n; i++) locks[i] = -1;
    Ranks *ranks = pool->options->ranks;
    bool leads = ranks_lead(ranks);
    backend_choose_card(ranks ? ranks_local(ranks) : (int)(slot - pool->slots));
    // Rank 0 locks for all; it does not make the others wait for a run in other hands.
    Status s = leads ? lock_folders(pool->plan, job, slot->wait, locks, &busy) : OK;
    if (ranks && busy) s = fail(CANNOT_FINISH, "another process trains this run");
    if (s == OK && !busy) s = train(pool, slot->job, &stopped);
    Message m = {.kind = s != OK ? JOB_ERROR : busy ? JOB_BUSY : stopped ? JOB_STOPPED : JOB_ENDED, .job = slot->job};
    if (s != OK) snprintf(m.text, sizeof m.text, "%s", status_message());
    if (leads) unlock_folders(pool->plan, job, locks);
    send_message(pool, &m);
}

static void *work_in_thread(void *slot) {
    work(slot);
    return NULL;
}

// --- the parent's side

static Status start_worker(const Pool *pool, Slot *slot) {
    if (pool->options->threads) {
        int error = pthread_create(&slot->thread, NULL, work_in_thread, slot);
        return error ? fail(CANNOT_FINISH, "cannot start a thread: %s", strerror(error)) : OK;
    }
    pid_t parent = getpid();
    fflush(NULL);
    slot->pid = fork();
    if (slot->pid < 0) return fail(CANNOT_FINISH, "cannot start a process: %s", strerror(errno));
    if (slot->pid > 0) return OK;
    // A worker whose parent is killed writes its checkpoint and ends. It may be told twice, by the pipe as well.
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) stop = 1;
    close(pool->pipe[0]);
    work(slot);
    _exit(0);
}

static Status start(Pool *pool, Slot *slot, int job) {
    JobState before = pool->states[job];
    slot->job = job;
    slot->wait = before == WAITING_LOCKED;
    pool->states[job] = RUNNING;
    Status s = start_worker(pool, slot);
    if (s == OK) return OK;
    slot->job = -1;
    pool->states[job] = before;
    return s;
}

// The next job to start: fresh ones first, then those that were in other hands. -1: none.
static int next_job(const Pool *pool) {
    for (JobState state = WAITING; state <= WAITING_LOCKED; state++)
        for (int j = 0; j < pool->plan->n_jobs; j++)
            if (pool->states[j] == state) return j;
    return -1;
}

static void show(Pool *pool) {
    double done = 0, before = 0, total = 0, rate = 0, loss = NAN;
    for (int j = 0; j < pool->plan->n_jobs; j++) {
        const PlanJob *job = &pool->plan->jobs[j];
        total += job->flops;
        if (isnan(pool->started[j])) continue;
        before += pool->started[j];
        done += pool->states[j] == ENDED ? job->flops : pool->reports[j].flops;
        if (pool->states[j] != RUNNING) continue;
        rate += pool->reports[j].tokens_per_s;
        if (!isnan(pool->reports[j].loss)) loss = pool->reports[j].loss;
    }
    char speed[NUMBER_TEXT], left[NUMBER_TEXT], text[NUMBER_TEXT];
    double seconds = progress_left(&pool->progress, before, done, total);
    snprintf(text, sizeof text, "%.4f", loss);
    progress_show(&pool->progress, "%d/%d runs, %s tokens/s, loss %s, %s left",
                  pool->end->done + pool->end->diverged + pool->end->died, pool->plan->n_runs, short_count(rate, speed),
                  isnan(loss) ? "-" : text, seconds < 0 ? "?" : short_time(seconds, left));
}

static void take_report(Pool *pool, const Message *m) {
    const Report *r = &m->report;
    const char *id = pool->plan->ids[r->run];
    if (isnan(pool->started[m->job])) pool->started[m->job] = r->flops;
    pool->reports[m->job] = *r;
    if (r->kind == REPORT_DONE) {
        pool->end->done++;
        if (!isnan(r->loss))
            progress_say(&pool->progress, "%d/%d %s loss %.4f", pool->end->done, pool->plan->n_runs, id, r->loss);
    }
    if (r->kind == REPORT_FAILED) {
        pool->end->diverged++;
        progress_say(&pool->progress, "%s failed: %s", id, r->reason);
    }
}

// Records the death of all that a job leaves unfinished.
static void bury(Pool *pool, int j, const char *reason) {
    const PlanJob *job = &pool->plan->jobs[j];
    int locks[JOB_RUNS];
    bool busy = false;
    for (int i = 0; i < job->n; i++) locks[i] = -1;
    bool writes = ranks_lead(pool->options->ranks);
    bool locked = writes && lock_folders(pool->plan, job, false, locks, &busy) == OK && !busy;
    for (int i = job->first; i < job->first + job->n; i++) {
        RunState state = record_state(pool->plan->folders[i]);
        if (state == RUN_DONE || state == RUN_DIVERGED) continue;
        pool->end->died++;
        if (!writes) warn("another rank than 0: %s", reason);
        progress_say(&pool->progress, "%s died: %s", pool->plan->ids[i], reason);
        if (locked && record_died(pool->plan->folders[i], pool->plan->ids[i], reason) != OK)
            warn("%s", status_message());
    }
    if (writes) unlock_folders(pool->plan, job, locks);
}

static Slot *slot_of(const Pool *pool, int job) {
    for (int i = 0; i < pool->options->workers; i++)
        if (pool->slots[i].job == job) return &pool->slots[i];
    return NULL;
}

static void release(Pool *pool, Slot *slot) {
    if (pool->options->threads)
        pthread_join(slot->thread, NULL);
    else
        while (waitpid(slot->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    slot->job = -1;
}

static void take_message(Pool *pool, const Message *m) {
    if (m->kind == FROM_JOB) {
        take_report(pool, m);
        return;
    }
    release(pool, slot_of(pool, m->job));
    pool->states[m->job] = m->kind == JOB_BUSY ? WAITING_LOCKED : ENDED;
    if (m->kind == JOB_STOPPED) pool->end->stopped = true;
    if (m->kind == JOB_ERROR) bury(pool, m->job, m->text);
}

static bool take_messages(Pool *pool, int timeout) {
    struct pollfd wait = {.fd = pool->pipe[0], .events = POLLIN};
    bool any = false;
    while (poll(&wait, 1, any ? 0 : timeout) > 0) {
        Message m;
        if (read(pool->pipe[0], &m, sizeof m) != sizeof m) break;
        take_message(pool, &m);
        any = true;
    }
    return any;
}

// Workers that are gone without a last word.
static void find_dead(Pool *pool) {
    for (int i = 0; !pool->options->threads && i < pool->options->workers; i++) {
        Slot *slot = &pool->slots[i];
        siginfo_t info = {0};
        if (slot->job < 0 || waitid(P_PID, (id_t)slot->pid, &info, WEXITED | WNOHANG | WNOWAIT) || !info.si_pid)
            continue;
        int job = slot->job;
        // Its last word may still be in the pipe; taking it frees the slot.
        take_messages(pool, 0);
        if (pool->states[job] != RUNNING) continue;
        char reason[128];
        if (info.si_code == CLD_EXITED)
            snprintf(reason, sizeof reason, "the worker ended with status %d", info.si_status);
        else
            snprintf(reason, sizeof reason, "the worker was killed by signal %d (%s)", info.si_status,
                     strsignal(info.si_status));
        release(pool, slot);
        pool->states[job] = ENDED;
        bury(pool, job, reason);
    }
}

static bool any_running(const Pool *pool) {
    for (int i = 0; i < pool->options->workers; i++)
        if (pool->slots[i].job >= 0) return true;
    return false;
}

static void stop_workers(const Pool *pool) {
    for (int i = 0; !pool->options->threads && i < pool->options->workers; i++)
        if (pool->slots[i].job >= 0) kill(pool->slots[i].pid, SIGTERM);
}

// Nothing new is begun after a signal, nor by ranks that are out of step.
static bool may_start(const Pool *pool) {
    bool broken = pool->options->ranks && (pool->end->died || pool->end->stopped);
    return !stop && !broken;
}

// Where a worker cannot be started the others stop at a checkpoint: nothing of the pool is in use when this returns.
static Status run_pool(Pool *pool) {
    bool told = false;
    Status status = OK;
    for (;;) {
        for (int i = 0; i < pool->options->workers && may_start(pool); i++) {
            int job = pool->slots[i].job < 0 ? next_job(pool) : -1;
            if (job >= 0) status = start(pool, &pool->slots[i], job);
            if (status != OK) stop = 1;
        }
        if (stop && !told) stop_workers(pool);
        told = stop;
        if (!any_running(pool)) break;
        if (!take_messages(pool, 100)) find_dead(pool);
        if (any_running(pool)) show(pool);
    }
    if (stop) pool->end->stopped = true;
    return status;
}

Status jobs_run(const Plan *plan, const JobsOptions *options, JobsEnd *end) {
    size_t n = plan->n_jobs;
    *end = (JobsEnd){0};
    Pool pool = {.plan = plan, .options = options, .end = end, .progress = progress_begin("train")};
    if (pipe(pool.pipe)) return fail(CANNOT_FINISH, "cannot open a pipe: %s", strerror(errno));
    pool.slots = allocate(options->workers, sizeof *pool.slots);
    pool.states = allocate(n + 1, sizeof *pool.states);
    pool.reports = allocate(n + 1, sizeof *pool.reports);
    pool.started = allocate(n + 1, sizeof *pool.started);
    for (int i = 0; i < options->workers; i++) pool.slots[i] = (Slot){.pool = &pool, .job = -1};
    for (int j = 0; j < plan->n_jobs; j++) pool.started[j] = NAN;
    stop = 0;
    catch_signals();
    Status s = run_pool(&pool);
    progress_end(&pool.progress);
    close(pool.pipe[0]);
    close(pool.pipe[1]);
    free(pool.slots);
    free(pool.states);
    free(pool.reports);
    free(pool.started);
    return s;
}
