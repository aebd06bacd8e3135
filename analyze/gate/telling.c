// telling.c - see telling.h.
#include "telling.h"

#include "ground/output.h"

#include <math.h>
#include <stdio.h>

enum { WORST_SHOWN = 10, NEW_SHOWN = 50 };

// ---- runs that are shown: the worst of all, or those that are new

static int shown(const Telling *t) {
    int n = t->news ? t->news->n_fresh : t->verdict->n, most = t->news ? NEW_SHOWN : WORST_SHOWN;
    return n < most ? n : most;
}

static int shown_run(const Telling *t, int k) {
    return t->news ? t->news->fresh[k] : t->verdict->order[k];
}

static void text_row(FILE *f, const Telling *t, int i) {
    char room[32];
    const Prediction *p = &t->verdict->predictions[i];
    double loss = t->runs->loss[i];
    bool known = !isnan(p->interval95[0]);
    fprintf(f, "%-24s %10.5f %10.5f %+8.3f%%  ", runs_name(t->runs, i, room), loss, p->loss, relative_error(p, loss));
    if (known)
        fprintf(f, "[%.5f, %.5f]%s", p->interval95[0], p->interval95[1], outside_interval(p, loss) ? " outside" : "");
    if (p->outside) fprintf(f, "%s%s beyond the fitted range", known ? ", " : "", p->outside);
    fputc('\n', f);
}

static void text_news(FILE *f, const Telling *t) {
    const News *news = t->news;
    for (int i = 0; i < N_CRITERIA; i++) {
        const Criterion *c = &t->verdict->criteria[i];
        if (!news->first && c->standing != news->before[i])
            fprintf(f, "%s: %s before, now %s: %s\n", criterion_names[i], standing_words[news->before[i]],
                    standing_words[c->standing], c->text);
    }
    if (news->n_gone) fprintf(f, "%d runs are there no more\n", news->n_gone);
    if (news->n_fresh > NEW_SHOWN) fprintf(f, "the first %d of %d new runs:\n", NEW_SHOWN, news->n_fresh);
}

void tell_text(FILE *f, const Telling *t) {
    const Verdict *v = t->verdict;
    if (t->news && !news_any(t->news, v)) return;
    if (t->news) text_news(f, t);
    if (shown(t))
        fprintf(f, "%-24s %10s %10s %9s  %s\n", t->news ? "new runs" : "worst runs", "observed", "predicted", "error",
                "95 % of a new run");
    for (int k = 0; k < shown(t); k++) text_row(f, t, shown_run(t, k));
    char outside[64] = "";
    if (v->with_interval)
        snprintf(outside, sizeof outside, "; %d of %d outside their 95 %% interval", v->with_interval - v->inside,
                 v->with_interval);
    write_wrapped(f, 2, "\n%s on %d runs: MAPE %.3f %%, bias %+.3f %%, RMSE %.5f nats%s", t->fit->law->name, v->n,
                  v->mape, v->bias, v->rmse, outside);
    for (int i = CRITERION_COVERAGE; i < N_CRITERIA; i++)
        if (v->criteria[i].standing != NOT_ASKED)
            fprintf(f, "%s %s: %s\n", criterion_names[i], standing_words[v->criteria[i].standing], v->criteria[i].text);
    fprintf(f, "%s\n", v->holds ? "holds" : "does NOT hold");
}

// ---- JSON

static void json_field(FILE *f, const char *name, double x) {
    fprintf(f, ", \"%s\": ", name);
    write_json_number(f, x);
}

static void json_criteria(FILE *f, const Verdict *v) {
    fprintf(f, ", \"criteria\": {");
    for (int i = 0; i < N_CRITERIA; i++) {
        const Criterion *c = &v->criteria[i];
        fprintf(f, "%s\n  \"%s\": {\"standing\": \"%s\"", i ? "," : "", criterion_names[i],
                standing_words[c->standing]);
        json_field(f, "value", c->value);
        json_field(f, "limit", c->limit);
        fprintf(f, ", \"text\": ");
        write_json_string(f, c->text);
        fputc('}', f);
    }
    fputc('}', f);
}

static void json_row(FILE *f, const Telling *t, int i) {
    char room[32];
    const Prediction *p = &t->verdict->predictions[i];
    double loss = t->runs->loss[i];
    fprintf(f, "\n  {\"run_id\": ");
    write_json_string(f, runs_name(t->runs, i, room));
    json_field(f, "observed", loss);
    json_field(f, "predicted", p->loss);
    json_field(f, "error_pct", relative_error(p, loss));
    json_field(f, "interval_lo", p->interval95[0]);
    json_field(f, "interval_hi", p->interval95[1]);
    fputc('}', f);
}

static void json_news(FILE *f, const Telling *t) {
    char room[32];
    fprintf(f, ", \"gone\": %d, \"new\": [", t->news->n_gone);
    for (int k = 0; k < t->news->n_fresh; k++) {
        if (k) fprintf(f, ", ");
        write_json_string(f, runs_name(t->runs, t->news->fresh[k], room));
    }
    fputc(']', f);
}

