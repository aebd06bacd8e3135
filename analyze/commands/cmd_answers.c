// cmd_answers.c - `moelaw answers RUNS.csv`: what a registered design asked, answered by its runs.
#include "answers/answers.h"
#include "command.h"
#include "ground/json.h"
#include "ground/output.h"
#include "report/latex.h"

#include <stdio.h>

typedef struct {
    FindingFiles files;
    const char *target, *tex;
    bool json;
} Wanted;

static json_t *answers_json(const Answer *answers, int n) {
    json_t *list = json_array();
    for (int i = 0; i < n; i++) {
        const Answer *a = &answers[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s, s:s}", "question", a->question, "statistic", a->statistic,
                                        "decision", a->decision, "answer", a->answer, "says", a->says));
    }
    return json_pack("{s:i, s:s, s:o}", "schema", 1, "kind", "answers", "answers", list);
}

static void print_answers(const Answer *answers, int n) {
    for (int i = 0; i < n; i++) {
        write_wrapped(stdout, 3, "%d. %s", i + 1, answers[i].question);
        write_wrapped(stdout, 3, "   %s", answers[i].says);
        write_wrapped(stdout, 3, "   rule: %s", answers[i].decision);
        write_wrapped(stdout, 3, "   answer: %s", answers[i].answer);
    }
}

static Status write_json(const char *path, const Answer *answers, int n) {
    Output out;
    TRY(output_open(&out, path));
    json_write(out.file, answers_json(answers, n));
    return output_commit_if_changed(&out);
}

// An enumeration for the paper: question, answer, what the runs say.
static Status write_tex(const char *path, const Answer *answers, int n) {
    Output out;
    TRY(output_open(&out, path));
    fprintf(out.file, "%% written by moelaw answers; do not edit\n\\begin{enumerate}\n");
    for (int i = 0; i < n; i++) {
        fprintf(out.file, "\\item \\emph{");
        tex_text(out.file, answers[i].question);
        fprintf(out.file, "} \\textbf{");
        tex_text(out.file, answers[i].answer);
        fprintf(out.file, ".} ");
        tex_text(out.file, answers[i].says);
        fprintf(out.file, " Rule: ");
        tex_text(out.file, answers[i].decision);
        fprintf(out.file, ".\n");
    }
    fprintf(out.file, "\\end{enumerate}\n");
    return output_commit_if_changed(&out);
}

static Status run(const Command *self, int argc, char **argv) {
    Wanted w = {0};
    const Option options[] = {
        opt_text("fit", &w.files.fit, "FIT.json", "the first law's fit, of the runs that are not held out"),
        opt_text("crossval", &w.files.crossval, "CV.json", "laws judged on held-out runs"),
        opt_text("register", &w.files.registered, "REGISTER.json", "what was laid down before the first run"),
        opt_text("seeds", &w.files.seeds, "SEEDS.csv", "runs of the same cells in which one seed alone differs"),
        opt_output(&w.target, "ANSWERS.json", "write them as JSON"),
        opt_text("tex", &w.tex, "FILE.tex", "write them as LaTeX"),
        opt_flag("json", &w.json, "print JSON"),
        {0}};
    TRY(args_read(self, options, argc, argv, &w.files.table, NULL));
    if (!w.files.fit || !w.files.crossval || !w.files.registered)
        return fail(BAD_INPUT, "needs --fit FIT.json, --crossval CV.json and --register REGISTER.json");
    Findings f;
    static Answer answers[MOST_QUESTIONS];
    TRY(findings_open(&w.files, &f));
    int n = answers_of(&f, answers);
    Status s = OK;
    if (w.json) json_print(answers_json(answers, n));
    if (w.target) s = write_json(w.target, answers, n);
    if (!w.json) print_answers(answers, n);
    if (s == OK && w.tex) s = write_tex(w.tex, answers, n);
    findings_close(&f);
    return s;
}

MOELAW_COMMAND(
    answers, 35, "answers the questions that a design registered before its first run",
    "RUNS.csv --fit FIT.json --crossval CV.json --register REGISTER.json [-o ANSWERS.json]", 1, 1,
    "For each registered question: the statistic with its interval, the rule, and what the rule makes of it.\n"
    "The table must be of a design (`moesweep collect`): cells, stable phases, blocks and seeds stand in it.",
    "  moelaw answers artifacts/runs/joint.csv --fit artifacts/joint/fit/zhao2025.json \\\n"
    "    --crossval artifacts/joint/fit/crossval.json --register artifacts/runs/joint-register.json\n")
