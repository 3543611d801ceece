#include "langevin/ensemble/axes.h"

#include "io/charge_units.h"
#include "langevin/run/kind.h"

#include <stdlib.h>

const char *gf_axes_time_units(const gf_run *run) {
    return run->rescaled ? "1/({energy} epsilon)" : run->kind->time_unit;
}

const char *gf_axes_length_units(const gf_run *run) {
    return run->rescaled ? "a/sqrt(epsilon)" : "a";
}

const char *gf_axes_field_units(const gf_run *run) {
    return run->equation->fields > 1 ? GF_UNITS_DENSITY : "1";
}

const char *gf_axes_density_units(const gf_run *run) {
    return run->rescaled ? "sqrt(epsilon)/a" : "1/a";
}

void gf_axes_put(gf_file *file, const char *path, const char *units, const char *description,
                 size_t count, const double *values) {
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = path,
                                      .units = units,
                                      .description = description,
                                      .rank = 1,
                                      .shape = {count},
                                      .axes = {path}},
                        values);
}

void gf_axes_put_regular(gf_file *file, const char *path, const char *units,
                         const char *description, size_t count, double first, double step) {
    double *values = malloc((count + 1) * sizeof *values);
    if (values == NULL) {
        gf_file_reject(file, "out of memory for %s", path);
        return;
    }
    for (size_t i = 0; i < count; ++i) {
        values[i] = first + (double)i * step;
    }
    gf_axes_put(file, path, units, description, count, values);
    free(values);
}
