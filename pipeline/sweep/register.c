// register.c - see register.h.
#include "register.h"

#include "design.h"
#include "memory.h"
#include "plan.h"

#include "ground/args.h"
#include "ground/config.h"
#include "ground/json.h"
#include "ground/number.h"
#include "ground/output.h"
#include "ground/sha256.h"
#include "run/manifest.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

// Plain decimal numbers become numbers, all other scalars text.
static json_t *from_text(const char *text) {
    double x;
    bool plain = *text && strspn(text, "0123456789.eE+-") == strlen(text) && parse_number(text, &x);
    return plain ? json_real(x) : json_string(text);
}

static json_t *from_yaml(const Config *c, const ConfigNode *node) {
    if (config_text(node)) return from_text(config_text(node));
    bool map = config_is_map(node);
    json_t *all = map ? json_object() : json_array();
    for (int i = 0; i < config_count(node); i++) {
        if (map)
            json_object_set_new(all, config_key(c, node, i), from_yaml(c, config_value(c, node, i)));
        else
            json_array_append_new(all, from_yaml(c, config_item(c, node, i)));
    }
    return all;
}

static Status check_question(const Config *c, const ConfigNode *node) {
    static const char *const known[] = {"name", "question", "statistic", "decision", NULL};
    TRY(config_expect_map(c, node, "questions", known));
    for (int i = 1; known[i]; i++)
        if (!config_get(c, node, known[i])) return config_fail(c, node, "questions: a question lacks '%s'", known[i]);
    return OK;
}

static Status read_section(const Config *c, json_t **section) {
    static const char *const needed[] = {"laws", "objective", "splits", "questions", NULL};
    static const char *const known[] = {"laws", "objective", "splits", "questions", "notes", NULL};
    const ConfigNode *node = config_get(c, config_root(c), "register");
    if (!node)
        return config_fail(c, config_root(c), "there is no 'register', expected laws, objective, splits and questions");
    TRY(config_expect_map(c, node, "register", known));
    for (int i = 0; needed[i]; i++)
        if (!config_get(c, node, needed[i])) return config_fail(c, node, "register: '%s' is missing", needed[i]);
    const ConfigNode *questions = config_get(c, node, "questions");
    if (config_count(questions) == 0) return config_fail(c, questions, "questions: there is none");
    for (int i = 0; i < config_count(questions); i++) TRY(check_question(c, config_item(c, questions, i)));
    *section = from_yaml(c, node);
    return OK;
}

// The ids of held-out runs by why they are.
static json_t *holdouts_of(const Design *d) {
    json_t *all = json_object();
    for (int i = 0; i < d->n_runs; i++) {
        const PlannedRun *p = &d->runs[i];
        if (!p->holdout[0]) continue;
        if (!json_object_get(all, p->holdout)) json_object_set_new(all, p->holdout, json_array());
        json_array_append_new(json_object_get(all, p->holdout), json_string(p->id));
    }
    return all;
}

// The design expanded on the manifest's corpus must give the manifest's runs.
static Status check_manifest(const RegisterOptions *o, const Manifest *m, Design *d) {
    if (m->n_runs == 0) return fail(BAD_INPUT, "%s: holds no run", o->manifest);
    TRY(design_read(o->design, m->runs[0].corpus, d));
    bool same = d->n_runs == m->n_runs;
    for (int i = 0; same && i < d->n_runs; i++) same = !strcmp(d->runs[i].id, m->ids[i]);
    if (same) return OK;
    return fail(BAD_INPUT, "%s: is not what %s gives; moesweep expand writes it again", o->manifest, o->design);
}

static json_t *file_item(const char *path, const char *sha) {
    return json_pack("{s:s, s:s}", "file", path, "sha256", sha);
}

// Of what the runs are, whatever columns a manifest has.
static void hash_runs(const Design *d, char sha[SHA256_TEXT]) {
    Sha256 hash;
    sha256_begin(&hash);
    for (int i = 0; i < d->n_runs; i++) {
        sha256_add(&hash, d->runs[i].id, strlen(d->runs[i].id));
        sha256_add(&hash, d->runs[i].holdout, strlen(d->runs[i].holdout) + 1);
    }
    sha256_end(&hash, sha);
}

static json_t *manifest_item(const char *path, const char *sha, const Design *d) {
    json_t *item = file_item(path, sha);
    PlanSummary s = plan_summary(d);
    PlanCorrelations c = plan_correlations(d, false);
    char runs[SHA256_TEXT];
    hash_runs(d, runs);
    json_object_set_new(item, "runs_sha256", json_string(runs));
    json_object_set_new(item, "runs", json_integer(d->n_runs));
    json_object_set_new(item, "cells", json_integer(s.cells));
    json_object_set_new(item, "stable_phases", json_integer(s.cost.trunks.n));
    json_object_set_new(item, "points_with_3_seeds", json_integer(s.replicated));
    json_object_set_new(item, "total_flops", json_real(s.cost.flops));
    if (c.a != c.b)
        json_object_set_new(
            item, "worst_correlation",
            json_pack("[s, s, f]", plan_factor_names[c.a], plan_factor_names[c.b], c.correlation[c.a][c.b]));
    cost_free(&s.cost);
    return item;
}

