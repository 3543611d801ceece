#include "cli/rates.h"

#include "io/charge_units.h"

#include <math.h>
#include <stdio.h>

static const char force_m_units[] = "epsilon {energy} per site";
static const char force_e_units[] = "epsilon {energy}^2 per site";

/* --- values ---------------------------------------------------------------------------------- */

/* With eight digits after the point; as text a dash where there is none, and no zero below 0. */
static void put_value(cli_report *report, const char *key, const char *units, double value) {
    if (isfinite(value)) {
        cli_report_text(report, " %12.8f", fabs(value) < 5e-9 ? 0 : value);
    } else {
        cli_report_text(report, " %12s", "-");
    }
    cli_report_number(report, key, units, value, NULL);
}

/* Of any size, and zero where it is rounding. */
static void put_coefficient(cli_report *report, const char *key, const char *units, double value) {
    cli_report_number(report, key, units, fabs(value) < 1e-12 ? 0 : value, " %12.6g");
}

/* The value of F, 0 where it is none. */
static void put_flip(cli_report *report, int flip, int width) {
    char text[8] = "-";
    if (flip != 0) {
        (void)snprintf(text, sizeof text, "%+d", flip);
    }
    cli_report_text(report, "%*s", width, text);
    cli_report_number(report, "flip", NULL, flip, NULL);
}

static void put_magnetization(cli_report *report, const gf_rates *self, int row) {
    cli_report_number(report, "magnetization", NULL, 2 * row - self->sites, "%5.0f");
}

/* --- stationary states and rates ------------------------------------------------------------- */

static void put_sector(cli_report *report, const gf_rates_sector *self) {
    char range[24];
    (void)snprintf(range, sizeof range, "%d:%d", self->least, self->greatest);
    put_flip(report, self->flip, 6);
    cli_report_text(report, " %9s", range);
    cli_report_number(report, "least_magnetization", NULL, self->least, NULL);
    cli_report_number(report, "greatest_magnetization", NULL, self->greatest, NULL);
}

static void put_sectors(cli_report *report, const gf_rates *self, const gf_rates_sector *sector) {
    cli_report_text(report, "#%5s %9s %8s %12s %12s %12s\n", "F", "M", "states", "<m^2>", "<e>",
                    "<m>");
    cli_report_begin_list(report, "sectors");
    for (size_t s = 0; s < self->sectors; ++s) {
        cli_report_begin(report, NULL);
        put_sector(report, &sector[s]);
        cli_report_number(report, "states", NULL, sector[s].states, " %8.0f");
        put_value(report, "second_moment", "1", sector[s].second_moment);
        put_value(report, "energy", GF_UNITS_ENERGY_DENSITY, sector[s].energy);
        put_value(report, "magnetization", "1 per site", sector[s].magnetization);
        cli_report_text(report, "\n");
        cli_report_end(report);
    }
    cli_report_end_list(report);
}

/* F apart, there is one. */
static void print_conserved(cli_report *report, const gf_rates *self) {
    size_t values = 1;
    for (size_t s = 1; s < self->sectors; ++s) {
        values += self->sector[s].flip != self->sector[s - 1].flip;
    }
    if (self->sectors > values) {
        cli_report_text(
            report,
            "# the bath conserves more than F: which of these states is reached depends on "
            "the start; below, all count alike, and there is no smooth one\n");
    }
}

static void put_gaps(cli_report *report, const gf_gap *gaps, size_t count) {
    static const char *const names[] = {
        [GF_PARITY_NONE] = "-", [GF_PARITY_EVEN] = "even", [GF_PARITY_ODD] = "odd"};
    bool switched = false;
    cli_report_text(report, "#%11s %12s %7s %4s\n", "rate", "frequency", "parity", "F");
    cli_report_begin_list(report, "rates");
    for (size_t k = 0; k < count; ++k) {
        const gf_gap *gap = &gaps[k];
        bool odd = gap->parity == GF_PARITY_ODD;
        cli_report_begin(report, NULL);
        cli_report_number(report, "rate", GF_UNITS_RATE, gap->rate, "%12.8f");
        cli_report_number(report, "frequency", GF_UNITS_RATE, fabs(gap->frequency), " %12.8f");
        cli_report_string(report, "parity", names[gap->parity], " %7s ");
        put_flip(report, gap->flip, 4);
        cli_report_text(report, odd && !switched ? "  switching\n" : "\n");
        cli_report_end(report);
        switched = switched || odd;
    }
    cli_report_end_list(report);
}

