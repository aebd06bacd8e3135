// schedule.h - warmup, stable, decay: the learning rate of a step as a share of the peak.
//
// Before run_decay_start() it does not depend on how long the run is, so runs of different length share that part.
// The decay falls linearly and would reach zero one step after the last.
#ifndef MOELAW_SCHEDULE_H
#define MOELAW_SCHEDULE_H

#include "run/run.h"

double schedule(const Run *run, long step);

#endif
