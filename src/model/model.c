#include "model/model.h"

#include "base/printable.h"
#include "model/operators.h"
#include "model/parameters.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_GRID_POINTS = 100000, MIN_KNOTS = 5, MAX_KNOTS = 4096 };

/* --- parsing --------------------------------------------------------------------------------- */

/* The sites of a unit cell, which make up a ring in whole numbers. */
static gf_status parse_cell(gf_document *document, const gf_node *node, gf_chain *chain,
                            gf_error *error) {
    long cell = 1;
    gf_status status = node != NULL ? gf_document_integer(document, node, "cell", 1,
                                                          GF_CHAIN_MAX_SITES, &cell, error)
                                    : GF_OK;
    if (status == GF_OK && chain->periodic && chain->sites % cell != 0) {
        status = gf_document_fail(document, node, error,
                                  "a ring of %d sites is no whole number of cells of %ld; take a "
                                  "multiple of %ld sites, or an open chain",
                                  chain->sites, cell, cell);
    }
    chain->cell = (int)cell;
    return status;
}

static gf_status parse_chain(gf_document *document, gf_node *root, const gf_settings *settings,
                             gf_chain *chain, gf_error *error) {
    gf_node *sites = NULL, *boundary = NULL;
    const char *text = NULL;
    long number = 0;
    gf_status status = gf_document_require(document, root, "sites", &sites, error);
    if (status == GF_OK) {
        status =
            gf_document_integer(document, sites, "sites", 1, GF_CHAIN_MAX_SITES, &number, error);
    }
    if (status == GF_OK) {
        status = gf_document_require(document, root, "boundary", &boundary, error);
    }
    if (status == GF_OK) {
        status = gf_document_text(document, boundary, "boundary", &text, error);
    }
    if (status != GF_OK) {
        return status;
    }
    if (strcmp(text, "periodic") != 0 && strcmp(text, "open") != 0) {
        return gf_document_fail(document, boundary, error,
                                "boundary must be periodic or open, not '%.100s'", text);
    }
    if (settings->sites < 0 || settings->sites > GF_CHAIN_MAX_SITES) {
        return gf_fail(error, GF_INVALID, "%d sites asked for; expected 1 to %d", settings->sites,
                       GF_CHAIN_MAX_SITES);
    }
    chain->sites = settings->sites > 0 ? settings->sites : (int)number;
    chain->periodic = settings->closure != GF_CLOSURE_OF_FILE ? settings->closure == GF_RING
                                                              : strcmp(text, "periodic") == 0;
    return parse_cell(document, gf_document_get(document, root, "cell"), chain, error);
}

static gf_status parse_axis(gf_document *document, gf_node *grid, const char *name,
                            const gf_model *model, gf_axis *axis, gf_error *error) {
    static const char *const keys[] = {"from", "to", "points", NULL};
    gf_node *map = gf_document_get(document, grid, name);
    if (map == NULL) {
        return GF_OK;
    }
    const gf_scope scope = gf_model_scope(model);
    gf_status status = gf_document_check_keys(document, map, name, keys, error);
    gf_node *from = gf_document_get(document, map, "from"),
            *to = gf_document_get(document, map, "to"),
            *points = gf_document_get(document, map, "points");
    if (status == GF_OK && from != NULL) {
        status = gf_model_parse_number(document, from, "from", &scope, &axis->from, error);
    }
    if (status == GF_OK && to != NULL) {
        status = gf_model_parse_number(document, to, "to", &scope, &axis->to, error);
    }
    if (status == GF_OK && points != NULL) {
        long number = 0;
        status =
            gf_document_integer(document, points, "points", 1, MAX_GRID_POINTS, &number, error);
        axis->points = (size_t)number;
    }
    if (status == GF_OK && axis->points > 1 && axis->from >= axis->to) { /* false for NaN */
        status = gf_document_fail(document, map, error, "the axis %s is empty: from %g to %g", name,
                                  axis->from, axis->to);
    }
    return status;
}

