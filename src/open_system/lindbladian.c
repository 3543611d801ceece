#include "open_system/lindbladian.h"

#include "base/tasks.h"
#include "base/workspace.h"
#include "open_system/amplitudes.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double complex one = 1, none = 0;

/* --- levels ---------------------------------------------------------------------------------- */

static gf_status list_levels(const gf_frames *frames, size_t family, gf_level_list *self,
                             gf_error *error) {
    for (int slot = 0; slot < frames->slots; ++slot) {
        for (int rung = 0; rung < frames->rungs; ++rung) {
            self->first[slot][rung] = self->size[slot];
            self->size[slot] += gf_frames_size(frames, family, slot, rung);
        }
        size_t n = self->size[slot];
        self->energy[slot] = calloc(n + 1, sizeof(double));
        self->gamma[slot] = gf_workspace_matrix(n, n, sizeof(double complex));
        if (self->energy[slot] == NULL || self->gamma[slot] == NULL) {
            return gf_fail_memory(error, "the Lindbladian");
        }
        for (int rung = 0; rung < frames->rungs; ++rung) {
            const gf_frame *frame = frames->family[family].frame[slot][rung];
            if (frame != NULL && frame->size > 0) {
                memcpy(self->energy[slot] + self->first[slot][rung], frame->energy,
                       frame->size * sizeof(double));
            }
        }
    }
    return GF_OK;
}

/* --- amplitudes ------------------------------------------------------------------------------ */

/* Puts the amplitudes between two rungs into the matrix between two slots. */
static void place_amplitudes(const gf_amplitudes *from, size_t row, size_t column, size_t length,
                             double complex *to) {
    for (size_t m = 0; from->real != NULL && m < from->columns; ++m) {
        for (size_t n = 0; n < from->rows; ++n) {
            to[(column + m) * length + row + n] = gf_amplitude(from, n, m);
        }
    }
}

static gf_status fill_slots(const gf_lindbladian *self, gf_transfer *transfer, const gf_jump *jump,
                            int image, int a, int b, double complex *phase, gf_error *error) {
    const gf_frames *frames = self->generator->frames;
    const gf_level_list *to = &self->level[transfer->target],
                        *from = &self->level[transfer->source];
    gf_status status = GF_OK;
    double complex *matrix = gf_workspace_matrix(to->size[a], from->size[b], sizeof *matrix);
    transfer->slot[a][b] = matrix;
    if (matrix == NULL) {
        return gf_fail_memory(error, "the Lindbladian");
    }
    for (int r = 0; r < frames->rungs; ++r) {
        for (int s = 0; s < frames->rungs && status == GF_OK; ++s) {
            gf_place target = {transfer->target, a, r}, source = {transfer->source, b, s};
            gf_amplitudes amplitudes;
            if (abs(r - s) > frames->bath->reach) {
                continue;
            }
            status = gf_amplitudes_make(frames, jump, &target, &source, image, phase, &amplitudes,
                                        error);
            if (status == GF_OK) {
                place_amplitudes(&amplitudes, to->first[a][r], from->first[b][s], to->size[a],
                                 matrix);
                gf_amplitudes_free(&amplitudes);
            }
        }
    }
    return status;
}

static gf_status fill_transfer(const gf_lindbladian *self, gf_transfer *transfer,
                               const gf_jump *jump, int image, gf_error *error) {
    const gf_frames *frames = self->generator->frames;
    double complex phase = 0;
    gf_status status = GF_OK;
    transfer->weight = jump->weight * frames->family[transfer->target].degeneracy /
                       frames->family[transfer->source].degeneracy;
    for (int a = 0; a < frames->slots; ++a) {
        for (int b = 0; b < frames->slots && status == GF_OK; ++b) {
            if (a == b || !frames->bath->strong_flip) {
                status = fill_slots(self, transfer, jump, image, a, b, &phase, error);
            }
        }
    }
    return status;
}

/* Gamma += weight A'A of every target slot: what leaves the source. */
static void add_loss(gf_lindbladian *self, const gf_transfer *transfer) {
    const gf_level_list *to = &self->level[transfer->target],
                        *from = &self->level[transfer->source];
    const double complex weight = transfer->weight;
    for (int a = 0; a < GF_SLOTS; ++a) {
        for (int b = 0; b < GF_SLOTS; ++b) {
            blasint n = (blasint)from->size[b], rows = (blasint)to->size[a];
            const double complex *matrix = transfer->slot[a][b];
            if (matrix != NULL && n > 0 && rows > 0) {
                cblas_zgemm(CblasColMajor, CblasConjTrans, CblasNoTrans, n, n, rows, &weight,
                            matrix, rows, matrix, rows, &one, from->gamma[b], n);
            }
        }
    }
}

