// device.c - see device.h.
#include "device.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

// The value of the first "key : value" line.
static bool line_value(const char *path, const char *key, char *value, size_t size) {
    FILE *f = fopen(path, "r");
    if (!f) return false;
    char line[512];
    bool found = false;
    while (!found && fgets(line, sizeof line, f)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, key, strlen(key)) || !colon) continue;
        colon += 1 + strspn(colon + 1, " \t");
        colon[strcspn(colon, "\n")] = '\0';
        snprintf(value, size, "%s", colon);
        found = true;
    }
    fclose(f);
    return found;
}

static bool card_name(char *value, size_t size) {
    glob_t cards;
    bool found = false;
    if (!glob("/proc/driver/nvidia/gpus/*/information", 0, NULL, &cards))
        found = line_value(cards.gl_pathv[0], "Model", value, size);
    globfree(&cards);
    return found;
}

const char *device_name(const Backend *backend) {
    static _Thread_local char name[128];
    bool found = !strcmp(backend->name, "cuda") ? card_name(name, sizeof name)
                                                : line_value("/proc/cpuinfo", "model name", name, sizeof name);
    return found ? name : "unknown";
}
