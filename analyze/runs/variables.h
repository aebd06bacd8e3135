// variables.h - where the variables of laws stand in a run table, or what they follow from.
#ifndef MOELAW_VARIABLES_H
#define MOELAW_VARIABLES_H

#include "ground/args.h"
#include "laws/law.h"
#include "where.h"

// What a variable follows from where it has no column of its own.
typedef enum {
    AS_IT_STANDS,
    OF_EXPERTS, // sparsity = (num_experts - top_k) / num_experts
    OF_COMPUTE, // C = M D, with M the FLOPs a token where the table has them, else 6 Na D or 6 N D
    OF_WIDTHS,  // G = top_k + r and S = r / G, with r the shared experts in units of a routed one
} Derivation;

typedef struct {
    bool needed, chosen; // chosen: by --column
    char name[80];       // as messages call it
    Source source;
    Derivation derivation;
} VariableSource;

// Columns that G, S, sparsity and C may follow from; column -1 where there is none.
typedef struct {
    Source num_experts, top_k, shared_ratio, num_shared, d_ff_shared, d_ff_expert, M, D, size; // size: Na, else N
} Parts;

typedef struct {
    const char *path;
    const Table *table;
    const bool *keep;                                       // rows that --where leaves
    VariableSource plain[N_VARIABLES], nonemb[N_VARIABLES]; // nonemb: only N and Na
    Parts parts;
} Variables;

// Looks at the columns. BAD_INPUT for a "VAR=COLUMN" of --column that names no variable or no column.
Status variables_open(Variables *v, const char *path, const Table *t, const bool *keep, const TextList *columns);

// Finds what one law needs and marks it as needed; without effect when BAD_INPUT names what is lacking.
Status variables_serve(Variables *v, const Law *law);

// What a law that is served needs and most rows leave blank; NULL if there is no such thing.
const char *variables_mostly_blank(const Variables *v, const Law *law);

// Reads everything needed from a row; NAN where unknown, and *missing names the first of these (else untouched).
// BAD_INPUT: not a number, a value that cannot be, more active parameters than there are.
Status variables_read(const Variables *v, int row, Point *plain, Point *nonemb, const char **missing);

// "file:line: column: is X, expected ..."
Status out_of_range(const Table *t, int row, const char *name, double x, const char *expected);

#endif
