/* Symmetries: which a Hamiltonian has, the blocks they make, and that using them changes nothing.
 */
#include "suite.h"

#include "gibbsflow/gibbs.h"
#include "hilbert/orbits.h"
#include "spectrum/spectrum.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { R = GF_REFLECT, F = GF_FLIP, K = GF_CONJUGATE };

/* --- models ---------------------------------------------------------------------------------- */

/* Terms of Hamiltonians, and the elements of which each is even; odd under the rest. */
static const struct {
    const char *text;
    int span; /* sites from the first to the last */
    bool reflects, flips, real;
} terms[] = {
    {"X[0]*X[1] + Y[0]*Y[1]", 2, true, true, true},
    {"Z[0]*Z[1]", 2, true, true, true},
    {"X[0]*X[2] + Y[0]*Y[2]", 3, true, true, true},
    {"Z[0]", 1, true, false, true},
    {"Z[0]*Z[1]*Z[2]", 3, true, false, true},
    {"X[0]*Y[1] - Y[0]*X[1]", 2, false, false, false},
    {"X[0]*Y[2] - Y[0]*X[2]", 3, false, false, false},
    {"X[0]*Y[1]*Z[2] + Y[0]*Z[1]*X[2] + Z[0]*X[1]*Y[2] - X[0]*Z[1]*Y[2] - Y[0]*X[1]*Z[2] - "
     "Z[0]*Y[1]*X[2]",
     3, false, true, false},
    {"Z[0]*(X[1]*X[2] + Y[1]*Y[2]) - (X[0]*X[1] + Y[0]*Y[1])*Z[2]", 3, false, false, true},
    {"Z[0]*Z[1]*(X[2]*X[3] + Y[2]*Y[3]) - (X[0]*X[1] + Y[0]*Y[1])*Z[2]*Z[3]", 4, false, true, true},
    {"(X[0]*Y[1] - Y[0]*X[1])*Z[3] + Z[0]*(X[3]*Y[2] - Y[3]*X[2])", 4, true, true, false},
    {"(X[0]*Y[1] - Y[0]*X[1])*Z[2]*Z[3] + Z[0]*Z[1]*(X[3]*Y[2] - Y[3]*X[2])", 4, true, false,
     false},
};
enum { TERMS = sizeof terms / sizeof *terms };

/* A bath without any symmetry. */
static const char *const jumps[] = {"Sp[0] + (0.3 + 0.4*i)*Sm[0] + 0.2*Z[0]",
                                    "Sp[0]*Pu[1] + 0.7*i*Sm[1]*X[0] - 0.3*Z[0]",
                                    "Sp[0]*Pd[1]*Z[2] + 0.5*Sm[0]*Sp[1]*(Z[2] + 0.3*X[2])"};

typedef struct chain_text {
    char yaml[4096];
    bool has[GF_FACTOR_SETS]; /* at least, from the terms alone */
} chain_text;

/* A few random terms of two symmetry classes, so that all groups turn up. */
static void write_chain(uint64_t *random, int sites, bool periodic, chain_text *result) {
    int classes =
        1 << random_below(random, GF_FACTOR_SETS) | 1 << random_below(random, GF_FACTOR_SETS);
    int length = 0, written = 0;
    size_t room = sizeof result->yaml;
    length += snprintf(result->yaml, room, "sites: %d\nname: random\nboundary: %s\nhamiltonian:\n",
                       sites, periodic ? "periodic" : "open");
    for (int f = 0; f < GF_FACTOR_SETS; ++f) {
        result->has[f] = true;
    }
    for (int k = 0; k < 60 && written < 4; ++k) {
        int t = random_below(random, TERMS);
        int odd = (terms[t].reflects ? 0 : R) | (terms[t].flips ? 0 : F) | (terms[t].real ? 0 : K);
        if (terms[t].span > sites || (((1 << odd) & classes) == 0 && odd != 0)) {
            continue;
        }
        for (int f = 0; f < GF_FACTOR_SETS; ++f) {
            result->has[f] = result->has[f] && __builtin_popcount((unsigned)(odd & f)) % 2 == 0;
        }
        length += snprintf(result->yaml + length, room - (size_t)length, "  - \"(%g)*(%s)\"\n",
                           random_dyadic(random) + 0.37, terms[t].text);
        ++written;
    }
    if (written == 0) {
        length += snprintf(result->yaml + length, room - (size_t)length, "  - 0.4*Z[0]\n");
        for (int f = 0; f < GF_FACTOR_SETS; ++f) {
            result->has[f] = (f & F) == 0;
        }
    }
    length += snprintf(result->yaml + length, room - (size_t)length, "lindblad:\n");
    for (int c = 0; c < 3 && c < sites; ++c) {
        length +=
            snprintf(result->yaml + length, room - (size_t)length,
                     "  - {name: c%d, rate: %g, operator: \"%s\"}\n", c, 0.4 + 0.3 * c, jumps[c]);
    }
}

