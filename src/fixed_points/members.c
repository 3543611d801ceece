#include "fixed_points/members.h"

#include "base/ranks.h"
#include "base/tasks.h"
#include "gibbsflow/machine.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- cost ------------------------------------------------------------------------------------ */

/* Bytes that a spectrum keeps, at most: levels, quantum numbers and elements. */
static double stored_bytes(const gf_model *model) {
    double rows = 3 + (double)(model->channel_count * GF_OBSERVABLES);
    return rows * sizeof(double) * ldexp(1, model->chain.sites);
}

/* How many of them are diagonalised side by side: one on each thread if that fits. */
static bool side_by_side(const gf_spectrum_cost *one, double stored, size_t count) {
    double threads = gf_machine_threads();
    return (double)count >= threads &&
           threads * one->memory + stored <= (double)gf_machine_free_memory();
}

static gf_status estimate(const gf_model *model, const char *parameter, const gf_axis *axis,
                          gf_spectrum_cost *all, bool *alone, gf_error *error) {
    gf_spectrum_cost one;
    gf_model *first = NULL;
    gf_status status = gf_family_model_at(model, parameter, axis->from, &first, error);
    if (status == GF_OK && first->method != GF_FULL) {
        status = gf_fail(error, GF_INVALID,
                         "%s enters the Hamiltonian or a jump operator, and a scan of it wants "
                         "exact spectra: take method: full, or scan a parameter of the rates",
                         parameter);
    }
    if (status == GF_OK) {
        status = gf_spectrum_estimate(first, &one, error);
    }
    if (status == GF_OK) {
        double count = (double)axis->points, stored = count * stored_bytes(first);
        *alone = !side_by_side(&one, stored, axis->points);
        *all = one;
        all->seconds *= count;
        all->memory = stored + one.memory * (*alone ? 1 : gf_machine_threads());
        double spare = (double)gf_machine_free_memory();
        if (all->memory > spare) {
            status = gf_fail(error, GF_NO_MEMORY,
                             "a scan of %s diagonalises %zu times, which needs %.3g GiB of memory, "
                             "but %.3g GiB are free; take fewer values or fewer sites",
                             parameter, axis->points, all->memory / 0x1p30, spare / 0x1p30);
        }
    }
    gf_model_free(first);
    return status;
}

gf_status gf_members_estimate(const gf_model *model, const char *parameter, const gf_axis *axis,
                              gf_spectrum_cost *cost, gf_error *error) {
    bool alone = false;
    return estimate(model, parameter, axis, cost, &alone, error);
}

/* --- the store ------------------------------------------------------------------------------- */

/* "FOLDER/Delta=0.5.h5"; the value with all its digits. The caller frees it. */
static char *path_of(const gf_scan_store *store, const char *parameter, double value) {
    char digits[32], *path = NULL;
    (void)snprintf(digits, sizeof digits, "%.15g", value);
    if (strtod(digits, NULL) != value) {
        (void)snprintf(digits, sizeof digits, "%.17g", value);
    }
    return asprintf(&path, "%s/%s=%s.h5", store->folder, parameter, digits) >= 0 ? path : NULL;
}

static gf_status load_spectrum(const char *path, const gf_model *model, gf_spectrum **spectrum,
                               gf_error *error) {
    gf_file *file = NULL;
    gf_model *stored = NULL;
    gf_error reason;
    *spectrum = NULL;
    gf_status status = gf_file_open(path, &file, error);
    if (status == GF_OK) {
        status = gf_spectrum_read(file, path, NULL, &stored, spectrum, error);
    }
    if (status == GF_OK && gf_model_check_same_spectrum(stored, model, &reason) != GF_OK) {
        status = gf_fail(error, GF_INVALID,
                         "%s is of an unfinished scan of another model (%.500s); remove its "
                         "folder, or write the result elsewhere",
                         path, reason.message);
        gf_spectrum_free(*spectrum);
        *spectrum = NULL;
    }
    gf_model_free(stored);
    gf_file_close(&file);
    return status;
}

/* The spectrum of a member, if the store has it. */
static gf_status load_member(gf_scan_store *store, const char *parameter, gf_family_member *member,
                             gf_error *error) {
    char *path = path_of(store, parameter, member->value);
    gf_status status = path != NULL ? GF_OK : gf_fail_memory(error, "a name");
    if (status == GF_OK && access(path, F_OK) == 0) {
        status = load_spectrum(path, member->model, &member->spectrum, error);
        store->resumed += status == GF_OK;
    }
    free(path);
    return status;
}

