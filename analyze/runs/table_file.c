// table_file.c - see table_file.h.
#include "table_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static const size_t LARGEST = (size_t)1 << 31;

// zlib hands through what is not compressed.
static Status read_through(gzFile f, const char *name, char **text, size_t *length) {
    size_t room = 1 << 16, size = 0;
    char *block = allocate(room, 1);
    int n;
    while ((n = gzread(f, block + size, (unsigned)(room - size - 1))) > 0) {
        size += (size_t)n;
        if (size > LARGEST) break;
        if (size + 1 == room) block = reallocate(block, room = room < LARGEST / 4 ? 2 * room : room + LARGEST / 4, 1);
    }
    int code = Z_OK;
    const char *complaint = gzerror(f, &code);
    Status s = OK;
    if (n < 0 || (code != Z_OK && code != Z_STREAM_END))
        s = fail(BAD_INPUT, "%s: cannot read: %s", name, code == Z_ERRNO ? strerror(errno) : complaint);
    else if (size > LARGEST)
        s = fail(BAD_INPUT, "%s: larger than %zu bytes, which a run table never is", name, LARGEST);
    if (s != OK) return free(block), s;
    block[size] = '\0';
    *text = block;
    *length = size;
    return OK;
}

Status text_file_read(const char *path, char **text, size_t *length, const char **name) {
    bool standard = !strcmp(path, "-");
    *name = standard ? "standard input" : path;
    gzFile f = standard ? gzdopen(dup(STDIN_FILENO), "rb") : gzopen(path, "rb");
    if (!f) return fail(BAD_INPUT, "%s: cannot read: %s", *name, strerror(errno));
    Status s = read_through(f, *name, text, length);
    gzclose_r(f);
    return s;
}

Status table_file_read(const char *path, Table *t, char sha256[SHA256_TEXT]) {
    const char *name;
    char *text;
    size_t length;
    *t = (Table){0};
    TRY(text_file_read(path, &text, &length, &name));
    Sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, text, length);
    sha256_end(&hash, sha256);
    return table_parse(name, text, length, t);
}
