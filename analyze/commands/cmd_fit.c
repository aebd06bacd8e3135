// cmd_fit.c - `moelaw fit`: one law to one run table.
#include "ground/output.h"
#include "command.h"
#include "fit/bootstrap.h"
#include "fit/fit_text.h"
#include "fit/profile.h"
#include "laws/law_file.h"
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

static Status run(const Command *self, int argc, char **argv) {
    RunChoice choice = {0};
    FitOptions o = FIT_OPTIONS_DEFAULT;
    const char *law_name = NULL, *target = NULL, *path;
    bool json = false, profiles = false;
    const Option options[] = {
        opt_text("law", &law_name, "NAME", "one of `moelaw laws`, or a file in YAML (docs/laws.md)"),
        opt_output(&target, "FIT.json", "write the fit"),
        RUN_OPTIONS(choice),
        FIT_OPTIONS(o),
        opt_whole("bootstrap", &o.bootstrap, "B", "replicates for intervals, 0 for none (default 500)", 0, 1e6),
        opt_text("cluster", &choice.cluster, "COLUMN", "rows drawn together (default: one configuration)"),
        opt_text("weight", &choice.weight, "COLUMN", "weight of each row"),
        opt_flag("profile", &profiles, "profile-likelihood intervals beside those of the bootstrap"),
        opt_flag("json", &json, "print the fit as JSON"),
        {0}};
    TRY(args_read(self, options, argc, argv, &path, NULL));
    if (!law_name) return fail(BAD_INPUT, "which law? --law NAME; `moelaw laws` lists them");
    const Law *law;
    TRY(law_open(law_name, &law));
    return fit_table(path, law, &o, &choice, target, profiles, json);
}

MOELAW_COMMAND(
    fit, 20, "fits a law to a run table", "RUNS.csv --law NAME [options] [-o FIT.json]", 1, 1,
    "Fits a law: many projected searches, an exact polish, a bootstrap by configuration, and a word on what\n"
    "the data cannot tell.",
    "  moelaw fit runs.csv --law zhao2025 -o fit.json\n"
    "  moelaw fit runs.csv --law hoffmann2022 --where 'D>1e9' --column N=N_nonemb --fix E=1.69\n"
    "  moelaw fit runs.csv --law my.yaml -o fit.json\n"
    "  moelaw fit runs.csv --law clark2022 --column N=notes.N_dense --objective l2 --bootstrap 0\n")
