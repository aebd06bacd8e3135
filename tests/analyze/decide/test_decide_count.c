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
    if (model_read(path, NULL, m) != OK) fail_msg("%s", status_message());
    return model_count(m);
}

// Parameters exactly as in the released weights, but for biases that only balance a router; or as published, to the
// last digit printed, where the whole weights have more than the text part. Active ones as the model cards round them,
// some of which leave embeddings out.
static void test_published_models(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double N, N_digit; // 0: exact
        double Na, digit;
        double G, S;
    } models[] = {
        {"mixtral-8x7b", 46702792704, 0, 12.9e9, 0.1e9, 2, 0},
        {"olmoe-1b-7b", 6919161856, 0, 1.3e9, 0.1e9, 8, 0},
        {"qwen3-30b-a3b", 30532122624, 0, 3.3e9, 0.1e9, 8, 0},
        {"qwen1.5-moe-a2.7b", 14315784192, 0, 2.7e9, 0.1e9, 8, 0.5},
        {"llama-3-8b", 8030261248, 0, 8.0e9, 0.1e9, 1, 0},
        {"deepseek-v3", 671026404352, 0, 37e9, 1e9, 9, 1.0 / 9},
        {"deepseek-v2", 235741434880, 0, 21e9, 1e9, 8, 0.25},
        {"deepseek-moe-16b", 16375728128, 0, 2.8e9, 0.1e9, 8, 0.25},
        {"dbrx", 131596523520, 0, 36e9, 1e9, 4, 0},
        {"gemma-7b", 8537680896, 0, 8.5e9, 0.1e9, 1, 0},   // head tied though the file does not say so
        {"gemma-2-2b", 2614341888, 0, 2.6e9, 0.1e9, 1, 0}, // four norms a layer
        {"gemma-3-1b", 999885952, 0, 1.0e9, 0.1e9, 1, 0},
        {"gpt2", 124439808, 0, 124e6, 1e6, 1, 0},          // learned positions, biases, not gated
        {"pythia-160m", 162322944, 0, 162e6, 1e6, 1, 0},   // not gated
        {"mistral-7b", 7241732096, 0, 7.2e9, 0.1e9, 1, 0}, // eight key heads though the file does not say so
        {"phi-3-mini", 3821079552, 0, 3.8e9, 0.1e9, 1, 0},
        {"qwen2-7b", 7615616512, 0, 7.6e9, 0.1e9, 1, 0},
        {"qwen3-8b", 8190735360, 0, 8.2e9, 0.1e9, 1, 0},
        {"gpt-oss-20b", 20914757184, 0, 3.6e9, 0.6e9, 4, 0}, // the card leaves the embedding out
        {"phi-3.5-moe", 41873153344, 0, 6.6e9, 0.1e9, 2, 0},
        {"jamba", 51570323328, 0, 12e9, 1e9, 2, 0},            // 28 of 32 layers are Mamba, half have experts
        {"granite-4-h-tiny", 7e9, 0.1e9, 1e9, 1e9, 8, 0.25},   // 36 of 40 layers are Mamba-2
        {"qwen3-next-80b", 80e9, 1e9, 3e9, 1e9, 11, 1.0 / 11}, // 36 of 48 layers are gated delta nets
        {"ernie-4.5-21b", 21e9, 1e9, 3e9, 1e9, 8, 0.25},
        {"hunyuan-a13b", 80e9, 1e9, 13e9, 1e9, 9, 1.0 / 9},
        {"glm-4.5", 355e9, 3e9, 32e9, 2e9, 9, 1.0 / 9}, // 355B with the layer that predicts further tokens
        {"minimax-m2", 229e9, 1e9, 10e9, 1.1e9, 8, 0},
        {"kimi-k2", 1.03e12, 0.01e12, 32e9, 1e9, 9, 1.0 / 9},
        {"llama-4-scout", 109e9, 2e9, 17e9, 1e9, 2, 0.5},    // 109B with the vision encoder
        {"llama-4-maverick", 400e9, 2e9, 17e9, 1e9, 2, 0.5}, // every other layer has experts
    };
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        ModelFile m;
        Counts c = count(models[i].name, &m);
        if (models[i].N_digit ? fabs(c.N - models[i].N) >= models[i].N_digit : c.N != models[i].N)
            fail_msg("%s: N is %.0f, expected %.0f", models[i].name, c.N, models[i].N);
        if (fabs(c.Na - models[i].Na) >= models[i].digit)
            fail_msg("%s: Na is %.0f, expected %.0f", models[i].name, c.Na, models[i].Na);
        assert_true(fabs(c.G - models[i].G) < 1e-12 && fabs(c.S - models[i].S) < 1e-12);
        double parts = c.embedding + c.head + c.attention + c.dense_ffn + c.shared + c.routed + c.router + c.norms;
        assert_true(parts == c.N);
        assert_true(c.N_nonemb == c.N - c.embedding - c.head && c.Na_nonemb == c.Na - c.embedding - c.head);
        assert_string_equal(m.counted_as, "");
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
        Status s = model_read(path, NULL, &m);
        unlink(path);
        assert_int_equal(s, OK);
        assert_memory_equal(&m.shape, &shapes[i / 2], sizeof(Shape));
    }
}

