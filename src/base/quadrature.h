/* Nodes and weights of Gauss-Legendre integration. */
#ifndef GIBBSFLOW_BASE_QUADRATURE_H
#define GIBBSFLOW_BASE_QUADRATURE_H

#include <stddef.h>

/* node[count], rising, and weight[count] on [low, high]: exact for polynomials of degree 2 count -
 * 1. */
void gf_quadrature_legendre(double low, double high, size_t count, double *node, double *weight);

#endif
