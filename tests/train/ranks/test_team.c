// Teams: ranks as processes of this machine. Sums have the same bits on every rank, models stay the same to the bit and
// learn what one rank learns, and nobody waits for a dead rank.
#include "ground/random.h"
#include "model/model.h"
#include "ranks/team.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "scratch.h"

enum { ROOM = 1 << 17 };

// What each rank does: fills result[ROOM] and returns its status.
typedef Status (*RankPart)(Rank rank, Team *team, double *result);

static Status run_rank(RankPart part, Rank rank, const char *folder) {
    Team *team;
    double *result = allocate(ROOM, sizeof *result);
    TRY(team_join(rank, folder, &team));
    Status s = part(rank, team, result);
    if (s != OK) print_message("rank %d: %s\n", rank.rank, status_message());
    team_leave(team);
    char name[600];
    snprintf(name, sizeof name, "%s/%d", folder, rank.rank);
    write_bytes(name, result, ROOM * sizeof *result);
    free(result);
    return s;
}

// Runs `size` ranks in scratch/place, each in a process; results[rank][ROOM] to be freed, statuses[rank] ends.
static double *run_team(const char *place, int size, RankPart part, int *statuses) {
    const char *folder = in_scratch("%s", place);
    double *results = allocate((size_t)size * ROOM, sizeof *results);
    pid_t pids[8];
    mkdir(folder, 0777);
    for (int r = 0; r < size; r++) {
        pids[r] = fork();
        if (pids[r] == 0) _exit((int)run_rank(part, (Rank){.rank = r, .size = size}, folder));
    }
    for (int r = 0; r < size; r++) {
        waitpid(pids[r], &statuses[r], 0);
        FILE *f = fopen(in_scratch("%s/%d", place, r), "rb");
        if (!f) continue;
        assert_int_equal(fread(results + (long)r * ROOM, sizeof *results, ROOM, f), ROOM);
        fclose(f);
    }
    assert_int_equal(access(in_scratch("%s/team", place), F_OK), -1);
    return results;
}

static double *run_whole_team(const char *place, int size, RankPart part) {
    int statuses[8];
    double *results = run_team(place, size, part, statuses);
    for (int r = 0; r < size; r++) assert_int_equal(statuses[r], 0);
    for (int r = 1; r < size; r++) assert_memory_equal(results + (long)r * ROOM, results, ROOM * sizeof *results);
    return results;
}

// --- sums

static double number_of(int rank, int i) {
    Random random = random_stream(5, (uint64_t)(rank * ROOM + i));
    return random_normal(&random) * pow(10, i % 30);
}

static Status add_up(Rank rank, Team *team, double *x) {
    for (int i = 0; i < ROOM; i++) x[i] = number_of(rank.rank, i);
    TRY(team_agree(team, rank.size, "sizes"));
    return team_sum(team, x, ROOM - 1000);
}

static Status add_up_alike(Rank rank, Team *team, double *x) {
    TRY(add_up(rank, team, x));
    for (int i = ROOM - 1000; i < ROOM; i++) x[i] = 0;
    return OK;
}

static void test_sum(void **state) {
    (void)state;
    double *x = run_whole_team("sum", 4, add_up_alike);
    for (int i = 0; i < ROOM - 1000; i += 7)
        assert_true(x[i] == ((number_of(0, i) + number_of(1, i)) + number_of(2, i)) + number_of(3, i));
    free(x);
}

static Status add_up_buffers(Rank rank, Team *team, double *x) {
    enum { N = 70001 };
    const Backend *b;
    Context *c;
    Run r = run_default();
    static int32_t counts[N];
    TRY(backend_find("cpu", &b));
    TRY(run_set_list(&r, "vocab=32,d_model=16,seq_len=16"));
    TRY(run_finish(&r));
    TRY(b->open(&c, &r.shape, 1));
    void *full = b->alloc(c, FULL, N), *whole = b->alloc(c, INT32, N);
    for (int i = 0; i < N; i++) x[i] = (double)(float)number_of(rank.rank, i % 5), counts[i] = (rank.rank + 1) * i;
    b->put(c, full, FULL, x, N);
    b->put_ints(c, whole, counts, N);
    TRY(team_sum_buffer(team, b, c, full, FULL, N));
    TRY(team_sum_buffer(team, b, c, whole, INT32, N));
    b->get(c, x, full, FULL, N);
    b->get_ints(c, counts, whole, N);
    bool good = true;
    for (int i = 0; i < N; i++) good = good && counts[i] == i * rank.size * (rank.size + 1) / 2;
    b->release(c, full);
    b->release(c, whole);
    b->close(c);
    return good ? OK : CHECK_FAILED;
}

