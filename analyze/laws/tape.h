// tape.h - a law's terms as a straight list of operations, with the exact derivatives to its exponents.
//
// Built once: every operation is a node over earlier nodes, equal nodes are one, constants are folded, and derivatives
// are nodes too (chain rule, node by node), so that only those that are not zero are ever worked out. tape_finish()
// drops what no output needs; then the tape is read-only.
#ifndef MOELAW_TAPE_H
#define MOELAW_TAPE_H

#include "ground/expression.h"
#include "law.h"

enum { MOST_NODES = 1024 };

typedef struct Tape Tape;
Tape *tape_new(void);
void tape_free(Tape *t);

// Nodes, by number; -1 when there are more than MOST_NODES, and for what has a node of -1.
int tape_number(Tape *t, double x);
int tape_variable(Tape *t, Variable v);
int tape_theta(Tape *t, int i);
int tape_apply(Tape *t, StepKind kind, int a, int b); // of one argument: b

// The basis: phi[i] is node phi[i], [n_phi]. False: more than MOST_NODES.
bool tape_finish(Tape *t, const int *phi, int n_phi, int n_theta);

// Law.basis of a finished tape, for n points at once, one operation for many of them at a time: term j of point i goes
// to phi[j * stride + i], its slopes to dphi[(i * n_phi + j) * n_theta]; none unless dphi is NULL.
void tape_basis(const Tape *t, const Point *points, int n, const double *theta, double *phi, long stride, double *dphi);
int tape_size(const Tape *t, bool derivatives); // operations

#endif
