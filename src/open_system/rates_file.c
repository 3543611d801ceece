#include "open_system/rates.h"

#include "io/charge_units.h"

#include <stdlib.h>

static const char sector[] = "/rates/sector", level[] = "level", reference[] = "/rates/reference";
static const char m_axis[] = "/rates/distribution/magnetization",
                  order_axis[] = "/rates/expansion/order";

typedef struct column {
    const char *path, *units, *description;
} column;

static void put(gf_file *file, column what, int rank, const size_t *shape, const char *const *axes,
                const double *data) {
    gf_dataset dataset = {
        .path = what.path, .units = what.units, .description = what.description, .rank = rank};
    for (int k = 0; k < rank; ++k) {
        dataset.shape[k] = shape[k];
        dataset.axes[k] = axes[k];
    }
    gf_file_put_doubles(file, &dataset, data);
}

static void put_line(gf_file *file, column what, size_t count, const char *axis,
                     const double *data) {
    put(file, what, 1, &count, &axis, data);
}

/* A member of gf_rates_sector, as an array. */
static void put_sector_values(const gf_rates_sector *sectors, size_t count, gf_file *file,
                              column what, double (*value)(const gf_rates_sector *)) {
    double *values = calloc(count + 1, sizeof *values);
    if (values == NULL) {
        gf_file_reject(file, "out of memory for /rates");
        return;
    }
    for (size_t s = 0; s < count; ++s) {
        values[s] = value(&sectors[s]);
    }
    put_line(file, what, count, sector, values);
    free(values);
}

static double value_of_flip(const gf_rates_sector *self) {
    return self->flip;
}

static double least_of(const gf_rates_sector *self) {
    return self->least;
}

static double greatest_of(const gf_rates_sector *self) {
    return self->greatest;
}

static double states_of(const gf_rates_sector *self) {
    return self->states;
}

static double second_moment_of(const gf_rates_sector *self) {
    return self->second_moment;
}

static double energy_of(const gf_rates_sector *self) {
    return self->energy;
}

static double magnetization_of(const gf_rates_sector *self) {
    return self->magnetization;
}

static void put_sectors(const gf_rates *self, gf_file *file) {
    static const struct {
        column what;
        double (*value)(const gf_rates_sector *);
    } columns[] = {
        {{sector, "1", "F of the strong symmetry; 0: it is none"}, value_of_flip},
        {{"/rates/sector_least", "1", "smallest M that it holds"}, least_of},
        {{"/rates/sector_greatest", "1", "largest M that it holds"}, greatest_of},
        {{"/rates/sector_states", "1", "its dimension"}, states_of},
        {{"/rates/second_moment", "1", "<m^2>"}, second_moment_of},
        {{"/rates/energy", GF_UNITS_ENERGY_DENSITY, "<e>"}, energy_of},
        {{"/rates/magnetization", "1 per site", "<m>"}, magnetization_of},
    };
    for (size_t k = 0; k < sizeof columns / sizeof *columns; ++k) {
        put_sector_values(self->sector, self->sectors, file, columns[k].what, columns[k].value);
    }
}

static void put_levels(const gf_rates *self, gf_file *file) {
    double *flip = calloc(self->levels + 1, sizeof *flip);
    for (size_t n = 0; n < self->levels && flip != NULL; ++n) {
        flip[n] = self->level_flip[n];
    }
    put_line(file, (column){"/rates/level/energy", "{energy}", "of the whole chain"}, self->levels,
             level, self->energy);
    put_line(file,
             (column){"/rates/level/magnetization", "1",
                      self->folded ? "|M|: a level stands for both signs" : "M"},
             self->levels, level, self->magnetization);
    put_line(file, (column){"/rates/level/states", "1", "2: momenta k and -k"}, self->levels, level,
             self->states);
    if (flip != NULL) {
        put_line(file, (column){"/rates/level/flip", "1", "F of the states; 0: not told apart"},
                 self->levels, level, flip);
    }
    free(flip);
    put(file, (column){"/rates/population", "1", "of a level with all its states"}, 2,
        (size_t[]){self->sectors, self->levels}, (const char *[]){sector, level}, self->population);
}

