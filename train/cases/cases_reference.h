// cases_reference.h - plain forward results of each operation in host doubles, written from backend.h's words alone.
#ifndef MOELAW_CASES_REFERENCE_H
#define MOELAW_CASES_REFERENCE_H

#include "cases.h"

// Positions of the arrays that references and the list share by name; the others are in calling order.
enum {
    ROUTER_H,
    ROUTER_W,
    ROUTER_BIAS,
    ROUTER_LOGIT,
    ROUTER_INDEX,
    ROUTER_SLOT,
    ROUTER_TOKEN,
    ROUTER_WEIGHT,
    ROUTER_OFFSET,
    ROUTER_COUNT,
    ROUTER_STATS,
    ROUTER_DWEIGHT,
    ROUTER_DSTATS,
    ROUTER_DH,
    ROUTER_DW
};
enum { ADAM_WEIGHT, ADAM_GRAD, ADAM_FIRST, ADAM_SECOND, ADAM_AVERAGE, ADAM_COPY, ADAM_NORM, ADAM_HYPER };

void embed_reference(const Case *c, CaseData *d);
void norm_reference(const Case *c, CaseData *d);
void product_reference(const Case *c, CaseData *d);
void attention_reference(const Case *c, CaseData *d);
void router_reference(const Case *c, CaseData *d);
void balance_reference(const Case *c, CaseData *d);
void gather_reference(const Case *c, CaseData *d);
void swiglu_reference(const Case *c, CaseData *d);
void head_reference(const Case *c, CaseData *d);
void sums_reference(const Case *c, CaseData *d);
void adam_reference(const Case *c, CaseData *d);

#endif
