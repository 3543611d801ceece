/* Operator space against rings that know no strings, against itself solved in another way, and
 * against what symmetries and conservation laws demand. */
#include "transport/operator_space.h"

#include "algebra/charges.h"
#include "algebra/current.h"
#include "suite.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

static gf_model *read_model(const char *file, int sites, const char *assignment) {
    gf_settings settings = {.sites = sites};
    gf_error error = {.message = ""};
    gf_model *model = NULL;
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", GF_MODELS, file);
    if (assignment != NULL) {
        ck_assert_int_eq(gf_settings_assign(&settings, assignment, &error), GF_OK);
    }
    ck_assert_msg(gf_model_read(path, &settings, &model, &error) == GF_OK, "%s", error.message);
    gf_settings_free(&settings);
    return model;
}

static gf_operator_space *find(const gf_model *model, double m, int longest, double step,
                               size_t times) {
    const gf_operator_space_request request = {.lambda = {-atanh(m), 0},
                                               .longest = longest,
                                               .weight = longest,
                                               .step = step,
                                               .times = times};
    gf_operator_space *result = NULL;
    gf_error error = {.message = ""};
    ck_assert_msg(gf_operator_space_find(model, &request, &result, &error) == GF_OK, "%s",
                  error.message);
    return result;
}

#define assert_near(a, b, tolerance)                                                               \
    ck_assert_msg(fabs((a) - (b)) <= (tolerance), "%.12g is not %.12g", (double)(a), (double)(b))

/* --- a chain, its matrix and its currents ---------------------------------------------------- */

typedef struct infinite_chain {
    gf_currents currents;
    gf_strings charge[GF_CHARGES];
    gf_liouvillian *matrix;
    double *j; /* [size][GF_CHARGES], per site */
} infinite_chain;

static infinite_chain open_space(const gf_model *model, double m, int longest, int weight,
                                 int parity) {
    infinite_chain self = {0};
    gf_commutator commutator;
    ck_assert_int_eq(gf_currents_derive(&model->chain, &model->hamiltonian, &self.currents, NULL),
                     GF_OK);
    int cell = self.currents.cell;
    ck_assert_int_eq(gf_commutator_create(&self.currents.hamiltonian, cell, m, &commutator, NULL),
                     GF_OK);
    ck_assert_int_eq(
        gf_liouvillian_create(&commutator, longest, weight, parity, &self.matrix, NULL), GF_OK);
    gf_commutator_free(&commutator);
    self.charge[0] = gf_strings_magnetization(cell, m);
    self.charge[1] = gf_strings_expand(&self.currents.hamiltonian, cell, m);
    double *x = calloc(self.matrix->size, sizeof *x);
    self.j = calloc(2 * self.matrix->size, sizeof *self.j);
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        gf_strings current = gf_strings_expand(&self.currents.current[i], cell, m);
        ck_assert(gf_liouvillian_coordinates(self.matrix, &current, x));
        for (size_t k = 0; k < self.matrix->size; ++k) {
            self.j[2 * k + i] = x[k] / sqrt(cell);
        }
        gf_strings_free(&current);
    }
    free(x);
    return self;
}

static void close_space(infinite_chain *self) {
    gf_currents_free(&self->currents);
    gf_strings_free(&self->charge[0]);
    gf_strings_free(&self->charge[1]);
    gf_liouvillian_free(self->matrix);
    free(self->j);
}

/* --- moments, exactly ------------------------------------------------------------------------ */

START_TEST(lanczos_coefficients_of_the_infinite_chain) {
    static const double known[GF_CHARGES][5] = {{2.44949, 8.67948, 7.40685, 10.14939, 9.78928},
                                                {2.60273, 8.03961, 7.58721, 10.18379, 9.68566}};
    gf_model *model = read_model("xxz_jprime_half.yaml", 0, NULL);
    for (size_t charge = 0; charge < GF_CHARGES; ++charge) {
        double b[5];
        size_t count = sized(5, 4);
        ck_assert_int_eq(gf_operator_space_lanczos(model, 0, charge, count, b, NULL), GF_OK);
        for (size_t n = 0; n < count; ++n) {
            assert_near(b[n], known[charge][n], 1e-5);
        }
    }
    gf_model_free(model);
}
END_TEST

