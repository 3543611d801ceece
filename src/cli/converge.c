#include "cli/report.h"

#include "finite_size/ladder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Shows how far chains of N sites are from the infinite one. Two estimates are\n"
    "made at every size of the ladder FROM:TO, whatever boundary the model has:\n"
    "\n"
    "  rings    the values per site of the periodic chain\n"
    "  linked   what the N-th site adds to the extensive values of the open chain,\n"
    "           X(N) - X(N-1): the numerical linked-cluster expansion in one\n"
    "           dimension; of unit cells, what the last cell adds, per site\n"
    "\n"
    "They are made for the Gibbs states given by --at (without it, those of the\n"
    "fixed points) and for the fixed points of the largest ring, which are followed\n"
    "to the other sizes. The limit is the value at the largest size of the\n"
    "estimator with the smaller error. The error is what may still be missing,\n"
    "judged by how fast the differences between sizes shrink; it is infinite (inf)\n"
    "if they do not. As a check, limits from sizes up to N - 2 must predict the\n"
    "values at the largest size N. -o stores all sizes.\n"
    "\n"
    "Every chain is diagonalised, even if the model asks for random vectors: their\n"
    "scatter would hide the differences.\n";

static const char examples[] =
    "  gibbsflow converge models/xxz_jprime.yaml --sites 6:12\n"
    "  gibbsflow converge models/pump_loss.yaml --sites 5:12 --at 0,-0.3 \\\n"
    "      --at 0.5,0.3 -o ladder.h5\n"
    "  gibbsflow figure ladder.h5 -o ladder.pdf\n";

static const double ROUNDING = 1e-13; /* smaller changes, of the natural size, are nothing */

/* --- printing -------------------------------------------------------------------------------- */

/* "0.55154463 +- 2e-08": digits up to the second of the error. */
static void format_limit(gf_thermodynamic_limit limit, char *text, size_t size) {
    if (isnan(limit.value)) {
        (void)snprintf(text, size, "not found");
        return;
    }
    double magnitude = limit.value != 0 ? floor(log10(fabs(limit.value))) : 0;
    double decimals = isfinite(limit.error) ? ceil(1 - log10(limit.error)) : 5 - magnitude;
    int significant = (int)fmin(16, decimals + magnitude + 1);
    if (limit.value == 0 || significant < 1) {
        (void)snprintf(text, size, "0 +- %.1e", limit.error);
    } else {
        (void)snprintf(text, size, decimals > 0 ? "%#.*g +- %.1e" : "%.*g +- %.1e", significant,
                       limit.value, limit.error);
    }
}

static int sites_of(const gf_ladder *ladder, size_t size) {
    return ladder->first + (int)size * ladder->step;
}

typedef struct quantity {
    const char *name;
    size_t column;
} quantity;

/* One quantity: its limit, where that comes from, and what either kind gives. */
static void print_quantity(cli_report *report, const quantity *what, const gf_ladder_table *table,
                           size_t size, size_t row) {
    size_t column = what->column;
    bool imaginary = strstr(what->name, "imaginary") != NULL; /* stands below the real part */
    static const char *const kinds[GF_LADDERS + 1] = {"rings", "linked", "limit"};
    const char *better = kinds[gf_ladder_better(table, size, row, column)];
    char text[GF_LADDERS + 1][48];
    cli_report_begin(report, NULL);
    cli_report_string(report, "name", what->name, NULL);
    for (int kind = GF_LADDERS; kind >= 0; --kind) {
        gf_thermodynamic_limit limit =
            gf_ladder_estimate(table, (gf_ladder_kind)kind, size, row, column);
        format_limit(limit, text[kind], sizeof text[kind]);
        cli_report_begin(report, kinds[kind]);
        cli_report_number(report, "value", NULL, limit.value, NULL);
        cli_report_number(report, "error", NULL, limit.error, NULL);
        cli_report_end(report);
    }
    cli_report_string(report, "from", better, NULL);
    cli_report_end(report);
    cli_report_text(report, "  %-14s %-30s %-7s %-30s %s\n", imaginary ? "  imaginary" : what->name,
                    text[GF_LADDERS], better, text[GF_RINGS], text[GF_LINKED]);
}

