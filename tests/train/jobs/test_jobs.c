// Many jobs at once, in processes and in threads, around the small model.
#include "small_model.h"

#include "ground/output.h"
#include "jobs/jobs.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/file.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "near.h"
#include "scratch.h"

// Nine runs in five jobs.
static Plan make_plan(const char *out) {
    char manifest[2048] = "vocab,d_model,seq_len,batch,lr,warmup_tokens,eval_tokens,tokens,seed,corpus\n";
    for (int seed = 1; seed <= 5; seed++)
        for (int k = 1; k <= (seed < 5 ? 2 : 1); k++)
            snprintf(manifest + strlen(manifest), sizeof manifest - strlen(manifest),
                     "16,8,32,4,1,1000,4096,%d,%d,markov:vocab=16\n", 10000 * k, seed);
    write_bytes(in_scratch("m.csv"), manifest, strlen(manifest));
    PlanSource source = {.manifest = in_scratch("m.csv"), .out = in_scratch("%s", out)};
    Plan all, left;
    if (plan_make(&source, &all) != OK) fail_msg("%s", status_message());
    bool open[16];
    for (int i = 0; i < all.n_runs; i++) {
        RunState state = record_state(all.folders[i]);
        open[i] = state == RUN_OPEN || state == RUN_DIED;
    }
    plan_left(&all, open, &left);
    plan_free(&all);
    return left;
}

static JobsEnd run_jobs(const char *out, int workers, bool threads) {
    Plan plan = make_plan(out);
    JobsOptions options = {
        .backend = &small_backend, .workers = workers, .threads = threads, .checkpoint_interval = 1e9};
    JobsEnd end;
    if (jobs_run(&plan, &options, &end) != OK) fail_msg("%s", status_message());
    plan_free(&plan);
    return end;
}

static double sum_of_losses(const char *out) {
    char command[512], text[64] = "";
    snprintf(command, sizeof command,
             "cat '%s'/*/record.jsonl | grep '\"result\"' | grep -o '\"loss\": [0-9.]*' | awk '{s += $2} END {printf "
             "\"%%.15g\", s}'",
             in_scratch("%s", out));
    FILE *f = popen(command, "r");
    assert_true(fread(text, 1, sizeof text - 1, f) > 0);
    pclose(f);
    return strtod(text, NULL);
}

static void test_workers_do_not_matter(void **state) {
    (void)state;
    const struct {
        const char *out;
        int workers;
        bool threads;
    } ways[] = {{"one", 1, false}, {"four", 4, false}, {"thread", 1, true}, {"threads", 4, true}};
    for (int i = 0; i < 4; i++) {
        JobsEnd end = run_jobs(ways[i].out, ways[i].workers, ways[i].threads);
        assert_int_equal(end.done, 9);
        assert_int_equal(end.died + end.diverged, 0);
        assert_near(sum_of_losses(ways[i].out), sum_of_losses("one"), 0);
    }
}

// cmocka has handlers of its own for SIGSEGV, which a worker inherits.
static void die(long step) {
    if (step == 40) raise(SIGKILL);
}

// Workers that die leave their runs marked, with the signal; the next call does them.
static void test_dead_workers(void **state) {
    (void)state;
    small_hook = die;
    JobsEnd end = run_jobs("dead", 2, false);
    small_hook = NULL;
    assert_int_equal(end.died, 9);
    Plan plan = make_plan("dead");
    assert_int_equal(plan.n_runs, 9);
    char reason[256];
    for (int i = 0; i < 9; i++) {
        assert_int_equal(record_state(plan.folders[i]), RUN_DIED);
        record_reason(plan.folders[i], reason, sizeof reason);
        assert_non_null(strstr(reason, "died: the worker was killed by signal 9"));
    }
    plan_free(&plan);
    end = run_jobs("dead", 2, false);
    assert_int_equal(end.done, 9);
    assert_near(sum_of_losses("dead"), sum_of_losses("one"), 0);
}

