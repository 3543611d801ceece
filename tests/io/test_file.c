/* HDF5 files: what is written is read back, also by plain HDF5, and a file is whole or absent. */
#include "gibbsflow/file.h"
#include "gibbsflow/version.h"

#include "suite.h"

#include <dirent.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- a folder for each test ------------------------------------------------------------------ */

static char folder[100], path[140];

static void make_folder(void) {
    (void)snprintf(folder, sizeof folder, "%s/gibbsflow-test-XXXXXX", P_tmpdir);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/file.h5", folder);
}

/* Visits the files of the folder; returns their number. */
static int each_file(void (*visit)(const char *)) {
    int count = 0;
    DIR *entries = opendir(folder);
    if (entries == NULL) {
        return 0;
    }
    for (const struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        if (entry->d_name[0] != '.') {
            char name[400];
            (void)snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
            if (visit != NULL) {
                visit(name);
            }
            ++count;
        }
    }
    (void)closedir(entries);
    return count;
}

static void remove_file(const char *name) {
    (void)remove(name);
}

static void remove_folder(void) {
    (void)each_file(remove_file);
    (void)rmdir(folder);
}

/* --- writing and reading --------------------------------------------------------------------- */

static gf_file *create_file(void) {
    gf_file *file = NULL;
    gf_error error = {0};
    ck_assert_msg(gf_file_create(path, &file, &error) == GF_OK, "%s", error.message);
    return file;
}

static gf_file *open_file(void) {
    gf_file *file = NULL;
    gf_error error = {0};
    ck_assert_msg(gf_file_open(path, &file, &error) == GF_OK, "%s", error.message);
    return file;
}

static void commit(gf_file *file) {
    gf_error error = {0};
    ck_assert_msg(gf_file_commit(&file, &error) == GF_OK, "%s", error.message);
    ck_assert_ptr_null(file);
    ck_assert_int_eq(each_file(NULL), 1); /* no part is left behind */
}

static void close_read(gf_file *file) {
    gf_error error = {0};
    ck_assert_msg(gf_file_check(file, &error) == GF_OK, "%s", error.message);
    gf_file_close(&file);
    ck_assert_ptr_null(file);
}

static gf_dataset dataset(const char *name, int rank, size_t n0, size_t n1, size_t n2) {
    return (gf_dataset){
        .path = name, .units = "1", .description = "a test", .rank = rank, .shape = {n0, n1, n2}};
}

static void put_number(gf_file *file, const char *name, double value) {
    gf_dataset scalar = dataset(name, 0, 0, 0, 0);
    gf_file_put_doubles(file, &scalar, &value);
}

static double get_number(gf_file *file, const char *name) {
    double *data = gf_file_get_doubles(file, name, 0, NULL), value = data != NULL ? *data : -99;
    free(data);
    return value;
}

/* The file at `path` with one number in it. */
static void write_number(double value) {
    gf_file *file = create_file();
    put_number(file, "/number", value);
    commit(file);
}

static double read_number(void) {
    gf_file *file = open_file();
    double value = get_number(file, "/number");
    close_read(file);
    return value;
}

START_TEST(doubles_come_back) {
    static const double data[2][3] = {{1, -0.1, 1e-308}, {1e308, (double)INFINITY, 3}};
    size_t shape[2] = {0};
    gf_dataset two = dataset("/deep/in/groups", 2, 2, 3, 0);
    gf_file *file = create_file();
    gf_file_put_doubles(file, &two, &data[0][0]);
    put_number(file, "/deep/nan", (double)NAN);
    commit(file);
    file = open_file();
    double *read = gf_file_get_doubles(file, "/deep/in/groups", 2, shape);
    ck_assert_ptr_nonnull(read);
    ck_assert(shape[0] == 2 && shape[1] == 3);
    ck_assert_mem_eq(read, data, sizeof data);
    free(read);
    ck_assert(isnan(get_number(file, "/deep/nan")));
    close_read(file);
}
END_TEST

