#include "model/model.h"

#include "algebra/expression.h"
#include "input/document.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_GRID_POINTS = 100000, MIN_KNOTS = 5, MAX_KNOTS = 4096 };

/* Energies, and coefficients of jump operators, may be as large and as small as this to either side
 * of 1, rates twice as many decades. */
static const double LARGEST = 1e30, LARGEST_RATE = 1e60;

static bool is_beyond(double size, double largest) {
    return size > largest || size < 1 / largest;
}

/* --- parsing --------------------------------------------------------------------------------- */

/* Names are printed on terminals and into scripts of other programs. */
static bool has_control_characters(const char *text) {
    for (; *text != '\0'; ++text) {
        if (iscntrl((unsigned char)*text)) {
            return true;
        }
    }
    return false;
}

static gf_status parse_number(gf_document *document, const gf_node *node, const char *what,
                              const gf_scope *scope, double *value, gf_error *error) {
    gf_source source;
    gf_status status = gf_document_source(document, node, what, &source, error);
    return status == GF_OK ? gf_arithmetic_number(&source, scope, value, error) : status;
}

static gf_scope scope_of(const gf_model *model) {
    return (gf_scope){.parameters = model->parameters,
                      .parameter_count = model->parameter_count,
                      .names = model->names,
                      .used = model->used};
}

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

/* The index of a parameter; parameter_count if there is none of that name. */
static size_t find_parameter(const gf_model *model, const char *name) {
    const gf_scope scope = scope_of(model);
    return gf_scope_find(&scope, name, strlen(name));
}

bool gf_model_has_parameter(const gf_model *self, const char *name) {
    return find_parameter(self, name) < self->parameter_count;
}

/* Gives those of values[parameter_count] that settings name their values, and marks them in set. */
static gf_status take_settings(const gf_model *model, const gf_settings *settings,
                               gf_parameter *values, bool *set, gf_error *error) {
    for (size_t i = 0; i < settings->count; ++i) {
        size_t found = find_parameter(model, settings->parameters[i].name);
        if (found == model->parameter_count) {
            const gf_scope scope = scope_of(model);
            char known[400];
            gf_scope_list(&scope, known, sizeof known);
            return gf_fail(error, GF_INVALID, "%s has no parameter '%.100s' to set; it has:%s",
                           gf_document_name(model->document), settings->parameters[i].name, known);
        }
        values[found].value = settings->parameters[i].value;
        set[found] = true;
    }
    return GF_OK;
}

static gf_node *parameters_node(const gf_model *model) {
    return gf_document_get(model->document, gf_document_root(model->document), "parameters");
}

/* What the text makes of parameter i, from the values of those before it. */
static gf_status evaluate_definition(const gf_model *model, size_t i, const gf_parameter *values,
                                     bool *used, double *value, gf_error *error) {
    const gf_scope scope = {
        .parameters = values, .parameter_count = i, .names = model->names, .used = used};
    gf_node *key = NULL;
    gf_node *node = gf_document_entry(model->document, parameters_node(model), i, &key);
    return parse_number(model->document, node, model->parameters[i].name, &scope, value, error);
}

/* The values of all parameters, where settings give some: those, and what was set before, stay as
 * they are; the others are what the text makes of them. All arrays are [parameter_count]; values
 * and set hold what was before. */
static gf_status evaluate_parameters(const gf_model *model, const gf_settings *settings,
                                     gf_parameter *values, bool *set, double *written,
                                     gf_error *error) {
    gf_status status = take_settings(model, settings, values, set, error);
    for (size_t i = 0; i < model->parameter_count && status == GF_OK; ++i) {
        status = evaluate_definition(model, i, values, NULL, &written[i], error);
        values[i].value = set[i] ? values[i].value : written[i];
    }
    return status;
}

static gf_status name_parameter(gf_document *document, const gf_node *key, gf_model *model,
                                gf_error *error) {
    const char *name = NULL;
    bool exhausted = false;
    gf_status status = gf_document_text(document, key, "a parameter's name", &name, error);
    if (status == GF_OK && !gf_arithmetic_name_is_free(name)) {
        status = gf_document_fail(document, key, error,
                                  "'%.100s' cannot name a parameter: letters, digits and _ "
                                  "only, and not " GF_SITE_FACTORS " i",
                                  name);
    }
    if (status == GF_OK) {
        char *copy = strdup(name);
        if (copy == NULL) {
            return gf_fail_memory(error, "parameters");
        }
        model->parameters[model->parameter_count].name = copy;
        (void)gf_names_add(model->names, copy, model->parameter_count++, &exhausted);
    }
    return exhausted ? gf_fail_memory(error, "parameters") : status;
}