static gf_status parse_fitted(gf_document *document, gf_node *map, gf_model *model,
                              gf_error *error) {
    static const char *const keys[] = {"magnetization", "energy", NULL};
    if (map == NULL) {
        return GF_OK;
    }
    gf_status status = gf_document_check_keys(document, map, "fitted", keys, error);
    for (size_t i = 0; i < 2 && status == GF_OK; ++i) {
        gf_node *points = gf_document_get(document, map, keys[i]);
        long number = (long)model->fitted[i];
        if (points != NULL) {
            status = gf_document_integer(document, points, keys[i], MIN_KNOTS, MAX_KNOTS, &number,
                                         error);
        }
        model->fitted[i] = (size_t)number;
    }
    return status;
}

static gf_status parse_grid(gf_document *document, gf_node *grid, gf_model *model,
                            gf_error *error) {
    static const char *const keys[] = {"lambda1", "lambda2", "magnetization",
                                       "energy",  "fitted",  NULL};
    model->lambda1 = (gf_axis){-3, 3, 121};
    model->lambda2 = (gf_axis){-1.5, 1, 101};
    model->magnetization = (gf_axis){-1, 1, 101};
    model->energy = (gf_axis){NAN, NAN, 101};
    model->fitted[0] = 65;
    model->fitted[1] = 81;
    if (grid == NULL) {
        return GF_OK;
    }
    gf_axis *axes[] = {&model->lambda1, &model->lambda2, &model->magnetization, &model->energy};
    gf_status status = gf_document_check_keys(document, grid, "grid", keys, error);
    for (size_t i = 0; i < 4 && status == GF_OK; ++i) {
        status = parse_axis(document, grid, keys[i], model, axes[i], error);
    }
    return status == GF_OK
               ? parse_fitted(document, gf_document_get(document, grid, "fitted"), model, error)
               : status;
}

static gf_status parse_method(gf_document *document, const gf_node *node, gf_method *method,
                              gf_error *error) {
    const char *text = "full";
    if (node == NULL) {
        return GF_OK;
    }
    gf_status status = gf_document_text(document, node, "method", &text, error);
    if (status == GF_OK && strcmp(text, "full") != 0 && strcmp(text, "typicality") != 0) {
        status = gf_document_fail(document, node, error,
                                  "method must be full or typicality, not '%.100s'", text);
    }
    *method = strcmp(text, "typicality") == 0 ? GF_TYPICALITY : GF_FULL;
    return status;
}

/* The numbers of a gf_sampling, as the model file names them, with their bounds. */
enum { SAMPLING_KEYS = 5 };
static const char *const sampling_keys[] = {"samples", "exact", "deflate", "steps", "seed", NULL};
static const long sampling_low[SAMPLING_KEYS] = {2, 0, 0, 2, 0};
static const long sampling_high[SAMPLING_KEYS] = {1000000, 32000, 1000, 2000, GF_MAX_SEED};

static gf_status parse_sampling(gf_document *document, gf_node *map, gf_sampling *sampling,
                                gf_error *error) {
    long values[SAMPLING_KEYS] = {16, 1200, 32, 200, 1};
    gf_status status =
        map != NULL ? gf_document_check_keys(document, map, "typicality", sampling_keys, error)
                    : GF_OK;
    for (size_t k = 0; k < SAMPLING_KEYS && map != NULL && status == GF_OK; ++k) {
        const char *key = sampling_keys[k];
        const gf_node *node = gf_document_get(document, map, key);
        if (node != NULL) {
            status = gf_document_integer(document, node, key, sampling_low[k], sampling_high[k],
                                         &values[k], error);
        }
    }
    *sampling = (gf_sampling){.samples = (size_t)values[0],
                              .exact = (size_t)values[1],
                              .deflate = (size_t)values[2],
                              .steps = (size_t)values[3],
                              .seed = (uint64_t)values[4]};
    return status;
}

bool gf_model_is_energy_unit(const char *text) {
    enum { MOST = 20 };
    char printable[4 * MOST + 1];
    size_t length = 0;
    for (; text[length] != '\0' && length <= MOST; ++length) {
        unsigned char c = (unsigned char)text[length];
        if (!isalnum(c) && c != '_' && c != '\'' && c < 0x80) {
            return false;
        }
    }
    if (length == 0 || length > MOST || isdigit((unsigned char)text[0])) {
        return false;
    }
    gf_printable(text, printable, sizeof printable);
    return strcmp(text, printable) == 0;
}

