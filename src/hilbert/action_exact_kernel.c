#include "hilbert/action.h"

#include "base/clones.h"

#include <stdlib.h>
#include <string.h>

/* One row of a sparse matrix on the low half: its entries end where those of the next begin. */
typedef struct row {
    uint32_t rank;  /* of the resulting low half */
    uint32_t entry; /* the first */
} row;

/* All terms with the same factor on the high half. Their low factors add up to one sparse matrix
 * for each population of the resulting low half, or to a number times the identity. */
typedef struct group {
    uint32_t plus, minus, z;
    bool imaginary;              /* the coefficients are to be multiplied by i */
    bool is_scalar, is_diagonal; /* on the low half */
    double scalar;
    uint32_t *first; /* [low_sites + 2]: rows of each population; NULL if scalar */
} group;

struct gf_action {
    int sites, low_sites;
    size_t groups;
    group *group; /* those with equal flips are neighbours */
    row *rows;    /* with one more at the end */
    size_t row_count, row_room;
    uint16_t *column; /* [entries]: ranks of low halves */
    double *value;    /* [entries] */
    size_t entry_count, entry_room;
};

/* --- preparing ------------------------------------------------------------------------------- */

/* A term with a real coefficient, cut in two. */
typedef struct half_term {
    uint32_t plus, minus, z;             /* high half */
    uint32_t low_plus, low_minus, low_z; /* low half */
    bool imaginary;
    double coefficient;
} half_term;

static int compare_numbers(uint32_t a, uint32_t b) {
    return (a > b) - (a < b);
}

static int compare_groups(const void *left, const void *right) {
    const half_term *a = left, *b = right;
    int order = compare_numbers(a->plus, b->plus);
    order = order != 0 ? order : compare_numbers(a->minus, b->minus);
    order = order != 0 ? order : (int)a->imaginary - (int)b->imaginary;
    return order != 0 ? order : compare_numbers(a->z, b->z);
}

static size_t cut_terms(const gf_operator *operator, int low_sites, half_term *terms) {
    size_t count = 0;
    uint32_t low = (1U << low_sites) - 1;
    for (size_t i = 0; i < operator->count; ++i) {
        const gf_operator_term *term = &operator->terms[i];
        const double parts[2] = {creal(term->coefficient), cimag(term->coefficient)};
        for (int k = 0; k < 2 && !gf_operator_term_moves_magnetization(term); ++k) {
            if (parts[k] != 0) {
                terms[count++] = (half_term){.plus = (uint32_t)(term->plus >> low_sites),
                                             .minus = (uint32_t)(term->minus >> low_sites),
                                             .z = (uint32_t)(term->z >> low_sites),
                                             .low_plus = (uint32_t)term->plus & low,
                                             .low_minus = (uint32_t)term->minus & low,
                                             .low_z = (uint32_t)term->z & low,
                                             .imaginary = k == 1,
                                             .coefficient = parts[k]};
            }
        }
    }
    qsort(terms, count, sizeof *terms, compare_groups);
    return count;
}

static double sign_of(uint32_t state, uint32_t z) {
    return (__builtin_popcount(~state & z) & 1) != 0 ? -1 : 1;
}

static bool grow(void **data, size_t *room, size_t count, size_t size) {
    if (count < *room) {
        return true;
    }
    size_t wanted = *room > 0 ? 2 * *room : 1024;
    void *grown = realloc(*data, wanted * size);
    if (grown != NULL) {
        *data = grown;
        *room = wanted;
    }
    return grown != NULL;
}

static bool add_entry(gf_action *self, uint32_t column, double value) {
    size_t room = self->entry_room;
    for (size_t k = self->rows[self->row_count - 1].entry; k < self->entry_count; ++k) {
        if (self->column[k] == column) {
            self->value[k] += value;
            return true;
        }
    }
    if (!grow((void **)&self->column, &room, self->entry_count, sizeof *self->column) ||
        !grow((void **)&self->value, &self->entry_room, self->entry_count, sizeof *self->value)) {
        return false;
    }
    self->column[self->entry_count] = (uint16_t)column;
    self->value[self->entry_count++] = value;
    return true;
}

