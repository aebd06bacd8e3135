// corpus.c - see corpus.h.
#include "corpus.h"

#include "ground/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 18 };

static const char join_them[] = "join them first: find DIR -type f | sort | xargs -d '\\n' cat > ALL";

static const char *const kind_names[] = {"bytes", "u16", "u32"};
static const int kind_bytes[] = {1, 2, 4};

Status token_kind(const char *name, TokenKind *kind) {
    for (int k = TOKENS_BYTES; k <= TOKENS_U32; k++) {
        if (strcmp(name, kind_names[k])) continue;
        *kind = (TokenKind)k;
        return OK;
    }
    return fail(BAD_INPUT, "--tokens '%s': expected bytes, u16 or u32", name);
}

static Status add_path(Corpus *c, const char *path) {
    if ((c->n_files & (c->n_files - 1)) == 0)
        c->files = reallocate(c->files, 2 * (size_t)c->n_files + 1, sizeof *c->files);
    c->files[c->n_files++] = (CorpusFile){.path = copy_text(path), .fd = -1};
    return OK;
}

static Status add_folder(Corpus *c, const char *folder) {
    char *root[] = {(char *)folder, NULL};
    FTS *walk = fts_open(root, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (!walk) return fail(BAD_INPUT, "%s: cannot read: %s", folder, strerror(errno));
    Status s = OK;
    for (FTSENT *e; s == OK && (e = fts_read(walk));) {
        if (e->fts_level > 0 && e->fts_name[0] == '.')
            fts_set(walk, e, FTS_SKIP);
        else if (e->fts_info == FTS_F)
            s = add_path(c, e->fts_path);
        else if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR || e->fts_info == FTS_NS)
            s = fail(BAD_INPUT, "%s: cannot read: %s", e->fts_path, strerror(e->fts_errno));
    }
    fts_close(walk);
    return s;
}

static int by_path(const void *a, const void *b) {
    return strcmp(((const CorpusFile *)a)->path, ((const CorpusFile *)b)->path);
}

// As many files as the system lets a process have open, so that a folder of some thousand texts can be a corpus.
static void allow_many_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static Status open_file(const Corpus *c, CorpusFile *file) {
    struct stat info;
    file->fd = open(file->path, O_RDONLY | O_CLOEXEC);
    if (file->fd < 0 && errno == EMFILE)
        return fail(BAD_INPUT, "%s: more corpus files than may be open at once (ulimit -n); %s", file->path, join_them);
    if (file->fd < 0 || fstat(file->fd, &info))
        return fail(BAD_INPUT, "%s: cannot read the corpus: %s", file->path, strerror(errno));
    int width = kind_bytes[c->kind];
    file->n_tokens = info.st_size / width;
    file->changed = info.st_mtim;
    if (info.st_size % width)
        return fail(BAD_INPUT, "%s: %lld bytes are not whole %d-byte tokens; is --tokens %s right?", file->path,
                    (long long)info.st_size, width, kind_names[c->kind]);
    return OK;
}

