// Counts of published models, exact identities of the holistic counting, configuration files both ways.
#include "decide/holistic.h"
#include "runs/modelfile.h"
#include "ground/output.h"
#include "ground/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static Counts count(const char *name, ModelFile *m) {
    char path[256];
    snprintf(path, sizeof path, "tests/analyze/configs/%s.json", name);
    if (model_read(path, m) != OK) fail_msg("%s", status_message());
    return model_count(m);
}

// Parameters exactly as in the released weights; active ones as the model cards round them.
static void test_published_models(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double N, Na, digit; // digit: the last one printed of Na
        double G, S;
    } models[] = {
        {"mixtral-8x7b", 46702792704, 12.9e9, 0.1e9, 2, 0}, {"olmoe-1b-7b", 6919161856, 1.3e9, 0.1e9, 8, 0},
        {"qwen3-30b-a3b", 30532122624, 3.3e9, 0.1e9, 8, 0}, {"qwen1.5-moe-a2.7b", 14315784192, 2.7e9, 0.1e9, 8, 0.5},
        {"llama-3-8b", 8030261248, 8.0e9, 0.1e9, 1, 0},     {"deepseek-v3", 671026404352, 37e9, 1e9, 9, 1.0 / 9},
        {"deepseek-v2", 235741434880, 21e9, 1e9, 8, 0.25},
    };
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        ModelFile m;
        Counts c = count(models[i].name, &m);
        assert_true(c.N == models[i].N);
        assert_true(fabs(c.Na - models[i].Na) < models[i].digit);
        assert_true(fabs(c.G - models[i].G) < 1e-12 && fabs(c.S - models[i].S) < 1e-12);
        double parts = c.embedding + c.head + c.attention + c.dense_ffn + c.shared + c.routed + c.router + c.norms;
        assert_true(parts == c.N);
    }
}

// The published architecture at 3e20 (arXiv 2603.21862): d = 2200, 1 dense and 15 MoE layers, experts 528 wide.
static Shape published_shape(void) {
    return (Shape){.vocab = 152064,
                   .d_model = 2200,
                   .n_layers = 16,
                   .n_heads = 16,
                   .n_kv_heads = 8,
                   .d_head = 128,
                   .n_dense_layers = 1,
                   .d_ff_dense = 6600,
                   .n_experts = 288,
                   .top_k = 8,
                   .d_ff_expert = 528,
                   .n_shared = 1,
                   .d_ff_shared = 528,
                   .seq_len = 8192};
}

static void test_holistic_identities(void **state) {
    (void)state;
    Shape s = published_shape();
    Holistic h = holistic_count(&s);
    assert_true(h.Na == 730276800);
    assert_true(h.N == 15366436800);
    assert_true(fabs(h.r_a - 0.48533) < 5e-6 && fabs(h.r_m - 0.47105) < 5e-6 && fabs(h.r_d - 0.04362) < 5e-6);
    assert_true(fabs(h.r_a + h.r_d + h.r_m - 1) < 1e-15);
    assert_true(fabs(h.x - 8.205) < 5e-4 && fabs(h.y - 21.04) < 5e-3);
    // The identities of the paper, from shares alone.
    double inner = 1 + 2.0 * s.d_model * (1 + 0.5) / s.seq_len;
    assert_true(fabs(h.Na - h.M / 6 * (1 - h.r_a / inner)) < 1e-6 * h.Na);
    assert_true(fabs(h.N - h.Na - h.M / 6 * h.r_m * (288 - 8) / 9) < 1e-6 * h.N);
    double experts = h.r_m * h.M / 6 / h.Na;
    assert_true(fabs(h.y - (1 + experts * (holistic_most_y(288, 8, 1) - 1))) < 1e-9 * h.y);
    // Against the exact count of everything.
    Counts c = shape_count(&s);
    assert_true(c.N_nonemb - c.router - c.norms == h.N);
}

typedef void (*Writer)(FILE *, const Shape *);

