// case_reference.h - plain forward results of each operation in host doubles, written from backend.h's words alone;
// they share no line with any backend. Slow and obvious on purpose.
#ifndef MOELAW_CASE_REFERENCE_H
#define MOELAW_CASE_REFERENCE_H

#include "cases/cases.h"

#include "run/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double log_sum_exp(const double *x, int n) {
    double sum = exp(x[0]);
    for (int i = 1; i < n; i++) sum += exp(x[i]);
    return log(sum);
}

static void embed_reference(const Case *c, CaseData *d) {
    const double *table = d->real[0];
    int T = c->p[0], D = c->p[1];
    for (int t = 0; t < T; t++)
        for (int i = 0; i < D; i++) d->real[2][t * D + i] = table[d->ints[1][t] * D + i];
}

static void norm_reference(const Case *c, CaseData *d) {
    const double *x = d->real[0], *gain = d->real[1], *y = d->real[8];
    double *sum = d->real[2], *h = d->real[3], *rstd = d->real[4];
    int T = c->p[0], D = c->p[1];
    for (int t = 0; t < T; t++) {
        double squares = 0;
        for (int i = t * D; i < (t + 1) * D; i++) {
            double s = c->p[2] ? x[i] + y[i] : x[i];
            if (c->p[2]) sum[i] = s;
            squares += s * s;
        }
        rstd[t] = 1 / sqrt(squares / D + 1e-6);
        for (int i = 0; i < D; i++) h[t * D + i] = gain[i] * (c->p[2] ? sum : x)[t * D + i] * rstd[t];
    }
}

static void product_reference(const Case *c, CaseData *d) {
    int K = c->p[0], N = c->p[1], row = 0;
    for (int g = 0; g < c->p[2]; g++)
        for (int last = row + c->rows[g]; row < last; row++)
            for (int n = 0; n < N; n++) {
                double sum = c->p[3] ? d->real[3][row * N + n] : 0;
                for (int k = 0; k < K; k++) sum += d->real[0][row * K + k] * d->real[1][(g * K + k) * N + n];
                d->real[3][row * N + n] = sum;
            }
}

static double inverse_rms(const double *x, int n) {
    double squares = 0;
    for (int i = 0; i < n; i++) squares += x[i] * x[i];
    return 1 / sqrt(squares / n + 1e-6);
}

// Element i of the rotated head vector x at position t.
static double rotated(const double *x, int i, int t, int d_head) {
    int half = d_head / 2, pair = i % half;
    double angle = t * pow(10000, -2.0 * pair / d_head);
    return i < half ? x[i] * cos(angle) - x[i + half] * sin(angle) : x[i] * cos(angle) + x[i - half] * sin(angle);
}

static void attention_reference(const Case *c, CaseData *d) {
    int L = c->p[0], H = c->p[1], KV = c->p[2], W = c->p[3], width = (H + 2 * KV) * W;
    double *score = allocate(L, sizeof *score);
    for (int row = 0; row < L * c->p[4]; row++)
        for (int h = 0; h < H; h++) {
            int t = row % L, kv = h / (H / KV);
            const double *q = d->real[0] + row * width + h * W;
            for (int j = 0; j <= t; j++) {
                const double *k = d->real[0] + (row - t + j) * width + (H + kv) * W;
                double unit = c->p[5] ? inverse_rms(q, W) * inverse_rms(k, W) : 1;
                score[j] = 0;
                for (int i = 0; i < W; i++) score[j] += c->q[0] * unit * rotated(q, i, t, W) * rotated(k, i, j, W);
            }
            double lse = d->real[2][row * H + h] = log_sum_exp(score, t + 1);
            for (int i = 0; i < W; i++) {
                double out = 0;
                for (int j = 0; j <= t; j++)
                    out += exp(score[j] - lse) * d->real[0][(row - t + j) * width + (H + KV + kv) * W + i];
                d->real[1][(row * H + h) * W + i] = out;
            }
        }
    for (int i = 0; c->p[5] && i < L * c->p[4] * (H + KV); i++)
        d->real[5][i] = inverse_rms(d->real[0] + i / (H + KV) * width + i % (H + KV) * W, W);
    free(score);
}

