#include "transport/strengths.h"

#include <math.h>
#include <stdlib.h>

enum { STENCIL = 4, PADDING = 2 };

static bool has_grid(const gf_strengths *self) {
    return self->grid.energy > 0;
}

gf_status gf_strengths_init(gf_strengths *self, gf_strength_grid grid, double lowest,
                            double highest, gf_error *error) {
    *self = (gf_strengths){.grid = grid};
    if (!has_grid(self)) {
        return GF_OK;
    }
    self->first = (long)floor(lowest / grid.energy) - PADDING;
    self->rows = (size_t)((long)floor(highest / grid.energy) + PADDING + 2 - self->first);
    self->columns = (size_t)((highest - lowest) / grid.frequency) + PADDING + 3;
    self->node = calloc(self->rows * self->columns, sizeof *self->node);
    self->drude = calloc(self->rows, sizeof *self->drude);
    if (self->node == NULL || self->drude == NULL) {
        gf_strengths_free(self);
        return gf_fail_memory(error, "the strengths of the currents");
    }
    return GF_OK;
}

void gf_strengths_free(gf_strengths *self) {
    free(self->node);
    free(self->drude);
    free(self->energy);
    free(self->frequency);
    free(self->line);
    *self = (gf_strengths){0};
}

double gf_strengths_memory(gf_strength_grid grid, double range, double pairs) {
    if (!(grid.energy > 0)) {
        return pairs * (GF_STRENGTHS + 2) * sizeof(double) * 1.5;
    }
    return (range / grid.energy + 2 * PADDING + 2) * (range / grid.frequency + PADDING + 3) *
           GF_STRENGTHS * sizeof(double);
}

/* --- adding ---------------------------------------------------------------------------------- */

/* The node below x in units of the step, and the weights of the four around it. */
static long share_out(double x, double weight[STENCIL]) {
    double below = floor(x), u = x - below;
    weight[0] = -u * (u - 1) * (u - 2) / 6;
    weight[1] = (u + 1) * (u - 1) * (u - 2) / 2;
    weight[2] = -(u + 1) * u * (u - 2) / 2;
    weight[3] = (u + 1) * u * (u - 1) / 6;
    return (long)below;
}

static void add_to_grid(gf_strengths *self, double mean, double frequency,
                        const double value[GF_STRENGTHS]) {
    double along_energy[STENCIL], along_frequency[STENCIL];
    long row = share_out(mean / self->grid.energy, along_energy) - 1 - self->first;
    if (frequency <= self->grid.degenerate) {
        for (int i = 0; i < STENCIL; ++i) {
            for (int k = 0; k < GF_STRENGTHS; ++k) {
                self->drude[row + i][k] += along_energy[i] * value[k];
            }
        }
        return;
    }
    long column = share_out(frequency / self->grid.frequency, along_frequency);
    for (int i = 0; i < STENCIL; ++i) {
        double *node = self->node[(size_t)(row + i) * self->columns + (size_t)column];
        for (int j = 0; j < STENCIL; ++j) {
            double share = along_energy[i] * along_frequency[j];
            for (int k = 0; k < GF_STRENGTHS; ++k) {
                node[GF_STRENGTHS * j + k] += share * value[k];
            }
        }
    }
}

static gf_status reserve(gf_strengths *self, size_t more, gf_error *error) {
    if (self->lines + more <= self->capacity) {
        return GF_OK;
    }
    size_t capacity = self->lines + more + self->capacity / 2;
    double *energy = realloc(self->energy, capacity * sizeof *energy);
    self->energy = energy != NULL ? energy : self->energy;
    double *frequency = realloc(self->frequency, capacity * sizeof *frequency);
    self->frequency = frequency != NULL ? frequency : self->frequency;
    double(*line)[GF_STRENGTHS] = realloc(self->line, capacity * sizeof *line);
    self->line = line != NULL ? line : self->line;
    if (energy == NULL || frequency == NULL || line == NULL) {
        return gf_fail_memory(error, "the strengths of the currents");
    }
    self->capacity = capacity;
    return GF_OK;
}

