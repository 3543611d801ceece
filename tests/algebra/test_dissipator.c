/* Derived force and noise operators against forms worked out by hand, after Lange & Rosch, App.
 * A.1, with the projectors of f_1 read P-up P-down P-up - P-down P-up P-down and the bath's action
 * on the exchange terms kept. */
#include "algebra/dissipator.h"

#include "algebra/expression.h"
#include "model/model.h"
#include "suite.h"

static const gf_parameter constants[] = {
    {(char[]){"J"}, 1.25}, {(char[]){"Delta"}, 0.7}, {(char[]){"Jp"}, 0.3}, {(char[]){"D"}, 0.45}};
static const gf_scope scope = {.parameters = constants,
                               .parameter_count = sizeof constants / sizeof *constants};

#define EXCHANGE "J*(X[0]*X[1] + Y[0]*Y[1])"
#define ISING "J*Delta*Z[0]*Z[1]"
#define XXZ_JPRIME EXCHANGE " + " ISING " + Jp*(X[0]*X[2] + Y[0]*Y[2])"
#define ALIGN "Pu[-1]*Sp[0]*Pu[1] + Pd[-1]*Sm[0]*Pd[1]"
#define LONELY_DOWN "Pu[-1]*Pd[0]*Pu[1]" /* a spin that can be aligned upwards */
#define LONELY_UP "Pd[-1]*Pu[0]*Pd[1]"

static gf_term parse(const char *text) {
    gf_source source = {.text = text, .file = "test"};
    gf_term term;
    gf_error error = {0};
    ck_assert_msg(gf_expression_parse(&source, &scope, &term, &error) == GF_OK, "%s",
                  error.message);
    return term;
}

static gf_dissipator derive(gf_chain chain, const char *hamiltonian, const char *jump) {
    gf_term h = parse(hamiltonian), l = parse(jump);
    gf_operator sum = {0};
    gf_chain_add(&chain, &h, &sum);
    gf_charges charges = gf_charges_of(&chain, &sum);
    gf_dissipator result = gf_dissipator_derive(&chain, &charges, &l);
    ck_assert(!gf_dissipator_exhausted(&result));
    gf_operator_free(&h.operator);
    gf_operator_free(&l.operator);
    gf_operator_free(&sum);
    gf_charges_free(&charges);
    return result;
}

/* The translation average of `found` is that of `expected`, an expression around site 0. */
static void assert_form(gf_chain chain, const gf_operator *found, const char *expected) {
    gf_term term = parse(expected);
    gf_operator placed = gf_chain_place(&chain, &term, 0);
    gf_operator a = gf_chain_fold(&chain, found), b = gf_chain_fold(&chain, &placed);
    char *text = gf_operator_format(&a, 0);
    ck_assert_msg(gf_operator_equal(&a, &b, NULL), "%s, not %s", text, expected);
    free(text);
    gf_operator_free(&term.operator);
    gf_operator_free(&placed);
    gf_operator_free(&a);
    gf_operator_free(&b);
}

typedef struct channel_form {
    const char *hamiltonian, *jump, *form[GF_OBSERVABLES]; /* NULL: not worked out by hand */
} channel_form;

/* Flip, L = X: L' L = 1, so F = X H X - H reverses the sign of Y_0 and Z_0; [Z, X] = 2 i Y. With B
 * = sum_k J_k Y_k and C = sum_k J Delta Z_k over the neighbours of site 0, [H, X_0] = 2 i (Y_0 C -
 * Z_0 B), which gives N_12 = 4 C and N_22 = 4 (B^2 + C^2 + i X_0 [B, C]).
 *
 * Align, L = P S+ P + P' S- P': raises or lowers the magnetisation by 2, and the Ising energy by 4
 * J Delta either way, wherever L' L = LONELY_DOWN + LONELY_UP is 1.
 *
 * Dephasing, L = Z: conserves Q_1 and reverses the sign of X_0 and Y_0. */
