// law_file.h - a law in YAML, without recompiling. docs/laws.md explains the file with examples.
//
//     name: mine2026
//     variables: {N: total parameters, D: training tokens}
//     exponents: {alpha: [0.02, 1.5], beta: [0.02, 1.5]}
//     terms: {E: 1, A: N^-alpha, B: D^-beta}
//
// The loss is the sum of the terms, each times a coefficient of its name: linear in these, whatever the expressions
// are, so the solver takes it as it takes a compiled law.
#ifndef MOELAW_LAW_FILE_H
#define MOELAW_LAW_FILE_H

#include "ground/status.h"
#include "law.h"

// Whether a name on the command line is that of a file: ends in .yaml or .yml.
bool law_is_file(const char *name);

// The law called `name`, or in the file `name`. BAD_INPUT: none of that name; "file:line: ..." for what is wrong in a
// file. A law that was read is in law_list from then on; the same text is the same law.
Status law_open(const char *name, const Law **law);
// The same from text in memory; `path` is for messages.
Status law_read(const char *path, const char *text, size_t length, const Law **law);

#endif
