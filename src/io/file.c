#include "gibbsflow/file.h"

#include "base/pages.h"
#include "base/ranks.h"
#include "gibbsflow/machine.h"
#include "gibbsflow/version.h"
#include "io/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A file being written grows in memory by this much at a time. It meets the disk only when it is
 * complete: HDF5 1.10 crashes at exit after a write that failed. */
enum { MEMORY_STEP = 1 << 22 };

static const char ENERGY[] = "{energy}";
enum { UNIT = 64 };

struct gf_file {
    hid_t id;
    char *path;
    char energy_unit[UNIT]; /* what ENERGY means in units */
    gf_error error;
};

hid_t gf_file_identifier(const gf_file *self) {
    return self->id;
}

/* --- failures -------------------------------------------------------------------------------- */

static herr_t innermost_error(unsigned depth, const H5E_error2_t *entry, void *text) {
    if (depth == 0) {
        const char *system = strstr(entry->desc, "error message = '");
        (void)snprintf(text, 200, "%s", system != NULL ? system + 17 : entry->desc);
        char *quote = system != NULL ? strchr(text, '\'') : NULL;
        if (quote != NULL) {
            *quote = '\0';
        }
    }
    return 0;
}

static void fail(gf_file *self, const char *doing, const char *what) {
    char reason[200] = "unknown reason";
    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost_error, reason);
    if (self->error.status == GF_OK) {
        (void)gf_fail(&self->error, GF_IO, "%s: cannot %s %s: %s", self->path, doing, what, reason);
    }
}

void gf_file_reject(gf_file *self, const char *format, ...) {
    if (self->error.status == GF_OK) {
        char message[800];
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(message, sizeof message, format, arguments);
        va_end(arguments);
        (void)gf_fail(&self->error, GF_INVALID, "%s: %s", self->path, message);
    }
}

static bool failed(const gf_file *self) {
    return self->error.status != GF_OK;
}

gf_status gf_file_check(const gf_file *self, gf_error *error) {
    if (failed(self) && error != NULL) {
        *error = self->error;
    }
    return self->error.status;
}

/* --- opening and closing --------------------------------------------------------------------- */

bool gf_file_is_hdf5(const char *path) {
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return H5Fis_hdf5(path) > 0;
}

/* Where a symbolic link points, seen from where it stands. The caller frees it; NULL: no link. */
static char *follow(const char *path) {
    char pointed[4096], *target = NULL;
    ssize_t length = readlink(path, pointed, sizeof pointed - 1);
    if (length <= 0 || length == (ssize_t)sizeof pointed - 1) {
        return NULL;
    }
    pointed[length] = '\0';
    const char *slash = pointed[0] != '/' ? strrchr(path, '/') : NULL;
    int folder = slash != NULL ? (int)(slash - path) + 1 : 0;
    return asprintf(&target, "%.*s%s", folder, path, pointed) >= 0 ? target : NULL;
}

/* What a path stands for when a file is to be replaced: the file that a symbolic link points to,
 * also where that is yet to be made. */
static char *resolve(const char *path) {
    enum { MOST_LINKS = 40 };
    char *target = realpath(path, NULL);
    if (target != NULL) {
        return target;
    }
    target = strdup(path);
    for (int k = 0; k < MOST_LINKS && target != NULL; ++k) {
        char *next = follow(target);
        if (next == NULL) {
            break;
        }
        free(target);
        target = next;
    }
    return target;
}

/* Removes what processes that were killed left of TARGET: TARGET.<process>.part, of a process that
 * is no more, an hour old (on a shared disk another machine may still be writing). */