static void parse(const char *yaml, bool no_symmetry, gf_model **model) {
    gf_error error = {.message = ""};
    gf_settings settings = {.no_symmetry = no_symmetry};
    ck_assert_msg(gf_model_parse(yaml, strlen(yaml), "test", &settings, model, &error) == GF_OK,
                  "%s\n%s", error.message, yaml);
}

static void diagonalize(const gf_model *model, gf_spectrum **spectrum) {
    gf_error error = {.message = ""};
    ck_assert_msg(gf_spectrum_compute(model, NULL, spectrum, &error) == GF_OK, "%s", error.message);
}

/* --- comparing ------------------------------------------------------------------------------- */

/* The energies of one magnetisation, each as often as its degeneracy. */
static size_t expand_energies(const gf_spectrum *self, int up, double *energies) {
    size_t count = 0;
    for (size_t n = self->sector[up]; n < self->sector[up + 1]; ++n) {
        for (int k = 0; k < (int)self->degeneracy[n]; ++k) {
            energies[count++] = self->energy[n];
        }
    }
    return count;
}

static void compare_levels(const gf_spectrum *a, const gf_spectrum *b, const char *yaml) {
    double *left = calloc((size_t)1 << a->sites, sizeof *left);
    double *right = calloc((size_t)1 << a->sites, sizeof *right);
    for (int up = 0; up <= a->sites; ++up) {
        size_t count = expand_energies(a, up, left);
        ck_assert_uint_eq(count, gf_basis_dimension(a->sites, up));
        ck_assert_uint_eq(expand_energies(b, up, right), count);
        for (size_t i = 0; i < count; ++i) {
            ck_assert_msg(fabs(left[i] - right[i]) < 1e-10, "level %zu of %d up: %.15g, %.15g\n%s",
                          i, up, left[i], right[i], yaml);
        }
    }
    free(left);
    free(right);
}

static double difference(const gf_state *a, const gf_state *b, size_t observables) {
    double largest = fabs(a->log_partition - b->log_partition);
    for (int i = 0; i < 2; ++i) {
        largest = fmax(largest, fabs(a->density[i] - b->density[i]));
        for (int j = 0; j < 2; ++j) {
            largest = fmax(largest, fabs(a->susceptibility[i + j] - b->susceptibility[i + j]));
            largest = fmax(largest, fabs(a->force_slope[i][j] - b->force_slope[i][j]));
        }
    }
    for (size_t k = 0; k < observables; ++k) {
        largest = fmax(largest, fabs(a->observables[k] - b->observables[k]));
    }
    return largest;
}

