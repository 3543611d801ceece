/* A model: a spin-1/2 chain, its Hamiltonian, and the jump operators of its bath, read from YAML.
 *
 * The format is described in the README ("Writing a model"). A model conserves Q1 = sum_j Z_j and
 * Q2 = H; the bath, d rho/dt = epsilon sum_c rate_c sum_j (L rho L' - {L' L, rho}/2), need not. */
#ifndef GIBBSFLOW_MODEL_H
#define GIBBSFLOW_MODEL_H

#include "gibbsflow/api.h"
#include "gibbsflow/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

GF_BEGIN_DECLARATIONS

/* How its spectrum is to be had: by full diagonalisation, or from random vectors. */
typedef enum gf_method { GF_FULL, GF_TYPICALITY } gf_method;

/* The largest seed: files hold numbers in double precision. */
#define GF_MAX_SEED ((1L << 53) - 1)

/* What typicality.h takes. */
typedef struct gf_sampling {
    size_t samples; /* random vectors of the largest sector, at least 2 */
    size_t exact;   /* sectors of at most so many states are diagonalised */
    size_t deflate; /* extremal states of a sector taken apart, at most */
    size_t steps;   /* at most so many Lanczos steps, at least 2 */
    uint64_t seed;
} gf_sampling;

/* The unit of energy of a model that names none. */
#define GF_MODEL_ENERGY_UNIT "energy"

typedef struct gf_model gf_model;

/* Parses and checks a model; `name` is what messages call the text. `settings` may be NULL. The
 * caller frees the model; after a failure there is none, and *model is NULL. */
GF_API gf_status gf_model_parse(const char *text, size_t length, const char *name,
                                const gf_settings *settings, gf_model **model, gf_error *error);
GF_API gf_status gf_model_read(const char *path, const gf_settings *settings, gf_model **model,
                               gf_error *error);
GF_API void gf_model_free(gf_model *self); /* NULL is fine */

GF_API const char *gf_model_name(const gf_model *self);
/* What the unit of energy is called (energy_unit: J): of the parameters, of 1/lambda2 and 1/time.
 */
GF_API const char *gf_model_energy_unit(const gf_model *self);
GF_API int gf_model_sites(const gf_model *self);
/* Sites of a unit cell; 1 where every site is one. */
GF_API int gf_model_cell(const gf_model *self);
GF_API bool gf_model_is_periodic(const gf_model *self);

/* The parameters of the file, with the values in force; `index` < gf_model_parameters(self). */
GF_API size_t gf_model_parameters(const gf_model *self);
GF_API const gf_parameter *gf_model_parameter(const gf_model *self, size_t index);
/* Whether the Hamiltonian, a channel or a grid refers to it: one that plays no part is likely a
 * slip.
 */
GF_API bool gf_model_uses_parameter(const gf_model *self, size_t index);
/* Whether settings gave it another value than the file does. */
GF_API bool gf_model_sets_parameter(const gf_model *self, size_t index);

/* Channels of the bath, at least one, and their names. */
GF_API size_t gf_model_channels(const gf_model *self);
GF_API const char *gf_model_channel_name(const gf_model *self, size_t channel);

/* The rates of all channels, in units of epsilon: rates[gf_model_channels(self)]. */
GF_API void gf_model_rates(const gf_model *self, double *rates);

/* The rates, rates[gf_model_channels(self)], at other values of parameters: settings->parameters;
 * the rest of the settings plays no part. Fails if a parameter is unknown, if a rate becomes
 * negative, or if a parameter with a new value enters the Hamiltonian or a jump operator: then all
 * that was derived from these would be another. */
GF_API gf_status gf_model_rates_at(const gf_model *self, const gf_settings *settings, double *rates,
                                   gf_error *error);

/* What the file says of the method; gf_typicality_compute samples as this says. */
GF_API gf_method gf_model_method(const gf_model *self);
GF_API gf_sampling gf_model_sampling(const gf_model *self);
/* Fails, and changes nothing, if `sampling` is out of its bounds. */
GF_API gf_status gf_model_set_sampling(gf_model *self, const gf_sampling *sampling,
                                       gf_error *error);

GF_END_DECLARATIONS

#endif
