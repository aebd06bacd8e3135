// results.c - see results.h.
#include "results.h"

#include "events.h"
#include "ground/number.h"
#include "ground/sha256.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const run_state_names[N_RUN_STATES] = {"pending", "running", "stopped", "done", "failed"};

static double number_of(const json_t *event, const char *key, double otherwise) {
    double x = event_number(event, key);
    return isnan(x) ? otherwise : x;
}

// What a terminal would obey becomes a blank, and so do the characters of `more`.
static void blank_out(char *text, const char *more) {
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 127 || strchr(more, *p)) *p = ' ';
}

// Copies a word; characters that would break a CSV cell or a notes list become blanks.
static void copy_word(char *to, size_t size, const char *from) {
    snprintf(to, size, "%s", from);
    blank_out(to, ",;\"");
}

static void text_of(const json_t *event, const char *key, char *to, size_t size) {
    const char *value = event_text(event, key);
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
    const char *status = event_text(event, "status");
    r->loss = event_number(event, "loss");
    r->loss_se = event_number(event, "loss_se");
    r->tokens_per_s = event_number(event, "tokens_per_s");
    r->wall_s = event_number(event, "wall_s");
    r->cpu_s = event_number(event, "cpu_s");
    r->tokens_per_cpu_s = event_number(event, "tokens_per_cpu_s");
    r->reason[0] = r->notes[0] = '\0';
    text_of(event, "reason", r->reason, sizeof r->reason);
    bool failed = (status && !strcmp(status, "failed")) || !(r->loss > 0);
    if (failed && !r->reason[0]) copy_word(r->reason, sizeof r->reason, "no finite loss");
    r->state = failed ? RUN_FAILED : RUN_DONE;
    add_notes(r, event);
}

typedef struct {
    Result *result;
    bool has_result;
} Reading;

static void take_event(void *context, json_t *event) {
    Reading *reading = context;
    Result *r = reading->result;
    if (!event_text(event, "event")) return;
    text_of(event, "device", r->device, sizeof r->device);
    text_of(event, "commit", r->commit, sizeof r->commit);
    text_of(event, "host", r->host, sizeof r->host);
    r->step = number_of(event, "step", r->step);
    r->steps = number_of(event, "steps", r->steps);
    if (!event_is(event, "result")) return;
    take_result(r, event);
    reading->has_result = true;
}

// FAILED holds one line, "diverged: why" or "died: why".
static void take_failure(Result *r, char *text) {
    text[strcspn(text, "\n")] = '\0';
    r->state = strncmp(text, "diverged", 8) ? RUN_STOPPED : RUN_FAILED;
    snprintf(r->reason, sizeof r->reason, "%s", *text ? text : "for a reason it did not write down");
    blank_out(r->reason, "");
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
    bool sealed = seal && seal_holds(seal, text, length);
    Reading reading = {.result = r};
    events_each(text, take_event, &reading);
    free(text);
    bool silent = difftime(time(NULL), info.st_mtime) > HEARTBEAT_SECONDS;
    if (!sealed) {
        r->state = silent || reading.has_result ? RUN_STOPPED : RUN_RUNNING;
    } else if (!reading.has_result) {
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
