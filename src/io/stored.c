#include "io/stored.h"

#include "io/inside.h"

#include <hdf5_hl.h>
#include <stdlib.h>
#include <string.h>

/* --- one dataset ----------------------------------------------------------------------------- */

/* A text attribute of variable length, or "". The caller frees it; NULL: out of memory. */
static char *text_attribute(hid_t id, const char *name) {
    char *raw = NULL, *text = NULL;
    hid_t attribute = H5Aexists(id, name) > 0 ? H5Aopen(id, name, H5P_DEFAULT) : H5I_INVALID_HID;
    hid_t type = attribute >= 0 ? H5Aget_type(attribute) : H5I_INVALID_HID;
    hid_t space = attribute >= 0 ? H5Aget_space(attribute) : H5I_INVALID_HID;
    if (type >= 0 && space >= 0 && H5Tis_variable_str(type) > 0 &&
        H5Sget_simple_extent_npoints(space) == 1 && H5Aread(attribute, type, &raw) >= 0 &&
        raw != NULL) {
        text = strdup(raw);
        (void)H5free_memory(raw);
    } else {
        text = strdup("");
    }
    (void)(space >= 0 && H5Sclose(space));
    (void)(type >= 0 && H5Tclose(type));
    (void)(attribute >= 0 && H5Aclose(attribute));
    return text;
}

static bool is_complex(hid_t type) {
    static const char *const parts[] = {"r", "i"};
    bool fits = H5Tget_class(type) == H5T_COMPOUND && H5Tget_nmembers(type) == 2;
    for (unsigned k = 0; k < 2 && fits; ++k) {
        char *name = H5Tget_member_name(type, k);
        fits = name != NULL && strcmp(name, parts[k]) == 0 &&
               H5Tget_member_class(type, k) == H5T_FLOAT;
        (void)H5free_memory(name);
    }
    return fits;
}

static gf_stored_type type_of(hid_t id) {
    hid_t type = H5Dget_type(id);
    gf_stored_type found = GF_STORED_OTHER;
    if (type >= 0) {
        found = H5Tget_class(type) == H5T_FLOAT     ? GF_STORED_NUMBERS
                : H5Tget_class(type) == H5T_INTEGER ? GF_STORED_INTEGERS
                : H5Tis_variable_str(type) > 0      ? GF_STORED_TEXTS
                : is_complex(type)                  ? GF_STORED_COMPLEX
                                                    : GF_STORED_OTHER;
        (void)H5Tclose(type);
    }
    return found;
}

enum { LONGEST_PATH = 1000 };

static herr_t take_name(hid_t data, unsigned dimension, hid_t scale, void *name) {
    (void)data, (void)dimension;
    return H5Iget_name(scale, name, LONGEST_PATH) > 0 ? 1 : -1;
}

/* What runs along an axis; "" where nothing says so. */
static char *axis_of(hid_t id, const char *path, int rank, int axis) {
    char name[LONGEST_PATH] = "";
    if (rank == 1 && H5DSis_scale(id) > 0) {
        return strdup(path);
    }
    if (H5DSiterate_scales(id, (unsigned)axis, NULL, take_name, name) <= 0 &&
        H5DSget_label(id, (unsigned)axis, name, sizeof name) < 0) {
        *name = '\0';
    }
    return strdup(name);
}

static bool take_shape(hid_t id, gf_stored *self) {
    hsize_t shape[H5S_MAX_RANK] = {0};
    hid_t space = H5Dget_space(id);
    int rank = space >= 0 ? H5Sget_simple_extent_dims(space, shape, NULL) : -1;
    bool some = space >= 0 && H5Sget_simple_extent_type(space) != H5S_NULL;
    (void)(space >= 0 && H5Sclose(space));
    if (rank > GF_FILE_MAX_RANK || !some) {
        self->type = GF_STORED_OTHER;
    }
    self->rank = rank > GF_FILE_MAX_RANK ? GF_FILE_MAX_RANK : rank;
    for (int k = 0; k < self->rank; ++k) {
        self->shape[k] = (size_t)shape[k];
    }
    return rank >= 0;
}

/* False: out of memory, or not to be understood. */
static bool describe(hid_t id, const char *path, gf_stored *self) {
    *self = (gf_stored){.path = strdup(path),
                        .units = text_attribute(id, "units"),
                        .description = text_attribute(id, "description"),
                        .type = type_of(id)};
    bool done = take_shape(id, self) && self->path != NULL && self->units != NULL &&
                self->description != NULL;
    for (int k = 0; k < self->rank && done; ++k) {
        self->axes[k] = axis_of(id, path, self->rank, k);
        done = self->axes[k] != NULL;
    }
    if (!done) {
        gf_stored_free(self);
    }
    return done;
}

void gf_stored_free(gf_stored *self) {
    free(self->path);
    free(self->units);
    free(self->description);
    for (int k = 0; k < GF_FILE_MAX_RANK; ++k) {
        free(self->axes[k]);
    }
    *self = (gf_stored){0};
}

gf_status gf_stored_find(gf_file *file, const char *path, gf_stored *stored, gf_error *error) {
    *stored = (gf_stored){0};
    if (!gf_file_has(file, path)) {
        gf_file_reject(file, "has no %s", path);
        return gf_file_check(file, error);
    }
    hid_t id = H5Oopen(gf_file_identifier(file), path, H5P_DEFAULT);
    if (id < 0 || H5Iget_type(id) != H5I_DATASET) {
        gf_file_reject(file, "%s is a group; expected a dataset in it", path);
    } else if (!describe(id, path, stored)) {
        gf_file_reject(file, "%s cannot be understood", path);
    }
    (void)(id >= 0 && H5Oclose(id));
    return gf_file_check(file, error);
}

/* --- all of them ----------------------------------------------------------------------------- */

typedef struct gathering {
    gf_stored *list;
    size_t count, room;
} gathering;

static bool make_room(gathering *self) {
    if (self->count == self->room) {
        size_t room = 2 * self->room + 16;
        gf_stored *list = realloc(self->list, room * sizeof *list);
        if (list == NULL) {
            return false;
        }
        self->list = list;
        self->room = room;
    }
    return true;
}

static herr_t gather(hid_t root, const char *name, const H5L_info_t *info, void *context) {
    gathering *self = context;
    char path[LONGEST_PATH + 1];
    hid_t id = H5Oopen(root, name, H5P_DEFAULT);
    bool done = true;
    (void)info;
    if (id >= 0 && H5Iget_type(id) == H5I_DATASET && strlen(name) < LONGEST_PATH) {
        (void)stpcpy(stpcpy(path, "/"), name);
        done = make_room(self) && describe(id, path, &self->list[self->count]);
        self->count += done ? 1 : 0;
    }
    (void)(id >= 0 && H5Oclose(id));
    return done ? 0 : -1;
}

gf_status gf_stored_list(gf_file *file, gf_stored **list, size_t *count, gf_error *error) {
    gathering all = {0};
    if (H5Lvisit(gf_file_identifier(file), H5_INDEX_NAME, H5_ITER_INC, gather, &all) < 0) {
        gf_file_reject(file, "what it holds cannot be listed");
        while (all.count > 0) {
            gf_stored_free(&all.list[--all.count]);
        }
        free(all.list);
        all.list = NULL;
    }
    *list = all.list;
    *count = all.count;
    return gf_file_check(file, error);
}
