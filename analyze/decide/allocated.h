// allocated.h - allocations as an answer: a row a budget with every value, its 95 % interval over the fit's draws and
// the near-optimal band; `allocate` and `optimum --flops` print this and nothing else.
#ifndef MOELAW_ALLOCATED_H
#define MOELAW_ALLOCATED_H

#include "allocation.h"
#include "decision.h"
#include "sheet.h"

typedef struct {
    const double *flops; // [n_flops] budgets; none: the least one for max_loss
    int n_flops;
    double max_loss; // NAN: none
    double percent;  // the band: within so many per cent of the least loss
} BudgetQuestion;

// One row a budget. Warnings: what lies beyond the fitted range (of the last budget), edges that were held.
// BAD_INPUT as allocation_best(), and if the first budget is too small for max_loss.
Status allocated(const AllocationTask *t, const Fit *fit, const BudgetQuestion *q, Sheet *sheet, Warnings *w);
// Every structure tried, at the budget of that sheet's last row.
Sheet allocated_each(const AllocationTask *t, const Sheet *sheet);
// Why G, S or Na are what they are: edges held, ends of the choices, values beyond the fitted range.
void allocation_warnings(const AllocationTask *t, const Fit *fit, const Allocation *a, Warnings *w);

#endif
