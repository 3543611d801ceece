#include "cli/info_ranks.h"

#include "base/printable.h"
#include "gibbsflow/file.h"
#include "gibbsflow/machine.h"
#include "gibbsflow/typicality.h"
#include "gibbsflow/version.h"
#include "hilbert/basis.h"
#include "langevin/ensemble/langevin.h"
#include "model/model_file.h"
#include "spectrum/block.h"
#include "spectrum/checkpoint.h"
#include "spectrum/plan.h"
#include "typicality/sampling_plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Without an argument: prints the version, and the processor, threads and linear\n"
    "algebra that the program runs on.\n"
    "\n"
    "With a model: prints the symmetries of its Hamiltonian, how many matrices are\n"
    "diagonalised, and the memory and time that this takes. --blocks lists them: the\n"
    "blocks of equal quantum numbers (+- stands for two labels at once, and \"copies\"\n"
    "counts them), or the random vectors of --method typicality. --ranks N says what\n"
    "a job of N ranks would take, which need not run here: which blocks all ranks do\n"
    "together and which one rank does, memory and time, how much of it the ranks\n"
    "are at work, and how many of them are of use. It is a model.\n"
    "\n"
    "With a run file: prints what it asks for, memory and time, from a short trial; with\n"
    "--ranks on so many ranks.\n"
    "\n"
    "With an HDF5 file: prints how it was made, with which values of parameters, and\n"
    "what it holds. Of a run under way (its last checkpoint) it also prints how far each\n"
    "point of the sweep is and the density of walls so far; of a diagonalisation under\n"
    "way, the file FILE.h5.blocks, how many blocks are done. Neither is disturbed. Of a\n"
    "run, trajectories and transport --ranks N says what the same would take on N ranks.\n";

static const char examples[] =
    "  gibbsflow info\n"
    "  gibbsflow info models/xxz_jprime.yaml --sites 16\n"
    "  gibbsflow info models/xxz_jprime.yaml --sites 24 --method typicality\n"
    "  gibbsflow info models/xxz_jprime.yaml --sites 22 --ranks 64 --threads 4\n"
    "  gibbsflow info models/fig5.yaml --set realisations=1000 --ranks 64\n"
    "  gibbsflow info fig2.h5\n";

static void print_machine(cli_report *report) {
    const char *better = gf_machine_better_blas_kernel();
    char version[32];
    gf_machine_blas_version(sizeof version, version);
    cli_report_text(report, "gibbsflow " GF_VERSION "\n");
    cli_report_number(report, "threads", NULL, gf_machine_threads(), "threads: %.0f\n");
    cli_report_number(report, "free_memory", "GiB", (double)gf_machine_free_memory() / 0x1p30,
                      "free memory: %.3g GiB\n");
    cli_report_string(report, "openblas_version", version, "OpenBLAS version: %s\n");
    cli_report_string(report, "openblas_kernel", gf_machine_blas_kernel(), "OpenBLAS kernel: %s");
    cli_report_text(report, "%s%s%s\n", better != NULL ? " (this processor could run " : "",
                    better != NULL ? better : "",
                    better != NULL ? "; set OPENBLAS_CORETYPE to it)" : "");
}

static void print_samples(cli_report *report, const gf_model *model) {
    cli_report_text(report, "%14s %12s %16s\n", "magnetisation", "states", "random vectors");
    cli_report_begin_list(report, "sectors");
    for (int up = 0; up <= model->chain.sites; ++up) {
        size_t samples = gf_typicality_samples(model, up);
        cli_report_begin(report, NULL);
        cli_report_number(report, "magnetization", NULL, 2 * up - model->chain.sites, "%14.0f");
        cli_report_number(report, "states", NULL,
                          (double)gf_basis_dimension(model->chain.sites, up), " %12.0f ");
        if (samples > 0) {
            cli_report_text(report, "%16zu\n", samples);
        } else {
            cli_report_text(report, "%16s\n", "diagonalised");
        }
        cli_report_number(report, "random_vectors", NULL, (double)samples, NULL);
        cli_report_end(report);
    }
    cli_report_end_list(report);
}

