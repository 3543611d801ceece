/* The Hamiltonian and the channels of the bath, as a model file lists them. */
#ifndef GIBBSFLOW_MODEL_OPERATORS_H
#define GIBBSFLOW_MODEL_OPERATORS_H

#include "input/arithmetic.h"
#include "input/document.h"
#include "model/model.h"

/* The sections `hamiltonian` and `lindblad`. The chain and the parameters must be known. */
gf_status gf_model_parse_hamiltonian(gf_document *document, gf_node *list, gf_model *model,
                                     gf_error *error);
/* The section `integrable`, or NULL: which entries of the Hamiltonian make an integrable part of
 * it, which is Hermitian and conserves sum Z by itself. */
gf_status gf_model_parse_integrable(gf_document *document, gf_node *list, gf_node *hamiltonian,
                                    gf_model *model, gf_error *error);
gf_status gf_model_parse_lindblad(gf_document *document, gf_node *list, gf_model *model,
                                  gf_error *error);

/* The rate of a channel. */
gf_status gf_model_parse_rate(gf_document *document, const gf_node *node, const char *channel,
                              const gf_scope *scope, double *rate, gf_error *error);

#endif
