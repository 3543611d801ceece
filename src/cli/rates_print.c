#include "cli/rates.h"

#include <math.h>
#include <stdio.h>

static void print_value(double value) {
    if (isfinite(value)) {
        (void)printf(" %12.8f", value);
    } else {
        (void)printf(" %12s", "-");
    }
}

/* Of any size, and zero where it is rounding. */
static void print_coefficient(double value) {
    (void)printf(" %12.6g", fabs(value) < 1e-12 ? 0 : value);
}

static void print_sector_name(const gf_rates_sector *self) {
    char flip[8] = "-", range[24];
    if (self->flip != 0) {
        (void)snprintf(flip, sizeof flip, "%+d", self->flip);
    }
    (void)snprintf(range, sizeof range, "%d:%d", self->least, self->greatest);
    (void)printf("%6s %9s", flip, range);
}

static void print_sectors(const gf_rates *self, const gf_rates_sector *sector) {
    (void)printf("#%5s %9s %8s %12s %12s %12s\n", "F", "M", "states", "<m^2>", "<e>", "<m>");
    for (size_t s = 0; s < self->sectors; ++s) {
        const gf_rates_sector *one = &sector[s];
        print_sector_name(one);
        (void)printf(" %8.0f %12.8f %12.8f %12.8f\n", one->states, one->second_moment, one->energy,
                     one->magnetization);
    }
}

/* F apart, there is one. */
static void print_conserved(const gf_rates *self) {
    size_t values = 1;
    for (size_t s = 1; s < self->sectors; ++s) {
        values += self->sector[s].flip != self->sector[s - 1].flip;
    }
    if (self->sectors > values) {
        (void)printf(
            "# the bath conserves more than F: which of these states is reached depends on "
            "the start; below, all count alike, and there is no smooth one\n");
    }
}

static void print_gaps(const gf_gap *gaps, size_t count) {
    static const char *const names[] = {
        [GF_PARITY_NONE] = "-", [GF_PARITY_EVEN] = "even", [GF_PARITY_ODD] = "odd"};
    bool switched = false;
    (void)printf("#%11s %12s %7s %4s\n", "rate", "frequency", "parity", "F");
    for (size_t k = 0; k < count; ++k) {
        const gf_gap *gap = &gaps[k];
        char flip[8] = "-";
        if (gap->flip != 0) {
            (void)snprintf(flip, sizeof flip, "%+d", gap->flip);
        }
        (void)printf("%12.8f %12.8f %7s %4s%s\n", gap->rate, fabs(gap->frequency),
                     names[gap->parity], flip,
                     gap->parity == GF_PARITY_ODD && !switched ? "  switching" : "");
        switched = switched || gap->parity == GF_PARITY_ODD;
    }
}

/* Which couplings the orders describe. */
static void print_range(const gf_rates_coupled *coupled, double range) {
    if (!(range > 0)) {
        (void)printf("  none found\n");
    } else {
        (void)printf("  %s%.3g\n", range < coupled->epsilon ? "" : "at least ", range);
    }
}

static void print_expansion(const gf_rates *self) {
    const gf_rates_expansion *expansion = &self->coupled.expansion;
    (void)printf("# their expansion, sum_k epsilon^k times\n");
    (void)printf("#%5s %9s %8s %12s %12s %12s  %s\n", "F", "M", "k", "<m^2>", "<e>", "<m>",
                 "good to 10 % of the shift up to epsilon =");
    for (size_t s = 0; s < self->sectors; ++s) {
        for (size_t k = 0; k < GF_RATES_ORDERS; ++k) {
            const gf_rates_sector *one = &expansion->sector[k * self->sectors + s];
            print_sector_name(one);
            (void)printf(" %8zu", k);
            print_coefficient(one->second_moment);
            print_coefficient(one->energy);
            print_coefficient(one->magnetization);
            if (k + 1 < GF_RATES_ORDERS) {
                (void)printf("\n");
            } else {
                print_range(&self->coupled, expansion->range[s]);
            }
        }
    }
}

/* All sectors alike, as in the table of the limit. */
static double mean_probability(const gf_rates *self, const double *probability, int row) {
    double sum = 0;
    for (size_t s = 0; s < self->sectors; ++s) {
        sum += probability[s * (size_t)(self->sites + 1) + (size_t)row];
    }
    return sum / (double)self->sectors;
}

static void print_coupled_forces(const gf_rates *self) {
    const gf_rates_coupled *coupled = &self->coupled;
    size_t order = self->sectors * (size_t)(self->sites + 1);
    (void)printf("#%4s %12s %12s %12s %38s\n", "M", "P", "f1", "f2",
                 "P in orders 0, 1, 2 of epsilon");
    for (int row = 0; row <= self->sites; ++row) {
        (void)printf("%5d", 2 * row - self->sites);
        print_value(mean_probability(self, coupled->probability, row));
        print_value(coupled->force[row][0]);
        print_value(coupled->force[row][1]);
        for (size_t k = 0; k < GF_RATES_ORDERS; ++k) {
            print_coefficient(
                mean_probability(self, coupled->expansion.probability + k * order, row));
        }
        (void)printf("\n");
    }
}

