/* What a file holds, as text: a list of it, or parts of it as CSV. */
#include "cli/report.h"

#include "base/printable.h"
#include "gibbsflow/charge.h"
#include "gibbsflow/machine.h"
#include "io/stored.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Prints what an HDF5 file holds as text. Without DATASET it lists every dataset:\n"
    "its axes with their lengths, its units and what it is. With DATASET it prints\n"
    "CSV (RFC 4180): a row for every value, a column for every axis, then the value.\n"
    "\n"
    "An axis shows its dimension scale (the magnetisation, the time, the swept\n"
    "parameter, ...), an axis of charges 'magnetization' and 'energy', any other the\n"
    "index from 0 on. The first line names the columns, with units in brackets.\n"
    "Complex numbers take two columns. Numbers have 17 digits and read back as they\n"
    "are; what is no number is nan, texts are quoted, control characters in them \\xNN.\n"
    "\n"
    "Several datasets with the same axes stand side by side, a column each. -o takes a\n"
    "name that ends in .csv; the file is put in place when it is complete.\n";

static const char examples[] =
    "  gibbsflow export fig2.h5\n"
    "  gibbsflow export fig2.h5 /density_grid/force -o force.csv\n"
    "  gibbsflow export fig6.h5 /walls/density /walls/standard_error\n";

/* --- values ----------------------------------------------------------------------------------- */

/* A dataset and its values, one of the three by its type. */
typedef struct values {
    gf_stored what;
    double *numbers; /* of complex ones pairs */
    int64_t *integers;
    char **texts;
} values;

static void free_values(values *self) {
    gf_stored_free(&self->what);
    free(self->numbers);
    free(self->integers);
    free((void *)self->texts);
    *self = (values){0};
}

static gf_status read_values(gf_file *file, const char *path, values *self, gf_error *error) {
    *self = (values){0};
    gf_status status = gf_stored_find(file, path, &self->what, error);
    if (status != GF_OK) {
        return status;
    }
    size_t *shape = self->what.shape;
    int rank = self->what.rank;
    switch (self->what.type) {
    case GF_STORED_NUMBERS:
        self->numbers = gf_file_get_doubles(file, path, rank, shape);
        break;
    case GF_STORED_COMPLEX:
        self->numbers = gf_file_get_complex(file, path, rank, shape);
        break;
    case GF_STORED_INTEGERS:
        self->integers = gf_file_get_integers(file, path, rank, shape);
        break;
    case GF_STORED_TEXTS:
        self->texts = gf_file_get_strings(file, path, rank, shape);
        break;
    case GF_STORED_OTHER:
        gf_file_reject(file, "%s holds neither numbers nor text, or has more than %d axes", path,
                       GF_FILE_MAX_RANK);
    }
    status = gf_file_check(file, error);
    if (status != GF_OK) {
        free_values(self);
    }
    return status;
}

static size_t count_of(const gf_stored *what) {
    size_t count = 1;
    for (int k = 0; k < what->rank; ++k) {
        count *= what->shape[k];
    }
    return count;
}

static void put_number(FILE *out, double value) {
    if (isnan(value)) {
        (void)fputs("nan", out); /* without a sign */
    } else {
        (void)fprintf(out, "%.17g", value);
    }
}

static void put_text(FILE *out, const char *text) {
    char *printable = malloc(4 * strlen(text) + 1);
    if (printable != NULL) {
        gf_printable(text, printable, 4 * strlen(text) + 1);
    }
    (void)fputc('"', out);
    for (const char *c = printable; c != NULL && *c != '\0'; ++c) {
        (void)fputs(*c == '"' ? "\"" : "", out);
        (void)fputc(*c, out);
    }
    (void)fputc('"', out);
    free(printable);
}

static void put_value(FILE *out, const values *self, size_t index) {
    if (self->texts != NULL) {
        put_text(out, self->texts[index]);
    } else if (self->integers != NULL) {
        (void)fprintf(out, "%" PRId64, self->integers[index]);
    } else if (self->what.type == GF_STORED_COMPLEX) {
        put_number(out, self->numbers[2 * index]);
        (void)fputc(',', out);
        put_number(out, self->numbers[2 * index + 1]);
    } else {
        put_number(out, self->numbers[index]);
    }
}

/* --- axes ------------------------------------------------------------------------------------- */

/* What stands in the column of an axis: a heading, and a text for every index. */
typedef struct coordinate {
    char *heading;
    size_t count;
    char **texts;
} coordinate;

static void free_coordinate(coordinate *self) {
    free(self->heading);
    for (size_t i = 0; self->texts != NULL && i < self->count; ++i) {
        free(self->texts[i]);
    }
    free((void *)self->texts);
    *self = (coordinate){0};
}

