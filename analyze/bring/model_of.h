// model_of.h - the model that a bag's settings describe.
#ifndef MOELAW_MODEL_OF_H
#define MOELAW_MODEL_OF_H

#include "bag.h"
#include "runs/modelfile.h"

typedef enum {
    MODEL_UNSAID,   // no settings, or not all
    MODEL_CONFIG,   // those of a Hugging Face config.json
    MODEL_MEGATRON, // arguments of Megatron-LM
    MODEL_PLAIN,    // d_model, n_layers, ... by their usual names: a transformer with gated blocks and RMSNorm
} ModelKind;

// With MODEL_UNSAID `lacks` is the setting that is missing, "" if there are none at all. BAD_INPUT names the run and
// what is not understood.
Status model_of(const Bag *b, const char *assume, ModelFile *m, ModelKind *kind, char lacks[64]);

#endif