/* Names the elements that no others already named make up. */
static void print_symmetries(cli_report *report, const gf_symmetry *symmetry) {
    static const int simplest_first[] = {GF_REFLECT,
                                         GF_FLIP,
                                         GF_CONJUGATE,
                                         GF_REFLECT | GF_FLIP,
                                         GF_REFLECT | GF_CONJUGATE,
                                         GF_FLIP | GF_CONJUGATE,
                                         GF_REFLECT | GF_FLIP | GF_CONJUGATE};
    static const char *const names[] = {"reflection", "spin flip", "complex conjugation"};
    bool known[GF_FACTOR_SETS] = {true};
    char list[300] = "";
    size_t used = 0;
    if (symmetry->translations > 1) {
        used += (size_t)snprintf(list, sizeof list, "translation");
    }
    if (symmetry->translations > 1 && symmetry->step > 1) {
        used += (size_t)snprintf(list + used, sizeof list - used, " by %d sites", symmetry->step);
    }
    for (size_t k = 0; k < sizeof simplest_first / sizeof *simplest_first; ++k) {
        int factors = simplest_first[k];
        if (!symmetry->has[factors] || known[factors]) {
            continue;
        }
        const char *between = used > 0 ? ", " : "";
        for (int f = 0; f < 3; ++f) {
            if ((factors & (1 << f)) != 0) {
                used +=
                    (size_t)snprintf(list + used, sizeof list - used, "%s%s", between, names[f]);
                if (1 << f == GF_REFLECT && symmetry->centre > 0) {
                    used += (size_t)snprintf(list + used, sizeof list - used, " (j to %d-j)",
                                             symmetry->sites - 1 + symmetry->centre);
                }
                between = " x ";
            }
        }
        for (int other = 0; other < GF_FACTOR_SETS; ++other) { /* factors itself comes last */
            known[other ^ factors] = known[other ^ factors] || known[other];
        }
    }
    cli_report_string(report, "symmetries", used > 0 ? list : "none", "symmetries: %s\n");
}

static void print_sign(cli_report *report, int sign, bool both, int number, int width) {
    char text[32];
    (void)snprintf(text, sizeof text, "%s%d", both ? "+-" : sign < 0 ? "-" : "", number);
    cli_report_text(report, " %*s", width, text);
}

static void print_character(cli_report *report, const char *key, int character) {
    cli_report_text(report, " %10s", character > 0 ? "+" : character < 0 ? "-" : ".");
    cli_report_number(report, key, NULL, character, NULL);
}

static void print_block(cli_report *report, const gf_symmetry *symmetry, const gf_block *block,
                        double memory, double seconds) {
    gf_block mirror;
    bool mirrored = gf_symmetry_mirror(symmetry, block, &mirror);
    int magnetization = 2 * block->up - symmetry->sites;
    print_sign(report, magnetization, mirrored, abs(magnetization), 12);
    cli_report_number(report, "magnetization", NULL, magnetization, NULL);
    if (symmetry->translations > 1) {
        print_sign(report, 1, block->degeneracy == 2, block->momentum, 8);
    } else {
        cli_report_text(report, " %8s", ".");
    }
    cli_report_number(report, "momentum", NULL, symmetry->translations > 1 ? block->momentum : -1,
                      NULL);
    print_character(report, "reflection", block->character[GF_REFLECT]);
    print_character(report, "flip", block->character[GF_FLIP]);
    print_character(report, "both", block->character[GF_REFLECT | GF_FLIP]);
    cli_report_number(report, "states", NULL, (double)block->size, " %8.0f");
    cli_report_number(report, "copies", NULL, block->degeneracy * (mirrored ? 2 : 1), " %8.0f");
    cli_report_number(report, "memory", "MiB", memory / 0x1p20, " %8.3g MiB");
    cli_report_number(report, "seconds", "s", seconds, " %10.2g\n");
}