/* Densities, susceptibilities, force, noise of every channel, log Z and slopes. */
static void compare_states(const gf_model *model, const gf_spectrum *a, const gf_spectrum *b,
                           const char *yaml) {
    static const double lambdas[][2] = {{0, 0}, {0.8, 0.3}, {-1.7, 0.11}, {0.4, -0.5}, {0, 2.5}};
    double rates[8];
    gf_gibbs *left = NULL, *right = NULL;
    gf_model_rates(model, rates);
    ck_assert_int_eq(gf_gibbs_create(a, rates, &left, NULL), GF_OK);
    ck_assert_int_eq(gf_gibbs_create(b, rates, &right, NULL), GF_OK);
    for (size_t k = 0; k < sizeof lambdas / sizeof *lambdas; ++k) {
        gf_state with, without;
        gf_gibbs_evaluate(left, lambdas[k], GF_SLOPES, &with);
        gf_gibbs_evaluate(right, lambdas[k], GF_SLOPES, &without);
        double off = difference(&with, &without, a->channels * GF_OBSERVABLES);
        ck_assert_msg(off < 1e-10, "off by %g at lambda (%g, %g)\n%s", off, lambdas[k][0],
                      lambdas[k][1], yaml);
    }
    gf_gibbs_free(left);
    gf_gibbs_free(right);
}

static void compare_with_whole_sectors(const char *yaml) {
    gf_model *model = NULL, *whole = NULL;
    gf_spectrum *a = NULL, *b = NULL;
    parse(yaml, false, &model);
    parse(yaml, true, &whole);
    diagonalize(model, &a);
    diagonalize(whole, &b);
    compare_levels(a, b, yaml);
    compare_states(model, a, b, yaml);
    gf_spectrum_free(a);
    gf_spectrum_free(b);
    gf_model_free(model);
    gf_model_free(whole);
}

/* --- tests ----------------------------------------------------------------------------------- */

/* Every combination of symmetries, on rings and open chains from one site to eight. */
START_TEST(tables_are_those_of_whole_sectors) {
    uint64_t random = 7;
    bool seen[2][1 << GF_FACTOR_SETS] = {{false}};
    for (int k = 0; k < sized(240, 48); ++k) {
        chain_text chain;
        gf_model *model = NULL;
        gf_symmetry symmetry;
        int sites = 1 + k % 8;
        bool periodic = k / 8 % 3 != 0;
        write_chain(&random, sites, periodic, &chain);
        parse(chain.yaml, false, &model);
        ck_assert_int_eq(gf_spectrum_symmetry(model, &symmetry, NULL), GF_OK);
        ck_assert_int_eq(symmetry.translations, periodic ? sites : 1);
        int group = 0;
        for (int f = 0; f < GF_FACTOR_SETS; ++f) {
            /* short chains have more symmetries than their terms */
            ck_assert_msg(symmetry.has[f] || !chain.has[f], "%d is missing\n%s", f, chain.yaml);
            group |= symmetry.has[f] << f;
        }
        seen[periodic][group] = true;
        gf_model_free(model);
        compare_with_whole_sectors(chain.yaml);
    }
    for (int periodic = 0; periodic < 2; ++periodic) {
        int groups = 0;
        for (int group = 0; group < 1 << GF_FACTOR_SETS; ++group) {
            groups += seen[periodic][group];
        }
        ck_assert_int_ge(groups, sized(12, 6)); /* of 16 */
    }
}
END_TEST

START_TEST(larger_chains) {
    static const char *const hamiltonians[] = {
        "X[0]*X[1] + Y[0]*Y[1] + 0.7*Z[0]*Z[1] + 0.3*(X[0]*X[2] + Y[0]*Y[2])",
        "X[0]*X[1] + Y[0]*Y[1] + 0.4*(X[0]*Y[1] - Y[0]*X[1]) + 0.2*Z[0]",
        "X[0]*X[1] + Y[0]*Y[1] + 0.7*Z[0]*Z[1] + 0.4*(X[0]*Y[1] - Y[0]*X[1])*Z[3] + "
        "0.4*Z[0]*(X[3]*Y[2] - Y[3]*X[2])",
        "X[0]*X[1] + Y[0]*Y[1] + Z[0]*Z[1] + 0.01*(X[0]*X[2] + Y[0]*Y[2])"};
    static const int sites[] = {11, 10, 10, 12};
    for (int k = 0; k < sized(4, 1); ++k) {
        char yaml[1024];
        (void)snprintf(yaml, sizeof yaml,
                       "sites: %d\nname: larger\nboundary: %s\nhamiltonian:\n  - \"%s\"\n"
                       "lindblad:\n  - {name: a, rate: 1, operator: \"%s\"}\n",
                       sites[k], k == 1 ? "open" : "periodic", hamiltonians[k], jumps[k % 3]);
        compare_with_whole_sectors(yaml);
    }
}
END_TEST

