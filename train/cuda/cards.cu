// cards.cu - see cards.h. The communicator does not block, so that errors are seen while waiting for other cards; a
// rank that is gone takes this one down through the launcher (ranks.h).
#include "context.h"

#include <dlfcn.h>
#include <nccl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern "C" {
#include "ground/status.h"
#include "cards.h"
}

static_assert(NCCL_VERSION_CODE >= NCCL_VERSION(2, 14, 0), "communicators that do not block need NCCL 2.14; NCCL=0");

struct Nccl {
    ncclComm_t comm;
    bool broken;
};

namespace {

struct Library {
    decltype(&ncclGetUniqueId) unique_id;
    decltype(&ncclCommInitRankConfig) open;
    decltype(&ncclCommGetAsyncError) state;
    decltype(&ncclAllReduce) all_reduce;
    decltype(&ncclCommFinalize) finalize;
    decltype(&ncclCommDestroy) destroy;
    decltype(&ncclCommAbort) abort;
    decltype(&ncclGetErrorString) text;
} library;

template <class F> bool find(void *from, F *function, const char *name) {
    *function = reinterpret_cast<F>(dlsym(from, name));
    return *function != nullptr;
}

// Once a process; one thread of it shares a run.
Status load_library() {
    if (library.text) return OK;
    void *from = dlopen("libnccl.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!from) return fail(CANNOT_FINISH, "several cards need NCCL: %s", dlerror());
    Library l = {};
    bool whole = find(from, &l.unique_id, "ncclGetUniqueId") && find(from, &l.open, "ncclCommInitRankConfig") &&
                 find(from, &l.state, "ncclCommGetAsyncError") && find(from, &l.all_reduce, "ncclAllReduce") &&
                 find(from, &l.finalize, "ncclCommFinalize") && find(from, &l.destroy, "ncclCommDestroy") &&
                 find(from, &l.abort, "ncclCommAbort") && find(from, &l.text, "ncclGetErrorString");
    if (!whole) return fail(CANNOT_FINISH, "libnccl.so.2 is too old; 2.14 or later is needed");
    // Rings add in one order whatever the moment; other ways are faster for few bytes and many nodes.
    setenv("NCCL_ALGO", "Ring", 0);
    library = l;
    return OK;
}

void pause_shortly() {
    timespec moment = {0, 20 * 1000};
    nanosleep(&moment, nullptr);
}

Status broke(Nccl *n, const char *doing, const char *why) {
    n->broken = true;
    return fail(CANNOT_FINISH, "NCCL, %s: %s", doing, why);
}

// Until the communicator has taken what it was last asked.
Status settle(Nccl *n, ncclResult_t result, const char *doing) {
    while (result == ncclInProgress) {
        pause_shortly();
        ncclResult_t asked = library.state(n->comm, &result);
        if (asked != ncclSuccess) result = asked;
    }
    return result == ncclSuccess ? OK : broke(n, doing, library.text(result));
}

} // namespace

extern "C" Status nccl_id(char id[NCCL_ID]) {
    static_assert(sizeof(ncclUniqueId) == NCCL_ID, "the size of NCCL's id");
    ncclUniqueId unique;
    TRY(load_library());
    ncclResult_t result = library.unique_id(&unique);
    if (result != ncclSuccess) return fail(CANNOT_FINISH, "NCCL: %s", library.text(result));
    memcpy(id, &unique, sizeof unique);
    return OK;
}

extern "C" Status nccl_open(Nccl **out, const char id[NCCL_ID], int rank, int size) {
    ncclUniqueId unique;
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    TRY(load_library());
    Nccl *n = (Nccl *)allocate(1, sizeof *n);
    *out = n;
    memcpy(&unique, id, sizeof unique);
    config.blocking = 0;
    return settle(n, library.open(&n->comm, size, unique, rank, &config), "joining");
}

extern "C" Status nccl_sum(Nccl *n, Context *c, void *buffer, Kind kind, long count) {
    ncclDataType_t type = kind == INT32 ? ncclInt32 : ncclFloat32;
    TRY(settle(n, library.all_reduce(buffer, buffer, (size_t)count, type, ncclSum, n->comm, c->stream), "adding up"));
    cudaError_t error;
    while ((error = cudaStreamQuery(c->stream)) == cudaErrorNotReady) {
        ncclResult_t state = ncclSuccess;
        library.state(n->comm, &state);
        if (state != ncclSuccess) return broke(n, "adding up", library.text(state));
        pause_shortly();
    }
    return error == cudaSuccess ? OK : broke(n, "adding up", cudaGetErrorString(error));
}

extern "C" void nccl_close(Nccl *n) {
    if (!n) return;
    // Aborting ends the kernels that wait for cards which will not answer.
    if (n->comm && !n->broken && settle(n, library.finalize(n->comm), "leaving") == OK)
        library.destroy(n->comm);
    else if (n->comm)
        library.abort(n->comm);
    free(n);
}