static void print_blocks(cli_report *report, const gf_model *model, const gf_symmetry *symmetry,
                         const gf_block *blocks, size_t count, double rate) {
    size_t rows = GF_OBSERVABLES * model->channel_count * (gf_symmetry_flips(symmetry) ? 2 : 1);
    cli_report_text(report, "%13s %8s %10s %10s %10s %8s %8s %12s %10s\n", "magnetisation",
                    "momentum", "reflection", "flip", "both", "states", "copies", "memory",
                    "seconds");
    cli_report_begin_list(report, "blocks");
    for (size_t b = 0; b < count; ++b) {
        cli_report_begin(report, NULL);
        print_block(report, symmetry, &blocks[b], gf_block_memory(symmetry, &blocks[b], rows),
                    gf_block_work(&blocks[b]) * rate);
        cli_report_end(report);
    }
    cli_report_end_list(report);
}

static gf_status describe_blocks(cli_report *report, const gf_model *model, double rate,
                                 bool listed, gf_error *error) {
    gf_symmetry symmetry;
    gf_block *blocks = NULL;
    size_t count = 0, real = 0;
    gf_status status = gf_spectrum_symmetry(model, &symmetry, error);
    if (status == GF_OK) {
        status = gf_symmetry_blocks(&symmetry, &blocks, &count, error);
    }
    for (size_t b = 0; b < count; ++b) {
        real += blocks[b].is_real;
    }
    if (status == GF_OK) {
        print_symmetries(report, &symmetry);
        cli_report_number(report, "matrices", NULL, (double)count, "matrices: %.0f, ");
        cli_report_text(report, "%s",
                        real == count ? "real"
                        : real == 0   ? "complex"
                                      : "real and complex");
        cli_report_number(report, "real_matrices", NULL, (double)real, NULL);
        cli_report_number(report, "largest", NULL, (double)blocks[0].size,
                          ", the largest of %.0f states\n");
        if (listed) {
            print_blocks(report, model, &symmetry, blocks, count, rate);
        }
    }
    free(blocks);
    return status;
}

static void print_chain(cli_report *report, const gf_model *model) {
    cli_report_chain(report, model);
    cli_report_text(report, "model: %s\nunit of energy: %s\nsites: %d, %s", model->name,
                    model->energy_unit, model->chain.sites,
                    model->chain.periodic ? "periodic" : "open");
    if (gf_model_cell(model) > 1) {
        cli_report_text(report, ", cells of %d", gf_model_cell(model));
    }
    cli_report_text(report, "\nchannels:");
    cli_report_begin_list(report, "channels");
    for (size_t c = 0; c < model->channel_count; ++c) {
        cli_report_begin(report, NULL);
        cli_report_string(report, "name", model->channels[c].name, " %s");
        cli_report_number(report, "rate", "epsilon {energy}", model->channels[c].rate,
                          " (rate %g)");
        cli_report_end(report);
    }
    cli_report_end_list(report);
    cli_report_text(report, "\n");
}

static void print_cost(cli_report *report, const gf_spectrum_cost *cost, bool full) {
    char duration[40];
    cli_format_duration(cost->seconds, duration, sizeof duration);
    cli_report_text(report, "%s: about %.2g GiB at the peak, roughly %s\n",
                    full ? "diagonalisation" : "sampling", cost->memory / 0x1p30, duration);
    cli_report_number(report, "memory", "GiB", cost->memory / 0x1p30, NULL);
    cli_report_number(report, "time", "s", cost->seconds, NULL);
}

/* What the options ask for beside the contents. */
typedef struct wishes {
    int blocks; /* a list of them */
    int ranks;  /* what a job of so many takes; 0: none */
    double memory;
} wishes;

