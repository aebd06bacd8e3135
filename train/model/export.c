// export.c - see export.h. Format: https://huggingface.co/docs/safetensors: a 64-bit length, that many bytes of JSON
// (blank-padded to 8), then the arrays one after another.
#include "export.h"

#include "ground/memory_file.h"
#include "ground/output.h"

#include <stdlib.h>
#include <string.h>

// Where array i of the model that was evaluated is to be had: a weight from its average where there is one, the
// balancing bias as it stands. -1: not a part of it.
static int source_of(const Model *model, int i) {
    ModelArray a = model_array(model, i);
    if (!a.trained) return strcmp(a.name, "balance.bias") ? -1 : i;
    for (int k = 0; k < model_n_arrays(model); k++) {
        const char *name = model_array(model, k).name;
        if (!strncmp(name, "average.", 8) && !strcmp(name + 8, a.name)) return k;
    }
    return i;
}

static void write_index(FILE *f, const Model *model, const char *id) {
    long at = 0;
    fprintf(f, "{\"__metadata__\": {\"format\": \"moelaw\", \"run_id\": \"%s\"}", id);
    for (int i = 0; i < model_n_arrays(model); i++) {
        ModelArray a = model_array(model, i);
        if (source_of(model, i) < 0) continue;
        fputs(", ", f);
        write_json_string(f, a.name);
        fputs(": {\"dtype\": \"F32\", \"shape\": [", f);
        for (int d = 0; d < a.n_dims; d++) fprintf(f, "%s%ld", d ? ", " : "", a.dims[d]);
        long bytes = a.count * (long)sizeof(float);
        fprintf(f, "], \"data_offsets\": [%ld, %ld]}", at, at + bytes);
        at += bytes;
    }
    fputs("}", f);
}

static Status write_arrays(FILE *f, const Model *model) {
    for (int i = 0; i < model_n_arrays(model); i++) {
        ModelArray a = model_array(model, i);
        int source = source_of(model, i);
        if (source < 0) continue;
        float *values = allocate(a.count, sizeof *values);
        Status s = model_get(model, source, values);
        if (s == OK) fwrite(values, sizeof *values, (size_t)a.count, f);
        free(values);
        TRY(s);
    }
    return OK;
}

static Status write_weights(const char *path, const Model *model, const char *id) {
    MemoryFile index;
    memory_open(&index);
    write_index(index.file, model, id);
    while (ftell(index.file) % 8) fputc(' ', index.file);
    memory_close(&index);
    Output out;
    Status s = output_open(&out, path);
    if (s == OK) {
        uint64_t size = index.length;
        fwrite(&size, sizeof size, 1, out.file);
        fwrite(index.text, 1, index.length, out.file);
        s = write_arrays(out.file, model);
        if (s == OK)
            s = output_commit(&out);
        else
            output_discard(&out);
    }
    free(index.text);
    return s;
}

Status export_model(const char *folder, const Run *run, const Model *model) {
    char path[4096], id[RUN_ID];
    run_id(run, id);
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    TRY(write_weights(path, model, id));
    snprintf(path, sizeof path, "%s/config.json", folder);
    Output out;
    TRY(output_open(&out, path));
    fprintf(out.file, "{\"architecture\": \"moelaw-moe-transformer\", \"run_id\": \"%s\", ", id);
    run_json(out.file, run);
    fputs("}\n", out.file);
    return output_commit(&out);
}
