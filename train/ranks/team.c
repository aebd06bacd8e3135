// team.c - see team.h.
#include "team.h"

#include "ground/clock.h"
#include "ground/output.h"
#ifdef HAVE_NCCL
#include "cuda/cards.h"
#endif

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK = 1 << 15, SECRET = 16, HOST_ROOM = 256, PATH_ROOM = 4096, MAX_RANKS = 4096 };

struct Team {
    Rank me;
    int *peer;           // sockets: [size] on rank 0, [1] to rank 0 elsewhere; -1: none
    double *own, *other; // [CHUNK]
    int32_t *ints;       // [CHUNK]
#ifdef HAVE_NCCL
    Nccl *nccl;
#endif
};

// --- who we are

static bool environment_int(const char *name, int *value) {
    const char *text = getenv(name);
    char *end;
    if (!text || !*text) return false;
    long x = strtol(text, &end, 10);
    *value = *end || x < -1 || x > MAX_RANKS ? -1 : (int)x;
    return true;
}

Status team_rank(Rank *r) {
    // SLURM_STEP_NUM_TASKS, not SLURM_NTASKS: a batch script has the latter without srun.
    static const char *const names[][3] = {
        {"MOELAW_SIZE", "MOELAW_RANK", "MOELAW_LOCAL"},
        {"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_RANK"},
        {"SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "SLURM_LOCALID"},
    };
    for (int i = 0; i < 3; i++) {
        *r = (Rank){.size = 1};
        if (!environment_int(names[i][0], &r->size)) continue;
        if (r->size == 1) break;
        bool ranked = environment_int(names[i][1], &r->rank);
        if (!environment_int(names[i][2], &r->local)) r->local = r->rank;
        if (!ranked || r->size < 1 || r->rank < 0 || r->rank >= r->size || r->local < 0)
            return fail(BAD_INPUT, "%s, %s: expected a rank in 0 ... size - 1; MOELAW_SIZE=1 trains alone", names[i][0],
                        names[i][1]);
        return OK;
    }
    *r = (Rank){.size = 1};
    return OK;
}

int team_size(const Team *t) {
    return t ? t->me.size : 1;
}
bool team_leads(const Team *t) {
    return !t || t->me.rank == 0;
}
long team_share(const Team *t, long n) {
    return t ? n * t->me.rank / t->me.size : 0;
}
long team_share_end(const Team *t, long n) {
    return t ? n * (t->me.rank + 1) / t->me.size : n;
}

// --- bytes

static Status gone(int rank) {
    return fail(CANNOT_FINISH, "rank %d of the team is gone; the same command on all ranks goes on from the checkpoint",
                rank);
}

static int rank_of(const Team *t, int peer) {
    return t->me.rank ? 0 : peer;
}

static bool send_bytes(int fd, const void *data, size_t size) {
    for (const char *at = data; size;) {
        ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static bool receive_bytes(int fd, void *data, size_t size) {
    for (char *at = data; size;) {
        ssize_t n = recv(fd, at, size, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static Status give(const Team *t, int peer, const void *data, size_t size) {
    return send_bytes(t->peer[peer], data, size) ? OK : gone(rank_of(t, peer));
}
static Status take(const Team *t, int peer, void *data, size_t size) {
    return receive_bytes(t->peer[peer], data, size) ? OK : gone(rank_of(t, peer));
}

// --- meeting

// What FOLDER/team says and a joining rank repeats.
typedef struct {
    char secret[2 * SECRET + 1];
    int32_t rank, size;
} Hello;

static double patience(void) {
    const char *text = getenv("MOELAW_WAIT");
    double seconds = text ? atof(text) : 0;
    return seconds > 0 ? seconds : 120; // network file systems may show a new file late
}

// Small messages go at once, and a machine that vanished is noticed within a minute.
static void tune(int fd) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &(int){20}, sizeof(int));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &(int){10}, sizeof(int));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &(int){4}, sizeof(int));
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &(int){60000}, sizeof(int));
}

static void receive_limit(int fd, int seconds) {
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = seconds}, sizeof(struct timeval));
}

static Status listen_somewhere(int *fd, int *port) {
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0 || bind(*fd, (struct sockaddr *)&at, sizeof at) || listen(*fd, MAX_RANKS) ||
        getsockname(*fd, (struct sockaddr *)&at, &size))
        return fail(CANNOT_FINISH, "cannot open a port for the team: %s", strerror(errno));
    *port = ntohs(at.sin_port);
    return OK;
}