/* The row of the low half `out`: every `in` that a term takes to it. */
static bool add_row(gf_action *self, const half_term *terms, size_t count, const uint32_t *rank,
                    uint32_t out) {
    size_t before = self->entry_count;
    if (!grow((void **)&self->rows, &self->row_room, self->row_count + 1, sizeof *self->rows)) {
        return false;
    }
    self->rows[self->row_count++] = (row){.rank = rank[out], .entry = (uint32_t)before};
    for (size_t i = 0; i < count; ++i) {
        const half_term *term = &terms[i];
        if ((out & term->low_plus) == term->low_plus && (out & term->low_minus) == 0) {
            uint32_t in = out ^ term->low_plus ^ term->low_minus;
            if (!add_entry(self, rank[in], term->coefficient * sign_of(in, term->low_z))) {
                return false;
            }
        }
    }
    if (self->entry_count == before) {
        --self->row_count; /* an empty row */
    }
    return true;
}

static bool fill_group(gf_action *self, group *target, const half_term *terms, size_t count,
                       const uint32_t *rank) {
    *target = (group){.plus = terms->plus,
                      .minus = terms->minus,
                      .z = terms->z,
                      .imaginary = terms->imaginary,
                      .is_scalar = true,
                      .is_diagonal = true};
    for (size_t i = 0; i < count; ++i) {
        uint32_t flips = terms[i].low_plus | terms[i].low_minus;
        target->is_scalar = target->is_scalar && (flips | terms[i].low_z) == 0;
        target->is_diagonal = target->is_diagonal && flips == 0;
        target->scalar += terms[i].coefficient;
    }
    if (target->is_scalar) {
        return true;
    }
    target->first = calloc((size_t)self->low_sites + 2, sizeof *target->first);
    bool done = target->first != NULL;
    for (int population = 0; population <= self->low_sites && done; ++population) {
        target->first[population] = (uint32_t)self->row_count;
        for (uint32_t low = 0; low < (1U << self->low_sites) && done; ++low) {
            if (__builtin_popcount(low) == population) {
                done = add_row(self, terms, count, rank, low);
            }
        }
        target->first[population + 1] = (uint32_t)self->row_count;
    }
    return done;
}

static bool fill_groups(gf_action *self, const half_term *terms, size_t count,
                        const uint32_t *rank) {
    bool done = true;
    for (size_t i = 0, next = 0; i < count && done; i = next) {
        while (next < count && compare_groups(&terms[i], &terms[next]) == 0) {
            ++next;
        }
        done = fill_group(self, &self->group[self->groups++], terms + i, next - i, rank);
    }
    done = done && grow((void **)&self->rows, &self->row_room, self->row_count, sizeof *self->rows);
    if (done) {
        self->rows[self->row_count].entry = (uint32_t)self->entry_count;
    }
    return done;
}

gf_status gf_action_create(const gf_operator *operator, int sites, gf_action **action,
                           gf_error *error) {
    gf_action *self = calloc(1, sizeof *self);
    int low_sites = sites / 2;
    half_term *terms = calloc(2 * operator->count + 1, sizeof *terms);
    uint32_t *rank = calloc((size_t)1 << low_sites, sizeof *rank), seen[33] = {0};
    bool done = self != NULL && terms != NULL && rank != NULL;
    if (done) {
        size_t count = cut_terms(operator, low_sites, terms);
        self->sites = sites;
        self->low_sites = low_sites;
        self->group = calloc(count + 1, sizeof *self->group);
        for (uint32_t low = 0; low < (1U << low_sites); ++low) {
            rank[low] = seen[__builtin_popcount(low)]++;
        }
        done = self->group != NULL && fill_groups(self, terms, count, rank);
    }
    free(terms);
    free(rank);
    if (!done) {
        gf_action_free(self);
        self = NULL;
    }
    *action = self;
    return done ? GF_OK : gf_fail_memory(error, "an operator's matrix elements");
}

