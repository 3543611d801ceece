/* The Liouvillian of the infinite chain as a sparse matrix, on strings up to a length and a weight.
 *
 * Coordinates belong to Hermitian operators: of the strings s and their conjugates s', (s +
 * s')/sqrt 2
 * ("real": symmetric where H is real) and i(s - s')/sqrt 2 ("imaginary"); with a reflection
 * symmetry of H, the even or odd sums of each with its mirror image. They are orthonormal, and d/dt
 * O = i[H, O] is a real antisymmetric matrix S,
 *
 *     dx/dt = S x.
 *
 * Coordinates are sorted by length: leaving out those beyond a length leaves out the end. */
#ifndef GIBBSFLOW_TRANSPORT_LIOUVILLIAN_H
#define GIBBSFLOW_TRANSPORT_LIOUVILLIAN_H

#include "gibbsflow/charge.h"
#include "transport/strings.h"

enum {
    GF_LIOUVILLIAN_LONGEST = 16,
    GF_LIOUVILLIAN_COLUMNS = 10,
    GF_LIOUVILLIAN_SHARED = 8192, /* coordinates, for threads to share the work on vectors */
    GF_LIOUVILLIAN_AHEAD = 32     /* zeros behind the columns, for those who look ahead */
};

typedef struct gf_liouvillian {
    int longest, weight,
        cell;   /* sites of the longest strings; of them with another letter than 1 */
    int parity; /* of all coordinates under reflection: +-1, or 0: both */
    bool real;  /* H is real: S joins real to imaginary coordinates alone */
    size_t size;
    size_t upto[GF_LIOUVILLIAN_LONGEST + 1]; /* coordinates of strings up to this length */
    unsigned char *length;                   /* [size] */
    bool *imaginary;                         /* [size] */
    size_t *row;                             /* [size + 1]: of row i, row[i] ... row[i + 1] - 1: */
    uint32_t *column;                        /* ascending */
    double *value;
    double largest;                     /* of the values, in size */
    struct gf_coordinates *coordinates; /* of strings */
} gf_liouvillian;

/* +-1 if the operator, on cells of one site, is even or odd under reflection; else 0. */
int gf_strings_parity(const gf_strings *self);
/* True if it is a real (imaginary) matrix in the Z basis. */
bool gf_strings_are_real(const gf_strings *self);

/* Bytes that it will take, from a sample of its rows, and about how many coordinates it has. */
gf_status gf_liouvillian_memory(const gf_commutator *commutator, int longest, int weight,
                                int parity, double *bytes, double *size, gf_error *error);

/* `longest` at most GF_LIOUVILLIAN_LONGEST, `weight` at most `longest`, which leaves out no string
 * of this length; `parity`: of the operators it is for, 0 where these or H have none. The caller
 * frees the result; after a failure it is NULL. */
gf_status gf_liouvillian_create(const gf_commutator *commutator, int longest, int weight,
                                int parity, gf_liouvillian **result, gf_error *error);
void gf_liouvillian_free(gf_liouvillian *self);

/* The coordinates x[size] of a Hermitian operator. False if it has strings that are left out, or of
 * the other parity. */
bool gf_liouvillian_coordinates(const gf_liouvillian *self, const gf_strings *operator, double * x);

/* out = S in on the first `size` coordinates, of 2, 4 ... GF_LIOUVILLIAN_COLUMNS columns side by
 * side; by all threads. */
void gf_liouvillian_apply(const gf_liouvillian *self, size_t size, size_t columns, const double *in,
                          double *out);
/* The rows first ... end - 1 of that alone, out[end - first][columns], by the calling thread. */
void gf_liouvillian_apply_rows(const gf_liouvillian *self, size_t size, size_t first, size_t end,
                               size_t columns, const double *in, double *out);

#endif
