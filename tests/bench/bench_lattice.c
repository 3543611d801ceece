/* Site-steps per second of the integrators, with both noises.
 *
 *   bench_lattice [cells [seconds]]
 *
 * Every thread carries on a realisation of its own. Prints, for one thread and for all, cells times
 * steps per second of wall time and per second of processor time of a thread; the two differ where
 * the machine is busy with other things. */
#include "base/machine.h"
#include "langevin/lattice/lattice.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double processor_clock(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void measure(const gf_integrator *integrator, size_t cells, double seconds, int threads) {
    const double parameter[] = {0.1, 0.875, 1, 1, 1};
    const gf_noise_strength noise = {.drive = 4, .thermal = 1, .renormalised = true};
    double sites = 0, wall = gf_machine_clock(), processor = processor_clock();
#pragma omp parallel num_threads(threads) reduction(+ : sites)
    {
        gf_dynamics dynamics = {.equation = &gf_equation_order_parameter, .spacing = 0.25};
        gf_lattice_plan plan = {.integrator = integrator,
                                .cells = cells,
                                .boundary = GF_PERIODIC,
                                .step = 0.01,
                                .random = {1, (uint32_t)omp_get_thread_num()}};
        gf_lattice *lattice = NULL;
        if (dynamics.equation->prepare(parameter, &noise, &dynamics, NULL) == GF_OK) {
            plan.dynamics = dynamics;
            (void)gf_lattice_create(&plan, &lattice, NULL);
        }
        while (lattice != NULL && gf_machine_clock() - wall < seconds) {
            gf_lattice_advance(lattice, 50);
        }
        sites = lattice != NULL ? (double)gf_lattice_steps(lattice) * (double)cells : 0;
        gf_lattice_free(lattice);
    }
    wall = gf_machine_clock() - wall;
    processor = processor_clock() - processor;
    (void)printf("%-22s %d threads  %10.3g /s wall  %10.3g /s processor\n", integrator->name,
                 threads, sites / wall, sites / processor);
}

int main(int argc, char **argv) {
    static const gf_integrator *const integrators[] = {
        &gf_integrator_heun, &gf_integrator_leimkuhler_matthews, &gf_integrator_exponential};
    size_t cells = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 40000;
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 2;
    for (int i = 0; i < 3; ++i) {
        measure(integrators[i], cells, seconds, 1);
        measure(integrators[i], cells, seconds, gf_machine_threads());
    }
    return 0;
}