START_TEST(integers_and_complex_numbers_come_back) {
    static const int64_t integers[3] = {INT64_MIN, 0, INT64_MAX};
    static const double numbers[2][2] = {{1, 2}, {-3.5, 0}};
    size_t n = 0;
    gf_dataset a = dataset("/integers", 1, 3, 0, 0), b = dataset("/complex", 1, 2, 0, 0);
    gf_file *file = create_file();
    gf_file_put_integers(file, &a, integers);
    gf_file_put_complex(file, &b, numbers[0]);
    commit(file);
    file = open_file();
    int64_t *read_integers = gf_file_get_integers(file, "/integers", 1, &n);
    ck_assert(read_integers != NULL && n == 3);
    ck_assert_mem_eq(read_integers, integers, sizeof integers);
    double *read_numbers = gf_file_get_complex(file, "/complex", 1, (size_t[]){2});
    ck_assert_ptr_nonnull(read_numbers);
    ck_assert_mem_eq(read_numbers, numbers, sizeof numbers);
    free(read_integers);
    free(read_numbers);
    close_read(file);
}
END_TEST

START_TEST(strings_come_back) {
    static const char *const words[2][2] = {{"stable", ""}, {"\xce\xb3 = 0.9", "saddle"}};
    size_t shape[2] = {0};
    gf_dataset strings = dataset("/words", 2, 2, 2, 0);
    gf_file *file = create_file();
    gf_file_put_strings(file, &strings, &words[0][0]);
    commit(file);
    file = open_file();
    char **read = gf_file_get_strings(file, "/words", 2, shape);
    ck_assert_ptr_nonnull(read);
    for (int k = 0; k < 4; ++k) {
        ck_assert_str_eq(read[k], words[k / 2][k % 2]);
    }
    free(read);
    close_read(file);
}
END_TEST

START_TEST(empty_arrays_come_back) {
    size_t shape[2] = {0, 0};
    gf_dataset none = dataset("/none", 2, 0, 2, 0), words = dataset("/words", 1, 0, 0, 0);
    gf_file *file = create_file();
    gf_file_put_doubles(file, &none, &(double){0});
    gf_file_put_strings(file, &words, &(const char *){NULL});
    commit(file);
    file = open_file();
    double *read = gf_file_get_doubles(file, "/none", 2, shape);
    ck_assert(read != NULL && shape[0] == 0 && shape[1] == 2);
    char **strings = gf_file_get_strings(file, "/words", 1, shape);
    ck_assert(strings != NULL && shape[0] == 0);
    free(read);
    free(strings);
    close_read(file);
}
END_TEST

START_TEST(attributes_come_back) {
    enum { LENGTH = 100000 }; /* beyond the 64 KiB of a fixed-length attribute */
    char *text = malloc(LENGTH + 1);
    ck_assert_ptr_nonnull(text);
    memset(text, 'x', LENGTH);
    text[LENGTH] = '\0';
    gf_file *file = create_file();
    put_number(file, "/number", 1);
    gf_file_put_text_attribute(file, "/model", "yaml", "old");
    gf_file_put_text_attribute(file, "/model", "yaml", text); /* replaces the old one */
    gf_file_put_number_attribute(file, "/number", "rate", 0.1);
    gf_file_put_integer_attribute(file, "/a/new/group", "sites", 12);
    gf_file_put_origin(file, "gibbsflow forces model.yaml");
    commit(file);
    file = open_file();
    char *yaml = gf_file_get_text_attribute(file, "/model", "yaml");
    char *command = gf_file_get_text_attribute(file, "/", "command");
    ck_assert_str_eq(yaml, text);
    ck_assert_str_eq(command, "gibbsflow forces model.yaml");
    ck_assert_double_eq(gf_file_get_number_attribute(file, "/number", "rate"), 0.1);
    ck_assert_double_eq(gf_file_get_number_attribute(file, "/a/new/group", "sites"), 12);
    free(text);
    free(yaml);
    free(command);
    close_read(file);
}
END_TEST

START_TEST(every_dataset_has_units) {
    write_number(1);
    gf_file *file = open_file();
    char *units = gf_file_get_text_attribute(file, "/number", "units");
    char *description = gf_file_get_text_attribute(file, "/number", "description");
    ck_assert(units != NULL && description != NULL);
    ck_assert_str_eq(units, "1");
    ck_assert_str_eq(description, "a test");
    free(units);
    free(description);
    close_read(file);
}
END_TEST

static void assert_units(const char *name, const char *expected) {
    gf_file *file = open_file();
    char *units = gf_file_get_text_attribute(file, name, "units");
    ck_assert_str_eq(units, expected);
    free(units);
    close_read(file);
}

