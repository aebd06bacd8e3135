// cpu_plain.c - single precision in plain loops, compiled without contraction: the same bits on every IEEE machine.
// Golden losses are pinned with it.
#define real float
#define REAL_BITS 32
#define PLAIN 1
#define BACKEND backend_cpu_plain
#define BACKEND_NAME "cpu-plain"
#include "operations.inc"
