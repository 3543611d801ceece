#include "transport/transport.h"

#include "io/charge_axes.h"
#include "io/charge_units.h"
#include "transport/tail.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char time_axis[] = "/transport/time";

/* Vectors (rank 1) or matrices (2) over the charges, of every state, or of every state and time. */
static void put(const gf_transport *self, gf_file *file, int rank, bool in_time, const char *path,
                const char *units, const char *description, const void *values) {
    gf_dataset set = {.path = path,
                      .units = units,
                      .description = description,
                      .rank = 1,
                      .shape = {self->points},
                      .axes = {"point"}};
    if (in_time) {
        set.shape[set.rank] = self->times;
        set.axes[set.rank++] = time_axis;
    }
    for (int k = 0; k < rank; ++k) {
        set.shape[set.rank] = GF_CHARGES;
        set.axes[set.rank++] = "charge";
    }
    gf_file_put_doubles(file, &set, values);
}

static void put_vectors(const gf_transport *self, gf_file *file, const char *path,
                        const char *units, const char *description, double (*values)[GF_CHARGES]) {
    put(self, file, 1, false, path, units, description, values);
}

static void put_matrices(const gf_transport *self, gf_file *file, const char *path,
                         const char *units, const char *description,
                         double (*values)[GF_TRANSPORT_MATRIX]) {
    put(self, file, 2, false, path, units, description, values);
}

static void put_functions(const gf_transport *self, gf_file *file, const char *path,
                          const char *units, const char *description,
                          double (*values)[GF_TRANSPORT_MATRIX]) {
    put(self, file, 2, true, path, units, description, values);
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
                  "distance from the smaller chain, or from shorter strings; NaN: none",
                  self->correlation_error);
    put_functions(self, file, "/transport/onsager", GF_UNITS_ONSAGER, "sigma_ij(t)", self->onsager);
    put_functions(self, file, "/transport/onsager_error", GF_UNITS_ONSAGER,
                  "distance from the smaller chain, or from shorter strings; NaN: none",
                  self->onsager_error);
    if (self->samples > 0) {
        put_functions(self, file, "/transport/correlation_scatter", GF_UNITS_CURRENT_CORRELATION,
                      "statistical error, which correlation_error holds",
                      self->correlation_scatter);
        put_functions(self, file, "/transport/onsager_scatter", GF_UNITS_ONSAGER,
                      "statistical error, which onsager_error holds", self->onsager_scatter);
    }
    put_matrices(self, file, "/transport/drude", GF_UNITS_CURRENT_CORRELATION,
                 "what of K never decays on this chain; NaN: not known", self->drude);
}

/* A number of every state. */
static void put_numbers(const gf_transport *self, gf_file *file, const char *path,
                        const char *units, const char *description, const double *values) {
    put(self, file, 0, false, path, units, description, values);
}

static void put_texts(const gf_transport *self, gf_file *file, const char *path,
                      const char *description, const char *const *texts) {
    gf_file_put_strings(file,
                        &(gf_dataset){.path = path,
                                      .units = "1",
                                      .description = description,
                                      .rank = 1,
                                      .shape = {self->points},
                                      .axes = {"point"}},
                        texts);
}

static void put_verdicts(const gf_transport *self, gf_file *file) {
    const char **texts = calloc(self->points + 1, sizeof *texts);
    if (texts == NULL) {
        gf_file_reject(file, "out of memory for /transport");
        return;
    }
    for (size_t p = 0; p < self->points; ++p) {
        texts[p] = gf_transport_verdict_name(self->verdict[p]);
    }
    put_texts(self, file, "/transport/limit/verdict",
              "settled, extrapolated, lower bound or not settled", texts);
    for (size_t p = 0; p < self->points; ++p) {
        texts[p] = self->reason[p];
    }
    put_texts(self, file, "/transport/limit/reason", "why it is not settled; may be empty", texts);
    free((void *)texts);
}

static void put_judgement(const gf_transport *self, gf_file *file) {
    put_numbers(self, file, "/transport/reliable/time", "1/{energy}", "t*; NaN: not known",
                self->reliable_time);
    put_matrices(self, file, "/transport/reliable/onsager", GF_UNITS_ONSAGER,
                 "sigma_ij(t*), a value at a finite time", self->reliable_onsager);
    put_verdicts(self, file);
    put_matrices(self, file, "/transport/limit/onsager", GF_UNITS_ONSAGER,
                 "sigma_ij(infinity); NaN: not settled", self->limit);
    put_matrices(self, file, "/transport/limit/onsager_error", GF_UNITS_ONSAGER, NULL,
                 self->limit_error);
    put_matrices(self, file, "/transport/limit/diffusion", GF_UNITS_DIFFUSION,
                 "D_ij = sigma C^-1; NaN: not settled", self->diffusion);
    put_matrices(self, file, "/transport/limit/diffusion_error", GF_UNITS_DIFFUSION, NULL,
                 self->diffusion_error);
}