static void reference_scores(const Case *c, const double *logit, double *score, double *p) {
    int E = c->p[3];
    double exps = 0, sum = 0;
    for (int e = 0; e < E; e++) exps += exp(logit[e]);
    for (int e = 0; e < E; e++)
        sum += score[e] = c->p[5] == GATE_SOFTMAX ? exp(logit[e]) / exps : 1 / (1 + exp(-logit[e]));
    for (int e = 0; e < E; e++) p[e] = score[e] / sum;
}

// How many experts come before e: larger score + bias, or the same and a lower index.
static int rank_of(const double *score, const double *bias, int E, int e) {
    int before = 0;
    for (int other = 0; other < E; other++) {
        double mine = score[e] + bias[e], its = score[other] + bias[other];
        before += its > mine || (its == mine && other < e);
    }
    return before;
}

static void reference_order(const Case *c, CaseData *d) {
    int T = c->p[0] * c->p[1], E = c->p[3], K = c->p[4], slot = 0;
    for (int e = 0; e < E; e++) {
        d->ints[ROUTER_OFFSET][e] = slot;
        for (int i = 0; i < T * K; i++)
            if (d->ints[ROUTER_INDEX][i] == e) {
                d->ints[ROUTER_SLOT][i] = slot;
                d->ints[ROUTER_TOKEN][slot++] = i / K;
                d->ints[ROUTER_COUNT][e]++;
            }
    }
    d->ints[ROUTER_OFFSET][E] = slot;
}

static void reference_losses(const Case *c, CaseData *d, const double *p_TE) {
    int T = c->p[0] * c->p[1], L = c->p[1], E = c->p[3], K = c->p[4];
    double *stats = d->real[ROUTER_STATS];
    for (int t = 0; t < T; t++) {
        double lse = log_sum_exp(d->real[ROUTER_LOGIT] + t * E, E);
        for (int e = 0; e < E; e++) {
            double p = p_TE[t * E + e], chosen = 0;
            stats[0] -= p * log(p);
            for (int i = t / L * L * K; i < (t / L + 1) * L * K; i++) chosen += d->ints[ROUTER_INDEX][i] == e;
            stats[1] += c->q[1] * E / (K * L) * chosen * p;
        }
        stats[2] += c->q[2] * lse * lse;
    }
}

static void router_reference(const Case *c, CaseData *d) {
    int T = c->p[0] * c->p[1], D = c->p[2], E = c->p[3], K = c->p[4];
    double *score_TE = allocate(T * E, sizeof *score_TE);
    double *p_TE = allocate(T * E, sizeof *p_TE);
    for (int t = 0; t < T; t++) {
        double *logit = d->real[ROUTER_LOGIT] + t * E, *score = score_TE + t * E;
        for (int e = 0; e < E; e++) {
            logit[e] = 0;
            for (int i = 0; i < D; i++) logit[e] += d->real[ROUTER_H][t * D + i] * d->real[ROUTER_W][i * E + e];
        }
        reference_scores(c, logit, score, p_TE + t * E);
        for (int e = 0; e < E; e++) {
            int rank = rank_of(score, d->real[ROUTER_BIAS], E, e);
            if (rank < K) d->ints[ROUTER_INDEX][t * K + rank] = e;
        }
    }
    reference_order(c, d);
    for (int i = 0; i < T * K; i++)
        d->real[ROUTER_WEIGHT][d->ints[ROUTER_SLOT][i]] = c->q[0] * score_TE[i / K * E + d->ints[ROUTER_INDEX][i]];
    reference_losses(c, d, p_TE);
    free(score_TE);
    free(p_TE);
}

static void balance_reference(const Case *c, CaseData *d) {
    int L = c->p[0], E = c->p[1];
    for (int l = 0; l < L; l++) {
        double mean = 0, shift = 0;
        for (int e = 0; e < E; e++) mean += (double)d->ints[0][l * E + e] / E;
        for (int e = 0; e < E; e++) {
            double under = mean - d->ints[0][l * E + e];
            d->real[1][l * E + e] += fabs(under) < 1e-9 ? 0 : copysign(c->q[0], under);
            shift += d->real[1][l * E + e] / E;
        }
        for (int e = 0; e < E; e++) d->real[1][l * E + e] -= shift;
    }
}