static void add_line(gf_strengths *self, double mean, double frequency, double factor,
                     const double value[GF_STRENGTHS]) {
    self->energy[self->lines] = mean;
    self->frequency[self->lines] = frequency;
    for (int k = 0; k < GF_STRENGTHS; ++k) {
        self->line[self->lines][k] = factor * value[k];
    }
    ++self->lines;
}

gf_status gf_strengths_add(gf_strengths *self, size_t count, const double *energies,
                           double (*value)[GF_STRENGTHS], gf_error *error) {
    gf_status status = has_grid(self) ? GF_OK : reserve(self, count, error);
    for (size_t n = 1; n < count && status == GF_OK; ++n) {
        double mean = 0.5 * (energies[0] + energies[n]), frequency = energies[n] - energies[0];
        for (int k = 0; k < GF_STRENGTHS; ++k) { /* (m,n) with (n,m) */
            value[n][k] *= 2;
        }
        if (has_grid(self)) {
            add_to_grid(self, mean, frequency, value[n]);
        } else {
            add_line(self, mean, frequency <= self->grid.degenerate ? 0 : frequency, 1, value[n]);
        }
    }
    return status;
}

static gf_status merge_lines(gf_strengths *self, double factor, const gf_strengths *other,
                             gf_error *error) {
    gf_status status = reserve(self, other->lines, error);
    for (size_t l = 0; l < other->lines && status == GF_OK; ++l) {
        add_line(self, other->energy[l], other->frequency[l], factor, other->line[l]);
    }
    return status;
}

static void add_rows(gf_strengths *self, double factor, const gf_strengths *other) {
    size_t offset = (size_t)(other->first - self->first);
    for (size_t row = 0; row < other->rows; ++row) {
        const double *from = other->node[row * other->columns];
        double *to = self->node[(row + offset) * self->columns];
        for (size_t k = 0; k < GF_STRENGTHS * other->columns; ++k) {
            to[k] += factor * from[k];
        }
        for (size_t k = 0; k < GF_STRENGTHS; ++k) {
            self->drude[row + offset][k] += factor * other->drude[row][k];
        }
    }
}

gf_status gf_strengths_merge(gf_strengths *self, double factor, const gf_strengths *other,
                             gf_error *error) {
    if (!has_grid(self)) {
        return merge_lines(self, factor, other, error);
    }
    long first = self->rows == 0 || other->first < self->first ? other->first : self->first;
    long end = self->first + (long)self->rows, other_end = other->first + (long)other->rows;
    end = self->rows == 0 || other_end > end ? other_end : end;
    size_t columns = self->columns > other->columns ? self->columns : other->columns;
    if (first != self->first || (size_t)(end - first) != self->rows || columns != self->columns) {
        gf_strengths larger = {
            .grid = self->grid, .first = first, .rows = (size_t)(end - first), .columns = columns};
        larger.node = calloc(larger.rows * columns, sizeof *larger.node);
        larger.drude = calloc(larger.rows, sizeof *larger.drude);
        if (larger.node == NULL || larger.drude == NULL) {
            gf_strengths_free(&larger);
            return gf_fail_memory(error, "the strengths of the currents");
        }
        add_rows(&larger, 1, self);
        gf_strengths_free(self);
        *self = larger;
    }
    add_rows(self, factor, other);
    return GF_OK;
}

void gf_strengths_carry(gf_strengths *self, gf_bytes *bytes) {
    gf_bytes_carry(bytes, &self->grid, sizeof self->grid);
    gf_bytes_carry(bytes, &self->first, sizeof self->first);
    gf_bytes_carry(bytes, &self->rows, sizeof self->rows);
    gf_bytes_carry(bytes, &self->columns, sizeof self->columns);
    gf_bytes_carry(bytes, &self->lines, sizeof self->lines);
    size_t nodes = self->rows * self->columns;
    self->node = gf_bytes_carry_array(bytes, self->node, nodes * sizeof *self->node);
    self->drude = gf_bytes_carry_array(bytes, self->drude, self->rows * sizeof *self->drude);
    self->energy = gf_bytes_carry_array(bytes, self->energy, self->lines * sizeof *self->energy);
    self->frequency =
        gf_bytes_carry_array(bytes, self->frequency, self->lines * sizeof *self->frequency);
    self->line = gf_bytes_carry_array(bytes, self->line, self->lines * sizeof *self->line);
    self->capacity = bytes->reads ? self->lines : self->capacity;
}