/* Without J' the energy current is conserved, and so is the magnetisation's of free fermions. */
START_TEST(lanczos_ends_at_a_conserved_current) {
    double b[2] = {1, 1};
    gf_model *model = read_model("xxz_jprime.yaml", 0, "Jp=0");
    ck_assert_int_eq(gf_operator_space_lanczos(model, 0.4, GF_ENERGY, 2, b, NULL), GF_OK);
    assert_near(b[0], 0, 0);
    gf_model_free(model);
    model = read_model("dm_field.yaml", 0, "Delta=0");
    ck_assert_int_eq(gf_operator_space_lanczos(model, 0.4, GF_MAGNETIZATION, 2, b, NULL), GF_OK);
    assert_near(b[0], 0, 0);
    gf_model_free(model);
}
END_TEST

/* <A' B> - <A'><B> of sums on a ring, per site, in the product state: site by site, in Z and S+-.
 */
static double ring_product(const gf_chain *chain, const gf_operator *a, const gf_operator *b,
                           double m) {
    gf_operator local = gf_chain_fold(chain, a); /* once for every translation */
    double complex sum = 0, mean_a = 0, mean_b = 0;
    for (size_t i = 0; i < local.count; ++i) {
        const gf_operator_term *x = &local.terms[i];
        mean_a +=
            (x->plus | x->minus) == 0 ? x->coefficient * pow(m, __builtin_popcountll(x->z)) : 0;
        for (size_t k = 0; k < b->count; ++k) {
            const gf_operator_term *y = &b->terms[k];
            if (x->plus == y->plus && x->minus == y->minus) {
                sum += conj(x->coefficient) * y->coefficient *
                       pow((1 - m) / 2, __builtin_popcountll(x->plus)) *
                       pow((1 + m) / 2, __builtin_popcountll(x->minus)) *
                       pow(m, __builtin_popcountll(x->z ^ y->z));
            }
        }
    }
    for (size_t k = 0; k < b->count; ++k) {
        const gf_operator_term *y = &b->terms[k];
        mean_b +=
            (y->plus | y->minus) == 0 ? y->coefficient * pow(m, __builtin_popcountll(y->z)) : 0;
    }
    double copies = (double)chain->sites / gf_chain_cell(chain);
    gf_operator_free(&local);
    /* `local` has all copies in its coefficients. */
    return creal(sum - conj(mean_a) * mean_b) / copies / gf_chain_cell(chain);
}

static void evolve(const infinite_chain *chain, int longest, double step, size_t count, double *k,
                   double *sigma) {
    gf_absorber absorber = gf_absorber_of(chain->matrix, longest);
    gf_absorber_add_end(&absorber, longest, 0);
    ck_assert_int_eq(gf_absorber_evolve(&absorber, chain->j, step, count, NULL, k, sigma, NULL),
                     GF_OK);
}

/* C, K(0) and -K''(0) of one model. */
static void assert_moments(const gf_model *model, double m, int longest) {
    const double h = 0.01;
    const gf_chain *ring = &model->chain;
    double k[12], sigma[12];
    infinite_chain chain = open_space(model, m, longest, longest, 0);
    gf_charges q = gf_charges_of(ring, &model->hamiltonian);
    gf_operator j[GF_CHARGES], hj[GF_CHARGES];
    evolve(&chain, longest, h, 3, k, sigma);
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        j[i] = gf_currents_total(&chain.currents, ring, i);
        hj[i] = gf_operator_commutator(&model->hamiltonian, &j[i]);
    }
    for (size_t a = 0; a < GF_CHARGES; ++a) {
        for (size_t b = a; b < GF_CHARGES; ++b) {
            double even[3], moment = ring_product(ring, &hj[a], &hj[b], m);
            for (size_t t = 0; t < 3; ++t) {
                even[t] = (k[4 * t + 2 * a + b] + k[4 * t + 2 * b + a]) / 2;
            }
            assert_near(even[0], ring_product(ring, &j[a], &j[b], m), 1e-10);
            assert_near((30 * even[0] - 32 * even[1] + 2 * even[2]) / (12 * h * h), moment,
                        1e-4 * fabs(moment) + 1e-4);
            assert_near(creal(gf_strings_product(&chain.charge[a], &chain.charge[b])) /
                            chain.currents.cell,
                        ring_product(ring, &q.operator[a], &q.operator[b], m), 1e-12);
        }
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        gf_operator_free(&j[i]);
        gf_operator_free(&hj[i]);
    }
    gf_charges_free(&q);
    close_space(&chain);
}

