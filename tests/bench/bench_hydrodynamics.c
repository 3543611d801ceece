/* Cell-steps per second of the two-field integrators, both noises, with the force table of a file.
 *
 *   bench_hydrodynamics TABLE.h5 [cells [seconds]]
 *
 * Prints, for one thread, cells times steps per second of processor time, and what the parts of a
 * step cost by themselves: asking the surface, drawing the Gaussians, and the rest (faces, cells,
 * square roots) as what is left. */
#include "langevin/lattice/lattice.h"
#include "medium/surface.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double processor_clock(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static size_t evaluate(const void *surface, size_t count, const double *m, const double *e,
                       float (*values)[GF_SURFACE_VALUES]) {
    return gf_surface_sample(surface, count, m, e, values);
}

static gf_dynamics make_dynamics(const gf_surface *surface, size_t filter) {
    gf_dynamics dynamics = {.equation = &gf_equation_hydrodynamics, .spacing = 8};
    gf_hydrodynamics *h = &dynamics.hydrodynamics;
    gf_hydrodynamics_locate(h, surface);
    h->medium = (gf_medium){evaluate, surface};
    h->epsilon = 0.005;
    h->transport[0][0] = h->transport[1][1] = 1;
    h->drive = h->thermal = 1;
    h->filter = filter;
    return dynamics;
}

/* A row with a wall in the middle, 200 steps on; its densities to rows[2][cells]. NULL if it cannot
 * be had. */
static gf_lattice *start(const gf_dynamics *dynamics, const gf_integrator *integrator, size_t cells,
                         double *rows) {
    const gf_lattice_plan plan = {.dynamics = *dynamics,
                                  .integrator = integrator,
                                  .cells = cells,
                                  .boundary = GF_PERIODIC,
                                  .step = 4,
                                  .random = {1, 0}};
    const gf_hydrodynamics *h = &dynamics->hydrodynamics;
    gf_lattice_state state = {.rows = rows};
    gf_lattice *lattice = NULL;
    if (rows == NULL || gf_lattice_create(&plan, &lattice, NULL) != GF_OK) {
        return NULL;
    }
    for (size_t i = 0; i < 2 * cells; ++i) {
        rows[i] = (i % cells < cells / 2 ? h->plus : h->minus)[i / cells];
    }
    gf_lattice_set(lattice, &state);
    gf_lattice_advance(lattice, 200);
    gf_lattice_get(lattice, &state);
    return lattice;
}

/* Nanoseconds of a cell and step. */
static double time_steps(const gf_dynamics *dynamics, const gf_integrator *integrator, size_t cells,
                         double seconds) {
    double *rows = malloc(2 * cells * sizeof *rows);
    gf_lattice *lattice = start(dynamics, integrator, cells, rows);
    double before = processor_clock(), elapsed = 0;
    uint64_t steps = 0;
    while (lattice != NULL && elapsed < seconds) {
        gf_lattice_advance(lattice, 20);
        steps += 20;
        elapsed = processor_clock() - before;
    }
    gf_lattice_free(lattice);
    free(rows);
    return 1e9 * elapsed / (double)steps / (double)cells;
}

/* Nanoseconds of a look-up of the surface, at the densities of a row. */
static double time_surface(const gf_dynamics *dynamics, size_t cells, double seconds) {
    float(*values)[GF_SURFACE_VALUES] = malloc(cells * sizeof *values);
    double *rows = malloc(2 * cells * sizeof *rows);
    gf_lattice *lattice = start(dynamics, &gf_integrator_euler_maruyama, cells, rows);
    double before = processor_clock(), elapsed = 0, made = 0;
    while (values != NULL && lattice != NULL && elapsed < seconds) {
        (void)gf_surface_sample(dynamics->hydrodynamics.medium.context, cells, rows, rows + cells,
                                values);
        made += (double)cells;
        elapsed = processor_clock() - before;
    }
    gf_lattice_free(lattice);
    free(values);
    free(rows);
    return 1e9 * elapsed / made;
}

/* Nanoseconds of a Gaussian. */
static double time_gaussians(double seconds) {
    const gf_random noise = {1, 0};
    float g[GF_RANDOM_BLOCK];
    double before = processor_clock(), elapsed = 0, made = 0;
    uint64_t step = 0;
    while (elapsed < seconds) {
        for (uint32_t k = 0; k < 50; ++k) {
            gf_random_normal(&noise, GF_RANDOM_STEP, step, k, g);
        }
        ++step;
        made += 50 * GF_RANDOM_BLOCK;
        elapsed = processor_clock() - before;
    }
    return 1e9 * elapsed / made;
}

int main(int argc, char **argv) {
    static const gf_integrator *const integrators[] = {&gf_integrator_euler_maruyama,
                                                       &gf_integrator_weak_trapezoidal};
    size_t cells = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 2500;
    double seconds = argc > 3 ? strtod(argv[3], NULL) : 1;
    gf_surface *surface;
    gf_error error;
    if (argc < 2 || gf_surface_read(argv[1], NULL, 32, &surface, &error) != GF_OK) {
        (void)fprintf(stderr, "bench_hydrodynamics TABLE.h5 [cells [seconds]]: %s\n",
                      argc < 2 ? "no table" : error.message);
        return EXIT_FAILURE;
    }
    for (size_t filter = 1; filter <= 4; filter *= 4) {
        gf_dynamics dynamics = make_dynamics(surface, filter);
        for (int i = 0; i < 2; ++i) {
            double all = time_steps(&dynamics, integrators[i], cells, seconds);
            double look = (1 + i) * time_surface(&dynamics, cells, seconds / 4);
            double draw = 4 * (1 + i) * time_gaussians(seconds / 4);
            (void)printf(
                "%-17s cutoff %zu dx  %8.3g cell-steps/s  %6.2f ns: surface %5.2f, "
                "Gaussians %5.2f, rest %5.2f\n",
                integrators[i]->name, filter, 1e9 / all, all, look, draw, all - look - draw);
        }
    }
    gf_surface_free(surface);
    return EXIT_SUCCESS;
}
