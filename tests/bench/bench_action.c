/* H|psi> in the largest magnetisation sector.
 *
 *   bench_action MODEL SITES [repetitions]
 *
 * Times one product for 1, 2, 4 and 8 real vectors side by side (of a complex H as many columns are
 * half as many vectors), all threads, and a copy of arrays of the same length as a measure of what
 * memory can deliver. Prints the medians, the matrix elements per second, and what the memory would
 * allow if the vector were read once and the result written once. */
#include "base/machine.h"
#include "hilbert/action.h"
#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_RUNS = 100 };

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, size_t count) {
    qsort(values, count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* Seconds for out = in. */
static double time_copy(size_t cells, const double *in, double *out) {
    double start = gf_machine_clock();
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < cells; ++i) {
        out[i] = in[i];
    }
    return gf_machine_clock() - start;
}

static void measure(const gf_action *action, const gf_basis *basis, gf_columns columns,
                    size_t runs) {
    size_t cells = basis->size * (size_t)columns.width;
    double *in = malloc(cells * sizeof *in), *out = malloc(cells * sizeof *out);
    double apply[MAX_RUNS], copy[MAX_RUNS], elements = gf_action_elements(action, basis->up);
    if (in == NULL || out == NULL) {
        (void)fprintf(stderr, "out of memory\n");
        exit(EXIT_FAILURE);
    }
    (void)time_copy(cells, in, out); /* the first touch */
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < cells; ++i) {
        in[i] = (double)(i % 17) - 8;
    }
    for (size_t k = 0; k < runs; ++k) {
        double start = gf_machine_clock();
        gf_action_apply(action, basis, columns, in, out);
        apply[k] = gf_machine_clock() - start;
        copy[k] = time_copy(cells, in, out);
    }
    double vectors = columns.width / (columns.is_complex ? 2.0 : 1.0);
    double once = median(apply, runs), limit = median(copy, runs);
    (void)printf("%7g %14.4f %14.3g %12.3g %14.3g\n", vectors, once / vectors,
                 elements * vectors / once, 16e-9 * (double)cells / limit,
                 elements * vectors / limit);
    free(in);
    free(out);
}

int main(int argc, char **argv) {
    gf_settings settings = {.sites = argc > 2 ? atoi(argv[2]) : 0};
    int wanted = argc > 3 ? atoi(argv[3]) : 9;
    size_t runs = wanted > 0 && wanted <= MAX_RUNS ? (size_t)wanted : 9;
    gf_model *model = NULL;
    gf_error error;
    gf_action *action = NULL;
    gf_basis basis;
    if (argc < 3 || gf_model_read(argv[1], &settings, &model, &error) != GF_OK) {
        (void)fprintf(stderr, "%s\n",
                      argc < 3 ? "usage: bench_action MODEL SITES [runs]" : error.message);
        return EXIT_FAILURE;
    }
    int sites = model->chain.sites;
    if (gf_action_create(&model->hamiltonian, sites, &action, &error) != GF_OK ||
        gf_basis_init(&basis, sites, sites / 2, &error) != GF_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
        return EXIT_FAILURE;
    }
    bool is_complex = !gf_operator_is_real(&model->hamiltonian);
    (void)printf("%s, %d sites, %zu states, %.4g elements each, %d threads\n", model->name, sites,
                 basis.size, gf_action_elements(action, basis.up) / (double)basis.size,
                 gf_machine_threads());
    (void)printf("%7s %14s %14s %12s %14s\n", "vectors", "s per vector", "elements/s", "copy GB/s",
                 "elements/s then");
    for (int width = is_complex ? 2 : 1; width <= GF_MAX_COLUMNS; width *= 2) {
        measure(action, &basis, (gf_columns){width, is_complex}, runs);
    }
    gf_action_free(action);
    gf_basis_free(&basis);
    gf_model_free(model);
    return EXIT_SUCCESS;
}
