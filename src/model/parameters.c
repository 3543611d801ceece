#include "model/parameters.h"

#include <stdlib.h>
#include <string.h>

gf_status gf_model_parse_number(gf_document *document, const gf_node *node, const char *what,
                                const gf_scope *scope, double *value, gf_error *error) {
    gf_source source;
    gf_status status = gf_document_source(document, node, what, &source, error);
    return status == GF_OK ? gf_arithmetic_number(&source, scope, value, error) : status;
}

gf_scope gf_model_scope(const gf_model *model) {
    return (gf_scope){.parameters = model->parameters,
                      .parameter_count = model->parameter_count,
                      .names = model->names,
                      .used = model->used};
}

size_t gf_model_find_parameter(const gf_model *model, const char *name) {
    const gf_scope scope = gf_model_scope(model);
    return gf_scope_find(&scope, name, strlen(name));
}

bool gf_model_has_parameter(const gf_model *self, const char *name) {
    return gf_model_find_parameter(self, name) < self->parameter_count;
}

/* Gives those of values[parameter_count] that settings name their values, and marks them in set. */
static gf_status take_settings(const gf_model *model, const gf_settings *settings,
                               gf_parameter *values, bool *set, gf_error *error) {
    for (size_t i = 0; i < settings->count; ++i) {
        size_t found = gf_model_find_parameter(model, settings->parameters[i].name);
        if (found == model->parameter_count) {
            const gf_scope scope = gf_model_scope(model);
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
    return gf_model_parse_number(model->document, node, model->parameters[i].name, &scope, value,
                                 error);
}

gf_status gf_model_evaluate_parameters(const gf_model *model, const gf_settings *settings,
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

gf_status gf_model_parse_parameters(gf_document *document, gf_node *map,
                                    const gf_settings *settings, gf_model *model, gf_error *error) {
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
    return status == GF_OK ? gf_model_evaluate_parameters(model, settings, model->parameters,
                                                          model->set, model->written, error)
                           : status;
}

gf_status gf_model_follow_definitions(gf_model *model, gf_error *error) {
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