static void put_distributions(const gf_rates *self, gf_file *file) {
    size_t rows = (size_t)self->sites + 1;
    double m[64], middle[GF_RATES_ENERGIES];
    for (size_t k = 0; k < rows; ++k) {
        m[k] = 2 * (double)k - self->sites;
    }
    for (int k = 0; k < GF_RATES_ENERGIES; ++k) {
        middle[k] = (self->edge[k] + self->edge[k + 1]) / 2;
    }
    put_line(file, (column){m_axis, "1", "M = sum Z"}, rows, m_axis, m);
    put_line(file,
             (column){"/rates/distribution/energy", GF_UNITS_ENERGY_DENSITY, "middle of a bin"},
             GF_RATES_ENERGIES, "/rates/distribution/energy", middle);
    put(file, (column){"/rates/distribution/probability", "1", "P(M)"}, 2,
        (size_t[]){self->sectors, rows}, (const char *[]){sector, m_axis}, self->probability);
    put(file, (column){"/rates/distribution/joint", "1", "of M and of a bin of energy"}, 3,
        (size_t[]){self->sectors, rows, GF_RATES_ENERGIES},
        (const char *[]){sector, m_axis, "/rates/distribution/energy"}, self->joint);
    put_line(file, (column){"/rates/smooth/probability", "1", "P(M) of the smooth reference"}, rows,
             m_axis, self->smooth.probability);
    put_line(file,
             (column){"/rates/block/probability", "1",
                      "of m within 1/N of M/N, Langevin block with coefficients of sharp charges"},
             rows, m_axis, self->block.probability);
    put_line(file,
             (column){"/rates/block/bare_probability", "1", "likewise with bare coefficients"},
             rows, m_axis, self->bare_block.probability);
}

typedef struct gap_paths {
    const char *rate, *frequency, *sector, *parity, *axis;
} gap_paths;

static void put_gaps(const gf_gap *gaps, size_t count, const gap_paths *path, gf_file *file) {
    static const char *const names[] = {
        [GF_PARITY_NONE] = "none", [GF_PARITY_EVEN] = "even", [GF_PARITY_ODD] = "odd"};
    double rate[GF_RATES_GAPS] = {0}, frequency[GF_RATES_GAPS] = {0}, flip[GF_RATES_GAPS] = {0};
    const char *parity[GF_RATES_GAPS];
    for (size_t k = 0; k < count; ++k) {
        rate[k] = gaps[k].rate;
        frequency[k] = gaps[k].frequency;
        flip[k] = gaps[k].flip;
        parity[k] = names[gaps[k].parity];
    }
    put_line(file, (column){path->rate, GF_UNITS_RATE, "slowest rates of decay, ascending"}, count,
             path->axis, rate);
    put_line(file, (column){path->frequency, GF_UNITS_RATE, "0: no oscillation"}, count, path->axis,
             frequency);
    put_line(file, (column){path->sector, "1", "F; 0: not of one value"}, count, path->axis, flip);
    gf_file_put_strings(file,
                        &(gf_dataset){.path = path->parity,
                                      .units = "1",
                                      .description = "under m -> -m; none: no symmetry of the bath",
                                      .rank = 1,
                                      .shape = {count},
                                      .axes = {path->axis}},
                        parity);
}

/* A member of gf_rates_sector, of all orders of all sectors. */
static void put_orders(const gf_rates *self, gf_file *file, column what,
                       double (*value)(const gf_rates_sector *)) {
    size_t count = GF_RATES_ORDERS * self->sectors;
    double *values = calloc(count + 1, sizeof *values);
    if (values == NULL) {
        gf_file_reject(file, "out of memory for /rates/expansion");
        return;
    }
    for (size_t i = 0; i < count; ++i) {
        values[i] = value(&self->coupled.expansion.sector[i]);
    }
    put(file, what, 2, (size_t[]){GF_RATES_ORDERS, self->sectors},
        (const char *[]){order_axis, sector}, values);
    free(values);
}