START_TEST(first_moments_are_those_of_a_ring) {
    static const struct {
        const char *file;
        int sites, longest;
    } cases[] = {{"xxz_jprime_half.yaml", 14, 7},
                 {"dm_field.yaml", 12, 6},
                 {"dimerised.yaml", 12, 6},
                 {"chiral.yaml", 14, 7}};
    for (size_t c = 0; c < sized(4, 3); ++c) {
        gf_model *model = read_model(cases[c].file, cases[c].sites, NULL);
        assert_moments(model, 0.3, cases[c].longest);
        gf_model_free(model);
    }
}
END_TEST

/* Without reversal of time K_12 and K_21 differ, and which is which shows at once: K_12'(0) = (i[H,
 * J_1]; J_2). */
START_TEST(it_is_the_first_current_that_moves) {
    static const char text[] =
        "name: turned\nsites: 10\nboundary: periodic\nhamiltonian:\n"
        "  - X[0]*X[1] + Y[0]*Y[1] + 0.5*Z[0]*Z[1] + 0.4*(X[0]*Y[1] - Y[0]*X[1])\n"
        "  - 0.3*(X[0]*X[1] + Y[0]*Y[1])*Z[2]\n"
        "lindblad: [{name: flip, rate: 1, operator: \"X[0]\"}]\n";
    const double h = 1e-3;
    double k[8], sigma[8];
    gf_model *model = NULL;
    ck_assert_int_eq(gf_model_parse(text, strlen(text), "test", NULL, &model, NULL), GF_OK);
    infinite_chain chain = open_space(model, 0.3, 7, 7, 0);
    gf_operator first = gf_currents_total(&chain.currents, &model->chain, GF_MAGNETIZATION);
    gf_operator second = gf_currents_total(&chain.currents, &model->chain, GF_ENERGY);
    gf_operator commutator = gf_operator_commutator(&model->hamiltonian, &first);
    gf_operator moved = gf_operator_scaled(&commutator, I);
    double slope = ring_product(&model->chain, &moved, &second, 0.3);
    evolve(&chain, 7, h, 2, k, sigma);
    ck_assert_double_gt(fabs(slope), 0.1);
    assert_near((k[5] - k[6]) / (2 * h), slope, 1e-4 * fabs(slope));
    gf_operator_free(&first);
    gf_operator_free(&second);
    gf_operator_free(&commutator);
    gf_operator_free(&moved);
    close_space(&chain);
    gf_model_free(model);
}
END_TEST

/* A ring of ten sites, from matrices of 2^10 states, sees its own length by t = 1 to 1 %; one of
 * sixteen by t = 2. */
START_TEST(short_times_are_those_of_a_ring) {
    double k[12], sigma[12];
    gf_model *model = read_model("xxz_jprime_half.yaml", 0, NULL);
    infinite_chain chain = open_space(model, 0, 8, 8, -1);
    evolve(&chain, 8, 1, 3, k, sigma);
    assert_near(k[0], 16, 1e-12);
    assert_near(k[3], 31, 1e-12);
    assert_near(sigma[4], 12.928108, 0.005 * 12.928108);
    assert_near(sigma[7], 23.841709, 0.01 * 23.841709);
    assert_near(sigma[8], 22.88, 0.01 * 22.88);
    close_space(&chain);
    gf_model_free(model);
}
END_TEST

/* --- the matrix ------------------------------------------------------------------------------ */

