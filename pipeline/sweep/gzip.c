// gzip.c - see gzip.h.
#include "gzip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static Status read_all(gzFile in, const char *path, char **text, size_t *length) {
    size_t room = 1 << 16;
    *text = allocate(room, 1);
    for (int n; (n = gzread(in, *text + *length, (unsigned)(room - *length - 1))) != 0;) {
        if (n < 0) break;
        *length += (size_t)n;
        if (*length + 1 == room) *text = reallocate(*text, room *= 2, 1);
    }
    (*text)[*length] = '\0';
    int error;
    const char *message = gzerror(in, &error);
    if (error == Z_ERRNO) return fail(CANNOT_FINISH, "%s: cannot read: %s", path, strerror(errno));
    if (error == Z_MEM_ERROR) return fail(CANNOT_FINISH, "%s: out of memory", path);
    if (error != Z_OK && error != Z_STREAM_END) return fail(BAD_INPUT, "%s: is damaged: %s", path, message);
    return OK;
}

Status gzip_read(const char *path, char **text, size_t *length) {
    *text = NULL;
    *length = 0;
    errno = 0;
    gzFile in = gzopen(path, "rb");
    if (!in && errno == ENOENT) return OK;
    if (!in) return fail(CANNOT_FINISH, "%s: cannot read: %s", path, errno ? strerror(errno) : "out of memory");
    Status s = read_all(in, path, text, length);
    if (gzclose(in) != Z_OK && s == OK) s = fail(BAD_INPUT, "%s: is cut off", path);
    if (s == OK) return OK;
    free(*text);
    *text = NULL;
    return s;
}

Status gzip_write(FILE *f, const char *text, size_t length) {
    enum { GZIP = 16, WINDOW = 15, MEMORY = 8 };
    z_stream z = {0};
    if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, WINDOW + GZIP, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return fail(CANNOT_FINISH, "out of memory");
    unsigned long room = deflateBound(&z, length);
    unsigned char *packed = allocate(room, 1);
    z.next_in = (unsigned char *)(size_t)text;
    z.avail_in = (unsigned)length;
    z.next_out = packed;
    z.avail_out = (unsigned)room;
    bool whole = deflate(&z, Z_FINISH) == Z_STREAM_END;
    if (whole) fwrite(packed, 1, z.total_out, f);
    deflateEnd(&z);
    free(packed);
    return whole ? OK : fail(CANNOT_FINISH, "cannot compress %zu bytes", length);
}
