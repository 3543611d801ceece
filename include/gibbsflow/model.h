/* A model: a spin-1/2 chain, its Hamiltonian, and the jump operators of its bath, read from YAML.
 *
 * The format is described in the README ("Writing a model"). A model conserves Q1 = sum_j Z_j and
 * Q2 = H; the bath, d rho/dt = epsilon sum_c rate_c sum_j (L rho L' - {L' L, rho}/2), need not. */
#ifndef GIBBSFLOW_MODEL_H
#define GIBBSFLOW_MODEL_H

#include "algebra/chain.h"
#include "gibbsflow/axis.h"
#include "gibbsflow/settings.h"

/* One Lindblad channel: rate (units of epsilon) times the dissipator of `jump`, at every site. */
typedef struct gf_channel {
    char *name;
    double rate;
    gf_term jump;
} gf_channel;

/* How its spectrum is to be had: by full diagonalisation, or from random vectors. */
typedef enum gf_method { GF_FULL, GF_TYPICALITY } gf_method;

/* The largest seed: files tell numbers in double precision. */
#define GF_MAX_SEED ((1L << 53) - 1)

/* What typicality.h takes. */
typedef struct gf_sampling {
    size_t samples; /* random vectors of the largest sector, at least 2 */
    size_t exact;   /* sectors of at most so many states are diagonalised */
    size_t deflate; /* extremal states of a sector taken apart, at most */
    size_t steps;   /* at most so many Lanczos steps */
    uint64_t seed;
} gf_sampling;

typedef struct gf_model {
    char *name;
    char *yaml;                   /* the text of the model file */
    struct gf_document *document; /* the same, parsed */
    gf_chain chain;
    gf_parameter *parameters; /* with the values in force */
    size_t parameter_count;
    bool *in_operators; /* [parameter_count]: it occurs in the Hamiltonian or in a jump operator */
    gf_operator hamiltonian; /* Q2, on sites 0 ... sites-1 */
    gf_channel *channels;    /* at least one */
    size_t channel_count;
    gf_axis lambda1, lambda2, magnetization;
    gf_axis energy;   /* from and to are NaN where the file leaves them to the spectrum */
    size_t fitted[2]; /* knots of the fitted grid along m and along the height */
    gf_method method;
    gf_sampling sampling;
    bool no_symmetry; /* diagonalise whole magnetisation sectors */
} gf_model;

/* Parses and checks a model; `name` is what messages call the text. The caller frees the model,
 * also after a failure. */
gf_status gf_model_parse(const char *text, size_t length, const char *name,
                         const gf_settings *settings, gf_model *model, gf_error *error);
gf_status gf_model_read(const char *path, const gf_settings *settings, gf_model *model,
                        gf_error *error);
void gf_model_free(gf_model *self);

/* The same model, its parameters as they are, on another chain. The caller frees the result, also
 * after a failure. */
gf_status gf_model_resize(const gf_model *self, int sites, bool periodic, gf_model *result,
                          gf_error *error);

/* The rates of all channels, rates[channel_count]. */
void gf_model_rates(const gf_model *self, double *rates);

bool gf_model_has_parameter(const gf_model *self, const char *name);

/* The rates, rates[channel_count], at other values of parameters: settings->parameters; the rest of
 * the settings plays no part. Fails if a parameter is unknown, if a rate becomes negative, or if a
 * parameter with a new value enters the Hamiltonian or a jump operator: then all that was derived
 * from these would be another. */
gf_status gf_model_rates_at(const gf_model *self, const gf_settings *settings, double *rates,
                            gf_error *error);

/* Gives such parameters their new values: rates and grids follow, the chain and its operators
 * remain. Fails if they would not; the model is then good for nothing but to be freed. */
gf_status gf_model_adjust(gf_model *self, const gf_settings *settings, gf_error *error);

/* Fails, saying what differs, unless both models have the same eigenstates and derived operators:
 * the same chain, Hamiltonian and jump operators. Rates, grids and names of parameters may differ.
 */
gf_status gf_model_check_same_spectrum(const gf_model *self, const gf_model *other,
                                       gf_error *error);

#endif