void gf_action_free(gf_action *self) {
    if (self != NULL) {
        for (size_t k = 0; k < self->groups; ++k) {
            free(self->group[k].first);
        }
        free(self->group);
        free(self->rows);
        free(self->column);
        free(self->value);
        free(self);
    }
}

bool gf_action_is_real(const gf_action *self) {
    bool is_real = true;
    for (size_t k = 0; k < self->groups; ++k) {
        is_real = is_real && !self->group[k].imaginary;
    }
    return is_real;
}

/* --- applying -------------------------------------------------------------------------------- */

/* Inlined with constant widths, so that the loops over columns become vector instructions. */
#define INLINE static inline __attribute__((always_inline))

/* Whole blocks to be added, with factors; several at a time, to spare the result's way to and from
 * the cache. */
enum { BLOCKS = 4 };

typedef struct pending {
    int count;
    double factor[BLOCKS];
    const double *in[BLOCKS];
} pending;

INLINE void add_pending(pending *self, size_t rows, double *restrict out, int width) {
    size_t cells = rows * (size_t)width;
    for (int k = self->count; k < BLOCKS && self->count > 0; ++k) {
        self->factor[k] = 0;
        self->in[k] = self->in[0];
    }
    const double f0 = self->factor[0], f1 = self->factor[1], f2 = self->factor[2],
                 f3 = self->factor[3];
    const double *restrict a = self->in[0], *restrict b = self->in[1], *restrict c = self->in[2],
                           *restrict d = self->in[3];
    for (size_t i = 0; i < cells && self->count > 0; ++i) {
        out[i] += (f0 * a[i] + f1 * b[i]) + (f2 * c[i] + f3 * d[i]);
    }
    self->count = 0;
}

INLINE void add_imaginary_block(size_t rows, double factor, const double *restrict in,
                                double *restrict out, int width) {
    int half = width / 2;
    for (size_t i = 0; i < rows; ++i, in += width, out += width) {
        for (int c = 0; c < half; ++c) {
            out[c] -= factor * in[c + half];
            out[c + half] += factor * in[c];
        }
    }
}

/* Of a diagonal group every row has one entry, and they lie in the order of the ranks. */
INLINE void add_diagonal(size_t rows, double factor, const double *restrict value,
                         const double *restrict in, double *restrict out, int width) {
    size_t w = (size_t)width;
#pragma omp simd
    for (size_t i = 0; i < rows; ++i) {
        for (size_t c = 0; c < w; ++c) {
            out[i * w + c] += factor * value[i] * in[i * w + c];
        }
    }
}

/* Columns as one number each, two, or four: left to themselves, compilers take a row's entries
 * together instead. */
typedef double pair __attribute__((vector_size(16), aligned(8), may_alias));
typedef double four __attribute__((vector_size(32), aligned(8), may_alias));

INLINE void sum_fours(const uint16_t *column, const double *value, size_t entries, const double *in,
                      int width, double *sum) {
    four total[GF_MAX_COLUMNS / 4];
    for (int v = 0; v < width / 4; ++v) {
        total[v] = (four){0};
    }
    for (size_t k = 0; k < entries; ++k) {
        const four *source = (const four *)(in + (size_t)column[k] * (size_t)width);
        for (int v = 0; v < width / 4; ++v) {
            total[v] += value[k] * source[v];
        }
    }
    for (int v = 0; v < width / 4; ++v) {
        ((four *)sum)[v] = total[v];
    }
}

INLINE void sum_pair(const uint16_t *column, const double *value, size_t entries, const double *in,
                     double *sum) {
    pair total = {0};
    for (size_t k = 0; k < entries; ++k) {
        total += value[k] * ((const pair *)in)[column[k]];
    }
    *(pair *)sum = total;
}

