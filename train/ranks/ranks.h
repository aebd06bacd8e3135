// ranks.h - several processes that train one run together, each on its share of every batch.
//
// mpirun or srun start them, MPI connects them. Numbers are gathered at rank 0, added there in the order of ranks and
// sent to all: the same bits on every rank, each time. Large buffers on CUDA cards go through NCCL instead where it is
// built in (cuda/cards.cu). A rank that fails ends the others, and one that dies is noticed by the launcher: nobody
// waits for the dead, and the same command goes on from the checkpoint.
//
// NULL is a rank alone and costs nothing; all other calls are for all ranks together, in the same order, from one
// thread at a time.
#ifndef MOELAW_RANKS_H
#define MOELAW_RANKS_H

#include "backend.h"

typedef struct Ranks Ranks;

// NULL for a process that was started alone, or with MOELAW_SIZE=1 in its environment. BAD_INPUT: started as one of
// several, by a program built without MPI or through a launcher that MPI does not know.
Status ranks_start(Ranks **ranks);
// Leaves the others to finish; with an exit status that is not 0 ends them all with it, and this process too.
void ranks_end(Ranks *ranks, int exit_status);

int ranks_size(const Ranks *ranks);
bool ranks_lead(const Ranks *ranks);              // rank 0, the one that writes
int ranks_local(const Ranks *ranks);              // number on its machine: picks the card
long ranks_share(const Ranks *ranks, long n);     // of n, where this rank's share begins:
long ranks_share_end(const Ranks *ranks, long n); // [ranks_share, ranks_share_end), in the order of ranks

// x_N = sum over ranks, added in the order of ranks.
void ranks_sum(Ranks *ranks, double *x_N, long count);
// The same for a buffer of the backend, rounded once; FULL or INT32. CANNOT_FINISH: NCCL says why.
Status ranks_sum_buffer(Ranks *ranks, const Backend *b, Context *c, void *buffer, Kind kind, long count);
// CANNOT_FINISH with "the ranks have different WHAT" unless x is the same number on all.
Status ranks_agree(Ranks *ranks, double x, const char *what);

#endif
