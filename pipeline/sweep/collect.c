// collect.c - see collect.h.
#include "collect.h"

#include "ground/number.h"
#include "ground/output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Status collection_read(const char *manifest_path, const char *runs_folder, Collection *c) {
    *c = (Collection){0};
    TRY(manifest_read(manifest_path, &c->manifest));
    c->results = allocate((unsigned long)c->manifest.n_runs, sizeof *c->results);
    for (int i = 0; i < c->manifest.n_runs; i++) {
        result_read(runs_folder, c->manifest.ids[i], &c->results[i]);
        c->count[c->results[i].state]++;
    }
    return OK;
}

void collection_free(Collection *c) {
    manifest_free(&c->manifest);
    free(c->results);
    *c = (Collection){0};
}

static void cell(FILE *f, double x) {
    char text[NUMBER_TEXT];
    fprintf(f, ",%s", isnan(x) ? "" : number_text(x, text));
}

static void write_row(FILE *f, const char *id, const char *source, const Run *run, const Result *r) {
    const Shape *s = &run->shape;
    Counts c = shape_count(s);
    const double columns[] = {run->tokens,
                              c.N,
                              c.Na,
                              c.N_nonemb,
                              c.Na_nonemb,
                              s->n_experts,
                              s->top_k,
                              s->n_shared,
                              c.shared_ratio,
                              c.granularity,
                              c.G,
                              c.S,
                              s->d_model,
                              s->n_layers,
                              s->n_heads,
                              s->d_ff_expert,
                              s->d_ff_shared,
                              run_batch_tokens(run),
                              run->lr,
                              r->loss,
                              run->seed};
    const double own[] = {c.M, r->loss_se, r->tokens_per_s, r->wall_s};
    fprintf(f, "%s,%s", id, source);
    for (unsigned i = 0; i < sizeof columns / sizeof *columns; i++) cell(f, columns[i]);
    for (unsigned i = 0; i < sizeof own / sizeof *own; i++) cell(f, own[i]);
    fprintf(f, ",%s,%s,%s\n", r->device, r->commit, r->notes);
}

Status collection_write(const Collection *c, const char *source, const char *path) {
    if (strpbrk(source, ",\"\n")) return fail(BAD_INPUT, "--source: '%.60s': no commas or quotes", source);
    Output out;
    TRY(output_open(&out, path));
    fputs("run_id,source,D,N,Na,N_nonemb,Na_nonemb,num_experts,top_k,num_shared,shared_ratio,granularity,G,S,d_model,"
          "n_layers,n_heads,d_ff_expert,d_ff_shared,batch_tokens,lr,loss,seed,M,loss_se,tokens_per_s,wall_s,device,"
          "commit,notes\n",
          out.file);
    for (int i = 0; i < c->manifest.n_runs; i++)
        if (c->results[i].state == RUN_DONE)
            write_row(out.file, c->manifest.ids[i], source, &c->manifest.runs[i], &c->results[i]);
    return output_commit_if_changed(&out);
}
