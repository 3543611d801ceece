/* The trial of the ansatz over several lengths of a chain, and its verdict. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_TRIAL_LADDER_H
#define GIBBSFLOW_OPEN_SYSTEM_TRIAL_LADDER_H

#include "open_system/rates.h"

/* One length: what the ansatz says of it over what is exact, less 1; of the force the root of the
 * mean square over M, weighted with P(M), beside that of the force itself. NaN: not known. */
typedef struct gf_trial_size {
    int sites;
    gf_rates_summary reference[GF_RATES_REFERENCES]; /* without distributions */
    double force_error[GF_CHARGES];                  /* of smooth */
    double gibbs_error[GF_CHARGES]; /* of the table, where it is inside the border */
    double spread;                  /* of ln p_n, root of the mean square weighted with P(M) */
    double centre_spread;           /* at the smallest |M| */
    double centre_error[2];         /* of f_1 at the smallest M > 0: smooth, gibbs */
} gf_trial_size;

gf_trial_size gf_trial_size_of(const gf_rates *rates);

/* Sentences on what the sizes [count], by length, say of two charges. */
enum { GF_TRIAL_VERDICT = 1200 };
void gf_trial_verdict(const gf_trial_size *sizes, size_t count, char text[GF_TRIAL_VERDICT]);

/* /trial, in src/io/README.md; to and from a file. The caller frees the sizes. */
void gf_trial_write(const gf_trial_size *sizes, size_t count, gf_file *file);
gf_status gf_trial_read(gf_file *file, gf_trial_size **sizes, size_t *count, gf_error *error);

#endif
