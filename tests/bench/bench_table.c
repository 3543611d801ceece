/* The cost of a whole force table against bare LAPACK.
 *
 *   bench_table MODEL [repetitions]
 *
 * Times, in turn and on all threads, (a) LAPACKE_dsyevd with vectors of random symmetric matrices
 * of the sizes of the model's magnetisation sectors, one after another, BLAS threaded, and (b) the
 * whole table: parsing, deriving the operators, diagonalising, both grids, and the HDF5 file.
 * Prints the times and the ratio of each pair, and the medians. Both run on the same OpenBLAS
 * kernel. */
#include "base/machine.h"
#include "gibbsflow/fitted_grid.h"
#include "gibbsflow/force_table.h"
#include "hilbert/basis.h"
#include "spectrum/spectrum.h"

#include <lapacke.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static double uniform(void) {
    return (double)random() / 2147483648.0 - 0.5;
}

static double *random_symmetric(size_t n) {
    double *a = malloc(n * n * sizeof *a);
    for (size_t j = 0; j < n && a != NULL; ++j) {
        for (size_t i = j; i < n; ++i) {
            a[j * n + i] = a[i * n + j] = uniform();
        }
    }
    return a;
}

static double time_lapack(int sites) {
    double seconds = 0;
    for (int up = 0; up <= sites; ++up) {
        size_t n = gf_basis_dimension(sites, up);
        double *a = random_symmetric(n), *w = malloc(n * sizeof *w);
        double start = gf_machine_clock();
        if (a == NULL || w == NULL ||
            LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'L', (lapack_int)n, a, (lapack_int)n, w) != 0) {
            (void)fprintf(stderr, "dsyevd failed\n");
            exit(EXIT_FAILURE);
        }
        seconds += gf_machine_clock() - start;
        free(a);
        free(w);
    }
    return seconds;
}

static gf_status make_table(const char *path, const char *output, gf_error *error) {
    gf_model *model = NULL;
    gf_spectrum *spectrum = NULL;
    gf_region region = {0};
    gf_force_table table = {0};
    gf_fitted_grid *fitted = NULL;
    gf_file *file = NULL;
    gf_status status = gf_model_read(path, NULL, &model, error);
    if (status == GF_OK) {
        status = gf_spectrum_compute(model, NULL, &spectrum, error);
    }
    if (status == GF_OK) {
        status = gf_region_init(&region, spectrum, error);
    }
    if (status == GF_OK) {
        status = gf_force_table_compute(model, spectrum, &region, NULL, &table, error);
    }
    if (status == GF_OK) {
        status = gf_fitted_grid_compute(model, spectrum, &region, NULL, &fitted, error);
    }
    if (status == GF_OK) {
        status = gf_file_create(output, &file, error);
    }
    if (status == GF_OK) {
        gf_spectrum_write(spectrum, model, file);
        gf_force_table_write(&table, &region, file);
        gf_fitted_grid_write(fitted, file);
        status = gf_file_commit(&file, error);
    }
    gf_fitted_grid_free(fitted);
    gf_force_table_free(&table);
    gf_region_free(&region);
    gf_spectrum_free(spectrum);
    gf_model_free(model);
    return status;
}

static double time_table(const char *path) {
    gf_error error = {.message = ""};
    char output[] = "bench_table.h5";
    double start = gf_machine_clock();
    if (make_table(path, output, &error) != GF_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
        exit(EXIT_FAILURE);
    }
    double seconds = gf_machine_clock() - start;
    (void)unlink(output);
    return seconds;
}

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, size_t count) {
    qsort(values, count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

int main(int argc, char **argv) {
    enum { MAX_RUNS = 100 };
    int wanted = argc > 2 ? atoi(argv[2]) : 9;
    size_t runs = wanted > 0 && wanted <= MAX_RUNS ? (size_t)wanted : 9;
    double lapack[MAX_RUNS], table[MAX_RUNS], ratio[MAX_RUNS];
    gf_model *model = NULL;
    gf_error error;
    if (argc < 2 || gf_model_read(argv[1], NULL, &model, &error) != GF_OK) {
        (void)fprintf(stderr, "%s\n", argc < 2 ? "usage: bench_table MODEL [runs]" : error.message);
        return EXIT_FAILURE;
    }
    (void)printf("%s, %d sites, %d threads, OpenBLAS kernel %s\n", model->name, model->chain.sites,
                 gf_machine_threads(), gf_machine_blas_kernel());
    (void)gf_machine_set_blas_threads(gf_machine_threads());
    (void)time_lapack(model->chain.sites); /* warm up */
    (void)time_table(argv[1]);
    (void)printf("%12s %12s %8s\n", "dsyevd / s", "table / s", "ratio");
    for (size_t k = 0; k < runs; ++k) {
        lapack[k] = time_lapack(model->chain.sites);
        table[k] = time_table(argv[1]);
        ratio[k] = table[k] / lapack[k];
        (void)printf("%12.3f %12.3f %8.3f\n", lapack[k], table[k], ratio[k]);
    }
    (void)printf("median %5.3f %12.3f %8.3f\n", median(lapack, runs), median(table, runs),
                 median(ratio, runs));
    gf_model_free(model);
    return EXIT_SUCCESS;
}
