// moetrain - trains the runs of a manifest, or one by hand, and writes a record of each. See --help.
#include "ground/args.h"
#include "ground/memory_file.h"
#include "ground/number.h"
#include "ground/output.h"
#include "data/corpus.h"
#include "jobs/checkpoint.h"
#include "jobs/jobs.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

int bench_main(int argc, char **argv); // bench.c

typedef struct {
    const char *manifest, *run, *only, *backend, *tokens, *out;
    TextList corpus;
    long jobs;
    double checkpoint;
    bool export_weights, retry, json;
} Settings;

static const char examples[] =
    "  moetrain --manifest manifest.csv --corpus english.txt --out runs/\n"
    "  moetrain --manifest manifest.csv --only 0123456789abcdef --corpus texts/ --jobs 4 --out runs/\n"
    "  moetrain --run d_model=64,tokens=1e6,'corpus=markov:vocab=64;branches=4;seed=1' --out try/\n"
    "  moetrain --run vocab=50304,tokens=1e9 --tokens u16 --corpus tokens.bin --export --out runs/\n"
    "  mpirun -n 4 moetrain --run d_model=1024,...,batch=256 --corpus texts/ --backend cuda --out runs/\n"
    "  moetrain corpus english.txt           name (sha256) and size of a corpus\n"
    "  moetrain bench --help                 speed of this machine\n";

static const char about[] =
    "Trains every run of a manifest, or the one described by --run, and writes OUT/<run_id>/record.jsonl, then DONE.\n"
    "What is done already is left alone; what was stopped (SIGTERM, Ctrl-C, kill -9) goes on from its checkpoint when "
    "the\n"
    "same command is given again. A run that diverges is recorded as failed and left alone until --retry; one whose\n"
    "worker died is tried again by the next call. Runs that differ in tokens alone share their stable phase.\n"
    "Results on stdout: run_id, status, loss, its standard error, folder. Exit status 1: the run of --run diverged.\n"
    "\n"
    "mpirun or srun --mpi=pmix start ranks that train one run at a time together, each its share of every batch on "
    "its\n"
    "own card (if moetrain was built with MPI); MOELAW_SIZE=1 trains alone under them. Otherwise runs are spread over\n"
    "the cards.\n"
    "\n"
    "settings of a run (columns of a manifest, names in --run):";

// The description with all settings of a run and their defaults.
static char *describe(void) {
    char value[NUMBER_TEXT];
    MemoryFile m;
    memory_open(&m);
    FILE *f = m.file;
    fputs(about, f);
    for (const RunField *field = run_fields; field->name; field++) {
        fprintf(f, "\n  %-16s %s", field->name, field->help);
        if (field->kind == FIELD_CHOICE) fprintf(f, "; default %s", field->choices[(int)field->fallback]);
        if ((field->kind == FIELD_INT || field->kind == FIELD_NUMBER) && field->fallback >= 0)
            fprintf(f, "; default %s", number_text(field->fallback, value));
    }
    memory_close(&m);
    return m.text;
}

static Status parse(int argc, char **argv, Settings *s) {
    *s = (Settings){.backend = "auto", .tokens = "bytes", .checkpoint = 30};
    const Option options[] = {
        opt_text("manifest", &s->manifest, "M.csv", "the runs, one a row; other columns are ignored"),
        opt_text("run", &s->run, "K=V,...", "one run by hand"),
        opt_text("only", &s->only, "ID,...", "of the manifest, these runs alone"),
        {"out", 'o', ARG_TEXT, &s->out, "DIR", "where the runs' folders are (needed)", 0, 0},
        opt_list("corpus", &s->corpus, "PATH", "text to train on: a file or a folder"),
        opt_text("tokens", &s->tokens, "KIND", "what the corpus holds: bytes (default), u16, u32"),
        opt_text("backend", &s->backend, "B", "auto (default), cpu, cuda"),
        {"jobs", 'j', ARG_WHOLE, &s->jobs, "J", "runs at a time; default one a core, 16 a card", 1, 4096},
        opt_number("checkpoint", &s->checkpoint, "SECONDS",
                   "between checkpoints; default 30, more if writing them is slow", 0, 1e9),
        opt_flag("export", &s->export_weights, "write model.safetensors and config.json as well"),
        opt_flag("retry", &s->retry, "train diverged runs again"),
        opt_flag("json", &s->json, "results as JSON"),
        {0},
    };
    char *description = describe();
    const Command self = {.program = "moetrain",
                          .synopsis = "(--manifest M.csv | --run K=V,...) [--corpus PATH]... --out DIR [options]",
                          .description = description,
                          .examples = examples};
    Status status = args_read(&self, options, argc, argv, NULL, NULL);
    free(description);
    TRY(status);
    if (!s->manifest == !s->run) return fail(BAD_INPUT, "give either --manifest M.csv or --run K=V,...; see --help");
    if (!s->out) return fail(BAD_INPUT, "--out DIR is missing: where the records go");
    return OK;
}