static void print_heading(cli_report *report, const gf_ladder *ladder) {
    int last = sites_of(ladder, ladder->sizes - 1);
    char rings[48], linked[48];
    (void)snprintf(rings, sizeof rings, "rings of %d", last);
    (void)snprintf(linked, sizeof linked, "linked, %d less %d", last, last - ladder->step);
    cli_report_text(report, "  %-14s %-30s %-7s %-30s %s\n", "", "limit", "from", rings, linked);
}

static void print_states(cli_report *report, const gf_ladder *ladder) {
    static const quantity list[] = {{"log Z / N", GF_LADDER_LOG_PARTITION},
                                    {"m", GF_LADDER_DENSITY},
                                    {"e", GF_LADDER_DENSITY + 1},
                                    {"f1", GF_LADDER_FORCE},
                                    {"f2", GF_LADDER_FORCE + 1},
                                    {"N11", GF_LADDER_NOISE},
                                    {"N12", GF_LADDER_NOISE + 1},
                                    {"N22", GF_LADDER_NOISE + 2},
                                    {"C11", GF_LADDER_SUSCEPTIBILITY},
                                    {"C12", GF_LADDER_SUSCEPTIBILITY + 1},
                                    {"C22", GF_LADDER_SUSCEPTIBILITY + 2}};
    cli_report_begin_list(report, "states");
    for (size_t p = 0; p < ladder->points; ++p) {
        double lambda1 = fabs(ladder->lambda[p][0]) < 1e-12 ? 0 : ladder->lambda[p][0];
        cli_report_begin(report, NULL);
        cli_report_number(report, "lambda1", "1", lambda1, "state at lambda1 = %.10g");
        cli_report_number(report, "lambda2", "1/{energy}", ladder->lambda[p][1],
                          ", lambda2 = %.10g\n");
        print_heading(report, ladder);
        cli_report_begin_list(report, "quantities");
        for (size_t k = 0; k < sizeof list / sizeof *list; ++k) {
            print_quantity(report, &list[k], &ladder->states, ladder->sizes - 1, p);
        }
        cli_report_end_list(report);
        cli_report_end(report);
        cli_report_text(report, "\n");
    }
    cli_report_end_list(report);
}

/* "  0.690933  -1.2e-05": a value and its change from the size before. */
static void print_step(cli_report *report, const gf_ladder_table *table, gf_ladder_kind kind,
                       size_t size, size_t row, size_t column) {
    double value = gf_ladder_estimate(table, kind, size, row, column).value;
    double before = size > 0 ? gf_ladder_estimate(table, kind, size - 1, row, column).value : NAN;
    char text[2][24] = {"-", ""};
    if (!isnan(value)) {
        (void)snprintf(text[0], sizeof text[0], "%.10f", fabs(value) < 5e-11 ? 0 : value);
    }
    if (fabs(value - before) <= ROUNDING * table->scale[row * table->columns + column]) {
        (void)snprintf(text[1], sizeof text[1], "0");
    } else if (!isnan(value - before)) {
        (void)snprintf(text[1], sizeof text[1], "%+.1e", value - before);
    }
    cli_report_text(report, " %14s %8s", text[0], text[1]);
}

/* The densities of a fixed point on chains of one size after the other. */
static void print_sizes(cli_report *report, const gf_ladder *ladder, size_t row) {
    static const char *const keys[GF_CHARGES][GF_LADDERS] = {
        {"magnetization_rings", "magnetization_linked"}, {"energy_rings", "energy_linked"}};
    const gf_ladder_table *table = &ladder->fixed_points;
    cli_report_begin_list(report, "sizes");
    for (size_t size = 0; size < ladder->sizes; ++size) {
        cli_report_begin(report, NULL);
        cli_report_number(report, "sites", NULL, sites_of(ladder, size), "  %2.0f");
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            for (int kind = 0; kind < GF_LADDERS; ++kind) {
                size_t column = GF_LADDER_POINT_DENSITY + i;
                print_step(report, table, (gf_ladder_kind)kind, size, row, column);
                cli_report_number(
                    report, keys[i][kind], i == 0 ? "1 per site" : "{energy} per site",
                    gf_ladder_estimate(table, (gf_ladder_kind)kind, size, row, column).value, NULL);
            }
        }
        cli_report_end(report);
        cli_report_text(report, "\n");
    }
    cli_report_end_list(report);
}

