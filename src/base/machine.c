#include "base/machine.h"

#include "base/ranks.h"

#include <cblas.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* The number after `label` in a small file of the system; `missing` if there is none. */
static size_t read_number(const char *path, const char *label, size_t missing) {
    FILE *file = fopen(path, "r");
    char line[256];
    size_t value = missing;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *end = NULL, *text = line + strlen(label);
        if (strncmp(line, label, strlen(label)) == 0) {
            unsigned long long number = strtoull(text, &end, 10);
            value = end != text ? (size_t)number : missing; /* "max" stands for no limit */
            break;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return value;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

size_t gf_machine_free_memory(void) {
    size_t spare = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
    spare = 1024 * read_number("/proc/meminfo", "MemAvailable:", spare / 1024);
    size_t group_limit = read_number("/sys/fs/cgroup/memory.max", "", (size_t)-1);
    size_t group_used = read_number("/sys/fs/cgroup/memory.current", "", 0);
    if (group_limit != (size_t)-1) {
        spare = smaller(spare, group_limit > group_used ? group_limit - group_used : 0);
    }
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        spare = smaller(spare, (size_t)limit.rlim_cur);
    }
    return spare / (size_t)gf_ranks_on_node();
}

const char *gf_machine_blas_kernel(void) {
    return openblas_get_corename();
}

/* The configuration begins "OpenBLAS 0.3.21 NO_LAPACKE ...". */
void gf_machine_blas_version(size_t size, char *version) {
    const char *text = openblas_get_config();
    const char *begin = strncmp(text, "OpenBLAS ", 9) == 0 ? text + 9 : text;
    (void)snprintf(version, size, "%.*s", (int)strcspn(begin, " "), begin);
}

const char *gf_machine_better_blas_kernel(void) {
#if defined(__x86_64__) && defined(__GNUC__)
    static const char *const wide[] = {"SkylakeX", "Cooperlake", "Sapphirerapids", "Zen4"};
    const char *kernel = gf_machine_blas_kernel();
    for (size_t i = 0; i < sizeof wide / sizeof *wide; ++i) {
        if (strcasecmp(kernel, wide[i]) == 0) {
            return NULL;
        }
    }
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512cd")) {
        return "SkylakeX";
    }
#endif
    return NULL;
}

int gf_machine_threads(void) {
    return omp_get_max_threads();
}

int gf_machine_set_blas_threads(int threads) {
    int before = openblas_get_num_threads();
    openblas_set_num_threads(threads);
    return before;
}

double gf_machine_clock(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