static gf_status parse_energy_unit(gf_document *document, const gf_node *node, gf_model *model,
                                   gf_error *error) {
    const char *text = GF_MODEL_ENERGY_UNIT;
    gf_status status =
        node != NULL ? gf_document_text(document, node, "energy_unit", &text, error) : GF_OK;
    if (status == GF_OK && !gf_model_is_energy_unit(text)) {
        status = gf_document_fail(document, node, error,
                                  "energy_unit must be a name such as J or meV: up to 20 letters, "
                                  "digits, _ and ', not '%.100s'",
                                  text);
    }
    if (status == GF_OK) {
        model->energy_unit = strdup(text);
        status = model->energy_unit != NULL ? GF_OK : gf_fail_memory(error, "the model");
    }
    return status;
}

static gf_status parse_root(gf_document *document, const gf_settings *settings, gf_model *model,
                            gf_error *error) {
    static const char *const keys[] = {
        "name",   "sites",      "boundary",    "parameters", "hamiltonian", "lindblad", "grid",
        "method", "typicality", "energy_unit", "cell",       "integrable",  NULL};
    gf_node *root = gf_document_root(document), *name = NULL, *hamiltonian = NULL, *lindblad = NULL;
    const char *text = NULL;
    gf_status status = gf_document_check_keys(document, root, "the model", keys, error);
    if (status != GF_OK ||
        (status = gf_document_require(document, root, "name", &name, error)) != GF_OK ||
        (status = gf_document_require(document, root, "hamiltonian", &hamiltonian, error)) !=
            GF_OK ||
        (status = gf_document_require(document, root, "lindblad", &lindblad, error)) != GF_OK ||
        (status = gf_document_name_text(document, name, "name", &text, error)) != GF_OK) {
        return status;
    }
    model->name = strdup(text);
    if (model->name == NULL) {
        return gf_fail_memory(error, "the model");
    }
    status =
        parse_energy_unit(document, gf_document_get(document, root, "energy_unit"), model, error);
    if (status == GF_OK) {
        status = parse_chain(document, root, settings, &model->chain, error);
    }
    if (status == GF_OK) {
        gf_node *parameters = gf_document_get(document, root, "parameters");
        model->no_symmetry = settings->no_symmetry;
        model->distribute_from = settings->distribute_from;
        status = gf_model_parse_parameters(document, parameters, settings, model, error);
    }
    if (status == GF_OK) {
        status = gf_model_parse_hamiltonian(document, hamiltonian, model, error);
    }
    if (status == GF_OK) {
        status = gf_model_parse_integrable(document, gf_document_get(document, root, "integrable"),
                                           hamiltonian, model, error);
    }
    if (status == GF_OK) {
        status = gf_model_parse_lindblad(document, lindblad, model, error);
    }
    if (status == GF_OK) {
        status = parse_grid(document, gf_document_get(document, root, "grid"), model, error);
    }
    if (status == GF_OK) {
        status = gf_model_follow_definitions(model, error);
    }
    if (status == GF_OK) {
        status = parse_method(document, gf_document_get(document, root, "method"), &model->method,
                              error);
    }
    return status == GF_OK ? parse_sampling(document, gf_document_get(document, root, "typicality"),
                                            &model->sampling, error)
                           : status;
}

gf_status gf_model_parse(const char *text, size_t length, const char *name,
                         const gf_settings *settings, gf_model **model, gf_error *error) {
    static const gf_settings none = {0};
    gf_model *made = calloc(1, sizeof *made);
    *model = NULL;
    if (made == NULL) {
        return gf_fail_memory(error, "the model");
    }
    gf_status status = gf_document_parse(text, length, name, &made->document, error);
    if (status == GF_OK) {
        made->yaml = strndup(text, length);
        status = made->yaml != NULL ? GF_OK : gf_fail_memory(error, "the model");
    }
    if (status == GF_OK) {
        status = parse_root(made->document, settings != NULL ? settings : &none, made, error);
    }
    if (status == GF_OK) {
        *model = made;
    } else {
        gf_model_free(made);
    }
    return status;
}

