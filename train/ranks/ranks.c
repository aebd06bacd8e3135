// ranks.c - see ranks.h.
#include "ranks.h"

#ifdef HAVE_MPI
#include <mpi.h>
#endif
#ifdef HAVE_NCCL
#include "cuda/cards.h"
#endif

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1 << 15 };

struct Ranks {
    int rank, size, local;
    double *all_RC, *own_C; // [size on rank 0][CHUNK], [CHUNK]
    int32_t *ints_C;
#ifdef HAVE_NCCL
    Nccl *nccl;
#endif
};

int ranks_size(const Ranks *r) {
    return r ? r->size : 1;
}
bool ranks_lead(const Ranks *r) {
    return !r || r->rank == 0;
}
int ranks_local(const Ranks *r) {
    return r ? r->local : 0;
}
long ranks_share(const Ranks *r, long n) {
    return r ? n * r->rank / r->size : 0;
}
long ranks_share_end(const Ranks *r, long n) {
    return r ? n * (r->rank + 1) / r->size : n;
}

static long least(long a, long b) {
    return a < b ? a : b;
}

// How many processes the launcher says it started; MPI is not touched for one, so that it may fork workers.
static int launched(void) {
    // SLURM_STEP_NUM_TASKS, not SLURM_NTASKS: a batch script has the latter without srun.
    static const char *const names[] = {"MOELAW_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"};
    for (int i = 0; i < 4; i++)
        if (getenv(names[i])) return atoi(getenv(names[i]));
    return 1;
}

#ifdef HAVE_MPI
Status ranks_start(Ranks **out) {
    int wanted = launched(), threads;
    MPI_Comm neighbours;
    *out = NULL;
    if (wanted <= 1) return OK;
    Ranks *r = allocate(1, sizeof *r);
    // Errors end the process with a message of MPI's, which is its default.
    MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &threads);
    MPI_Comm_rank(MPI_COMM_WORLD, &r->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &r->size);
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &neighbours);
    MPI_Comm_rank(neighbours, &r->local);
    MPI_Comm_free(&neighbours);
    r->all_RC = allocate(r->rank ? 1 : r->size * CHUNK, sizeof *r->all_RC);
    r->own_C = allocate(CHUNK, sizeof *r->own_C);
    r->ints_C = allocate(CHUNK, sizeof *r->ints_C);
    if (r->size == wanted && threads >= MPI_THREAD_SERIALIZED) {
        *out = r;
        return OK;
    }
    int size = r->size;
    ranks_end(r, 0);
    return fail(BAD_INPUT,
                "started as one of %d ranks, of which MPI finds %d; use the mpirun of the MPI that moetrain was built "
                "with, or srun --mpi=pmix; MOELAW_SIZE=1 trains alone",
                wanted, size);
}

void ranks_end(Ranks *r, int exit_status) {
    if (!r) return;
#ifdef HAVE_NCCL
    nccl_close(r->nccl);
#endif
    free(r->all_RC);
    free(r->own_C);
    free(r->ints_C);
    free(r);
    if (exit_status)
        MPI_Abort(MPI_COMM_WORLD, exit_status);
    else
        MPI_Finalize();
}

void ranks_sum(Ranks *r, double *x_N, long count) {
    for (long at = 0; r && at < count; at += CHUNK) {
        int n = (int)least(count - at, CHUNK);
        double *x = x_N + at;
        MPI_Gather(x, n, MPI_DOUBLE, r->all_RC, n, MPI_DOUBLE, 0, MPI_COMM_WORLD);
        for (int rank = 1; r->rank == 0 && rank < r->size; rank++)
            for (int i = 0; i < n; i++) x[i] += r->all_RC[(long)rank * n + i];
        MPI_Bcast(x, n, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    }
}

#ifdef HAVE_NCCL
// With the first buffer.
static Status open_nccl(Ranks *r) {
    char id[NCCL_ID] = {0};
    if (!r->rank) TRY(nccl_id(id));
    MPI_Bcast(id, NCCL_ID, MPI_CHAR, 0, MPI_COMM_WORLD);
    return nccl_open(&r->nccl, id, r->rank, r->size);
}
#endif
#else
Status ranks_start(Ranks **out) {
    *out = NULL;
    if (launched() <= 1) return OK;
    return fail(BAD_INPUT,
                "started as one of %d ranks, but this moetrain was built without MPI: install libopenmpi-dev and build "
                "again; MOELAW_SIZE=1 trains alone",
                launched());
}
void ranks_end(Ranks *r, int exit_status) {
    (void)r, (void)exit_status;
}
void ranks_sum(Ranks *r, double *x_N, long count) {
    (void)r, (void)x_N, (void)count;
}
#endif

Status ranks_agree(Ranks *r, double x, const char *what) {
    if (!r) return OK;
    double *all_R = allocate(r->size, sizeof *all_R);
    all_R[r->rank] = x;
    ranks_sum(r, all_R, r->size);
    Status s = OK;
    for (int rank = 0; s == OK && rank < r->size; rank++)
        if (all_R[rank] != all_R[0]) s = fail(CANNOT_FINISH, "ranks 0 and %d have different %s", rank, what);
    free(all_R);
    return s;
}

// At most CHUNK numbers, through the host.
static void sum_by_host(Ranks *r, const Backend *b, Context *c, void *part, Kind kind, long n) {
    if (kind != INT32) {
        b->get(c, r->own_C, part, kind, n);
        ranks_sum(r, r->own_C, n);
        b->put(c, part, kind, r->own_C, n);
        return;
    }
    b->get_ints(c, r->ints_C, part, n);
    for (long i = 0; i < n; i++) r->own_C[i] = r->ints_C[i];
    ranks_sum(r, r->own_C, n);
    for (long i = 0; i < n; i++) r->ints_C[i] = (int32_t)r->own_C[i];
    b->put_ints(c, part, r->ints_C, n);
}

Status ranks_sum_buffer(Ranks *r, const Backend *b, Context *c, void *buffer, Kind kind, long count) {
    if (!r) return OK;
#ifdef HAVE_NCCL
    if (!strcmp(b->name, "cuda")) {
        if (!r->nccl) TRY(open_nccl(r));
        return nccl_sum(r->nccl, c, buffer, kind, count);
    }
#endif
    for (long at = 0; at < count; at += CHUNK)
        sum_by_host(r, b, c, (char *)buffer + at * b->size[kind], kind, least(count - at, CHUNK));
    return OK;
}