/* Unit cells: dimers on a ring of ten, a staggered field with a bath on one sublattice, cells of
 * three with a mirror plane of their own. */
START_TEST(cells_of_larger_chains) {
    static const char *const chains[] = {
        "sites: 10\ncell: 2\nhamiltonian:\n"
        "  - {term: \"1.3*(X[0]*X[1] + Y[0]*Y[1] + 0.6*Z[0]*Z[1])\", at: 0}\n"
        "  - {term: \"0.7*(X[0]*X[1] + Y[0]*Y[1] + 0.6*Z[0]*Z[1])\", at: 1}\n",
        "sites: 8\ncell: 2\nhamiltonian:\n"
        "  - \"X[0]*X[1] + Y[0]*Y[1] + 0.4*Z[0]*Z[1] + 0.2*(X[0]*Y[1] - Y[0]*X[1])\"\n"
        "  - {term: \"0.3*Z[0]\", at: 0}\n  - {term: \"-0.3*Z[0]\", at: 1}\n",
        "sites: 9\ncell: 3\nhamiltonian:\n"
        "  - \"X[0]*X[1] + Y[0]*Y[1] + 0.8*Z[0]*Z[1]\"\n"
        "  - {term: \"0.5*(X[0]*X[1] + Y[0]*Y[1])\", at: 0}\n"};
    for (int k = 0; k < sized(3, 1); ++k) {
        char yaml[1024];
        (void)snprintf(yaml, sizeof yaml,
                       "name: cells\nboundary: periodic\n%slindblad:\n"
                       "  - {name: a, rate: 1, operator: \"%s\", at: 1}\n"
                       "  - {name: b, rate: 0.3, operator: \"%s\"}\n",
                       chains[k], jumps[k % 3], jumps[(k + 1) % 3]);
        compare_with_whole_sectors(yaml);
    }
}
END_TEST

/* Blocks with their copies make up the chain, for every group and up to the longest one; and the
 * characters' count of states is what the orbits find. */
START_TEST(blocks_add_up) {
    static const int generators[][2] = {{0, 0}, {R, 0}, {F, 0},     {K, 0},     {R, F},
                                        {R, K}, {F, K}, {R | F, 0}, {R | K, 0}, {F | K, R}};
    enum { RING, OPEN, PAIRS, TRIPLES, KINDS }; /* cells of two and of three sites */
    static const int steps[KINDS] = {1, 0, 2, 3};
    for (size_t k = 0; k < KINDS * sizeof generators / sizeof *generators; ++k) {
        const int *generator = generators[k / KINDS];
        for (int sites = 1; sites <= GF_CHAIN_MAX_SITES; ++sites) {
            int step = steps[k % KINDS];
            if (step > 1 && (sites % step != 0 || sites == step)) {
                continue;
            }
            gf_symmetry symmetry = {.sites = sites,
                                    .translations = step > 0 ? sites / step : 1,
                                    .step = step,
                                    .centre = step > 1 ? sites / step % step : 0};
            symmetry.has[0] = symmetry.has[generator[0]] = symmetry.has[generator[1]] = true;
            symmetry.has[generator[0] ^ generator[1]] = true;
            gf_block *blocks = NULL, mirror;
            size_t count = 0;
            double states = 0;
            ck_assert_int_eq(gf_symmetry_blocks(&symmetry, &blocks, &count, NULL), GF_OK);
            for (size_t b = 0; b < count; ++b) {
                bool mirrored = gf_symmetry_mirror(&symmetry, &blocks[b], &mirror);
                states += (double)blocks[b].size * blocks[b].degeneracy * (mirrored ? 2 : 1);
                if (sites <= 9) {
                    gf_orbits orbits;
                    ck_assert_int_eq(gf_orbits_init(&orbits, &symmetry, &blocks[b], NULL), GF_OK);
                    ck_assert_uint_eq(orbits.size, blocks[b].size);
                    gf_orbits_free(&orbits);
                }
            }
            ck_assert_double_eq(states, ldexp(1, sites));
            free(blocks);
        }
    }
}
END_TEST

