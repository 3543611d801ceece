#include "open_system/trial_ladder.h"

#include "io/charge_units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Good enough, and better than that by a margin for each two sites; what is rounding: a short chain
 * may have no more levels than a smooth state has freedom. */
static const double WANTED = 0.01, FALLING = 0.75, ROUNDING = 1e-9;

/* --- one length ------------------------------------------------------------------------------ */

static double force_error(const gf_rates *self, int which, size_t i) {
    double difference = 0, all = 0;
    for (int k = 0; k <= self->sites; ++k) {
        double exact = self->force[GF_RATES_EXACT][k][i], other = self->force[which][k][i];
        if (isfinite(exact) && isfinite(other)) {
            difference += self->exact.probability[k] * (other - exact) * (other - exact);
            all += self->exact.probability[k] * exact * exact;
        }
    }
    return all > 0 ? sqrt(difference / all) : NAN;
}

gf_trial_size gf_trial_size_of(const gf_rates *rates) {
    gf_trial_size self = {.sites = rates->sites,
                          .centre_spread = rates->spread[(rates->sites + 1) / 2]};
    double square = 0;
    for (int k = 0; k < GF_RATES_REFERENCES; ++k) {
        self.reference[k] = *gf_rates_reference(rates, k);
        self.reference[k].probability = NULL;
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        self.force_error[i] = force_error(rates, GF_RATES_SMOOTH, i);
        self.gibbs_error[i] = force_error(rates, GF_RATES_GIBBS, i);
    }
    for (int k = 0; k <= rates->sites; ++k) {
        square += rates->exact.probability[k] * rates->spread[k] * rates->spread[k];
    }
    self.spread = sqrt(square);
    size_t centre = (size_t)rates->sites / 2 + 1;
    for (int k = 0; k < 2; ++k) {
        self.centre_error[k] = fabs(rates->force[GF_RATES_SMOOTH + k][centre][0] /
                                        rates->force[GF_RATES_EXACT][centre][0] -
                                    1);
    }
    return self;
}

/* --- the verdict ----------------------------------------------------------------------------- */

/* What an error becomes with two more sites, on average over the ladder; NaN if it starts from
 * none. */
static double factor(double first, double last, int sites) {
    return sites > 0 && first > ROUNDING ? pow(last / first, 2.0 / sites) : NAN;
}

static double switching_error(const gf_trial_size *self) {
    double error = self->reference[GF_RATES_EXACT].odd / self->reference[GF_RATES_SMOOTH].odd - 1;
    return fabs(error) < ROUNDING ? 0 : error;
}

/* A sentence on one error of the force, at the largest of the sizes and how it changes. */
static void judge(const char *what, double before, double error, const gf_trial_size *first,
                  const gf_trial_size *last, char *text, size_t size) {
    double fall = factor(before, error, last->sites - first->sites);
    if (!isfinite(error)) {
        (void)snprintf(text, size, "No verdict on %s: there is nothing to compare with. ", what);
    } else if (error <= WANTED) {
        (void)snprintf(text, size, "Two charges suffice at 1 %% for %s at N = %d (%.2g %%). ", what,
                       last->sites, 100 * error);
    } else if (!isfinite(fall)) {
        (void)snprintf(text, size,
                       "Two charges are off by %.2g %% in %s at N = %d; %s (--sites FROM:TO) show "
                       "whether that gets better. ",
                       100 * error, what, last->sites,
                       last == first ? "several sizes" : "longer chains");
    } else if (fall < FALLING) {
        (void)snprintf(text, size,
                       "Two charges are off by %.2g %% in %s at N = %d, %.2f times that for every "
                       "two sites: if it goes on so, 1 %% is reached at N = %d. ",
                       100 * error, what, last->sites, fall,
                       last->sites + 2 * (int)ceil(log(WANTED / error) / log(fall)));
    } else {
        (void)snprintf(
            text, size,
            "Two charges do not suffice for %s, up to N = %d: off by %.2g %%, %.2f times "
            "that for every two sites. ",
            what, last->sites, 100 * error, fall);
    }
}

static double worse(const gf_trial_size *self) {
    return fmax(self->force_error[0], self->force_error[1]);
}

static char *end_of(char *text) {
    return text + strlen(text);
}

static size_t left_of(const char *text) {
    return GF_TRIAL_VERDICT - strlen(text);
}

