/* The Gibbs states of a model along its parameters, whatever these enter.
 *
 * Parameters of the rates alone leave the spectrum as it is: one member serves them all, exactly. A
 * parameter of the Hamiltonian or of a jump operator, at most one, wants a spectrum for every
 * value: there the family has members at some values, exact, and interpolates in between. At fixed
 * lambda Z, q and f are traces of entire functions of the parameter, whatever levels cross, so log
 * Z, q, C and f are analytic along the real axis, and the polynomial through the nearest members
 * converges like that of any analytic function: with the distance of members small against that of
 * the zeros of Z in the complex plane. Where more is wanted, add a member. */
#ifndef GIBBSFLOW_FIXED_POINTS_FAMILY_H
#define GIBBSFLOW_FIXED_POINTS_FAMILY_H

#include "fixed_points/fixed_point.h"
#include "gibbsflow/fixed_points.h"
#include "model/model.h"
#include "spectrum/spectrum.h"

enum { GF_FAMILY_PARAMETERS = 2 };

/* The chain at one value of the parameter that its spectrum depends on. */
typedef struct gf_family_member {
    double value;
    gf_model *model;
    gf_spectrum *spectrum;
    gf_region region;
} gf_family_member;

/* The model with the parameter at a value, without a spectrum yet. The caller frees the member. */
gf_status gf_family_member_open(const gf_model *model, const char *parameter, double value,
                                gf_family_member *member, gf_error *error);
/* The same with its spectrum: diagonalised. */
gf_status gf_family_member_solve(const gf_model *model, const char *parameter, double value,
                                 gf_family_member *member, gf_error *error);
void gf_family_member_free(gf_family_member *self);

/* The model with a parameter at another value, whatever it enters; what else was set remains. The
 * caller frees the result; after a failure it is NULL. */
gf_status gf_family_model_at(const gf_model *model, const char *parameter, double value,
                             gf_model **result, gf_error *error);

/* Whether spectra depend on the parameter. */
bool gf_family_wants_spectra(const gf_model *model, const char *parameter);

typedef struct gf_family gf_family;

/* A family along names[count] with a single member, which the caller keeps; only rates may depend
 * on the names. The model, the spectrum and the region must outlive it. */
gf_status gf_family_create(const gf_model *model, const gf_spectrum *spectrum,
                           const gf_region *region, const char *const *names, size_t count,
                           gf_family **family, gf_error *error);

/* A family whose spectra depend on names[deep]. It takes members[members], by value, over: also
 * after a failure they are no longer the caller's. */
gf_status gf_family_create_deep(const gf_model *model, const char *const *names, size_t count,
                                size_t deep, gf_family_member *members, size_t member_count,
                                gf_family **family, gf_error *error);
void gf_family_free(gf_family *self);

/* Diagonalises at another value of the parameter that spectra depend on, for a while: such members
 * give way to others closer than `apart`, and none is added beside one that stays. Members that are
 * close to one another cost digits elsewhere, so drop them when the place of interest is another.
 * Nothing happens if no spectrum depends on any parameter. */
gf_status gf_family_add(gf_family *self, double value, double apart, gf_error *error);
void gf_family_drop(gf_family *self);

/* Goes to values[count] of the parameters. What follows is about the states there. */
gf_status gf_family_go(gf_family *self, const double *values, gf_error *error);

void gf_family_evaluate(gf_family *self, const double lambda[GF_CHARGES], gf_gibbs_extent extent,
                        gf_state *state);
void gf_family_drift(gf_family *self, const double lambda[GF_CHARGES], gf_state *state);
double gf_family_energy_unit(const gf_family *self);
double gf_family_force_scale(const gf_family *self);

/* As gf_fixed_point_refine. */
bool gf_family_refine(gf_family *self, const double lambda[GF_CHARGES], gf_fixed_point *point);

/* True if states in between are interpolated: spectra depend on a parameter. */
bool gf_family_interpolates(const gf_family *self);

/* All fixed points at values[count], wherever the family is; diagonalises for that unless a member
 * is there. Tasks may share the family for this. */
gf_status gf_family_find(const gf_family *self, const double *values, gf_fixed_points *points,
                         gf_error *error);

/* The length of a change of density, with the energy in its unit. */
double gf_family_length(const gf_family *self, const double change[GF_CHARGES]);

#endif