static void print_point(cli_report *report, const gf_ladder *ladder, size_t row) {
    static const quantity list[] = {{"m", GF_LADDER_POINT_DENSITY},
                                    {"e", GF_LADDER_POINT_DENSITY + 1},
                                    {"lambda1", GF_LADDER_POINT_LAMBDA},
                                    {"lambda2", GF_LADDER_POINT_LAMBDA + 1},
                                    {"eigenvalue 1", GF_LADDER_POINT_EIGENVALUES},
                                    {"eigenvalue 1 imaginary", GF_LADDER_POINT_EIGENVALUES + 1},
                                    {"eigenvalue 2", GF_LADDER_POINT_EIGENVALUES + 2},
                                    {"eigenvalue 2 imaginary", GF_LADDER_POINT_EIGENVALUES + 3},
                                    {"N11", GF_LADDER_POINT_NOISE},
                                    {"N12", GF_LADDER_POINT_NOISE + 1},
                                    {"N22", GF_LADDER_POINT_NOISE + 2}};
    const gf_ladder_table *table = &ladder->fixed_points;
    cli_report_begin(report, NULL);
    cli_report_string(report, "kind", gf_stability_name(ladder->stability[row]),
                      "fixed point, %s\n");
    cli_report_text(report, "   N %14s %8s %14s %8s %14s %8s %14s %8s\n", "m rings", "change",
                    "m linked", "change", "e rings", "change", "e linked", "change");
    print_sizes(report, ladder, row);
    print_heading(report, ladder);
    cli_report_begin_list(report, "quantities");
    for (size_t k = 0; k < sizeof list / sizeof *list; ++k) {
        bool imaginary = list[k].column == GF_LADDER_POINT_EIGENVALUES + 1 ||
                         list[k].column == GF_LADDER_POINT_EIGENVALUES + 3;
        gf_thermodynamic_limit limit =
            gf_ladder_estimate(table, GF_LADDERS, ladder->sizes - 1, row, list[k].column);
        if (!imaginary || limit.value != 0) {
            print_quantity(report, &list[k], table, ladder->sizes - 1, row);
        }
    }
    cli_report_end_list(report);
    cli_report_end(report);
    cli_report_text(report, "\n");
}

static void print_fixed_points(cli_report *report, const gf_ladder *ladder) {
    cli_report_begin_list(report, "fixed_points");
    for (size_t row = 0; row < ladder->fixed_points.rows; ++row) {
        print_point(report, ladder, row);
    }
    cli_report_end_list(report);
    if (ladder->fixed_points.rows == 0) {
        cli_report_text(report, "The largest ring has no isolated fixed point to follow.\n\n");
    }
}

static void print_check(cli_report *report, const gf_ladder *ladder) {
    static const char *const names[GF_LADDERS + 1] = {"rings", "linked", "better of both"};
    int last = sites_of(ladder, ladder->sizes - 1);
    if (ladder->sizes < GF_THERMODYNAMIC_LIMIT_SIZES + 2) {
        cli_report_text(report, "check: none, it takes %d sizes\n",
                        GF_THERMODYNAMIC_LIMIT_SIZES + 2);
        return;
    }
    cli_report_text(report, "check: limits from sizes up to %d as predictions of %d sites\n",
                    last - 2 * ladder->step, last);
    cli_report_begin_list(report, "check");
    for (int kind = 0; kind <= GF_LADDERS; ++kind) {
        gf_ladder_check a = gf_ladder_predict(ladder, &ladder->states, (gf_ladder_kind)kind);
        gf_ladder_check b = gf_ladder_predict(ladder, &ladder->fixed_points, (gf_ladder_kind)kind);
        size_t within = a.within + b.within, all = within + a.beyond + b.beyond;
        size_t unsettled = a.unsettled + b.unsettled;
        cli_report_text(report,
                        "  %-14s %zu of %zu within their error, %zu with an infinite error\n",
                        names[kind], within, all, unsettled);
        cli_report_begin(report, NULL);
        cli_report_string(report, "limits", names[kind], NULL);
        cli_report_number(report, "within", NULL, (double)within, NULL);
        cli_report_number(report, "of", NULL, (double)all, NULL);
        cli_report_number(report, "unsettled", NULL, (double)unsettled, NULL);
        cli_report_end(report);
    }
    cli_report_end_list(report);
}

