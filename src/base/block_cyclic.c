#include "base/block_cyclic.h"

#include <limits.h>

void gf_block_cyclic_grid(int ranks, size_t size, size_t block, int *rows, int *columns) {
    enum { WIDEST = 3 };
    size_t blocks = (size + block - 1) / block;
    *rows = *columns = 1;
    for (int high = 1; high * high <= ranks && (size_t)high <= blocks; ++high) {
        int wide = ranks / high < WIDEST * high ? ranks / high : WIDEST * high;
        wide = (size_t)wide < blocks ? wide : (int)blocks;
        if (high * wide >= *rows * *columns) { /* of as many ranks, the one closer to a square */
            *rows = high;
            *columns = wide;
        }
    }
}

size_t gf_block_cyclic_count(size_t size, size_t block, int place, int places) {
    size_t whole = size / block, at = (size_t)place, all = (size_t)places;
    size_t count = whole / all * block;
    if (at < whole % all) {
        count += block;
    } else if (at == whole % all) {
        count += size % block;
    }
    return count;
}

/* Elements of the real workspace of pdsyevd and of pzheevd, after their sources. */
static double real_workspace(double n, double high, double wide, double nb, bool is_real) {
    return is_real ? 1 + 12 * n + 2 * high * wide + nb * (high + wide + 4 * nb)
                   : 1 + 9 * n + 3 * high * wide;
}

double gf_block_cyclic_memory(size_t size, size_t block, int rows, int columns, bool is_real) {
    double high = (double)gf_block_cyclic_count(size, block, 0, rows);
    double wide = (double)gf_block_cyclic_count(size, block, 0, columns);
    double n = (double)size, nb = (double)block;
    double complexes = is_real ? 0 : n + (high + wide + nb) * nb;
    return sizeof(double) * ((is_real ? 2 : 4) * high * wide + 2 * complexes +
                             real_workspace(n, high, wide, nb, is_real));
}

bool gf_block_cyclic_is_counted(size_t size, size_t block, int rows, int columns, bool is_real) {
    double high = (double)gf_block_cyclic_count(size, block, 0, rows);
    double wide = (double)gf_block_cyclic_count(size, block, 0, columns);
    return real_workspace((double)size, high, wide, (double)block, is_real) < INT_MAX;
}
