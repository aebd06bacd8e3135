// The training loop around a small model: branches, resuming, failing, learning.
#include "small_model.h"

#include "jobs/trainer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <cmocka.h>

#include "near.h"
#include "scratch.h"

static volatile sig_atomic_t stop;
static int n_done, n_failed;

static void on_report(void *context, const Report *r) {
    (void)context;
    n_done += r->kind == REPORT_DONE;
    n_failed += r->kind == REPORT_FAILED;
}

static Run run_of(double tokens) {
    Run run = run_default();
    run.shape.vocab = 16;
    run.shape.n_layers = 1;
    run.shape.d_model = 2;
    run.shape.n_experts = 4;
    run.shape.seq_len = 32;
    run.batch = 4;
    run.lr = 1;
    run.tokens = tokens;
    run.warmup_tokens = 1000;
    run.eval_tokens = 20000;
    strcpy(run.corpus, "markov:vocab=16;branches=4;seed=3");
    assert_int_equal(run_finish(&run), OK);
    return run;
}

static const Corpus *trained_on; // what runs are trained on; NULL: the chain
static bool stopped;

// Trains runs[0..n-1] as one job under scratch/place; folders: scratch/place/TOKENS.
static Status try_train(const char *place, const Run *runs, int n, double interval) {
    char names[8][512], *folders[8];
    for (int i = 0; i < n; i++) {
        snprintf(names[i], sizeof names[i], "%s/%s/%.0f", scratch, place, runs[i].tokens);
        folders[i] = names[i];
    }
    Job job = {.n_runs = n,
               .runs = runs,
               .folders = folders,
               .corpus = trained_on,
               .backend = &small_backend,
               .checkpoint_interval = interval,
               .stop = &stop,
               .report = on_report};
    n_done = n_failed = 0;
    return trainer_run(&job, &stopped);
}

static bool train(const char *place, const Run *runs, int n, double interval) {
    if (try_train(place, runs, n, interval) != OK) fail_msg("%s", status_message());
    return stopped;
}

// The record's lines without what depends on the clock, so that two can be compared.
static char *timeless(const char *path) {
    static const char *const clocks[] = {"\"started\"", "\"tokens_per_s\"", "\"flops_per_s\"", "\"wall_s\"",
                                         "\"train_s\"", "\"share_",         "\"cpu_s\"",       "\"tokens_per_cpu_s\""};
    char *text = slurp(path), *to = text;
    for (char *p = text; *p;) {
        bool skip = false;
        for (int i = 0; i < 8; i++) skip = skip || !strncmp(p, clocks[i], strlen(clocks[i]));
        if (skip)
            p += strcspn(p, ",}");
        else
            *to++ = *p++;
    }
    *to = '\0';
    return text;
}

static void assert_same_record(const char *a, const char *b) {
    char *x = timeless(a), *y = timeless(b);
    assert_true(strlen(x) > 1000);
    assert_non_null(strstr(x, "\"status\": \"done\""));
    assert_string_equal(x, y);
    free(x);
    free(y);
}

static double loss_in(const char *path) {
    char *text = slurp(path), *at = strstr(text, "\"event\": \"result\"");
    double loss = NAN;
    if (at && (at = strstr(at, "\"loss\": "))) loss = strtod(at + 8, NULL);
    free(text);
    return loss;
}

// The loss comes within 1 % of the chain's entropy rate and stays above what the true chain scores.
static void test_learns_the_chain(void **state) {
    (void)state;
    Run run = run_of(2000 * 128);
    run.lr = 5;
    run.eval_tokens = 200000;
    train("chain", &run, 1, 1e9);
    char *text = slurp(in_scratch("chain/%.0f/record.jsonl", run.tokens));
    double rate = strtod(strstr(text, "\"entropy_rate\": ") + 16, NULL);
    double floor = strtod(strstr(text, "\"loss_floor\": ") + 14, NULL);
    double loss = loss_in(in_scratch("chain/%.0f/record.jsonl", run.tokens));
    free(text);
    if (!(rate > 0.5 && loss > floor && loss < 1.01 * rate)) fail_msg("rate %g, floor %g, loss %g", rate, floor, loss);
    assert_near(floor, rate, 0.01 * rate);
    assert_int_equal(n_done, 1);
    assert_int_equal(access(in_scratch("chain/%.0f/DONE", run.tokens), R_OK), 0);
}