gf_status gf_model_read(const char *path, const gf_settings *settings, gf_model **model,
                        gf_error *error) {
    char *text = NULL;
    size_t length = 0;
    *model = NULL;
    gf_status status = gf_document_read_text(path, &text, &length, error);
    if (status == GF_OK) {
        status = gf_model_parse(text, length, path, settings, model, error);
    }
    free(text);
    return status;
}

gf_status gf_model_resize(const gf_model *self, int sites, bool periodic, gf_model **result,
                          gf_error *error) {
    const gf_settings settings = {.sites = sites,
                                  .closure = periodic ? GF_RING : GF_OPEN_CHAIN,
                                  .parameters = self->parameters,
                                  .count = self->parameter_count,
                                  .distribute_from = self->distribute_from};
    return gf_model_parse(self->yaml, strlen(self->yaml), self->name, &settings, result, error);
}

void gf_model_free(gf_model *self) {
    if (self == NULL) {
        return;
    }
    free(self->name);
    free(self->energy_unit);
    free(self->yaml);
    for (size_t i = 0; i < self->parameter_count; ++i) {
        free(self->parameters[i].name);
    }
    free(self->parameters);
    gf_names_free(self->names);
    free(self->written);
    free(self->set);
    free(self->used);
    free(self->in_operators);
    free(self->steers);
    gf_document_free(self->document);
    gf_operator_free(&self->hamiltonian);
    gf_operator_free(&self->integrable);
    for (size_t i = 0; i < self->channel_count; ++i) {
        free(self->channels[i].name);
        gf_operator_free(&self->channels[i].jump.operator);
    }
    free(self->channels);
    free(self);
}

/* --- looking --------------------------------------------------------------------------------- */

const char *gf_model_name(const gf_model *self) {
    return self->name;
}

int gf_model_cell(const gf_model *self) {
    return gf_chain_cell(&self->chain);
}

const char *gf_model_energy_unit(const gf_model *self) {
    return self->energy_unit;
}

int gf_model_sites(const gf_model *self) {
    return self->chain.sites;
}

bool gf_model_is_periodic(const gf_model *self) {
    return self->chain.periodic;
}

size_t gf_model_parameters(const gf_model *self) {
    return self->parameter_count;
}

const gf_parameter *gf_model_parameter(const gf_model *self, size_t index) {
    return &self->parameters[index];
}

bool gf_model_uses_parameter(const gf_model *self, size_t index) {
    return self->used[index];
}

bool gf_model_sets_parameter(const gf_model *self, size_t index) {
    return self->parameters[index].value != self->written[index];
}

size_t gf_model_channels(const gf_model *self) {
    return self->channel_count;
}

const char *gf_model_channel_name(const gf_model *self, size_t channel) {
    return self->channels[channel].name;
}

void gf_model_rates(const gf_model *self, double *rates) {
    for (size_t c = 0; c < self->channel_count; ++c) {
        rates[c] = self->channels[c].rate;
    }
}

gf_method gf_model_method(const gf_model *self) {
    return self->method;
}

gf_sampling gf_model_sampling(const gf_model *self) {
    return self->sampling;
}

gf_status gf_model_set_sampling(gf_model *self, const gf_sampling *sampling, gf_error *error) {
    const uint64_t values[SAMPLING_KEYS] = {sampling->samples, sampling->exact, sampling->deflate,
                                            sampling->steps, sampling->seed};
    for (size_t k = 0; k < SAMPLING_KEYS; ++k) {
        if (values[k] < (uint64_t)sampling_low[k] || values[k] > (uint64_t)sampling_high[k]) {
            return gf_fail(error, GF_INVALID, "typicality: %s is %" PRIu64 "; expected %ld to %ld",
                           sampling_keys[k], values[k], sampling_low[k], sampling_high[k]);
        }
    }
    self->sampling = *sampling;
    return GF_OK;
}

