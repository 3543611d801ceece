#include "transport/transport.h"

#include "io/charge_axes.h"
#include "io/charge_units.h"

#include <math.h>
#include <stdlib.h>

static const char time_axis[] = "/transport/time";

static void put_vectors(const gf_transport *self, gf_file *file, const char *path,
                        const char *units, const char *description, double (*values)[GF_CHARGES]) {
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = path,
                                      .units = units,
                                      .description = description,
                                      .rank = 2,
                                      .shape = {self->points, GF_CHARGES},
                                      .axes = {"point", "charge"}},
                        (const double *)values);
}

static void put_matrices(const gf_transport *self, gf_file *file, const char *path,
                         const char *units, const char *description,
                         double (*values)[GF_TRANSPORT_MATRIX]) {
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = path,
                                      .units = units,
                                      .description = description,
                                      .rank = 3,
                                      .shape = {self->points, GF_CHARGES, GF_CHARGES},
                                      .axes = {"point", "charge", "charge"}},
                        (const double *)values);
}

static void put_functions(const gf_transport *self, gf_file *file, const char *path,
                          const char *units, const char *description,
                          double (*values)[GF_TRANSPORT_MATRIX]) {
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = path,
                                      .units = units,
                                      .description = description,
                                      .rank = 4,
                                      .shape = {self->points, self->times, GF_CHARGES, GF_CHARGES},
                                      .axes = {"point", time_axis, "charge", "charge"}},
                        (const double *)values);
}

static void put_states(const gf_transport *self, gf_file *file) {
    put_vectors(self, file, "/transport/lambda", GF_UNITS_LAMBDA, "of the Gibbs states",
                self->lambda);
    put_vectors(self, file, "/transport/density", GF_UNITS_DENSITY, "q_i", self->density);
    gf_charge_axes_put(file,
                       &(gf_dataset){.path = "/transport/susceptibility",
                                     .units = GF_UNITS_SUSCEPTIBILITY,
                                     .description = "C_ij of the same chain",
                                     .rank = 1,
                                     .shape = {self->points},
                                     .axes = {"point"}},
                       2, 1, (const double *)self->susceptibility);
    put_vectors(self, file, "/transport/mean_current", GF_UNITS_CURRENT,
                "<J_i>/N: of the finite chain alone", self->mean_current);
}

static void put_course(const gf_transport *self, gf_file *file) {
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = time_axis,
                                      .units = "1/{energy}",
                                      .rank = 1,
                                      .shape = {self->times},
                                      .axes = {time_axis}},
                        self->time);
    put_functions(self, file, "/transport/correlation", GF_UNITS_CURRENT_CORRELATION, "K_ij(t)",
                  self->correlation);
    put_functions(self, file, "/transport/correlation_error", GF_UNITS_CURRENT_CORRELATION,
                  "distance from the smaller chain; NaN: none", self->correlation_error);
    put_functions(self, file, "/transport/onsager", GF_UNITS_ONSAGER, "sigma_ij(t)", self->onsager);
    put_functions(self, file, "/transport/onsager_error", GF_UNITS_ONSAGER,
                  "distance from the smaller chain; NaN: none", self->onsager_error);
    put_matrices(self, file, "/transport/drude", GF_UNITS_CURRENT_CORRELATION,
                 "what of K never decays on this chain", self->drude);
}

static void put_judgement(const gf_transport *self, gf_file *file) {
    const char **names = calloc(self->points + 1, sizeof *names);
    if (names == NULL) {
        gf_file_reject(file, "out of memory for /transport");
        return;
    }
    for (size_t p = 0; p < self->points; ++p) {
        names[p] = gf_transport_verdict_name(self->verdict[p]);
    }
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = "/transport/reliable/time",
                                      .units = "1/{energy}",
                                      .description = "t*; NaN: not known",
                                      .rank = 1,
                                      .shape = {self->points},
                                      .axes = {"point"}},
                        self->reliable_time);
    put_matrices(self, file, "/transport/reliable/onsager", GF_UNITS_ONSAGER,
                 "sigma_ij(t*), a value at a finite time", self->reliable_onsager);
    gf_file_put_strings(
        file,
        &(gf_dataset){.path = "/transport/limit/verdict",
                      .units = "1",
                      .description = "settled, extrapolated, lower bound or not settled",
                      .rank = 1,
                      .shape = {self->points},
                      .axes = {"point"}},
        names);
    free((void *)names);
    put_matrices(self, file, "/transport/limit/onsager", GF_UNITS_ONSAGER,
                 "sigma_ij(infinity); NaN: not settled", self->limit);
    put_matrices(self, file, "/transport/limit/onsager_error", GF_UNITS_ONSAGER, NULL,
                 self->limit_error);
    put_matrices(self, file, "/transport/limit/diffusion", GF_UNITS_DIFFUSION,
                 "D_ij = sigma C^-1; NaN: not settled", self->diffusion);
    put_matrices(self, file, "/transport/limit/diffusion_error", GF_UNITS_DIFFUSION, NULL,
                 self->diffusion_error);
}

void gf_transport_write(const gf_transport *self, gf_file *file) {
    double least = INFINITY;
    for (size_t p = 0; p < self->points; ++p) {
        least = self->reliable_time[p] >= least ? least : self->reliable_time[p];
    }
    put_states(self, file);
    put_course(self, file);
    put_judgement(self, file);
    gf_file_put_text_attribute(file, "/transport", "method", self->method);
    gf_file_put_text_attribute(file, "/transport", "product",
                               self->form == GF_KUBO_MORI ? "Kubo-Mori" : "symmetrised");
    gf_file_put_integer_attribute(file, "/transport", "exact", self->exact);
    gf_file_put_integer_attribute(file, "/transport", "sites", self->sites);
    gf_file_put_integer_attribute(file, "/transport", "compared_sites", self->compared);
    gf_file_put_number_attribute(file, "/transport", "reliable_time", least);
}