static Status read_text(const char *text, const char *assume, ModelFile *m) {
    char path[] = "/tmp/moelaw-config-XXXXXX";
    int fd = mkstemp(path);
    assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    Status s = model_read(path, assume, m);
    unlink(path);
    if (s != OK && !strstr(status_message(), assume ? "" : path)) fail_msg("'%s' names no file", status_message());
    return s;
}

static void refused(const char *text, const char *because) {
    ModelFile m;
    if (read_text(text, NULL, &m) != BAD_INPUT) fail_msg("%s is counted", text);
    if (!strstr(status_message(), because)) fail_msg("'%s' lacks '%s'", status_message(), because);
}

#define MIXTRAL                                                                                                        \
    "{\"model_type\": \"mixtral\", \"vocab_size\": 100, \"hidden_size\": 64, \"num_hidden_layers\": 2, "               \
    "\"num_attention_heads\": 8, \"intermediate_size\": 64, \"num_local_experts\": 4"

static void test_bad_configurations(void **state) {
    (void)state;
    refused("{\"hidden_size\": 64", "column");
    refused("{}", "no model_type");
    refused("[]", "object");
    refused("{\"model_type\": \"llama\"}", "vocab_size");
    refused("{\"model_type\": \"llama\", \"vocab_size\": -1}", "whole number");
    refused("{\"model_type\": \"llama\", \"vocab_size\": \"many\"}", "whole number");
    refused(MIXTRAL "}", "num_experts_per_tok");
    refused(MIXTRAL ", \"num_experts_per_tok\": 5}", "top_k");
    refused("--hidden-size 64 --num-layers", "--num-layers");
    refused("--hidden-size 64 --num-layers two", "two");
    refused("", "--hidden-size");
}

// What would change a count and is not understood is named; what changes nothing is passed over.
static void test_keys_that_nobody_understands(void **state) {
    (void)state;
    ModelFile m;
    assert_int_equal(read_text(MIXTRAL ", \"num_experts_per_tok\": 2, \"sliding_window\": 4096, \"rope_theta\": 1e6, "
                                       "\"rms_norm_eps\": 1e-5, \"use_mtp\": false, \"kv_lora_rank\": null, "
                                       "\"layer_types\": [\"full_attention\", \"sliding_attention\"]}",
                               NULL, &m),
                     OK);
    double N = model_count(&m).N;
    static const char *const keys[] = {"\"n_shared_blocks\": 2", "\"kv_lora_rank\": 8",
                                       "\"mlp_bias\": true",     "\"mamba_d_state\": 16",
                                       "\"ffn_widths\": [1]",    "\"attention_bias\": true",
                                       "\"moe_layer_step\": 2",  "\"layer_types\": [\"mamba\", \"attention\"]"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char text[1024], key[32];
        snprintf(text, sizeof text, "%s, \"num_experts_per_tok\": 2, %s}", MIXTRAL, keys[i]);
        snprintf(key, sizeof key, "%.*s:", (int)strcspn(keys[i] + 1, "\""), keys[i] + 1);
        refused(text, key);
    }
    refused(MIXTRAL ", \"num_experts_per_tok\": 2, \"moe_k\": 3}", "disagrees");
    refused(MIXTRAL ", \"num_experts_per_tok\": [2, 1]}", "differs from layer to layer");
    // An unknown type is refused by its name, or counted as a known one and marked.
    static const char unknown[] =
        "{\"model_type\": \"novel\", \"vocab_size\": 100, \"hidden_size\": 64, \"num_hidden_layers\": 2, "
        "\"num_attention_heads\": 8, \"intermediate_size\": 64, \"num_local_experts\": 4, \"num_experts_per_tok\": 2}";
    refused(unknown, "'novel'");
    assert_int_equal(read_text(unknown, "mixtral", &m), OK);
    assert_string_equal(m.counted_as, "mixtral");
    assert_true(model_count(&m).N == N);
    assert_int_equal(read_text(unknown, "other", &m), BAD_INPUT);
}