static void sweep_parts(const char *target) {
    enum { OLD = 3600 };
    glob_t found = {0};
    char *pattern = NULL;
    if (strpbrk(target, "*?[\\") != NULL || asprintf(&pattern, "%s.*.part", target) < 0) {
        return;
    }
    size_t count = glob(pattern, GLOB_NOSORT, NULL, &found) == 0 ? found.gl_pathc : 0;
    for (size_t k = 0; k < count; ++k) {
        struct stat status;
        char *end = NULL;
        long process = strtol(found.gl_pathv[k] + strlen(target) + 1, &end, 10);
        bool ours = process > 0 && strcmp(end, ".part") == 0;
        if (ours && kill((pid_t)process, 0) != 0 && errno == ESRCH &&
            lstat(found.gl_pathv[k], &status) == 0 && S_ISREG(status.st_mode) &&
            time(NULL) - status.st_mtime > OLD) {
            (void)unlink(found.gl_pathv[k]);
        }
    }
    globfree(&found);
    free(pattern);
}

char *gf_file_part_name(const char *path) {
    char *name = NULL, *target = resolve(path);
    bool made = target != NULL && asprintf(&name, "%s.%ld.part", target, (long)getpid()) >= 0;
    free(target);
    return made ? name : NULL;
}

gf_status gf_file_check_writable(const char *path, gf_error *error) {
    struct stat status;
    if (gf_ranks_rank() > 0) { /* rank 0 writes, and looks */
        return GF_OK;
    }
    if (*path == '\0') {
        return gf_fail(error, GF_IO, "%s: cannot be written: the name is empty", path);
    }
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        return gf_fail(error, GF_IO, "%s: cannot be written: not a regular file", path);
    }
    char *part = gf_file_part_name(path);
    if (part == NULL) {
        return gf_fail_memory(error, path);
    }
    int descriptor = open(part, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    gf_status result =
        descriptor >= 0 ? GF_OK
                        : gf_fail(error, GF_IO, "%s: cannot be written: %s", path, strerror(errno));
    if (descriptor >= 0) {
        (void)close(descriptor);
        (void)unlink(part);
    }
    free(part);
    return result;
}

static gf_status new_file(const char *path, gf_file **file, gf_error *error) {
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    *file = calloc(1, sizeof **file);
    if (*file != NULL) {
        (*file)->id = H5I_INVALID_HID;
        (*file)->path = strdup(path);
        gf_file_set_energy_unit(*file, "energy");
    }
    if (*file == NULL || (*file)->path == NULL) {
        gf_file_close(file);
        return gf_fail_memory(error, path);
    }
    return GF_OK;
}

/* Refuses a file of a format that came after this program; one without a number is older than all.
 */
static void check_format(gf_file *self) {
    if (H5Aexists(self->id, "format") <= 0) {
        return;
    }
    double format = gf_file_get_number_attribute(self, "/", "format");
    if (failed(self) || format <= GF_FILE_FORMAT) {
        return;
    }
    char *version = gf_file_get_text_attribute(self, "/", "version");
    self->error.status = GF_OK; /* a missing version matters less */
    gf_file_reject(self, "format %.10g, written by %s %s; this program reads up to %d", format,
                   version != NULL ? "gibbsflow" : "a newer",
                   version != NULL ? version : "gibbsflow", GF_FILE_FORMAT);
    free(version);
}

static gf_status check_opened(gf_file **file, const char *doing, gf_error *error) {
    if ((*file)->id < 0) {
        fail(*file, doing, "the file");
    } else {
        check_format(*file);
    }
    gf_status status = gf_file_check(*file, error);
    if (status != GF_OK) {
        gf_file_close(file);
    }
    return status;
}

gf_status gf_file_open(const char *path, gf_file **file, gf_error *error) {
    gf_status status = new_file(path, file, error);
    if (status != GF_OK) {
        return status;
    }
    (*file)->id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    return check_opened(file, "open", error);
}

/* What HDF5 keeps a file in that is in memory. */
static void *allocate_image(size_t size, H5FD_file_image_op_t operation, void *unused) {
    (void)operation;
    (void)unused;
    return gf_pages_alloc(size);
}

static void *grow_image(void *old, size_t size, H5FD_file_image_op_t operation, void *unused) {
    void *image = allocate_image(size, operation, unused);
    size_t kept = old != NULL ? malloc_usable_size(old) : 0;
    if (image != NULL && kept > 0) {
        memcpy(image, old, kept < size ? kept : size);
    }
    if (image != NULL) {
        free(old);
    }
    return image;
}

