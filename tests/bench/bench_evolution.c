/* exp(-i t H)|psi> in the largest magnetisation sector, from a Neel state.
 *
 *   bench_evolution MODEL SITES [time] [accuracy]
 *
 * Times one evolution of 1, 2 and 4 vectors side by side, all threads: of real ones, if H is real,
 * and of the same as complex ones. Says how accurate it is: the distance from an evolution of
 * complex vectors in eight steps to 1e-13. */
#include "base/machine.h"
#include "krylov/time_evolution.h"
#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STEPS = 8 };

static double processor_time(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void stop(const gf_error *error) {
    (void)fprintf(stderr, "%s\n", error->message);
    exit(EXIT_FAILURE);
}

static double *allocate(size_t cells) {
    double *v = calloc(cells, sizeof *v);
    if (v == NULL) {
        (void)fprintf(stderr, "out of memory\n");
        exit(EXIT_FAILURE);
    }
    return v;
}

/* The distance of the first column from what many short steps give. */
static double find_distance(gf_time_evolution evolution, double time, const double *start,
                            size_t width, const double *result, size_t stride) {
    gf_columns columns = {.width = 2, .is_complex = true};
    size_t size = evolution.basis->size;
    double *from = allocate(2 * size), *to = allocate(2 * size), sum = 0;
    evolution.accuracy = 1e-13;
    for (size_t i = 0; i < size; ++i) {
        from[2 * i] = start[i * width];
    }
    for (int k = 0; k < STEPS; ++k) {
        gf_error error;
        const double step = time / STEPS;
        if (gf_time_evolution_run(&evolution, columns, 1, &step, from, &to, NULL, &error) !=
            GF_OK) {
            stop(&error);
        }
        double *other = from;
        from = to;
        to = other;
    }
    for (size_t i = 0; i < size; ++i) {
        double re = from[2 * i] - result[i * stride];
        double im = from[2 * i + 1] - result[i * stride + stride / 2];
        sum += re * re + im * im;
    }
    free(from);
    free(to);
    return sqrt(sum);
}

static void measure(const gf_time_evolution *evolution, double time, int vectors, bool is_complex) {
    gf_columns columns = {.width = (is_complex ? 2 : 1) * vectors, .is_complex = is_complex};
    size_t width = (size_t)columns.width, size = evolution->basis->size, applications = 0;
    size_t stride = 2 * (size_t)vectors;
    double *start = allocate(size * width), *result = allocate(size * stride);
    uint32_t neel = 0x55555555U & (uint32_t)((1ULL << evolution->basis->sites) - 1);
    for (int v = 0; v < vectors; ++v) {
        start[gf_basis_rank(evolution->basis, neel) * width + (size_t)v] = 1;
    }
    gf_error error;
    double begun = gf_machine_clock(), used = processor_time();
    if (gf_time_evolution_run(evolution, columns, 1, &time, start, &result, &applications,
                              &error) != GF_OK) {
        stop(&error);
    }
    double seconds = gf_machine_clock() - begun, processor = processor_time() - used;
    double distance = find_distance(*evolution, time, start, width, result, stride);
    (void)printf("%7d %8s %12zu %10.3f %12.3f %12.2e\n", vectors, is_complex ? "complex" : "real",
                 applications, seconds, processor, distance);
    free(start);
    free(result);
}

int main(int argc, char **argv) {
    gf_settings settings = {.sites = argc > 2 ? atoi(argv[2]) : 0};
    double time = argc > 3 ? atof(argv[3]) : 8, accuracy = argc > 4 ? atof(argv[4]) : 1e-8;
    gf_model *model = NULL;
    gf_error error;
    gf_action *action = NULL;
    gf_basis basis;
    if (argc < 3 || gf_model_read(argv[1], &settings, &model, &error) != GF_OK) {
        (void)fprintf(stderr, "%s\n",
                      argc < 3 ? "usage: bench_evolution MODEL SITES [time] [accuracy]"
                               : error.message);
        return EXIT_FAILURE;
    }
    int sites = model->chain.sites;
    gf_time_evolution evolution = {.basis = &basis, .accuracy = accuracy};
    if (gf_action_create(&model->hamiltonian, sites, &action, &error) != GF_OK ||
        gf_basis_init(&basis, sites, sites / 2, &error) != GF_OK) {
        stop(&error);
    }
    evolution.hamiltonian = action;
    double begun = gf_machine_clock();
    if (gf_energy_range_find(action, &basis, !gf_operator_is_real(&model->hamiltonian),
                             &evolution.range, &error) != GF_OK) {
        stop(&error);
    }
    (void)printf(
        "%s, %d sites, %zu states, t = %g, accuracy %g, %d threads; energies %.4g ... "
        "%.4g found in %.3f s\n",
        model->name, sites, basis.size, time, accuracy, gf_machine_threads(),
        evolution.range.lowest, evolution.range.highest, gf_machine_clock() - begun);
    (void)printf("%7s %8s %12s %10s %12s %12s\n", "vectors", "start", "applications", "s",
                 "processor s", "distance");
    for (int vectors = 1; vectors <= GF_MAX_COLUMNS / 2; vectors *= 2) {
        if (gf_action_is_real(action)) {
            measure(&evolution, time, vectors, false);
        }
        measure(&evolution, time, vectors, true);
    }
    gf_action_free(action);
    gf_basis_free(&basis);
    gf_model_free(model);
    return EXIT_SUCCESS;
}
