#include "gibbsflow/figure_options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- ranges ---------------------------------------------------------------------------------- */

/* One end of a range, up to `stop`; nothing there is NaN. */
static bool read_end(const char **text, char stop, double *value) {
    char *end = NULL;
    *value = NAN;
    if (**text == stop || **text == '\0' || **text == ',') {
        return true;
    }
    *value = strtod(*text, &end);
    bool good = end != *text && isfinite(*value);
    *text = end;
    return good;
}

static bool read_range(const char **text, double range[2]) {
    if (!read_end(text, ':', &range[0]) || **text != ':') {
        return false;
    }
    ++*text;
    return read_end(text, ',', &range[1]) && !(range[0] >= range[1]);
}

gf_status gf_figure_options_set_ranges(gf_figure_options *self, const char *text, gf_error *error) {
    const char *rest = text;
    self->ranges = 0;
    for (bool more = true; more;) {
        if (self->ranges == GF_FIGURE_RANGES || !read_range(&rest, self->range[self->ranges]) ||
            (*rest != ',' && *rest != '\0')) {
            return gf_fail(error, GF_INVALID,
                           "%s: expected ranges x0:x1,y0:y1, each from a smaller to a larger "
                           "number; an end may be left out",
                           text);
        }
        ++self->ranges;
        more = *rest == ',';
        rest += more ? 1 : 0;
    }
    return GF_OK;
}

void gf_figure_options_apply_range(const gf_figure_options *self, size_t range, double ends[2]) {
    for (int k = 0; k < 2 && range < self->ranges; ++k) {
        ends[k] = isfinite(self->range[range][k]) ? self->range[range][k] : ends[k];
    }
}

/* --- the page -------------------------------------------------------------------------------- */

static const double SMALLEST = 4, LARGEST = 200; /* cm */

static const struct {
    const char *name;
    double length; /* cm; of numbers, the unit */
    bool numbered;
} lengths[] = {{"column", 8.6, false}, {"page", 17.8, false}, {"cm", 1, true},
               {"mm", 0.1, true},      {"in", 2.54, true},    {"pt", 2.54 / 72, true}};

/* A length at the start of the text, in cm; 0: there is none. */
static double read_length(const char **text) {
    char *end = NULL;
    double number = strtod(*text, &end);
    bool numbered = end != *text;
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; ++k) {
        size_t letters = strlen(lengths[k].name);
        if (lengths[k].numbered == numbered && strncmp(end, lengths[k].name, letters) == 0) {
            *text = end + letters;
            return numbered ? number * lengths[k].length : lengths[k].length;
        }
    }
    return 0;
}

static bool is_page(double length) {
    return length >= SMALLEST && length <= LARGEST;
}

gf_status gf_figure_options_set_size(gf_figure_options *self, const char *text, gf_error *error) {
    const char *rest = text;
    self->width = read_length(&rest);
    self->height = 0;
    bool good = is_page(self->width), high = good && *rest == 'x';
    if (high) {
        ++rest;
        self->height = read_length(&rest);
        good = is_page(self->height);
    }
    return good && *rest == '\0'
               ? GF_OK
               : gf_fail(error, GF_INVALID,
                         "%s: expected column, page, or WIDTHxHEIGHT such as 12cmx9cm (cm, mm, in, "
                         "pt), from %g to %g cm",
                         text, SMALLEST, LARGEST);
}
