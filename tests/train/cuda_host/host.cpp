// host.cpp - running CUDA kernels on the processor (host.h says what for and what it catches).
//
// Threads of a block are fibres: they run one after the other on their own stacks and give up control at barriers and
// warp operations alone, so a run is deterministic. A switch saves the registers that a call preserves, no more.
#include "host.h"

#include <algorithm>
#include <memory>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <vector>

// This file itself is compiled without sanitizers, for speed: HOST_ASAN says that the kernels are under
// AddressSanitizer.
#ifdef HOST_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
static void forbid(void *memory, size_t bytes) {
    __asan_poison_memory_region(memory, bytes);
}
static void permit(void *memory, size_t bytes) {
    __asan_unpoison_memory_region(memory, bytes);
}
#else
static void forbid(void *, size_t) {}
static void permit(void *, size_t) {}
#endif

#ifdef __x86_64__
// Saves the callee-saved registers and the stack pointer at *from, and continues from `to`.
extern "C" void moelaw_switch(void **from, void *to);
asm(".text\n.globl moelaw_switch\n.type moelaw_switch,@function\nmoelaw_switch:\n"
    "pushq %rbp\npushq %rbx\npushq %r12\npushq %r13\npushq %r14\npushq %r15\n"
    "movq %rsp, (%rdi)\nmovq %rsi, %rsp\n"
    "popq %r15\npopq %r14\npopq %r13\npopq %r12\npopq %rbx\npopq %rbp\nret\n"
    ".size moelaw_switch,.-moelaw_switch\n");
struct Registers {
    void *stack_pointer = nullptr;
    void start(char *stack, size_t size, void (*entry)()) {
        void **top = (void **)(stack + size) - 1; // the entry finds the stack as after a call
        *--top = (void *)entry;
        stack_pointer = top - 6; // six registers, whatever their values
    }
    void switch_to(Registers &next) { moelaw_switch(&stack_pointer, next.stack_pointer); }
};
#else
#include <ucontext.h>
struct Registers {
    ucontext_t context;
    void start(char *stack, size_t size, void (*entry)()) {
        getcontext(&context);
        context.uc_stack.ss_sp = stack;
        context.uc_stack.ss_size = size;
        context.uc_link = nullptr;
        makecontext(&context, entry, 0);
    }
    void switch_to(Registers &next) { swapcontext(&context, &next.context); }
};
#endif

