/* What run files of the equations of one field have of their own. */
#include "langevin/run/kind.h"
#include "langevin/run/parser.h"

#include <math.h>

static const char *const initial_keys[] = {"profile", "amplitude", "domain", NULL};
static const char *const profiles[] = {"random", "uniform", "wall", "domains", NULL};
static const char *const histogram_keys[] = {"from", "to", "bins", NULL};

/* --- the file -------------------------------------------------------------------------------- */

static gf_status take_parameters(const gf_run_parser *p) {
    gf_node *map = NULL;
    const char *const *names = p->run->equation->parameters;
    gf_status status = gf_run_take_section(p, "parameters", names, true, &map);
    for (size_t i = 0; names[i] != NULL && status == GF_OK; ++i) {
        status = gf_run_take_number(p, map, names[i], GF_RUN_ANY, true, &p->run->parameters[i]);
    }
    return status;
}

static gf_status take_noise(const gf_run_parser *p) {
    static const char *const keys[] = {"drive", "thermal", NULL};
    gf_noise_strength *noise = &p->run->noise;
    gf_node *map = NULL;
    gf_status status = gf_run_take_section(p, "noise", keys, true, &map);
    if (status == GF_OK) {
        status = gf_run_take_number(p, map, "drive", GF_RUN_NOT_NEGATIVE, true, &noise->drive);
    }
    if (status == GF_OK) {
        status = gf_run_take_number(p, map, "thermal", GF_RUN_NOT_NEGATIVE, true, &noise->thermal);
    }
    return status == GF_OK ? gf_run_take_reading(p) : status;
}

/* The noise of a double well is a parameter of its own. */
static gf_status refuse_noise(const gf_run_parser *p) {
    gf_node *stray = gf_document_get(p->document, p->root, "noise");
    return stray == NULL
               ? GF_OK
               : gf_document_fail(p->document, stray, p->error,
                                  "the noise of %s is its parameter %s", p->run->equation->name,
                                  p->run->equation->parameters[0]);
}

static gf_status take_start(const gf_run_parser *p, gf_node *initial) {
    return gf_run_take_number(p, initial, "amplitude", GF_RUN_NOT_NEGATIVE, false,
                              &p->run->amplitude);
}

/* Keys of two fields. */
static gf_status refuse_strangers(const gf_run_parser *p) {
    static const char *const strange[] = {"table", "rates", "rescaled"};
    for (size_t i = 0; i < sizeof strange / sizeof *strange; ++i) {
        gf_node *node = gf_document_get(p->document, p->root, strange[i]);
        if (node != NULL) {
            return gf_document_fail(p->document, node, p->error,
                                    "'%s' is of equation: hydrodynamics", strange[i]);
        }
    }
    return p->settings->table == NULL
               ? GF_OK
               : gf_fail(p->error, GF_INVALID, "--table is for equation: hydrodynamics");
}

/* --- the start ------------------------------------------------------------------------------- */

static void fill_random(const gf_lattice_plan *plan, double width, double *m) {
    for (size_t start = 0; start < plan->cells; start += GF_RANDOM_BLOCK) {
        float normal[GF_RANDOM_BLOCK];
        gf_random_normal(&plan->random, GF_RANDOM_START, 0, (uint32_t)(start / GF_RANDOM_BLOCK),
                         normal);
        for (size_t i = 0; i < GF_RANDOM_BLOCK && start + i < plan->cells; ++i) {
            m[start + i] = width * (double)normal[i];
        }
    }
}

static gf_status fill(const gf_run *run, gf_profile profile, const gf_lattice_plan *plan, double *m,
                      gf_error *error) {
    double value = run->amplitude * plan->dynamics.order;
    (void)error;
    if (profile == GF_PROFILE_RANDOM) {
        fill_random(plan, value, m);
        return GF_OK;
    }
    for (size_t i = 0; i < plan->cells; ++i) {
        bool up =
            profile == GF_PROFILE_UNIFORM || gf_run_lies_up(run, profile, gf_run_position(run, i));
        m[i] = up ? value : -value;
    }
    return GF_OK;
}

/* --- results --------------------------------------------------------------------------------- */

/* epsilon J a^2/D; NaN for the double well, which has no such parameters. */
static double coupling(const gf_run *run, size_t point) {
    return gf_run_parameter(run, point, "epsilon") * gf_run_parameter(run, point, "J") *
           pow(gf_run_parameter(run, point, "a"), 2) / gf_run_parameter(run, point, "D");
}

const gf_run_kind gf_run_order_parameter = {.equation = &gf_equation_order_parameter,
                                            .take_parameters = take_parameters,
                                            .take_noise = take_noise,
                                            .take_space = gf_run_take_row,
                                            .initial_keys = initial_keys,
                                            .profiles = profiles,
                                            .take_start = take_start,
                                            .histogram_keys = histogram_keys,
                                            .finish = refuse_strangers,
                                            .fill = fill,
                                            .coupling = coupling,
                                            .time_unit = "a^2/D"};

const gf_run_kind gf_run_double_well = {.equation = &gf_equation_double_well,
                                        .take_parameters = take_parameters,
                                        .take_noise = refuse_noise,
                                        .take_space = gf_run_take_row,
                                        .initial_keys = initial_keys,
                                        .profiles = profiles,
                                        .take_start = take_start,
                                        .histogram_keys = histogram_keys,
                                        .finish = refuse_strangers,
                                        .fill = fill,
                                        .coupling = coupling,
                                        .time_unit = "a^2/D"};