/* The stationary states in powers of the coupling. */
static void put_expansion(const gf_rates *self, gf_file *file) {
    const gf_rates_expansion *expansion = &self->coupled.expansion;
    const double order[GF_RATES_ORDERS] = {0, 1, 2};
    put_line(file, (column){order_axis, "1", "k: times epsilon^k"}, GF_RATES_ORDERS, order_axis,
             order);
    put_orders(self, file, (column){"/rates/expansion/second_moment", "1", "<m^2>"},
               second_moment_of);
    put_orders(self, file, (column){"/rates/expansion/energy", GF_UNITS_ENERGY_DENSITY, "<e>"},
               energy_of);
    put_orders(self, file, (column){"/rates/expansion/magnetization", "1 per site", "<m>"},
               magnetization_of);
    put(file, (column){"/rates/expansion/probability", "1", "P(M)"}, 3,
        (size_t[]){GF_RATES_ORDERS, self->sectors, (size_t)self->sites + 1},
        (const char *[]){order_axis, sector, m_axis}, expansion->probability);
    put_line(file,
             (column){"/rates/expansion/range", "1",
                      "epsilon up to which the orders describe 90 % of the shift of P(M) and <e>; "
                      "at most that of /rates/coupled; 0: none was found"},
             self->sectors, sector, expansion->range);
}

/* The whole Lindbladian at a finite coupling. */
static void put_coupled(const gf_rates *self, gf_file *file) {
    static const gap_paths paths = {"/rates/coupled/gap", "/rates/coupled/gap_frequency",
                                    "/rates/coupled/gap_sector", "/rates/coupled/gap_parity",
                                    "coupled gap"};
    const gf_rates_coupled *coupled = &self->coupled;
    size_t rows = (size_t)self->sites + 1;
    if (!(coupled->epsilon > 0)) {
        return;
    }
    put_sector_values(coupled->sector, self->sectors, file,
                      (column){"/rates/coupled/second_moment", "1", "<m^2>"}, second_moment_of);
    put_sector_values(coupled->sector, self->sectors, file,
                      (column){"/rates/coupled/energy", GF_UNITS_ENERGY_DENSITY, "<e>"}, energy_of);
    put_sector_values(coupled->sector, self->sectors, file,
                      (column){"/rates/coupled/magnetization", "1 per site", "<m>"},
                      magnetization_of);
    put(file, (column){"/rates/coupled/probability", "1", "P(M)"}, 2,
        (size_t[]){self->sectors, rows}, (const char *[]){sector, m_axis}, coupled->probability);
    put(file,
        (column){"/rates/coupled/force", GF_UNITS_FORCE,
                 "mean at each M of what jumps do to the charges"},
        2, (size_t[]){rows, GF_CHARGES}, (const char *[]){m_axis, "charge"},
        (const double *)coupled->force);
    put_gaps(coupled->gap, coupled->gaps, &paths, file);
    put_expansion(self, file);
    gf_file_put_number_attribute(file, "/rates/coupled", "epsilon", coupled->epsilon);
    gf_file_put_number_attribute(file, "/rates/coupled", "residual", coupled->residual);
}

static void put_forces(const gf_rates *self, gf_file *file) {
    static const column columns[] = {
        {"/rates/force/exact", GF_UNITS_FORCE, "mean over the stationary populations of each M"},
        {"/rates/force/smooth", GF_UNITS_FORCE, "likewise over the smooth ones"},
        {"/rates/force/gibbs", GF_UNITS_FORCE,
         "of the Gibbs state with m = M/N and the exact <e> at this M; NaN on the border"},
        {"/rates/force/bare_block", GF_UNITS_FORCE,
         "mean in a Langevin block, m within 1/N of M/N"},
        {"/rates/force/block", GF_UNITS_FORCE, "likewise with the coefficients of sharp charges"}};
    size_t rows = (size_t)self->sites + 1;
    for (int k = 0; k < GF_RATES_REFERENCES; ++k) {
        put(file, columns[k], 2, (size_t[]){rows, GF_CHARGES}, (const char *[]){m_axis, "charge"},
            (const double *)self->force[k]);
    }
    put_line(
        file,
        (column){
            "/rates/force/spread", "1",
            "of ln p_n about the best polynomial of degree 4 in E_n at each M, weighted with p_n"},
        rows, m_axis, self->spread);
}

