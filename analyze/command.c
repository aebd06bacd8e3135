// command.c - see command.h.
#include "command.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROOM = 64 };

// One more than is ever filled: the last stays all NULL.
static Command commands[ROOM + 1];
static int places[ROOM], n_commands;

void command_register(const Command *command, int place) {
    if (n_commands == ROOM) {
        fprintf(stderr, "moelaw: more than %d commands; raise ROOM in command.c\n", ROOM);
        abort();
    }
    int i = n_commands++;
    for (; i > 0 && places[i - 1] > place; i--) {
        commands[i] = commands[i - 1];
        places[i] = places[i - 1];
    }
    commands[i] = *command;
    places[i] = place;
}

const Command *command_list(void) {
    return commands;
}