/* What diagonalising, or sampling, takes: also of what is refused. */
static gf_status print_work(cli_report *report, const gf_model *model, const wishes *wanted,
                            gf_error *error) {
    gf_spectrum_cost cost;
    gf_error refusal;
    gf_status status = GF_OK, refused = GF_OK;
    bool full = model->method == GF_FULL;
    if (full) {
        refused = gf_spectrum_estimate(model, &cost, &refusal);
        status = describe_blocks(report, model, cost.rate, wanted->blocks != 0, error);
    } else {
        refused = gf_typicality_estimate(model, &cost, &refusal);
        cli_report_number(report, "largest", NULL, (double)cost.largest,
                          "largest sector: %.0f states, ");
        cli_report_number(report, "random_vectors", NULL,
                          (double)gf_typicality_samples(model, model->chain.sites / 2),
                          "%.0f random vectors\n");
        if (wanted->blocks != 0) {
            print_samples(report, model);
        }
    }
    if (status == GF_OK && wanted->ranks > 0) {
        status = cli_print_ranks(report, model, wanted->ranks, wanted->memory, cost.rate, error);
    } else if (status == GF_OK && refused != GF_OK) {
        *error = refusal;
        status = refused;
    }
    if (status == GF_OK && refused == GF_OK) {
        print_cost(report, &cost, full);
    }
    return status;
}

static gf_status print_model(const cli_options *options, cli_report *report, const wishes *wanted,
                             gf_error *error) {
    gf_model *model = NULL;
    gf_status status = cli_load_model(options, &model, error);
    if (status == GF_OK) {
        print_chain(report, model);
        status = print_work(report, model, wanted, error);
    }
    gf_model_free(model);
    return status;
}

/* What strangers wrote is not for the terminal to obey. */
static void print_text(cli_report *report, const char *key, const char *label, const char *text) {
    size_t size = 4 * strlen(text) + 1;
    char *printable = malloc(size);
    cli_report_string(report, key, text, NULL);
    if (printable != NULL) {
        gf_printable(text, printable, size);
        cli_report_text(report, "%s: %s\n", label, printable);
    }
    free(printable);
}

/* An attribute that older files lack, which is no failure: NULL then. The caller frees it. */
static char *get_optional(const char *path, const char *group, const char *name) {
    gf_file *file = NULL;
    char *text = gf_file_open(path, &file, NULL) == GF_OK
                     ? gf_file_get_text_attribute(file, group, name)
                     : NULL;
    gf_file_close(&file);
    return text;
}

/* Settings, "name=value" with white space between, on one line. */
static void print_settings(cli_report *report, const char *path, const char *group) {
    char *text = get_optional(path, group, "settings");
    size_t length = text != NULL ? strlen(text) : 0;
    for (size_t i = 0; i < length; ++i) {
        text[i] = text[i] == '\n' ? ' ' : text[i];
    }
    while (length > 0 && text[length - 1] == ' ') {
        text[--length] = '\0';
    }
    if (text != NULL) {
        print_text(report, "settings", "set in place of the text's", length > 0 ? text : "nothing");
    }
    free(text);
}

static void print_model_of(cli_report *report, gf_file *file, const char *path) {
    gf_error error;
    char *name = gf_file_get_text_attribute(file, "/model", "name");
    char *parameters = gf_file_get_text_attribute(file, "/model", "parameters");
    char *unit = gf_model_stored_energy_unit(file);
    double sites = gf_file_get_number_attribute(file, "/model", "sites");
    if (gf_file_check(file, &error) == GF_OK) {
        print_text(report, "model", "model", name);
        print_text(report, "energy_unit", "unit of energy", unit);
        cli_report_number(report, "sites", NULL, sites, "sites: %g\n");
        print_text(report, "parameters", "parameters", parameters);
        print_settings(report, path, "/model");
    }
    free(name);
    free(unit);
    free(parameters);
}