/* --- weighing -------------------------------------------------------------------------------- */

size_t gf_strengths_most(const gf_strengths *self) {
    return has_grid(self) ? self->columns : self->lines;
}

/* exp(exponent) sinh(x)/x, or cosh(x): what is large and small is multiplied in the exponent. */
static double kubo_weight(gf_kubo form, double exponent, double x) {
    if (form == GF_SYMMETRISED) {
        return 0.5 * (exp(exponent + x) + exp(exponent - x));
    }
    return fabs(x) < 1e-4 ? exp(exponent) * (1 + x * x / 6)
                          : (exp(exponent + x) - exp(exponent - x)) / (2 * x);
}

static size_t weigh_lines(const gf_strengths *self, gf_kubo form, double lambda2, double reference,
                          double *frequency, double (*weight)[GF_STRENGTHS],
                          double drude[GF_STRENGTHS]) {
    size_t count = 0;
    for (size_t l = 0; l < self->lines; ++l) {
        double share = kubo_weight(form, -lambda2 * (self->energy[l] - reference),
                                   0.5 * lambda2 * self->frequency[l]);
        bool lasts = self->frequency[l] == 0;
        for (int k = 0; k < GF_STRENGTHS; ++k) {
            double value = share * self->line[l][k];
            drude[k] += lasts ? value : 0;
            weight[count][k] = value;
        }
        frequency[count] = self->frequency[l];
        count += lasts ? 0 : 1;
    }
    return count;
}

/* The node in front of frequency 0 belongs to the one behind: everything is even in the frequency
 * but the imaginary part, which is odd. */
static void fold(double (*weight)[GF_STRENGTHS]) {
    for (int k = 0; k < GF_STRENGTHS; ++k) {
        weight[2][k] += (k == GF_J12_IMAGINARY ? -1 : 1) * weight[0][k];
        weight[0][k] = 0;
    }
}

static size_t weigh_grid(const gf_strengths *self, gf_kubo form, double lambda2, double reference,
                         double *frequency, double (*weight)[GF_STRENGTHS],
                         double drude[GF_STRENGTHS]) {
    size_t width = GF_STRENGTHS * self->columns;
    double *sum = weight[0];
    for (size_t k = 0; k < width; ++k) {
        sum[k] = 0;
    }
    for (size_t row = 0; row < self->rows; ++row) {
        double energy = (double)(self->first + (long)row) * self->grid.energy;
        double share = exp(-lambda2 * (energy - reference));
        const double *node = self->node[row * self->columns];
        for (size_t k = 0; k < width; ++k) {
            sum[k] += share * node[k];
        }
        for (size_t k = 0; k < GF_STRENGTHS; ++k) {
            drude[k] += share * self->drude[row][k];
        }
    }
    fold(weight);
    for (size_t c = 0; c < self->columns; ++c) {
        frequency[c] = ((double)c - 1) * self->grid.frequency;
        double share = kubo_weight(form, 0, 0.5 * lambda2 * frequency[c]);
        for (size_t k = 0; k < GF_STRENGTHS; ++k) {
            weight[c][k] *= share;
        }
    }
    return self->columns;
}

size_t gf_strengths_weigh(const gf_strengths *self, gf_kubo form, double lambda2, double reference,
                          double *frequency, double (*weight)[GF_STRENGTHS],
                          double drude[GF_STRENGTHS]) {
    for (int k = 0; k < GF_STRENGTHS; ++k) {
        drude[k] = 0;
    }
    if (has_grid(self)) {
        return self->rows == 0
                   ? 0
                   : weigh_grid(self, form, lambda2, reference, frequency, weight, drude);
    }
    return weigh_lines(self, form, lambda2, reference, frequency, weight, drude);
}
