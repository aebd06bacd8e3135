// export.h - a trained model for others to look at: model.safetensors (fp32 weights under their names) and config.json
// (shape, training, corpus).
#ifndef MOELAW_EXPORT_H
#define MOELAW_EXPORT_H

#include "model.h"

// Into an existing folder. CANNOT_FINISH if it cannot be written.
Status export_model(const char *folder, const Run *run, const Model *model);

#endif
