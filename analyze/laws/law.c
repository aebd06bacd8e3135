// law.c - see law.h.
#include "law.h"

#include "tape.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const Law *law_list[LAW_LIST_ROOM + 1];

static int year(const Law *law) {
    size_t n = strcspn(law->name, "0123456789");
    return law->name[n] ? atoi(law->name + n) : 9999; // building blocks come after the papers
}

static bool before(const Law *a, const Law *b) {
    return year(a) != year(b) ? year(a) < year(b) : strcmp(a->name, b->name) < 0;
}

void law_register(const Law *law) {
    int n = 0;
    while (law_list[n]) n++;
    if (n == LAW_LIST_ROOM) {
        fprintf(stderr, "moelaw: more than %d laws; raise LAW_LIST_ROOM in law.h\n", LAW_LIST_ROOM);
        abort();
    }
    for (; n > 0 && before(law, law_list[n - 1]); n--) law_list[n] = law_list[n - 1];
    law_list[n] = law;
}

static const char *const variable_names[N_VARIABLES] = {"D", "N", "Na",       "num_experts", "granularity",
                                                        "G", "S", "sparsity", "C",           "U"};

const char *variable_name(Variable v) {
    return variable_names[v];
}

const char *variable_tex(Variable v) {
    static const char *const symbols[N_VARIABLES] = {
        "D", "N", "N_a", "E", "\\mathrm{granularity}", "G", "S", "\\mathrm{sparsity}", "C", "U"};
    return symbols[v];
}

static const struct {
    const char *name, *letter;
} greek[] = {{"alpha", "α"},  {"beta", "β"},  {"gamma", "γ"}, {"delta", "δ"},
             {"lambda", "λ"}, {"omega", "ω"}, {"zeta", "ζ"},  {"epsilon", "ε"}};

// The Greek letter that the name, up to its index, stands for; NULL if none.
static const char *greek_letter(const char *name, size_t length) {
    for (size_t i = 0; i < sizeof greek / sizeof *greek; i++)
        if (strlen(greek[i].name) == length && !strncmp(greek[i].name, name, length)) return greek[i].letter;
    return NULL;
}

const char *symbol_tex(const char *name, char text[SYMBOL]) {
    size_t length = strcspn(name, "_");
    snprintf(text, SYMBOL, name[length] ? "%s%.*s_{\\mathrm{%s}}" : "%s%.*s", greek_letter(name, length) ? "\\" : "",
             (int)length, name, name + length + 1);
    return text;
}

const char *symbol_markup(const char *name, char text[SYMBOL]) {
    size_t length = strcspn(name, "_");
    const char *letter = greek_letter(name, length);
    int used = letter ? snprintf(text, SYMBOL, "%s", letter) : snprintf(text, SYMBOL, "*%.*s*", (int)length, name);
    if (name[length]) snprintf(text + used, SYMBOL - (size_t)used, "_{%s}", name + length + 1);
    return text;
}

void law_range(const Law *law, Variable v, double range[2]) {
    bool said = law->range[v][1] > law->range[v][0];
    for (int i = 0; i < 2; i++) range[i] = said ? law->range[v][i] : NAN;
}

bool variable_find(const char *name, Variable *v) {
    if (!strcmp(name, "E")) name = variable_names[VAR_E];
    for (int i = 0; i < N_VARIABLES; i++)
        if (!strcmp(variable_names[i], name)) {
            *v = (Variable)i;
            return true;
        }
    return false;
}

const char *law_parameter_name(const Law *law, int i) {
    return i < law->n_theta ? law->theta[i].name : law->coef[i - law->n_theta].name;
}

int law_parameter_index(const Law *law, const char *name) {
    for (int i = 0; i < law_n_parameters(law); i++)
        if (!strcmp(law_parameter_name(law, i), name)) return i;
    return -1;
}

int law_asymptote(const Law *law) {
    return law->asymptote ? law_parameter_index(law, law->asymptote) : -1;
}

