// bring.c - see bring.h.
#include "bring.h"

#include "runs/table_file.h"

#include "ground/number.h"
#include "ground/output.h"
#include "ground/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 1024 };

// ---- sources

// File names that say nothing of the run: its folder does.
static bool says_nothing(const char *stem) {
    static const char *const names[] = {"trainer_state", "main",           "tracker_metrics", "log",  "train", "stdout",
                                        "out",           "standard input", "metrics",         "runs", NULL};
    return word_known(stem, names) || !strncmp(stem, "checkpoint-", 11);
}

// The file's name without its ending, or that of the nearest folder that says more.
static void run_name(const char *path, char name[PATH]) {
    char rest[PATH];
    snprintf(rest, sizeof rest, "%s", path);
    do {
        char *slash = strrchr(rest, '/');
        snprintf(name, PATH, "%s", slash ? slash + 1 : rest);
        char *dot = strrchr(name, '.');
        if (dot && dot != name && strncmp(name, "checkpoint-", 11) != 0) *dot = '\0';
        if (slash) *slash = '\0';
        if (!slash || !*rest) return;
    } while (says_nothing(name));
}

static Status find_reader(const char *format, const SourceText *s, const Reader **reader) {
    const char *names[16];
    int n = 0;
    for (int i = 0; reader_list[i]->name; i++) {
        names[n++] = reader_list[i]->name;
        *reader = reader_list[i];
        if (format ? !strcmp(format, (*reader)->name) : (*reader)->looks_like(s)) return OK;
    }
    names[n] = NULL;
    char list[WORD_LIST];
    return fail(BAD_INPUT, "--format %s: expected one of %s", format, word_list(names, list));
}

// config.json beside the file or one folder up, as checkpoints have it.
static void find_config(const char *path, Bag *b) {
    static const char *const places[] = {"config.json", "../config.json"};
    const char *slash = strrchr(path, '/');
    size_t length;
    for (int i = 0; i < 2 && !b->config; i++) {
        char name[PATH];
        snprintf(name, sizeof name, "%.*s%s", slash ? (int)(slash - path) + 1 : 0, path, places[i]);
        if (access(name, R_OK) == 0 && read_file(name, 1 << 20, &b->config, &length) != OK) b->config = NULL;
    }
}

static Status read_source(const char *path, const BringOptions *o, Brought *b) {
    SourceText s;
    char name[PATH];
    const Reader *reader = NULL;
    int before = b->bags.n;
    TRY(text_file_read(path, &s.text, &s.length, &s.path));
    run_name(path, name);
    s.name = name;
    Status status =
        memchr(s.text, '\0', s.length) ? fail(BAD_INPUT, "%s: contains NUL bytes, expected text", s.path) : OK;
    if (status == OK) status = find_reader(o->format, &s, &reader);
    if (status == OK) status = reader->read(&s, &b->bags);
    b->formats = reallocate(b->formats, (size_t)b->bags.n + 1, sizeof *b->formats);
    for (int i = before; i < b->bags.n && status == OK; i++) {
        b->formats[i] = reader->name;
        if (reader == &reader_trainer) find_config(path, &b->bags.bags[i]);
    }
    free(s.text);
    return status;
}

static Status give_config(const char *path, Bags *bags) {
    char *text;
    size_t length;
    if (!path) return OK;
    TRY(read_file(path, 1 << 20, &text, &length));
    for (int i = 0; i < bags->n; i++)
        if (!bags->bags[i].config) bags->bags[i].config = copy_text(text);
    free(text);
    return OK;
}

// ---- which loss

static const char *const loss_names[] = {"eval_loss",
                                         "val_loss",
                                         "valid_loss",
                                         "validation_loss",
                                         "lm_loss_validation",
                                         "eval_paloma_macro_loss",
                                         "eval_macro_loss",
                                         "eval_cross_entropy_loss",
                                         "heldout_loss",
                                         "test_loss",
                                         "loss",
                                         NULL};
static const char *const bpb_names[] = {
    "eval_bpb",      "val_bpb", "eval_macro_bpb", "eval_paloma_macro_bpb", "eval_paloma_c4_en_bpb", "bpb",
    "bits_per_byte", NULL};