static gf_status allocate_parameters(gf_model *model, size_t count, gf_error *error) {
    model->parameters = calloc(count + 1, sizeof *model->parameters);
    model->written = calloc(count + 1, sizeof *model->written);
    model->names = gf_names_create();
    bool **const marks[] = {&model->set, &model->used, &model->in_operators, &model->steers};
    bool made = model->parameters != NULL && model->written != NULL && model->names != NULL;
    for (size_t k = 0; k < sizeof marks / sizeof *marks; ++k) {
        *marks[k] = calloc(count + 1, sizeof **marks[k]);
        made = made && *marks[k] != NULL;
    }
    return made ? GF_OK : gf_fail_memory(error, "parameters");
}

static gf_status parse_parameters(gf_document *document, gf_node *map, const gf_settings *settings,
                                  gf_model *model, gf_error *error) {
    gf_status status =
        map != NULL ? gf_document_check_keys(document, map, "parameters", NULL, error) : GF_OK;
    size_t count = gf_document_size(map);
    if (status == GF_OK) {
        status = allocate_parameters(model, count, error);
    }
    for (size_t i = 0; i < count && status == GF_OK; ++i) {
        gf_node *key = NULL;
        (void)gf_document_entry(document, map, i, &key);
        status = name_parameter(document, key, model, error);
    }
    return status == GF_OK ? evaluate_parameters(model, settings, model->parameters, model->set,
                                                 model->written, error)
                           : status;
}

/* Once everything is parsed: what defines a parameter that is used is used, and what defines one
 * that enters the operators does so, too, unless that is set. */
static gf_status follow_definitions(gf_model *model, gf_error *error) {
    gf_status status = GF_OK;
    for (size_t i = model->parameter_count; i-- > 0 && status == GF_OK;) {
        model->used[i] = model->used[i] || model->in_operators[i];
        model->steers[i] = model->steers[i] || model->in_operators[i];
        double value = 0;
        if (model->used[i]) {
            status = evaluate_definition(model, i, model->parameters, model->used, &value, error);
        }
        if (status == GF_OK && model->steers[i] && !model->set[i]) {
            status = evaluate_definition(model, i, model->parameters, model->steers, &value, error);
        }
    }
    return status;
}

static gf_status parse_term(gf_document *document, const gf_node *node, const char *what,
                            const gf_model *model, gf_term *term, gf_error *error) {
    gf_source source;
    gf_status status = gf_document_source(document, node, what, &source, error);
    if (status == GF_OK) {
        gf_scope scope = scope_of(model);
        scope.used = model->in_operators;
        status = gf_expression_parse(&source, &scope, term, error);
    }
    int sites = model->chain.sites;
    if (status == GF_OK && term->first <= term->last && term->last - term->first >= sites) {
        status = gf_source_fail(&source, 0, error,
                                "the term spans indices %d to %d, beyond the chain of %d sites: "
                                "'%.200s'",
                                term->first, term->last, sites, source.text);
    }
    return status;
}

/* The site of its cell where a term begins: the key `at` of `map`, if there is one. */
static gf_status parse_at(gf_document *document, const gf_node *map, const gf_model *model,
                          gf_term *term, gf_error *error) {
    const gf_node *node = gf_document_get(document, map, "at");
    long at = 0;
    if (node == NULL) {
        return GF_OK;
    }
    int cell = gf_chain_cell(&model->chain);
    gf_status status =
        gf_document_integer(document, node, "at", 0, GF_CHAIN_MAX_SITES - 1, &at, error);
    if (status == GF_OK && at >= cell) {
        status =
            gf_document_fail(document, node, error,
                             "at: %ld is beyond the unit cell, whose sites are 0 to %d; the key "
                             "'cell' of the model says how many it has",
                             at, cell - 1);
    }
    term->at = (int)at;
    return status;
}

static bool is_mapping(gf_document *document, const gf_node *node) {
    gf_node *key = NULL;
    if (gf_document_size(node) > 0) {
        (void)gf_document_entry(document, node, 0, &key);
    }
    return key != NULL;
}

