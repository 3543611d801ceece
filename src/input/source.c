#include "input/source.h"

#include <stdio.h>

void gf_source_vreport(const gf_source *source, size_t offset, gf_error *error, const char *format,
                       va_list arguments) {
    char message[800];
    (void)vsnprintf(message, sizeof message, format, arguments);
    if (source->line == 0) {
        gf_error_set(error, GF_INVALID, "%s: %s", source->file, message);
    } else {
        gf_error_set(error, GF_INVALID, "%s:%d:%d: %s", source->file, source->line,
                     source->column + (source->folded ? 0 : (int)offset), message);
    }
}

void gf_source_report(const gf_source *source, size_t offset, gf_error *error, const char *format,
                      ...) {
    va_list arguments;
    va_start(arguments, format);
    gf_source_vreport(source, offset, error, format, arguments);
    va_end(arguments);
}
