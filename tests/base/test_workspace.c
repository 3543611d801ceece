/* Slack behind the arrays that BLAS and LAPACK get: it is enough, and it is needed.
 *
 * The two functions of src/base/workspace.c are replaced here, for the library as well: where an
 * array's slack ends, or the array itself if it gets none, begins a page that faults when touched.
 * OpenBLAS chooses its kernel and its threads when it is loaded, so every case runs in a process of
 * its own, which is this program with arguments. */
#include "suite.h"

#include "base/eigensystem.h"
#include "base/workspace.h"
#include "gibbsflow/typicality.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* How a child ends. */
enum { FINE = 0, FAULT = 10, WRONG = 11, UNAVAILABLE = 12 };

/* --- arrays that end at a page that faults -----------------------------------------------------
 */

static bool no_slack;     /* of a child, from its arguments */
static size_t arrays = 0; /* made so far */

/* Precedes the page in which the array begins. */
typedef struct header {
    size_t mapped;
} header;

void *gf_workspace_alloc(size_t count, size_t stride, size_t size) {
    size_t bytes, slack, page = (size_t)sysconf(_SC_PAGESIZE);
    if (!gf_workspace_bytes(count, stride, size, &bytes, &slack)) {
        return NULL;
    }
    slack = no_slack ? 0 : slack;
    size_t pages = (bytes + slack + page - 1) / page + (bytes + slack == 0);
    size_t mapped = (pages + 2) * page;
    char *map = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || mprotect(map + mapped - page, page, PROT_NONE) != 0) {
        return NULL;
    }
    *(header *)(void *)map = (header){mapped};
    char *end = map + mapped - page;
    memset(end - slack, 0xff, slack); /* NaN: what is read there must not count */
#pragma omp atomic
    ++arrays;
    return end - slack - bytes;
}

void gf_workspace_free(void *self) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    if (self != NULL) {
        char *begin = (char *)self - (uintptr_t)self % page - page;
        (void)munmap(begin, ((header *)(void *)begin)->mapped);
    }
}

/* --- what children do --------------------------------------------------------------------------
 */

static void finish(int status) {
    _exit(status); /* from a handler too, and without looking for leaks */
}

static void on_fault(int number) {
    finish(number == SIGILL ? UNAVAILABLE : FAULT);
}

static void demand(bool condition) {
    if (!condition) {
        finish(WRONG);
    }
}

/* Hermitian, of n x n numbers of `unit` parts. Returns the sum of all squares. */
static double fill(size_t n, size_t unit, double *matrix, double *trace) {
    uint64_t state = n;
    double squares = 0;
    *trace = 0;
    for (size_t j = 0; j < n; ++j) {
        for (size_t i = 0; i <= j; ++i) {
            double *there = matrix + (j * n + i) * unit, *mirror = matrix + (i * n + j) * unit;
            for (size_t part = 0; part < unit; ++part) {
                double value = part == 1 && i == j ? 0 : random_dyadic(&state);
                there[part] = value;
                mirror[part] = part == 1 ? -value : value;
                squares += (i == j ? 1 : 2) * value * value;
            }
        }
        *trace += matrix[(j * n + j) * unit];
    }
    return squares;
}

static void diagonalize(size_t n, size_t unit, char triangle) {
    double trace, sum = 0, squares = 0;
    double *matrix = gf_workspace_matrix(n, n, unit * sizeof *matrix);
    double *energy = gf_workspace_alloc(n, n, sizeof *energy);
    demand(matrix != NULL && energy != NULL);
    double norm = fill(n, unit, matrix, &trace);
    int info = unit == 1 ? gf_eigensystem_real(triangle, n, matrix, n, energy)
                         : gf_eigensystem_complex(triangle, n, (double complex *)matrix, n, energy);
    for (size_t k = 0; k < n; ++k) {
        sum += energy[k];
        squares += energy[k] * energy[k];
    }
    double scale = 1e-12 * (norm + 1);
    demand(info == 0 && fabs(sum - trace) < scale && fabs(squares - norm) < scale);
    gf_workspace_free(matrix);
    gf_workspace_free(energy);
}

/* The lowest level, and those of a tridiagonal matrix, -2 cos(pi k / (n + 1)). */
static void find_some(size_t n) {
    double trace, lowest = 0;
    double *matrix = gf_workspace_matrix(n, n, sizeof *matrix);
    double *vector = gf_workspace_alloc(n, n, sizeof *vector);
    double *off = gf_workspace_alloc(n, n, sizeof *off);
    demand(matrix != NULL && vector != NULL && off != NULL);
    (void)fill(n, 1, matrix, &trace);
    demand(gf_eigensystem_single(n, matrix, 1, &lowest, vector) == 0);
    demand(lowest <= trace / (double)n + 1e-12);
    for (size_t k = 0; k < n; ++k) {
        vector[k] = 0;
        off[k] = -1;
    }
    demand(gf_eigensystem_tridiagonal(n, vector, off, matrix) == 0);
    demand(fabs(vector[0] + 2 * cos(M_PI / (double)(n + 1))) < 1e-12);
    gf_workspace_free(matrix);
    gf_workspace_free(vector);
    gf_workspace_free(off);
}

