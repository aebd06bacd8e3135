// test_forecast.c - ranges of forecasts against the closed form of a linear law; a public ladder against other
// software; smaller runs that forecast larger ones.
#include "decide/forecast.h"
#include "planted.h"

#include <gsl/gsl_cdf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct {
    Runs runs;
    Fitted fitted;
    FitReport report;
    Point *points;
    FitOptions options;
} Made;

static Made *make(const char *law, const char *objective, const char *residual, const Point *points, const double *loss,
                  int n) {
    static const RunChoice choice;
    Made *m = allocate(1, sizeof *m);
    int *configuration = allocate(n, sizeof *configuration);
    for (int i = 0; i < n; i++) configuration[i] = i;
    m->options = few_starts(40);
    m->options.objective = objective;
    m->options.residual = residual;
    runs_of_points("made", n, points, loss, configuration, &m->runs);
    if (fitting_run(law_find(law), &m->runs, &m->options, NULL, 0, &m->fitted) != OK) fail_msg("%s", status_message());
    fit_report(&m->fitted, &m->runs, &m->options, &choice, &m->report);
    m->points = runs_points(&m->runs, m->fitted.law, false);
    free(configuration);
    return m;
}

static void unmake(Made *m) {
    free(m->points);
    fitted_free(&m->fitted);
    runs_free(&m->runs);
    free(m);
}

static Forecast ask(const Made *m, Point at, const ForecastOptions *o) {
    Forecast f;
    if (forecast(&m->report, &m->runs, m->points, &at, o, &f) != OK) fail_msg("%s", status_message());
    return f;
}

// x' (X'X)^-1 x of the basis (G, 1/G, 1), by Cramer's rule.
static double leverage(const double *G, int n, double at) {
    double a[3][4] = {{0}}, x[3] = {at, 1 / at, 1};
    for (int k = 0; k < n; k++) {
        double row[3] = {G[k], 1 / G[k], 1};
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) a[i][j] += row[i] * row[j];
    }
    for (int i = 0; i < 3; i++) a[i][3] = x[i];
    for (int i = 0; i < 3; i++)
        for (int k = i + 1; k < 3; k++) {
            double part = a[k][i] / a[i][i];
            for (int j = i; j < 4; j++) a[k][j] -= part * a[i][j];
        }
    double z[3];
    for (int i = 2; i >= 0; i--) {
        z[i] = a[i][3];
        for (int j = i + 1; j < 3; j++) z[i] -= a[i][j] * z[j];
        z[i] /= a[i][i];
    }
    return x[0] * z[0] + x[1] * z[1] + x[2] * z[2];
}

static void near(const char *what, double got, double want, double room) {
    if (!(fabs(got - want) <= room)) fail_msg("%s: %.9g, expected %.9g", what, got, want);
}

// For a law without exponents all is known: a curve through y costs (y - best)^2 / leverage.
static void ranges_of_a_linear_law(void **state) {
    (void)state;
    enum { N = 14 };
    Point points[N];
    double loss[N], G[N];
    Random r = random_stream(3, 3);
    for (int i = 0; i < N; i++) {
        G[i] = 1 + i;
        points[i] = (Point){.x = {[VAR_G] = G[i]}};
        loss[i] = 0.05 * G[i] + 1.2 / G[i] + 2 + 0.01 * random_normal(&r);
    }
    Made *m = make("hook_G", "l2", "linear", points, loss, N);
    const double at = 25, h = leverage(G, N, at), V = m->fitted.value, t = gsl_cdf_tdist_Pinv(0.975, N - 3);
    ForecastOptions o = {.noise = NAN};
    Forecast f = ask(m, (Point){.x = {[VAR_G] = at}}, &o);
    double half = t * sqrt(V / (N - 3) * h), wide = sqrt(h * V * 3 / (N - 3));
    near("lower end", f.profile95.lo, f.fitted.loss - half, 1e-3 * half);
    near("upper end", f.profile95.hi, f.fitted.loss + half, 1e-3 * half);
    near("within, lower", f.within.lo, f.fitted.loss - wide, 1e-3 * wide);
    near("within, upper", f.within.hi, f.fitted.loss + wide, 1e-3 * wide);
    o.noise = 1e-6; // less than the fit itself misses
    f = ask(m, (Point){.x = {[VAR_G] = at}}, &o);
    assert_int_equal(interval_kind(&f.within), UNKNOWN);
    unmake(m);
}