/* (x, S y) = -(S x, y), and S takes the energy, which is even, to zero. */
START_TEST(liouvillian_is_antisymmetric_and_conserves_energy) {
    static const struct {
        const char *file;
        int parity;
    } cases[] = {{"xxz_jprime_half.yaml", -1},
                 {"xxz_jprime_half.yaml", 0},
                 {"chiral.yaml", 0},
                 {"dimerised.yaml", 0}};
    uint64_t random = 5;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; ++c) {
        gf_model *model = read_model(cases[c].file, 0, NULL);
        infinite_chain chain = open_space(model, 0.35, 6, 6, cases[c].parity);
        size_t size = chain.matrix->size;
        double *x = calloc(2 * size, sizeof *x), *y = calloc(2 * size, sizeof *y);
        double *e = calloc(size, sizeof *e), left = 0, right = 0, scale = 0;
        for (size_t i = 0; i < 2 * size; ++i) {
            x[i] = random_dyadic(&random);
        }
        gf_liouvillian_apply(chain.matrix, size, GF_CHARGES, x, y);
        for (size_t i = 0; i < size; ++i) {
            left += x[2 * i] * y[2 * i + 1];
            right += x[2 * i + 1] * y[2 * i];
            scale += fabs(x[2 * i] * y[2 * i + 1]);
        }
        ck_assert(scale > 0);
        assert_near(left, -right, 1e-12 * scale);
        bool even = gf_liouvillian_coordinates(chain.matrix, &chain.charge[GF_ENERGY], e);
        ck_assert(even == (cases[c].parity == 0));
        for (size_t i = 0; i < size; ++i) {
            x[2 * i] = x[2 * i + 1] = e[i];
        }
        gf_liouvillian_apply(chain.matrix, size, GF_CHARGES, x, y);
        for (size_t i = 0; i < 2 * size && even; ++i) {
            assert_near(y[i], 0, 1e-12 * chain.matrix->largest);
        }
        free(x);
        free(y);
        free(e);
        close_space(&chain);
        gf_model_free(model);
    }
}
END_TEST

/* To the end of all ends. */
static void solve(const gf_absorber *absorber, const double *currents, double tolerance,
                  gf_absorber_solution *solution) {
    const gf_absorber_problem problem = {absorber, currents, tolerance, 5000};
    gf_absorber_solver *solver;
    ck_assert_int_eq(gf_absorber_solver_create(&problem, &solver, NULL), GF_OK);
    while (gf_absorber_solver_advance(solver, 7) > 0) {
    }
    for (size_t e = 0; e < absorber->ends; ++e) {
        solution[e] = gf_absorber_solver_solution(solver, e);
        ck_assert(solution[e].converged);
        ck_assert(solution[e].residual <= tolerance);
    }
    gf_absorber_solver_free(solver);
}

/* sigma of an end by itself. */
static gf_absorber_solution solve_alone(const infinite_chain *chain, const double *currents,
                                        int free, double rate, double tolerance) {
    gf_absorber absorber = gf_absorber_of(chain->matrix, 6);
    gf_absorber_solution solution;
    gf_absorber_add_end(&absorber, free, rate);
    solve(&absorber, currents, tolerance, &solution);
    return solution;
}

/* The integral over all times, by polynomials and by Gauss's rule, is the solution of the linear
 * system; with reflection and without it; H real and complex. */
START_TEST(integral_over_time_is_the_solution) {
    static const struct {
        const char *file, *assignment;
        int parity;
        double end;
    } cases[] = {{"xxz_jprime_half.yaml", NULL, -1, 120},
                 {"xxz_jprime_half.yaml", NULL, 0, 120},
                 {"chiral.yaml", "K=0.5", 0, 240}};
    double reference[4] = {0};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; ++c) {
        gf_model *model = read_model(cases[c].file, 0, cases[c].assignment);
        infinite_chain chain = open_space(model, 0.25, 6, 6, cases[c].parity);
        gf_absorber absorber = gf_absorber_of(chain.matrix, 6);
        gf_absorber_solution solution;
        double k[8], sigma[8], *value = &solution.onsager[0][0];
        gf_absorber_add_end(&absorber, 2, 2);
        solve(&absorber, chain.j, 1e-9, &solution);
        ck_assert_int_eq(
            gf_absorber_evolve(&absorber, chain.j, cases[c].end, 2, NULL, k, sigma, NULL), GF_OK);
        for (size_t e = 0; e < 4; ++e) {
            assert_near(sigma[4 + e], value[e], 1e-6 * fabs(value[3]));
            if (c == 1) {
                assert_near(value[e], reference[e], 1e-7 * fabs(value[3]));
            }
            reference[e] = value[e];
        }
        close_space(&chain);
        gf_model_free(model);
    }
}
END_TEST

static void assert_same_onsager(const gf_absorber_solution *a, const gf_absorber_solution *b,
                                double tolerance) {
    for (size_t e = 0; e < 4; ++e) {
        assert_near((&a->onsager[0][0])[e], (&b->onsager[0][0])[e],
                    tolerance * fabs(a->onsager[1][1]));
    }
}

