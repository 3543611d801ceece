/* Solved blocks of an unfinished diagonalisation, or finished vectors in place of these. */
#include "spectrum/checkpoint.h"
#include "model/model_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The solved blocks one after another: of each `levels` energies and degeneracies, and rows x
 * levels matrix elements. */
typedef struct packed {
    size_t blocks, levels, values;
    int64_t *block, *count; /* [blocks]: which, and its levels */
    double *energy, *degeneracy, *value;
} packed;

static void free_packed(packed *self) {
    free(self->block);
    free(self->count);
    free(self->energy);
    free(self->degeneracy);
    free(self->value);
    *self = (packed){0};
}

static gf_status pack(const gf_block_levels *sectors, size_t blocks, packed *result,
                      gf_error *error) {
    *result = (packed){0};
    for (size_t b = 0; b < blocks; ++b) {
        result->blocks += sectors[b].levels > 0;
        result->levels += sectors[b].levels;
        result->values += sectors[b].rows * sectors[b].levels;
    }
    result->block = calloc(result->blocks + 1, sizeof(int64_t));
    result->count = calloc(result->blocks + 1, sizeof(int64_t));
    result->energy = calloc(result->levels + 1, sizeof(double));
    result->degeneracy = calloc(result->levels + 1, sizeof(double));
    result->value = calloc(result->values + 1, sizeof(double));
    if (result->block == NULL || result->count == NULL || result->energy == NULL ||
        result->degeneracy == NULL || result->value == NULL) {
        free_packed(result);
        return gf_fail_memory(error, "the checkpoint");
    }
    size_t at = 0, level = 0, value = 0;
    for (size_t b = 0; b < blocks; ++b) {
        size_t levels = sectors[b].levels, values = sectors[b].rows * levels;
        if (levels > 0) {
            result->block[at] = (int64_t)b;
            result->count[at++] = (int64_t)levels;
            memcpy(result->energy + level, sectors[b].energy, levels * sizeof(double));
            memcpy(result->degeneracy + level, sectors[b].degeneracy, levels * sizeof(double));
            memcpy(result->value + value, sectors[b].observable, values * sizeof(double));
            level += levels;
            value += values;
        }
    }
    return GF_OK;
}

static void put(gf_file *file, const char *path, const char *units, size_t count,
                const double *data) {
    gf_file_put_doubles(
        file,
        &(gf_dataset){.path = path, .units = units, .rank = 1, .shape = {count}, .axes = {"row"}},
        data);
}

static void put_integers(gf_file *file, const char *path, size_t count, const int64_t *data) {
    gf_file_put_integers(
        file,
        &(gf_dataset){.path = path, .units = "1", .rank = 1, .shape = {count}, .axes = {"row"}},
        data);
}

gf_status gf_checkpoint_save(const gf_checkpoint *self, const gf_model *model,
                             const gf_block_levels *sectors, size_t blocks, gf_error *error) {
    packed data;
    gf_file *file = NULL;
    gf_status status = pack(sectors, blocks, &data, error);
    if (status == GF_OK && data.blocks > 0) {
        status = gf_file_create(self->path, &file, error);
    }
    if (status == GF_OK && data.blocks > 0) {
        gf_model_store(model, file);
        if (model->method != GF_FULL) {
            gf_spectrum_put_sampling(&model->sampling, file);
        }
        gf_file_put_number_attribute(file, "/blocks", "of", (double)blocks);
        put_integers(file, "/blocks/block", data.blocks, data.block);
        put_integers(file, "/blocks/levels", data.blocks, data.count);
        put(file, "/blocks/energy", "{energy}", data.levels, data.energy);
        put(file, "/blocks/degeneracy", "1", data.levels, data.degeneracy);
        put(file, "/blocks/value", "powers of {energy}, by row", data.values, data.value);
        status = gf_file_commit(&file, error);
    }
    free_packed(&data);
    return status;
}

/* --- reading --------------------------------------------------------------------------------- */

static bool is_block(const gf_block_levels *sector, size_t levels, const double *energy,
                     const double *degeneracy) {
    double states = 0;
    bool vector = sector->size == 0;
    bool sound = levels > 0 && (vector || levels <= sector->size) && sector->levels == 0;
    for (size_t i = 0; i < levels && sound; ++i) {
        states += degeneracy[i];
        sound = isfinite(energy[i]) && isfinite(degeneracy[i]) &&
                (i == 0 || energy[i] >= energy[i - 1]);
    }
    return sound && (vector || states == (double)sector->size);
}

