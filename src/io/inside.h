/* What the sources of this room know of one another's files. */
#ifndef GIBBSFLOW_IO_INSIDE_H
#define GIBBSFLOW_IO_INSIDE_H

#include "gibbsflow/file.h"

#include <hdf5.h>

hid_t gf_file_identifier(const gf_file *self);

#endif
