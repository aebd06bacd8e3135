// context.cu - a context: stream, memory, recorded steps.
#include "context.h"

#include <stdlib.h>
#include <vector>

extern "C" {
#include "ground/status.h"
}

void note_error(Context *c, cudaError_t error, const char *where) {
    if (error == cudaSuccess || c->error != cudaSuccess) return;
    c->error = error;
    c->error_where = where;
}

// After asynchronous launches: a launch that the device refuses shows here.
static void check_launches(Context *c, const char *where) {
    note_error(c, cudaGetLastError(), where);
}

Status cuda_open(Context **out, const Shape *shape, int) {
    *out = nullptr;
    if (shape->d_head > max_d_head)
        return fail(BAD_INPUT, "d_head = %d: the CUDA backend has heads of at most %d", shape->d_head, max_d_head);
    int n_devices = 0;
    cudaError_t error = cudaGetDeviceCount(&n_devices);
    if (error != cudaSuccess) return fail(CANNOT_FINISH, "no CUDA card answers: %s", cudaGetErrorString(error));
    if (n_devices == 0) return fail(CANNOT_FINISH, "no CUDA card in this machine");
    int device = backend_chosen_card() % n_devices, major = 0, n_processors = 0;
    error = cudaSetDevice(device); // of this thread, to which the context belongs
    if (error != cudaSuccess) return fail(CANNOT_FINISH, "CUDA card %d: %s", device, cudaGetErrorString(error));
    cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
    if (major < 8)
        return fail(CANNOT_FINISH, "the card has compute capability %d.x; bf16 products need 8.0 (Ampere) or later",
                    major);
    cudaDeviceGetAttribute(&n_processors, cudaDevAttrMultiProcessorCount, device);
    Context *c = (Context *)allocate(1, sizeof *c);
    c->n_processors = n_processors;
    error = cudaStreamCreateWithFlags(&c->stream, cudaStreamNonBlocking);
    if (error != cudaSuccess) {
        free(c);
        return fail(CANNOT_FINISH, "CUDA stream: %s", cudaGetErrorString(error));
    }
    clock_open(c);
    *out = c;
    return OK;
}

void cuda_close(Context *c) {
    if (!c) return;
    cudaStreamSynchronize(c->stream);
    for (Context::Recording &r : c->recording)
        if (r.graph) cudaGraphExecDestroy(r.graph);
    clock_close(c);
    for (int i = 0; i < c->n_outgrown; i++) cudaFree(c->outgrown[i]);
    for (char *block : c->scratch) cudaFree(block);
    free_tables(c);
    cudaStreamDestroy(c->stream);
    free(c);
}

Status cuda_sync(Context *c) {
    note_error(c, cudaStreamSynchronize(c->stream), "waiting for the card");
    check_launches(c, "launching kernels");
    cudaError_t error = c->error;
    c->error = cudaSuccess;
    if (error == cudaSuccess) return OK;
    return fail(CANNOT_FINISH, "CUDA, %s: %s", c->error_where, cudaGetErrorString(error));
}

// ---- memory

static size_t size_of(Kind kind) {
    return kind == ACT ? sizeof(bf16) : 4;
}

void *cuda_alloc(Context *c, Kind kind, long count) {
    size_t bytes = (size_t)(count > 0 ? count : 1) * size_of(kind);
    void *buffer = nullptr;
    if (cudaMalloc(&buffer, bytes) != cudaSuccess) {
        cudaGetLastError(); // out of memory does not stick: the caller is told by NULL
        return nullptr;
    }
    note_error(c, cudaMemsetAsync(buffer, 0, bytes, c->stream), "clearing memory");
    return buffer;
}

void cuda_release(Context *c, void *buffer) {
    if (!buffer) return;
    cudaStreamSynchronize(c->stream);
    cudaFree(buffer);
}

char *scratch(Context *c, Scratch purpose, size_t bytes) {
    if (bytes <= c->scratch_size[purpose]) return c->scratch[purpose];
    if (c->capturing || c->n_outgrown == (int)(sizeof c->outgrown / sizeof *c->outgrown)) {
        note_error(c, cudaErrorMemoryAllocation, "scratch grew while a step was recorded");
        return nullptr;
    }
    void *block = nullptr;
    cudaError_t error = cudaMalloc(&block, bytes);
    note_error(c, error, "scratch");
    if (error != cudaSuccess) return nullptr;
    if (c->scratch[purpose]) c->outgrown[c->n_outgrown++] = c->scratch[purpose];
    c->scratch[purpose] = (char *)block;
    c->scratch_size[purpose] = bytes;
    return c->scratch[purpose];
}

