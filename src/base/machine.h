/* The machine, as the library's own work needs it. */
#ifndef GIBBSFLOW_BASE_MACHINE_H
#define GIBBSFLOW_BASE_MACHINE_H

#include "gibbsflow/machine.h"

/* Sets OpenBLAS to `threads` for the whole process and returns what it was set to. */
int gf_machine_set_blas_threads(int threads);

/* Seconds from an arbitrary start. */
double gf_machine_clock(void);

#endif