static gf_status print_ladder(const cli_options *options, const gf_ladder *ladder,
                              gf_error *error) {
    const gf_spectrum *spectrum = NULL;
    cli_report report;
    cli_report_open(&report, options);
    const gf_model *model = gf_ladder_largest(ladder, &spectrum);
    cli_report_chain(&report, model);
    cli_report_text(&report, "# the unit of energy is %s\n", gf_model_energy_unit(model));
    print_states(&report, ladder);
    print_fixed_points(&report, ladder);
    print_check(&report, ladder);
    return cli_report_close(&report, GF_OK, error);
}

/* --- the command ----------------------------------------------------------------------------- */

/* What the command line asks for. */
typedef struct request {
    char *sites; /* --sites */
    char **at;   /* --at, NULL-terminated */
    int first, last;
    double (*lambda)[GF_CHARGES];
    size_t points;
} request;

static int parse_sites(const cli_options *options, request *self) {
    int size[2];
    if (cli_parse_integers(self->sites, ':', 2, size) != 2 || size[0] < 2 ||
        size[1] > GF_CHAIN_MAX_SITES || size[1] - size[0] + 1 < GF_THERMODYNAMIC_LIMIT_SIZES) {
        return cli_usage(options,
                         "--sites %s: expected FROM:TO, at least %d sizes between 2 and %d, as in "
                         "6:12",
                         self->sites, GF_THERMODYNAMIC_LIMIT_SIZES, GF_CHAIN_MAX_SITES);
    }
    self->first = size[0];
    self->last = size[1];
    return CLI_GO_ON;
}

static const double MOST_LAMBDA = 1e6;

static bool parse_point(const char *text, double lambda[GF_CHARGES]) {
    return cli_parse_numbers(text, ',', GF_CHARGES, lambda) == GF_CHARGES &&
           fabs(lambda[0]) <= MOST_LAMBDA && fabs(lambda[1]) <= MOST_LAMBDA;
}

static int parse_points(const cli_options *options, request *self) {
    size_t count = 0;
    for (char **text = self->at; text != NULL && *text != NULL; ++text) {
        ++count;
    }
    self->lambda = calloc(count + 1, sizeof *self->lambda);
    if (self->lambda == NULL) {
        gf_error error;
        (void)gf_fail_memory(&error, "the points");
        return cli_fail(options, &error);
    }
    for (char **text = self->at; text != NULL && *text != NULL; ++text) {
        if (!parse_point(*text, self->lambda[self->points++])) {
            return cli_usage(options, "--at %s: expected LAMBDA1,LAMBDA2 up to 1e6, as in 0,-0.26",
                             *text);
        }
    }
    return CLI_GO_ON;
}

