// corpus.h - text as one stream of tokens: files read where they lie, joined in sorted order.
//
// A token is a byte, or a 16- or 32-bit little-endian number as other tools write them. The stream's sha256 is the
// corpus' name: it stands in every run, so a run cannot silently be repeated on other text.
#ifndef MOELAW_CORPUS_H
#define MOELAW_CORPUS_H

#include "run/run.h"
#include "ground/status.h"

#include <stdint.h>
#include <time.h>

typedef enum { TOKENS_BYTES, TOKENS_U16, TOKENS_U32 } TokenKind;

typedef struct {
    char *path;
    int fd;        // open as long as the corpus, so that a file put in its place changes nothing
    int64_t first; // token index of the file's first token in the stream
    int64_t n_tokens;
    struct timespec changed; // when it was opened
} CorpusFile;

typedef struct {
    TokenKind kind;
    int n_files;
    CorpusFile *files; // sorted by path
    int64_t n_tokens;
    int64_t max_token;     // the largest token in the stream; a vocabulary must exceed it
    char name[RUN_CORPUS]; // 64 hex digits; "u16:" or "u32:" before them for such tokens
} Corpus;

enum { CORPUS_MIN_TOKENS = 1 << 16 };

// "bytes", "u16", "u32". BAD_INPUT lists them.
Status token_kind(const char *name, TokenKind *kind);

// Files, or folders whose files (hidden ones aside) are taken at any depth. BAD_INPUT: nothing there, unreadable,
// compressed, a file that does not hold whole tokens, fewer than CORPUS_MIN_TOKENS tokens in all.
Status corpus_open(int n_paths, const char *const *paths, TokenKind kind, Corpus *corpus);
void corpus_close(Corpus *corpus);

// tokens[0..n-1] = the stream from `first` on. CANNOT_FINISH: a file cannot be read any more, or became shorter.
Status corpus_read(const Corpus *corpus, int64_t first, int n, int32_t *tokens);

// CANNOT_FINISH if a file was written to since it was opened: what was read is then not known to be what `name` says.
// NULL (no text): OK.
Status corpus_unchanged(const Corpus *corpus);

#endif
