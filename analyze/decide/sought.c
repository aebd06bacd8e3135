// sought.c - see sought.h.
#include "sought.h"

#include "decision.h"
#include "fivefactor.h"
#include "runs/runs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double sought_value(const Sought *s, const double *parameters) {
    FiveFactor v;
    if (s->kind == LOSS) return law_loss(s->law, parameters, &s->at);
    if (s->kind == COEFFICIENT) return parameters[s->index];
    if (!five_factor(s->law, parameters, &v)) return NAN;
    double G = five_factor_best_G(&v), S = five_factor_best_S(&v);
    if (s->kind == BEST_G) return G;
    if (s->kind == BEST_S) return S;
    double ratio = five_factor_best_ratio(&v, five_factor_P(&v, G, S), s->N, 0);
    return ratio < 1 ? ratio : NAN;
}

Status sought_parse(const char *text, const Fit *fit, Sought *s) {
    const char *at = strchr(text, '@');
    size_t length = at ? (size_t)(at - text) : strlen(text);
    *s = (Sought){.law = fit->law, .index = -1, .N = 30e9};
    snprintf(s->name, sizeof s->name, "%s", text);
    if (length == 4 && !strncmp(text, "loss", 4)) {
        s->kind = LOSS;
        if (!at) return fail(BAD_INPUT, "--quantity loss: say where: loss@N=7e9,D=1e12,...");
        return point_parse(fit->law, at + 1, &s->at);
    }
    bool five = fit->law->kind == KIND_FIVE_FACTOR;
    if (!strcmp(text, "G") && five) return s->kind = BEST_G, OK;
    if (!strcmp(text, "S") && five) return s->kind = BEST_S, OK;
    if (length == 9 && !strncmp(text, "Na_over_N", 9) && five) {
        s->kind = BEST_RATIO;
        if (at && (strncmp(at, "@N=", 3) || !parse_number(at + 3, &s->N) || !(s->N > 0)))
            return fail(BAD_INPUT, "--quantity %s: expected Na_over_N@N=30e9", text);
        return OK;
    }
    s->index = law_parameter_index(fit->law, text);
    if (s->index >= 0) return OK;
    return fail(BAD_INPUT, "--quantity '%s': expected a coefficient of %s (%s, ...), loss@N=..,D=..%s", text,
                fit->law->name, law_parameter_name(fit->law, 0), five ? ", G, S or Na_over_N@N=.." : "");
}

// Which coefficient leaves the optimum open, and which runs would close it.
static Status undetermined(const Sought *s, const Fit *fit) {
    FiveFactor v;
    double G[2], S[2];
    if (s->kind == LOSS || !five_factor(s->law, fit->parameters, &v))
        return fail(BAD_INPUT, "--quantity %s: has no value for this fit", s->name);
    range_or(fit, VAR_G, 1, 20, G);
    range_or(fit, VAR_S, 0, 0.7, S);
    const char *of_ratio = "--quantity %s: not determined: the fit has no best %s, which it needs; narrow that first";
    if (s->kind == BEST_RATIO && isnan(five_factor_best_G(&v))) return fail(BAD_INPUT, of_ratio, s->name, "G");
    if (s->kind == BEST_RATIO && isnan(five_factor_best_S(&v))) return fail(BAD_INPUT, of_ratio, s->name, "S");
    if (s->kind == BEST_RATIO)
        return fail(
            BAD_INPUT,
            "--quantity %s: not determined: in this fit loss falls with Na/N up to 1; runs at fixed N and D with "
            "Na/N from 0.2 to 1 would show where it turns (--quantity h narrows the rising part)",
            s->name);
    if (s->kind == BEST_S)
        return fail(
            BAD_INPUT,
            "--quantity S: not determined: in this fit the loss over S does not bend upwards (m is %.3g); runs at "
            "three or more S in and beyond [%.3g, %.3g], all else equal, would determine it (--quantity m)",
            v.m, S[0], S[1]);
    bool falls = !(v.e > 0);
    return fail(
        BAD_INPUT,
        "--quantity G: not determined: in this fit the loss only %s with G (%s is 0); runs with G %s %.3g, all else "
        "equal, would show whether it turns (--quantity %s)",
        falls ? "falls" : "rises", falls ? "e" : "f", falls ? "above" : "below", falls ? G[1] : G[0],
        falls ? "e" : "f");
}

// By central differences, one-sided at a sign's bound.
Status sought_gradient(const Sought *s, const Fit *fit, double *gradient) {
    double p[LAW_MAX_PARAMETERS], middle = sought_value(s, fit->parameters);
    int n = law_n_parameters(s->law);
    if (!isfinite(middle)) return undetermined(s, fit);
    memcpy(p, fit->parameters, (size_t)n * sizeof *p);
    for (int i = 0; i < n; i++) {
        double at = p[i], h = at == 0 ? 1e-9 : 1e-3 * fabs(at);
        p[i] = at + h;
        double above = sought_value(s, p);
        p[i] = at - h;
        double below = sought_value(s, p);
        p[i] = at;
        gradient[i] = isfinite(above) && isfinite(below) ? (above - below) / (2 * h)
                      : isfinite(above)                  ? (above - middle) / h
                                                         : (middle - below) / h;
        if (!isfinite(gradient[i])) return undetermined(s, fit);
    }
    return OK;
}
