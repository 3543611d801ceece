/* HDF5 files that are either whole or absent.
 *
 * A file is made in memory; gf_file_commit writes it as PATH.<process>.part and renames that to
 * PATH, so a reader sees the old file or the new one, never half of one. A gf_file remembers its
 * first failure: later calls do nothing, and gf_file_commit or gf_file_check reports it. HDF5's own
 * printing of errors is switched off for the process when a file is opened. */
#ifndef GIBBSFLOW_FILE_H
#define GIBBSFLOW_FILE_H

#include "gibbsflow/api.h"
#include "gibbsflow/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

GF_BEGIN_DECLARATIONS

#define GF_FILE_MAX_RANK 6

/* The layout of the files written, as the integer `format` on the root group. It rises when an
 * older program would misunderstand a file; additions leave it. Files of a higher number are
 * refused by name; those without one are older than format 1, which reads them as they are. */
#define GF_FILE_FORMAT 1

typedef struct gf_file gf_file;

/* What a dataset is. `path` is absolute; groups on the way are made. `axes[k]` says what runs along
 * dimension k: the absolute path of the dataset that holds its values (attached as a dimension
 * scale), or a plain word ("charge"). Rank 0 is a scalar. In `units` and `description` {energy}
 * stands for the unit of energy of the file; components with units of their own are listed in the
 * order in which they lie, "1 per site; {energy} per site". */
typedef struct gf_dataset {
    const char *path, *units, *description;
    int rank;
    size_t shape[GF_FILE_MAX_RANK];
    const char *axes[GF_FILE_MAX_RANK];
} gf_dataset;

GF_API bool gf_file_is_hdf5(const char *path);

/* Puts a whole file of any kind in place: written beside, then renamed. */
GF_API gf_status gf_file_write_bytes(const char *path, const char *bytes, size_t size,
                                     gf_error *error);

/* Fails at once, with the reason, if a file could not be written at `path`. */
GF_API gf_status gf_file_check_writable(const char *path, gf_error *error);

/* The name under which `path` is written until it is complete. The caller frees it. */
GF_API char *gf_file_part_name(const char *path);

GF_API gf_status gf_file_open(const char *path, gf_file **file, gf_error *error);   /* to read */
GF_API gf_status gf_file_create(const char *path, gf_file **file, gf_error *error); /* to write */
/* To change parts of an existing file: works on a copy in memory that replaces it. */
GF_API gf_status gf_file_edit(const char *path, gf_file **file, gf_error *error);

/* Completes a written or changed file (program, version and format on its root) and puts it in
 * place. Frees the file in any case, sets it to NULL, and removes what was written if anything
 * failed. */
GF_API gf_status gf_file_commit(gf_file **file, gf_error *error);
/* Reports the first failure, if any. */
GF_API gf_status gf_file_check(const gf_file *file, gf_error *error);
/* Closes a file that was read, or gives up one that was being written. NULL is fine. */
GF_API void gf_file_close(gf_file **file);

/* Records a failure found by the caller in the content: "PATH: message". */
GF_API GF_PRINTF(2, 3) void gf_file_reject(gf_file *self, const char *format, ...);

GF_API bool gf_file_has(gf_file *self, const char *path); /* a group or dataset */
GF_API bool gf_file_has_attribute(gf_file *self, const char *path, const char *name);
GF_API void gf_file_remove(gf_file *self, const char *path);

/* What {energy} means in datasets put from now on; until then "energy". */
GF_API void gf_file_set_energy_unit(gf_file *self, const char *unit);

GF_API void gf_file_put_doubles(gf_file *self, const gf_dataset *dataset, const double *data);
GF_API void gf_file_put_integers(gf_file *self, const gf_dataset *dataset, const int64_t *data);
/* Complex numbers, `data` their real and imaginary parts in pairs. */
GF_API void gf_file_put_complex(gf_file *self, const gf_dataset *dataset, const double *data);
GF_API void gf_file_put_strings(gf_file *self, const gf_dataset *dataset, const char *const *data);

/* Attributes of the group or dataset `path`, which is made as a group if absent. */
GF_API void gf_file_put_text_attribute(gf_file *self, const char *path, const char *name,
                                       const char *text);
GF_API void gf_file_put_number_attribute(gf_file *self, const char *path, const char *name,
                                         double value);
GF_API void gf_file_put_integer_attribute(gf_file *self, const char *path, const char *name,
                                          long value);

/* The whole dataset, which must have `rank` dimensions of the sizes shape[0...rank-1]; a size that
 * is not known is 0, and receives that of the file. The caller frees the data. NULL after a
 * failure. */
GF_API double *gf_file_get_doubles(gf_file *self, const char *path, int rank, size_t *shape);
GF_API int64_t *gf_file_get_integers(gf_file *self, const char *path, int rank, size_t *shape);
GF_API double *gf_file_get_complex(gf_file *self, const char *path, int rank, size_t *shape);
/* The array and its strings are one allocation: free the array. */
GF_API char **gf_file_get_strings(gf_file *self, const char *path, int rank, size_t *shape);
GF_API char *gf_file_get_text_attribute(gf_file *self, const char *path, const char *name);
GF_API double gf_file_get_number_attribute(gf_file *self, const char *path, const char *name);

/* Copies a group of another file, with all that it holds, to the same place of this one. Axes that
 * lie in the group, or were copied before, are attached to the copies. */
GF_API void gf_file_copy(gf_file *self, gf_file *from, const char *group);

/* The date and the command line that made the file, on the root group. */
GF_API void gf_file_put_origin(gf_file *self, const char *command);

GF_END_DECLARATIONS

#endif