static Status publish(const char *path, int port, char *secret) {
    unsigned char random[SECRET];
    char host[HOST_ROOM] = "";
    Output out;
    if (getrandom(random, sizeof random, 0) != SECRET) return fail(CANNOT_FINISH, "no random numbers for the team");
    for (int i = 0; i < SECRET; i++) snprintf(secret + 2 * i, 3, "%02x", random[i]);
    gethostname(host, sizeof host - 1);
    TRY(output_open(&out, path));
    fprintf(out.file, "%s %d %s\n", host, port, secret);
    return output_commit(&out);
}

// One connection: its rank, 0 if it is none of ours. The strange are hung up on.
static Status welcome(const Team *t, int fd, const char *secret, int *rank) {
    Hello hello;
    *rank = 0;
    tune(fd);
    receive_limit(fd, 5);
    bool ours = receive_bytes(fd, &hello, sizeof hello) && !memcmp(hello.secret, secret, sizeof hello.secret);
    receive_limit(fd, 0);
    if (ours && hello.size != t->me.size)
        return fail(CANNOT_FINISH, "rank %d was started as one of %d, rank 0 as one of %d", hello.rank, hello.size,
                    t->me.size);
    if (ours && hello.rank > 0 && hello.rank < t->me.size && t->peer[hello.rank] < 0) *rank = hello.rank;
    return OK;
}

static Status gather_ranks(const Team *t, int listening, const char *secret, double deadline) {
    for (int come = 1; come < t->me.size;) {
        double left = deadline - clock_seconds();
        struct pollfd wait = {.fd = listening, .events = POLLIN};
        int n = left > 0 ? poll(&wait, 1, (int)(1000 * left) + 1) : 0;
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0)
            return fail(CANNOT_FINISH, "%d of %d ranks came within %g s; start all, with the same --out", come,
                        t->me.size, patience());
        int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC), rank = 0;
        if (fd < 0) continue;
        Status s = welcome(t, fd, secret, &rank);
        if (rank)
            t->peer[rank] = fd, come++;
        else
            close(fd);
        TRY(s);
    }
    for (int r = 1; r < t->me.size; r++) TRY(give(t, r, "!", 1));
    return OK;
}

static Status lead(const Team *t, const char *path) {
    char secret[2 * SECRET + 1];
    int listening = -1, port = 0;
    Status s = listen_somewhere(&listening, &port);
    if (s == OK) s = publish(path, port, secret);
    if (s == OK) s = gather_ranks(t, listening, secret, clock_seconds() + patience());
    if (listening >= 0) close(listening);
    unlink(path);
    return s;
}

static int connect_to(const char *host, int port) {
    char here[HOST_ROOM] = "", service[16];
    struct addrinfo *list = NULL, hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    gethostname(here, sizeof here - 1);
    snprintf(service, sizeof service, "%d", port);
    // A machine need not know its own name.
    if (getaddrinfo(strcmp(host, here) ? host : "127.0.0.1", service, &hints, &list)) return -1;
    int fd = -1;
    for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd < 0 || !connect(fd, a->ai_addr, a->ai_addrlen)) continue;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    return fd;
}

// The file may be that of a rank 0 that died: then nobody answers, or not to this secret, and we look again.
static bool try_to_follow(Team *t, const char *path) {
    Hello hello = {.rank = t->me.rank, .size = t->me.size};
    char host[HOST_ROOM], answer;
    int port, n;
    FILE *f = fopen(path, "r");
    if (!f) return false;
    n = fscanf(f, "%255s %d %32s", host, &port, hello.secret);
    fclose(f);
    int fd = n == 3 ? connect_to(host, port) : -1;
    if (fd < 0) return false;
    tune(fd);
    receive_limit(fd, (int)patience() + 1);
    if (send_bytes(fd, &hello, sizeof hello) && receive_bytes(fd, &answer, 1)) {
        receive_limit(fd, 0);
        t->peer[0] = fd;
        return true;
    }
    close(fd);
    return false;
}

static Status follow(Team *t, const char *path) {
    double deadline = clock_seconds() + patience();
    while (!try_to_follow(t, path)) {
        if (clock_seconds() > deadline)
            return fail(CANNOT_FINISH, "%s: rank 0 did not let us in within %g s; start all ranks, with the same --out",
                        path, patience());
        nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
    }
    return OK;
}