static gf_status take_block(gf_block_levels *sector, size_t levels, const double *energy,
                            const double *degeneracy, const double *value, gf_error *error) {
    size_t values = sector->rows * levels;
    sector->energy = malloc(levels * sizeof(double));
    sector->degeneracy = malloc(levels * sizeof(double));
    sector->observable = malloc((values + 1) * sizeof(double));
    if (sector->energy == NULL || sector->degeneracy == NULL || sector->observable == NULL) {
        return gf_fail_memory(error, "the checkpoint");
    }
    memcpy(sector->energy, energy, levels * sizeof(double));
    memcpy(sector->degeneracy, degeneracy, levels * sizeof(double));
    memcpy(sector->observable, value, values * sizeof(double));
    sector->levels = levels;
    return GF_OK;
}

static gf_status unpack(const packed *data, gf_block_levels *sectors, size_t blocks, gf_file *file,
                        gf_error *error) {
    size_t level = 0, value = 0;
    gf_status status = GF_OK;
    for (size_t at = 0; at < data->blocks && status == GF_OK; ++at) {
        bool known = data->block[at] >= 0 && (size_t)data->block[at] < blocks;
        gf_block_levels *sector = known ? &sectors[data->block[at]] : NULL;
        size_t levels = data->count[at] > 0 ? (size_t)data->count[at] : 0;
        if (!known || levels > data->levels - level ||
            sector->rows * levels > data->values - value ||
            !is_block(sector, levels, data->energy + level, data->degeneracy + level)) {
            gf_file_reject(file,
                           "this checkpoint is damaged, or was made with other symmetries; "
                           "remove it to start anew");
            return gf_file_check(file, error);
        }
        status = take_block(sector, levels, data->energy + level, data->degeneracy + level,
                            data->value + value, error);
        level += levels;
        value += sector->rows * levels;
    }
    return status;
}

static gf_status read_packed(gf_file *file, size_t blocks, packed *data, gf_error *error) {
    size_t same = 0, degeneracies = 0;
    double of = gf_file_get_number_attribute(file, "/blocks", "of");
    data->block = gf_file_get_integers(file, "/blocks/block", 1, &data->blocks);
    data->count = gf_file_get_integers(file, "/blocks/levels", 1, &same);
    data->energy = gf_file_get_doubles(file, "/blocks/energy", 1, &data->levels);
    data->degeneracy = gf_file_get_doubles(file, "/blocks/degeneracy", 1, &degeneracies);
    data->value = gf_file_get_doubles(file, "/blocks/value", 1, &data->values);
    if (of != (double)blocks || same != data->blocks || degeneracies != data->levels) {
        gf_file_reject(file,
                       "this checkpoint is damaged, or was made with other symmetries; "
                       "remove it to start anew");
    }
    return gf_file_check(file, error);
}

/* That it is of the same method, and of random vectors like those of the model. */
static gf_status check_method(gf_file *file, const char *path, const gf_model *model,
                              gf_error *error) {
    gf_model *stored = NULL;
    bool sampled = gf_file_has(file, "/sampling"), same = sampled == (model->method != GF_FULL);
    gf_status status = gf_model_restore(file, path, NULL, &stored, error);
    if (status == GF_OK && sampled && same) {
        const gf_sampling *one = &model->sampling, *other = &stored->sampling;
        gf_spectrum_get_sampling(file, stored);
        same = one->samples == other->samples && one->exact == other->exact &&
               one->deflate == other->deflate && one->steps == other->steps &&
               one->seed == other->seed && model->lambda2.from == stored->lambda2.from &&
               model->lambda2.to == stored->lambda2.to;
    }
    gf_model_free(stored);
    if (status == GF_OK && !same) {
        gf_file_reject(file,
                       "this checkpoint is of another method, or of other samples, seed or "
                       "range of lambda2; repeat the command that made it, or remove it to "
                       "start anew");
    }
    return status == GF_OK ? gf_file_check(file, error) : status;
}

gf_status gf_checkpoint_load(gf_checkpoint *self, const gf_model *model, gf_block_levels *sectors,
                             size_t blocks, gf_error *error) {
    gf_file *file = NULL;
    packed data = {0};
    self->resumed = 0;
    if (access(self->path, F_OK) != 0) {
        return GF_OK;
    }
    gf_error reason;
    gf_status status = gf_file_open(self->path, &file, &reason);
    if (status != GF_OK) {
        return gf_fail(error, status,
                       "%.900s; unfinished diagonalisations are kept under this name: remove it to "
                       "start anew",
                       reason.message);
    }
    if (status == GF_OK) {
        status =
            gf_model_check_stored(file, self->path, model, "the unfinished diagonalisation", error);
    }
    if (status == GF_OK) {
        status = check_method(file, self->path, model, error);
    }
    if (status == GF_OK) {
        status = read_packed(file, blocks, &data, error);
    }
    if (status == GF_OK) {
        status = unpack(&data, sectors, blocks, file, error);
        self->resumed = data.blocks;
    }
    free_packed(&data);
    gf_file_close(&file);
    return status;
}

void gf_checkpoint_heed(const gf_checkpoint *self, bool yes) {
    if (self != NULL && self->heeds != NULL) {
        self->heeds(yes);
    }
}
