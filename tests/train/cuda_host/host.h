// host.h - the part of CUDA that this folder uses, on the processor: kernels run block by block, each thread of a block
// on a stack of its own, up to the next barrier or warp operation.
//
// For tests, made to find faults rather than to be fast:
// - a barrier or warp operation that not all threads reach, or reach at different places, ends the program;
// - shared arrays are filled with NaN bits, fenced, and (under AddressSanitizer) checked element by element;
// - an asynchronous copy arrives only when it is waited for, NaN bits until then;
// - device memory is NaN bits when allocated and may be touched by kernels and copies alone;
// - while a stream is captured nothing runs, so what a graph cannot hold (waiting, allocating) ends the program;
// - host::backwards runs blocks and threads in the opposite order: same bits, or there is a race.
// Each operating-system thread is a device of its own: streams run at once and in order.
#ifndef MOELAW_CUDA_HOST_H
#define MOELAW_CUDA_HOST_H

#include <algorithm>
#include <functional>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <type_traits>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __restrict__ __restrict

struct dim3 {
    unsigned x, y, z;
    dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
struct uint3 {
    unsigned x, y, z;
};
struct alignas(8) uint2 {
    uint32_t x, y;
};
struct alignas(16) uint4 {
    uint32_t x, y, z, w;
};
struct alignas(8) float2 {
    float x, y;
};
struct alignas(16) float4 {
    float x, y, z, w;
};
inline uint4 make_uint4(uint32_t x, uint32_t y, uint32_t z, uint32_t w) {
    return {x, y, z, w};
}
inline float2 make_float2(float x, float y) {
    return {x, y};
}
inline float4 make_float4(float x, float y, float z, float w) {
    return {x, y, z, w};
}

namespace host {

extern bool backwards;
extern int n_processors; // that the device claims to have
extern int n_cards;
extern __thread int card; // that the running thread has chosen

// Where the running thread is.
struct Place {
    uint3 thread, block, block_size, grid_size;
};
extern __thread Place place;
int lane();

// Ends the program with `what` and the place if `holds` is false.
void require(bool holds, const char *what);

void barrier(const char *file, int line);

// Every lane of the warp gives `size` bytes and gets those of all lanes, one after the other; valid until the warp's
// next exchange but one.
const void *exchange_bytes(const void *mine, size_t size, const char *file, int line);
template <class T> const T *exchange(const T &mine, const char *file = __builtin_FILE(), int line = __builtin_LINE()) {
    static_assert(std::is_trivially_copyable<T>::value, "lanes exchange plain bytes");
    return static_cast<const T *>(exchange_bytes(&mine, sizeof mine, file, line));
}

// c_MN += a_M b_N for this lane's part of c, from the operands of all lanes: M x 4 registers of a, then N x 2 of b, a
// lane.
void multiply_fragments(float *c, const uint32_t *operands, int M, int N);

void *shared_array(size_t offset, int index, size_t size);
void copy_async(void *shared, const void *global, bool zero);
void copies_commit();
void copies_wait(int under_way);

void launch(const char *name, dim3 grid, dim3 block, size_t shared, struct Stream *stream, std::function<void()> body);

} // namespace host

#define threadIdx (host::place.thread)
#define blockIdx (host::place.block)
#define blockDim (host::place.block_size)
#define gridDim (host::place.grid_size)
#define SYNC_BLOCK() host::barrier(__FILE__, __LINE__)
// The arguments are copied now, as a real launch does: a captured launch must not see later changes.
#define LAUNCH(kernel, grid, block, shared, stream, ...)                                                               \
    [&](auto... moelaw_args) {                                                                                         \
        host::launch(#kernel, (grid), (block), (shared), (stream), [=] { kernel(moelaw_args...); });                   \
    }(__VA_ARGS__)

using std::max;
using std::min;
inline int __popc(unsigned x) {
    return __builtin_popcount(x);
}
// Integers alone: their sums do not depend on order.
inline int atomicAdd(int *at, int v) {
    return *at += v, *at - v;
}
inline unsigned atomicOr(unsigned *at, unsigned v) {
    return *at |= v;
}
inline float rsqrtf(float x) {
    return 1.0f / sqrtf(x);
}

// ---- the runtime, by its own names

typedef host::Stream *cudaStream_t;
typedef struct host_graph *cudaGraph_t;
typedef struct host_graph *cudaGraphExec_t;
typedef double *cudaEvent_t; // when it was recorded
typedef enum { cudaSuccess = 0, cudaErrorMemoryAllocation = 2 } cudaError_t;
typedef enum { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice } cudaMemcpyKind;
typedef enum { cudaStreamCaptureModeThreadLocal } cudaStreamCaptureMode;
typedef enum { cudaDevAttrComputeCapabilityMajor, cudaDevAttrMultiProcessorCount } cudaDeviceAttr;
constexpr unsigned cudaStreamNonBlocking = 1, cudaEventDefault = 0;

const char *cudaGetErrorString(cudaError_t error);
cudaError_t cudaGetLastError();
cudaError_t cudaGetDeviceCount(int *count);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int device);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t from, cudaEvent_t to);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaMalloc(void **memory, size_t bytes);
cudaError_t cudaFree(void *memory);
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaMemsetAsync(void *memory, int value, size_t bytes, cudaStream_t stream);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long flags);
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec);

#endif
