// columns.h - the columns of a run table that import writes, and the names under which others keep what goes there.
#ifndef MOELAW_COLUMNS_H
#define MOELAW_COLUMNS_H

#include <stdbool.h>

typedef enum {
    COL_RUN_ID,
    COL_SOURCE,
    COL_D, // from here on numbers
    COL_N,
    COL_NA,
    COL_N_NONEMB,
    COL_NA_NONEMB,
    COL_NUM_EXPERTS,
    COL_TOP_K,
    COL_NUM_SHARED,
    COL_SHARED_RATIO,
    COL_GRANULARITY,
    COL_G,
    COL_S,
    COL_D_MODEL,
    COL_N_LAYERS,
    COL_N_HEADS,
    COL_D_FF_EXPERT,
    COL_D_FF_SHARED,
    COL_BATCH_TOKENS,
    COL_LR,
    COL_LOSS,
    COL_SEED,
    COL_M,
    COL_BPB, // bits a byte, where that is what was evaluated
    COL_NOTES,
    N_COLUMNS
} Column;

// In the order of a written table; `names` as bag_find() takes them, NULL where nothing is looked for.
typedef struct {
    const char *name, *names;
} ColumnInfo;
extern const ColumnInfo column_info[N_COLUMNS];

bool column_known(const char *name);
// A setting of a model that model_of.c looks for.
bool setting_known(const char *name);

// Names of the FLOPs of all the training, and of the same in units of 1e9.
#define NAMES_C "C|total_flops|train_flops|training_flops|total_training_flops|total_flos|flops|compute"
#define NAMES_GFLOPS "total_gflops"

#endif