// bytes[0..n-1] = the file from `at` on.
static Status read_bytes(const CorpusFile *file, int64_t at, unsigned char *bytes, size_t n) {
    while (n) {
        ssize_t got = pread(file->fd, bytes, n, at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(CANNOT_FINISH, "%s: cannot read the corpus: %s", file->path, strerror(errno));
        if (got == 0) return fail(CANNOT_FINISH, "%s: became shorter while it was in use", file->path);
        bytes += got;
        at += got;
        n -= (size_t)got;
    }
    return OK;
}

// The i-th token of `bytes`, little-endian.
static int32_t token_at(TokenKind kind, const unsigned char *bytes, int64_t i) {
    const unsigned char *p = bytes + i * kind_bytes[kind];
    uint32_t t = p[0];
    for (int k = 1; k < kind_bytes[kind]; k++) t |= (uint32_t)p[k] << (8 * k);
    return (int32_t)t;
}

// bytes: room for CHUNK.
static Status survey_file(Corpus *c, const CorpusFile *file, Sha256 *h, unsigned char *bytes) {
    int width = kind_bytes[c->kind];
    for (int64_t at = 0; at < file->n_tokens; at += CHUNK / width) {
        int64_t n = file->n_tokens - at < CHUNK / width ? file->n_tokens - at : CHUNK / width;
        TRY(read_bytes(file, at * width, bytes, (size_t)(n * width)));
        if (at == 0 && n * width > 2 && bytes[0] == 0x1f && bytes[1] == 0x8b)
            return fail(BAD_INPUT, "%s: is compressed; unpack it first: zcat %s > corpus.txt", file->path, file->path);
        sha256_add(h, bytes, (size_t)(n * width));
        for (int64_t i = 0; i < n; i++) {
            int32_t t = token_at(c->kind, bytes, i);
            if (t < 0)
                return fail(BAD_INPUT, "%s: token %lld is %u, above 2^31; is --tokens %s right?", file->path,
                            (long long)(at + i), (unsigned)t, kind_names[c->kind]);
            if (t > c->max_token) c->max_token = t;
        }
    }
    return OK;
}

// One pass over all tokens: offsets, the largest token, the name.
static Status survey(Corpus *c) {
    Sha256 h;
    char hex[SHA256_TEXT];
    unsigned char *bytes = allocate(CHUNK, 1);
    Status s = OK;
    sha256_begin(&h);
    for (int f = 0; f < c->n_files && s == OK; f++) {
        c->files[f].first = c->n_tokens;
        c->n_tokens += c->files[f].n_tokens;
        s = survey_file(c, &c->files[f], &h, bytes);
    }
    free(bytes);
    TRY(s);
    sha256_end(&h, hex);
    snprintf(c->name, sizeof c->name, "%s%s%s", c->kind == TOKENS_BYTES ? "" : kind_names[c->kind],
             c->kind == TOKENS_BYTES ? "" : ":", hex);
    return OK;
}

static Status open_all(int n_paths, const char *const *paths, Corpus *c) {
    for (int i = 0; i < n_paths; i++) {
        struct stat info;
        if (stat(paths[i], &info)) return fail(BAD_INPUT, "%s: cannot read the corpus: %s", paths[i], strerror(errno));
        if (S_ISDIR(info.st_mode))
            TRY(add_folder(c, paths[i]));
        else if (S_ISREG(info.st_mode))
            TRY(add_path(c, paths[i]));
        else
            return fail(BAD_INPUT, "%s: is neither a file nor a folder", paths[i]);
    }
    if (c->n_files == 0) return fail(BAD_INPUT, "%s: no corpus file in there", n_paths ? paths[0] : "--corpus");
    qsort(c->files, (size_t)c->n_files, sizeof *c->files, by_path);
    allow_many_files();
    for (int f = 0; f < c->n_files; f++) TRY(open_file(c, &c->files[f]));
    TRY(survey(c));
    if (c->n_tokens < CORPUS_MIN_TOKENS)
        return fail(BAD_INPUT, "%s: the corpus has %lld tokens, at least %d are needed", paths[0],
                    (long long)c->n_tokens, CORPUS_MIN_TOKENS);
    return OK;
}

Status corpus_open(int n_paths, const char *const *paths, TokenKind kind, Corpus *corpus) {
    *corpus = (Corpus){.kind = kind};
    Status s = open_all(n_paths, paths, corpus);
    if (s != OK) corpus_close(corpus);
    return s;
}

void corpus_close(Corpus *c) {
    for (int f = 0; f < c->n_files; f++) {
        if (c->files[f].fd >= 0) close(c->files[f].fd);
        free(c->files[f].path);
    }
    free(c->files);
    *c = (Corpus){0};
}

// The file that holds token `i`.
static int find_file(const Corpus *c, int64_t i) {
    int low = 0, high = c->n_files - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (c->files[middle].first <= i)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

Status corpus_read(const Corpus *c, int64_t first, int n, int32_t *tokens) {
    enum { AT_ONCE = 1024 };
    unsigned char bytes[4 * AT_ONCE];
    int width = kind_bytes[c->kind];
    for (int f = find_file(c, first); n > 0;) {
        const CorpusFile *file = &c->files[f];
        int64_t at = first - file->first, part = file->n_tokens - at;
        if (part > n) part = n;
        if (part > AT_ONCE) part = AT_ONCE;
        TRY(read_bytes(file, at * width, bytes, (size_t)(part * width)));
        for (int64_t i = 0; i < part; i++) *tokens++ = token_at(c->kind, bytes, i);
        first += part;
        n -= (int)part;
        if (first == file->first + file->n_tokens) f++;
    }
    return OK;
}

Status corpus_unchanged(const Corpus *c) {
    for (int f = 0; c && f < c->n_files; f++) {
        const CorpusFile *file = &c->files[f];
        struct stat info;
        if (fstat(file->fd, &info))
            return fail(CANNOT_FINISH, "%s: cannot read the corpus: %s", file->path, strerror(errno));
        if (info.st_size != file->n_tokens * kind_bytes[c->kind] || info.st_mtim.tv_sec != file->changed.tv_sec ||
            info.st_mtim.tv_nsec != file->changed.tv_nsec)
            return fail(CANNOT_FINISH,
                        "%s: was changed while it was in use: what was read since may be other text than the record "
                        "names; leave the file alone and give the command again",
                        file->path);
    }
    return OK;
}
