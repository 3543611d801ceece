#include "gibbsflow/error.h"

#include <stdarg.h>
#include <stdio.h>

gf_status gf_fail(gf_error *error, gf_status status, const char *format, ...) {
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        error->status = status;
        (void)vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    return status;
}

gf_status gf_fail_memory(gf_error *error, const char *what) {
    return gf_fail(error, GF_NO_MEMORY, "out of memory for %s; try a smaller problem", what);
}
