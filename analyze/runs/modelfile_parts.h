// modelfile_parts.h - what modelfile.c asks of its two readers.
#ifndef MOELAW_MODELFILE_PARTS_H
#define MOELAW_MODELFILE_PARTS_H

#include "modelfile.h"

Status read_huggingface(const char *path, const char *text, const char *assume, ModelFile *c);
// `text` is cut into words in place.
Status read_megatron(const char *path, char *text, ModelFile *c);

#endif
