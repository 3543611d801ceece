/* Operators of the infinite chain, with an end of operator space that absorbs.
 *
 * Under the exact dynamics operators become longer, and what has become long hardly ever comes
 * back. So strings beyond `longest` sites are left out, and those longer than `free` sites are
 * damped:
 *
 *     dx/dt = (S - G) x,    G = rate (length - free) on longer strings.
 *
 * With the currents J_i as vectors, all per site,
 *
 *     K_ij(t) = (J_i, exp((S - G) t) J_j),   sigma_ij = (J_i, (G - S)^-1 J_j). */
#ifndef GIBBSFLOW_TRANSPORT_ABSORBER_H
#define GIBBSFLOW_TRANSPORT_ABSORBER_H

#include "gibbsflow/progress.h"
#include "transport/liouvillian.h"

#include <signal.h>

/* Several ways to damp strings of the same lengths. */
enum { GF_ABSORBER_ENDS = GF_LIOUVILLIAN_COLUMNS / GF_CHARGES };

typedef struct gf_absorber {
    const gf_liouvillian *liouvillian;
    size_t size; /* coordinates that take part */
    size_t ends;
    double damping[GF_LIOUVILLIAN_LONGEST + 1][GF_ABSORBER_ENDS]; /* G, by length and end */
} gf_absorber;

/* Without any end yet; nothing is to be freed. */
gf_absorber gf_absorber_of(const gf_liouvillian *liouvillian, int longest);
void gf_absorber_add_end(gf_absorber *self, int free, double rate);

/* With the first end K_ij and sigma_ij(t) = int_0^t K_ij at time[k] = k step, k < count; both
 * [count][GF_CHARGES][GF_CHARGES]. By Chebyshev polynomials of S - G, to 1e-10 of K(0). */
gf_status gf_absorber_evolve(const gf_absorber *self, const double *currents, double step,
                             size_t count, const volatile sig_atomic_t *stop, double *correlation,
                             double *onsager, gf_error *error);

#endif
