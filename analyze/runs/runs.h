// runs.h - a run table as the numbers a law takes: which rows, which columns, which configuration a row belongs to.
#ifndef MOELAW_RUNS_H
#define MOELAW_RUNS_H

#include "ground/args.h"
#include "ground/sha256.h"
#include "ground/table.h"
#include "laws/law.h"

// What the command line says about reading a table. Options of all commands that read runs: RUN_OPTIONS(&choice).
typedef struct {
    TextList where;   // "D>1e9", "source=x", "source~text", "notes.key=value"
    TextList columns; // "N=notes.N_dense"
    const char *loss, *weight, *cluster;
    const char *best_per; // "N,Na,D,G,S": of rows alike in these the one of least loss
    bool held_out;        // rows marked in the column `holdout` stay too
    bool loss_optional;   // rows without a loss stay, as NAN
} RunChoice;

#define RUN_OPTIONS(choice)                                                                                            \
    opt_list("where", &(choice).where, "COND", "rows to use: 'D>1e9', source=x, source~text, notes.key=1"),            \
        opt_list("column", &(choice).columns, "VAR=COLUMN", "where a variable stands: N=notes.N_dense"),               \
        opt_flag("held-out", &(choice).held_out, "use rows marked in the column holdout, too"),                        \
        opt_text("loss", &(choice).loss, "COLUMN", "the loss column (default loss)"),                                  \
        opt_text("best-per", &(choice).best_per, "COLUMNS",                                                            \
                 "of rows alike in these use the best: N,Na,D,G,S after a search of lr and batch")

// The rows of a table that a law can use.
typedef struct {
    Table *table;
    char sha256[SHA256_TEXT];
    int rows_read;   // rows of the table
    int rows_chosen; // of these, rows that --where leaves
    int n;           // of these, rows with everything the law (or laws) need
    int *row;        // [n] row of the table
    Point *points;   // [n] raw values; not prepared, since what is a law's N differs (see runs_points)
    Point *nonemb;   // [n] the same with N and Na of the _nonemb columns, where there are such columns
    bool has_nonemb_n, has_nonemb_na, chosen_n, chosen_na; // _nonemb present; --column given for N, Na
    double *loss, *log_loss;                               // [n]
    double *weight;                                        // [n] or NULL
    bool *held;                                            // [n] marked in the column `holdout`: no fit may see it
    int *cluster;                                          // [n] 0..n_clusters-1: rows of one configuration
    int n_clusters;
    int configurations;    // as they are, where rows stand for them
    bool clustered_by_row; // too few configurations: each row is its own
    bool borrowed;         // the table is another's, see runs_of_rows()
} Runs;

// Runs marked in a column `holdout` (by hand, or by a design before they were trained) are left out unless
// choice->held_out or a condition on that column asks for them.
//
// Reads the rows on which all of `laws` (NULL-terminated) can be computed, from a file, a .gz, or "-" for standard
// input. G, S and sparsity that have no column are worked out from top_k, num_experts, shared experts and widths. Rows
// that lack something are counted and named in a note; units that are hardly meant are warned of. BAD_INPUT: see
// table_read; unknown column, text in a number, a value that cannot be (loss <= 0, negative tokens, S outside 0..1, Na
// above N, 1e308), doubled run_id, no row left.
Status runs_read(const char *path, const RunChoice *choice, const Law *const *laws, Runs *runs);
// The same, but laws that the table does not serve go from the list, with a word each: those that need what it lacks or
// mostly leaves blank, and those of experts where all rows are alike in these. BAD_INPUT if no law is left.
Status runs_read_served(const char *path, const RunChoice *choice, const Law **laws, Runs *runs);

// Runs that are no file's: [n] points of one parameter count, with losses and the number of each one's configuration
// (0 up, all used). `name` is what messages call them.
void runs_of_points(const char *name, int n, const Point *points, const double *loss, const int *configuration,
                    Runs *runs);
// Rows [n] of `all`, their clusters numbered anew; `all` must outlive them, its table is theirs too.
void runs_of_rows(const Runs *all, const int *rows, int n, Runs *runs);
void runs_free(Runs *runs);

// The points with the parameter count that this law means, prepared; [n], to be freed. Says in a note (when `say`)
// which column was taken where the law's own is missing.
Point *runs_points(const Runs *runs, const Law *law, bool say);

// "run_id" of a used row, or "row LINE".
const char *runs_name(const Runs *runs, int i, char text[32]);

// One point from "N=1e9,D=2e10,..."; BAD_INPUT unless the law has all it needs. Not prepared.
Status point_parse(const Law *law, const char *text, Point *p);

#endif
