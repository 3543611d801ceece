/* Memory for large arrays, in huge pages where the kernel has them: the first touch of every page
 * of 4 KiB costs as much as filling it several times. */
#ifndef GIBBSFLOW_BASE_PAGES_H
#define GIBBSFLOW_BASE_PAGES_H

#include <stddef.h>

/* Not initialised; the caller frees it with free(). NULL if memory ran out. */
void *gf_pages_alloc(size_t bytes);

#endif