/* The states of a block are orthonormal: sum over patterns of conj(component) component. */
START_TEST(symmetric_states_are_orthonormal) {
    static const bool group[GF_FACTOR_SETS] = {true, true, true, true, true, true, true, true};
    for (int k = 2; k <= 13; ++k) { /* then with cells of two sites and either mirror plane */
        int sites = k <= 9 ? k : 6 + 2 * ((k - 10) / 2), step = k <= 9 ? 1 : 2;
        gf_symmetry symmetry = {.sites = sites,
                                .translations = sites / step,
                                .step = step,
                                .centre = k <= 9 ? 0 : k % 2};
        memcpy(symmetry.has, group, sizeof group);
        gf_block *blocks = NULL;
        size_t count = 0;
        ck_assert_int_eq(gf_symmetry_blocks(&symmetry, &blocks, &count, NULL), GF_OK);
        for (size_t b = 0; b < count; ++b) {
            gf_orbits o;
            ck_assert_int_eq(gf_orbits_init(&o, &symmetry, &blocks[b], NULL), GF_OK);
            double complex *overlap = calloc(o.size * o.size, sizeof *overlap);
            for (size_t i = 0; i < o.basis.size; ++i) {
                if (o.column[i] != GF_NO_ORBIT) {
                    double complex c[2] = {o.component[i], I * o.side[i] * o.component[i]};
                    int width = o.side[i] != 0 ? 2 : 1;
                    for (int p = 0; p < width * width; ++p) {
                        size_t row = o.column[i] + (size_t)(p / width);
                        size_t column = o.column[i] + (size_t)(p % width);
                        overlap[row * o.size + column] += conj(c[p / width]) * c[p % width];
                    }
                }
            }
            for (size_t p = 0; p < o.size * o.size; ++p) {
                double expected = p % (o.size + 1) == 0 ? 1 : 0;
                ck_assert_double_le(cabs(overlap[p] - expected), 1e-13);
            }
            free(overlap);
            gf_orbits_free(&o);
        }
        free(blocks);
    }
}
END_TEST

#define FLIP_BATH "lindblad:\n  - {name: a, rate: 1, operator: \"X[0]\"}\n"

/* One spin down on a ring: E = N Delta - 4 Delta + 4 J cos k; the state at k = 0 is even under
 * reflection, that at k = pi odd (j to N-1-j moves it by an odd number of sites). */
START_TEST(magnons_have_their_momenta) {
    enum { SITES = 8 };
    gf_model *model = NULL;
    gf_spectrum *spectrum = NULL;
    int found = 0;
    parse(
        "sites: 8\nname: xxz\nboundary: periodic\nhamiltonian:\n"
        "  - X[0]*X[1] + Y[0]*Y[1] + 0.6*Z[0]*Z[1]\n" FLIP_BATH,
        false, &model);
    diagonalize(model, &spectrum);
    for (int up = 1; up < SITES; up += SITES - 2) { /* 1 and 7 */
        for (size_t n = spectrum->sector[up]; n < spectrum->sector[up + 1]; ++n) {
            const gf_quantum_numbers *numbers = &spectrum->numbers[n];
            double k = 2 * acos(-1) * numbers->momentum / SITES;
            bool twice = numbers->momentum % (SITES / 2) != 0;
            ck_assert_double_eq_tol(spectrum->energy[n], 0.6 * (SITES - 4) + 4 * cos(k), 1e-13);
            ck_assert_double_eq(spectrum->degeneracy[n], twice ? 2 : 1);
            ck_assert_int_eq(numbers->reflection, twice ? 0 : numbers->momentum == 0 ? 1 : -1);
            ck_assert_int_eq(numbers->flip, 0);
            ++found;
        }
    }
    ck_assert_int_eq(found, 2 * (SITES / 2 + 1));
    gf_spectrum_free(spectrum);
    gf_model_free(model);
}
END_TEST

