#include "langevin/run/parser.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool gf_run_override(const gf_run_parser *p, const char *name, double *value) {
    for (size_t i = 0; i < p->settings->count; ++i) {
        if (strcmp(p->settings->parameters[i].name, name) == 0) {
            *value = p->settings->parameters[i].value;
            p->used[i] = true;
            return true;
        }
    }
    return false;
}

gf_status gf_run_read_number(const gf_run_parser *p, const gf_node *node, const char *what,
                             double *value) {
    gf_source source;
    gf_status status = gf_document_source(p->document, node, what, &source, p->error);
    return status == GF_OK ? gf_arithmetic_number(&source, NULL, value, p->error) : status;
}

static bool lies_in(double value, gf_run_domain where) {
    return isfinite(value) &&
           (where == GF_RUN_ANY || (where == GF_RUN_NOT_NEGATIVE && value >= 0) ||
            (where == GF_RUN_POSITIVE && value > 0) ||
            (where == GF_RUN_COUNT && value >= 1 && value <= 1e9 && value == floor(value)));
}

gf_status gf_run_take_number(const gf_run_parser *p, gf_node *map, const char *key,
                             gf_run_domain where, bool required, double *value) {
    static const char *const names[] = {"any", "0 or more", "positive", "an integer from 1 to 1e9"};
    gf_node *node = gf_document_get(p->document, map, key);
    gf_status status = GF_OK;
    if (node != NULL) {
        status = gf_run_read_number(p, node, key, value);
    } else if (required && !gf_run_override(p, key, value)) {
        return gf_document_fail(p->document, map, p->error, "the key '%s' is missing", key);
    }
    bool overridden = status == GF_OK && gf_run_override(p, key, value);
    if (status != GF_OK || lies_in(*value, where)) {
        return status;
    }
    if (overridden || node == NULL) {
        return gf_fail(p->error, GF_INVALID, "%s = %g; expected %s", key, *value, names[where]);
    }
    return gf_document_fail(p->document, node, p->error, "%s = %g; expected %s", key, *value,
                            names[where]);
}

gf_status gf_run_read_word(const gf_run_parser *p, const gf_node *node, const char *key,
                           const char *const *words, size_t *index) {
    const char *text = NULL;
    gf_status status = gf_document_text(p->document, node, key, &text, p->error);
    if (status != GF_OK) {
        return status;
    }
    char expected[200] = "";
    for (*index = 0; words[*index] != NULL; ++*index) {
        if (strcmp(words[*index], text) == 0) {
            return GF_OK;
        }
        size_t used = strlen(expected);
        (void)snprintf(expected + used, sizeof expected - used, "%s%s", used > 0 ? ", " : "",
                       words[*index]);
    }
    return gf_document_fail(p->document, node, p->error,
                            "%s '%.60s' is not known; expected one of: %s", key, text, expected);
}

gf_status gf_run_take_word(const gf_run_parser *p, gf_node *map, const char *key,
                           const char *const *words, size_t *index) {
    gf_node *node = gf_document_get(p->document, map, key);
    return node != NULL ? gf_run_read_word(p, node, key, words, index) : GF_OK;
}

gf_status gf_run_take_section(const gf_run_parser *p, const char *key, const char *const *known,
                              bool required, gf_node **section) {
    *section = gf_document_get(p->document, p->root, key);
    if (*section == NULL) {
        return required ? gf_document_require(p->document, p->root, key, section, p->error) : GF_OK;
    }
    return gf_document_check_keys(p->document, *section, key, known, p->error);
}

gf_status gf_run_divide(const gf_run_parser *p, const gf_node *node, const char *what, double value,
                        const char *of, double unit, uint64_t *quotient) {
    double exact = value / unit, whole = round(exact);
    if (!(whole >= 1) || whole > 1e15 || fabs(exact - whole) > 1e-6 * whole) {
        return gf_document_fail(p->document, node, p->error,
                                "%s = %g must be a whole multiple of %s = %g", what, value, of,
                                unit);
    }
    *quotient = (uint64_t)whole;
    return GF_OK;
}

static bool is_listed(const char *name, const char *const *list) {
    for (size_t k = 0; list != NULL && list[k] != NULL; ++k) {
        if (strcmp(name, list[k]) == 0) {
            return true;
        }
    }
    return false;
}

gf_status gf_run_take_names(const gf_run_parser *p, gf_node *map, const char *what,
                            const char *const *own, gf_settings *settings) {
    gf_status status = GF_OK;
    size_t count = map != NULL ? gf_document_size(map) : 0;
    for (size_t i = 0; i < count && status == GF_OK; ++i) {
        gf_node *key = NULL;
        const gf_node *node = gf_document_entry(p->document, map, i, &key);
        const char *name = NULL;
        double value = 0;
        status = gf_document_text(p->document, key, what, &name, p->error);
        if (status != GF_OK || is_listed(name, own)) {
            continue;
        }
        status = gf_run_read_number(p, node, name, &value);
        if (status == GF_OK) {
            status = gf_settings_set(settings, name, value, p->error);
        }
    }
    return status;
}