void gf_trial_verdict(const gf_trial_size *sizes, size_t count, char text[GF_TRIAL_VERDICT]) {
    const gf_trial_size *first = &sizes[0], *last = &sizes[count - 1];
    double fall = factor(first->centre_spread, last->centre_spread, last->sites - first->sites);
    text[0] = '\0';
    judge("the force f_1 around m = 0", first->centre_error[0], last->centre_error[0], first, last,
          text, GF_TRIAL_VERDICT);
    judge("the force at all M, weighted with P(M)", worse(first), worse(last), first, last,
          end_of(text), left_of(text));
    (void)snprintf(end_of(text), left_of(text),
                   "At the smallest |M| ln p_n spreads by %.2g about a function of E_n",
                   last->centre_spread);
    if (isfinite(fall)) {
        (void)snprintf(end_of(text), left_of(text), ", %+.0f %% for every two sites",
                       100 * (fall - 1));
    }
    if (isfinite(switching_error(last))) {
        (void)snprintf(
            end_of(text), left_of(text),
            "; the exact switching rate is %.2g %% %s the smooth one (%.2g %% at N = %d)",
            100 * fabs(switching_error(last)), switching_error(last) > 0 ? "above" : "below",
            100 * fabs(switching_error(first)), first->sites);
    }
    (void)snprintf(end_of(text), left_of(text), ".");
}

/* --- files ----------------------------------------------------------------------------------- */

enum { REFERENCES = GF_RATES_REFERENCES, QUANTITIES = 4 };

static const struct {
    const char *path, *units, *description;
} quantities[QUANTITIES] = {
    {"/trial/second_moment", "1", "<m^2>; gibbs: m^2 of the stable fixed points"},
    {"/trial/energy", GF_UNITS_ENERGY_DENSITY, "<e>"},
    {"/trial/even", GF_UNITS_RATE, "slowest even rate; gibbs: of the return to a fixed point"},
    {"/trial/odd", GF_UNITS_RATE, "slowest odd rate: of switching"},
};

static const char axis[] = "/trial/sites", references[] = "/trial/reference";

static double *member(gf_rates_summary *self, int quantity) {
    return quantity == 0   ? &self->second_moment
           : quantity == 1 ? &self->energy
           : quantity == 2 ? &self->even
                           : &self->odd;
}

static void put_quantity(const gf_trial_size *sizes, size_t count, int quantity, double *work,
                         gf_file *file) {
    for (size_t k = 0; k < count; ++k) {
        gf_trial_size size = sizes[k];
        for (int r = 0; r < REFERENCES; ++r) {
            work[k * REFERENCES + (size_t)r] = *member(&size.reference[r], quantity);
        }
    }
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = quantities[quantity].path,
                                      .units = quantities[quantity].units,
                                      .description = quantities[quantity].description,
                                      .rank = 2,
                                      .shape = {count, REFERENCES},
                                      .axes = {axis, references}},
                        work);
}

static void put_errors(const gf_trial_size *sizes, size_t count, double *work, gf_file *file) {
    double *spread = work + GF_CHARGES * count, *centre = spread + count;
    for (size_t k = 0; k < count; ++k) {
        memcpy(work + 2 * k, sizes[k].centre_error, 2 * sizeof *work);
    }
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = "/trial/centre_force_error",
                                      .units = "1",
                                      .description = "of f_1 at the smallest M > 0: smooth, gibbs",
                                      .rank = 2,
                                      .shape = {count, 2},
                                      .axes = {axis, "approximation"}},
                        work);
    for (int which = 0; which < 2; ++which) {
        for (size_t k = 0; k < count; ++k) {
            memcpy(work + GF_CHARGES * k, which == 0 ? sizes[k].force_error : sizes[k].gibbs_error,
                   GF_CHARGES * sizeof *work);
            spread[k] = sizes[k].spread;
            centre[k] = sizes[k].centre_spread;
        }
        gf_file_put_doubles(
            file,
            &(gf_dataset){.path = which == 0 ? "/trial/force_error" : "/trial/gibbs_force_error",
                          .units = "1",
                          .description = "of the smooth force, or of that of the table, relative",
                          .rank = 2,
                          .shape = {count, GF_CHARGES},
                          .axes = {axis, "charge"}},
            work);
    }
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = "/trial/spread",
                                      .units = "1",
                                      .description = "of ln p_n within a magnetisation",
                                      .rank = 1,
                                      .shape = {count},
                                      .axes = {axis}},
                        spread);
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = "/trial/centre_spread",
                                      .units = "1",
                                      .description = "at the smallest |M|",
                                      .rank = 1,
                                      .shape = {count},
                                      .axes = {axis}},
                        centre);
}

