// bench.h - `moetrain bench`.
#ifndef MOELAW_BENCH_H
#define MOELAW_BENCH_H

// argv[0] is "bench". Prints tokens_per_s, model_gflops, gemm_gflops and time shares; returns the exit status.
int bench_main(int argc, char **argv);

#endif
