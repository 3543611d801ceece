/* What datasets a file holds, for those who do not know it beforehand: gf_dataset read back. */
#ifndef GIBBSFLOW_IO_STORED_H
#define GIBBSFLOW_IO_STORED_H

#include "gibbsflow/file.h"

typedef enum gf_stored_type {
    GF_STORED_NUMBERS,  /* gf_file_get_doubles ... */
    GF_STORED_INTEGERS, /* gf_file_get_integers */
    GF_STORED_COMPLEX,
    GF_STORED_TEXTS,
    GF_STORED_OTHER /* nothing that can be read, or more than GF_FILE_MAX_RANK axes */
} gf_stored_type;

/* As gf_dataset: axes[k] is the absolute path of the dimension scale, which is `path` itself where
 * the dataset is one, or a plain word. A text that is absent is "". */
typedef struct gf_stored {
    char *path, *units, *description;
    gf_stored_type type;
    int rank;
    size_t shape[GF_FILE_MAX_RANK];
    char *axes[GF_FILE_MAX_RANK];
} gf_stored;

/* One dataset. After a failure, which the file remembers, there is nothing to free. */
gf_status gf_stored_find(gf_file *file, const char *path, gf_stored *stored, gf_error *error);
void gf_stored_free(gf_stored *self);

/* All of them, group by group in the order of their names. The caller frees each and the list. */
gf_status gf_stored_list(gf_file *file, gf_stored **list, size_t *count, gf_error *error);

#endif
