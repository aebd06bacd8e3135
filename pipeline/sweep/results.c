// results.c - see results.h.
#include "results.h"

#include "ground/number.h"
#include "ground/output.h"
#include "ground/sha256.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

const char *const run_state_names[N_RUN_STATES] = {"pending", "running", "stopped", "done", "failed"};

static double number_of(const json_t *event, const char *key, double otherwise) {
    const json_t *value = json_object_get(event, key);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

// Copies a word; characters that would break a CSV cell or a notes list become blanks.
static void copy_word(char *to, size_t size, const char *from) {
    snprintf(to, size, "%s", from);
    for (char *p = to; *p; p++)
        if (strchr(",;\"\r\n", *p)) *p = ' ';
}

static void text_of(const json_t *event, const char *key, char *to, size_t size) {
    const char *value = json_string_value(json_object_get(event, key));
    if (value) copy_word(to, size, value);
}

static void add_note(Result *r, const char *key, const char *value) {
    size_t used = strlen(r->notes), need = strlen(key) + strlen(value) + 2;
    if (used + need >= sizeof r->notes) return;
    snprintf(r->notes + used, sizeof r->notes - used, "%s%s=%s", used ? ";" : "", key, value);
}

static void add_value(Result *r, const char *key, const json_t *value) {
    char text[RESULT_TEXT], word[RESULT_TEXT];
    if (!json_is_number(value) && !json_is_string(value)) return;
    if (json_is_number(value))
        number_text(json_number_value(value), text);
    else
        copy_word(text, sizeof text, json_string_value(value));
    copy_word(word, sizeof word, key);
    add_note(r, word, text);
}

// Everything that has no column of its own; {"time": {"routing": 0.1}} becomes time.routing=0.1.
static void add_notes(Result *r, json_t *event) {
    static const char *const own[] = {"event",        "status", "reason",           "loss",   "loss_se",
                                      "tokens_per_s", "cpu_s",  "tokens_per_cpu_s", "wall_s", "device",
                                      "commit",       "host",   "run_id",           NULL};
    const char *key, *inner;
    json_t *value, *part;
    json_object_foreach(event, key, value) {
        int i = 0;
        while (own[i] && strcmp(own[i], key)) i++;
        if (!own[i]) add_value(r, key, value);
        json_object_foreach(value, inner, part) {
            char name[RESULT_TEXT];
            snprintf(name, sizeof name, "%.70s.%.70s", key, inner);
            add_value(r, name, part);
        }
    }
}

static void take_result(Result *r, json_t *event) {
    const char *status = json_string_value(json_object_get(event, "status"));
    r->loss = number_of(event, "loss", NAN);
    r->loss_se = number_of(event, "loss_se", NAN);
    r->tokens_per_s = number_of(event, "tokens_per_s", NAN);
    r->wall_s = number_of(event, "wall_s", NAN);
    r->cpu_s = number_of(event, "cpu_s", NAN);
    r->tokens_per_cpu_s = number_of(event, "tokens_per_cpu_s", NAN);
    r->reason[0] = r->notes[0] = '\0';
    text_of(event, "reason", r->reason, sizeof r->reason);
    bool failed = (status && !strcmp(status, "failed")) || !(r->loss > 0);
    if (failed && !r->reason[0]) copy_word(r->reason, sizeof r->reason, "no finite loss");
    r->state = failed ? RUN_FAILED : RUN_DONE;
    add_notes(r, event);
}

static void take_event(Result *r, json_t *event, bool *has_result) {
    const char *kind = json_string_value(json_object_get(event, "event"));
    if (!kind) return;
    text_of(event, "device", r->device, sizeof r->device);
    text_of(event, "commit", r->commit, sizeof r->commit);
    text_of(event, "host", r->host, sizeof r->host);
    r->step = number_of(event, "step", r->step);
    r->steps = number_of(event, "steps", r->steps);
    if (strcmp(kind, "result")) return;
    take_result(r, event);
    *has_result = true;
}

static Status read_events(Result *r, const char *path, const char *text, bool *has_result) {
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        json_error_t error;
        json_t *event = json_loadb(line, length, 0, &error);
        if (!event && json_error_code(&error) == json_error_out_of_memory)
            return fail(CANNOT_FINISH, "%s: out of memory", path);
        if (event) take_event(r, event, has_result);
        json_decref(event);
        line += length + (line[length] == '\n');
    }
    return OK;
}

// The whole file `name` of the run's folder; NULL if there is none.
static Status read_if_there(const char *folder, const char *name, struct stat *info, char **text, size_t *length) {
    char path[4096];
    *text = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (stat(path, info)) {
        if (errno == ENOENT || errno == ENOTDIR) return OK;
        return fail(CANNOT_FINISH, "%s: cannot read: %s", path, strerror(errno));
    }
    if (!S_ISREG(info->st_mode)) return fail(CANNOT_FINISH, "%s: is no regular file", path);
    return read_file(path, 0, text, length) == OK ? OK : fail(CANNOT_FINISH, "%s", status_message());
}

// FAILED holds one line, "diverged: why" or "died: why".
static void take_failure(Result *r, char *text) {
    text[strcspn(text, "\n")] = '\0';
    r->state = strncmp(text, "diverged", 8) ? RUN_STOPPED : RUN_FAILED;
    snprintf(r->reason, sizeof r->reason, "%s", *text ? text : "for a reason it did not write down");
}

// DONE holds the record's sha256: a record that was changed or cut since does not count.
static bool seal_holds(const char *seal, const char *record, size_t length) {
    Sha256 sha;
    char hex[SHA256_TEXT];
    sha256_begin(&sha);
    sha256_add(&sha, record, length);
    sha256_end(&sha, hex);
    return !strncmp(seal, hex, SHA256_TEXT - 1);
}

static Status take_record(Result *r, const char *folder, const char *seal) {
    struct stat info;
    size_t length;
    char *text;
    TRY(read_if_there(folder, "record.jsonl", &info, &text, &length));
    if (!text) return OK;
    bool has_result = false, sealed = seal && seal_holds(seal, text, length);
    Status s = read_events(r, folder, text, &has_result);
    free(text);
    TRY(s);
    bool silent = difftime(time(NULL), info.st_mtime) > HEARTBEAT_SECONDS;
    if (!sealed) {
        r->state = silent || has_result ? RUN_STOPPED : RUN_RUNNING;
    } else if (!has_result) {
        r->state = RUN_FAILED;
        snprintf(r->reason, sizeof r->reason, "marked DONE but record.jsonl holds no result");
    }
    return OK;
}

Status result_read(const char *runs_folder, const char *id, Result *r) {
    *r = (Result){.loss = NAN, .loss_se = NAN, .tokens_per_s = NAN, .wall_s = NAN, .cpu_s = NAN};
    r->tokens_per_cpu_s = r->step = r->steps = NAN;
    char folder[4096], *failure, *seal;
    struct stat info;
    size_t length;
    snprintf(folder, sizeof folder, "%s/%s", runs_folder, id);
    TRY(read_if_there(folder, "DONE", &info, &seal, &length));
    Status s = read_if_there(folder, "FAILED", &info, &failure, &length);
    if (s == OK) s = take_record(r, folder, seal);
    if (s == OK && failure && r->state != RUN_DONE) take_failure(r, failure); // a later attempt may have gone well
    free(failure);
    free(seal);
    return s;
}
