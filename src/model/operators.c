#include "model/operators.h"

#include "algebra/expression.h"
#include "model/parameters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Energies, and coefficients of jump operators, may be as large and as small as this to either side
 * of 1, rates twice as many decades. */
static const double LARGEST = 1e30, LARGEST_RATE = 1e60;

static bool is_beyond(double size, double largest) {
    return size > largest || size < 1 / largest;
}

static gf_status parse_term(gf_document *document, const gf_node *node, const char *what,
                            const gf_model *model, gf_term *term, gf_error *error) {
    gf_source source;
    gf_status status = gf_document_source(document, node, what, &source, error);
    if (status == GF_OK) {
        gf_scope scope = gf_model_scope(model);
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

gf_status gf_model_parse_hamiltonian(gf_document *document, gf_node *list, gf_model *model,
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

static gf_status check_integrable(gf_document *document, const gf_node *list, const gf_model *model,
                                  gf_error *error) {
    const gf_operator *part = &model->integrable;
    gf_operator adjoint = gf_operator_adjoint(part);
    bool sound = gf_operator_equal(part, &adjoint, NULL);
    for (size_t i = 0; i < part->count; ++i) {
        sound = sound && !gf_operator_term_moves_magnetization(&part->terms[i]);
    }
    gf_operator_free(&adjoint);
    return sound ? GF_OK
                 : gf_document_fail(document, list, error,
                                    "the integrable entries of the Hamiltonian must be Hermitian "
                                    "and conserve the magnetisation together");
}

static gf_status add_integrable(gf_document *document, const gf_node *node, gf_node *hamiltonian,
                                gf_model *model, bool *taken, gf_error *error) {
    long index = 0, count = (long)gf_document_size(hamiltonian);
    gf_node *key = NULL;
    gf_term term = {0};
    gf_status status = gf_document_integer(
        document, node, "an entry of the Hamiltonian, from 0 on,", 0, count - 1, &index, error);
    if (status == GF_OK && taken[index]) {
        status = gf_document_fail(document, node, error,
                                  "integrable names entry %ld of the Hamiltonian twice", index);
    }
    if (status == GF_OK) {
        gf_node *entry = gf_document_entry(document, hamiltonian, (size_t)index, &key);
        taken[index] = true;
        status = parse_entry(document, entry, model, &term, error);
    }
    if (status == GF_OK) {
        gf_chain_append(&model->chain, &term, &model->integrable);
    }
    gf_operator_free(&term.operator);
    return status;
}

gf_status gf_model_parse_integrable(gf_document *document, gf_node *list, gf_node *hamiltonian,
                                    gf_model *model, gf_error *error) {
    if (list == NULL) {
        return GF_OK;
    }
    bool *taken = calloc(gf_document_size(hamiltonian) + 1, sizeof *taken);
    gf_status status = taken != NULL
                           ? gf_document_expect_sequence(document, list, "integrable", error)
                           : gf_fail_memory(error, "the Hamiltonian");
    if (status == GF_OK && gf_document_size(list) == 0) {
        status = gf_document_fail(document, list, error,
                                  "integrable must list at least one entry of the Hamiltonian");
    }
    for (size_t i = 0; i < gf_document_size(list) && status == GF_OK; ++i) {
        gf_node *key = NULL;
        status = add_integrable(document, gf_document_entry(document, list, i, &key), hamiltonian,
                                model, taken, error);
    }
    free(taken);
    gf_operator_normalize(&model->integrable);
    if (status == GF_OK && model->integrable.exhausted) {
        status = gf_fail_memory(error, "the Hamiltonian");
    }
    model->has_integrable = status == GF_OK;
    return status == GF_OK ? check_integrable(document, list, model, error) : status;
}

gf_status gf_model_parse_rate(gf_document *document, const gf_node *node, const char *channel,
                              const gf_scope *scope, double *rate, gf_error *error) {
    gf_status status = gf_model_parse_number(document, node, "rate", scope, rate, error);
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
        (status = gf_document_name_text(document, name, "a channel's name", &text, error)) !=
            GF_OK) {
        return status;
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
    const gf_scope scope = gf_model_scope(model);
    status = gf_model_parse_rate(document, rate, text, &scope, &channel->rate, error);
    return status == GF_OK ? parse_jump(document, map, jump, model, &channel->jump, error) : status;
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

gf_status gf_model_parse_lindblad(gf_document *document, gf_node *list, gf_model *model,
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
    return status == GF_OK ? check_rates_of(model, error) : status;
}
