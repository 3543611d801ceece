#include "cli/report.h"

#include "gibbsflow/version.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* --- JSON ------------------------------------------------------------------------------------- */

/* Bytes of the UTF-8 character at `text`; 0 if there is none. Overlong forms, surrogates and what
 * lies beyond U+10FFFF are none (RFC 3629). */
static size_t character_length(const unsigned char *text) {
    static const struct {
        unsigned char from, to, low, high; /* of the first byte and the second */
        size_t length;
    } forms[] = {
        {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t k = 0; k < sizeof forms / sizeof *forms; ++k) {
        if (text[0] >= forms[k].from && text[0] <= forms[k].to) {
            size_t length = forms[k].length;
            bool fits = length == 1 || (text[1] >= forms[k].low && text[1] <= forms[k].high);
            for (size_t i = 2; i < length && fits; ++i) {
                fits = (text[i] & 0xc0) == 0x80;
            }
            return fits ? length : 0;
        }
    }
    return 0;
}

/* A string in quotes; bytes that are no UTF-8 become U+FFFD. */
static void put_quoted(FILE *out, const char *string) {
    const unsigned char *text = (const unsigned char *)string;
    (void)fputc('"', out);
    while (*text != '\0') {
        size_t length = character_length(text);
        if (length == 0) {
            (void)fputs("\xef\xbf\xbd", out);
        } else if (*text == '"' || *text == '\\') {
            (void)fprintf(out, "\\%c", *text);
        } else if (*text < 0x20 || *text == 0x7f) {
            (void)fprintf(out, "\\u%04x", *text);
        } else if (text[0] == 0xc2 && text[1] < 0xa0) { /* C1: a terminal would obey them */
            (void)fprintf(out, "\\u%04x", text[1]);
        } else {
            (void)fwrite(text, 1, length, out);
        }
        text += length > 0 ? length : 1;
    }
    (void)fputc('"', out);
}

static void put_number(FILE *out, double value) {
    (void)(isfinite(value) ? fprintf(out, "%.17g", value) : fputs("null", out));
}

enum { LAST_OPEN = 2 }; /* what is open deeper stays on a line */

/* The comma, the line, the key. */
static void put_key(cli_report *self, const char *key) {
    FILE *out = self->json;
    (void)fputs(self->first ? "" : ",", out);
    if (self->depth <= LAST_OPEN) {
        (void)fprintf(out, "\n%*s", 2 * self->depth, "");
    } else if (!self->first) {
        (void)fputc(' ', out);
    }
    if (key != NULL) {
        put_quoted(out, key);
        (void)fputs(": ", out);
    }
    self->first = false;
}

/* --- units ------------------------------------------------------------------------------------ */

static void join(const cli_report *self, const char *key, char *path, size_t size) {
    bool both = *self->path != '\0' && key != NULL;
    (void)snprintf(path, size, "%s%s%s", self->path, both ? "." : "", key != NULL ? key : "");
}

/* Notes the units of a key, once. */
static void note(cli_report *self, const char *key, const char *units) {
    char path[sizeof self->path + 100];
    join(self, key, path, sizeof path);
    for (size_t k = 0; k < self->unit_count; ++k) {
        if (strcmp(self->units[k].path, path) == 0) {
            return;
        }
    }
    struct cli_unit *list = realloc(self->units, (self->unit_count + 1) * sizeof *list);
    self->failed = self->failed || list == NULL;
    if (list != NULL) {
        self->units = list;
        list[self->unit_count++] = (struct cli_unit){strdup(path), strdup(units)};
    }
}

/* With the unit of energy in the place of each {energy}. */
static void put_unit(const cli_report *self, const char *units) {
    static const char hole[] = "{energy}";
    char text[200] = "";
    size_t used = 0;
    while (*units != '\0' && used < sizeof text - 1) {
        bool here = strncmp(units, hole, sizeof hole - 1) == 0;
        int more = snprintf(text + used, sizeof text - used, "%.*s", here ? 80 : 1,
                            here ? self->energy_unit : units);
        used += more > 0 ? (size_t)more : 0;
        units += here ? sizeof hole - 1 : 1;
    }
    put_quoted(self->json, text);
}

static void put_units(cli_report *self) {
    cli_report_begin(self, "units");
    for (size_t k = 0; k < self->unit_count; ++k) {
        const struct cli_unit *unit = &self->units[k];
        self->failed = self->failed || unit->path == NULL || unit->units == NULL;
        if (!self->failed) {
            put_key(self, unit->path);
            put_unit(self, unit->units);
        }
    }
    cli_report_end(self);
}

/* --- the report ------------------------------------------------------------------------------- */

void cli_report_open(cli_report *self, const cli_options *options) {
    *self = (cli_report){.first = true, .energy_unit = "J"};
    if (options->json == 0) {
        self->text = stdout;
        return;
    }
    self->json = open_memstream(&self->buffer, &self->size);
    self->failed = self->json == NULL;
    if (self->json != NULL) {
        (void)fputc('{', self->json);
        self->depth = 1;
        cli_report_string(self, "command", options->command->name, NULL);
        if (options->input != NULL) {
            cli_report_string(self, "input", options->input, NULL);
        }
        cli_report_string(self, "version", GF_VERSION, NULL);
    }
}

gf_status cli_report_close(cli_report *self, gf_status status, gf_error *error) {
    bool done = !self->failed;
    if (self->json != NULL) {
        put_units(self);
        (void)fputs("\n}\n", self->json);
        done = fclose(self->json) == 0 && !self->failed;
    }
    if (status == GF_OK && !done) {
        status = gf_fail_memory(error, "what is to be printed");
    }
    if (status == GF_OK && self->buffer != NULL) {
        (void)fwrite(self->buffer, 1, self->size, stdout);
    }
    for (size_t k = 0; k < self->unit_count; ++k) {
        free(self->units[k].path);
        free(self->units[k].units);
    }
    free(self->units);
    free(self->buffer);
    *self = (cli_report){0};
    return status;
}

void cli_report_text(cli_report *self, const char *format, ...) {
    if (self->text != NULL) {
        va_list arguments;
        va_start(arguments, format);
        (void)vfprintf(self->text, format, arguments);
        va_end(arguments);
    }
}

void cli_report_number(cli_report *self, const char *key, const char *units, double value,
                       const char *format) {
    if (self->text != NULL && format != NULL) {
        (void)fprintf(self->text, format, value);
    }
    if (self->json != NULL) {
        if (units != NULL) {
            note(self, key, units);
        }
        put_key(self, key);
        put_number(self->json, value);
    }
}

void cli_report_string(cli_report *self, const char *key, const char *value, const char *format) {
    if (self->text != NULL && format != NULL) {
        (void)fprintf(self->text, format, value);
    }
    if (self->json != NULL) {
        put_key(self, key);
        put_quoted(self->json, value);
    }
}

void cli_report_truth(cli_report *self, const char *key, bool value) {
    if (self->json != NULL) {
        put_key(self, key);
        (void)fputs(value ? "true" : "false", self->json);
    }
}

static void begin(cli_report *self, const char *key, char bracket) {
    if (self->json == NULL) {
        return;
    }
    put_key(self, key);
    (void)fputc(bracket, self->json);
    char path[sizeof self->path + 100];
    join(self, key, path, sizeof path);
    self->parent[self->depth++] = strlen(self->path);
    (void)snprintf(self->path, sizeof self->path, "%.*s", (int)sizeof self->path - 1, path);
    self->first = true;
}

static void end(cli_report *self, char bracket) {
    if (self->json == NULL) {
        return;
    }
    self->path[self->parent[--self->depth]] = '\0';
    if (self->depth < LAST_OPEN && !self->first) {
        (void)fprintf(self->json, "\n%*s", 2 * self->depth, "");
    }
    (void)fputc(bracket, self->json);
    self->first = false;
}

void cli_report_begin(cli_report *self, const char *key) {
    begin(self, key, '{');
}

void cli_report_end(cli_report *self) {
    end(self, '}');
}

void cli_report_begin_list(cli_report *self, const char *key) {
    begin(self, key, '[');
}

void cli_report_end_list(cli_report *self) {
    end(self, ']');
}

void cli_report_numbers(cli_report *self, const char *key, const char *units, size_t count,
                        const double *values) {
    if (self->json == NULL) {
        return;
    }
    if (units != NULL) {
        note(self, key, units);
    }
    put_key(self, key);
    for (size_t k = 0; k < count; ++k) {
        (void)fputs(k > 0 ? ", " : "[", self->json);
        put_number(self->json, values[k]);
    }
    (void)fputs(count > 0 ? "]" : "[]", self->json);
}

void cli_report_set_energy_unit(cli_report *self, const char *unit) {
    (void)snprintf(self->energy_unit, sizeof self->energy_unit, "%s", unit);
}

void cli_report_chain(cli_report *self, const gf_model *model) {
    cli_report_string(self, "model", model->name, NULL);
    cli_report_string(self, "energy_unit", model->energy_unit, NULL);
    cli_report_set_energy_unit(self, model->energy_unit);
    cli_report_number(self, "sites", NULL, model->chain.sites, NULL);
    cli_report_number(self, "cell", NULL, gf_model_cell(model), NULL);
    cli_report_string(self, "boundary", model->chain.periodic ? "periodic" : "open", NULL);
}

void cli_report_estimate(cli_report *self, const char *key, const char *units,
                         const gf_estimate *estimate) {
    cli_report_begin(self, key);
    cli_report_number(self, "mean", units, estimate->mean, NULL);
    cli_report_number(self, "standard_error", units, estimate->error > 0 ? estimate->error : NAN,
                      NULL);
    cli_report_number(self, "samples", NULL, estimate->effective, NULL);
    cli_report_number(self, "drift", "standard errors", estimate->drift, NULL);
    cli_report_number(self, "start_effect", "standard errors", estimate->start_effect, NULL);
    cli_report_string(self, "verdict", gf_verdict_text(estimate->verdict), NULL);
    cli_report_end(self);
}
