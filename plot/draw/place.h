// place.h - finds room inside the axes where a legend or a note covers no data.
//
// The marks are drawn once into a small mask, one pixel a point; a place is free when no pixel under it has ink. So
// whatever a mark draws is avoided, with no second description of it.
#ifndef MOELAW_PLOT_PLACE_H
#define MOELAW_PLOT_PLACE_H

#include "panel.h"

typedef struct {
    Rect box;
    int w, h;
    unsigned char *ink_hw; // [h * w]
    double *sum_hw;        // [(h + 1) * (w + 1)] ink above and left
} Ink;

Ink ink_of(Arena *a, const Panel *p, Drawn as);
// No ink under the place, nor close by, and inside the frame.
bool ink_free(const Ink *ink, Rect place);
// A free place of size (w, h) near the wanted corner (AT_AUTO: any, in reading order of preference). When all places
// cover ink, *place is the one that covers least and the answer is false; also false when it does not fit at all.
bool ink_place(const Ink *ink, double w, double h, Corner corner, Rect *place);
// From now on nothing else goes there.
void ink_block(Ink *ink, Rect place);

#endif
