// runs_readme.h - the part of a README beside a kept table that says what it holds, written from the table and its
// provenance.
#ifndef MOELAW_RUNS_README_H
#define MOELAW_RUNS_README_H

#include "ground/status.h"

// For a/joint.csv: replaces what stands in a/README.md between the lines "<!-- joint -->" and "<!-- /joint -->".
// Without such a file, or such lines in it, nothing is written.
Status runs_readme_write(const char *table);

#endif
