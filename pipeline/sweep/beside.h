// beside.h - what is kept beside a run table that is kept. For runs.csv:
//
//   runs-manifest.csv     the manifest it was collected with last
//   runs-provenance.csv   one row a run, failed ones included: status, reason, program, commit, flags, device, corpus,
//   when runs-curves.csv.gz    the course of every run: evaluations and some of its steps runs-blocks.csv.gz    its
//   loss on each stretch of the validation text, so that two runs can be compared in pairs
//   runs-loads.csv.gz     how many tokens each of its experts got in the last step
//
// Rows stand by run id and are added only, like those of the table: no other machine needs the records.
#ifndef MOELAW_BESIDE_H
#define MOELAW_BESIDE_H

#include "collect.h"

// The name of a file beside `table`: beside_name(name, size, "a/runs.csv", "-curves.csv.gz"). Returns name.
char *beside_name(char *name, size_t size, const char *table, const char *suffix);

// What is kept of one run, as a record again: its steps, and an evaluation with its loads. To be freed; "" if there is
// nothing.
Status beside_record(const char *table, const char *id, char **record);

// Between lock_beside() and lock_release() of the table. CANNOT_FINISH if a record cannot be read or a file not
// written.
Status beside_merge(const Collection *c, const char *manifest, const char *runs_folder, const char *table);

#endif
