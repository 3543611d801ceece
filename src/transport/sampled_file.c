/* Checkpoints of random vectors in time. */
#include "transport/sampled.h"

#include "model/model_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of a set of one chain. */
static char *path_of(size_t chain, const char *name, char path[64]) {
    (void)snprintf(path, 64, "/vectors/chain%zu%s", chain, name);
    return path;
}

/* What has to agree between the vectors of two runs. */
enum { MARKS = 7 };
static void mark(const gf_sampled_chain *self, double marks[MARKS]) {
    const double all[MARKS] = {self->model->chain.sites,   (double)self->vectors,
                               (double)self->course.nodes, (double)self->course.steps,
                               self->course.step,          (double)self->seed,
                               self->complete ? 1.0 : 0.0};
    memcpy(marks, all, sizeof all);
}

static void put(gf_file *file, const char *path, const char *units, size_t rows, size_t columns,
                const double *data) {
    const gf_dataset set = {.path = path,
                            .units = units,
                            .rank = 2,
                            .shape = {rows, columns},
                            .axes = {"row", "column"}};
    gf_file_put_doubles(file, &set, data);
}

static gf_status put_chain(const gf_sampled_chain *self, size_t chain, gf_file *file,
                           gf_error *error) {
    size_t row = gf_sampled_chain_row(self), done = 0;
    double *index = calloc(self->vectors + 1, sizeof *index), marks[MARKS];
    double *values = calloc(self->vectors * row + 1, sizeof *values);
    char path[64];
    gf_status status =
        index != NULL && values != NULL ? GF_OK : gf_fail_memory(error, "the checkpoint");
    for (size_t v = 0; v < self->vectors && status == GF_OK; ++v) {
        if (self->done[v]) {
            memcpy(values + done * row, self->values + v * row, row * sizeof *values);
            index[done++] = (double)v;
        }
    }
    if (status == GF_OK) {
        mark(self, marks);
        put(file, path_of(chain, "/plan", path), "1", 1, MARKS, marks);
        put(file, path_of(chain, "/lambda2", path), "1/{energy}", 1, self->course.nodes,
            self->course.lambda2);
        if (done > 0) {
            put(file, path_of(chain, "/number", path), "1", done, 1, index);
            put(file, path_of(chain, "/value", path), "powers of {energy}", done, row, values);
        }
    }
    free(index);
    free(values);
    return status;
}

gf_status gf_sampled_save(const gf_checkpoint *checkpoint, const gf_model *model,
                          const gf_sampled_chain *chains, size_t count, gf_error *error) {
    gf_file *file = NULL;
    gf_status status = gf_file_create(checkpoint->path, &file, error);
    if (status != GF_OK) {
        return status;
    }
    gf_model_store(model, file);
    gf_file_put_number_attribute(file, "/vectors", "chains", (double)count);
    for (size_t c = 0; c < count && status == GF_OK; ++c) {
        status = put_chain(&chains[c], c, file, error);
    }
    if (status == GF_OK) {
        return gf_file_commit(&file, error);
    }
    gf_file_close(&file);
    return status;
}

/* --- reading --------------------------------------------------------------------------------- */

static bool same_numbers(size_t count, const double *a, const double *b) {
    bool same = true;
    for (size_t k = 0; k < count; ++k) {
        same = same && a[k] == b[k];
    }
    return same;
}

static bool agrees(const gf_sampled_chain *self, const double *plan, const double *lambda2) {
    double marks[MARKS];
    mark(self, marks);
    return same_numbers(MARKS, plan, marks) &&
           same_numbers(self->course.nodes, lambda2, self->course.lambda2);
}

/* False if the numbers are not those of vectors. */
static bool take(gf_sampled_chain *self, size_t count, const double *number, const double *value) {
    size_t row = gf_sampled_chain_row(self);
    for (size_t k = 0; k < count; ++k) {
        bool known = number[k] >= 0 && number[k] < (double)self->vectors &&
                     number[k] == floor(number[k]) && !self->done[(size_t)number[k]];
        for (size_t i = 0; i < row && known; ++i) {
            known = isfinite(value[k * row + i]);
        }
        if (!known) {
            return false;
        }
        size_t v = (size_t)number[k];
        memcpy(self->values + v * row, value + k * row, row * sizeof *value);
        self->done[v] = true;
    }
    return true;
}

static gf_status get_chain(gf_sampled_chain *self, size_t chain, gf_file *file, size_t *found,
                           gf_error *error) {
    size_t plan[2] = {0}, nodes[2] = {0}, numbers[2] = {0}, rows[2] = {0};
    char path[64];
    double *marks = gf_file_get_doubles(file, path_of(chain, "/plan", path), 2, plan);
    double *lambda2 = gf_file_get_doubles(file, path_of(chain, "/lambda2", path), 2, nodes);
    double *number = NULL, *value = NULL;
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK &&
        (plan[1] != MARKS || nodes[1] != self->course.nodes || !agrees(self, marks, lambda2))) {
        gf_file_reject(file,
                       "this checkpoint is of other times, lambda2, samples or seed; repeat "
                       "the command that made it, or remove it to start anew");
        status = gf_file_check(file, error);
    }
    if (status == GF_OK && gf_file_has(file, path_of(chain, "/number", path))) {
        number = gf_file_get_doubles(file, path_of(chain, "/number", path), 2, numbers);
        value = gf_file_get_doubles(file, path_of(chain, "/value", path), 2, rows);
        status = gf_file_check(file, error);
    }
    if (status == GF_OK && number != NULL) {
        if (numbers[1] != 1 || rows[0] != numbers[0] || rows[1] != gf_sampled_chain_row(self) ||
            !take(self, numbers[0], number, value)) {
            gf_file_reject(file, "this checkpoint is damaged; remove it to start anew");
            status = gf_file_check(file, error);
        } else {
            *found += numbers[0];
        }
    }
    free(marks);
    free(lambda2);
    free(number);
    free(value);
    return status;
}

gf_status gf_sampled_load(gf_checkpoint *checkpoint, const gf_model *model,
                          gf_sampled_chain *chains, size_t count, gf_error *error) {
    gf_file *file = NULL;
    checkpoint->resumed = 0;
    if (access(checkpoint->path, F_OK) != 0) {
        return GF_OK;
    }
    gf_error cause;
    gf_status status = gf_file_open(checkpoint->path, &file, &cause);
    if (status != GF_OK) {
        return gf_fail(error, status, "%s; remove this checkpoint to start anew", cause.message);
    }
    status = gf_model_check_stored(file, checkpoint->path, model, "random vectors", error);
    if (status == GF_OK &&
        gf_file_get_number_attribute(file, "/vectors", "chains") != (double)count) {
        gf_file_reject(file,
                       "this checkpoint is not one of as many chains (--method, --alone); repeat "
                       "the command that made it, or remove it to start anew");
        status = gf_file_check(file, error);
    }
    for (size_t c = 0; c < count && status == GF_OK; ++c) {
        status = get_chain(&chains[c], c, file, &checkpoint->resumed, error);
    }
    gf_file_close(&file);
    return status;
}
