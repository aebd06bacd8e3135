// markov.c - see markov.h.
#include "markov.h"

#include "ground/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static Status set_item(Markov *m, char *item) {
    char *value = strchr(item, '=');
    long long x;
    if (!value) return fail(BAD_INPUT, "'%.40s': expected name=value", item);
    *value++ = '\0';
    int *field = !strcmp(item, "vocab")      ? &m->vocab
                 : !strcmp(item, "branches") ? &m->branches
                 : !strcmp(item, "seed")     ? &m->seed
                                             : NULL;
    if (!field) return fail(BAD_INPUT, "'%.40s': expected vocab, branches or seed", item);
    if (!parse_whole(value, &x) || x < 0 || x > 1 << 20)
        return fail(BAD_INPUT, "%s = '%.40s': expected 0..2^20", item, value);
    *field = (int)x;
    return OK;
}

static Status parse(const char *spec, Markov *m) {
    *m = (Markov){.vocab = 64, .branches = 4, .seed = 1};
    const char *list = spec + strlen("markov");
    char *copy = copy_text(*list == ':' ? list + 1 : list), *rest = NULL;
    Status s = OK;
    for (char *item = strtok_r(copy, ";", &rest); item && s == OK; item = strtok_r(NULL, ";", &rest))
        s = set_item(m, item);
    free(copy);
    TRY(s);
    if (m->vocab < 2) return fail(BAD_INPUT, "vocab = %d, expected at least 2", m->vocab);
    if (m->branches < 1 || m->branches > m->vocab)
        return fail(BAD_INPUT, "branches = %d, expected 1..vocab = %d", m->branches, m->vocab);
    return OK;
}

// Successors and probabilities. The first successor of i is i + 1, so that every state reaches every other.
static void draw_chain(Markov *m) {
    Random r = random_stream((uint64_t)m->seed, 0x6d61726b6f76);
    for (int i = 0; i < m->vocab; i++) {
        int *next = m->next + (long)i * m->branches;
        double *p = m->p + (long)i * m->branches, sum = 0;
        next[0] = (i + 1) % m->vocab;
        for (int b = 1; b < m->branches;) {
            int candidate = (int)random_below(&r, (uint32_t)m->vocab), known = 0;
            while (known < b && next[known] != candidate) known++;
            if (known == b) next[b++] = candidate;
        }
        for (int b = 0; b < m->branches; b++) sum += p[b] = -log(1 - random_uniform(&r)) + 0.05;
        for (int b = 0; b < m->branches; b++) p[b] /= sum;
    }
}

// Power iteration on the lazy chain (I + P) / 2: the same stationary distribution, and no cycles.
static void find_stationary(Markov *m) {
    double *to = allocate(m->vocab, sizeof *to);
    for (int i = 0; i < m->vocab; i++) m->pi[i] = 1.0 / m->vocab;
    double change = 1;
    for (int pass = 0; pass < 100000 && change > 1e-15; pass++) {
        for (int i = 0; i < m->vocab; i++) to[i] = 0.5 * m->pi[i];
        for (int i = 0; i < m->vocab; i++)
            for (int b = 0; b < m->branches; b++)
                to[m->next[(long)i * m->branches + b]] += 0.5 * m->pi[i] * m->p[(long)i * m->branches + b];
        change = 0;
        for (int i = 0; i < m->vocab; i++) change += fabs(to[i] - m->pi[i]);
        memcpy(m->pi, to, (size_t)m->vocab * sizeof *to);
    }
    free(to);
}

Status markov_create(const char *spec, Markov *m) {
    Status s = parse(spec, m);
    if (s != OK) return fail_within(s, "corpus %s", spec);
    size_t n = m->vocab, edges = n * m->branches;
    m->next = allocate(edges, sizeof *m->next);
    m->p = allocate(edges, sizeof *m->p);
    m->pi = allocate(n, sizeof *m->pi);
    draw_chain(m);
    find_stationary(m);
    for (int i = 0; i < m->vocab; i++)
        for (int b = 0; b < m->branches; b++) {
            double p = m->p[(long)i * m->branches + b];
            m->entropy -= m->pi[i] * p * log(p);
        }
    return OK;
}

void markov_destroy(Markov *m) {
    free(m->next);
    free(m->p);
    free(m->pi);
    *m = (Markov){0};
}

// An index drawn from the distribution p[0..n-1].
static int choose(Random *r, const double *p, int n) {
    double u = random_uniform(r);
    int i = 0;
    while (i < n - 1 && u >= p[i]) u -= p[i++];
    return i;
}

void markov_draw(const Markov *m, Random *r, int n, int32_t *tokens) {
    int state = choose(r, m->pi, m->vocab);
    for (int i = 0; i < n; i++) {
        tokens[i] = state;
        long row = (long)state * m->branches;
        state = m->next[row + choose(r, m->p + row, m->branches)];
    }
}

double markov_surprise(const Markov *m, int32_t from, int32_t to) {
    for (int b = 0; b < m->branches; b++)
        if (m->next[(long)from * m->branches + b] == to) return -log(m->p[(long)from * m->branches + b]);
    return INFINITY;
}