// Layers with experts as Megatron-LM reads the pattern.
static void test_megatron_layers(void **state) {
    (void)state;
    static const struct {
        const char *pattern;
        int layers, dense; // -1: refused
    } cases[] = {{"1", 4, 0},
                 {"2", 4, 2},
                 {"3", 4, 2},
                 {"[0,1,1,1]", 4, 1},
                 {"[0, 1, 1, 1]", 4, 1},
                 {"([0]*1+[1]*3)", 4, 1},
                 {"[0]*3+[1]*58", 61, 3},
                 {"'([1]*4)'", 4, 0},
                 {"([0,1]*2)", 4, 2},
                 {"([0]+[1])*2", 4, 2},
                 {"([0]*1+[1]*3)", 5, -1},
                 {"[0,1,2,1]", 4, -1},
                 {"([0]*1+[1]*3", 4, -1},
                 {"[1]*4x", 4, -1},
                 {"0", 4, -1},
                 {"all", 4, -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        snprintf(
            text, sizeof text,
            "--num-layers %d --hidden-size 64 --num-attention-heads 4 --ffn-hidden-size 128 --swiglu --num-experts 8 "
            "--moe-router-topk 2 --moe-ffn-hidden-size 32 --moe-layer-freq %s --vocab-size 100 --seq-length 64 "
            "--normalization RMSNorm --position-embedding-type rope --disable-bias-linear",
            cases[i].layers, cases[i].pattern);
        ModelFile m;
        Status s = read_text(text, NULL, &m);
        if (cases[i].dense < 0) {
            assert_int_equal(s, BAD_INPUT);
            assert_non_null(strstr(status_message(), "--moe-layer-freq"));
        } else if (s != OK || m.shape.n_dense_layers != cases[i].dense)
            fail_msg("%s: %d dense layers", cases[i].pattern, m.shape.n_dense_layers);
    }
}

// Biases, LayerNorm and learned positions are Megatron-LM's defaults: a GPT-2 by its arguments is GPT-2 but for the
// gate.
static void test_megatron_defaults(void **state) {
    (void)state;
    ModelFile plain, full;
    static const char shape[] = "--num-layers 3 --hidden-size 64 --num-attention-heads 4 --ffn-hidden-size 96 --swiglu "
                                "--vocab-size 100 --seq-length 64 --max-position-embeddings 128 ";
    char text[512];
    snprintf(text, sizeof text, "%s--disable-bias-linear --normalization RMSNorm --position-embedding-type rope",
             shape);
    assert_int_equal(read_text(text, NULL, &plain), OK);
    assert_int_equal(read_text(shape, NULL, &full), OK);
    Counts a = model_count(&plain), b = model_count(&full);
    double biases = 3 * (3 * 64 + 64 + 2 * 96 + 64), norms = 7 * 64, positions = 128 * 64;
    assert_true(b.N - a.N == biases + norms + positions);
    assert_true(b.N_nonemb - a.N_nonemb == biases + norms);
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
        if (model_read(path, NULL, &m) != OK) continue;
        Counts c = model_count(&m);
        assert_true(isfinite(c.N) && c.Na <= c.N && isfinite(c.M));
        read++;
    }
    unlink(path);
    assert_true(read > 20); // a digit more or less is still a model
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_models),
        cmocka_unit_test(test_holistic_identities),
        cmocka_unit_test(test_written_and_read_back),
        cmocka_unit_test(test_bad_configurations),
        cmocka_unit_test(test_keys_that_nobody_understands),
        cmocka_unit_test(test_megatron_layers),
        cmocka_unit_test(test_megatron_defaults),
        cmocka_unit_test(test_mangled_configurations),
    };
    return cmocka_run_group_tests_name("decide: counts", tests, NULL, NULL);
}