static void put_references(const gf_rates *self, gf_file *file) {
    static const column columns[] = {
        {"/rates/trial/second_moment", "1", "<m^2>; gibbs: m^2 of the stable fixed points"},
        {"/rates/trial/energy", GF_UNITS_ENERGY_DENSITY, "<e>"},
        {"/rates/trial/even", GF_UNITS_RATE,
         "slowest rate, of even ones where parity is known; gibbs: of the return to a fixed point"},
        {"/rates/trial/odd", GF_UNITS_RATE, "slowest odd rate: of switching"}};
    double values[4][GF_RATES_REFERENCES];
    for (int k = 0; k < GF_RATES_REFERENCES; ++k) {
        const gf_rates_summary *one = gf_rates_reference(self, k);
        values[0][k] = one->second_moment;
        values[1][k] = one->energy;
        values[2][k] = one->even;
        values[3][k] = one->odd;
    }
    gf_file_put_strings(file,
                        &(gf_dataset){.path = reference,
                                      .units = "1",
                                      .rank = 1,
                                      .shape = {GF_RATES_REFERENCES},
                                      .axes = {"reference"}},
                        gf_rates_reference_names);
    for (int k = 0; k < 4; ++k) {
        put_line(file, columns[k], GF_RATES_REFERENCES, reference, values[k]);
    }
}

static void put_relaxation(const gf_rates *self, gf_file *file) {
    static const char axis[] = "/rates/relaxation/time";
    static const column columns[] = {{"/rates/relaxation/magnetization", "1 per site", "<m>"},
                                     {"/rates/relaxation/energy", GF_UNITS_ENERGY_DENSITY, "<e>"},
                                     {"/rates/relaxation/second_moment", "1", "<m^2>"}};
    put_line(file, (column){axis, "1/(epsilon {energy})", NULL}, self->times, axis, self->time);
    for (int k = 0; k < 3; ++k) {
        put_line(file, columns[k], self->times, axis, self->relaxing[k]);
    }
    put_line(file, (column){"/rates/relaxation/lambda", GF_UNITS_LAMBDA, "of the Gibbs state"},
             GF_CHARGES, "charge", self->lambda);
    put_line(file,
             (column){"/rates/relaxation/slope", GF_UNITS_FORCE, "at time 0: the force there"},
             GF_CHARGES, "charge", self->slope);
}

void gf_rates_write(const gf_rates *self, gf_file *file) {
    static const gap_paths gaps = {"/rates/gap", "/rates/gap_frequency", "/rates/gap_sector",
                                   "/rates/gap_parity", "gap"};
    put_sectors(self, file);
    put_levels(self, file);
    put_distributions(self, file);
    put_gaps(self->gap, self->gaps, &gaps, file);
    put_coupled(self, file);
    put_forces(self, file);
    put_references(self, file);
    if (self->times > 0) {
        put_relaxation(self, file);
    }
    gf_file_put_integer_attribute(file, "/rates", "sites", self->sites);
    gf_file_put_integer_attribute(file, "/rates", "folded", self->folded);
    gf_file_put_integer_attribute(file, "/rates", "coherences", (int64_t)self->coherences);
    gf_file_put_number_attribute(file, "/rates", "nearest_levels", self->nearest);
    gf_file_put_number_attribute(file, "/rates", "residual", self->residual);
    gf_file_put_number_attribute(file, "/rates", "block_error", self->block_error);
}
