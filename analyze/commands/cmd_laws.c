// cmd_laws.c - `moelaw laws [NAME]`: the zoo, or one law with its formula, variables, published sets and sources.
#include "ground/number.h"
#include "ground/output.h"
#include "command.h"
#include "laws/law.h"

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
    show_sets(law);
}

static void json_field(const char *name, const char *value) {
    printf("\"%s\":", name);
    write_json_string(stdout, value);
    printf(",");
}

static void json_law(const Law *law) {
    printf("{");
    json_field("name", law->name);
    json_field("title", law->title);
    json_field("citation", law->citation);
    json_field("formula", law->formula);
    printf("\"variables\":[");
    for (int i = 0; i < law->n_variables; i++) {
        printf("%s{", i ? "," : "");
        json_field("name", variable_name(law->variables[i].variable));
        json_field("meaning", law->variables[i].meaning);
        printf("\"nonemb\":%s}", law->variables[i].count == COUNT_NONEMB ? "true" : "false");
    }
    printf("],\"published\":[");
    for (int s = 0; s < law->n_sets; s++) {
        printf("%s{", s ? "," : "");
        json_field("name", law->sets[s].name);
        json_field("source", law->sets[s].source);
        for (int i = 0; i < law_n_parameters(law); i++) {
            printf("%s", i ? "," : "\"parameters\":{");
            write_json_string(stdout, law_parameter_name(law, i));
            printf(":");
            write_json_number(stdout, law->sets[s].values[i]);
        }
        printf("}}");
    }
    printf("]}");
}

static Status laws(int argc, char **argv) {
    bool json = false;
    const Option options[] = {{"json", 0, ARG_FLAG, &json, NULL, "print JSON", 0, 0}, {0}};
    const Usage usage = {"moelaw",
                         "laws [NAME] [--json]",
                         "Lists the laws; with NAME shows formula, variables, coefficients and published sets.",
                         "  moelaw laws\n  moelaw laws zhao2025\n  moelaw laws --json\n",
                         options,
                         0,
                         1};
    const char *name = NULL;
    int n = 0;
    TRY(args_parse(&usage, argc, argv, &name, &n));
    const Law *one = n ? law_find(name) : NULL;
    if (n && !one) return fail(BAD_INPUT, "there is no law '%s'; `moelaw laws` lists them", name);
    if (!json && one) show(one);
    if (!json && !one) list_all();
    if (json && one) json_law(one);
    if (json && !one) {
        printf("[");
        for (const Law **l = law_list; *l; l++) {
            if (l != law_list) printf(",\n");
            json_law(*l);
        }
        printf("]");
    }
    if (json) printf("\n");
    return OK;
}

static int run(int argc, char **argv) {
    return status_report("moelaw", laws(argc, argv));
}
COMMAND(laws, "the laws: formulas, variables, published coefficients", 10)