static void test_buffers(void **state) {
    (void)state;
    double *x = run_whole_team("buffers", 3, add_up_buffers);
    for (int i = 0; i < 70001; i++) {
        double sum = 0;
        for (int r = 0; r < 3; r++) sum += (double)(float)number_of(r, i % 5);
        assert_true(x[i] == (double)(float)sum);
    }
    free(x);
}

static Status disagree(Rank rank, Team *team, double *x) {
    (void)x;
    return team_agree(team, rank.rank == 2 ? 1 : 0, "opinions");
}

static void test_agree(void **state) {
    (void)state;
    int statuses[3];
    free(run_team("agree", 3, disagree, statuses));
    for (int r = 0; r < 3; r++) assert_int_equal(WEXITSTATUS(statuses[r]), CANNOT_FINISH);
}

// --- models

static const char *settings;
static const char *backend_name;

// Steps of a small model on the rank's share of each batch; result: losses and gradient norms, then all its state.
static Status learn(Rank rank, Team *team, double *result) {
    (void)rank;
    Run r = run_default();
    const Backend *b;
    Model *m;
    StepStats stats;
    int32_t tokens[8 * 13];
    TRY(run_set_list(&r, settings));
    TRY(run_finish(&r));
    TRY(backend_find(backend_name, &b));
    TRY(model_create(&r, b, team, &m));
    long begin = team_share(team, r.batch);
    for (int s = 0; s < 12; s++) {
        Random random = random_stream(1, (uint64_t)s);
        for (int i = 0; i < r.batch * 13; i++) tokens[i] = (int32_t)random_below(&random, 32);
        TRY(model_step(m, tokens + begin * 13, 0.01, &stats));
        double *x = result + 5L * s;
        *x++ = stats.loss, *x++ = stats.grad_norm, *x++ = stats.router_entropy, *x++ = stats.load_entropy;
        *x = stats.aux_loss;
    }
    int64_t loads[64] = {0};
    model_loads(m, loads);
    for (int i = 0; i < 6; i++) result[60 + i] = (double)loads[i];
    double *to = result + 100;
    for (int i = 0; i < model_n_arrays(m); i++) {
        float *values = allocate(model_array(m, i).count, sizeof *values);
        TRY(model_get(m, i, values));
        for (long j = 0; j < model_array(m, i).count; j++) *to++ = (double)values[j];
        free(values);
    }
    model_destroy(m);
    return to < result + ROOM ? OK : CHECK_FAILED; // else the model is too large for this test
}

static void compare(const char *what, double tolerance) {
    char name[64];
    double *alone = allocate(ROOM, sizeof *alone);
    settings = what;
    assert_int_equal(learn((Rank){.size = 1}, NULL, alone), OK);
    for (int size = 2; size <= 4; size += 2) {
        static int turn;
        snprintf(name, sizeof name, "learn%d", turn++);
        double *together = run_whole_team(name, size, learn), *again = run_whole_team(name, size, learn);
        assert_memory_equal(together, again, ROOM * sizeof *again);
        for (int i = 0; i < ROOM; i++)
            if (!(fabs(together[i] - alone[i]) <= tolerance * (1 + fabs(alone[i]))))
                fail_msg("%s, %d ranks: number %d is %.17g, alone %.17g", what, size, i, together[i], alone[i]);
        free(together);
        free(again);
    }
    free(alone);
}

static void test_models(void **state) {
    (void)state;
    backend_name = "cpu-double"; // state comes back as float
    compare("vocab=32,d_model=24,n_layers=2,n_heads=2,seq_len=12,batch=8,n_experts=6,top_k=2,d_ff_expert=12,n_shared=1",
            1e-6);
    compare(
        "vocab=32,d_model=20,n_layers=1,n_heads=2,seq_len=12,batch=8,n_experts=6,top_k=1,d_ff_expert=16,gate=softmax,"
        "balance=aux,z_coef=0.001,tied=1,average=0.5",
        1e-6);
    backend_name = "cpu";
    compare("vocab=32,d_model=32,n_layers=1,n_heads=1,seq_len=12,batch=8,d_ff_expert=40", 1e-3);
}