static herr_t free_image(void *image, H5FD_file_image_op_t operation, void *unused) {
    (void)operation;
    (void)unused;
    free(image);
    return 0;
}

static hid_t in_memory(void) {
    H5FD_file_image_callbacks_t memory = {
        .image_malloc = allocate_image, .image_realloc = grow_image, .image_free = free_image};
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    (void)H5Pset_fapl_core(access, MEMORY_STEP, 0);
    (void)H5Pset_file_image_callbacks(access, &memory);
    return access;
}

gf_status gf_file_create(const char *path, gf_file **file, gf_error *error) {
    gf_status status = gf_file_check_writable(path, error);
    *file = NULL;
    if (status == GF_OK) {
        status = new_file(path, file, error);
    }
    if (status != GF_OK) {
        return status;
    }
    hid_t access = in_memory();
    (*file)->id = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    (void)H5Pclose(access);
    return check_opened(file, "write", error);
}

static gf_status read_bytes(const char *path, void **bytes, size_t *size, gf_error *error) {
    struct stat status;
    FILE *source = fopen(path, "rb");
    *bytes = NULL;
    bool done = source != NULL && fstat(fileno(source), &status) == 0;
    if (done) {
        *size = (size_t)status.st_size;
        *bytes = malloc(*size + 1);
        done = *bytes != NULL && fread(*bytes, 1, *size, source) == *size;
    }
    gf_status result =
        done ? GF_OK : gf_fail(error, GF_IO, "%s: cannot be read: %s", path, strerror(errno));
    if (source != NULL) {
        (void)fclose(source);
    }
    return result;
}

gf_status gf_file_edit(const char *path, gf_file **file, gf_error *error) {
    void *bytes = NULL;
    size_t size = 0;
    *file = NULL;
    gf_status status = gf_file_check_writable(path, error);
    if (status == GF_OK) {
        status = read_bytes(path, &bytes, &size, error);
    }
    if (status == GF_OK) {
        status = new_file(path, file, error);
    }
    if (status == GF_OK) {
        (*file)->id = H5LTopen_file_image(bytes, size, H5LT_FILE_IMAGE_OPEN_RW);
        status = check_opened(file, "change", error);
    }
    free(bytes);
    return status;
}

void gf_file_close(gf_file **file) {
    gf_file *self = *file;
    *file = NULL;
    if (self == NULL) {
        return;
    }
    if (self->id >= 0) {
        (void)H5Fclose(self->id);
    }
    free(self->path);
    free(self);
}

static bool write_all(int descriptor, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t written = write(descriptor, bytes, size);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        bytes += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return fsync(descriptor) == 0;
}

/* Writes `part` and renames it to `target`, with the mode of the file it replaces. */
static bool replace(const char *part, const char *target, const char *bytes, size_t size) {
    int descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool written = descriptor >= 0 && write_all(descriptor, bytes, size);
    int reason = errno;
    struct stat old;
    if (written && stat(target, &old) == 0) {
        (void)fchmod(descriptor, old.st_mode & 07777);
    }
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    errno = reason;
    return written && rename(part, target) == 0;
}

gf_status gf_file_write_bytes(const char *path, const char *bytes, size_t size, gf_error *error) {
    if (gf_ranks_rank() > 0) { /* all ranks have the same bytes */
        return GF_OK;
    }
    char *part = gf_file_part_name(path), *target = resolve(path);
    gf_status status = GF_OK;
    if (part == NULL || target == NULL) {
        status = gf_fail_memory(error, path);
    } else if (!replace(part, target, bytes, size)) {
        status = gf_fail(error, GF_IO, "%s: cannot be written: %s", path, strerror(errno));
        (void)unlink(part);
    } else {
        sweep_parts(target);
    }
    free(part);
    free(target);
    return status;
}

/* The file as bytes, complete. The caller frees them; NULL after a failure. */
static char *take_image(gf_file *self, size_t *size) {
    ssize_t length =
        H5Fflush(self->id, H5F_SCOPE_GLOBAL) >= 0 ? H5Fget_file_image(self->id, NULL, 0) : -1;
    char *bytes = length > 0 ? gf_pages_alloc((size_t)length) : NULL;
    if (bytes == NULL || H5Fget_file_image(self->id, bytes, (size_t)length) != length) {
        fail(self, "complete", "the file");
        free(bytes);
        return NULL;
    }
    *size = (size_t)length;
    return bytes;
}

