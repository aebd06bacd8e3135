// backend.cu - the table of the CUDA backend.
#include "context.h"

static Backend make_table() {
    Backend b = {};
    b.name = "cuda";
    b.size[ACT] = sizeof(bf16), b.size[FULL] = sizeof(float), b.size[INT32] = sizeof(int32_t);
    b.one_copy = false;
    b.open = cuda_open, b.close = cuda_close, b.sync = cuda_sync;
    b.alloc = cuda_alloc, b.release = cuda_release, b.zero = cuda_zero;
    b.put = cuda_put, b.get = cuda_get, b.put_ints = cuda_put_ints, b.get_ints = cuda_get_ints;
    b.copy = cuda_copy, b.convert = cuda_convert;
    b.replay = cuda_replay, b.recorded = cuda_recorded, b.mark = cuda_mark, b.times = cuda_times;
    b.embed = cuda_embed, b.embed_back = cuda_embed_back;
    b.norm = cuda_norm, b.norm_back = cuda_norm_back;
    b.product = cuda_product, b.product_dx = cuda_product_dx, b.product_dw = cuda_product_dw;
    b.attention = cuda_attention, b.attention_back = cuda_attention_back;
    b.router = cuda_router, b.router_back = cuda_router_back, b.balance = cuda_balance;
    b.gather = cuda_gather, b.gather_sum = cuda_gather_sum;
    b.swiglu = cuda_swiglu, b.swiglu_back = cuda_swiglu_back;
    b.head = cuda_head, b.row_sums = cuda_row_sums;
    b.grad_norm = cuda_grad_norm, b.tensors = cuda_tensors, b.adamw = cuda_adamw;
    return b;
}

extern "C" const Backend backend_cuda;
const Backend backend_cuda = make_table();
