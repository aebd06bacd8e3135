// law.h - a scaling law as data: what a law file declares and what everything else may ask of it.
//
// Every law here is separable: for fixed exponents theta it is linear in its coefficients c,
//     y(x) = phi_0(x; theta) + sum_j c_j phi_j(x; theta),      y = L or log L   (phi_0 is zero for almost all)
// A law file in analyze/laws/, or one in YAML (law_file.h), declares names, bounds, signs, the basis phi with its
// derivative, and published values; solver, bootstrap, cross-validation, tables and figures work from that alone.
#ifndef MOELAW_LAW_H
#define MOELAW_LAW_H

#include <stdbool.h>
#include <stddef.h>

// Variables a law may use. Counts are raw (not millions), loss is nats per token.
typedef enum {
    VAR_D,           // training tokens
    VAR_N,           // total parameters (which count a law means: LawVariable.count)
    VAR_NA,          // parameters active for one token
    VAR_E,           // routed experts a layer
    VAR_GRANULARITY, // 4 d_model / d_ff_expert (2402.07871)
    VAR_G,           // active experts a token, shared ones included (2509.23678)
    VAR_S,           // shared part of G
    VAR_SPARSITY,    // share of experts or weights that is off: (E - K) / E
    VAR_C,           // training FLOPs
    VAR_U,           // unique training tokens
    N_VARIABLES
} Variable;

#define VARIABLE_NAMES "D N Na num_experts granularity G S sparsity C U"

typedef struct {
    double x[N_VARIABLES];  // NAN where unknown
    double ln[N_VARIABLES]; // natural logarithms, filled by point_prepare(): a basis may use them, callers need not
} Point;

typedef enum { COUNT_ALL, COUNT_NONEMB } Count; // with or without token embedding and output head

typedef struct {
    Variable variable;
    Count count;         // which of N / N_nonemb, Na / Na_nonemb the paper means; COUNT_ALL for other variables
    const char *meaning; // "total parameters, embeddings not counted"
} LawVariable;

enum { LAW_MAX_THETA = 10, LAW_MAX_COEF = 12, LAW_MAX_PARAMETERS = LAW_MAX_THETA + LAW_MAX_COEF };

typedef struct {
    const char *name;
    double lo, hi;  // search bounds
    bool log_scale; // search log(theta) (saturation constants); exponents are searched as they are
    const char *meaning;
} LawTheta;

typedef struct {
    const char *name;
    int sign; // +1: >= 0, -1: <= 0, 0: free
    const char *meaning;
} LawCoef;

// Published values in the order of parameters: theta, then c.
typedef struct {
    const char *name;   // "zhao2025", "krajewski2024-dense"; addressed as published:NAME
    const char *source; // "arXiv 2509.23678, Eq. 11 and appendix table"
    const char *note;   // how far to trust it, or NULL
    double values[LAW_MAX_PARAMETERS];
} LawSet;

// What a law means by size (laws differ: the same letter N is another count), and so what a model of it costs.
typedef enum {
    KIND_OTHER,       // no size, or nothing said: nothing to allocate
    KIND_DENSE,       // one size: Na = N                                   (hoffmann2022, kaplan2020)
    KIND_GRANULAR,    // N total and granularity at a fixed expansion rate  (krajewski2024)
    KIND_EXPERTS,     // Na and the number of experts, top-1                (ludziejewski2025)
    KIND_DENSE_SIZE,  // size of the corresponding dense model and experts  (yun2024, clark2022)
    KIND_SPARSE,      // N total and the share of experts that is off       (abnar2025)
    KIND_PRUNED,      // non-zero weights and weight sparsity               (frantar2023)
    KIND_FREE,        // N and Na apart
    KIND_FIVE_FACTOR, // N and Na apart, G and S; best G, S and Na/N in closed form (zhao2025)
} LawKind;