/* Without --sites: from half the sites of the model on. */
static gf_status plan(const cli_options *options, request *self, gf_ladder **ladder,
                      gf_error *error) {
    gf_model *model = NULL;
    gf_spectrum_cost cost;
    gf_status status = cli_load_model(options, &model, error);
    if (status == GF_OK && self->sites == NULL) {
        self->last = model->chain.sites;
        int cell = gf_model_cell(model);
        self->first = self->last / 2 / cell * cell;
        if ((self->last - self->first) / cell + 1 < GF_THERMODYNAMIC_LIMIT_SIZES) {
            status = gf_fail(error, GF_INVALID,
                             "%s has %d sites, too few for a ladder from half of them; say which "
                             "sizes with --sites FROM:TO",
                             options->input, self->last);
        }
    }
    int cell = status == GF_OK ? gf_model_cell(model) : 1;
    if (status == GF_OK && (self->last - self->first) / cell + 1 < GF_THERMODYNAMIC_LIMIT_SIZES) {
        status = gf_fail(error, GF_INVALID,
                         "%d to %d sites are %d sizes of whole cells of %d; errors take %d sizes",
                         self->first, self->last, (self->last - self->first) / cell + 1, cell,
                         GF_THERMODYNAMIC_LIMIT_SIZES);
    }
    if (status == GF_OK) {
        status = gf_ladder_plan(model, self->first, self->last, ladder, &cost, error);
    }
    if (status == GF_OK && cost.seconds > 2) {
        char duration[40];
        cli_format_duration(cost.seconds, duration, sizeof duration);
        cli_say(options,
                "%s: rings of %d to %d and open chains of %d to %d sites: about %.2g GiB of memory "
                "and roughly %s",
                model->name, self->first, self->last, self->first - gf_model_cell(model),
                self->last, cost.memory / 0x1p30, duration);
    }
    gf_model_free(model);
    return status;
}

static gf_status store(const cli_options *options, const gf_ladder *ladder, gf_error *error) {
    gf_file *file = NULL;
    gf_status status = gf_file_create(options->output, &file, error);
    if (status == GF_OK) {
        gf_file_put_origin(file, options->line);
        gf_ladder_write(ladder, file);
        status = gf_file_commit(&file, error);
    }
    return status;
}

static int converge(const cli_options *options, request *self) {
    gf_ladder *ladder = NULL;
    gf_error error;
    gf_status status =
        options->output != NULL ? cli_spare_output(options, CLI_LADDER, &error) : GF_OK;
    if (status == GF_OK) {
        status = plan(options, self, &ladder, &error);
    }
    if (status == GF_OK) {
        cli_progress progress;
        cli_progress_start(&progress, options, "diagonalising");
        status = gf_ladder_compute(ladder, (const double(*)[GF_CHARGES])self->lambda, self->points,
                                   &progress.progress, &error);
        cli_progress_end(&progress);
    }
    if (status == GF_OK && options->output != NULL) {
        status = store(options, ladder, &error);
    }
    if (status == GF_OK) {
        status = print_ladder(options, ladder, &error);
    }
    gf_ladder_free(ladder);
    return status == GF_OK ? CLI_DONE : cli_fail(options, &error);
}

static void free_request(request *self) {
    free(self->sites);
    for (char **text = self->at; text != NULL && *text != NULL; ++text) {
        free(*text);
    }
    free((void *)self->at);
    free(self->lambda);
}

static int run(const cli_command *command, int argc, const char **argv) {
    static const char *const endings[] = {".h5", ".hdf5", NULL};
    request asked = {0};
    struct poptOption own[] = {
        {"sites", 'n', POPT_ARG_STRING, &asked.sites, 0,
         "sizes of the ladder (default: from half the sites of the model on)", "FROM:TO"},
        {"at", 0, POPT_ARG_ARGV, (void *)&asked.at, 0,
         "a Gibbs state to follow; may be given several times", "LAMBDA1,LAMBDA2"},
        POPT_TABLEEND};
    cli_options options;
    int result = cli_open(&options, command, CLI_RESULT | CLI_SET | CLI_SYMMETRY | CLI_JSON, own,
                          argc, argv);
    if (result == CLI_GO_ON && options.output != NULL) {
        result = cli_check_output(&options, endings);
    }
    if (result == CLI_GO_ON && asked.sites != NULL) {
        result = parse_sites(&options, &asked);
    }
    if (result == CLI_GO_ON) {
        result = parse_points(&options, &asked);
    }
    if (result == CLI_GO_ON) {
        result = converge(&options, &asked);
    }
    free_request(&asked);
    cli_close(&options);
    return result;
}

const cli_command cli_converge = {.name = "converge",
                                  .arguments = "MODEL|FILE.h5 [-o FILE.h5]",
                                  .summary = "compare sizes and estimate the infinite chain",
                                  .help = help,
                                  .examples = examples,
                                  .takes = CLI_HAMILTONIAN,
                                  .run = run};
