// record.h - the folder of a run: OUT/<run_id>/.
//
//   record.jsonl   one JSON object a line, flushed line by line:
//     {"event": "config", "run_id", "trunk_id", "numerics", all fields of run.h, "corpus_tokens", "train_sequences",
//      "validation_sequences", "steps", "N", "Na", "N_nonemb", "Na_nonemb", "granularity", "G", "S", "shared_ratio",
//      "M", "backend", "device", "host", "program", "commit", "flags" (of the compiler), "started",
//      of several ranks together "ranks"}
//     {"event": "step", "step", "tokens", "lr", "loss" (mean since the last such line), "aux_loss", "grad_norm",
//      "router_entropy", "load_entropy", "dead_experts", "tokens_per_s"}
//     {"event": "eval", "step", "tokens", "loss", "loss_se", "eval_tokens", "loads": tokens of the last step per
//      [MoE layer][expert]; empty where they are not known}
//     {"event": "result", "status": "done", "run_id", "loss", "loss_se", "eval_tokens", "D", "steps", "epochs",
//      "tokens_per_s", "flops_per_s", "wall_s", "train_s", "cpu_s" (of the thread that trains: what a step costs
//      whatever else the machine does; on a card the host's part), "tokens_per_cpu_s", "router_entropy",
//      "load_entropy", "dead_experts", "share_routing", _permute, _product, _attention, _other, "backend", "device",
//      "commit", for a synthetic corpus "entropy_rate" and "loss_floor", with averaged weights "loss_last" (of the last
//      weights), "eval_blocks": [mean loss of each of 128 stretches of the validation text, the same for all runs with
//      this corpus, seq_len and eval_tokens]}; loss_se is the error from 32 stretches (data/blocks.h)
//     {"event": "result", "status": "failed", "run_id", "kind": "diverged" or "died", "step", "reason", ...}
//   DONE           last of all: the sha256 of record.jsonl, as sha256sum -c reads it. A run without it is not finished.
//   FAILED         "diverged: reason" or "died: reason". A run that diverged would do so again and is left alone until
//                  asked for; one that died is tried again by the next call.
//   checkpoint, checkpoint.old, lock   while it is training (checkpoint.h)
#ifndef MOELAW_RECORD_H
#define MOELAW_RECORD_H

#include "data/blocks.h"
#include "data/data.h"
#include "ground/sha256.h"
#include "model/model.h"

typedef struct {
    int fd;
    FILE *line; // the event being written, in memory: text[size]
    char *text;
    size_t size;
    char *folder;
    char id[RUN_ID];
    Sha256 hash; // of all that was written; hash.length is the record's
} Record;

// Where a record stood at a checkpoint.
typedef struct {
    int64_t length;
    char hash[SHA256_TEXT]; // of its first `length` bytes; "": not known
} RecordMark;

typedef enum { RUN_OPEN, RUN_DONE, RUN_DIVERGED, RUN_DIED } RunState;

// What the folder says. A DONE that does not match its record counts as open (and is said in a warning).
RunState record_state(const char *folder);
// Takes FAILED away, for another attempt.
void record_retry(const char *folder);

// Creates the folder, or goes on with the record as it was at `mark` (NULL: anew). CANNOT_FINISH if it cannot be
// written, is shorter or begins with other bytes.
Status record_open(Record *r, const char *folder, const char *id, const RecordMark *mark);
void record_close(Record *r);
// How it stands, once it is on disk, for record_open().
Status record_mark(const Record *r, RecordMark *mark);

// A sign of life for whoever looks at the file's time: a run may wait long for its turn to branch off.
void record_touch(const Record *r);

typedef struct {
    const char *backend, *device;
    int ranks; // that trained it together, 1: alone
} Where;

Status record_config(Record *r, const Run *run, const Data *data, Where where);

typedef struct {
    long step; // steps done
    double lr, loss, tokens_per_s;
    StepStats stats;
} StepEvent;
Status record_step(Record *r, const Run *run, const StepEvent *e);

typedef struct {
    double loss, loss_se, tokens;
    int n_blocks;
    double block_B[EVAL_BLOCKS]; // mean loss of each stretch of the validation text
} Evaluation;
Status record_eval(Record *r, const Run *run, long step, const Evaluation *e, const int64_t *loads);

typedef struct {
    Evaluation evaluation;
    double loss_last; // NAN unless the evaluation is of averaged weights
    double wall_s, train_s, cpu_s;
    double seconds[6];               // as in StepStats
    double entropy_rate, loss_floor; // NAN unless the source is synthetic
    double epochs;
    StepStats stats; // of the last step
} Result;
// The result line, then DONE. CANNOT_FINISH, and no DONE, if the file does not hold what was written to it.
Status record_done(Record *r, const Run *run, const Result *result, Where where);
// The failed result line, then FAILED. kind: "diverged" or "died".
Status record_failed(Record *r, const char *kind, long step, const char *reason);

// The same for a run whose worker is dead, after what its record holds.
Status record_died(const char *folder, const char *id, const char *reason);

// Loss and its standard error from the result line; NAN where there is none.
void record_loss(const char *folder, double *loss, double *loss_se);
// Why a run failed, from FAILED.
void record_reason(const char *folder, char *reason, int size);

#endif
