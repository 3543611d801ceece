/* A run that is interrupted twice, kept in a file and read again each time. */
#ifndef GIBBSFLOW_TEST_INTERRUPTION_H
#define GIBBSFLOW_TEST_INTERRUPTION_H

#include "suite.h"

#include "gibbsflow/langevin.h"

typedef struct interruption {
    double at;                  /* stop when this part is done */
    volatile sig_atomic_t stop; /* it is time */
} interruption;

static inline void interrupt(void *context, double fraction) {
    interruption *self = context;
    self->stop = fraction >= self->at ? 1 : self->stop;
}

/* Carries `langevin`, just begun, out in three parts; the result is also in the file at `path`. */
static inline void carry_out_in_parts(gf_langevin **langevin, const char *path) {
    gf_error error = {.message = ""};
    for (int k = 0; k < 2; ++k) {
        interruption here = {.at = k == 0 ? 0.3 : 0.62};
        gf_progress progress = {.update = interrupt, .context = &here};
        gf_langevin_control control = {
            .save = gf_langevin_write, .path = path, .stop = &here.stop, .progress = &progress};
        ck_assert_msg(gf_langevin_carry_on(*langevin, &control, &error) == GF_OK, "%s",
                      error.message);
        double done = gf_langevin_done(*langevin);
        ck_assert(done < 1 && done >= here.at);
        gf_langevin_free(*langevin);
        ck_assert_msg(gf_langevin_read(path, langevin, &error) == GF_OK, "%s", error.message);
        ck_assert_double_eq(gf_langevin_done(*langevin), done);
    }
    gf_langevin_control rest = {.save = gf_langevin_write, .path = path};
    ck_assert_msg(gf_langevin_carry_on(*langevin, &rest, &error) == GF_OK, "%s", error.message);
    ck_assert_double_eq(gf_langevin_done(*langevin), 1);
}

#endif