// The result says how the loss is spread over the text, and what the steps cost by the processor's clock.
static void test_result_says_more(void **state) {
    (void)state;
    Run run = run_of(300 * 128);
    train("more", &run, 1, 1e9);
    char *text = slurp(in_scratch("more/%.0f/record.jsonl", run.tokens));
    char *result = strstr(text, "\"event\": \"result\""), *block = strstr(result, "\"eval_blocks\": [") + 15;
    double loss = strtod(strstr(result, "\"loss\": ") + 8, NULL), sum = 0, squares = 0;
    double se = strtod(strstr(result, "\"loss_se\": ") + 11, NULL);
    double cpu = strtod(strstr(result, "\"cpu_s\": ") + 9, NULL),
           wall = strtod(strstr(result, "\"wall_s\": ") + 10, NULL);
    double rate = strtod(strstr(result, "\"tokens_per_cpu_s\": ") + 20, NULL);
    int n = 0;
    for (; *block != ']'; n++) {
        double x = strtod(block + 1, &block);
        sum += x;
        squares += (x - loss) * (x - loss);
    }
    free(text);
    assert_int_equal(n, 128);
    assert_near(sum / n, loss, 0.2 * se); // 625 sequences: blocks of four or five
    assert_near(sqrt(squares / 127 / 128), se, 0.5 * se);
    assert_true(cpu > 0 && cpu < wall + 0.1);
    assert_near(rate, run.tokens / cpu, 1e-9 * rate);
}

// Runs of one trunk end with the same record, to the byte, as each alone.
static void test_branches(void **state) {
    (void)state;
    Run runs[3] = {run_of(100 * 128), run_of(333 * 128), run_of(700 * 128)};
    train("together", runs, 3, 1e9);
    assert_int_equal(n_done, 3);
    for (int i = 0; i < 3; i++) {
        train("alone", &runs[i], 1, 1e9);
        assert_same_record(in_scratch("together/%.0f/record.jsonl", runs[i].tokens),
                           in_scratch("alone/%.0f/record.jsonl", runs[i].tokens));
    }
    double loss[3];
    for (int i = 0; i < 3; i++) loss[i] = loss_in(in_scratch("alone/%.0f/record.jsonl", runs[i].tokens));
    assert_true(loss[0] > loss[1] && loss[1] > loss[2]);
}

static long stop_at;
static void stop_now(long step) {
    if (step == stop_at) stop = 1;
}

// Stopped at any step, on the trunk or in a decay, once or many times, the job ends with the same records.
static void test_resume(void **state) {
    (void)state;
    Run runs[3] = {run_of(100 * 128), run_of(333 * 128), run_of(700 * 128)};
    small_hook = stop_now;
    const long stops[] = {1, 50, 80, 99, 200, 300, 350, 500, 699};
    int open = 0, n_stops = 0;
    for (int i = 0; i < 9; i++) {
        stop_at = stops[i];
        stop = 0;
        n_stops += train("stopped", runs + open, 3 - open, 1e9);
        while (open < 3 && !access(in_scratch("stopped/%.0f/DONE", runs[open].tokens), R_OK)) open++;
    }
    stop_at = -1;
    stop = 0;
    if (open < 3) train("stopped", runs + open, 3 - open, 1e9);
    small_hook = NULL;
    assert_true(n_stops >= 7);
    for (int i = 0; i < 3; i++)
        assert_same_record(in_scratch("together/%.0f/record.jsonl", runs[i].tokens),
                           in_scratch("stopped/%.0f/record.jsonl", runs[i].tokens));
    assert_int_equal(access(in_scratch("stopped/%.0f/checkpoint", runs[2].tokens), R_OK), -1);
}

