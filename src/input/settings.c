#include "gibbsflow/settings.h"

#include "algebra/expression.h"

#include <stdlib.h>
#include <string.h>

gf_status gf_settings_set(gf_settings *self, const char *name, double value, gf_error *error) {
    for (size_t i = 0; i < self->count; ++i) {
        if (strcmp(self->parameters[i].name, name) == 0) {
            self->parameters[i].value = value;
            return GF_OK;
        }
    }
    gf_parameter *grown = realloc(self->parameters, (self->count + 1) * sizeof *grown);
    if (grown == NULL) {
        return gf_fail_memory(error, "settings");
    }
    self->parameters = grown;
    char *copy = strdup(name);
    if (copy == NULL) {
        return gf_fail_memory(error, "settings");
    }
    self->parameters[self->count++] = (gf_parameter){.name = copy, .value = value};
    return GF_OK;
}

gf_status gf_settings_assign(gf_settings *self, const char *assignment, gf_error *error) {
    const char *equals = strchr(assignment, '=');
    char *name = equals != NULL ? strndup(assignment, (size_t)(equals - assignment)) : NULL;
    if (name == NULL || !gf_expression_name_is_free(name)) {
        free(name);
        return gf_fail(error, GF_INVALID, "'%.200s' sets nothing; expected name=value", assignment);
    }
    double value = 0;
    gf_source source = {.text = equals + 1, .file = assignment};
    gf_status status = gf_expression_number(&source, NULL, 0, &value, error);
    if (status == GF_OK) {
        status = gf_settings_set(self, name, value, error);
    }
    free(name);
    return status;
}

gf_status gf_settings_merge(gf_settings *self, const gf_settings *later, gf_error *error) {
    gf_status status = GF_OK;
    self->sites = later->sites != 0 ? later->sites : self->sites;
    self->closure = later->closure != GF_CLOSURE_OF_FILE ? later->closure : self->closure;
    self->no_symmetry = self->no_symmetry || later->no_symmetry;
    for (size_t i = 0; i < later->count && status == GF_OK; ++i) {
        status =
            gf_settings_set(self, later->parameters[i].name, later->parameters[i].value, error);
    }
    return status;
}

void gf_settings_free(gf_settings *self) {
    for (size_t i = 0; i < self->count; ++i) {
        free(self->parameters[i].name);
    }
    free(self->parameters);
    free(self->table);
    *self = (gf_settings){0};
}