namespace host {

bool backwards = false;
int n_processors = 4;
int n_cards = 1;
__thread int card = 0;
__thread Place place;

namespace {

constexpr size_t stack_size = 128 * 1024, page = 4096, fence = 64, slot_size = 1024, no_size = 0;
constexpr int max_threads = 1024, lanes = 32;
constexpr int poison = 0xff; // NaN as bf16 and as float, -1 as int

enum State { READY, AT_WARP, AT_BARRIER, DONE };

struct Copy {
    void *to;
    unsigned char bytes[16];
    int group;
};

struct Fibre {
    Registers context;
    char *stack = nullptr;
    State state = DONE;
    const char *file = "";
    int line = 0;
    int parity = 0; // which of the two slots of its warp it writes next
    int copy_group = 0;
    std::vector<Copy> copies;
    uint3 thread;
#ifdef HOST_ASAN
    void *fake_stack = nullptr;
#endif
};

struct Device {
    std::vector<Fibre> fibres;
    std::vector<unsigned char> slots; // two a lane
    unsigned char *shared = nullptr;
    size_t shared_room = 0, shared_size = 0;
    Registers main;
    const std::function<void()> *body = nullptr;
    const char *name = "";
    int current = 0, n_threads = 0;
    std::vector<std::pair<void *, size_t>> memory;
#ifdef HOST_ASAN
    void *main_fake = nullptr;
    const void *main_stack = nullptr;
    size_t main_size = 0;
#endif
    ~Device() {
        for (Fibre &f : fibres) munmap(f.stack, stack_size);
        permit(shared, shared_room);
        free(shared);
    }
};
thread_local std::unique_ptr<Device> device_owner; // ends it with its thread
__thread Device *device_here;

inline Device &this_device() {
    if (!device_here) {
        device_owner.reset(new Device);
        device_here = device_owner.get();
    }
    return *device_here;
}
#define device this_device()

void to_main(Fibre &f) {
#ifdef HOST_ASAN
    __sanitizer_start_switch_fiber(&f.fake_stack, device.main_stack, device.main_size);
#endif
    f.context.switch_to(device.main);
#ifdef HOST_ASAN
    __sanitizer_finish_switch_fiber(f.fake_stack, &device.main_stack, &device.main_size);
#endif
}

void fibre_main() {
#ifdef HOST_ASAN
    __sanitizer_finish_switch_fiber(nullptr, &device.main_stack, &device.main_size);
#endif
    for (;;) {
        (*device.body)();
        Fibre &f = device.fibres[(size_t)device.current];
        require(f.copies.empty(), "the thread ended with asynchronous copies that nobody waited for");
        f.state = DONE;
        to_main(f);
    }
}

void resume(int i) {
    Fibre &f = device.fibres[(size_t)i];
    device.current = i;
    place.thread = f.thread;
#ifdef HOST_ASAN
    __sanitizer_start_switch_fiber(&device.main_fake, f.stack + page, stack_size - page);
#endif
    device.main.switch_to(f.context);
#ifdef HOST_ASAN
    __sanitizer_finish_switch_fiber(device.main_fake, nullptr, nullptr);
#endif
}

void pause(State why, const char *file, int line) {
    Fibre &f = device.fibres[(size_t)device.current];
    f.state = why;
    f.file = file;
    f.line = line;
    to_main(f);
}

void make_fibres(int n) {
    require(n <= max_threads, "more than 1024 threads in a block");
    device.slots.resize((size_t)max_threads * 2 * slot_size);
    if (device.fibres.capacity() == 0) device.fibres.reserve(max_threads); // they never move
    while ((int)device.fibres.size() < n) {
        device.fibres.emplace_back();
        Fibre &f = device.fibres.back();
        f.stack = (char *)mmap(nullptr, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        require(f.stack != (char *)MAP_FAILED, "no memory for stacks");
        mprotect(f.stack, page, PROT_NONE);
        f.context.start(f.stack, stack_size, fibre_main);
    }
}

void clear_shared(size_t size) {
    size_t room = size + fence * 64;
    if (room > device.shared_room) {
        permit(device.shared, device.shared_room);
        free(device.shared);
        device.shared = (unsigned char *)aligned_alloc(fence, (room + fence - 1) / fence * fence);
        device.shared_room = room;
    }
    device.shared_size = size;
    permit(device.shared, device.shared_room);
    memset(device.shared, poison, device.shared_room);
    forbid(device.shared, device.shared_room);
}

int in_order(int i, int n) {
    return backwards ? n - 1 - i : i;
}

// All of [first, end) wait for the same thing at the same place; then they may go on.
void release(int first, int end, State at, const char *what) {
    Fibre *fibres = device.fibres.data();
    const Fibre &one = fibres[first];
    for (int i = first; i < end; i++) {
        const Fibre &f = fibres[i];
        if (f.state != at || f.line != one.line || (f.file != one.file && strcmp(f.file, one.file) != 0)) {
            fprintf(stderr, "%s:%d: thread %d, and %s:%d: thread %d (%s)\n", one.file, one.line, first, f.file, f.line,
                    i, f.state == DONE ? "ended" : "waits");
            require(false, what);
        }
    }
    for (int i = first; i < end; i++) fibres[i].state = READY;
}

// Runs a warp until every lane has ended or waits at a barrier of the block.
void run_warp(int first, int end) {
    const Fibre *fibres = device.fibres.data();
    for (bool again = true; again;) {
        for (int i = first; i < end; i++) {
            int t = first + in_order(i - first, end - first);
            if (fibres[t].state == READY) resume(t);
        }
        again = false;
        for (int i = first; i < end; i++) again = again || fibres[i].state == AT_WARP;
        if (again) {
            require(end - first == lanes, "a warp operation in a block whose size is no multiple of 32");
            release(first, end, AT_WARP, "a warp operation that not all lanes reach");
        }
    }
}

void run_block() {
    int n = device.n_threads, n_warps = (n + lanes - 1) / lanes;
    clear_shared(device.shared_size);
    for (int i = 0; i < n; i++) {
        Fibre &f = device.fibres[(size_t)i];
        f.state = READY;
        f.parity = 0;
        f.copy_group = 0;
        unsigned x = place.block_size.x, y = place.block_size.y, u = (unsigned)i;
        f.thread = {u % x, u / x % y, u / x / y};
    }
    for (bool again = true; again;) {
        for (int w = 0; w < n_warps; w++) {
            int first = in_order(w, n_warps) * lanes;
            run_warp(first, std::min(first + lanes, n));
        }
        again = false;
        for (int i = 0; i < n; i++) again = again || device.fibres[(size_t)i].state == AT_BARRIER;
        if (again) release(0, n, AT_BARRIER, "a barrier that not all threads reach");
    }
}

// Device memory is out of bounds for the host's own code.
void open_memory(bool open) {
    for (auto &m : device.memory) {
        if (open)
            permit(m.first, m.second);
        else
            forbid(m.first, m.second);
    }
}

} // namespace

void require(bool holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "kernel %s, block (%u,%u,%u), thread (%u,%u,%u): %s\n", device.name, place.block.x, place.block.y,
            place.block.z, place.thread.x, place.thread.y, place.thread.z, what);
    abort();
}

int lane() {
    return device.current % lanes;
}

void barrier(const char *file, int line) {
    pause(AT_BARRIER, file, line);
}

const void *exchange_bytes(const void *mine, size_t size, const char *file, int line) {
    require(size <= slot_size, "the lanes exchange too much");
    Fibre &f = device.fibres[(size_t)device.current];
    int warp = device.current / lanes;
    unsigned char *slots = &device.slots[((size_t)warp * 2 + (size_t)f.parity) * lanes * slot_size];
    f.parity = 1 - f.parity;
    memcpy(slots + (size_t)lane() * size, mine, size);
    pause(AT_WARP, file, line);
    return slots;
}

void multiply_fragments(float *c, const uint32_t *operands, int M, int N) {
    int lane_size = 4 * M + 2 * N, own = lane(), g = own / 4, t = own % 4;
    for (int i = 0; i < 2 * M; i++) { // rows of a: upper and lower half of each fragment
        float row[16];
        for (int k = 0; k < 16; k++) {
            uint32_t r = operands[(g * 4 + k % 8 / 2) * lane_size + i / 2 * 4 + k / 8 * 2 + i % 2];
            uint32_t bits = k % 2 ? r & 0xffff0000u : r << 16;
            memcpy(&row[k], &bits, sizeof bits);
        }
        for (int j = 0; j < 2 * N; j++) { // columns of b: even and odd of each fragment
            const uint32_t *column = operands + (t * 2 + j % 2) * 4 * lane_size + 4 * M + j / 2 * 2;
            float sum = 0;
            for (int k = 0; k < 16; k++) {
                uint32_t r = column[k % 8 / 2 * lane_size + k / 8], bits = k % 2 ? r & 0xffff0000u : r << 16;
                float b;
                memcpy(&b, &bits, sizeof bits);
                sum += row[k] * b;
            }
            c[(i / 2 * N + j / 2) * 4 + i % 2 * 2 + j % 2] += sum;
        }
    }
}

void *shared_array(size_t offset, int index, size_t size) {
    require(offset + size <= device.shared_size, "more shared memory than the launch asked for");
    require((size_t)index + 1 < 64, "too many shared arrays");
    unsigned char *a = device.shared + offset + fence * (size_t)(index + 1);
    permit(a, size);
    return a;
}

void copy_async(void *shared, const void *global, bool zero) {
    require((uintptr_t)shared % 16 == 0 && (zero || (uintptr_t)global % 16 == 0),
            "an asynchronous copy is not aligned");
    Fibre &f = device.fibres[(size_t)device.current];
    Copy c = {shared, {0}, f.copy_group};
    if (!zero) memcpy(c.bytes, global, sizeof c.bytes);
    memset(shared, poison, sizeof c.bytes);
    f.copies.push_back(c);
}

void copies_commit() {
    device.fibres[(size_t)device.current].copy_group++;
}

void copies_wait(int under_way) {
    Fibre &f = device.fibres[(size_t)device.current];
    size_t left = 0;
    for (const Copy &c : f.copies) {
        if (c.group < f.copy_group - under_way)
            memcpy(c.to, c.bytes, sizeof c.bytes);
        else
            f.copies[left++] = c;
    }
    f.copies.resize(left);
}

static void run_grid(const char *name, dim3 grid, dim3 block, size_t shared, const std::function<void()> &body) {
    device.name = name;
    device.body = &body;
    device.n_threads = (int)(block.x * block.y * block.z);
    device.shared_size = shared;
    make_fibres(device.n_threads);
    place.block_size = {block.x, block.y, block.z};
    place.grid_size = {grid.x, grid.y, grid.z};
    int n = (int)(grid.x * grid.y * grid.z);
    open_memory(true);
    for (int i = 0; i < n; i++) {
        unsigned b = (unsigned)in_order(i, n);
        place.block = {b % grid.x, b / grid.x % grid.y, b / grid.x / grid.y};
        run_block();
    }
    open_memory(false);
}

} // namespace host

