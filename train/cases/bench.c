// bench.c - `moetrain bench`: whole training steps against the machine's own product rate, measured in the same run.
//
// Model FLOPs a token are Counts.M: 6 (active parameters without embeddings, routers included, + d_model vocab) +
// 6 n_layers n_heads d_head seq_len; causal scores once, top-k, permutation and optimiser not at all. Steps and
// products take turns in rounds, and each keeps its best round, since other work on the machine only ever slows down.
// CPU backends use one core and are timed by its clock for this thread, others by the wall's.
#include "bench.h"

#include "ground/args.h"
#include "ground/output.h"
#include "ground/random.h"
#include "backend.h"
#include "cases.h"
#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    const Backend *b;
    Run run;
    long gemm_size, rounds, steps;
    double step_seconds, gemm_flops; // best of all rounds
    StepStats stats;                 // of the last step, with times of all rounds added up
} Bench;

static const char *const part_names[] = {"routing", "permutation", "products", "attention", "other"};

typedef struct {
    Context *c;
    void *x, *w, *y, *offset;
} Square;

// Numbers in [-1, 1): a product of zeros would draw less power and run faster.
static void fill(const Backend *b, Context *c, void *buffer, long n, uint64_t stream) {
    double row[4096];
    Random random = random_stream(1, stream);
    for (long at = 0; at < n; at += 4096) {
        long part = n - at < 4096 ? n - at : 4096;
        for (long i = 0; i < part; i++) row[i] = 2 * random_uniform(&random) - 1;
        b->put(c, (char *)buffer + (size_t)at * b->size[ACT], ACT, row, part);
    }
}

static Status square_open(const Bench *bench, Square *q) {
    const Backend *b = bench->b;
    long n = bench->gemm_size;
    TRY(b->open(&q->c, &bench->run.shape, 1));
    q->x = b->alloc(q->c, ACT, n * n);
    q->w = b->alloc(q->c, ACT, n * n);
    q->y = b->alloc(q->c, ACT, n * n);
    q->offset = b->alloc(q->c, INT32, 2);
    if (!q->x || !q->w || !q->y || !q->offset) return fail(CANNOT_FINISH, "no memory for a product of size %ld", n);
    fill(b, q->c, q->x, n * n, 1);
    fill(b, q->c, q->w, n * n, 2);
    b->put_ints(q->c, q->offset, (int32_t[]){0, (int32_t)n}, 2);
    return OK;
}

static void square_close(const Backend *b, Square *q) {
    if (!q->c) return;
    void *buffers[] = {q->x, q->w, q->y, q->offset};
    for (int i = 0; i < 4; i++)
        if (buffers[i]) b->release(q->c, buffers[i]);
    b->close(q->c);
}

// A tenth of a second or so of products.
static Status time_products(Bench *bench, Square *q) {
    const Backend *b = bench->b;
    long n = bench->gemm_size;
    double flops = 2.0 * (double)n * (double)n * (double)n;
    TRY(b->sync(q->c));
    double from = backend_seconds(b), seconds = 0;
    for (int done = 1; seconds < 0.1; done++) {
        b->product(q->c, q->y, q->x, q->w, (Groups){q->offset, 1, n}, (int)n, (int)n, false);
        TRY(b->sync(q->c));
        seconds = backend_seconds(b) - from;
        bench->gemm_flops = fmax(bench->gemm_flops, done * flops / seconds);
    }
    return OK;
}

static Status time_steps(Bench *bench, Model *model, const int32_t *tokens) {
    double from = backend_seconds(bench->b), parts[6];
    for (int p = 0; p < 6; p++) parts[p] = bench->stats.seconds[p];
    for (long i = 0; i < bench->steps; i++) {
        TRY(model_step(model, tokens, 1e-3, &bench->stats));
        for (int p = 0; p < 6; p++) parts[p] += bench->stats.seconds[p];
    }
    for (int p = 0; p < 6; p++) bench->stats.seconds[p] = parts[p];
    bench->step_seconds = fmin(bench->step_seconds, (backend_seconds(bench->b) - from) / (double)bench->steps);
    return OK;
}

static Status run_rounds(Bench *bench, Model *model, Square *q) {
    const Run *r = &bench->run;
    long n = (long)r->batch * (r->shape.seq_len + 1);
    int32_t *tokens = allocate(n, sizeof *tokens);
    Random random = random_stream(1, 3);
    for (long i = 0; i < n; i++) tokens[i] = (int32_t)random_below(&random, (uint32_t)r->shape.vocab);
    StepStats warm;
    Status s = model_step(model, tokens, 1e-3, &warm);
    bench->step_seconds = INFINITY;
    for (long i = 0; i < bench->rounds && s == OK; i++) {
        s = time_products(bench, q);
        if (s == OK) s = time_steps(bench, model, tokens);
    }
    free(tokens);
    return s;
}

static Status measure(Bench *bench) {
    Square q = {0};
    Model *model = NULL;
    Status s = square_open(bench, &q);
    if (s == OK) s = model_create(&bench->run, bench->b, NULL, &model);
    if (s == OK) s = run_rounds(bench, model, &q);
    model_destroy(model);
    square_close(bench->b, &q);
    return s;
}