void cuda_zero(Context *c, void *buffer, Kind kind, long count) {
    note_error(c, cudaMemsetAsync(buffer, 0, (size_t)count * size_of(kind), c->stream), "clearing memory");
}

// From memory that is not pinned: the call returns when it has been read, so that the caller may reuse it.
static void to_device(Context *c, void *buffer, const void *host, size_t bytes) {
    note_error(c, cudaMemcpyAsync(buffer, host, bytes, cudaMemcpyHostToDevice, c->stream), "copying to the card");
}

static void from_device(Context *c, void *host, const void *buffer, size_t bytes) {
    note_error(c, cudaMemcpyAsync(host, buffer, bytes, cudaMemcpyDeviceToHost, c->stream), "copying from the card");
    note_error(c, cudaStreamSynchronize(c->stream), "copying from the card");
}

template <class T> static void put_as(Context *c, void *buffer, const double *host, long count) {
    std::vector<T> values((size_t)count);
    for (long i = 0; i < count; i++) values[(size_t)i] = from_float<T>((float)host[i]);
    to_device(c, buffer, values.data(), values.size() * sizeof(T));
}

void cuda_put(Context *c, void *buffer, Kind kind, const double *host, long count) {
    if (count == 0) return;
    if (kind == ACT)
        put_as<bf16>(c, buffer, host, count);
    else
        put_as<float>(c, buffer, host, count);
}

template <class T> static void get_as(Context *c, double *host, const void *buffer, long count) {
    std::vector<T> values((size_t)count, from_float<T>(0));
    from_device(c, values.data(), buffer, values.size() * sizeof(T));
    for (long i = 0; i < count; i++) host[i] = to_float(values[(size_t)i]);
}

void cuda_get(Context *c, double *host, const void *buffer, Kind kind, long count) {
    if (count == 0) return;
    if (kind == ACT)
        get_as<bf16>(c, host, buffer, count);
    else
        get_as<float>(c, host, buffer, count);
}

void cuda_put_ints(Context *c, void *buffer, const int32_t *host, long count) {
    to_device(c, buffer, host, (size_t)count * sizeof *host);
}

void cuda_get_ints(Context *c, int32_t *host, const void *buffer, long count) {
    from_device(c, host, buffer, (size_t)count * sizeof *host);
}

void cuda_copy(Context *c, void *to, const void *from, Kind kind, long count) {
    size_t bytes = (size_t)count * size_of(kind);
    note_error(c, cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, c->stream), "copying on the card");
}

// ---- recorded steps
// The first two runs are plain: they load the kernels, let scratch grow to its size and tell how time divides.

constexpr int plain_runs = 2;

bool cuda_replay(Context *c, int which) {
    Context::Recording &r = c->recording[which];
    if (r.graph) {
        clock_mark(c, N_PARTS + which);
        note_error(c, cudaGraphLaunch(r.graph, c->stream), "running a recorded step");
        clock_mark(c, PART_OTHER);
        return true;
    }
    if (r.n_plain < plain_runs) {
        clock_share_begin(c);
    } else {
        c->capturing = true;
        note_error(c, cudaStreamBeginCapture(c->stream, cudaStreamCaptureModeThreadLocal), "recording a step");
    }
    return false;
}

void cuda_recorded(Context *c, int which) {
    Context::Recording &r = c->recording[which];
    if (!c->capturing) {
        r.n_plain++;
        clock_share_end(c, which);
        return;
    }
    c->capturing = false;
    cudaGraph_t graph = nullptr;
    note_error(c, cudaStreamEndCapture(c->stream, &graph), "recording a step");
    if (!graph) return;
    note_error(c, cudaGraphInstantiate(&r.graph, graph, 0), "recording a step");
    cudaGraphDestroy(graph);
    if (r.graph) cuda_replay(c, which);
}

extern "C" int cuda_cards(void) {
    int n = 0;
    return cudaGetDeviceCount(&n) == cudaSuccess && n > 0 ? n : 1;
}

// A card is there that this program can use.
extern "C" bool cuda_answers(void) {
    Shape smallest = {};
    Context *c;
    bool answers = cuda_open(&c, &smallest, 1) == OK;
    if (answers) cuda_close(c);
    return answers;
}
