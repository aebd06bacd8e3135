// fit_text.c - see fit_text.h.
#include "fit_text.h"

#include "ground/memory_file.h"
#include "ground/number.h"
#include "ground/output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void text_parameters(FILE *f, const FitReport *r) {
    const Law *law = r->fit.law;
    fprintf(f, "%-12s %12s  %-26s%s\n", "coefficient", "value", "95 % interval", r->has_profile ? "  by profile" : "");
    for (int i = 0; i < law_n_parameters(law); i++) {
        char ci[INTERVAL_TEXT_ROOM], profile[INTERVAL_TEXT_ROOM];
        interval_text(&r->ci95[i], ci);
        interval_text(&r->profile95[i], profile);
        const char *remark = r->held[i]              ? "held"
                             : r->at_bound[i]        ? "at its bound"
                             : r->id.unidentified[i] ? "not identified"
                                                     : "";
        fprintf(f, "%-12s %12.6g  %-26s  %s%s%s\n", law_parameter_name(law, i), r->printed[i], ci, profile,
                *profile ? "  " : "", remark);
    }
}

static void text_resampling(FILE *f, const FitReport *r) {
    if (r->resampling == PAIRS)
        fprintf(f, "intervals: %d resamples of %d clusters, each fitted afresh; %d of them are the fit itself\n",
                r->fit.n_draws, r->clusters, r->unmoved);
    if (r->resampling == JACKKNIFE)
        fprintf(f, "intervals: the law fitted without each of %d clusters in turn, t with %d degrees of freedom\n",
                r->clusters, r->clusters - 1);
    for (int i = 0; i < law_n_parameters(r->fit.law); i++)
        if (r->draws_at_bound[i] > 0)
            fprintf(f, "%s is at a bound in %.3g %% of them\n", law_parameter_name(r->fit.law, i),
                    100 * r->draws_at_bound[i]);
}

static void text_derived(FILE *f, const FitReport *r) {
    for (int i = 0; i < r->n_derived; i++) {
        const Derived *d = &r->derived[i];
        char ci[INTERVAL_TEXT_ROOM], at[48] = "", number[NUMBER_TEXT];
        interval_text(&d->ci95, ci);
        if (!isnan(d->at))
            snprintf(at, sizeof at, " at %s = %s", d->name[1] == 'a' ? "N" : "C", number_text(d->at, number));
        if (d->end == INSIDE)
            fprintf(f, "best %s%s: %.5g %s%s\n", d->name, at, d->value, ci,
                    d->outside ? " (outside the fitted range)" : "");
        else
            fprintf(f, "best %s%s: none, %s%s%s\n", d->name, at, derived_end_text(d), *ci ? "; 95 % interval: " : "",
                    ci);
    }
}

static void write_lines(FILE *f, const FitReport *r) {
    const Law *law = r->fit.law;
    const Starts *s = &r->starts;
    const Metrics *m = &r->metrics;
    fprintf(f, "%s (%s)\n%s\n\n", law->name, law->citation, law->formula);
    fprintf(f, "%d of %d rows, %d configurations\n", r->rows_used, r->rows_read, r->configurations);
    fprintf(f, "objective %s of %s residuals: %.10g\n", r->options.objective, r->options.residual, r->value);
    if (law->log_target && !strcmp(r->options.residual, "log") && !strcmp(r->options.objective, "l2"))
        fprintf(f, "mean squared error: %.6g (natural logs), %.6g (log10)\n", r->value / r->rows_used,
                r->value / r->rows_used / (M_LN10 * M_LN10));
    fprintf(
        f,
        "%d starts: %d converged, %d at a bound, %d stalled, %d agree; %d of %d independent searches from there found "
        "the best; %d distinct optima; %ld evaluations\n\n",
        s->total, s->converged, s->at_bound, s->stalled, s->agree, s->seeks_agree, s->seeks, s->n_optima,
        s->evaluations);
    text_parameters(f, r);
    text_resampling(f, r);
    fprintf(f, "\nRMSE %.5g nats, MAPE %.3g %%, bias %+.3g %%, worst %.4g (%s)", m->rmse, m->mape, m->bias, m->max_abs,
            r->worst);
    // What this table cannot give (no degree of freedom left, constant losses) is left out.
    if (isfinite(m->noise.sigma)) fprintf(f, ", noise %.3g %%", 100 * m->noise.sigma);
    if (m->noise.kind == NOISE_BY_D) fprintf(f, " in the middle and as D^%.2g", m->noise.slope);
    if (m->noise.tail) fprintf(f, " (tails of Student's t with %d degrees of freedom)", m->noise.tail);
    if (m->noise.kind == NOISE_BY_LOSS) fprintf(f, " in the middle and as loss^%.2g", m->noise.slope);
    if (isfinite(m->r2)) fprintf(f, ", R2 %.6f", m->r2);
    if (isfinite(m->aicc)) fprintf(f, ", AICc %.2f", m->aicc);
    fprintf(f, ", BIC %.2f\n", m->bic);
    fprintf(f, "condition number %.3g\n", r->id.condition);
    for (int k = 0; k < r->id.n_weak; k++) {
        char text[256];
        weak_text(law, &r->id, k, text, sizeof text);
        fprintf(f, "weak direction (logs of coefficients, standard error %.2g): %s\n", r->id.weak[k].error, text);
    }
    text_derived(f, r);
}

void fit_write_text(FILE *f, const FitReport *r) {
    MemoryFile lines;
    memory_open(&lines);
    write_lines(lines.file, r);
    memory_close(&lines);
    write_wrapped(f, 2, "%.*s", (int)lines.length - 1, lines.text); // whose last line has its end already
    free(lines.text);
}
