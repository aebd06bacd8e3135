// unused.c - see unused.h.
#include "unused.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Whether a column, over another where one is given, is known in every row and varies.
static bool varies(const Runs *runs, const char *name, const char *over) {
    int column = table_column(runs->table, name), below = over ? table_column(runs->table, over) : -1;
    double lo = INFINITY, hi = -INFINITY;
    if (column < 0 || (over && below < 0)) return false;
    for (int i = 0; i < runs->n; i++) {
        double x, y = 1;
        if (table_number(runs->table, runs->row[i], column, &x) != OK || isnan(x)) return false;
        if (over && (table_number(runs->table, runs->row[i], below, &y) != OK || isnan(y))) return false;
        lo = fmin(lo, x / y);
        hi = fmax(hi, x / y);
    }
    return hi - lo > 0.01 * fabs(hi);
}

int unused_variables(const Runs *runs, const Law *law, char text[UNUSED_TEXT]) {
    // The number of experts follows from Na/N and G nearly, so a law of Na is not said to lack it.
    bool sparse = law_uses(law, VAR_NA) || law_uses(law, VAR_SPARSITY) || law_uses(law, VAR_E),
         sized = law_uses(law, VAR_N) || law_uses(law, VAR_NA) || law_uses(law, VAR_C);
    const struct {
        const char *shown, *column, *over;
        bool seen;
    } all[] = {
        {"D", "D", NULL, law_uses(law, VAR_D) || law_uses(law, VAR_C)},
        {"N", "N", NULL, sized},
        {"Na/N", "Na", "N", law_uses(law, VAR_NA) && law_uses(law, VAR_N)},
        {"G", "G", NULL, law_uses(law, VAR_G)},
        {"S", "S", NULL, law_uses(law, VAR_S)},
        {"num_experts", "num_experts", NULL, sparse},
    };
    const char *found[6];
    int n = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!all[i].seen && varies(runs, all[i].column, all[i].over)) found[n++] = all[i].shown;
    text[0] = '\0';
    for (int i = 0; i < n; i++) {
        size_t at = strlen(text);
        snprintf(text + at, UNUSED_TEXT - at, "%s%s", i == 0 ? "" : i + 1 == n ? " and " : ", ", found[i]);
    }
    return n;
}

void tell_unused(const Runs *runs, const Law *law) {
    char text[UNUSED_TEXT];
    int n = unused_variables(runs, law, text);
    if (n) warn("%s does not see %s, which var%s in these runs", law->name, text, n == 1 ? "ies" : "y");
}