/* Of operator space: the choices, and sigma of each. */
static void put_choices(const gf_transport *self, gf_file *file) {
    double longest[GF_TRANSPORT_CHOICES], free_sites[GF_TRANSPORT_CHOICES];
    double damping[GF_TRANSPORT_CHOICES], weight[GF_TRANSPORT_CHOICES];
    size_t count = self->choices;
    double *sigma = calloc(self->points * count * GF_TRANSPORT_MATRIX + 1, sizeof *sigma);
    if (sigma == NULL) {
        gf_file_reject(file, "out of memory for /transport");
        return;
    }
    for (size_t c = 0; c < count; ++c) {
        longest[c] = self->choice[c].longest;
        free_sites[c] = self->choice[c].free;
        damping[c] = self->choice[c].damping;
        weight[c] = self->choice[c].weight;
        for (size_t p = 0; p < self->points; ++p) {
            memcpy(sigma + (p * count + c) * GF_TRANSPORT_MATRIX,
                   self->choice_onsager[p * GF_TRANSPORT_CHOICES + c],
                   sizeof *self->choice_onsager);
        }
    }
    gf_dataset set = {.rank = 1, .shape = {count}, .axes = {"choice"}};
    set.path = "/transport/choices/longest";
    set.units = "1";
    set.description = "sites of the longest strings";
    gf_file_put_doubles(file, &set, longest);
    set.path = "/transport/choices/free";
    set.description = "sites of the longest strings that are not damped";
    gf_file_put_doubles(file, &set, free_sites);
    set.path = "/transport/choices/weight";
    set.description = "of the heaviest strings: sites with another letter than 1";
    gf_file_put_doubles(file, &set, weight);
    set.path = "/transport/choices/damping";
    set.units = "{energy}";
    set.description = "for each site beyond";
    gf_file_put_doubles(file, &set, damping);
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = "/transport/choices/onsager",
                                      .units = GF_UNITS_ONSAGER,
                                      .description = "sigma_ij(infinity) of each",
                                      .rank = 4,
                                      .shape = {self->points, count, GF_CHARGES, GF_CHARGES},
                                      .axes = {"point", "choice", "charge", "charge"}},
                        sigma);
    free(sigma);
}

/* Of rings with a tail: the ways to it, and sigma of each. */
static void put_ways(const gf_transport *self, gf_file *file) {
    const char *names[GF_TRANSPORT_WAYS];
    for (size_t w = 0; w < self->ways; ++w) {
        names[w] = gf_tail_way(w);
    }
    put_numbers(self, file, "/transport/tail/lambda1", "1",
                "of the state of the same m at lambda2 = 0", self->reference);
    put_numbers(self, file, "/transport/tail/time", "1/{energy}",
                "up to which the chain is used at both states", self->tail_time);
    gf_file_put_strings(file,
                        &(gf_dataset){.path = "/transport/tail/way",
                                      .units = "1",
                                      .description = "how the tail follows from lambda2 = 0",
                                      .rank = 1,
                                      .shape = {self->ways},
                                      .axes = {"/transport/tail/way"}},
                        names);
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = "/transport/tail/onsager",
                                      .units = GF_UNITS_ONSAGER,
                                      .description = "sigma_ij(infinity) of each; NaN: none",
                                      .rank = 4,
                                      .shape = {self->points, self->ways, GF_CHARGES, GF_CHARGES},
                                      .axes = {"point", "/transport/tail/way", "charge", "charge"}},
                        self->way_onsager[0]);
    gf_file_put_integer_attribute(file, "/transport/tail", "longest_strings", self->tail_strings);
}

/* Of slow modes: M(t), and overlaps. Modes are scaled as they come: units are mixed. */
static void put_modes(const gf_transport *self, gf_file *file) {
    static const char units[] = "powers of {energy}, per site";
    gf_dataset set = {.path = "/transport/modes/memory",
                      .units = units,
                      .description = "M_ab(t): int_0^t of (F_a(t); F_b)/N",
                      .rank = 4,
                      .shape = {self->points, self->times, GF_CHARGES, GF_CHARGES},
                      .axes = {"point", time_axis, "mode", "mode"}};
    gf_file_put_doubles(file, &set, (const double *)self->memory);
    set.path = "/transport/modes/memory_error";
    set.description = "distance from the smaller chain; NaN: none";
    gf_file_put_doubles(file, &set, (const double *)self->memory_error);
    gf_dataset overlap = {.path = "/transport/modes/overlap",
                          .units = units,
                          .description = "(c_a; J_i)/N",
                          .rank = 3,
                          .shape = {self->points, GF_CHARGES, GF_CHARGES},
                          .axes = {"point", "mode", "charge"}};
    gf_file_put_doubles(file, &overlap, (const double *)self->overlap);
    if (self->samples > 0) {
        overlap.path = "/transport/modes/overlap_scatter";
        overlap.description = "statistical error";
        gf_file_put_doubles(file, &overlap, (const double *)self->overlap_scatter);
    }
    gf_file_put_number_attribute(file, "/transport/modes", "strength", self->strength);
    gf_file_put_text_attribute(file, "/transport/modes", "strength_name", self->strength_name);
}

void gf_transport_write(const gf_transport *self, gf_file *file) {
    double least = INFINITY;
    for (size_t p = 0; p < self->points; ++p) {
        least = self->reliable_time[p] >= least ? least : self->reliable_time[p];
    }
    put_states(self, file);
    put_course(self, file);
    put_judgement(self, file);
    if (self->choices > 0) {
        put_choices(self, file);
    }
    if (self->ways > 0) {
        put_ways(self, file);
    }
    if (self->has_modes) {
        put_modes(self, file);
    }
    gf_file_put_text_attribute(file, "/transport", "method", self->method);
    gf_file_put_text_attribute(file, "/transport", "product",
                               self->form == GF_KUBO_MORI ? "Kubo-Mori" : "symmetrised");
    gf_file_put_integer_attribute(file, "/transport", "exact", self->exact);
    gf_file_put_integer_attribute(file, "/transport", "sites", self->sites);
    gf_file_put_integer_attribute(file, "/transport", "compared_sites", self->compared);
    gf_file_put_integer_attribute(file, "/transport", "longest_strings", self->longest);
    gf_file_put_integer_attribute(file, "/transport", "samples", (long)self->samples);
    gf_file_put_number_attribute(file, "/transport", "seed", (double)self->seed);
    gf_file_put_number_attribute(file, "/transport", "reliable_time", least);
}
