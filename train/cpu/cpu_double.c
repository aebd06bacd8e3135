// cpu_double.c - double precision in plain loops: the yardstick that gradients are measured with.
#define real double
#define REAL_BITS 64
#define PLAIN 1
#define BACKEND backend_cpu_double
#define BACKEND_NAME "cpu-double"
#include "operations.inc"