// scipy's numbers for the public ladder (see headlines_frontier.c): floors trade with exponents.
static void a_public_ladder(void **state) {
    (void)state;
    const double C[] = {1e18, 3e18, 1e19, 3e19, 1e20, 3e20}, L[] = {3.5273, 3.3398, 3.1494, 3.0066, 2.8509, 2.7222};
    const double expected[] = {2.188, 2.217, 2.233, 2.251, 2.272};
    Point points[6];
    for (int i = 0; i < 6; i++) points[i] = (Point){.x = {[VAR_C] = C[i]}};
    Made *m = make("frontier", "l2", "log", points, L, 6);
    const ForecastOptions o = {.n_floors = 5, .floors = {1.2, 1.4, 1.5, 1.6, 1.7}, .noise = 0.0016};
    Forecast f = ask(m, (Point){.x = {[VAR_C] = 1e23}}, &o);
    near("free", f.fitted.loss, 2.221, 5.1e-4);
    for (int i = 0; i < 5; i++) {
        near("held", f.floors[i].loss, expected[i], 5.1e-4);
        assert_true(f.floors[i].rms < 0.0016 && f.floors[i].rms >= f.rms);
        // Each of these curves is one within the noise, so the range must hold it.
        assert_true(f.within.lo <= f.floors[i].loss && f.floors[i].loss <= f.within.hi);
    }
    assert_true(isnan(f.fitted.band95[0])); // six runs have no bootstrap
    // The ends themselves, another way: no floor at all or above, and the noise is just reached there.
    ForecastOptions more = {.n_floors = 16, .noise = NAN};
    for (int k = 0; k < 16; k++) more.floors[k] = 0.4 + 0.1 * k;
    Forecast g = ask(m, (Point){.x = {[VAR_C] = 1e23}}, &more);
    double lo = INFINITY, hi = -INFINITY;
    for (int k = 0; k < 16; k++) {
        if (g.floors[k].rms > 0.0016) continue;
        lo = fmin(lo, g.floors[k].loss);
        hi = fmax(hi, g.floors[k].loss);
    }
    assert_true(f.within.lo <= lo && lo - f.within.lo < 0.02);
    assert_true(f.within.hi >= hi && f.within.hi - hi < 0.03);
    unmake(m);
}

static void smaller_runs_forecast_larger_ones(void **state) {
    (void)state;
    enum { N = 12 };
    Point points[N];
    double loss[N];
    LeaveOut l;
    for (int i = 0; i < N; i++) { // two runs a level; the largest two lie 1 % above the curve
        double C = pow(10, 16 + i / 2);
        points[i] = (Point){.x = {[VAR_C] = C}};
        loss[i] = (1.5 + 60 * pow(C, -0.08)) * (i >= N - 2 ? 1.01 : 1);
    }
    Made *m = make("frontier", "l2", "log", points, loss, N);
    assert_int_equal(leave_out(&m->report, &m->runs, m->points, "C", &l), OK);
    assert_int_equal(l.held, 2);
    assert_int_equal(l.n, 4); // one level alone has two runs, too few for three coefficients
    for (int i = 0; i < l.n; i++) {
        assert_int_equal(l.at[i].used, 4 + 2 * i);
        near("beyond", l.at[i].beyond, pow(10, 4 - i), 1e-6 * l.at[i].beyond);
        if (l.at[i].used < 6) continue; // two levels do not tell a floor
        near("bias", l.at[i].bias, -100 * log(1.01), 1e-3);
        near("error", l.at[i].rms, 100 * log(1.01), 1e-3);
    }
    assert_int_equal(leave_out(&m->report, &m->runs, m->points, "G", &l), BAD_INPUT);
    assert_int_equal(leave_out(&m->report, &m->runs, m->points, "N", &l), BAD_INPUT);
    unmake(m);
}

static void what_cannot_be_forecast(void **state) {
    (void)state;
    Point points[4], at = {.x = {[VAR_G] = 3}};
    const double loss[] = {3, 2.5, 2.4, 2.6};
    for (int i = 0; i < 4; i++) points[i] = (Point){.x = {[VAR_G] = 1 + i}};
    Made *m = make("hook_G", "l2", "log", points, loss, 4);
    const ForecastOptions o = {.n_floors = 1, .floors = {1}, .noise = NAN};
    Forecast f;
    if (law_asymptote(m->fitted.law) < 0) {
        assert_int_equal(forecast(&m->report, &m->runs, m->points, &at, &o, &f), BAD_INPUT);
        assert_non_null(strstr(status_message(), "no irreducible loss to hold"));
    }
    m->report.file = NULL; // as of published coefficients
    assert_int_equal(forecast(&m->report, &m->runs, m->points, &at, &o, &f), BAD_INPUT);
    assert_non_null(strstr(status_message(), "fitted to other runs"));
    unmake(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_of_a_linear_law),
        cmocka_unit_test(a_public_ladder),
        cmocka_unit_test(smaller_runs_forecast_larger_ones),
        cmocka_unit_test(what_cannot_be_forecast),
    };
    quiet = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