/* {energy} is the unit of energy of the file, "energy" unless it is set. */
START_TEST(units_follow_the_unit_of_energy) {
    const double values[2] = {1, 2};
    gf_dataset pair = {.path = "/first",
                       .units = "1 per site; {energy} per site",
                       .description = "in {energy}",
                       .rank = 1,
                       .shape = {2},
                       .axes = {"charge"}};
    gf_file *file = create_file();
    gf_file_put_doubles(file, &pair, values);
    gf_file_set_energy_unit(file, "meV");
    pair.path = "/second";
    gf_file_put_doubles(file, &pair, values);
    pair.path = "/third";
    pair.units = "{energy}^2/{energy}{energy";
    gf_file_put_doubles(file, &pair, values);
    ck_assert(!gf_file_has_attribute(file, "/third", "energy") &&
              !gf_file_has_attribute(file, "/fourth", "units") &&
              gf_file_has_attribute(file, "/third", "units"));
    commit(file);
    assert_units("/first", "1 per site; energy per site");
    assert_units("/second", "1 per site; meV per site");
    assert_units("/third", "meV^2/meV{energy");
    file = open_file();
    char *description = gf_file_get_text_attribute(file, "/second", "description");
    ck_assert_str_eq(description, "in meV");
    free(description);
    close_read(file);
}
END_TEST

START_TEST(groups_and_datasets_are_found_and_removed) {
    gf_file *file = create_file();
    put_number(file, "/a/b/number", 1);
    ck_assert(gf_file_has(file, "/") && gf_file_has(file, "/a") && gf_file_has(file, "/a/b"));
    ck_assert(gf_file_has(file, "/a/b/number"));
    ck_assert(!gf_file_has(file, "/b") && !gf_file_has(file, "/a/b/number/c"));
    gf_file_remove(file, "/a/b");
    gf_file_remove(file, "/not/there");
    ck_assert(gf_file_has(file, "/a") && !gf_file_has(file, "/a/b"));
    commit(file);
}
END_TEST

/* --- the format ------------------------------------------------------------------------------ */

/* Sets or, with 0, removes the format of the file at `path`, and perhaps its version. */
static void set_format(double format, bool with_version) {
    hid_t id = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), space = H5Screate(H5S_SCALAR);
    ck_assert_int_ge(H5Adelete(id, "format"), 0);
    if (format != 0) {
        hid_t attribute =
            H5Acreate2(id, "format", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT);
        ck_assert_int_ge(H5Awrite(attribute, H5T_NATIVE_DOUBLE, &format), 0);
        (void)H5Aclose(attribute);
    }
    if (!with_version) {
        ck_assert_int_ge(H5Adelete(id, "version"), 0);
    }
    (void)H5Sclose(space);
    (void)H5Fclose(id);
}

START_TEST(every_file_tells_its_format) {
    write_number(1);
    for (int edited = 0; edited < 2; ++edited) {
        hid_t id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
        hid_t attribute = H5Aopen(id, "format", H5P_DEFAULT), type = H5Aget_type(attribute);
        ck_assert_int_eq(H5Tget_class(type), H5T_INTEGER);
        (void)H5Tclose(type);
        (void)H5Aclose(attribute);
        (void)H5Fclose(id);
        gf_file *file = open_file();
        ck_assert_double_eq(gf_file_get_number_attribute(file, "/", "format"), GF_FILE_FORMAT);
        char *version = gf_file_get_text_attribute(file, "/", "version");
        ck_assert_str_eq(version, GF_VERSION);
        free(version);
        close_read(file);
        set_format(0, false); /* as an old file, which is then changed */
        ck_assert_double_eq(read_number(), 1);
        gf_error error = {0};
        ck_assert_int_eq(gf_file_edit(path, &file, &error), GF_OK);
        put_number(file, edited == 0 ? "/more" : "/again", 2);
        commit(file);
    }
}
END_TEST