/* As many ends at once as there may be: each as if it were alone, whenever it comes to its end. */
START_TEST(ends_do_not_know_of_each_other) {
    static const int free[] = {2, 3, 4, 5, 2};
    static const double rate[] = {2, 0.5, 1, 4, 0.25};
    gf_model *model = read_model("xxz_jprime_half.yaml", 0, NULL);
    infinite_chain chain = open_space(model, 0.25, 6, 6, -1);
    for (size_t count = 1; count <= GF_ABSORBER_ENDS; ++count) {
        gf_absorber absorber = gf_absorber_of(chain.matrix, 6);
        gf_absorber_solution solution[GF_ABSORBER_ENDS];
        for (size_t e = 0; e < count; ++e) {
            gf_absorber_add_end(&absorber, free[e], rate[e]);
        }
        solve(&absorber, chain.j, 1e-3, solution);
        for (size_t e = 0; e < count; ++e) {
            gf_absorber_solution alone = solve_alone(&chain, chain.j, free[e], rate[e], 1e-3);
            assert_near((double)solution[e].iterations, (double)alone.iterations, 1);
            assert_same_onsager(&solution[e], &alone, 1e-7);
        }
    }
    close_space(&chain);
    gf_model_free(model);
}
END_TEST

/* Currents that depend on each other, or are none: sigma is bilinear in them. */
START_TEST(currents_may_be_proportional_or_nothing) {
    static const double factor[] = {-2, 1e-6, 0};
    gf_model *model = read_model("xxz_jprime_half.yaml", 0, NULL);
    infinite_chain chain = open_space(model, 0.25, 6, 6, -1);
    gf_absorber_solution first = solve_alone(&chain, chain.j, 2, 2, 1e-8);
    double *j = malloc(GF_CHARGES * chain.matrix->size * sizeof *j), sigma = first.onsager[0][0];
    for (size_t c = 0; c < sizeof factor / sizeof *factor; ++c) {
        for (size_t i = 0; i < chain.matrix->size; ++i) {
            j[GF_CHARGES * i] = chain.j[GF_CHARGES * i];
            j[GF_CHARGES * i + 1] = factor[c] * chain.j[GF_CHARGES * i];
        }
        gf_absorber_solution solution = solve_alone(&chain, j, 2, 2, 1e-8);
        assert_near(solution.onsager[0][0], sigma, 1e-9 * sigma);
        assert_near(solution.onsager[0][1], factor[c] * sigma, 1e-9 * fabs(factor[c]) * sigma);
        assert_near(solution.onsager[1][1], factor[c] * factor[c] * sigma,
                    1e-9 * factor[c] * factor[c] * sigma);
    }
    free(j);
    close_space(&chain);
    gf_model_free(model);
}
END_TEST

/* --- results --------------------------------------------------------------------------------- */

/* D = 70 +- 3 and 49 +- 2, by an independent program with strings of up to 10 sites. */
START_TEST(diffusion_constants_that_are_known) {
    gf_model *model = read_model("xxz_jprime_half.yaml", 0, NULL);
    gf_operator_space *space = find(model, 0, 8, 1, 3);
    ck_assert_int_eq(space->verdict, GF_EXTRAPOLATED);
    ck_assert_double_ge(space->time[space->reliable], 1);
    assert_near(space->diffusion[0][0], 70, 3);
    assert_near(space->diffusion[1][1], 49, 2);
    ck_assert_double_le(space->diffusion_error[0][0], 5);
    ck_assert_double_le(space->diffusion_error[1][1], 4);
    assert_near(space->onsager[0][1], 0, 1e-9);
    assert_near(space->diffusion[1][1] * space->susceptibility[gf_pair(1, 1)], space->onsager[1][1],
                1e-9);
    gf_operator_space_free(space);
    gf_model_free(model);
}
END_TEST

START_TEST(nothing_is_settled_close_to_a_conserved_current) {
    gf_model *model = read_model("xxz_jprime.yaml", 0, NULL);
    gf_operator_space *space = find(model, 0, 8, 0, 0);
    ck_assert_int_eq(space->verdict, GF_NOT_SETTLED);
    assert_contains(space->reason, "energy current");
    ck_assert(isnan(space->diffusion[0][0]) && isnan(space->diffusion[1][1]));
    gf_operator_space_free(space);
    gf_model_free(model);
    model = read_model("xxz_jprime.yaml", 0, "Jp=0"); /* not even finite */
    space = find(model, 0.2, 7, 0, 0);
    ck_assert_int_eq(space->verdict, GF_NOT_SETTLED);
    assert_contains(space->reason, "does not decay");
    gf_operator_space_free(space);
    gf_model_free(model);
}
END_TEST

