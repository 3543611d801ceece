#include "gibbsflow/error.h"

#include "base/printable.h"

#include <stdarg.h>
#include <stdio.h>

void gf_error_set(gf_error *error, gf_status status, const char *format, ...) {
    if (error != NULL) {
        char message[sizeof error->message];
        va_list arguments;
        va_start(arguments, format);
        error->status = status;
        (void)vsnprintf(message, sizeof message, format, arguments);
        va_end(arguments);
        gf_printable(message, error->message, sizeof error->message);
    }
}