const Law *law_find(const char *name) {
    for (const Law **law = law_list; *law; law++)
        if (!strcmp((*law)->name, name)) return *law;
    return NULL;
}

void law_to_printed(const Law *law, const double *parameters, double *printed) {
    if (law->to_printed)
        law->to_printed(parameters, printed);
    else
        memcpy(printed, parameters, (size_t)law_n_parameters(law) * sizeof *printed);
}

void law_from_printed(const Law *law, const double *printed, double *parameters) {
    if (law->from_printed)
        law->from_printed(printed, parameters);
    else
        memcpy(parameters, printed, (size_t)law_n_parameters(law) * sizeof *parameters);
}

const Law *law_published(const char *set_name, double *parameters, const LawSet **set) {
    for (const Law **l = law_list; *l; l++) {
        const Law *law = *l;
        for (int i = 0; i < law->n_sets; i++) {
            if (strcmp(law->sets[i].name, set_name) && (i > 0 || strcmp(law->name, set_name))) continue;
            law_from_printed(law, law->sets[i].values, parameters);
            if (set) *set = &law->sets[i];
            return law;
        }
    }
    return NULL;
}

static bool may_be_zero(Variable v) {
    return v == VAR_S || v == VAR_SPARSITY;
}

bool law_uses(const Law *law, Variable v) {
    for (int i = 0; i < law->n_variables; i++)
        if (law->variables[i].variable == v) return true;
    return false;
}

bool law_covers(const Law *law, const Point *p) {
    for (int i = 0; i < law->n_variables; i++) {
        Variable v = law->variables[i].variable;
        double x = p->x[v];
        if (!(may_be_zero(v) ? x >= 0 && x < 1 : x > 0)) return false;
    }
    return true;
}

void point_prepare(const Law *law, Point *p) {
    for (int i = 0; i < law->n_variables; i++) {
        Variable v = law->variables[i].variable;
        p->ln[v] = may_be_zero(v) ? NAN : log(p->x[v]);
    }
}

void law_basis(const Law *law, const Point *p, const double *theta, double *phi, double *dphi) {
    if (law->tape)
        tape_basis(law->tape, p, 1, theta, phi, 1, dphi);
    else
        law->basis(p, theta, phi, dphi);
}

void law_basis_rows(const Law *law, const Point *points, int n, const double *theta, double *phi, long stride,
                    double *dphi) {
    if (law->tape) {
        tape_basis(law->tape, points, n, theta, phi, stride, dphi);
        return;
    }
    int terms = 1 + law->n_coef;
    double one[1 + LAW_MAX_COEF];
    for (int i = 0; i < n; i++) {
        law->basis(&points[i], theta, one, dphi + (long)i * terms * law->n_theta);
        for (int j = 0; j < terms; j++) phi[j * stride + i] = one[j];
    }
}

double law_loss(const Law *law, const double *parameters, const Point *p) {
    return law_gradient(law, parameters, p, NULL);
}

double law_gradient(const Law *law, const double *parameters, const Point *p, double *gradient) {
    double phi[1 + LAW_MAX_COEF], dphi[(1 + LAW_MAX_COEF) * LAW_MAX_THETA];
    const double *c = parameters + law->n_theta;
    if (!law_covers(law, p)) return NAN;
    Point q = *p;
    point_prepare(law, &q);
    law_basis(law, &q, parameters, phi, gradient ? dphi : NULL);
    double y = phi[0];
    for (int j = 0; j < law->n_coef; j++) y += c[j] * phi[1 + j];
    double loss = law->log_target ? exp(y) : y;
    if (!gradient) return loss;
    double chain = law->log_target ? loss : 1;
    for (int t = 0; t < law->n_theta; t++) {
        double d = dphi[t];
        for (int j = 0; j < law->n_coef; j++) d += c[j] * dphi[(1 + j) * law->n_theta + t];
        gradient[t] = chain * d;
    }
    for (int j = 0; j < law->n_coef; j++) gradient[law->n_theta + j] = chain * phi[1 + j];
    return loss;
}
