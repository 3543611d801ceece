/* What is sent from one process to another: values one after another, without names or types.
 *
 * One function serves both ways. What goes into the bytes on one side comes out of them on the
 * other, in the same order, so a result says once what it is made of:
 *
 *     gf_bytes_carry(bytes, &self->levels, sizeof self->levels);
 *     self->energy = gf_bytes_carry_array(bytes, self->energy, self->levels * sizeof(double));
 */
#ifndef GIBBSFLOW_BYTES_H
#define GIBBSFLOW_BYTES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct gf_bytes {
    char *data;
    size_t size, room; /* bytes written, and allocated */
    size_t at;         /* read so far */
    bool reads;        /* values come out; else they go in */
    bool failed;       /* out of memory, or of bytes: all later calls do nothing */
} gf_bytes;

/* The `size` bytes of a value, from or to `value`. */
void gf_bytes_carry(gf_bytes *self, void *value, size_t size);

/* An allocated array of `size` bytes, or NULL. Returns what is to stand in its place: the same
 * where it goes in; where it comes out a new one (NULL after a failure), the old one is freed. */
void *gf_bytes_carry_array(gf_bytes *self, void *array, size_t size);

/* The same for a matrix of gf_workspace_matrix(). */
void *gf_bytes_carry_matrix(gf_bytes *self, void *matrix, size_t rows, size_t columns, size_t size);

void gf_bytes_free(gf_bytes *self);

#endif
