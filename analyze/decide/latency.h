// latency.h - interpolation in a measured latency table; see serving.h.
#ifndef MOELAW_LATENCY_H
#define MOELAW_LATENCY_H

#include "serving.h"

// Seconds; linear in the logarithms, held at the edge slopes outside the grid; NAN for a number of GPUs never measured.
double latency_at(const Latencies *t, bool prefill, double gpus, double active, double tokens);

#endif