static gf_status fill(gf_lindbladian *self, gf_error *error) {
    const gf_frames *frames = self->generator->frames;
    const gf_bath *bath = frames->bath;
    gf_status status = GF_OK;
    for (size_t f = 0; f < frames->families && status == GF_OK; ++f) {
        status = list_levels(frames, f, &self->level[f], error);
    }
    for (size_t target = 0; target < frames->families; ++target) {
        for (size_t source = 0; source < frames->families; ++source) {
            size_t images = (size_t)frames->family[source].degeneracy;
            for (size_t k = 0; k < bath->count * images && status == GF_OK; ++k) {
                gf_transfer *next = &self->transfer[self->transfers++];
                *next = (gf_transfer){.target = target, .source = source};
                status = fill_transfer(self, next, &bath->jumps[k % bath->count],
                                       k >= bath->count ? GF_REFLECT : 0, error);
                if (status == GF_OK) {
                    add_loss(self, next);
                }
            }
        }
    }
    return status;
}

gf_status gf_lindbladian_init(gf_lindbladian *self, const gf_generator *generator, double epsilon,
                              gf_error *error) {
    const gf_frames *frames = generator->frames;
    size_t most = 2 * frames->families * frames->families * frames->bath->count;
    *self = (gf_lindbladian){.generator = generator,
                             .epsilon = epsilon,
                             .level = calloc(frames->families + 1, sizeof *self->level),
                             .transfer = calloc(most + 1, sizeof *self->transfer)};
    gf_status status = self->level != NULL && self->transfer != NULL
                           ? fill(self, error)
                           : gf_fail_memory(error, "the Lindbladian");
    if (status != GF_OK) {
        gf_lindbladian_free(self);
    }
    return status;
}

void gf_lindbladian_free(gf_lindbladian *self) {
    size_t families = self->level != NULL ? self->generator->frames->families : 0;
    for (size_t f = 0; f < families; ++f) {
        for (int slot = 0; slot < GF_SLOTS; ++slot) {
            free(self->level[f].energy[slot]);
            gf_workspace_free(self->level[f].gamma[slot]);
        }
    }
    for (size_t t = 0; t < self->transfers; ++t) {
        for (int k = 0; k < GF_SLOTS * GF_SLOTS; ++k) {
            gf_workspace_free(self->transfer[t].slot[k / GF_SLOTS][k % GF_SLOTS]);
        }
    }
    free(self->level);
    free(self->transfer);
    *self = (gf_lindbladian){0};
}

/* --- parts ----------------------------------------------------------------------------------- */

static void add_place(gf_coupled_part *self, size_t family, int ket, int bra) {
    const gf_level_list *level = &self->lindbladian->level[family];
    gf_matrix_place *next = &self->place[self->places++];
    *next = (gf_matrix_place){.family = family,
                              .rows = level->size[ket],
                              .columns = level->size[bra],
                              .first = self->size,
                              .slot = {ket, bra}};
    self->size += next->rows * next->columns;
}

gf_status gf_coupled_part_init(gf_coupled_part *self, const gf_lindbladian *lindbladian,
                               const gf_part *part, const gf_rung_matrix *factors,
                               gf_error *error) {
    size_t families = lindbladian->generator->frames->families;
    *self = (gf_coupled_part){.lindbladian = lindbladian,
                              .part = part,
                              .factors = factors,
                              .place = calloc(2 * families + 1, sizeof *self->place),
                              .work = gf_workspace_alloc(part->count, 1, sizeof *self->work)};
    if (self->place == NULL || self->work == NULL) {
        gf_coupled_part_free(self);
        return gf_fail_memory(error, "the Lindbladian");
    }
    for (size_t f = 0; f < families; ++f) {
        if (part->kind != GF_PART_MINUS && part->kind != GF_PART_ODD) {
            add_place(self, f, GF_EVEN, GF_EVEN);
        }
        if (part->kind == GF_PART_MINUS || part->kind == GF_PART_EVEN) {
            add_place(self, f, GF_ODD, GF_ODD);
        }
        if (part->kind == GF_PART_ODD) {
            add_place(self, f, GF_EVEN, GF_ODD);
        }
    }
    return GF_OK;
}

void gf_coupled_part_free(gf_coupled_part *self) {
    free(self->place);
    gf_workspace_free(self->work);
    *self = (gf_coupled_part){0};
}

/* --- products -------------------------------------------------------------------------------- */