START_TEST(newer_formats_are_refused_by_name) {
    static const char *const reasons[] = {
        "file.h5: format 2, written by gibbsflow " GF_VERSION "; this program reads up to 1",
        "file.h5: format 1.5, written by a newer gibbsflow; this program reads up to 1",
        "file.h5: format nan, "};
    static const double formats[] = {GF_FILE_FORMAT + 1, GF_FILE_FORMAT + 0.5, (double)NAN};
    write_number(1);
    set_format(formats[_i], _i != 1);
    for (int editing = 0; editing < 2; ++editing) {
        gf_file *file = NULL;
        gf_error error = {0};
        gf_status status =
            editing ? gf_file_edit(path, &file, &error) : gf_file_open(path, &file, &error);
        ck_assert_int_eq(status, GF_INVALID);
        ck_assert_ptr_null(file);
        assert_contains(error.message, reasons[_i]);
    }
}
END_TEST

START_TEST(a_format_that_is_no_number_is_refused) {
    write_number(1);
    hid_t id = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    ck_assert_int_ge(H5Adelete(id, "format"), 0);
    ck_assert_int_ge(H5LTset_attribute_string(id, "/", "format", "two"), 0);
    (void)H5Fclose(id);
    gf_file *file = NULL;
    gf_error error = {0};
    ck_assert_int_eq(gf_file_open(path, &file, &error), GF_INVALID);
    assert_contains(error.message, "the attribute format of / is not a single number");
}
END_TEST

/* --- dimension scales, read with plain HDF5 -------------------------------------------------- */

/* The name of the one scale attached to dimension `k` (HDF5 Dimension Scale Specification). */
static void scale_of(hid_t data, size_t k, char *name, size_t size) {
    hvl_t lists[2];
    hid_t attribute = H5Aopen(data, "DIMENSION_LIST", H5P_DEFAULT);
    ck_assert_int_ge(attribute, 0);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    ck_assert_int_eq(H5Sget_simple_extent_npoints(space), 2);
    ck_assert_int_ge(H5Aread(attribute, type, lists), 0);
    ck_assert_uint_eq(lists[k].len, 1);
    hid_t scale = H5Rdereference2(data, H5P_DEFAULT, H5R_OBJECT, lists[k].p);
    ck_assert_int_gt(H5Iget_name(scale, name, size), 0);
    ck_assert_int_gt(H5Aexists(scale, "CLASS"), 0);
    (void)H5Dvlen_reclaim(type, space, H5P_DEFAULT, lists);
    (void)H5Dclose(scale);
    (void)H5Sclose(space);
    (void)H5Tclose(type);
    (void)H5Aclose(attribute);
}

START_TEST(axes_are_dimension_scales) {
    static const double values[6] = {1, 2, 3, 4, 5, 6};
    gf_dataset x = dataset("/grid/x", 1, 2, 0, 0), y = dataset("/grid/y", 1, 3, 0, 0),
               f = dataset("/grid/f", 2, 2, 3, 0), g = dataset("/grid/g", 2, 2, 3, 0);
    x.axes[0] = f.axes[0] = g.axes[0] = "/grid/x";
    y.axes[0] = f.axes[1] = "/grid/y";
    g.axes[1] = "charge"; /* a label alone */
    gf_file *file = create_file();
    gf_file_put_doubles(file, &x, values);
    gf_file_put_doubles(file, &y, values);
    gf_file_put_doubles(file, &f, values);
    gf_file_put_doubles(file, &g, values);
    commit(file);
    hid_t id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t data = H5Dopen2(id, "/grid/f", H5P_DEFAULT);
    ck_assert_int_ge(data, 0);
    char name[20];
    scale_of(data, 0, name, sizeof name);
    ck_assert_str_eq(name, "/grid/x");
    scale_of(data, 1, name, sizeof name);
    ck_assert_str_eq(name, "/grid/y");
    (void)H5Dclose(data);
    data = H5Dopen2(id, "/grid/g", H5P_DEFAULT);
    ck_assert_int_gt(H5Aexists(data, "DIMENSION_LABELS"), 0);
    (void)H5Dclose(data);
    (void)H5Fclose(id);
}
END_TEST