/* An entry of the Hamiltonian: a term, or {term, at}. */
static gf_status parse_entry(gf_document *document, gf_node *entry, const gf_model *model,
                             gf_term *term, gf_error *error) {
    static const char *const keys[] = {"term", "at", NULL};
    static const char what[] = "a Hamiltonian term";
    gf_node *node = entry;
    gf_status status = GF_OK;
    bool detailed = is_mapping(document, entry);
    if (detailed) {
        status = gf_document_check_keys(document, entry, what, keys, error);
    }
    if (status == GF_OK && detailed) {
        status = gf_document_require(document, entry, "term", &node, error);
    }
    if (status == GF_OK) {
        status = parse_term(document, node, what, model, term, error);
    }
    if (status == GF_OK && detailed) {
        status = parse_at(document, entry, model, term, error);
        if (status != GF_OK) {
            gf_operator_free(&term->operator);
        }
    }
    return status;
}

/* The entry of the list that holds `term`, some translation along the chain; else the list. */
static const gf_node *blame(gf_document *document, const gf_node *list, const gf_model *model,
                            const gf_operator_term *term) {
    for (size_t i = 0; i < gf_document_size(list); ++i) {
        gf_node *key = NULL;
        gf_node *entry = gf_document_entry(document, list, i, &key);
        gf_term parsed = {0};
        gf_operator sum = {0};
        bool found = false;
        if (parse_entry(document, entry, model, &parsed, NULL) == GF_OK) {
            gf_chain_add(&model->chain, &parsed, &sum);
        }
        for (size_t k = 0; k < sum.count; ++k) {
            found = found || (sum.terms[k].plus == term->plus &&
                              sum.terms[k].minus == term->minus && sum.terms[k].z == term->z);
        }
        gf_operator_free(&parsed.operator);
        gf_operator_free(&sum);
        if (found) {
            return entry;
        }
    }
    return list;
}

static gf_status fail_term(gf_document *document, const gf_node *list, const gf_model *model,
                           gf_operator_term term, const char *why, gf_error *error) {
    char *text = gf_operator_format(&(gf_operator){.terms = &term, .count = 1}, 0);
    gf_status status = gf_document_fail(document, blame(document, list, model, &term), error,
                                        "%s: %.300s", why, text != NULL ? text : "?");
    free(text);
    return status;
}

/* The term of h to which a term of h - h' goes back: itself, or one whose adjoint it is. */
static gf_operator_term culprit(const gf_operator *h, const gf_operator_term *difference) {
    for (size_t i = 0; i < h->count; ++i) {
        const gf_operator_term *term = &h->terms[i];
        bool itself = term->plus == difference->plus && term->minus == difference->minus;
        bool adjoint = term->plus == difference->minus && term->minus == difference->plus;
        if (term->z == difference->z && (itself || adjoint)) {
            return *term;
        }
    }
    return *difference;
}

static gf_status check_hamiltonian(gf_document *document, const gf_node *list,
                                   const gf_model *model, gf_error *error) {
    const gf_operator *h = &model->hamiltonian;
    if (!gf_operator_is_finite(h)) {
        return gf_document_fail(document, list, error,
                                "the terms of the Hamiltonian add up to infinity");
    }
    for (size_t i = 0; i < h->count; ++i) {
        if (gf_operator_term_moves_magnetization(&h->terms[i])) {
            return fail_term(document, list, model, h->terms[i],
                             "the Hamiltonian must conserve the magnetisation sum(Z), but on the "
                             "whole chain it contains",
                             error);
        }
    }
    double size = gf_operator_size(h);
    if (size > 0 && is_beyond(size, LARGEST)) {
        return gf_document_fail(document, list, error,
                                "the Hamiltonian has coefficients up to %.3g; choose a unit of "
                                "energy in which the largest lies between %g and %g",
                                size, 1 / LARGEST, LARGEST);
    }
    gf_operator adjoint = gf_operator_adjoint(h);
    gf_operator_term difference = {0};
    bool hermitian = gf_operator_equal(h, &adjoint, &difference);
    gf_operator_free(&adjoint);
    return hermitian ? GF_OK
                     : fail_term(document, list, model, culprit(h, &difference),
                                 "the Hamiltonian must be Hermitian, but on the whole chain it "
                                 "contains a term without its adjoint",
                                 error);
}