static void print_contents(cli_report *report, gf_file *file, const char *path) {
    static const char *const groups[] = {
        "/spectrum",     "/lambda_grid", "/density_grid", "/fitted_grid", "/region",
        "/fixed_points", "/flow_lines",  "/separatrices", "/scan",        "/phase",
        "/ladder",       "/rates",       "/transport",    "/trajectories"};
    gf_error error;
    print_model_of(report, file, path);
    if (gf_file_check(file, &error) == GF_OK) {
        cli_report_text(report, "holds:");
        cli_report_begin_list(report, "holds");
        for (size_t k = 0; k < sizeof groups / sizeof groups[0]; ++k) {
            if (gf_file_has(file, groups[k])) {
                cli_report_string(report, NULL, groups[k], " %s");
            }
        }
        cli_report_end_list(report);
        cli_report_text(report, "\n");
    }
}

static void print_run(cli_report *report, gf_file *file, const char *path) {
    gf_error error;
    char *equation = gf_file_get_text_attribute(file, "/run", "equation");
    char *integrator = gf_file_get_text_attribute(file, "/run", "integrator");
    double done = gf_file_get_number_attribute(file, "/run", "done");
    if (gf_file_check(file, &error) == GF_OK) {
        print_text(report, "equation", "Langevin run", equation);
        print_text(report, "integrator", "integrator", integrator);
        cli_report_text(report, "done: %.4g %%\n", 100 * done);
        cli_report_number(report, "done", "1", done, NULL);
        print_settings(report, path, "/run");
    }
    char *parameters = get_optional(path, "/run", "parameters");
    if (parameters != NULL) {
        print_text(report, "parameters", "parameters", parameters);
    }
    free(parameters);
    if (gf_file_has(file, "/model")) {
        cli_report_text(report, "its force table:\n");
        cli_report_begin(report, "table");
        print_model_of(report, file, path);
        cli_report_end(report);
    }
    free(equation);
    free(integrator);
}

static void print_instanton(cli_report *report, gf_file *file, const char *path) {
    gf_error error;
    char *equation = gf_file_get_text_attribute(file, "/instanton", "equation");
    char *parameters = gf_file_get_text_attribute(file, "/instanton", "parameters");
    char *law = gf_file_get_text_attribute(file, "/instanton", "law");
    if (gf_file_check(file, &error) == GF_OK) {
        print_text(report, "equation", "least action", equation);
        print_text(report, "law", "law", law);
        print_text(report, "parameters", "parameters", parameters);
        print_settings(report, path, "/instanton");
    }
    free(equation);
    free(parameters);
    free(law);
}

/* How far a point of the sweep is, and its walls as of now. */
static gf_status print_progress_of(cli_report *report, const gf_langevin *self, size_t k,
                                   gf_error *error) {
    const gf_run *run = self->run;
    gf_langevin_point point;
    gf_langevin_extent extent = gf_langevin_look(self, k);
    gf_status status = gf_langevin_summarise(self, k, &point, error);
    if (status != GF_OK) {
        return status;
    }
    cli_report_begin(report, NULL);
    cli_report_number(report, "value", NULL, run->sweep[k], "%10g");
    cli_report_text(report, " %9.3g %%", 100 * extent.done);
    cli_report_number(report, "done", "1", extent.done, NULL);
    cli_report_number(report, "finished", NULL, (double)extent.finished, " %9.0f");
    if (gf_run_has_walls(run)) {
        if (isnan(point.walls.mean)) {
            cli_report_text(report, " %12s", "-");
        } else {
            cli_report_text(report, " %12.5g +- %.2g", point.walls.mean, point.walls.error);
        }
        cli_report_estimate(report, "walls", run->rescaled ? "sqrt(epsilon)/a" : "1/a",
                            &point.walls);
    }
    cli_report_text(report, "\n");
    cli_report_end(report);
    return GF_OK;
}

