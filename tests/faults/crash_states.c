// crash_states.c - what a disk may hold after a power cut: rebuilds from a log of system calls each state that a folder
// can be found in. Usage: crash_states LOG ROOT OUT
//
// LOG is what `strace -y -xx -ttt -s BIG` wrote of openat, write, fsync, ftruncate, rename, unlink and mkdir, lines in
// order of time; ROOT an absolute path, empty at first. Folders OUT/1, OUT/2, ... get the states that differ, OUT/last
// the one without a cut; OUT/N.cut says where the cut was. After each call:
//
//   names  all, or the last 1, 2 or 4 changes lost, or the last but one or but two alone lost (no folder is synced, so
//          any may be)
//   bytes  not synced: there, lost, half of them there, or zeros in their place
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_OPS = 100000, MOST_FILES = 10000, PATH_ROOM = 4096 };
enum { CREATE, MAKE_FOLDER, RENAME, REMOVE, APPEND, CUT, SYNC };
enum { ALL_BYTES, NO_BYTES, HALF, ZEROS, N_BYTES };

typedef struct {
    int kind, file; // file: what the name meant; -1: a folder
    char *from, *to;
    unsigned char *bytes;
    size_t n;
} Op;

typedef struct {
    char *name;
    int file;
} Entry;

static Op op[MOST_OPS];
static int n_ops, n_files;
static const char *root;

static _Noreturn void give_up(const char *what, const char *line) {
    fprintf(stderr, "crash_states: %s: %.200s\n", what, line);
    exit(3);
}

// --- names

static Entry entry[MOST_FILES];
static int n_entries;

static Entry *find(const char *name) {
    for (int i = 0; i < n_entries; i++)
        if (!strcmp(entry[i].name, name)) return &entry[i];
    return NULL;
}

static void forget(const char *name) {
    Entry *e = find(name);
    if (e) *e = entry[--n_entries];
}

static void enter(char *name, int file) {
    forget(name);
    if (n_entries == MOST_FILES) give_up("too many files", name);
    entry[n_entries++] = (Entry){name, file};
}

// What is renamed without being there (its creation was lost) comes to be nowhere.
static void change_names(const Op *o) {
    if (o->kind == CREATE || o->kind == MAKE_FOLDER) enter(o->to, o->file);
    if (o->kind == REMOVE) forget(o->from);
    if (o->kind == RENAME && find(o->from)) {
        forget(o->from);
        enter(o->to, o->file);
    }
}

// --- the log

// The next text between `open` and `close`, \x.. all through; NULL at the end.
static char *next_text(const char **at, char open, char close, size_t *length) {
    const char *from = strchr(*at, open), *to = from ? strchr(from + 1, close) : NULL;
    if (!to) return NULL;
    char *text = malloc((size_t)(to - from)), *end = text;
    for (const char *p = from + 1; p < to; p += 4) *end++ = (char)strtol((char[]){p[2], p[3], '\0'}, NULL, 16);
    *end = '\0';
    *length = (size_t)(end - text);
    *at = to + 1;
    return text;
}

// The path below the root, NULL if it lies elsewhere.
static char *below(char *path) {
    size_t n = strlen(root);
    return path && !strncmp(path, root, n) && path[n] == '/' ? path + n + 1 : NULL;
}

static Op *add(int kind) {
    if (n_ops == MOST_OPS) give_up("too many calls", "");
    op[n_ops] = (Op){.kind = kind, .file = -1};
    return &op[n_ops++];
}

static void take_open(const char *line, char *name) {
    Entry *e = find(name);
    if (!e && strstr(line, "O_CREAT")) {
        Op *o = add(CREATE);
        o->file = n_files++;
        o->to = name;
        change_names(o);
    } else if (e && e->file >= 0 && strstr(line, "O_TRUNC")) {
        add(CUT)->file = e->file;
    }
}

static void take_bytes(const char *call, const char *args, const char *line) {
    size_t n;
    char *name = below(next_text(&args, '<', '>', &n));
    Entry *e = name ? find(name) : NULL;
    if (!e) return; // a pipe, or removed
    Op *o = add(!strcmp(call, "write") ? APPEND : !strcmp(call, "ftruncate") ? CUT : SYNC);
    o->file = e->file;
    if (o->kind == CUT) o->n = strtoul(args + 1, NULL, 10);
    if (o->kind != APPEND) return;
    o->bytes = (unsigned char *)next_text(&args, '"', '"', &o->n);
    if (!o->bytes) give_up("no bytes", line);
    o->n = strtoul(strrchr(line, '=') + 1, NULL, 10); // those that were written
}

static void take_names(const char *call, const char *args) {
    size_t n;
    char *from = below(next_text(&args, '"', '"', &n)), *to = from;
    if (!strcmp(call, "rename")) to = below(next_text(&args, '"', '"', &n));
    if (!from || !to) return;
    Op *o = add(!strcmp(call, "rename") ? RENAME : !strcmp(call, "mkdir") ? MAKE_FOLDER : REMOVE);
    o->from = from;
    o->to = to;
    if (find(from)) o->file = find(from)->file;
    change_names(o);
}

