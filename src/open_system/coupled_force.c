#include "open_system/coupled_force.h"

#include "base/workspace.h"

#include <cblas.h>
#include <string.h>

/* One charge and one slot a. Where states are even and odd under F the magnetisation, which leads
 * from one slot to the other, is taken with the sign of M beside it: <n,a|L' [|M|..]>, so that
 * kets of the other slot stand for those of this one, state by state on the rungs that have two
 * images. */
typedef struct pushing {
    const gf_lindbladian *lindbladian;
    const gf_frames *frames;
    size_t charge;
    int slot;
    bool turned; /* by the sign of M */
} pushing;

/* The charge of state i of a rung. */
static double charge_of(const pushing *self, const gf_level_list *level, int slot, int rung,
                        size_t i) {
    return self->charge == 0 ? 2 * gf_frames_up(self->frames, rung) - self->frames->sites
                             : level->energy[slot][level->first[slot][rung] + i];
}

/* sum = q L between two rungs, q of the target. */
static void weigh_rungs(const pushing *self, const gf_transfer *transfer, int slot, int r, int s,
                        double complex *sum) {
    const gf_level_list *to = &self->lindbladian->level[transfer->target];
    const gf_level_list *from = &self->lindbladian->level[transfer->source];
    int row_slot = self->turned ? 1 - slot : slot;
    int column_slot = self->turned ? 1 - self->slot : self->slot;
    const double complex *matrix = transfer->slot[row_slot][column_slot];
    size_t rows = gf_frames_size(self->frames, transfer->target, slot, r);
    size_t columns = gf_frames_size(self->frames, transfer->source, self->slot, s);
    for (size_t m = 0; m < columns; ++m) {
        for (size_t k = 0; k < rows; ++k) {
            sum[(from->first[self->slot][s] + m) * to->size[slot] + to->first[slot][r] + k] =
                charge_of(self, to, slot, r, k) *
                matrix[(from->first[column_slot][s] + m) * to->size[row_slot] +
                       to->first[row_slot][r] + k];
        }
    }
}

static bool counts(const pushing *self, int rung) {
    return !self->turned || gf_frames_split(self->frames, rung);
}

/* generator += weight L' q L of one transfer, by way of one slot; half is workspace. */
static void add_gain(const pushing *self, const gf_transfer *transfer, int slot,
                     double complex *half, double complex *generator) {
    const gf_level_list *to = &self->lindbladian->level[transfer->target];
    const gf_level_list *from = &self->lindbladian->level[transfer->source];
    const double complex *matrix = transfer->slot[slot][self->slot], weight = transfer->weight;
    const double complex one = 1;
    blasint n = (blasint)from->size[self->slot], rows = (blasint)to->size[slot];
    if (matrix == NULL || n == 0 || rows == 0) {
        return;
    }
    memset(half, 0, (size_t)n * (size_t)rows * sizeof *half);
    for (int r = 0; r < self->frames->rungs; ++r) {
        for (int s = 0; s < self->frames->rungs; ++s) {
            if (counts(self, r) && counts(self, s)) {
                weigh_rungs(self, transfer, slot, r, s, half);
            }
        }
    }
    cblas_zgemm(CblasColMajor, CblasConjTrans, CblasNoTrans, n, n, rows, &weight, matrix, rows,
                half, rows, &one, generator, n);
}

/* generator -= Gamma q; then push += Re Tr(generator P_M x), rung by rung. */
static void add_push(const pushing *self, size_t family, const double complex *generator,
                     const double complex *x, double (*push)[GF_CHARGES]) {
    const gf_level_list *level = &self->lindbladian->level[family];
    const gf_frames *frames = self->frames;
    size_t n = level->size[self->slot];
    for (int rung = 0; rung < frames->rungs; ++rung) {
        double sum = 0;
        size_t size = counts(self, rung) ? gf_frames_size(frames, family, self->slot, rung) : 0;
        for (size_t k = 0; k < size; ++k) {
            size_t m = level->first[self->slot][rung] + k;
            double q = charge_of(self, level, self->slot, rung, k);
            for (size_t i = 0; i < n; ++i) {
                double complex element =
                    generator[m * n + i] - q * level->gamma[self->slot][m * n + i];
                sum += creal(element * x[i * n + m]);
            }
        }
        int up = gf_frames_up(frames, rung), images = gf_frames_split(frames, rung) ? 2 : 1;
        for (int image = 0; image < images; ++image) {
            double sign = image == 1 && self->charge == 0 ? -1 : 1;
            push[image == 0 ? up : frames->sites - up][self->charge] +=
                sign * sum / images / frames->sites;
        }
    }
}

static gf_status push_place(const pushing *self, const gf_matrix_place *place,
                            const double complex *x, double (*push)[GF_CHARGES], gf_error *error) {
    const gf_lindbladian *all = self->lindbladian;
    size_t widest = 0;
    for (size_t f = 0; f < self->frames->families; ++f) {
        for (int slot = 0; slot < self->frames->slots; ++slot) {
            widest = all->level[f].size[slot] > widest ? all->level[f].size[slot] : widest;
        }
    }
    double complex *generator = gf_workspace_matrix(place->rows, place->rows, sizeof *generator);
    double complex *half = gf_workspace_matrix(widest, place->rows, sizeof *half);
    if (generator == NULL || half == NULL) {
        gf_workspace_free(generator);
        gf_workspace_free(half);
        return gf_fail_memory(error, "the force of a stationary state");
    }
    memset(generator, 0, place->rows * place->rows * sizeof *generator);
    for (size_t t = 0; t < all->transfers; ++t) {
        for (int slot = 0; slot < self->frames->slots && all->transfer[t].source == place->family;
             ++slot) {
            add_gain(self, &all->transfer[t], slot, half, generator);
        }
    }
    add_push(self, place->family, generator, x + place->first, push);
    gf_workspace_free(generator);
    gf_workspace_free(half);
    return GF_OK;
}

gf_status gf_coupled_force_add(const gf_coupling *self, const double complex *x,
                               double (*push)[GF_CHARGES], gf_error *error) {
    gf_status status = GF_OK;
    for (size_t p = 0; p < self->coupled.places; ++p) {
        for (size_t charge = 0; charge < GF_CHARGES && status == GF_OK; ++charge) {
            pushing work = {.lindbladian = self->coupled.lindbladian,
                            .frames = &self->solution->frames,
                            .charge = charge,
                            .slot = self->coupled.place[p].slot[0],
                            .turned = self->solution->frames.slots == GF_SLOTS && charge == 0};
            status = push_place(&work, &self->coupled.place[p], x, push, error);
        }
    }
    return status;
}
