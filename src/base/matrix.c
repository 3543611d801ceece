#include "base/matrix.h"

#include <float.h>
#include <math.h>

_Static_assert(GF_CHARGES == 2, "these are the closed forms of 2 x 2 matrices");

void gf_matrix_unpack(const double packed[GF_PAIRS], double m[GF_CHARGES][GF_CHARGES]) {
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        for (size_t k = 0; k < GF_CHARGES; ++k) {
            m[i][k] = packed[gf_pair(i, k)];
        }
    }
}

double gf_matrix_determinant(double m[GF_CHARGES][GF_CHARGES]) {
    return m[0][0] * m[1][1] - m[0][1] * m[1][0];
}

/* The power of two next to the largest modulus of `count` numbers: dividing by it loses nothing,
 * and products of what is left neither overflow nor vanish. 1 for zeros and for what is no number.
 */
static double power_of_two(const double *values, size_t count) {
    double largest = 0;
    int exponent = 0;
    for (size_t i = 0; i < count; ++i) {
        largest = fmax(largest, fabs(values[i]));
    }
    (void)frexp(largest, &exponent);
    return isfinite(largest) && largest > 0 ? ldexp(1, exponent - 1) : 1;
}

/* *scaled = m divided by that power, which it returns. */
static double scale_out(double m[GF_CHARGES][GF_CHARGES], double scaled[GF_CHARGES][GF_CHARGES]) {
    double power = power_of_two(&m[0][0], (size_t)GF_CHARGES * GF_CHARGES);
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        for (size_t k = 0; k < GF_CHARGES; ++k) {
            scaled[i][k] = m[i][k] / power;
        }
    }
    return power;
}

static bool is_singular(double m[GF_CHARGES][GF_CHARGES], double tolerance) {
    double scale = fabs(m[0][0] * m[1][1]) + fabs(m[0][1] * m[1][0]);
    return !(fabs(gf_matrix_determinant(m)) > tolerance * scale);
}

bool gf_matrix_is_singular(double m[GF_CHARGES][GF_CHARGES], double tolerance) {
    double scaled[GF_CHARGES][GF_CHARGES];
    (void)scale_out(m, scaled);
    return is_singular(scaled, tolerance);
}

bool gf_matrix_solve(double m[GF_CHARGES][GF_CHARGES], const double b[GF_CHARGES],
                     double x[GF_CHARGES]) {
    double a[GF_CHARGES][GF_CHARGES], unit = scale_out(m, a), right = power_of_two(b, GF_CHARGES);
    if (is_singular(a, 4 * DBL_EPSILON)) {
        return false;
    }
    double determinant = gf_matrix_determinant(a), y[GF_CHARGES] = {b[0] / right, b[1] / right};
    x[0] = (y[0] * a[1][1] - y[1] * a[0][1]) / determinant * (right / unit);
    x[1] = (y[1] * a[0][0] - y[0] * a[1][0]) / determinant * (right / unit);
    return isfinite(x[0]) && isfinite(x[1]);
}

bool gf_matrix_invert(const double packed[GF_PAIRS], double inverse[GF_PAIRS]) {
    double m[GF_CHARGES][GF_CHARGES], column[GF_CHARGES];
    gf_matrix_unpack(packed, m);
    for (size_t k = 0; k < GF_CHARGES; ++k) {
        double unit[GF_CHARGES] = {0};
        unit[k] = 1;
        if (!gf_matrix_solve(m, unit, column)) {
            return false;
        }
        for (size_t i = k; i < GF_CHARGES; ++i) {
            inverse[gf_pair(i, k)] = column[i];
        }
    }
    return true;
}

void gf_matrix_multiply(double a[GF_CHARGES][GF_CHARGES], double b[GF_CHARGES][GF_CHARGES],
                        double product[GF_CHARGES][GF_CHARGES]) {
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        for (size_t k = 0; k < GF_CHARGES; ++k) {
            product[i][k] = 0;
            for (size_t j = 0; j < GF_CHARGES; ++j) {
                product[i][k] += a[i][j] * b[j][k];
            }
        }
    }
}

void gf_matrix_transform(double a[GF_CHARGES][GF_CHARGES], double s[GF_CHARGES][GF_CHARGES],
                         double image[GF_CHARGES][GF_CHARGES]) {
    double part[GF_CHARGES][GF_CHARGES];
    gf_matrix_multiply(a, s, part);
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        for (size_t k = 0; k < GF_CHARGES; ++k) {
            image[i][k] = 0;
            for (size_t j = 0; j < GF_CHARGES; ++j) {
                image[i][k] += part[i][j] * a[k][j];
            }
        }
    }
}

/* By Cayley and Hamilton: root^2 - tr(root) root + det(root) = 0. */
bool gf_matrix_root(double m[GF_CHARGES][GF_CHARGES], double root[GF_CHARGES][GF_CHARGES]) {
    double scaled[GF_CHARGES][GF_CHARGES], unit = sqrt(scale_out(m, scaled));
    double determinant = sqrt(gf_matrix_determinant(scaled));
    double trace = sqrt(scaled[0][0] + scaled[1][1] + 2 * determinant);
    if (!(determinant > 0 && trace > 0)) {
        return false;
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        for (size_t k = 0; k < GF_CHARGES; ++k) {
            root[i][k] = unit * (scaled[i][k] + (i == k ? determinant : 0)) / trace;
        }
    }
    return true;
}

void gf_matrix_eigenvalues(double m[GF_CHARGES][GF_CHARGES], double value[GF_CHARGES][2]) {
    double a[GF_CHARGES][GF_CHARGES], unit = scale_out(m, a);
    double half_trace = (a[0][0] + a[1][1]) / 2, half_difference = (a[0][0] - a[1][1]) / 2;
    double discriminant = half_difference * half_difference + a[0][1] * a[1][0];
    double root = sqrt(fabs(discriminant));
    bool is_real = discriminant >= 0;
    for (int k = 0; k < GF_CHARGES; ++k) {
        double shift = k == 0 ? -root : root;
        value[k][0] = unit * (is_real ? half_trace + shift : half_trace);
        value[k][1] = is_real ? 0 : unit * shift;
    }
}

double gf_matrix_radius(const double *m) {
    double unit = 0, a[4];
    for (int i = 0; i < 4; ++i) {
        unit = fmax(unit, fabs(m[i]));
    }
    for (int i = 0; i < 4; ++i) { /* squares of large numbers must not overflow */
        a[i] = unit > 0 ? m[i] / unit : 0;
    }
    double half = (a[0] + a[3]) / 2, det = a[0] * a[3] - a[1] * a[2];
    double root = half * half - det;
    return unit * (root < 0 ? sqrt(det) : fabs(half) + sqrt(root));
}
