// cards.h - sums over the cards of several ranks; built where the CUDA Toolkit has nccl.h beside it (cuda.mk).
#ifndef MOELAW_CUDA_CARDS_H
#define MOELAW_CUDA_CARDS_H

#include "backend.h"

enum { NCCL_ID = 128 };

typedef struct Nccl Nccl;

// libnccl.so.2 is loaded only now, so that a program with NCCL runs where there is none. CANNOT_FINISH: it is not
// there.
Status nccl_id(char id[NCCL_ID]);
// On the calling thread's card. All ranks together.
Status nccl_open(Nccl **n, const char id[NCCL_ID], int rank, int size);
// buffer = sum over ranks, in place, when the stream gets there; waits for it. FULL (float) or INT32.
Status nccl_sum(Nccl *n, Context *c, void *buffer, Kind kind, long count);
void nccl_close(Nccl *n);

#endif