// The key of that name that most runs know, `least` of them or more; NULL if there is none.
static const char *commonest(const Bags *bags, const char *name, int least) {
    uint64_t wanted = name_hash(name);
    const char *key = NULL;
    int most = least - 1;
    for (int i = 0; i < bags->n; i++)
        for (int k = 0; k < bags->bags[i].n; k++) {
            const Said *s = &bags->bags[i].said[k];
            if (s->whole != wanted || (key && !strcmp(key, s->key))) continue;
            int known = 0;
            for (int j = 0; j < bags->n; j++) known += bag_value(&bags->bags[j], s->key) != NULL;
            if (known > most) key = s->key, most = known;
        }
    return key;
}

static const char *choose(const Bags *bags, const char *const *names, const char *what) {
    const char *chosen = NULL;
    for (int i = 0; names[i]; i++) {
        const char *key = commonest(bags, names[i], 1);
        if (key && chosen)
            note("%s is taken from '%s', not from '%s', which is there too; --loss says otherwise", what, chosen, key);
        if (key && !chosen) chosen = key;
        if (key && chosen != key) break;
    }
    for (int i = 0; names[i] && !chosen; i++) chosen = commonest(bags, names[i], 0); // NaN in all of them
    return chosen;
}

// Keys with "loss" or "bpb" in them, for a message.
static void losses_there(const Bags *bags, char list[WORD_LIST]) {
    const char *keys[24];
    int n = 0;
    for (int k = 0; bags->n && k < bags->bags[0].n && n < 23; k++) {
        const char *key = bags->bags[0].said[k].key;
        if (strstr(key, "loss") || strstr(key, "bpb") || strstr(key, "perplexity")) keys[n++] = key;
    }
    keys[n] = NULL;
    snprintf(list, WORD_LIST, "nothing like it");
    if (n) word_list(keys, list);
}

static Status choose_loss(const BringOptions *o, Brought *b) {
    char list[WORD_LIST];
    bool found = false;
    b->loss = o->loss ? o->loss : b->mapping.loss ? "loss" : choose(&b->bags, loss_names, "loss");
    if (!o->loss && !b->mapping.loss) b->bpb = choose(&b->bags, bpb_names, "bpb");
    for (int i = 0; i < b->bags.n && b->loss; i++) found = found || bag_value(&b->bags.bags[i], b->loss);
    losses_there(&b->bags, list);
    if (o->loss && !found) return fail(BAD_INPUT, "--loss: no run has a value of '%s'; there is %s", b->loss, list);
    if (!b->loss && !b->bpb)
        return fail(
            BAD_INPUT,
            "%s: no loss of an evaluation under a usual name (eval/loss, val_loss, validation loss, ...); there "
            "is %s; --loss KEY says which it is",
            b->bags.n ? b->bags.bags[0].origin : "no run", list);
    const char *key = b->loss ? b->loss : b->bpb;
    if ((strstr(key, "best") || strstr(key, "min")) && !o->rules.trust)
        return fail(BAD_INPUT,
                    "--loss %s: sounds like the best of many evaluations, which is biased; take the last one "
                    "(or --trust)",
                    key);
    if (!b->loss && o->rules.bytes_per_token <= 0)
        note("there are bits a byte alone (%s): fit them with --loss bpb, or give --bytes-per-token", key);
    return OK;
}

// ---- rows

static bool finished(const Bag *b) {
    static const char *const open[] = {"running", "crashed", "failed", "killed", "preempted", "preempting", "pending"};
    const Said *state;
    if (bag_find(b, "State|state|status", &state) != OK || !state) return true;
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (!strcasecmp(state->value, open[i])) return false;
    return true;
}

static Status make_rows(const BringOptions *o, Brought *b) {
    RowRules rules = o->rules;
    rules.loss = b->loss;
    rules.bpb = b->bpb;
    b->rows = allocate((size_t)b->bags.n + 1, sizeof *b->rows);
    b->of = allocate((size_t)b->bags.n + 1, sizeof *b->of);
    for (int i = 0; i < b->bags.n; i++) {
        const Bag *bag = &b->bags.bags[i];
        ImportedRow *r = &b->rows[b->n];
        bool evaluated = (b->loss && bag_value(bag, b->loss)) || (b->bpb && bag_value(bag, b->bpb));
        b->unfinished += !o->unfinished && !finished(bag);
        if (!o->unfinished && !finished(bag)) continue;
        b->without_loss += !evaluated;
        if (!evaluated) continue;
        TRY(row_make(bag, &rules, r));
        b->without_tokens += !(r->x[COL_D] > 0);
        b->counted += r->kind != MODEL_UNSAID;
        b->of[b->n++] = i;
    }
    return OK;
}

