#include "point_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REALS = 4, PATH = 64 };

/* The datasets of real numbers: where each lies in a gf_fixed_point, and its trailing shape. */
static const struct {
    const char *name, *units, *description;
    size_t offset;
    int charges; /* axes of length 2 at the end */
} reals[REALS] = {
    {"density", "1 per site, J per site", "m and e", offsetof(gf_fixed_point, density), 1},
    {"lambda", "1, 1/J", "Lagrange parameters; NaN at the border", offsetof(gf_fixed_point, lambda),
     1},
    {"noise", "epsilon q_i q_j a", "N_ij per epsilon", offsetof(gf_fixed_point, noise), 2},
    {"force_residual", "epsilon q_i", "|f| where the search ended",
     offsetof(gf_fixed_point, residual), 0},
};

static void make_path(char path[PATH], const char *group, const char *name) {
    (void)snprintf(path, PATH, "%s/%s", group, name);
}

static size_t count_points(int rank, const size_t *shape) {
    size_t count = 1;
    for (int k = 0; k < rank; ++k) {
        count *= shape[k];
    }
    return count;
}

/* The dataset `name` with the leading shape and `charges` axes of length 2. */
static gf_dataset describe(const char *path, int rank, const size_t *shape, const char *const *axes,
                           int charges) {
    gf_dataset dataset = {.path = path, .units = "1", .rank = rank + charges};
    for (int k = 0; k < dataset.rank; ++k) {
        dataset.shape[k] = k < rank ? shape[k] : 2;
        dataset.axes[k] = k < rank ? axes[k] : "charge";
    }
    return dataset;
}

static void write_reals(gf_file *file, const char *group, int rank, const size_t *shape,
                        const char *const *axes, const gf_fixed_point *points) {
    size_t count = count_points(rank, shape);
    double *values = calloc(4 * count + 1, sizeof *values);
    for (int i = 0; i < REALS && values != NULL; ++i) {
        char path[PATH];
        size_t width = (size_t)1 << reals[i].charges;
        make_path(path, group, reals[i].name);
        for (size_t k = 0; k < count; ++k) {
            memcpy(values + width * k, (const char *)&points[k] + reals[i].offset,
                   width * sizeof *values);
        }
        gf_dataset dataset = describe(path, rank, shape, axes, reals[i].charges);
        dataset.units = reals[i].units;
        dataset.description = reals[i].description;
        gf_file_put_doubles(file, &dataset, values);
    }
    if (values == NULL) {
        gf_file_reject(file, "out of memory for fixed points");
    }
    free(values);
}

void gf_point_table_write(gf_file *file, const char *group, int rank, const size_t *shape,
                          const char *const *axes, const gf_fixed_point *points) {
    size_t count = count_points(rank, shape);
    double complex *eigenvalues = calloc(2 * count + 1, sizeof *eigenvalues);
    const char **stability = calloc(count + 1, sizeof *stability);
    char path[PATH];
    write_reals(file, group, rank, shape, axes, points);
    if (eigenvalues == NULL || stability == NULL) {
        gf_file_reject(file, "out of memory for fixed points");
    } else {
        for (size_t k = 0; k < count; ++k) {
            memcpy(eigenvalues + 2 * k, points[k].eigenvalue, sizeof points[k].eigenvalue);
            stability[k] = gf_stability_name(points[k].stability);
        }
        make_path(path, group, "eigenvalues");
        gf_dataset dataset = describe(path, rank, shape, axes, 1);
        dataset.units = "epsilon J";
        dataset.description = "of df/dq, smaller real part first";
        gf_file_put_complex(file, &dataset, eigenvalues);
        make_path(path, group, "stability");
        dataset = describe(path, rank, shape, axes, 0);
        dataset.description =
            "stable, saddle, unstable, marginal, border (a dark state), or absent";
        gf_file_put_strings(file, &dataset, stability);
    }
    free(eigenvalues);
    free(stability);
}

/* --- reading --------------------------------------------------------------------------------- */

/* True if a dataset has the leading shape of the table, then axes of length 2. */
static bool fits(gf_file *file, const char *path, int rank, const size_t *shape, int charges,
                 const size_t *actual) {
    bool same = true;
    for (int k = 0; k < rank + charges; ++k) {
        same = same && actual[k] == (k < rank ? shape[k] : 2);
    }
    if (!same) {
        gf_file_reject(file, "the shape of %s does not fit its group", path);
    }
    return same && gf_file_check(file, NULL) == GF_OK;
}

static void read_reals(gf_file *file, const char *group, int rank, const size_t *shape,
                       gf_fixed_point *points) {
    size_t count = count_points(rank, shape);
    for (int i = 0; i < REALS; ++i) {
        char path[PATH];
        size_t actual[GF_FILE_MAX_RANK] = {0}, width = (size_t)1 << reals[i].charges;
        make_path(path, group, reals[i].name);
        double *values = gf_file_get_doubles(file, path, rank + reals[i].charges, actual);
        bool usable = fits(file, path, rank, shape, reals[i].charges, actual) && values != NULL;
        for (size_t k = 0; k < count && usable; ++k) {
            memcpy((char *)&points[k] + reals[i].offset, values + width * k,
                   width * sizeof *values);
        }
        free(values);
    }
}

static void read_eigenvalues(gf_file *file, const char *group, int rank, const size_t *shape,
                             gf_fixed_point *points) {
    char path[PATH];
    size_t actual[GF_FILE_MAX_RANK] = {0}, count = count_points(rank, shape);
    make_path(path, group, "eigenvalues");
    double complex *values = gf_file_get_complex(file, path, rank + 1, actual);
    bool usable = fits(file, path, rank, shape, 1, actual) && values != NULL;
    for (size_t k = 0; k < count && usable; ++k) {
        memcpy(points[k].eigenvalue, values + 2 * k, sizeof points[k].eigenvalue);
    }
    free(values);
}

static bool parse_stability(const char *name, gf_stability *stability) {
    for (int k = GF_STABLE; k <= GF_ABSENT; ++k) {
        if (strcmp(name, gf_stability_name((gf_stability)k)) == 0) {
            *stability = (gf_stability)k;
            return true;
        }
    }
    return false;
}

gf_fixed_point *gf_point_table_read(gf_file *file, const char *group, int rank, size_t *shape) {
    char path[PATH];
    size_t actual[GF_FILE_MAX_RANK] = {0};
    make_path(path, group, "stability");
    char **stability = gf_file_get_strings(file, path, rank, actual);
    memcpy(shape, actual, (size_t)rank * sizeof *shape);
    size_t count = count_points(rank, shape);
    gf_fixed_point *points = stability != NULL ? calloc(count + 1, sizeof *points) : NULL;
    for (size_t k = 0; k < count && points != NULL; ++k) {
        if (!parse_stability(stability[k], &points[k].stability)) {
            gf_file_reject(file, "%s has an unknown kind '%.40s'", path, stability[k]);
        }
    }
    if (points != NULL) {
        read_reals(file, group, rank, shape, points);
        read_eigenvalues(file, group, rank, shape, points);
    } else {
        gf_file_reject(file, "out of memory for fixed points");
    }
    free(stability);
    return points;
}