/* A copied group has its axes attached anew, also those that were copied before it. */
START_TEST(copied_axes_are_attached) {
    static const double values[6] = {1, 2, 3, 4, 5, 6};
    gf_dataset x = dataset("/grid/x", 1, 2, 0, 0), y = dataset("/other/deep/y", 1, 3, 0, 0),
               f = dataset("/grid/deep/f", 2, 2, 3, 0);
    char source[200], name[20];
    x.axes[0] = f.axes[0] = "/grid/x";
    y.axes[0] = f.axes[1] = "/other/deep/y";
    gf_file *file = create_file(), *from = NULL;
    gf_error error = {0};
    gf_file_put_doubles(file, &x, values);
    gf_file_put_doubles(file, &y, values);
    gf_file_put_doubles(file, &f, values);
    commit(file);
    (void)snprintf(source, sizeof source, "%s/source.h5", folder);
    ck_assert_int_eq(rename(path, source), 0);
    file = create_file();
    ck_assert_int_eq(gf_file_open(source, &from, &error), GF_OK);
    put_number(file, "/first", 1); /* so that addresses differ */
    gf_file_copy(file, from, "/other");
    gf_file_copy(file, from, "/grid");
    gf_file_close(&from);
    ck_assert_int_eq(remove(source), 0);
    commit(file);
    hid_t id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t data = H5Dopen2(id, "/grid/deep/f", H5P_DEFAULT);
    scale_of(data, 0, name, sizeof name);
    ck_assert_str_eq(name, "/grid/x");
    scale_of(data, 1, name, sizeof name);
    ck_assert_str_eq(name, "/other/deep/y");
    ck_assert_int_eq(H5DSget_num_scales(data, 0), 1);
    (void)H5Dclose(data);
    (void)H5Fclose(id);
}
END_TEST

/* --- whole or absent ------------------------------------------------------------------------- */

START_TEST(a_file_replaces_the_old_one_when_complete) {
    write_number(1);
    gf_file *file = create_file();
    put_number(file, "/number", 2);
    ck_assert_double_eq(read_number(), 1); /* readers still see the old file */
    commit(file);
    ck_assert_double_eq(read_number(), 2);
}
END_TEST

START_TEST(what_is_given_up_leaves_nothing) {
    char *part = gf_file_part_name(path);
    ck_assert_ptr_nonnull(part);
    assert_starts(part, path);
    assert_contains(part, ".part");
    free(part);
    gf_file *file = create_file();
    put_number(file, "/number", 1);
    gf_file_close(&file);
    ck_assert_ptr_null(file);
    ck_assert_int_eq(each_file(NULL), 0);
    gf_file_close(&file);
}
END_TEST

/* The disk changes between the first check and the end: a folder takes the name, or leaves. */
START_TEST(a_file_that_cannot_be_put_in_place_leaves_nothing) {
    gf_error error = {0};
    gf_file *file = create_file();
    put_number(file, "/number", 1);
    ck_assert_int_eq(_i == 0 ? mkdir(path, 0700) : rmdir(folder), 0);
    ck_assert_int_eq(gf_file_commit(&file, &error), GF_IO);
    ck_assert_ptr_null(file);
    assert_starts(error.message, path);
    assert_contains(error.message, _i == 0 ? "directory" : "No such file or directory");
    if (_i == 0) {
        ck_assert_int_eq(each_file(NULL), 1); /* the folder of that name */
    }
}
END_TEST

static void spoil_content(gf_file *file) {
    gf_file_reject(file, "the rate is %d", -1);
}

static void spoil_twice_written(gf_file *file) {
    put_number(file, "/number", 3);
}

static void spoil_axis(gf_file *file) {
    gf_dataset data = dataset("/data", 1, 1, 0, 0);
    data.axes[0] = "/no/such/axis";
    gf_file_put_doubles(file, &data, &(double){0});
}

static void spoil_group(gf_file *file) {
    gf_file_put_text_attribute(file, "/number/is/no/group", "name", "text");
}

static const struct {
    void (*spoil)(gf_file *);
    gf_status status;
    const char *message;
} failures[] = {{spoil_content, GF_INVALID, "file.h5: the rate is -1"},
                {spoil_twice_written, GF_IO, "file.h5: cannot write /number: "},
                {spoil_axis, GF_IO, "file.h5: cannot attach the axis /no/such/axis: "},
                {spoil_group, GF_IO, "file.h5: cannot make the group /number/is/no/group: "}};
enum { FAILURES = sizeof failures / sizeof *failures };

