// The example is C++ as well.
#include "example.c"