INLINE void sum_single(const uint16_t *column, const double *value, size_t entries,
                       const double *in, double *sum) {
    double total = 0;
    for (size_t k = 0; k < entries; ++k) {
        total += value[k] * in[column[k]];
    }
    *sum = total;
}

/* out += factor in, of 1, 2, 4 or 8 numbers. */
INLINE void add_cells(int count, double factor, const double *in, double *out) {
    if (count >= 4) {
        for (int v = 0; v < count / 4; ++v) {
            ((four *)out)[v] += factor * ((const four *)in)[v];
        }
    } else if (count == 2) {
        *(pair *)out += factor * *(const pair *)in;
    } else {
        *out += factor * *in;
    }
}

INLINE void add_rows(const gf_action *self, size_t first, size_t end, double factor,
                     const double *restrict in, double *restrict out, int width, bool imaginary) {
    const row *rows = self->rows;
    for (size_t r = first; r < end; ++r) {
        double sum[GF_MAX_COLUMNS], *target = out + (size_t)rows[r].rank * (size_t)width;
        const uint16_t *column = self->column + rows[r].entry;
        const double *value = self->value + rows[r].entry;
        size_t entries = rows[r + 1].entry - rows[r].entry;
        if (width >= 4) {
            sum_fours(column, value, entries, in, width, sum);
        } else if (width == 2) {
            sum_pair(column, value, entries, in, sum);
        } else {
            sum_single(column, value, entries, in, sum);
        }
        if (imaginary) {
            int half = width / 2;
            add_cells(half, -factor, sum + half, target);
            add_cells(half, factor, sum, target + half);
        } else {
            add_cells(width, factor, sum, target);
        }
    }
}

/* The groups first ... end-1, all with the same flips, times `factor`: from the block `high` to
 * another. */
INLINE void add_groups(const gf_action *self, const group *first, const group *end, double factor,
                       uint32_t high, int population, size_t rows, const double *in, double *out,
                       int width, pending *later) {
    double scalar = 0;
    for (const group *one = first; one < end; ++one) {
        double signed_factor = factor * sign_of(high, one->z);
        if (one->is_scalar) {
            scalar += signed_factor * one->scalar;
        } else if (one->is_diagonal && !one->imaginary) {
            const double *value = self->value + self->rows[one->first[population]].entry;
            add_diagonal(rows, signed_factor, value, in, out, width);
        } else if (one->imaginary) {
            add_rows(self, one->first[population], one->first[population + 1], signed_factor, in,
                     out, width, true);
        } else {
            add_rows(self, one->first[population], one->first[population + 1], signed_factor, in,
                     out, width, false);
        }
    }
    if (scalar != 0 && first->imaginary) {
        add_imaginary_block(rows, scalar, in, out, width);
    } else if (scalar != 0) {
        later->factor[later->count] = scalar;
        later->in[later->count++] = in;
        if (later->count == BLOCKS) {
            add_pending(later, rows, out, width);
        }
    }
}

/* out = keep out - shift in */
INLINE void begin_block(size_t cells, double shift, double keep, const double *restrict in,
                        double *restrict out) {
    if (keep == 0) { /* whatever it holds */
        memset(out, 0, cells * sizeof *out);
    }
    for (size_t i = 0; i < cells && (keep != 0 || shift != 0); ++i) {
        out[i] = keep * out[i] - shift * in[i];
    }
}

INLINE void update_block(const gf_action *self, const gf_basis *basis, uint32_t high, int width,
                         bool is_complex, gf_update how, const double *in, double *out) {
    int population = basis->up - __builtin_popcount(high);
    size_t rows = gf_basis_dimension(self->low_sites, population);
    const group *end = self->group + self->groups;
    pending later = {0};
    begin_block(rows * (size_t)width, how.factor * how.shift, how.keep,
                in + basis->high_rank[high] * (size_t)width, out);
    for (const group *one = self->group, *next = one; one < end; one = next) {
        while (next < end && next->plus == one->plus && next->minus == one->minus &&
               next->imaginary == one->imaginary) {
            ++next;
        }
        uint32_t from = high ^ one->plus ^ one->minus;
        int there = basis->up - __builtin_popcount(from);
        if ((high & one->plus) == one->plus && (high & one->minus) == 0 && there >= 0 &&
            there <= self->low_sites && (is_complex || !one->imaginary)) {
            add_groups(self, one, next, how.factor, from, population, rows,
                       in + basis->high_rank[from] * (size_t)width, out, width, &later);
        }
    }
    add_pending(&later, rows, out, width);
}