static gf_status parse_hamiltonian(gf_document *document, gf_node *list, gf_model *model,
                                   gf_error *error) {
    gf_operator *total = &model->hamiltonian;
    size_t settled = 1024;
    gf_status status = gf_document_expect_sequence(document, list, "hamiltonian", error);
    if (status == GF_OK && gf_document_size(list) == 0) {
        status = gf_document_fail(document, list, error, "hamiltonian must list at least one term");
    }
    for (size_t i = 0; i < gf_document_size(list) && status == GF_OK; ++i) {
        gf_node *key = NULL, *entry = gf_document_entry(document, list, i, &key);
        gf_term term = {0};
        status = parse_entry(document, entry, model, &term, error);
        if (status == GF_OK) {
            gf_chain_append(&model->chain, &term, total);
        }
        if (total->count > 2 * settled) { /* merge as we go, but not for every entry */
            gf_operator_normalize(total);
            settled = total->count > settled ? total->count : settled;
        }
        gf_operator_free(&term.operator);
    }
    gf_operator_normalize(total);
    if (status == GF_OK && total->exhausted) {
        status = gf_fail_memory(error, "the Hamiltonian");
    }
    return status == GF_OK ? check_hamiltonian(document, list, model, error) : status;
}

static gf_status parse_rate(gf_document *document, const gf_node *node, const char *channel,
                            const gf_scope *scope, double *rate, gf_error *error) {
    gf_status status = parse_number(document, node, "rate", scope, rate, error);
    if (status == GF_OK && *rate < 0) {
        status = gf_document_fail(document, node, error,
                                  "the rate of channel '%.100s' is %g; rates must not be negative",
                                  channel, *rate);
    }
    return status;
}

static gf_status parse_jump(gf_document *document, const gf_node *map, const gf_node *jump,
                            const gf_model *model, gf_term *term, gf_error *error) {
    gf_status status = parse_term(document, jump, "a jump operator", model, term, error);
    if (status == GF_OK) {
        status = parse_at(document, map, model, term, error);
    }
    double size = status == GF_OK ? gf_operator_size(&term->operator) : 0;
    if (size > 0 && is_beyond(size, LARGEST)) {
        status = gf_document_fail(document, jump, error,
                                  "the jump operator has coefficients up to %.3g; take a factor "
                                  "out into its rate, squared, that leaves %g to %g",
                                  size, 1 / LARGEST, LARGEST);
    }
    return status;
}

static gf_status parse_channel(gf_document *document, gf_node *map, gf_names *names,
                               gf_model *model, gf_error *error) {
    static const char *const keys[] = {"name", "rate", "operator", "at", NULL};
    gf_channel *channel = &model->channels[model->channel_count++];
    gf_node *name = NULL, *rate = NULL, *jump = NULL;
    const char *text = "";
    gf_status status = gf_document_check_keys(document, map, "a lindblad channel", keys, error);
    if (status != GF_OK ||
        (status = gf_document_require(document, map, "name", &name, error)) != GF_OK ||
        (status = gf_document_require(document, map, "rate", &rate, error)) != GF_OK ||
        (status = gf_document_require(document, map, "operator", &jump, error)) != GF_OK ||
        (status = gf_document_text(document, name, "a channel's name", &text, error)) != GF_OK) {
        return status;
    }
    if (has_control_characters(text)) {
        return gf_document_fail(document, name, error, "the name holds a control character");
    }
    bool exhausted = false;
    channel->name = strdup(text);
    if (channel->name != NULL &&
        gf_names_add(names, channel->name, model->channel_count, &exhausted) != GF_NO_NAME) {
        return gf_document_fail(document, name, error, "a second channel named '%.100s'", text);
    }
    if (channel->name == NULL || exhausted) {
        return gf_fail_memory(error, "channels");
    }
    const gf_scope scope = scope_of(model);
    status = parse_rate(document, rate, text, &scope, &channel->rate, error);
    return status == GF_OK ? parse_jump(document, map, jump, model, &channel->jump, error) : status;
}

static gf_status parse_lindblad(gf_document *document, gf_node *list, gf_model *model,
                                gf_error *error) {
    gf_status status = gf_document_expect_sequence(document, list, "lindblad", error);
    size_t count = gf_document_size(list);
    if (status == GF_OK && count == 0) {
        status = gf_document_fail(document, list, error, "lindblad must list at least one channel");
    }
    if (status == GF_OK) {
        model->channels = calloc(count, sizeof *model->channels);
        status = model->channels != NULL ? GF_OK : gf_fail_memory(error, "channels");
    }
    gf_names *names = gf_names_create();
    if (names == NULL) {
        return gf_fail_memory(error, "channels");
    }
    for (size_t i = 0; i < count && status == GF_OK; ++i) {
        gf_node *key = NULL;
        status = parse_channel(document, gf_document_entry(document, list, i, &key), names, model,
                               error);
    }
    gf_names_free(names);
    return status;
}