/* y = -i [H, x]/epsilon - {Gamma, x}/2 */
static void apply_alone(const gf_coupled_part *self, const gf_matrix_place *place,
                        const double complex *x, double complex *y) {
    const gf_level_list *level = &self->lindbladian->level[place->family];
    const double *ket = level->energy[place->slot[0]], *bra = level->energy[place->slot[1]];
    const double complex half = -0.5;
    blasint rows = (blasint)place->rows, columns = (blasint)place->columns;
    for (size_t j = 0; j < place->columns; ++j) {
        for (size_t i = 0; i < place->rows; ++i) {
            size_t at = j * place->rows + i;
            y[at] = -I * ((ket[i] - bra[j]) / self->lindbladian->epsilon) * x[at];
        }
    }
    cblas_zgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, rows, columns, rows, &half,
                level->gamma[place->slot[0]], rows, x, rows, &one, y, rows);
    cblas_zgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, rows, columns, columns, &half, x, rows,
                level->gamma[place->slot[1]], columns, &one, y, rows);
}

/* y += weight left x right', or with x' in place of x; half is workspace. */
static void add_gain(double weight, const double complex *left, const double complex *right,
                     const gf_matrix_place *from, bool adjoint, const double complex *x,
                     const gf_matrix_place *to, double complex *half, double complex *y) {
    const double complex factor = weight;
    blasint rows = (blasint)to->rows, columns = (blasint)to->columns;
    blasint inner = (blasint)(adjoint ? from->columns : from->rows);
    blasint outer = (blasint)(adjoint ? from->rows : from->columns);
    if (left == NULL || right == NULL || rows * columns * inner * outer == 0) {
        return;
    }
    cblas_zgemm(CblasColMajor, CblasNoTrans, adjoint ? CblasConjTrans : CblasNoTrans, rows, outer,
                inner, &factor, left, rows, x, (blasint)from->rows, &none, half, rows);
    cblas_zgemm(CblasColMajor, CblasNoTrans, CblasConjTrans, rows, columns, outer, &one, half, rows,
                right, columns, &one, y, rows);
}

typedef struct product {
    const gf_coupled_part *part;
    const double complex *x;
    double complex *y;
    size_t widest; /* elements of a half-done product */
} product;

static gf_status begin_product(const void *context, void **workspace, gf_error *error) {
    const product *self = context;
    *workspace = gf_workspace_alloc(self->widest, 1, sizeof(double complex));
    return *workspace != NULL ? GF_OK : gf_fail_memory(error, "the Lindbladian");
}

/* All that comes to one matrix. */
static gf_status run_product(const void *context, gf_task *task, gf_error *error) {
    (void)error;
    const product *self = context;
    const gf_coupled_part *part = self->part;
    const gf_lindbladian *all = part->lindbladian;
    const gf_matrix_place *to = &part->place[task->index];
    bool odd = part->part->kind == GF_PART_ODD && !all->generator->frames->bath->strong_flip;
    double complex *y = self->y + to->first;
    if (to->rows == 0 || to->columns == 0) {
        return GF_OK;
    }
    apply_alone(part, to, self->x + to->first, y);
    for (size_t t = 0; t < all->transfers; ++t) {
        const gf_transfer *transfer = &all->transfer[t];
        for (size_t p = 0; p < part->places && transfer->target == to->family; ++p) {
            const gf_matrix_place *from = &part->place[p];
            if (from->family != transfer->source) {
                continue;
            }
            add_gain(transfer->weight, transfer->slot[to->slot[0]][from->slot[0]],
                     transfer->slot[to->slot[1]][from->slot[1]], from, false, self->x + from->first,
                     to, task->workspace, y);
            if (odd) { /* <odd|rho|even> */
                add_gain(transfer->weight, transfer->slot[to->slot[0]][from->slot[1]],
                         transfer->slot[to->slot[1]][from->slot[0]], from, true,
                         self->x + from->first, to, task->workspace, y);
            }
        }
    }
    return GF_OK;
}

static double product_cost(const void *context, size_t index) {
    const product *self = context;
    const gf_matrix_place *to = &self->part->place[index];
    return 1 + (double)to->rows * (double)to->columns;
}

gf_status gf_coupled_part_apply(const gf_coupled_part *self, const double complex *x,
                                double complex *y, gf_error *error) {
    size_t widest = 1;
    for (size_t p = 0; p < self->places; ++p) {
        widest = self->place[p].rows > widest ? self->place[p].rows : widest;
        widest = self->place[p].columns > widest ? self->place[p].columns : widest;
    }
    product work = {.part = self, .x = x, .y = y, .widest = widest * widest};
    gf_tasks all = {.count = self->places,
                    .context = &work,
                    .cost = product_cost,
                    .begin = begin_product,
                    .end = gf_workspace_free,
                    .run = run_product};
    return gf_tasks_run(&all, error);
}

