// checkpoint.c - see checkpoint.h.
#include "checkpoint.h"

#include "ground/output.h"
#include "ground/sha256.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHECKPOINT_VERSION = 3, PATH_ROOM = 4096 };

// What the file starts with.
typedef struct {
    char magic[8];
    int32_t version, has_branch;
    CheckpointHead head;
    Position trunk, branch;
} FileHead;

static const char magic[8] = "moelawCK";
static const char *const names[] = {"checkpoint", "checkpoint.old"};

int64_t snapshot_size(const Model *model) {
    int64_t n = 0;
    for (int i = 0; i < model_n_arrays(model); i++) n += model_array(model, i).count;
    return n;
}

Status snapshot_take(const Model *model, Snapshot *s) {
    if (!s->values) s->values = allocate(snapshot_size(model) + 1, sizeof *s->values);
    float *at = s->values;
    for (int i = 0; i < model_n_arrays(model); at += model_array(model, i).count, i++) TRY(model_get(model, i, at));
    s->n_loads = model_n_loads(model);
    if (!s->loads) s->loads = allocate(s->n_loads, sizeof *s->loads);
    model_loads(model, s->loads);
    return OK;
}

Status snapshot_restore(Model *model, const Snapshot *s) {
    const float *at = s->values;
    for (int i = 0; i < model_n_arrays(model); at += model_array(model, i).count, i++) TRY(model_set(model, i, at));
    if (s->n_loads == model_n_loads(model)) model_set_loads(model, s->loads);
    return OK;
}

void snapshot_free(Snapshot *s) {
    free(s->values);
    free(s->loads);
    *s = (Snapshot){0};
}

typedef struct {
    Output out;
    Sha256 hash;
} Writer;

static void put(Writer *w, const void *data, size_t size) {
    fwrite(data, 1, size, w->out.file);
    sha256_add(&w->hash, data, size);
}

static void put_loads(Writer *w, const Snapshot *s) {
    char hex[SHA256_TEXT];
    sha256_begin(&w->hash);
    put(w, s->loads, (size_t)s->n_loads * sizeof *s->loads);
    sha256_end(&w->hash, hex);
    fwrite(hex, 1, 64, w->out.file);
}

Status checkpoint_save(const char *folder, const CheckpointHead *head, const Snapshot *trunk, const Snapshot *branch) {
    char path[PATH_ROOM], old[PATH_ROOM], hex[SHA256_TEXT];
    snprintf(path, sizeof path, "%s/checkpoint", folder);
    snprintf(old, sizeof old, "%s/checkpoint.old", folder);
    FileHead f;
    memset(&f, 0, sizeof f);
    memcpy(f.magic, magic, sizeof magic);
    f.version = CHECKPOINT_VERSION;
    f.has_branch = branch != NULL;
    f.head = *head;
    f.trunk = trunk->position;
    if (branch) f.branch = branch->position;
    size_t size = (size_t)head->n_values * sizeof(float);
    Writer w;
    TRY(output_open(&w.out, path));
    sha256_begin(&w.hash);
    put(&w, &f, sizeof f);
    put(&w, trunk->values, size);
    if (branch) put(&w, branch->values, size);
    sha256_end(&w.hash, hex);
    fwrite(hex, 1, 64, w.out.file);
    put_loads(&w, branch ? branch : trunk);
    if (rename(path, old) && errno != ENOENT) {
        Status s = fail(CANNOT_FINISH, "%s: cannot rename: %s", path, strerror(errno));
        output_discard(&w.out);
        return s;
    }
    return output_commit(&w.out);
}

static bool get(FILE *f, Sha256 *h, void *data, size_t size) {
    if (fread(data, 1, size, f) != size) return false;
    sha256_add(h, data, size);
    return true;
}

