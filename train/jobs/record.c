// record.c - see record.h.
#include "record.h"

#include "ground/args.h"
#include "ground/number.h"
#include "ground/output.h"

#include <flags.h> // made by make, in BUILD

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 };

static void path_in(char path[PATH_ROOM], const char *folder, const char *name) {
    snprintf(path, PATH_ROOM, "%s/%s", folder, name);
}

static bool is_there(const char *folder, const char *name) {
    char path[PATH_ROOM];
    struct stat info;
    path_in(path, folder, name);
    return !stat(path, &info);
}

// Whether DONE names the record as it is.
static bool done_holds(const char *folder) {
    char path[PATH_ROOM], hex[SHA256_TEXT], *text;
    size_t length;
    path_in(path, folder, "record.jsonl");
    if (sha256_file(path, hex) != OK) return false;
    path_in(path, folder, "DONE");
    if (read_file(path, 4096, &text, &length) != OK) return false;
    bool holds = length > 64 && !strncmp(text, hex, 64);
    free(text);
    return holds;
}

RunState record_state(const char *folder) {
    if (is_there(folder, "DONE")) {
        if (done_holds(folder)) return RUN_DONE;
        warn("%s: DONE does not match record.jsonl; training this run again", folder);
        return RUN_OPEN;
    }
    if (!is_there(folder, "FAILED")) return RUN_OPEN;
    char path[PATH_ROOM], *text;
    size_t length;
    path_in(path, folder, "FAILED");
    if (read_file(path, 1 << 20, &text, &length) != OK) return RUN_OPEN;
    RunState state = !strncmp(text, "diverged", 8) ? RUN_DIVERGED : RUN_DIED;
    free(text);
    return state;
}

void record_retry(const char *folder) {
    char path[PATH_ROOM];
    path_in(path, folder, "FAILED");
    unlink(path);
    path_in(path, folder, "DONE");
    unlink(path);
}

// The first mark->length bytes as they should be, into the running hash.
static Status read_start(Record *r, const char *path, const RecordMark *mark) {
    char *text, hex[SHA256_TEXT];
    size_t length;
    if (read_file(path, 0, &text, &length) != OK) return CANNOT_FINISH;
    bool whole = length >= (size_t)mark->length;
    if (whole) sha256_add(&r->hash, text, (size_t)mark->length);
    free(text);
    if (!whole) return fail(CANNOT_FINISH, "%s: shorter than its checkpoint says", path);
    Sha256 hash = r->hash;
    sha256_end(&hash, hex);
    if (mark->hash[0] && strcmp(mark->hash, hex)) return fail(CANNOT_FINISH, "%s: not what its checkpoint says", path);
    return OK;
}

Status record_open(Record *r, const char *folder, const char *id, const RecordMark *mark) {
    *r = (Record){0};
    TRY(make_folders(folder));
    char path[PATH_ROOM];
    path_in(path, folder, "record.jsonl");
    sha256_begin(&r->hash);
    if (mark && mark->length) TRY(read_start(r, path, mark));
    r->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (r->fd < 0 || ftruncate(r->fd, mark ? mark->length : 0)) {
        Status s = fail(CANNOT_FINISH, "%s: cannot write: %s", path, strerror(errno));
        record_close(r);
        return s;
    }
    r->line = open_memstream(&r->text, &r->size);
    if (!r->line) {
        record_close(r);
        return fail(CANNOT_FINISH, "%s: memory is out", path);
    }
    r->folder = copy_text(folder);
    snprintf(r->id, sizeof r->id, "%s", id);
    return OK;
}

void record_close(Record *r) {
    if (r->line) fclose(r->line);
    if (r->fd > 0) close(r->fd); // 0: never opened, all zeros
    free(r->text);
    free(r->folder);
    *r = (Record){0};
}

Status record_mark(const Record *r, RecordMark *mark) {
    Sha256 hash = r->hash;
    mark->length = (int64_t)hash.length;
    sha256_end(&hash, mark->hash);
    if (!fsync(r->fd)) return OK;
    return fail(CANNOT_FINISH, "%s/record.jsonl: cannot write: %s", r->folder, strerror(errno));
}

void record_touch(const Record *r) {
    futimens(r->fd, NULL);
}

static void text_item(Record *r, const char *name, const char *value) {
    fprintf(r->line, ", \"%s\": ", name);
    write_json_string(r->line, value);
}

static void number_item(Record *r, const char *name, double value) {
    fprintf(r->line, ", \"%s\": ", name);
    write_json_number(r->line, value);
}

static void begin(Record *r, const char *event) {
    rewind(r->line);
    fprintf(r->line, "{\"event\": \"%s\"", event);
}

