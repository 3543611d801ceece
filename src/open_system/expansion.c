#include "open_system/expansion.h"

#include "base/workspace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HALVINGS = 20 };
static const double NO_SHIFT = 1e-11; /* rounding is a hundred times smaller */

/* --- orders ---------------------------------------------------------------------------------- */

/* x of the next order from `before`. */
static gf_status raise(gf_coupling *self, const double complex *before, double complex *x,
                       gf_error *error) {
    double residual = 0; /* within the levels alone */
    gf_status status = gf_coupled_part_apply(&self->coupled, before, x, error);
    gf_coupled_part_divide(&self->coupled, x);
    return status == GF_OK ? gf_coupling_settle(self, true, x, &residual,
                                                &self->solution->rates->coupled.products, error)
                           : status;
}

static gf_status find_orders(gf_coupling *self, size_t s, double complex *before,
                             double complex *next, gf_error *error) {
    gf_rates *rates = self->solution->rates;
    gf_rates_expansion *result = &rates->coupled.expansion;
    gf_status status = GF_OK;
    for (size_t k = 0; k < GF_RATES_ORDERS && status == GF_OK; ++k) {
        size_t at = k * rates->sectors + s;
        result->sector[at] = rates->sector[s];
        gf_coupling_describe(self, before, &result->sector[at],
                             result->probability + at * ((size_t)rates->sites + 1));
        if (k + 1 < GF_RATES_ORDERS) {
            status = raise(self, before, next, error);
            double complex *done = before;
            before = next;
            next = done;
        }
    }
    return status;
}

gf_status gf_expansion_find(gf_coupling *self, gf_lindbladian *lindbladian, size_t component,
                            size_t s, gf_error *error) {
    size_t size = self->coupled.size;
    double epsilon = lindbladian->epsilon;
    double complex *before = gf_workspace_alloc(size, 1, sizeof *before);
    double complex *next = gf_workspace_alloc(size, 1, sizeof *next);
    gf_status status =
        before != NULL && next != NULL ? GF_OK : gf_fail_memory(error, "the expansion in epsilon");
    lindbladian->epsilon = INFINITY;
    if (status == GF_OK) {
        memcpy(before, self->stationary[component], size * sizeof *before);
        status = find_orders(self, s, before, next, error);
    }
    lindbladian->epsilon = epsilon;
    gf_workspace_free(before);
    gf_workspace_free(next);
    return status;
}

/* --- their range ----------------------------------------------------------------------------- */

/* How far the orders are off, beside the shift itself: sum of |P(M)| and of <e> in units of the
 * width of the spectrum. NaN where there is no shift but that of rounding. */
static double miss(const gf_rates *rates, size_t s, double epsilon, const gf_rates_sector *sector,
                   const double *probability) {
    const gf_rates_expansion *orders = &rates->coupled.expansion;
    size_t rows = (size_t)rates->sites + 1;
    double width = rates->edge[GF_RATES_ENERGIES] - rates->edge[0], left = 0, shift = 0;
    for (size_t row = 0; row <= rows; ++row) { /* the last is the energy */
        double rest = row < rows ? probability[row] : sector->energy / width, power = 1;
        for (size_t k = 0; k < GF_RATES_ORDERS; ++k) {
            size_t at = k * rates->sectors + s;
            rest -= power * (row < rows ? orders->probability[at * rows + row]
                                        : orders->sector[at].energy / width);
            shift += k == 0 ? fabs(rest) : 0;
            power *= epsilon;
        }
        left += fabs(rest);
    }
    return shift > NO_SHIFT ? left / shift : NAN;
}

/* Between two couplings, by a power law. */
static double cross(double low, double low_miss, double high, double high_miss) {
    double slope = log(high_miss / low_miss) / log(high / low);
    return low * pow(GF_RATES_DESCRIBED / low_miss, 1 / slope);
}

gf_status gf_expansion_find_range(gf_coupling *self, gf_lindbladian *lindbladian, size_t component,
                                  size_t s, gf_error *error) {
    gf_rates *rates = self->solution->rates;
    gf_rates_coupled *coupled = &rates->coupled;
    size_t rows = (size_t)rates->sites + 1, size = self->coupled.size;
    double epsilon = coupled->epsilon, before = 0, residual = 0;
    double now = miss(rates, s, epsilon, &coupled->sector[s], coupled->probability + s * rows);
    double *probability = calloc(rows, sizeof *probability);
    double complex *x = gf_workspace_alloc(size, 1, sizeof *x);
    gf_status status = probability != NULL && x != NULL
                           ? GF_OK
                           : gf_fail_memory(error, "the range of the expansion in epsilon");
    if (status == GF_OK) {
        memcpy(x, self->stationary[component], size * sizeof *x);
    }
    for (int step = 0; step < HALVINGS && now > GF_RATES_DESCRIBED && status == GF_OK; ++step) {
        gf_rates_sector sector;
        before = now;
        lindbladian->epsilon = epsilon /= 2;
        status = gf_coupling_settle(self, false, x, &residual, &coupled->products, error);
        memset(probability, 0, rows * sizeof *probability);
        gf_coupling_describe(self, x, &sector, probability);
        now = miss(rates, s, epsilon, &sector, probability);
    }
    coupled->expansion.range[s] = before <= 0 ? epsilon
                                  : now <= GF_RATES_DESCRIBED
                                      ? cross(epsilon, now, 2 * epsilon, before)
                                      : 0;
    lindbladian->epsilon = coupled->epsilon;
    gf_workspace_free(x);
    free(probability);
    return status;
}