// ---- the runtime

struct host_graph {
    std::vector<std::function<void()>> steps;
};
namespace host {
struct Stream {
    std::unique_ptr<host_graph> captured;
};

// Now, or when the graph that is being captured is launched.
static void submit(Stream *stream, std::function<void()> step) {
    if (stream && stream->captured)
        stream->captured->steps.push_back(step);
    else
        step();
}

void launch(const char *name, dim3 grid, dim3 block, size_t shared, Stream *stream, std::function<void()> body) {
    place = {};
    device.name = name;
    require(grid.x > 0 && grid.y > 0 && grid.z > 0 && grid.y < 65536 && grid.z < 65536, "an impossible grid");
    require(shared <= 160 * 1024, "more shared memory than an A100 has for a block");
    submit(stream, [=] { run_grid(name, grid, block, shared, body); });
}
} // namespace host

using host::this_device;

const char *cudaGetErrorString(cudaError_t error) {
    return error == cudaSuccess ? "success" : "out of memory";
}
cudaError_t cudaGetLastError() {
    return cudaSuccess;
}
cudaError_t cudaGetDeviceCount(int *count) {
    return *count = host::n_cards, cudaSuccess;
}
cudaError_t cudaSetDevice(int card) {
    host::require(card >= 0 && card < host::n_cards, "a card that is not there");
    return host::card = card, cudaSuccess;
}
// Few processors, so that small tests take the paths of a filled card too.
cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int) {
    *value = attribute == cudaDevAttrMultiProcessorCount ? host::n_processors : 8;
    return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned) {
    return *event = new double(0), cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    host::require(!stream->captured, "an event in a stream that is being captured");
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    *event = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t from, cudaEvent_t to) {
    *milliseconds = (float)(1000 * (*to - *from));
    return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
    return delete event, cudaSuccess;
}

