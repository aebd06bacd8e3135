// test_runs.c - tables as others write them come to the same points; what follows from other columns; which rows belong
// together; runs without a file.
#include "planted.h"
#include "runs/groups.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

static char path[64];

static void write_table(const void *text, size_t length) {
    strcpy(path, "/tmp/moelaw-runs-XXXXXX");
    int file = mkstemp(path);
    assert_true(file >= 0 && write(file, text, length) == (ssize_t)length);
    close(file);
}

static Status read_with(const char *text, const RunChoice *choice, const char *law, Runs *runs) {
    const Law *laws[] = {law_find(law), NULL};
    write_table(text, strlen(text));
    Status s = runs_read(path, choice, laws, runs);
    unlink(path);
    return s;
}

static Runs table_runs(const char *text, const char *law) {
    const RunChoice choice = {0};
    Runs runs;
    if (read_with(text, &choice, law, &runs) != OK) fail_msg("%s", status_message());
    return runs;
}

static void refused(const char *text, const char *law, const char *because) {
    const RunChoice choice = {0};
    Runs runs;
    assert_int_equal(read_with(text, &choice, law, &runs), BAD_INPUT);
    if (!strstr(status_message(), because)) fail_msg("'%s' lacks '%s'", status_message(), because);
}

static const char plain[] = "run_id,D,N,loss,notes\na,1e9,2e8,3.5,x=1\nb,2e9,2e8,3.25,x=2\nc,4e9,4e8,3,\n";

static void assert_plain(const Runs *runs) {
    static const double D[] = {1e9, 2e9, 4e9}, N[] = {2e8, 2e8, 4e8}, loss[] = {3.5, 3.25, 3};
    assert_int_equal(runs->n, 3);
    for (int i = 0; i < 3; i++) {
        assert_true(runs->points[i].x[VAR_D] == D[i] && runs->points[i].x[VAR_N] == N[i]);
        assert_true(runs->loss[i] == loss[i] && runs->log_loss[i] == log(loss[i]));
    }
}

static void other_separators_give_the_same_points(void **state) {
    (void)state;
    const char *const tables[] = {
        plain,
        "run_id\tD\tN\tloss\tnotes\na\t1e9\t2e8\t3.5\tx,y=1\nb\t2e9\t2e8\t3.25\t\nc\t4e9\t4e8\t3\t\n",
        "run_id;D;N;loss;notes\na;1e9;2e8;3.5;\"x=1;y=2\"\nb;2e9;2e8;3.25;\nc;4e9;4e8;3;\n",
        "run_id,D,N,loss\na,1B,200M,3.5\nb,2B,200M,3.25\nc,4B,0.4B,3\n",
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        Runs runs = table_runs(tables[i], "hoffmann2022");
        assert_plain(&runs);
        runs_free(&runs);
    }
    refused("run_id;D;N;loss\na;1e9;2e8;3,5\n", "hoffmann2022", ":2: loss: '3,5' is not a number");
    refused("D\tN\tloss\n1e9,2e8,3\n", "hoffmann2022",
            ":2: has 1 cells, expected 3 as in the header, which is cut at each tab");
}

static void words_for_unknown_are_blanks(void **state) {
    (void)state;
    static const char *const words[] = {"NaN", "nan", "NA", "null", "None", "N/A", ""};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char text[256];
        snprintf(text, sizeof text, "%sd,8e9,%s,2.9,\ne,8e9,4e8,%s,\n", plain, words[i], words[i]);
        Runs runs = table_runs(text, "hoffmann2022");
        assert_int_equal(runs.rows_read, 5);
        assert_plain(&runs);
        runs_free(&runs);
    }
    refused("D,N,loss\n1e9,2e8,\"NaN\"\n", "hoffmann2022", ":2: loss: 'NaN' is not a number");
    refused("D,N,loss\n1e9,2e8,inf\n", "hoffmann2022", ":2: loss: 'inf' is not a number");
}

