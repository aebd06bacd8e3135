// seen.c - see seen.h. The file: {"schema": 1, "fit": hash of its coefficients, "criteria": {"error": "holds"},
// "runs": {"id": loss}}.
#include "seen.h"

#include "ground/number.h"
#include "ground/output.h"
#include "ground/sha256.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void fit_hash(const Fit *fit, char hex[SHA256_TEXT]) {
    Sha256 h;
    sha256_begin(&h);
    sha256_add(&h, fit->law->name, strlen(fit->law->name));
    for (int i = 0; i < law_n_parameters(fit->law); i++) {
        char text[NUMBER_TEXT];
        number_text(fit->parameters[i], text);
        sha256_add(&h, text, strlen(text) + 1);
    }
    sha256_end(&h, hex);
}

static void read_standings(const json_t *criteria, News *news) {
    for (int i = 0; i < N_CRITERIA; i++) {
        const char *word = json_string_value(json_object_get(criteria, criterion_names[i]));
        for (int k = NOT_ASKED; word && k <= CANNOT_TELL; k++)
            if (!strcmp(word, standing_words[k])) news->before[i] = (Standing)k;
    }
}

static void compare_runs(const json_t *before, const Runs *runs, News *news) {
    char room[32];
    size_t there = 0;
    for (int i = 0; i < runs->n; i++) {
        const json_t *loss = json_object_get(before, runs_name(runs, i, room));
        there += loss != NULL;
        if (!loss || json_number_value(loss) != runs->loss[i]) news->fresh[news->n_fresh++] = i;
    }
    news->n_gone = (int)(json_object_size(before) - there);
}

static Status parse(const char *path, json_t **root) {
    json_error_t error;
    *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!*root) return fail(BAD_INPUT, "%s:%d: %s; expected a state that check wrote", path, error.line, error.text);
    if (json_integer_value(json_object_get(*root, "schema")) == 1 && json_is_object(json_object_get(*root, "runs")))
        return OK;
    json_decref(*root);
    return fail(BAD_INPUT, "%s: is no state that check wrote (schema 1)", path);
}

Status seen_read(const char *path, const Fit *fit, const Runs *runs, News *news) {
    char hex[SHA256_TEXT];
    struct stat info;
    json_t *root = NULL;
    *news = (News){.first = true, .fresh = allocate((size_t)runs->n + 1, sizeof *news->fresh)};
    bool absent = stat(path, &info) && errno == ENOENT;
    if (!absent) TRY(parse(path, &root));
    fit_hash(fit, hex);
    const char *of = json_string_value(json_object_get(root, "fit"));
    news->first = !of || strcmp(of, hex) != 0;
    if (of && news->first) note("%s: is of another fit; all runs are new", path);
    if (!news->first) read_standings(json_object_get(root, "criteria"), news);
    compare_runs(news->first ? NULL : json_object_get(root, "runs"), runs, news);
    json_decref(root);
    return OK;
}

void news_free(News *news) {
    free(news->fresh);
    *news = (News){0};
}

bool news_any(const News *news, const Verdict *v) {
    bool other = news->first || news->n_fresh || news->n_gone;
    for (int i = 0; i < N_CRITERIA; i++) other = other || v->criteria[i].standing != news->before[i];
    return other;
}

Status seen_write(const char *path, const Fit *fit, const Runs *runs, const Verdict *v) {
    char hex[SHA256_TEXT], room[32];
    Output out;
    TRY(output_open(&out, path));
    fit_hash(fit, hex);
    fprintf(out.file, "{\"schema\": 1, \"fit\": \"%s\", \"criteria\": {", hex);
    for (int i = 0; i < N_CRITERIA; i++)
        fprintf(out.file, "%s\"%s\": \"%s\"", i ? ", " : "", criterion_names[i],
                standing_words[v->criteria[i].standing]);
    fprintf(out.file, "}, \"runs\": {");
    for (int i = 0; i < runs->n; i++) {
        fprintf(out.file, "%s\n  ", i ? "," : "");
        write_json_string(out.file, runs_name(runs, i, room));
        fprintf(out.file, ": ");
        write_json_number(out.file, runs->loss[i]);
    }
    fprintf(out.file, "\n}}\n");
    return output_commit_if_changed(&out);
}
