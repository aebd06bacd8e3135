// scene.h - what `figures` and `tables` draw on: a fit, its runs, and a cross-validation if there is one.
#ifndef MOELAW_SCENE_H
#define MOELAW_SCENE_H

#include "ground/csv.h"
#include "fit/fit_file.h"

#include <jansson.h>

// Files beside the runs that tables of them draw on; NULL: none.
typedef struct {
    const char *manifest, *tried, *registered, *coverage;
} Beside;

typedef struct {
    FitReport report; // all of fit.json; of published coefficients, nothing but the law
    Fit fit;          // its law
    json_t *crossval; // CV.json; NULL without
    RunChoice choice; // that of the fit, unless the command line says otherwise
    Runs runs;
    Runs all, marked; // of the same table with, and only, the runs marked in its column `holdout`; marked.n may be 0
    Point *points;    // [runs.n], prepared
    Point *marked_points; // [marked.n]
    double *predicted;    // [runs.n]
    Fitted refit;         // the fit as a problem again, with the file's coefficients: for profiles
    Point base;           // medians of the runs' variables
    Beside beside;
    const char *folder;
} Scene;

// A JSON file, whole. BAD_INPUT with line and column.
Status scene_json(const char *path, json_t **root);

// Options that both commands share.
typedef struct {
    RunChoice choice;
    const char *crossval, *folder;
    Beside beside;
} SceneOptions;

#define SCENE_OPTIONS(o, crossval_help)                                                                                \
    opt_output(&(o).folder, "DIR", "folder for the files (default: here)"),                                            \
        opt_text("crossval", &(o).crossval, "CV.json", crossval_help), RUN_OPTIONS((o).choice)

// Opens a scene, has everything of it written, and says where `what` is.
Status scene_write(const char *fit, const char *runs, const SceneOptions *o, Status (*write)(const Scene *s),
                   const char *what);

// Opens fit, runs and cross-validation, and makes the folder. BAD_INPUT, CANNOT_FINISH as their parts.
Status scene_open(const char *fit, const char *runs, const SceneOptions *o, Scene *s);
void scene_close(Scene *s);

bool scene_has(const Scene *s, Variable v); // the law uses it
// 6 Na D of a point (N for a law or table without Na).
double scene_flops(const Scene *s, const Point *p);
// Both size and tokens are among the law's variables, so that compute means something.
bool scene_has_compute(const Scene *s);
// "D = 800k, G = 4, S = 0.25": the law's variables at a point, without those that move (a list that ends with
// N_VARIABLES); "Na/N = 0.3" as well where the share of active parameters is kept while both move.
enum { HELD_TEXT = 160 };
void scene_held(const Scene *s, const Point *p, const Variable *moving, bool share, char text[HELD_TEXT]);
// p-quantile of a variable over the runs.
double scene_quantile(const Scene *s, Variable v, double share);

// A CSV in the folder: open, then rows of cells.
Status csv_open(const Scene *s, const char *name, const char *header, Csv *c);
void csv_bound(Csv *c, double x); // the end of an interval: "-inf" or "inf" where it is open
// A row whole: a letter a cell, t text, n number, b bound.
void csv_row(Csv *c, const char *kinds, ...);
Status csv_close(Csv *c);

#endif