static gf_status print_progress(cli_report *report, const char *path, gf_error *error) {
    gf_langevin *self = NULL;
    gf_status status = gf_langevin_read(path, &self, error);
    if (status != GF_OK) {
        return status;
    }
    const gf_run *run = self->run;
    size_t finished = 0, complete = 0;
    for (size_t k = 0; k < run->points; ++k) {
        size_t here = gf_langevin_look(self, k).finished;
        finished += here;
        complete += here == run->realisations ? 1 : 0;
    }
    cli_report_text(report, "finished: %zu of %zu sweep points, %zu of %zu realisations\n",
                    complete, run->points, finished, run->points * run->realisations);
    cli_report_text(report, "%10s %11s %9s %12s\n", run->equation->parameters[run->swept], "done",
                    "finished", gf_run_has_walls(run) ? "walls so far" : "");
    cli_report_string(report, "parameter", run->equation->parameters[run->swept], NULL);
    cli_report_number(report, "realisations", NULL, (double)run->realisations, NULL);
    cli_report_begin_list(report, "points");
    for (size_t k = 0; k < run->points && status == GF_OK; ++k) {
        status = print_progress_of(report, self, k, error);
    }
    cli_report_end_list(report);
    gf_langevin_free(self);
    return status;
}

/* What each block of a checkpoint takes, or each sector that is diagonalised and each vector of the
 * others; in any unit. The caller frees it. */
static gf_status list_work(const gf_model *model, double **work, size_t *count, gf_error *error) {
    bool full = model->method == GF_FULL;
    gf_workforce force = gf_workforce_here();
    gf_plan blocks = {0};
    gf_sampling_plan vectors = {0};
    gf_status status = full ? gf_plan_make(model, &force, &blocks, error)
                            : gf_sampling_plan_make(model, &force, &vectors, error);
    *count = blocks.count;
    for (size_t k = 0; k < vectors.count; ++k) {
        *count += gf_sampling_part_vectors(&vectors.parts[k]) + 1;
    }
    *work = calloc(*count + 1, sizeof **work);
    if (status == GF_OK && *work == NULL) {
        status = gf_fail_memory(error, "the work");
    }
    for (size_t b = 0; b < blocks.count && status == GF_OK; ++b) {
        (*work)[b] = gf_block_work(&blocks.blocks[b]);
    }
    *count = blocks.count;
    for (size_t k = 0; k < vectors.count && status == GF_OK; ++k) {
        const gf_sampling_part *part = &vectors.parts[k];
        size_t here = gf_sampling_part_vectors(part);
        for (size_t v = 0; v < (here > 0 ? here : 1); ++v) {
            (*work)[(*count)++] = here > 0 ? part->run : part->prepare;
        }
    }
    gf_plan_free(&blocks);
    gf_sampling_plan_free(&vectors);
    return status;
}

static void print_part_done(cli_report *report, bool full, const double *work, size_t count,
                            const int64_t *held, size_t holds) {
    double all = 0, done = 0;
    for (size_t b = 0; b < count; ++b) {
        all += work[b];
    }
    for (size_t k = 0; k < holds; ++k) {
        done += held[k] >= 0 && (size_t)held[k] < count ? work[held[k]] : 0;
    }
    cli_report_number(report, "finished", NULL, (double)holds, "finished: %.0f");
    cli_report_number(report, full ? "matrices" : "random_vectors", NULL, (double)count,
                      full ? " of %.0f matrices" : " of %.0f small sectors and vectors");
    cli_report_text(report, ", %.3g %% of the work\n", 100 * done / all);
    cli_report_number(report, "done", "1", done / all, NULL);
}