/* --- other parameters ------------------------------------------------------------------------ */

/* The rule: what is derived from the Hamiltonian and the jump operators holds as long as the values
 * of all parameters that occur in them are the same. */
static gf_status check_operators_remain(const gf_model *self, const gf_parameter *values,
                                        gf_error *error) {
    bool remain = true;
    size_t first = 0;
    for (size_t i = 0; i < self->parameter_count; ++i) {
        remain = remain && !(self->in_operators[i] && values[i].value != self->parameters[i].value);
    }
    /* Blamed is what comes first: it may define what enters. */
    while (!remain &&
           !(self->steers[first] && values[first].value != self->parameters[first].value)) {
        ++first;
    }
    const gf_parameter *to = &values[first];
    return remain ? GF_OK
                  : gf_fail(error, GF_INVALID,
                            "the parameter %.100s enters the Hamiltonian or a jump operator "
                            "(%.100s: %g, was %g): start from the model file again, with --set "
                            "%.100s=%g",
                            to->name, to->name, to->value, self->parameters[first].value, to->name,
                            to->value);
}

static gf_status evaluate_rates(const gf_model *self, const gf_parameter *values, double *rates,
                                gf_error *error) {
    const gf_scope scope = {
        .parameters = values, .parameter_count = self->parameter_count, .names = self->names};
    gf_document *document = self->document;
    gf_node *channels = gf_document_get(document, gf_document_root(document), "lindblad");
    gf_status status = GF_OK;
    for (size_t c = 0; c < self->channel_count && status == GF_OK; ++c) {
        gf_node *key = NULL, *channel = gf_document_entry(document, channels, c, &key);
        status = gf_model_parse_rate(document, gf_document_get(document, channel, "rate"),
                                     self->channels[c].name, &scope, &rates[c], error);
    }
    return status;
}

/* The parameters as other settings make them. */
typedef struct variation {
    gf_parameter *values; /* the names are those of the model */
    bool *set;
    double *written;
} variation;

static void free_variation(variation *self) {
    free(self->values);
    free(self->set);
    free(self->written);
}

static gf_status vary(const gf_model *model, const gf_settings *settings, variation *varied,
                      gf_error *error) {
    size_t count = model->parameter_count;
    *varied = (variation){.values = calloc(count + 1, sizeof(gf_parameter)),
                          .set = calloc(count + 1, sizeof(bool)),
                          .written = calloc(count + 1, sizeof(double))};
    if (varied->values == NULL || varied->set == NULL || varied->written == NULL) {
        return gf_fail_memory(error, "parameters");
    }
    memcpy(varied->values, model->parameters, count * sizeof *varied->values);
    memcpy(varied->set, model->set, count * sizeof *varied->set);
    return gf_model_evaluate_parameters(model, settings, varied->values, varied->set,
                                        varied->written, error);
}

static gf_status rates_of(const gf_model *self, const variation *varied, double *rates,
                          gf_error *error) {
    gf_status status = check_operators_remain(self, varied->values, error);
    if (status == GF_OK) {
        status = evaluate_rates(self, varied->values, rates, error);
    }
    return status == GF_OK ? gf_model_check_rates(self, rates, error) : status;
}

gf_status gf_model_rates_at(const gf_model *self, const gf_settings *settings, double *rates,
                            gf_error *error) {
    variation varied;
    gf_status status = vary(self, settings, &varied, error);
    if (status == GF_OK) {
        status = rates_of(self, &varied, rates, error);
    }
    free_variation(&varied);
    return status;
}

/* Takes values and rates over for good. */
static void keep_variation(gf_model *self, const variation *varied, const double *rates) {
    size_t count = self->parameter_count;
    for (size_t c = 0; c < self->channel_count; ++c) {
        self->channels[c].rate = rates[c];
    }
    memcpy(self->parameters, varied->values, count * sizeof *varied->values);
    memcpy(self->set, varied->set, count * sizeof *varied->set);
    memcpy(self->written, varied->written, count * sizeof *varied->written);
}