void tell_json(FILE *f, const Telling *t) {
    const Verdict *v = t->verdict;
    fprintf(f, "{\"holds\": %s, \"runs\": %d", v->holds ? "true" : "false", v->n);
    json_field(f, "mape", v->mape);
    json_field(f, "bias", v->bias);
    json_field(f, "rmse", v->rmse);
    fprintf(f, ", \"outside_interval\": %d, \"with_interval\": %d", v->with_interval - v->inside, v->with_interval);
    json_field(f, "drift", v->drift);
    json_field(f, "drift_lo", v->drift95[0]);
    json_field(f, "drift_hi", v->drift95[1]);
    json_criteria(f, v);
    if (t->news) json_news(f, t);
    fprintf(f, ", \"rows\": [");
    for (int k = 0; k < v->n; k++) {
        if (k) fputc(',', f);
        json_row(f, t, v->order[k]);
    }
    fprintf(f, "\n]}\n");
}

// ---- JUnit

static int count(const Verdict *v, Standing standing) {
    int n = 0;
    for (int i = 0; i < N_CRITERIA; i++) n += v->criteria[i].standing == standing;
    return n;
}

static void attribute(FILE *f, const char *name, const char *text) {
    fprintf(f, " %s=\"", name);
    write_markup(f, text);
    fputc('"', f);
}

static void junit_case(FILE *f, const Telling *t, int i) {
    const Criterion *c = &t->verdict->criteria[i];
    fprintf(f, "    <testcase");
    attribute(f, "classname", t->fit->law->name);
    attribute(f, "name", criterion_names[i]);
    fprintf(f, " time=\"0\">\n");
    if (c->standing == HOLDS) {
        fprintf(f, "      <system-out>");
        write_markup(f, c->text);
        fprintf(f, "</system-out>\n");
    } else {
        fprintf(f, "      <%s", c->standing == FAILS ? "failure type=\"criterion\"" : "skipped");
        attribute(f, "message", c->text);
        fprintf(f, "/>\n");
    }
    fprintf(f, "    </testcase>\n");
}

void tell_junit(FILE *f, const Telling *t) {
    const Verdict *v = t->verdict;
    int failures = count(v, FAILS), skipped = count(v, CANNOT_TELL), tests = N_CRITERIA - count(v, NOT_ASKED);
    fprintf(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"%d\" failures=\"%d\" errors=\"0\">\n",
            tests, failures);
    fprintf(f, "  <testsuite name=\"moelaw check\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"%d\">\n", tests,
            failures, skipped);
    fprintf(f, "    <properties>\n      <property name=\"fit\"");
    attribute(f, "value", t->fit->origin);
    fprintf(f, "/>\n      <property name=\"runs\"");
    attribute(f, "value", t->runs->table->path);
    fprintf(f, "/>\n      <property name=\"runs_sha256\" value=\"%s\"/>\n    </properties>\n", t->runs->sha256);
    for (int i = 0; i < N_CRITERIA; i++)
        if (v->criteria[i].standing != NOT_ASKED) junit_case(f, t, i);
    fprintf(f, "  </testsuite>\n</testsuites>\n");
}

// ---- Markdown

// A cell of a table: no bar, no tag.
static void markdown_cell(FILE *f, const char *text) {
    fputs(" ", f);
    for (; *text; text++) {
        if (*text == '|' || *text == '`' || *text == '*' || *text == '_' || *text == '[' || *text == '\\')
            fprintf(f, "\\%c", *text);
        else
            fputs(*text == '<'   ? "&lt;"
                  : *text == '&' ? "&amp;"
                                 : (char[2]){(unsigned char)*text < ' ' ? ' ' : *text, 0},
                  f);
    }
    fputs(" |", f);
}

static void markdown_runs(FILE *f, const Telling *t) {
    char room[32];
    fprintf(f, "\n%s\n\n| run | observed | predicted | error | 95 %% of a new run |\n|---|--:|--:|--:|---|\n",
            t->news ? "New runs:" : "Worst runs:");
    for (int k = 0; k < shown(t); k++) {
        int i = shown_run(t, k);
        const Prediction *p = &t->verdict->predictions[i];
        double loss = t->runs->loss[i];
        fputc('|', f);
        markdown_cell(f, runs_name(t->runs, i, room));
        fprintf(f, " %.5f | %.5f | %+.3f %% |", loss, p->loss, relative_error(p, loss));
        if (isnan(p->interval95[0]))
            fprintf(f, " |\n");
        else
            fprintf(f, " %.5f to %.5f%s |\n", p->interval95[0], p->interval95[1],
                    outside_interval(p, loss) ? ", **outside**" : "");
    }
}

void tell_markdown(FILE *f, const Telling *t) {
    const Verdict *v = t->verdict;
    fprintf(f, "## moelaw check: %s %s on %d runs\n\n| criterion | verdict | measured |\n|---|---|---|\n",
            t->fit->law->name, v->holds ? "holds" : "does **not** hold", v->n);
    for (int i = 0; i < N_CRITERIA; i++) {
        const Criterion *c = &v->criteria[i];
        fprintf(f, "| %s | %s%s%s |", criterion_names[i], c->standing == FAILS ? "**" : "", standing_words[c->standing],
                c->standing == FAILS ? "**" : "");
        markdown_cell(f, c->text);
        fputc('\n', f);
    }
    if (t->news)
        fprintf(f, "\n%d new runs since the last check, %d there no more.\n", t->news->n_fresh, t->news->n_gone);
    if (shown(t)) markdown_runs(f, t);
}