/* --- a finite coupling ----------------------------------------------------------------------- */

/* Which couplings the orders describe. */
static void put_range(cli_report *report, const gf_rates_coupled *coupled, double range) {
    if (range > 0) {
        cli_report_text(report, "  %s%.3g", range < coupled->epsilon ? "" : "at least ", range);
    } else {
        cli_report_text(report, "  none found");
    }
    cli_report_number(report, "good_to_epsilon", "1", range, NULL);
}

static void put_order(cli_report *report, const gf_rates *self, size_t s, size_t k) {
    const gf_rates_expansion *expansion = &self->coupled.expansion;
    const gf_rates_sector *one = &expansion->sector[k * self->sectors + s];
    cli_report_begin(report, NULL);
    put_sector(report, one);
    cli_report_number(report, "order", NULL, (double)k, " %8.0f");
    put_coefficient(report, "second_moment", "1", one->second_moment);
    put_coefficient(report, "energy", GF_UNITS_ENERGY_DENSITY, one->energy);
    put_coefficient(report, "magnetization", "1 per site", one->magnetization);
    if (k + 1 == GF_RATES_ORDERS) {
        put_range(report, &self->coupled, expansion->range[s]);
    }
    cli_report_text(report, "\n");
    cli_report_end(report);
}

static void put_expansion(cli_report *report, const gf_rates *self) {
    cli_report_text(report, "# their expansion, sum_k epsilon^k times\n");
    cli_report_text(report, "#%5s %9s %8s %12s %12s %12s  %s\n", "F", "M", "k", "<m^2>", "<e>",
                    "<m>", "good to 10 % of the shift up to epsilon =");
    cli_report_begin_list(report, "expansion");
    for (size_t s = 0; s < self->sectors; ++s) {
        for (size_t k = 0; k < GF_RATES_ORDERS; ++k) {
            put_order(report, self, s, k);
        }
    }
    cli_report_end_list(report);
}

/* All sectors alike, as in the table of the limit. */
static double mean_probability(const gf_rates *self, const double *probability, int row) {
    double sum = 0;
    for (size_t s = 0; s < self->sectors; ++s) {
        sum += probability[s * (size_t)(self->sites + 1) + (size_t)row];
    }
    return sum / (double)self->sectors;
}

static void put_coupled_forces(cli_report *report, const gf_rates *self) {
    static const char *const keys[GF_RATES_ORDERS] = {"probability_order_0", "probability_order_1",
                                                      "probability_order_2"};
    const gf_rates_coupled *coupled = &self->coupled;
    size_t order = self->sectors * (size_t)(self->sites + 1);
    cli_report_text(report, "#%4s %12s %12s %12s %38s\n", "M", "P", "f1", "f2",
                    "P in orders 0, 1, 2 of epsilon");
    cli_report_begin_list(report, "by_magnetization");
    for (int row = 0; row <= self->sites; ++row) {
        cli_report_begin(report, NULL);
        put_magnetization(report, self, row);
        put_value(report, "probability", "1", mean_probability(self, coupled->probability, row));
        put_value(report, "force_m", force_m_units, coupled->force[row][0]);
        put_value(report, "force_e", force_e_units, coupled->force[row][1]);
        for (size_t k = 0; k < GF_RATES_ORDERS; ++k) {
            const double *of_order = coupled->expansion.probability + k * order;
            put_coefficient(report, keys[k], "1", mean_probability(self, of_order, row));
        }
        cli_report_text(report, "\n");
        cli_report_end(report);
    }
    cli_report_end_list(report);
}

static void put_coupled(cli_report *report, const gf_rates *self) {
    const gf_rates_coupled *coupled = &self->coupled;
    if (!(coupled->epsilon > 0)) {
        return;
    }
    cli_report_begin(report, "coupled");
    cli_report_number(report, "epsilon", "1", coupled->epsilon,
                      "# the whole Lindbladian at epsilon = %g: stationary states");
    cli_report_number(report, "residual", GF_UNITS_RATE, coupled->residual, " (|L rho| < %.2g)\n");
    put_sectors(report, self, coupled->sector);
    put_expansion(report, self);
    cli_report_text(report,
                    "# its slowest rates per epsilon, two of each F and two odd ones, of modes "
                    "that are populations for epsilon -> 0\n");
    put_gaps(report, coupled->gap, coupled->gaps);
    put_coupled_forces(report, self);
    cli_report_end(report);
    cli_report_text(report, "# epsilon -> 0, and the ansatz\n");
}

/* --- by magnetisation ------------------------------------------------------------------------ */

