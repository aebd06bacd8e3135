// memory_out.h - what libraries do when memory is out: end with a message and status 3, as allocate() does.
//
// GLib aborts, Pango and fontconfig crash. So every allocation of the program, theirs too, goes through memory_out.c,
// and one that fails ends the program as status.h says, without half an output.
#ifndef MOELAW_MEMORY_OUT_H
#define MOELAW_MEMORY_OUT_H

// GLib's own fatal errors (a thread that cannot be started) end the program in the same way. Call first.
void memory_out_watch(void);

#endif
