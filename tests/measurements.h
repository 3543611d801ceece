/* Whether two runs have measured the same correlations and domains, bit by bit. */
#ifndef GIBBSFLOW_TEST_MEASUREMENTS_H
#define GIBBSFLOW_TEST_MEASUREMENTS_H

#include "suite.h"

#include "langevin/ensemble/langevin.h"

static inline void check_same_measurements(const gf_langevin *a, const gf_langevin *b) {
    const gf_run *run = a->run;
    const gf_run_correlations *c = &run->correlations;
    size_t tasks = run->points * run->realisations, fields = run->equation->fields;
    ck_assert((a->correlations != NULL) == (c->lags > 0));
    ck_assert((a->domains != NULL) == (run->domains.bins > 0));
    if (c->lags > 0) {
        size_t groups = tasks * c->batches;
        size_t values = groups * c->lags * c->distances * fields * fields;
        ck_assert(memcmp(a->correlations->sum, b->correlations->sum, values * sizeof(double)) == 0);
        ck_assert(memcmp(a->correlations->field, b->correlations->field,
                         groups * fields * sizeof(double)) == 0);
        ck_assert(a->correlations->sum[0] > 0);
    }
    if (run->domains.bins > 0) {
        size_t groups = tasks * run->domains.batches;
        ck_assert(memcmp(a->domains->count, b->domains->count,
                         groups * run->domains.bins * sizeof(int64_t)) == 0);
        ck_assert(memcmp(a->domains->beyond, b->domains->beyond, groups * sizeof(int64_t)) == 0);
        ck_assert(memcmp(a->domains->cells, b->domains->cells, groups * sizeof(int64_t)) == 0);
        ck_assert(a->domains->cells[0] > 0);
    }
}

#endif