static gf_status save_member(const gf_scan_store *store, const char *parameter,
                             const gf_family_member *member, gf_error *error) {
    gf_file *file = NULL;
    char *path = path_of(store, parameter, member->value);
    gf_status status = path != NULL ? GF_OK : gf_fail_memory(error, "a name");
    if (status == GF_OK && gf_ranks_rank() == 0 && mkdir(store->folder, 0777) != 0 &&
        errno != EEXIST) {
        status = gf_fail(error, GF_IO, "%s: cannot be made: %s", store->folder, strerror(errno));
    }
    if (status == GF_OK) {
        status = gf_file_create(path, &file, error);
    }
    if (status == GF_OK) {
        gf_spectrum_write(member->spectrum, member->model, file);
        status = gf_file_commit(&file, error);
    }
    free(path);
    return status;
}

/* "Delta=0.5.h5", or what was left of it when it was being written. */
static bool is_kept(const char *name, const char *parameter) {
    size_t length = strlen(parameter), whole = strlen(name);
    return strncmp(name, parameter, length) == 0 && name[length] == '=' &&
           ((whole > 3 && strcmp(name + whole - 3, ".h5") == 0) ||
            (whole > 5 && strcmp(name + whole - 5, ".part") == 0));
}

void gf_scan_store_remove(const gf_scan_store *self, const char *parameter) {
    DIR *folder = gf_ranks_rank() == 0 ? opendir(self->folder) : NULL;
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (is_kept(entry->d_name, parameter)) {
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
        (void)rmdir(self->folder); /* unless something else is in it */
    }
}

/* --- diagonalising --------------------------------------------------------------------------- */

typedef struct job {
    const char *parameter;
    gf_family_member *members; /* [count], with their models */
    size_t count;
    gf_scan_store *store;
    bool alone;
} job;

static double member_left(const void *context, size_t index) {
    const job *self = context;
    return self->members[index].spectrum == NULL ? 1 : 0;
}

static bool member_is_alone(const void *context, size_t index) {
    (void)index;
    return ((const job *)context)->alone;
}

static gf_status solve_member(const void *context, gf_task *task, gf_error *error) {
    const job *self = context;
    gf_family_member *member = &self->members[task->index];
    return gf_spectrum_compute(member->model, NULL, &member->spectrum, error);
}

/* A store that cannot be written is not tried again. */
static gf_status keep_member(void *context, const gf_task *task, gf_error *error) {
    (void)error;
    job *self = context;
    if (self->store != NULL && self->store->failure.status == GF_OK) {
        (void)save_member(self->store, self->parameter, &self->members[task->index],
                          &self->store->failure);
    }
    return GF_OK;
}

static void carry_member(void *context, size_t index, gf_bytes *bytes) {
    gf_spectrum_carry(&((const job *)context)->members[index].spectrum, bytes);
}

static gf_status solve_members(job *self, const gf_progress *progress, gf_error *error) {
    const gf_tasks all = {.count = self->count,
                          .context = self,
                          .left = member_left,
                          .alone = member_is_alone,
                          .blas_alone = 1,
                          .run = solve_member,
                          .keep = keep_member,
                          .carry = carry_member,
                          .progress = progress};
    gf_status status = gf_tasks_run(&all, error);
    for (size_t k = 0; k < self->count && status == GF_OK; ++k) {
        status = gf_region_init(&self->members[k].region, self->members[k].spectrum, error);
    }
    return status;
}

gf_status gf_members_solve(const gf_model *model, const char *parameter, const gf_axis *axis,
                           gf_scan_store *store, const gf_progress *progress,
                           gf_family_member *members, gf_error *error) {
    gf_spectrum_cost all;
    job work = {parameter, members, axis->points, store, false};
    memset(members, 0, axis->points * sizeof *members);
    gf_status status = estimate(model, parameter, axis, &all, &work.alone, error);
    if (store != NULL) {
        store->resumed = 0;
        store->failure = (gf_error){0};
    }
    for (size_t k = 0; k < axis->points && status == GF_OK; ++k) {
        status =
            gf_family_member_open(model, parameter, gf_axis_value(axis, k), &members[k], error);
        if (status == GF_OK && store != NULL) {
            status = load_member(store, parameter, &members[k], error);
        }
    }
    status = status == GF_OK ? solve_members(&work, progress, error) : status;
    for (size_t k = 0; k < axis->points && status != GF_OK; ++k) {
        gf_family_member_free(&members[k]);
    }
    return status;
}
