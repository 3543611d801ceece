#include "input/document.h"

#include "input/names.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MAX_FILE_SIZE = 1 << 24, MAX_DEPTH = 32 /* of nested lists and mappings */ };

struct gf_document {
    yaml_document_t yaml;
    char *name;
};

static gf_status fail_parse(const yaml_parser_t *parser, const char *name, gf_error *error) {
    const char *problem = parser->problem != NULL ? parser->problem : "not YAML";
    if (parser->error == YAML_READER_ERROR) {
        return gf_fail(error, GF_INVALID, "%s: %s at byte %zu; expected a YAML text", name, problem,
                       parser->problem_offset);
    }
    return gf_fail(error, GF_INVALID, "%s:%zu:%zu: %s%s%s", name, parser->problem_mark.line + 1,
                   parser->problem_mark.column + 1, problem, parser->context != NULL ? " " : "",
                   parser->context != NULL ? parser->context : "");
}

gf_status gf_document_read_text(const char *path, char **text, size_t *length, gf_error *error) {
    *text = NULL;
    *length = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return gf_fail(error, GF_IO, "%s: cannot be read: %s", path, strerror(errno));
    }
    gf_status status = GF_OK;
    *text = malloc(MAX_FILE_SIZE);
    if (*text == NULL) {
        status = gf_fail_memory(error, path);
    } else {
        *length = fread(*text, 1, MAX_FILE_SIZE, file);
        if (ferror(file) != 0) {
            status = gf_fail(error, GF_IO, "%s: cannot be read: %s", path, strerror(errno));
        } else if (*length == MAX_FILE_SIZE) {
            status =
                gf_fail(error, GF_INVALID, "%s: larger than 16 MiB; expected a YAML text", path);
        }
    }
    (void)fclose(file);
    if (status != GF_OK) {
        free(*text);
        *text = NULL;
    }
    return status;
}