/* With 1, 2, 4 or 8 columns known to the compiler. */
GF_CLONES static void update_1(const gf_action *self, const gf_basis *basis, uint32_t high,
                               gf_update how, const double *in, double *out) {
    update_block(self, basis, high, 1, false, how, in, out);
}

GF_CLONES static void update_2(const gf_action *self, const gf_basis *basis, uint32_t high,
                               bool is_complex, gf_update how, const double *in, double *out) {
    update_block(self, basis, high, 2, is_complex, how, in, out);
}

GF_CLONES static void update_4(const gf_action *self, const gf_basis *basis, uint32_t high,
                               bool is_complex, gf_update how, const double *in, double *out) {
    update_block(self, basis, high, 4, is_complex, how, in, out);
}

GF_CLONES static void update_8(const gf_action *self, const gf_basis *basis, uint32_t high,
                               bool is_complex, gf_update how, const double *in, double *out) {
    update_block(self, basis, high, 8, is_complex, how, in, out);
}

void gf_action_update(const gf_action *self, const gf_basis *basis, gf_columns columns,
                      gf_update how, const double *in, double *out) {
    uint32_t blocks = 1U << (self->sites - self->low_sites);
    size_t width = (size_t)columns.width;
#pragma omp parallel for schedule(dynamic, 16)
    for (uint32_t high = 0; high < blocks; ++high) {
        int population = basis->up - __builtin_popcount(high);
        double *block = out + basis->high_rank[high] * width;
        if (population < 0 || population > self->low_sites) {
            continue;
        }
        switch (columns.width) {
        case 1:
            update_1(self, basis, high, how, in, block);
            break;
        case 2:
            update_2(self, basis, high, columns.is_complex, how, in, block);
            break;
        case 4:
            update_4(self, basis, high, columns.is_complex, how, in, block);
            break;
        default:
            update_8(self, basis, high, columns.is_complex, how, in, block);
            break;
        }
    }
}

void gf_action_apply(const gf_action *self, const gf_basis *basis, gf_columns columns,
                     const double *in, double *out) {
    gf_action_update(self, basis, columns, (gf_update){.factor = 1}, in, out);
}

/* Elements of a group between the lower parts of `population` set bits. */
static double elements_below(const gf_action *self, const group *one, int population, bool flips) {
    double elements = 0;
    const uint32_t *first = one->first + population;
    if (one->is_scalar) {
        return flips ? (double)gf_basis_dimension(self->low_sites, population) : 0;
    }
    for (size_t r = first[0]; r < first[1]; ++r) {
        for (size_t e = self->rows[r].entry; e < self->rows[r + 1].entry; ++e) {
            elements += flips || self->column[e] != self->rows[r].rank;
        }
    }
    return elements;
}

double gf_action_elements(const gf_action *self, int up) {
    int high_sites = self->sites - self->low_sites;
    double elements = (double)gf_basis_dimension(self->sites, up); /* the diagonal */
    for (size_t k = 0; k < self->groups; ++k) {
        const group *one = &self->group[k];
        bool flips = (one->plus | one->minus) != 0;
        int set = __builtin_popcount(one->plus), fixed = __builtin_popcount(one->plus | one->minus);
        for (int population = 0; population <= self->low_sites; ++population) {
            /* upper parts in which the sites that it flips are as it wants them */
            double above = (double)gf_basis_dimension(high_sites - fixed, up - population - set);
            elements += above > 0 ? above * elements_below(self, one, population, flips) : 0;
        }
    }
    return elements;
}
