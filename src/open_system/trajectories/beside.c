/* What the rate equation and the table say, beside trajectories. */
#include "gibbsflow/surface.h"
#include "open_system/trajectories/trajectories.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The mean over the values of strong symmetries. */
static void average_sectors(const double *probability, size_t sectors, size_t rungs,
                            double *result) {
    for (size_t up = 0; up < rungs; ++up) {
        result[up] = 0;
        for (size_t s = 0; s < sectors; ++s) {
            result[up] += probability[s * rungs + up] / (double)sectors;
        }
    }
}

static bool has_this_epsilon(const gf_trajectories *self, gf_file *file) {
    if (!gf_file_has(file, "/rates/coupled/force")) {
        return false; /* none, or that of an older version, without forces */
    }
    double epsilon = gf_file_get_number_attribute(file, "/rates/coupled", "epsilon");
    return fabs(epsilon - self->asked.epsilon) < 1e-12 * self->asked.epsilon;
}

gf_status gf_trajectories_compare_rates(gf_trajectories *self, const char *path, gf_error *error) {
    gf_file *file = NULL;
    size_t rungs = self->layout.rungs, shape[2] = {0, rungs}, pair[2] = {rungs, GF_CHARGES};
    gf_status status = gf_file_open(path, &file, error);
    if (status != GF_OK) {
        return status;
    }
    if (!gf_file_has(file, "/rates")) {
        gf_file_reject(file, "holds no /rates; expected a file of 'gibbsflow rates'");
    } else if ((int)gf_file_get_number_attribute(file, "/rates", "sites") != self->sites) {
        gf_file_reject(file, "is of another length than the chain of %d sites", self->sites);
    }
    bool coupled = has_this_epsilon(self, file);
    double *probability = gf_file_get_doubles(
        file, coupled ? "/rates/coupled/probability" : "/rates/distribution/probability", 2, shape);
    double *force =
        gf_file_get_doubles(file, coupled ? "/rates/coupled/force" : "/rates/force/exact", 2, pair);
    double *mean = calloc(rungs, sizeof *mean);
    status = gf_file_check(file, error);
    if (status == GF_OK && mean == NULL) {
        status = gf_fail_memory(error, "the exact distribution");
    }
    if (status == GF_OK) {
        average_sectors(probability, shape[0], rungs, mean);
        free(self->beside.probability);
        free(self->beside.force);
        self->beside.probability = mean;
        self->beside.force = (double(*)[GF_CHARGES])force;
        (void)snprintf(self->beside.exact, sizeof self->beside.exact,
                       coupled ? "epsilon = %g" : "epsilon -> 0", self->asked.epsilon);
        memcpy(self->beside.exact_force, self->beside.exact, sizeof self->beside.exact_force);
    } else {
        free(mean);
        free(force);
    }
    free(probability);
    gf_file_close(&file);
    return status;
}

/* At M/N and the measured energy of this M; NaN where no trajectory has been, or on the border. */
static void evaluate(gf_trajectories *self, const gf_surface *surface,
                     const gf_trajectories_summary *summary) {
    for (size_t up = 0; up < self->layout.rungs; ++up) {
        double m = (2 * (double)up - self->sites) / self->sites, e = summary->energy_at[up].value;
        double values[1][GF_SURFACE_VALUES], range[2];
        gf_surface_border(surface, m, range);
        bool inside = e > range[0] && e < range[1];
        if (inside) {
            (void)gf_surface_evaluate(surface, 1, &m, &e, values);
        }
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            self->beside.table_force[up][i] = inside ? values[0][GF_SURFACE_FORCE + i] : NAN;
        }
        for (size_t p = 0; p < GF_PAIRS; ++p) {
            self->beside.table_noise[up][p] = inside ? values[0][GF_SURFACE_NOISE + p] : NAN;
        }
    }
}

gf_status gf_trajectories_compare_table(gf_trajectories *self, const char *path, gf_error *error) {
    gf_surface *surface = NULL;
    gf_trajectories_summary summary;
    gf_status status = gf_surface_read(path, NULL, 0, &surface, error);
    if (status == GF_OK) {
        status = gf_trajectories_summarise(self, &summary, error);
    }
    if (status == GF_OK) {
        size_t rungs = self->layout.rungs;
        free(self->beside.table_force);
        free(self->beside.table_noise);
        self->beside.table_force = calloc(rungs, sizeof *self->beside.table_force);
        self->beside.table_noise = calloc(rungs, sizeof *self->beside.table_noise);
        if (self->beside.table_force != NULL && self->beside.table_noise != NULL) {
            evaluate(self, surface, &summary);
        } else {
            status = gf_fail_memory(error, "the table's force");
        }
        gf_trajectories_summary_free(&summary);
    }
    gf_surface_free(surface);
    return status;
}