// NULL if the head is that of a checkpoint of ours, else what is wrong.
static const char *foreign(const FileHead *f, const CheckpointHead *wanted) {
    if (memcmp(f->magic, magic, sizeof magic)) return "is not a checkpoint";
    if (f->version != CHECKPOINT_VERSION) return "was written by another version";
    if (memcmp(f->head.trunk_id, wanted->trunk_id, RUN_ID)) return "belongs to other runs";
    if (strncmp(f->head.backend, wanted->backend, sizeof wanted->backend)) return "was written by another backend";
    if (f->head.n_values != wanted->n_values) return "holds another model";
    if (f->head.n_runs < 1 || f->head.n_runs > JOB_RUNS) return "is damaged";
    return NULL;
}

// What follows the values, as many loads as there are; none where they are not whole.
static void load_loads(FILE *f, Snapshot *s) {
    enum { MOST = 1 << 24 };
    char hex[SHA256_TEXT], stored[64];
    Sha256 h;
    struct stat info;
    long at = ftell(f), rest = at < 0 || fstat(fileno(f), &info) ? 0 : (long)info.st_size - at - (long)sizeof stored;
    if (rest <= 0 || rest > MOST) return;
    s->n_loads = rest / (long)sizeof *s->loads;
    s->loads = allocate((size_t)rest, 1);
    sha256_begin(&h);
    bool whole = get(f, &h, s->loads, (size_t)rest) && fread(stored, 1, sizeof stored, f) == sizeof stored;
    sha256_end(&h, hex);
    if (whole && !memcmp(stored, hex, sizeof stored)) return;
    free(s->loads);
    s->loads = NULL;
    s->n_loads = 0;
}

static const char *load_values(FILE *f, Sha256 *h, const FileHead *head, Snapshot *trunk, Snapshot *branch) {
    size_t n = (size_t)head->head.n_values;
    char hex[SHA256_TEXT], stored[64];
    trunk->position = head->trunk;
    trunk->values = allocate(n + 1, sizeof(float));
    if (!get(f, h, trunk->values, n * sizeof(float))) return "is truncated";
    if (head->has_branch) {
        branch->position = head->branch;
        branch->values = allocate(n + 1, sizeof(float));
        if (!get(f, h, branch->values, n * sizeof(float))) return "is truncated";
    }
    sha256_end(h, hex);
    if (fread(stored, 1, sizeof stored, f) != sizeof stored) return "is truncated";
    if (memcmp(stored, hex, sizeof stored)) return "is damaged (checksum)";
    load_loads(f, head->has_branch ? branch : trunk);
    return NULL;
}

static bool load(const char *path, const CheckpointHead *wanted, CheckpointHead *head, Snapshot *trunk,
                 Snapshot *branch) {
    FILE *f = fopen(path, "rb");
    if (!f) return false;
    Sha256 h;
    FileHead file;
    sha256_begin(&h);
    *trunk = *branch = (Snapshot){0};
    const char *wrong = get(f, &h, &file, sizeof file) ? foreign(&file, wanted) : "is truncated";
    if (!wrong) wrong = load_values(f, &h, &file, trunk, branch);
    fclose(f);
    *head = file.head;
    if (!wrong) return true;
    warn("%s: %s; not used", path, wrong);
    snapshot_free(trunk);
    snapshot_free(branch);
    return false;
}

bool checkpoint_load(const char *folder, const CheckpointHead *wanted, CheckpointHead *head, Snapshot *trunk,
                     Snapshot *branch) {
    for (int i = 0; i < 2; i++) {
        char path[PATH_ROOM];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (load(path, wanted, head, trunk, branch)) return true;
    }
    return false;
}

// Checkpoints go even where the folder cannot be listed.
void checkpoint_clear(const char *folder, bool all) {
    char path[PATH_ROOM];
    for (int i = 0; all && i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    DIR *dir = opendir(folder);
    if (!dir) return;
    for (struct dirent *e; (e = readdir(dir));) {
        if (!strstr(e->d_name, ".tmp.")) continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        unlink(path);
    }
    closedir(dir);
}