/* Two spins: the singlet is odd under reflection and flip, the triplet even. */
START_TEST(singlet_and_triplet) {
    gf_model *model = NULL;
    gf_spectrum *spectrum = NULL;
    parse(
        "sites: 2\nname: pair\nboundary: open\nhamiltonian:\n"
        "  - X[0]*X[1] + Y[0]*Y[1] + Z[0]*Z[1]\n" FLIP_BATH,
        false, &model);
    diagonalize(model, &spectrum);
    ck_assert_uint_eq(spectrum->levels, 4);
    const size_t singlet = 1, triplet = 2; /* of zero magnetisation, by energy */
    ck_assert_double_eq_tol(spectrum->energy[singlet], -3, 1e-14);
    ck_assert_int_eq(spectrum->numbers[singlet].reflection, -1);
    ck_assert_int_eq(spectrum->numbers[singlet].flip, -1);
    ck_assert_int_eq(spectrum->numbers[singlet].reflection_flip, 1);
    ck_assert_int_eq(spectrum->numbers[triplet].reflection, 1);
    ck_assert_int_eq(spectrum->numbers[triplet].flip, 1);
    ck_assert_int_eq(spectrum->numbers[triplet].momentum, -1);
    ck_assert(spectrum->mirrored);
    gf_spectrum_free(spectrum);
    gf_model_free(model);
}
END_TEST

/* A field breaks the flip, however weak; rounding does not. */
START_TEST(broken_by_more_than_rounding) {
    static const struct {
        const char *field;
        bool flips;
    } cases[] = {{"1e-12", false}, {"-1e-12", false}, {"1e-15", true}, {"0", true}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; ++k) {
        char yaml[512];
        gf_model *model = NULL;
        gf_symmetry symmetry;
        (void)snprintf(yaml, sizeof yaml,
                       "sites: 5\nname: field\nboundary: periodic\nhamiltonian:\n"
                       "  - X[0]*X[1] + Y[0]*Y[1]\n  - %s*Z[0]\n" FLIP_BATH,
                       cases[k].field);
        parse(yaml, false, &model);
        ck_assert_int_eq(gf_spectrum_symmetry(model, &symmetry, NULL), GF_OK);
        ck_assert_int_eq(symmetry.has[F], cases[k].flips);
        ck_assert(symmetry.has[R] && symmetry.has[K]);
        gf_model_free(model);
    }
}
END_TEST

/* --- checkpoints ----------------------------------------------------------------------------- */

static const char *const kept_model =
    "sites: 8\nname: kept\nboundary: periodic\nhamiltonian:\n"
    "  - X[0]*X[1] + Y[0]*Y[1] + 0.6*Z[0]*Z[1]\n" FLIP_BATH;

/* Dies like a program without warning, half-way. */
static void die_half_way(void *context, double fraction) {
    (void)context;
    if (fraction > 0.5) {
        (void)raise(SIGKILL);
    }
}

typedef struct reports {
    int count;
    double first;
} reports;

static void count_reports(void *context, double fraction) {
    reports *self = context;
    self->first = self->count == 0 ? fraction : self->first;
    ++self->count;
}

static void kill_half_way(const gf_model *model, const char *path) {
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        gf_spectrum *spectrum = NULL;
        gf_checkpoint checkpoint = {.path = path, .interval = 0};
        const gf_progress progress = {.update = die_half_way};
        (void)gf_spectrum_resume(model, &checkpoint, &progress, &spectrum, NULL);
        _exit(0);
    }
    int how = 0;
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
}

