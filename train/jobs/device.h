// device.h - the name of what a run trains on, for the record.
#ifndef MOELAW_DEVICE_H
#define MOELAW_DEVICE_H

#include "backend.h"

// The model of the processor, or of the first NVIDIA card for a CUDA backend; "unknown" where the system does not say.
const char *device_name(const Backend *backend);

#endif