static bool write_all(int fd, const char *text, size_t length) {
    while (length) {
        ssize_t n = write(fd, text, length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        text += n;
        length -= (size_t)n;
    }
    return true;
}

// One line, in one piece.
static Status end(Record *r) {
    fputs("}\n", r->line);
    bool whole = !fflush(r->line) && !ferror(r->line);
    if (!whole) errno = ENOMEM;
    size_t length = whole ? (size_t)ftell(r->line) : 0;
    if (!whole || !write_all(r->fd, r->text, length))
        return fail(CANNOT_FINISH, "%s/record.jsonl: cannot write: %s", r->folder, strerror(errno));
    sha256_add(&r->hash, r->text, length);
    return OK;
}

static void counts(Record *r, const Run *run) {
    Counts c = shape_count(&run->shape);
    number_item(r, "N", c.N);
    number_item(r, "Na", c.Na);
    number_item(r, "N_nonemb", c.N_nonemb);
    number_item(r, "Na_nonemb", c.Na_nonemb);
    number_item(r, "granularity", c.granularity);
    number_item(r, "G", c.G);
    number_item(r, "S", c.S);
    number_item(r, "shared_ratio", c.shared_ratio);
    number_item(r, "M", c.M);
}

Status record_config(Record *r, const Run *run, const Data *data, Where where) {
    char trunk[RUN_ID], started[32], host[256] = "";
    time_t now = time(NULL);
    strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    gethostname(host, sizeof host - 1);
    run_trunk_id(run, trunk);
    begin(r, "config");
    text_item(r, "run_id", r->id);
    text_item(r, "trunk_id", trunk);
    fprintf(r->line, ", \"numerics\": %d, ", TRAIN_NUMERICS);
    run_json(r->line, run);
    number_item(r, "corpus_tokens", data->corpus ? (double)data->corpus->n_tokens : NAN);
    number_item(r, "train_sequences", data->n_train ? (double)data->n_train : NAN);
    number_item(r, "validation_sequences", (double)data->n_validation);
    number_item(r, "steps", (double)run_steps(run));
    counts(r, run);
    text_item(r, "backend", where.backend);
    text_item(r, "device", where.device);
    if (where.ranks > 1) number_item(r, "ranks", where.ranks);
    text_item(r, "host", host);
    text_item(r, "program", "moetrain " MOELAW_VERSION);
    text_item(r, "commit", moelaw_commit());
    text_item(r, "flags", MOELAW_FLAGS);
    text_item(r, "started", started);
    return end(r);
}

Status record_step(Record *r, const Run *run, const StepEvent *e) {
    begin(r, "step");
    number_item(r, "step", (double)e->step);
    number_item(r, "tokens", (double)e->step * run_batch_tokens(run));
    number_item(r, "lr", e->lr);
    number_item(r, "loss", e->loss);
    number_item(r, "aux_loss", e->stats.aux_loss);
    number_item(r, "grad_norm", e->stats.grad_norm);
    number_item(r, "router_entropy", e->stats.router_entropy);
    number_item(r, "load_entropy", e->stats.load_entropy);
    number_item(r, "dead_experts", e->stats.dead_experts);
    number_item(r, "tokens_per_s", e->tokens_per_s);
    return end(r);
}

Status record_eval(Record *r, const Run *run, long step, const Evaluation *e, const int64_t *loads) {
    const Shape *s = &run->shape;
    begin(r, "eval");
    number_item(r, "step", (double)step);
    number_item(r, "tokens", (double)step * run_batch_tokens(run));
    number_item(r, "loss", e->loss);
    number_item(r, "loss_se", e->loss_se);
    number_item(r, "eval_tokens", e->tokens);
    fputs(", \"loads\": [", r->line);
    int64_t routed = 0; // none: a run that went on from a checkpoint of old, and made no step since
    for (long i = 0; i < (long)(s->n_layers - s->n_dense_layers) * s->n_experts; i++) routed += loads[i];
    for (int layer = 0; routed && s->n_experts > 1 && layer < s->n_layers - s->n_dense_layers; layer++) {
        fputs(layer ? ", [" : "[", r->line);
        for (int x = 0; x < s->n_experts; x++) fprintf(r->line, "%s%lld", x ? ", " : "", (long long)*loads++);
        fputs("]", r->line);
    }
    fputs("]", r->line);
    return end(r);
}

static void shares(Record *r, const double seconds[6]) {
    static const char *const names[] = {"share_routing", "share_permute", "share_product", "share_attention",
                                        "share_other"};
    double sum = 0;
    for (int i = 0; i < 5; i++) sum += seconds[i];
    for (int i = 0; i < 5 && sum > 0; i++) number_item(r, names[i], seconds[i] / sum);
}

// A small file that appears whole.
static Status write_marker(const Record *r, const char *name, const char *format, const char *a, const char *b) {
    char path[PATH_ROOM];
    Output out;
    path_in(path, r->folder, name);
    TRY(output_open(&out, path));
    fprintf(out.file, format, a, b);
    return output_commit(&out);
}

static void speed(Record *r, const Run *run, const Result *x) {
    double rate = x->train_s > 0 ? run->tokens / x->train_s : NAN;
    number_item(r, "tokens_per_s", rate);
    number_item(r, "flops_per_s", rate * shape_count(&run->shape).M);
    number_item(r, "wall_s", x->wall_s);
    number_item(r, "train_s", x->train_s);
    number_item(r, "cpu_s", x->cpu_s);
    number_item(r, "tokens_per_cpu_s", x->cpu_s > 0 ? run->tokens / x->cpu_s : NAN);
    shares(r, x->seconds);
}

// Seven digits: far below what a block's loss is known to.
static void blocks(Record *r, const Evaluation *e) {
    fputs(", \"eval_blocks\": [", r->line);
    for (int b = 0; b < e->n_blocks; b++) fprintf(r->line, "%s%.7g", b ? ", " : "", e->block_B[b]);
    fputs("]", r->line);
}

Status record_done(Record *r, const Run *run, const Result *x, Where where) {
    begin(r, "result");
    text_item(r, "status", "done");
    text_item(r, "run_id", r->id);
    number_item(r, "loss", x->evaluation.loss);
    number_item(r, "loss_se", x->evaluation.loss_se);
    number_item(r, "eval_tokens", x->evaluation.tokens);
    if (isfinite(x->loss_last)) number_item(r, "loss_last", x->loss_last);
    if (isfinite(x->entropy_rate)) number_item(r, "entropy_rate", x->entropy_rate);
    if (isfinite(x->loss_floor)) number_item(r, "loss_floor", x->loss_floor);
    number_item(r, "D", run->tokens);
    number_item(r, "steps", (double)run_steps(run));
    number_item(r, "epochs", x->epochs);
    speed(r, run, x);
    number_item(r, "grad_norm", x->stats.grad_norm);
    number_item(r, "router_entropy", x->stats.router_entropy);
    number_item(r, "load_entropy", x->stats.load_entropy);
    number_item(r, "dead_experts", x->stats.dead_experts);
    text_item(r, "backend", where.backend);
    text_item(r, "device", where.device);
    text_item(r, "commit", moelaw_commit());
    blocks(r, &x->evaluation);
    TRY(end(r));
    char path[PATH_ROOM], hex[SHA256_TEXT];
    RecordMark mark;
    path_in(path, r->folder, "record.jsonl");
    TRY(record_mark(r, &mark));
    TRY(sha256_file(path, hex));
    if (strcmp(hex, mark.hash))
        return fail(CANNOT_FINISH, "%s: does not hold what was written to it; the same command trains the run again",
                    path);
    return write_marker(r, "DONE", "%s  %s\n", hex, "record.jsonl");
}

Status record_failed(Record *r, const char *kind, long step, const char *reason) {
    begin(r, "result");
    text_item(r, "status", "failed");
    text_item(r, "run_id", r->id);
    text_item(r, "kind", kind);
    number_item(r, "step", step >= 0 ? (double)step : NAN);
    text_item(r, "reason", reason);
    text_item(r, "commit", moelaw_commit());
    TRY(end(r));
    return write_marker(r, "FAILED", "%s: %s\n", kind, reason);
}

Status record_died(const char *folder, const char *id, const char *reason) {
    char path[PATH_ROOM], *text = NULL;
    size_t length = 0;
    path_in(path, folder, "record.jsonl");
    // A line that was cut short goes.
    if (read_file(path, 0, &text, &length) == OK)
        while (length && text[length - 1] != '\n') length--;
    free(text);
    Record r;
    TRY(record_open(&r, folder, id, &(RecordMark){.length = (int64_t)length}));
    Status s = record_failed(&r, "died", -1, reason);
    record_close(&r);
    return s;
}

// The number after "key": in text; NAN if there is none.
static double number_after(const char *text, const char *key) {
    char quoted[64], word[64];
    double x;
    snprintf(quoted, sizeof quoted, "\"%s\": ", key);
    const char *at = text ? strstr(text, quoted) : NULL;
    if (!at) return NAN;
    at += strlen(quoted);
    snprintf(word, sizeof word, "%.*s", (int)strcspn(at, ",}"), at);
    return parse_number(word, &x) ? x : NAN;
}

void record_loss(const char *folder, double *loss, double *loss_se) {
    char path[PATH_ROOM], *text = NULL;
    size_t length = 0;
    path_in(path, folder, "record.jsonl");
    const char *line = read_file(path, 0, &text, &length) == OK ? strstr(text, "{\"event\": \"result\"") : NULL;
    *loss = number_after(line, "loss");
    *loss_se = number_after(line, "loss_se");
    free(text);
}

void record_reason(const char *folder, char *reason, int size) {
    char path[PATH_ROOM], *text = NULL;
    size_t length = 0;
    path_in(path, folder, "FAILED");
    bool there = read_file(path, 0, &text, &length) == OK;
    snprintf(reason, (size_t)size, "%.*s", there ? (int)strcspn(text, "\n") : 0, there ? text : "");
    free(text);
}