#define B "(J*(Y[-1] + Y[1]) + Jp*(Y[-2] + Y[2]))"
#define C "(J*Delta*(Z[-1] + Z[1]))"
static const channel_form forms[] = {
    {XXZ_JPRIME,
     "X[0]",
     {"-2*Z[0]", "-4*(J*Y[0]*Y[1] + J*Delta*Z[0]*Z[1] + Jp*Y[0]*Y[2])", "4", "4*" C,
      "4*(" B "*" B " + " C "*" C " + i*X[0]*(" B "*" C " - " C "*" B "))"}},
    {XXZ_JPRIME,
     ALIGN,
     {"2*(" LONELY_DOWN " - " LONELY_UP ")", NULL, "4*(" LONELY_DOWN " + " LONELY_UP ")", NULL,
      NULL}},
    {ISING,
     ALIGN,
     {"2*(" LONELY_DOWN " - " LONELY_UP ")", "4*J*Delta*(" LONELY_DOWN " + " LONELY_UP ")",
      "4*(" LONELY_DOWN " + " LONELY_UP ")", "8*J*Delta*(" LONELY_DOWN " - " LONELY_UP ")",
      "16*J*Delta*J*Delta*(" LONELY_DOWN " + " LONELY_UP ")"}},
    {XXZ_JPRIME,
     "Z[0]",
     {"0", "-4*(J*(X[0]*X[1] + Y[0]*Y[1]) + Jp*(X[0]*X[2] + Y[0]*Y[2]))", "0", "0", NULL}},
    /* A field: Q_2 = h Q_1, so every force and noise is h times that of the magnetisation. */
    {"0.6*Z[0]", "Sm[0]", {"-2*Pu[0]", "-1.2*Pu[0]", "4*Pu[0]", "2.4*Pu[0]", "1.44*Pu[0]"}},
    /* Hopping conserves sum(Z), and with it the energy of a field. */
    {"0.6*Z[0]", "Sp[0]*Sm[1]", {"0", "0", "0", "0", "0"}},
    {EXCHANGE " + " ISING, "Sp[0]*Sm[1] + Sm[0]*Sp[1]", {"0", NULL, "0", "0", NULL}},
    /* A constant does nothing. */
    {XXZ_JPRIME, "2 - i", {"0", "0", "0", "0", "0"}},
};
#undef B
#undef C

START_TEST(observables_have_the_forms_derived_by_hand) {
    const channel_form *form = &forms[_i];
    for (int sites = 6; sites <= 9; ++sites) {
        gf_chain chain = {sites, true, 1};
        gf_dissipator derived = derive(chain, form->hamiltonian, form->jump);
        for (int o = 0; o < GF_OBSERVABLES; ++o) {
            if (form->form[o] != NULL) {
                assert_form(chain, &derived.observable[o], form->form[o]);
            }
        }
        gf_dissipator_free(&derived);
    }
}
END_TEST

/* Equality above is up to the translations of one site; what vanishes must do so exactly. */
START_TEST(conserved_charges_are_neither_pushed_nor_shaken) {
    gf_dissipator derived = derive((gf_chain){8, true, 1}, XXZ_JPRIME, "Z[0]");
    ck_assert_uint_eq(derived.observable[GF_FORCE].count, 0);
    ck_assert_uint_eq(derived.observable[GF_NOISE].count, 0);
    ck_assert_uint_eq(derived.observable[GF_NOISE + 1].count, 0);
    ck_assert_uint_gt(derived.observable[GF_NOISE + 2].count, 0);
    gf_dissipator_free(&derived);
}
END_TEST