static void run_size(size_t n) {
    for (size_t unit = 1; unit <= 2; ++unit) {
        diagonalize(n, unit, 'L');
        diagonalize(n, unit, 'U');
    }
    find_some(n);
}

/* The triangles that have been seen to fault: see workspace.h. */
static void run_every_size(void) {
    for (size_t n = 1; n <= 200; ++n) {
        diagonalize(n, 1, 'L');
        diagonalize(n, 2, 'U');
    }
}

/* LAPACK works in blocks of 32 columns from n = 33 on, the kernels in blocks of 4 to 16 rows. */
static void run_eigensystems(void) {
    static const size_t sizes[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  15, 16, 17, 31, 32, 33,
                                   34, 35, 36, 37, 38, 39, 40, 47, 64, 65, 66, 67, 68, 99, 200};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; ++k) {
        if (sizes[k] > 64 || openblas_get_num_threads() == 1) { /* small ones take one thread */
            run_size(sizes[k]);
        }
    }
}

/* A chain whose sectors are complex: small ones are diagonalised, the others sampled, with extremal
 * states taken apart. */
static void run_library(void) {
    static const char yaml[] =
        "name: chiral\nsites: 10\nboundary: periodic\n"
        "hamiltonian:\n"
        "  - X[0]*X[1] + Y[0]*Y[1] + Z[0]*Z[1] + 0.4*(X[0]*Y[1] - Y[0]*X[1])\n"
        "lindblad:\n  - {name: flip, rate: 1, operator: \"X[0]\"}\n"
        "typicality: {samples: 2, exact: 100, deflate: 12, steps: 12}\n";
    gf_error error;
    gf_model *model = NULL;
    gf_spectrum *spectrum = NULL;
    demand(gf_model_parse(yaml, strlen(yaml), "test", NULL, &model, &error) == GF_OK);
    demand(gf_typicality_compute(model, NULL, &spectrum, &error) == GF_OK);
    gf_spectrum_free(spectrum);
    gf_model_free(model);
    demand(arrays > 0); /* the library takes the functions of this file */
}

/* What is called with arrays of other origin: the solvers of small systems. */
static void run_solvers(void) {
    for (lapack_int n = 1; n <= 3; ++n) {
        size_t size = (size_t)n;
        double *matrix = gf_workspace_matrix(size, size, sizeof *matrix);
        double *right = gf_workspace_alloc(size, size, sizeof *right);
        lapack_int pivot[3];
        demand(matrix != NULL && right != NULL);
        for (size_t k = 0; k < size; ++k) {
            matrix[k * (size + 1)] = 4;
            right[k] = 1;
        }
        demand(LAPACKE_dposv(LAPACK_COL_MAJOR, 'U', n, 1, matrix, n, right, n) == 0);
        demand(LAPACKE_dpotri(LAPACK_COL_MAJOR, 'U', n, matrix, n) == 0);
        demand(LAPACKE_dgesv(LAPACK_COL_MAJOR, n, 1, matrix, n, pivot, right, n) == 0);
        demand(fabs(right[0] - 1) < 1e-14);
        gf_workspace_free(matrix);
        gf_workspace_free(right);
    }
}

/* Whether this OpenBLAS has the fault: y += A x with x at a stride. */
static void run_probe(void) {
    static const double one[2] = {1, 0};
    enum { ROWS = 8, MOST = 8, STRIDE = 40 };
    for (int n = 1; n <= MOST; ++n) {
        size_t length = (size_t)(n - 1) * STRIDE + 1;
        double complex *x = gf_workspace_alloc(length, STRIDE, sizeof *x);
        double complex a[ROWS * MOST] = {0}, y[ROWS] = {0};
        demand(x != NULL);
        cblas_zgemv(CblasColMajor, CblasNoTrans, ROWS, n, one, a, ROWS, x, STRIDE, one, y, 1);
        demand(creal(y[0]) == 0);
        gf_workspace_free(x);
    }
}

