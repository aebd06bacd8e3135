// fit_text.h - a fit as text for people.
#ifndef MOELAW_FIT_TEXT_H
#define MOELAW_FIT_TEXT_H

#include "fit_file.h"

void fit_write_text(FILE *f, const FitReport *r);

#endif
