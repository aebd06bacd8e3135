// parallel.h - independent pieces of work on several threads. Which thread does which piece is left to chance; a piece
// may therefore only depend on its index, and the results are the same bits for any number of threads.
#ifndef MOELAW_PARALLEL_H
#define MOELAW_PARALLEL_H

// Calls work(context, index, worker) for index 0..n-1; worker is in 0..threads-1.
typedef void (*Work)(void *context, int index, int worker);
void parallel(int n, int threads, Work work, void *context);

#endif