// A run that another process holds is waited for, and is not trained twice.
static void test_locked(void **state) {
    (void)state;
    Plan plan = make_plan("locked");
    assert_int_equal(make_folders(plan.folders[0]), OK);
    char path[600];
    snprintf(path, sizeof path, "%s/lock", plan.folders[0]);
    pid_t child = fork();
    if (child == 0) {
        int fd = open(path, O_CREAT | O_RDWR, 0666);
        if (flock(fd, LOCK_EX)) _exit(1);
        usleep(400000);
        _exit(0);
    }
    usleep(100000);
    JobsEnd end = run_jobs("locked", 2, false);
    assert_int_equal(end.done, 9);
    assert_near(sum_of_losses("locked"), sum_of_losses("one"), 0);
    assert_int_equal(access(path, F_OK), -1);
    plan_free(&plan);
}

// flock and pthread_create as the program meets them: the system's, unless a test wants them to fail.
static int flock_error, threads_left = 1000;
int flock(int fd, int operation) {
    errno = flock_error;
    return flock_error ? -1 : (int)syscall(SYS_flock, fd, operation);
}
typedef int (*CreateThread)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    CreateThread create;
    *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
    return threads_left-- > 0 ? create(thread, attributes, start, argument) : EAGAIN;
}

// A file system without locks is said, and not waited for.
static void test_no_locks(void **state) {
    (void)state;
    const int errors[] = {ENOSYS, ENOLCK, EOPNOTSUPP};
    for (int i = 0; i < 3; i++) {
        flock_error = errors[i];
        alarm(20);
        JobsEnd end = run_jobs("unlocked", 2, false);
        alarm(0);
        flock_error = 0;
        assert_int_equal(end.died, 9);
    }
    assert_int_equal(run_jobs("unlocked", 2, false).done, 9);
}

static _Atomic long n_steps;
static void count_step(long step) {
    (void)step;
    n_steps++;
    usleep(1000);
}

// A thread that cannot be started ends the others, at checkpoints, before the call returns.
static void test_no_more_threads(void **state) {
    (void)state;
    Plan plan = make_plan("few");
    JobsOptions options = {.backend = &small_backend, .workers = 3, .threads = true, .checkpoint_interval = 1e9};
    JobsEnd end;
    small_hook = count_step;
    threads_left = 2;
    assert_int_equal(jobs_run(&plan, &options, &end), CANNOT_FINISH);
    long steps = n_steps;
    threads_left = 1000;
    assert_non_null(strstr(status_message(), "cannot start a thread"));
    usleep(50000);
    assert_int_equal(n_steps, steps);
    small_hook = NULL;
    plan_free(&plan);
    assert_int_equal(run_jobs("few", 3, true).done, 9);
    assert_near(sum_of_losses("few"), sum_of_losses("one"), 0);
}

// In the worker: its parent goes, and the step takes long enough for a report to be due.
static void kill_parent(long step) {
    if (step != 40) return;
    kill(getppid(), SIGKILL);
    usleep(600000);
}

// A worker whose parent is killed leaves a checkpoint, however long its step.
static void test_orphan(void **state) {
    (void)state;
    Plan plan = make_plan("orphan");
    pid_t parent = fork();
    if (parent == 0) {
        small_hook = kill_parent;
        run_jobs("orphan", 1, false);
        _exit(0);
    }
    int how, checkpoints = 0;
    assert_int_equal(waitpid(parent, &how, 0), parent);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
    for (int tries = 0; tries < 50 && !checkpoints; tries++, usleep(100000))
        for (int i = 0; i < plan.n_runs; i++) {
            char path[600];
            snprintf(path, sizeof path, "%s/checkpoint", plan.folders[i]);
            checkpoints += !access(path, R_OK);
        }
    assert_int_equal(checkpoints, 1);
    plan_free(&plan);
    assert_int_equal(run_jobs("orphan", 2, false).done, 9);
    assert_near(sum_of_losses("orphan"), sum_of_losses("one"), 0);
}

int main(void) {
    if (!freopen("/dev/null", "w", stderr)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workers_do_not_matter),
        cmocka_unit_test(test_dead_workers),
        cmocka_unit_test(test_locked),
        cmocka_unit_test(test_no_locks),
        cmocka_unit_test(test_no_more_threads),
        cmocka_unit_test(test_orphan),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
