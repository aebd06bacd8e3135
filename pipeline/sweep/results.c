// results.c - see results.h.
#include "results.h"

#include "ground/number.h"
#include "ground/output.h"
#include "ground/sha256.h"

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
    static const char *const own[] = {"event",  "status", "reason", "loss", "loss_se", "tokens_per_s",
                                      "wall_s", "device", "commit", "host", "run_id",  NULL};
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

static void read_events(Result *r, const char *text, bool *has_result) {
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        json_t *event = json_loadb(line, length, 0, NULL);
        if (event) take_event(r, event, has_result);
        json_decref(event);
        line += length + (line[length] == '\n');
    }
}

static void join(char path[4096], const char *runs_folder, const char *id, const char *file) {
    snprintf(path, 4096, "%s/%s/%s", runs_folder, id, file);
}

static void failed(Result *r, const char *reason) {
    r->state = RUN_FAILED;
    snprintf(r->reason, sizeof r->reason, "%s", reason);
}

// FAILED holds one line, "diverged: why".
static void take_failure(Result *r, const char *path) {
    char *text;
    size_t length;
    if (read_file(path, 1 << 16, &text, &length) != OK) {
        failed(r, status_message());
        return;
    }
    text[strcspn(text, "\n")] = '\0';
    failed(r, *text ? text : "for a reason it did not write down");
    free(text);
}

// DONE holds the record's sha256: a record that was changed or cut since does not count.
static bool seal_holds(const char *marker, const char *record) {
    char *seal, hex[SHA256_TEXT];
    size_t length;
    if (read_file(marker, 1 << 16, &seal, &length) != OK) return false;
    bool holds = sha256_file(record, hex) == OK && length >= SHA256_TEXT - 1 && !memcmp(seal, hex, SHA256_TEXT - 1);
    free(seal);
    return holds;
}

void result_read(const char *runs_folder, const char *id, Result *r) {
    *r = (Result){.loss = NAN, .loss_se = NAN, .tokens_per_s = NAN, .wall_s = NAN, .step = NAN, .steps = NAN};
    char record[4096], marker[4096], failure[4096], *text;
    join(record, runs_folder, id, "record.jsonl");
    join(marker, runs_folder, id, "DONE");
    join(failure, runs_folder, id, "FAILED");
    struct stat info, record_info;
    size_t length;
    if (!stat(failure, &info)) {
        take_failure(r, failure);
        return;
    }
    if (stat(record, &record_info)) return;
    if (read_file(record, 0, &text, &length) != OK) {
        failed(r, status_message());
        return;
    }
    bool has_result = false;
    read_events(r, text, &has_result);
    free(text);
    if (!stat(marker, &info) && seal_holds(marker, record)) {
        if (!has_result) failed(r, "marked DONE but record.jsonl holds no result");
        return;
    }
    bool silent = difftime(time(NULL), record_info.st_mtime) > HEARTBEAT_SECONDS;
    r->state = silent || has_result ? RUN_STOPPED : RUN_RUNNING;
}
