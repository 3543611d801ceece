#include "model/model_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads better than all digits, if it is exact. */
static void print_value(FILE *out, double value) {
    char digits[32];
    (void)snprintf(digits, sizeof digits, "%.15g", value);
    (void)fprintf(out, strtod(digits, NULL) == value ? "%.15g" : "%.17g", value);
}

/* "J=1 gamma=0.9 ...": all parameters, or those that are not as in the text of the model. */
static void put_parameters(const gf_model *self, bool all, const char *name, gf_file *file) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL) {
        gf_file_reject(file, "out of memory for the parameters");
        return;
    }
    bool first = true;
    for (size_t i = 0; i < self->parameter_count; ++i) {
        if (all || gf_model_sets_parameter(self, i)) {
            (void)fprintf(out, "%s%s=", first ? "" : " ", self->parameters[i].name);
            print_value(out, self->parameters[i].value);
            first = false;
        }
    }
    if (fclose(out) == 0) {
        gf_file_put_text_attribute(file, "/model", name, text);
    } else {
        gf_file_reject(file, "out of memory for the parameters");
    }
    free(text);
}

void gf_model_store(const gf_model *self, gf_file *file) {
    gf_file_set_energy_unit(file, self->energy_unit);
    gf_file_put_text_attribute(file, "/model", "energy_unit", self->energy_unit);
    gf_file_put_text_attribute(file, "/model", "yaml", self->yaml);
    gf_file_put_text_attribute(file, "/model", "name", self->name);
    gf_file_put_integer_attribute(file, "/model", "sites", self->chain.sites);
    put_parameters(self, true, "parameters", file);
    put_parameters(self, false, "settings", file);
}

char *gf_model_stored_energy_unit(gf_file *file) {
    bool named = gf_file_has_attribute(file, "/model", "energy_unit");
    char *unit = named ? gf_file_get_text_attribute(file, "/model", "energy_unit")
                       : strdup(GF_MODEL_ENERGY_UNIT);
    if (unit == NULL) {
        gf_file_reject(file, "out of memory for the unit of energy");
    } else if (!gf_model_is_energy_unit(unit)) {
        gf_file_reject(file, "the attribute energy_unit of /model names no unit of energy");
        free(unit);
        unit = NULL;
    }
    return unit;
}

/* What was set, "J=1 gamma=0.9 ...", and the size. Files of earlier versions tell of all parameters
 * alone. */
static gf_status read_settings(gf_file *file, gf_settings *settings, gf_error *error) {
    const char *name =
        gf_file_has_attribute(file, "/model", "settings") ? "settings" : "parameters";
    char *text = gf_file_get_text_attribute(file, "/model", name);
    double sites = gf_file_get_number_attribute(file, "/model", "sites");
    if (sites >= 1 && sites <= GF_CHAIN_MAX_SITES) {
        settings->sites = (int)sites;
    } else {
        gf_file_reject(file, "the attribute sites of /model is not a number of sites");
    }
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK) {
        status = gf_settings_assign_all(settings, text, error);
    }
    free(text);
    return status;
}

gf_status gf_model_restore(gf_file *file, const char *path, const gf_settings *settings,
                           gf_model **model, gf_error *error) {
    gf_settings stored = {0};
    *model = NULL;
    char *yaml = gf_file_get_text_attribute(file, "/model", "yaml");
    gf_status status = read_settings(file, &stored, error);
    if (status == GF_OK) {
        status = gf_model_parse(yaml, strlen(yaml), path, &stored, model, error);
    }
    if (status == GF_OK && settings != NULL) {
        status = gf_model_adjust(*model, settings, error);
    }
    if (status != GF_OK) {
        gf_model_free(*model);
        *model = NULL;
    }
    gf_settings_free(&stored);
    free(yaml);
    return status;
}

gf_status gf_model_check_stored(gf_file *file, const char *path, const gf_model *model,
                                const char *what, gf_error *error) {
    gf_model *stored = NULL;
    gf_error reason;
    gf_status status = gf_model_restore(file, path, NULL, &stored, error);
    if (status == GF_OK && gf_model_check_same_spectrum(stored, model, &reason) != GF_OK) {
        status = gf_fail(error, GF_INVALID,
                         "%s holds %s of another model (%.500s); remove it, or write the result "
                         "elsewhere",
                         path, what, reason.message);
    }
    gf_model_free(stored);
    return status;
}