/* m to -m, and twice the energy. */
START_TEST(flip_and_scale_are_as_they_must_be) {
    gf_model *model = read_model("dimerised.yaml", 0, NULL);
    gf_model *twice = read_model("dimerised.yaml", 0, "J=2");
    gf_operator_space *up = find(model, 0.3, 6, 1, 2), *down = find(model, -0.3, 6, 1, 2);
    gf_operator_space *fast = find(twice, 0.3, 6, 0.5, 2);
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        for (size_t k = 0; k < GF_CHARGES; ++k) {
            double sign = i == k ? 1 : -1, power = ldexp(1, (int)(i + k) + 1);
            size_t at = 4 + 2 * i + k;
            double sigma = up->choice[0].solution.onsager[i][k];
            assert_near(down->choice[0].solution.onsager[i][k], sign * sigma, 1e-5 * fabs(sigma));
            assert_near(fast->choice[0].solution.onsager[i][k], power * sigma,
                        1e-5 * fabs(power * sigma));
            assert_near(down->onsager_in_time[at], sign * up->onsager_in_time[at], 1e-9);
            assert_near(fast->onsager_in_time[at], power * up->onsager_in_time[at], 1e-8);
        }
    }
    ck_assert_double_gt(fabs(up->onsager_in_time[4 + 1]), 0.1);
    gf_operator_space_free(up);
    gf_operator_space_free(down);
    gf_operator_space_free(fast);
    gf_model_free(model);
    gf_model_free(twice);
}
END_TEST

START_TEST(threads_change_nothing) {
    gf_model *model = read_model("dimerised.yaml", 0, NULL);
    int before = omp_get_max_threads();
    omp_set_num_threads(1);
    gf_operator_space *one = find(model, 0.3, 6, 1, 4);
    omp_set_num_threads(3);
    gf_operator_space *three = find(model, 0.3, 6, 1, 4);
    omp_set_num_threads(before);
    ck_assert_mem_eq(one->onsager_in_time, three->onsager_in_time, 16 * sizeof(double));
    ck_assert_mem_eq(one->correlation, three->correlation, 16 * sizeof(double));
    for (size_t k = 0; k < one->choices; ++k) {
        ck_assert_mem_eq(one->choice[k].solution.onsager, three->choice[k].solution.onsager,
                         sizeof one->choice[k].solution.onsager);
    }
    gf_operator_space_free(one);
    gf_operator_space_free(three);
    gf_model_free(model);
}
END_TEST

static void assert_refused(const char *file, const char *assignment, double lambda2, int longest,
                           const char *advice) {
    gf_model *model = read_model(file, 0, assignment);
    const gf_operator_space_request request = {.lambda = {0, lambda2}, .longest = longest};
    gf_operator_space *result = NULL;
    gf_operator_space_cost cost;
    gf_error error = {.message = ""};
    ck_assert_int_eq(gf_operator_space_find(model, &request, &result, &error), GF_INVALID);
    assert_contains(error.message, advice);
    ck_assert_ptr_null(result);
    ck_assert_int_eq(gf_operator_space_cost_of(model, &request, &cost, &error), GF_INVALID);
    assert_contains(error.message, advice);
    gf_model_free(model);
}

START_TEST(refusals_say_what_to_do) {
    assert_refused("xxz_jprime.yaml", NULL, 0.1, 8, "--method full");
    assert_refused("pump_loss.yaml", NULL, 0, 8, "boundary: periodic");
    assert_refused("xxz_jprime.yaml", NULL, 0, 7, "take 8 to 16");
    assert_refused("xxz_jprime.yaml", NULL, 0, 17, "take 8 to 16");
    gf_model *model = read_model("xxz_jprime.yaml", 0, NULL);
    const int weights[] = {1, 10};
    for (size_t i = 0; i < 2; ++i) {
        const gf_operator_space_request request = {.longest = 9, .weight = weights[i]};
        gf_operator_space *result = NULL;
        gf_error error = {.message = ""};
        ck_assert_int_eq(gf_operator_space_find(model, &request, &result, &error), GF_INVALID);
        assert_contains(error.message, "strings of 9 sites take");
    }
    const gf_operator_space_request large = {.longest = 16, .weight = 16};
    gf_operator_space *result = NULL;
    gf_error error = {.message = ""};
    ck_assert_int_eq(gf_operator_space_find(model, &large, &result, &error), GF_NO_MEMORY);
    assert_contains(error.message, "smaller weight");
    gf_model_free(model);
}
END_TEST