static Status count_trained(const RegisterOptions *o, const Design *d, int *n) {
    Memory m;
    TRY(memory_read(o->table ? o->table : d->table, &m));
    *n = 0;
    for (int i = 0; i < d->n_runs; i++) *n += memory_row(&m, d->runs[i].id) >= 0;
    memory_free(&m);
    return OK;
}

// What is registered now: hashes, hold-outs, the design's section, expected widths; a date.
static Status state_of(const RegisterOptions *o, json_t *section, const Design *d, json_t **state) {
    char design_sha[SHA256_TEXT], manifest_sha[SHA256_TEXT], date[32];
    int trained;
    json_t *expected = NULL;
    time_t now = time(NULL);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    TRY(sha256_file(o->design, design_sha));
    TRY(sha256_file(o->manifest, manifest_sha));
    TRY(count_trained(o, d, &trained));
    if (o->expected) TRY(json_read(o->expected, &expected));
    *state = json_object();
    json_object_set_new(*state, "date", json_string(date));
    json_object_set_new(*state, "design", file_item(o->design, design_sha));
    json_object_set_new(*state, "manifest", manifest_item(o->manifest, manifest_sha, d));
    json_object_set_new(*state, "trained_before", json_integer(trained));
    json_object_update(*state, section);
    json_object_set_new(*state, "holdouts", holdouts_of(d));
    json_object_set_new(*state, "expected", expected ? expected : json_null());
    return OK;
}

static const json_t *item_of(const json_t *state, const char *what, const char *key) {
    return json_object_get(json_object_get(state, what), key);
}

// Whether the register's last word is this state; expected widths that nobody gives now stay as they are.
static bool says_the_same(const json_t *last, const json_t *state) {
    const json_t *expected = json_object_get(state, "expected");
    return json_equal(item_of(last, "design", "sha256"), item_of(state, "design", "sha256")) &&
           json_equal(item_of(last, "manifest", "runs_sha256"), item_of(state, "manifest", "runs_sha256")) &&
           (json_is_null(expected) || json_equal(expected, json_object_get(last, "expected")));
}

static Status write_json(json_t *value, const char *path) {
    Output out;
    TRY(output_open(&out, path));
    json_write(out.file, json_incref(value));
    return output_commit_if_changed(&out);
}

static Status begin_register(const RegisterOptions *o, json_t *state) {
    if (o->amend) return fail(BAD_INPUT, "%s: is not there yet, so --amend has nothing to amend", o->out);
    json_object_set_new(state, "schema", json_integer(1));
    json_object_set_new(state, "program", json_string("moesweep " MOELAW_VERSION));
    json_object_set_new(state, "deviations", json_array());
    TRY(write_json(state, o->out));
    note("registered in %s; commit it before the first run", o->out);
    return OK;
}

static Status amend_register(const RegisterOptions *o, json_t *old, json_t *state) {
    json_t *deviations = json_object_get(old, "deviations");
    if (!json_is_array(deviations)) return fail(BAD_INPUT, "%s: is no register: deviations are missing", o->out);
    size_t n = json_array_size(deviations);
    const json_t *last = n ? json_array_get(deviations, n - 1) : old;
    const char *date = json_string_value(json_object_get(last, "date"));
    if (says_the_same(last, state)) {
        note("%s: registered on %s as it is", o->out, date ? date : "an unknown day");
        return OK;
    }
    if (!o->amend || !*o->amend)
        return fail(
            CHECK_FAILED,
            "%s: was registered on %s, and design, runs or expectation have changed since; --amend REASON appends "
            "the deviation, and what was registered stays",
            o->out, date ? date : "an unknown day");
    json_object_set_new(state, "reason", json_string(o->amend));
    json_array_append(deviations, state);
    TRY(write_json(old, o->out));
    note("%s: deviation %zu appended", o->out, n + 1);
    return OK;
}

static Status register_state(const RegisterOptions *o, json_t *state) {
    struct stat info;
    if (stat(o->out, &info)) return begin_register(o, state);
    json_t *old;
    TRY(json_read(o->out, &old));
    Status s = amend_register(o, old, state);
    json_decref(old);
    return s;
}

Status register_write(const RegisterOptions *o) {
    Config c;
    Manifest m;
    Design d = {0};
    json_t *section = NULL, *state = NULL;
    TRY(config_read(o->design, &c));
    Status s = read_section(&c, &section);
    config_free(&c);
    TRY(s);
    s = manifest_read(o->manifest, &m);
    if (s == OK) {
        s = check_manifest(o, &m, &d);
        manifest_free(&m);
    }
    if (s == OK) s = state_of(o, section, &d, &state);
    if (s == OK) s = register_state(o, state);
    design_free(&d);
    json_decref(state);
    json_decref(section);
    return s;
}
