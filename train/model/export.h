// export.h - the model that was evaluated, for others to look at: model.safetensors and config.json (shape, training,
// corpus).
//
// Weights are fp32 under their names (model.h); their average where the run asks for one. "balance.bias" [MoE layer]
// [expert], which takes part in choosing experts, is among them.
#ifndef MOELAW_EXPORT_H
#define MOELAW_EXPORT_H

#include "model.h"

// Into an existing folder. CANNOT_FINISH if it cannot be written.
Status export_model(const char *folder, const Run *run, const Model *model);

#endif