Status team_join(Rank me, const char *folder, Team **team) {
    char path[PATH_ROOM];
    *team = NULL;
    if (me.size <= 1) return OK;
    snprintf(path, sizeof path, "%s/team", folder);
    Team *t = allocate(1, sizeof *t);
    t->me = me;
    t->peer = allocate(me.size, sizeof *t->peer);
    t->own = allocate(CHUNK, sizeof *t->own);
    t->other = allocate(CHUNK, sizeof *t->other);
    t->ints = allocate(CHUNK, sizeof *t->ints);
    for (int r = 0; r < me.size; r++) t->peer[r] = -1;
    Status s = me.rank ? follow(t, path) : lead(t, path);
    if (s == OK)
        *team = t;
    else
        team_leave(t);
    return s;
}

void team_leave(Team *t) {
    if (!t) return;
#ifdef HAVE_NCCL
    nccl_close(t->nccl);
#endif
    for (int r = 0; r < t->me.size; r++)
        if (t->peer[r] >= 0) close(t->peer[r]);
    free(t->peer);
    free(t->own);
    free(t->other);
    free(t->ints);
    free(t);
}

// --- sums

// At most CHUNK numbers.
static Status sum_chunk(const Team *t, double *x, long n) {
    size_t size = (size_t)n * sizeof *x;
    if (t->me.rank) {
        TRY(give(t, 0, x, size));
        return take(t, 0, x, size);
    }
    for (int r = 1; r < t->me.size; r++) {
        TRY(take(t, r, t->other, size));
        for (long i = 0; i < n; i++) x[i] += t->other[i];
    }
    for (int r = 1; r < t->me.size; r++) TRY(give(t, r, x, size));
    return OK;
}

Status team_sum(Team *t, double *x, long count) {
    for (long at = 0; t && at < count; at += CHUNK) TRY(sum_chunk(t, x + at, count - at < CHUNK ? count - at : CHUNK));
    return OK;
}

Status team_agree(Team *t, double x, const char *what) {
    if (!t) return OK;
    double *all = allocate(t->me.size, sizeof *all);
    all[t->me.rank] = x;
    Status s = team_sum(t, all, t->me.size);
    for (int r = 0; s == OK && r < t->me.size; r++)
        if (all[r] != all[0]) s = fail(CANNOT_FINISH, "ranks 0 and %d of the team have different %s", r, what);
    free(all);
    return s;
}

// Through the host.
static Status sum_by_host(Team *t, const Backend *b, Context *c, void *buffer, Kind kind, long n) {
    if (kind == INT32) {
        b->get_ints(c, t->ints, buffer, n);
        for (long i = 0; i < n; i++) t->own[i] = t->ints[i];
        TRY(sum_chunk(t, t->own, n));
        for (long i = 0; i < n; i++) t->ints[i] = (int32_t)t->own[i];
        b->put_ints(c, buffer, t->ints, n);
        return OK;
    }
    b->get(c, t->own, buffer, kind, n);
    TRY(sum_chunk(t, t->own, n));
    b->put(c, buffer, kind, t->own, n);
    return OK;
}

#ifdef HAVE_NCCL
// A rank is gone: its end of a connection is closed. Data that waits there is none of our business.
static bool lost(const void *context) {
    const Team *t = context;
    for (int r = 0; r < t->me.size; r++) {
        struct pollfd p = {.fd = t->peer[r], .events = POLLRDHUP};
        if (p.fd >= 0 && poll(&p, 1, 0) > 0) return true;
    }
    return false;
}

// With the first buffer. The id goes round as numbers, since only rank 0 has any.
static Status open_nccl(Team *t) {
    char id[NCCL_ID] = {0};
    double numbers[NCCL_ID] = {0};
    if (!t->me.rank) TRY(nccl_id(id));
    for (int i = 0; i < NCCL_ID; i++) numbers[i] = (unsigned char)id[i];
    TRY(team_sum(t, numbers, NCCL_ID));
    for (int i = 0; i < NCCL_ID; i++) id[i] = (char)(unsigned char)numbers[i];
    return nccl_open(&t->nccl, id, t->me.rank, t->me.size, lost, t);
}
#endif

Status team_sum_buffer(Team *t, const Backend *b, Context *c, void *buffer, Kind kind, long count) {
    if (!t) return OK;
#ifdef HAVE_NCCL
    if (!strcmp(b->name, "cuda")) {
        if (!t->nccl) TRY(open_nccl(t));
        return nccl_sum(t->nccl, c, buffer, kind, count);
    }
#endif
    for (long at = 0; at < count; at += CHUNK)
        TRY(sum_by_host(t, b, c, (char *)buffer + (size_t)at * b->size[kind], kind,
                        count - at < CHUNK ? count - at : CHUNK));
    return OK;
}