static int cores(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
}

// Which runs are left to train.
static bool *find_open(const Plan *plan, bool retry) {
    bool *open = allocate(plan->n_runs, sizeof *open);
    for (int i = 0; i < plan->n_runs; i++) {
        RunState state = record_state(plan->folders[i]);
        open[i] = state == RUN_OPEN || state == RUN_DIED || (state == RUN_DIVERGED && retry);
        if (state == RUN_DONE) checkpoint_clear(plan->folders[i], true); // ended between its last word and this
        if (state == RUN_DIVERGED && !retry) warn("%s has diverged before; --retry trains it again", plan->ids[i]);
    }
    return open;
}

static void print_run(const char *id, const char *folder, bool json, bool first) {
    static const char *const names[] = {"open", "done", "failed", "died"};
    RunState state = record_state(folder);
    double loss = NAN, loss_se = NAN;
    char reason[512], a[NUMBER_TEXT], b[NUMBER_TEXT];
    if (state == RUN_DONE) record_loss(folder, &loss, &loss_se);
    record_reason(folder, reason, sizeof reason);
    if (!json) {
        printf("%s  %-6s  %s  %s  %s%s%s\n", id, names[state], isnan(loss) ? "-" : number_text(loss, a),
               isnan(loss_se) ? "-" : number_text(loss_se, b), folder, *reason ? "  " : "", reason);
        return;
    }
    printf("%s {\"run_id\": \"%s\", \"status\": \"%s\", \"loss\": ", first ? "[\n" : ",\n", id, names[state]);
    write_json_number(stdout, loss);
    fputs(", \"loss_se\": ", stdout);
    write_json_number(stdout, loss_se);
    fputs(", \"folder\": ", stdout);
    write_json_string(stdout, folder);
    if (*reason) fputs(", \"reason\": ", stdout), write_json_string(stdout, reason);
    fputs("}", stdout);
}

// Can the ranks share what is asked for?
static Status check_ranks(const Settings *s, const Plan *plan, int size) {
    if (size == 1) return OK;
    if (s->jobs > 1)
        return fail(BAD_INPUT,
                    "--jobs %ld: the %d ranks started together train one run at a time; MOELAW_SIZE=1 trains "
                    "alone",
                    s->jobs, size);
    for (int i = 0; i < plan->n_runs; i++)
        if (plan->runs[i].batch % size)
            return fail(BAD_INPUT,
                        "run %s: batch = %d sequences cannot be shared by %d ranks; make it a multiple of %d, or "
                        "set MOELAW_SIZE=1 to train alone",
                        plan->ids[i], plan->runs[i].batch, size, size);
    return OK;
}

static Status train_plan(const Settings *s, const Corpus *corpus, const Plan *plan, Ranks *ranks, JobsEnd *end) {
    JobsOptions options = {.corpus = corpus,
                           .export_weights = s->export_weights,
                           .checkpoint_interval = s->checkpoint,
                           .ranks = ranks,
                           .workers = (int)s->jobs};
    TRY(backend_find(s->backend, &options.backend));
    TRY(make_folders(s->out));
    bool cuda = !strcmp(options.backend->name, "cuda");
    options.threads = cuda || ranks;
    if (!options.workers) options.workers = ranks ? 1 : cuda ? 16 * backend_cards(options.backend) : cores();
    bool *open = find_open(plan, s->retry);
    Plan left;
    plan_left(plan, open, &left);
    free(open);
    Status status = jobs_run(&left, &options, end);
    plan_free(&left);
    return status;
}

