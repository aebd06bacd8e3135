// Many jobs at once, in processes and in threads, around the small model.
#include "small_model.h"

#include "ground/output.h"
#include "jobs/jobs.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/file.h>
#include <fcntl.h>
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

int main(void) {
    if (!freopen("/dev/null", "w", stderr)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workers_do_not_matter),
        cmocka_unit_test(test_dead_workers),
        cmocka_unit_test(test_locked),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
