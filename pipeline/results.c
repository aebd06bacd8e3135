// results.c - see results.h.
#include "results.h"

#include "number.h"
#include "output.h"

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

static void add_notes(Result *r, json_t *event) {
    static const char *const own[] = {"event",  "status", "reason", "loss", "loss_se", "tokens_per_s",
                                      "wall_s", "device", "commit", "host", "run_id",  NULL};
    const char *key;
    json_t *value;
    json_object_foreach(event, key, value) {
        int i = 0;
        while (own[i] && strcmp(own[i], key)) i++;
        char text[RESULT_TEXT], word[RESULT_TEXT];
        if (own[i] || (!json_is_number(value) && !json_is_string(value))) continue;
        if (json_is_number(value))
            number_text(json_number_value(value), text);
        else
            copy_word(text, sizeof text, json_string_value(value));
        copy_word(word, sizeof word, key);
        add_note(r, word, text);
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

void result_read(const char *runs_folder, const char *id, Result *r) {
    *r = (Result){.loss = NAN, .loss_se = NAN, .tokens_per_s = NAN, .wall_s = NAN, .step = NAN, .steps = NAN};
    char record[4096], marker[4096];
    snprintf(record, sizeof record, "%s/%s/record.jsonl", runs_folder, id);
    snprintf(marker, sizeof marker, "%s/%s/DONE", runs_folder, id);
    struct stat info;
    bool finished = !stat(marker, &info), has_result = false;
    if (stat(record, &info)) {
        if (finished) {
            r->state = RUN_FAILED;
            copy_word(r->reason, sizeof r->reason, "marked DONE but record.jsonl is missing");
        }
        return;
    }
    char *text;
    size_t length;
    if (read_file(record, 0, &text, &length) != OK) {
        r->state = RUN_FAILED;
        copy_word(r->reason, sizeof r->reason, status_message());
        return;
    }
    read_events(r, text, &has_result);
    free(text);
    if (!finished) {
        r->state = difftime(time(NULL), info.st_mtime) < HEARTBEAT_SECONDS ? RUN_RUNNING : RUN_STOPPED;
        return;
    }
    if (has_result) return;
    r->state = RUN_FAILED;
    copy_word(r->reason, sizeof r->reason, "marked DONE but record.jsonl holds no result");
}