void gf_trial_write(const gf_trial_size *sizes, size_t count, gf_file *file) {
    char verdict[GF_TRIAL_VERDICT];
    double *work = calloc(count * 8 + 1, sizeof *work);
    if (work == NULL) {
        gf_file_reject(file, "out of memory for /trial");
        return;
    }
    for (size_t k = 0; k < count; ++k) {
        work[k] = sizes[k].sites;
    }
    gf_file_put_doubles(
        file,
        &(gf_dataset){.path = axis, .units = "1", .rank = 1, .shape = {count}, .axes = {axis}},
        work);
    gf_file_put_strings(file,
                        &(gf_dataset){.path = references,
                                      .units = "1",
                                      .rank = 1,
                                      .shape = {REFERENCES},
                                      .axes = {"reference"}},
                        gf_rates_reference_names);
    for (int q = 0; q < QUANTITIES; ++q) {
        put_quantity(sizes, count, q, work, file);
    }
    put_errors(sizes, count, work, file);
    gf_trial_verdict(sizes, count, verdict);
    gf_file_put_text_attribute(file, "/trial", "verdict", verdict);
    free(work);
}

/* Files of older versions have fewer references. */
static void fill_references(gf_file *file, gf_trial_size *sizes, size_t count) {
    size_t stored = 0;
    char **names = gf_file_get_strings(file, references, 1, &stored);
    free(names);
    for (int q = 0; q < QUANTITIES; ++q) {
        size_t wide[2] = {count, stored};
        double *values = gf_file_get_doubles(file, quantities[q].path, 2, wide);
        for (size_t k = 0; k < count * REFERENCES && values != NULL; ++k) {
            size_t r = k % REFERENCES;
            *member(&sizes[k / REFERENCES].reference[r], q) =
                r < stored ? values[k / REFERENCES * stored + r] : NAN;
        }
        free(values);
    }
}

static gf_status fill(gf_file *file, gf_trial_size *sizes, size_t count, gf_error *error) {
    size_t pair[2] = {count, GF_CHARGES};
    fill_references(file, sizes, count);
    double *force = gf_file_get_doubles(file, "/trial/force_error", 2, pair);
    double *gibbs = gf_file_get_doubles(file, "/trial/gibbs_force_error", 2, pair);
    double *spread = gf_file_get_doubles(file, "/trial/spread", 1, &count);
    double *centre = gf_file_get_doubles(file, "/trial/centre_spread", 1, &count);
    double *middle = gf_file_get_doubles(file, "/trial/centre_force_error", 2, pair);
    gf_status status = gf_file_check(file, error);
    for (size_t k = 0; k < count && status == GF_OK; ++k) {
        memcpy(sizes[k].force_error, force + GF_CHARGES * k, GF_CHARGES * sizeof *force);
        memcpy(sizes[k].gibbs_error, gibbs + GF_CHARGES * k, GF_CHARGES * sizeof *gibbs);
        sizes[k].spread = spread[k];
        sizes[k].centre_spread = centre[k];
        memcpy(sizes[k].centre_error, middle + 2 * k, 2 * sizeof *middle);
    }
    free(middle);
    free(force);
    free(gibbs);
    free(spread);
    free(centre);
    return status;
}

gf_status gf_trial_read(gf_file *file, gf_trial_size **sizes, size_t *count, gf_error *error) {
    *sizes = NULL;
    *count = 0;
    double *sites = gf_file_get_doubles(file, axis, 1, count);
    gf_status status = gf_file_check(file, error);
    if (status != GF_OK) {
        free(sites);
        return status;
    }
    *sizes = calloc(*count + 1, sizeof **sizes);
    if (*sizes == NULL || *count == 0) {
        status = *count > 0 ? gf_fail_memory(error, "the trial")
                            : gf_fail(error, GF_INVALID, "%s holds no size", axis);
    }
    for (size_t k = 0; k < *count && status == GF_OK; ++k) {
        (*sizes)[k].sites = (int)sites[k];
    }
    free(sites);
    status = status == GF_OK ? fill(file, *sizes, *count, error) : status;
    if (status != GF_OK) {
        free(*sizes);
        *sizes = NULL;
    }
    return status;
}
