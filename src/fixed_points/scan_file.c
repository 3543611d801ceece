/* Scans in HDF5 files. */
#include "gibbsflow/scan.h"

#include "fixed_points/fixed_point.h"
#include "io/charge_axes.h"
#include "io/charge_units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_bifurcations(const gf_scan *self, gf_file *file) {
    size_t count = self->bifurcation_count;
    double *parameter = calloc(count + 1, sizeof *parameter);
    double *density = calloc(GF_CHARGES * count + 1, sizeof *density);
    double *lambda = calloc(GF_CHARGES * count + 1, sizeof *lambda);
    const char **kind = calloc(count + 1, sizeof *kind);
    if (parameter == NULL || density == NULL || lambda == NULL || kind == NULL) {
        gf_file_reject(file, "out of memory for the bifurcations");
    } else {
        for (size_t k = 0; k < count; ++k) {
            const gf_bifurcation *one = &self->bifurcations[k];
            parameter[k] = one->parameter;
            memcpy(density + GF_CHARGES * k, one->density, sizeof one->density);
            memcpy(lambda + GF_CHARGES * k, one->lambda, sizeof one->lambda);
            kind[k] = gf_bifurcation_name(one->kind);
        }
        gf_dataset dataset = {.path = "/scan/bifurcation_parameter",
                              .units = "of the parameter",
                              .rank = 1,
                              .shape = {count},
                              .axes = {"bifurcation"}};
        gf_file_put_doubles(file, &dataset, parameter);
        dataset.path = "/scan/bifurcation_kind";
        dataset.units = "1";
        dataset.description = "pitchfork, transcritical, fold, or Hopf";
        gf_file_put_strings(file, &dataset, kind);
        dataset.path = "/scan/bifurcation_density";
        dataset.units = GF_UNITS_DENSITY;
        dataset.description = NULL;
        gf_charge_axes_put(file, &dataset, 1, 1, density);
        dataset.path = "/scan/bifurcation_lambda";
        dataset.units = GF_UNITS_LAMBDA;
        gf_charge_axes_put(file, &dataset, 1, 1, lambda);
    }
    free(parameter);
    free(density);
    free(lambda);
    free(kind);
}

static void write_axis(const gf_scan *self, gf_file *file) {
    size_t count = self->axis.points;
    double *values = calloc(count, sizeof *values);
    int64_t *continuum = calloc(count, sizeof *continuum);
    if (values == NULL || continuum == NULL) {
        gf_file_reject(file, "out of memory for the scan");
    } else {
        for (size_t k = 0; k < count; ++k) {
            values[k] = gf_axis_value(&self->axis, k);
            continuum[k] = self->continuum[k];
        }
        gf_dataset dataset = {.path = "/scan/parameter",
                              .units = "of the parameter",
                              .rank = 1,
                              .shape = {count},
                              .axes = {"/scan/parameter"}};
        gf_file_put_doubles(file, &dataset, values);
        dataset.path = "/scan/continuum";
        dataset.units = "1";
        dataset.description = "1 where fixed points form a line and none is listed";
        gf_file_put_integers(file, &dataset, continuum);
    }
    free(values);
    free(continuum);
}

void gf_scan_write(const gf_scan *self, gf_file *file) {
    static const char *const axes[] = {"/scan/parameter", "branch"};
    const size_t shape[] = {self->axis.points, self->branches};
    write_axis(self, file);
    gf_fixed_point_write_table(file, "/scan", 2, shape, axes, self->points);
    gf_file_put_text_attribute(file, "/scan", "parameter_name", self->parameter);
    write_bifurcations(self, file);
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    for (size_t k = 0; k < self->bifurcation_count && out != NULL; ++k) {
        (void)fprintf(out, "%s%s at %s = %.10g", k > 0 ? "; " : "",
                      gf_bifurcation_name(self->bifurcations[k].kind), self->parameter,
                      self->bifurcations[k].parameter);
    }
    if (out != NULL && fclose(out) == 0) {
        gf_file_put_text_attribute(file, "/scan", "bifurcations", length > 0 ? text : "none");
    } else {
        gf_file_reject(file, "out of memory for the bifurcations");
    }
    free(text);
}

static void read_bifurcations(gf_file *file, gf_scan *scan) {
    size_t count = 0, kinds = 0, densities = 0, lambdas = 0;
    double *parameter = gf_file_get_doubles(file, "/scan/bifurcation_parameter", 1, &count);
    double *density = gf_charge_axes_get(file, "/scan/bifurcation_density", 1, 1, 1, &densities);
    double *lambda = gf_charge_axes_get(file, "/scan/bifurcation_lambda", 1, 1, 1, &lambdas);
    char **kind = gf_file_get_strings(file, "/scan/bifurcation_kind", 1, &kinds);
    if (kinds != count || densities != count || lambdas != count) {
        gf_file_reject(file, "the bifurcations of /scan do not fit together");
    }
    scan->bifurcations = calloc(count + 1, sizeof *scan->bifurcations);
    bool ready = gf_file_check(file, NULL) == GF_OK && scan->bifurcations != NULL;
    for (size_t k = 0; k < count && ready; ++k) {
        gf_bifurcation *one = &scan->bifurcations[scan->bifurcation_count++];
        one->parameter = parameter[k];
        memcpy(one->density, density + GF_CHARGES * k, sizeof one->density);
        memcpy(one->lambda, lambda + GF_CHARGES * k, sizeof one->lambda);
        bool known = false;
        for (int name = GF_PITCHFORK; name <= GF_HOPF; ++name) {
            if (strcmp(kind[k], gf_bifurcation_name((gf_bifurcation_kind)name)) == 0) {
                one->kind = (gf_bifurcation_kind)name;
                known = true;
            }
        }
        if (!known) {
            gf_file_reject(file, "/scan/bifurcation_kind has an unknown kind '%.40s'", kind[k]);
        }
    }
    free(parameter);
    free(density);
    free(lambda);
    free(kind);
}

gf_status gf_scan_read(gf_file *file, gf_scan *scan, gf_error *error) {
    size_t shape[2] = {0}, points = 0, flags = 0;
    *scan = (gf_scan){0};
    double *values = gf_file_get_doubles(file, "/scan/parameter", 1, &points);
    int64_t *continuum = gf_file_get_integers(file, "/scan/continuum", 1, &flags);
    scan->parameter = gf_file_get_text_attribute(file, "/scan", "parameter_name");
    scan->points = gf_fixed_point_read_table(file, "/scan", 2, shape);
    read_bifurcations(file, scan);
    if (points == 0 || shape[0] != points || flags != points) {
        gf_file_reject(file, "the datasets of /scan do not fit together");
    }
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK) {
        scan->axis = (gf_axis){values[0], values[points - 1], points};
        scan->branches = shape[1];
        scan->continuum = calloc(points, sizeof *scan->continuum);
        status = scan->continuum != NULL ? GF_OK : gf_fail_memory(error, "the scan");
    }
    for (size_t k = 0; k < points && status == GF_OK; ++k) {
        scan->continuum[k] = continuum[k] != 0;
    }
    free(values);
    free(continuum);
    if (status != GF_OK) {
        gf_scan_free(scan);
    }
    return status;
}
