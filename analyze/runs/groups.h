// groups.h - which rows belong together: runs of one configuration or one trunk, the same run twice, runs that differ
// in how they were trained alone.
#ifndef MOELAW_GROUPS_H
#define MOELAW_GROUPS_H

#include "runs.h"
#include "where.h"

// Numbers runs->cluster: rows alike in `column` (a column or notes.KEY), or without it rows of one configuration or of
// one trunk, a stable phase that several runs share. Falls back to rows, with a word, where configurations are too few
// to be drawn.
Status group_configurations(const char *column, Runs *runs);

// That rows are one each, or of the few numbers given; says so as group_configurations does.
void group_settle(Runs *runs);

// Warns of rows that repeat another, loss included: noise looks smaller than it is.
void tell_repeats(const Runs *runs);
// Warns of rows that differ in learning rate or batch alone: the law cannot tell them, and pools them.
void tell_pooled(const Runs *runs);

// Leaves of all kept rows that are alike in "COLUMN,COLUMN,..." the one of least loss; rows without a loss stay.
Status keep_best_per(const Table *t, const char *columns, const Source *loss, const char *loss_name, bool *keep);

#endif