// --- faults

static Status one_dies(Rank rank, Team *team, double *x) {
    for (int i = 0; i < 100; i++) {
        if (i == 50 && rank.rank == 2) _exit(9);
        TRY(team_sum(team, x, 10));
    }
    return OK;
}

static void test_death(void **state) {
    (void)state;
    int statuses[4];
    alarm(20); // nobody may wait for it
    free(run_team("death", 4, one_dies, statuses));
    alarm(0);
    for (int r = 0; r < 4; r++) assert_int_equal(WEXITSTATUS(statuses[r]), r == 2 ? 9 : CANNOT_FINISH);
}

static void test_nobody_comes(void **state) {
    (void)state;
    Team *team;
    setenv("MOELAW_WAIT", "0.1", 1);
    assert_int_equal(team_join((Rank){.rank = 0, .size = 2}, scratch, &team), CANNOT_FINISH);
    assert_non_null(strstr(status_message(), "1 of 2 ranks came"));
    assert_null(team);
    // An old file, of a rank 0 that is gone
    write_bytes(in_scratch("team"), "localhost 1 0123\n", 17);
    assert_int_equal(team_join((Rank){.rank = 1, .size = 2}, scratch, &team), CANNOT_FINISH);
    assert_non_null(strstr(status_message(), "rank 0 did not let us in"));
    unsetenv("MOELAW_WAIT");
    assert_int_equal(team_join((Rank){.size = 1}, scratch, &team), OK);
    assert_null(team);
}

// --- who we are

static void expect_rank(const char *const *pairs, Status status, Rank expected) {
    Rank r;
    for (const char *const *p = pairs; *p; p += 2) setenv(p[0], p[1], 1);
    assert_int_equal(team_rank(&r), status);
    for (const char *const *p = pairs; *p; p += 2) unsetenv(p[0]);
    if (status == OK) assert_true(r.rank == expected.rank && r.size == expected.size && r.local == expected.local);
}
#define EXPECT_RANK(status, rank, size, local, ...)                                                                    \
    expect_rank((const char *const[]){__VA_ARGS__, NULL}, status, (Rank){rank, size, local})

static void test_rank(void **state) {
    (void)state;
    EXPECT_RANK(OK, 0, 1, 0, "MOELAW_OTHER", "1");
    EXPECT_RANK(OK, 2, 4, 2, "MOELAW_RANK", "2", "MOELAW_SIZE", "4");
    EXPECT_RANK(OK, 2, 4, 0, "MOELAW_RANK", "2", "MOELAW_SIZE", "4", "MOELAW_LOCAL", "0");
    EXPECT_RANK(OK, 5, 8, 1, "OMPI_COMM_WORLD_RANK", "5", "OMPI_COMM_WORLD_SIZE", "8", "OMPI_COMM_WORLD_LOCAL_RANK",
                "1");
    EXPECT_RANK(OK, 3, 6, 1, "SLURM_PROCID", "3", "SLURM_STEP_NUM_TASKS", "6", "SLURM_LOCALID", "1", "SLURM_NTASKS",
                "12");
    EXPECT_RANK(OK, 0, 1, 0, "SLURM_PROCID", "0", "SLURM_NTASKS", "12"); // a batch script without srun
    EXPECT_RANK(OK, 0, 1, 0, "OMPI_COMM_WORLD_RANK", "5", "OMPI_COMM_WORLD_SIZE", "8", "MOELAW_SIZE", "1");
    EXPECT_RANK(BAD_INPUT, 0, 0, 0, "MOELAW_SIZE", "2");
    EXPECT_RANK(BAD_INPUT, 0, 0, 0, "MOELAW_SIZE", "2", "MOELAW_RANK", "2");
    EXPECT_RANK(BAD_INPUT, 0, 0, 0, "MOELAW_SIZE", "two", "MOELAW_RANK", "0");
    EXPECT_RANK(BAD_INPUT, 0, 0, 0, "MOELAW_SIZE", "2", "MOELAW_RANK", "-1");
}

int main(void) {
    unsetenv("MOELAW_SIZE");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sum),   cmocka_unit_test(test_buffers),      cmocka_unit_test(test_agree),
        cmocka_unit_test(test_death), cmocka_unit_test(test_nobody_comes), cmocka_unit_test(test_models),
        cmocka_unit_test(test_rank),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