// A record that is shorter than its checkpoint says (a power cut) begins anew, and ends the same.
static void test_lost_record(void **state) {
    (void)state;
    Run run = run_of(333 * 128);
    small_hook = stop_now;
    stop_at = 120;
    stop = 0;
    assert_true(train("lost", &run, 1, 1e9));
    small_hook = NULL;
    stop = 0;
    assert_int_equal(truncate(in_scratch("lost/%.0f/record.jsonl", run.tokens), 300), 0);
    assert_false(train("lost", &run, 1, 1e9));
    assert_same_record(in_scratch("together/%.0f/record.jsonl", run.tokens),
                       in_scratch("lost/%.0f/record.jsonl", run.tokens));
}

static void turn_byte(const char *path, long at) {
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    fseek(f, at, SEEK_SET);
    int byte = fgetc(f);
    fseek(f, at, SEEK_SET);
    fputc(byte ^ 1, f);
    fclose(f);
}

// A record that was damaged between two calls is not gone on with, and none that was damaged meanwhile is sealed.
static void test_damaged_record(void **state) {
    (void)state;
    Run run = run_of(333 * 128);
    small_hook = stop_now;
    stop_at = 120;
    stop = 0;
    assert_true(train("damaged", &run, 1, 1e9));
    small_hook = NULL;
    stop = 0;
    turn_byte(in_scratch("damaged/%.0f/record.jsonl", run.tokens), 50);
    assert_false(train("damaged", &run, 1, 1e9));
    assert_same_record(in_scratch("together/%.0f/record.jsonl", run.tokens),
                       in_scratch("damaged/%.0f/record.jsonl", run.tokens));
    assert_int_equal(record_state(in_scratch("damaged/%.0f", run.tokens)), RUN_DONE);
}

static void damage_now(long step) {
    if (step == stop_at) turn_byte(in_scratch("meanwhile/42624/record.jsonl"), 50);
}

static void test_damaged_meanwhile(void **state) {
    (void)state;
    Run run = run_of(333 * 128);
    small_hook = damage_now;
    stop_at = 120;
    assert_int_equal(try_train("meanwhile", &run, 1, 1e9), CANNOT_FINISH);
    assert_non_null(strstr(status_message(), "does not hold what was written to it"));
    small_hook = NULL;
    assert_int_equal(record_state(in_scratch("meanwhile/%.0f", run.tokens)), RUN_OPEN);
    assert_false(train("meanwhile", &run, 1, 1e9));
    assert_same_record(in_scratch("together/%.0f/record.jsonl", run.tokens),
                       in_scratch("meanwhile/%.0f/record.jsonl", run.tokens));
}

// Checkpoints after every step change nothing.
static void test_checkpoints_are_harmless(void **state) {
    (void)state;
    Run runs[2] = {run_of(100 * 128), run_of(333 * 128)};
    train("careful", runs, 2, 0);
    for (int i = 0; i < 2; i++)
        assert_same_record(in_scratch("together/%.0f/record.jsonl", runs[i].tokens),
                           in_scratch("careful/%.0f/record.jsonl", runs[i].tokens));
}

// A loss that is not a number ends the runs that shared the step, and only those.
static void test_diverged(void **state) {
    (void)state;
    Run runs[2] = {run_of(100 * 128), run_of(333 * 128)};
    small_nan_at = 150;
    train("nan", runs, 2, 1e9);
    assert_int_equal(n_done, 1);
    assert_int_equal(n_failed, 1);
    assert_int_equal(record_state(in_scratch("nan/%.0f", runs[0].tokens)), RUN_DONE);
    assert_int_equal(record_state(in_scratch("nan/%.0f", runs[1].tokens)), RUN_DIVERGED);
    char *reason = slurp(in_scratch("nan/%.0f/FAILED", runs[1].tokens));
    assert_string_equal(reason, "diverged: loss is not a number at step 150\n");
    free(reason);
    // In the decay of the first, the second goes on.
    small_nan_at = 90;
    train("nan2", runs, 2, 1e9);
    assert_int_equal(n_done, 0);
    small_nan_at = -1;
}

// A rate far too high is seen as a spike, with the step.
static void test_spike(void **state) {
    (void)state;
    Run run = run_of(333 * 128);
    run.lr = 1000;
    run.clip = 0;
    run.shape.vocab = 200;
    strcpy(run.corpus, "markov:vocab=200;branches=20;seed=3");
    train("spike", &run, 1, 1e9);
    assert_int_equal(n_failed, 1);
    char *reason = slurp(in_scratch("spike/%.0f/FAILED", run.tokens));
    assert_non_null(strstr(reason, "loss spike at step "));
    free(reason);
}