/* Who wrote the file, and what a reader must know to understand it. */
static void stamp(gf_file *self) {
    gf_file_put_text_attribute(self, "/", "program", "gibbsflow");
    gf_file_put_text_attribute(self, "/", "version", GF_VERSION);
    gf_file_put_integer_attribute(self, "/", "format", GF_FILE_FORMAT);
}

gf_status gf_file_commit(gf_file **file, gf_error *error) {
    gf_file *self = *file;
    size_t size = 0;
    stamp(self);
    char *bytes = failed(self) ? NULL : take_image(self, &size);
    gf_status status = gf_file_check(self, error);
    if (status == GF_OK) {
        status = gf_file_write_bytes(self->path, bytes, size, error);
    }
    free(bytes);
    gf_file_close(file);
    return status;
}

/* --- writing --------------------------------------------------------------------------------- */

static hid_t complex_type(void) {
    hid_t type = H5Tcreate(H5T_COMPOUND, 2 * sizeof(double));
    if (H5Tinsert(type, "r", 0, H5T_NATIVE_DOUBLE) < 0 ||
        H5Tinsert(type, "i", sizeof(double), H5T_NATIVE_DOUBLE) < 0) {
        (void)H5Tclose(type);
        return H5I_INVALID_HID;
    }
    return type;
}

static hid_t string_type(void) {
    hid_t type = H5Tcopy(H5T_C_S1);
    (void)H5Tset_size(type, H5T_VARIABLE);
    (void)H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

static void attach_axes(gf_file *self, hid_t data, const gf_dataset *dataset) {
    for (int k = 0; k < dataset->rank; ++k) {
        const char *axis = dataset->axes[k];
        if (axis == NULL) {
            continue;
        }
        (void)H5DSset_label(data, (unsigned)k, axis[0] == '/' ? strrchr(axis, '/') + 1 : axis);
        if (axis[0] != '/' || strcmp(axis, dataset->path) == 0) {
            continue;
        }
        hid_t scale = H5Dopen2(self->id, axis, H5P_DEFAULT);
        if (scale < 0 || H5DSattach_scale(data, scale, (unsigned)k) < 0) {
            fail(self, "attach the axis", axis);
        }
        if (scale >= 0) {
            (void)H5Dclose(scale);
        }
    }
    /* A dataset that names itself as its axis is the scale of other datasets. */
    if (dataset->rank == 1 && dataset->axes[0] != NULL &&
        strcmp(dataset->axes[0], dataset->path) == 0 &&
        H5DSset_scale(data, strrchr(dataset->path, '/') + 1) < 0) {
        fail(self, "make an axis of", dataset->path);
    }
}

void gf_file_set_energy_unit(gf_file *self, const char *unit) {
    (void)snprintf(self->energy_unit, sizeof self->energy_unit, "%s", unit);
}

/* Puts a text attribute in which ENERGY is the unit of energy. */
static void put_units(gf_file *self, const char *path, const char *name, const char *text) {
    char *full = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&full, &length);
    for (const char *next = NULL; out != NULL && (next = strstr(text, ENERGY)) != NULL;
         text = next + strlen(ENERGY)) {
        (void)fprintf(out, "%.*s%s", (int)(next - text), text, self->energy_unit);
    }
    if (out != NULL) {
        (void)fputs(text, out);
    }
    if (out != NULL && fclose(out) == 0) {
        gf_file_put_text_attribute(self, path, name, full);
    } else {
        gf_file_reject(self, "out of memory for %s of %s", name, path);
    }
    free(full);
}