static void take_line(const char *line) {
    char call[32];
    int at = 0;
    const char *result = strrchr(line, '=');
    if (sscanf(line, "%*s %31[a-z0-9](%n", call, &at) != 1 || !at || !result || result[2] == '-') return;
    const char *args = line + at;
    size_t n;
    if (!strcmp(call, "openat")) {
        char *name = below(next_text(&args, '"', '"', &n));
        if (name) take_open(line, name);
    } else if (!strcmp(call, "write") || !strcmp(call, "fsync") || !strcmp(call, "ftruncate")) {
        take_bytes(call, args, line);
    } else if (!strcmp(call, "rename") || !strcmp(call, "unlink") || !strcmp(call, "mkdir")) {
        take_names(call, args);
    }
}

// --- states

static bool is_name(const Op *o) {
    return o->kind <= REMOVE;
}

// Applies the names of the first `end` calls, but for some of the last ones: lost[i], the i-th before the end.
static void names_at(int end, unsigned lost) {
    int n = 0, i = end;
    n_entries = 0;
    while (i > 0 && n < 8) n += is_name(&op[--i]);
    for (int k = 0; k < i; k++)
        if (is_name(&op[k])) change_names(&op[k]);
    for (; i < end; i++)
        if (is_name(&op[i]) && !(lost >> --n & 1)) change_names(&op[i]);
}

static unsigned char *grown(unsigned char *bytes, size_t room) {
    unsigned char *more = realloc(bytes, room);
    if (!more) give_up("out of memory", "");
    return more;
}

// The bytes of a file; *n of them.
static unsigned char *bytes_at(int file, int end, int how, size_t *n) {
    static unsigned char *bytes;
    static size_t room;
    int synced = 0;
    for (int i = 0; i < end; i++)
        if (op[i].kind == SYNC && op[i].file == file) synced = i;
    *n = 0;
    for (int i = 0; i < end; i++) {
        const Op *o = &op[i];
        if (o->file != file || (i > synced && how == NO_BYTES)) continue;
        if (o->kind == CUT && o->n < *n) *n = o->n;
        if (o->kind != APPEND) continue;
        size_t more = i > synced && how == HALF ? o->n / 2 : o->n;
        if (*n + more > room) bytes = grown(bytes, room = 2 * (*n + more));
        if (i > synced && how == ZEROS)
            memset(bytes + *n, 0, more);
        else
            memcpy(bytes + *n, o->bytes, more);
        *n += more;
    }
    return bytes;
}

static uint64_t hash_of(uint64_t hash, const void *data, size_t n) {
    for (const unsigned char *p = data; n--; p++) hash = (hash ^ *p) * 1099511628211UL;
    return hash;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const Entry *)a)->name, ((const Entry *)b)->name);
}

// A hash of the state that names_at() has made; with a folder it is written there.
static uint64_t state(int end, int how, const char *folder) {
    uint64_t hash = 14695981039346656037UL;
    qsort(entry, (size_t)n_entries, sizeof *entry, by_name); // a folder before what it holds
    if (folder) mkdir(folder, 0777);
    for (int i = 0; i < n_entries; i++) {
        char path[PATH_ROOM];
        size_t n = 0;
        unsigned char *bytes = entry[i].file < 0 ? NULL : bytes_at(entry[i].file, end, how, &n);
        hash = hash_of(hash_of(hash, entry[i].name, strlen(entry[i].name) + 1), bytes, n);
        if (!folder) continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry[i].name);
        FILE *f = bytes || entry[i].file >= 0 ? fopen(path, "wb") : (mkdir(path, 0777), NULL);
        if (!f) continue; // its folder was lost
        fwrite(bytes, 1, n, f);
        fclose(f);
    }
    return hash;
}

static bool is_new(uint64_t hash) {
    static uint64_t seen[1 << 20];
    size_t at = hash % (1 << 20);
    for (; seen[at]; at = (at + 1) % (1 << 20))
        if (seen[at] == hash) return false;
    seen[at] = hash;
    return true;
}

int main(int argc, char **argv) {
    static const unsigned lost[] = {0, 1, 3, 15, 2, 4};
    static const char *const lost_words[] = {"all",         "last lost",       "last 2 lost",
                                             "last 4 lost", "last but 1 lost", "last but 2 lost"};
    static const char *const how_words[] = {"there", "lost", "half there", "zeros"};
    char path[PATH_ROOM], *line = NULL;
    size_t room = 0;
    FILE *log = argc == 4 ? fopen(argv[1], "r") : NULL;
    if (!log) give_up("usage", "crash_states LOG ROOT OUT");
    root = argv[2];
    while (getline(&line, &room, log) > 0) take_line(line);
    snprintf(path, sizeof path, "%s/last", argv[3]);
    names_at(n_ops, 0);
    state(n_ops, ALL_BYTES, path);
    int n = 0;
    for (int end = 0; end <= n_ops; end++)
        for (unsigned k = 0; k < sizeof lost / sizeof *lost; k++)
            for (int how = 0; how < N_BYTES; how++) {
                names_at(end, lost[k]);
                if (!is_new(state(end, how, NULL))) continue;
                snprintf(path, sizeof path, "%s/%d", argv[3], ++n);
                state(end, how, path);
                snprintf(path, sizeof path, "%s/%d.cut", argv[3], n);
                FILE *f = fopen(path, "w");
                if (!f) give_up("cannot write", path);
                fprintf(f, "after call %d of %d, names: %s, bytes: %s\n", end, n_ops, lost_words[k], how_words[how]);
                fclose(f);
            }
    printf("%d calls, %d states\n", n_ops, n);
    return 0;
}
