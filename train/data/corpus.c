// corpus.c - see corpus.h.
#include "corpus.h"

#include "ground/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// Linux maps at most 65530 areas into a process.
enum { MAX_FILES = 16384 };

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
    if (c->n_files == MAX_FILES)
        return fail(
            BAD_INPUT,
            "%s: more than %d corpus files; join them first: find DIR -type f | sort | xargs -d '\\n' cat > ALL", path,
            MAX_FILES);
    if ((c->n_files & (c->n_files - 1)) == 0)
        c->files = reallocate(c->files, 2 * (size_t)c->n_files + 1, sizeof *c->files);
    c->files[c->n_files++] = (CorpusFile){.path = copy_text(path)};
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

// Maps one file; an empty one has no mapping.
static Status map_file(Corpus *c, CorpusFile *file) {
    int fd = open(file->path, O_RDONLY);
    struct stat info;
    if (fd < 0 || fstat(fd, &info)) {
        Status s = fail(BAD_INPUT, "%s: cannot read the corpus: %s", file->path, strerror(errno));
        if (fd >= 0) close(fd);
        return s;
    }
    int width = kind_bytes[c->kind];
    file->n_tokens = info.st_size / width;
    void *data = info.st_size ? mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    int error = errno;
    close(fd);
    if (data == MAP_FAILED) {
        file->n_tokens = 0;
        return fail(BAD_INPUT, "%s: cannot map the corpus: %s", file->path, strerror(error));
    }
    file->data = data;
    if (info.st_size % width)
        return fail(BAD_INPUT, "%s: %lld bytes are not whole %d-byte tokens; is --tokens %s right?", file->path,
                    (long long)info.st_size, width, kind_names[c->kind]);
    const unsigned char *p = data;
    if (info.st_size > 2 && p[0] == 0x1f && p[1] == 0x8b)
        return fail(BAD_INPUT, "%s: is compressed; unpack it first: zcat %s > corpus.txt", file->path, file->path);
    return OK;
}

static int32_t token_at(const Corpus *c, const CorpusFile *file, int64_t i) {
    switch (c->kind) {
    case TOKENS_U16: return ((const uint16_t *)file->data)[i];
    case TOKENS_U32: return (int32_t)((const uint32_t *)file->data)[i];
    default: return ((const unsigned char *)file->data)[i];
    }
}

// One pass over all tokens: offsets, the largest token, the name.
static Status survey(Corpus *c) {
    Sha256 h;
    char hex[SHA256_TEXT];
    sha256_begin(&h);
    for (int f = 0; f < c->n_files; f++) {
        CorpusFile *file = &c->files[f];
        file->first = c->n_tokens;
        if (file->n_tokens == 0) continue;
        c->n_tokens += file->n_tokens;
        sha256_add(&h, file->data, (size_t)(file->n_tokens * kind_bytes[c->kind]));
        for (int64_t i = 0; i < file->n_tokens; i++) {
            int32_t t = token_at(c, file, i);
            if (t < 0)
                return fail(BAD_INPUT, "%s: token %lld is %u, above 2^31; is --tokens %s right?", file->path,
                            (long long)i, (unsigned)t, kind_names[c->kind]);
            if (t > c->max_token) c->max_token = t;
        }
    }
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
            return fail(BAD_INPUT, "%s: is neither a file nor a folder, so it cannot be mapped", paths[i]);
    }
    if (c->n_files == 0) return fail(BAD_INPUT, "%s: no corpus file in there", n_paths ? paths[0] : "--corpus");
    qsort(c->files, (size_t)c->n_files, sizeof *c->files, by_path);
    for (int f = 0; f < c->n_files; f++) TRY(map_file(c, &c->files[f]));
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
        CorpusFile *file = &c->files[f];
        if (file->data) munmap((void *)file->data, (size_t)(file->n_tokens * kind_bytes[c->kind]));
        free(file->path);
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

void corpus_read(const Corpus *c, int64_t first, int n, int32_t *tokens) {
    for (int f = find_file(c, first); n > 0; f++) {
        const CorpusFile *file = &c->files[f];
        int64_t at = first - file->first;
        for (; n > 0 && at < file->n_tokens; n--, at++, first++) *tokens++ = token_at(c, file, at);
    }
}
