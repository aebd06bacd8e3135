// cmd_promote.c - `moelaw promote`: the compute that a change saves at equal loss.
#include "command.h"
#include "decide/decision.h"
#include "decide/promote.h"
#include "laws/law_file.h"

#include <math.h>
#include <stdio.h>

static void print_json_result(const Promotion *p, const Runs *runs) {
    json_t *each = json_array();
    char room[32];
    const double ends[2] = {p->ci95.lo, p->ci95.hi};
    for (int i = 0; i < p->n_new; i++)
        json_array_append_new(each, json_pack("{s:s, s:f, s:f, s:o}", "run_id", runs_name(runs, i, room), "C",
                                              runs->points[i].x[VAR_C], "loss", runs->loss[i], "saving",
                                              json_number(p->each[i])));
    json_print(json_pack("{s:f, s:[o, o], s:s, s:f, s:i, s:i, s:o}", "saving", p->saving, "saving_ci95",
                         json_number(ends[0]), json_number(ends[1]), "saving_ci95_is", interval_word(&p->ci95), "rms",
                         p->rms, "n_old", p->n_old, "n_new", p->n_new, "runs", each));
}

static void print_text(const Promotion *p, const Runs *runs, const Law *law) {
    char room[INTERVAL_TEXT_ROOM], name[32], C[NUMBER_TEXT], one[NUMBER_TEXT];
    printf("the old recipe needs %.4g times the compute for the same loss, 95 %% %s\n", p->saving,
           interval_text(&p->ci95, room));
    printf("%s of %d old and %d new runs, error %.3f %%\n\n%-18s %10s %9s  times, by the old runs' own curve\n",
           law->name, p->n_old, p->n_new, 100 * p->rms, "new run", "C", "loss");
    for (int i = 0; i < p->n_new; i++) {
        snprintf(one, sizeof one, "%.4g", p->each[i]);
        printf("%-18s %10s %9.4f  %s\n", runs_name(runs, i, name), people(runs->points[i].x[VAR_C], C), runs->loss[i],
               isinf(p->each[i]) ? "more than the old recipe can buy"
               : p->each[i] > 0  ? one
                                 : "less than a hundredth");
    }
}

static Status promote_tables(const char *old_path, const char *new_path, const Law *law, const RunChoice *choice,
                             const FitOptions *o, bool json) {
    const Law *laws[] = {law, NULL};
    Runs old_runs, new_runs;
    Promotion p;
    TRY(runs_read(old_path, choice, laws, &old_runs));
    Status s = runs_read(new_path, choice, laws, &new_runs);
    if (s == OK) {
        s = promote(law, &old_runs, &new_runs, o, &p);
        if (s == OK && json) print_json_result(&p, &new_runs);
        if (s == OK && !json) print_text(&p, &new_runs, law);
        if (s == OK) promotion_free(&p);
        runs_free(&new_runs);
    }
    runs_free(&old_runs);
    return s;
}

static Status run(const Command *self, int argc, char **argv) {
    RunChoice choice = {0};
    FitOptions o = FIT_OPTIONS_DEFAULT;
    const char *positional[2], *law_name = "frontier";
    bool json = false;
    const Law *law;
    o.objective = "l2";
    o.starts = 50;
    const Option options[] = {opt_text("law", &law_name, "NAME", "a law of compute C, or a file (default frontier)"),
                              RUN_OPTIONS(choice),
                              FIT_OPTIONS(o),
                              opt_flag("json", &json, "print JSON"),
                              {0}};
    TRY(args_read(self, options, argc, argv, positional, NULL));
    TRY(law_open(law_name, &law));
    return promote_tables(positional[0], positional[1], law, &choice, &o, json);
}

MOELAW_COMMAND(promote, 52, "compute that a change saves at equal loss", "OLD.csv NEW.csv [--law NAME]", 2, 2,
               "How much compute the old recipe needs for the losses of the new one: both tables lie on one curve of\n"
               "compute but for a factor, whose interval is that of its profile likelihood. C is a column, or follows\n"
               "from M and D, or from N and D.",
               "  moelaw promote old.csv new.csv\n  moelaw promote runs.csv runs.csv --json\n")
