/* A YAML document that knows where everything stands, so that messages can say file:line:column. */
#ifndef GIBBSFLOW_INPUT_DOCUMENT_H
#define GIBBSFLOW_INPUT_DOCUMENT_H

#include "input/source.h"

typedef struct gf_document gf_document;

/* A node of a document; NULL stands for "absent". Owned by the document. */
typedef struct yaml_node_s gf_node;

/* The whole text of a file of at most 16 MiB. The caller frees it; after a failure it is
 * NULL. */
gf_status gf_document_read_text(const char *path, char **text, size_t *length, gf_error *error);

/* Parses `text`; `name` is what messages call it. The document keeps copies of both. */
gf_status gf_document_parse(const char *text, size_t length, const char *name,
                            gf_document **document, gf_error *error);
void gf_document_free(gf_document *self);

const char *gf_document_name(const gf_document *self);
gf_node *gf_document_root(gf_document *self);

/* Fails with a message "file:line:column: ..." that points at the node. */
#define gf_document_fail(document, node, error, ...)                                               \
    (gf_document_report((document), (node), (error), __VA_ARGS__), GF_INVALID)

#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
void
gf_document_report(const gf_document *self, const gf_node *node, gf_error *error,
                   const char *format, ...);

/* Checks that the node is a mapping whose keys are scalars, each present once and, unless `known`
 * is NULL, each in the NULL-terminated list `known`. `what` names the mapping in messages. */
gf_status gf_document_check_keys(gf_document *self, gf_node *map, const char *what,
                                 const char *const *known, gf_error *error);

gf_node *gf_document_get(gf_document *self, const gf_node *map, const char *key); /* or NULL */
gf_status gf_document_require(gf_document *self, gf_node *map, const char *key, gf_node **value,
                              gf_error *error);

size_t gf_document_size(const gf_node *node); /* entries of a mapping or sequence, else 0 */
/* Entry `index` of a mapping (with its key) or of a sequence (key NULL). */
gf_node *gf_document_entry(gf_document *self, const gf_node *node, size_t index, gf_node **key);

gf_status gf_document_expect_sequence(gf_document *self, gf_node *node, const char *what,
                                      gf_error *error);
/* The text of a non-empty scalar; owned by the document. */
gf_status gf_document_text(gf_document *self, const gf_node *node, const char *what,
                           const char **text, gf_error *error);
/* The same for a name, which is printed on terminals and into scripts of other programs: without
 * control characters. */
gf_status gf_document_name_text(gf_document *self, const gf_node *node, const char *what,
                                const char **text, gf_error *error);
gf_status gf_document_integer(gf_document *self, const gf_node *node, const char *what, long low,
                              long high, long *value, gf_error *error);
/* A scalar as the source of an expression. */
gf_status gf_document_source(gf_document *self, const gf_node *node, const char *what,
                             gf_source *source, gf_error *error);

#endif
