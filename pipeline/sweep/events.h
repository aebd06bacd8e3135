// events.h - the events of a run's record (one JSON object a line), and of its folder's other files, read so that what
// cannot be read is never taken for what is not there.
#ifndef MOELAW_EVENTS_H
#define MOELAW_EVENTS_H

#include "ground/status.h"

#include <jansson.h>
#include <sys/stat.h>

// The whole file `name` in `folder`, to be freed; *text is NULL if there is none. CANNOT_FINISH if it is there and
// cannot be read, or is no regular file.
Status read_if_there(const char *folder, const char *name, struct stat *info, char **text, size_t *length);

// Calls `use` with every event. Lines that do not parse (a run that was killed while writing) are skipped; memory that
// is out would look the same, so moesweep has the JSON library end the program then.
typedef void (*UseEvent)(void *context, json_t *event);
void events_each(const char *record, UseEvent use, void *context);

bool event_is(const json_t *event, const char *kind);
// NAN, or NULL, where the key is missing or of another type.
double event_number(const json_t *event, const char *key);
const char *event_text(const json_t *event, const char *key);

#endif