// A text that is written to while it is trained on seals no run and leaves no checkpoint; nor does one that is cut
// short end in a signal.
static void overwrite_now(long step) {
    if (step == 40) usleep(20000); // files are dated by the system's ticks
    if (step == 40) turn_byte(in_scratch("text"), 1000);
}
static void cut_now(long step) {
    if (step == 40 && truncate(in_scratch("text"), 100)) abort();
}
static void replace_now(long step) {
    if (step == 40 && rename(in_scratch("other"), in_scratch("text"))) abort();
}
static void test_changed_text(void **state) {
    (void)state;
    static unsigned char bytes[100000];
    for (int i = 0; i < 100000; i++) bytes[i] = (unsigned char)(i % 13 * (i % 2));
    struct {
        const char *place, *message;
        void (*hook)(long step);
    } ways[] = {{"overwritten", "was changed while it was in use", overwrite_now},
                {"cut", "became shorter while it was in use", cut_now},
                {"replaced", NULL, replace_now}};
    for (int k = 0; k < 3; k++) {
        write_bytes(in_scratch("text"), bytes, sizeof bytes);
        write_bytes(in_scratch("other"), bytes + 1, sizeof bytes - 1);
        Corpus corpus;
        const char *path = in_scratch("text");
        assert_int_equal(corpus_open(1, &path, TOKENS_BYTES, &corpus), OK);
        Run run = run_of(100 * 128);
        strcpy(run.corpus, corpus.name);
        trained_on = &corpus;
        small_hook = ways[k].hook;
        Status s = try_train(ways[k].place, &run, 1, 1e9);
        small_hook = NULL;
        trained_on = NULL;
        assert_int_equal(s, ways[k].message ? CANNOT_FINISH : OK);
        if (s != OK) assert_non_null(strstr(status_message(), ways[k].message));
        // The file that was opened is still what is read when another takes its name.
        assert_int_equal(record_state(in_scratch("%s/%.0f", ways[k].place, run.tokens)), s == OK ? RUN_DONE : RUN_OPEN);
        assert_int_equal(access(in_scratch("%s/%.0f/checkpoint", ways[k].place, run.tokens), F_OK), -1);
        corpus_close(&corpus);
    }
}

// A checkpoint is not written of what may have been learned from other text.
static void overwrite_and_stop(long step) {
    overwrite_now(step);
    if (step == 41) stop = 1;
}
static void test_changed_text_is_not_kept(void **state) {
    (void)state;
    static unsigned char bytes[100000];
    write_bytes(in_scratch("text"), bytes, sizeof bytes);
    Corpus corpus;
    const char *path = in_scratch("text");
    assert_int_equal(corpus_open(1, &path, TOKENS_BYTES, &corpus), OK);
    Run run = run_of(100 * 128);
    strcpy(run.corpus, corpus.name);
    trained_on = &corpus;
    small_hook = overwrite_and_stop;
    assert_int_equal(try_train("kept", &run, 1, 1e9), CANNOT_FINISH);
    small_hook = NULL;
    trained_on = NULL;
    stop = 0;
    assert_int_equal(access(in_scratch("kept/%.0f/checkpoint", run.tokens), F_OK), -1);
    corpus_close(&corpus);
}

int main(void) {
    if (!freopen("/dev/null", "w", stderr)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns_the_chain), cmocka_unit_test(test_result_says_more),
        cmocka_unit_test(test_branches),         cmocka_unit_test(test_resume),
        cmocka_unit_test(test_lost_record),      cmocka_unit_test(test_checkpoints_are_harmless),
        cmocka_unit_test(test_damaged_record),   cmocka_unit_test(test_damaged_meanwhile),
        cmocka_unit_test(test_changed_text),     cmocka_unit_test(test_changed_text_is_not_kept),
        cmocka_unit_test(test_diverged),         cmocka_unit_test(test_spike),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
