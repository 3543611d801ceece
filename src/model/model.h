/* What a model consists of. */
#ifndef GIBBSFLOW_MODEL_MODEL_H
#define GIBBSFLOW_MODEL_MODEL_H

#include "algebra/chain.h"
#include "gibbsflow/axis.h"
#include "gibbsflow/model.h"

/* One Lindblad channel: rate (units of epsilon) times the dissipator of `jump`, at every site. */
typedef struct gf_channel {
    char *name;
    double rate;
    gf_term jump;
} gf_channel;

struct gf_model {
    char *name;
    char *energy_unit;            /* what its unit of energy is called */
    char *yaml;                   /* the text of the model file */
    struct gf_document *document; /* the same, parsed */
    gf_chain chain;
    gf_parameter *parameters; /* with the values in force */
    size_t parameter_count;
    struct gf_names *names; /* their indices */
    /* [parameter_count]: */
    double *written;         /* what the text makes of it, at the values in force of earlier ones */
    bool *set;               /* settings gave it its value, and not the text */
    bool *used;              /* it occurs anywhere, or defines one that does */
    bool *in_operators;      /* it occurs in the Hamiltonian or in a jump operator, */
    bool *steers;            /* or defines one that does, and is not set */
    gf_operator hamiltonian; /* Q2, on sites 0 ... sites-1 */
    gf_operator integrable;  /* the entries of it that the file calls integrable; 0: none */
    bool has_integrable;
    gf_channel *channels; /* at least one */
    size_t channel_count;
    gf_axis lambda1, lambda2, magnetization;
    gf_axis energy;   /* from and to are NaN where the file leaves them to the spectrum */
    size_t fitted[2]; /* knots of the fitted grid along m and along the height */
    gf_method method;
    gf_sampling sampling;
    bool no_symmetry;       /* diagonalise whole magnetisation sectors */
    size_t distribute_from; /* as in gf_settings */
};

/* The same model, its parameters as they are, on another chain. The caller frees the result; after
 * a failure it is NULL. */
gf_status gf_model_resize(const gf_model *self, int sites, bool periodic, gf_model **result,
                          gf_error *error);

/* Whether a text can name a unit of energy, as units and labels put it into expressions: letters,
 * digits, _ and ', other alphabets, too. */
bool gf_model_is_energy_unit(const char *text);

/* Fails if the rates, rates[channel_count], are beyond what numbers hold: what the bath does goes
 * like rate |L|^2, times powers of the energy up to the second, and squares of that. */
gf_status gf_model_check_rates(const gf_model *self, const double *rates, gf_error *error);

bool gf_model_has_parameter(const gf_model *self, const char *name);

/* Gives parameters that enter rates alone (gf_model_rates_at) their new values: rates and grids
 * follow, the chain and its operators remain. Fails if they would not; the model is then good for
 * nothing but to be freed. */
gf_status gf_model_adjust(gf_model *self, const gf_settings *settings, gf_error *error);

/* Fails, saying what differs, unless both models have the same eigenstates and derived operators:
 * the same chain, Hamiltonian and jump operators. Rates, grids and names of parameters may differ.
 */
gf_status gf_model_check_same_spectrum(const gf_model *self, const gf_model *other,
                                       gf_error *error);

#endif
