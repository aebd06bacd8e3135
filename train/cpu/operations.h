// operations.h - one CPU backend: define `real`, REAL_BITS, PLAIN, BACKEND and BACKEND_NAME, then include this once.
#include "backend.h"

#include "real.h"

#include "turn.h"

#include "product.h"

#include "memory.h"

#include "rows.h"

#if PLAIN
#include "head_norm.h"

#include "attention.h"
#else
#include "attention_lanes.h"
#endif

#include "router.h"

#include "loss.h"

#include "optimiser.h"

const Backend BACKEND = {
    .name = BACKEND_NAME,
    .size = {sizeof(real), sizeof(real), sizeof(int32_t)},
    .one_copy = true,
    .by_group = true,
    .open = op_open,
    .close = op_close,
    .sync = op_sync,
    .alloc = op_alloc,
    .release = op_release,
    .zero = op_zero,
    .put = op_put,
    .get = op_get,
    .put_ints = op_put_ints,
    .get_ints = op_get_ints,
    .copy = op_copy,
    .convert = op_convert,
    .replay = op_replay,
    .recorded = op_recorded,
    .mark = op_mark,
    .times = op_times,
    .embed = op_embed,
    .embed_back = op_embed_back,
    .norm = op_norm,
    .norm_back = op_norm_back,
    .product = op_product,
    .product_dx = op_product_dx,
    .product_dw = op_product_dw,
    .attention = op_attention,
    .attention_back = op_attention_back,
    .router = op_router,
    .router_back = op_router_back,
    .balance = op_balance,
    .gather = op_gather,
    .gather_sum = op_gather_sum,
    .swiglu = op_swiglu,
    .swiglu_back = op_swiglu_back,
    .head = op_head,
    .row_sums = op_row_sums,
    .grad_norm = op_grad_norm,
    .tensors = op_tensors,
    .adamw = op_adamw,
};