static Status verdict(const Settings *s, const Plan *plan, const JobsEnd *end) {
    if (end->stopped) return fail(CANNOT_FINISH, "stopped; the same command goes on from the checkpoints");
    if (end->died) return fail(CANNOT_FINISH, "%d runs died; the same command tries them again", end->died);
    if (end->diverged) warn("%d runs diverged; they are recorded as failed", end->diverged);
    if (s->run && record_state(plan->folders[0]) == RUN_DIVERGED) return fail(CHECK_FAILED, "the run diverged");
    return OK;
}

// *agreed: all ranks come to the same end.
static Status train(const Settings *s, const Corpus *corpus, Ranks *ranks, bool *agreed) {
    PlanSource source = {.manifest = s->manifest, .run_list = s->run, .only = s->only, .out = s->out, .corpus = corpus};
    Plan plan;
    JobsEnd end = {0};
    bool leads = ranks_lead(ranks);
    if (!leads) quiet = true;
    TRY(plan_make(&source, &plan));
    Status status = check_ranks(s, &plan, ranks_size(ranks));
    *agreed = status != OK;
    if (status == OK) status = train_plan(s, corpus, &plan, ranks, &end);
    *agreed = *agreed || (status == OK && !end.died);
    if (status == OK) {
        for (int i = 0; leads && i < plan.n_runs; i++) print_run(plan.ids[i], plan.folders[i], s->json, i == 0);
        if (leads && s->json) puts("\n]");
        status = verdict(s, &plan, &end);
    }
    plan_free(&plan);
    return status;
}

static Status open_corpus(const TextList *paths, const char *tokens, Corpus *corpus) {
    TokenKind kind;
    TRY(token_kind(tokens, &kind));
    return paths->n ? corpus_open(paths->n, paths->text, kind, corpus) : OK;
}

static int train_main(int argc, char **argv) {
    Settings s;
    Corpus corpus = {0};
    Status status = parse(argc, argv, &s);
    if (status == OK) status = open_corpus(&s.corpus, s.tokens, &corpus);
    Ranks *ranks = NULL;
    bool agreed = false;
    if (status == OK) status = ranks_start(&ranks);
    if (status == OK) status = train(&s, s.corpus.n ? &corpus : NULL, ranks, &agreed);
    corpus_close(&corpus);
    int exit_status = agreed && !ranks_lead(ranks) ? (int)status : status_report("moetrain", status);
    ranks_end(ranks, agreed ? 0 : exit_status);
    return exit_status;
}

static int corpus_main(int argc, char **argv) {
    TextList paths = {0};
    const char *tokens = "bytes";
    const Option options[] = {opt_text("tokens", &tokens, "KIND", "what the files hold: bytes (default), u16, u32"),
                              {0}};
    const Command self = {.program = "moetrain corpus",
                          .synopsis = "PATH... [--tokens KIND]",
                          .least = 1,
                          .most = (int)(sizeof paths.text / sizeof *paths.text),
                          .description =
                              "The name of a corpus (its sha256, the 'corpus' of a run) and its size, as JSON.",
                          .examples = "  moetrain corpus english.txt\n"};
    Corpus corpus = {0};
    Status s = args_read(&self, options, argc, argv, paths.text, &paths.n);
    if (s == OK) s = open_corpus(&paths, tokens, &corpus);
    if (s == OK)
        printf("{\"corpus\": \"%s\", \"files\": %d, \"tokens\": %lld, \"max_token\": %lld}\n", corpus.name,
               corpus.n_files, (long long)corpus.n_tokens, (long long)corpus.max_token);
    corpus_close(&corpus);
    return status_report("moetrain corpus", s);
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "bench")) return bench_main(argc - 1, argv + 1);
    if (argc > 1 && !strcmp(argv[1], "corpus")) return corpus_main(argc - 1, argv + 1);
    return train_main(argc, argv);
}
