// expression.h - a formula over names: "loss - 1.2", "G * (N^-alpha + k * Na^-alpha)". What a name stands for is up to
// the caller; the formula becomes steps for a stack.
//
// Numbers, names (letters, digits, _ and dots), + - * / ^, parentheses, and log, log10, exp, sqrt, abs, min(a, b),
// max(a, b). -x^2 is -(x^2), 2^-x is one half to the x.
#ifndef MOELAW_EXPRESSION_H
#define MOELAW_EXPRESSION_H

#include "status.h"

enum { MOST_STEPS = 96 };

typedef enum {
    STEP_NUMBER,
    STEP_NAME,
    STEP_ADD,
    STEP_SUBTRACT,
    STEP_MULTIPLY,
    STEP_DIVIDE,
    STEP_POWER,
    STEP_MIN,
    STEP_MAX, // up to here of two arguments, from here of one
    STEP_NEGATE,
    STEP_LOG,
    STEP_LOG10,
    STEP_EXP,
    STEP_SQRT,
    STEP_ABS
} StepKind;

typedef struct {
    StepKind kind;
    int name; // what the caller said the name is
    double number;
} Step;

// In reverse Polish order.
typedef struct {
    int n;
    Step at[MOST_STEPS];
} Expression;

// Says what a name is in *index; `column` (from 1) is where it stands in the text. BAD_INPUT says which names there
// are.
typedef Status (*NameFinder)(void *context, const char *name, int column, int *index);

// BAD_INPUT: "path:line: column 3 of 'a +': expected ...".
Status expression_parse(const char *path, int line, const char *text, NameFinder find, void *context, Expression *e);

// Whether a word is one of the functions' names.
bool expression_function(const char *word);

// What a step does to numbers; those of one argument take b.
double step_apply(StepKind kind, double a, double b);

#endif