/* --- strings of a limited weight ------------------------------------------------------------- */

static size_t count_by_trial(int longest, int weight, int cell) {
    size_t count = 0;
    for (uint64_t letters = 1; letters >> (2 * longest) == 0; ++letters) {
        count += (letters & 3) != 0 && gf_string_is_neutral(letters) &&
                 gf_string_weight(letters) <= weight;
    }
    return count * (size_t)cell;
}

/* What is left of [H, a] within the limits. */
static gf_strings commute(const gf_commutator *h, const gf_strings *a, int longest, int weight) {
    gf_strings all = {0}, light = {0};
    for (size_t i = 0; i < a->count; ++i) {
        gf_commutator_append(h, a->terms[i].code, a->terms[i].coefficient, longest, &all);
    }
    gf_strings_normalize(&all);
    for (size_t i = 0; i < all.count; ++i) {
        if (gf_string_weight(all.terms[i].code) <= weight) {
            gf_strings_append(&light, all.terms[i].code, all.terms[i].coefficient);
        }
    }
    gf_strings_free(&all);
    return light;
}

/* |S^n J| of the matrix, and by commutators without one. */
static void assert_space(const char *file, double m, int longest, int weight) {
    enum { STEPS = 5 };
    gf_model *model = read_model(file, 0, NULL);
    infinite_chain chain = open_space(model, m, longest, weight, 0);
    size_t size = chain.matrix->size;
    int cell = chain.currents.cell;
    ck_assert_uint_eq(size, count_by_trial(longest, weight, cell));
    double *next = calloc(2 * size, sizeof *next);
    gf_commutator h;
    ck_assert_int_eq(gf_commutator_create(&chain.currents.hamiltonian, cell, m, &h, NULL), GF_OK);
    gf_strings j[2];
    for (size_t i = 0; i < 2; ++i) {
        j[i] = gf_strings_expand(&chain.currents.current[i], cell, m);
    }
    for (int n = 0; n < STEPS; ++n) {
        gf_liouvillian_apply(chain.matrix, size, GF_CHARGES, chain.j, next);
        memcpy(chain.j, next, 2 * size * sizeof *next);
        for (size_t i = 0; i < 2; ++i) {
            gf_strings image = commute(&h, &j[i], longest, weight);
            gf_strings_free(&j[i]);
            j[i] = image;
            double square = 0, expected = creal(gf_strings_product(&image, &image)) / cell;
            for (size_t k = 0; k < size; ++k) {
                square += next[2 * k + i] * next[2 * k + i];
            }
            assert_near(square, expected, 1e-11 * expected);
        }
    }
    gf_strings_free(&j[0]);
    gf_strings_free(&j[1]);
    gf_commutator_free(&h);
    free(next);
    close_space(&chain);
    gf_model_free(model);
}

START_TEST(light_strings_are_a_space_of_their_own) {
    assert_space("xxz_jprime_half.yaml", 0.6, 7, 5);
    assert_space("xxz_jprime_half.yaml", 0.2, 6, 6);
    assert_space("dimerised.yaml", -0.4, 6, 4);
}
END_TEST

/* At m = 0.71 strings of weight 6 among those of 8 sites are nearly all that counts, at m = 0 they
 * are not; and the error of a limited weight covers what it leaves out. */
