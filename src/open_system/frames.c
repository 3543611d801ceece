#include "open_system/frames.h"

#include "base/tasks.h"
#include "base/workspace.h"
#include "spectrum/block.h"

#include <math.h>
#include <stdlib.h>

/* Levels whose distance is this part of the size of H are degenerate: rounding is a hundred times
 * smaller, and accidental distances of 1e-10 do not occur in chains that can be diagonalised. */
static const double RESOLUTION = 2e-12;

/* --- families -------------------------------------------------------------------------------- */

static gf_family *family_of(gf_frames *self, const gf_block *block) {
    int reflection = block->character[GF_REFLECT];
    for (size_t f = 0; f < self->families; ++f) {
        if (self->family[f].momentum == block->momentum &&
            self->family[f].reflection == reflection) {
            return &self->family[f];
        }
    }
    gf_family *next = &self->family[self->families++];
    *next = (gf_family){
        .momentum = block->momentum, .reflection = reflection, .degeneracy = block->degeneracy};
    return next;
}

static void add_to_family(gf_frames *self, const gf_frame *frame) {
    gf_family *family = family_of(self, &frame->block);
    int rung = frame->block.up - gf_frames_up(self, 0);
    bool split = gf_frames_split(self, rung);
    for (int slot = 0; slot < self->slots; ++slot) {
        int sign = slot == GF_EVEN ? 1 : -1;
        if (self->slots == 1 || split || frame->block.character[GF_FLIP] == sign) {
            family->frame[slot][rung] = frame;
        }
    }
}

/* --- diagonalisation ------------------------------------------------------------------------- */

typedef struct job {
    const gf_elements *hamiltonian;
    gf_frames *frames;
} job;

static double frame_cost(const void *context, size_t b) {
    const job *self = context;
    return gf_block_work(&self->frames->store[b].block);
}

static gf_status solve_frame(const void *context, gf_task *task, gf_error *error) {
    const job *self = context;
    gf_frame *frame = &self->frames->store[task->index];
    frame->energy = calloc(frame->block.size + 1, sizeof *frame->energy);
    return frame->energy != NULL ? gf_block_diagonalize(self->hamiltonian, &frame->orbits,
                                                        &frame->vectors, frame->energy, error)
                                 : gf_fail_memory(error, "the eigenstates of the chain");
}

/* All ranks have the same vectors: within a level any would do, but not two kinds. */
static void carry_frame(void *context, size_t b, gf_bytes *bytes) {
    gf_frame *frame = &((job *)context)->frames->store[b];
    gf_dense *vectors = &frame->vectors;
    size_t n = frame->size;
    frame->energy = gf_bytes_carry_array(bytes, frame->energy, n * sizeof *frame->energy);
    vectors->size = n;
    vectors->real = gf_bytes_carry_matrix(bytes, vectors->real, n, n, sizeof(double));
    vectors->complex_ =
        gf_bytes_carry_matrix(bytes, vectors->complex_, n, n, sizeof(double complex));
}

static gf_status list_orbits(gf_frames *self, gf_error *error) {
    gf_status status = GF_OK;
    for (size_t b = 0; b < self->count && status == GF_OK; ++b) {
        gf_frame *frame = &self->store[b];
        status = gf_orbits_init(&frame->orbits, &self->bath->symmetry, &frame->block, error);
        frame->size = frame->block.size;
    }
    return status;
}

/* Where one block is complex all vectors are. */
static gf_status make_complex(gf_frame *frame, gf_error *error) {
    gf_dense *vectors = &frame->vectors;
    if (vectors->real == NULL) {
        return GF_OK;
    }
    vectors->complex_ = gf_workspace_matrix(frame->size, frame->size, sizeof *vectors->complex_);
    if (vectors->complex_ == NULL) {
        return gf_fail_memory(error, "the eigenstates of the chain");
    }
    for (size_t i = 0; i < frame->size * frame->size; ++i) {
        vectors->complex_[i] = vectors->real[i];
    }
    gf_workspace_free(vectors->real);
    vectors->real = NULL;
    return GF_OK;
}

static gf_status solve_all(gf_frames *self, const gf_model *model, const gf_progress *progress,
                           gf_error *error) {
    gf_elements *hamiltonian = NULL;
    gf_status status = gf_elements_create(&model->hamiltonian, 1, &hamiltonian, error);
    if (status != GF_OK) {
        return status;
    }
    job work = {.hamiltonian = hamiltonian, .frames = self};
    const gf_tasks all = {.count = self->count,
                          .context = &work,
                          .cost = frame_cost,
                          .run = solve_frame,
                          .carry = carry_frame,
                          .progress = progress};
    status = list_orbits(self, error);
    status = status == GF_OK ? gf_tasks_run(&all, error) : status;
    self->resolution = RESOLUTION * gf_elements_size(hamiltonian);
    for (size_t b = 0; b < self->count && status == GF_OK && !self->is_real; ++b) {
        status = make_complex(&self->store[b], error);
    }
    gf_elements_free(hamiltonian);
    return status;
}

/* --- making ---------------------------------------------------------------------------------- */

double gf_frames_memory(const gf_block *blocks, size_t count) {
    double bytes = 0;
    for (size_t b = 0; b < count; ++b) {
        double n = (double)blocks[b].size;
        bytes += n * n * (blocks[b].is_real ? 8 : 16);
    }
    return bytes;
}

gf_status gf_frames_init(gf_frames *self, const gf_model *model, const gf_bath *bath,
                         const gf_progress *progress, gf_error *error) {
    gf_block *blocks = NULL;
    *self = (gf_frames){.bath = bath,
                        .sites = bath->sites,
                        .slots = bath->even_odd ? GF_SLOTS : 1,
                        .is_real = true};
    self->rungs = self->sites + 1 - gf_frames_up(self, 0);
    gf_status status = gf_symmetry_blocks(&bath->symmetry, &blocks, &self->count, error);
    if (status != GF_OK) {
        return status;
    }
    self->store = calloc(self->count + 1, sizeof *self->store);
    self->family = calloc(self->count + 1, sizeof *self->family);
    if (self->store == NULL || self->family == NULL) {
        status = gf_fail_memory(error, "the eigenstates of the chain");
        self->count = 0;
    }
    for (size_t b = 0; b < self->count; ++b) {
        self->store[b].block = blocks[b];
        self->is_real = self->is_real && blocks[b].is_real;
    }
    free(blocks);
    if (status == GF_OK) {
        status = solve_all(self, model, progress, error);
    }
    for (size_t b = 0; b < self->count && status == GF_OK; ++b) {
        add_to_family(self, &self->store[b]);
    }
    if (status != GF_OK) {
        gf_frames_free(self);
    }
    return status;
}

void gf_frames_free(gf_frames *self) {
    for (size_t b = 0; b < self->count; ++b) {
        gf_orbits_free(&self->store[b].orbits);
        gf_workspace_free(self->store[b].vectors.real);
        gf_workspace_free(self->store[b].vectors.complex_);
        free(self->store[b].energy);
    }
    free(self->store);
    free(self->family);
    *self = (gf_frames){0};
}