typedef struct {
    const char *name;
    double value;
} Figure;

static void print(const Bench *bench, bool json) {
    Counts c = shape_count(&bench->run.shape);
    double tokens = run_batch_tokens(&bench->run), rate = tokens / bench->step_seconds;
    const Figure figures[] = {
        {"tokens_per_s", rate},
        {"model_gflops", rate * c.M * 1e-9},
        {"gemm_gflops", bench->gemm_flops * 1e-9},
        {"ratio", rate * c.M / bench->gemm_flops},
        {"ms_per_step", 1e3 * bench->step_seconds},
        {"N", c.N},
        {"Na", c.Na},
        {"M", c.M},
    };
    const double *seconds = bench->stats.seconds;
    printf(json ? "{\"backend\": \"%s\"" : "backend        %s\n", bench->b->name);
    for (unsigned i = 0; i < sizeof figures / sizeof *figures; i++) {
        if (!json) {
            printf("%-14s %.*f\n", figures[i].name, i == 3 ? 3 : i < 5 ? 1 : 0, figures[i].value);
            continue;
        }
        printf(", \"%s\": ", figures[i].name);
        write_json_number(stdout, figures[i].value);
    }
    printf(json ? ", \"shares\": {" : "share of time ");
    for (int p = 0; p < N_PARTS; p++)
        printf(json ? "%s\"%s\": %.4f" : "%s%s %.3f", p ? ", " : "", part_names[p], seconds[p] / seconds[N_PARTS]);
    printf(json ? "}}\n" : "\n");
}

// Every operation at the sizes worth timing, from the same list that tests it.
static Status time_operations(const Backend *b, bool json) {
    const char *separator = "[";
    if (!json) printf("%-10s %-34s %12s %12s %10s\n", "op", "case", "forward us", "backward us", "GFLOP/s");
    for (int i = 0; i < cases_count(); i++) {
        Case c = cases_get(i);
        double forward, backward;
        if (!c.large) continue;
        TRY(case_time(&c, b, &forward, &backward));
        if (json)
            printf("%s{\"op\": \"%s\", \"case\": \"%s\", \"forward_s\": %.9g, \"backward_s\": %.9g}", separator, c.op,
                   c.name, forward, backward);
        else
            printf("%-10s %-34s %12.1f %12.1f %10.1f\n", c.op, c.name, 1e6 * forward, 1e6 * backward,
                   c.flops / forward * 1e-9);
        separator = ",\n ";
    }
    if (json) printf("]\n");
    return OK;
}

static Status bench_run(int argc, char **argv) {
    const char *backend = "auto", *shape = "";
    bool json = false, operations = false;
    Bench bench = {.rounds = 5};
    const Option options[] = {
        opt_text("backend", &backend, "NAME", "auto, cpu or cuda (default auto)"),
        opt_text("shape", &shape, "K=V,...", "settings of a run that differ from the model below"),
        opt_whole("steps", &bench.steps, "N", "steps a round (default: about half a second)", 1, 1e6),
        opt_whole("rounds", &bench.rounds, "N", "rounds, of which the best counts (default 5)", 1, 1e4),
        opt_whole("gemm", &bench.gemm_size, "N", "size of the square product (default 1024, cuda 8192)", 1, 32768),
        opt_flag("ops", &operations, "time each operation alone instead"),
        opt_flag("json", &json, "print one JSON object"),
        {0},
    };
    const Command self = {
        .program = "moetrain",
        .name = "bench",
        .synopsis = "[options]",
        .description =
            "Times whole training steps of one model and compares their FLOPs with the machine's own product rate.\n"
            "Default model: d_model=128,n_layers=4,n_heads=4,n_experts=32,top_k=6,n_shared=2,d_ff_expert=96,\n"
            "seq_len=128,batch=16,vocab=512.",
        .examples = "  moetrain bench\n"
                    "  moetrain bench --shape d_model=64,n_layers=2,n_heads=2,n_experts=16,top_k=4,n_shared=1\n"};
    TRY(args_read(&self, options, argc, argv, NULL, NULL));
    TRY(backend_find(backend, &bench.b));
    if (operations) return time_operations(bench.b, json);
    bench.run = run_default();
    TRY(run_set_list(&bench.run, "d_model=128,n_layers=4,n_heads=4,n_experts=32,top_k=6,n_shared=2,d_ff_expert=96,"
                                 "seq_len=128,batch=16,vocab=512"));
    TRY(run_set_list(&bench.run, shape));
    TRY(run_finish(&bench.run));
    if (!bench.gemm_size) bench.gemm_size = bench.b->one_copy ? 1024 : 8192;
    if (!bench.steps) {
        double step = shape_count(&bench.run.shape).M * run_batch_tokens(&bench.run);
        bench.steps = (long)ceil((bench.b->one_copy ? 3e10 : 3e13) / step);
    }
    TRY(measure(&bench));
    print(&bench, json);
    return OK;
}

int bench_main(int argc, char **argv) {
    return status_report("moetrain", bench_run(argc, argv));
}
