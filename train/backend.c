// backend.c - finding a backend by name.
#include "backend.h"

#include "ground/clock.h"

#include <string.h>

#ifdef HAVE_CUDA
extern const Backend backend_cuda;
bool cuda_answers(void); // a device is there and usable
int cuda_cards(void);
#endif

static const Backend *const backends[] = {
    &backend_cpu,
    &backend_cpu_plain,
    &backend_cpu_double,
#ifdef HAVE_CUDA
    &backend_cuda,
#endif
};

Status backend_find(const char *name, const Backend **backend) {
    const char *wanted = name;
#ifdef HAVE_CUDA
    if (!strcmp(name, "auto") && cuda_answers()) wanted = "cuda";
#endif
    if (!strcmp(wanted, "auto")) wanted = "cpu";
    for (unsigned i = 0; i < sizeof backends / sizeof *backends; i++)
        if (!strcmp(backends[i]->name, wanted)) {
            *backend = backends[i];
            return OK;
        }
    if (!strcmp(wanted, "cuda"))
        return fail(BAD_INPUT, "backend 'cuda' is not in this program; build with CUDA=1 where nvcc is installed");
    return fail(BAD_INPUT, "backend '%.40s', expected auto, cpu, cuda, cpu-plain or cpu-double", name);
}

int backend_cards(const Backend *backend) {
#ifdef HAVE_CUDA
    if (backend == &backend_cuda) return cuda_cards();
#endif
    (void)backend;
    return 1;
}

static _Thread_local int chosen_card;

void backend_choose_card(int index) {
    chosen_card = index;
}
int backend_chosen_card(void) {
    return chosen_card;
}

double backend_seconds(const Backend *backend) {
    return backend->one_copy ? clock_thread_seconds() : clock_seconds();
}
