// cmd_compare.c - `moelaw compare`: two settings over the same seeds.
#include "command.h"
#include "decide/decision.h"
#include "decide/paired.h"

#include <math.h>
#include <stdio.h>

static void print_result_json(const Paired *p, const PairChoice *c) {
    json_print(json_pack("{s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "pairs", p->pairs, "alone_a",
                         p->alone_a, "alone_b", p->alone_b, "difference", json_number(p->mean), "difference_ci95",
                         json_range(p->ci95), "sd", json_number(p->sd), "sd_unpaired", json_number(p->sd_alone),
                         "correlation", json_number(p->correlation), "p", json_number(p->p), "wanted",
                         json_number(c->wanted), "pairs_needed", json_number(p->needed)));
}

static void print_text(const Paired *p, const PairChoice *c) {
    printf("B less A: %+.6f nats", p->mean);
    if (p->pairs >= 2) printf(", 95 %% [%+.6f, %+.6f], p = %.3g", p->ci95[0], p->ci95[1], p->p);
    printf("\n%d pair%s by %s", p->pairs, p->pairs == 1 ? "" : "s", c->by);
    if (p->pairs >= 2) printf("; differences deviate by %.6f, unpaired ones would by %.6f", p->sd, p->sd_alone);
    if (!isnan(p->correlation)) printf(" (correlation %.2f)", p->correlation);
    printf("\n");
    if (isnan(c->wanted)) return;
    if (isnan(p->needed))
        printf("pairs needed to see %g nats: not known, or more than a hundred thousand\n", c->wanted);
    else
        printf("pairs needed to see %g nats in 80 %% of trials, at 5 %%: %.0f\n", c->wanted, p->needed);
}

static Status run(const Command *self, int argc, char **argv) {
    PairChoice c = {.by = "seed", .wanted = NAN};
    const char *positional[2];
    bool json = false;
    const Option options[] = {
        opt_text("by", &c.by, "COLUMNS", "what the runs of a pair share: seed, or seed,D (default seed)"),
        opt_list("a", &c.where_a, "COND", "rows of A to use: 'D>1e9', lr=0.004, notes.key=1"),
        opt_list("b", &c.where_b, "COND", "rows of B to use, so that both may be one table"),
        opt_text("loss", &c.loss, "COLUMN", "the loss column (default loss)"),
        opt_number("difference", &c.wanted, "NATS", "how many pairs would tell a difference of this size", 1e-9, 1e3),
        opt_flag("json", &json, "print JSON"),
        {0}};
    TRY(args_read(self, options, argc, argv, positional, NULL));
    Paired p;
    TRY(compare_tables(positional[0], positional[1], &c, &p));
    if (p.alone_a || p.alone_b) note("%d runs of A and %d of B have no partner and are left out", p.alone_a, p.alone_b);
    if (p.pairs < 2) warn("one pair says nothing of its error");
    (json ? print_result_json : print_text)(&p, &c);
    return OK;
}

MOELAW_COMMAND(
    compare, 54, "paired difference of two settings over seeds", "A.csv B.csv [--by COLUMNS] [--difference NATS]", 2, 2,
    "The mean difference of loss between two settings trained with the same seeds, with Student's interval,\n"
    "and how many seeds would tell a difference of a stated size.",
    "  moelaw compare old.csv new.csv --by seed,D --difference 0.002\n"
    "  moelaw compare recipe.csv recipe.csv --a lr=0.004 --b lr=0.008 --by seed,D,G --json\n")