gf_status gf_model_check_rates(const gf_model *self, const double *rates, gf_error *error) {
    double largest = 0;
    size_t channel = 0;
    for (size_t c = 0; c < self->channel_count; ++c) {
        double size = gf_operator_size(&self->channels[c].jump.operator);
        double strength = rates[c] * size * size;
        channel = strength > largest ? c : channel;
        largest = fmax(largest, strength);
    }
    return largest > 0 && is_beyond(largest, LARGEST_RATE)
               ? gf_fail(error, GF_INVALID,
                         "%s: the channels are as strong as %.3g ('%.100s': rate times the square "
                         "of the operator); the strongest must lie between %g and %g: a common "
                         "factor of all rates belongs to epsilon",
                         gf_document_name(self->document), largest, self->channels[channel].name,
                         1 / LARGEST_RATE, LARGEST_RATE)
               : GF_OK;
}

static gf_status check_rates_of(const gf_model *model, gf_error *error) {
    double *rates = malloc(model->channel_count * sizeof *rates);
    if (rates == NULL) {
        return gf_fail_memory(error, "the rates");
    }
    gf_model_rates(model, rates);
    gf_status status = gf_model_check_rates(model, rates, error);
    free(rates);
    return status;
}

static gf_status parse_axis(gf_document *document, gf_node *grid, const char *name,
                            const gf_model *model, gf_axis *axis, gf_error *error) {
    static const char *const keys[] = {"from", "to", "points", NULL};
    gf_node *map = gf_document_get(document, grid, name);
    if (map == NULL) {
        return GF_OK;
    }
    const gf_scope scope = scope_of(model);
    gf_status status = gf_document_check_keys(document, map, name, keys, error);
    gf_node *from = gf_document_get(document, map, "from"),
            *to = gf_document_get(document, map, "to"),
            *points = gf_document_get(document, map, "points");
    if (status == GF_OK && from != NULL) {
        status = parse_number(document, from, "from", &scope, &axis->from, error);
    }
    if (status == GF_OK && to != NULL) {
        status = parse_number(document, to, "to", &scope, &axis->to, error);
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

/* A name, as units and labels put it into expressions: letters, digits, _ and '; other alphabets,
 * too. */
static bool is_unit(const char *text) {
    enum { MOST = 20 };
    size_t length = 0;
    for (; text[length] != '\0'; ++length) {
        unsigned char c = (unsigned char)text[length];
        if (!isalnum(c) && c != '_' && c != '\'' && c < 0x80) {
            return false;
        }
    }
    return length <= MOST && !isdigit((unsigned char)text[0]);
}

static gf_status parse_energy_unit(gf_document *document, const gf_node *node, gf_model *model,
                                   gf_error *error) {
    const char *text = GF_MODEL_ENERGY_UNIT;
    gf_status status =
        node != NULL ? gf_document_text(document, node, "energy_unit", &text, error) : GF_OK;
    if (status == GF_OK && !is_unit(text)) {
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
    static const char *const keys[] = {"name",        "sites",       "boundary", "parameters",
                                       "hamiltonian", "lindblad",    "grid",     "method",
                                       "typicality",  "energy_unit", "cell",     NULL};
    gf_node *root = gf_document_root(document), *name = NULL, *hamiltonian = NULL, *lindblad = NULL;
    const char *text = NULL;
    gf_status status = gf_document_check_keys(document, root, "the model", keys, error);
    if (status != GF_OK ||
        (status = gf_document_require(document, root, "name", &name, error)) != GF_OK ||
        (status = gf_document_require(document, root, "hamiltonian", &hamiltonian, error)) !=
            GF_OK ||
        (status = gf_document_require(document, root, "lindblad", &lindblad, error)) != GF_OK ||
        (status = gf_document_text(document, name, "name", &text, error)) != GF_OK) {
        return status;
    }
    if (has_control_characters(text)) {
        return gf_document_fail(document, name, error, "the name holds a control character");
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
        status = parse_parameters(document, parameters, settings, model, error);
    }
    if (status == GF_OK) {
        status = parse_hamiltonian(document, hamiltonian, model, error);
    }
    if (status == GF_OK) {
        status = parse_lindblad(document, lindblad, model, error);
    }
    if (status == GF_OK) {
        status = check_rates_of(model, error);
    }
    if (status == GF_OK) {
        status = parse_grid(document, gf_document_get(document, root, "grid"), model, error);
    }
    if (status == GF_OK) {
        status = follow_definitions(model, error);
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
                                  .count = self->parameter_count};
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
        status = parse_rate(document, gf_document_get(document, channel, "rate"),
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
    return evaluate_parameters(model, settings, varied->values, varied->set, varied->written,
                               error);
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
        size_t k = find_parameter(b, a->parameters[i].name), used = strlen(text);
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