static const char *const reference_keys[GF_RATES_REFERENCES] = {[GF_RATES_EXACT] = "exact",
                                                                [GF_RATES_SMOOTH] = "smooth",
                                                                [GF_RATES_GIBBS] = "gibbs",
                                                                [GF_RATES_BARE_BLOCK] =
                                                                    "bare_block",
                                                                [GF_RATES_BLOCK] = "block"};

static void print_references(cli_report *report, const char *first) {
    cli_report_text(report, "#%4s %12s %12s %12s %12s %12s\n", first, "exact", "smooth", "gibbs",
                    "block, bare", "sharp");
}

static void put_probabilities(cli_report *report, const gf_rates *self) {
    cli_report_text(report, "# P(M), and the spread of ln p_n\n#%4s %12s %12s %12s\n", "M", "exact",
                    "smooth", "spread");
    cli_report_begin_list(report, "probability");
    for (int row = 0; row <= self->sites; ++row) {
        cli_report_begin(report, NULL);
        put_magnetization(report, self, row);
        put_value(report, "exact", "1", self->exact.probability[row]);
        put_value(report, "smooth", "1", self->smooth.probability[row]);
        put_value(report, "spread", "1", self->spread[row]);
        cli_report_text(report, "\n");
        cli_report_end(report);
    }
    cli_report_end_list(report);
}

static void put_forces(cli_report *report, const gf_rates *self, size_t charge, const char *key,
                       const char *units) {
    cli_report_text(report, "# force f%zu\n", charge + 1);
    print_references(report, "M");
    cli_report_begin_list(report, key);
    for (int row = 0; row <= self->sites; ++row) {
        cli_report_begin(report, NULL);
        put_magnetization(report, self, row);
        for (int which = 0; which < GF_RATES_REFERENCES; ++which) {
            put_value(report, reference_keys[which], units, self->force[which][row][charge]);
        }
        cli_report_text(report, "\n");
        cli_report_end(report);
    }
    cli_report_end_list(report);
}

/* --- relaxation ------------------------------------------------------------------------------ */

enum { PRINTED_EVERY = 6 };

static void put_relaxation(cli_report *report, const gf_rates *self) {
    if (self->times == 0) {
        return;
    }
    cli_report_begin(report, "relaxation");
    cli_report_number(report, "lambda1", "1", self->lambda[0],
                      "# relaxation from lambda = (%.8g, ");
    cli_report_number(report, "lambda2", "1/{energy}", self->lambda[1], "%.8g); ");
    cli_report_number(report, "force_m", force_m_units, self->slope[0], "force there (%.10g, ");
    cli_report_number(report, "force_e", force_e_units, self->slope[1], "%.10g)\n");
    cli_report_text(report, "#%11s %12s %12s %12s\n", "time", "<m>", "<e>", "<m^2>");
    cli_report_begin_list(report, "course");
    for (size_t t = 0; t < self->times; t += PRINTED_EVERY) {
        cli_report_begin(report, NULL);
        cli_report_number(report, "time", "1/(epsilon {energy})", self->time[t], "%12.6g");
        put_value(report, "magnetization", "1 per site", self->relaxing[0][t]);
        put_value(report, "energy", GF_UNITS_ENERGY_DENSITY, self->relaxing[1][t]);
        put_value(report, "second_moment", "1", self->relaxing[2][t]);
        cli_report_text(report, "\n");
        cli_report_end(report);
    }
    cli_report_end_list(report);
    cli_report_end(report);
}

/* --- levels that coincide -------------------------------------------------------------------- */

static void print_pair(cli_report *report, const gf_rates *self, const gf_coincidence *pair,
                       const char *what) {
    const char *bars = self->folded ? "|" : "";
    cli_report_text(report, "# %s: E = %.8f, %sM%s = %d and %d, momentum %d", what, pair->energy,
                    bars, bars, pair->magnetization[0], pair->magnetization[1], pair->momentum);
    if (pair->reflection != 0) {
        cli_report_text(report, ", reflection %+d", pair->reflection);
    }
    cli_report_text(report, "\n");
}

/* How many levels coincide, which, the first few, and which come next. */
static void put_levels(cli_report *report, const gf_rates *self) {
    cli_report_number(report, "levels", NULL, (double)self->levels, "# %.0f levels, ");
    cli_report_number(report, "coherences", NULL, (double)self->coherences,
                      "%.0f coherences of coinciding ones; ");
    cli_report_number(report, "nearest_levels", "{energy}", self->nearest,
                      "epsilon has to be small beside %.3g, the smallest distance of others\n");
    for (size_t k = 0; k < self->examples; ++k) {
        print_pair(report, self, &self->example[k], "levels that coincide");
    }
    if (isfinite(self->nearest)) {
        print_pair(report, self, &self->closest, "the nearest others");
    }
}

