// readers.h - one reader a format: a file's text becomes bags, one a run. Each finds the last evaluation, never the
// best.
#ifndef MOELAW_READERS_H
#define MOELAW_READERS_H

#include "bag.h"

typedef struct {
    const char *path; // as messages call it
    const char *name; // what its run is called where it does not say
    char *text;       // NUL-terminated; readers may cut it
    size_t length;
} SourceText;

typedef struct {
    const char *name, *about; // "wandb"; what --help says
    bool (*looks_like)(const SourceText *s);
    Status (*read)(const SourceText *s, Bags *bags);
} Reader;

// The first that a text looks like reads it, and csv, the last, takes any; ended by one without a name.
extern const Reader *const reader_list[];

extern const Reader reader_trainer, reader_levanter, reader_wandb, reader_megatron, reader_nanochat, reader_llmc,
    reader_csv;

// Keys under which readers put what they work out, so that row.c need not ask.
#define KEY_LOSS "eval/loss" // nats a token, of the last evaluation
#define KEY_BPB "eval/bpb"   // bits a byte
#define KEY_D "tokens"       // seen when that evaluation was made
#define KEY_N "parameters"   // as the program itself counted
#define KEY_C "total_flops"

// The next line of a text, its end cut off; false after the last.
bool next_line(char **at, char **line);
// The number that follows `label` in a line, commas between digits left out; false if either is missing.
bool number_after(const char *line, const char *label, double *x);

#endif
