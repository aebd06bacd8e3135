// context.h - one model's stream on a card, its scratch memory, recorded steps and clocks (context.cu), and the
// operations of backend.h by the names that backend.cu puts into the table.
//
// A context belongs to one thread at a time. Contexts of different threads run at once on the same card: each has its
// own stream and graphs, and no operation waits for the host.
#ifndef MOELAW_CUDA_CONTEXT_H
#define MOELAW_CUDA_CONTEXT_H

#include "device.h"

extern "C" {
#include "backend.h"
}

constexpr int max_d_head = 128; // attention keeps a row of a head in registers

// An operation has its own scratch; sums cut into parts, which operations use, have theirs.
enum Scratch { SCRATCH_OPERATION, SCRATCH_PARTS, N_SCRATCH };

struct Context {
    cudaStream_t stream;
    int n_processors; // multiprocessors of the card
    bool capturing;
    cudaError_t error; // the first since the last sync
    const char *error_where;

    // Scratch of the running operation; outgrown blocks live until close() because recorded steps may use them.
    char *scratch[N_SCRATCH];
    size_t scratch_size[N_SCRATCH];
    void *outgrown[128];
    int n_outgrown;

    struct Recording {
        cudaGraphExec_t graph;
        int n_plain; // times it ran without a graph so far
    } recording[8];

    struct Clock *clock;
    struct TensorTable *tables; // made by tensors()
};

// The clock behind mark() and times() (clock.cu). label: a Part, or N_PARTS + the number of a recorded step, whose time
// is shared out as that of its last plain run, which lies between clock_share_begin() and clock_share_end().
void clock_open(Context *c);
void clock_close(Context *c);
void clock_mark(Context *c, int label);
void clock_share_begin(Context *c);
void clock_share_end(Context *c, int which);

void free_tables(Context *c);

// Remembers the first error and where it happened.
void note_error(Context *c, cudaError_t error, const char *where);

// At least `bytes`, aligned to 256, valid until the next call for the same purpose; NULL after an error.
char *scratch(Context *c, Scratch purpose, size_t bytes);

// Hands out parts of a scratch block of the sum of their scratch_bytes.
template <class T> size_t scratch_bytes(size_t count) {
    return (count * sizeof(T) + 255) / 256 * 256;
}
struct Carver {
    char *next;
    template <class T> T *take(size_t count) {
        T *part = reinterpret_cast<T *>(next);
        next += scratch_bytes<T>(count);
        return part;
    }
};

inline unsigned blocks_for(long count, int per_block) {
    return (unsigned)((count + per_block - 1) / per_block);
}

// out_C += (or =) the sum of the R rows of part_RC, top to bottom (elementwise.cu).
void sum_rows(Context *c, float *out_C, const float *part_RC, int R, long C, bool add);

// Plain fp32 products for the router, whose sums must not be rounded to bf16 (small_product.cu).
// c_MN = a_MK b_KN;   c_MN (+)= a_MK b_NK^T;   c_MN += a_KM^T b_KN
void small_product(Context *c, float *c_MN, const bf16 *a_MK, const float *b_KN, int M, int N, int K);
void small_product_bt(Context *c, bf16 *c_MN, const float *a_MK, const float *b_NK, int M, int N, int K);
void small_product_at(Context *c, float *c_MN, const bf16 *a_KM, const float *b_KN, int M, int N, int K);

// Tensor-core products of bf16 matrices (product.cu). a_MK and so on as in backend.h; logits = h head^T in fp32.
void product_logits(Context *c, float *y_MN, const bf16 *x_MK, const bf16 *w_NK, int M, int N, int K);
// dhead_MN += a_KM^T b_KN
void product_outer(Context *c, float *dw_MN, const bf16 *a_KM, const bf16 *b_KN, int M, int N, int K);
void product_plain(Context *c, bf16 *y_MN, const bf16 *x_MK, const bf16 *w_KN, int M, int N, int K);

// Queries and keys of every head to unit mean square, in place, and the gradient for them (head_norm.cu).
void normalise_heads(Context *c, bf16 *qkv, float *rstd_TM, AttentionSpec s);
void normalise_heads_back(Context *c, bf16 *dqkv, const bf16 *qkv, const float *rstd_TM, AttentionSpec s);

