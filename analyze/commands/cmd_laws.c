// cmd_laws.c - `moelaw laws [NAME]`: the zoo, or one law with its formula, variables, published sets and sources.
#include "command.h"
#include "decide/decision.h"
#include "ground/output.h"
#include "laws/law_file.h"

#include <stdio.h>
#include <string.h>

static void list_all(void) {
    printf("%-18s %-20s %2s %s\n", "law", "variables", "k", "(k coefficients)");
    for (const Law **l = law_list; *l; l++) {
        char variables[64] = "";
        for (int i = 0; i < (*l)->n_variables; i++) {
            size_t used = strlen(variables);
            snprintf(variables + used, sizeof variables - used, "%s%s", i ? "," : "",
                     variable_name((*l)->variables[i].variable));
        }
        write_wrapped(stdout, 42, "%-18s %-20s %2d %s (%s)", (*l)->name, variables, law_n_parameters(*l), (*l)->title,
                      (*l)->citation);
    }
}

static void show_sets(const Law *law) {
    char text[NUMBER_TEXT];
    if (!law->n_sets) printf("\npublished coefficients: none\n");
    for (int s = 0; s < law->n_sets; s++) {
        const LawSet *set = &law->sets[s];
        char line[2048] = " ";
        printf("\n");
        write_wrapped(stdout, 4, "published:%s   %s%s%s", set->name, set->source, set->note ? "; " : "",
                      set->note ? set->note : "");
        for (int i = 0; i < law_n_parameters(law); i++) {
            size_t used = strlen(line);
            snprintf(line + used, sizeof line - used, " %s=%s", law_parameter_name(law, i),
                     number_text(set->values[i], text));
        }
        write_wrapped(stdout, 2, "%s", line);
    }
}

// What the paper's runs covered: beyond it a prediction is an extrapolation, and every command says so.
static void show_ranges(const Law *law) {
    char text[INTERVAL_TEXT];
    double range[2];
    if (!law->range_source) return;
    printf("\nrange (%s):\n", law->range_source);
    for (int i = 0; i < law->n_variables; i++) {
        law_range(law, law->variables[i].variable, range);
        if (*people_range(range, text)) printf("  %-12s %s\n", variable_name(law->variables[i].variable), text);
    }
}

static void show(const Law *law) {
    printf("%s: %s\n%s\n\n", law->name, law->title, law->citation);
    for (const char *line = law->formula; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        write_wrapped(stdout, 6, "  %.*s", (int)strcspn(line, "\n"), line);
    printf("  L in nats per token\n\nvariables (counts are raw, not millions; shares are of one):\n");
    for (int i = 0; i < law->n_variables; i++)
        write_wrapped(stdout, 15, "  %-12s %s%s", variable_name(law->variables[i].variable), law->variables[i].meaning,
                      law->variables[i].count == COUNT_NONEMB ? " [from the _nonemb column]" : "");
    printf("\ncoefficients:\n");
    for (int i = 0; i < law->n_theta; i++) printf("  %-12s %s\n", law->theta[i].name, law->theta[i].meaning);
    for (int j = 0; j < law->n_coef; j++)
        printf("  %-12s %s%s\n", law->coef[j].name, law->coef[j].meaning,
               law->coef[j].sign > 0   ? " (>= 0)"
               : law->coef[j].sign < 0 ? " (<= 0)"
                                       : "");
    show_ranges(law);
    show_sets(law);
}

static json_t *json_law(const Law *law) {
    json_t *variables = json_array(), *sets = json_array();
    for (int i = 0; i < law->n_variables; i++) {
        const LawVariable *v = &law->variables[i];
        double range[2];
        law_range(law, v->variable, range);
        json_array_append_new(variables,
                              json_pack("{s:s, s:s, s:b, s:o}", "name", variable_name(v->variable), "meaning",
                                        v->meaning, "nonemb", v->count == COUNT_NONEMB, "range", json_range(range)));
    }
    for (int s = 0; s < law->n_sets; s++) {
        const LawSet *set = &law->sets[s];
        json_t *parameters = json_object();
        for (int i = 0; i < law_n_parameters(law); i++)
            json_object_set_new(parameters, law_parameter_name(law, i), json_number(set->values[i]));
        json_array_append_new(
            sets, json_pack("{s:s, s:s, s:o}", "name", set->name, "source", set->source, "parameters", parameters));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?, s:o, s:o}", "name", law->name, "title", law->title, "citation",
                     law->citation, "formula", law->formula, "tex", law->tex, "range_source", law->range_source,
                     "variables", variables, "published", sets);
}

static Status run(const Command *self, int argc, char **argv) {
    bool json = false;
    const Option options[] = {opt_flag("json", &json, "print JSON"), {0}};
    const char *name = NULL;
    int n = 0;
    TRY(args_read(self, options, argc, argv, &name, &n));
    const Law *one = NULL;
    if (n) TRY(law_open(name, &one));
    if (!json && one) show(one);
    if (!json && !one) list_all();
    if (json && one) json_print(json_law(one));
    if (json && !one) {
        json_t *all = json_array();
        for (const Law **l = law_list; *l; l++) json_array_append_new(all, json_law(*l));
        json_print(all);
    }
    return OK;
}

MOELAW_COMMAND(
    laws, 10, "the laws: formulas, variables, published coefficients", "[NAME|FILE.yaml] [--json]", 0, 1,
    "Lists the laws; with NAME or a file of your own shows formula, variables, coefficients and published sets.",
    "  moelaw laws\n  moelaw laws zhao2025\n  moelaw laws my.yaml\n  moelaw laws --json\n")
