#include "io/charge_axes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t product(const size_t *shape, int from, int to) {
    size_t count = 1;
    for (int k = from; k < to; ++k) {
        count *= shape[k];
    }
    return count;
}

/* Where run (o, i, k) of a full array [outer][charge][charge][inner] begins. */
static size_t full_at(size_t o, size_t i, size_t k, size_t inner) {
    return ((o * GF_CHARGES + i) * GF_CHARGES + k) * inner;
}

static double *unpack(const double *packed, size_t outer, size_t inner) {
    double *full = malloc((outer * GF_CHARGES * GF_CHARGES * inner + 1) * sizeof *full);
    for (size_t o = 0; o < outer && full != NULL; ++o) {
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            for (size_t k = 0; k < GF_CHARGES; ++k) {
                memcpy(full + full_at(o, i, k, inner),
                       packed + (o * GF_PAIRS + gf_pair(i, k)) * inner, inner * sizeof *full);
            }
        }
    }
    return full;
}

void gf_charge_axes_put(gf_file *file, const gf_dataset *dataset, int order, int at,
                        const double *data) {
    gf_dataset whole = *dataset;
    for (int k = dataset->rank; k-- > at;) {
        whole.shape[k + order] = dataset->shape[k];
        whole.axes[k + order] = dataset->axes[k];
    }
    for (int k = at; k < at + order; ++k) {
        whole.shape[k] = GF_CHARGES;
        whole.axes[k] = "charge";
    }
    whole.rank += order;
    if (order < 2) {
        gf_file_put_doubles(file, &whole, data);
        return;
    }
    double *full =
        unpack(data, product(dataset->shape, 0, at), product(dataset->shape, at, dataset->rank));
    if (full == NULL) {
        gf_file_reject(file, "out of memory for %s", dataset->path);
    } else {
        gf_file_put_doubles(file, &whole, full);
    }
    free(full);
}

static bool is_symmetric(const double *full, size_t outer, size_t inner) {
    for (size_t o = 0; o < outer; ++o) {
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            for (size_t k = 0; k < i * inner; ++k) {
                double a = full[full_at(o, i, k / inner, inner) + k % inner];
                double b = full[full_at(o, k / inner, i, inner) + k % inner];
                if (!(a == b || (isnan(a) && isnan(b)))) {
                    return false;
                }
            }
        }
    }
    return true;
}

/* In place: no run moves up. */
static void pack(double *values, size_t outer, size_t inner) {
    for (size_t o = 0; o < outer; ++o) {
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            for (size_t k = i; k < GF_CHARGES; ++k) {
                memmove(values + (o * GF_PAIRS + gf_pair(i, k)) * inner,
                        values + full_at(o, i, k, inner), inner * sizeof *values);
            }
        }
    }
}

double *gf_charge_axes_get(gf_file *file, const char *path, int rank, int order, int at,
                           size_t *shape) {
    size_t whole[GF_FILE_MAX_RANK] = {0};
    memcpy(whole, shape, (size_t)at * sizeof *shape);
    memcpy(whole + at + order, shape + at, (size_t)(rank - at) * sizeof *shape);
    for (int k = at; k < at + order; ++k) {
        whole[k] = GF_CHARGES;
    }
    double *values = gf_file_get_doubles(file, path, rank + order, whole);
    bool fits = values != NULL;
    memcpy(shape, whole, (size_t)at * sizeof *shape);
    memcpy(shape + at, whole + at + order, (size_t)(rank - at) * sizeof *shape);
    if (fits && order == 2) {
        size_t outer = product(shape, 0, at), inner = product(shape, at, rank);
        fits = is_symmetric(values, outer, inner);
        if (fits) {
            pack(values, outer, inner);
        } else {
            gf_file_reject(file, "%s is not symmetric in its charges", path);
        }
    }
    if (!fits) {
        free(values);
        values = NULL;
    }
    return values;
}