void cli_rates_print(cli_report *report, const gf_model *model, const gf_rates *self) {
    cli_report_chain(report, model);
    cli_report_text(report, "# %s, N = %d, epsilon -> 0; energies in units of %s\n",
                    gf_model_name(model), self->sites, gf_model_energy_unit(model));
    put_levels(report, self);
    cli_report_text(report, "# stationary states, one for each value of what the bath conserves\n");
    put_sectors(report, self, self->sector);
    print_conserved(report, self);
    cli_report_text(report, "# slowest rates per epsilon\n");
    put_gaps(report, self->gap, self->gaps);
    put_coupled(report, self);
    put_probabilities(report, self);
    put_forces(report, self, 0, "force_m", force_m_units);
    put_forces(report, self, 1, "force_e", force_e_units);
    put_relaxation(report, self);
}

/* --- the trial ------------------------------------------------------------------------------- */

static double of_reference(const gf_rates_summary *self, int quantity) {
    const double values[] = {self->second_moment, self->energy, self->even, self->odd};
    return values[quantity];
}

static void put_quantity(cli_report *report, const gf_trial_size *sizes, size_t count,
                         int quantity) {
    static const struct {
        const char *key, *units, *title;
    } names[] = {{"second_moment", "1", "<m^2>"},
                 {"energy", GF_UNITS_ENERGY_DENSITY, "<e>"},
                 {"even", GF_UNITS_RATE, "slowest even rate"},
                 {"odd", GF_UNITS_RATE, "switching rate"}};
    cli_report_text(report, "# %s\n", names[quantity].title);
    print_references(report, "N");
    cli_report_begin_list(report, names[quantity].key);
    for (size_t k = 0; k < count; ++k) {
        cli_report_begin(report, NULL);
        cli_report_number(report, "sites", NULL, sizes[k].sites, "%5.0f");
        for (int r = 0; r < GF_RATES_REFERENCES; ++r) {
            put_value(report, reference_keys[r], names[quantity].units,
                      of_reference(&sizes[k].reference[r], quantity));
        }
        cli_report_text(report, "\n");
        cli_report_end(report);
    }
    cli_report_end_list(report);
}

/* Relative ones, of the force and of f1 at the smallest M > 0; the spread. */
static void put_errors(cli_report *report, const gf_trial_size *self) {
    cli_report_begin(report, NULL);
    cli_report_number(report, "sites", NULL, self->sites, "%5.0f");
    put_value(report, "smooth_force_m", "1", self->force_error[0]);
    put_value(report, "smooth_force_e", "1", self->force_error[1]);
    put_value(report, "gibbs_force_m", "1", self->gibbs_error[0]);
    put_value(report, "gibbs_force_e", "1", self->gibbs_error[1]);
    put_value(report, "smooth_centre", "1", self->centre_error[0]);
    put_value(report, "gibbs_centre", "1", self->centre_error[1]);
    put_value(report, "spread", "1", self->spread);
    put_value(report, "centre_spread", "1", self->centre_spread);
    cli_report_text(report, "\n");
    cli_report_end(report);
}

void cli_rates_print_trial(cli_report *report, const gf_trial_size *sizes, size_t count) {
    char verdict[GF_TRIAL_VERDICT];
    cli_report_begin(report, "trial");
    cli_report_text(report, "# the trial\n");
    for (int quantity = 0; quantity < 4; ++quantity) {
        put_quantity(report, sizes, count, quantity);
    }
    cli_report_text(report,
                    "# errors, relative: of the force at all M, and of f1 at the smallest M; "
                    "spread of ln p_n, at all M and at the smallest\n");
    cli_report_text(report, "#%4s %12s %12s %12s %12s %12s %12s %12s %12s\n", "N", "f1 smooth",
                    "f2 smooth", "f1 gibbs", "f2 gibbs", "there smooth", "gibbs", "spread",
                    "there");
    cli_report_begin_list(report, "errors");
    for (size_t k = 0; k < count; ++k) {
        put_errors(report, &sizes[k]);
    }
    cli_report_end_list(report);
    gf_trial_verdict(sizes, count, verdict);
    cli_report_string(report, "verdict", verdict, "# %s\n");
    cli_report_end(report);
}
