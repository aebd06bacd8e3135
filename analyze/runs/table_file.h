// table_file.h - a run table from where it comes: a file, a gzip-compressed file, or standard input ("-").
#ifndef MOELAW_TABLE_FILE_H
#define MOELAW_TABLE_FILE_H

#include "ground/sha256.h"
#include "ground/table.h"

// The text alone, NUL-terminated, to be freed; *name is what messages call it.
Status text_file_read(const char *path, char **text, size_t *length, const char **name);

// `sha256` is of the text, so that a table and the same table compressed are one. BAD_INPUT as table_read; also for a
// compressed file that is cut or damaged.
Status table_file_read(const char *path, Table *t, char sha256[SHA256_TEXT]);

#endif