static void test_written_and_read_back(void **state) {
    (void)state;
    static const Writer writers[] = {model_write_json, model_write_megatron};
    Shape shapes[2] = {published_shape(), published_shape()};
    shapes[1].n_dense_layers = shapes[1].d_ff_dense = 0;
    shapes[1].n_shared = 2;
    shapes[1].d_ff_shared = 1056;
    shapes[1].tied = 1;
    for (int i = 0; i < 4; i++) {
        char path[] = "/tmp/moelaw-config-XXXXXX";
        int fd = mkstemp(path);
        FILE *f = fdopen(fd, "w");
        writers[i % 2](f, &shapes[i / 2]);
        fclose(f);
        ModelFile m;
        Status s = model_read(path, &m);
        unlink(path);
        assert_int_equal(s, OK);
        assert_memory_equal(&m.shape, &shapes[i / 2], sizeof(Shape));
    }
}

static void refused(const char *text, const char *because) {
    char path[] = "/tmp/moelaw-config-XXXXXX";
    int fd = mkstemp(path);
    assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    ModelFile m;
    Status s = model_read(path, &m);
    unlink(path);
    assert_int_equal(s, BAD_INPUT);
    assert_non_null(strstr(status_message(), because));
    assert_non_null(strstr(status_message(), path));
}

static void test_bad_configurations(void **state) {
    (void)state;
    refused("{\"hidden_size\": 64", "column");
    refused("{}", "vocab_size");
    refused("[]", "object");
    refused("{\"vocab_size\": -1}", "whole number");
    refused("{\"vocab_size\": \"many\"}", "whole number");
    refused("{\"vocab_size\": 100, \"hidden_size\": 64, \"num_hidden_layers\": 2, \"num_attention_heads\": 4,"
            "\"intermediate_size\": 64, \"num_local_experts\": 4}",
            "num_experts_per_tok");
    refused("{\"vocab_size\": 100, \"hidden_size\": 64, \"num_hidden_layers\": 2, \"num_attention_heads\": 4,"
            "\"intermediate_size\": 64, \"num_local_experts\": 4, \"num_experts_per_tok\": 5}",
            "top_k");
    refused("--hidden-size 64 --num-layers", "--num-layers");
    refused("--hidden-size 64 --num-layers two", "two");
    refused("", "--hidden-size");
}

// Configurations with bytes changed, cut or repeated are read or refused, never more.
static void test_mangled_configurations(void **state) {
    (void)state;
    static const char *const sources[] = {"tests/analyze/configs/deepseek-v3.json",
                                          "tests/analyze/configs/mixtral-8x7b.json"};
    Random random = random_stream(5, 0);
    char path[] = "/tmp/moelaw-config-XXXXXX";
    close(mkstemp(path));
    int read = 0;
    for (int k = 0; k < 1500; k++) {
        char *text, megatron[2048] = "";
        size_t length;
        assert_int_equal(read_file(sources[k % 2], 0, &text, &length), OK);
        if (k % 3 == 0) {
            Shape shape = published_shape();
            FILE *f = fmemopen(megatron, sizeof megatron, "w");
            model_write_megatron(f, &shape);
            fclose(f);
            free(text);
            text = copy_text(megatron);
            length = strlen(text);
        }
        for (uint32_t changes = 1 + random_below(&random, 4); changes; changes--)
            text[random_below(&random, (uint32_t)length)] = "09-+eE[]{}\",: *x\0"[random_below(&random, 18)];
        FILE *f = fopen(path, "w");
        fwrite(text, 1, length, f);
        fclose(f);
        free(text);
        ModelFile m;
        if (model_read(path, &m) != OK) continue;
        Counts c = model_count(&m);
        assert_true(isfinite(c.N) && c.Na <= c.N && isfinite(c.M));
        read++;
    }
    unlink(path);
    assert_true(read > 20); // a digit more or less is still a model
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_models),       cmocka_unit_test(test_holistic_identities),
        cmocka_unit_test(test_written_and_read_back),  cmocka_unit_test(test_bad_configurations),
        cmocka_unit_test(test_mangled_configurations),
    };
    return cmocka_run_group_tests_name("decide: counts", tests, NULL, NULL);
}