static void print_coupled(const gf_rates *self) {
    const gf_rates_coupled *coupled = &self->coupled;
    if (coupled->epsilon > 0) {
        (void)printf(
            "# the whole Lindbladian at epsilon = %g: stationary states (|L rho| < %.2g)\n",
            coupled->epsilon, coupled->residual);
        print_sectors(self, coupled->sector);
        print_expansion(self);
        (void)printf("# its slowest rates per epsilon\n");
        print_gaps(coupled->gap, coupled->gaps);
        print_coupled_forces(self);
        (void)printf("# epsilon -> 0, and the ansatz\n");
    }
}

static void print_forces(const gf_rates *self) {
    (void)printf("#%4s %12s %12s %38s %38s %12s %25s %25s\n", "M", "P exact", "smooth",
                 "f1 exact, smooth, gibbs", "f2 exact, smooth, gibbs", "spread",
                 "f1 block bare, sharp", "f2 block bare, sharp");
    for (int k = 0; k <= self->sites; ++k) {
        (void)printf("%5d", 2 * k - self->sites);
        print_value(self->exact.probability[k]);
        print_value(self->smooth.probability[k]);
        for (int i = 0; i < GF_CHARGES; ++i) {
            for (int which = 0; which < 3; ++which) {
                print_value(self->force[which][k][i]);
            }
        }
        print_value(self->spread[k]);
        for (int i = 0; i < GF_CHARGES; ++i) {
            print_value(self->force[GF_RATES_BARE_BLOCK][k][i]);
            print_value(self->force[GF_RATES_BLOCK][k][i]);
        }
        (void)printf("\n");
    }
}

static void print_relaxation(const gf_rates *self) {
    if (self->times == 0) {
        return;
    }
    (void)printf("# relaxation from lambda = (%.8g, %.8g); force there (%.10g, %.10g)\n",
                 self->lambda[0], self->lambda[1], self->slope[0], self->slope[1]);
    (void)printf("#%11s %12s %12s %12s\n", "time", "<m>", "<e>", "<m^2>");
    for (size_t t = 0; t < self->times; t += 6) {
        (void)printf("%12.6g %12.8f %12.8f %12.8f\n", self->time[t], self->relaxing[0][t],
                     self->relaxing[1][t], self->relaxing[2][t]);
    }
}

static void print_pair(const gf_rates *self, const gf_coincidence *pair, const char *what) {
    const char *bars = self->folded ? "|" : "";
    (void)printf("# %s: E = %.8f, %sM%s = %d and %d, momentum %d", what, pair->energy, bars, bars,
                 pair->magnetization[0], pair->magnetization[1], pair->momentum);
    if (pair->reflection != 0) {
        (void)printf(", reflection %+d", pair->reflection);
    }
    (void)printf("\n");
}

/* Which levels coincide, the first few, and which come next. */
static void print_coincidences(const gf_rates *self) {
    for (size_t k = 0; k < self->examples; ++k) {
        print_pair(self, &self->example[k], "levels that coincide");
    }
    if (isfinite(self->nearest)) {
        print_pair(self, &self->closest, "the nearest others");
    }
}

void cli_rates_print(const gf_model *model, const gf_rates *self) {
    (void)printf("# %s, N = %d, epsilon -> 0; energies in units of %s\n", gf_model_name(model),
                 self->sites, gf_model_energy_unit(model));
    (void)printf(
        "# %zu levels, %zu coherences of coinciding ones; epsilon has to be small beside "
        "%.3g, the smallest distance of others\n",
        self->levels, self->coherences, self->nearest);
    print_coincidences(self);
    (void)printf("# stationary states, one for each value of what the bath conserves\n");
    print_sectors(self, self->sector);
    print_conserved(self);
    (void)printf("# slowest rates per epsilon\n");
    print_gaps(self->gap, self->gaps);
    print_coupled(self);
    print_forces(self);
    print_relaxation(self);
}

void cli_rates_print_trial(const gf_trial_size *sizes, size_t count) {
    static const char *const names[] = {"<m^2>", "<e>", "slowest even rate", "switching rate"};
    char verdict[GF_TRIAL_VERDICT];
    (void)printf("# the trial: N, then exact; smooth; gibbs; Langevin block bare, renormalised\n");
    for (int q = 0; q < 4; ++q) {
        (void)printf("# %s\n", names[q]);
        for (size_t k = 0; k < count; ++k) {
            (void)printf("%4d", sizes[k].sites);
            for (int r = 0; r < GF_RATES_REFERENCES; ++r) {
                const gf_rates_summary *one = &sizes[k].reference[r];
                print_value(q == 0   ? one->second_moment
                            : q == 1 ? one->energy
                            : q == 2 ? one->even
                                     : one->odd);
            }
            (void)printf("\n");
        }
    }
    (void)printf(
        "# errors: f1, f2 smooth; f1, f2 gibbs; f1 at the smallest M smooth, gibbs; spread: all, "
        "there\n");
    for (size_t k = 0; k < count; ++k) {
        (void)printf("%4d", sizes[k].sites);
        for (int i = 0; i < GF_CHARGES; ++i) {
            print_value(sizes[k].force_error[i]);
        }
        for (int i = 0; i < GF_CHARGES; ++i) {
            print_value(sizes[k].gibbs_error[i]);
        }
        print_value(sizes[k].centre_error[0]);
        print_value(sizes[k].centre_error[1]);
        print_value(sizes[k].spread);
        print_value(sizes[k].centre_spread);
        (void)printf("\n");
    }
    gf_trial_verdict(sizes, count, verdict);
    (void)printf("# %s\n", verdict);
}