START_TEST(a_killed_diagonalisation_goes_on) {
    char path[64];
    gf_model *model = NULL;
    gf_spectrum *direct = NULL, *resumed = NULL;
    gf_error error = {.message = ""};
    reports seen = {0};
    const gf_progress progress = {.update = count_reports, .context = &seen};
    (void)snprintf(path, sizeof path, "test_symmetry.%ld.blocks", (long)getpid());
    parse(kept_model, false, &model);
    kill_half_way(model, path);
    diagonalize(model, &direct);
    gf_checkpoint checkpoint = {.path = path, .interval = 1e9};
    ck_assert_msg(gf_spectrum_resume(model, &checkpoint, &progress, &resumed, &error) == GF_OK,
                  "%s", error.message);
    ck_assert_uint_ge(checkpoint.resumed, 1);
    ck_assert_double_gt(seen.first, 0.5); /* what was done counts, and is not done again */
    ck_assert_uint_eq(resumed->levels, direct->levels);
    for (size_t n = 0; n < direct->levels; ++n) {
        ck_assert_double_eq_tol(resumed->energy[n], direct->energy[n], 1e-12);
        for (size_t k = 0; k < GF_OBSERVABLES; ++k) {
            ck_assert_double_eq_tol(gf_spectrum_observable(resumed, 0, k)[n],
                                    gf_spectrum_observable(direct, 0, k)[n], 1e-11);
        }
    }
    gf_spectrum_free(resumed);
    gf_spectrum_free(direct);
    gf_model_free(model);
    (void)unlink(path);
}
END_TEST

/* Where blocks cannot be kept they are lost to a kill, but the work goes on. */
START_TEST(a_checkpoint_that_fails_stops_nothing) {
    gf_model *model = NULL;
    gf_spectrum *spectrum = NULL;
    gf_checkpoint checkpoint = {.path = "no/such/folder/x.blocks", .interval = 0};
    parse(kept_model, false, &model);
    ck_assert_int_eq(gf_spectrum_resume(model, &checkpoint, NULL, &spectrum, NULL), GF_OK);
    ck_assert_int_eq(checkpoint.failure.status, GF_IO);
    assert_contains(checkpoint.failure.message, "no/such/folder");
    gf_spectrum_free(spectrum);
    gf_model_free(model);
}
END_TEST

/* Work for another Hamiltonian, or for other blocks, is neither used nor overwritten. */
START_TEST(a_foreign_checkpoint_is_refused) {
    static const char *const other_model =
        "sites: 8\nname: kept\nboundary: periodic\nhamiltonian:\n"
        "  - X[0]*X[1] + Y[0]*Y[1] + 0.7*Z[0]*Z[1]\n" FLIP_BATH;
    char path[64];
    gf_model *model = NULL, *other = NULL, *whole = NULL;
    gf_spectrum *spectrum = NULL;
    gf_error error = {.message = ""};
    (void)snprintf(path, sizeof path, "test_symmetry.%ld.foreign", (long)getpid());
    parse(kept_model, false, &model);
    parse(other_model, false, &other);
    parse(kept_model, true, &whole);
    kill_half_way(model, path);
    gf_checkpoint checkpoint = {.path = path};
    ck_assert_int_eq(gf_spectrum_resume(other, &checkpoint, NULL, &spectrum, &error), GF_INVALID);
    assert_contains(error.message, "another model");
    ck_assert_int_eq(gf_spectrum_resume(whole, &checkpoint, NULL, &spectrum, &error), GF_INVALID);
    assert_contains(error.message, "other symmetries");
    ck_assert_int_eq(access(path, F_OK), 0);
    gf_model_free(model);
    gf_model_free(other);
    gf_model_free(whole);
    (void)unlink(path);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("symmetry");
    tcase_add_test(tests, tables_are_those_of_whole_sectors);
    tcase_add_test(tests, larger_chains);
    tcase_add_test(tests, cells_of_larger_chains);
    tcase_add_test(tests, blocks_add_up);
    tcase_add_test(tests, symmetric_states_are_orthonormal);
    tcase_add_test(tests, magnons_have_their_momenta);
    tcase_add_test(tests, singlet_and_triplet);
    tcase_add_test(tests, broken_by_more_than_rounding);
    tcase_add_test(tests, a_killed_diagonalisation_goes_on);
    tcase_add_test(tests, a_checkpoint_that_fails_stops_nothing);
    tcase_add_test(tests, a_foreign_checkpoint_is_refused);
    return run_suite("symmetry", tests);
}
