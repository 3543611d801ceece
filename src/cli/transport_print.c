#include "cli/report.h"
#include "cli/transport.h"

#include "io/charge_units.h"
#include "transport/operator_space.h"
#include "transport/tail.h"

#include <math.h>

enum { MOST_PRINTED = 4, PRINTED_TIMES = 16 };

/* An element of a matrix that is as large as `like`, without the rounding of what is zero by
 * symmetry. */
static double shown(const double *matrix, size_t k, const double *like) {
    static const double ROUNDING = 1e-8;
    const size_t n = GF_CHARGES + 1; /* from one diagonal element to the next */
    double scale = sqrt(fabs(like[n * (k / GF_CHARGES)] * like[n * (k % GF_CHARGES)]));
    return fabs(matrix[k]) < ROUNDING * scale ? 0 : matrix[k];
}

static void print_matrix(cli_report *report, const char *key, const char *units, const char *format,
                         const double matrix[GF_TRANSPORT_MATRIX]) {
    cli_report_numbers(report, key, units, GF_TRANSPORT_MATRIX, matrix);
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        cli_report_text(report, format, shown(matrix, k, matrix));
    }
}

/* D, with its error in the last digits of each element. */
static void print_diffusion(cli_report *report, const gf_transport *self, size_t p) {
    cli_report_numbers(report, "onsager", GF_UNITS_ONSAGER, GF_TRANSPORT_MATRIX, self->limit[p]);
    cli_report_numbers(report, "onsager_error", GF_UNITS_ONSAGER, GF_TRANSPORT_MATRIX,
                       self->limit_error[p]);
    cli_report_numbers(report, "diffusion", GF_UNITS_DIFFUSION, GF_TRANSPORT_MATRIX,
                       self->diffusion[p]);
    cli_report_numbers(report, "diffusion_error", GF_UNITS_DIFFUSION, GF_TRANSPORT_MATRIX,
                       self->diffusion_error[p]);
    if (self->verdict[p] != GF_NOT_SETTLED) {
        cli_report_text(report, "#   D =");
        for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
            cli_report_text(report, " %.5g +- %.2g",
                            shown(self->diffusion[p], k, self->diffusion[p]),
                            shown(self->diffusion_error[p], k, self->diffusion[p]));
        }
        cli_report_text(report, "\n");
    }
}

/* What does not depend on how strong V is, as long as it is weak. */
static void print_scaled(cli_report *report, const gf_transport *self, size_t p) {
    double sigma[GF_TRANSPORT_MATRIX], diffusion[GF_TRANSPORT_MATRIX];
    double square = self->strength * self->strength;
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        sigma[k] = square * self->limit[p][k];
        diffusion[k] = square * self->diffusion[p][k];
    }
    cli_report_numbers(report, "scaled_onsager", NULL, GF_TRANSPORT_MATRIX, sigma);
    cli_report_numbers(report, "scaled_diffusion", NULL, GF_TRANSPORT_MATRIX, diffusion);
    if (self->verdict[p] == GF_LOWER_BOUND && isfinite(square)) {
        cli_report_text(
            report, "#   %s^2 sigma = %.5g %.5g %.5g %.5g; %s^2 D = %.5g %.5g %.5g %.5g\n",
            self->strength_name, sigma[0], sigma[1], sigma[2], sigma[3], self->strength_name,
            diffusion[0], diffusion[1], diffusion[2], diffusion[3]);
    }
}

/* The bound with M up to each time. */
static void print_bounds(cli_report *report, const gf_transport *self, size_t p) {
    size_t step = (self->times + PRINTED_TIMES - 1) / PRINTED_TIMES;
    cli_report_text(report, "#%9s %12s %12s %12s, the bounds with M up to t\n", "t", "sigma_11",
                    "sigma_12", "sigma_22");
    for (size_t t = step; t < self->times; t += step) {
        const double *sigma = self->onsager[p * self->times + t];
        cli_report_text(report, "%10.5g %12.5g %12.5g %12.5g%s\n", self->time[t],
                        shown(sigma, 0, sigma), shown(sigma, 1, sigma), shown(sigma, 3, sigma),
                        self->time[t] > self->reliable_time[p] ? "  > t*" : "");
    }
}

