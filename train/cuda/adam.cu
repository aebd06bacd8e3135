// adam.cu - gradient norm and AdamW over all tensors in one launch.
#include "context.h"

#include <stdlib.h>
#include <vector>

extern "C" {
#include "ground/status.h"
}

namespace {

constexpr int threads = 256, a_block = 4096; // numbers a block updates
constexpr int max_parts = 1024;

// A piece of a tensor, one block's work.
struct Piece {
    long begin;
    int count;
    float rate, decay;
};

__global__ void square_sums(double *part, const float *x, long count) {
    Shared shared;
    double *scratch = shared.array<double>(threads / warp_size), sum = 0;
    for (long i = (long)blockIdx.x * threads + threadIdx.x; i < count; i += (long)gridDim.x * threads)
        sum += (double)x[i] * x[i];
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) part[blockIdx.x] = sum;
}

__global__ void root_of_sum(float *norm, const double *part, int n) {
    Shared shared;
    double *scratch = shared.array<double>(threads / warp_size), sum = 0;
    for (int i = (int)threadIdx.x; i < n; i += threads) sum += part[i];
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) *norm = (float)sqrt(sum);
}

struct State {
    float *weight;
    bf16 *copy;
    float *grad, *first, *second, *average;
};

__global__ void adamw_pieces(State s, const float *norm, const float *hyper, const Piece *pieces, float beta1,
                             float beta2, float epsilon, float clip) {
    Piece p = pieces[blockIdx.x];
    float total = *norm, shrink = clip > 0 && total > clip ? clip / total : 1.0f;
    bool usable = isfinite(total);
    float lr = hyper[HYPER_LR], correct1 = hyper[HYPER_CORRECT1], correct2 = hyper[HYPER_CORRECT2];
    for (int k = (int)threadIdx.x; k < p.count; k += threads) {
        long i = p.begin + k;
        float g = s.grad[i] * shrink;
        s.grad[i] = 0;
        if (!usable) continue;
        float first = beta1 * s.first[i] + (1.0f - beta1) * g, second = beta2 * s.second[i] + (1.0f - beta2) * g * g;
        float weight = s.weight[i];
        weight -= lr * (p.rate * first * correct1 / (sqrtf(second * correct2) + epsilon) + p.decay * weight);
        s.first[i] = first;
        s.second[i] = second;
        s.weight[i] = weight;
        if (s.copy) s.copy[i] = to_bf16(weight);
        if (s.average) s.average[i] += hyper[HYPER_AVERAGE] * (weight - s.average[i]);
    }
}

} // namespace

struct TensorTable {
    Piece *pieces; // on the device
    int n_pieces;
    TensorTable *next;
};

void *cuda_tensors(Context *c, const Tensor *list, int n) {
    std::vector<Piece> pieces;
    for (int t = 0; t < n; t++)
        for (long at = 0; at < list[t].count; at += a_block) {
            int count = (int)min((long)a_block, list[t].count - at);
            pieces.push_back({list[t].offset + at, count, (float)list[t].rate, (float)list[t].decay});
        }
    size_t bytes = pieces.size() * sizeof(Piece);
    void *memory = nullptr;
    cudaError_t error = cudaMalloc(&memory, bytes);
    note_error(c, error, "the table of tensors");
    if (error != cudaSuccess) return nullptr;
    note_error(c, cudaMemcpyAsync(memory, pieces.data(), bytes, cudaMemcpyHostToDevice, c->stream),
               "the table of tensors");
    TensorTable *table = (TensorTable *)allocate(1, sizeof *table);
    *table = {(Piece *)memory, (int)pieces.size(), c->tables};
    c->tables = table;
    return table;
}

void free_tables(Context *c) {
    while (c->tables) {
        TensorTable *table = c->tables;
        c->tables = table->next;
        cudaFree(table->pieces);
        free(table);
    }
}

void cuda_grad_norm(Context *c, void *norm_1, const void *grad, long count) {
    unsigned parts = (unsigned)min((long)max_parts, (long)blocks_for(count, a_block));
    double *part = (double *)scratch(c, SCRATCH_OPERATION, parts * sizeof(double));
    if (!part) return;
    size_t shared = shared_bytes_of<double>(threads / warp_size);
    LAUNCH(square_sums, parts, threads, shared, c->stream, part, (const float *)grad, count);
    LAUNCH(root_of_sum, 1, threads, shared, c->stream, (float *)norm_1, part, (int)parts);
}

void cuda_adamw(Context *c, void *weight, void *copy_A, void *grad, void *first, void *second, void *average,
                const void *norm_1, const void *hyper, const void *tensors, int, AdamSpec s) {
    const TensorTable *table = (const TensorTable *)tensors;
    if (!table || table->n_pieces == 0) return;
    State state = {(float *)weight, (bf16 *)copy_A, (float *)grad, (float *)first, (float *)second, (float *)average};
    LAUNCH(adamw_pieces, (unsigned)table->n_pieces, threads, 0, c->stream, state, (const float *)norm_1,
           (const float *)hyper, table->pieces, (float)s.beta1, (float)s.beta2, (float)s.epsilon, (float)s.clip);
}