START_TEST(open_chain_averages_over_its_sites) {
    gf_chain chain = {5, false, 1};
    gf_dissipator pump = derive(chain, EXCHANGE, "Sp[0]"),
                  pair = derive(chain, EXCHANGE, "Z[0]*Sm[1]");
    gf_operator force = {0}, noise = {0}, edge = {0};
    for (int site = 0; site < chain.sites; ++site) { /* 1 - Z and 2 (1 - Z) at every site */
        gf_operator_term z = {.z = (uint64_t)1 << site};
        z.coefficient = -0.2;
        gf_operator_append(&force, z);
        z.coefficient = -0.4;
        gf_operator_append(&noise, z);
        z.coefficient = site > 0 ? -0.2 : 0; /* Z S- : -(1 + Z), but for the first site */
        gf_operator_append(&edge, z);
    }
    gf_operator_append(&force, (gf_operator_term){.coefficient = 1});
    gf_operator_append(&noise, (gf_operator_term){.coefficient = 2});
    gf_operator_append(&edge, (gf_operator_term){.coefficient = -0.8});
    gf_operator_normalize(&force);
    gf_operator_normalize(&noise);
    gf_operator_normalize(&edge);
    ck_assert(gf_operator_equal(&pump.observable[GF_FORCE], &force, NULL));
    ck_assert(gf_operator_equal(&pump.observable[GF_NOISE], &noise, NULL));
    ck_assert(gf_operator_equal(&pair.observable[GF_FORCE], &edge, NULL));
    gf_operator_free(&force);
    gf_operator_free(&noise);
    gf_operator_free(&edge);
    gf_dissipator_free(&pump);
    gf_dissipator_free(&pair);
}
END_TEST

/* --- infinite temperature -------------------------------------------------------------------- */

/* In the product state of spins with <Z> = m, S+ and S- average to 0 and Z to m. */
static double product_average(const gf_operator *a, double m) {
    double sum = 0;
    for (size_t i = 0; i < a->count; ++i) {
        double value = creal(a->terms[i].coefficient);
        for (uint64_t rest = a->terms[i].z; rest != 0; rest &= rest - 1) {
            value *= m;
        }
        sum += (a->terms[i].plus | a->terms[i].minus) == 0 ? value : 0;
    }
    return sum;
}

/* f_1 = 2 m (gamma/4 (1 - m^2) - (1 - gamma)) and N_11 = 4 ((1 - gamma) + gamma/4 (1 - m^2)). For
 * the energy at m = 0: [L, L'] of align overlaps with the Ising term alone, and gives J Delta. */
START_TEST(infinite_temperature_has_the_known_values) {
    gf_chain chain = {8, true, 1};
    gf_dissipator flip = derive(chain, XXZ_JPRIME, "X[0]"),
                  align = derive(chain, XXZ_JPRIME, ALIGN);
    double gamma = 0.9, ising = constants[0].value * constants[1].value;
    for (double m = -1; m <= 1; m += 0.125) {
        double force = (1 - gamma) * product_average(&flip.observable[GF_FORCE], m) +
                       gamma * product_average(&align.observable[GF_FORCE], m);
        double noise = (1 - gamma) * product_average(&flip.observable[GF_NOISE], m) +
                       gamma * product_average(&align.observable[GF_NOISE], m);
        ck_assert_double_eq_tol(force, 2 * m * (gamma / 4 * (1 - m * m) - (1 - gamma)), 1e-14);
        ck_assert_double_eq_tol(noise, 4 * ((1 - gamma) + gamma / 4 * (1 - m * m)), 1e-14);
        ck_assert_double_eq_tol(product_average(&flip.observable[GF_FORCE + GF_ENERGY], m),
                                -4 * ising * m * m, 1e-14);
    }
    ck_assert_double_eq_tol(product_average(&align.observable[GF_FORCE + GF_ENERGY], 0), ising,
                            1e-14);
    gf_dissipator_free(&flip);
    gf_dissipator_free(&align);
}
END_TEST

/* --- general properties ---------------------------------------------------------------------- */

