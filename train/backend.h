// backend.h - the table of operations that a model is made of, and its memory. One table per backend: "cpu" (fp32,
// fast), "cpu-plain" (fp32, plain loops whose bits do not depend on machine or library), "cpu-double" (the yardstick
// for gradients), "cuda" (bf16 products, fp32 everything else that adds up).
//
// Rules of all operations
// - Buffers are opaque pointers from alloc(). Their element is one of three kinds, given beside each argument:
//       A  activations and the weights of products: float, double or bf16, as the backend likes (size[ACT])
//       F  "full": parameters, gradients, moments, router, norm statistics: float, or double in cpu-double (size[FULL])
//       I  int32
//   A name's tail is its shape, row-major: x_TD is T rows of D. T = sequences x seq_len tokens, S = T x K slots
//   (token copies in expert order), D = d_model, E experts, K = top_k, F = hidden width, V = vocabulary.
// - "=" overwrites, "+=" accumulates. Gradients of parameters always accumulate (micro-batches add up); adamw() zeroes
//   them. Inputs and outputs do not alias unless said.
// - Fixed order: the same call on the same data gives the same bits. No atomics on sums of floats.
// - Calls are asynchronous where the backend likes; get(), get_ints() and sync() wait. Nothing else may make the host
//   wait, and no value that varies from step to step comes as a host scalar (it comes in the `hyper` buffer), so that a
//   whole step can be recorded once and replayed (replay/record).
// - No operation fails on numbers: NaN in, NaN out. A device error sticks to the context; sync() reports it.
#ifndef MOELAW_BACKEND_H
#define MOELAW_BACKEND_H

#include "run/shape.h"
#include "ground/status.h"

#include <stdint.h>

typedef enum { ACT, FULL, INT32, N_KINDS } Kind;

// What time is counted under; the order of StepStats.seconds.
typedef enum { PART_ROUTING, PART_PERMUTE, PART_PRODUCT, PART_ATTENTION, PART_OTHER, N_PARTS } Part;

typedef struct Context Context; // one model's stream, handles and workspace on a device

// Rows of a grouped product: group g owns rows offset[g]..offset[g+1]-1 of x and y, and weight matrix g.
// offset is a device buffer (I, n + 1 entries, offset[0] = 0, offset[n] = rows); the host knows only the total.
typedef struct {
    const void *offset;
    int n;
    long rows;
} Groups;

// Everything about one MoE layer's routing of T tokens, as device buffers.
typedef struct {
    void *logit_TE;  // F  router logits
    void *index_TK;  // I  chosen experts of a token, best first
    void *slot_TK;   // I  where that copy of the token stands in expert order
    void *token_S;   // I  the token of a slot; slots of one expert are ordered by token
    void *weight_S;  // F  gate weight of a slot
    void *offset_E1; // I  first slot of each expert, [E + 1]
    void *count_E;   // I  += tokens an expert got (added up over micro-batches)
    void *stats_3;   // F  += {entropy of the gate summed over tokens, balancing loss, z-loss}, see router_forward
} Routing;

typedef struct {
    int T, D, E, K, seq_len;
    int gate;      // Gate: GATE_SOFTMAX or GATE_SIGMOID
    double scale;  // gate weight = scale x score
    double aux, z; // weight of balancing and z-loss per token of the whole batch: coefficient / tokens in a step
} RouterSpec;

typedef struct {
    int n_sequences, seq_len, n_heads, n_kv_heads, d_head;
} AttentionSpec;

// A tensor inside the flat parameter buffer, for adamw().
typedef struct {
    long offset, count;
    double rate; // times the step's lr
    double
        decay; // weight decay, times the step's lr (not times rate: the time scale of decay is the same at all widths)
} Tensor;

// Step-varying scalars, one F buffer written by the host before each step: hyper[HYPER_LR] and so on.
enum {
    HYPER_LR,
    HYPER_CORRECT1, // 1 / (1 - beta1^t)
    HYPER_CORRECT2, // 1 / (1 - beta2^t)
    HYPER_AVERAGE,  // average += this x (weight - average)
    N_HYPER
};

typedef struct {
    double beta1, beta2, epsilon, clip; // clip: largest gradient norm, 0: none
} AdamSpec;

