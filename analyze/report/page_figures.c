// page_figures.c - figures inside the report page: the pictures of a folder and the data that they were drawn from.
#include "page.h"

#include "ground/output.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 1024 };

// What the usual figures show; the order on the page.
static const struct {
    const char *name, *says;
} known[] = {
    {"parity",
     "Predicted against observed loss of every run, and the residuals; held-out runs as predicted without them."},
    {"marginal",
     "Loss along each factor, the others held, with the runs as partial residuals and the 95 % band of the curve."},
    {"hooks", "What each factor is worth: loss above its least along it, with the 95 % band of that difference."},
    {"crossval", "Held-out error and bias of each law on each split; small points are the folds of a split."},
    {"extrapolation", "Runs beyond those that a law was fitted on, as it predicted them."},
    {"isoflop", "Loss at fixed compute against model size, and where it is least."},
    {"contour", "Lines of equal loss over size and tokens."},
    {"best_ratio", "Share of active parameters of least loss against size, with its 95 % band."},
    {"share",
     "Best share of active parameters against size: this fit, the published law, and models that people know."},
    {"draws", "Coefficients in the bootstrap's draws, in pairs: which can be traded for one another."},
    {"profile", "The objective as one coefficient is held and the others are fitted: how sharply the runs decide it."},
    {"starts", "Where the searches from different points ended."},
    {"structure",
     "Structures at their compute-optimal sizes: the least loss against compute, and which structure has it."},
    {"granularity", "What coarse experts cost: loss less what it would be without the term of granularity."},
    {"experts", "Loss against structure by tokens, the active size held; runs as partial residuals."},
    {"serving", "Serving: the cost of a loss as models are made smaller than their optimum and trained longer."},
    {"holistic", "Ratios of an architecture by budget: loss above the best, and the band within 0.1 %."},
    {"ranks", "Whether two widths rank the same settings alike."},
    {"noise", "How far seeds differ, by tokens, with a 95 % interval."},
    {"rates", "Learning rates: loss above the least of each sweep."},
    {"effects", "How far each factor moves the loss over the range of the runs, the others held."},
    {"training", "Training loss of a few runs, step by step."},
    {"cost", "Time and speed of the runs."},
    {"load", "Share of tokens that each expert got."},
};
enum { N_KNOWN = sizeof known / sizeof *known };

static void base64(FILE *f, const unsigned char *data, size_t n) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned b =
            (unsigned)data[i] << 16 | (i + 1 < n ? (unsigned)data[i + 1] << 8 : 0) | (i + 2 < n ? data[i + 2] : 0);
        char four[] = {digits[b >> 18], digits[b >> 12 & 63], i + 1 < n ? digits[b >> 6 & 63] : '=',
                       i + 2 < n ? digits[b & 63] : '='};
        fwrite(four, 1, 4, f);
    }
}

static Status data_uri(FILE *f, const char *type, const char *path) {
    char *text;
    size_t length;
    TRY(read_file(path, 64 << 20, &text, &length));
    fprintf(f, "data:%s;base64,", type);
    base64(f, (const unsigned char *)text, length);
    free(text);
    return OK;
}

static Status one_figure(FILE *f, const char *folder, const char *name, const char *says) {
    char path[PATH];
    fprintf(f,
            "<figure id=\"figure-%s\"><div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"figure "
            "%s\"><picture>",
            name, name);
    snprintf(path, sizeof path, "%s/%s-dark.svg", folder, name);
    if (access(path, R_OK) == 0) {
        fprintf(f, "<source media=\"screen and (prefers-color-scheme: dark)\" srcset=\"");
        TRY(data_uri(f, "image/svg+xml", path));
        fprintf(f, "\">");
    }
    snprintf(path, sizeof path, "%s/%s.svg", folder, name);
    fprintf(f, "<img alt=\"");
    write_markup(f, says);
    fprintf(f, "\" src=\"");
    TRY(data_uri(f, "image/svg+xml", path));
    fprintf(f, "\"></picture></div>\n<figcaption>");
    write_markup(f, says);
    snprintf(path, sizeof path, "%s/%s.csv", folder, name);
    if (access(path, R_OK) == 0) {
        fprintf(f, " <a class=\"csv\" download=\"%s.csv\" href=\"", name);
        TRY(data_uri(f, "text/csv", path));
        fprintf(f, "\">Data of this figure (%s.csv)</a>", name);
    }
    fprintf(f, "</figcaption></figure>\n");
    return OK;
}

static int place(const char *name) {
    for (int i = 0; i < N_KNOWN; i++)
        if (!strcmp(known[i].name, name)) return i;
    return N_KNOWN;
}

static int by_place(const void *a, const void *b) {
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    int order = place(x) - place(y);
    return order ? order : strcmp(x, y);
}

// A name that stands in a page and a path as it is.
static bool plain(const char *name) {
    return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == strlen(name);
}

// "NAME.svg" of a folder without those for dark pages.
static int find_figures(DIR *folder, char ***names) {
    int n = 0;
    *names = NULL;
    for (struct dirent *entry; (entry = readdir(folder));) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 4, ".svg") != 0) continue;
        char *name = copy_text(entry->d_name);
        name[length - 4] = '\0';
        bool dark = length > 9 && !strcmp(name + length - 9, "-dark");
        if (dark || !plain(name)) {
            free(name);
            continue;
        }
        *names = reallocate(*names, (size_t)n + 1, sizeof **names);
        (*names)[n++] = name;
    }
    if (n) qsort(*names, (size_t)n, sizeof **names, by_place);
    return n;
}

Status page_figures(FILE *f, const char *folder, int *n) {
    char **names;
    DIR *open = opendir(folder);
    if (!open) return fail(BAD_INPUT, "%s: cannot read: %s", folder, strerror(errno));
    *n = find_figures(open, &names);
    closedir(open);
    Status s = OK;
    for (int i = 0; i < *n; i++) {
        int k = place(names[i]);
        if (s == OK) s = one_figure(f, folder, names[i], k < N_KNOWN ? known[k].says : names[i]);
        free(names[i]);
    }
    free(names);
    return s;
}