/* "NAME [UNITS]"; number 2, 3, ... tells axes of one name apart. */
static char *make_heading(const char *name, int number, const char *units) {
    char *heading = NULL, suffix[16] = "";
    if (number > 1) {
        (void)snprintf(suffix, sizeof suffix, " %d", number);
    }
    bool bare = *units == '\0';
    return asprintf(&heading, "%s%s%s%s%s", name, suffix, bare ? "" : " [", units,
                    bare ? "" : "]") >= 0
               ? heading
               : NULL;
}

/* Word number `index` of "A, c, B"; NULL if there is none. The caller frees it. */
static char *take_word(const char *label, size_t index) {
    for (; index > 0 && label != NULL; --index) {
        label = strchr(label, ',');
        label = label != NULL ? label + 1 + strspn(label + 1, " ") : NULL;
    }
    return label != NULL ? strndup(label, strcspn(label, ",")) : NULL;
}

static size_t count_words(const char *label) {
    size_t count = 1;
    for (const char *c = label; *c != '\0'; ++c) {
        count += *c == ',' ? 1 : 0;
    }
    return count;
}

/* What index `index` of an axis without a scale is called. */
static char *name_index(const char *label, size_t count, size_t index) {
    char *text = NULL;
    if (strcmp(label, "charge") == 0 && count == GF_CHARGES) {
        return strdup(gf_charge_name(index));
    }
    if (count > 1 && count_words(label) == count) { /* as many names as places */
        return take_word(label, index);
    }
    return asprintf(&text, "%zu", index) >= 0 ? text : NULL;
}

static char *format_value(const values *scale, size_t index) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return NULL;
    }
    put_value(out, scale, index);
    return fclose(out) == 0 ? text : NULL;
}

/* Axis `k` of a dataset; `scale` is empty where it has none. */
static gf_status fill_coordinate(const gf_stored *what, int k, const values *scale,
                                 coordinate *self, gf_error *error) {
    bool has_scale = scale->what.path != NULL;
    const char *label = has_scale ? strrchr(what->axes[k], '/') + 1 : what->axes[k];
    int number = 1;
    for (int other = 0; other < k; ++other) {
        number += strcmp(what->axes[other], what->axes[k]) == 0 ? 1 : 0;
    }
    *self = (coordinate){.count = what->shape[k]};
    self->heading =
        make_heading(*label != '\0' ? label : "index", number, has_scale ? scale->what.units : "");
    self->texts = calloc(self->count + 1, sizeof *self->texts);
    bool done = self->heading != NULL && self->texts != NULL;
    for (size_t i = 0; i < self->count && done; ++i) {
        self->texts[i] = has_scale ? format_value(scale, i) : name_index(label, self->count, i);
        done = self->texts[i] != NULL;
    }
    if (!done) {
        free_coordinate(self);
        return gf_fail_memory(error, "the axes");
    }
    return GF_OK;
}

static gf_status make_coordinate(gf_file *file, const gf_stored *what, int k, coordinate *self,
                                 gf_error *error) {
    values scale = {0};
    gf_status status = GF_OK;
    if (what->axes[k][0] == '/') {
        status = read_values(file, what->axes[k], &scale, error);
    }
    if (status == GF_OK && scale.what.path != NULL &&
        (scale.what.rank != 1 || scale.what.shape[0] != what->shape[k])) {
        gf_file_reject(file, "%s is no axis of %s: it has another length", scale.what.path,
                       what->path);
        status = gf_file_check(file, error);
    }
    if (status == GF_OK) {
        status = fill_coordinate(what, k, &scale, self, error);
    }
    free_values(&scale);
    return status;
}

/* --- the table -------------------------------------------------------------------------------- */

/* Datasets side by side, and the axes that they share. */
typedef struct sheet {
    values *columns;
    size_t count;
    coordinate axes[GF_FILE_MAX_RANK];
} sheet;

static void free_sheet(sheet *self) {
    for (size_t i = 0; i < self->count; ++i) {
        free_values(&self->columns[i]);
    }
    for (int k = 0; k < GF_FILE_MAX_RANK; ++k) {
        free_coordinate(&self->axes[k]);
    }
    free(self->columns);
}

static bool share_axes(const gf_stored *a, const gf_stored *b) {
    bool same = a->rank == b->rank;
    for (int k = 0; k < a->rank && same; ++k) {
        same = a->shape[k] == b->shape[k] && strcmp(a->axes[k], b->axes[k]) == 0;
    }
    return same;
}