/* --- the variables of the rate equation ------------------------------------------------------ */

/* Where the coherence <ket|rho|bra> of a variable stands. */
static size_t element_of(const gf_coupled_part *self, const gf_variable *variable, bool turned) {
    const gf_level_list *level = &self->lindbladian->level[variable->family];
    int ket = turned ? 1 : 0, bra = 1 - ket;
    for (size_t p = 0; p < self->places; ++p) {
        const gf_matrix_place *place = &self->place[p];
        if (place->family == variable->family && place->slot[0] == variable->slot[ket] &&
            place->slot[1] == variable->slot[bra]) {
            size_t row =
                level->first[variable->slot[ket]][variable->rung[ket]] + variable->state[ket];
            size_t column =
                level->first[variable->slot[bra]][variable->rung[bra]] + variable->state[bra];
            return place->first + column * place->rows + row;
        }
    }
    return 0;
}

void gf_coupled_part_project(const gf_coupled_part *self, const double complex *x,
                             double *variables) {
    for (size_t i = 0; i < self->part->count; ++i) {
        const gf_variable *v = &self->part->variable[i];
        double complex value = x[element_of(self, v, false)];
        variables[i] = v->imaginary ? cimag(value) : creal(value);
    }
}

/* Whether <bra|rho|ket> is an element of its own. */
static bool has_image(const gf_coupled_part *self, const gf_variable *variable) {
    return self->part->kind != GF_PART_ODD && !gf_variable_is_population(variable);
}

/* Puts the variables in, without touching the other part, real or imaginary, of their elements. */
static void insert(const gf_coupled_part *self, const double *variables, double complex *x) {
    for (size_t i = 0; i < self->part->count; ++i) {
        const gf_variable *v = &self->part->variable[i];
        double complex *to = &x[element_of(self, v, false)];
        *to = v->imaginary ? creal(*to) + I * variables[i] : variables[i] + I * cimag(*to);
        if (has_image(self, v)) {
            x[element_of(self, v, true)] = conj(*to);
        }
    }
}

void gf_coupled_part_embed(const gf_coupled_part *self, const double *variables,
                           double complex *x) {
    memset(x, 0, self->size * sizeof *x);
    insert(self, variables, x);
}

void gf_coupled_part_precondition(gf_coupled_part *self, double complex *x) {
    gf_coupled_part_project(self, x, self->work);
    gf_rung_matrix_solve(self->factors, self->work);
    for (size_t p = 0; p < self->places; ++p) {
        const gf_matrix_place *place = &self->place[p];
        const gf_level_list *level = &self->lindbladian->level[place->family];
        const double *ket = level->energy[place->slot[0]], *bra = level->energy[place->slot[1]];
        const double complex *loss[2] = {level->gamma[place->slot[0]],
                                         level->gamma[place->slot[1]]};
        for (size_t j = 0; j < place->columns; ++j) {
            for (size_t i = 0; i < place->rows; ++i) {
                double width = creal(loss[0][i * (place->rows + 1)]) +
                               creal(loss[1][j * (place->columns + 1)]);
                double turn = (ket[i] - bra[j]) / self->lindbladian->epsilon;
                double complex scale = -I * turn - width / 2;
                x[place->first + j * place->rows + i] /= scale != 0 ? scale : 1;
            }
        }
    }
    insert(self, self->work, x);
}

/* --- levels apart ---------------------------------------------------------------------------- */

/* Leaves the elements between states of one level, or divides the others by i (E_n - E_m). */
static void split(const gf_coupled_part *self, bool levels, double complex *x) {
    const gf_generator *generator = self->lindbladian->generator;
    double same = fmax(generator->frames->resolution, generator->widest);
    for (size_t p = 0; p < self->places; ++p) {
        const gf_matrix_place *place = &self->place[p];
        const gf_level_list *level = &self->lindbladian->level[place->family];
        const double *ket = level->energy[place->slot[0]], *bra = level->energy[place->slot[1]];
        double complex *element = x + place->first;
        for (size_t j = 0; j < place->columns; ++j) {
            for (size_t i = 0; i < place->rows; ++i, ++element) {
                double distance = ket[i] - bra[j];
                if ((fabs(distance) <= same) != levels) {
                    *element = 0;
                } else if (!levels) {
                    *element /= I * distance;
                }
            }
        }
    }
}

void gf_coupled_part_keep_levels(const gf_coupled_part *self, double complex *x) {
    split(self, true, x);
}

void gf_coupled_part_divide(const gf_coupled_part *self, double complex *x) {
    split(self, false, x);
}
