// spec.h - what a figure or table is: the meaning of a SPEC.yaml, read once and checked key by key.
//
// plot/README.md explains each key with examples. Unknown keys, wrong words and numbers out of range are BAD_INPUT with
// file:line and what was expected. Numbers that were not given are NAN, texts NULL. All lives in the arena.
#ifndef MOELAW_PLOT_SPEC_H
#define MOELAW_PLOT_SPEC_H

#include "arena.h"
#include "ground/status.h"

#include <stdbool.h>

typedef struct {
    int n;
    double *at;
} Numbers;

typedef struct {
    int n;
    const char **at;
} Texts;

// {a: "one", b: "two"}: what to write for a value of the data.
typedef struct {
    int n;
    const char **from, **to;
} Names;

typedef enum { IS, IS_NOT, LESS, LESS_EQUAL, MORE, MORE_EQUAL, CONTAINS } Comparison;

typedef struct {
    const char *column, *value;
    Comparison comparison;
    double number; // of value, for the four order comparisons
    int line;
} Condition;

// All must hold; a panel's and a mark's conditions add to the figure's.
typedef struct {
    int n;
    Condition *at;
} Conditions;

typedef enum { SCALE_LINEAR, SCALE_LOG, SCALE_CATEGORY } ScaleKind;

typedef struct {
    const char *column; // for marks that name none
    const char *label, *format;
    int scale; // ScaleKind
    int base;  // of a log axis: 10 or 2
    double min, max;
    Numbers ticks;
    bool symmetric; // the range is symmetric about zero
    bool grid;
} AxisSpec;

typedef enum {
    MARK_LINE,
    MARK_POINTS,
    MARK_STEPS,
    MARK_BARS,
    MARK_BAND,
    MARK_ERRORS,
    MARK_HLINE,
    MARK_VLINE,
    MARK_DIAGONAL,
    MARK_SPAN,
    MARK_HEAT,
    MARK_CONTOUR,
    MARK_TEXT,
    MARK_HISTOGRAM,
    MARK_ECDF,
    MARK_BOX,
    MARK_VIOLIN,
    MARK_SMOOTH
} MarkKind;

typedef struct {
    int line;
    int kind; // MarkKind
    const char *data;
    Conditions where;
    const char *x, *y, *lo, *hi, *xlo, *xhi, *value, *text; // columns, or sums over columns (expression.h)
    const char *series, *shape;                             // columns: colour+marker+dash, and marker alone
    const char *label, *color, *format;
    int marker, dash; // -1: by series
    double width, size, alpha, at, from, to;
    int bins;    // of a histogram; 0: by the data
    double span; // of a smoothed line: the share of the points that each place listens to
    Numbers levels;
    bool hollow, optional, direct, dodge, log; // log: values colour by their logarithm
    bool quiet;                                // not in the legend
    int clip;                                  // Clip: what does not widen the axes; what lies outside is cut off
} MarkSpec;

typedef enum { CLIP_NONE, CLIP_ENDS, CLIP_ALL } Clip; // CLIP_ENDS: lo, hi, xlo, xhi

typedef enum { AT_AUTO, AT_TOP_LEFT, AT_TOP_RIGHT, AT_BOTTOM_LEFT, AT_BOTTOM_RIGHT, AT_HEADING } Corner;

// Text inside the axes; with {column} it takes its values from the rows selected.
typedef struct {
    int line;
    const char *text, *data;
    const char *interval; // a column: {value} is its first row's, {lo} and {hi} hold the middle 95 % of all rows
    Conditions where;
    Texts uncertainty; // two columns whose distance sets the digits of {column}
    int at;            // Corner
    double x, y;       // in the axes' units: the note stands there, NAN: in a corner
    Numbers arrow;     // [x, y]: and points there
} NoteSpec;

typedef struct {
    int line;
    const char *title, *data;
    Conditions where;
    AxisSpec x, y;
    int n_marks, n_notes;
    MarkSpec *marks;
    NoteSpec *notes;
    bool equal, optional; // equal: x and y cover the same range
} PanelSpec;

// How the values of one column look, wherever they appear.
typedef struct {
    const char *column;
    const char *title, *format;
    int palette; // PaletteKind
    Names names;
} StyleSpec;

// One panel for each value of a column, in the order of the data; some with keys of their own.
typedef struct {
    int line;
    const char *column; // NULL: none
    int n;
    const char **value; // [n]
    PanelSpec *panels;  // [n]
} Facets;

typedef enum { LEGEND_AUTO, LEGEND_TOP, LEGEND_RIGHT, LEGEND_NONE } LegendPlace;
typedef enum { SHARE_NONE, SHARE_X, SHARE_Y, SHARE_BOTH } Share;

typedef struct {
    int columns;
    double row_height;       // inches a row of panels, where their number is up to the data; 0: `height` is the whole
    Numbers heights, widths; // relative, of rows and columns of panels
    int share, legend;
    int share_columns; // the columns that sharing means, where the panels were laid out anew; 0: `columns`
    bool letters;      // (a), (b), ... at the panels
    Facets facets;
    int n_styles;
    StyleSpec *styles;
    PanelSpec defaults; // keys at the top level hold for every panel
    int n_panels;
    PanelSpec *panels;
} FigureSpec;

typedef enum { COLUMN_LEFT, COLUMN_RIGHT, COLUMN_CENTER, COLUMN_DECIMAL } ColumnAlign;

typedef struct {
    int line;
    const char *column, *text, *head, *format;
    int align; // ColumnAlign
    Texts uncertainty;
    Names names;
} TableColumn;

typedef struct {
    const char *data, *group; // a rule wherever the group column changes
    Conditions where;
    double size;
    int n_columns;
    TableColumn *columns;
} TableSpec;

typedef enum { TYPE_FIGURE, TYPE_TABLE } SpecType;

typedef struct {
    const char *path;
    int type;             // SpecType
    const char *title;    // for the file's metadata
    double width, height; // inches
    int theme;            // Theme
    FigureSpec figure;
    TableSpec table;
} Spec;

// Inches of a number, or of a journal's column or page: "neurips", "icml", "icml-page", ... Used for `width` and
// --width. BAD_INPUT lists the names.
Status spec_width(const char *text, double *inches);

Status spec_parse(Arena *a, const char *path, const char *text, size_t length, Spec *spec);
Status spec_read(Arena *a, const char *path, Spec *spec);

#endif