static gf_status read_sheet(gf_file *file, char *const *names, sheet *self, gf_error *error) {
    size_t wanted = 0;
    while (names[wanted] != NULL) {
        ++wanted;
    }
    self->columns = calloc(wanted, sizeof *self->columns);
    gf_status status = self->columns != NULL ? GF_OK : gf_fail_memory(error, "the columns");
    while (status == GF_OK && self->count < wanted) {
        char *path = NULL;
        const char *name = names[self->count];
        if (asprintf(&path, "%s%s", *name == '/' ? "" : "/", name) < 0) {
            return gf_fail_memory(error, "a name");
        }
        values *column = &self->columns[self->count];
        status = read_values(file, path, column, error);
        self->count += status == GF_OK ? 1 : 0;
        if (status == GF_OK && !share_axes(&self->columns[0].what, &column->what)) {
            gf_file_reject(file, "%s and %s have not the same axes; export one at a time",
                           self->columns[0].what.path, path);
            status = gf_file_check(file, error);
        }
        free(path);
    }
    for (int k = 0; status == GF_OK && k < self->columns[0].what.rank; ++k) {
        status = make_coordinate(file, &self->columns[0].what, k, &self->axes[k], error);
    }
    return status;
}

/* A dataset that is its own axis stands in the column of that. */
static bool is_axis(const gf_stored *what) {
    return what->rank == 1 && strcmp(what->axes[0], what->path) == 0;
}

/* A heading, in quotes where CSV needs them; after others with a comma. */
static void put_heading(FILE *out, const char *heading, bool *first) {
    (void)fputs(*first ? "" : ",", out);
    *first = false;
    if (strpbrk(heading, ",\"\n\r") != NULL) {
        put_text(out, heading);
    } else {
        (void)fputs(heading, out);
    }
}

static void put_headings(const sheet *self, FILE *out) {
    static const char *const parts[] = {"", " (real)", " (imaginary)"};
    bool first = true;
    for (int k = 0; k < self->columns[0].what.rank; ++k) {
        put_heading(out, self->axes[k].heading, &first);
    }
    for (size_t i = 0; i < self->count; ++i) {
        const gf_stored *what = &self->columns[i].what;
        bool pairs = what->type == GF_STORED_COMPLEX;
        for (int part = pairs ? 1 : 0; part <= (pairs ? 2 : 0) && !is_axis(what); ++part) {
            char *heading = NULL;
            if (asprintf(&heading, "%s%s [%s]", what->path + 1, parts[part], what->units) >= 0) {
                put_heading(out, heading, &first);
                free(heading);
            }
        }
    }
    (void)fputc('\n', out);
}

static void put_row(const sheet *self, const size_t *place, size_t row, FILE *out) {
    const char *between = "";
    for (int k = 0; k < self->columns[0].what.rank; ++k) {
        (void)fputs(between, out);
        (void)fputs(self->axes[k].texts[place[k]], out);
        between = ",";
    }
    for (size_t i = 0; i < self->count; ++i) {
        if (!is_axis(&self->columns[i].what)) {
            (void)fputs(between, out);
            put_value(out, &self->columns[i], row);
            between = ",";
        }
    }
    (void)fputc('\n', out);
}

static void put_sheet(const sheet *self, FILE *out) {
    const gf_stored *what = &self->columns[0].what;
    size_t place[GF_FILE_MAX_RANK] = {0}, rows = count_of(what);
    put_headings(self, out);
    for (size_t row = 0; row < rows; ++row) {
        put_row(self, place, row, out);
        for (int k = what->rank; k-- > 0 && ++place[k] == what->shape[k];) {
            place[k] = 0;
        }
    }
}

/* The file is made in memory, and must fit. */
static gf_status store_sheet(const sheet *self, const char *path, gf_error *error) {
    const double longest = 26; /* of a number, with its comma */
    char *text = NULL;
    size_t size = 0;
    double columns = (double)self->columns[0].what.rank + 2 * (double)self->count;
    double bytes = (double)count_of(&self->columns[0].what) * columns * longest;
    if (2 * bytes > (double)gf_machine_free_memory()) {
        return gf_fail(error, GF_NO_MEMORY,
                       "%s would take up to %.3g GiB of memory; leave -o out and redirect the "
                       "standard output",
                       path, bytes / 0x1p30);
    }
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return gf_fail_memory(error, path);
    }
    put_sheet(self, out);
    gf_status status = fclose(out) == 0 ? gf_file_write_bytes(path, text, size, error)
                                        : gf_fail_memory(error, path);
    free(text);
    return status;
}

static gf_status export_data(const cli_options *options, gf_file *file, gf_error *error) {
    sheet all = {0};
    gf_status status = read_sheet(file, options->names, &all, error);
    if (status == GF_OK && options->output != NULL) {
        status = store_sheet(&all, options->output, error);
    } else if (status == GF_OK) {
        put_sheet(&all, stdout);
    }
    free_sheet(&all);
    return status;
}