/* A checkpoint of a diagonalisation, or of random vectors. */
static gf_status print_blocks_done(cli_report *report, gf_file *file, const char *path,
                                   gf_error *error) {
    gf_model *model = NULL;
    double *work = NULL;
    size_t count = 0, holds = 0;
    gf_status status = gf_model_restore(file, path, NULL, &model, error);
    int64_t *held = status == GF_OK ? gf_file_get_integers(file, "/blocks/block", 1, &holds) : NULL;
    if (status == GF_OK) {
        model->method = GF_FULL; /* whatever its text says */
    }
    if (status == GF_OK && gf_file_has(file, "/sampling")) {
        gf_spectrum_get_sampling(file, model);
    }
    status = status == GF_OK ? gf_file_check(file, error) : status;
    if (status == GF_OK) {
        status = list_work(model, &work, &count, error);
    }
    if (status == GF_OK) {
        bool full = model->method == GF_FULL;
        cli_report_text(report, full ? "a diagonalisation under way\n"
                                     : "random vectors of a spectrum under way\n");
        print_chain(report, model);
        print_part_done(report, full, work, count, held, holds);
    }
    free(held);
    free(work);
    gf_model_free(model);
    return status;
}

/* How far what the file is a checkpoint of has come. */
static gf_status print_checkpoint(cli_report *report, gf_file *file, const char *path,
                                  gf_error *error) {
    if (gf_file_has(file, "/blocks")) {
        return print_blocks_done(report, file, path, error);
    }
    bool under_way =
        gf_file_has(file, "/run") && gf_file_get_number_attribute(file, "/run", "done") < 1;
    gf_status status = gf_file_check(file, error);
    return status == GF_OK && under_way ? print_progress(report, path, error) : status;
}

/* What the same again would take. */
static gf_status print_ranks_of_file(cli_report *report, gf_file *file, const char *path, int ranks,
                                     gf_error *error) {
    gf_langevin *self = NULL;
    if (gf_file_has(file, "/trajectories")) {
        return cli_print_ranks_of_trajectories(report, file, path, ranks, error);
    }
    if (gf_file_has(file, "/transport")) {
        return cli_print_ranks_of_transport(report, file, path, ranks, error);
    }
    if (!gf_file_has(file, "/run")) {
        return GF_OK;
    }
    gf_status status = gf_langevin_read(path, &self, error);
    if (status == GF_OK) {
        status = cli_print_ranks_of_run(report, self->run, ranks, error);
    }
    gf_langevin_free(self);
    return status;
}

static gf_status print_file(const cli_options *options, cli_report *report, const wishes *wanted,
                            gf_error *error) {
    static const char *const names[] = {"program", "version", "command", "date"};
    static const char *const keys[] = {"written_by", "written_version", "written_command",
                                       "written_date"};
    gf_file *file = NULL;
    gf_status status = gf_file_open(options->input, &file, error);
    if (status != GF_OK) {
        return status;
    }
    size_t known = gf_file_has(file, "/blocks") ? 2 : 4; /* it is not known by its command */
    for (size_t k = 0; k < known; ++k) {
        char *text = gf_file_get_text_attribute(file, "/", names[k]);
        if (text != NULL) {
            print_text(report, keys[k], names[k], text);
        }
        free(text);
    }
    if (gf_file_has(file, "/run")) {
        print_run(report, file, options->input);
    } else if (gf_file_has(file, "/instanton")) {
        print_instanton(report, file, options->input);
    } else if (!gf_file_has(file, "/blocks")) {
        print_contents(report, file, options->input);
    }
    status = gf_file_check(file, error);
    if (status == GF_OK) {
        status = print_checkpoint(report, file, options->input, error);
    }
    if (status == GF_OK && wanted->ranks > 0) {
        status = print_ranks_of_file(report, file, options->input, wanted->ranks, error);
    }
    gf_file_close(&file);
    return status;
}

