// Corpora and the sequences cut from them.
#include "data/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "near.h"

#include "scratch.h"

#include "ground/sha256.h"

enum { N = 300000 };
static unsigned char text[N];

static void fill_text(void) {
    Random r = random_stream(3, 4);
    for (int i = 0; i < N; i++) text[i] = (unsigned char)random_below(&r, 256);
}

static Corpus open_one(const char *path, TokenKind kind) {
    Corpus c;
    assert_int_equal(corpus_open(1, &path, kind, &c), OK);
    return c;
}

static void expect_bad(const char *path, TokenKind kind, const char *message) {
    Corpus c;
    assert_int_equal(corpus_open(1, &path, kind, &c), BAD_INPUT);
    if (!strstr(status_message(), message)) fail_msg("'%s' lacks '%s'", status_message(), message);
}

// A folder is the same stream as one file with its sorted files' bytes; hidden files stay out.
static void test_folder_is_a_stream(void **state) {
    (void)state;
    write_bytes(in_scratch("all"), text, N);
    mkdir(in_scratch("texts"), 0777);
    mkdir(in_scratch("texts/b"), 0777);
    write_bytes(in_scratch("texts/c"), text + 123456, N - 123456);
    write_bytes(in_scratch("texts/b/x"), text + 1000, 123456 - 1000);
    write_bytes(in_scratch("texts/a"), text, 1000);
    write_bytes(in_scratch("texts/b/empty"), text, 0);
    write_bytes(in_scratch("texts/.hidden"), text, 77);
    Corpus one = open_one(in_scratch("all"), TOKENS_BYTES), many = open_one(in_scratch("texts"), TOKENS_BYTES);
    char hex[SHA256_TEXT];
    assert_int_equal(sha256_file(in_scratch("all"), hex), OK);
    assert_string_equal(one.name, hex);
    assert_string_equal(many.name, hex);
    assert_int_equal(many.n_tokens, N);
    int32_t a[5000], b[5000];
    for (int64_t at = 0; at + 5000 <= N; at += 4999) {
        assert_int_equal(corpus_read(&one, at, 5000, a), OK);
        assert_int_equal(corpus_read(&many, at, 5000, b), OK);
        assert_memory_equal(a, b, sizeof a);
        for (int i = 0; i < 5000; i++) assert_int_equal(a[i], text[at + i]);
    }
    corpus_close(&one);
    corpus_close(&many);
}

static void test_wide_tokens(void **state) {
    (void)state;
    static uint16_t narrow[70000];
    static uint32_t wide[70000];
    for (int i = 0; i < 70000; i++) narrow[i] = (uint16_t)(wide[i] = (uint32_t)(i * 7 % 50257));
    write_bytes(in_scratch("u16"), narrow, sizeof narrow);
    write_bytes(in_scratch("u32"), wide, sizeof wide);
    Corpus a = open_one(in_scratch("u16"), TOKENS_U16), b = open_one(in_scratch("u32"), TOKENS_U32);
    int32_t x[100], y[100];
    assert_int_equal(corpus_read(&a, 60000, 100, x), OK);
    assert_int_equal(corpus_read(&b, 60000, 100, y), OK);
    assert_memory_equal(x, y, sizeof x);
    assert_int_equal(a.max_token, 50256);
    assert_int_equal(strncmp(a.name, "u16:", 4), 0);
    Run run = run_default();
    run.shape.vocab = 50256;
    strcpy(run.corpus, a.name);
    Data d;
    assert_int_equal(data_open(&run, &a, &d), BAD_INPUT);
    assert_non_null(strstr(status_message(), "set vocab to 50257"));
    corpus_close(&a);
    corpus_close(&b);
}

static void test_bad_corpora(void **state) {
    (void)state;
    static const unsigned char zipped[] = {0x1f, 0x8b, 8, 0, 0};
    static const uint32_t huge[70000] = {0, 0xfffffff0u};
    write_bytes(in_scratch("empty"), text, 0);
    write_bytes(in_scratch("small"), text, 60000);
    write_bytes(in_scratch("odd"), text, 100001);
    write_bytes(in_scratch("zipped"), zipped, sizeof zipped);
    write_bytes(in_scratch("huge"), huge, sizeof huge);
    mkdir(in_scratch("nothing"), 0777);
    expect_bad(in_scratch("absent"), TOKENS_BYTES, "No such file");
    expect_bad(in_scratch("empty"), TOKENS_BYTES, "has 0 tokens, at least 65536");
    expect_bad(in_scratch("small"), TOKENS_BYTES, "has 60000 tokens");
    expect_bad(in_scratch("odd"), TOKENS_U16, "not whole 2-byte tokens");
    expect_bad(in_scratch("zipped"), TOKENS_BYTES, "zcat");
    expect_bad(in_scratch("huge"), TOKENS_U32, "above 2^31");
    expect_bad(in_scratch("nothing"), TOKENS_BYTES, "no corpus file");
    expect_bad("/dev/null", TOKENS_BYTES, "neither a file nor a folder");
}

static Run small_run(const Corpus *c, int seq_len, int seed) {
    Run run = run_default();
    run.shape.seq_len = seq_len;
    run.data_seed = seed;
    run.eval_tokens = 1e9;
    strcpy(run.corpus, c->name);
    return run;
}

// Marks every position of the text with the sides (1 training, 2 validation) that see it.
static unsigned char *mark_sides(const Data *d, int seq_len) {
    // Every token is its own position: the text is read as a stream of distinct numbers.
    unsigned char *side = calloc(N, 1);
    int32_t tokens[4097];
    for (int64_t i = 0; i < d->n_train + d->n_validation; i++) {
        if (i < d->n_train)
            assert_int_equal(data_train(d, i, 1, tokens), OK);
        else
            assert_int_equal(data_validation(d, i - d->n_train, 1, tokens), OK);
        for (int t = 0; t <= seq_len; t++) side[tokens[t]] |= i < d->n_train ? 1 : 2;
    }
    return side;
}

