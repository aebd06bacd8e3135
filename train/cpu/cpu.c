// cpu.c - the fast CPU backend: single precision, the BLAS' products, fused multiply-add allowed.
#define real float
#define REAL_BITS 32
#define PLAIN 0
#define BACKEND backend_cpu
#define BACKEND_NAME "cpu"
#include "operations.inc"
