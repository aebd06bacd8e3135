// moelaw.c - from a run table to laws, and from laws to decisions. One file a command: cmd_*.c.
#include "command.h"

int main(int argc, char **argv) {
    return args_dispatch("moelaw",
                         "Scaling laws of Mixture-of-Experts language models: fits them to a table of training runs,\n"
                         "compares them on runs they have not seen, predicts, and decides what to train.",
                         command_list(), argc, argv);
}
