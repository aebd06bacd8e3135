// events.c - see events.h.
#include "events.h"

#include "ground/output.h"

#include <errno.h>
#include <math.h>
#include <string.h>

Status read_if_there(const char *folder, const char *name, struct stat *info, char **text, size_t *length) {
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

void events_each(const char *record, UseEvent use, void *context) {
    for (const char *line = record; *line;) {
        size_t length = strcspn(line, "\n");
        json_t *event = json_loadb(line, length, 0, NULL);
        if (event) use(context, event);
        json_decref(event);
        line += length + (line[length] == '\n');
    }
}

bool event_is(const json_t *event, const char *kind) {
    const char *is = event_text(event, "event");
    return is && !strcmp(is, kind);
}

double event_number(const json_t *event, const char *key) {
    const json_t *value = json_object_get(event, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

const char *event_text(const json_t *event, const char *key) {
    return json_string_value(json_object_get(event, key));
}
