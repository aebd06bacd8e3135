// cuda_faults.cpp - does the host's CUDA catch what it is there to catch? One deliberate fault a kernel.
#include "cuda/device.h"
#include "cuda_faults.h"

#include <stdio.h>

static cudaStream_t stream() {
    cudaStream_t s;
    cudaStreamCreateWithFlags(&s, cudaStreamNonBlocking);
    return s;
}
static float *numbers(size_t n) {
    void *memory;
    cudaMalloc(&memory, n * sizeof(float));
    return (float *)memory;
}

__global__ void write_at(float *x, int i) {
    x[i + (int)threadIdx.x] = 1;
}
static void past_the_end() {
    LAUNCH(write_at, 1, 32, 0, stream(), numbers(64), 33);
}

__global__ void read_shared(float *x, int i) {
    Shared shared;
    float *a = shared.array<float>(8), *b = shared.array<float>(8);
    a[threadIdx.x % 8] = b[threadIdx.x % 8] = 0;
    x[0] = a[i];
}
static void past_a_shared_array() {
    LAUNCH(read_shared, 1, 32, 2 * shared_bytes_of<float>(8), stream(), numbers(1), 8);
}
static void too_little_shared() {
    LAUNCH(read_shared, 1, 32, shared_bytes_of<float>(8), stream(), numbers(1), 0);
}

__global__ void half_a_barrier() {
    if (threadIdx.x < 32) SYNC_BLOCK();
}
static void divergent_barrier() {
    LAUNCH(half_a_barrier, 1, 64, 0, stream());
}

__global__ void half_a_vote() {
    if (threadIdx.x % 2) lane_vote(true);
}
static void divergent_vote() {
    LAUNCH(half_a_vote, 1, 32, 0, stream());
}

__global__ void copy_without_wait(const float *x) {
    Shared shared;
    copy_async(shared.array<float>(4), x, false);
    copies_commit();
}
static void forgotten_copy() {
    LAUNCH(copy_without_wait, 1, 1, 16, stream(), numbers(4));
}

__global__ void misaligned(float *x) {
    *reinterpret_cast<float4 *>(x + 1) = make_float4(0, 0, 0, 0);
}
static void misaligned_vector() {
    LAUNCH(misaligned, 1, 1, 0, stream(), numbers(8));
}

static void host_touches_device() {
    *numbers(1) = 1;
}

static void wait_in_recording() {
    cudaStream_t s = stream();
    cudaStreamBeginCapture(s, cudaStreamCaptureModeThreadLocal);
    cudaStreamSynchronize(s);
}

extern "C" const CudaFault cuda_faults[] = {
    {"a store past the end of device memory", past_the_end, "heap-buffer-overflow"},
    {"a load past the end of one shared array", past_a_shared_array, "use-after-poison"},
    {"more shared arrays than the launch asked for", too_little_shared, "more shared memory than the launch asked for"},
    {"a barrier that half the threads reach", divergent_barrier, "a barrier that not all threads reach"},
    {"a vote that half the lanes reach", divergent_vote, "a warp operation that not all lanes reach"},
    {"an asynchronous copy that is not waited for", forgotten_copy, "nobody waited for"},
    {"a vector store that is not aligned", misaligned_vector, "misaligned address"},
    {"the host touches device memory", host_touches_device, "use-after-poison"},
    {"waiting while a step is recorded", wait_in_recording, "a stream that is being captured"},
    {nullptr, nullptr, nullptr},
};

__global__ void from_neighbour(float *x, bool faulty) {
    Shared shared;
    float *a = shared.array<float>(64);
    a[threadIdx.x] = (float)threadIdx.x;
    if (!faulty) SYNC_BLOCK();
    float v = a[(threadIdx.x + 1) % 64];
    if (threadIdx.x == 5) x[0] = v == v ? v : -1;
}
extern "C" float cuda_missing_barrier(bool faulty, bool backwards) {
    float *x = numbers(1), result = 0;
    cudaStream_t s = stream();
    host::backwards = backwards;
    LAUNCH(from_neighbour, 1, 64, shared_bytes_of<float>(64), s, x, faulty);
    host::backwards = false;
    cudaMemcpyAsync(&result, x, sizeof result, cudaMemcpyDeviceToHost, s);
    cudaFree(x);
    cudaStreamDestroy(s);
    return result;
}

extern "C" void cuda_host_backwards(bool backwards) {
    host::backwards = backwards;
}
extern "C" void cuda_host_processors(int processors) {
    host::n_processors = processors;
}
void cuda_host_cards(int cards) {
    host::n_cards = cards;
}
int cuda_host_card(void) {
    return host::card;
}
