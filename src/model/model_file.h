/* The group /model of an HDF5 file: from which model its content was computed. */
#ifndef GIBBSFLOW_MODEL_MODEL_FILE_H
#define GIBBSFLOW_MODEL_MODEL_FILE_H

#include "gibbsflow/file.h"
#include "model/model.h"

/* Also makes the unit of energy that of the file. */
void gf_model_store(const gf_model *self, gf_file *file);

/* The name of its unit of energy; files of earlier versions have none, and it is "energy". The
 * caller frees it; NULL after a failure, which the file remembers. */
char *gf_model_stored_energy_unit(gf_file *file);

/* The stored model with `settings` (may be NULL) applied; they must leave its spectrum valid. The
 * caller frees the model; after a failure it is NULL. */
gf_status gf_model_restore(gf_file *file, const char *path, const gf_settings *settings,
                           gf_model **model, gf_error *error);

/* Fails unless the stored model has the same spectrum, saying what differs: "PATH holds `what` of
 * another model". */
gf_status gf_model_check_stored(gf_file *file, const char *path, const gf_model *model,
                                const char *what, gf_error *error);

#endif