START_TEST(a_failure_leaves_the_old_file) {
    write_number(1);
    for (int editing = 0; editing < 2; ++editing) {
        gf_file *file = NULL;
        gf_error error = {0}, first = {0};
        if (editing == 1) {
            ck_assert_int_eq(gf_file_edit(path, &file, &error), GF_OK);
            gf_file_remove(file, "/number");
        } else {
            file = create_file();
        }
        put_number(file, "/number", 2);
        failures[_i].spoil(file);
        ck_assert_int_eq(gf_file_check(file, &first), failures[_i].status);
        put_number(file, "/later", 3); /* does nothing */
        gf_file_reject(file, "another failure");
        ck_assert_int_eq(gf_file_commit(&file, &error), failures[_i].status);
        ck_assert_ptr_null(file);
        ck_assert_str_eq(error.message, first.message);
        ck_assert_int_eq(error.status, failures[_i].status);
        assert_contains(error.message, failures[_i].message);
        ck_assert_int_eq(each_file(NULL), 1);
        ck_assert_double_eq(read_number(), 1);
    }
}
END_TEST

START_TEST(parts_of_a_file_are_replaced) {
    gf_file *file = create_file();
    put_number(file, "/number", 1);
    put_number(file, "/kept", 2);
    commit(file);
    ck_assert_int_eq(chmod(path, 0640), 0);
    gf_error error = {0};
    ck_assert_msg(gf_file_edit(path, &file, &error) == GF_OK, "%s", error.message);
    ck_assert_double_eq(get_number(file, "/number"), 1);
    gf_file_remove(file, "/number");
    put_number(file, "/number", 3);
    ck_assert_double_eq(read_number(), 1);
    commit(file);
    file = open_file();
    ck_assert_double_eq(get_number(file, "/number"), 3);
    ck_assert_double_eq(get_number(file, "/kept"), 2);
    close_read(file);
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0640);
}
END_TEST

START_TEST(unwritable_places_are_refused_at_once) {
    char inside_file[200], missing[200];
    write_number(1);
    (void)snprintf(inside_file, sizeof inside_file, "%s/new.h5", path);
    (void)snprintf(missing, sizeof missing, "%s/no/such/new.h5", folder);
    const char *const places[] = {inside_file, missing, folder, ""};
    for (size_t i = 0; i < sizeof places / sizeof *places; ++i) {
        gf_file *file = NULL;
        gf_error error = {0}, same = {0};
        ck_assert_int_eq(gf_file_check_writable(places[i], &error), GF_IO);
        ck_assert_int_eq(gf_file_create(places[i], &file, &same), GF_IO);
        ck_assert_ptr_null(file);
        assert_starts(error.message, places[i]);
        assert_contains(error.message, "cannot be written: ");
        ck_assert_str_eq(error.message, same.message);
    }
    ck_assert_int_eq(gf_file_check_writable(path, NULL), GF_OK);
    ck_assert_int_eq(each_file(NULL), 1);
}
END_TEST

START_TEST(a_folder_without_permission_is_refused) {
    ck_assert_int_eq(chmod(folder, 0500), 0);
    gf_error error = {0};
    gf_status status = gf_file_check_writable(path, &error);
    ck_assert_int_eq(chmod(folder, 0700), 0);
    if (geteuid() != 0) { /* root may write anywhere */
        ck_assert_int_eq(status, GF_IO);
        assert_contains(error.message, "Permission denied");
    }
}
END_TEST

/* --- files that others made ------------------------------------------------------------------ */