START_TEST(weight_is_limited_where_spins_are_dilute) {
    gf_model *model = read_model("xxz_jprime_half.yaml", 0, NULL);
    const double m[] = {0.71, 0.2};
    for (size_t i = 0; i < 2; ++i) {
        gf_operator_space *all = find(model, m[i], 8, 0, 0), *light = NULL;
        const gf_operator_space_request request = {
            .lambda = {-atanh(m[i]), 0}, .longest = 8, .weight = 6};
        ck_assert_int_eq(gf_operator_space_find(model, &request, &light, NULL), GF_OK);
        ck_assert_uint_eq(light->choices, all->choices + 3); /* those of weight 5 */
        double sigma = light->choice[0].solution.onsager[0][0];
        double less = light->choice[all->choices].solution.onsager[0][0];
        double true_one = all->choice[0].solution.onsager[0][0];
        ck_assert_int_eq(light->choice[all->choices].end.weight, 5);
        ck_assert_double_lt(fabs(sigma - true_one), fabs(sigma - less));
        ck_assert_int_eq(fabs(sigma / true_one - 1) < 0.05, i == 0);
        gf_operator_space_free(all);
        gf_operator_space_free(light);
    }
    gf_model_free(model);
}
END_TEST

/* Currents over three sites let strings of six do for a first attempt. */
static gf_model *staggered_model(void) {
    static const char text[] =
        "name: staggered\n"
        "sites: 12\n"
        "boundary: periodic\n"
        "cell: 2\n"
        "parameters: {Delta: 0.5, h: 1.5}\n"
        "hamiltonian:\n"
        "  - X[0]*X[1] + Y[0]*Y[1] + Delta*Z[0]*Z[1]\n"
        "  - {term: \"h*Z[0]\", at: 0}\n"
        "  - {term: \"-h*Z[0]\", at: 1}\n"
        "lindblad: [{name: flip, rate: 1, operator: \"X[0]\"}]\n";
    gf_model *model = NULL;
    gf_error error = {.message = ""};
    ck_assert_msg(gf_model_parse(text, strlen(text), "test", NULL, &model, &error) == GF_OK, "%s",
                  error.message);
    return model;
}

/* Unless told otherwise, what is too far apart is tried again, and taken where that helps. */
START_TEST(dilute_spins_have_longer_strings) {
    gf_model *model = staggered_model();
    const double m[] = {0, 0.6};
    for (size_t i = 0; i < 2; ++i) {
        const gf_operator_space_request request = {.lambda = {-atanh(m[i]), 0}, .longest = 6};
        gf_operator_space *result = NULL;
        ck_assert_int_eq(gf_operator_space_find(model, &request, &result, NULL), GF_OK);
        ck_assert_int_eq(result->longest, i == 0 ? 6 : 8);
        ck_assert_int_eq(result->weight, i == 0 ? 6 : 7);
        ck_assert(result->bounded);
        gf_operator_space_free(result);
    }
    gf_model_free(model);
}
END_TEST

/* It stops between two applications of the matrix. */
START_TEST(interruption_leaves_nothing) {
    gf_model *model = read_model("xxz_jprime_half.yaml", 0, NULL);
    volatile sig_atomic_t stop = 1;
    const gf_operator_space_request request = {.longest = 8, .stop = &stop, .step = 1, .times = 9};
    gf_operator_space *result = NULL;
    ck_assert_int_eq(gf_operator_space_find(model, &request, &result, NULL), GF_OK);
    ck_assert_ptr_null(result);
    gf_model_free(model);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("operator space");
    tcase_add_test(tests, lanczos_coefficients_of_the_infinite_chain);
    tcase_add_test(tests, lanczos_ends_at_a_conserved_current);
    tcase_add_test(tests, first_moments_are_those_of_a_ring);
    tcase_add_test(tests, it_is_the_first_current_that_moves);
    tcase_add_test(tests, short_times_are_those_of_a_ring);
    tcase_add_test(tests, liouvillian_is_antisymmetric_and_conserves_energy);
    tcase_add_test(tests, integral_over_time_is_the_solution);
    tcase_add_test(tests, ends_do_not_know_of_each_other);
    tcase_add_test(tests, currents_may_be_proportional_or_nothing);
    tcase_add_long_test(tests, diffusion_constants_that_are_known);
    tcase_add_test(tests, nothing_is_settled_close_to_a_conserved_current);
    tcase_add_test(tests, flip_and_scale_are_as_they_must_be);
    tcase_add_test(tests, threads_change_nothing);
    tcase_add_test(tests, light_strings_are_a_space_of_their_own);
    tcase_add_test(tests, weight_is_limited_where_spins_are_dilute);
    tcase_add_long_test(tests, dilute_spins_have_longer_strings);
    tcase_add_test(tests, refusals_say_what_to_do);
    tcase_add_test(tests, interruption_leaves_nothing);
    return run_suite("operator space", tests);
}
