// Checkpoints on disk: whole or refused, the one before as a second chance.
#include "small_model.h"

#include "jobs/checkpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <cmocka.h>

#include "scratch.h"

static CheckpointHead head_of(const Model *model) {
    CheckpointHead head;
    memset(&head, 0, sizeof head);
    strcpy(head.trunk_id, "0123456789abcdef");
    strcpy(head.backend, "small");
    strcpy(head.ids[0], "fedcba9876543210");
    head.n_runs = 1;
    head.marks[0].length = 42;
    head.n_values = snapshot_size(model);
    return head;
}

static Model *model_of(int seed) {
    Run run = run_default();
    run.shape.vocab = 16;
    run.seed = seed;
    Model *m;
    assert_int_equal(model_create(&run, &small_backend, NULL, &m), OK);
    return m;
}

// Saves a checkpoint whose step is `step`.
static CheckpointHead save(Model *m, int step, bool with_branch) {
    CheckpointHead head = head_of(m);
    Snapshot s = {.position = {.step = step}}, b = {.position = {.step = step + 1}};
    assert_int_equal(snapshot_take(m, &s), OK);
    assert_int_equal(snapshot_take(m, &b), OK);
    b.values[3] = 77;
    assert_int_equal(checkpoint_save(scratch, &head, &s, with_branch ? &b : NULL), OK);
    snapshot_free(&s);
    snapshot_free(&b);
    return head;
}

static int64_t found_loads;

// The step of the checkpoint that is found; -1: none.
static long found(const CheckpointHead *wanted) {
    CheckpointHead head;
    Snapshot trunk, branch;
    if (!checkpoint_load(scratch, wanted, &head, &trunk, &branch)) return -1;
    long step = (long)trunk.position.step;
    found_loads = trunk.n_loads;
    assert_int_equal(head.marks[0].length, 42);
    snapshot_free(&trunk);
    snapshot_free(&branch);
    return step;
}

static void test_round_trip(void **state) {
    (void)state;
    Model *m = model_of(1), *other = model_of(2);
    m->load = 12;
    CheckpointHead wanted = save(m, 5, true), head;
    Snapshot trunk, branch;
    assert_true(checkpoint_load(scratch, &wanted, &head, &trunk, &branch));
    assert_int_equal(snapshot_restore(other, &trunk), OK);
    assert_memory_equal(m->logit_VV, other->logit_VV, 256 * sizeof(float));
    assert_int_equal(snapshot_restore(other, &branch), OK);
    assert_int_equal(other->load, 12);
    assert_int_equal(branch.position.step, 6);
    assert_true(branch.values[3] == 77);
    snapshot_free(&trunk);
    snapshot_free(&branch);
    model_destroy(m);
    model_destroy(other);
}

// Cut anywhere or with any bit turned, the file is refused and the one before is used.
static void test_damage(void **state) {
    (void)state;
    Model *m = model_of(1);
    checkpoint_clear(scratch, true);
    save(m, 1, false);
    CheckpointHead wanted = save(m, 2, false);
    assert_int_equal(found(&wanted), 2);
    char path[128];
    snprintf(path, sizeof path, "%s/checkpoint", scratch);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    char *good = malloc((size_t)info.st_size);
    FILE *f = fopen(path, "rb");
    assert_int_equal(fread(good, 1, (size_t)info.st_size, f), info.st_size);
    fclose(f);
    size_t values_end = (size_t)info.st_size - 64 - (size_t)model_n_loads(m) * sizeof(int64_t);
    for (int i = 0; i < 40; i++) {
        size_t at = values_end * (size_t)i / 40;
        write_bytes(path, good, at);
        assert_int_equal(found(&wanted), 1);
        good[at] ^= 4;
        write_bytes(path, good, (size_t)info.st_size);
        assert_int_equal(found(&wanted), 1);
        good[at] ^= 4;
    }
    // Loads that are cut or damaged, or of an older version, are not known; the rest holds.
    for (size_t at = values_end; at < (size_t)info.st_size; at += 7) {
        write_bytes(path, good, at);
        assert_int_equal(found(&wanted), 2);
        assert_int_equal(found_loads, 0);
        good[at] ^= 4;
        write_bytes(path, good, (size_t)info.st_size);
        assert_int_equal(found(&wanted), 2);
        assert_int_equal(found_loads, 0);
        good[at] ^= 4;
    }
    write_bytes(path, good, (size_t)info.st_size);
    assert_int_equal(found(&wanted), 2);
    assert_int_equal(found_loads, model_n_loads(m));
    unlink(path);
    assert_int_equal(found(&wanted), 1);
    free(good);
    model_destroy(m);
}

// Another run's, another backend's, another model's: not ours.
static void test_foreign(void **state) {
    (void)state;
    Model *m = model_of(1);
    checkpoint_clear(scratch, true);
    CheckpointHead mine = save(m, 3, false), wanted = mine;
    wanted.trunk_id[0] = 'x';
    assert_int_equal(found(&wanted), -1);
    wanted = mine;
    strcpy(wanted.backend, "cuda");
    assert_int_equal(found(&wanted), -1);
    wanted = mine;
    wanted.n_values++;
    assert_int_equal(found(&wanted), -1);
    assert_int_equal(found(&mine), 3);
    checkpoint_clear(scratch, true);
    assert_int_equal(found(&mine), -1);
    model_destroy(m);
}

int main(void) {
    // Refusals are said aloud; here they are wanted.
    if (!freopen("/dev/null", "w", stderr)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_foreign),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
