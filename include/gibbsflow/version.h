/* The version of this source tree; CMakeLists.txt reads it from here. */
#ifndef GIBBSFLOW_VERSION_H
#define GIBBSFLOW_VERSION_H

#define GF_VERSION "0.1.0"

#endif