START_TEST(observables_are_hermitian) {
    static const char *const hamiltonians[] = {XXZ_JPRIME,
                                               EXCHANGE " + D*(X[0]*Y[1] - Y[0]*X[1]) + 0.3*Z[0]"};
    static const char *const jumps[] = {"X[0]", ALIGN, "(1 + 2*i)*Sp[0]*Z[1] + i*X[-1]",
                                        "Sm[0]*Sp[1] + 0.3*i*Z[0]", "Y[0]*X[1]*Y[2]"};
    for (size_t h = 0; h < 2; ++h) {
        for (size_t j = 0; j < sizeof jumps / sizeof *jumps; ++j) {
            gf_dissipator derived = derive((gf_chain){7, j % 2 == 0, 1}, hamiltonians[h], jumps[j]);
            for (int o = 0; o < GF_OBSERVABLES; ++o) {
                gf_operator adjoint = gf_operator_adjoint(&derived.observable[o]);
                ck_assert(gf_operator_equal(&derived.observable[o], &adjoint, NULL));
                gf_operator_free(&adjoint);
            }
            gf_dissipator_free(&derived);
        }
    }
}
END_TEST

/* A phase of the jump operator means nothing; a factor enters squared. */
START_TEST(jump_enters_as_its_square) {
    gf_chain chain = {6, true, 1};
    gf_dissipator once = derive(chain, XXZ_JPRIME, ALIGN),
                  thrice = derive(chain, XXZ_JPRIME, "3*i*(" ALIGN ")");
    for (int o = 0; o < GF_OBSERVABLES; ++o) {
        gf_operator nine = gf_operator_scaled(&once.observable[o], 9);
        ck_assert(gf_operator_equal(&thrice.observable[o], &nine, NULL));
        gf_operator_free(&nine);
    }
    gf_dissipator_free(&once);
    gf_dissipator_free(&thrice);
}
END_TEST

START_TEST(shipped_model_has_these_channels) {
    gf_model *model = NULL;
    gf_error error = {0};
    gf_status status = gf_model_read(GF_MODELS "/xxz_jprime.yaml", NULL, &model, &error);
    ck_assert_msg(status == GF_OK, "%s", error.message);
    gf_charges charges = gf_charges_of(&model->chain, &model->hamiltonian);
    static const char *const force[] = {"-2*Z[0]", "2*(" LONELY_DOWN " - " LONELY_UP ")"};
    static const char *const noise[] = {"4", "4*(" LONELY_DOWN " + " LONELY_UP ")"};
    ck_assert_uint_eq(model->channel_count, 2);
    for (size_t c = 0; c < 2; ++c) {
        gf_dissipator derived =
            gf_dissipator_derive(&model->chain, &charges, &model->channels[c].jump);
        assert_form(model->chain, &derived.observable[GF_FORCE], force[c]);
        assert_form(model->chain, &derived.observable[GF_NOISE], noise[c]);
        gf_dissipator_free(&derived);
    }
    gf_charges_free(&charges);
    gf_model_free(model);
}
END_TEST

START_TEST(exhaustion_is_reported) {
    gf_chain chain = {4, true, 1};
    gf_charges charges = gf_charges_of(&chain, &(gf_operator){.exhausted = true});
    gf_term jump = parse("X[0]");
    gf_dissipator derived = gf_dissipator_derive(&chain, &charges, &jump);
    ck_assert(gf_dissipator_exhausted(&derived));
    gf_dissipator_free(&derived);
    gf_charges_free(&charges);
    gf_operator_free(&jump.operator);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("dissipator");
    tcase_add_loop_test(tests, observables_have_the_forms_derived_by_hand, 0,
                        (int)(sizeof forms / sizeof *forms));
    tcase_add_test(tests, conserved_charges_are_neither_pushed_nor_shaken);
    tcase_add_test(tests, open_chain_averages_over_its_sites);
    tcase_add_test(tests, infinite_temperature_has_the_known_values);
    tcase_add_test(tests, observables_are_hermitian);
    tcase_add_test(tests, jump_enters_as_its_square);
    tcase_add_test(tests, shipped_model_has_these_channels);
    tcase_add_test(tests, exhaustion_is_reported);
    return run_suite("dissipator", tests);
}
