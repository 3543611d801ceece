/* Which name has which index: a hash table, so that long lists take no longer than they must. */
#ifndef GIBBSFLOW_INPUT_NAMES_H
#define GIBBSFLOW_INPUT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct gf_names gf_names;

#define GF_NO_NAME ((size_t)-1)

gf_names *gf_names_create(void);    /* NULL if memory is short */
void gf_names_free(gf_names *self); /* NULL is fine */

/* Gives a name an index. The text is not copied, and must outlive the table. Returns the index of
 * an equal name that was added before, which stays as it is, else GF_NO_NAME. Sets *exhausted if
 * memory is short. */
size_t gf_names_add(gf_names *self, const char *name, size_t index, bool *exhausted);

/* The index of the first `length` characters of `name`, or GF_NO_NAME. */
size_t gf_names_find(const gf_names *self, const char *name, size_t length);

#endif
