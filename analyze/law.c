// law.c - see law.h.
#include "law.h"

#include <math.h>
#include <string.h>

extern const Law law_hoffmann2022, law_zhao2025;

const Law *const law_list[] = {&law_hoffmann2022, &law_zhao2025, NULL};

static const char *const variable_names[N_VARIABLES] = {"D",           "N", "Na", "num_experts",
                                                        "granularity", "G", "S",  "sparsity"};

const char *variable_name(Variable v) {
    return variable_names[v];
}

bool variable_find(const char *name, Variable *v) {
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

const Law *law_find(const char *name) {
    for (const Law *const *law = law_list; *law; law++)
        if (!strcmp((*law)->name, name)) return *law;
    return NULL;
}

const Law *law_published(const char *set_name, double *parameters, const LawSet **set) {
    for (const Law *const *l = law_list; *l; l++) {
        const Law *law = *l;
        for (int i = 0; i < law->n_sets; i++) {
            if (strcmp(law->sets[i].name, set_name) && (i > 0 || strcmp(law->name, set_name))) continue;
            if (law->from_printed)
                law->from_printed(law->sets[i].values, parameters);
            else
                memcpy(parameters, law->sets[i].values, (size_t)law_n_parameters(law) * sizeof *parameters);
            if (set) *set = &law->sets[i];
            return law;
        }
    }
    return NULL;
}

bool law_covers(const Law *law, const Point *p) {
    for (int i = 0; i < law->n_variables; i++) {
        Variable v = law->variables[i].variable;
        bool may_be_zero = v == VAR_S || v == VAR_SPARSITY;
        if (!(may_be_zero ? p->x[v] >= 0 : p->x[v] > 0)) return false;
    }
    return true;
}

double law_loss(const Law *law, const double *parameters, const Point *p) {
    return law_gradient(law, parameters, p, NULL);
}

double law_gradient(const Law *law, const double *parameters, const Point *p, double *gradient) {
    double phi[1 + LAW_MAX_COEF], dphi[(1 + LAW_MAX_COEF) * LAW_MAX_THETA];
    const double *c = parameters + law->n_theta;
    if (!law_covers(law, p)) return NAN;
    law->basis(p, parameters, phi, gradient ? dphi : NULL);
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
