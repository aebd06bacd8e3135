// team.h - several processes that train one run together, each on its share of every batch.
//
// Started by mpirun, srun or by hand; no MPI library. Rank 0 listens on a TCP port and writes where into FOLDER/team;
// the others connect to it, and values are summed there in the order of ranks and sent back: same bits on every rank.
// Large buffers on CUDA cards go through NCCL instead where it is built in (cuda/cards.cu). A rank that ends too soon
// closes its connections, so that the others see it at once and fail; nobody waits for the dead.
//
// All functions with a Team are for all ranks together, in the same order; NULL is a team of one and costs nothing.
#ifndef MOELAW_TEAM_H
#define MOELAW_TEAM_H

#include "backend.h"

// Place among the processes that were started together.
typedef struct {
    int rank, size;
    int local; // number on its machine: picks the card
} Rank;

// From MOELAW_RANK and MOELAW_SIZE (and MOELAW_LOCAL), or what mpirun (Open MPI) or srun set; {0, 1, 0} if nobody did.
// MOELAW_SIZE=1 trains alone whatever the launcher. BAD_INPUT: a rank without a size, or out of range.
Status team_rank(Rank *rank);

typedef struct Team Team;

// Returns when all ranks have joined in this folder: NULL for a team of one. CANNOT_FINISH after MOELAW_WAIT seconds
// (120), or if a rank was started with another size.
Status team_join(Rank rank, const char *folder, Team **team);
void team_leave(Team *team);

bool team_leads(const Team *team); // rank 0, the one that writes
int team_size(const Team *team);
long team_share(const Team *team, long n);     // of n, where this rank's share begins:
long team_share_end(const Team *team, long n); // [team_share, team_share_end), in the order of ranks

// x_N = sum over ranks, added in the order of ranks. CANNOT_FINISH: a rank is gone.
Status team_sum(Team *team, double *x_N, long count);
// The same for a buffer of the backend, rounded once; FULL or INT32.
Status team_sum_buffer(Team *team, const Backend *b, Context *c, void *buffer, Kind kind, long count);
// CANNOT_FINISH with "the ranks have different WHAT" unless x is the same number on all.
Status team_agree(Team *team, double x, const char *what);

#endif
