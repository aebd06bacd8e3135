// cmd_fit.c - `moelaw fit`: one law to one run table.
#include "ground/output.h"
#include "command.h"
#include "fit/bootstrap.h"
#include "fit/fit_text.h"
#include "fit/profile.h"
#include "runs/unused.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_TURNS = 4 };

static Status write_report(const FitReport *r, const char *path, bool json) {
    for (int i = 0; i < r->id.n_warnings; i++) warn("%s", r->id.warnings[i]);
    if (json)
        fit_file_write(stdout, r);
    else
        fit_write_text(stdout, r);
    if (!path) return OK;
    Output out;
    TRY(output_open(&out, path));
    fit_file_write(out.file, r);
    TRY(output_commit(&out));
    note("wrote %s", path);
    return OK;
}

// Profiles of all coefficients. Where one finds a better optimum, that is the fit, and they are made again from there.
static void make_profiles(Fitted *f, Interval *profile95) {
    for (int i = 0, turns = 0; i < law_n_parameters(f->law); i++) {
        Profile p;
        profile(f, i, &p);
        profile95[i] = p.ci95;
        if (!p.better || turns == MOST_TURNS) continue;
        note("the profile of %s found a better optimum, %.10g for %.10g: that is the fit now",
             law_parameter_name(f->law, i), p.value, f->value);
        fitted_move(f, p.parameters);
        turns++;
        i = -1;
    }
}

static Status fit_table(const char *path, const Law *law, const FitOptions *o, const RunChoice *choice,
                        const char *target, bool profiles, bool json) {
    const Law *laws[] = {law, NULL};
    Runs runs;
    Fitted fitted;
    TRY(runs_read(path, choice, laws, &runs));
    tell_unused(&runs, law);
    Status s = fitting_run(law, &runs, o, NULL, 0, &fitted);
    if (s == OK) {
        Interval profile95[LAW_MAX_PARAMETERS];
        if (profiles) make_profiles(&fitted, profile95);
        if (o->bootstrap) bootstrap(&runs, (int)o->bootstrap, &fitted);
        FitReport *r = allocate(1, sizeof *r);
        fit_report(&fitted, &runs, o, choice, r);
        r->has_profile = profiles;
        if (profiles) memcpy(r->profile95, profile95, sizeof profile95);
        s = write_report(r, target, json);
        free(r);
        fitted_free(&fitted);
    }
    runs_free(&runs);
    return s;
}

static Status fit(int argc, char **argv) {
    RunChoice choice = {0};
    FitOptions o = FIT_OPTIONS_DEFAULT;
    const char *law_name = NULL, *target = NULL, *path;
    bool json = false, profiles = false;
    int n;
    const Option options[] = {
        {"law", 0, ARG_TEXT, &law_name, "NAME", "which law; `moelaw laws` lists them", 0, 0},
        {"output", 'o', ARG_TEXT, &target, "FIT.json", "write the fit", 0, 0},
        RUN_OPTIONS(choice),
        FIT_OPTIONS(o),
        {"bootstrap", 0, ARG_WHOLE, &o.bootstrap, "B", "replicates for intervals, 0 for none (default 500)", 0, 1e6},
        {"cluster", 0, ARG_TEXT, &choice.cluster, "COLUMN", "rows drawn together (default: one configuration)", 0, 0},
        {"weight", 0, ARG_TEXT, &choice.weight, "COLUMN", "weight of each row", 0, 0},
        {"profile", 0, ARG_FLAG, &profiles, NULL, "profile-likelihood intervals beside those of the bootstrap", 0, 0},
        {"json", 0, ARG_FLAG, &json, NULL, "print the fit as JSON", 0, 0},
        {0}};
    const Usage usage = {
        "moelaw",
        "fit RUNS.csv --law NAME [options] [-o FIT.json]",
        "Fits a law: many projected searches, an exact polish, a bootstrap by configuration, and a word on what\n"
        "the data cannot tell.",
        "  moelaw fit runs.csv --law zhao2025 -o fit.json\n"
        "  moelaw fit runs.csv --law hoffmann2022 --where 'D>1e9' --column N=N_nonemb --fix E=1.69\n"
        "  moelaw fit runs.csv --law clark2022 --column N=notes.N_dense --objective l2 --bootstrap 0\n",
        options,
        1,
        1};
    TRY(args_parse(&usage, argc, argv, &path, &n));
    if (!law_name) return fail(BAD_INPUT, "which law? --law NAME; `moelaw laws` lists them");
    const Law *law = law_find(law_name);
    if (!law) return fail(BAD_INPUT, "there is no law '%s'; `moelaw laws` lists them", law_name);
    return fit_table(path, law, &o, &choice, target, profiles, json);
}

static int run(int argc, char **argv) {
    return status_report("moelaw", fit(argc, argv));
}
COMMAND(fit, "fits a law to a run table", 20)