/* With slack all is well; arrays of other origin need none. */
static void run_all(void) {
    run_eigensystems();
    run_library();
    run_probe();
    no_slack = true;
    run_solvers();
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {{"all", run_all},
             {"every size", run_every_size},
             {"eigensystems", run_eigensystems},
             {"library", run_library},
             {"probe", run_probe}};

static void run_child(const char *name, const char *slack, const char *kernel) {
    struct sigaction action = {.sa_handler = on_fault};
    (void)sigaction(SIGSEGV, &action, NULL);
    (void)sigaction(SIGBUS, &action, NULL);
    (void)sigaction(SIGILL, &action, NULL);
    no_slack = strcmp(slack, "none") == 0;
    if (kernel[0] != '\0' && strcasecmp(kernel, openblas_get_corename()) != 0) {
        finish(UNAVAILABLE);
    }
    for (size_t k = 0; k < sizeof cases / sizeof *cases; ++k) {
        if (strcmp(name, cases[k].name) == 0) {
            cases[k].run();
            finish(FINE);
        }
    }
    finish(WRONG);
}

/* --- running them ------------------------------------------------------------------------------
 */

/* Those of x86-64, after the one that OpenBLAS chooses. Some want instructions that no processor of
 * today has; children on these end as unavailable, like those on kernels that OpenBLAS lacks. */
static const char *const kernels[] = {
    "",           "Prescott",      "Haswell",   "SkylakeX",    "Core2",
    "Penryn",     "Dunnington",    "Nehalem",   "Atom",        "Nano",
    "Opteron",    "Opteron_SSE3",  "Barcelona", "Bobcat",      "Bulldozer",
    "Piledriver", "Steamroller",   "Excavator", "Sandybridge", "Zen",
    "Cooperlake", "SapphireRapids"};
#ifdef __SANITIZE_ADDRESS__
enum { FEW = 1, KERNELS = 4 }; /* they check this file, not OpenBLAS */
#else
enum { FEW = 4, KERNELS = sizeof kernels / sizeof *kernels };
#endif

static int run_case(const char *name, const char *slack, const char *kernel, int threads) {
    char program[] = "/proc/self/exe", arguments[3][32], number[16];
    (void)snprintf(arguments[0], sizeof arguments[0], "%s", name);
    (void)snprintf(arguments[1], sizeof arguments[1], "%s", slack);
    (void)snprintf(arguments[2], sizeof arguments[2], "%s", kernel);
    (void)snprintf(number, sizeof number, "%d", threads);
    (void)setenv("OPENBLAS_NUM_THREADS", number, 1);
    (void)setenv("OMP_NUM_THREADS", number, 1);
    if (kernel[0] == '\0' ? unsetenv("OPENBLAS_CORETYPE") != 0
                          : setenv("OPENBLAS_CORETYPE", kernel, 1) != 0) {
        return WRONG;
    }
    char *argv[] = {program, arguments[0], arguments[1], arguments[2], NULL};
    pid_t child;
    int status = 0;
    ck_assert_int_eq(posix_spawn(&child, program, NULL, NULL, argv, environ), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) || WTERMSIG(status) == SIGILL, "%s on %s: signal %d", name,
                  kernel, WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : UNAVAILABLE;
}

static void expect(int wanted, const char *name, const char *slack, const char *kernel,
                   int threads) {
    int status = run_case(name, slack, kernel, threads);
    ck_assert_msg(status == wanted || status == UNAVAILABLE,
                  "%s, slack %s, kernel '%s', %d threads: %d instead of %d", name, slack, kernel,
                  threads, status, wanted);
}

START_TEST(slack_is_enough) {
    expect(FINE, "all", "full", kernels[_i], 1);
    if (_i < FEW) { /* threads share out columns; what a kernel reads is its own affair */
        expect(FINE, "all", "full", kernels[_i], 2);
    }
}
END_TEST

START_TEST(slack_is_enough_for_every_size) {
    ck_assert_int_eq(run_case("every size", "full", "", 1), FINE);
}
END_TEST

/* An OpenBLAS that stays within its arrays is welcome to do without. */
START_TEST(slack_is_needed) {
    if (run_case("probe", "none", kernels[_i], 1) == FAULT) {
        for (int threads = 1; threads <= (_i < FEW ? 2 : 1); ++threads) {
            expect(FAULT, "eigensystems", "none", kernels[_i], threads);
            expect(FAULT, "library", "none", kernels[_i], threads);
        }
    }
}
END_TEST

/* Sizes that no size_t holds are refused. */
START_TEST(overflow) {
    ck_assert_ptr_null(gf_workspace_matrix(SIZE_MAX / 2, 3, 1));
    ck_assert_ptr_null(gf_workspace_alloc(SIZE_MAX / 8 + 1, 0, 8));
    ck_assert_ptr_null(gf_workspace_alloc(1, SIZE_MAX / 8 + 1, 8));
    ck_assert_ptr_null(gf_workspace_alloc(SIZE_MAX / 8, 8, 8));
}
END_TEST

int main(int argc, char **argv) {
    if (argc == 4) {
        run_child(argv[1], argv[2], argv[3]);
    }
    TCase *tests = tcase_create("workspace");
    tcase_add_loop_test(tests, slack_is_enough, 0, KERNELS);
    tcase_add_test(tests, slack_is_enough_for_every_size);
    tcase_add_loop_test(tests, slack_is_needed, 0, KERNELS);
    tcase_add_test(tests, overflow);
    return run_suite("workspace", tests);
}