typedef struct Backend {
    const char *name;
    size_t size[N_KINDS]; // bytes an element
    bool one_copy;        // A and F are the same type: products read the parameters themselves
    bool by_group;        // offsets of Groups are host memory, and experts go best one after another

    // --- device and memory
    // Sized for micro-batches of n_sequences of this shape. CANNOT_FINISH says why the device does not answer.
    Status (*open)(Context **c, const Shape *shape, int n_sequences);
    void (*close)(Context *c);
    Status (*sync)(Context *c);                        // waits; CANNOT_FINISH if anything since the last sync failed
    void *(*alloc)(Context *c, Kind kind, long count); // zeroed; NULL if memory is out
    void (*release)(Context *c, void *buffer);
    void (*zero)(Context *c, void *buffer, Kind kind, long count);
    // Host doubles to and from ACT or FULL (rounded to nearest), host int32 to and from INT32.
    void (*put)(Context *c, void *buffer, Kind kind, const double *host, long count);
    void (*get)(Context *c, double *host, const void *buffer, Kind kind, long count);
    void (*put_ints)(Context *c, void *buffer, const int32_t *host, long count);
    void (*get_ints)(Context *c, int32_t *host, const void *buffer, long count);
    void (*copy)(Context *c, void *to, const void *from, Kind kind, long count);
    void (*convert)(Context *c, void *to_A, const void *from_F, long count); // F to A; to == from is fine if one_copy

    // Recording a step: if replay(c, which) is true the backend has just run the calls it recorded last time under that
    // number (with the buffers' present contents); else the caller issues them and ends with recorded(c, which).
    // which: 0..7. A backend without this always answers false.
    bool (*replay)(Context *c, int which);
    void (*recorded)(Context *c, int which);
    // From here on time belongs to `part`; times() returns seconds per part since it was last called.
    void (*mark)(Context *c, Part part);
    void (*times)(Context *c, double seconds[N_PARTS]);

    // --- token embedding
    // x_TD (A) = table_VD (A) [token_T (I)]
    void (*embed)(Context *c, void *x_TD, const void *table_VD, const void *token_T, int T, int D);
    // dtable_VD (F) += dx_TD (A) by token, added up in token order
    void (*embed_back)(Context *c, void *dtable_VD, const void *dx_TD, const void *token_T, int T, int D, int V);

    // --- RMSNorm with the residual sum before it: s = x + y; h = gain s / sqrt(mean(s^2) + 1e-6)
    // s_TD, h_TD (A) =, rstd_T (F) = 1 / sqrt(...). x, y (A); gain_D (F). y NULL: s is not written, h is that of x.
    // s may be x.
    void (*norm)(Context *c, void *s_TD, void *h_TD, void *rstd_T, const void *x_TD, const void *y_TD,
                 const void *gain_D, int T, int D);
    // ds_TD (A) += gradient through the norm; dgain_D (F) +=. s_TD as after norm() (x if y was NULL).
    void (*norm_back)(Context *c, void *ds_TD, void *dgain_D, const void *dh_TD, const void *s_TD, const void *rstd_T,
                      const void *gain_D, int T, int D);

    // --- grouped products; an ordinary one has one group. Weights w_GKN (A) are [group][in K][out N]. fp32 sums.
    // Empty groups are legal: dw of an empty group gets nothing.
    // y = x w, or y += x w with add
    void (*product)(Context *c, void *y_SN, const void *x_SK, const void *w_GKN, Groups g, int K, int N, bool add);
    // dx = dy w^T, or dx += with add
    void (*product_dx)(Context *c, void *dx_SK, const void *dy_SN, const void *w_GKN, Groups g, int K, int N, bool add);
    // dw_GKN (F) += x^T dy
    void (*product_dw)(Context *c, void *dw_GKN, const void *x_SK, const void *dy_SN, Groups g, int K, int N);

    // --- causal attention with rotary positions. qkv is T rows of [n_heads q | n_kv_heads k | n_kv_heads v] x d_head;
    // query head h reads key/value head h / (n_heads / n_kv_heads). Scores are scaled by `scale`.
    // Rotary: pair (i, i + d_head/2) of q and k turns by position x 10000^(-2i/d_head).
    // rstd_TM (F, M = n_heads + n_kv_heads; NULL: q and k are taken as they are) = 1 / sqrt(mean(x^2) + 1e-6) of each
    // head of q and k, by which it is multiplied before it turns (arXiv 2010.04245, without gains).
    // qkv (A): q and k are normalised and rotated in place. out_TQ (A) =, Q = n_heads d_head; lse_TH (F) = log sum exp
    // of scaled scores.
    void (*attention)(Context *c, void *out_TQ, void *lse_TH, void *rstd_TM, void *qkv, AttentionSpec s, double scale);
    // dqkv (A) = gradient for qkv as it was before; qkv and rstd_TM as attention() left them.
    void (*attention_back)(Context *c, void *dqkv, const void *dout_TQ, const void *out_TQ, const void *lse_TH,
                           const void *rstd_TM, const void *qkv, AttentionSpec s, double scale);

    // --- routing, all in F. logit = h_TD (A) router_DE (F); score = sigmoid(logit), or softmax over E of it.
    // Chosen: the K largest score + bias_E (F), the bias for choosing only; of equals the lower index first.
    // weight = scale x score of the chosen (not renormalised, so that K = 1 learns).
    // p = scores normalised to sum 1 over E. stats += { sum_t -sum_e p log p,
    //     aux x sum over sequences of E / (K seq_len) sum_e n_e sum_t p_te   (n_e: times e was chosen in the sequence),
    //     z x sum_t (log sum_e exp logit)^2 }. The balancing loss is per sequence: splitting a batch changes nothing.
    void (*router)(Context *c, Routing r, const void *h_TD, const void *router_DE, const void *bias_E, RouterSpec s);
    // dh_TD (A) +=, drouter_DE (F) += from dweight_S (F) and from the balancing and z losses (n_e held constant).
    void (*router_back)(Context *c, void *dh_TD, void *drouter_DE, Routing r, const void *dweight_S, const void *h_TD,
                        const void *router_DE, RouterSpec s);
    // bias_LE (F) += rate x sign(mean count - count) with counts count_LE (I), then minus its mean, for each layer.
    void (*balance)(Context *c, void *bias_LE, const void *count_LE, int n_layers, int E, double rate);

    // --- permutation; each is the other's gradient
    // y_SD (A) = x_TD (A) [token_S (I)]
    void (*gather)(Context *c, void *y_SD, const void *x_TD, const void *token_S, long S, int D);
    // y_TD (A) = sum_k x_SD (A) [slot_TK (I)], or += with add; summed in the order of k
    void (*gather_sum)(Context *c, void *y_TD, const void *x_SD, const void *slot_TK, int T, int K, int D, bool add);

    // --- SwiGLU. up is S rows of [gate F | up F]; a_SF (A) = weight_S (F; NULL: 1) x silu(gate) x up
    void (*swiglu)(Context *c, void *a_SF, const void *up_S2F, const void *weight_S, long S, int F);
    // dup (A) =, dweight_S (F; NULL: not wanted) = sum_f da silu(gate) up. dup may be up.
    void (*swiglu_back)(Context *c, void *dup_S2F, void *dweight_S, const void *da_SF, const void *up_S2F,
                        const void *weight_S, long S, int F);

    // --- output head and loss: logits = scale h_TD (A) head_VD^T (A); loss_T (F) = cross-entropy against target_T (I).
    // dh NULL: loss alone. Else dh_TD (A) = and dhead_VD (F) += gradients of `weight` x sum of losses. The backend
    // keeps logits to itself (in chunks, in fp32).
    void (*head)(Context *c, void *loss_T, void *dh_TD, void *dhead_VD, const void *h_TD, const void *head_VD,
                 const void *target_T, int T, int V, int D, double scale, double weight);
    // sum_R (F) = sums of each row of x_RC (F), added in double precision (pairs in fixed order)
    void (*row_sums)(Context *c, void *sum_R, const void *x_RC, int R, int C);

    // --- optimiser over the flat buffers of all tensors
    // norm_1 (F) = Euclidean norm of grad (F)
    void (*grad_norm)(Context *c, void *norm_1, const void *grad, long count);
    // Makes the list of tensors known to the device; valid until close().
    void *(*tensors)(Context *c, const Tensor *list, int n);
    // One pass over all tensors: g = grad x min(1, clip / norm); first = beta1 first + (1 - beta1) g; second likewise
    // with g^2; weight -= lr (rate first correct1 / (sqrt(second correct2) + epsilon) + decay weight); copy_A = weight
    // unless copy_A is NULL; average (NULL: none) += hyper[HYPER_AVERAGE] (weight - average); grad = 0.
    // A norm that is not finite leaves everything but grad as it was.
    void (*adamw)(Context *c, void *weight, void *copy_A, void *grad, void *first, void *second, void *average,
                  const void *norm_1, const void *hyper, const void *tensors, int n_tensors, AdamSpec s);
} Backend;

extern const Backend backend_cpu, backend_cpu_plain, backend_cpu_double;

// By name; "auto" is "cuda" where it is compiled in and a device answers, else "cpu". BAD_INPUT lists the names.
Status backend_find(const char *name, const Backend **backend);
// Cards that runs can be spread over; 1 without any.
int backend_cards(const Backend *backend);
// Contexts that the calling thread opens are on card `index`, counted round where there are fewer. CUDA alone.
void backend_choose_card(int index);
int backend_chosen_card(void);
// For measuring a backend: the thread's own processor time where it runs on one, else the wall's clock.
double backend_seconds(const Backend *backend);

#endif