/* --- the list --------------------------------------------------------------------------------- */

/* "lambda1 121, lambda2 101, charge 2"; the caller frees it. */
static char *describe_axes(const gf_stored *what) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (int k = 0; out != NULL && k < what->rank; ++k) {
        const char *slash = strrchr(what->axes[k], '/');
        const char *name = slash != NULL ? slash + 1 : what->axes[k];
        (void)fprintf(out, "%s%s%s%zu", k > 0 ? ", " : "", name, *name != '\0' ? " " : "",
                      what->shape[k]);
    }
    if (out != NULL && what->rank == 0) {
        (void)fputs("one", out);
    }
    return out != NULL && fclose(out) == 0 ? text : NULL;
}

static void list_one(cli_report *report, const gf_stored *what, int width) {
    double shape[GF_FILE_MAX_RANK];
    char *axes = describe_axes(what);
    cli_report_begin(report, NULL);
    cli_report_string(report, "dataset", what->path, NULL);
    for (int k = 0; k < what->rank; ++k) {
        shape[k] = (double)what->shape[k];
    }
    cli_report_numbers(report, "shape", NULL, (size_t)what->rank, shape);
    cli_report_begin_list(report, "axes");
    for (int k = 0; k < what->rank; ++k) {
        cli_report_string(report, NULL, what->axes[k], NULL);
    }
    cli_report_end_list(report);
    cli_report_string(report, "units", what->units, NULL);
    cli_report_string(report, "description", what->description, NULL);
    cli_report_end(report);
    char line[600], printable[600];
    (void)snprintf(line, sizeof line, "%-*s  %s  [%s]%s%s", width, what->path,
                   axes != NULL ? axes : "", what->units, *what->description != '\0' ? "  " : "",
                   what->description);
    gf_printable(line, printable, sizeof printable);
    cli_report_text(report, "%s\n", printable);
    free(axes);
}

static gf_status list(const cli_options *options, gf_file *file, gf_error *error) {
    gf_stored *all = NULL;
    size_t count = 0;
    int width = 0;
    cli_report report;
    gf_status status = gf_stored_list(file, &all, &count, error);
    cli_report_open(&report, options);
    for (size_t i = 0; i < count; ++i) {
        int length = (int)strnlen(all[i].path, 60);
        width = length > width ? length : width;
    }
    cli_report_begin_list(&report, "datasets");
    for (size_t i = 0; i < count; ++i) {
        list_one(&report, &all[i], width);
        gf_stored_free(&all[i]);
    }
    cli_report_end_list(&report);
    free(all);
    return cli_report_close(&report, status, error);
}

/* --- the command ------------------------------------------------------------------------------ */

static int check_options(const cli_options *options) {
    static const char *const endings[] = {".csv", NULL};
    if (options->output != NULL && options->names == NULL) {
        return cli_usage(options,
                         "-o goes with the name of a dataset; without one the list of "
                         "them is printed");
    }
    if (options->json != 0 && options->names != NULL) {
        return cli_usage(options, "--json goes with the list; datasets are printed as CSV");
    }
    return options->output != NULL ? cli_check_output(options, endings) : CLI_GO_ON;
}

static int run(const cli_command *command, int argc, const char **argv) {
    cli_options options;
    gf_error error;
    int result = cli_open(&options, command, CLI_OUTPUT | CLI_NAMES | CLI_JSON, NULL, argc, argv);
    if (result == CLI_GO_ON) {
        result = check_options(&options);
    }
    if (result == CLI_GO_ON) {
        gf_file *file = NULL;
        gf_status status = cli_expect(&options, command->takes, &error);
        if (status == GF_OK) {
            status = gf_file_open(options.input, &file, &error);
        }
        if (status == GF_OK) {
            status = options.names != NULL ? export_data(&options, file, &error)
                                           : list(&options, file, &error);
        }
        gf_file_close(&file);
        result = status == GF_OK ? CLI_DONE : cli_fail(&options, &error);
    }
    cli_close(&options);
    return result;
}

const cli_command cli_export = {.name = "export",
                                .arguments = "FILE.h5 [DATASET...] [-o FILE.csv]",
                                .summary = "print what a file holds as text (CSV)",
                                .help = help,
                                .examples = examples,
                                .takes = CLI_SPECTRUM | CLI_TABLE | CLI_SCAN | CLI_PHASE |
                                         CLI_LADDER | CLI_RUN | CLI_INSTANTON | CLI_BLOCKS |
                                         CLI_RATES | CLI_TRANSPORT | CLI_TRAJECTORIES,
                                .run = run};
