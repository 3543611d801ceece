#include "typicality/random_vectors.h"

#include <Random123/threefry.h>

/* Signs come in words of 128. */
enum { WORD = 128 };

static void draw_word(const gf_random_vectors *self, size_t word, size_t vector, size_t rows,
                      gf_columns columns, double *target) {
    threefry4x32_key_t key = {
        {(uint32_t)self->seed, (uint32_t)(self->seed >> 32), (uint32_t)self->up, 0}};
    threefry4x32_ctr_t place = {{(uint32_t)word, (uint32_t)vector, (uint32_t)self->purpose, 0}};
    threefry4x32_ctr_t sign = threefry4x32_R(threefry4x32_rounds, place, key);
    place.v[2] = (uint32_t)self->purpose + 1;
    threefry4x32_ctr_t turn = threefry4x32_R(threefry4x32_rounds, place, key);
    for (size_t i = 0; i < rows; ++i, target += columns.width) {
        double value = (sign.v[i / 32] >> (i % 32) & 1) != 0 ? 1 : -1;
        bool turned = columns.is_complex && (turn.v[i / 32] >> (i % 32) & 1) != 0;
        target[0] = turned ? 0 : value;
        if (columns.is_complex) {
            target[columns.width / 2] = turned ? value : 0;
        }
    }
}

void gf_random_vectors_draw(const gf_random_vectors *self, size_t first, gf_columns columns,
                            size_t size, double *start) {
    size_t width = (size_t)columns.width, vectors = columns.is_complex ? width / 2 : width;
#pragma omp parallel for schedule(static)
    for (size_t word = 0; word < (size + WORD - 1) / WORD; ++word) {
        size_t rows = size - WORD * word < WORD ? size - WORD * word : WORD;
        for (size_t v = 0; v < vectors; ++v) {
            draw_word(self, word, first + v, rows, columns, start + WORD * word * width + v);
        }
    }
}
