#include "base/pages.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 1 << 21 };

void *gf_pages_alloc(size_t bytes) {
    if (bytes < HUGE_PAGE) {
        return malloc(bytes);
    }
    void *memory = aligned_alloc(HUGE_PAGE, bytes + (HUGE_PAGE - bytes % HUGE_PAGE) % HUGE_PAGE);
    if (memory != NULL) {
        (void)madvise(memory, bytes, MADV_HUGEPAGE); /* if refused, small pages do */
    }
    return memory;
}