static void compressed_tables_are_the_same_table(void **state) {
    (void)state;
    const Law *laws[] = {law_find("hoffmann2022"), NULL};
    const RunChoice choice = {0};
    Runs runs = table_runs(plain, "hoffmann2022"), packed;
    write_table("", 0);
    gzFile f = gzopen(path, "wb");
    gzwrite(f, plain, sizeof plain - 1);
    gzclose(f);
    assert_int_equal(runs_read(path, &choice, laws, &packed), OK);
    assert_plain(&packed);
    assert_string_equal(packed.sha256, runs.sha256);
    runs_free(&packed);
    runs_free(&runs);
    assert_int_equal(truncate(path, 40), 0); // a download that broke off
    assert_int_equal(runs_read(path, &choice, laws, &packed), BAD_INPUT);
    assert_non_null(strstr(status_message(), path));
    unlink(path);
}

// 100,000 columns are work in proportion; each against each would take minutes.
static void very_wide_tables_are_read(void **state) {
    (void)state;
    enum { COLUMNS = 100000 };
    char *text = allocate(COLUMNS * 10 + 200, 1), *at = text;
    at += sprintf(at, "D,N,loss");
    for (int i = 0; i < COLUMNS; i++) at += sprintf(at, ",c%d", i);
    at += sprintf(at, "\n1e9,2e8,3");
    for (int i = 0; i < COLUMNS; i++) *at++ = ',';
    *at++ = '\n';
    clock_t before = clock();
    Runs runs = table_runs(text, "hoffmann2022");
    assert_true(clock() - before < 3 * CLOCKS_PER_SEC);
    assert_int_equal(runs.table->n_columns, COLUMNS + 3);
    runs_free(&runs);
    at = strstr(text, ",c99999\n");
    memcpy(at, ",c77777", 7);
    refused(text, "hoffmann2022", "two columns are named 'c77777'");
    free(text);
}

static void more_active_than_there_are_is_refused(void **state) {
    (void)state;
    refused("D,N,Na,G,S,loss\n1e9,2e8,1e8,2,0,3\n2e9,2e8,3e8,2,0,3\n", "zhao2025",
            ":3: Na: is 300000000, expected at most N, which is 200000000");
    Runs runs = table_runs("D,N,Na,G,S,loss\n1e9,2e8,2e8,1,0,3\n", "zhao2025"); // dense
    runs_free(&runs);
    // A total without embeddings may be below an active count with them.
    runs = table_runs("D,N_nonemb,Na,G,S,loss\n1e9,1e6,2e6,1,0,3\n", "zhao2025");
    runs_free(&runs);
}

static void G_and_S_follow_from_the_shape(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double G, S;
    } cases[] = {
        {"num_experts,top_k,d_ff_expert,d_ff_shared\n1e9,2e8,1e8,3,64,4,100,200\n", 6, 1.0 / 3},
        {"num_experts,top_k,num_shared\n1e9,2e8,1e8,3,64,6,2\n", 8, 0.25},
        {"num_experts,top_k,num_shared,d_ff_expert,d_ff_shared\n1e9,2e8,1e8,3,64,4,1,100,400\n", 8, 0.5},
        {"num_experts,top_k,shared_ratio\n1e9,2e8,1e8,3,8,2,0.5\n", 2.5, 0.2},
        {"num_experts,top_k,num_shared,d_ff_shared\n1e9,2e8,1e8,3,8,2,0,0\n", 2, 0},
        {"num_experts,top_k,num_shared\n1e9,2e8,2e8,3,1,1,0\n", 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        snprintf(text, sizeof text, "D,N,Na,loss,%s", cases[i].text);
        Runs runs = table_runs(text, "zhao2025");
        assert_true(runs.points[0].x[VAR_G] == cases[i].G);
        assert_true(fabs(runs.points[0].x[VAR_S] - cases[i].S) < 1e-15);
        runs_free(&runs);
    }
    // A column of its own is taken as it stands; what is not known is not guessed.
    Runs runs = table_runs("D,N,Na,loss,G,S,top_k,num_shared\n1e9,2e8,1e8,3,5,0.2,2,2\n", "zhao2025");
    assert_true(runs.points[0].x[VAR_G] == 5 && runs.points[0].x[VAR_S] == 0.2);
    runs_free(&runs);
    refused("D,N,Na,loss,top_k\n1e9,2e8,1e8,3,2\n", "zhao2025", "nor of top_k with shared_ratio");
    refused("D,N,Na,loss,top_k,num_shared\n1e9,2e8,1e8,3,0,2\n", "zhao2025", ":2: top_k: is 0");
}

