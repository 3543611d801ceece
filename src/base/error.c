#include "gibbsflow/error.h"

#include <stdarg.h>
#include <stdio.h>

void gf_error_set(gf_error *error, gf_status status, const char *format, ...) {
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        error->status = status;
        (void)vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
}
