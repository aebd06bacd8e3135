// allocation_options.c - see allocation_options.h.
#include "allocation_options.h"

#include "decide/quantity.h"
#include "ground/number.h"

#include <stdio.h>
#include <string.h>

static Status choice(const char *option, const char *text, Unit unit, Choice *c) {
    return text ? quantity_list(option, text, unit, c->value, CHOICES, &c->n) : OK;
}

// "G=8,S=0.1"
static Status hold(const char *text, AllocationTask *t) {
    char number[NUMBER_TEXT];
    for (const char *at = text; at && *at;) {
        size_t length = strcspn(at, ",");
        double *to = at[0] == 'G' ? &t->G : at[0] == 'S' ? &t->S : NULL;
        bool fits = length > 2 && length - 2 < sizeof number;
        if (fits) snprintf(number, sizeof number, "%.*s", (int)length - 2, at + 2);
        if (!fits || !to || at[1] != '=' || !parse_number(number, to) || !(*to >= 0) || (to == &t->S && *to >= 1) ||
            (to == &t->G && *to < 1))
            return fail(BAD_INPUT, "--at: '%.*s', expected G=8 (at least 1) or S=0.125 (from 0 to below 1)",
                        (int)length, at);
        at += length + (at[length] == ',');
    }
    return OK;
}

Status allocation_task(const AllocationOptions *o, const Fit *fit, AllocationTask *t) {
    TRY(allocation_of_fit(t, fit));
    Limits *l = &t->limits;
    Accounting *a = &t->accounting;
    const struct {
        const char *option, *text;
        Unit unit;
        double *to;
    } given[] = {
        {"memory", o->memory, UNIT_BYTES, &l->memory},
        {"context", o->context, UNIT_COUNT, &l->context},
        {"serve-tokens", o->serve_tokens, UNIT_COUNT, &l->serve_tokens},
        {"max-active", o->max_active, UNIT_COUNT, &l->max_active},
        {"max-total", o->max_total, UNIT_COUNT, &l->max_total},
        {"data", o->data, UNIT_COUNT, &l->data},
    };
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (given[i].text) TRY(quantity_parse(given[i].option, given[i].text, given[i].unit, given[i].to));
    l->repeats = o->repeats;
    l->serve_batch = o->serve_batch;
    l->weight_bytes = l->cache_bytes = o->weight_bytes;
    a->kv_group = o->kv_group;
    a->latent = o->latent;
    a->exact = o->exact;
    a->seq_len = o->seq_len;
    if (a->expansion > 1 && o->expansion > 0) a->expansion = o->expansion;
    if (o->c_r >= 0) a->c_r = o->c_r;
    if (o->top_k > 0) a->top_k = o->top_k;
    if (o->expert_share > 0) a->expert_share = o->expert_share;
    TRY(choice("experts", o->experts, UNIT_COUNT, &t->experts));
    TRY(choice("granularity", o->granularity, UNIT_COUNT, &t->granularity));
    TRY(choice("sparsity", o->sparsity, UNIT_SHARE, &t->sparsity));
    TRY(choice("ratio", o->ratio, UNIT_RATIO, &t->ratio));
    return hold(o->hold, t);
}
