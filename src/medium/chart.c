#include "medium/chart.h"

#include "io/charge_units.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 64 };

static double chord(const gf_chart *self, double m) {
    return ((1 - m) * self->ends[0] + (1 + m) * self->ends[1]) / 2;
}

void gf_chart_border(const gf_chart *self, double m, double range[2]) {
    double open = 1 - m * m, middle = chord(self, m);
    range[0] = middle + open * gf_chart_polynomial(self->low, m);
    range[1] = middle + open * gf_chart_polynomial(self->high, m);
}

static double derivative(const double coefficient[GF_CHART_TERMS], double m) {
    double sum = 0;
    for (int k = GF_CHART_TERMS - 1; k > 0; --k) {
        sum = sum * m + k * coefficient[k];
    }
    return sum;
}

void gf_chart_border_slope(const gf_chart *self, double m, double slope[2]) {
    const double *side[2] = {self->low, self->high};
    for (int k = 0; k < 2; ++k) {
        slope[k] = (self->ends[1] - self->ends[0]) / 2 - 2 * m * gf_chart_polynomial(side[k], m) +
                   (1 - m * m) * derivative(side[k], m);
    }
}

double gf_chart_energy(const gf_chart *self, double m, double height) {
    double range[2], u = (1 + height * sqrt(2 - height * height)) / 2;
    gf_chart_border(self, m, range);
    return range[0] * (1 - u) + range[1] * u;
}

gf_chart_point gf_chart_locate(const gf_chart *self, double m, double e) {
    double low = gf_chart_polynomial(self->low, m), high = gf_chart_polynomial(self->high, m);
    double open = 1 - m * m, width = high - low;
    double eta = open > 0 ? (e - chord(self, m)) / open : low;
    double u = (eta - low) / width;
    if (!(u > 0 && u < 1)) {
        return (gf_chart_point){.height = u >= 1 ? 1 : -1};
    }
    double steep = (1 / sqrt(u) + 1 / sqrt(1 - u)) / 2;                       /* dt/du */
    double tilt = (2 * m * eta - (self->ends[1] - self->ends[0]) / 2) / open; /* d eta/dm */
    double low_slope = derivative(self->low, m), high_slope = derivative(self->high, m);
    double drift = (tilt - low_slope - u * (high_slope - low_slope)) / width; /* du/dm */
    return (gf_chart_point){.height = sqrt(u) - sqrt(1 - u),
                            .slope = {steep * drift, steep / (open * width)}};
}

void gf_chart_write(const gf_chart *self, const char *group, gf_file *file) {
    char path[PATH];
    double border[2][GF_CHART_TERMS];
    memcpy(border[0], self->low, sizeof self->low);
    memcpy(border[1], self->high, sizeof self->high);
    (void)snprintf(path, sizeof path, "%s/corner_energy", group);
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = path,
                                      .units = GF_UNITS_ENERGY_DENSITY,
                                      .description = "e(-1), e(1): energy at m = -1 and m = 1",
                                      .rank = 1,
                                      .shape = {2},
                                      .axes = {"corner"}},
                        self->ends);
    (void)snprintf(path, sizeof path, "%s/border", group);
    gf_file_put_doubles(
        file,
        &(gf_dataset){.path = path,
                      .units = GF_UNITS_ENERGY_DENSITY,
                      .description =
                          "lowest and highest (e - [(1-m) e(-1) + (1+m) e(1)]/2)/(1-m^2): "
                          "coefficients of m^0, m^1, ...",
                      .rank = 2,
                      .shape = {2, GF_CHART_TERMS},
                      .axes = {"side", "power"}},
        &border[0][0]);
}

/* A chart that would turn the plane over, or that a damaged file holds. */
static bool is_sound(const gf_chart *self) {
    for (int k = 0; k <= 100; ++k) {
        double m = -1 + k / 50.0;
        double width = gf_chart_polynomial(self->high, m) - gf_chart_polynomial(self->low, m);
        if (!(width > 0 && isfinite(width) && isfinite(chord(self, m)))) {
            return false;
        }
    }
    return true;
}

void gf_chart_read(gf_file *file, const char *group, gf_chart *self) {
    char path[PATH];
    size_t shape[2] = {2, GF_CHART_TERMS}, count = 2;
    *self = (gf_chart){0};
    (void)snprintf(path, sizeof path, "%s/corner_energy", group);
    double *ends = gf_file_get_doubles(file, path, 1, &count);
    (void)snprintf(path, sizeof path, "%s/border", group);
    double *border = gf_file_get_doubles(file, path, 2, shape);
    if (ends != NULL && border != NULL) {
        memcpy(self->ends, ends, sizeof self->ends);
        memcpy(self->low, border, sizeof self->low);
        memcpy(self->high, border + GF_CHART_TERMS, sizeof self->high);
    }
    if (!is_sound(self)) {
        gf_file_reject(file, "%s does not describe a region of densities; make the table again",
                       path);
    }
    free(ends);
    free(border);
}
