// output.c - see output.h.
#include "output.h"

#include "leftover.h"
#include "number.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Where a path leads when symbolic links are followed, whether or not there is a file.
static char *follow(const char *path) {
    enum { MOST_LINKS = 40 }; // as Linux has it; then opening it fails and says why
    char *at = copy_text(path), link[PATH_MAX];
    for (int i = 0; i < MOST_LINKS; i++) {
        ssize_t n = readlink(at, link, sizeof link - 1);
        if (n < 0) break;
        link[n] = '\0';
        const char *slash = strrchr(at, '/');
        size_t folder = link[0] != '/' && slash ? (size_t)(slash + 1 - at) : 0, size = folder + (size_t)n + 1;
        char *next = allocate(size, 1);
        snprintf(next, size, "%.*s%s", (int)folder, at, link);
        free(at);
        at = next;
    }
    return at;
}

// The number of the open file that a path names, -1 if it names none.
static int open_file(const char *path) {
    long long number;
    if (!strcmp(path, "/dev/stdout")) return STDOUT_FILENO;
    if (!strcmp(path, "/dev/stderr")) return STDERR_FILENO;
    const char *digits = !strncmp(path, "/dev/fd/", 8)          ? path + 8
                         : !strncmp(path, "/proc/self/fd/", 14) ? path + 14
                                                                : "";
    return parse_whole(digits, &number) && number >= 0 && number < INT_MAX ? (int)number : -1;
}

// A new file beside the target, of a name that nobody else has.
static FILE *open_beside(const char *path, char **name) {
    size_t size = strlen(path) + 40;
    *name = allocate(size, 1);
    for (int i = 0; i < 100; i++) {
        snprintf(*name, size, "%s.tmp.%ld.%d", path, (long)getpid(), i);
        leftover_add(*name); // before it is there: adding may end the program
        FILE *f = fopen(*name, "wbx");
        if (f) return f;
        int error = errno;
        leftover_drop(*name);
        errno = error;
        if (errno != EEXIST) break;
    }
    free(*name); // not ours to remove
    *name = NULL;
    return NULL;
}

Status output_open(Output *out, const char *path) {
    *out = (Output){0};
    int number = path && strcmp(path, "-") ? open_file(path) : STDOUT_FILENO;
    if (number == STDOUT_FILENO) {
        out->file = stdout;
        return OK;
    }
    struct stat info;
    bool exists = !stat(path, &info);
    if (exists && S_ISDIR(info.st_mode)) return fail(BAD_INPUT, "%s: is a folder, expected a file", path);
    bool through = number >= 0 || (exists && !S_ISREG(info.st_mode));
    out->path = through ? copy_text(path) : follow(path);
    if (number >= 0 && (number = dup(number)) >= 0)
        out->file = fdopen(number, "wb"); // where it is, not from its beginning
    else if (through)
        out->file = fopen(path, "wb");
    else
        out->file = open_beside(out->path, &out->temporary);
    if (out->file) return OK;
    Status s = fail(CANNOT_FINISH, "%s: cannot write: %s", path, strerror(errno));
    output_discard(out);
    return s;
}

void output_discard(Output *out) {
    if (out->file && out->file != stdout) fclose(out->file);
    if (out->temporary) {
        unlink(out->temporary);
        leftover_drop(out->temporary);
    }
    free(out->temporary);
    free(out->path);
    *out = (Output){0};
}

static Status flush(Output *out) {
    FILE *f = out->file;
    // Why an earlier write failed is forgotten by now, but a byte more fails for the same reason.
    errno = 0;
    bool bad = fflush(f) != 0;
    if (ferror(f) && !errno) fputc('\n', f), fflush(f);
    bad = ferror(f) || bad || (out->temporary && fsync(fileno(f)));
    int error = errno;
    if (f != stdout) {
        bool open = fclose(f) == 0;
        out->file = NULL;
        if (!open && !bad) error = errno;
        bad = bad || !open;
    }
    if (!bad) return OK;
    return fail(CANNOT_FINISH, "%s: cannot write: %s", out->path ? out->path : "standard output",
                error ? strerror(error) : "an earlier write failed");
}

Status output_commit(Output *out) {
    Status s = flush(out);
    if (s == OK && out->temporary && rename(out->temporary, out->path))
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
    if (out->temporary) {
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

// Where to break a line that is too wide: its last blank that fits, after the indent; its end if there is none.
static size_t break_of(const char *line, size_t length, size_t room, size_t first) {
    if (length <= room) return length;
    for (size_t i = room; i > first; i--)
        if (line[i] == ' ' && line[i - 1] != ' ') return i;
    size_t i = room;
    while (i < length && line[i] != ' ') i++;
    return i;
}

static void write_broken(FILE *f, int indent, const char *line, size_t length) {
    size_t room = TEXT_WIDTH, lead = strspn(line, " ");
    for (bool first = true; first || length; first = false) {
        size_t n = break_of(line, length, room, first ? lead : 0);
        fprintf(f, "%*s%.*s\n", first ? 0 : indent, "", (int)n, line);
        while (n < length && line[n] == ' ') n++;
        line += n;
        length -= n;
        room = TEXT_WIDTH - (size_t)indent;
    }
}

void write_wrapped(FILE *f, int indent, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    char *text = allocate((size_t)size + 1, 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(args);
    va_end(again);
    for (const char *line = text; line;) {
        size_t length = strcspn(line, "\n");
        write_broken(f, indent, line, length);
        line = line[length] ? line + length + 1 : NULL;
    }
    free(text);
}

void write_csv_cell(FILE *f, const char *text) {
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, f);
        return;
    }
    fputc('"', f);
    for (; *text; text++) fprintf(f, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', f);
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

void write_markup(FILE *f, const char *text) {
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        int n = utf8_length(p);
        const char *entity = *p == '&'   ? "&amp;"
                             : *p == '<' ? "&lt;"
                             : *p == '>' ? "&gt;"
                             : *p == '"' ? "&quot;"
                                         : NULL;
        bool control = *p < 0x20 && *p != '\n' && *p != '\t';
        if (entity || n == 0 || control)
            fputs(entity ? entity : "\xEF\xBF\xBD", f);
        else
            fwrite(p, 1, (size_t)n, f);
        p += n ? n : 1;
    }
}

void write_json_number(FILE *f, double x) {
    if (!isfinite(x)) {
        fputs("null", f);
        return;
    }
    char text[NUMBER_TEXT];
    fputs(number_text(x, text), f);
}
