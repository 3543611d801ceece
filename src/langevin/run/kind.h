/* What the run of an equation has of its own: the keys and sections of its file, its numbers, its
 * start. Everything else in this room is the same for all. */
#ifndef GIBBSFLOW_LANGEVIN_RUN_KIND_H
#define GIBBSFLOW_LANGEVIN_RUN_KIND_H

#include "input/document.h"
#include "langevin/run/run.h"

struct gf_run_parser;

struct gf_run_kind {
    const gf_equation *equation;

    /* Sections of the run file, in this order. */
    gf_status (*take_parameters)(const struct gf_run_parser *p);
    gf_status (*take_noise)(const struct gf_run_parser *p); /* and the force */
    gf_status (*take_space)(const struct gf_run_parser *p);
    const char *const *initial_keys;
    const char *const *profiles; /* the first so many of gf_profile */
    gf_status (*take_start)(const struct gf_run_parser *p, gf_node *initial);
    const char *const *histogram_keys;
    gf_status (*finish)(const struct gf_run_parser *p); /* once everything else is known */

    /* Adjusts the numbers of a sweep point before the equation prepares them; NULL: nothing. */
    gf_status (*adjust)(const gf_run *run, size_t point, double *parameters,
                        gf_noise_strength *noise, gf_dynamics *dynamics, gf_error *error);
    /* The fields of the start: rows[fields][cells]. */
    gf_status (*fill)(const gf_run *run, gf_profile profile, const gf_lattice_plan *plan,
                      double *rows, gf_error *error);
    double (*coupling)(const gf_run *run, size_t point); /* gf_langevin_coupling */
    void (*write)(const gf_run *run, gf_file *file);     /* what else belongs to a file; or NULL */
    const char *time_unit;
};

extern const gf_run_kind gf_run_order_parameter;
extern const gf_run_kind gf_run_double_well;
extern const gf_run_kind gf_run_hydrodynamics;

const gf_run_kind *gf_run_kind_find(const char *equation); /* or NULL */
const char *gf_run_kind_names(void);                       /* of the equations there are */

/* Whether position r of a wall, or of domains that alternate, lies on the upper side. */
bool gf_run_lies_up(const gf_run *self, gf_profile profile, double r);
double gf_run_position(const gf_run *self, size_t cell); /* its middle */

#endif