static void the_best_of_each_is_kept(void **state) {
    (void)state;
    static const char text[] = "run_id,D,N,lr,loss\n"
                               "a,1e9,2e8,1e-3,3.5\nb,1e9,2e8,2e-3,3.4\nc,1e9,2e8,4e-3,3.6\n"
                               "d,2e9,2e8,1e-3,3.2\ne,2B,200000000,2e-3,3.1\nf,4e9,2e8,1e-3,3\n";
    const RunChoice choice = {.best_per = "N,D"};
    Runs runs;
    assert_int_equal(read_with(text, &choice, "hoffmann2022", &runs), OK);
    static const char *const kept[] = {"b", "e", "f"};
    assert_int_equal(runs.n, 3);
    for (int i = 0; i < 3; i++) {
        char room[32];
        assert_string_equal(runs_name(&runs, i, room), kept[i]);
    }
    runs_free(&runs);
    const RunChoice unknown = {.best_per = "N,width"}, empty = {.best_per = ""};
    assert_int_equal(read_with(text, &unknown, "hoffmann2022", &runs), BAD_INPUT);
    assert_non_null(strstr(status_message(), "--best-per"));
    assert_int_equal(read_with(text, &empty, "hoffmann2022", &runs), BAD_INPUT);
}

// Thirteen shapes; 0, 3 and 6 came of one trunk, 1 and 4 of another: ten clusters are left.
static void a_trunk_joins_configurations(void **state) {
    (void)state;
    char text[1024] = "run_id,D,N,loss,trunk\n";
    static const char *const trunks[] = {"t0", "t1", "", "t0", "t1", "", "t0", "", "", "", "", "", ""};
    for (int i = 0; i < 13; i++)
        sprintf(text + strlen(text), "r%d,1e9,%de6,%g,%s\n", i, 100 + i, 3 + 0.01 * i, trunks[i]);
    Runs runs = table_runs(text, "hoffmann2022");
    assert_int_equal(runs.n_clusters, 10);
    assert_false(runs.clustered_by_row);
    static const int expected[] = {0, 1, 2, 0, 1, 3, 0, 4, 5, 6, 7, 8, 9};
    for (int i = 0; i < 13; i++) assert_int_equal(runs.cluster[i], expected[i]);
    runs_free(&runs);
}

// A planted table on disk and the same points in memory are the same runs.
static void points_are_runs_without_a_file(void **state) {
    (void)state;
    enum { N = 60 };
    Fit truth;
    Runs made = planted("zhao2025", N, 3, 0.003, 0.2, 9, &truth), from_file;
    write_table("", 0);
    assert_int_equal(plant_write(path, &truth, N, made.points, made.cluster, made.loss), OK);
    const Law *laws[] = {truth.law, NULL};
    const RunChoice choice = {0};
    assert_int_equal(runs_read(path, &choice, laws, &from_file), OK);
    unlink(path);
    assert_int_equal(made.n, from_file.n);
    assert_int_equal(made.n_clusters, from_file.n_clusters);
    for (int i = 0; i < N; i++) {
        for (int v = 0; v < N_VARIABLES; v++)
            if (law_uses(truth.law, (Variable)v)) assert_true(made.points[i].x[v] == from_file.points[i].x[v]);
        assert_true(made.loss[i] == from_file.loss[i] && made.log_loss[i] == from_file.log_loss[i]);
        assert_int_equal(made.cluster[i], from_file.cluster[i]);
    }
    runs_free(&from_file);
    planted_free(&made, &truth);
}

