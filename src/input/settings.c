#include "gibbsflow/settings.h"

#include "input/arithmetic.h"
#include "input/names.h"

#include <stdlib.h>
#include <string.h>

/* Makes the table of names, if there is none. */
static gf_status list_names(gf_settings *self, gf_error *error) {
    bool exhausted = false;
    if (self->names != NULL) {
        return GF_OK;
    }
    self->names = gf_names_create();
    for (size_t i = 0; i < self->count && self->names != NULL; ++i) {
        (void)gf_names_add(self->names, self->parameters[i].name, i, &exhausted);
    }
    return self->names != NULL && !exhausted ? GF_OK : gf_fail_memory(error, "settings");
}

gf_status gf_settings_set(gf_settings *self, const char *name, double value, gf_error *error) {
    bool exhausted = false;
    gf_status status = list_names(self, error);
    if (status != GF_OK) {
        return status;
    }
    size_t known = gf_names_find(self->names, name, strlen(name));
    if (known != GF_NO_NAME) {
        self->parameters[known].value = value;
        return GF_OK;
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
    self->parameters[self->count] = (gf_parameter){.name = copy, .value = value};
    (void)gf_names_add(self->names, copy, self->count++, &exhausted);
    return exhausted ? gf_fail_memory(error, "settings") : GF_OK;
}

gf_status gf_settings_assign(gf_settings *self, const char *assignment, gf_error *error) {
    const char *equals = strchr(assignment, '=');
    char *name = equals != NULL ? strndup(assignment, (size_t)(equals - assignment)) : NULL;
    if (name == NULL || !gf_arithmetic_name_is_free(name)) {
        free(name);
        return gf_fail(error, GF_INVALID, "'%.200s' sets nothing; expected name=value", assignment);
    }
    double value = 0;
    gf_source source = {.text = equals + 1, .file = assignment};
    gf_status status = gf_arithmetic_number(&source, NULL, &value, error);
    if (status == GF_OK) {
        status = gf_settings_set(self, name, value, error);
    }
    free(name);
    return status;
}

gf_status gf_settings_assign_all(gf_settings *self, const char *assignments, gf_error *error) {
    static const char *const blank = " \t\n";
    gf_status status = GF_OK;
    for (const char *at = assignments + strspn(assignments, blank); *at != '\0' && status == GF_OK;
         at += strspn(at, blank)) {
        size_t length = strcspn(at, blank);
        char *one = strndup(at, length);
        status =
            one != NULL ? gf_settings_assign(self, one, error) : gf_fail_memory(error, "settings");
        free(one);
        at += length;
    }
    return status;
}

void gf_settings_free(gf_settings *self) {
    for (size_t i = 0; i < self->count; ++i) {
        free(self->parameters[i].name);
    }
    free(self->parameters);
    gf_names_free(self->names);
    free(self->table);
    *self = (gf_settings){0};
}
