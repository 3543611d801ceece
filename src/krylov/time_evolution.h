/* exp(-i t H) and exp(-x H) applied to vectors of a sector, by Chebyshev polynomials of H.
 *
 * With H = b + a h, the spectrum of h within [-1, 1], and T_k the Chebyshev polynomials,
 *
 *     exp(-z H) = sum_k c_k T_k(h),
 *     exp(-i t H): c_k = (2 - delta_k0) (-i)^k J_k(a t) exp(-i b t),
 *
 * converges faster than exponentially once k exceeds a |z| (H. Tal-Ezer and R. Kosloff, J. Chem.
 * Phys. 81, 3967 (1984)). T_k+1 = 2 h T_k - T_k-1 takes one application of H; one recursion serves
 * several times. Nothing depends on the number of threads. */
#ifndef GIBBSFLOW_KRYLOV_TIME_EVOLUTION_H
#define GIBBSFLOW_KRYLOV_TIME_EVOLUTION_H

#include "hilbert/action.h"

/* Bounds of the energies of a sector. */
typedef struct gf_energy_range {
    double lowest, highest;
} gf_energy_range;

/* From Lanczos steps, with a margin of a hundredth of the width. */
gf_status gf_energy_range_find(const gf_action *hamiltonian, const gf_basis *basis, bool is_complex,
                               gf_energy_range *range, gf_error *error);

typedef struct gf_time_evolution {
    const gf_action *hamiltonian;
    const gf_basis *basis;
    gf_energy_range range;
    double accuracy; /* of each vector, of its length at the start; 1e-14 at best */
} gf_time_evolution;

/* result[k] = exp(-i time[k] H) start, complex vectors, [size][width] each and not `start`. A real
 * `start` (columns.is_complex false) takes half the work: all T_k stay real. H must be real then
 * (else GF_INVALID), and the results have twice as many columns as it. Times have either sign, up
 * to about 1e4 over the width of the spectrum; GF_INVALID beyond. GF_NO_CONVERGENCE if a vector
 * changes its length, which means that energies lie beyond the range. `applications` of H, unless
 * NULL. */
gf_status gf_time_evolution_run(const gf_time_evolution *self, gf_columns columns, size_t count,
                                const double *time, const double *start, double *const *result,
                                size_t *applications, gf_error *error);

/* result[k] = exp(-x[k] (H - E)) start, of real or complex vectors, with E the lower end of the
 * range where x > 0 and the upper one where x < 0: nothing grows. */
gf_status gf_time_evolution_cool(const gf_time_evolution *self, gf_columns columns, size_t count,
                                 const double *x, const double *start, double *const *result,
                                 size_t *applications, gf_error *error);

/* Applications of H that either takes for a largest |z|. */
size_t gf_time_evolution_order(const gf_time_evolution *self, double largest);

/* Bytes that either takes beside `start` and `result`. */
double gf_time_evolution_memory(size_t size, int width);

#endif
