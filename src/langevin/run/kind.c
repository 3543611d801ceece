#include "langevin/run/kind.h"

#include <string.h>

/* A new equation is a line here. */
static const gf_run_kind *const kinds[] = {&gf_run_order_parameter, &gf_run_double_well,
                                           &gf_run_hydrodynamics};

const gf_run_kind *gf_run_kind_find(const char *equation) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
        if (strcmp(kinds[i]->equation->name, equation) == 0) {
            return kinds[i];
        }
    }
    return NULL;
}

const char *gf_run_kind_names(void) {
    return "order-parameter, double-well or hydrodynamics";
}