static void print_course(cli_report *report, const gf_transport *self, size_t p) {
    if (self->samples > 0) {
        const double *scatter = self->onsager_scatter[(p + 1) * self->times - 1];
        cli_report_text(report,
                        "#   statistical errors of sigma_11, _12, _22 at the end: %.2g %.2g %.2g\n",
                        scatter[0], scatter[1], scatter[3]);
    }
    size_t step = (self->times + PRINTED_TIMES - 1) / PRINTED_TIMES;
    cli_report_text(report, "#%9s %13s %13s %13s %13s %13s %13s\n", "t", "K_11", "K_12", "K_22",
                    "sigma_11", "sigma_12", "sigma_22");
    const double *first = self->correlation[p * self->times];
    const double *last = self->onsager[(p + 1) * self->times - 1];
    for (size_t t = 0; t < self->times; t += step) {
        const double *k = self->correlation[p * self->times + t];
        const double *sigma = self->onsager[p * self->times + t];
        cli_report_text(report, "%10.5g %13.8g %13.8g %13.8g %13.8g %13.8g %13.8g%s\n",
                        self->time[t], shown(k, 0, first), shown(k, 1, first), shown(k, 3, first),
                        shown(sigma, 0, last), shown(sigma, 1, last), shown(sigma, 3, last),
                        self->time[t] > self->reliable_time[p] ? "  > t*" : "");
    }
}

/* The choices of operator space, and sigma of each. */
static void print_choices(cli_report *report, const gf_transport *self, size_t p) {
    cli_report_text(report,
                    "#   choices:  L  l0   W   damping    sigma_11    sigma_12    sigma_22\n");
    cli_report_begin_list(report, "choices");
    for (size_t c = 0; c < self->choices; ++c) {
        const gf_transport_choice *choice = &self->choice[c];
        const double *sigma = self->choice_onsager[p * GF_TRANSPORT_CHOICES + c];
        if (isnan(sigma[0])) {
            continue; /* another state's */
        }
        cli_report_begin(report, NULL);
        cli_report_number(report, "longest", NULL, choice->longest, "#          %5.0f");
        cli_report_number(report, "free", NULL, choice->free, " %3.0f");
        cli_report_number(report, "weight", NULL, choice->weight, " %3.0f");
        cli_report_number(report, "damping", "{energy}", choice->damping, " %9.4f");
        cli_report_numbers(report, "onsager", GF_UNITS_ONSAGER, GF_TRANSPORT_MATRIX, sigma);
        cli_report_text(report, " %11.5g %11.5g %11.5g\n", shown(sigma, 0, sigma),
                        shown(sigma, 1, sigma), shown(sigma, 3, sigma));
        cli_report_end(report);
    }
    cli_report_end_list(report);
}

/* The ways to the tail of a ring, and sigma of each. */
static void print_ways(cli_report *report, const gf_transport *self, size_t p) {
    cli_report_number(report, "tail_time", "1/{energy}", self->tail_time[p], NULL);
    cli_report_text(report, "#   ways from t = %g on:    sigma_11    sigma_12    sigma_22\n",
                    self->tail_time[p]);
    cli_report_begin_list(report, "ways");
    for (size_t w = 0; w < self->ways; ++w) {
        const double *sigma = self->way_onsager[p * GF_TRANSPORT_WAYS + w];
        cli_report_begin(report, NULL);
        cli_report_string(report, "way", gf_tail_way(w), NULL);
        cli_report_numbers(report, "onsager", GF_UNITS_ONSAGER, GF_TRANSPORT_MATRIX, sigma);
        cli_report_text(report, "# %33.5g %11.5g %11.5g  %s\n", shown(sigma, 0, sigma),
                        shown(sigma, 1, sigma), shown(sigma, 3, sigma), gf_tail_way(w));
        cli_report_end(report);
    }
    cli_report_end_list(report);
}

