/* The parameters of a model: their names, what the text makes of them, and what settings do. */
#ifndef GIBBSFLOW_MODEL_PARAMETERS_H
#define GIBBSFLOW_MODEL_PARAMETERS_H

#include "input/arithmetic.h"
#include "input/document.h"
#include "model/model.h"

/* All parameters, with the values in force; what occurs is marked as used. */
gf_scope gf_model_scope(const gf_model *model);

/* The index of a parameter; parameter_count if there is none of that name. */
size_t gf_model_find_parameter(const gf_model *model, const char *name);

/* A node as a real number. */
gf_status gf_model_parse_number(gf_document *document, const gf_node *node, const char *what,
                                const gf_scope *scope, double *value, gf_error *error);

/* The section `parameters`, which may be NULL: names, then values. */
gf_status gf_model_parse_parameters(gf_document *document, gf_node *map,
                                    const gf_settings *settings, gf_model *model, gf_error *error);

/* The values of all parameters, where settings give some: those, and what was set before, stay as
 * they are; the others are what the text makes of them, from the values of those before. All arrays
 * are [parameter_count]; values and set hold what was before. */
gf_status gf_model_evaluate_parameters(const gf_model *model, const gf_settings *settings,
                                       gf_parameter *values, bool *set, double *written,
                                       gf_error *error);

/* Once everything is parsed: what defines a parameter that is used is used, and what defines one
 * that enters the operators does so, too, unless that is set. */
gf_status gf_model_follow_definitions(gf_model *model, gf_error *error);

#endif