static void write_bytes(const char *bytes, size_t length) {
    FILE *out = fopen(path, "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(bytes, 1, length, out), length);
    ck_assert_int_eq(fclose(out), 0);
}

static void assert_not_opened(const char *name) {
    gf_file *file = NULL;
    gf_error error = {0};
    ck_assert_int_eq(gf_file_open(name, &file, &error), GF_IO);
    ck_assert_ptr_null(file);
    assert_starts(error.message, name);
    assert_contains(error.message, ": cannot open the file: ");
    ck_assert(!gf_file_is_hdf5(name));
    ck_assert_int_eq(gf_file_edit(name, &file, &error), GF_IO);
    ck_assert_ptr_null(file);
}

START_TEST(what_is_not_hdf5_is_refused) {
    static const char text[] = "name: a model\nsites: 4\n";
    assert_not_opened(path); /* not there */
    ck_assert_int_eq(each_file(NULL), 0);
    write_bytes(text, sizeof text - 1);
    assert_not_opened(path);
    write_bytes("", 0);
    assert_not_opened(path);
    ck_assert_int_eq(each_file(NULL), 1);
    assert_not_opened(folder);
    gf_error error = {0};
    gf_file *file = NULL;
    ck_assert_int_eq(gf_file_open("no/such/file.h5", &file, &error), GF_IO);
    assert_contains(error.message, "No such file or directory");
}
END_TEST

START_TEST(truncated_files_are_refused) {
    struct stat status;
    write_number(1);
    ck_assert_int_eq(stat(path, &status), 0);
    off_t lengths[] = {status.st_size - 1, status.st_size / 2, 600, 100, 9, 8, 7, 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; ++i) {
        gf_file *file = NULL;
        gf_error error = {0};
        ck_assert_int_eq(truncate(path, lengths[i]), 0);
        ck_assert_int_eq(gf_file_open(path, &file, &error), GF_IO);
        ck_assert_ptr_null(file);
        assert_contains(error.message, "cannot open the file: ");
    }
}
END_TEST

/* Every reader fails with a message that contains `message`. */
static void assert_unread(void *data, gf_file *file, const char *message) {
    gf_error error = {0};
    ck_assert_ptr_null(data);
    ck_assert_int_ne(gf_file_check(file, &error), GF_OK);
    assert_starts(error.message, path);
    assert_contains(error.message, message);
    gf_file_close(&file);
}

START_TEST(other_content_is_refused) {
    size_t shape[3] = {0};
    static const double values[6] = {1, 2, 3, 4, 5, 6};
    gf_dataset two = dataset("/two", 2, 2, 3, 0);
    gf_file *file = create_file();
    gf_file_put_doubles(file, &two, values);
    gf_file_put_text_attribute(file, "/group", "name", "text");
    commit(file);
    file = open_file();
    assert_unread(gf_file_get_doubles(file, "/absent", 1, shape), file, "has no /absent");
    file = open_file();
    assert_unread(gf_file_get_doubles(file, "/absent/too", 1, shape), file, "has no /absent/too");
    file = open_file();
    assert_unread(gf_file_get_doubles(file, "/group", 1, shape), file, "/group is not an array");
    file = open_file();
    assert_unread(gf_file_get_doubles(file, "/two", 1, shape), file, "not an array of 1 dim");
    file = open_file();
    assert_unread(gf_file_get_doubles(file, "/two", 3, shape), file, "not an array of 3 dim");
    file = open_file();
    assert_unread(gf_file_get_strings(file, "/two", 2, shape), file, "cannot read /two");
    file = open_file();
    assert_unread(gf_file_get_complex(file, "/two", 2, shape), file, "cannot read /two");
    file = open_file();
    assert_unread(gf_file_get_text_attribute(file, "/group", "yaml"), file, "no attribute yaml");
    file = open_file();
    assert_unread(gf_file_get_text_attribute(file, "/absent", "a"), file, "no attribute a of /abs");
    file = open_file();
    (void)gf_file_get_number_attribute(file, "/group", "rate");
    assert_unread(NULL, file, "attribute rate");
    file = open_file();
    (void)gf_file_get_number_attribute(file, "/group", "name");
    assert_unread(NULL, file, "attribute name");
}
END_TEST

START_TEST(other_shapes_are_refused) {
    static const double values[6] = {1, 2, 3, 4, 5, 6};
    gf_dataset two = dataset("/two", 2, 2, 3, 0);
    gf_file *file = create_file();
    gf_file_put_doubles(file, &two, values);
    commit(file);
    size_t known[2] = {2, 3}, partly[2] = {0, 3};
    file = open_file();
    free(gf_file_get_doubles(file, "/two", 2, known));
    free(gf_file_get_doubles(file, "/two", 2, partly));
    ck_assert(partly[0] == 2 && partly[1] == 3);
    close_read(file);
    size_t other[2] = {0, 2}, swapped[2] = {3, 2};
    file = open_file();
    assert_unread(gf_file_get_doubles(file, "/two", 2, other), file,
                  "/two has the shape 2 x 3; expected any x 2");
    file = open_file();
    assert_unread(gf_file_get_integers(file, "/two", 2, swapped), file,
                  "/two has the shape 2 x 3; expected 3 x 2");
    ck_assert(other[0] == 0 && other[1] == 2);
}
END_TEST

/* More elements than there is room for, though little is stored. */
START_TEST(datasets_too_large_are_refused) {
    hsize_t sizes[2] = {(hsize_t)1 << 24, (hsize_t)1 << 24};
    hsize_t chunk[2] = {8, 8}, start[2] = {0, 0}, one[2] = {1, 1};
    size_t shape[2] = {0};
    double value = 1;
    hid_t id = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(2, sizes, NULL), memory = H5Screate_simple(2, one, NULL);
    hid_t chunked = H5Pcreate(H5P_DATASET_CREATE);
    ck_assert_int_ge(H5Pset_chunk(chunked, 2, chunk), 0);
    hid_t data =
        H5Dcreate2(id, "/huge", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, chunked, H5P_DEFAULT);
    ck_assert_int_ge(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, one, NULL), 0);
    ck_assert_int_ge(H5Dwrite(data, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, &value), 0);
    (void)H5Dclose(data);
    (void)H5Pclose(chunked);
    (void)H5Sclose(memory);
    (void)H5Sclose(space);
    (void)H5Fclose(id);
    gf_file *file = open_file();
    assert_unread(gf_file_get_doubles(file, "/huge", 2, shape), file,
                  "/huge holds no data, or too much");
}
END_TEST