typedef struct Law {
    const char *name;     // "zhao2025"
    const char *title;    // "five-factor joint MoE law"
    const char *citation; // "Zhao et al. 2025, arXiv 2509.23678"
    const char *formula;  // plain text, may span lines
    const char *tex;      // the same in LaTeX, for align*; NULL if none
    LawKind kind;
    const char *granularity; // coefficient that is 0 where models are dense (krajewski2024); NULL if none
    // Smallest and largest value of each variable in the paper's runs; both 0 where the paper does not say.
    double range[N_VARIABLES][2];
    const char *range_source;
    bool log_target;       // y = log L (natural) instead of L
    const char *asymptote; // name of the coefficient that is the loss at infinite size and data; NULL if none
    int n_variables, n_theta, n_coef, n_sets;
    const LawVariable *variables;
    const LawTheta *theta;
    const LawCoef *coef;
    const LawSet *sets; // the first is the default of published:LAW
    // Called with prepared points only (point_prepare: p->ln is filled). phi[0] = phi_0, phi[1 + j] = phi_j. dphi,
    // unless NULL, is [(1 + n_coef) * n_theta]: dphi[i * n_theta + t].
    void (*basis)(const Point *p, const double *theta, double *phi, double *dphi);
    // Of a law that was read from a file (law_file.h) instead of `basis`: its terms, and the file's text.
    const struct Tape *tape;
    const char *text;
    // Names, meanings and published values are of what the paper prints; bounds and signs of what is searched.
    // What a paper prints may not be what is linear (frantar2023 prints a_D, linear is a_D^b_D): optional maps of the
    // whole parameter vector between the two; NULL: the same.
    void (*to_printed)(const double *parameters, double *printed);
    void (*from_printed)(const double *printed, double *parameters);
} Law;

// The basis of either kind of law, at one prepared point, or at n: phi[j * stride + i] is then term j of point i, and
// dphi[(i * (1 + n_coef) + j) * n_theta] begins its derivatives.
void law_basis(const Law *law, const Point *p, const double *theta, double *phi, double *dphi);
void law_basis_rows(const Law *law, const Point *points, int n, const double *theta, double *phi, long stride,
                    double *dphi);

static inline int law_n_parameters(const Law *law) {
    return law->n_theta + law->n_coef;
}
const char *law_parameter_name(const Law *law, int i);
int law_parameter_index(const Law *law, const char *name); // -1 if there is none

// The zoo, in order of year, then name; NULL-terminated. A law file enrols its law with LAW_REGISTER(law_NAME).
enum { LAW_LIST_ROOM = 64 };
extern const Law *law_list[LAW_LIST_ROOM + 1];
void law_register(const Law *law);
#define LAW_REGISTER(law)                                                                                              \
    extern const Law law;                                                                                              \
    __attribute__((constructor)) static void register_law(void) {                                                      \
        law_register(&law);                                                                                            \
    }

const Law *law_find(const char *name); // NULL if unknown
// A published set by its own or its law's name, as *internal* parameters; NULL if unknown.
const Law *law_published(const char *set_name, double *parameters, const LawSet **set);

// Fills p->ln of the variables the law uses.
void point_prepare(const Law *law, Point *p);

// Index of the asymptote among the parameters, -1 if the law has none.
int law_asymptote(const Law *law);

// Internal to printed parameters and back (a copy where the law has no maps).
void law_to_printed(const Law *law, const double *parameters, double *printed);
void law_from_printed(const Law *law, const double *printed, double *parameters);

// Loss in nats per token. Positive and finite for points inside the law's domain, NAN outside.
double law_loss(const Law *law, const double *parameters, const Point *p);
// The same, with d loss / d parameters [law_n_parameters].
double law_gradient(const Law *law, const double *parameters, const Point *p, double *gradient);
// Whether the law is a function of this variable.
bool law_uses(const Law *law, Variable v);
// Whether the point has all variables the law needs (known, positive where they must be).
bool law_covers(const Law *law, const Point *p);

// Range of a published law's runs; NANs where the paper does not say.
void law_range(const Law *law, Variable v, double range[2]);

const char *variable_name(Variable v); // "N", as in run tables and --at
const char *variable_tex(Variable v);  // "N_a", inside mathematics
// A coefficient's name as it is set: "E_start" is E_{\mathrm{start}} in LaTeX, inside mathematics, and
// *E*_{start} in figures; "alpha" is \alpha and α.
enum { SYMBOL = 64 };
const char *symbol_tex(const char *name, char text[SYMBOL]);
const char *symbol_markup(const char *name, char text[SYMBOL]);
bool variable_find(const char *name, Variable *v); // by that name

#endif
