#include "base/bytes.h"

#include "base/workspace.h"

#include <stdlib.h>
#include <string.h>

static bool make_room(gf_bytes *self, size_t size) {
    if (size > self->room - self->size) {
        size_t room = 2 * self->room + size;
        char *data = realloc(self->data, room);
        self->failed = data == NULL;
        self->data = data != NULL ? data : self->data;
        self->room = data != NULL ? room : self->room;
    }
    return !self->failed;
}

void gf_bytes_carry(gf_bytes *self, void *value, size_t size) {
    if (self->failed || size == 0) {
        return;
    }
    if (self->reads) {
        self->failed = size > self->size - self->at;
        if (!self->failed) {
            memcpy(value, self->data + self->at, size);
            self->at += size;
        }
    } else if (make_room(self, size)) {
        memcpy(self->data + self->size, value, size);
        self->size += size;
    }
}

void *gf_bytes_carry_array(gf_bytes *self, void *array, size_t size) {
    bool there = array != NULL;
    gf_bytes_carry(self, &there, sizeof there);
    if (self->reads) {
        free(array);
        self->failed = self->failed || (there && size > self->size - self->at);
        there = there && !self->failed;
        array = there ? malloc(size + 1) : NULL;
        self->failed = self->failed || (there && array == NULL);
    }
    if (array != NULL) {
        gf_bytes_carry(self, array, size);
    }
    return array;
}

void *gf_bytes_carry_matrix(gf_bytes *self, void *matrix, size_t rows, size_t columns,
                            size_t size) {
    bool there = matrix != NULL;
    gf_bytes_carry(self, &there, sizeof there);
    if (self->reads) {
        gf_workspace_free(matrix);
        there = there && !self->failed;
        matrix = there ? gf_workspace_matrix(rows, columns, size) : NULL;
        self->failed = self->failed || (there && matrix == NULL);
    }
    if (matrix != NULL) {
        gf_bytes_carry(self, matrix, rows * columns * size);
    }
    return matrix;
}

void gf_bytes_free(gf_bytes *self) {
    free(self->data);
    *self = (gf_bytes){0};
}