static void print_state(cli_report *report, const gf_transport *self, size_t p) {
    const double *c = self->susceptibility[p];
    const double *first = self->correlation[p * self->times];
    double matrix[GF_TRANSPORT_MATRIX] = {c[0], c[1], c[1], c[2]};
    cli_report_begin(report, NULL);
    cli_report_number(report, "lambda1", "1", self->lambda[p][0], "%8.5g");
    cli_report_number(report, "lambda2", "1/{energy}", self->lambda[p][1], " %8.5g");
    cli_report_number(report, "magnetization", "1 per site", self->density[p][0], " %9.6f");
    cli_report_number(report, "energy", GF_UNITS_ENERGY_DENSITY, self->density[p][1], " %9.6f");
    cli_report_number(report, "reliable_time", "1/{energy}", self->reliable_time[p], " %7.4g");
    print_matrix(report, "reliable_onsager", GF_UNITS_ONSAGER, " %12.7g",
                 self->reliable_onsager[p]);
    cli_report_string(report, "verdict", gf_transport_verdict_name(self->verdict[p]), "  %s\n");
    if (self->reason[p][0] != '\0') {
        cli_report_string(report, "reason", self->reason[p], "#   %s\n");
    }
    cli_report_numbers(report, "susceptibility", GF_UNITS_SUSCEPTIBILITY, GF_TRANSPORT_MATRIX,
                       matrix);
    cli_report_numbers(report, "drude", GF_UNITS_CURRENT_CORRELATION, GF_TRANSPORT_MATRIX,
                       self->drude[p]);
    if (self->samples > 0) {
        cli_report_numbers(report, "onsager_scatter", GF_UNITS_ONSAGER, GF_TRANSPORT_MATRIX,
                           self->onsager_scatter[(p + 1) * self->times - 1]);
    }
    cli_report_numbers(report, "mean_current", GF_UNITS_CURRENT, GF_CHARGES, self->mean_current[p]);
    print_diffusion(report, self, p);
    if (self->has_modes) {
        print_scaled(report, self, p);
    }
    if (self->choices > 0) {
        print_choices(report, self, p);
    }
    if (self->ways > 0 && self->points <= MOST_PRINTED) {
        print_ways(report, self, p);
    }
    if (self->points <= MOST_PRINTED) {
        cli_report_text(report, "#   C = %.8g %.8g %.8g", c[0], shown(matrix, 1, matrix), c[2]);
        if (self->longest == 0) { /* of a finite chain alone */
            if (self->samples == 0 && !self->has_modes) {
                cli_report_text(report, "; Drude %.6g %.6g %.6g", shown(self->drude[p], 0, first),
                                shown(self->drude[p], 1, first), shown(self->drude[p], 3, first));
            }
            cli_report_text(report, "; <J>/N %.3g %.3g", self->mean_current[p][0],
                            self->mean_current[p][1]);
        }
        cli_report_text(report, "\n");
        (self->has_modes ? print_bounds : print_course)(report, self, p);
    }
    cli_report_end(report);
}

/* What the numbers are of. */
static void print_heading(cli_report *report, const gf_model *model, const gf_transport *self) {
    cli_report_string(report, "method", self->method, NULL);
    cli_report_number(report, "compared_sites", NULL, self->compared, NULL);
    cli_report_text(report, "# %s, ", gf_model_name(model));
    if (self->longest > 0) {
        cli_report_text(report, "infinite chain, operators of up to %d sites", self->longest);
    } else {
        cli_report_text(report, "N = %d", self->sites);
    }
    if (self->samples > 0) {
        cli_report_text(report, ", %zu random vectors in the largest sector", self->samples);
    }
    if (self->compared > 0) {
        cli_report_text(report, " beside N = %d", self->compared);
    }
    if (self->ways > 0) {
        cli_report_text(report, ", beyond t* operators of up to %d sites", self->tail_strings);
    }
    cli_report_text(report, ", %s; energies in units of %s\n",
                    self->form == GF_KUBO_MORI ? "Kubo and Mori's product" : "symmetrised product",
                    gf_model_energy_unit(model));
}

/* What a table is worth. */
static void print_table(cli_report *report, const transport_findings *self) {
    const gf_diffusion *table = &self->table;
    size_t count = table->axis[0].points * table->axis[1].points, known = 0, outside = 0;
    for (size_t k = 0; k < count; ++k) {
        known += self->origin[k] == GF_DIFFUSION_KNOWN;
        outside += self->origin[k] == GF_DIFFUSION_OUTSIDE;
    }
    cli_report_number(report, "largest_diffusion", GF_UNITS_DIFFUSION, table->largest, NULL);
    cli_report_text(report,
                    "# D on %zu x %zu nodes: known on %zu, continued to the border on %zu, outside "
                    "%zu; largest eigenvalue %.4g\n",
                    table->axis[0].points, table->axis[1].points, known, count - known - outside,
                    outside, table->largest);
}

gf_status cli_transport_print(const cli_options *options, const gf_model *model,
                              const transport_findings *found, gf_error *error) {
    const gf_transport *self = found->transport;
    cli_report report;
    size_t settled = 0;
    cli_report_open(&report, options);
    cli_report_chain(&report, model);
    print_heading(&report, model, self);
    cli_report_text(&report, "#%7s %8s %9s %9s %7s %12s %12s %12s %12s  %s\n", "lambda1", "lambda2",
                    "m", "e", "t*", "sigma_11", "sigma_12", "sigma_21", "sigma_22(t*)", "verdict");
    cli_report_begin_list(&report, "points");
    for (size_t p = 0; p < self->points; ++p) {
        print_state(&report, self, p);
        settled += self->verdict[p] != GF_NOT_SETTLED;
    }
    cli_report_end_list(&report);
    cli_report_text(&report, "# %zu of %zu states settled%s%s\n", settled, self->points,
                    self->longest > 0 || self->ways > 0 ? " or extrapolated" : "",
                    settled < self->points ? "; of the others sigma(t*) is a value at a finite time"
                                           : "");
    if (found->origin != NULL) {
        print_table(&report, found);
    }
    return cli_report_close(&report, GF_OK, error);
}