// ---- the table (signatures: backend.h)
Status cuda_open(Context **c, const Shape *shape, int n_sequences);
void cuda_close(Context *c);
Status cuda_sync(Context *c);
void *cuda_alloc(Context *c, Kind kind, long count);
void cuda_release(Context *c, void *buffer);
void cuda_zero(Context *c, void *buffer, Kind kind, long count);
void cuda_put(Context *c, void *buffer, Kind kind, const double *host, long count);
void cuda_get(Context *c, double *host, const void *buffer, Kind kind, long count);
void cuda_put_ints(Context *c, void *buffer, const int32_t *host, long count);
void cuda_get_ints(Context *c, int32_t *host, const void *buffer, long count);
void cuda_copy(Context *c, void *to, const void *from, Kind kind, long count);
void cuda_convert(Context *c, void *to_A, const void *from_F, long count);
bool cuda_replay(Context *c, int which);
void cuda_recorded(Context *c, int which);
void cuda_mark(Context *c, Part part);
void cuda_times(Context *c, double seconds[N_PARTS]);
void cuda_embed(Context *c, void *x_TD, const void *table_VD, const void *token_T, int T, int D);
void cuda_embed_back(Context *c, void *dtable_VD, const void *dx_TD, const void *token_T, int T, int D, int V);
void cuda_norm(Context *c, void *s_TD, void *h_TD, void *rstd_T, const void *x_TD, const void *y_TD, const void *gain_D,
               int T, int D);
void cuda_norm_back(Context *c, void *ds_TD, void *dgain_D, const void *dh_TD, const void *s_TD, const void *rstd_T,
                    const void *gain_D, int T, int D);
void cuda_product(Context *c, void *y_SN, const void *x_SK, const void *w_GKN, Groups g, int K, int N, bool add);
void cuda_product_dx(Context *c, void *dx_SK, const void *dy_SN, const void *w_GKN, Groups g, int K, int N, bool add);
void cuda_product_dw(Context *c, void *dw_GKN, const void *x_SK, const void *dy_SN, Groups g, int K, int N);
void cuda_attention(Context *c, void *out_TQ, void *lse_TH, void *rstd_TM, void *qkv, AttentionSpec s, double scale);
void cuda_attention_back(Context *c, void *dqkv, const void *dout_TQ, const void *out_TQ, const void *lse_TH,
                         const void *rstd_TM, const void *qkv, AttentionSpec s, double scale);
void cuda_router(Context *c, Routing r, const void *h_TD, const void *router_DE, const void *bias_E, RouterSpec s);
void cuda_router_back(Context *c, void *dh_TD, void *drouter_DE, Routing r, const void *dweight_S, const void *h_TD,
                      const void *router_DE, RouterSpec s);
void cuda_balance(Context *c, void *bias_LE, const void *count_LE, int n_layers, int E, double rate);
void cuda_gather(Context *c, void *y_SD, const void *x_TD, const void *token_S, long S, int D);
void cuda_gather_sum(Context *c, void *y_TD, const void *x_SD, const void *slot_TK, int T, int K, int D, bool add);
void cuda_swiglu(Context *c, void *a_SF, const void *up_S2F, const void *weight_S, long S, int F);
void cuda_swiglu_back(Context *c, void *dup_S2F, void *dweight_S, const void *da_SF, const void *up_S2F,
                      const void *weight_S, long S, int F);
void cuda_head(Context *c, void *loss_T, void *dh_TD, void *dhead_VD, const void *h_TD, const void *head_VD,
               const void *target_T, int T, int V, int D, double scale, double weight);
void cuda_row_sums(Context *c, void *sum_R, const void *x_RC, int R, int C);
void cuda_grad_norm(Context *c, void *norm_1, const void *grad, long count);
void *cuda_tensors(Context *c, const Tensor *list, int n);
void cuda_adamw(Context *c, void *weight, void *copy_A, void *grad, void *first, void *second, void *average,
                const void *norm_1, const void *hyper, const void *tensors, int n_tensors, AdamSpec s);

#endif