static void put(gf_file *self, const gf_dataset *dataset, hid_t type, const void *data) {
    if (failed(self)) {
        return;
    }
    hsize_t shape[GF_FILE_MAX_RANK];
    for (int k = 0; k < dataset->rank; ++k) {
        shape[k] = dataset->shape[k];
    }
    hid_t space =
        dataset->rank > 0 ? H5Screate_simple(dataset->rank, shape, NULL) : H5Screate(H5S_SCALAR);
    hid_t links = H5Pcreate(H5P_LINK_CREATE);
    (void)H5Pset_create_intermediate_group(links, 1);
    hid_t id = H5Dcreate2(self->id, dataset->path, type, space, links, H5P_DEFAULT, H5P_DEFAULT);
    if (id < 0 || H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) {
        fail(self, "write", dataset->path);
    } else {
        put_units(self, dataset->path, "units", dataset->units);
        if (dataset->description != NULL) {
            put_units(self, dataset->path, "description", dataset->description);
        }
        attach_axes(self, id, dataset);
    }
    if (id >= 0) {
        (void)H5Dclose(id);
    }
    (void)H5Pclose(links);
    (void)H5Sclose(space);
}

void gf_file_put_doubles(gf_file *self, const gf_dataset *dataset, const double *data) {
    put(self, dataset, H5T_NATIVE_DOUBLE, data);
}

void gf_file_put_integers(gf_file *self, const gf_dataset *dataset, const int64_t *data) {
    put(self, dataset, H5T_NATIVE_INT64, data);
}

void gf_file_put_complex(gf_file *self, const gf_dataset *dataset, const double *data) {
    hid_t type = complex_type();
    put(self, dataset, type, data);
    (void)H5Tclose(type);
}

void gf_file_put_strings(gf_file *self, const gf_dataset *dataset, const char *const *data) {
    hid_t type = string_type();
    put(self, dataset, type, data);
    (void)H5Tclose(type);
}

static bool prepare_group(gf_file *self, const char *path) {
    if (failed(self)) {
        return false;
    }
    if (!gf_file_has(self, path)) {
        hid_t links = H5Pcreate(H5P_LINK_CREATE);
        (void)H5Pset_create_intermediate_group(links, 1);
        hid_t group = H5Gcreate2(self->id, path, links, H5P_DEFAULT, H5P_DEFAULT);
        if (group < 0) {
            fail(self, "make the group", path);
        } else {
            (void)H5Gclose(group);
        }
        (void)H5Pclose(links);
    }
    return !failed(self);
}

/* Writes one scalar attribute, in place of an older one of that name. */
static void put_attribute(gf_file *self, const char *path, const char *name, hid_t type,
                          const void *value) {
    if (!prepare_group(self, path)) {
        return;
    }
    hid_t space = H5Screate(H5S_SCALAR), object = H5Oopen(self->id, path, H5P_DEFAULT);
    if (H5Aexists(object, name) > 0) {
        (void)H5Adelete(object, name);
    }
    hid_t id = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (id < 0 || H5Awrite(id, type, value) < 0) {
        fail(self, "write the attribute", name);
    }
    if (id >= 0) {
        (void)H5Aclose(id);
    }
    (void)H5Oclose(object);
    (void)H5Sclose(space);
}

void gf_file_put_text_attribute(gf_file *self, const char *path, const char *name,
                                const char *text) {
    hid_t type = string_type(); /* variable length: no limit of 64 KiB */
    put_attribute(self, path, name, type, &text);
    (void)H5Tclose(type);
}

void gf_file_put_number_attribute(gf_file *self, const char *path, const char *name, double value) {
    put_attribute(self, path, name, H5T_NATIVE_DOUBLE, &value);
}

void gf_file_put_integer_attribute(gf_file *self, const char *path, const char *name, long value) {
    put_attribute(self, path, name, H5T_NATIVE_LONG, &value);
}