/* Refuses what libyaml would take very long over, or pass on cut short: deep nesting and NUL. */
static gf_status check_text(const char *text, size_t length, const char *name, gf_error *error) {
    if (memchr(text, '\0', length) != NULL) {
        return gf_fail(error, GF_INVALID, "%s: contains NUL bytes; expected a YAML text in UTF-8",
                       name);
    }
    yaml_parser_t parser;
    yaml_event_t event = {0};
    if (yaml_parser_initialize(&parser) == 0) {
        return gf_fail_memory(error, "a YAML document");
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    gf_status status = GF_OK;
    bool more = true;
    for (int depth = 0; more && status == GF_OK;) {
        if (yaml_parser_parse(&parser, &event) == 0) {
            break; /* the loader will say what is wrong */
        }
        depth += event.type == YAML_MAPPING_START_EVENT || event.type == YAML_SEQUENCE_START_EVENT;
        depth -= event.type == YAML_MAPPING_END_EVENT || event.type == YAML_SEQUENCE_END_EVENT;
        more = event.type != YAML_STREAM_END_EVENT;
        if (depth > MAX_DEPTH) {
            status = gf_fail(error, GF_INVALID, "%s:%zu:%zu: nested too deeply", name,
                             event.start_mark.line + 1, event.start_mark.column + 1);
        }
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return status;
}

/* Loads the one document of the stream. */
static gf_status load(gf_document *self, yaml_parser_t *parser, gf_error *error) {
    yaml_document_t second;
    if (yaml_parser_load(parser, &self->yaml) == 0) {
        return fail_parse(parser, self->name, error);
    }
    gf_status status = GF_OK;
    if (yaml_document_get_root_node(&self->yaml) == NULL) {
        status = gf_fail(error, GF_INVALID, "%s: empty; expected a YAML mapping", self->name);
    } else if (yaml_parser_load(parser, &second) == 0) {
        status = fail_parse(parser, self->name, error);
    } else {
        yaml_node_t *extra = yaml_document_get_root_node(&second);
        if (extra != NULL) {
            status = gf_document_fail(self, extra, error, "a second YAML document; expected one");
        }
        yaml_document_delete(&second);
    }
    if (status != GF_OK) {
        yaml_document_delete(&self->yaml);
    }
    return status;
}

gf_status gf_document_parse(const char *text, size_t length, const char *name,
                            gf_document **document, gf_error *error) {
    yaml_parser_t parser;
    *document = NULL;
    gf_status status = check_text(text, length, name, error);
    if (status != GF_OK) {
        return status;
    }
    gf_document *self = calloc(1, sizeof *self);
    if (self == NULL || (self->name = strdup(name)) == NULL ||
        yaml_parser_initialize(&parser) == 0) {
        gf_document_free(self);
        return gf_fail_memory(error, "a YAML document");
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    status = load(self, &parser, error);
    yaml_parser_delete(&parser);
    if (status == GF_OK) {
        *document = self;
    } else {
        gf_document_free(self); /* libyaml zeroes what it has deleted */
    }
    return status;
}

void gf_document_free(gf_document *self) {
    if (self != NULL) {
        if (self->yaml.nodes.start != NULL) {
            yaml_document_delete(&self->yaml);
        }
        free(self->name);
        free(self);
    }
}

const char *gf_document_name(const gf_document *self) {
    return self->name;
}

gf_node *gf_document_root(gf_document *self) {
    return yaml_document_get_root_node(&self->yaml);
}

/* The place where a node starts; it has no text. */
static gf_source place_of(const gf_document *self, const gf_node *node) {
    return (gf_source){.file = self->name,
                       .line = (int)node->start_mark.line + 1,
                       .column = (int)node->start_mark.column + 1};
}

void gf_document_report(const gf_document *self, const gf_node *node, gf_error *error,
                        const char *format, ...) {
    const gf_source place = place_of(self, node);
    va_list arguments;
    va_start(arguments, format);
    gf_source_vreport(&place, 0, error, format, arguments);
    va_end(arguments);
}

static bool is_scalar(const gf_node *node) {
    return node != NULL && node->type == YAML_SCALAR_NODE;
}

static const char *scalar(const gf_node *node) {
    return (const char *)node->data.scalar.value;
}

size_t gf_document_size(const gf_node *node) {
    if (node == NULL || node->type == YAML_SCALAR_NODE) {
        return 0;
    }
    return node->type == YAML_MAPPING_NODE
               ? (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start)
               : (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

gf_node *gf_document_entry(gf_document *self, const gf_node *node, size_t index, gf_node **key) {
    if (node->type == YAML_MAPPING_NODE) {
        yaml_node_pair_t pair = node->data.mapping.pairs.start[index];
        *key = yaml_document_get_node(&self->yaml, pair.key);
        return yaml_document_get_node(&self->yaml, pair.value);
    }
    *key = NULL;
    return yaml_document_get_node(&self->yaml, node->data.sequence.items.start[index]);
}

gf_node *gf_document_get(gf_document *self, const gf_node *map, const char *key) {
    for (size_t i = 0; i < gf_document_size(map); ++i) {
        gf_node *name = NULL, *value = gf_document_entry(self, map, i, &name);
        if (is_scalar(name) && strcmp(scalar(name), key) == 0) {
            return value;
        }
    }
    return NULL;
}

static void join(char *text, size_t size, const char *const *words) {
    text[0] = '\0';
    for (size_t used = 0; *words != NULL && used < size; ++words) {
        used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", *words);
    }
}

/* The first key that stands there for the second time, or NULL. Where any key is allowed there may
 * be very many. */
static gf_status find_repeated(gf_document *self, const gf_node *map, gf_node **repeated,
                               gf_error *error) {
    bool exhausted = false;
    gf_names *names = gf_names_create();
    *repeated = NULL;
    for (size_t i = 0; i < gf_document_size(map) && names != NULL && *repeated == NULL; ++i) {
        gf_node *key = NULL;
        (void)gf_document_entry(self, map, i, &key);
        if (is_scalar(key) && gf_names_add(names, scalar(key), i, &exhausted) != GF_NO_NAME) {
            *repeated = key;
        }
    }
    gf_status status =
        names != NULL && !exhausted ? GF_OK : gf_fail_memory(error, "the keys of a mapping");
    gf_names_free(names);
    return status;
}

gf_status gf_document_check_keys(gf_document *self, gf_node *map, const char *what,
                                 const char *const *known, gf_error *error) {
    if (map->type != YAML_MAPPING_NODE) {
        return gf_document_fail(self, map, error, "%s must be a mapping (key: value)", what);
    }
    gf_node *repeated = NULL;
    gf_status status = find_repeated(self, map, &repeated, error);
    if (status != GF_OK) {
        return status;
    }
    for (size_t i = 0; i < gf_document_size(map); ++i) {
        gf_node *key = NULL;
        (void)gf_document_entry(self, map, i, &key);
        if (!is_scalar(key)) {
            return gf_document_fail(self, key, error, "a key of %s must be a plain word", what);
        }
        if (key == repeated) {
            return gf_document_fail(self, key, error, "key '%.100s' stands twice in %s",
                                    scalar(key), what);
        }
        size_t match = 0;
        while (known != NULL && known[match] != NULL && strcmp(known[match], scalar(key)) != 0) {
            ++match;
        }
        if (known != NULL && known[match] == NULL) {
            char expected[400];
            join(expected, sizeof expected, known);
            return gf_document_fail(self, key, error, "unknown key '%.100s' in %s; expected: %s",
                                    scalar(key), what, expected);
        }
    }
    return GF_OK;
}

gf_status gf_document_require(gf_document *self, gf_node *map, const char *key, gf_node **value,
                              gf_error *error) {
    *value = gf_document_get(self, map, key);
    return *value != NULL ? GF_OK
                          : gf_document_fail(self, map, error, "the key '%s' is missing", key);
}

gf_status gf_document_expect_sequence(gf_document *self, gf_node *node, const char *what,
                                      gf_error *error) {
    return node->type == YAML_SEQUENCE_NODE
               ? GF_OK
               : gf_document_fail(self, node, error, "%s must be a list (one '- ' per entry)",
                                  what);
}

gf_status gf_document_text(gf_document *self, const gf_node *node, const char *what,
                           const char **text, gf_error *error) {
    if (!is_scalar(node)) {
        return gf_document_fail(self, node, error, "%s must be a single value, not a %s", what,
                                node->type == YAML_MAPPING_NODE ? "mapping" : "list");
    }
    if (node->data.scalar.length == 0 || strlen(scalar(node)) != node->data.scalar.length) {
        return gf_document_fail(self, node, error, "%s must not be empty or contain NUL", what);
    }
    *text = scalar(node);
    return GF_OK;
}

gf_status gf_document_name_text(gf_document *self, const gf_node *node, const char *what,
                                const char **text, gf_error *error) {
    gf_status status = gf_document_text(self, node, what, text, error);
    for (const char *at = status == GF_OK ? *text : ""; *at != '\0'; ++at) {
        if (iscntrl((unsigned char)*at)) {
            return gf_document_fail(self, node, error, "the name holds a control character");
        }
    }
    return status;
}

gf_status gf_document_integer(gf_document *self, const gf_node *node, const char *what, long low,
                              long high, long *value, gf_error *error) {
    const char *text = NULL;
    gf_status status = gf_document_text(self, node, what, &text, error);
    if (status == GF_OK) {
        char *end = NULL;
        errno = 0;
        *value = strtol(text, &end, 10);
        if (errno != 0 || *end != '\0' || *value < low || *value > high) {
            status = gf_document_fail(self, node, error,
                                      "%s must be an integer from %ld to %ld, not '%.100s'", what,
                                      low, high, text);
        }
    }
    return status;
}

gf_status gf_document_source(gf_document *self, const gf_node *node, const char *what,
                             gf_source *source, gf_error *error) {
    const char *text = NULL;
    gf_status status = gf_document_text(self, node, what, &text, error);
    if (status == GF_OK) {
        bool folded = node->start_mark.line != node->end_mark.line;
        int quote = folded || node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? 0 : 1;
        *source = place_of(self, node);
        source->text = text;
        source->column += quote;
        source->folded = folded;
    }
    return status;
}
