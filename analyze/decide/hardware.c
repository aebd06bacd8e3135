// hardware.c - hardware descriptions (analyze/hardware/*.yaml); see serving.h.
#include "serving.h"

#include "ground/config.h"

#include <ctype.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *key;
    size_t offset;
    double max;
} numbers[] = {
    {"flops", offsetof(Hardware, flops), 1e30},
    {"flops_8bit", offsetof(Hardware, flops_8bit), 1e30},
    {"bandwidth", offsetof(Hardware, bandwidth), 1e30},
    {"memory", offsetof(Hardware, memory), 1e30},
    {"interconnect", offsetof(Hardware, interconnect), 1e30},
    {"link_latency", offsetof(Hardware, link_latency), 1},
    {"node", offsetof(Hardware, node), 1e6},
    {"network", offsetof(Hardware, network), 1e30},
    {"network_latency", offsetof(Hardware, network_latency), 1},
    {"price", offsetof(Hardware, price), 1e6},
    {"compute_share", offsetof(Hardware, compute_share), 1},
    {"bandwidth_share", offsetof(Hardware, bandwidth_share), 1},
    {"memory_share", offsetof(Hardware, memory_share), 1},
};

static const char *const keys[] = {"name",
                                   "source",
                                   "gpus",
                                   "flops",
                                   "flops_8bit",
                                   "bandwidth",
                                   "memory",
                                   "interconnect",
                                   "link_latency",
                                   "node",
                                   "network",
                                   "network_latency",
                                   "price",
                                   "compute_share",
                                   "bandwidth_share",
                                   "memory_share",
                                   NULL};

// In the repository one stands in, beside the sources, or where `make install` puts them; an own description needs a
// path.
static bool find(const char *name, char path[PATH_MAX]) {
    static const char *const places[] = {"../../analyze/hardware", "../../../analyze/hardware",
                                         "../share/moelaw/hardware"};
    char program[PATH_MAX / 2], lower[NAME];
    snprintf(path, PATH_MAX, "%s", name);
    if (strchr(name, '/') || strchr(name, '.')) return true;
    snprintf(lower, sizeof lower, "%s", name);
    for (char *c = lower; *c; c++) *c = (char)tolower((unsigned char)*c);
    snprintf(path, PATH_MAX, "analyze/hardware/%s.yaml", lower);
    if (access(path, R_OK) == 0) return true;
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length < 0) return false;
    program[length] = '\0';
    *strrchr(program, '/') = '\0';
    for (int i = 0; i < 3; i++) {
        snprintf(path, PATH_MAX, "%s/%s/%s.yaml", program, places[i], lower);
        if (access(path, R_OK) == 0) return true;
    }
    return false;
}

static Status text_of(const Config *c, const char *key, char *to, size_t size) {
    const ConfigNode *node = config_get(c, config_root(c), key);
    if (!node || !config_text(node)) return config_fail(c, config_root(c), "%s: expected text", key);
    snprintf(to, size, "%s", config_text(node));
    return OK;
}

static Status sizes(const Config *c, Hardware *h) {
    const ConfigNode *list = config_get(c, config_root(c), "gpus");
    if (!list)
        return config_fail(c, config_root(c), "gpus: missing; expected the sizes of a node, such as [1, 2, 4, 8]");
    h->n_sizes = config_count(list);
    if (h->n_sizes < 1 || h->n_sizes > NODE_SIZES)
        return config_fail(c, list, "gpus: expected 1 to %d sizes of a node", NODE_SIZES);
    for (int i = 0; i < h->n_sizes; i++) {
        const ConfigNode *item = config_item(c, list, i);
        TRY(config_number(c, item, &h->gpus[i]));
        if (!(h->gpus[i] >= 1) || (i && h->gpus[i] <= h->gpus[i - 1]))
            return config_fail(c, item, "gpus: expected rising numbers from 1");
    }
    return OK;
}

// Without a node's size all GPUs are of one node, and there is no network.
static bool within_node(const Config *c, const char *key) {
    return !config_get(c, config_root(c), "node") && (!strcmp(key, "node") || !strncmp(key, "network", 7));
}

static Status read_keys(const Config *c, Hardware *h) {
    TRY(config_expect_map(c, config_root(c), "a hardware description", keys));
    TRY(text_of(c, "name", h->name, sizeof h->name));
    TRY(text_of(c, "source", h->source, sizeof h->source));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const ConfigNode *node = config_get(c, config_root(c), numbers[i].key);
        double *to = (void *)((char *)h + numbers[i].offset);
        if (!node && (numbers[i].offset == offsetof(Hardware, flops_8bit) || within_node(c, numbers[i].key))) continue;
        if (!node) return config_fail(c, config_root(c), "%s: missing", numbers[i].key);
        TRY(config_number(c, node, to));
        if (!(*to > 0) || *to > numbers[i].max)
            return config_fail(c, node, "%s: %g, expected above 0 and at most %g", numbers[i].key, *to, numbers[i].max);
    }
    TRY(sizes(c, h));
    if (!(h->node > 0)) h->node = h->gpus[h->n_sizes - 1];
    return OK;
}

Status hardware_read(const char *name, Hardware *h) {
    char path[PATH_MAX];
    Config c;
    *h = (Hardware){0};
    if (!find(name, path))
        return fail(BAD_INPUT,
                    "--hardware: there is no '%s'; known are a100, a100-40, h100, h200, or give a .yaml file", name);
    TRY(config_read(path, &c));
    Status s = read_keys(&c, h);
    config_free(&c);
    return s;
}