void gf_file_put_origin(gf_file *self, const char *command) {
    char date[32] = "";
    time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc) != NULL) {
        (void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    gf_file_put_text_attribute(self, "/", "command", command);
    gf_file_put_text_attribute(self, "/", "date", date);
}

/* --- reading --------------------------------------------------------------------------------- */

bool gf_file_has(gf_file *self, const char *path) {
    if (strcmp(path, "/") == 0) {
        return true;
    }
    /* H5Lexists wants every group on the way to exist. */
    char *prefix = strdup(path);
    bool exists = prefix != NULL;
    for (char *slash = prefix; exists && slash != NULL;) {
        slash = strchr(slash + 1, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
        exists = H5Lexists(self->id, prefix, H5P_DEFAULT) > 0;
        if (slash != NULL) {
            *slash = '/';
        }
    }
    free(prefix);
    return exists;
}

bool gf_file_has_attribute(gf_file *self, const char *path, const char *name) {
    return gf_file_has(self, path) && H5Aexists_by_name(self->id, path, name, H5P_DEFAULT) > 0;
}

void gf_file_remove(gf_file *self, const char *path) {
    if (!failed(self) && gf_file_has(self, path) && H5Ldelete(self->id, path, H5P_DEFAULT) < 0) {
        fail(self, "replace", path);
    }
}

/* "5 x 1"; a size of 0 may be any. */
static void print_shape(char *text, size_t size, int rank, const size_t *shape) {
    size_t length = 0;
    *text = '\0';
    for (int k = 0; k < rank && length < size; ++k) {
        const char *times = k > 0 ? " x " : "";
        int more = shape[k] > 0 ? snprintf(text + length, size - length, "%s%zu", times, shape[k])
                                : snprintf(text + length, size - length, "%sany", times);
        length += (size_t)more;
    }
}

/* Checks the sizes found against those wanted, and puts them in their place. False after a failure.
 */
static bool take_shape(gf_file *self, const char *path, int rank, const hsize_t *found,
                       size_t *shape, size_t *count) {
    size_t sizes[GF_FILE_MAX_RANK];
    bool fits = true, countable = true;
    *count = 1;
    for (int k = 0; k < rank; ++k) {
        sizes[k] = (size_t)found[k];
        fits = fits && (shape[k] == 0 || shape[k] == sizes[k]);
        countable = countable && !__builtin_mul_overflow(*count, sizes[k], count);
    }
    if (!fits) {
        char is[160], expected[160];
        print_shape(is, sizeof is, rank, sizes);
        print_shape(expected, sizeof expected, rank, shape);
        gf_file_reject(self, "%s has the shape %s; expected %s", path, is, expected);
    } else if (!countable) {
        gf_file_reject(self, "%s is too large", path);
    }
    for (int k = 0; k < rank && !failed(self); ++k) {
        shape[k] = sizes[k];
    }
    return !failed(self);
}

/* Opens a dataset of the given rank and shape and counts its elements. */
static hid_t open_dataset(gf_file *self, const char *path, int rank, size_t *shape, size_t *count) {
    if (failed(self)) {
        return H5I_INVALID_HID;
    }
    if (!gf_file_has(self, path)) {
        gf_file_reject(self, "has no %s; expected a file that gibbsflow wrote", path);
        return H5I_INVALID_HID;
    }
    hid_t id = H5Dopen2(self->id, path, H5P_DEFAULT), space = id >= 0 ? H5Dget_space(id) : -1;
    hsize_t sizes[GF_FILE_MAX_RANK] = {0};
    if (space < 0 || H5Sget_simple_extent_ndims(space) != rank ||
        H5Sget_simple_extent_dims(space, sizes, NULL) < 0) {
        gf_file_reject(self, "%s is not an array of %d dimensions", path, rank);
    }
    bool fits = !failed(self) && take_shape(self, path, rank, sizes, shape, count);
    if (space >= 0) {
        (void)H5Sclose(space);
    }
    if (!fits && id >= 0) {
        (void)H5Dclose(id);
        id = H5I_INVALID_HID;
    }
    return id;
}

/* Room for the elements and one more. NULL if the file holds none of them, or more than fits. */
static void *make_room(hid_t id, size_t count, size_t size) {
    enum { SMALL = 1 << 20 }; /* not worth asking */
    bool stored = H5Dget_storage_size(id) > 0 || count == 0;
    bool fits = count < SMALL || (double)count * (double)size < (double)gf_machine_free_memory();
    return stored && fits ? calloc(count + 1, size) : NULL;
}

static void *get(gf_file *self, const char *path, int rank, size_t *shape, hid_t type,
                 size_t size) {
    size_t count = 0;
    hid_t id = open_dataset(self, path, rank, shape, &count);
    if (id < 0) {
        return NULL;
    }
    void *data = make_room(id, count, size);
    if (data == NULL) {
        gf_file_reject(self, "%s holds no data, or too much", path);
    } else if (H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) {
        fail(self, "read", path);
        free(data);
        data = NULL;
    }
    (void)H5Dclose(id);
    return data;
}

double *gf_file_get_doubles(gf_file *self, const char *path, int rank, size_t *shape) {
    return get(self, path, rank, shape, H5T_NATIVE_DOUBLE, sizeof(double));
}

int64_t *gf_file_get_integers(gf_file *self, const char *path, int rank, size_t *shape) {
    return get(self, path, rank, shape, H5T_NATIVE_INT64, sizeof(int64_t));
}

double *gf_file_get_complex(gf_file *self, const char *path, int rank, size_t *shape) {
    hid_t type = complex_type();
    double *data = get(self, path, rank, shape, type, 2 * sizeof *data);
    (void)H5Tclose(type);
    return data;
}

/* Copies `count` strings behind an array that points at them, in one allocation. */
static char **pack_strings(char *const *strings, size_t count) {
    size_t bytes = (count + 1) * sizeof(char *);
    for (size_t i = 0; i < count; ++i) {
        bytes += (strings[i] != NULL ? strlen(strings[i]) : 0) + 1;
    }
    char **packed = malloc(bytes);
    char *text = packed != NULL ? (char *)(packed + count + 1) : NULL;
    for (size_t i = 0; i < count && packed != NULL; ++i) {
        packed[i] = text;
        text = stpcpy(text, strings[i] != NULL ? strings[i] : "") + 1;
    }
    return packed;
}

char **gf_file_get_strings(gf_file *self, const char *path, int rank, size_t *shape) {
    hid_t type = string_type();
    char **raw = get(self, path, rank, shape, type, sizeof *raw), **packed = NULL;
    if (raw != NULL) {
        hsize_t count = 1;
        for (int k = 0; k < rank; ++k) {
            count *= shape[k];
        }
        hid_t space = H5Screate_simple(1, &count, NULL);
        packed = pack_strings(raw, (size_t)count);
        (void)H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw);
        (void)H5Sclose(space);
    }
    free(raw);
    (void)H5Tclose(type);
    return packed;
}

/* Opens an attribute that must be one value of the given class. */
static hid_t open_attribute(gf_file *self, const char *path, const char *name, H5T_class_t class) {
    if (failed(self)) {
        return H5I_INVALID_HID;
    }
    if (!gf_file_has_attribute(self, path, name)) {
        gf_file_reject(self, "has no attribute %s of %s; expected a file that gibbsflow wrote",
                       name, path);
        return H5I_INVALID_HID;
    }
    hid_t id = H5Aopen_by_name(self->id, path, name, H5P_DEFAULT, H5P_DEFAULT);
    hid_t type = id >= 0 ? H5Aget_type(id) : -1, space = id >= 0 ? H5Aget_space(id) : -1;
    bool text = class == H5T_STRING;
    bool fits = type >= 0 && space >= 0 && H5Sget_simple_extent_npoints(space) == 1 &&
                (text ? H5Tis_variable_str(type) > 0
                      : H5Tget_class(type) == H5T_INTEGER || H5Tget_class(type) == H5T_FLOAT);
    if (!fits) {
        gf_file_reject(self, "the attribute %s of %s is not a single %s", name, path,
                       text ? "text" : "number");
    }
    (void)(type >= 0 && H5Tclose(type));
    (void)(space >= 0 && H5Sclose(space));
    if (!fits && id >= 0) {
        (void)H5Aclose(id);
        id = H5I_INVALID_HID;
    }
    return id;
}

char *gf_file_get_text_attribute(gf_file *self, const char *path, const char *name) {
    char *raw = NULL, *text = NULL;
    hid_t id = open_attribute(self, path, name, H5T_STRING);
    if (id < 0) {
        return NULL;
    }
    hid_t type = string_type();
    if (H5Aread(id, type, &raw) < 0 || raw == NULL || (text = strdup(raw)) == NULL) {
        fail(self, "read the attribute", name);
    }
    (void)H5Aclose(id);
    (void)H5Tclose(type);
    (void)H5free_memory(raw);
    return text;
}

double gf_file_get_number_attribute(gf_file *self, const char *path, const char *name) {
    double value = 0;
    hid_t id = open_attribute(self, path, name, H5T_FLOAT);
    if (id >= 0) {
        if (H5Aread(id, H5T_NATIVE_DOUBLE, &value) < 0) {
            fail(self, "read the attribute", name);
        }
        (void)H5Aclose(id);
    }
    return value;
}

/* --- copying --------------------------------------------------------------------------------- */

typedef struct copying {
    gf_file *to, *from;
    const char *group;
} copying;

static herr_t take_name(hid_t data, unsigned dimension, hid_t scale, void *name) {
    (void)data, (void)dimension;
    return H5Iget_name(scale, name, 300) > 0 ? 1 : -1;
}

static bool is_dataset(hid_t object) {
    return object >= 0 && H5Iget_type(object) == H5I_DATASET;
}

/* Forgets the references of a copied dataset, which point into the file it comes from. */
static herr_t forget_axes(hid_t group, const char *name, const H5L_info_t *info, void *context) {
    static const char *const references[] = {"DIMENSION_LIST", "REFERENCE_LIST"};
    hid_t copy = H5Oopen(group, name, H5P_DEFAULT);
    (void)info, (void)context;
    for (int i = 0; i < 2 && is_dataset(copy); ++i) {
        if (H5Aexists(copy, references[i]) > 0) {
            (void)H5Adelete(copy, references[i]);
        }
    }
    (void)(copy >= 0 && H5Oclose(copy));
    return 0;
}

/* Attaches to a copied dataset the copies of the axes that the original has. */
static herr_t restore_axes(hid_t group, const char *name, const H5L_info_t *info, void *context) {
    copying *self = context;
    hid_t source = H5Oopen(self->from->id, self->group, H5P_DEFAULT);
    hid_t original = H5Oopen(source, name, H5P_DEFAULT), copy = H5Oopen(group, name, H5P_DEFAULT);
    bool both = is_dataset(original) && is_dataset(copy);
    hid_t space = both ? H5Dget_space(original) : H5I_INVALID_HID;
    int rank = both ? H5Sget_simple_extent_ndims(space) : 0;
    (void)info;
    for (int k = 0; k < rank; ++k) {
        char axis[300] = "";
        if (H5DSiterate_scales(original, (unsigned)k, NULL, take_name, axis) > 0 &&
            gf_file_has(self->to, axis)) {
            hid_t scale = H5Dopen2(self->to->id, axis, H5P_DEFAULT);
            if (scale < 0 || H5DSattach_scale(copy, scale, (unsigned)k) < 0) {
                fail(self->to, "attach the axis", axis);
            }
            (void)(scale >= 0 && H5Dclose(scale));
        }
    }
    (void)(space >= 0 && H5Sclose(space));
    (void)(original >= 0 && H5Oclose(original));
    (void)(copy >= 0 && H5Oclose(copy));
    (void)(source >= 0 && H5Oclose(source));
    return 0;
}

void gf_file_copy(gf_file *self, gf_file *from, const char *group) {
    copying both = {self, from, group};
    if (failed(self)) {
        return;
    }
    if (H5Ocopy(from->id, group, self->id, group, H5P_DEFAULT, H5P_DEFAULT) < 0 ||
        H5Lvisit_by_name(self->id, group, H5_INDEX_NAME, H5_ITER_INC, forget_axes, &both,
                         H5P_DEFAULT) < 0 ||
        H5Lvisit_by_name(self->id, group, H5_INDEX_NAME, H5_ITER_INC, restore_axes, &both,
                         H5P_DEFAULT) < 0) {
        fail(self, "copy", group);
    }
}