/* What a run file asks for. */
static gf_status print_run_text(const cli_options *options, cli_report *report,
                                const wishes *wanted, gf_error *error) {
    gf_run *run = NULL;
    double steps = 0;
    gf_status status = gf_run_read(options->input, &options->settings, &run, error);
    for (size_t k = 0; status == GF_OK && k < run->points; ++k) {
        steps += (double)gf_run_steps(run, k) * (double)run->realisations;
    }
    if (status == GF_OK) {
        print_text(report, "equation", "Langevin run", run->equation->name);
        print_text(report, "integrator", "integrator", run->integrator->name);
        cli_report_number(report, "sweep_points", NULL, (double)run->points, "%.0f sweep points");
        cli_report_number(report, "realisations", NULL, (double)run->realisations,
                          " x %.0f realisations");
        cli_report_number(report, "cells", NULL, (double)run->cells, " of %.0f cells: ");
        cli_report_number(report, "site_steps", NULL, steps * (double)run->cells,
                          "%.3g site-steps\n");
        status = cli_print_ranks_of_run(report, run, wanted->ranks > 0 ? wanted->ranks : 1, error);
    }
    gf_run_free(run);
    return status;
}

/* Of what the argument is. */
static gf_status print(const cli_options *options, const wishes *wanted, gf_error *error) {
    cli_report report;
    gf_status status = GF_OK;
    cli_report_open(&report, options);
    if (options->input == NULL) {
        print_machine(&report);
    } else if (cli_is_run(options->input)) {
        status = print_run_text(options, &report, wanted, error);
    } else if (!gf_file_is_hdf5(options->input)) {
        status = print_model(options, &report, wanted, error);
    } else {
        status = print_file(options, &report, wanted, error);
    }
    return cli_report_close(&report, status, error);
}

static int run(const cli_command *command, int argc, const char **argv) {
    enum { MOST_RANKS = 1000000 };
    cli_options options;
    wishes wanted = {0};
    struct poptOption own[] = {{"blocks", 'b', POPT_ARG_NONE, &wanted.blocks, 0,
                                "list the blocks, or the sectors and their random vectors", NULL},
                               {"ranks", 0, POPT_ARG_INT, &wanted.ranks, 0,
                                "say what a job of so many ranks would take", "N"},
                               {"memory", 0, POPT_ARG_DOUBLE, &wanted.memory, 0,
                                "GiB that each of these ranks may take (default: as here)", "GIB"},
                               POPT_TABLEEND};
    int result = cli_open(&options, command, CLI_DIAGONALIZES | CLI_INPUT_OPTIONAL | CLI_JSON, own,
                          argc, argv);
    bool sets = options.settings.count > 0 || options.settings.sites != 0;
    if (result == CLI_GO_ON && sets && options.input != NULL && gf_file_is_hdf5(options.input)) {
        result =
            cli_usage(&options, "--set and --sites go with model and run files; %s is an HDF5 file",
                      options.input);
    }
    if (result == CLI_GO_ON && (wanted.ranks < 0 || wanted.ranks > MOST_RANKS)) {
        result = cli_usage(&options, "--ranks %d: expected 1 to %d", wanted.ranks, MOST_RANKS);
    }
    if (result == CLI_GO_ON && !(wanted.memory >= 0 && isfinite(wanted.memory))) {
        result = cli_usage(&options, "--memory %g: expected a number of GiB", wanted.memory);
    }
    if (result == CLI_GO_ON) {
        gf_error error;
        gf_status status = print(&options, &wanted, &error);
        result = status == GF_OK ? CLI_DONE : cli_fail(&options, &error);
    }
    cli_close(&options);
    return result;
}

const cli_command cli_info = {.name = "info",
                              .arguments = "[MODEL|RUN|FILE.h5]",
                              .summary = "describe the program, a model, a run or a file",
                              .help = help,
                              .examples = examples,
                              .takes = CLI_RUN_TEXT | CLI_HAMILTONIAN | CLI_TABLE | CLI_SCAN |
                                       CLI_PHASE | CLI_LADDER | CLI_RUN | CLI_INSTANTON |
                                       CLI_BLOCKS | CLI_RATES | CLI_TRANSPORT | CLI_TRAJECTORIES,
                              .run = run};