// Every third row: values stay beside each other, clusters are numbered without gaps and part the rows as before.
static void some_rows_are_runs_of_their_own(void **state) {
    (void)state;
    Fit truth;
    Runs all = planted("hoffmann2022", 60, 3, 0.003, 0.2, 9, &truth), some;
    int rows[20];
    for (int i = 0; i < 20; i++) rows[i] = 59 - 3 * i;
    runs_of_rows(&all, rows, 20, &some);
    assert_int_equal(some.n, 20);
    for (int i = 0; i < 20; i++) {
        assert_true(some.loss[i] == all.loss[rows[i]] && some.log_loss[i] == all.log_loss[rows[i]]);
        assert_true(some.points[i].x[VAR_N] == all.points[rows[i]].x[VAR_N]);
        assert_in_range(some.cluster[i], 0, some.n_clusters - 1);
        for (int k = 0; k < 20; k++)
            assert_true((some.cluster[i] == some.cluster[k]) == (all.cluster[rows[i]] == all.cluster[rows[k]]));
    }
    runs_free(&some);
    planted_free(&all, &truth);
}

static int chosen(const char *condition) {
    const RunChoice choice = {.where = {1, {condition}}};
    Runs runs;
    if (read_with(plain, &choice, "hoffmann2022", &runs) != OK) return 0;
    int n = runs.n;
    runs_free(&runs);
    return n;
}

// D is 1e9, 2e9, 4e9: the bound itself is in, or out, as the sign says.
static void conditions_at_their_bound(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int n;
    } cases[] = {{"D>=2e9", 2}, {"D>2e9", 1}, {"D<=2e9", 2},     {"D<2e9", 1},   {"D=2e9", 1},   {"D!=2e9", 2},
                 {"D=2B", 1},   {"D>=2B", 2}, {"notes.x>=2", 1}, {"notes~x", 2}, {"D=1e9|4B", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (chosen(cases[i].text) != cases[i].n) fail_msg("%s: %d rows", cases[i].text, chosen(cases[i].text));
}

// As the table says it a token, else six FLOPs an active parameter.
static void compute_follows_from_size_and_tokens(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double C;
    } cases[] = {{"C,D,N,loss\n3e18,1e9,2e8,3\n", 3e18},
                 {"M,D,N,Na,loss\n7e8,1e9,2e8,1e8,3\n", 7e17},
                 {"D,N,Na,loss\n1e9,2e8,1e8,3\n", 6e17},
                 {"D,N,loss\n1e9,2e8,3\n", 1.2e18}};
    for (int i = 0; i < 4; i++) {
        Runs runs = table_runs(cases[i].text, "frontier");
        assert_float_equal(runs.points[0].x[VAR_C], cases[i].C, 1e3);
        runs_free(&runs);
    }
    Runs ladder = table_runs("C,loss\n1e18,3.5\n3e18,3.3\n3e18,3.31\n1e19,3.1\n", "frontier");
    assert_int_equal(ladder.configurations ? ladder.configurations : ladder.n_clusters, 3); // by budget
    runs_free(&ladder);
    refused("D,loss\n1e9,3\n", "frontier", "has no values of C, nor of D with M, Na or N to work it out from");
    refused("C,loss\n-1,3\n", "frontier", ":2: C: is -1, expected FLOPs above 0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_separators_give_the_same_points),
        cmocka_unit_test(words_for_unknown_are_blanks),
        cmocka_unit_test(compressed_tables_are_the_same_table),
        cmocka_unit_test(very_wide_tables_are_read),
        cmocka_unit_test(more_active_than_there_are_is_refused),
        cmocka_unit_test(G_and_S_follow_from_the_shape),
        cmocka_unit_test(the_best_of_each_is_kept),
        cmocka_unit_test(a_trunk_joins_configurations),
        cmocka_unit_test(points_are_runs_without_a_file),
        cmocka_unit_test(some_rows_are_runs_of_their_own),
        cmocka_unit_test(conditions_at_their_bound),
        cmocka_unit_test(compute_follows_from_size_and_tokens),
    };
    quiet = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
