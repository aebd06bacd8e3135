// loose.c - see loose.h.
#include "loose.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

// What takes the place of a bare word; NULL: it stays.
static const char *replaced(const char *word, size_t length) {
    static const char *const pairs[][2] = {{"NaN", "null"},  {"nan", "null"},       {"Infinity", "null"},
                                           {"inf", "null"},  {"-Infinity", "null"}, {"-inf", "null"},
                                           {"None", "null"}, {"True", "true"},      {"False", "false"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strlen(pairs[i][0]) == length && !strncmp(word, pairs[i][0], length)) return pairs[i][1];
    return NULL;
}

// Copies a string in either kind of quotes as a JSON string; returns what follows it.
static const char *copy_string(const char *from, const char *end, char **to) {
    char quote = *from++;
    *(*to)++ = '"';
    for (; from < end && *from != quote; from++) {
        bool escape = *from == '\\' && from + 1 < end;
        if (escape && from[1] == '\'') {
            *(*to)++ = *++from;
            continue;
        }
        if (*from == '"') *(*to)++ = '\\';
        *(*to)++ = *from;
        if (escape) *(*to)++ = *++from;
    }
    *(*to)++ = '"';
    return from < end ? from + 1 : end;
}

static bool in_word(char c) {
    return isalpha((unsigned char)c) || c == '_';
}

json_t *loose_json(const char *path, int line, const char *text, size_t length) {
    char *strict = allocate(2 * length + 3, 1), *to = strict;
    const char *end = text + length;
    for (const char *at = text; at < end;) {
        if (*at == '"' || *at == '\'') {
            at = copy_string(at, end, &to);
            continue;
        }
        size_t n = *at == '-' && at + 1 < end && in_word(at[1]);
        while (at + n < end && in_word(at[n])) n++;
        const char *other = n ? replaced(at, n) : NULL;
        if (!n) n = 1;
        size_t written = other ? strlen(other) : n;
        memcpy(to, other ? other : at, written);
        to += written;
        at += n;
    }
    json_error_t error;
    json_t *value = json_loadb(strict, (size_t)(to - strict), JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    free(strict);
    Status s = value ? OK
                     : fail(BAD_INPUT, "%s:%d: column %d: not JSON: %s", path, line + error.line - 1, error.column,
                            error.text);
    return s == OK ? value : NULL;
}
