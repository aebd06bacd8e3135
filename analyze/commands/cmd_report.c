// cmd_report.c - `moelaw report FIT... -o report.html`: one page to look at.
#include "command.h"
#include "ground/output.h"
#include "report/page.h"
#include "report/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FITS = 16 };

static Status read_crossval(const char *path, json_t **root) {
    TRY(scene_json(path, root));
    const char *kind = json_string_value(json_object_get(*root, "kind"));
    if (kind && !strcmp(kind, "crossval")) return OK;
    return fail(BAD_INPUT, "%s: is not what crossval wrote", path);
}

static Status write_page(const Page *p) {
    Output out;
    TRY(output_open(&out, p->output));
    Status s = page_write(out.file, p);
    if (s == OK) return output_commit(&out);
    output_discard(&out);
    return s;
}

// The runs of the law that the page is about, chosen as for its fit.
static Status with_runs(Page *p, const char *path) {
    const FitReport *r = page_main(p);
    const Law *laws[] = {r->fit.law, NULL};
    Runs runs;
    TRY(runs_read(path, &r->choice, laws, &runs));
    Point *points = runs_points(&runs, r->fit.law, true);
    p->runs = &runs;
    p->points = points;
    Status s = write_page(p);
    p->runs = NULL;
    free(points);
    runs_free(&runs);
    return s;
}

static Status run(const Command *self, int argc, char **argv) {
    const char *fits[MOST_FITS], *runs = NULL;
    int n;
    Page p = {0};
    const Option options[] = {
        opt_output(&p.output, "FILE.html", "the page"),
        opt_text("crossval", &p.crossval_path, "CV.json", "how the laws did on runs they had not seen"),
        opt_text("figures", &p.figures, "DIR", "a folder with NAME.svg, NAME-dark.svg, NAME.csv"),
        opt_text("runs", &runs, "RUNS.csv", "the runs, as a table that sorts"),
        {0}};
    TRY(args_read(self, options, argc, argv, fits, &n));
    if (!p.output) return fail(BAD_INPUT, "expected -o FILE.html");
    p.fits = allocate((size_t)n, sizeof *p.fits);
    Status s = OK;
    for (; p.n < n && s == OK; p.n += s == OK) s = fit_report_load(fits[p.n], &p.fits[p.n]);
    if (s == OK && p.crossval_path) s = read_crossval(p.crossval_path, &p.crossval);
    if (s == OK) s = runs ? with_runs(&p, runs) : write_page(&p);
    for (int i = 0; i < p.n; i++) fit_report_free(&p.fits[i]);
    free(p.fits);
    json_decref(p.crossval);
    return s;
}

MOELAW_COMMAND(
    report, 85, "one page to look at: the answer, figures, tables, where it is all from",
    "FIT... [--crossval CV.json] [--figures DIR] [--runs RUNS.csv] -o FILE.html", 1, MOST_FITS,
    "Writes one HTML page that needs no network and no file beside it: which law, how sure, what it cannot\n"
    "tell; figures with their data, tables that sort, warnings, provenance, commands. `make report` draws the\n"
    "figures and calls it.",
    "  moelaw report fit.json -o report.html\n"
    "  moelaw report zhao.json hoffmann.json --crossval cv.json --runs runs.csv -o report.html\n")