cudaError_t cudaMalloc(void **memory, size_t bytes) {
    *memory = aligned_alloc(256, (bytes + 255) / 256 * 256);
    if (!*memory) return cudaErrorMemoryAllocation;
    memset(*memory, host::poison, bytes);
    forbid(*memory, (bytes + 255) / 256 * 256);
    device.memory.push_back({*memory, bytes});
    return cudaSuccess;
}
cudaError_t cudaFree(void *memory) {
    for (size_t i = 0; i < device.memory.size(); i++)
        if (device.memory[i].first == memory) {
            permit(memory, (device.memory[i].second + 255) / 256 * 256);
            device.memory.erase(device.memory.begin() + (long)i);
            break;
        }
    free(memory);
    return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
    host::require(!stream->captured || kind == cudaMemcpyDeviceToDevice, "a recorded copy of memory of the host");
    host::submit(stream, [=] {
        host::open_memory(true);
        memcpy(to, from, bytes);
        host::open_memory(false);
    });
    return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void *memory, int value, size_t bytes, cudaStream_t stream) {
    host::submit(stream, [=] {
        host::open_memory(true);
        memset(memory, value, bytes);
        host::open_memory(false);
    });
    return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned) {
    *stream = new host::Stream;
    return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    return delete stream, cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    host::require(!stream || !stream->captured, "waiting for a stream that is being captured");
    return cudaSuccess;
}
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
    stream->captured.reset(new host_graph);
    return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph) {
    *graph = stream->captured.release();
    return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long) {
    *exec = new host_graph(*graph);
    return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
    for (auto &step : exec->steps) host::submit(stream, step);
    return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    return delete graph, cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
    return delete exec, cudaSuccess;
}