START_TEST(datasets_without_data_are_refused) {
    size_t n = 0;
    hsize_t shape = 1000;
    hid_t id = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(1, &shape, NULL);
    hid_t data =
        H5Dcreate2(id, "/hollow", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    (void)H5Dclose(data);
    (void)H5Sclose(space);
    (void)H5Fclose(id);
    gf_file *file = open_file();
    assert_unread(gf_file_get_doubles(file, "/hollow", 1, &n), file, "/hollow holds no data");
}
END_TEST

/* An attribute that is an array, where a single value is expected. */
START_TEST(array_attributes_are_refused) {
    static const double values[64] = {1};
    hsize_t shape = 64;
    write_number(1);
    hid_t id = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t space = H5Screate_simple(1, &shape, NULL);
    hid_t attribute = H5Acreate_by_name(id, "/number", "array", H5T_NATIVE_DOUBLE, space,
                                        H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert_int_ge(H5Awrite(attribute, H5T_NATIVE_DOUBLE, values), 0);
    (void)H5Aclose(attribute);
    (void)H5Sclose(space);
    (void)H5Fclose(id);
    gf_file *file = open_file();
    (void)gf_file_get_number_attribute(file, "/number", "array");
    assert_unread(NULL, file, "attribute array");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("file");
    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_add_test(tests, doubles_come_back);
    tcase_add_test(tests, integers_and_complex_numbers_come_back);
    tcase_add_test(tests, strings_come_back);
    tcase_add_test(tests, empty_arrays_come_back);
    tcase_add_test(tests, attributes_come_back);
    tcase_add_test(tests, every_dataset_has_units);
    tcase_add_test(tests, units_follow_the_unit_of_energy);
    tcase_add_test(tests, groups_and_datasets_are_found_and_removed);
    tcase_add_test(tests, every_file_tells_its_format);
    tcase_add_loop_test(tests, newer_formats_are_refused_by_name, 0, 3);
    tcase_add_test(tests, a_format_that_is_no_number_is_refused);
    tcase_add_test(tests, axes_are_dimension_scales);
    tcase_add_test(tests, copied_axes_are_attached);
    tcase_add_test(tests, a_file_replaces_the_old_one_when_complete);
    tcase_add_test(tests, what_is_given_up_leaves_nothing);
    tcase_add_loop_test(tests, a_file_that_cannot_be_put_in_place_leaves_nothing, 0, 2);
    tcase_add_loop_test(tests, a_failure_leaves_the_old_file, 0, FAILURES);
    tcase_add_test(tests, parts_of_a_file_are_replaced);
    tcase_add_test(tests, unwritable_places_are_refused_at_once);
    tcase_add_test(tests, a_folder_without_permission_is_refused);
    tcase_add_test(tests, what_is_not_hdf5_is_refused);
    tcase_add_test(tests, truncated_files_are_refused);
    tcase_add_test(tests, other_content_is_refused);
    tcase_add_test(tests, other_shapes_are_refused);
    tcase_add_test(tests, datasets_too_large_are_refused);
    tcase_add_test(tests, datasets_without_data_are_refused);
    tcase_add_test(tests, array_attributes_are_refused);
    return run_suite("file", tests);
}
