/* Arrays for BLAS and LAPACK, with slack behind their end.
 *
 * OpenBLAS reads past the ends of vectors. Versions before 0.3.24, as built by gcc 12, read one
 * element too many, at the vector's stride: zgemv (not transposed) of x, and zdot of both (OpenBLAS
 * issues 4013 and 5000). zhetrd passes rows of the matrix as x, so that the element lies one column
 * behind its end. zhemv (upper) and, on kernels without AVX, dsymv (lower) read up to 16 and 32
 * bytes past y, in 0.3.21. What is read is not used, but where it lies in an unmapped page the
 * process dies. The products of matrices and the solvers of linear systems stay within theirs.
 *
 * LAPACKE allocates arrays of its own, without slack, for matrices in rows, and for what LAPACK
 * needs beside its arguments unless the function's name ends in _work. So neither will do for
 * eigenvalues: see eigensystem.h. test_workspace shows that the slack is enough. */
#ifndef GIBBSFLOW_BASE_WORKSPACE_H
#define GIBBSFLOW_BASE_WORKSPACE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of `count` elements of `size` bytes, and of their slack: an element at `stride`, but at
 * least one of the widest vector registers. False if that is more than a size_t holds. */
static inline bool gf_workspace_bytes(size_t count, size_t stride, size_t size, size_t *bytes,
                                      size_t *slack) {
    enum { REGISTER = 64 };
    size_t total;
    if (__builtin_mul_overflow(count, size, bytes) || __builtin_mul_overflow(stride, size, slack)) {
        return false;
    }
    *slack = *slack < REGISTER ? REGISTER : *slack;
    return !__builtin_add_overflow(*bytes, *slack, &total);
}

/* An array of zeros, which BLAS gets parts of at strides of up to `stride` elements. NULL if memory
 * ran out. The caller frees it with gf_workspace_free. */
void *gf_workspace_alloc(size_t count, size_t stride, size_t size);
void gf_workspace_free(void *self);

/* The same for a matrix of `columns` columns, `rows` elements apart; column-major, or with the
 * names exchanged. */
static inline void *gf_workspace_matrix(size_t rows, size_t columns, size_t size) {
    size_t count;
    return __builtin_mul_overflow(rows, columns, &count) ? NULL
                                                         : gf_workspace_alloc(count, rows, size);
}

#endif
