/* What the machine offers: memory, threads, and the kernels that OpenBLAS runs on. */
#ifndef GIBBSFLOW_MACHINE_H
#define GIBBSFLOW_MACHINE_H

#include "gibbsflow/api.h"

#include <stddef.h>

GF_BEGIN_DECLARATIONS

/* Bytes that can be allocated now without swapping: what the system has to spare, bounded by the
 * limits of the control group and of the process. */
GF_API size_t gf_machine_free_memory(void);

/* The OpenBLAS kernel in use, for instance "SkylakeX" or "Haswell". */
GF_API const char *gf_machine_blas_kernel(void);

/* The version of OpenBLAS, for instance "0.3.21". */
GF_API void gf_machine_blas_version(size_t size, char *version);

/* The kernel this processor could run but OpenBLAS did not choose, because it does not know the
 * processor; NULL if its choice is right. OpenBLAS chooses when it is loaded: to change the choice
 * a program must be started with OPENBLAS_CORETYPE set to this name. Worth a factor of two to four.
 */
GF_API const char *gf_machine_better_blas_kernel(void);

/* Threads for the next parallel region, and for BLAS outside of one. */
GF_API int gf_machine_threads(void);

GF_END_DECLARATIONS

#endif