static gf_status check_chain(const gf_chain *stored, const gf_chain *wanted, gf_error *error) {
    static const char *const boundary[] = {"open", "periodic"};
    if (gf_chain_cell(stored) != gf_chain_cell(wanted)) {
        return gf_fail(error, GF_INVALID,
                       "the stored spectrum is of cells of %d sites, not of %d: diagonalise anew "
                       "from the model file",
                       gf_chain_cell(stored), gf_chain_cell(wanted));
    }
    return stored->sites == wanted->sites && stored->periodic == wanted->periodic
               ? GF_OK
               : gf_fail(error, GF_INVALID,
                         "the stored spectrum is of %d sites, %s, not of %d, %s: diagonalise anew "
                         "from the model file",
                         stored->sites, boundary[stored->periodic], wanted->sites,
                         boundary[wanted->periodic]);
}

gf_status gf_model_adjust(gf_model *self, const gf_settings *settings, gf_error *error) {
    gf_chain chain = self->chain;
    chain.sites = settings->sites != 0 ? settings->sites : chain.sites;
    chain.periodic =
        settings->closure != GF_CLOSURE_OF_FILE ? settings->closure == GF_RING : chain.periodic;
    gf_status status = check_chain(&self->chain, &chain, error);
    double *rates = calloc(self->channel_count, sizeof *rates);
    variation varied = {0};
    if (status == GF_OK) {
        status = rates != NULL ? vary(self, settings, &varied, error)
                               : gf_fail_memory(error, "the rates");
    }
    if (status == GF_OK) {
        status = rates_of(self, &varied, rates, error);
    }
    if (status == GF_OK) {
        self->no_symmetry = self->no_symmetry || settings->no_symmetry;
        if (settings->distribute_from > 0) {
            self->distribute_from = settings->distribute_from;
        }
        keep_variation(self, &varied, rates);
    }
    free_variation(&varied);
    free(rates);
    gf_node *root = gf_document_root(self->document); /* axes may depend on parameters */
    return status == GF_OK ? parse_grid(self->document,
                                        gf_document_get(self->document, root, "grid"), self, error)
                           : status;
}

/* --- comparing ------------------------------------------------------------------------------- */

/* The parameters whose values differ, for the message. */
static void list_changes(const gf_model *a, const gf_model *b, char *text, size_t size) {
    text[0] = '\0';
    for (size_t i = 0; i < a->parameter_count; ++i) {
        size_t k = gf_model_find_parameter(b, a->parameters[i].name), used = strlen(text);
        if (k < b->parameter_count && b->parameters[k].value != a->parameters[i].value) {
            (void)snprintf(text + used, size - used, " (%s: %g, was %g)", b->parameters[k].name,
                           b->parameters[k].value, a->parameters[i].value);
        }
    }
}

gf_status gf_model_check_same_spectrum(const gf_model *self, const gf_model *other,
                                       gf_error *error) {
    char changes[300];
    list_changes(self, other, changes, sizeof changes);
    gf_status status = check_chain(&self->chain, &other->chain, error);
    if (status != GF_OK) {
        return status;
    }
    if (!gf_operator_equal(&self->hamiltonian, &other->hamiltonian, NULL)) {
        return gf_fail(
            error, GF_INVALID,
            "the Hamiltonian is not that of the stored spectrum%s: diagonalise anew from "
            "the model file",
            changes);
    }
    bool same = self->channel_count == other->channel_count;
    for (size_t i = 0; i < self->channel_count && same; ++i) {
        const gf_channel *a = &self->channels[i], *b = &other->channels[i];
        same = a->jump.first == b->jump.first && a->jump.last == b->jump.last &&
               a->jump.at == b->jump.at &&
               gf_operator_equal(&a->jump.operator, & b->jump.operator, NULL);
        if (!same) {
            return gf_fail(error, GF_INVALID,
                           "the jump operator of channel '%.100s' is not that of the stored "
                           "spectrum%s: diagonalise anew from the model file",
                           b->name, changes);
        }
    }
    return same ? GF_OK
                : gf_fail(error, GF_INVALID, "the stored spectrum has other Lindblad channels");
}