// One pass sees each sequence once; no token is on both sides; 1 block in 16 is validation; nearly all text is used.
static void test_split(void **state) {
    (void)state;
    static uint32_t positions[N];
    for (uint32_t i = 0; i < N; i++) positions[i] = i;
    write_bytes(in_scratch("positions"), positions, sizeof positions);
    Corpus c = open_one(in_scratch("positions"), TOKENS_U32);
    const int lengths[] = {128, 100, 2000};
    for (int k = 0; k < 3; k++) {
        Run run = small_run(&c, lengths[k], 1);
        run.shape.vocab = N;
        Data d;
        assert_int_equal(data_open(&run, &c, &d), OK);
        unsigned char *side = mark_sides(&d, lengths[k]);
        int counts[4] = {0};
        for (int i = 0; i < N; i++) counts[side[i]]++;
        assert_int_equal(counts[3], 0);
        assert_true(counts[0] < N / 50 + 2 * lengths[k]);
        assert_in_range(counts[2], N / 40, N / 9);
        int64_t blocks = d.n_train_blocks + d.n_validation_blocks;
        assert_int_equal(blocks, N / d.block_tokens);
        // Every training sequence is met exactly once in a pass: each has a start of its own.
        unsigned char *met = calloc(N, 1);
        int32_t tokens[4097];
        for (int64_t i = 0; i < d.n_train; i++) {
            assert_int_equal(data_train(&d, i, 1, tokens), OK);
            assert_int_equal(met[tokens[0]]++, 0);
        }
        free(met);
        free(side);
        data_close(&d);
    }
    corpus_close(&c);
}

// In the order of the text validation sequences start ever later, all of them, whatever part of the text they are.
static void test_text_order(void **state) {
    (void)state;
    Corpus c = open_one(in_scratch("positions"), TOKENS_U32);
    Run run = small_run(&c, 128, 1);
    run.shape.vocab = N;
    for (int part = 1; part <= 3; part++) {
        Data d;
        run.eval_tokens = part * 5000;
        assert_int_equal(data_open(&run, &c, &d), OK);
        int64_t *order = calloc((size_t)d.n_validation, sizeof *order);
        data_text_order(&d, order);
        int32_t tokens[129], last = -1;
        for (int64_t i = 0; i < d.n_validation; i++, last = tokens[0]) {
            assert_int_equal(data_validation(&d, order[i], 1, tokens), OK);
            assert_true(tokens[0] > last);
        }
        free(order);
        data_close(&d);
    }
    corpus_close(&c);
}

// The order depends on the seed alone: not on how many are asked for at once; a second pass has another order; the
// validation set is the same for every seed.
static void test_order(void **state) {
    (void)state;
    Corpus c = open_one(in_scratch("all"), TOKENS_BYTES);
    Run run = small_run(&c, 64, 1), other = small_run(&c, 64, 2);
    Data d, e;
    assert_int_equal(data_open(&run, &c, &d), OK);
    assert_int_equal(data_open(&other, &c, &e), OK);
    int32_t many[8 * 65], one[65];
    int same_seed = 0, same_pass = 0;
    assert_int_equal(data_train(&d, 40, 8, many), OK);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(data_train(&d, 40 + i, 1, one), OK);
        assert_memory_equal(one, many + i * 65, sizeof one);
        assert_int_equal(data_train(&e, 40 + i, 1, one), OK);
        same_seed += !memcmp(one, many + i * 65, sizeof one);
        assert_int_equal(data_train(&d, 40 + i + d.n_train, 1, one), OK);
        same_pass += !memcmp(one, many + i * 65, sizeof one);
    }
    assert_true(same_seed < 8 && same_pass < 8);
    assert_int_equal(d.n_validation, e.n_validation);
    assert_int_equal(data_validation(&d, 3, 8, many), OK);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(data_validation(&e, 3 + i, 1, one), OK);
        assert_memory_equal(one, many + i * 65, sizeof one);
    }
    assert_near(data_epochs(&d, 2 * d.n_train), 2, 0);
    data_close(&d);
    data_close(&e);
    corpus_close(&c);
}

// The chain gives other training text to another seed, the same validation to all, and knows its floor.
static void test_chain(void **state) {
    (void)state;
    Run run = run_default();
    run.shape.vocab = 64;
    run.eval_tokens = 100000;
    strcpy(run.corpus, "markov:vocab=64;branches=4;seed=1");
    Data d, e;
    assert_int_equal(data_open(&run, NULL, &d), OK);
    run.data_seed = 2;
    assert_int_equal(data_open(&run, NULL, &e), OK);
    int32_t a[129], b[129];
    assert_int_equal(data_train(&d, 5, 1, a), OK);
    assert_int_equal(data_train(&e, 5, 1, b), OK);
    assert_memory_not_equal(a, b, sizeof a);
    assert_int_equal(data_validation(&d, 5, 1, a), OK);
    assert_int_equal(data_validation(&e, 5, 1, b), OK);
    assert_memory_equal(a, b, sizeof a);
    assert_int_equal(d.n_validation, 782);
    assert_near(data_floor(&d), d.chain.entropy, 0.01);
    data_close(&d);
    data_close(&e);
    run.shape.vocab = 32;
    assert_int_equal(data_open(&run, NULL, &d), BAD_INPUT);
    assert_non_null(strstr(status_message(), "set vocab=64"));
}

int main(void) {
    fill_text();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folder_is_a_stream),
        cmocka_unit_test(test_wide_tokens),
        cmocka_unit_test(test_bad_corpora),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_text_order),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_chain),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