static void gather_reference(const Case *c, CaseData *d) {
    int S = c->p[0] * c->p[1], D = c->p[2];
    for (int s = 0; s < S; s++)
        for (int i = 0; i < D; i++) d->real[3][s * D + i] = d->real[0][d->ints[1][s] * D + i];
}

static void swiglu_reference(const Case *c, CaseData *d) {
    int S = c->p[0], F = c->p[1];
    for (int s = 0; s < S; s++)
        for (int i = 0; i < F; i++) {
            double gate = d->real[0][s * 2 * F + i], up = d->real[0][s * 2 * F + F + i];
            d->real[2][s * F + i] = (c->p[2] ? d->real[1][s] : 1) * gate / (1 + exp(-gate)) * up;
        }
}

static void head_reference(const Case *c, CaseData *d) {
    int T = c->p[0], V = c->p[1], D = c->p[2];
    double *logit = allocate(V, sizeof *logit);
    for (int t = 0; t < T; t++) {
        for (int v = 0; v < V; v++) {
            logit[v] = 0;
            for (int i = 0; i < D; i++) logit[v] += c->q[0] * d->real[0][t * D + i] * d->real[1][v * D + i];
        }
        d->real[3][t] = log_sum_exp(logit, V) - logit[d->ints[2][t]];
    }
    free(logit);
}

static void sums_reference(const Case *c, CaseData *d) {
    for (int r = 0; r < c->p[0]; r++) {
        d->real[1][r] = 0;
        for (int i = 0; i < c->p[1]; i++) d->real[1][r] += d->real[0][r * c->p[1] + i];
    }
}

static void adam_element(const Case *c, CaseData *d, long i, double rate, double decay, double clip) {
    double *w = d->real[ADAM_WEIGHT], *m = d->real[ADAM_FIRST], *v = d->real[ADAM_SECOND];
    const double *hyper = d->real[ADAM_HYPER];
    double g = clip * d->real[ADAM_GRAD][i], lr = hyper[0];
    m[i] = 0.9 * m[i] + 0.1 * g;
    v[i] = 0.95 * v[i] + 0.05 * g * g;
    w[i] -= lr * (rate * m[i] * hyper[1] / (sqrt(v[i] * hyper[2]) + 1e-8) + decay * w[i]);
    if (c->p[4]) d->real[ADAM_AVERAGE][i] += hyper[3] * (w[i] - d->real[ADAM_AVERAGE][i]);
}

static void adam_reference(const Case *c, CaseData *d) {
    long n = c->array[ADAM_GRAD].count, at = 0;
    double squares = 0;
    for (long i = 0; i < n; i++) squares += d->real[ADAM_GRAD][i] * d->real[ADAM_GRAD][i];
    double norm = d->real[ADAM_NORM][0] = sqrt(squares);
    for (int t = 0; t < 3; t++, at = (at + 15) / 16 * 16)
        for (long last = at + c->p[t]; at < last; at++) {
            double clip = c->q[0] > 0 && norm > c->q[0] ? c->q[0] / norm : 1;
            if (isfinite(norm)) adam_element(c, d, at, t == 2 ? 0.5 : 1, t == 1 ? 0 : 0.1, clip);
            d->real[ADAM_GRAD][at] = 0;
        }
    for (long i = 0; i < n; i++) d->real[ADAM_COPY][i] = d->real[ADAM_WEIGHT][i];
}

// From inputs to results of forward.
static void reference(const Case *c, CaseData *d) {
    static const struct {
        const char *op;
        void (*of)(const Case *c, CaseData *d);
    } all[] = {{"embed", embed_reference},         {"norm", norm_reference},     {"product", product_reference},
               {"attention", attention_reference}, {"router", router_reference}, {"balance", balance_reference},
               {"gather", gather_reference},       {"swiglu", swiglu_reference}, {"head", head_reference},
               {"row_sums", sums_reference},       {"adamw", adam_reference}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(all[i].op, c->op)) all[i].of(c, d);
}

#endif