static int by_id(const void *a, const void *b) {
    const ImportedRow *const *x = a, *const *y = b;
    return strcmp((*x)->id, (*y)->id);
}

static ImportedRow **sorted_rows(Brought *b) {
    ImportedRow **sorted = allocate((size_t)b->n + 1, sizeof *sorted);
    for (int i = 0; i < b->n; i++) sorted[i] = &b->rows[i];
    qsort(sorted, (size_t)b->n, sizeof *sorted, by_id);
    return sorted;
}

// A name may come again, and then settings tell runs apart; an id may not.
static void name_by_settings(Brought *b) {
    ImportedRow **sorted = sorted_rows(b);
    for (int from = 0, to; from < b->n; from = to) {
        for (to = from + 1; to < b->n && !strcmp(sorted[to]->id, sorted[from]->id); to++) {
        }
        for (int i = from; i < to && to > from + 1; i++)
            if (!sorted[i]->named) {
                size_t used = strlen(sorted[i]->id);
                snprintf(sorted[i]->id + used, sizeof sorted[i]->id - used, "-%s", sorted[i]->settings);
            }
    }
    free(sorted);
}

static Status tell_apart(Brought *b) {
    name_by_settings(b);
    ImportedRow **sorted = sorted_rows(b);
    Status s = OK;
    for (int i = 1; i < b->n && s == OK; i++)
        if (!strcmp(sorted[i]->id, sorted[i - 1]->id))
            s = fail(BAD_INPUT, "%s: has the id '%s' of %s; a mapping file can name another column as run_id",
                     sorted[i]->bag->origin, sorted[i]->id, sorted[i - 1]->bag->origin);
    free(sorted);
    return s;
}

static const char *lacking(const Brought *b) {
    for (int i = 0; i < b->n; i++)
        if (*b->rows[i].lacks) return b->rows[i].lacks;
    return "the settings of their model";
}

static void tell(const Brought *b) {
    static const Column told[] = {COL_D, COL_N, COL_NA};
    const Bag *bag = b->rows[0].bag;
    const Said *said;
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (bag_find(bag, column_info[told[i]].names, &said) == OK && said &&
            strcmp(said->key, column_info[told[i]].name) != 0)
            note("%s is '%s'", column_info[told[i]].name, said->key);
    if (b->loss && strcmp(b->loss, "loss") != 0) note("loss is '%s', the last of each run", b->loss);
    if (b->counted) note("counts of %d runs follow from their settings", b->counted);
    if (b->counted < b->n)
        warn("%d runs do not say %s: the counts they state are taken as they are, and marked 'counted=0'",
             b->n - b->counted, lacking(b));
    if (b->unfinished) note("%d runs are not finished and left out (--unfinished takes them)", b->unfinished);
    if (b->without_loss) warn("%d runs have no loss, or one that is no number, and are left out", b->without_loss);
    if (b->without_tokens)
        warn("%d runs do not say how many tokens they saw; D is blank there (--map names a column, --set "
             "batch_tokens=... "
             "helps where steps are known)",
             b->without_tokens);
}

Status bring(const char *const *paths, int n, const BringOptions *o, Brought *b) {
    *b = (Brought){0};
    TRY(mapping_read(o->map, &b->mapping));
    for (int i = 0; i < n; i++) TRY(read_source(paths[i], o, b));
    TRY(give_config(o->config, &b->bags));
    TRY(mapping_apply(&b->mapping, &o->set, &b->bags));
    TRY(choose_loss(o, b));
    TRY(make_rows(o, b));
    if (!b->n)
        return fail(BAD_INPUT, "%s: no run to import: of %d, %d are not finished and %d have no loss", paths[0],
                    b->bags.n, b->unfinished, b->without_loss);
    tell(b);
    return tell_apart(b);
}

void brought_free(Brought *b) {
    mapping_free(&b->mapping);
    bags_free(&b->bags);
    free(b->formats);
    free(b->rows);
    free(b->of);
    *b = (Brought){0};
}
