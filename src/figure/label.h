/* Words in a figure: gnuplot's markup, fit to stand between single quotes. */
#ifndef GIBBSFLOW_FIGURE_LABEL_H
#define GIBBSFLOW_FIGURE_LABEL_H

#include "gibbsflow/file.h"

#include <stddef.h>

/* A short label; longer ones end in an ellipsis. */
typedef struct gf_label {
    char text[256];
    size_t length; /* of what is seen, in characters */
} gf_label;

/* Text as it is: what would be markup is not. */
gf_label gf_label_text(const char *text);

/* The name of a parameter as a formula: gamma is γ, Delta Δ, J1 and J_1 have a subscript, lambda_2
 * both; J_prime and Jp are J′. Single letters are italic; all else stays as it is. */
gf_label gf_label_symbol(const char *name);

/* "symbol = value" */
gf_label gf_label_value(const char *name, double value);

/* A model: name, number of sites, and parameters as `/model` has them ("J=1 gamma=0.9"). */
gf_label gf_label_model(const char *name, double sites, const char *parameters);

/* A unit of energy: one letter is a symbol, in italics, longer words are upright; what follows _ is
 * a subscript, an apostrophe a prime. Empty for the unit of a model that names none. */
gf_label gf_label_energy_unit(const char *unit);

/* What a quantity is measured in, from the attribute `units` of its dataset, of entry `entry` of
 * the list there: " / εJ^{2}" of "epsilon J per site; epsilon J^2 per site", " J" of "1/J". Empty
 * if it has none. The file remembers failures. */
gf_label gf_label_over_unit(gf_file *file, const char *dataset, size_t entry);

/* "energy per site  e / J", "e / J" and "J" in the unit of the file's model. */
gf_label gf_label_energy(gf_file *file);
gf_label gf_label_energy_symbol(gf_file *file);
gf_label gf_label_model_unit(gf_file *file);
/* " / εJ" */
gf_label gf_label_over_rate(gf_file *file);

#endif
