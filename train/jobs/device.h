// device.h - which card a run trains on, and its name for the record.
#ifndef MOELAW_DEVICE_H
#define MOELAW_DEVICE_H

#include "backend.h"

// The model of the processor, or of the first NVIDIA card for a CUDA backend; "unknown" where the system does not say.
const char *device_name(const Backend *backend);

// Contexts that the calling thread opens are on card `index`, counted round where there are fewer. CUDA alone.
void device_choose(int index);
int device_chosen(void);

#endif
