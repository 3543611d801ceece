/* Programs without ScaLAPACK. */
#include "base/block_cyclic.h"

#include <stddef.h>

const gf_block_cyclic_engine *gf_block_cyclic_scalapack(void) {
    return NULL;
}
