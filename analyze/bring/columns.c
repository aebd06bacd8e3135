// columns.c - see columns.h.
#include "columns.h"

#include <stddef.h>
#include <string.h>

const ColumnInfo column_info[N_COLUMNS] = {
    [COL_RUN_ID] = {"run_id", "run_id|ID|id|Id|Name|name|run_name|display_name"},
    [COL_SOURCE] = {"source", NULL},
    [COL_D] = {"D", "D|tokens|total_tokens|n_tokens|num_tokens|tokens_seen|train_tokens|training_tokens|"
                    "total_training_tokens|consumed_tokens|tokens_processed|num_input_tokens_seen"},
    [COL_N] = {"N", "N|params|parameters|n_params|num_params|num_parameters|parameter_count|total_params|"
                    "total_parameters|model_size"},
    [COL_NA] = {"Na", "Na|active_params|active_parameters|activated_params|n_active_params|num_active_params"},
    [COL_N_NONEMB] = {"N_nonemb", "N_nonemb|non_embedding_params|params_nonemb|n_params_nonemb|num_nonemb_params"},
    [COL_NA_NONEMB] = {"Na_nonemb", "Na_nonemb|active_non_embedding_params|active_params_nonemb"},
    [COL_NUM_EXPERTS] = {"num_experts", "num_experts|n_experts|n_routed_experts|num_local_experts"},
    [COL_TOP_K] = {"top_k", "top_k|num_experts_per_tok|moe_router_topk"},
    [COL_NUM_SHARED] = {"num_shared", "num_shared|n_shared_experts|num_shared_experts"},
    [COL_SHARED_RATIO] = {"shared_ratio", "shared_ratio"},
    [COL_GRANULARITY] = {"granularity", "granularity"},
    [COL_G] = {"G", "G"},
    [COL_S] = {"S", "S"},
    [COL_D_MODEL] = {"d_model", "d_model|hidden_size|n_embd|hidden_dim"},
    [COL_N_LAYERS] = {"n_layers", "n_layers|num_layers|n_layer|num_hidden_layers"},
    [COL_N_HEADS] = {"n_heads", "n_heads|num_heads|n_head|num_attention_heads"},
    [COL_D_FF_EXPERT] = {"d_ff_expert", "d_ff_expert|moe_intermediate_size"},
    [COL_D_FF_SHARED] = {"d_ff_shared", "d_ff_shared|shared_expert_intermediate_size"},
    [COL_BATCH_TOKENS] = {"batch_tokens", "batch_tokens|tokens_per_step|tokens_per_batch|tokens_per_iter"},
    [COL_LR] = {"lr", "lr|learning_rate|peak_lr|max_lr"},
    [COL_LOSS] = {"loss", NULL}, // bring.c chooses one for all runs
    [COL_SEED] = {"seed", "seed"},
    [COL_M] = {"M", NULL},
    [COL_BPB] = {"bpb", NULL},
    [COL_NOTES] = {"notes", NULL},
};

bool column_known(const char *name) {
    for (int i = 0; i < N_COLUMNS; i++)
        if (!strcmp(column_info[i].name, name)) return true;
    return !strcmp(name, "C");
}

bool setting_known(const char *name) {
    static const char *const settings[] = {"vocab_size", "seq_len",  "n_kv_heads",     "d_head",     "d_ff",
                                           "n_experts",  "n_shared", "n_dense_layers", "tied",       "gated",
                                           "norm_gains", "state",    "global_step",    "model_type", NULL};
    for (int i = 0; settings[i]; i++)
        if (!strcmp(settings[i], name)) return true;
    return false;
}
