// run.h - what a run is: a shape, how it is trained, on what, and the id that follows from all of it.
//
// One table of fields (run_fields) serves command lines ("--run d_model=64,top_k=2"), manifests (CSV columns), records
// (JSON keys) and the id, so none of them can forget one.
#ifndef MOELAW_RUN_H
#define MOELAW_RUN_H

#include "shape.h"
#include "ground/status.h"

#include <stdio.h>

// Part of every run id. Raise it when a change makes the same run give another loss; the golden losses tell when.
enum { TRAIN_NUMERICS = 2 };

typedef enum { GATE_SOFTMAX, GATE_SIGMOID } Gate;
typedef enum { BALANCE_NONE, BALANCE_BIAS, BALANCE_AUX } Balance;

enum { RUN_ID = 17, RUN_CORPUS = 96 };

typedef struct {
    Shape shape;
    double tokens;         // D wished; run_finish() rounds it to whole steps
    int batch;             // sequences a step
    double lr;             // peak rate at width lr_width; hidden matrices use lr * lr_width / fan_in-like width (muP)
    int lr_width;          // 0: the same rate for every width
    double warmup_tokens;  // absolute, so that runs which differ in D alone share their first part
    double decay_fraction; // last part of D over which the rate falls to zero (warmup-stable-decay)
    double weight_decay, beta1, beta2, clip;
    int gate;           // Gate
    int balance;        // Balance
    double bias_rate;   // step of the balancing bias (arXiv 2408.15664)
    double aux_coef;    // weight of the balancing loss
    double z_coef;      // weight of the router z-loss
    double average;     // evaluate an exponential average of the weights over this fraction of D; 0: the last weights
    double eval_tokens; // validation tokens, the same for all runs of a corpus
    int seed;
    int data_seed;      // of the order of training data
    int qk_norm;        // 1: queries and keys of every head have unit mean square; scores are 2 / sqrt(d_head) x q k
    double router_rate; // the router's rate, times that of other matrices
    char corpus[RUN_CORPUS]; // sha256 of the token stream, or "markov:..." for the synthetic source
} Run;

typedef enum { FIELD_INT, FIELD_NUMBER, FIELD_CHOICE, FIELD_TEXT } FieldKind;

typedef struct {
    const char *name;
    FieldKind kind;
    unsigned long offset;       // in Run
    double fallback;            // default; -1: follows from other fields, see run_finish
    double min, max;            // inclusive
    const char *const *choices; // FIELD_CHOICE: names, NULL-terminated
    const char *help;
    bool later; // added when records were already kept: in the id only where it differs from its default
} RunField;

extern const RunField run_fields[]; // ends with name == NULL

// All fields at their defaults; those that follow from others still open (-1).
Run run_default(void);
// Sets one field from text; BAD_INPUT names the field and what it takes.
Status run_set(Run *run, const char *name, const char *value);
// Sets "k=v,k=v,...".
Status run_set_list(Run *run, const char *list);
// Fills the fields that follow from others, rounds tokens to whole steps, checks everything.
Status run_finish(Run *run);

// The field's value as text, for CSV and ids.
void run_get(const Run *run, const RunField *field, char *value, int size);
// Writes "name": value, ... of all fields (no braces).
void run_json(FILE *f, const Run *run);

// 16 hex digits of the hash of TRAIN_NUMERICS and all fields (of later ones those that differ from their default, so
// that ids given before a field was there stay valid). Call after run_finish().
void run_id(const Run *run, char id[RUN_ID]);
// The same without tokens and decay: equal for runs that share their stable phase.
void run_trunk_id(const Run *run, char id[RUN_ID]);

static inline double run_batch_tokens(const Run *run) {
    return (double)run->batch * run->shape.seq_len;
}
long run_steps(const Run *run);
// First step of the decay; steps before it do not depend on tokens.
long run_decay_start(const Run *run);

#endif
