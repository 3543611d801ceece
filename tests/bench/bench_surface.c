/* What it costs to evaluate force, noise and susceptibility at a point of the plane.
 *
 *   bench_surface FILE.h5 [points [seconds]]
 *
 * The points lie around the middle of the region, within a fraction of its size, as the cells of a
 * run do. Prints points per second and processor time per point, and what the same takes in cycles
 * of the time stamp counter. */
#include "gibbsflow/machine.h"
#include "medium/surface.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define CYCLES() ((double)__builtin_ia32_rdtsc())
#else
#define CYCLES() 0.0
#endif

static double processor_clock(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Uniform numbers in [-1, 1): that they are good does not matter here. */
static double next_number(unsigned long long *state) {
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(*state >> 11) * 0x1p-52 - 1;
}

static void scatter(const gf_surface *surface, double size, size_t count, double *m, double *e) {
    unsigned long long state = 1;
    for (size_t i = 0; i < count; ++i) {
        double range[2];
        m[i] = size * next_number(&state);
        gf_surface_border(surface, m[i], range);
        e[i] = (range[0] + range[1] + size * next_number(&state) * (range[1] - range[0])) / 2;
    }
}

static void measure(const gf_surface *surface, double size, size_t count, double seconds, double *m,
                    double *e, double (*values)[GF_SURFACE_VALUES]) {
    scatter(surface, size, count, m, e);
    double points = 0, fewest = 1e30, processor = processor_clock(), sum = 0;
    while (processor_clock() - processor < seconds) {
        double before = CYCLES();
        (void)gf_surface_evaluate(surface, count, m, e, values);
        double cycles = (CYCLES() - before) / (double)count;
        fewest = cycles < fewest ? cycles : fewest;
        points += (double)count;
        sum += values[count / 2][0];
    }
    processor = processor_clock() - processor;
    (void)printf(
        "within %3.0f%% of the region  %8.3g points/s  %6.2f ns  %6.1f cycles at best (%g)\n",
        100 * size, points / processor, 1e9 * processor / points, fewest, sum / points);
}

int main(int argc, char **argv) {
    gf_surface *surface;
    gf_error error = {.message = "bench_surface FILE.h5 [points [seconds]]"};
    size_t count = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 4096;
    double seconds = argc > 3 ? strtod(argv[3], NULL) : 1;
    if (argc < 2 || gf_surface_read(argv[1], NULL, 0, &surface, &error) != GF_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
        return EXIT_FAILURE;
    }
    double *m = malloc(count * sizeof *m), *e = malloc(count * sizeof *e);
    double(*values)[GF_SURFACE_VALUES] = malloc(count * sizeof *values);
    if (m != NULL && e != NULL && values != NULL) {
        measure(surface, 0.3, count, seconds, m, e, values);
        measure(surface, 0.95, count, seconds, m, e, values);
    }
    free(m);
    free(e);
    free(values);
    gf_surface_free(surface);
    return EXIT_SUCCESS;
}
