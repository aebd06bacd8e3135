// output.c - see output.h.
#include "output.h"

#include "number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Status output_open(Output *out, const char *path) {
    *out = (Output){0};
    if (!path || !strcmp(path, "-")) {
        out->file = stdout;
        return OK;
    }
    struct stat info;
    if (!stat(path, &info) && S_ISDIR(info.st_mode)) return fail(BAD_INPUT, "%s: is a folder, expected a file", path);
    out->path = copy_text(path);
    size_t size = strlen(path) + 32;
    out->temporary = allocate(size, 1);
    snprintf(out->temporary, size, "%s.tmp.%ld", path, (long)getpid());
    out->file = fopen(out->temporary, "wb");
    if (out->file) return OK;
    Status s = fail(CANNOT_FINISH, "%s: cannot write: %s", path, strerror(errno));
    output_discard(out);
    return s;
}

void output_discard(Output *out) {
    if (out->file && out->file != stdout) fclose(out->file);
    if (out->temporary) unlink(out->temporary);
    free(out->temporary);
    free(out->path);
    *out = (Output){0};
}

static Status flush(Output *out) {
    FILE *f = out->file;
    bool bad = ferror(f) || fflush(f);
    if (f != stdout) {
        bad = bad || fsync(fileno(f));
        int error = errno;
        bad = fclose(f) || bad;
        out->file = NULL;
        errno = error;
    }
    if (bad)
        return fail(CANNOT_FINISH, "%s: cannot write: %s", out->path ? out->path : "standard output", strerror(errno));
    return OK;
}

Status output_commit(Output *out) {
    Status s = flush(out);
    if (s == OK && out->path && rename(out->temporary, out->path))
        s = fail(CANNOT_FINISH, "%s: cannot rename into place: %s", out->path, strerror(errno));
    output_discard(out);
    return s;
}

static bool same_content(const char *a, const char *b) {
    char *text_a = NULL, *text_b = NULL;
    size_t length_a = 0, length_b = 0;
    bool same = read_file(a, 0, &text_a, &length_a) == OK && read_file(b, 0, &text_b, &length_b) == OK &&
                length_a == length_b && !memcmp(text_a, text_b, length_a);
    free(text_a);
    free(text_b);
    return same;
}

Status output_commit_if_changed(Output *out) {
    if (out->path) {
        fflush(out->file);
        if (!ferror(out->file) && same_content(out->temporary, out->path)) {
            output_discard(out);
            return OK;
        }
    }
    return output_commit(out);
}

Status make_folders(const char *path) {
    char *copy = copy_text(path);
    Status s = OK;
    for (char *p = copy + 1; s == OK; p++) {
        char c = *p;
        if (c != '/' && c != '\0') continue;
        *p = '\0';
        if (mkdir(copy, 0777) && errno != EEXIST)
            s = fail(CANNOT_FINISH, "%s: cannot create folder: %s", copy, strerror(errno));
        *p = c;
        if (c == '\0') break;
    }
    struct stat info;
    if (s == OK && (stat(path, &info) || !S_ISDIR(info.st_mode)))
        s = fail(CANNOT_FINISH, "%s: exists and is not a folder", path);
    free(copy);
    return s;
}

Status read_file(const char *path, size_t limit, char **text, size_t *length) {
    *text = NULL;
    *length = 0;
    FILE *f = fopen(path, "rb");
    if (!f) return fail(BAD_INPUT, "%s: cannot read: %s", path, strerror(errno));
    size_t size = 0, room = 1 << 16;
    char *block = allocate(room, 1);
    for (size_t n; (n = fread(block + size, 1, room - size - 1, f)) > 0;) {
        size += n;
        if (limit && size > limit) break;
        if (size + 1 == room) block = reallocate(block, room *= 2, 1);
    }
    bool bad = ferror(f);
    int error = errno;
    fclose(f);
    if (bad || (limit && size > limit)) {
        free(block);
        if (bad) return fail(BAD_INPUT, "%s: cannot read: %s", path, strerror(error));
        return fail(BAD_INPUT, "%s: larger than %zu bytes, which this kind of file never is", path, limit);
    }
    block[size] = '\0';
    *text = block;
    *length = size;
    return OK;
}

// Length of the valid UTF-8 sequence at p, 0 if there is none.
static int utf8_length(const unsigned char *p) {
    if (p[0] < 0x80) return 1;
    int n = p[0] >= 0xF0 && p[0] < 0xF5 ? 4 : p[0] >= 0xE0 && p[0] < 0xF0 ? 3 : p[0] >= 0xC2 && p[0] < 0xE0 ? 2 : 0;
    for (int i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80) return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F)) return 0;
    if ((p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F)) return 0;
    return n;
}

void write_json_string(FILE *f, const char *text) {
    fputc('"', f);
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        int n = utf8_length(p);
        if (n == 0) {
            fputs("\\ufffd", f);
            p++;
        } else if (*p == '"' || *p == '\\') {
            fprintf(f, "\\%c", *p++);
        } else if (*p < 0x20) {
            fprintf(f, "\\u%04x", *p++);
        } else {
            fwrite(p, 1, (size_t)n, f);
            p += n;
        }
    }
    fputc('"', f);
}

void write_json_number(FILE *f, double x) {
    if (!isfinite(x)) {
        fputs("null", f);
        return;
    }
    char text[NUMBER_TEXT];
    fputs(number_text(x, text), f);
}
